/* SPDX-License-Identifier: MIT */
/*
 * What the seat's files share: seat.c (which devices there are), pick.c (what is where), pointer.c,
 * cursor.c (the pointer's picture), keyboard.c, keymap.c, touch.c, drag.c and grab.c (popups that
 * take the keys). The requests are in globals/seat.c.
 *
 * Objects of a device that went stay, with no user data and in no list, and do nothing.
 */
#ifndef SERVER_SEAT_SEAT_H
#define SERVER_SEAT_SEAT_H

#include "server/server.h"

#include <linux/input-event-codes.h>
#include <wayland-server.h>
#include <xkbcommon/xkbcommon.h>

#define ACTIONS	   32	     /* that are remembered, for serials */
#define TOUCH_MAX  16	     /* fingers */
#define CURSOR_MAX 512	     /* units a side */
#define LOOK_MAX   2048	     /* pixels a side */
#define KEYMAP_MAX (1 << 20) /* bytes of text */
#define XKB_OFFSET 8	     /* that libxkbcommon adds to a kernel's key code */

/* Buttons or keys that are down. */
struct pressed {
	uint8_t bits[KEY_CNT / 8];
	unsigned count;
};

/* False if that changes nothing, or there is no such code. */
bool pressed_set(struct pressed *pressed, uint32_t code, bool down);
bool pressed_has(const struct pressed *pressed, uint32_t code);

/* A surface, and where it has its origin in the space that outputs share. */
struct spot {
	struct surface *surface; /* NULL: none */
	int32_t x, y;
};

/* Where something is on a surface, or in the space that outputs share. */
struct place {
	double x, y;
};

/* By how much the pointer moves; raw: before acceleration. */
struct motion {
	double dx, dy, raw_dx, raw_dy;
};

struct pointer {
	struct wl_list resources;
	struct wl_list relatives; /* zwp_relative_pointer_v1 */
	struct wl_list shapes;	  /* wp_cursor_shape_device_v1 */
	double x, y;
	struct place absolute; /* where a device that knows put it last */
	bool placed;	       /* it has been on an output */
	bool used; /* somebody has moved it or clicked: until then it is not to be seen */
	struct spot focus;
	wl_fixed_t sent_x, sent_y; /* on the focus */
	uint32_t enter_serial;
	struct pressed buttons; /* while one is down, the focus stays */
	uint32_t press_serial;	/* of the first of them */
	bool frame_due;
	bool source_sent; /* in this frame */
	int32_t wheel[2]; /* of value120 that made no whole click yet, by axis */
};

/* A picture for the pointer. */
struct picture {
	pixman_image_t *image;		      /* a8r8g8b8 */
	struct pixman_f_transform from_image; /* its pixels in units */
	double width, height, hot_x, hot_y;   /* units; a client's hot spot is elsewhere */
	struct wl_list looks;		      /* look.link: as outputs want it */
};

/* For outputs of that scale and transform, turned as they are. */
struct look {
	struct wl_list link;
	uint32_t scale;
	enum lend_transform transform;
	int32_t width, height; /* before it was turned */
	pixman_image_t *image;
	uint64_t serial;
};

struct theme {
	struct wl_list pictures; /* those that were needed */
	void *library;
	bool missing; /* there is no such theme */
	bool told;
};

/* Shapes have the numbers of wp_cursor_shape_device_v1.shape. */
#define CURSOR_SHAPE_DEFAULT 1
#define CURSOR_SHAPES	     36

struct cursor {
	enum { CURSOR_SHAPE, CURSOR_SURFACE, CURSOR_HIDDEN } kind;
	uint32_t shape;
	struct surface *surface; /* the client's, or NULL */
	int32_t hot_x, hot_y;	 /* on that */
	struct theme theme;
	uint64_t next_serial;
};

struct keymap {
	unsigned references;
	struct xkb_keymap *xkb; /* NULL: keys mean nothing */
	char *text;		/* as libxkbcommon writes it */
	int fd;			/* of that, which nobody can change */
	uint32_t size, format;
};

/* One origin of keys: the seat's devices, or a virtual keyboard. To begin with, all zero. */
struct keys {
	struct keymap *keymap;	 /* NULL: none yet */
	struct xkb_state *state; /* NULL: keys mean nothing */
	struct pressed down;
	bool says_modifiers; /* by itself: its keys do not change them */
};

struct modifiers {
	uint32_t depressed, latched, locked, group;
};

struct keyboard {
	struct wl_list resources; /* that know the keymap */
	struct wl_list stale;	  /* that will be told when their client gets the keys */
	struct surface *wanted;	  /* of the view that was activated */
	struct surface *focus;
	struct keys devices;
	/* What clients know: whose keys came last (NULL: that origin went), what they mean, which
	 * are down and the modifiers. */
	struct keys *speaker;
	struct keymap *keymap;
	struct pressed known;
	struct modifiers modifiers;
	uint32_t leds;
};

/* A window that the pointer moves or resizes. */
struct grip {
	struct lend_view *view; /* NULL: none */
	uint32_t edges;		/* enum xdg_toplevel_resize_edge; 0: it is moved */
	double x, y;		/* the pointer's, to begin with */
	struct lend_rect box;	/* and the window's */
	int32_t dx, dy;		/* by how far the pointer was dragged since */
};

/* A finger. It belongs to the surface that it came down on. */
struct touch_point {
	bool used, down;
	bool changed; /* its client is due a frame */
	int32_t id;
	uint32_t serial; /* of its coming down */
	double x, y;	 /* in the space that outputs share */
	struct spot spot;
};

struct touch {
	struct wl_list resources;
	struct touch_point points[TOUCH_MAX];
};

/* Something that a user did, and who was told of it. */
struct action {
	const struct wl_client *client;
	uint32_t serial;
};

/* What is copied, of one of the two kinds. */
struct selection {
	struct seat *seat;
	const struct selection_kind *kind; /* globals/selection.h */
	struct wl_list devices;		   /* wl_data_device, zwp_primary_selection_device_v1 */
	struct source *source;		   /* NULL: nothing */
	uint32_t serial;		   /* the newest when it was set */
};

/* The devices that clients make: virtual.h. */
struct virtual
{
	struct seat_source source;
	uint64_t announced_us;	/* when a capability of theirs was new */
	struct wl_list waiting; /* virtual_event.link */
	unsigned n_waiting;
	struct wl_event_source *timer;
};

/* Since when nobody has touched anything, and who wants to know. */
struct idle {
	uint64_t active_at; /* ms */
	struct wl_list notifications, inhibitors;
};

struct seat {
	struct lend_server *server;
	struct selection clipboard, primary;
	struct drag *drag; /* NULL: nothing is dragged */
	struct wl_list constraints;
	struct constraint *constraint; /* the one that holds the pointer, or NULL */
	struct idle idle;
	struct wl_list tokens;	     /* globals/activation.c */
	struct wl_list resources;    /* wl_seat */
	struct wl_list sources;	     /* seat_source.link */
	uint32_t capabilities, ever; /* enum wl_seat_capability: now, and at any time */
	struct seat_bindings bindings;
	struct wl_list grabs;				  /* popup.grab_link, topmost first */
	struct action actions[ACTIONS], entries[ACTIONS]; /* entries: who got the keys */
	unsigned next_action, next_entry;
	struct pointer pointer;
	struct cursor cursor;
	struct keyboard keyboard;
	struct touch touch;
	struct grip grip;
	struct virtual virtual;
};

/* ---- seat.c --------------------------------------------------------------------------------- */

bool seat_has(const struct seat *seat, uint32_t capability);
uint32_t seat_serial(const struct seat *seat);
/* The time of what no source of input told. */
uint32_t seat_now_ms(void);
/* A serial for what a user did, which a request of that client may name. */
uint32_t seat_action(struct seat *seat, const struct surface *surface);
/* A serial for a surface's getting the keys, which says less. */
uint32_t seat_entry(struct seat *seat, const struct surface *surface);
/* True if the client had the serial with one of either, lately. */
bool seat_serial_is_known(const struct seat *seat, const struct wl_client *client, uint32_t serial);
/* The next object in the list, after `before` or the first, that the surface's client has; NULL:
 * there is none. */
struct wl_resource *seat_next_object(struct wl_list *resources, struct wl_resource *before,
				     const struct surface *surface);
/* Has the client room for one more object? Each of them is told of everything. False after ending
 * its connection. */
bool seat_check_room(struct wl_client *client, struct wl_list *resources, const char *request);
/* Joins the list, from which destroying it removes it. */
void seat_add_object(struct wl_list *resources, struct wl_resource *resource);
/* The device is gone: all of them do nothing from now on. */
void seat_retire_objects(struct wl_list *resources);

/* ---- pick.c --------------------------------------------------------------------------------- */

/* The topmost surface there that takes input. */
struct spot pick(const struct lend_server *server, double x, double y);
/* Finds out where the surface is now. False if it is nowhere. */
bool spot_follow(const struct lend_server *server, struct spot *spot);
wl_fixed_t spot_x(const struct spot *spot, double x);
wl_fixed_t spot_y(const struct spot *spot, double y);
/* Into the nearest output. False if there is none, or it is no place at all. */
bool place_clamp(const struct lend_server *server, double *x, double *y);
/* From 0 to 1 of the output, or of all if it is NULL. As place_clamp(). */
bool place_absolute(const struct lend_server *server, const struct lend_output *output, double *x,
		    double *y);

/* ---- pointer.c, cursor.c -------------------------------------------------------------------- */

void pointer_init(struct pointer *pointer);
void pointer_add(struct seat *seat, struct wl_resource *resource);
/* The device came or went. */
void pointer_enable(struct seat *seat, bool enable);
/* The surface below it may be another, or at another place. */
void pointer_update(struct seat *seat);
void pointer_forget(struct seat *seat, const struct surface *surface);
/* As if it had been moved there. */
void pointer_warp(struct seat *seat, double x, double y);
/* Its client hears no more of it; the picture stays. */
void pointer_take_away(struct seat *seat);

/* The request of a wl_pointer; surface may be NULL. */
void cursor_set(struct seat *seat, struct wl_resource *pointer, uint32_t serial,
		struct surface *surface, int32_t hot_x, int32_t hot_y);
/* Likewise, of a client that wants one of the theme's. */
void cursor_set_shape(struct seat *seat, const struct wl_client *client, uint32_t serial,
		      uint32_t shape);
/* No client has a say in it until it sets one. */
void cursor_reset(struct seat *seat);
/* Tells the outputs where the picture is, and which. */
void cursor_update(struct seat *seat);
/* arrow.c; NULL: no memory. */
pixman_image_t *arrow_create(int32_t *hot_x, int32_t *hot_y);

/* picture.c; NULL: no memory. The picture is to be filled in. */
struct picture *picture_create(void);
void picture_destroy(struct picture *picture); /* NULL is fine */
/* Made at the first time. NULL: no memory. */
const struct look *picture_look(struct picture *picture, const struct lend_output *output);

/* theme.c: the shape, or what comes nearest to it. NULL: no memory. */
struct picture *theme_picture(struct theme *theme, const struct lend_output *output,
			      uint32_t shape);
void theme_init(struct theme *theme);
void theme_finish(struct theme *theme);

/* ---- grip.c --------------------------------------------------------------------------------- */

/* The pointer moved. */
void grip_follow(struct seat *seat);
/* Its buttons are up. */
void grip_end(struct seat *seat);

/* ---- keyboard.c, keymap.c ------------------------------------------------------------------- */

void keyboard_init(struct keyboard *keyboard);
void keyboard_finish(struct keyboard *keyboard);
void keyboard_add(struct seat *seat, struct wl_resource *resource);
/* Before the first device: makes the keymap. False if that cannot be, after saying so. */
bool keyboard_open(struct seat *seat);
void keyboard_enable(struct seat *seat, bool enable);
/* One of several devices, with whatever keys were down. */
void keyboard_device_went(struct seat *seat);
/* The surface that is to have the keys may be another. */
void keyboard_update(struct seat *seat);
/* Before a client's objects are counted: they are all in one list then. */
void keyboard_catch_up(struct seat *seat, const struct wl_client *client);

/* Takes the reference, also on failure. */
int keys_take_keymap(struct seat *seat, struct keys *keys, struct keymap *keymap);
void keys_press(struct seat *seat, struct keys *keys, uint64_t time_us, uint32_t key, bool pressed);
void keys_set_modifiers(struct seat *seat, struct keys *keys, const struct modifiers *modifiers);
/* What is down is let go. */
void keys_finish(struct seat *seat, struct keys *keys);

/* The one that the environment asks for, or another; it always has an fd for clients. */
int keymap_create(const struct lend_server *server, struct keymap **keymap);
/* -EINVAL with fail_text(). */
int keymap_create_from_text(const char *text, struct keymap **keymap);
/* A client's file, whose text the caller frees. -EINVAL with fail_text(): nothing that is read. */
int keymap_read(int fd, uint32_t size, char **text);
struct keymap *keymap_reference(struct keymap *keymap);
void keymap_unreference(struct keymap *keymap); /* NULL is fine */
bool keymap_is_same(const struct keymap *a, const struct keymap *b);

/* ---- confine.c ------------------------------------------------------------------------------ */

/* How far a movement gets within the region, which is not empty. If it begins outside, it does so
 * from the nearest place inside. */
struct place confine(const pixman_region32_t *region, struct place from, struct place to);

/* ---- globals/pointer_constraints.c, relative_pointer.c, idle_notify.c, activation.c --------- */

/* Where a movement to x, y ends; false: there is none. */
bool constraint_apply(struct seat *seat, double *x, double *y);
/* The pointer, the keys or a surface's shape may have changed. */
void constraints_update(struct seat *seat);
void relative_send(struct seat *seat, uint64_t time_us, const struct motion *motion);
/* Somebody has touched something. */
void seat_active(struct seat *seat);
void activation_finish(struct seat *seat);

/* ---- globals/selection.c -------------------------------------------------------------------- */

void selections_init(struct seat *seat);
/* Tells the client that has the keys what is copied. */
void selections_update(struct seat *seat);

/* ---- drag.c --------------------------------------------------------------------------------- */

extern const struct surface_role drag_icon_role;

/* The client carries the source (or NULL: nothing that others may have), with a button or finger
 * that went down with that serial. -EPERM: there is none of its own. -EBUSY: another drag is under
 * way. -ENOMEM. */
int drag_start(struct seat *seat, struct wl_client *client, struct source *source,
	       struct surface *icon, uint32_t serial);
bool drag_has_pointer(const struct seat *seat);
/* Does that client drag with the pointer, and was the serial its focus's last? */
bool drag_may_set_cursor(const struct seat *seat, const struct wl_client *client, uint32_t serial);
bool drag_has_finger(const struct seat *seat, int32_t id);
/* These two while there is one. */
void drag_move(struct seat *seat, uint32_t time, double x, double y);
void drag_drop(struct seat *seat);
void drag_cancel(struct seat *seat);
/* True if that key ends it. */
bool drag_press(struct seat *seat, const struct keys *keys, uint32_t key);
void drag_forget(struct seat *seat, const struct surface *surface);
void drag_forget_source(struct seat *seat, const struct source *source);

/* ---- shortcuts.c ---------------------------------------------------------------------------- */

/* True if the key that goes down is the server's own. */
bool shortcuts_press(struct seat *seat, const struct keys *keys, uint32_t key);
/* Modifiers may have been let go. */
void shortcuts_update(struct seat *seat);

/* ---- touch.c -------------------------------------------------------------------------------- */

void touch_init(struct touch *touch);
void touch_add(struct seat *seat, struct wl_resource *resource);
void touch_enable(struct seat *seat, bool enable);
void touch_forget(struct seat *seat, const struct surface *surface);

/* ---- grab.c --------------------------------------------------------------------------------- */

/* The popup that has the keys, or NULL. */
struct popup *grab_top(const struct seat *seat);
void grab_dismiss_all(struct seat *seat);
/* What is there for pointer and fingers: while there is a grab, surfaces of its client only. */
struct spot grab_pick(const struct seat *seat, double x, double y);
/* A button or finger came down: ends grabs, and activates the view. False if that is all it was
 * for. */
bool grab_press(struct seat *seat, double x, double y);

#endif
