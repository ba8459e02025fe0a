/* SPDX-License-Identifier: MIT */
/* Which visual shows a format. */
#include "client/x11/x11.h"

#include <errno.h>
#include <stdlib.h>

/* Alpha is of use where a compositing manager blends windows; otherwise it costs a copy more. */
static bool is_blended(const struct x11 *x11)
{
	xcb_connection_t *xcb = x11->xcb;
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

static int refuse(const struct window *window)
{
	const struct display *display = window->display;
	char known[128];
	x11_list_formats(&display->x11, known, sizeof(known));
	return client_fail(display->client, -ENOTSUP, "the X server shows no %s: use %s",
			   window->surface->format->name, known[0] != '\0' ? known : "XRGB8888");
}

static bool choose_same(struct window *window, xcb_visualid_t *id)
{
	const struct display *display = window->display;
	const struct lend_format *format = window->surface->format;
	const struct x11_layout *layout = x11_layout_find(format->opaque);
	*id = 0;
	if (layout == NULL)
		return false;
	window->pixel = window->own = layout->pixel;
	if (format->has_alpha && layout->pixel.depth == 24 && is_blended(&display->x11)) {
		window->pixel.depth = 32;
		*id = x11_visual_find(&display->x11, &window->pixel, format->cpp[0]);
	}
	if (*id == 0) {
		window->pixel.depth = layout->pixel.depth;
		*id = x11_visual_find(&display->x11, &window->pixel, format->cpp[0]);
	}
	return *id != 0;
}

/* The root's visual, if its pixels are ones that image.c can make of 8 bits a colour. */
static bool choose_other(struct window *window, xcb_visualid_t *id)
{
	const struct x11 *x11 = &window->display->x11;
	const struct x11_layout *own = x11_layout_find(window->surface->format->opaque), *layout;
	if (own == NULL || own->pixel.depth != 24)
		return false;
	for (size_t i = 0; (layout = x11_layout_at(i)) != NULL; i++) {
		*id = x11_visual_find(x11, &layout->pixel, lend_format_get(layout->format)->cpp[0]);
		if (*id == 0 || *id != x11->screen->root_visual)
			continue;
		window->pixel = layout->pixel;
		window->converts = true;
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
