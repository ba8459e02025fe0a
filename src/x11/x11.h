/* SPDX-License-Identifier: MIT */
/* What clients of an X server need, whichever library they are part of: a connection, windows and
 * pixels in them, keys. Errors: -errno with fail_text(). */
#ifndef X11_X11_H
#define X11_X11_H

#include <framelend/buffer.h>
#include <signal.h>
#include <stdbool.h>
#include <xcb/present.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>
#include <xcb/xkb.h>

enum x11_atom {
	ATOM_WM_PROTOCOLS,
	ATOM_WM_DELETE_WINDOW,
	ATOM_NET_WM_NAME,
	ATOM_NET_WM_PID,
	ATOM_UTF8_STRING,
	ATOM_NET_WM_STATE,
	ATOM_NET_WM_STATE_FULLSCREEN,
	ATOM_FRAMELEND_DONE, /* of messages to ourselves */
	N_ATOMS,
};

/* ---- connect.c ------------------------------------------------------------------------------ */

struct x11 {
	xcb_connection_t *xcb;
	const xcb_screen_t *screen;
	xcb_atom_t atoms[N_ATOMS];
	bool shm; /* segments can be made of descriptors; whoever sees one refused clears it */
	uint8_t shm_opcode, shm_event, present_opcode; /* 0: there is no such extension */
	uint8_t randr_event;
	bool randr;
	uint32_t largest; /* bytes of a request's data */
	uint8_t *scratch; /* for them */
};

/* Connects to the server of that name, or of $DISPLAY if it is NULL or "". To be called between
 * hush_begin() and hush_end(); x11_disconnect() is due also after a failure. */
int x11_connect(struct x11 *x11, const char *name);
void x11_disconnect(struct x11 *x11);
/* What x11_connect() makes of a name; NULL: there is none. */
const char *x11_display_name(const char *name);
/* Why the connection has ended. */
int x11_lost(const struct x11 *x11);

/* Blocks SIGPIPE while xcb writes: it would end the program when the server dies. */
struct hush {
	sigset_t before;
};

void hush_begin(struct hush *hush);
void hush_end(const struct hush *hush, xcb_connection_t *xcb);

/* ---- visual.c ------------------------------------------------------------------------------- */

/* Of a pixel: where the visual has the colours. */
struct pixel {
	uint8_t depth;
	uint32_t red, green, blue; /* masks */
};

/* A format that X servers show, and how it lies in a pixel. Those with alpha are their opaque ones
 * here. */
struct x11_layout {
	uint32_t format;
	struct pixel pixel;
};

/* From the one that most programs use to those that hardly any does; NULL: there are no more. */
const struct x11_layout *x11_layout_at(size_t index);
const struct x11_layout *x11_layout_find(uint32_t format);
/* The TrueColor visual with that pixel, of so many bytes, on the screen: the root's before all
 * others, as it needs no colours of its own. 0: none. */
xcb_visualid_t x11_visual_find(const struct x11 *x11, const struct pixel *pixel, uint8_t bytes);
/* The formats of x11_layout_at() that the screen shows, by name. */
void x11_list_formats(const struct x11 *x11, char *text, size_t size);

/* ---- window.c ------------------------------------------------------------------------------- */

struct x11_window {
	xcb_window_t id;
	xcb_gcontext_t gc;
	xcb_colormap_t colormap; /* 0: the screen's */
	uint8_t depth;
};

/* Not mapped yet. -ENOMEM, -EIO. */
int x11_window_create(const struct x11 *x11, struct x11_window *window,
		      const struct lend_rect *place, uint8_t depth, xcb_visualid_t visual,
		      uint32_t events);
/* gone: the window is no more, destroyed by another program. */
void x11_window_destroy(const struct x11 *x11, const struct x11_window *window, bool gone);
void x11_set_property(const struct x11 *x11, xcb_window_t window, xcb_atom_t property,
		      xcb_atom_t type, uint8_t bits, size_t count, const void *data);
void x11_set_title(const struct x11 *x11, xcb_window_t window, const char *title);
void x11_set_class(const struct x11 *x11, xcb_window_t window, const char *class);
/* Closing it is told, not done. */
void x11_ask_before_closing(const struct x11 *x11, xcb_window_t window);
bool x11_is_closing(const struct x11 *x11, const xcb_client_message_event_t *message);
/* A window manager is asked; without one the window is created in that place and size. */
void x11_set_fullscreen(const struct x11 *x11, xcb_window_t window);

/* Pixels in memory, as big as the window's. */
struct x11_image {
	const char *pixels; /* or NULL, in a segment */
	uint32_t segment, offset;
	uint32_t width, height, stride;
	uint8_t cpp;
	/* Writes a row of pixels as the window has them; NULL: these are. */
	void (*pack)(const void *data, void *to, const void *from, uint32_t width);
	const void *data;
	uint8_t window_cpp; /* then */
};

/* Over the connection. */
void x11_put_pixels(const struct x11 *x11, const struct x11_window *window,
		    const struct x11_image *image, const struct lend_rect *rect);
/* Through shared memory; completed: a ShmCompletion comes. */
void x11_put_segment(const struct x11 *x11, const struct x11_window *window,
		     const struct x11_image *image, const struct lend_rect *rect, bool completed);
/* What ShmCompletion is for shared memory: a message ATOM_FRAMELEND_DONE comes back when all before
 * it was handled. */
void x11_ask_done(const struct x11 *x11, xcb_window_t window, uint32_t first, uint32_t second);

/* ---- present.c ------------------------------------------------------------------------------ */

/* The window's events of PresentNotifyMSC come. */
void x11_present_select(const struct x11 *x11, xcb_window_t window);
/* The event, if it is one of these, and when it was (ns of CLOCK_MONOTONIC); else NULL. */
const xcb_present_complete_notify_event_t *x11_present_completed(const struct x11 *x11,
								 const xcb_generic_event_t *event,
								 uint64_t now, uint64_t *time);
/* The server's time of an event in ms, which wraps and may be of another machine, as ours in ns. */
uint64_t x11_time(uint32_t milliseconds, uint64_t now);

/* ---- keyboard.c ----------------------------------------------------------------------------- */

/* X numbers keys by the kernel's codes plus this. */
#define X11_CODE_OFFSET 8
/* What a wheel scrolls at a click: pixels, as libinput says it of most mice; and units of 120. */
#define X11_CLICK_PIXELS 15
#define X11_CLICK_UNITS	 120

/* Asks for the events of XKB, and that keys which are held are not released each time they are
 * repeated. *event: the first of them. False: there is no XKB. */
bool x11_keyboard_begin(const struct x11 *x11, uint8_t *event);
/* Its layout; to be freed. NULL: none is to be had. */
char *x11_keymap_text(const struct x11 *x11);
/* The kernel's code of a button that is no wheel. */
uint32_t x11_button_code(uint8_t button);

#endif
