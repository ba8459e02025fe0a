/* SPDX-License-Identifier: MIT */
/* Programs that look before they open, or after, find a character device. */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FRAMEBUFFER_MAJOR 29
#define TERMINAL_MAJOR	  4
#define PERMISSIONS	  (S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP)

static void describe(struct stat *status, enum device device)
{
	*status = (struct stat){
		.st_mode = S_IFCHR | PERMISSIONS,
		.st_nlink = 1,
		.st_uid = geteuid(),
		.st_gid = getegid(),
		.st_blksize = 4096,
		.st_rdev = makedev(
			device == DEVICE_FRAMEBUFFER ? FRAMEBUFFER_MAJOR : TERMINAL_MAJOR, 0),
	};
}

/* Consoles that exist are described as they are. */
static int by_name(int result, const char *path, struct stat *status)
{
	enum device device = device_named(path);
	if (device == DEVICE_NONE || device == DEVICE_TERMINAL ||
	    (device == DEVICE_CONSOLE && result == 0))
		return result;
	describe(status, device);
	return 0;
}

/* The framebuffer's memory, by whatever way it was found. */
static int by_identity(int result, struct stat *status)
{
	if (result == 0 &&
	    has_identity(major(status->st_dev), minor(status->st_dev), status->st_ino))
		describe(status, DEVICE_FRAMEBUFFER);
	return result;
}

EXPORT int stat(const char *restrict path, struct stat *restrict status)
{
	static int (*next)(const char *, struct stat *);
	if (!next)
		*(void **)&next = next_function("stat");
	return by_name(next(path, status), path, status);
}

EXPORT int lstat(const char *restrict path, struct stat *restrict status)
{
	static int (*next)(const char *, struct stat *);
	if (!next)
		*(void **)&next = next_function("lstat");
	return by_name(next(path, status), path, status);
}

EXPORT int fstat(int fd, struct stat *status)
{
	static int (*next)(int, struct stat *);
	if (!next)
		*(void **)&next = next_function("fstat");
	return by_identity(next(fd, status), status);
}

EXPORT int fstatat(int folder, const char *restrict path, struct stat *restrict status, int flags)
{
	static int (*next)(int, const char *, struct stat *, int);
	if (!next)
		*(void **)&next = next_function("fstatat");
	return by_identity(by_name(next(folder, path, status, flags), path, status), status);
}

static int describe_extended(struct statx *extended, enum device device)
{
	struct stat status;
	describe(&status, device);
	*extended = (struct statx){
		.stx_mask = STATX_BASIC_STATS,
		.stx_blksize = 4096,
		.stx_nlink = 1,
		.stx_uid = status.st_uid,
		.stx_gid = status.st_gid,
		.stx_mode = (uint16_t)status.st_mode,
		.stx_rdev_major = major(status.st_rdev),
	};
	return 0;
}

EXPORT int statx(int folder, const char *restrict path, int flags, unsigned mask,
		 struct statx *restrict status)
{
	static int (*next)(int, const char *, int, unsigned, struct statx *);
	if (!next)
		*(void **)&next = next_function("statx");
	if (device_named(path) == DEVICE_FRAMEBUFFER)
		return describe_extended(status, DEVICE_FRAMEBUFFER);
	int result = next(folder, path, flags, mask | STATX_INO, status);
	if (result == 0 &&
	    has_identity(status->stx_dev_major, status->stx_dev_minor, status->stx_ino))
		return describe_extended(status, DEVICE_FRAMEBUFFER);
	return result;
}

/* Where a long has 64 bits these are the same; elsewhere a struct of its own goes with each. */
#ifdef __LP64__
EXPORT int stat64(const char *, struct stat64 *) __attribute__((alias("stat")));
EXPORT int lstat64(const char *, struct stat64 *) __attribute__((alias("lstat")));
EXPORT int fstat64(int, struct stat64 *) __attribute__((alias("fstat")));
EXPORT int fstatat64(int, const char *, struct stat64 *, int) __attribute__((alias("fstatat")));
#endif

/* Programs built with a glibc older than 2.33 call these. Version 0 or 1 is the struct of today. */
EXPORT int __xstat(int version, const char *path, struct stat *status);
EXPORT int __lxstat(int version, const char *path, struct stat *status);
EXPORT int __fxstat(int version, int fd, struct stat *status);
EXPORT int __xstat64(int, const char *, struct stat *) __attribute__((alias("__xstat")));
EXPORT int __lxstat64(int, const char *, struct stat *) __attribute__((alias("__lxstat")));
EXPORT int __fxstat64(int, int, struct stat *) __attribute__((alias("__fxstat")));

EXPORT int __xstat(int version, const char *path, struct stat *status)
{
	return stat(path, status);
}

EXPORT int __lxstat(int version, const char *path, struct stat *status)
{
	return lstat(path, status);
}

EXPORT int __fxstat(int version, int fd, struct stat *status)
{
	return fstat(fd, status);
}

/* ---- access --------------------------------------------------------------------------------- */

static int check_access(int mode)
{
	if (!(mode & X_OK))
		return 0;
	errno = EACCES;
	return -1;
}

static bool is_kept(const char *path)
{
	enum device device = device_named(path);
	return device == DEVICE_FRAMEBUFFER || device == DEVICE_CONSOLE;
}

EXPORT int access(const char *path, int mode)
{
	static int (*next)(const char *, int);
	if (!next)
		*(void **)&next = next_function("access");
	return is_kept(path) ? check_access(mode) : next(path, mode);
}

EXPORT int faccessat(int folder, const char *path, int mode, int flags)
{
	static int (*next)(int, const char *, int, int);
	if (!next)
		*(void **)&next = next_function("faccessat");
	return is_kept(path) ? check_access(mode) : next(folder, path, mode, flags);
}

EXPORT int euidaccess(const char *path, int mode)
{
	static int (*next)(const char *, int);
	if (!next)
		*(void **)&next = next_function("euidaccess");
	return is_kept(path) ? check_access(mode) : next(path, mode);
}
