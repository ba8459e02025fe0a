/* SPDX-License-Identifier: MIT */
/* The memory behind the double: memfds whose names say what they play. */
#undef _FILE_OFFSET_BITS
#include "double.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OBJECTS_MAX = 4096 };

static struct object objects[OBJECTS_MAX];
static size_t n_objects;
static uint32_t last_handle;

bool is_file(int fd, const char *name)
{
	char path[40], target[64] = "";
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return false;
	const size_t length = strlen(name);
	return strncmp(target, "/memfd:", 7) == 0 && strncmp(target + 7, name, length) == 0 &&
	       (target[7 + length] == '\0' || target[7 + length] == ' ');
}

/* Past the interposed functions, so that playing one call does not play another. */
int make_file(const char *name, uint64_t size)
{
	int fd = (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && syscall(SYS_ftruncate, fd, size) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int reopen(int fd, int flags)
{
	char path[40];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC);
}

static struct object *free_object(void)
{
	for (size_t i = 0; i < n_objects; i++)
		if (objects[i].handle == 0 && objects[i].accesses == 0 && n_objects > 1024)
			return &objects[i];
	if (n_objects == OBJECTS_MAX)
		complain("more than %d buffers at a time", OBJECTS_MAX);
	return &objects[n_objects++];
}

struct object *object_note(int fd, uint64_t size)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		complain("fstat: %s", strerror(errno));
	struct object *object = free_object();
	*object = (struct object){
		.fd = -1,
		.device = status.st_dev,
		.inode = status.st_ino,
		.size = size,
		.exported = -1,
	};
	return object;
}

void object_open(struct object *object, int fd)
{
	object->handle = ++last_handle;
	object->fd = fd;
}

struct object *object_create(int fd, uint64_t size)
{
	struct object *object = object_note(fd, size);
	object_open(object, fd);
	return object;
}

struct object *object_by_handle(uint32_t handle)
{
	for (size_t i = 0; handle != 0 && i < n_objects; i++)
		if (objects[i].handle == handle)
			return &objects[i];
	return NULL;
}

/* The newest first: the kernel may give a freed inode's number to a new file. */
struct object *object_by_fd(int fd)
{
	struct stat status;
	if (n_objects == 0 || fstat(fd, &status) < 0)
		return NULL;
	for (size_t i = n_objects; i > 0; i--)
		if (objects[i - 1].inode == status.st_ino && objects[i - 1].device == status.st_dev)
			return &objects[i - 1];
	return NULL;
}

void object_close(struct object *object)
{
	close(object->fd);
	object->fd = -1;
	object->handle = 0;
}

void objects_reset(void)
{
	for (size_t i = 0; i < n_objects; i++)
		if (objects[i].handle != 0)
			object_close(&objects[i]);
	n_objects = 0;
	last_handle = 0;
}

bool is_dmabuf(int fd)
{
	return is_file(fd, FILE_BUFFER) || object_by_fd(fd);
}

size_t fake_drm_handles(void)
{
	size_t count = 0;
	for (size_t i = 0; i < n_objects; i++)
		count += objects[i].handle != 0;
	return count;
}

size_t fake_drm_accesses(void)
{
	size_t count = 0;
	for (size_t i = 0; i < n_objects; i++)
		count += (size_t)objects[i].accesses;
	return count;
}
