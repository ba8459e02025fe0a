/* SPDX-License-Identifier: MIT */
/* Importing, describing and destroying buffers. */
#include "buffer/internal.h"
#include "common/error.h"
#include "common/options.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SIDE_MAX 65535

const char *lend_buffer_error(void)
{
	return fail_text();
}

/* ---- the layout on its own ---- */

static int check_plane(const struct lend_buffer_info *info, const struct lend_format *format,
		       uint32_t i)
{
	const struct lend_plane *plane = &info->planes[i];
	uint32_t least = lend_format_stride(format, i, info->width);
	uint64_t rows = lend_format_rows(format, i, info->height);
	if (plane->stride < least)
		return fail(-EINVAL,
			    "plane %u: stride %u is too small: %u pixels of %s take %u bytes", i,
			    plane->stride, info->width, format->name, least);
	if (plane->stride % format->cpp[i] || plane->offset % format->cpp[i])
		return fail(-EINVAL,
			    "plane %u: stride %u and offset %u must be multiples of the %u bytes "
			    "that %s has to a pixel",
			    i, plane->stride, plane->offset, format->cpp[i], format->name);
	if (plane->offset + plane->stride * rows > UINT32_MAX)
		return fail(-EOVERFLOW,
			    "plane %u: offset %u + stride %u * %" PRIu64
			    " rows does not fit in 32 bits, the most that DRM allows",
			    i, plane->offset, plane->stride, rows);
	return 0;
}

static int check_size(const struct lend_buffer_info *info)
{
	if (info->width < 1 || info->width > SIDE_MAX || info->height < 1 ||
	    info->height > SIDE_MAX)
		return fail(-EINVAL, "size %ux%u: give 1 to %d pixels a side", info->width,
			    info->height, SIDE_MAX);
	return 0;
}

/* Only LINEAR says where rows lie; other modifiers may also bring planes of their own. */
static int check_layout(const struct lend_buffer_info *info)
{
	const struct lend_format *format = lend_format_get(info->format);
	bool linear = info->modifier == LEND_MODIFIER_LINEAR;
	if (!format)
		return fail(-EINVAL,
			    "format 0x%08x is not known: see lend_format_at() for those that are",
			    info->format);
	if (info->n_planes > LEND_PLANES_MAX || info->n_planes < format->n_planes ||
	    (linear && info->n_planes != format->n_planes))
		return fail(-EINVAL, "%u planes: %s has %u", info->n_planes, format->name,
			    format->n_planes);
	int error = check_size(info);
	for (uint32_t i = 0; linear && !error && i < info->n_planes; i++)
		error = check_plane(info, format, i);
	return error;
}

/* Where the plane's last row ends; its beginning where rows mean nothing. */
static uint64_t plane_end(const struct lend_buffer_info *info, uint32_t i)
{
	const struct lend_plane *plane = &info->planes[i];
	if (info->modifier != LEND_MODIFIER_LINEAR)
		return plane->offset;
	uint64_t rows = lend_format_rows(lend_format_get(info->format), i, info->height);
	return plane->offset + plane->stride * rows;
}

/* ---- the memory behind it ---- */

/* What is known about an open file before it becomes part of a buffer. */
struct file {
	struct stat stat;
	int flags;
	bool dmabuf;
	uint64_t page;
	uint64_t size;
};

static int inspect(int fd, uint32_t plane, struct file *file)
{
	struct statfs fs;
	if ((file->flags = fcntl(fd, F_GETFL)) < 0 || fstat(fd, &file->stat) || fstatfs(fd, &fs))
		return fail(-errno, "plane %u: fd %d: %s", plane, fd, strerror(errno));
	if (file->flags & O_PATH)
		return fail(
			-EBADF,
			"plane %u: fd %d was opened with O_PATH: open it for reading and writing",
			plane, fd);
	if (S_ISFIFO(file->stat.st_mode) || S_ISSOCK(file->stat.st_mode) ||
	    S_ISDIR(file->stat.st_mode))
		return fail(-EMEDIUMTYPE,
			    "plane %u: fd %d is a pipe, a socket or a directory, not memory", plane,
			    fd);
	file->dmabuf = fs.f_type == DMA_BUF_MAGIC;
	file->page = fs.f_type == HUGETLBFS_MAGIC ? (uint64_t)fs.f_bsize
						  : (uint64_t)sysconf(_SC_PAGESIZE);
	off_t size = file->stat.st_size;
	if (file->dmabuf && (size = lseek(fd, 0, SEEK_END)) < 0)
		return fail(-errno, "plane %u: asking the dma-buf fd %d for its size: %s", plane,
			    fd, strerror(errno));
	/* A device's size cannot be asked for: mmap() will tell. */
	bool sized = file->dmabuf || S_ISREG(file->stat.st_mode);
	file->size = sized ? (uint64_t)size : UINT64_MAX;
	return 0;
}

static enum lend_memory classify(int fd, const struct file *file)
{
	if (file->dmabuf)
		return LEND_MEMORY_DMABUF;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		return LEND_MEMORY_UNKNOWN;
	return seals & F_SEAL_SHRINK ? LEND_MEMORY_MEMFD : LEND_MEMORY_SHM;
}

/* Two descriptors of the same file are one memory. A device may show each opener another memory. */
static bool same_file(const struct file *a, const struct file *b)
{
	return a->stat.st_dev == b->stat.st_dev && a->stat.st_ino == b->stat.st_ino &&
	       (a->flags & O_ACCMODE) == (b->flags & O_ACCMODE) &&
	       (a->dmabuf || S_ISREG(a->stat.st_mode));
}

static int add_memory(struct lend_buffer *buffer, int fd, uint32_t plane, const struct file *file)
{
	struct memory *memory = &buffer->memories[buffer->n_memories];
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return fail(-errno, "plane %u: duplicating fd %d: %s", plane, fd, strerror(errno));
	*memory = (struct memory){
		.fd = own, .dmabuf = file->dmabuf, .page = file->page, .start = UINT64_MAX};
	buffer->n_memories++;
	return 0;
}

/* Widens the memory's map to hold the plane. */
static void cover(struct lend_buffer *buffer, uint32_t plane)
{
	struct memory *memory = &buffer->memories[buffer->memory_of[plane]];
	uint64_t offset = buffer->info.planes[plane].offset, mask = ~(memory->page - 1);
	uint64_t old_end = memory->start == UINT64_MAX ? 0 : memory->start + memory->length;
	uint64_t end = (plane_end(&buffer->info, plane) + memory->page - 1) & mask;
	/* Some exporters map a dma-buf from its beginning only. */
	uint64_t start = memory->dmabuf ? 0 : offset & mask;
	memory->start = start < memory->start ? start : memory->start;
	memory->length = (end > old_end ? end : old_end) - memory->start;
}

static int add_plane(struct lend_buffer *buffer, uint32_t i, struct file files[LEND_PLANES_MAX])
{
	struct lend_plane *plane = &buffer->info.planes[i];
	int error = inspect(plane->fd, i, &files[i]);
	if (error)
		return error;
	if (plane_end(&buffer->info, i) > files[i].size)
		return fail(-ENOSPC,
			    "plane %u: the layout needs %" PRIu64 " bytes, the memory has %" PRIu64,
			    i, plane_end(&buffer->info, i), files[i].size);
	if (i == 0 && buffer->info.memory == LEND_MEMORY_UNKNOWN)
		buffer->info.memory = classify(plane->fd, &files[0]);

	uint32_t same = 0;
	while (same < i && !same_file(&files[same], &files[i]) &&
	       plane->fd != buffer->info.planes[same].fd)
		same++;
	buffer->memory_of[i] = same < i ? buffer->memory_of[same] : buffer->n_memories;
	if (same == i && (error = add_memory(buffer, plane->fd, i, &files[i])))
		return error;
	cover(buffer, i);
	return 0;
}

int lend_buffer_import(const struct lend_buffer_info *info, struct lend_buffer **out)
{
	struct file files[LEND_PLANES_MAX] = {0};
	struct lend_buffer *buffer = calloc(1, sizeof(*buffer));
	if (!buffer)
		return fail(-ENOMEM, "no memory for a buffer");
	int error = options_read(&buffer->info, sizeof(buffer->info), info);
	if (error)
		fail(error, "info.size is not that of a struct lend_buffer_info");
	else
		error = check_layout(&buffer->info);
	for (uint32_t i = 0; !error && i < buffer->info.n_planes; i++)
		error = add_plane(buffer, i, files);
	if (error) {
		lend_buffer_destroy(buffer);
		return error;
	}
	for (uint32_t i = 0; i < LEND_PLANES_MAX; i++)
		buffer->info.planes[i] =
			i < buffer->info.n_planes
				? (struct lend_plane){buffer->memories[buffer->memory_of[i]].fd,
						      buffer->info.planes[i].offset,
						      buffer->info.planes[i].stride}
				: (struct lend_plane){.fd = -1};
	*out = buffer;
	return 0;
}

/* ---- memory that is mapped already ---- */

static int check_wrapped(const struct lend_buffer_info *info, const void *pixels, size_t length)
{
	int error = check_layout(info);
	if (error)
		return error;
	if (!pixels)
		return fail(-EINVAL, "pixels is NULL: give the memory to wrap");
	for (uint32_t i = 0; i < info->n_planes; i++)
		if (plane_end(info, i) > length)
			return fail(-ENOSPC,
				    "plane %u: the layout needs %" PRIu64
				    " bytes, the memory has %zu",
				    i, plane_end(info, i), length);
	return 0;
}

int lend_buffer_wrap(const struct lend_buffer_info *info, void *pixels, size_t length,
		     struct lend_buffer **out)
{
	struct lend_buffer_info own;
	int error = options_read(&own, sizeof(own), info);
	if (error)
		return fail(error, "info.size is not that of a struct lend_buffer_info");
	error = check_wrapped(&own, pixels, length);
	if (error)
		return error;
	struct lend_buffer *buffer = calloc(1, sizeof(*buffer));
	if (!buffer)
		return fail(-ENOMEM, "no memory for a buffer");
	buffer->info = own;
	for (uint32_t i = 0; i < LEND_PLANES_MAX; i++) {
		if (i >= own.n_planes)
			buffer->info.planes[i] = (struct lend_plane){0};
		buffer->info.planes[i].fd = -1;
	}
	buffer->memories[0] = (struct memory){.fd = -1, .length = length, .map = pixels};
	buffer->n_memories = 1;
	/* With another modifier there are no rows to give out, as with a buffer that has an fd. */
	buffer->mapped = own.modifier == LEND_MODIFIER_LINEAR ? LEND_READ_WRITE : 0;
	*out = buffer;
	return 0;
}

void lend_buffer_destroy(struct lend_buffer *buffer)
{
	if (!buffer)
		return;
	if (buffer->open)
		lend_buffer_end(buffer);
	buffer_unmap(buffer);
	for (uint32_t i = 0; i < buffer->n_memories; i++)
		if (buffer->memories[i].fd >= 0)
			close(buffer->memories[i].fd);
	free(buffer);
}

int lend_buffer_describe(const struct lend_buffer *buffer, struct lend_buffer_info *info)
{
	if (info_write(info, &buffer->info, sizeof(buffer->info)))
		return fail(-EINVAL, "info.size is not that of a struct lend_buffer_info");
	return 0;
}
