/* SPDX-License-Identifier: MIT */
/* The pointer's picture as the X server's: it moves without us, and covers nothing. */
#include "output/x11/x11.h"

#include <stdlib.h>
#include <xcb/render.h>

/* The pictures' format of 32 bits with alpha first, as ARGB8888 is. 0: none. */
static uint32_t find_argb(const struct x11 *x11)
{
	const xcb_query_extension_reply_t *render =
		xcb_get_extension_data(x11->xcb, &xcb_render_id);
	uint32_t found = 0;

	if (!render || !render->present)
		return 0;
	/* Asked for first: cursors came with 0.5. */
	xcb_discard_reply(x11->xcb, xcb_render_query_version(x11->xcb, 0, 11).sequence);
	xcb_render_query_pict_formats_reply_t *reply = xcb_render_query_pict_formats_reply(
		x11->xcb, xcb_render_query_pict_formats(x11->xcb), NULL);
	if (!reply)
		return 0;
	xcb_render_pictforminfo_iterator_t i =
		xcb_render_query_pict_formats_formats_iterator(reply);
	for (; i.rem > 0 && !found; xcb_render_pictforminfo_next(&i)) {
		const xcb_render_directformat_t *direct = &i.data->direct;
		if (i.data->type == XCB_RENDER_PICT_TYPE_DIRECT && i.data->depth == 32 &&
		    direct->alpha_shift == 24 && direct->alpha_mask == 0xff &&
		    direct->red_shift == 16 && direct->green_shift == 8 && direct->blue_shift == 0)
			found = i.data->id;
	}
	free(reply);
	return found;
}

static xcb_cursor_t make_invisible(const struct x11 *x11)
{
	xcb_pixmap_t bitmap = xcb_generate_id(x11->xcb);
	xcb_gcontext_t gc = xcb_generate_id(x11->xcb);
	xcb_cursor_t cursor = xcb_generate_id(x11->xcb);

	xcb_create_pixmap(x11->xcb, 1, bitmap, x11->screen->root, 1, 1);
	xcb_create_gc(x11->xcb, gc, bitmap, XCB_GC_FOREGROUND, &(uint32_t){0});
	xcb_poly_fill_rectangle(x11->xcb, bitmap, gc, 1, &(xcb_rectangle_t){0, 0, 1, 1});
	xcb_create_cursor(x11->xcb, cursor, bitmap, bitmap, 0, 0, 0, 0, 0, 0, 0, 0);
	xcb_free_gc(x11->xcb, gc);
	xcb_free_pixmap(x11->xcb, bitmap);
	return cursor;
}

static xcb_cursor_t make(const struct xwindow *window, const struct output_cursor *from)
{
	const struct x11 *x11 = &window->x11;
	const struct x11_image image = {
		.pixels = (const char *)pixman_image_get_data(from->image),
		.stride = (uint32_t)pixman_image_get_stride(from->image),
		.cpp = 4,
	};
	const struct lend_rect all = {.width = pixman_image_get_width(from->image),
				      .height = pixman_image_get_height(from->image)};
	const struct x11_window pixmap = {
		.id = xcb_generate_id(x11->xcb), .gc = xcb_generate_id(x11->xcb), .depth = 32};
	xcb_render_picture_t picture = xcb_generate_id(x11->xcb);
	xcb_cursor_t cursor = xcb_generate_id(x11->xcb);

	xcb_create_pixmap(x11->xcb, 32, pixmap.id, x11->screen->root, (uint16_t)all.width,
			  (uint16_t)all.height);
	xcb_create_gc(x11->xcb, pixmap.gc, pixmap.id, 0, NULL);
	x11_put_pixels(x11, &pixmap, &image, &all);
	xcb_render_create_picture(x11->xcb, picture, pixmap.id, window->argb, 0, NULL);
	xcb_render_create_cursor(x11->xcb, cursor, picture, (uint16_t)from->hot_x,
				 (uint16_t)from->hot_y);
	xcb_render_free_picture(x11->xcb, picture);
	xcb_free_gc(x11->xcb, pixmap.gc);
	xcb_free_pixmap(x11->xcb, pixmap.id);
	return cursor;
}

/* NULL: the invisible one. */
static void show(struct xwindow *window, const struct output_cursor *picture)
{
	const struct x11 *x11 = &window->x11;
	uint64_t serial = picture ? picture->serial : 0;

	if (window->cursor != 0 && window->cursor_serial == serial)
		return;
	if (window->cursor != 0)
		xcb_free_cursor(x11->xcb, window->cursor); /* the window's until it has another */
	window->cursor = picture ? make(window, picture) : make_invisible(x11);
	window->cursor_serial = serial;
	xcb_change_window_attributes(x11->xcb, window->window.id, XCB_CW_CURSOR, &window->cursor);
	window->queued = true;
}

/* Is it where the X server has its own? Virtual devices may have moved it elsewhere. */
static bool is_here(const struct xwindow *window, const struct output_cursor *cursor)
{
	int32_t dx = cursor->x + cursor->hot_x - window->pointer_x;
	int32_t dy = cursor->y + cursor->hot_y - window->pointer_y;

	return dx * dx + dy * dy <= 8; /* pixels of a scaled picture are rounded */
}

bool xcursor_take(struct xwindow *window)
{
	const struct output_cursor *wanted = &window->output->cursor;

	if (!window->input)
		return false;
	bool taken = wanted->image && window->argb != 0 && is_here(window, wanted);
	show(window, taken ? wanted : NULL);
	if (taken || !wanted->image)
		window->output->cursor_dirty = false; /* without a frame */
	return taken || !wanted->image;
}

void xcursor_begin(struct xwindow *window)
{
	window->argb = find_argb(&window->x11);
}
