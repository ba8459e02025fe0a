/* SPDX-License-Identifier: MIT */
/* xdg_wm_base's parts: surfaces (xdg_shell.c), what they are (xdg_toplevel.c, xdg_popup.c), and
 * where popups go (xdg_positioner.c). Objects live until their resource or their wl_surface is
 * destroyed, whichever comes first; the resource's user data is NULL from then on and requests do
 * nothing. */
#ifndef SERVER_GLOBALS_XDG_SHELL_H
#define SERVER_GLOBALS_XDG_SHELL_H

#include "server/server.h"

#include "xdg-shell-server-protocol.h"

struct toplevel;
struct shell_popup;

/* An xdg_wm_base that a client bound. */
struct shell {
	struct lend_server *server;
	struct wl_resource *resource;
	struct wl_list surfaces; /* shell_surface.link */
	uint32_t ping;		 /* the serial not answered yet, or 0 */
};

/* An xdg_surface. Serials of its configure events are its own: 1, 2, 3... so that which of them
 * were sent and not acknowledged is a range, however many they are. */
struct shell_surface {
	struct shell *shell; /* NULL only while the client is being disconnected */
	struct wl_list link; /* shell.surfaces */
	struct wl_resource *resource;
	struct surface *surface;
	struct wl_listener surface_destroyed;
	struct toplevel *toplevel; /* one of these, or neither */
	struct shell_popup *popup;
	uint32_t sent, acked;	   /* serials */
	uint32_t stale;		   /* sent before the surface was unmapped, as was all before it */
	bool initialised;	   /* the initial commit was made: configure events may be sent */
	bool configured;	   /* and one of them was acknowledged: a buffer may come */
	struct lend_rect geometry; /* as the client set it, for good; width 0: it did not */
};

void shell_surface_send_configure(struct shell_surface *base);
/* Back to how it was before the initial commit. */
void shell_surface_reset(struct shell_surface *base);
/* False after posting an error: a buffer came before its time. */
bool shell_surface_check_buffer(struct shell_surface *base, const struct surface_state *pending);
/* The window geometry that a commit takes into effect. */
struct lend_rect shell_surface_geometry(const struct shell_surface *base);
/* Its popups, bottom first, or NULL if it has no role. */
struct wl_list *shell_surface_popups(const struct shell_surface *base);
bool shell_surface_is_mapped(const struct shell_surface *base);
/* Asks whether the client is alive. Nothing happens if it does not answer, save a word in the log.
 */
void shell_surface_ping(const struct shell_surface *base);

/* ---- xdg_toplevel.c ------------------------------------------------------------------------- */

struct toplevel {
	struct lend_view view;
	struct shell_surface *base;
	struct wl_resource *resource;
	int32_t width, height; /* asked for last */
	uint32_t states;
	int32_t bounds_width, bounds_height; /* sent last */
	bool capabilities_sent;
	struct wl_resource *decoration; /* zxdg_toplevel_decoration_v1, or NULL */
	bool decoration_due;		/* with the next configure */
	bool answer_due; /* the client waits for a configure, even for an equal one */
	int32_t min_width, min_height, max_width, max_height; /* to be checked at the next commit */
};

extern const struct surface_role toplevel_surface_role, popup_surface_role;

void toplevel_send_configure(struct toplevel *toplevel);

/* decoration.c: its part of a configure. */
void decoration_send_configure(struct toplevel *toplevel);
/* The toplevel is to be destroyed: false after posting an error, if it has a decoration. */
bool decoration_check_orphan(const struct toplevel *toplevel);
void decoration_forget_toplevel(struct toplevel *toplevel);

void toplevel_create(struct shell_surface *base, uint32_t id);
/* For an xdg_surface whose wl_surface is gone. */
void toplevel_create_inert(struct wl_resource *xdg_surface, uint32_t id);
void toplevel_destroy(struct toplevel *toplevel);

/* ---- xdg_positioner.c ----------------------------------------------------------------------- */

struct positioner_rules {
	int32_t width, height;
	struct lend_rect anchor_rect; /* in the parent's window geometry */
	enum xdg_positioner_anchor anchor;
	enum xdg_positioner_gravity gravity;
	uint32_t adjustment; /* enum xdg_positioner_constraint_adjustment */
	int32_t offset_x, offset_y;
	bool reactive;
};

void positioner_create(struct wl_client *client, uint32_t version, uint32_t id);
const struct positioner_rules *positioner_from_resource(struct wl_resource *resource);
/* False after posting an error on the xdg_wm_base: it lacks the size or the anchor rectangle. */
bool positioner_check(const struct positioner_rules *rules, struct wl_resource *shell,
		      const char *request);
/* Where the rules put a surface, in the parent's window geometry. bounds, in the same coordinates:
 * where it should stay; NULL: anywhere. */
struct lend_rect positioner_place(const struct positioner_rules *rules,
				  const struct pixman_box32 *bounds);

/* ---- xdg_popup.c ---------------------------------------------------------------------------- */

struct shell_popup {
	struct popup popup;
	struct shell_surface *base;
	struct wl_resource *resource;
	struct shell_surface *parent; /* NULL: it never had one, or it was dismissed */
	struct positioner_rules rules;
	struct lend_rect place; /* configured last */
	uint32_t place_serial;	/* that configure's */
	bool grabs, dismissed;
	bool repositioned; /* with the next configure, `token` is due */
	uint32_t token;
};

/* parent: an xdg_surface or NULL. */
void popup_create(struct shell_surface *base, uint32_t id, struct wl_resource *parent,
		  const struct positioner_rules *rules);
void popup_create_inert(struct wl_resource *xdg_surface, uint32_t id);
void popup_destroy(struct shell_popup *popup);
/* Sends popup_done to all of the list and to theirs, topmost first, and hides them for good.
 * Dismissed popups are in no list. */
void popups_dismiss(struct wl_list *popups);
/* Their parent's place or geometry may have changed. */
void popups_follow(struct wl_list *popups);

#endif
