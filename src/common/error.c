/* SPDX-License-Identifier: MIT */
#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char text[512] = "no error";

int fail(int error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error;
}

const char *fail_text(void)
{
	return text;
}
