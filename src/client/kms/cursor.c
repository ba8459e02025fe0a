/* SPDX-License-Identifier: MIT */
/* The pointer's picture, where the display has a plane for it. Where it has none nothing is shown:
 * the program may draw one. */
#include "client/kms/kms.h"
#include "common/arrow.h"

#include <string.h>

static bool draw(struct lend_buffer *buffer)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels;
	if (lend_buffer_describe(buffer, &info) < 0 || info.width < ARROW_SIDE ||
	    info.height < ARROW_SIDE || lend_buffer_begin(buffer, LEND_WRITE, &pixels) < 0)
		return false;
	memset(pixels, 0, (size_t)info.planes[0].stride * info.height);
	arrow_draw(pixels, info.planes[0].stride / sizeof(uint32_t));
	lend_buffer_end(buffer);
	return true;
}

static void make(struct display *display)
{
	struct lend_kms_info info = {.size = sizeof(info)};
	lend_kms_describe(display->kms, &info);
	display->cursor_broken =
		lend_framebuffer_allocate(display->kms, info.cursor_width, info.cursor_height,
					  LEND_FORMAT_ARGB8888, &display->cursor) < 0 ||
		!draw(lend_framebuffer_buffer(display->cursor));
}

/* A program that does not ask what the user does has no use for a pointer. */
static bool is_wanted(const struct display *display)
{
	const struct window *top = screen_top(display);
	return display->cursor_wanted && display->info.cursor && top != NULL &&
	       top->surface->events.input != NULL;
}

void cursor_fill_state(struct display *display, struct lend_pipe_state *state)
{
	if (!is_wanted(display) || display->cursor_broken)
		return;
	if (display->cursor == NULL)
		make(display);
	if (display->cursor_broken)
		return;
	state->cursor = display->cursor;
	state->cursor_x = display->cursor_x;
	state->cursor_y = display->cursor_y;
}

void cursor_destroy(struct display *display)
{
	lend_framebuffer_destroy(display->cursor);
	display->cursor = NULL;
}
