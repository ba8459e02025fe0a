/* SPDX-License-Identifier: MIT */
/* The CPU's access: maps and brackets. */
#include "buffer/internal.h"
#include "common/error.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14, newer than the C library's headers */
#endif

/* ---- mapping ---- */

void buffer_unmap(struct lend_buffer *buffer)
{
	for (uint32_t i = 0; i < buffer->n_memories; i++) {
		struct memory *memory = &buffer->memories[i];
		if (memory->map && memory->fd >= 0)
			munmap(memory->map, memory->length);
		memory->map = NULL;
	}
	buffer->mapped = 0;
}

/* A shared map's page becomes present, and writable, by being read: nothing is changed. */
static void touch(const volatile uint8_t *map, uint64_t length)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	for (uint64_t i = 0; i < length; i += page)
		(void)map[i];
}

static int prefault(uint8_t *map, uint64_t length)
{
	int result;
	do
		result = madvise(map, length, MADV_POPULATE_WRITE);
	while (result && (errno == EINTR || errno == EAGAIN));
	if (!result)
		return 0;
	/* Older kernels, and device memory on any, do not know how. The other errors are those that
	 * a touch would turn into SIGBUS. */
	if (errno != EINVAL)
		return fail(-errno, "prefaulting %" PRIu64 " bytes: %s%s", length, strerror(errno),
			    errno == EFAULT ? ": the memory behind the map is gone" : "");
	touch(map, length);
	return 0;
}

static int map_memory(struct memory *memory, uint32_t access)
{
	int protection = access & LEND_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
	uint8_t *map = mmap(NULL, memory->length, protection, MAP_SHARED, memory->fd,
			    (off_t)memory->start);
	if (map == MAP_FAILED) {
		/* A sealed memfd says EPERM where an fd opened for reading says EACCES. */
		int error = errno == EPERM ? EACCES : errno;
		return fail(-error, "mapping %" PRIu64 " bytes for %s: %s", memory->length,
			    access & LEND_WRITE ? "writing" : "reading", strerror(error));
	}
	int error = access & LEND_WRITE ? prefault(map, memory->length) : 0;
	if (error) {
		munmap(map, memory->length);
		return error;
	}
	memory->map = map;
	return 0;
}

static int check_access(uint32_t access)
{
	if (access < LEND_READ || access > LEND_READ_WRITE)
		return fail(-EINVAL, "access %u: give LEND_READ, LEND_WRITE or both", access);
	return 0;
}

int lend_buffer_map(struct lend_buffer *buffer, enum lend_access access)
{
	int error = check_access(access);
	if (error || (buffer->mapped & access) == access)
		return error;
	if (buffer->info.modifier != LEND_MODIFIER_LINEAR)
		return fail(-EOPNOTSUPP,
			    "modifier 0x%016" PRIx64 ": only LINEAR buffers can be mapped; "
			    "allocate it LINEAR, or draw with the GPU",
			    buffer->info.modifier);
	if (buffer->open)
		return fail(-EBUSY,
			    "an access is open that mapping anew would pull away: end it first");
	buffer_unmap(buffer);
	for (uint32_t i = 0; !error && i < buffer->n_memories; i++)
		error = map_memory(&buffer->memories[i], access);
	if (error) {
		buffer_unmap(buffer);
		return error;
	}
	buffer->mapped = access & LEND_WRITE ? LEND_READ_WRITE : LEND_READ;
	return 0;
}

/* ---- the bracket ---- */

static int sync_memory(const struct memory *memory, uint64_t flags)
{
	struct dma_buf_sync sync = {.flags = flags};
	int result;
	if (!memory->dmabuf)
		return 0;
	do
		result = ioctl(memory->fd, DMA_BUF_IOCTL_SYNC, &sync);
	while (result < 0 && (errno == EINTR || errno == EAGAIN));
	return result < 0 ? -errno : 0;
}

/* All of the memories are told, whatever one of them says; the first failure counts. */
static int sync_end(const struct lend_buffer *buffer, uint32_t access, uint32_t count)
{
	int first = 0;
	for (uint32_t i = 0; i < count; i++) {
		int error = sync_memory(&buffer->memories[i], DMA_BUF_SYNC_END | access);
		first = first ? first : error;
	}
	return first;
}

static int sync_start(const struct lend_buffer *buffer, uint32_t access)
{
	int error = 0;
	uint32_t i = 0;
	while (i < buffer->n_memories &&
	       !(error = sync_memory(&buffer->memories[i], DMA_BUF_SYNC_START | access)))
		i++;
	if (error)
		sync_end(buffer, access, i);
	return error;
}

/* lend_access has DMA_BUF_SYNC_READ's and _WRITE's numbers. */
_Static_assert(LEND_READ == DMA_BUF_SYNC_READ && LEND_WRITE == DMA_BUF_SYNC_WRITE, "same bits");

int lend_buffer_begin(struct lend_buffer *buffer, enum lend_access access, void **pixels)
{
	if (buffer->open)
		return fail(-EBUSY, "an access is open already: call lend_buffer_end() first");
	int error = lend_buffer_map(buffer, access);
	if (error)
		return error;
	error = sync_start(buffer, access);
	if (error)
		return fail(error, "DMA_BUF_IOCTL_SYNC (start): %s", strerror(-error));
	buffer->open = access;
	if (pixels)
		*pixels = lend_buffer_plane(buffer, 0);
	return 0;
}

int lend_buffer_end(struct lend_buffer *buffer)
{
	if (!buffer->open)
		return fail(-EINVAL, "no access is open: call lend_buffer_begin() first");
	uint32_t access = buffer->open;
	buffer->open = 0;
	int error = sync_end(buffer, access, buffer->n_memories);
	if (error)
		return fail(error, "DMA_BUF_IOCTL_SYNC (end): %s", strerror(-error));
	return 0;
}

void *lend_buffer_plane(struct lend_buffer *buffer, uint32_t plane)
{
	if (!buffer->open || plane >= buffer->info.n_planes)
		return NULL;
	const struct memory *memory = &buffer->memories[buffer->memory_of[plane]];
	return memory->map + (buffer->info.planes[plane].offset - memory->start);
}
