/* SPDX-License-Identifier: MIT */
/* Surfaces: what commits take over, and how pixels get to the display. (surface.c, geometry.c,
 * path.c, the globals of surfaces) */
#ifndef SERVER_SURFACE_H
#define SERVER_SURFACE_H

#include "server/buffer.h"

/* What a commit takes over. One function merges one state into the next, from pending to the cached
 * state of a synchronised subsurface or straight to the current one. */
struct surface_state {
	uint32_t set; /* enum surface_field: which of the fields below this state changes */
	struct buffer *buffer; /* locked; NULL: none */
	int32_t scale, transform;
	int32_t offset_x, offset_y; /* since the commit before; for roles that move by it */
	pixman_region32_t surface_damage, buffer_damage;
	pixman_region32_t opaque, input;
	bool input_infinite;
	bool source_set, destination_set; /* wp_viewport */
	double source_x, source_y, source_width, source_height;
	int32_t destination_width, destination_height;
	struct acquire *acquire;  /* a fence to wait for (fence.c), or NULL */
	struct wl_list frames;	  /* wl_callback resources */
	struct wl_list feedbacks; /* wp_presentation_feedback resources */
	struct wl_list releases;  /* framelend_release_v1 resources */
};

enum surface_field {
	SURFACE_BUFFER = 1 << 0,
	SURFACE_SCALE = 1 << 1,
	SURFACE_TRANSFORM = 1 << 2,
	SURFACE_OPAQUE = 1 << 3,
	SURFACE_INPUT = 1 << 4,
	SURFACE_VIEWPORT = 1 << 5,
};

/* What a surface is used as. Any function may be NULL. */
struct surface_role {
	const char *name;
	/* Before a commit is taken over: false after posting a protocol error. */
	bool (*check)(struct surface *surface, const struct surface_state *pending);
	/* After the current state changed. */
	void (*committed)(struct surface *surface);
	/* The wl_surface is being destroyed. */
	void (*destroyed)(struct surface *surface);
};

/* How a surface's pixels get to the display, with what makes up the reason. */
struct path {
	enum lend_path kind;
	enum path_reason {
		REASON_NONE,
		REASON_HIDDEN,	 /* covered */
		REASON_UNMAPPED, /* no output, no role or no buffer */
		REASON_FILLS,	 /* scanned out */
		REASON_PLANE,	 /* on an overlay plane */
		REASON_NO_PLANE, /* nothing but its memory keeps it from one */
		REASON_CURSOR,	 /* the cursor has no plane and is drawn above it */
		REASON_SIZE,	 /* smaller or larger than the output, or beside others */
		REASON_SHARED,	 /* others are seen on the output as well */
		REASON_ALPHA,
		REASON_SCALED,
		REASON_UNFIT, /* drawn for another scale or transform than the output's */
		REASON_FORMAT,
		REASON_UNSEALED,
		REASON_REFUSED, /* nothing but the output's refusal of the memory is in the way */
		REASON_UNREAD,	/* neither the output nor what composites can read its memory */
	} reason;
	struct lend_rect place; /* on the output, in units of the space that outputs share */
	const struct lend_output *output; /* for comparison only */
	const char *detail;		  /* static, or NULL */
};

struct texture;

struct stack_entry {
	struct wl_list link;
	struct surface *surface;
};

struct surface {
	struct lend_server *server;
	struct client *client; /* a reference */
	struct wl_resource *resource;
	uint32_t id;
	struct wl_list link; /* lend_server.surfaces */
	const struct surface_role *role;
	void *role_object; /* NULL when the role's object is gone */
	struct surface_state pending, current;
	int32_t width, height; /* surface coordinates; 0: no contents */
	/* from buffer to surface coordinates; identity: neither scale, crop nor transform */
	struct pixman_f_transform from_buffer;
	bool identity;
	pixman_region32_t
		opaque; /* of current, clipped to the surface; all of it if there is no alpha */
	struct wl_resource *viewport;	      /* wp_viewport, at most one */
	struct wl_resource *fractional_scale; /* wp_fractional_scale_v1, at most one */
	uint32_t scale_told, transform_told;  /* to its client, as the best; 0: none yet */
	struct chain *chain;		      /* framelend_chain_v1, at most one */
	struct subsurface *subsurface;
	/* The surface itself and its subsurfaces, bottom first; pending is taken over by a commit.
	 */
	struct wl_list stack, stack_pending; /* stack_entry.link */
	struct stack_entry self, self_pending;
	struct lend_output *output; /* the primary one of those that show it, or NULL */
	uint32_t outputs_entered;   /* bit of lend_output.index for which enter was sent */
	struct path path;
	char reason[REASON_LENGTH]; /* the path's reason in words */
	/* A renderer's copy of the contents, or NULL, and what of the buffer has changed since the
	 * renderer took note. */
	struct texture *texture;
	pixman_region32_t unread;
	struct wl_list held;	       /* commits that wait for fences, oldest first (fence.c) */
	struct wl_event_source *fence; /* what the oldest one waits for, or NULL */
	/* Of commits that are on their way to the display: called back when it has shown them. */
	struct wl_list latched_frames, latched_feedbacks;
	bool latched; /* the frame on its way is the first one with the current commit */
	uint64_t frames, commits, copied;
	bool shown_since_commit;       /* the current commit is or was in a frame */
	struct wl_signal committed;    /* surface; the current state has changed */
	struct wl_signal path_changed; /* surface */
	struct wl_signal destroyed;    /* surface */
};

struct surface *surface_create(struct client *client, uint32_t version, uint32_t id);
struct surface *surface_from_resource(struct wl_resource *resource);
/* Gives the surface a role, for good. False if it has another one. role_object is set by the
 * caller. */
bool surface_set_role(struct surface *surface, const struct surface_role *role);
bool surface_has_buffer(const struct surface *surface);
/* The buffer that the surface has after the pending commit, applied or cached, or NULL. */
struct buffer *surface_buffer_to_come(const struct surface *surface);
void surface_commit(struct surface *surface);
/* Applies a state once what it shows is drawn, after those that wait already. */
void surface_submit(struct surface *surface, struct surface_state *state);
void surface_state_init(struct surface_state *state);
void surface_state_finish(struct surface_state *state);
/* Moves all that `from` sets to `to`; what `to` had is released, its presentation discarded. */
void surface_state_merge(struct surface_state *to, struct surface_state *from);
/* Takes the state (not the pending one only) over as current: damage, size, role, children. */
void surface_apply(struct surface *surface, struct surface_state *state);
/* geometry.c: size and mapping from the current state. */
void surface_update_geometry(struct surface *surface);
/* Bounding box in surface coordinates of a box in buffer coordinates, and back. */
pixman_box32_t surface_box_from_buffer(const struct surface *surface, const pixman_box32_t *box);
pixman_box32_t surface_box_to_buffer(const struct surface *surface, const pixman_box32_t *box);
/* path.c: tells a new path to whoever asked: chain, log, events. */
void surface_set_path(struct surface *surface, const struct path *path);
/* The current commit is in the frame that goes to the display now; it will be presented, or not. */
void surface_latch(struct surface *surface);
void surface_unlatch(struct surface *surface);
/* Sends the frame callbacks and presentation feedback of what was latched; without an output, the
 * frame callbacks of a surface that nobody sees. */
void surface_presented(struct surface *surface, struct lend_output *output,
		       const struct presented *presented);
/* globals/compositor.c: the requests of wl_surface. */
extern const void *const surface_implementation;
/* globals/compositor.c: a wl_region's rectangles, or its extents if it has more than are kept. */
const pixman_region32_t *region_from_resource(struct wl_resource *resource);

/* globals/viewporter.c: false after posting the protocol error of a source or destination that the
 * buffer to come does not allow. */
bool viewport_check(struct surface *surface, const struct surface_state *pending);

/* globals/xdg_shell.c: false after posting the error of a buffer that comes too early. */
bool xdg_surface_check_attach(struct surface *surface, const struct buffer *buffer);

/* globals/fractional_scale.c: how it is best drawn for the output, if that is not told already. */
void surface_send_scale(struct surface *surface, const struct lend_output *output);

/* globals/presentation.c */
void feedback_list_discard(struct wl_list *feedbacks);
void feedback_list_present(struct wl_list *feedbacks, struct lend_output *output,
			   const struct presented *presented);

/* ---- fence.c: what is not drawn yet, and commits that wait for it ---------------------------- */

/* Makes the sync_file (taken, also on failure) what the state waits for. -EINVAL: it is none.
 * -EDQUOT, -ENOMEM. */
int fence_set_acquire(struct surface_state *state, struct client *client, int fd);
void acquire_destroy(struct acquire *acquire);
/* The descriptor to poll of a fence that keeps the buffer from being read, or -1. */
int fence_of_buffer(const struct buffer *buffer);
/* Puts the state in line if it, or one before it, has to wait. */
bool fence_hold(struct surface *surface, struct surface_state *state);
/* The buffer that the newest one in line brings; false: none does. */
bool fence_buffer_to_come(const struct surface *surface, struct buffer **buffer);
/* What the oldest one waits for has changed. */
void fence_recheck(struct surface *surface);
void fence_finish(struct surface *surface);

/* globals/subcompositor.c */
struct subsurface {
	struct surface *surface, *parent; /* parent NULL once it was destroyed */
	struct wl_resource *resource;
	struct stack_entry entry, entry_pending;
	struct surface_state cached; /* waits for the parent while synchronised */
	bool has_cached;
	bool synchronised;
	int32_t x, y, pending_x, pending_y;
	bool position_set;
	struct wl_listener parent_destroyed;
};
/* True if it or one of its ancestors is synchronised. */
bool subsurface_is_synchronised(const struct subsurface *subsurface);
/* Takes over positions, order and, for synchronised children, cached states. */
void subsurface_parent_applied(struct surface *parent);

#endif
