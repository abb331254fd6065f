/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log; see log.h. The one piece of state that belongs to the whole program. Lines are
 * written with one write(2) each, so that several commands can share a file.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"

#include <stdio.h>
#include <unistd.h>

static struct {
	int fd;
	enum log_format format;
	enum log_level level;
	void (*sink)(enum log_level level, const char *text);
	log_writer *writer;
	struct str kept; /* JSON: the warnings so far, each ended by NUL */
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

/* Bytes of the UTF-8 sequence at s (NUL-terminated); 0: it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char first, last; /* of the first byte */
		unsigned char low, high; /* of the second one */
		unsigned char n;
	} forms[] = {
		{ 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i = 0, at = 2;

	while (i < ARRAY_SIZE(forms) && (*s < forms[i].first || *s > forms[i].last))
		i++;
	if (i == ARRAY_SIZE(forms))
		return 0;
	if (forms[i].n > 1 && (s[1] < forms[i].low || s[1] > forms[i].high))
		return 0;
	while (at < forms[i].n && (s[at] & 0xc0) == 0x80)
		at++;
	return at < forms[i].n ? 0 : forms[i].n;
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
	while (*text) {
		size_t n = utf8_length((const unsigned char *)text);

		if (n > 1)
			str_add_n(b, text, n);
		else if (n == 1)
			json_char(b, (unsigned char)*text);
		else /* a file's name, or a character that was cut */
			str_add(b, "\\ufffd");
		text += n ? n : 1;
	}
	str_add(b, "\"");
}

static void begin_object(struct str *b, enum log_level level, const char *text)
{
	char now[CLOCK_TEXT_MAX];

	str_addf(b, "{\"level\":\"%s\",\"msg\":", words[level]);
	json_string(b, text);
	str_add(b, ",\"time\":\"");
	clock_text_now(6, now);
	str_add(b, now);
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

static void emit_object(enum log_level level, const char *text)
{
	auto_str b = { 0 };

	begin_object(&b, level, text);
	str_add(&b, "}\n");
	emit(level, &b);
}

/* The warnings kept back, from the first; NULL at their end. */
static const char *next_kept(const char *text)
{
	const char *end = logger.kept.s + logger.kept.n;

	if (!logger.kept.n)
		return NULL;
	text = text ? text + strlen(text) + 1 : logger.kept.s;
	return text < end ? text : NULL;
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
		str_add_n(&logger.kept, text, strlen(text) + 1);
		return;
	}
	if (logger.format == LOG_FORMAT_JSON) {
		emit_object(level, text);
		return;
	}
	str_addf(&b, "%s: %s\n", words[level], text);
	emit(level, &b);
}

void log_notice(const char *text)
{
	enum log_level level = logger.level;

	if (logger.format == LOG_FORMAT_TEXT && level < LOG_LEVEL_INFO)
		logger.level = LOG_LEVEL_INFO;
	log_remark(LOG_LEVEL_INFO, text);
	logger.level = level;
}

static void remark(enum log_level level, const char *fmt, va_list ap)
{
	char text[ERR_TEXT_MAX];

	if (!log_wants(level))
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?'; /* one remark, one line */
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
	for (const char *w = NULL; (w = next_kept(w));) {
		str_add(b, w == logger.kept.s ? ",\"warnings\":[" : ",");
		json_string(b, w);
	}
	str_add(b, logger.kept.n ? "]}" : "}");
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
	for (const char *w = NULL; (w = next_kept(w));)
		emit_object(LOG_LEVEL_WARNING, w);
	str_free(&logger.kept);
}

void log_lines(enum log_level level, const char *text)
{
	for (const char *end; text && (end = strchr(text, '\n')); text = end + 1) {
		auto_str line = { 0 };

		str_add_n(&line, text, (size_t)(end - text));
		if (line.n)
			log_remark(level, line.s);
	}
}
