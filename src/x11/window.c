/* SPDX-License-Identifier: MIT */
/* Windows, what window managers are told of them, and pixels in them. */
#include "common/error.h"
#include "x11/x11.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- creation ------------------------------------------------------------------------------- */

int x11_window_create(const struct x11 *x11, struct x11_window *window,
		      const struct lend_rect *place, uint8_t depth, xcb_visualid_t visual,
		      uint32_t events)
{
	xcb_connection_t *xcb = x11->xcb;
	xcb_colormap_t colormap = x11->screen->default_colormap;
	if (visual != x11->screen->root_visual) {
		colormap = window->colormap = xcb_generate_id(xcb);
		xcb_create_colormap(xcb, XCB_COLORMAP_ALLOC_NONE, colormap, x11->screen->root,
				    visual);
	}
	const uint32_t values[] = {
		0 /* what has not been drawn yet is black */,
		0,
		XCB_GRAVITY_NORTH_WEST /* keeps its pixels when its size changes */,
		events,
		colormap,
	};
	window->id = xcb_generate_id(xcb);
	window->depth = depth;
	xcb_void_cookie_t cookie = xcb_create_window_checked(
		xcb, depth, window->id, x11->screen->root, (int16_t)place->x, (int16_t)place->y,
		(uint16_t)place->width, (uint16_t)place->height, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT,
		visual,
		XCB_CW_BACK_PIXEL | XCB_CW_BORDER_PIXEL | XCB_CW_BIT_GRAVITY | XCB_CW_EVENT_MASK |
			XCB_CW_COLORMAP,
		values);
	window->gc = xcb_generate_id(xcb);
	xcb_create_gc(xcb, window->gc, window->id, XCB_GC_GRAPHICS_EXPOSURES, &(uint32_t){0});
	xcb_generic_error_t *error = xcb_request_check(xcb, cookie);
	if (error == NULL)
		return 0;
	int code = error->error_code;
	free(error);
	return fail(code == XCB_ALLOC ? -ENOMEM : -EIO,
		    "the X server makes no window of %dx%d: error %d", place->width, place->height,
		    code);
}

void x11_window_destroy(const struct x11 *x11, const struct x11_window *window, bool gone)
{
	if (window->gc != 0)
		xcb_free_gc(x11->xcb, window->gc);
	if (window->id != 0 && !gone)
		xcb_destroy_window(x11->xcb, window->id);
	if (window->colormap != 0)
		xcb_free_colormap(x11->xcb, window->colormap);
}

/* ---- properties ----------------------------------------------------------------------------- */

void x11_set_property(const struct x11 *x11, xcb_window_t window, xcb_atom_t property,
		      xcb_atom_t type, uint8_t bits, size_t count, const void *data)
{
	xcb_change_property(x11->xcb, XCB_PROP_MODE_REPLACE, window, property, type, bits,
			    (uint32_t)count, data);
}

void x11_set_title(const struct x11 *x11, xcb_window_t window, const char *title)
{
	x11_set_property(x11, window, x11->atoms[ATOM_NET_WM_NAME], x11->atoms[ATOM_UTF8_STRING], 8,
			 strlen(title), title);
	/* For window managers that know no other; it is not Latin-1, but mostly ASCII. */
	x11_set_property(x11, window, XCB_ATOM_WM_NAME, XCB_ATOM_STRING, 8, strlen(title), title);
}

/* Instance and class, each with its NUL. */
void x11_set_class(const struct x11 *x11, xcb_window_t window, const char *class)
{
	char names[2 * (1024 + 1)];
	size_t length = strlen(class) + 1;
	if (length == 1 || 2 * length > sizeof(names))
		return;
	memcpy(names, class, length);
	memcpy(names + length, class, length);
	x11_set_property(x11, window, XCB_ATOM_WM_CLASS, XCB_ATOM_STRING, 8, 2 * length, names);
}

void x11_set_fullscreen(const struct x11 *x11, xcb_window_t window)
{
	const uint32_t hints[18] = {1 /* the place is the user's wish */};
	x11_set_property(x11, window, XCB_ATOM_WM_NORMAL_HINTS, XCB_ATOM_WM_SIZE_HINTS, 32, 18,
			 hints);
	x11_set_property(x11, window, x11->atoms[ATOM_NET_WM_STATE], XCB_ATOM_ATOM, 32, 1,
			 &x11->atoms[ATOM_NET_WM_STATE_FULLSCREEN]);
}

void x11_ask_before_closing(const struct x11 *x11, xcb_window_t window)
{
	x11_set_property(x11, window, x11->atoms[ATOM_WM_PROTOCOLS], XCB_ATOM_ATOM, 32, 1,
			 &x11->atoms[ATOM_WM_DELETE_WINDOW]);
}

bool x11_is_closing(const struct x11 *x11, const xcb_client_message_event_t *message)
{
	return message->format == 32 && message->type == x11->atoms[ATOM_WM_PROTOCOLS] &&
	       message->data.data32[0] == x11->atoms[ATOM_WM_DELETE_WINDOW];
}

/* ---- pixels --------------------------------------------------------------------------------- */

static void pack_row(const struct x11_image *image, void *to, const void *from, uint32_t width)
{
	if (image->pack != NULL)
		image->pack(image->data, to, from, width);
	else
		memcpy(to, from, (size_t)width * image->cpp);
}

/* As many requests as it takes: a server bounds their length. */
void x11_put_pixels(const struct x11 *x11, const struct x11_window *window,
		    const struct x11_image *image, const struct lend_rect *rect)
{
	uint32_t width = (uint32_t)rect->width, height = (uint32_t)rect->height;
	uint32_t cpp = image->pack != NULL ? image->window_cpp : image->cpp;
	uint32_t stride = (width * cpp + 3) / 4 * 4; /* as scanlines are padded */
	uint32_t most = x11->largest / stride;
	for (uint32_t done = 0; done < height;) {
		uint32_t rows = height - done < most ? height - done : most;
		for (uint32_t i = 0; i < rows; i++)
			pack_row(image, x11->scratch + (size_t)i * stride,
				 image->pixels +
					 (size_t)((uint32_t)rect->y + done + i) * image->stride +
					 (size_t)rect->x * image->cpp,
				 width);
		xcb_put_image(x11->xcb, XCB_IMAGE_FORMAT_Z_PIXMAP, window->id, window->gc,
			      (uint16_t)width, (uint16_t)rows, (int16_t)rect->x,
			      (int16_t)((uint32_t)rect->y + done), 0, window->depth, rows * stride,
			      x11->scratch);
		done += rows;
	}
}

void x11_put_segment(const struct x11 *x11, const struct x11_window *window,
		     const struct x11_image *image, const struct lend_rect *rect, bool completed)
{
	xcb_shm_put_image(x11->xcb, window->id, window->gc, (uint16_t)(image->stride / image->cpp),
			  (uint16_t)image->height, (uint16_t)rect->x, (uint16_t)rect->y,
			  (uint16_t)rect->width, (uint16_t)rect->height, (int16_t)rect->x,
			  (int16_t)rect->y, window->depth, XCB_IMAGE_FORMAT_Z_PIXMAP, completed,
			  image->segment, image->offset);
}

void x11_ask_done(const struct x11 *x11, xcb_window_t window, uint32_t first, uint32_t second)
{
	const xcb_client_message_event_t message = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = window,
		.type = x11->atoms[ATOM_FRAMELEND_DONE],
		.data.data32 = {first, second},
	};
	xcb_send_event(x11->xcb, 0, window, 0, (const char *)&message);
}
