/* SPDX-License-Identifier: MIT */
/* The system calls that reach a device node or a dma-buf; all others go on to the kernel. They are
 * made past the C library, since its functions of these names are the ones that stand here. */
#undef _FILE_OFFSET_BITS
#include "double.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/magic.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <virtgpu_drm.h>

#ifndef DMA_BUF_IOCTL_EXPORT_SYNC_FILE
#define DMA_BUF_IOCTL_EXPORT_SYNC_FILE _IOWR(DMA_BUF_BASE, 2, uint64_t)
#endif

_Static_assert(sizeof(off_t) == 8, "the interposed functions have a 64-bit twin of the same shape");

/* ---- opening ---- */

static const char *node(const char *path)
{
	if (strncmp(path, "/dev/dri/", 9) == 0)
		return FILE_DEVICE;
	if (strcmp(path, "/dev/udmabuf") == 0)
		return FILE_UDMABUF;
	return strncmp(path, "/dev/dma_heap/", 14) == 0 ? FILE_HEAP : NULL;
}

/* A dma-buf is told from other files by a line of /proc's information about it. */
static int open_information(const char *path)
{
	static const char text[] = "pos:\t0\nflags:\t02\nsize:\t0\ncount:\t1\nexp_name:\tfake\n";
	int of;
	char end;
	if ((sscanf(path, "/proc/thread-self/fdinfo/%d%c", &of, &end) != 1 &&
	     sscanf(path, "/proc/self/fdinfo/%d%c", &of, &end) != 1) ||
	    !is_dmabuf(of))
		return -1;
	int fd = make_file("fake-information", 0);
	if (fd >= 0 && pwrite(fd, text, sizeof(text) - 1, 0) < 0)
		complain("fdinfo: %s", strerror(errno));
	return fd;
}

static int open_any(int directory, const char *path, int flags, mode_t mode)
{
	struct answer answer;
	const char *file = playing() ? node(path) : NULL;
	if (file && !expect("open", path, &answer))
		return -1;
	if (file)
		return strcmp(file, FILE_DEVICE) == 0 ? file_open(path, flags) : make_file(file, 0);
	int fd = playing() ? open_information(path) : -1;
	return fd >= 0 ? fd : (int)syscall(SYS_openat, directory, path, flags, mode);
}

static mode_t mode_argument(int flags, va_list args)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
}

FAKE_EXPORT int open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	mode_t mode = mode_argument(flags, args);
	va_end(args);
	return open_any(AT_FDCWD, path, flags, mode);
}

FAKE_EXPORT int openat(int directory, const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	mode_t mode = mode_argument(flags, args);
	va_end(args);
	return open_any(directory, path, flags, mode);
}

FAKE_EXPORT int open64(const char *path, int flags, ...) __attribute__((alias("open")));
FAKE_EXPORT int openat64(int directory, const char *path, int flags, ...)
	__attribute__((alias("openat")));

/* What open() becomes where the C library checks arguments (_FORTIFY_SOURCE). */
FAKE_EXPORT int __open_2(const char *path, int flags);
FAKE_EXPORT int __open64_2(const char *path, int flags);

int __open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

FAKE_EXPORT int close(int fd)
{
	struct file *file = playing() ? file_of(fd) : NULL;
	int result = (int)syscall(SYS_close, fd);
	if (file)
		file_closed(file);
	return result;
}

/* ---- ioctl ---- */

static int sync_access(int fd, const struct dma_buf_sync *sync)
{
	struct answer answer;
	const bool end = sync->flags & DMA_BUF_SYNC_END;
	struct object *object = object_by_fd(fd);
	errno = EINVAL;
	if (sync->flags & ~(uint64_t)DMA_BUF_SYNC_VALID_FLAGS_MASK ||
	    !(sync->flags & DMA_BUF_SYNC_RW))
		return -1;
	if (consult("DMA_BUF_IOCTL_SYNC", end ? "END" : "START", &answer) && answer.error) {
		errno = answer.error;
		return -1;
	}
	if (object && end && object->accesses == 0)
		complain("DMA_BUF_IOCTL_SYNC: an END without a START");
	if (object)
		object->accesses += end ? -1 : 1;
	return 0;
}

static int create_udmabuf(const struct udmabuf_create *create)
{
	struct answer answer;
	char words[40];
	int seals = (int)syscall(SYS_fcntl, create->memfd, F_GET_SEALS);
	snprintf(words, sizeof(words), "size=%llu", (unsigned long long)create->size);
	if (!expect("UDMABUF_CREATE", words, &answer))
		return -1;
	const uint64_t limit = (answer.limit ? answer.limit : 64) << 20;
	errno = EINVAL;
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) ||
	    create->size % 4096 != 0 || create->offset % 4096 != 0 || create->size == 0 ||
	    create->size > limit)
		return -1;
	int fd = reopen((int)create->memfd, O_RDWR);
	if (fd >= 0)
		object_note(fd, create->size)->foreign = true;
	return fd;
}

static int allocate_heap(struct dma_heap_allocation_data *data)
{
	struct answer answer;
	char words[40];
	snprintf(words, sizeof(words), "size=%llu", (unsigned long long)data->len);
	if (!expect("DMA_HEAP_IOCTL_ALLOC", words, &answer))
		return -1;
	int fd = make_file(FILE_BUFFER, data->len);
	if (fd < 0)
		return -1;
	object_note(fd, data->len)->foreign = true;
	data->fd = (uint32_t)fd;
	return 0;
}

/* Without a line of its own a driver has no 3D. */
static int get_virtgpu_parameter(const struct drm_virtgpu_getparam *request)
{
	struct answer answer;
	errno = EINVAL;
	if (!consult("DRM_IOCTL_VIRTGPU_GETPARAM", "", &answer) || answer.error)
		return -1;
	*(int *)(uintptr_t)request->value = answer.text && answer.text[0] == '1';
	return 0;
}

static int ioctl_fake(int fd, unsigned long request, void *argument)
{
	if (request == DMA_BUF_IOCTL_SYNC && is_dmabuf(fd))
		return sync_access(fd, argument);
	if (request == UDMABUF_CREATE && is_file(fd, FILE_UDMABUF))
		return create_udmabuf(argument);
	if (request == DMA_HEAP_IOCTL_ALLOC && is_file(fd, FILE_HEAP))
		return allocate_heap(argument);
	if (request == DRM_IOCTL_VIRTGPU_GETPARAM && file_of(fd))
		return get_virtgpu_parameter(argument);
	if (_IOC_TYPE(request) == 'd' && file_of(fd))
		complain("an ioctl that the double does not play: 0x%lx", request);
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

FAKE_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	if (playing())
		return ioctl_fake(fd, request, argument);
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* ---- memory ---- */

static void *map_kernel(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
#ifdef SYS_mmap2
	return (void *)syscall(SYS_mmap2, at, length, protection, flags, fd, offset / 4096);
#else
	return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
#endif
}

static void *map_buffer(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	struct answer answer;
	char words[40];
	const struct object *object = object_by_fd(fd);
	snprintf(words, sizeof(words), "%s%s", protection & PROT_WRITE ? "write" : "read",
		 object && object->mapped ? " mapped" : "");
	errno = EINVAL; /* private maps are refused */
	if ((flags & MAP_TYPE) == MAP_PRIVATE)
		return MAP_FAILED;
	if (consult("mmap", words, &answer) && answer.error) {
		errno = answer.error;
		return MAP_FAILED;
	}
	if (answer.apart)
		flags = (flags & ~MAP_TYPE) | MAP_PRIVATE;
	return map_kernel(at, length, protection, flags, fd, offset);
}

/* The offset that MAP_DUMB told. */
static void *map_dumb(void *at, size_t length, int protection, int flags, const struct file *file,
		      off_t offset)
{
	const struct object *object = object_by_handle(file, (uint32_t)(offset >> 32));
	errno = EINVAL;
	if (!object || !object->mapped || offset & UINT32_MAX || length > object->size ||
	    (flags & MAP_TYPE) == MAP_PRIVATE)
		return MAP_FAILED;
	return map_kernel(at, length, protection, flags, object->fd, 0);
}

FAKE_EXPORT void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (playing() && !(flags & MAP_ANONYMOUS) && fd >= 0) {
		if (is_dmabuf(fd))
			return map_buffer(at, length, protection, flags, fd, offset);
		if (file_of(fd))
			return map_dumb(at, length, protection, flags, file_of(fd), offset);
	}
	return map_kernel(at, length, protection, flags, fd, offset);
}

FAKE_EXPORT void *mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

FAKE_EXPORT int memfd_create(const char *name, unsigned int flags)
{
	struct answer answer;
	if (playing() && consult("memfd_create", name, &answer) && answer.error) {
		errno = answer.error;
		return -1;
	}
	return (int)syscall(SYS_memfd_create, name, flags);
}

FAKE_EXPORT int ftruncate(int fd, off_t length)
{
	struct answer answer;
	if (playing() && is_file(fd, "framelend") && consult("ftruncate", "", &answer) &&
	    answer.error) {
		errno = answer.error;
		return -1;
	}
	return (int)syscall(SYS_ftruncate, fd, length);
}

FAKE_EXPORT int ftruncate64(int fd, off_t length) __attribute__((alias("ftruncate")));

/* Seals tell a memfd from a dma-buf, which has none. */
FAKE_EXPORT int fcntl(int fd, int command, ...)
{
	struct answer answer;
	va_list args;
	va_start(args, command);
	void *argument = va_arg(args, void *);
	va_end(args);
	if (playing() && command == F_GET_SEALS && is_dmabuf(fd)) {
		errno = EINVAL;
		return -1;
	}
	if (playing() && command == F_ADD_SEALS && consult("fcntl", "F_ADD_SEALS", &answer) &&
	    answer.error) {
		errno = answer.error;
		return -1;
	}
	if (playing() && command == F_DUPFD_CLOEXEC &&
	    consult("fcntl", "F_DUPFD_CLOEXEC", &answer) && answer.error) {
		errno = answer.error;
		return -1;
	}
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

FAKE_EXPORT int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));

FAKE_EXPORT int fstatfs(int fd, struct statfs *status)
{
	int result = (int)syscall(SYS_fstatfs, fd, status);
	if (result == 0 && playing() && is_dmabuf(fd))
		status->f_type = DMA_BUF_MAGIC;
	return result;
}

FAKE_EXPORT int fstatfs64(int fd, struct statfs64 *status)
{
	return fstatfs(fd, (struct statfs *)status); /* the same, where off_t has 64 bits */
}

FAKE_EXPORT int uname(struct utsname *system)
{
	struct answer answer;
	int result = (int)syscall(SYS_uname, system);
	if (result == 0 && playing() && consult("uname", "", &answer))
		snprintf(system->release, sizeof(system->release), "%s", answer.text);
	return result;
}
