/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mount options; see option.h. The table has one row per word; a word that is in no row is
 * data of the filesystem. Access times are one field of three values (MOUNT_ATTR__ATIME),
 * the rest are bits that a word sets or clears.
 */
#include "fs/option.h"

#include "fs/memory.h"

#include <assert.h>

enum kind {
	NOTHING, /* accepted, changes nothing */
	BIT_ON,
	BIT_OFF,
	ATIME, /* the access time policy becomes value */
	ATIME_NOT, /* the contrary of value: the kernel's default, if value is what was asked */
	PROPAGATION,
	SB_ON, /* a word of the superblock */
	SB_OFF,
	EXTRA,
};

enum sb_word { SB_SYNC, SB_DIRSYNC, SB_MAND, SB_LAZYTIME, SB_IVERSION, N_SB };

static const struct {
	const char *on, *off;
} sb_words[] = {
	[SB_SYNC] = { "sync", "async" },
	[SB_DIRSYNC] = { "dirsync", NULL },
	[SB_MAND] = { "mand", "nomand" },
	[SB_LAZYTIME] = { "lazytime", "nolazytime" },
	[SB_IVERSION] = { "iversion", "noiversion" },
};
static_assert(ARRAY_SIZE(sb_words) == N_SB, "a row for each word of the superblock");

struct word {
	const char *name;
	enum kind kind;
	uint64_t value; /* MOUNT_ATTR_*, MS_* of a propagation, sb_word or option_extra */
	bool recursive; /* the attribute or propagation of all mounts below, too */
};

/* Sorted by name: looked up by halves, and `features` shows them so. */
static const struct word words[] = {
	{ "Z", EXTRA, OPTION_RELABEL_PRIVATE }, /* extension */
	{ "async", SB_OFF, SB_SYNC },
	{ "atime", ATIME_NOT, MOUNT_ATTR_NOATIME },
	{ "bind", EXTRA, OPTION_BIND },
	{ "copy-symlink", EXTRA, OPTION_COPY_SYMLINK }, /* extension */
	{ "defaults", NOTHING },
	{ "dest-nofollow", EXTRA, OPTION_DEST_NOFOLLOW }, /* extension */
	{ "dev", BIT_OFF, MOUNT_ATTR_NODEV },
	{ "diratime", BIT_OFF, MOUNT_ATTR_NODIRATIME },
	{ "dirsync", SB_ON, SB_DIRSYNC },
	{ "exec", BIT_OFF, MOUNT_ATTR_NOEXEC },
	{ "idmap", EXTRA, OPTION_IDMAP },
	{ "iversion", SB_ON, SB_IVERSION },
	{ "lazytime", SB_ON, SB_LAZYTIME },
	{ "loud", NOTHING }, /* only what the kernel prints */
	{ "mand", SB_ON, SB_MAND },
	{ "noatime", ATIME, MOUNT_ATTR_NOATIME },
	{ "nodev", BIT_ON, MOUNT_ATTR_NODEV },
	{ "nodiratime", BIT_ON, MOUNT_ATTR_NODIRATIME },
	{ "noexec", BIT_ON, MOUNT_ATTR_NOEXEC },
	{ "noiversion", SB_OFF, SB_IVERSION },
	{ "nolazytime", SB_OFF, SB_LAZYTIME },
	{ "nomand", SB_OFF, SB_MAND },
	{ "norelatime", NOTHING }, /* the kernel's default is relatime either way */
	{ "nostrictatime", ATIME_NOT, MOUNT_ATTR_STRICTATIME },
	{ "nosuid", BIT_ON, MOUNT_ATTR_NOSUID },
	{ "nosymfollow", BIT_ON, MOUNT_ATTR_NOSYMFOLLOW },
	{ "private", PROPAGATION, MS_PRIVATE },
	{ "ratime", ATIME_NOT, MOUNT_ATTR_NOATIME, true },
	{ "rbind", EXTRA, OPTION_BIND | OPTION_RECURSIVE },
	{ "rdev", BIT_OFF, MOUNT_ATTR_NODEV, true },
	{ "rdiratime", BIT_OFF, MOUNT_ATTR_NODIRATIME, true },
	{ "relatime", ATIME, MOUNT_ATTR_RELATIME },
	{ "remount", EXTRA, OPTION_REMOUNT },
	{ "rexec", BIT_OFF, MOUNT_ATTR_NOEXEC, true },
	{ "ridmap", EXTRA, OPTION_IDMAP | OPTION_IDMAP_REC },
	{ "rnoatime", ATIME, MOUNT_ATTR_NOATIME, true },
	{ "rnodev", BIT_ON, MOUNT_ATTR_NODEV, true },
	{ "rnodiratime", BIT_ON, MOUNT_ATTR_NODIRATIME, true },
	{ "rnoexec", BIT_ON, MOUNT_ATTR_NOEXEC, true },
	{ "rnorelatime", ATIME_NOT, MOUNT_ATTR_RELATIME, true },
	{ "rnostrictatime", ATIME_NOT, MOUNT_ATTR_STRICTATIME, true },
	{ "rnosuid", BIT_ON, MOUNT_ATTR_NOSUID, true },
	{ "rnosymfollow", BIT_ON, MOUNT_ATTR_NOSYMFOLLOW, true },
	{ "ro", BIT_ON, MOUNT_ATTR_RDONLY },
	{ "rprivate", PROPAGATION, MS_PRIVATE, true },
	{ "rrelatime", ATIME, MOUNT_ATTR_RELATIME, true },
	{ "rro", BIT_ON, MOUNT_ATTR_RDONLY, true },
	{ "rrw", BIT_OFF, MOUNT_ATTR_RDONLY, true },
	{ "rshared", PROPAGATION, MS_SHARED, true },
	{ "rslave", PROPAGATION, MS_SLAVE, true },
	{ "rstrictatime", ATIME, MOUNT_ATTR_STRICTATIME, true },
	{ "rsuid", BIT_OFF, MOUNT_ATTR_NOSUID, true },
	{ "rsymfollow", BIT_OFF, MOUNT_ATTR_NOSYMFOLLOW, true },
	{ "runbindable", PROPAGATION, MS_UNBINDABLE, true },
	{ "rw", BIT_OFF, MOUNT_ATTR_RDONLY },
	{ "shared", PROPAGATION, MS_SHARED },
	{ "silent", NOTHING },
	{ "slave", PROPAGATION, MS_SLAVE },
	{ "src-nofollow", EXTRA, OPTION_SRC_NOFOLLOW }, /* extension */
	{ "strictatime", ATIME, MOUNT_ATTR_STRICTATIME },
	{ "suid", BIT_OFF, MOUNT_ATTR_NOSUID },
	{ "symfollow", BIT_OFF, MOUNT_ATTR_NOSYMFOLLOW },
	{ "sync", SB_ON, SB_SYNC },
	{ "throw-away", EXTRA, OPTION_LAYER }, /* extension */
	{ "tmpcopyup", EXTRA, OPTION_TMPCOPYUP },
	{ "unbindable", PROPAGATION, MS_UNBINDABLE },
	{ "z", EXTRA, OPTION_RELABEL_SHARED }, /* extension */
};

static const struct word *word_find(const char *name)
{
	size_t low = 0, high = ARRAY_SIZE(words);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, words[middle].name);

		if (!order)
			return &words[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* ---- meaning ---------------------------------------------------------------------- */

static void apply_bit(struct option_set *o, const struct word *w)
{
	uint64_t *set = w->recursive ? &o->attr.rec_set : &o->attr.set;
	uint64_t *clear = w->recursive ? &o->attr.rec_clear : &o->attr.clear;
	bool on = w->kind == BIT_ON;

	*set = on ? *set | w->value : *set & ~w->value;
	*clear = on ? *clear & ~w->value : *clear | w->value;
	if (w->value == MOUNT_ATTR_RDONLY && !w->recursive)
		o->extra = on ? o->extra | OPTION_RO : o->extra & ~(unsigned)OPTION_RO;
}

/* mount_setattr(2) wants the whole field cleared when a value of it is set. */
static void apply_atime(struct option_set *o, const struct word *w)
{
	uint64_t *set = w->recursive ? &o->attr.rec_set : &o->attr.set;
	uint64_t *clear = w->recursive ? &o->attr.rec_clear : &o->attr.clear;
	bool asked = *clear & MOUNT_ATTR__ATIME;

	if (w->kind == ATIME_NOT && asked && (*set & MOUNT_ATTR__ATIME) != w->value)
		return; /* "strictatime,atime": still strict */
	*set &= ~(uint64_t)MOUNT_ATTR__ATIME;
	*clear |= MOUNT_ATTR__ATIME;
	if (w->kind == ATIME)
		*set |= w->value;
}

static void apply(struct option_set *o, int sb[N_SB], const struct word *w)
{
	switch (w->kind) {
	case NOTHING:
		break;
	case BIT_ON:
	case BIT_OFF:
		apply_bit(o, w);
		break;
	case ATIME:
	case ATIME_NOT:
		apply_atime(o, w);
		break;
	case PROPAGATION:
		o->attr.propagation = (unsigned long)w->value;
		o->attr.propagation_rec = w->recursive;
		break;
	case SB_ON:
	case SB_OFF:
		sb[w->value] = w->kind == SB_ON ? 1 : -1;
		break;
	case EXTRA:
		o->extra |= (unsigned)w->value;
		break;
	}
}

static struct mountfd_param data_param(struct oci_arena *arena, const char *word)
{
	size_t n = strcspn(word, "=");

	if (!word[n])
		return (struct mountfd_param){ .key = word };
	return (struct mountfd_param){ .key = fs_text(arena, word, n),
				       .value = word + n + 1 };
}

static void list_sb(struct oci_arena *arena, const int sb[N_SB], struct option_set *o)
{
	struct mountfd_param *list = NULL;
	bool remount = o->extra & OPTION_REMOUNT;

	for (size_t i = 0; i < N_SB; i++) {
		const char *name = sb[i] > 0 ? sb_words[i].on : sb_words[i].off;

		/* what is off is the default of a new superblock */
		if (!sb[i] || !name || (sb[i] < 0 && !remount))
			continue;
		if (!list)
			list = fs_alloc(arena, N_SB * sizeof(*list));
		list[o->n_sb++] = (struct mountfd_param){ .key = name,
							  .optional = i == SB_IVERSION };
	}
	o->sb = list;
}

void option_parse(struct oci_arena *arena, const struct oci_strings *list,
		  struct option_set *ret)
{
	struct option_set o = { .attr = MOUNTFD_ATTR_NONE };
	struct mountfd_param *data = NULL;
	int sb[N_SB] = { 0 };

	for (size_t i = 0; i < list->n; i++) {
		const char *name = list->v[i];
		const struct word *w = word_find(name);

		if (w) {
			apply(&o, sb, w);
			continue;
		}
		if (str_starts(name, "idmap=") || str_starts(name, "ridmap=")) {
			o.extra |= OPTION_IDMAP | (*name == 'r' ? OPTION_IDMAP_REC : 0);
			o.idmap = strchr(name, '=') + 1;
			continue;
		}
		if (!*name)
			continue;
		if (!data) {
			data = fs_alloc(arena, list->n * sizeof(*data));
			o.first_data = name;
			o.first_data_index = i;
		}
		data[o.n_data++] = data_param(arena, name);
	}
	o.data = data;
	list_sb(arena, sb, &o);
	*ret = o;
}

const char *const *option_names(void)
{
	static const char *names[ARRAY_SIZE(words) + 1];

	for (size_t i = 0; !names[ARRAY_SIZE(words) - 1] && i < ARRAY_SIZE(words); i++)
		names[i] = words[i].name;
	return names;
}

/* ---- as text ---------------------------------------------------------------------- */

static void print_words(struct str *ret, const char *prefix, uint64_t attrs,
			uint64_t clear, bool recursive)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct word *w = &words[i];
		bool shown;

		if (w->recursive != recursive)
			continue;
		if (w->kind == BIT_ON)
			shown = attrs & w->value;
		else if (w->kind == BIT_OFF)
			shown = clear & w->value;
		else
			shown = w->kind == ATIME && clear & MOUNT_ATTR__ATIME &&
				(attrs & MOUNT_ATTR__ATIME) == w->value;
		if (shown)
			str_addf(ret, "%s%s", ret->n ? prefix : "", w->name);
	}
}

void option_print(const struct option_set *o, struct str *ret)
{
	const struct mountfd_attr *a = &o->attr;

	print_words(ret, ",", a->set, a->clear, false);
	print_words(ret, ",", a->rec_set, a->rec_clear, true);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct word *w = &words[i];

		if ((w->kind == PROPAGATION && w->value == a->propagation &&
		     w->recursive == a->propagation_rec) ||
		    (w->kind == EXTRA && (o->extra & w->value) == w->value))
			str_addf(ret, "%s%s", ret->n ? "," : "", w->name);
	}
	for (size_t i = 0; i < o->n_sb; i++)
		str_addf(ret, "%ssb:%s", ret->n ? "," : "", o->sb[i].key);
	for (size_t i = 0; i < o->n_data; i++)
		str_addf(ret, "%sdata:%s%s%s", ret->n ? "," : "", o->data[i].key,
			 o->data[i].value ? "=" : "",
			 o->data[i].value ? o->data[i].value : "");
}
