/* SPDX-License-Identifier: MIT */
/* Which visual shows a format. */
#include "client/x11/x11.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How the formats that X servers show lie in a pixel. Those with alpha are their opaque ones here.
 */
static const struct layout {
	uint32_t format;
	struct pixel pixel;
} layouts[] = {
	{LEND_FORMAT_XRGB8888, {24, 0xff0000, 0xff00, 0xff}},
	{LEND_FORMAT_XBGR8888, {24, 0xff, 0xff00, 0xff0000}},
	{LEND_FORMAT_XRGB2101010, {30, 0x3ff00000, 0xffc00, 0x3ff}},
	{LEND_FORMAT_XBGR2101010, {30, 0x3ff, 0xffc00, 0x3ff00000}},
	{LEND_FORMAT_RGB565, {16, 0xf800, 0x7e0, 0x1f}},
	{LEND_FORMAT_BGR565, {16, 0x1f, 0x7e0, 0xf800}},
};

#define N_LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

/* The TrueColor visual with these masks, or NULL; the root's before all others, as it needs no
 * colours of its own. */
static const xcb_visualtype_t *find_visual(const struct display *display, const struct pixel *pixel)
{
	const xcb_visualtype_t *found = NULL;
	xcb_depth_iterator_t depths = xcb_screen_allowed_depths_iterator(display->screen);
	for (; depths.rem > 0; xcb_depth_next(&depths)) {
		if (depths.data->depth != pixel->depth)
			continue;
		xcb_visualtype_iterator_t visuals = xcb_depth_visuals_iterator(depths.data);
		for (; visuals.rem > 0; xcb_visualtype_next(&visuals)) {
			const xcb_visualtype_t *visual = visuals.data;
			if (visual->_class != XCB_VISUAL_CLASS_TRUE_COLOR ||
			    visual->red_mask != pixel->red || visual->green_mask != pixel->green ||
			    visual->blue_mask != pixel->blue)
				continue;
			if (found == NULL || visual->visual_id == display->screen->root_visual)
				found = visual;
		}
	}
	return found;
}

/* Bits of a pixel in memory. */
static uint8_t pixel_bits(const struct display *display, uint8_t depth)
{
	xcb_format_iterator_t formats =
		xcb_setup_pixmap_formats_iterator(xcb_get_setup(display->xcb));
	for (; formats.rem > 0; xcb_format_next(&formats))
		if (formats.data->depth == depth && formats.data->scanline_pad == 32)
			return formats.data->bits_per_pixel;
	return 0;
}

static const xcb_visualtype_t *usable(const struct display *display, const struct pixel *pixel,
				      const struct lend_format *format)
{
	if (pixel_bits(display, pixel->depth) != format->cpp[0] * 8)
		return NULL;
	return find_visual(display, pixel);
}

/* Alpha is of use where a compositing manager blends windows; otherwise it costs a copy more. */
static bool is_blended(const struct display *display)
{
	xcb_connection_t *xcb = display->xcb;
	xcb_intern_atom_reply_t *atom =
		xcb_intern_atom_reply(xcb, xcb_intern_atom(xcb, 1, 13, "_NET_WM_CM_S0"), NULL);
	if (atom == NULL || atom->atom == XCB_ATOM_NONE) {
		free(atom);
		return false;
	}
	xcb_get_selection_owner_reply_t *owner =
		xcb_get_selection_owner_reply(xcb, xcb_get_selection_owner(xcb, atom->atom), NULL);
	bool blended = owner != NULL && owner->owner != XCB_NONE;
	free(owner);
	free(atom);
	return blended;
}

static const struct layout *find_layout(uint32_t format)
{
	for (size_t i = 0; i < N_LAYOUTS; i++)
		if (layouts[i].format == format)
			return &layouts[i];
	return NULL;
}

static int refuse(const struct window *window)
{
	const struct display *display = window->display;
	char known[128] = "";
	for (size_t i = 0; i < N_LAYOUTS; i++) {
		const struct lend_format *format = lend_format_get(layouts[i].format);
		size_t length = strlen(known);
		if (usable(display, &layouts[i].pixel, format) != NULL)
			snprintf(known + length, sizeof(known) - length, "%s%s",
				 length > 0 ? ", " : "", format->name);
	}
	return client_fail(display->client, -ENOTSUP, "the X server shows no %s: use %s",
			   window->surface->format->name, known[0] != '\0' ? known : "XRGB8888");
}

static bool choose_same(struct window *window, xcb_visualid_t *id)
{
	const struct display *display = window->display;
	const struct lend_format *format = window->surface->format;
	const struct layout *layout = find_layout(format->opaque);
	const xcb_visualtype_t *visual = NULL;
	if (layout == NULL)
		return false;
	window->pixel = window->own = layout->pixel;
	if (format->has_alpha && layout->pixel.depth == 24 && is_blended(display)) {
		window->pixel.depth = 32;
		visual = usable(display, &window->pixel, format);
	}
	if (visual == NULL) {
		window->pixel.depth = layout->pixel.depth;
		visual = usable(display, &window->pixel, format);
	}
	if (visual == NULL)
		return false;
	*id = visual->visual_id;
	return true;
}

/* The root's visual, if its pixels are ones that image.c can make of 8 bits a colour. */
static bool choose_other(struct window *window, xcb_visualid_t *id)
{
	const struct display *display = window->display;
	const struct layout *own = find_layout(window->surface->format->opaque);
	if (own == NULL || own->pixel.depth != 24)
		return false;
	for (size_t i = 0; i < N_LAYOUTS; i++) {
		const struct pixel *pixel = &layouts[i].pixel;
		const xcb_visualtype_t *visual =
			usable(display, pixel, lend_format_get(layouts[i].format));
		if (visual == NULL || visual->visual_id != display->screen->root_visual)
			continue;
		window->pixel = *pixel;
		window->converts = true;
		*id = visual->visual_id;
		return true;
	}
	return false;
}

int visual_choose(struct window *window, xcb_visualid_t *id)
{
	if (choose_same(window, id) || choose_other(window, id))
		return 0;
	return refuse(window);
}
