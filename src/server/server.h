/* SPDX-License-Identifier: MIT */
/*
 * What the server's files share. A frame goes one way through them:
 *
 *   globals/ (requests) -> surface.c (commit) -> scene.c (what is seen where, and the path)
 *   -> output.c (repaint, latch) -> presented -> buffer.c (release)
 *
 * and each step knows only the next.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

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
	uint64_t activations;	    /* lend_view.activated_at of the last one */
	bool ending;		    /* being destroyed */
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
};

extern const struct global global_compositor, global_subcompositor, global_shm, global_seat,
	global_xdg_shell, global_viewporter, global_presentation, global_lend, global_data_device;

/* ---- socket.c ------------------------------------------------------------------------------- */

/* name as in lend_server_options.socket. */
int listener_create(struct lend_server *server, const char *name, struct listener **listener);
void listener_destroy(struct listener *listener);
const char *listener_name(const struct listener *listener);

/* ---- client.c: who it is, and what it holds ------------------------------------------------- */

struct client {
	struct lend_server *server;
	struct wl_client *wl_client;
	struct lend_peer peer; /* peer.program points to program */
	char program[64];
	uint64_t bytes;
	uint32_t buffers, fds, surfaces, objects;
	unsigned references; /* buffers outlive the connection while an output shows them */
	struct wl_list link; /* lend_server.clients; alone once the connection is gone */
	struct wl_listener destroy, object_created;
};

struct client *client_create(struct lend_server *server, struct wl_client *wl_client);
struct client *client_get(struct wl_client *wl_client);
struct client *client_reference(struct client *client);
void client_unreference(struct client *client);
bool client_is_privileged(const struct client *client);
/* Ends the connection with wl_display.no_memory, naming the request and fail_text(). */
void client_post_no_memory(struct client *client, const char *request);

/* quota.c: charges what a client is about to hold. -EDQUOT, with the words in fail_text(), and
 * nothing is charged. Amounts are given back with the same numbers. */
struct charge {
	uint64_t bytes;
	uint32_t buffers, fds, surfaces;
};
int quota_charge(struct client *client, const struct charge *charge);
void quota_discharge(struct client *client, const struct charge *charge);
void quota_defaults(struct lend_quota *quota);
/* Counts the client's protocol objects from now on; too many end its connection. */
void quota_watch_objects(struct client *client);

/* ---- buffer.c: a client's buffer, counted, released once ------------------------------------ */

/* Implements the memory behind a wl_buffer. */
struct buffer_source {
	/* Makes memory available (buffer->memory or staging); called once, before the first use. */
	int (*open)(struct buffer *buffer);
	/* Frees what the source holds. */
	void (*destroy)(struct buffer *buffer);
};

struct buffer {
	struct wl_resource *resource; /* NULL once the client destroyed it */
	struct client *client;	      /* a reference */
	const struct buffer_source *source;
	void *source_data;
	struct lend_buffer *memory; /* the pixels; NULL until opened */
	struct charge charge;
	uint32_t width, height, stride, format;
	enum lend_memory kind;
	enum lend_caching caching;
	bool opened, lent;
	bool front;  /* never released */
	bool staged; /* memory that may not be mapped: read into staging by pread before each use */
	int staged_fd; /* not owned */
	uint64_t staged_offset;
	void *staging;
	pixman_image_t *image;		  /* of the mapped or staging pixels; made at first use */
	bool held;			  /* its source keeps it, without needing the contents */
	const struct lend_device *device; /* whose own memory it is; for comparison only */
	uint32_t shown_by;		  /* lend_output.serial that scanned it out last, and its */
	uint64_t shown_sequence;	  /* frame then: what it lacks since is its own damage */
	unsigned locks;			  /* surface states and outputs that need the contents */
	bool committed;			  /* a release is due when the last lock goes */
	uint32_t committed_by;		  /* surface.id of that commit, for counting (monitor.c) */
	struct wl_list releases;	  /* framelend_release_v1 resources for the commit */
};

/* Takes the charge, already made, and a reference to the client. */
struct buffer *buffer_create(struct client *client, const struct buffer_source *source, void *data,
			     const struct charge *charge);
/* Makes `resource` (a wl_buffer) the buffer's; destroying it destroys the buffer when unlocked. */
void buffer_set_resource(struct buffer *buffer, struct wl_resource *resource);
struct buffer *buffer_from_resource(struct wl_resource *resource);
struct buffer *buffer_lock(struct buffer *buffer);
void buffer_unlock(struct buffer *buffer);
/* The source gives up what `held` says; frees the buffer unless somebody else has it. */
void buffer_drop(struct buffer *buffer);
/* Tells everyone in a list of framelend_release_v1 that there is nothing to wait for. */
void release_list_send(struct wl_list *releases);
/* Opens the memory at first use: 0 or -errno, with fail_text(). */
int buffer_open(struct buffer *buffer);
/* The pixels for reading within region (buffer coordinates), as an image; NULL on failure. */
pixman_image_t *buffer_begin_read(struct buffer *buffer, const pixman_region32_t *region);
void buffer_end_read(struct buffer *buffer);
/* The resource type's implementation, for wl_resource_set_implementation by sources. */
extern const struct wl_buffer_interface buffer_interface;

pixman_format_code_t format_to_pixman(uint32_t fourcc); /* 0: none */

/* ---- surface.c ------------------------------------------------------------------------------ */

/* What a commit takes over. One function merges one state into the next, from pending to the cached
 * state of a synchronised subsurface or straight to the current one. */
struct surface_state {
	uint32_t set; /* enum surface_field: which of the fields below this state changes */
	struct buffer *buffer; /* locked; NULL: none */
	int32_t scale, transform;
	pixman_region32_t surface_damage, buffer_damage;
	pixman_region32_t opaque, input;
	bool input_infinite;
	bool source_set, destination_set; /* wp_viewport */
	double source_x, source_y, source_width, source_height;
	int32_t destination_width, destination_height;
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
		REASON_FORMAT,
		REASON_UNSEALED,
		REASON_REFUSED, /* nothing but the output's refusal of the memory is in the way */
	} reason;
	struct lend_rect place;
	const struct lend_output *output; /* for comparison only */
	const char *detail;		  /* static, or NULL */
};

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
	struct wl_resource *viewport; /* wp_viewport, at most one */
	struct chain *chain;	      /* framelend_chain_v1, at most one */
	struct subsurface *subsurface;
	/* The surface itself and its subsurfaces, bottom first; pending is taken over by a commit.
	 */
	struct wl_list stack, stack_pending; /* stack_entry.link */
	struct stack_entry self, self_pending;
	struct lend_output *output; /* the primary one of those that show it, or NULL */
	uint32_t outputs_entered;   /* bit of lend_output.index for which enter was sent */
	struct path path;
	char reason[REASON_LENGTH]; /* the path's reason in words */
	/* Of commits that are on their way to the display: called back when it has shown them. */
	struct wl_list latched_frames, latched_feedbacks;
	bool latched; /* the frame on its way is the first one with the current commit */
	uint64_t frames, commits, copied;
	bool shown_since_commit;    /* the current commit is or was in a frame */
	struct wl_signal destroyed; /* surface */
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

/* globals/viewporter.c: false after posting the protocol error of a source or destination that the
 * buffer to come does not allow. */
bool viewport_check(struct surface *surface, const struct surface_state *pending);

/* globals/presentation.c */
void feedback_list_discard(struct wl_list *feedbacks);
void feedback_list_present(struct wl_list *feedbacks, struct lend_output *output,
			   const struct presented *presented);

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

/* ---- views: toplevels and popups (globals/xdg_shell.c, layout.c) ---------------------------- */

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

/* ---- damage.c ------------------------------------------------------------------------------- */

/* Adds to a region of wl_region semantics, bounded by RECTS_MAX. True if it became its extents,
 * here and below. */
bool region_add(pixman_region32_t *region, int32_t x, int32_t y, int32_t width, int32_t height);
bool region_bound(pixman_region32_t *region);
uint64_t region_area(const pixman_region32_t *region);

#define DAMAGE_FRAMES 8

/* What each of the last frames changed, so that a buffer of some age can be brought up to date. */
struct damage_ring {
	uint64_t sequence; /* of the newest frame */
	pixman_region32_t frames[DAMAGE_FRAMES];
};

void damage_ring_init(struct damage_ring *ring);
void damage_ring_finish(struct damage_ring *ring);
/* A frame was latched that differs from the one before in `damage`. */
void damage_ring_push(struct damage_ring *ring, const pixman_region32_t *damage);
/* What has changed since frame `sequence` (0: never), within the size given. */
void damage_ring_since(const struct damage_ring *ring, uint64_t sequence, int32_t width,
		       int32_t height, pixman_region32_t *damage);

/* ---- output.c, scene.c ---------------------------------------------------------------------- */

#define LAYERS_MAX 4

/* A client's buffer on an overlay plane, whole and in its own size. */
struct layer {
	struct buffer *buffer; /* locked */
	int32_t x, y;
};

/* When and how a frame came onto the display. */
struct presented {
	struct timespec when;
	uint64_t sequence; /* of the display's refresh, 0: it has no counter */
	uint32_t flags;	   /* of wp_presentation_feedback.presented */
};

/* A picture for a display: the main buffer, and what lies above it on planes of its own. */
struct frame {
	struct lend_buffer *memory;	 /* the output's own or the client's; NULL: no frame */
	struct buffer *client;		 /* locked, or NULL */
	struct layer layers[LAYERS_MAX]; /* bottom first */
	int n_layers;
	pixman_region32_t damage;  /* what the picture differs in from the frame before */
	pixman_region32_t lacking; /* what changed in this memory since it was last shown */
	uint64_t sequence;	   /* in the output's damage ring */
};

/* One kind of display. A new one is a folder in src/output/ and a constructor. Functions that say
 * so may be NULL. */
struct output_backend {
	const char *name;
	/* How many of its own buffers it composites into: 1 if present() is done with the last one.
	 */
	int own_buffers;
	/* Makes one of them, which forget() destroys. NULL: lend_buffer_allocate(). */
	int (*allocate)(struct lend_output *output, struct lend_buffer **memory);
	/* Asks for output_repaint() at the next time that makes sense, not while a frame is on its
	 * way. Called once until then. */
	void (*schedule)(struct lend_output *output);
	/* Can it show the buffer as it is, or as a layer? NULL, or the reason why not (static). */
	const char *(*refuses)(struct lend_output *output, struct buffer *buffer, bool layer);
	/* How a buffer is shown that it does not refuse; NULL: LEND_PATH_SCANOUT. */
	enum lend_path (*direct_path)(const struct lend_output *output);
	/* How many layers there can be at once; NULL: none. */
	int (*layers)(const struct lend_output *output);
	/* Takes output.cursor over, to be shown with the next frame. False, or NULL: it has to be
	 * drawn. */
	bool (*cursor)(struct lend_output *output);
	/* Shows the frame; calls output_presented() now or later. -errno: the display refuses; what
	 * was on it stays. If it was the client's memory that it refused, refuses() says so from
	 * now on. */
	int (*present)(struct lend_output *output, const struct frame *frame);
	/* The memory is about to go. May be NULL. */
	void (*forget)(struct lend_output *output, const struct lend_buffer *memory);
	void (*destroy)(struct lend_output *output);
};

/* A surface at a place on an output; visible in `visible` (output coordinates). */
struct node {
	struct surface *surface;
	int32_t x, y;
	int32_t width, height; /* of the surface, when the scene was built */
	bool layer;	       /* shown by an overlay plane, not composited */
	const char *refusal;   /* why no plane shows it though one could; static, or NULL */
	pixman_box32_t clip;
	pixman_region32_t visible;
};

struct own_buffer {
	struct lend_buffer *memory;
	pixman_image_t *image;
	bool slow;	   /* write-combined: not to be read */
	uint64_t sequence; /* the frame drawn in it last; 0: none */
};

/* The pointer's picture on an output. Whether a cursor plane or the renderer shows it is decided
 * there. */
struct output_cursor {
	pixman_image_t *image; /* premultiplied a8r8g8b8, borrowed until set anew; NULL: none */
	int32_t x, y;	       /* of its top left corner, on the output */
	int32_t hot_x, hot_y;  /* the hot spot, within the image */
	uint64_t serial;       /* of the picture: as long as it is the same, so is the picture */
};

#define OWN_BUFFERS_MAX 3

struct lend_output {
	struct lend_server *server;
	struct wl_list link; /* lend_server.outputs */
	uint32_t index;	     /* 0 to 31, its bit in surface.outputs_entered */
	uint32_t serial;     /* never another output's, not even later */
	const struct output_backend *backend;
	void *backend_data;
	char *name, *description;
	char *make, *model; /* of the display, or NULL */
	int32_t width_mm, height_mm;
	int32_t x, y; /* in the space that all outputs share, side by side; for the pointer */
	int32_t width, height;
	uint32_t refresh; /* mHz */
	uint32_t format;
	enum lend_layout layout;
	struct output_cursor cursor;
	bool cursor_drawn;	    /* composited, for want of a plane */
	bool cursor_dirty;	    /* its plane shows another picture or place */
	struct lend_device *device; /* borrowed, may be NULL */
	struct wl_global *global;   /* globals/output.c */
	struct wl_list resources;

	struct node *nodes; /* bottom first */
	size_t n_nodes, nodes_size;
	bool rebuild;		  /* the scene changed: build the nodes anew */
	bool scheduled;		  /* the backend will call output_repaint() */
	bool started;		  /* output_start() was called: the embedder knows it */
	bool doomed;		  /* destroyed in an event; to go after the dispatch */
	bool layers_refused;	  /* tried with this scene, and not shown */
	bool layers_dirty;	  /* a layer's contents changed */
	unsigned watched;	  /* who reads its frames (captures): there are no layers then */
	pixman_region32_t damage; /* since the frame before */
	pixman_image_t *scratch;  /* to blend in, where own buffers are slow to read; or NULL */
	struct damage_ring ring;
	struct own_buffer own[OWN_BUFFERS_MAX];
	struct frame latched; /* what is shown */
	struct frame next;    /* handed to the backend, not shown yet */
	struct timespec latched_at;
	int failure; /* -errno of what keeps new pictures from being shown, or 0 */
	struct lend_output_counters stats;
	struct wl_signal frame;	    /* lend_output: a new picture, or a failure (capture.c) */
	struct wl_signal destroyed; /* lend_output */
};

/* output.c */
/* Destroys the outputs whose destruction was put off. */
void outputs_reap(struct lend_server *server);
int output_create(struct lend_server *server, const struct lend_output_options *options,
		  const struct output_backend *backend, struct lend_output **output);
/* Called by the backend once it can be asked for frames. */
void output_start(struct lend_output *output);
/* Who made the display, what it is called, and its size; 0: not known. */
int output_set_identity(struct lend_output *output, const char *make, const char *model,
			uint32_t width_mm, uint32_t height_mm);
/* Something may have to be shown. */
void output_schedule(struct lend_output *output);
struct lend_output *output_from_resource(struct wl_resource *resource); /* NULL once removed */
void output_damage_all(struct lend_output *output);
/* The pointer's picture or place has changed. */
void output_set_cursor(struct lend_output *output, const struct output_cursor *cursor);
/* Gives the cursor to its plane if there is one; else it is drawn. */
void output_take_cursor(struct lend_output *output);
/* The memory is about to go: the outputs' backends let go of it. */
void outputs_forget(struct lend_server *server, const struct lend_buffer *memory);

/* frame.c */
/* Of present(): nothing is wrong with the frame, it can be shown later. */
bool error_is_passing(int error);
/* Called by the backend at a tick. */
void output_repaint(struct lend_output *output);
/* Called by the backend once the frame is on display. */
void output_presented(struct lend_output *output, const struct presented *presented);
/* The display lost what it showed (another master, a suspend): the next frame is whole. */
void output_lost(struct lend_output *output);
void frames_init(struct lend_output *output);
void frames_finish(struct lend_output *output);

/* layers.c: decides which nodes are shown by planes; then scene_decide() takes the rest. */
void layers_choose(struct lend_output *output);
/* The nodes' layer flags as they are, as part of a frame. */
void layers_collect(const struct lend_output *output, struct frame *frame);

/* path.c: true if the surface lets nothing through within region (output coordinates). */
bool node_is_opaque(const struct node *node, const pixman_region32_t *region);
/* path.c: what the node's buffer allows. alone: nothing else is seen on the output. */
struct path path_decide(struct lend_output *output, const struct node *node, bool alone);

/* scene.c */
/* The set, order, size or place of what is shown has changed. */
void scene_changed(struct lend_server *server);
/* The surface's contents changed in `damage` (surface coordinates). */
void scene_damage(struct surface *surface, const pixman_region32_t *damage);
/* Builds the output's nodes if need be and adds what differs to its damage. */
void scene_build(struct lend_output *output);
/* The node whose buffer the output can show as it is, or NULL; sets each surface's path. */
struct node *scene_decide(struct lend_output *output);
/* The frame that goes to the display has the surfaces' current commits in it; or will not come. */
void scene_latch(struct lend_output *output);
void scene_unlatch(struct lend_output *output);
/* Frame callbacks and presentation feedback after a frame was shown. */
void scene_presented(struct lend_output *output, const struct presented *presented);
/* The output is going away: nothing is shown on it any more. */
void scene_finish(struct lend_output *output);
/* Forgets a surface that is going away. */
void scene_forget(struct surface *surface);
/* In a second, call back surfaces that no output shows, and let outputs that failed try again. */
void scene_arm_timer(struct lend_server *server);
/* Someone wants a frame callback; makes sure that it will come. */
void scene_wants_frame(struct surface *surface);

/* globals/output.c */
int output_global_create(struct lend_output *output);
void output_global_destroy(struct lend_output *output);
/* Its place among the outputs has changed. */
void output_send_place(struct lend_output *output);
void output_send_enter(struct lend_output *output, struct surface *surface);
void output_send_leave(struct lend_output *output, struct surface *surface);

/* ---- seat/: a person's devices, as clients know them ---------------------------------------- */

/* What the server does itself when asked by keys. A function that is NULL: clients get the keys. */
struct seat_bindings {
	void (*switch_vt)(void *data, unsigned vt); /* Ctrl+Alt+F1 to F12: 1 to 12 */
	/* Which lamps are to be lit: bits 0 to 2 for num, caps and scroll lock. */
	void (*set_leds)(void *data, uint32_t leds);
	void *data;
};

/* The server has one, lend_server.seat, without devices at first. */
struct seat *seat_create(struct lend_server *server);
void seat_destroy(struct seat *seat);
void seat_set_bindings(struct seat *seat, const struct seat_bindings *bindings);

/*
 * Called by sources of input, whatever they are: libinput, a window of another display server,
 * virtual devices. Times are in us of CLOCK_MONOTONIC; buttons and keys are those of
 * linux/input-event-codes.h; the enums are wl_pointer's. What makes no sense (a release of what is
 * not pressed, a device that was not announced) is ignored.
 *
 * What belongs together, such as both axes of one movement, is followed by a call of
 * seat_pointer_frame() or seat_touch_frame(); until then clients do not act on it.
 */
/* Devices came or went. All that a device that went had pressed is let go. */
void seat_set_capabilities(struct seat *seat, bool pointer, bool keyboard, bool touch);
/* By how much, in pixels; raw: before acceleration. */
void seat_pointer_motion(struct seat *seat, uint64_t time_us, double dx, double dy, double raw_dx,
			 double raw_dy);
/* x and y: 0 to 1 of the output's size, or, if it is NULL, of all outputs' bounding box. */
void seat_pointer_motion_absolute(struct seat *seat, uint64_t time_us, struct lend_output *output,
				  double x, double y);
void seat_pointer_button(struct seat *seat, uint64_t time_us, uint32_t button, bool pressed);

struct seat_axis {
	uint32_t source;      /* enum wl_pointer_axis_source */
	uint32_t orientation; /* enum wl_pointer_axis */
	double value;	      /* as far as a motion of that many pixels; 0: a finger's has ended */
	int32_t value120;     /* a wheel's, 120 a click; 0: it is no wheel */
	bool inverted;	      /* against the physical motion ("natural") */
};

void seat_pointer_axis(struct seat *seat, uint64_t time_us, const struct seat_axis *axis);
void seat_pointer_frame(struct seat *seat);
void seat_keyboard_key(struct seat *seat, uint64_t time_us, uint32_t key, bool pressed);
/* x and y as in seat_pointer_motion_absolute(); id: any number while that finger is down. */
void seat_touch_down(struct seat *seat, uint64_t time_us, int32_t id, struct lend_output *output,
		     double x, double y);
void seat_touch_motion(struct seat *seat, uint64_t time_us, int32_t id, struct lend_output *output,
		       double x, double y);
void seat_touch_up(struct seat *seat, uint64_t time_us, int32_t id);
/* None of what touched since the last finger came meant anything. */
void seat_touch_cancel(struct seat *seat);
void seat_touch_frame(struct seat *seat);

/* Called by the rest of the server. */
/* layout.c: outputs or their places changed, and this view (or NULL) gets the keys now. */
void seat_layout_changed(struct seat *seat, struct lend_view *focus);
/* scene.c: an output's nodes were built anew; the pointer may be over another surface. */
void seat_scene_built(struct seat *seat);
/* scene.c: the surface whose picture the pointer is, if that is on the output, or NULL. */
struct surface *seat_cursor_surface(const struct seat *seat, const struct lend_output *output);
/* surface.c: the surface is going away. */
void seat_forget_surface(struct seat *seat, struct surface *surface);
/* xdg_popup.c: a popup that takes the keys was mapped, or is no more. */
void seat_grab_begin(struct seat *seat, struct popup *popup);
void seat_grab_end(struct seat *seat, struct popup *popup);
/* True if the serial is of a key, button or finger that the client was told of lately; and always
 * while there are no devices, when no user can have done anything. */
bool seat_serial_is_recent(const struct seat *seat, const struct wl_client *client,
			   uint32_t serial);
/* xdg_popup.c, called by the seat: sends popup_done to it and to all above it. */
void popup_dismiss(struct popup *popup);

/* ---- render/pixman.c ------------------------------------------------------------------------ */

/* For reading the image of the surface's buffer in surface coordinates. */
void render_set_transform(const struct surface *surface, pixman_image_t *image);
/* Draws the nodes within damage into target; returns the bytes written, adding to each surface's.
 */
uint64_t render_nodes(struct lend_output *output, struct own_buffer *target,
		      const pixman_region32_t *damage);

/* ---- globals/lend.c, capture.c, monitor.c --------------------------------------------------- */

/* Could the chain have memory that the output shows as it is? */
bool chain_may_be_shown(const struct chain *chain, const struct lend_output *output);
/* The output has refused the chain's memory. */
void chain_refused(struct chain *chain, const struct lend_output *output);
/* The surface's path has changed: tell its chain. */
void chain_path_changed(struct chain *chain, const struct surface *surface);
/* A frame of the surface was shown; lets the memory follow the path after a while. */
void chain_presented(struct chain *chain, const struct surface *surface);
void chain_surface_destroyed(struct chain *chain);
void capture_create(struct client *client, uint32_t version, uint32_t id,
		    struct lend_output *output);
void monitor_create(struct client *client, uint32_t version, uint32_t id);
/* The surface's buffers that were committed and not released yet. */
uint32_t surface_unreleased(const struct surface *surface);

#endif
