/* SPDX-License-Identifier: MIT */
/* How fast the CPU reads and writes through a buffer's map. */
#include "buffer/internal.h"
#include "common/error.h"
#include "common/options.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define CHUNK	   4096u
#define CHUNKS_MAX 64u
#define BUDGET	   1000000 /* ns */
/* Reading uncached memory is 50 to 100 times slower than writing to it in bursts; out of a cache it
 * is about as fast. */
#define RATIO 8

/* The best of each in ns, which is at least 1. */
struct times {
	int64_t first_read, read, write;
};

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int64_t copy(void *to, const void *from, size_t size)
{
	int64_t start = now();
	memcpy(to, from, size);
	int64_t took = now() - start;
	return took > 0 ? took : 1;
}

static int64_t better(int64_t best, int64_t time)
{
	return time < best ? time : best;
}

/* Read twice: if it is cached at all, the second time it comes from the cache, however slow the
 * first was. What is written back is what was there. The best of many is free of interruptions. */
static void measure_chunk(uint8_t *map, size_t size, struct times *best)
{
	uint8_t scratch[CHUNK];
	best->first_read = better(best->first_read, copy(scratch, map, size));
	best->read = better(best->read, copy(scratch, map, size));
	best->write = better(best->write, copy(map, scratch, size));
}

/* At least 1: a clock too coarse for so little memory does not make it endlessly slow. */
static uint32_t rate(uint64_t bytes, int64_t ns)
{
	uint64_t megabytes = bytes * 1000 / (uint64_t)ns;
	if (megabytes == 0)
		return 1;
	return megabytes > UINT32_MAX ? UINT32_MAX : (uint32_t)megabytes;
}

int lend_buffer_measure(struct lend_buffer *buffer, struct lend_rates *rates)
{
	void *pixels;
	int error = lend_buffer_begin(buffer, LEND_READ_WRITE, &pixels);
	if (error)
		return error;
	const struct lend_plane *plane = &buffer->info.planes[0];
	uint64_t length = plane->stride * (uint64_t)buffer->info.height;
	size_t chunk = length < CHUNK ? (size_t)length : CHUNK;
	struct times best = {INT64_MAX, INT64_MAX, INT64_MAX};
	int64_t end = now() + BUDGET;
	uint64_t i = 0;
	do
		measure_chunk((uint8_t *)pixels + i * chunk, chunk, &best);
	while (++i < CHUNKS_MAX && (i + 1) * chunk <= length && now() < end);
	error = lend_buffer_end(buffer);
	if (error)
		return error;
	buffer->info.caching =
		best.read / best.write >= RATIO ? LEND_CACHING_WRITE_COMBINED : LEND_CACHING_CACHED;
	struct lend_rates found = {.read = rate(chunk, best.first_read),
				   .write = rate(chunk, best.write)};
	if (rates && info_write(rates, &found, sizeof(found)))
		return fail(-EINVAL, "rates.size is not that of a struct lend_rates");
	return 0;
}
