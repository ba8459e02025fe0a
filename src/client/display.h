/* SPDX-License-Identifier: MIT */
/*
 * The seam between the client library and its displays.
 *
 * A display implements struct display_backend. wayland/ is part of the library; others are modules,
 * shared objects framelend-client-NAME.so that are loaded when they are tried, so that a program on
 * Wayland needs no other libraries. Both are written in the same way: they call the functions of
 * client.h that `struct client_calls` lists, and keyboard.h's, by their names. In a module module.c
 * makes those names calls through the table; a module is linked with client_module_dep and defines
 * `module_backend`, nothing else.
 *
 * connect sets client->display and calls link_ready() when windows can be made, at once or from a
 * later dispatch. client->target says which display, "" the default; the display writes there what
 * it took, so that the same one is found again. It fails with client_lose() in words that name the
 * cause and the remedy, and returns its value; client->display may then be set or not.
 *
 * window_create sets surface->window and surface->source. The display says a size with
 * surface_configure(), then or later, and again whenever it changes. The library then asks
 * source->request for buffers, which are made with generation_create(), have their slots' buffer
 * and handle filled in, and are handed over with generation_offer(), or are refused with
 * generation_refuse().
 *
 * window_commit shows a slot's buffer. From a dispatch or an alarm, so that a program that waits is
 * woken, then come: surface_frame_done() once the display is ready for the next frame, at its
 * refresh; slot_release() once it does not read the buffer any more (never in front mode);
 * surface_presented() when it was shown, if that is known and surface->events.presented is set; and
 * surface_show() before the first of them, and when the path changes.
 *
 * A server that went away is told with client_lose() and -EPIPE or -ECONNRESET, from dispatch or
 * flush. The library then destroys windows and display, and connects to the same one again.
 *
 * Nothing here calls the program: what these functions note is told at the end of the dispatch.
 */
#ifndef CLIENT_DISPLAY_H
#define CLIENT_DISPLAY_H

#include "client/client.h"
#include "client/keyboard.h"

/* Of what is in the headers that a module shares with the library; a new one when any of it
 * changes. */
#define DISPLAY_VERSION 4

/* Where a window's generations come from. */
struct source {
	/* Asks for a generation of surface->count buffers of surface->format. The answer is
	 * generation_offer() or generation_refuse(), within the call or later. */
	void (*request)(struct window *window, uint32_t width, uint32_t height);
	/* The generation is retired. May be NULL. */
	void (*drop)(struct window *window, const struct generation *generation);
	bool gpu;    /* it has memory for surfaces with `gpu` */
	bool fences; /* window_commit hands on surface->fence, if it is not -1 */
};

struct display_backend {
	uint32_t version; /* DISPLAY_VERSION */
	const char *name;
	int (*connect)(struct lend_client *client);
	/* With all windows gone; the connection may be dead. */
	void (*destroy)(struct display *display);
	/* Polls readable when dispatch has something to do. The same one until it is destroyed. */
	int (*fd)(const struct display *display);
	/* Handles the events there are; if there are none, waits once with client_wait() and
	 * handles what has come. The number of them, or -errno as client_fail() and client_lose()
	 * return it. */
	int (*dispatch)(struct lend_client *client, int timeout_ms);
	/* Sends what is queued. -EAGAIN by client_fail(): the server does not read. */
	int (*flush)(struct lend_client *client);
	/* Of surface->fullscreen, output_wanted, title and so on. Fails by client_fail(), with
	 * surface->window NULL. */
	int (*window_create)(struct lend_surface *surface);
	void (*window_destroy)(struct window *window);
	void (*window_set_title)(struct window *window, const char *title);
	/* Shows the buffer: all that is queued for a frame. number: the frame's. */
	void (*window_commit)(struct window *window, struct slot *slot, const struct damage *damage,
			      uint64_t number);
	/* The slot's buffer goes: lets go of slot->handle, which is not NULL. The window may be
	 * gone. The pixels may still be drawn in: what they need goes in slot->finish. */
	void (*window_forget)(struct slot *slot);
};

extern const struct display_backend wayland_backend;

/* The library's functions for a module: each as the function of that name. */
struct client_calls {
	uint32_t version; /* DISPLAY_VERSION */
	int (*client_vfail)(struct lend_client *client, int error, const char *format,
			    va_list args);
	int (*client_vlose)(struct lend_client *client, int error, const char *format,
			    va_list args);
	void (*client_vlog)(struct lend_client *client, enum lend_log_level level,
			    const char *format, va_list args);
	void (*link_ready)(struct lend_client *client);
	int (*client_wait)(struct lend_client *client, short events, int timeout_ms);
	void (*alarm_set)(struct lend_client *client, struct alarm *alarm, uint64_t due);
	void (*alarm_cancel)(struct lend_client *client, struct alarm *alarm);
	void (*surface_configure)(struct lend_surface *surface, uint32_t width, uint32_t height);
	void (*surface_show)(struct lend_surface *surface, enum lend_path path, const char *reason,
			     const char *output);
	void (*surface_frame_done)(struct lend_surface *surface);
	void (*surface_presented)(struct lend_surface *surface, const struct shown *shown);
	void (*surface_close)(struct lend_surface *surface);
	void (*surface_verdict)(struct lend_surface *surface, const struct lend_verdict *verdict);
	void (*surface_input)(struct lend_surface *surface, const struct lend_input *input);
	struct generation *(*generation_create)(struct lend_surface *surface, uint32_t id,
						uint32_t width, uint32_t height);
	struct generation *(*generation_find)(struct lend_surface *surface, uint32_t id);
	void (*generation_offer)(struct generation *generation);
	void (*generation_refuse)(struct lend_surface *surface, int error, const char *reason);
	void (*generation_destroy)(struct generation *generation);
	void (*generation_conclude)(struct lend_surface *surface, struct generation *generation,
				    int result, const char *whose);
	void (*slot_release)(struct slot *slot);
	struct keyboard *(*keyboard_create)(struct lend_client *client);
	void (*keyboard_destroy)(struct keyboard *keyboard);
	int (*keyboard_set_keymap)(struct keyboard *keyboard, const char *text, size_t length);
	int (*keyboard_set_layout)(struct keyboard *keyboard);
	void (*keyboard_set_repeat)(struct keyboard *keyboard, uint32_t rate, uint32_t delay_ms);
	void (*keyboard_set_modifiers)(struct keyboard *keyboard, uint32_t depressed,
				       uint32_t latched, uint32_t locked, uint32_t group);
	void (*keyboard_enter)(struct keyboard *keyboard, struct lend_surface *surface,
			       uint64_t time);
	void (*keyboard_leave)(struct keyboard *keyboard, uint64_t time);
	void (*keyboard_key)(struct keyboard *keyboard, uint64_t time, uint32_t code, bool pressed);
	uint32_t (*keyboard_modifiers)(const struct keyboard *keyboard);
	void (*keyboard_forget)(struct keyboard *keyboard, const struct lend_surface *surface);
};

extern const struct client_calls client_calls;

/* What a module exports: its backend, or NULL if the table is of another version. */
typedef const struct display_backend *module_open(const struct client_calls *calls);
#define MODULE_OPEN "framelend_client_display"
/* What a module defines. */
extern const struct display_backend module_backend;

#endif
