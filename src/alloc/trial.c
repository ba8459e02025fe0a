/* SPDX-License-Identifier: MIT */
#include "alloc/allocator.h"

#include <errno.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int trial_fail(struct trial *trial, enum lend_depth step, const char *call)
{
	trial->depth = step;
	trial->call = call;
	trial->error = errno;
	return -trial->error;
}

static int sync_access(const struct memory *memory, uint64_t flags, struct trial *trial)
{
	if (memory->info.memory == LEND_MEMORY_MEMFD)
		return 0;
	struct dma_buf_sync sync = {.flags = flags};
	int result;
	do
		result = ioctl(memory->info.planes[0].fd, DMA_BUF_IOCTL_SYNC, &sync);
	while (result < 0 && (errno == EINTR || errno == EAGAIN));
	return result < 0 ? trial_fail(trial, LEND_DEPTH_MAP, "DMA_BUF_IOCTL_SYNC") : 0;
}

/* A word in each of three pages, among them the first and the last: the map must reach that far. */
enum { SPOTS = 3 };

static volatile uint32_t *spot(const struct memory *memory, void *map, uint32_t index)
{
	uint64_t last = memory->bytes - sizeof(uint32_t);
	uint64_t at = last / (SPOTS - 1) * index;
	return (volatile uint32_t *)((char *)map + at - at % sizeof(uint32_t));
}

static void write_spots(const struct memory *memory, void *map, uint32_t nonce)
{
	for (uint32_t i = 0; i < SPOTS; i++)
		*spot(memory, map, i) = nonce + i;
}

static bool spots_match(const struct memory *memory, void *map, uint32_t nonce)
{
	bool match = true;
	for (uint32_t i = 0; i < SPOTS; i++)
		match = match && *spot(memory, map, i) == nonce + i;
	return match;
}

static void clear(const struct memory *memory, void *map)
{
	if (memory->dirty) {
		memset(map, 0, memory->bytes);
		return;
	}
	for (uint32_t i = 0; i < SPOTS; i++)
		*spot(memory, map, i) = 0;
}

struct step {
	uint64_t sync;
	bool (*run)(const struct memory *memory, void *map, uint32_t nonce);
};

static bool step_write(const struct memory *memory, void *map, uint32_t nonce)
{
	write_spots(memory, map, nonce);
	return true;
}

static bool step_clear(const struct memory *memory, void *map, uint32_t nonce)
{
	clear(memory, map);
	return true;
}

/* Writing, reading and clearing each get a map and a bracket of their own, so that what is read has
 * really gone to the memory. */
static const struct step steps[] = {
	{DMA_BUF_SYNC_WRITE, step_write},
	{DMA_BUF_SYNC_READ, spots_match},
	{DMA_BUF_SYNC_WRITE, step_clear},
};

static int run_mapped(const struct memory *memory, const struct step *step, void *map,
		      uint32_t nonce, struct trial *trial)
{
	int result = sync_access(memory, DMA_BUF_SYNC_START | step->sync, trial);
	if (result < 0)
		return result;
	bool right = step->run(memory, map, nonce);
	result = sync_access(memory, DMA_BUF_SYNC_END | step->sync, trial);
	if (result < 0 || right)
		return result;
	errno = EIO;
	return trial_fail(trial, LEND_DEPTH_MAP, "reading back");
}

static int run(const struct memory *memory, const struct step *step, uint32_t nonce,
	       struct trial *trial)
{
	/* The whole of it, from the start: some drivers look the object up by its first page. */
	void *map = mmap(NULL, memory->bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			 memory->info.planes[0].fd, 0);
	if (map == MAP_FAILED)
		return trial_fail(trial, LEND_DEPTH_MAP, "mmap");
	int result = run_mapped(memory, step, map, nonce, trial);
	munmap(map, memory->bytes);
	return result;
}

int trial_map(const struct memory *memory, struct trial *trial)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	uint32_t nonce = (uint32_t)now.tv_nsec | 1;
	if (memory->bytes != (size_t)memory->bytes) {
		errno = ENOMEM;
		return trial_fail(trial, LEND_DEPTH_MAP, "mmap");
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		int result = run(memory, &steps[i], nonce, trial);
		if (result < 0)
			return result;
	}
	trial->depth = LEND_DEPTH_MAP;
	return 0;
}

enum lend_caching trial_measure(const struct memory *memory)
{
	/* The first megabyte says it: mapping for writing prefaults, which a whole frame is too
	 * large for. */
	const uint64_t rows = memory->bytes / 4096;
	const struct lend_buffer_info window = {
		.size = sizeof(window),
		.width = 1024,
		.height = rows < 256 ? rows : 256,
		.format = LEND_FORMAT_XRGB8888,
		.n_planes = 1,
		.modifier = LEND_MODIFIER_LINEAR,
		.planes = {{.fd = memory->info.planes[0].fd, .stride = 4096}},
		.memory = memory->info.memory,
	};
	struct lend_buffer *buffer;
	if (lend_buffer_import(&window, &buffer) < 0)
		return LEND_CACHING_UNKNOWN;
	struct lend_buffer_info info = {.size = sizeof(info)};
	if (lend_buffer_measure(buffer, NULL) < 0 || lend_buffer_describe(buffer, &info) < 0)
		info.caching = LEND_CACHING_UNKNOWN;
	lend_buffer_destroy(buffer);
	return info.caching;
}
