/* SPDX-License-Identifier: MIT */
/* The seat: a person's devices, as clients know them. (seat/) */
#ifndef SERVER_INPUT_H
#define SERVER_INPUT_H

#include "server/view.h"

/* What the server does itself when asked by keys. A function that is NULL: clients get the keys. */
struct seat_bindings {
	void (*switch_vt)(void *data, unsigned vt); /* Ctrl+Alt+F1 to F12: 1 to 12 */
	/* Which lamps are to be lit: bits 0 to 2 for num, caps and scroll lock. */
	void (*set_leds)(void *data, uint32_t leds);
	void *data;
};

/* The server has one, lend_server.seat, without devices at first. */
struct seat *seat_create(struct lend_server *server);
void seat_destroy(struct seat *seat);
void seat_set_bindings(struct seat *seat, const struct seat_bindings *bindings);

/*
 * Called by sources of input, whatever they are: libinput, a window of another display server,
 * virtual devices. Times are in us of CLOCK_MONOTONIC; buttons and keys are those of
 * linux/input-event-codes.h; the enums are wl_pointer's. What makes no sense (a release of what is
 * not pressed, a device that was not announced) is ignored.
 *
 * What belongs together, such as both axes of one movement, is followed by a call of
 * seat_pointer_frame() or seat_touch_frame(); until then clients do not act on it.
 */
/* One origin of input, of several: the seat has the devices of all of them. To begin with, all
 * zero. */
struct seat_source {
	struct wl_list link; /* seat.sources */
	uint32_t capabilities;
};

/* Devices of that origin came or went. What no device is left to let go is let go. */
void seat_source_set(struct seat *seat, struct seat_source *source, bool pointer, bool keyboard,
		     bool touch);
/* Before the memory goes: its devices went. */
void seat_source_finish(struct seat *seat, struct seat_source *source);
/* Keys mean from now on what this text of a keymap says; NULL: what the environment asks for. The
 * same one again changes nothing. -EINVAL with fail_text(): it is none, and nothing changes. */
int seat_set_keymap(struct seat *seat, const char *text);
/* Modifiers that are no key's, as a virtual keyboard or another server's has them. */
void seat_keyboard_modifiers(struct seat *seat, uint32_t depressed, uint32_t latched,
			     uint32_t locked, uint32_t group);
/* By how much, in pixels; raw: before acceleration. */
void seat_pointer_motion(struct seat *seat, uint64_t time_us, double dx, double dy, double raw_dx,
			 double raw_dy);
/* x and y: 0 to 1 of the display, as its pixels are, whatever its transform; or, if output is NULL,
 * of all outputs' bounding box. */
void seat_pointer_motion_absolute(struct seat *seat, uint64_t time_us, struct lend_output *output,
				  double x, double y);
void seat_pointer_button(struct seat *seat, uint64_t time_us, uint32_t button, bool pressed);

struct seat_axis {
	uint32_t source;      /* enum wl_pointer_axis_source */
	uint32_t orientation; /* enum wl_pointer_axis */
	double value;	      /* as far as a motion of that many pixels; 0: a finger's has ended */
	int32_t value120;     /* a wheel's, 120 a click; 0: it is no wheel */
	bool inverted;	      /* against the physical motion ("natural") */
};

void seat_pointer_axis(struct seat *seat, uint64_t time_us, const struct seat_axis *axis);
void seat_pointer_frame(struct seat *seat);
void seat_keyboard_key(struct seat *seat, uint64_t time_us, uint32_t key, bool pressed);
/* x and y as in seat_pointer_motion_absolute(); id: any number while that finger is down. */
void seat_touch_down(struct seat *seat, uint64_t time_us, int32_t id, struct lend_output *output,
		     double x, double y);
void seat_touch_motion(struct seat *seat, uint64_t time_us, int32_t id, struct lend_output *output,
		       double x, double y);
void seat_touch_up(struct seat *seat, uint64_t time_us, int32_t id);
/* None of what touched since the last finger came meant anything. */
void seat_touch_cancel(struct seat *seat);
void seat_touch_frame(struct seat *seat);

/* Called by the rest of the server. */
/* layout.c: outputs or their places changed, and this view (or NULL) gets the keys now. */
void seat_layout_changed(struct seat *seat, struct lend_view *focus);
/* scene.c: an output's nodes were built anew; the pointer may be over another surface. */
void seat_scene_built(struct seat *seat);
/* scene.c: the surface whose picture the pointer is, if that is on the output, or NULL. */
struct surface *seat_cursor_surface(const struct seat *seat, const struct lend_output *output);
/* scene.c: what is dragged has this picture, with its origin there in the space that outputs share;
 * NULL: none. */
struct surface *seat_drag_icon(const struct seat *seat, int32_t *x, int32_t *y);
/* globals/idle_inhibit.c: something that is seen wants to stay so, whether or not it is used. */
bool server_is_inhibited(const struct lend_server *server);
/* surface.c: the surface is going away. */
void seat_forget_surface(struct seat *seat, struct surface *surface);
/* xdg_toplevel.c: the client asks that the pointer, which was pressed on the view with that serial,
 * moves it (edges: 0) or these edges of it. */
void seat_grip(struct seat *seat, struct lend_view *view, uint32_t serial, uint32_t edges);
/* layout.c: the view is unmapped. */
void seat_forget_view(struct seat *seat, const struct lend_view *view);
/* xdg_popup.c: a popup that takes the keys was mapped, or is no more. */
void seat_grab_begin(struct seat *seat, struct popup *popup);
void seat_grab_end(struct seat *seat, struct popup *popup);
/* True if the serial is of a key, button or finger that the client was told of lately; and always
 * while there are no devices, when no user can have done anything. */
bool seat_serial_is_recent(const struct seat *seat, const struct wl_client *client,
			   uint32_t serial);
/* xdg_popup.c, called by the seat: sends popup_done to it and to all above it. */
void popup_dismiss(struct popup *popup);

#endif
