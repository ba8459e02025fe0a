/* SPDX-License-Identifier: MIT */
#include "alloc/trial.h"

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

bool finding_lasts(const struct finding *finding)
{
	switch (finding->error) {
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case EAGAIN:
	case EINTR:
	case ETIMEDOUT: return false;
	default: return finding->depth != LEND_DEPTH_NONE;
	}
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
	const char *call; /* what is said to have failed if it returns false */
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
	{DMA_BUF_SYNC_WRITE, step_write, ""},
	{DMA_BUF_SYNC_READ, spots_match, "reading back"},
	{DMA_BUF_SYNC_WRITE, step_clear, ""},
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
	return trial_fail(trial, LEND_DEPTH_MAP, step->call);
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

uint32_t trial_nonce(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)now.tv_nsec | 1;
}

int trial_map(const struct memory *memory, struct trial *trial)
{
	const uint32_t nonce = trial_nonce();
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

/* ---- a word in each page -------------------------------------------------------------------- */

enum { PAGE = 4096 }; /* at least one word in each, however large they are */

static bool write_pages(const struct memory *memory, void *map, uint32_t nonce)
{
	for (uint64_t i = 0; i < memory->bytes / PAGE; i++)
		*(volatile uint32_t *)((char *)map + i * PAGE) = nonce ? nonce + (uint32_t)i : 0;
	return true;
}

static bool pages_match(const struct memory *memory, void *map, uint32_t nonce)
{
	bool match = true;
	for (uint64_t i = 0; i < memory->bytes / PAGE; i++)
		match = match &&
			*(volatile uint32_t *)((char *)map + i * PAGE) == nonce + (uint32_t)i;
	return match;
}

int trial_write_pages(const struct memory *memory, uint32_t nonce, struct trial *trial)
{
	const struct step step = {DMA_BUF_SYNC_WRITE, write_pages, ""};
	return run(memory, &step, nonce, trial);
}

int trial_check_pages(const struct memory *memory, uint32_t nonce, const char *call,
		      struct trial *trial)
{
	const struct step step = {DMA_BUF_SYNC_READ, pages_match, call};
	return run(memory, &step, nonce, trial);
}

/* ---- rates ---------------------------------------------------------------------------------- */

int trial_window(const struct memory *memory, struct lend_buffer **window)
{
	const uint64_t rows = memory->bytes / 4096;
	const struct lend_buffer_info info = {
		.size = sizeof(info),
		.width = 1024,
		.height = rows < 256 ? (uint32_t)rows : 256,
		.format = LEND_FORMAT_XRGB8888,
		.n_planes = 1,
		.modifier = LEND_MODIFIER_LINEAR,
		.planes = {{.fd = memory->info.planes[0].fd, .stride = 4096}},
		.memory = memory->info.memory,
	};
	return lend_buffer_import(&info, window);
}

void trial_measure(const struct memory *memory, struct finding *finding)
{
	struct lend_buffer *window;
	struct lend_buffer_info info = {.size = sizeof(info)};
	finding->rates = (struct lend_rates){.size = sizeof(finding->rates)};
	if (trial_window(memory, &window) < 0)
		return;
	if (lend_buffer_measure(window, &finding->rates) == 0 &&
	    lend_buffer_describe(window, &info) == 0)
		finding->caching = info.caching;
	lend_buffer_destroy(window);
}
