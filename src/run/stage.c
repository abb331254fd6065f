/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stage; see stage.h. Descriptors first go above every number that is wanted, then down
 * to it, so that no dup tramples on another. What the caller leaked to us is closed before
 * the init waits, or it would keep the caller's pipes open for as long as it waits.
 */
#include "run/stage.h"

#include "base/fd.h"
#include "base/log.h"
#include "kernel/script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* memfd_create(2) since 6.3; Debian 12's headers are older */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

extern const char stage_bytes[];
extern const char stage_bytes_end[];

enum { AT_SCRIPT = 3, AT_STAGE = 4, AT_EXEC = 5, N_FDS = 8 };

void stage_slots(uint32_t preserve, bool gate, bool proc, int32_t slots[])
{
	int32_t base = 3 + (int32_t)preserve;

	slots[SCRIPT_SLOT_REPORT] = base;
	slots[SCRIPT_SLOT_GATE] = gate ? base + 1 : -1;
	slots[SCRIPT_SLOT_PROC] = proc ? base + 2 : -1;
}

void stage_slots_exec(uint32_t preserve, const struct stage_exec_fds *fds,
		      int32_t slots[])
{
	int32_t base = 3 + (int32_t)preserve + AT_EXEC;

	slots[SCRIPT_SLOT_TARGET] = fds->target < 0 ? -1 : base;
	slots[SCRIPT_SLOT_CONSOLE] = fds->console < 0 ? -1 : base + 1;
	slots[SCRIPT_SLOT_ROOT] = fds->root < 0 ? -1 : base + 2;
}

static bool maps_id(const struct oci_id_mappings *map, uint32_t host_id)
{
	for (size_t i = 0; i < map->n; i++)
		if (host_id >= map->v[i].host_id &&
		    host_id - map->v[i].host_id < map->v[i].size)
			return true;
	return false;
}

bool stage_is_needed(const struct oci_id_mappings *uid_map, bool new_userns)
{
	struct stat st;

	if (!new_userns || !uid_map || !uid_map->n)
		return true;
	if (stat("/proc/self/exe", &st) < 0)
		return true;
	return maps_id(uid_map, st.st_uid);
}

static int memfd_failed(struct err *e)
{
	err_sys_plain(e, "memfd_create for the last steps before the program");
	if (e->code == EACCES)
		err_hint(e, "vm.memfd_noexec is 2 here: as root, `sysctl "
			    "vm.memfd_noexec=1`; what runs there is sealed and closed");
	return -1;
}

int stage_open(struct err *e)
{
	auto_close int fd = (int)syscall(SYS_memfd_create, "wolffia-stage",
					 MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before 6.3 there is no MFD_EXEC */
		fd = (int)syscall(SYS_memfd_create, "wolffia-stage",
				  MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return memfd_failed(e);
	/* cppcheck-suppress comparePointers; the two ends of one array */
	if (fd_write_all(fd, stage_bytes, (size_t)(stage_bytes_end - stage_bytes)) < 0 ||
	    fcntl(fd, F_ADD_SEALS,
		  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_sys(e, "seal the stage");
	return take_fd(&fd);
}

int stage_script_fd(struct err *e)
{
	int fd = (int)syscall(SYS_memfd_create, "wolffia-script",
			      MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_memfd_create, "wolffia-script", MFD_CLOEXEC);
	if (fd < 0)
		return memfd_failed(e);
	return fd;
}

int stage_write(int script_fd, const struct str *bytes, struct err *e)
{
	if (fd_write_all(script_fd, bytes->s, bytes->n) < 0)
		return err_sys(e, "write the script");
	return 0;
}

/* From wherever they are to base, base+1, ...; all but the stage live on across its execve. */
static int arrange(const int from[N_FDS], int base, struct err *e)
{
	int high[N_FDS];

	for (int i = 0; i < N_FDS; i++) {
		high[i] = -1;
		if (from[i] < 0)
			continue;
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, base + N_FDS);
		if (high[i] < 0)
			return err_sys(e, "duplicate descriptor");
	}
	for (int i = 0; i < N_FDS; i++) {
		if (high[i] < 0)
			fd_close(base + i); /* a leaked one must not stand there */
		else if (dup3(high[i], base + i, i == AT_STAGE ? O_CLOEXEC : 0) < 0)
			return err_sys(e, "place descriptor %d", base + i);
	}
	syscall(SYS_close_range, (unsigned)(base + N_FDS), ~0U, 0U);
	return 0;
}

static int run_here(int script, struct err *e)
{
	struct script_head head;
	void *bytes;

	if (pread(script, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    head.magic != SCRIPT_MAGIC)
		return err_set(e, "the script is not complete");
	bytes = mmap(NULL, head.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, script, 0);
	if (bytes == MAP_FAILED)
		return err_sys(e, "map the script");
	fd_close(script);
	script_run(bytes);
}

int stage_run(const struct stage_fds *fds, int stage_fd, uint32_t preserve, struct err *e)
{
	int base = 3 + (int)preserve;
	static const struct stage_exec_fds none = { -1, -1, -1 };
	const struct stage_exec_fds *x = fds->exec ? fds->exec : &none;
	const int from[N_FDS] = { fds->report, fds->gate, fds->proc,  fds->script,
				  stage_fd,    x->target, x->console, x->root };
	char number[16];
	char name[] = "wolffia-init";
	char *argv[] = { name, number, NULL };
	char *envp[] = { NULL };

	TRY(arrange(from, base, e));
	if (stage_fd < 0)
		return run_here(base + AT_SCRIPT, e);
	snprintf(number, sizeof(number), "%d", base + AT_SCRIPT);
	syscall(SYS_execveat, base + AT_STAGE, "", argv, envp, AT_EMPTY_PATH);
	return err_sys_plain(e, "execute the stage");
}
