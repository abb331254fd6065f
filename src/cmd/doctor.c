/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolffia doctor: what of this machine a container can have, for people or as JSON. The exit
 * status is the verdict: 0 usable, 1 with restrictions, 2 not usable.
 */
#include "run/doctor.h"

#include "cmd/cmd.h"
#include "cmd/doctor.h"
#include "cmd/out.h"

struct doctor_values {
	bool json;
	bool fix_hint;
	bool net_speed;
};

static const struct cli_option options[] = {
	CLI_FLAG(doctor_values, json, "json", NULL, "as one JSON object"),
	CLI_FLAG(doctor_values, fix_hint, "fix-hint", NULL,
		 "print an AppArmor profile for this program instead"),
	CLI_FLAG(doctor_values, net_speed, "net-speed", NULL,
		 "measure pasta and slirp4netns too, some seconds"),
	CLI_END,
};

static const char *const states[] = { "ok", "degraded", "missing" };
static const char *const needs[] = { "required", "wanted", "extra" };
static const char *const verdicts[] = { "usable", "degraded", "unusable" };

/* ---- JSON ------------------------------------------------------------------------------ */

enum { SCHEMA = 1 };

struct check {
	char *name, *state, *need, *found, *cause, *why, *cure;
};

struct check_list {
	size_t n;
	struct check *v;
};

struct document {
	uint64_t schema;
	char *version, *verdict;
	struct check_list checks;
};

static const struct oci_member check_members[] = {
	OCI_STR(check, name, "name", OCI_REQUIRED, NULL),
	OCI_STR(check, state, "state", OCI_REQUIRED, NULL),
	OCI_STR(check, need, "need", OCI_REQUIRED, NULL),
	OCI_STR(check, found, "found", 0, NULL),
	OCI_STR(check, cause, "cause", 0, NULL),
	OCI_STR(check, why, "why", OCI_REQUIRED, NULL),
	OCI_STR(check, cure, "cure", 0, NULL),
};
static const struct oci_type check_type = OCI_TYPE(check, check_members, NULL);

static const struct oci_member document_members[] = {
	OCI_NUM(document, schema, "schema", OCI_REQUIRED, 1, 1),
	OCI_STR(document, version, "version", OCI_REQUIRED, NULL),
	OCI_STR(document, verdict, "verdict", OCI_REQUIRED, NULL),
	OCI_OBJS(document, checks, "checks", OCI_REQUIRED, check, &check_type),
};
static const struct oci_type document_type = OCI_TYPE(document, document_members, NULL);

char *doctor_json(struct oci_arena *arena, const struct doctor_report *r)
{
	struct check *v = oci_alloc(arena, (r->n + 1) * sizeof(*v));
	struct document doc = { .schema = SCHEMA,
				.version = (char *)WOLFFIA_VERSION,
				.verdict = (char *)verdicts[r->verdict],
				.checks = { r->n, v } };

	for (size_t i = 0; v && i < r->n; i++)
		v[i] = (struct check){ .name = (char *)r->v[i].name,
				       .state = (char *)states[r->v[i].state],
				       .need = (char *)needs[r->v[i].need],
				       .found = (char *)r->v[i].found,
				       .cause = (char *)r->v[i].cause,
				       .why = (char *)r->v[i].why,
				       .cure = (char *)r->v[i].cure };
	return v ? oci_encode(arena, &document_type, &doc, 2, NULL) : NULL;
}

/* ---- text ------------------------------------------------------------------------------ */

/* last_cure: of the finding before; three controllers have one cure. */
static void add_finding(const struct doctor_finding *f, const char *last_cure,
			struct str *ret)
{
	enum { INDENT = 24, LONG = 24 };

	str_addf(ret, "%-10s%-14s%s\n", states[f->state], f->name,
		 f->state == DOCTOR_OK ? f->found ? f->found : ""
		 : f->cause	       ? f->cause
				       : "");
	if (f->state == DOCTOR_OK)
		return;
	str_addf(ret, "%*sfor: %s\n", INDENT, "", f->why);
	if (f->cure)
		str_addf(ret, "%*sdo:  %s\n", INDENT, "",
			 last_cure && str_eq(f->cure, last_cure) && strlen(f->cure) > LONG
				 ? "the same"
				 : f->cure);
}

void doctor_text(const struct doctor_report *r, struct str *ret)
{
	static const char *const says[] = {
		"usable: everything that containers count on is there",
		"degraded: containers run; what is named above they do without",
		"unusable: no container runs here before what is missing above is cured",
	};

	for (size_t i = 0; i < r->n; i++)
		add_finding(&r->v[i], i ? r->v[i - 1].cure : NULL, ret);
	str_addf(ret, "\n%s\n", says[r->verdict]);
}

static int print_profile(struct oci_arena *arena, struct err *e)
{
	const char *program = doctor_program(arena, e);
	auto_str text = { 0 };

	if (!program)
		return -1;
	doctor_profile(program, &text);
	return out_write(text.s, text.n, e);
}

static int doctor(const struct cmd_call *call, struct err *e)
{
	const struct doctor_values *v = call->values;
	struct oci_arena arena = { 0 }; /* lives as long as the process */
	struct doctor_report report;
	auto_str text = { 0 };

	if (v->fix_hint)
		return print_profile(&arena, e);
	TRY(doctor_examine(call->ctx, v->net_speed, &arena, &report, e));
	if (v->json) {
		TRY(out_line(doctor_json(&arena, &report), e));
	} else {
		doctor_text(&report, &text);
		TRY(out_write(text.s, text.n, e));
	}
	return (int)report.verdict;
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.words = "",
	.summary = "try what of this machine a container can have; what is missing, and "
		   "what to do",
	.options = options,
	.values_size = sizeof(struct doctor_values),
	.failure = 2,
	.run = doctor,
};
