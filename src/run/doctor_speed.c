/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `doctor --net-speed`: a helper is tried between two networks that play machine and world, for
 * to the machine's own addresses no upload collapses. What is measured and what it means:
 * net/speed.h.
 */
#include "run/doctor_check.h"

#include "base/str.h"
#include "net/speed.h"

#include <sched.h>

/* The helper has NET_READY_S to get ready, each of some connections seconds to be passed on. */
enum { SPEED_MS = 60000 };

/* What the trial gets and gives back. */
struct measured {
	struct net_request request;
	int proc_fd;
	struct net_speed speed;
};

static int measure(void *data, struct err *e)
{
	struct measured *m = data;

	return net_speed_measure(&m->request, m->proc_fd, &m->speed, e);
}

static void not_tried(struct doctor *d, struct doctor_finding *f, const struct err *why)
{
	static const char said[] = "not tried: ";
	struct err e = { 0 };

	err_set(&e, "%s%s", str_starts(why->text, said) ? "" : said, why->text);
	err_hint(&e, "%s", why->hint);
	doctor_fault(d, f, DOCTOR_MISSING, &e, NULL);
}

/* The figures stand in `found` whatever they mean. */
static void judge(struct doctor *d, struct doctor_finding *f, enum net_mode mode,
		  const struct net_speed *s)
{
	enum net_speed_verdict verdict = net_speed_judge(s);
	auto_str figures = { 0 }, cure = { 0 };
	struct err why = { 0 };

	net_speed_text(s, &figures);
	doctor_found(d, f, "%s", figures.s);
	if (verdict == NET_SPEED_SLOW) {
		net_speed_cure(s, mode, &cure);
		err_set(&why, "%s: less than a tenth", figures.s);
		err_hint(&why, "%s", cure.s);
		doctor_fault(d, f, DOCTOR_DEGRADED, &why, NULL);
	} else if (verdict == NET_SPEED_NOTHING) {
		err_set(&why, "%s: nothing arrives", figures.s);
		doctor_fault(d, f, DOCTOR_MISSING, &why,
			     "the other helper, or a newer one");
	}
}

static void check(struct doctor *d, struct doctor_finding *f, enum net_mode mode)
{
	struct measured m = { .request.mode = mode, .proc_fd = d->proc_fd };
	const struct doctor_trial t = { .flags = CLONE_NEWNET | CLONE_NEWPID,
					.measure = measure,
					.data = &m,
					.n_data = sizeof(m),
					.timeout_ms = SPEED_MS };
	struct err why = { 0 };

	if (net_survey(&m.request, &why) == 0 && doctor_try(d, &t, &why) == 0)
		judge(d, f, mode, &m.speed);
	else if (m.speed.tried)
		doctor_fault(d, f, DOCTOR_MISSING, &why,
			     "the other helper, or a newer one");
	else
		not_tried(d, f, &why);
}

void doctor_pasta_speed(struct doctor *d, struct doctor_finding *f)
{
	check(d, f, NET_PASTA);
}

void doctor_slirp_speed(struct doctor *d, struct doctor_finding *f)
{
	check(d, f, NET_SLIRP);
}
