/* SPDX-License-Identifier: MIT */
/* Which visual shows a format. */
#include "x11/x11.h"

#include <stdio.h>
#include <string.h>

static const struct x11_layout layouts[] = {
	{LEND_FORMAT_XRGB8888, {24, 0xff0000, 0xff00, 0xff}},
	{LEND_FORMAT_XBGR8888, {24, 0xff, 0xff00, 0xff0000}},
	{LEND_FORMAT_XRGB2101010, {30, 0x3ff00000, 0xffc00, 0x3ff}},
	{LEND_FORMAT_XBGR2101010, {30, 0x3ff, 0xffc00, 0x3ff00000}},
	{LEND_FORMAT_RGB565, {16, 0xf800, 0x7e0, 0x1f}},
	{LEND_FORMAT_BGR565, {16, 0x1f, 0x7e0, 0xf800}},
};

const struct x11_layout *x11_layout_at(size_t index)
{
	return index < sizeof(layouts) / sizeof(layouts[0]) ? &layouts[index] : NULL;
}

const struct x11_layout *x11_layout_find(uint32_t format)
{
	const struct x11_layout *layout;
	for (size_t i = 0; (layout = x11_layout_at(i)) != NULL; i++)
		if (layout->format == format)
			return layout;
	return NULL;
}

/* Bits of a pixel in memory. */
static uint8_t pixel_bits(const struct x11 *x11, uint8_t depth)
{
	xcb_format_iterator_t formats = xcb_setup_pixmap_formats_iterator(xcb_get_setup(x11->xcb));
	for (; formats.rem > 0; xcb_format_next(&formats))
		if (formats.data->depth == depth && formats.data->scanline_pad == 32)
			return formats.data->bits_per_pixel;
	return 0;
}

static bool has_pixel(const xcb_visualtype_t *visual, const struct pixel *pixel)
{
	return visual->_class == XCB_VISUAL_CLASS_TRUE_COLOR && visual->red_mask == pixel->red &&
	       visual->green_mask == pixel->green && visual->blue_mask == pixel->blue;
}

xcb_visualid_t x11_visual_find(const struct x11 *x11, const struct pixel *pixel, uint8_t bytes)
{
	xcb_visualid_t found = 0;
	xcb_depth_iterator_t depths = xcb_screen_allowed_depths_iterator(x11->screen);
	if (pixel_bits(x11, pixel->depth) != bytes * 8)
		return 0;
	for (; depths.rem > 0; xcb_depth_next(&depths)) {
		if (depths.data->depth != pixel->depth)
			continue;
		xcb_visualtype_iterator_t visuals = xcb_depth_visuals_iterator(depths.data);
		for (; visuals.rem > 0; xcb_visualtype_next(&visuals)) {
			xcb_visualid_t id = visuals.data->visual_id;
			if (has_pixel(visuals.data, pixel) &&
			    (found == 0 || id == x11->screen->root_visual))
				found = id;
		}
	}
	return found;
}

void x11_list_formats(const struct x11 *x11, char *text, size_t size)
{
	const struct x11_layout *layout;
	text[0] = '\0';
	for (size_t i = 0; (layout = x11_layout_at(i)) != NULL; i++) {
		const struct lend_format *format = lend_format_get(layout->format);
		size_t length = strlen(text);
		if (x11_visual_find(x11, &layout->pixel, format->cpp[0]) != 0)
			snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "",
				 format->name);
	}
}
