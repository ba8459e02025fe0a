/* SPDX-License-Identifier: MIT */
/* The server itself, its globals and its sockets. (server.c, log.c, socket.c) */
#ifndef SERVER_CORE_H
#define SERVER_CORE_H

#include <framelend/alloc.h>
#include <framelend/server.h>
#include <pixman.h>
#include <stdbool.h>
#include <time.h>
#include <wayland-server-core.h>

#include "common/error.h"
#include "common/options.h"

/* The largest side of a buffer or output, and the most rectangles a region keeps before it is
 * replaced by its extents (a client may damage ten thousand; a hundred clients have one each). */
#define SIDE_MAX      16384
#define RECTS_MAX     128
#define REASON_LENGTH 160
#define REFRESH_MAX   1000000 /* mHz */

struct buffer;
struct chain;
struct presented;
struct listener;
struct seat;
struct subsurface;
struct surface;

/* ---- server.c, log.c ------------------------------------------------------------------------ */

struct lend_server {
	struct wl_display *display;
	struct wl_event_loop *loop;
	struct lend_quota quota;
	struct lend_server_events events;
	void *data;
	lend_log_handler log;
	void *log_data;
	struct listener *listener;	/* socket.c */
	struct wl_list clients;		/* client.link */
	struct wl_list outputs;		/* lend_output.link, the first one is the primary */
	struct wl_list views;		/* lend_view.link, topmost first; mapped or not */
	struct wl_list surfaces;	/* surface.link */
	struct seat *seat;		/* seat/ */
	struct wl_event_source *hidden; /* scene_arm_timer() */
	bool hidden_armed;
	uint32_t next_surface_id, next_output, next_serial;
	uint64_t activations;	     /* lend_view.activated_at of the last one */
	struct lend_view *candidate; /* while views are cycled through: the one that is seen */
	bool shortcuts;		     /* the server's own keys */
	char renderer[8];	     /* that was asked for, or "" */
	bool forgiving; /* windows may have buffers before they are configured (tests/wlcs) */
	bool ending;	/* being destroyed */
	struct wl_signal arranged;  /* lend_server; outputs or views may have changed */
	struct wl_signal destroyed; /* lend_server; outputs are gone, seat and loop are not */
	unsigned in_events;	    /* the embedder's that are being called */
	bool running;
};

__attribute__((format(printf, 3, 4))) void server_log(const struct lend_server *server,
						      enum lend_log_level level, const char *format,
						      ...);

/* Calls the embedder's event of that kind, if it wants to hear of it. */
void server_tell_peer(struct lend_server *server,
		      void (*event)(void *data, const struct lend_peer *peer),
		      const struct lend_peer *peer);
void server_tell_view(struct lend_server *server, void (*event)(void *data, struct lend_view *view),
		      struct lend_view *view);

/* Each global is one file that provides this, and one row of the table in server.c. */
struct global {
	const char *name;
	int (*create)(struct lend_server *server);
	bool privileged; /* other clients do not see it */
};

extern const struct global global_compositor, global_subcompositor, global_shm, global_seat,
	global_xdg_shell, global_viewporter, global_presentation, global_lend, global_data_device,
	global_output_management, global_linux_dmabuf, global_primary_selection, global_decoration,
	global_single_pixel, global_relative_pointer, global_pointer_constraints,
	global_idle_inhibit, global_idle_notify, global_activation, global_cursor_shape,
	global_xdg_output, global_fractional_scale, global_virtual_keyboard, global_virtual_pointer;

/* ---- socket.c ------------------------------------------------------------------------------- */

/* name as in lend_server_options.socket. */
int listener_create(struct lend_server *server, const char *name, struct listener **listener);
void listener_destroy(struct listener *listener);
const char *listener_name(const struct listener *listener);

#endif
