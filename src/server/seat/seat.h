/* SPDX-License-Identifier: MIT */
/*
 * What the seat's files share: seat.c (which devices there are), pick.c (what is where), pointer.c,
 * cursor.c (the pointer's picture), keyboard.c, keymap.c, touch.c and grab.c (popups that take the
 * keys). The requests are in globals/seat.c.
 *
 * Objects of a device that went stay, with no user data and in no list, and do nothing.
 */
#ifndef SERVER_SEAT_SEAT_H
#define SERVER_SEAT_SEAT_H

#include "server/server.h"

#include <linux/input-event-codes.h>
#include <wayland-server.h>
#include <xkbcommon/xkbcommon.h>

#define ACTIONS	   32 /* that are remembered, for serials */
#define TOUCH_MAX  16 /* fingers */
#define CURSOR_MAX 512

/* Buttons or keys that are down. */
struct pressed {
	uint8_t bits[KEY_CNT / 8];
	unsigned count;
};

/* False if that changes nothing, or there is no such code. */
bool pressed_set(struct pressed *pressed, uint32_t code, bool down);
bool pressed_has(const struct pressed *pressed, uint32_t code);

/* A surface, and where it has its origin in the space that outputs share. */
struct spot {
	struct surface *surface; /* NULL: none */
	int32_t x, y;
};

struct pointer {
	struct wl_list resources;
	double x, y;
	bool placed; /* it has been on an output */
	bool used;   /* somebody has moved it or clicked: until then it is not to be seen */
	struct spot focus;
	wl_fixed_t sent_x, sent_y; /* on the focus */
	uint32_t enter_serial;
	struct pressed buttons; /* while one is down, the focus stays */
	bool frame_due;
	bool source_sent; /* in this frame */
	int32_t wheel[2]; /* of value120 that made no whole click yet, by axis */
};

struct cursor {
	enum { CURSOR_DEFAULT, CURSOR_SURFACE, CURSOR_HIDDEN } kind;
	struct surface *surface; /* the client's, or NULL */
	int32_t hot_x, hot_y;	 /* on that */
	pixman_image_t *arrow;	 /* the default */
	int32_t arrow_hot_x, arrow_hot_y;
	uint64_t next_serial;
};

struct keymap {
	struct xkb_keymap *xkb; /* NULL: there is none */
	int fd;			/* of its text, which nobody can change */
	uint32_t size, format;
};

struct keyboard {
	struct wl_list resources;
	struct surface *wanted; /* of the view that was activated */
	struct surface *focus;
	struct pressed down;  /* as the device has it */
	struct pressed known; /* of these, those that are for clients */
	struct keymap keymap;
	struct xkb_state *state;		    /* NULL: no keymap */
	uint32_t depressed, latched, locked, group; /* modifiers, as told last */
	uint32_t leds;
};

/* A finger. It belongs to the surface that it came down on. */
struct touch_point {
	bool used, down;
	bool changed; /* its client is due a frame */
	int32_t id;
	struct spot spot;
};

struct touch {
	struct wl_list resources;
	struct touch_point points[TOUCH_MAX];
};

/* Something that a user did, and who was told of it. */
struct action {
	const struct wl_client *client;
	uint32_t serial;
};

struct clipboard {
	struct wl_list devices; /* wl_data_device */
	struct source *source;	/* what is copied; NULL: nothing */
};

struct seat {
	struct lend_server *server;
	struct clipboard clipboard;
	struct wl_list resources;    /* wl_seat */
	struct wl_list sources;	     /* seat_source.link */
	uint32_t capabilities, ever; /* enum wl_seat_capability: now, and at any time */
	struct seat_bindings bindings;
	struct wl_list grabs; /* popup.grab_link, topmost first */
	struct action actions[ACTIONS];
	unsigned next_action;
	struct pointer pointer;
	struct cursor cursor;
	struct keyboard keyboard;
	struct touch touch;
};

/* ---- seat.c --------------------------------------------------------------------------------- */

bool seat_has(const struct seat *seat, uint32_t capability);
uint32_t seat_serial(const struct seat *seat);
/* A serial for what a user did, which a request of that client may name. */
uint32_t seat_action(struct seat *seat, const struct surface *surface);
/* The next object in the list, after `before` or the first, that the surface's client has; NULL:
 * there is none. */
struct wl_resource *seat_next_object(struct wl_list *resources, struct wl_resource *before,
				     const struct surface *surface);
/* Joins the list, from which destroying it removes it. */
void seat_add_object(struct wl_list *resources, struct wl_resource *resource);
/* The device is gone: all of them do nothing from now on. */
void seat_retire_objects(struct wl_list *resources);

/* ---- pick.c --------------------------------------------------------------------------------- */

/* NULL: none. */
struct lend_output *output_at(const struct lend_server *server, double x, double y);
/* The topmost surface there that takes input. */
struct spot pick(const struct lend_server *server, double x, double y);
/* Finds out where the surface is now. False if it is nowhere. */
bool spot_follow(const struct lend_server *server, struct spot *spot);
wl_fixed_t spot_x(const struct spot *spot, double x);
wl_fixed_t spot_y(const struct spot *spot, double y);
/* Into the nearest output. False if there is none, or it is no place at all. */
bool place_clamp(const struct lend_server *server, double *x, double *y);
/* From 0 to 1 of the output, or of all if it is NULL. As place_clamp(). */
bool place_absolute(const struct lend_server *server, const struct lend_output *output, double *x,
		    double *y);

/* ---- pointer.c, cursor.c -------------------------------------------------------------------- */

void pointer_init(struct pointer *pointer);
void pointer_add(struct seat *seat, struct wl_resource *resource);
/* The device came or went. */
void pointer_enable(struct seat *seat, bool enable);
/* The surface below it may be another, or at another place. */
void pointer_update(struct seat *seat);
void pointer_forget(struct seat *seat, const struct surface *surface);

int cursor_init(struct cursor *cursor);
void cursor_finish(struct cursor *cursor);
/* The request of a wl_pointer; surface may be NULL. */
void cursor_set(struct seat *seat, struct wl_resource *pointer, uint32_t serial,
		struct surface *surface, int32_t hot_x, int32_t hot_y);
/* No client has a say in it until it sets one. */
void cursor_reset(struct seat *seat);
/* Tells the outputs where the picture is, and which. */
void cursor_update(struct seat *seat);
/* arrow.c; NULL: no memory. */
pixman_image_t *arrow_create(int32_t *hot_x, int32_t *hot_y);

/* ---- keyboard.c, keymap.c ------------------------------------------------------------------- */

void keyboard_init(struct keyboard *keyboard);
void keyboard_finish(struct keyboard *keyboard);
void keyboard_add(struct seat *seat, struct wl_resource *resource);
/* Before the first device: makes the keymap. False if that cannot be, after saying so. */
bool keyboard_open(struct seat *seat);
void keyboard_enable(struct seat *seat, bool enable);
/* The surface that is to have the keys may be another. */
void keyboard_update(struct seat *seat);
/* Makes the one that the environment asks for, or another. It always has an fd for clients. */
int keymap_open(const struct lend_server *server, struct keymap *keymap);
void keymap_close(struct keymap *keymap);

/* ---- globals/data_device.c ------------------------------------------------------------------ */

/* Tells the client that has the keys what is copied. */
void clipboard_update(struct seat *seat);

/* ---- touch.c -------------------------------------------------------------------------------- */

void touch_init(struct touch *touch);
void touch_add(struct seat *seat, struct wl_resource *resource);
void touch_enable(struct seat *seat, bool enable);
void touch_forget(struct seat *seat, const struct surface *surface);

/* ---- grab.c --------------------------------------------------------------------------------- */

/* The popup that has the keys, or NULL. */
struct popup *grab_top(const struct seat *seat);
void grab_dismiss_all(struct seat *seat);
/* What is there for pointer and fingers: while there is a grab, surfaces of its client only. */
struct spot grab_pick(const struct seat *seat, double x, double y);
/* A button or finger came down: ends grabs, and activates the view. False if that is all it was
 * for. */
bool grab_press(struct seat *seat, double x, double y);

#endif
