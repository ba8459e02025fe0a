/* SPDX-License-Identifier: MIT */
/* A library's last failure in words, one for each thread and library. */
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

/* Keeps the message and returns error (-errno), so that a failing function ends in one line:
 * return fail(-EINVAL, "width is 0: give at least 1"). */
__attribute__((format(printf, 2, 3))) int fail(int error, const char *format, ...);

/* The message kept last, or "no error". */
const char *fail_text(void);

#endif
