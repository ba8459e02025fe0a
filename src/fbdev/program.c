/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PATH_LENGTH  4096
#define HEADERS_MAX  64
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

#define OWN_CLASS    (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)

__attribute__((format(printf, 3, 4))) static int refuse(char *reason, size_t length,
							const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(reason, length, format, arguments);
	va_end(arguments);
	return -ENOTSUP;
}

static int try_path(const char *folder, size_t n, const char *name, char *path)
{
	snprintf(path, PATH_LENGTH, "%.*s%s%s", (int)n, folder, n > 0 ? "/" : "", name);
	if (access(path, X_OK) < 0)
		return -errno;
	struct stat status;
	return stat(path, &status) == 0 && S_ISREG(status.st_mode) ? 0 : -EACCES;
}

static int find_program(const char *name, char *path)
{
	if (strchr(name, '/'))
		return try_path("", 0, name, path);
	const char *folders = getenv("PATH");
	int result = -ENOENT;
	for (const char *at = folders ? folders : DEFAULT_PATH; at; at = strchr(at, ':')) {
		at += *at == ':';
		int tried = try_path(at, strcspn(at, ":"), name, path);
		if (tried == 0)
			return 0;
		if (tried == -EACCES)
			result = tried;
	}
	return result;
}

/* Who starts it, it gets more rights: the loader then ignores LD_PRELOAD. */
static int check_rights(const char *path, int fd, char *reason, size_t length)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return -errno;
	bool user = status.st_mode & S_ISUID && status.st_uid != getuid();
	bool group =
		status.st_mode & S_ISGID && status.st_mode & S_IXGRP && status.st_gid != getgid();
	if (user || group)
		return refuse(
			reason, length,
			"%s is set%s: the system lets no library be loaded into it. Run a copy "
			"without that bit, or run it as %s",
			path, user ? "uid" : "gid", user ? "its owner" : "its group");
	if (geteuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return refuse(
			reason, length,
			"%s has file capabilities: the system lets no library be loaded into it. "
			"Run a copy, which has none",
			path);
	return 0;
}

static bool has_loader(int fd, const ElfW(Ehdr) * header)
{
	ElfW(Phdr) program[HEADERS_MAX];
	size_t n = header->e_phnum < HEADERS_MAX ? header->e_phnum : HEADERS_MAX;
	ssize_t size = (ssize_t)(n * sizeof(*program));
	if (header->e_phentsize != sizeof(*program) ||
	    pread(fd, program, (size_t)size, (off_t)header->e_phoff) != size)
		return true; /* not for us to judge */
	for (size_t i = 0; i < n; i++)
		if (program[i].p_type == PT_INTERP)
			return true;
	return false;
}

static int check_elf(const char *path, int fd, char *reason, size_t length)
{
	ElfW(Ehdr) header = {0}, own = {0};
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bool known = self >= 0 && pread(self, &own, sizeof(own), 0) == sizeof(own);
	if (self >= 0)
		close(self);
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return 0; /* a script: its interpreter is what counts, and is hardly ever static */
	if (header.e_ident[EI_CLASS] != OWN_CLASS || (known && header.e_machine != own.e_machine))
		return refuse(reason, length,
			      "%s is built for another machine than this framelend (%d bits here): "
			      "install framelend of the program's architecture and use that",
			      path, (int)sizeof(void *) * 8);
	if (!has_loader(fd, &header))
		return refuse(reason, length,
			      "%s is linked statically: no library can be loaded into it. Build or "
			      "install it linked dynamically",
			      path);
	return 0;
}

int program_check(const char *name, char *reason, size_t length)
{
	char path[PATH_LENGTH];
	int result = find_program(name, path);
	if (result < 0) {
		snprintf(reason, length, "cannot start '%s': %s", name, strerror(-result));
		return result;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0; /* executable but not readable: let it start */
	result = check_rights(path, fd, reason, length);
	if (result == 0)
		result = check_elf(path, fd, reason, length);
	close(fd);
	return result;
}

static int find_in(const char *folder, char *path, size_t length)
{
	int n = snprintf(path, length, "%s/%s", folder, FBDEV_LIBRARY);
	if (n < 0 || (size_t)n >= length)
		return -ENAMETOOLONG;
	return access(path, R_OK) == 0 ? 0 : -errno;
}

int program_library(char *path, size_t length)
{
	char own[4096] = "";
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - sizeof("/src/fbdev"));
	char *slash = n > 0 ? memrchr(own, '/', (size_t)n) : NULL;
	if (slash) {
		memcpy(slash, "/src/fbdev", sizeof("/src/fbdev"));
		if (find_in(own, path, length) == 0)
			return 0;
	}
	return find_in(FBDEV_FOLDER, path, length);
}
