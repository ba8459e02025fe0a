/* SPDX-License-Identifier: MIT */
/* Maps of the framebuffer, and writing past its end. */
#include "preload.h"

#include "fbdev/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMEBUFFER_MAPS 32 /* at most so many are watched again after a fork */

/* This process, or the one it was forked from, has mapped the framebuffer. */
static atomic_bool mapped;

static void watch_map(void *address, size_t length, uint64_t offset)
{
	int userfault = watch_arm(address, length);
	const struct link_request request = {
		.kind = LINK_WATCH,
		.argument = userfault < 0 ? (uint64_t)-userfault : 0,
		.address = (uintptr_t)address,
		.length = length,
		.offset = offset,
	};
	int fd = userfault < 0 ? -1 : userfault;
	link_ask(&request, NULL, 0, NULL, 0, &fd);
	if (fd >= 0)
		close(fd);
	/* The keeper holds it: whatever descriptors the program closes, its map stays watched. */
	if (userfault >= 0)
		close(userfault);
}

/* ---- fork ----------------------------------------------------------------------------------- */

struct map {
	uintptr_t start, end;
	uint64_t offset;
};

/* A line of /proc/self/maps that is a map of the framebuffer which can be written. */
static bool read_map(const char *line, struct map *map)
{
	char access[5];
	unsigned major, minor;
	unsigned long start, end, offset, inode;
	if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu", &start, &end, access, &offset, &major, &minor,
		   &inode) != 7 ||
	    access[3] != 's' || !has_identity(major, minor, inode))
		return false;
	*map = (struct map){start, end, offset};
	return true;
}

/* Without malloc: another thread may have held its lock at the fork. */
static size_t find_maps(struct map *maps, size_t most)
{
	char text[4096 + 1];
	size_t held = 0, n = 0;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t got;
	while (n < most && (got = read(fd, text + held, sizeof(text) - 1 - held)) > 0) {
		held += (size_t)got;
		text[held] = '\0';
		char *line = text, *end;
		for (; (end = strchr(line, '\n')) && n < most; line = end + 1) {
			*end = '\0';
			n += read_map(line, &maps[n]);
		}
		held = strlen(line);
		memmove(text, line, held);
		if (held == sizeof(text) - 1)
			held = 0; /* no line of interest is that long */
	}
	close(fd);
	return n;
}

/* A child's maps are its own, and nobody watches them. */
static void watch_again(void)
{
	if (!mapped)
		return;
	struct map maps[FRAMEBUFFER_MAPS];
	size_t n = find_maps(maps, FRAMEBUFFER_MAPS);
	int saved = errno;
	for (size_t i = 0; i < n; i++)
		watch_map((void *)maps[i].start, maps[i].end - maps[i].start, maps[i].offset);
	errno = saved;
}

static void prepare_forks(void)
{
	pthread_atfork(NULL, NULL, watch_again);
}

/* ---- mmap ----------------------------------------------------------------------------------- */

static bool can_write(int fd)
{
	return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

/* A device cannot be mapped past its end, memory can. */
static bool fits(int fd, size_t length, off64_t offset)
{
	int64_t size = framebuffer_size(fd);
	return offset >= 0 && offset <= size && length <= (uint64_t)size &&
	       watch_round(length) <= (uint64_t)(size - offset);
}

static void *map_framebuffer(void *address, size_t length, int protection, int flags, int fd,
			     off64_t offset, void *(*next)(void *, size_t, int, int, int, off64_t))
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if (!fits(fd, length, offset)) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	void *map = next(address, length, protection, flags, fd, offset);
	if (map == MAP_FAILED || !(flags & MAP_SHARED) || !can_write(fd))
		return map;
	int saved = errno;
	pthread_once(&once, prepare_forks);
	mapped = true;
	watch_map(map, length, (uint64_t)offset);
	errno = saved;
	return map;
}

EXPORT void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
	static void *(*next)(void *, size_t, int, int, int, off64_t);
	if (!next)
		*(void **)&next = next_function("mmap64");
	if (fd < 0 || flags & MAP_ANONYMOUS || framebuffer_size(fd) < 0)
		return next(address, length, protection, flags, fd, offset);
	return map_framebuffer(address, length, protection, flags, fd, offset, next);
}

EXPORT void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return mmap64(address, length, protection, flags, fd, offset);
}

/* ---- write ---------------------------------------------------------------------------------- */

/* Memory that may not grow refuses what goes over its end with EPERM. A device takes what fits,
 * then says ENOSPC, and EFBIG past its end. Only that refusal is looked at, so that no other write
 * costs anything. */
static size_t room(int fd, off64_t position)
{
	int64_t size = framebuffer_size(fd);
	if (size < 0 || position < 0) {
		errno = EPERM;
		return 0;
	}
	errno = position > size ? EFBIG : ENOSPC;
	return position < size ? (size_t)(size - position) : 0;
}

EXPORT ssize_t write(int fd, const void *data, size_t length)
{
	static ssize_t (*next)(int, const void *, size_t);
	if (!next)
		*(void **)&next = next_function("write");
	ssize_t written = next(fd, data, length);
	if (written >= 0 || errno != EPERM)
		return written;
	size_t fitting = room(fd, lseek64(fd, 0, SEEK_CUR));
	return fitting > 0 && fitting < length ? next(fd, data, fitting) : -1;
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t length, off64_t position)
{
	static ssize_t (*next)(int, const void *, size_t, off64_t);
	if (!next)
		*(void **)&next = next_function("pwrite64");
	ssize_t written = next(fd, data, length, position);
	if (written >= 0 || errno != EPERM)
		return written;
	size_t fitting = room(fd, position);
	return fitting > 0 && fitting < length ? next(fd, data, fitting, position) : -1;
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t length, off_t position)
{
	return pwrite64(fd, data, length, position);
}
