/* SPDX-License-Identifier: MIT */
/* The memory behind the double: memfds whose names say what they play. */
#undef _FILE_OFFSET_BITS
#include "double.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OBJECTS_MAX = 4096 };

struct handle {
	uint32_t number; /* 0: free */
	uint32_t file;	 /* its serial */
	struct object *object;
};

static struct object objects[OBJECTS_MAX];
static size_t n_objects;
static struct handle handles[OBJECTS_MAX];
static size_t n_handles;
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
		if (objects[i].users == 0 && objects[i].accesses == 0 && n_objects > 1024)
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
		.size = size ? size : (uint64_t)status.st_size,
		.exported = -1,
	};
	return object;
}

struct object *object_create(int fd, uint64_t size)
{
	struct object *object = object_note(fd, size);
	object->fd = fd;
	object->users = 1;
	return object;
}

void object_use(struct object *object)
{
	object->users++;
}

void object_leave(struct object *object)
{
	if (--object->users > 0)
		return;
	close(object->fd);
	object->fd = -1;
	free(object->upload);
	object->upload = NULL;
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

/* ---- handles ---- */

static struct handle *find_handle(const struct file *file, uint32_t number)
{
	for (size_t i = 0; number != 0 && i < n_handles; i++)
		if (handles[i].number == number && handles[i].file == file->serial)
			return &handles[i];
	return NULL;
}

/* Takes over one user of the object. */
uint32_t handle_create(const struct file *file, struct object *object)
{
	size_t slot = 0;
	while (slot < n_handles && handles[slot].number != 0)
		slot++;
	if (slot == OBJECTS_MAX)
		complain("more than %d handles at a time", OBJECTS_MAX);
	if (slot == n_handles)
		n_handles++;
	handles[slot] = (struct handle){++last_handle, file->serial, object};
	return last_handle;
}

struct object *object_by_handle(const struct file *file, uint32_t handle)
{
	const struct handle *found = find_handle(file, handle);
	return found ? found->object : NULL;
}

uint32_t handle_of(const struct file *file, const struct object *object)
{
	for (size_t i = 0; i < n_handles; i++)
		if (handles[i].number && handles[i].object == object &&
		    handles[i].file == file->serial)
			return handles[i].number;
	return 0;
}

static void release_handle(struct handle *handle)
{
	handle->number = 0;
	object_leave(handle->object);
}

void handle_close(const struct file *file, uint32_t handle)
{
	struct handle *found = find_handle(file, handle);
	if (found)
		release_handle(found);
}

void handles_close(const struct file *file)
{
	for (size_t i = 0; i < n_handles; i++)
		if (handles[i].number && handles[i].file == file->serial)
			release_handle(&handles[i]);
}

void objects_reset(void)
{
	for (size_t i = 0; i < n_handles; i++)
		if (handles[i].number)
			release_handle(&handles[i]);
	n_handles = 0;
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
	for (size_t i = 0; i < n_handles; i++)
		count += handles[i].number != 0;
	return count;
}

size_t fake_drm_accesses(void)
{
	size_t count = 0;
	for (size_t i = 0; i < n_objects; i++)
		count += (size_t)objects[i].accesses;
	return count;
}
