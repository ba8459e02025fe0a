/* SPDX-License-Identifier: MIT */
/* A client's devices, which write down what they hear, and windows for them to hear of. */
#ifndef TESTS_PROTOCOL_HANDS_H
#define TESTS_PROTOCOL_HANDS_H

#include "harness.h"

#include <linux/input-event-codes.h>

#include "seat_driver.h"
#include "shell.h"

struct hands {
	struct client *client;
	struct wl_pointer *pointer;
	struct wl_keyboard *keyboard;
	struct wl_touch *touch;
	uint32_t capabilities; /* of client->seat */
	unsigned capability_events;
	/* What came since the last hands_expect(), a word an event, surfaces by their names. */
	char text[8192];
	uint32_t enter_serial, button_serial, key_serial, touch_serial;
	uint32_t keymap_format, keymap_size;
	int keymap_fd;	  /* or -1 */
	unsigned keymaps; /* that came; a word in the text from the second one on */
	int32_t rate, delay;
};

/* Listens to client->seat, and to these devices of it. */
void hands_create(struct client *client, unsigned devices, struct hands *hands);
/* Of those that capabilities tell of. */
void hands_take(struct hands *hands, unsigned devices);
void hands_destroy(struct hands *hands);
/* Waits until all is there, and compares it with what should be. */
void hands_expect(struct hands *hands, const char *text);
void hands_forget(struct hands *hands);

/* A window, or a popup of one, with contents. */
struct pane {
	struct client *client;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct xdg_popup *popup;
	struct wl_buffer *buffer;
	unsigned configures, dones;
	uint32_t serial;
};

void surface_set_name(struct wl_surface *surface, const char *name);
/* Mapped, and shown. */
void pane_create(struct client *client, const char *name, int32_t width, int32_t height,
		 struct pane *pane);
/* At x, y of the parent. grab: a serial, or NULL for none. Not waited for if it is not mapped. */
void pane_create_popup(struct pane *parent, const char *name, int32_t x, int32_t y, int32_t width,
		       int32_t height, const uint32_t *grab, struct pane *pane);
void pane_destroy(struct pane *pane);
/* The server has handled all, and its outputs show it. */
void settle(struct client *client);

#endif
