/* SPDX-License-Identifier: MIT */
/*
 * What the files of the Wayland output share: connection.c (the other server, called the host here,
 * and its globals), window.c (the window, which is the output), frame.c (pace, frames and when they
 * were shown), memory.c (buffers as the host knows them), cursor.c, input.c and touch.c (what the
 * window's user does).
 *
 * Each output has a connection of its own, so that one that fails takes nothing else with it.
 */
#ifndef OUTPUT_WAYLAND_WAYLAND_H
#define OUTPUT_WAYLAND_WAYLAND_H

#include "output/alarm.h"
#include "server/server.h"

#include <linux/input-event-codes.h>
#include <wayland-client.h>

#define UNIT LEND_SCALE_ONE

/* ---- connection.c --------------------------------------------------------------------------- */

/* One of the host's outputs. */
struct screen {
	struct wl_list link; /* host.screens */
	struct window *window;
	struct wl_output *proxy;
	uint32_t global;
	uint32_t refresh; /* mHz */
	int32_t scale;
	bool entered; /* the window is on it */
};

struct host {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct xdg_wm_base *shell;
	struct wl_shm *shm;
	/* The host may lack any of these. */
	struct wl_seat *seat;
	uint32_t seat_global;
	struct wp_viewporter *viewporter;
	struct wp_presentation *presentation;
	struct wp_fractional_scale_manager_v1 *fractional_scale;
	struct zxdg_decoration_manager_v1 *decoration;
	struct zwp_linux_dmabuf_v1 *dmabuf;
	bool takes_dmabuf; /* in rows, of our format */
	struct wl_list screens;
	clockid_t clock; /* of presentation */
};

/* Connects and waits for the globals. -errno with fail_text(). */
int host_connect(struct window *window, const char *display);
/* Waits until *done, for some seconds at most. -errno with fail_text(). */
int host_wait(struct host *host, const bool *done);
/* Handles what there is. -errno with fail_text(): the connection is lost. */
int host_dispatch(struct host *host);
void host_disconnect(struct host *host);

/* ---- window.c ------------------------------------------------------------------------------- */

/* The pointer's picture, as a surface of the host's. */
struct host_cursor {
	struct wl_surface *surface;
	struct wp_viewport *viewport;
	uint64_t serial;      /* of the picture in it; 0: none */
	int32_t hot_x, hot_y; /* of that picture, */
	uint32_t scale;	      /* and the window when it was made */
	bool told;	      /* the host, since the pointer came in: */
	bool visible;	      /* whether it is shown */
	bool moved;	      /* our pointer was by the host's, */
	double x, y;	      /* to there, 0 to 1 of the output */
};

/* A movement of wheels, until it is complete. */
struct scroll {
	uint32_t time, source;
	struct seat_axis axes[2]; /* by orientation */
	bool used[2];
};

struct hands {
	struct seat_source source;
	struct wl_pointer *pointer;
	struct wl_keyboard *keyboard;
	struct wl_touch *touch;
	bool has_keymap;
	bool over; /* the pointer is on the window, */
	uint32_t enter_serial;
	bool open;		/* the host has a seat, and it is listened to */
	uint32_t locked, group; /* modifiers, as told last */
	uint8_t buttons[KEY_CNT / 8], keys[KEY_CNT / 8]; /* that are down */
	struct scroll scroll;
};

struct flight;

struct window {
	struct lend_server *server;
	struct lend_output *output; /* NULL until it is made */
	struct host host;
	struct wl_event_source *source;
	bool configured, closed, no_input;

	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct zxdg_toplevel_decoration_v1 *decoration;
	struct wp_viewport *viewport;
	struct wp_fractional_scale_v1 *fractional_scale;
	int32_t width, height; /* in the host's units */
	uint32_t scale;	       /* pixels for one of these, in 120ths */
	/* What the host says, until it is taken over. */
	int32_t wanted_width, wanted_height;
	uint32_t wanted_scale; /* 0: not said, the screens' */
	uint32_t told_refresh; /* mHz, with a frame; 0: not said, the screens' */
	uint32_t serial;       /* of a configure event to acknowledge */
	bool acknowledge, dirty;

	/* frame.c */
	struct alarm alarm;	      /* the next repaint, or that a frame is overdue */
	struct wl_callback *callback; /* of the frame committed last */
	struct wl_list flights;	      /* flight.link, oldest first */
	struct flight *newest;	      /* of the frame on its way, or NULL */
	struct picture *shown;	      /* committed last */
	bool pending;		      /* a frame that the host has not taken yet */
	bool wanted;		      /* a repaint is due then */
	uint64_t taken, aimed;	      /* ns: when the last one was, and what a repaint was for */

	struct wl_list pictures; /* picture.link */
	struct host_cursor cursor;
	struct hands hands;
};

/* The size of a frame for the window, as it is. */
int32_t window_pixels(const struct window *window, int32_t units);
/* Something that window_update() looks at has changed. */
void window_changed(struct window *window);

/* ---- frame.c -------------------------------------------------------------------------------- */

int frames_open(struct window *window);
void frames_close(struct window *window);
/* output_backend's */
void window_schedule(struct lend_output *output);
int window_present(struct lend_output *output, const struct frame *frame);
/* The time of a host's event, in ns. */
uint64_t host_time(uint32_t ms);

/* ---- memory.c ------------------------------------------------------------------------------- */

/* A buffer as the host knows it. */
struct picture {
	struct wl_list link;
	struct window *window;
	const struct lend_buffer *memory; /* NULL: gone, and the host has not let go of it yet */
	struct lend_buffer *own;	  /* the same, if it is the output's */
	struct wl_buffer *proxy;	  /* NULL: the host has none */
	struct zwp_linux_buffer_params_v1 *params; /* that the host has not answered */
	const char *refusal;			   /* why not; static */
	struct buffer *client;			   /* locked while the host reads it, or NULL */
	bool busy;				   /* the host reads it */
};

/* Made at the first call; NULL: out of memory. */
struct picture *picture_get(struct window *window, const struct lend_buffer *memory);
/* The host is about to read it; client: whose it is, or NULL. */
void picture_hold(struct picture *picture, struct buffer *client);
void pictures_finish(struct window *window);
/* output_backend's */
int window_allocate(struct lend_output *output, struct lend_buffer **memory);
bool window_reads(const struct lend_output *output, const struct lend_buffer *memory);
const char *window_refuses(struct lend_output *output, struct buffer *buffer, bool layer);
void window_forget(struct lend_output *output, const struct lend_buffer *memory);
void dmabuf_listen(struct window *window);
/* A buffer in shared memory, not listened to. NULL: out of memory. */
struct wl_buffer *shm_wrap(const struct host *host, int fd, const struct lend_buffer_info *info,
			   uint32_t format);

/* ---- cursor.c ------------------------------------------------------------------------------- */

/* output_backend's */
bool window_cursor(struct lend_output *output);
/* The host's pointer has moved ours, or come onto the window. */
void cursor_moved(struct window *window, double x, double y);
void cursor_enter(struct window *window);
void cursor_close(struct window *window);

/* ---- input.c, touch.c ----------------------------------------------------------------------- */

void hands_open(struct window *window);
void hands_close(struct window *window);
/* Of the window, 0 to 1. */
double window_x(const struct window *window, wl_fixed_t x);
double window_y(const struct window *window, wl_fixed_t y);
void touch_listen(struct window *window);

#endif
