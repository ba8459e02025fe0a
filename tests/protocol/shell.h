/* SPDX-License-Identifier: MIT */
/* xdg_wm_base's objects with all that the server says of them, for tests of that global. Unlike
 * harness.h's windows they acknowledge nothing by themselves. */
#ifndef TESTS_PROTOCOL_SHELL_H
#define TESTS_PROTOCOL_SHELL_H

#include "harness.h"

struct shell_window {
	struct client *client;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel; /* or */
	struct xdg_popup *popup;
	uint32_t serial;     /* of the configure event that came last */
	unsigned configures; /* xdg_surface.configure events */
	/* of the toplevel; states and capabilities are bits 1 << value */
	int32_t width, height, bounds_width, bounds_height;
	uint32_t states, capabilities;
	unsigned bounds, capability_events, closes;
	/* of the popup */
	int32_t x, y;
	uint32_t token;
	unsigned repositions, dones;
	unsigned done_at; /* counts the popup_done events of all windows */
};

/* A wl_surface with an xdg_surface without a role. */
void shell_window_create(struct client *client, struct shell_window *window);
void shell_window_get_toplevel(struct shell_window *window);
/* parent may be NULL. */
void shell_window_get_popup(struct shell_window *window, struct shell_window *parent,
			    struct xdg_positioner *positioner);
/* The initial commit, and what comes of it. */
void shell_window_begin(struct shell_window *window);
void shell_window_ack(struct shell_window *window);
/* Attaches (NULL: nothing), commits and waits. */
void shell_window_commit(struct shell_window *window, struct wl_buffer *buffer);
/* Begins, acknowledges and commits the buffer. */
void shell_window_map(struct shell_window *window, struct wl_buffer *buffer);
/* A mapped toplevel. */
void shell_toplevel_map(struct client *client, struct shell_window *window,
			struct wl_buffer *buffer);
/* Destroys what there still is, in the order that the protocol wants. */
void shell_window_destroy(struct shell_window *window);

/* Of a popup of that size at the anchor rectangle, its top left on the rectangle's. */
struct xdg_positioner *positioner_create(struct client *client, int32_t width, int32_t height,
					 int32_t x, int32_t y);
/* Another object of a global, in the version given; `index` of those of that interface. */
void *bind_again(struct client *client, const struct wl_interface *interface, uint32_t version,
		 unsigned index);
struct wl_surface *subsurface_create(struct client *client, struct wl_surface *parent);

#endif
