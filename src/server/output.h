/* SPDX-License-Identifier: MIT */
/* Outputs: what is seen on them, their frames, and what shows these. (output.c, frame.c, layers.c,
 * scene.c, damage.c, src/render/, src/output/) */
#ifndef SERVER_OUTPUT_H
#define SERVER_OUTPUT_H

#include "server/surface.h"

/* Adds to a region of wl_region semantics, bounded by RECTS_MAX. True if it became its extents,
 * here and below. */
bool region_add(pixman_region32_t *region, int32_t x, int32_t y, int32_t width, int32_t height);
bool region_bound(pixman_region32_t *region);
void region_intersect_box(pixman_region32_t *region, const pixman_region32_t *with,
			  const pixman_box32_t *box);
/* As rectangles; its extents if they are too many. */
size_t region_list(const pixman_region32_t *region, struct lend_rect rects[RECTS_MAX]);
uint64_t region_area(const pixman_region32_t *region);

#define DAMAGE_FRAMES 8

/* What each of the last frames changed, so that a buffer of some age can be brought up to date. */
struct damage_ring {
	uint64_t sequence; /* of the newest frame */
	uint64_t start;	   /* frames before this one are of another size */
	pixman_region32_t frames[DAMAGE_FRAMES];
};

void damage_ring_init(struct damage_ring *ring);
void damage_ring_finish(struct damage_ring *ring);
/* A frame was latched that differs from the one before in `damage`. */
void damage_ring_push(struct damage_ring *ring, const pixman_region32_t *damage);
/* The frames to come have another size. */
void damage_ring_restart(struct damage_ring *ring);
/* What has changed since frame `sequence` (0: never), within the size given. */
void damage_ring_since(const struct damage_ring *ring, uint64_t sequence, int32_t width,
		       int32_t height, pixman_region32_t *damage);

/* ---- frames and what shows them ------------------------------------------------------------- */

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
	bool hidden;		   /* the CPU cannot look at it */
	uint64_t sequence;	   /* in the output's damage ring */
	uint32_t scale;		   /* the output's, for which it was drawn */
	enum lend_transform transform;
};

/* One kind of display. A new one is a folder in src/output/ and a constructor. Functions that say
 * so may be NULL. */
struct output_backend {
	const char *name;
	/* How many of its own buffers it composites into: 1 if present() is done with the last one.
	 */
	int own_buffers;
	/* Makes one of them, which forget() destroys; see output_hides_frames(). NULL:
	 * lend_buffer_allocate(). */
	int (*allocate)(struct lend_output *output, struct lend_buffer **memory);
	/* Does the display still read one of them that it does not show any more? It calls
	 * output_released() when that ends. NULL: never. */
	bool (*reads)(const struct lend_output *output, const struct lend_buffer *memory);
	/* Asks for output_repaint() at the next time that makes sense, not while a frame is on its
	 * way. Called once until then. */
	void (*schedule)(struct lend_output *output);
	/* Can it show the buffer as it is, or as a layer? NULL, or the reason why not (static). */
	const char *(*refuses)(struct lend_output *output, struct buffer *buffer, bool layer);
	/* Could it show memory of that format and layout? NULL: none of a client's. */
	bool (*takes)(struct lend_output *output, uint32_t format, uint64_t modifier);
	/* How a buffer is shown that it does not refuse; NULL: LEND_PATH_SCANOUT. */
	enum lend_path (*direct_path)(const struct lend_output *output);
	/* How many layers there can be at once; NULL: none. */
	int (*layers)(const struct lend_output *output);
	/* Does it show such memory, be it of a client's GPU? NULL: it shows none or all. */
	bool (*modifier)(const struct lend_output *output, uint32_t format, uint64_t modifier);
	/* Takes output.cursor over, to be shown with the next frame. False, or NULL: it has to be
	 * drawn. */
	bool (*cursor)(struct lend_output *output);
	/* Shows the frame; calls output_presented() now or later. -errno: the display refuses; what
	 * was on it stays. If it was the client's memory that it refused, refuses() says so from
	 * now on. */
	int (*present)(struct lend_output *output, const struct frame *frame);
	/* The index-th mode that the display lists; false: there are no more. NULL: it lists none.
	 */
	bool (*mode)(const struct lend_output *output, size_t index, struct lend_output_mode *mode);
	/* Changes to it, by output_resized() now or later. -errno with fail_text(): nothing has
	 * changed. NULL: its size is not ours to choose. */
	int (*set_mode)(struct lend_output *output, const struct lend_output_mode *mode);
	/* Dark, or lit again by the next frame; NULL: it merely gets no frames. */
	int (*set_power)(struct lend_output *output, bool on);
	/* The memory is about to go. May be NULL. */
	void (*forget)(struct lend_output *output, const struct lend_buffer *memory);
	void (*destroy)(struct lend_output *output);
};

/* A surface at a place on an output, as it was when the scene was built. */
struct node {
	struct surface *surface;
	/* In units of the space that outputs share, from the output's corner on. */
	int32_t x, y, width, height;
	pixman_box32_t clip;
	/* In the output's pixels, as all damage is. */
	pixman_box32_t box;	   /* that the surface fills, or would without clip and output */
	pixman_region32_t visible; /* where it is seen */
	pixman_region32_t opaque;  /* of the box, what lets nothing through */
	bool layer;		   /* shown by an overlay plane, not composited */
	const char *refusal;	   /* why no plane shows it though one could; static, or NULL */
};

/* One of the output's own, into which it is composited. */
struct own_buffer {
	struct lend_buffer *memory;
	int32_t width, height;
	bool hidden;	       /* the renderer's GPU draws in it, and the CPU does not look at it */
	pixman_image_t *image; /* of its pixels, unless it is hidden */
	bool slow;	       /* write-combined: not to be read */
	uint64_t sequence;     /* the frame drawn in it last; 0: none */
};

/* The pointer's picture on an output. Whether a cursor plane or the renderer shows it is decided
 * there. */
struct output_cursor {
	pixman_image_t *image; /* premultiplied a8r8g8b8, borrowed until set anew; NULL: none */
	int32_t x, y;	       /* of its top left corner, on the output */
	int32_t hot_x, hot_y;  /* the hot spot, within the image */
	uint64_t serial;       /* of the picture: as long as it is the same, so is the picture */
};

#define OWN_BUFFERS_MAX 5 /* two are left over by a change of size */

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
	int32_t width, height; /* pixels, as the display has them */
	uint32_t refresh;      /* mHz */
	uint32_t scale;	       /* pixels for a unit of the space that outputs share, in 120ths */
	enum lend_transform transform;	       /* how that space lies on the display */
	int32_t x, y;			       /* in that space; side by side until placed */
	int32_t logical_width, logical_height; /* its part of that space */
	bool placed;			       /* x and y were asked for */
	bool off;
	uint32_t format;
	enum lend_layout layout;
	struct output_cursor cursor;
	bool cursor_drawn;	    /* composited, for want of a plane */
	bool cursor_dirty;	    /* its plane shows another picture or place */
	struct lend_device *device; /* borrowed, may be NULL */
	struct renderer *renderer;  /* render/ */
	bool all_seen;		  /* none of its own buffers can be one that the CPU cannot read */
	struct wl_global *global; /* globals/output.c */
	struct wl_list resources, xdg_outputs;

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
	bool starved; /* a frame waits for an own buffer that the display still reads */
	int failure;  /* -errno of what keeps new pictures from being shown, or 0 */
	struct lend_output_counters stats;
	struct wl_signal frame;	    /* lend_output: a new picture, or a failure (capture.c) */
	struct wl_signal destroyed; /* lend_output */
};

/* geometry.c */
/* The bounding box of a box's image, outwards to whole pixels. */
pixman_box32_t box_map(const struct pixman_f_transform *matrix, const pixman_box32_t *box);
/* A box in units of the space that outputs share, relative to the output, in its pixels: each edge
 * where the nearest pixel begins, so that neighbours neither overlap nor leave a gap. */
pixman_box32_t output_box_to_pixels(const struct lend_output *output, const pixman_box32_t *box);
/* A point, from 0 to the size of each. */
void output_point_to_pixels(const struct lend_output *output, double *x, double *y);
void output_point_from_pixels(const struct lend_output *output, double *x, double *y);
/* A box in pixels, but not yet turned as the display is. */
pixman_box32_t output_turn_box(const struct lend_output *output, const pixman_box32_t *box);
/* A pixel is a unit, and nothing is turned. */
bool output_is_plain(const struct lend_output *output);
/* The logical size from all else. */
void output_update_logical(struct lend_output *output);
/* True if each of the buffer's pixels is one of the output's: it can be copied, or scanned out. */
bool node_is_identity(const struct lend_output *output, const struct node *node);
/* True if it is a whole number of them each way: nothing is gained by a filter. */
bool node_is_magnified(const struct lend_output *output, const struct node *node);
/* From the surface to the output's pixels, from the box's corner on: the surface fills the box. */
void node_matrix(const struct lend_output *output, const struct node *node,
		 struct pixman_f_transform *matrix);
/* From the output's pixels, from the box's corner on, to the buffer's. False: there is no way. */
bool node_to_buffer(const struct lend_output *output, const struct node *node,
		    struct pixman_f_transform *matrix);
/* The visible pixels that show what changed (surface coordinates). */
void node_find_damage(const struct lend_output *output, const struct node *node,
		      const pixman_region32_t *damage, pixman_region32_t *pixels);
/* Sets node->opaque. */
void node_find_opaque(const struct lend_output *output, struct node *node);

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
/* output_state.c */
/* Called by the backend when its display has another size or refresh from now on. */
void output_resized(struct lend_output *output, int32_t width, int32_t height, uint32_t refresh);
/* What the display prefers; to be called before output_start() or when it says otherwise, as
 * windows do. */
void output_set_scale(struct lend_output *output, uint32_t scale);
/* Whether lend_output_configure() may take it, as far as that can be told without trying: 0, or
 * -errno with fail_text(). */
int output_check_state(const struct lend_output *output, const struct lend_output_state *state);

/* output.c */
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

/* pick.c: the output there in the space that outputs share, or NULL. */
struct lend_output *output_at(const struct lend_server *server, double x, double y);

/* frame.c */
/* Of present(): nothing is wrong with the frame, it can be shown later. */
bool error_is_passing(int error);
/* Its own buffers are to be memory that the renderer's GPU draws in, unseen by the CPU. */
bool output_hides_frames(const struct lend_output *output);
/* Called by the backend at a tick. */
void output_repaint(struct lend_output *output);
/* Called by the backend once the frame is on display. */
void output_presented(struct lend_output *output, const struct presented *presented);
/* Called by the backend when the display does not read one of the output's buffers any more. */
void output_released(struct lend_output *output);
/* The display lost what it showed (another master, a suspend): the next frame is whole. */
void output_lost(struct lend_output *output);
/* The output has another size from now on. */
void frames_resized(struct lend_output *output);
/* output->off has changed. */
void frames_powered(struct lend_output *output);
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
/* Moves those who want to hear when the frame on its way is shown to a list of the backend's, where
 * that is told later than output_presented(): by feedback_list_present() or _discard(). */
void scene_take_feedbacks(struct lend_output *output, struct wl_list *feedbacks);
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
/* Its mode, scale, transform or place has changed. */
void output_send_state(struct lend_output *output);
/* globals/xdg_output.c, called by globals/output.c. */
void xdg_outputs_send_state(struct lend_output *output);
void xdg_outputs_retire(struct lend_output *output);
/* globals/fractional_scale.c: the least whole number that is not below the scale. */
uint32_t output_whole_scale(const struct lend_output *output);
/* Tells the surfaces on the output what has changed of it. */
void surfaces_send_scale(const struct lend_output *output);
void output_send_enter(struct lend_output *output, struct surface *surface);
void output_send_leave(struct lend_output *output, struct surface *surface);

#endif
