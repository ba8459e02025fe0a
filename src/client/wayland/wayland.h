/* SPDX-License-Identifier: MIT */
/* A Wayland server as the display. */
#ifndef CLIENT_WAYLAND_WAYLAND_H
#define CLIENT_WAYLAND_WAYLAND_H

#include "client/client.h"

#include <framelend-v1-client-protocol.h>
#include <presentation-time-client-protocol.h>
#include <time.h>
#include <wayland-client.h>
#include <xdg-shell-client-protocol.h>

struct output {
	struct wl_list link; /* display.outputs */
	struct display *display;
	struct wl_output *proxy;
	uint32_t global;
	char name[64];
};

struct display {
	struct lend_client *client;
	struct wl_display *wl;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct xdg_wm_base *shell;
	struct wl_shm *shm;
	struct wp_presentation *presentation;
	struct framelend_manager_v1 *manager;
	struct wl_list outputs;	      /* output.link */
	struct wl_array lend_formats; /* uint32_t, fourcc */
	struct wl_array shm_formats;  /* likewise */
	clockid_t clock;	      /* of wp_presentation */
};

/* A surface's objects. */
struct window {
	struct lend_surface *surface;
	struct display *display;
	struct wl_surface *wl;
	struct xdg_surface *xdg;
	struct xdg_toplevel *toplevel;
	struct wl_callback *frame;
	struct chain *chain;	  /* NULL: over wl_shm */
	struct wl_list feedbacks; /* feedback.link */
	size_t n_feedbacks;
	uint32_t proposed_width, proposed_height; /* until the configure is complete */
	uint32_t serial;			  /* of a configure to acknowledge; 0: none */
	uint32_t serial_width, serial_height;	  /* what was agreed on with it */
	const char *output;			  /* that it is on, or "" */
	char reason[256];			  /* why frames go over wl_shm */
};

/* globals.c: finds and lets go of what the server offers. */
int globals_bind(struct display *display);
void globals_release(struct display *display);
bool format_listed(const struct wl_array *formats, uint32_t format);

/* chain.c */
extern const struct source chain_source;
int chain_create(struct window *window);
void chain_destroy(struct chain *chain);

/* shm.c */
extern const struct source shm_source;
/* wl_shm's number of a format. */
uint32_t shm_format(uint32_t fourcc);
uint32_t shm_fourcc(uint32_t format);
/* Makes the slot learn of its releases. */
void slot_listen(struct slot *slot);

#endif
