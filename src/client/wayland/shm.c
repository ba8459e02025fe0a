/* SPDX-License-Identifier: MIT */
/* Buffers of our own, for servers that do not lend. */
#include "client/wayland/wayland.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STRIDE_MULTIPLE 256

uint32_t shm_format(uint32_t fourcc)
{
	switch (fourcc) {
	case LEND_FORMAT_ARGB8888: return WL_SHM_FORMAT_ARGB8888;
	case LEND_FORMAT_XRGB8888: return WL_SHM_FORMAT_XRGB8888;
	default: return fourcc;
	}
}

uint32_t shm_fourcc(uint32_t format)
{
	switch (format) {
	case WL_SHM_FORMAT_ARGB8888: return LEND_FORMAT_ARGB8888;
	case WL_SHM_FORMAT_XRGB8888: return LEND_FORMAT_XRGB8888;
	default: return format;
	}
}

int shm_allocate(size_t size)
{
	int fd = memfd_create("framelend-client", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

uint32_t shm_stride(const struct lend_surface *surface, uint32_t width)
{
	uint32_t row = width * surface->format->cpp[0];
	return (row + STRIDE_MULTIPLE - 1) / STRIDE_MULTIPLE * STRIDE_MULTIPLE;
}

static int fill_slot(struct slot *slot, struct wl_shm_pool *pool, int fd, uint32_t offset,
		     uint32_t stride)
{
	const struct generation *generation = slot->generation;
	uint32_t format = generation->surface->format->fourcc;
	struct lend_buffer_info info = {
		.size = sizeof(info),
		.width = generation->width,
		.height = generation->height,
		.format = format,
		.n_planes = 1,
		.modifier = LEND_MODIFIER_LINEAR,
		.planes[0] = {.fd = fd, .offset = offset, .stride = stride},
		.memory = LEND_MEMORY_MEMFD,
		.caching = LEND_CACHING_CACHED,
	};
	int result = lend_buffer_import(&info, &slot->buffer);
	if (result < 0)
		return result;
	slot->handle = wl_shm_pool_create_buffer(pool, (int32_t)offset, (int32_t)generation->width,
						 (int32_t)generation->height, (int32_t)stride,
						 shm_format(format));
	if (slot->handle == NULL)
		return -ENOMEM;
	slot_listen(slot);
	return 0;
}

static int fill_generation(struct generation *generation, struct wl_shm *shm)
{
	const struct lend_surface *surface = generation->surface;
	uint32_t stride = shm_stride(surface, generation->width);
	uint64_t size = (uint64_t)stride * generation->height;
	if (size * surface->count > INT32_MAX)
		return -EFBIG; /* wl_shm counts in 31 bits */
	int fd = shm_allocate((size_t)size * surface->count);
	if (fd < 0)
		return fd;
	struct wl_shm_pool *pool = wl_shm_create_pool(shm, fd, (int32_t)(size * surface->count));
	int result = pool != NULL ? 0 : -ENOMEM;
	for (uint32_t i = 0; i < surface->count && result == 0; i++)
		result = fill_slot(&generation->slots[i], pool, fd, (uint32_t)size * i, stride);
	if (pool != NULL)
		wl_shm_pool_destroy(pool);
	close(fd);
	return result;
}

static void request(struct window *window, uint32_t width, uint32_t height)
{
	struct lend_surface *surface = window->surface;
	struct generation *generation = generation_create(surface, 0, width, height);
	int result = -ENOMEM;
	if (generation != NULL)
		result = fill_generation(generation, window->display->shm);
	generation_conclude(surface, generation, result,
			    "This program's own memory: the display server does not lend.");
}

const struct source shm_source = {.request = request};
