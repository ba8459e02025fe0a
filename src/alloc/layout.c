/* SPDX-License-Identifier: MIT */
#include "alloc/allocator.h"

#include <unistd.h>

enum {
	STRIDE_STEP = 256, /* suits every importer known */
	ROW_STEP = 16,	   /* radeonsi reads whole tiles of rows */
};

static uint64_t round_up(uint64_t value, uint64_t step)
{
	return (value + step - 1) / step * step;
}

static bool place(const struct lend_format *format, uint32_t index, uint32_t width, uint32_t rows,
		  struct memory *memory)
{
	/* No product of two 32-bit numbers overflows, nor does adding a third. */
	const uint64_t stride = round_up(lend_format_stride(format, index, width), STRIDE_STEP);
	const uint64_t end = memory->bytes + stride * lend_format_rows(format, index, rows);
	if (stride == 0 || end > UINT32_MAX)
		return false;
	memory->info.planes[index] = (struct lend_plane){
		.fd = -1,
		.offset = (uint32_t)memory->bytes,
		.stride = (uint32_t)stride,
	};
	memory->bytes = end;
	return true;
}

bool layout_choose(const struct lend_buffer_options *options, struct memory *memory)
{
	const struct lend_format *format = lend_format_get(options->format);
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t rows = round_up(options->height, ROW_STEP);
	memory->bytes = 0;
	memory->info.n_planes = format->n_planes;
	for (uint32_t i = 0; i < format->n_planes; i++)
		if (!place(format, i, options->width, (uint32_t)rows, memory))
			return false;
	memory->bytes = round_up(memory->bytes, page);
	return true;
}
