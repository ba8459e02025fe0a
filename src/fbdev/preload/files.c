/* SPDX-License-Identifier: MIT */
/* Opening /dev/fb0 and consoles. */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Device files cannot be made, emptied or appended to. */
#define FLAGS_OF_FILES (O_CREAT | O_TRUNC | O_APPEND | O_EXCL)

static int plain_openat(int folder, const char *path, int flags, mode_t mode)
{
	static int (*next)(int, const char *, int, ...);
	if (!next)
		*(void **)&next = next_function("openat64");
	return next(folder, path, flags, mode);
}

/* Opens what fd is open for once more, with a position and flags of its own, and closes fd. */
static int open_again(int fd, int flags)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int again = plain_openat(AT_FDCWD, path, (flags & ~FLAGS_OF_FILES) | O_NOCTTY, 0);
	if (again < 0 && errno == ENOENT) /* without /proc they share a position */
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return again;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

static int open_kept(enum link_kind kind, int flags)
{
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return fail(EEXIST);
	if (flags & O_DIRECTORY)
		return fail(ENOTDIR);
	const struct link_request request = {.kind = kind};
	int saved = errno, fd = -1;
	int result = link_ask(&request, NULL, 0, NULL, 0, &fd);
	if (result < 0 || fd < 0)
		return fail(result < 0 ? -result : ENODEV);
	errno = saved;
	return open_again(fd, flags);
}

/* The terminal that the program was started on is its console, if it was started on one. */
static int open_console(int flags)
{
	int fd = plain_openat(AT_FDCWD, "/dev/tty", flags & ~FLAGS_OF_FILES, 0);
	return fd >= 0 ? fd : open_kept(LINK_CONSOLE, flags);
}

static int open_device(int folder, const char *path, int flags, mode_t mode)
{
	switch (device_named(path)) {
	case DEVICE_FRAMEBUFFER: return open_kept(LINK_OPEN, flags);
	case DEVICE_CONSOLE:
	case DEVICE_TERMINAL: return open_console(flags);
	default: return plain_openat(folder, path, flags, mode);
	}
}

/* ---- the functions of libc ------------------------------------------------------------------ */

static mode_t read_mode(int flags, va_list arguments)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = read_mode(flags, arguments);
	va_end(arguments);
	return open_device(AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = read_mode(flags, arguments);
	va_end(arguments);
	return open_device(folder, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...) __attribute__((alias("open")));
EXPORT int openat64(int folder, const char *path, int flags, ...) __attribute__((alias("openat")));

/* What open() becomes in programs built with _FORTIFY_SOURCE. */
EXPORT int __open_2(const char *path, int flags);
EXPORT int __open64_2(const char *path, int flags) __attribute__((alias("__open_2")));
EXPORT int __openat_2(int folder, const char *path, int flags);
EXPORT int __openat64_2(int folder, const char *path, int flags)
	__attribute__((alias("__openat_2")));

EXPORT int __open_2(const char *path, int flags)
{
	return open_device(AT_FDCWD, path, flags, 0);
}

EXPORT int __openat_2(int folder, const char *path, int flags)
{
	return open_device(folder, path, flags, 0);
}

EXPORT int creat(const char *path, mode_t mode)
{
	return open_device(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

EXPORT int creat64(const char *path, mode_t mode) __attribute__((alias("creat")));

static int flags_of_stream(const char *mode)
{
	int flags = strchr(mode, '+') ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;
	return flags | (strchr(mode, 'e') ? O_CLOEXEC : 0);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	static FILE *(*next)(const char *, const char *);
	if (!next)
		*(void **)&next = next_function("fopen64");
	if (device_named(path) == DEVICE_NONE)
		return next(path, mode);
	int fd = open_device(AT_FDCWD, path, flags_of_stream(mode), 0);
	FILE *stream = fd >= 0 ? fdopen(fd, mode) : NULL;
	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

EXPORT FILE *fopen64(const char *path, const char *mode) __attribute__((alias("fopen")));
