/* SPDX-License-Identifier: MIT */
/* Views, which are toplevels and their popups. (globals/xdg_shell.c, layout.c, stack.c) */
#ifndef SERVER_VIEW_H
#define SERVER_VIEW_H

#include "server/surface.h"

enum view_state {
	VIEW_ACTIVATED = 1 << 0,
	VIEW_FULLSCREEN = 1 << 1,
	VIEW_TILED = 1 << 2,
	VIEW_MAXIMIZED = 1 << 3,
	VIEW_SUSPENDED = 1 << 4, /* not to be seen, whatever comes */
	VIEW_RESIZING = 1 << 5,
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
	bool wants_fullscreen, wants_maximized;
	bool moved; /* by lend_view_move() or its user, to free_x, free_y: its top left corner, */
	bool from_right, from_bottom; /* or where its right or bottom edge stays while the others */
	bool resizing;		      /* are dragged */
	int32_t free_x, free_y;
	int32_t free_width, free_height; /* what it was resized to, 0: its client's choice */
	bool mapped;
	bool minimized; /* not seen until it is activated */
	/* The least and most that its client wants, 0: does not say. */
	int32_t min_width, min_height, max_width, max_height;
	uint64_t mapped_at;	/* tiles are in this order */
	uint64_t activated_at;	/* of those that are seen, the highest one has the keyboard */
	struct lend_rect place; /* the space it was given, on the output */
	struct lend_rect
		geometry;      /* xdg window geometry within the surface; width 0: the surface */
	bool geometry_set;     /* by the client; else it is all there is, subsurfaces included */
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
/* Title, limits, fullscreen or geometry changed. */
void view_changed(struct lend_view *view);
/* In its own size, above others: a dialog, or any view where the layout leaves that to them. */
bool view_is_free(const struct lend_view *view);
/* It takes part in a grid, as opposed to what is above that. */
bool view_is_tiled(const struct lend_view *view);
/* free.c */
/* Its user can move and resize it. */
bool view_is_movable(const struct lend_view *view);
void view_resize(struct lend_view *view, int32_t width, int32_t height);
/* view_origin() of one that was moved. */
void view_free_origin(const struct lend_view *view, int32_t *x, int32_t *y);
/* layout.c */
/* Where the view's surface (not geometry) has its origin on the output. */
void view_origin(const struct lend_view *view, int32_t *x, int32_t *y);

/* xdg_shell.c, called by layout.c: asks for a size (0: the client's choice) and states, unless it
 * is what was asked for last. */
void view_configure(struct lend_view *view, int32_t width, int32_t height, uint32_t states);
/* xdg_shell.c, called by lend_view_close(). */
void view_send_close(struct lend_view *view);

/* stack.c */
/* The user chose the view: it gets the keys and comes to the top, with the views above it that
 * belong to it. */
void view_activate(struct lend_view *view);
/* To the top, and, if it is a tile, all others with it. */
void view_raise(struct lend_view *view);
/* Above the parent from now on, which may be NULL. */
void view_set_parent(struct lend_view *view, struct lend_view *parent);
/* False if it is not mapped, or it or what it belongs to is minimised. */
bool view_is_shown(const struct lend_view *view);
/* The one that has the keys, or NULL. */
struct lend_view *view_active(const struct lend_server *server);
/* Shows the next view in the order in which they were used, which stays as it is until
 * view_cycle_end(). */
void view_cycle(struct lend_server *server, bool backwards);
void view_cycle_end(struct lend_server *server);
/* view.c: the view that the surface is, or is part of, or NULL. */
struct lend_view *view_from_surface(struct surface *surface);

/* layout.c: places the outputs side by side, gives every view its output and place, and configures
 * it. */
void layout_arrange(struct lend_server *server);

#endif
