/* SPDX-License-Identifier: MIT */
/* The pointer's picture on a plane of its own. */
#include "output/kms/kms.h"

static int find_free(const struct plane_cursor *cursor)
{
	return cursor->displayed == 0 ? 1 : 0;
}

static bool make_picture(struct screen *screen, int index)
{
	struct lend_kms_info info = {.size = sizeof(info)};

	if (screen->cursor.pictures[index])
		return true;
	lend_kms_describe(screen->display->kms, &info);
	return lend_framebuffer_allocate(screen->display->kms, info.cursor_width,
					 info.cursor_height, LEND_FORMAT_ARGB8888,
					 &screen->cursor.pictures[index]) == 0;
}

/* Copies the image into the top left corner of the plane's picture; the rest is transparent. */
static bool draw(struct lend_buffer *memory, pixman_image_t *image)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels;

	if (lend_buffer_describe(memory, &info) < 0 ||
	    pixman_image_get_width(image) > (int)info.width ||
	    pixman_image_get_height(image) > (int)info.height ||
	    lend_buffer_begin(memory, LEND_WRITE, &pixels) < 0)
		return false;
	pixman_image_t *target = pixman_image_create_bits_no_clear(PIXMAN_a8r8g8b8, (int)info.width,
								   (int)info.height, pixels,
								   (int)info.planes[0].stride);
	if (target)
		pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, target, 0, 0, 0, 0, 0, 0,
					 (int)info.width, (int)info.height);
	if (target)
		pixman_image_unref(target);
	lend_buffer_end(memory);
	return target != NULL;
}

bool cursor_take(struct screen *screen)
{
	const struct output_cursor *wanted = &screen->output->cursor;
	struct plane_cursor *cursor = &screen->cursor;

	if (!screen->info.cursor || cursor->broken)
		return false;
	if (!wanted->image) {
		cursor->shown = -1;
		return true;
	}
	if (cursor->shown >= 0 && cursor->serial == wanted->serial)
		return true;
	int index = find_free(cursor);
	if (!make_picture(screen, index)) {
		cursor->broken = true;
		return false;
	}
	if (!draw(lend_framebuffer_buffer(cursor->pictures[index]), wanted->image)) {
		cursor->shown = -1; /* too large: this one is drawn */
		return false;
	}
	cursor->shown = index;
	cursor->serial = wanted->serial;
	return true;
}

void cursor_fill_state(const struct screen *screen, struct lend_pipe_state *state)
{
	const struct output_cursor *cursor = &screen->output->cursor;

	if (screen->cursor.shown < 0 || screen->cursor.broken || !cursor->image)
		return;
	state->cursor = screen->cursor.pictures[screen->cursor.shown];
	state->cursor_x = cursor->x;
	state->cursor_y = cursor->y;
	state->cursor_hot_x = cursor->hot_x;
	state->cursor_hot_y = cursor->hot_y;
}

void cursor_finish_planes(struct plane_cursor *cursor)
{
	for (int i = 0; i < 2; i++)
		lend_framebuffer_destroy(cursor->pictures[i]);
}
