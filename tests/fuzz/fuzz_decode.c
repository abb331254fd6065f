/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target for libocispec. The first byte chooses the document and how it is fed.
 * Beside the sanitizers' findings it looks for: a document that is accepted whole but not in
 * pieces, one whose own encoding is refused, an encoding that changes when done again, an
 * error without text, and a place outside the text.
 */
#include "fuzz.h"

#include "libocispec/oci.h"

static const struct oci_type *const types[] = {
	&oci_type_config, &oci_type_process,	   &oci_type_resources,
	&oci_type_state,  &oci_type_process_state, &oci_type_features,
};

static void check_error(const struct oci_error *error, const char *text, size_t len)
{
	size_t lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	must(strncmp(error->text, "f:", 2) == 0);
	must(strlen(error->text) < sizeof(error->text));
	must(error->line <= lines && error->column <= len + 1);
}

static int in_pieces(struct oci_arena *arena, const struct oci_type *type,
		     const char *text, size_t len, size_t piece)
{
	struct oci_error error;
	struct oci_decoder *d = oci_decoder_new(arena, type, "f", &error);
	void *object;

	must(d != NULL);
	for (size_t at = 0; at < len; at += piece) {
		if (oci_decoder_feed(d, text + at, piece < len - at ? piece : len - at) <
		    0) {
			check_error(&error, text, len);
			return -1;
		}
	}
	return oci_decoder_end(d, &object);
}

static void check_encoding(struct oci_arena *arena, const struct oci_type *type,
			   const void *object)
{
	struct oci_error error;
	void *again;
	size_t len;
	char *one = oci_encode(arena, type, object, 2, &len), *two;

	must(one != NULL && strlen(one) == len);
	must(oci_decode(arena, type, "f", one, len, &again, &error) == 0);
	two = oci_encode(arena, type, again, 2, NULL);
	must(two != NULL && strcmp(one, two) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct oci_arena arena = { 0 };
	struct oci_error error;
	const struct oci_type *type;
	const char *text = (const char *)data + 1;
	unsigned line, column;
	void *object;
	int rc;

	if (size < 1)
		return 0;
	type = types[data[0] % (sizeof(types) / sizeof(*types))];
	size--;
	rc = oci_decode(&arena, type, "f", text, size, &object, &error);
	if (rc < 0)
		check_error(&error, text, size);
	else
		check_encoding(&arena, type, object);
	if (rc == 0)
		must(in_pieces(&arena, type, text, size, 1 + data[0] / 8) == 0);
	else
		(void)in_pieces(&arena, type, text, size, 1 + data[0] / 8);
	(void)oci_locate(text, size, "linux.seccomp.syscalls[0].names[1]", &line,
			 &column);
	oci_arena_free(&arena);
	return 0;
}
