/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device programs and the kernel. Our programs are known by their name; those of others
 * (systemd's, an engine's) on the same cgroup stay, and theirs count too: an access needs
 * the consent of all.
 */
#include "cgroup/device.h"

#include "base/fd.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char program_name[] = "wolffia_dev";

static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int program_load(const struct bpf_insn *insns, size_t n, struct err *e)
{
	union bpf_attr attr = { 0 };
	int fd;

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)insns;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uint64_t)(uintptr_t) "GPL";
	memcpy(attr.prog_name, program_name, sizeof(program_name));
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return err_sys_plain(e, "load the device program of %zu instructions", n);
	return fd;
}

/* replace: a program that this one takes the place of, or -1. */
static int program_attach(int program, int replace, int cgroup_fd, struct err *e)
{
	union bpf_attr attr = { 0 };

	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replace >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replace;
	}
	if (bpf(BPF_PROG_ATTACH, &attr) < 0)
		return err_sys_plain(e, "attach the device program");
	return 0;
}

int device_program_attach(const struct bpf_insn *insns, size_t n, int cgroup_fd,
			  struct err *e)
{
	auto_close int program = program_load(insns, n, e);

	return program < 0 ? -1 : program_attach(program, -1, cgroup_fd, e);
}

/* ---- programs that are there ----------------------------------------------------------------- */

/* The kernel allows 64 on one cgroup. */
struct ids {
	uint32_t n, v[64];
};

static void programs_query(int cgroup_fd, struct ids *ret)
{
	union bpf_attr attr = { 0 };

	ret->n = 0;
	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ret->v;
	attr.query.prog_cnt = 64;
	if (bpf(BPF_PROG_QUERY, &attr) == 0 && attr.query.prog_cnt <= 64)
		ret->n = attr.query.prog_cnt;
}

/* A descriptor of the program if it is one of ours, else -1. */
static int program_ours(uint32_t id)
{
	union bpf_attr get = { 0 }, ask = { 0 };
	struct bpf_prog_info info = { 0 };
	auto_close int fd = -1;

	get.prog_id = id;
	fd = bpf(BPF_PROG_GET_FD_BY_ID, &get);
	if (fd < 0)
		return -1;
	ask.info.bpf_fd = (uint32_t)fd;
	ask.info.info_len = sizeof(info);
	ask.info.info = (uint64_t)(uintptr_t)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &ask) < 0 ||
	    strncmp(info.name, program_name, sizeof(info.name)) != 0)
		return -1;
	return take_fd(&fd);
}

static void program_detach(int program, int cgroup_fd)
{
	union bpf_attr attr = { 0 };

	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	(void)bpf(BPF_PROG_DETACH, &attr);
}

int device_program_replace(const struct bpf_insn *insns, size_t n, int cgroup_fd,
			   struct err *e)
{
	auto_close int program = program_load(insns, n, e);
	bool attached = false;
	struct ids ids;

	if (program < 0)
		return -1;
	programs_query(cgroup_fd, &ids);
	for (uint32_t i = 0; i < ids.n; i++) {
		auto_close int old = program_ours(ids.v[i]);

		if (old < 0)
			continue;
		if (attached) {
			program_detach(old, cgroup_fd);
			continue;
		}
		if (program_attach(program, old, cgroup_fd, e) < 0)
			return -1;
		attached = true;
	}
	return attached ? 0 : program_attach(program, -1, cgroup_fd, e);
}

void device_programs_detach(int cgroup_fd)
{
	struct ids ids;

	programs_query(cgroup_fd, &ids);
	for (uint32_t i = 0; i < ids.n; i++) {
		auto_close int old = program_ours(ids.v[i]);

		if (old >= 0)
			program_detach(old, cgroup_fd);
	}
}
