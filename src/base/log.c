/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log; see log.h. The one piece of state that belongs to the whole program. Lines are
 * written with one write(2) each, so that several commands can share a file.
 */
#include "base/log.h"

#include "base/fd.h"
#include "base/str.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static struct {
	int fd;
	enum log_format format;
	enum log_level level;
	void (*sink)(enum log_level level, const char *text);
	log_writer *writer;
	struct str kept; /* JSON: the warnings so far, as the elements of an array */
} logger = { .fd = -1, .level = LOG_LEVEL_WARNING };

static const char *const words[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void log_setup(int fd, enum log_format format, enum log_level level)
{
	fd_close(logger.fd);
	logger.fd = fd;
	logger.format = format;
	logger.level = level;
}

void log_set_writer(log_writer *writer)
{
	logger.writer = writer;
}

bool log_wants(enum log_level level)
{
	return level <= logger.level;
}

void log_set_sink(void (*sink)(enum log_level level, const char *text))
{
	logger.sink = sink;
}

static void json_char(struct str *b, unsigned char c)
{
	static const char *const shorts[] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
		['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"
	};

	if (c < ARRAY_SIZE(shorts) && shorts[c])
		str_add(b, shorts[c]);
	else if (c < ' ' || c == 0x7f)
		str_addf(b, "\\u%04x", c);
	else
		str_add_n(b, &c, 1);
}

static void json_string(struct str *b, const char *text)
{
	str_add(b, "\"");
	for (; *text; text++)
		json_char(b, (unsigned char)*text);
	str_add(b, "\"");
}

size_t log_json_string(char *buf, size_t size, const char *text)
{
	auto_str b = { 0 };

	json_string(&b, text);
	snprintf(buf, size, "%s", b.s);
	return b.n < size ? b.n : size - 1;
}

/* RFC 3339, UTC, microseconds. */
static void add_time(struct str *b)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	str_addf(b, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 now.tv_nsec / 1000);
}

static void begin_object(struct str *b, enum log_level level, const char *text)
{
	str_addf(b, "{\"level\":\"%s\",\"msg\":", words[level]);
	json_string(b, text);
	str_add(b, ",\"time\":\"");
	add_time(b);
	str_add(b, "\"");
}

/* To the log, else to stderr; errors writing it are nothing we could report anywhere. */
static void emit(enum log_level level, const struct str *b)
{
	if (logger.fd < 0)
		(void)fd_write_all(STDERR_FILENO, b->s, b->n);
	else if (logger.writer)
		logger.writer(logger.fd, level, b->s, b->n);
	else
		(void)fd_write_all(logger.fd, b->s, b->n);
}

static void keep(const char *text)
{
	if (logger.kept.n)
		str_add(&logger.kept, ",");
	json_string(&logger.kept, text);
}

void log_remark(enum log_level level, const char *text)
{
	auto_str b = { 0 };

	if (!log_wants(level))
		return;
	if (logger.sink) {
		logger.sink(level, text);
		return;
	}
	if (logger.format == LOG_FORMAT_JSON && level == LOG_LEVEL_WARNING) {
		keep(text);
		return;
	}
	if (logger.format == LOG_FORMAT_JSON) {
		begin_object(&b, level, text);
		str_add(&b, "}\n");
	} else {
		str_addf(&b, "%s: %s\n", words[level], text);
	}
	emit(level, &b);
}

static void remark(enum log_level level, const char *fmt, va_list ap)
{
	char text[ERR_TEXT_MAX];

	if (!log_wants(level))
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	log_remark(level, text);
}

void log_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	remark(LOG_LEVEL_WARNING, fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	remark(LOG_LEVEL_INFO, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	remark(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}

static void text_error(struct str *b, const struct err *e)
{
	str_addf(b, "error: %s\n", e->text);
	if (e->hint[0])
		str_addf(b, "  hint: %s\n", e->hint);
}

static void json_error(struct str *b, const struct err *e)
{
	begin_object(b, LOG_LEVEL_ERROR, e->text);
	if (e->code)
		str_addf(b, ",\"errno\":%d", e->code);
	if (e->hint[0]) {
		str_add(b, ",\"hint\":");
		json_string(b, e->hint);
	}
	if (logger.kept.n)
		str_addf(b, ",\"warnings\":[%s]", logger.kept.s);
	str_add(b, "}");
}

void log_error(const struct err *e)
{
	auto_str on_stderr = { 0 };
	auto_str line = { 0 };

	if (logger.format == LOG_FORMAT_JSON) {
		json_error(&line, e);
		str_add(&line, "\n");
	} else {
		text_error(&line, e);
	}
	/* JSON asked for and no file: the object is what stderr gets */
	emit(LOG_LEVEL_ERROR, &line);
	if (logger.fd < 0)
		return;
	text_error(&on_stderr, e);
	(void)fd_write_all(STDERR_FILENO, on_stderr.s, on_stderr.n);
}

void log_finish(void)
{
	auto_str b = { 0 };

	if (!logger.kept.n)
		return;
	begin_object(&b, LOG_LEVEL_WARNING, "the command succeeded with remarks");
	str_addf(&b, ",\"warnings\":[%s]}\n", logger.kept.s);
	emit(LOG_LEVEL_WARNING, &b);
	str_free(&logger.kept);
}
