/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Annotations about storage; see storage.h. A word that is not known is never passed over. */
#include "run/storage.h"

static const struct {
	const char *word;
	enum fs_root_kind kind;
} kinds[] = {
	{ "plain", FS_ROOT_PLAIN },
	{ "overlay", FS_ROOT_OVERLAY },
	{ "empty", FS_ROOT_EMPTY },
};

static int root_kind(const char *word, struct fs_facts *ret, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!str_eq(kinds[i].word, word))
			continue;
		ret->root_kind = kinds[i].kind;
		if (kinds[i].kind == FS_ROOT_PLAIN || ret->mount_ns == FS_MOUNT_NS_NEW)
			return 0;
		return err_set(e, "it needs a new mount namespace");
	}
	return err_set(e, "\"%.60s\": expected plain, overlay or empty", word);
}

static int layer_place(const char *word, struct fs_facts *ret, struct err *e)
{
	ret->layer_dir = NULL;
	ret->layer_place = FS_LAYER_MEMORY;
	if (str_eq(word, "disk")) {
		ret->layer_place = FS_LAYER_DISK;
	} else if (word[0] == '/') {
		ret->layer_place = FS_LAYER_KEPT;
		ret->layer_dir = word;
	} else if (!str_eq(word, "memory")) {
		return err_set(e,
			       "\"%.60s\": expected memory, disk or the absolute path of "
			       "a directory",
			       word);
	}
	return 0;
}

int storage_facts(const struct oci_config *config, struct fs_facts *ret, struct err *e)
{
	for (size_t i = 0; i < config->annotations.n; i++) {
		const struct oci_pair *a = &config->annotations.v[i];
		uint64_t size;
		WHERE_IN(e, "annotations", a->key);

		if (str_eq(a->key, "wolffia.root")) {
			TRY(root_kind(a->value, ret, e));
		} else if (str_eq(a->key, "wolffia.overlay")) {
			TRY(layer_place(a->value, ret, e));
		} else if (str_eq(a->key, "wolffia.overlay-size")) {
			if (!str_to_u64(a->value, INT64_MAX, &size) || !size)
				return err_set(e, "\"%.60s\": expected a number of bytes",
					       a->value);
			ret->scratch_size = a->value;
		}
	}
	return 0;
}
