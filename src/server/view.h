/* SPDX-License-Identifier: MIT */
/* Views, which are toplevels and their popups. (globals/xdg_shell.c, layout.c) */
#ifndef SERVER_VIEW_H
#define SERVER_VIEW_H

#include "server/surface.h"

enum view_state {
	VIEW_ACTIVATED = 1 << 0,
	VIEW_FULLSCREEN = 1 << 1,
	VIEW_TILED = 1 << 2,
	VIEW_MAXIMIZED = 1 << 3,
};

/* A toplevel. Made and freed by xdg_shell.c; placed by layout.c. */
struct lend_view {
	struct lend_server *server;
	struct wl_list link; /* lend_server.views */
	struct surface *surface;
	void *toplevel;			   /* xdg_shell.c's object */
	struct lend_view *parent;	   /* xdg_toplevel.set_parent, or NULL */
	struct lend_output *output;	   /* where the layout put it, NULL: no output at all */
	struct lend_output *wanted_output; /* set_fullscreen(output), or NULL */
	bool wants_fullscreen;
	bool mapped;
	uint64_t activated_at;	/* the mapped view with the highest one has the keyboard */
	struct lend_rect place; /* the space it was given, on the output */
	struct lend_rect
		geometry;      /* xdg window geometry within the surface; width 0: the surface */
	struct wl_list popups; /* popup.link, bottom first */
	char *title, *app_id;  /* or NULL */
	void *user_data;
};

struct popup {
	struct surface *surface;
	struct wl_list link;   /* the parent's popups */
	struct wl_list popups; /* popup.link */
	int32_t x, y;	       /* of its geometry, relative to its parent's geometry */
	struct lend_rect geometry;
	bool mapped;
	struct wl_list grab_link; /* seat's grabs; alone if it does not take the keys */
	void *object;		  /* xdg_shell.c's object */
};

/* layout.c, called by xdg_shell.c */
void view_init(struct lend_view *view,
	       struct surface *surface); /* puts it in server.views, on top */
void view_finish(struct lend_view *view);
void view_map(struct lend_view *view);
void view_unmap(struct lend_view *view);
/* Title, fullscreen or geometry changed. */
void view_changed(struct lend_view *view);
/* Where the view's surface (not geometry) has its origin on the output. */
void view_origin(const struct lend_view *view, int32_t *x, int32_t *y);

/* xdg_shell.c, called by layout.c: asks for a size (0: the client's choice) and states, unless it
 * is what was asked for last. */
void view_configure(struct lend_view *view, int32_t width, int32_t height, uint32_t states);
/* xdg_shell.c, called by lend_view_close(). */
void view_send_close(struct lend_view *view);

/* layout.c: the user chose the view: it gets the keys and, where views cover each other, comes to
 * the top, with the views above it that belong to it. */
void view_activate(struct lend_view *view);
/* view.c: the view that the surface is, or is part of, or NULL. */
struct lend_view *view_from_surface(struct surface *surface);

/* layout.c: places the outputs side by side, gives every view its output and place, and configures
 * it. */
void layout_arrange(struct lend_server *server);

#endif
