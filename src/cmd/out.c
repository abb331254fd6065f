/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard output; see out.h. SIGPIPE is ignored by main(). */
#include "cmd/out.h"

#include "base/fd.h"

#include <errno.h>
#include <unistd.h>

int out_write(const void *bytes, size_t n, struct err *e)
{
	if (fd_write_all(STDOUT_FILENO, bytes, n) == 0 || errno == EPIPE)
		return 0;
	return err_sys_plain(e, "write to standard output");
}

int out_line(const char *text, struct err *e)
{
	auto_str line = { 0 };

	if (!text)
		return err_code(e, ENOMEM, "the output");
	str_add(&line, text);
	str_add(&line, "\n");
	return out_write(line.s, line.n, e);
}
