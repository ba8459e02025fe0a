/* SPDX-License-Identifier: MIT */
/* A Wayland server as the display. */
#ifndef CLIENT_WAYLAND_WAYLAND_H
#define CLIENT_WAYLAND_WAYLAND_H

#include "client/display.h"

#include <framelend-v1-client-protocol.h>
#include <linux-dmabuf-v1-client-protocol.h>
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

#define FINGERS 16

struct finger {
	struct window *window; /* NULL: this one is not down */
	int32_t id;
};

/* The user's devices; those that there are and somebody wants. */
struct seat {
	struct lend_client *client;
	struct wl_seat *proxy; /* NULL: the server has none */
	uint32_t global, capabilities;
	bool wanted;
	struct wl_pointer *pointer;
	struct wl_keyboard *keyboard;
	struct wl_touch *touch;
	struct keyboard *keys;	  /* with `keyboard` */
	struct window *over;	  /* that the pointer is over, or NULL */
	double x, y;		  /* where */
	struct lend_input scroll; /* until the step is complete; no kind: there is none */
	uint32_t scroll_time;
	struct finger fingers[FINGERS];
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
	bool fences; /* it takes acquire fences */
	struct zwp_linux_dmabuf_v1 *dmabuf;
	struct zwp_linux_dmabuf_feedback_v1 *feedback;
	struct pair *pairs; /* the feedback's table */
	size_t n_pairs;
	struct wl_array dmabuf_formats; /* that it takes in rows */
	struct wl_list offers;		/* offer.link */
	bool dmabuf_failed;		/* it takes none of ours */
	struct wl_list outputs;		/* output.link */
	struct wl_array lend_formats;	/* uint32_t, fourcc */
	struct wl_array shm_formats;	/* likewise */
	clockid_t clock;		/* of wp_presentation */
	struct seat seat;
	struct wl_surface *cursor; /* NULL: not needed so far */
	struct wl_buffer *cursor_buffer;
	struct wl_callback *sync; /* while it introduces itself: */
	int rounds;		  /* answers still to come */
	int failed;		  /* -errno: it lacks something */
};

/* A surface's objects. */
struct window {
	struct lend_surface *surface;
	struct display *display;
	struct wl_surface *wl;
	struct xdg_surface *xdg;
	struct xdg_toplevel *toplevel;
	struct wl_callback *frame;
	struct chain *chain;	  /* NULL: buffers of our own */
	struct offer *offer;	  /* dma-bufs that the server has not answered for, or NULL */
	enum lend_path path;	  /* of buffers of our own, as far as it can be known */
	struct wl_list feedbacks; /* feedback.link */
	size_t n_feedbacks;
	uint32_t proposed_width, proposed_height; /* until the configure is complete */
	uint32_t serial;			  /* of a configure to acknowledge; 0: none */
	uint32_t serial_width, serial_height;	  /* what was agreed on with it */
	const char *output;			  /* that it is on, or "" */
	char reason[256];			  /* why it is that path */
};

/* window.c */
int window_create(struct lend_surface *surface);
void window_destroy(struct window *window);
void window_set_title(struct window *window, const char *title);
void window_commit(struct window *window, struct slot *slot, const struct damage *damage,
		   uint64_t number);
void window_forget(struct slot *slot);
/* Its buffers come from wl_shm from here on. */
void window_use_shm(struct window *window);

/* globals.c: finds and lets go of what the server offers. */
int globals_bind(struct display *display);
void globals_release(struct display *display);
bool format_listed(const struct wl_array *formats, uint32_t format);
void format_list(struct wl_array *formats, uint32_t format);

/* seat.c */
void seat_bind(struct display *display, uint32_t global, uint32_t version);
void seat_release(struct display *display);
/* A surface wants to hear of input. */
void seat_want(struct display *display);
/* The window is going away. */
void seat_forget(struct display *display, const struct window *window);

/* cursor.c: the pointer came over a surface of ours. */
void cursor_show(struct display *display, uint32_t serial);
void cursor_release(struct display *display);

/* chain.c */
extern const struct source chain_source, fenced_chain_source;
int chain_create(struct window *window);
void chain_destroy(struct chain *chain);
/* When the frame committed next is drawn; borrowed. */
void chain_set_fence(struct chain *chain, int fence);

/* dmabuf.c */
extern const struct source dmabuf_source;
void dmabuf_listen(struct display *display);
void dmabuf_release(struct display *display);
bool dmabuf_usable(const struct display *display, uint32_t format);
/* The window is going away. */
void dmabuf_forget(struct window *window);

/* shm.c */
extern const struct source shm_source;
/* A memfd that can be neither shrunk nor grown, so that the server can trust it, or -errno. */
int shm_allocate(size_t size);
/* Of rows that any importer of the memory can take. */
uint32_t shm_stride(const struct lend_surface *surface, uint32_t width);
/* wl_shm's number of a format. */
uint32_t shm_format(uint32_t fourcc);
uint32_t shm_fourcc(uint32_t format);
/* Makes the slot learn of its releases. */
void slot_listen(struct slot *slot);

#endif
