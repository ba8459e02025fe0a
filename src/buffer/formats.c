/* SPDX-License-Identifier: MIT */
#include "framelend/buffer.h"

#define PACKED(format, opaque_format, alpha, bytes)                                                \
	{                                                                                          \
		.fourcc = LEND_FORMAT_##format, .name = #format,                                   \
		.opaque = LEND_FORMAT_##opaque_format, .n_planes = 1, .has_alpha = (alpha),        \
		.cpp = {(bytes)}, .horizontal = {1}, .vertical = {1},                              \
	}

static const struct lend_format formats[] = {
	PACKED(XRGB8888, XRGB8888, 0, 4),
	PACKED(ARGB8888, XRGB8888, 1, 4),
	PACKED(XBGR8888, XBGR8888, 0, 4),
	PACKED(ABGR8888, XBGR8888, 1, 4),
	PACKED(RGB565, RGB565, 0, 2),
	PACKED(BGR565, BGR565, 0, 2),
	PACKED(XRGB2101010, XRGB2101010, 0, 4),
	PACKED(ARGB2101010, XRGB2101010, 1, 4),
	PACKED(XBGR2101010, XBGR2101010, 0, 4),
	PACKED(ABGR2101010, XBGR2101010, 1, 4),
	{
		.fourcc = LEND_FORMAT_NV12,
		.name = "NV12",
		.opaque = LEND_FORMAT_NV12,
		.n_planes = 2,
		.cpp = {1, 2},
		.horizontal = {1, 2},
		.vertical = {1, 2},
	},
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct lend_format *lend_format_get(uint32_t fourcc)
{
	for (size_t i = 0; i < N_FORMATS; i++)
		if (formats[i].fourcc == fourcc)
			return &formats[i];
	return NULL;
}

const struct lend_format *lend_format_at(size_t index)
{
	return index < N_FORMATS ? &formats[index] : NULL;
}

/* Samples that cover so many pixels. */
static uint32_t samples(uint32_t pixels, uint32_t pixels_to_one)
{
	return pixels / pixels_to_one + (pixels % pixels_to_one != 0);
}

uint32_t lend_format_stride(const struct lend_format *format, uint32_t plane, uint32_t width)
{
	uint32_t stride;
	if (!format || plane >= format->n_planes ||
	    __builtin_mul_overflow(samples(width, format->horizontal[plane]), format->cpp[plane],
				   &stride))
		return 0;
	return stride;
}

uint32_t lend_format_rows(const struct lend_format *format, uint32_t plane, uint32_t height)
{
	if (!format || plane >= format->n_planes)
		return 0;
	return samples(height, format->vertical[plane]);
}
