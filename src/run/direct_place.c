/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an error lies, in the words of the command line; see direct.h. The life of a container
 * names members of a config.json that nobody has written. Pure.
 */
#include "run/direct.h"

#include "base/str.h"

#include <errno.h>
#include <stdio.h>

/* The beginning of a text and what it is called on the command line. */
struct place {
	const char *member, *option;
	bool given; /* else the error is ours, and the member tells more */
};

static void replace(struct err *e, size_t n, const char *with)
{
	auto_str text = { 0 };

	str_addf(&text, "%s%s", with, e->text + n);
	if (text.n)
		snprintf(e->text, sizeof(e->text), "%s", text.s);
}

/* "the configuration:1:87: ": a place in a text that nobody sees. */
static void drop_position(struct err *e)
{
	static const char source[] = "the configuration:";
	size_t n = strlen(source);

	if (!str_starts(e->text, source))
		return;
	n += strspn(e->text + n, "0123456789:");
	if (e->text[n] == ' ')
		replace(e, n + 1, "");
}

/* Our own config.json is a text that nobody sees: it is the word that cannot be told in one. */
static void tell_bytes(struct err *e)
{
	static const char sentence[] = "not valid JSON: the text is not valid UTF-8";
	char *at = strstr(e->text, sentence);

	if (!at)
		return;
	snprintf(at, sizeof(e->text) - (size_t)(at - e->text), "not valid UTF-8");
	err_hint(e, "a config.json cannot say it: leave it to a script in a volume");
}

static const char *option_of_mount(const struct direct_request *rq, const char *target)
{
	for (size_t i = 0; i < rq->n_volumes; i++)
		if (str_eq(rq->volumes[i].target, target))
			return "--volume";
	for (size_t i = 0; i < rq->n_tmpfs; i++)
		if (str_eq(rq->tmpfs[i].target, target))
			return "--tmpfs";
	return NULL;
}

/* "mounts[19]: /x: ...": the user's, if one of his options has that target. */
static void place_mount(const struct direct_request *rq, struct err *e)
{
	static const char list[] = "mounts[";
	char target[512];
	size_t n = strlen(list), size;
	const char *option;

	if (!str_starts(e->text, list))
		return;
	n += strspn(e->text + n, "0123456789");
	if (strncmp(e->text + n, "]: ", 3) != 0)
		return;
	size = strcspn(e->text + n + 3, ":");
	if (size >= sizeof(target))
		return;
	memcpy(target, e->text + n + 3, size);
	target[size] = '\0';
	option = option_of_mount(rq, target);
	if (option)
		replace(e, n + 1, option);
}

/* "linux.namespaces[5]: network: /x: ...", or without the kind */
static void place_network(const struct direct_request *rq, struct err *e)
{
	static const char list[] = "linux.namespaces[", kind[] = "]: network";
	size_t n = strlen(list);

	if (!rq->net_word || !str_starts(e->text, list))
		return;
	n += strspn(e->text + n, "0123456789");
	if (str_starts(e->text + n, kind))
		replace(e, n + strlen(kind), "--net");
	else if (rq->net_path && str_starts(e->text + n, "]: ") &&
		 str_starts(e->text + n + 3, rq->net_path))
		replace(e, n + 1, "--net");
}

/* Nobody says a mode that takes him out and then thinks of the modes of his folders. */
static void hint_stranger(const struct direct_request *rq, struct err *e)
{
	if (e->code != EACCES || e->hint[0] || !str_starts(e->text, "process.cwd: "))
		return;
	if (rq->ids.mode == IDS_NOMAP || rq->ids.mode == IDS_AUTO)
		err_hint(e,
			 "the program is not the caller outside: `chmod o+x` lets others "
			 "into the directories on the way, --userns keep-id makes it "
			 "the caller");
}

void direct_place(const struct direct_request *rq, struct err *e)
{
	const struct place places[] = {
		{ "process.cwd", rq->cwd ? "--workdir" : "the caller's directory", true },
		{ "process.user.uid", "--user", rq->has_user },
		{ "process.user.gid", "--user", rq->has_user },
		{ "annotations: wolffia.overlay-size", "--overlay-size",
		  rq->overlay_size > 0 },
		{ "annotations: wolffia.overlay", "--overlay", rq->overlay != NULL },
		{ "root.path", "--rootfs", rq->rootfs != NULL },
		{ "linux.sysctl", "--sysctl", rq->n_sysctls > 0 },
		{ "linux.uidMappings", "--userns", true },
		{ "linux.gidMappings", "--userns", true },
		{ "linux.resources.memory", "--memory", !rq->memory_max },
		{ "linux.resources.pids", "--pids", rq->pids > 0 },
		{ "linux.resources.cpu", "--cpus", rq->cpus > 0 },
	};

	drop_position(e);
	tell_bytes(e);
	place_mount(rq, e);
	place_network(rq, e);
	hint_stranger(rq, e);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t n = strlen(places[i].member);

		if (!places[i].given || !str_starts(e->text, places[i].member))
			continue;
		if (e->text[n] == ':' || e->text[n] == '.')
			replace(e, n + strcspn(e->text + n, ":"), places[i].option);
		return;
	}
}
