/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void picture_finish(struct picture *picture)
{
	if (picture->from)
		pixman_image_unref(picture->from);
	if (picture->band)
		pixman_image_unref(picture->band);
	free(picture->changed);
	*picture = (struct picture){0};
}

static int prepare_conversion(struct picture *picture)
{
	const struct fb_var_screeninfo *mode = &picture->mode;
	pixman_format_code_t format = mode->bits_per_pixel == 16 ? PIXMAN_r5g6b5 : PIXMAN_r8g8b8;
	/* It is only read. */
	uint32_t *pixels = (uint32_t *)(uintptr_t)picture->pixels;
	picture->from = pixman_image_create_bits_no_clear(format, (int)mode->xres_virtual,
							  (int)mode->yres_virtual, pixels,
							  (int)mode_stride(mode));
	picture->band =
		pixman_image_create_bits(PIXMAN_x8r8g8b8, (int)mode->xres, TILE_HEIGHT, NULL, 0);
	return picture->from && picture->band ? 0 : -ENOMEM;
}

int picture_set(struct picture *picture, const void *pixels, const struct fb_var_screeninfo *mode)
{
	picture_finish(picture);
	picture->pixels = pixels;
	picture->mode = *mode;
	picture->changed = malloc((mode->xres + TILE_WIDTH - 1) / TILE_WIDTH);
	if (!picture->changed)
		return -ENOMEM;
	return mode->bits_per_pixel < 32 ? prepare_conversion(picture) : 0;
}

/* ---- damage --------------------------------------------------------------------------------- */

/* Over the limit the last one grows: too much damage is only slow. */
static void enlarge(struct lend_rect *rect, const struct lend_rect *other)
{
	int32_t right = rect->x + rect->width, bottom = rect->y + rect->height;
	int32_t other_right = other->x + other->width, other_bottom = other->y + other->height;
	rect->x = rect->x < other->x ? rect->x : other->x;
	rect->y = rect->y < other->y ? rect->y : other->y;
	rect->width = (right > other_right ? right : other_right) - rect->x;
	rect->height = (bottom > other_bottom ? bottom : other_bottom) - rect->y;
}

static void add_damage(struct damage_list *damage, struct lend_rect rect)
{
	for (size_t i = damage->n; i > 0; i--) {
		struct lend_rect *above = &damage->rects[i - 1];
		if (above->x == rect.x && above->width == rect.width &&
		    above->y + above->height == rect.y) {
			above->height += rect.height;
			return;
		}
	}
	if (damage->n < PICTURE_RECTS)
		damage->rects[damage->n++] = rect;
	else
		enlarge(&damage->rects[PICTURE_RECTS - 1], &rect);
}

/* The changed tiles of a band at x, y of the frame, as rectangles. */
static void add_tiles(struct damage_list *damage, const uint8_t *changed, uint32_t width, int32_t x,
		      int32_t y, uint32_t rows)
{
	uint32_t n = (width + TILE_WIDTH - 1) / TILE_WIDTH;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t first = i;
		while (i < n && changed[i])
			i++;
		if (i == first)
			continue;
		uint32_t start = first * TILE_WIDTH, end = least(i * TILE_WIDTH, width);
		add_damage(damage, (struct lend_rect){x + (int32_t)start, y, (int32_t)(end - start),
						      (int32_t)rows});
	}
}

/* ---- pixels --------------------------------------------------------------------------------- */

/* The band's first row as it is shown, and its stride. */
static const uint8_t *band_pixels(const struct picture *picture, uint32_t y, uint32_t rows,
				  size_t *stride)
{
	const struct fb_var_screeninfo *mode = &picture->mode;
	if (!picture->from) {
		*stride = mode_stride(mode);
		return picture->pixels + (y + mode->yoffset) * *stride + (size_t)mode->xoffset * 4;
	}
	pixman_image_composite32(PIXMAN_OP_SRC, picture->from, NULL, picture->band,
				 (int32_t)mode->xoffset, (int32_t)(y + mode->yoffset), 0, 0, 0, 0,
				 (int32_t)mode->xres, (int32_t)rows);
	*stride = (size_t)pixman_image_get_stride(picture->band);
	return (const uint8_t *)pixman_image_get_data(picture->band);
}

/* Copies what differs in a row, by tiles. */
static void update_row(const uint8_t *from, uint8_t *to, uint32_t width, uint8_t *changed)
{
	const size_t tile = (size_t)TILE_WIDTH * 4, length = (size_t)width * 4;
	if (memcmp(from, to, length) == 0)
		return;
	for (size_t start = 0, i = 0; start < length; start += tile, i++) {
		size_t part = length - start < tile ? length - start : tile;
		if (memcmp(from + start, to + start, part) == 0)
			continue;
		memcpy(to + start, from + start, part);
		changed[i] = 1;
	}
}

static bool is_dirty(const struct picture *picture, const struct pages *pages, uint32_t y,
		     uint32_t rows)
{
	size_t stride = mode_stride(&picture->mode);
	size_t start = (y + picture->mode.yoffset) * stride;
	size_t first = start / WATCH_PAGE, last = (start + rows * stride - 1) / WATCH_PAGE;
	return memchr(pages->dirty + first, 1, last - first + 1) != NULL;
}

void picture_update(const struct picture *picture, const struct pages *pages,
		    const struct lend_frame *frame, struct damage_list *damage)
{
	const struct fb_var_screeninfo *mode = &picture->mode;
	uint32_t width = least(mode->xres, frame->width), height = least(mode->yres, frame->height);
	uint32_t x = (frame->width - width) / 2, y = (frame->height - height) / 2;
	uint8_t *to = (uint8_t *)frame->pixels + (size_t)y * frame->stride + (size_t)x * 4;
	for (uint32_t row = 0; row < height; row += TILE_HEIGHT) {
		uint32_t rows = least(TILE_HEIGHT, height - row);
		if (!is_dirty(picture, pages, row, rows))
			continue;
		size_t stride;
		const uint8_t *from = band_pixels(picture, row, rows, &stride);
		memset(picture->changed, 0, (width + TILE_WIDTH - 1) / TILE_WIDTH);
		for (uint32_t i = 0; i < rows; i++)
			update_row(from + i * stride, to + (size_t)(row + i) * frame->stride, width,
				   picture->changed);
		add_tiles(damage, picture->changed, width, (int32_t)x, (int32_t)(y + row), rows);
	}
}
