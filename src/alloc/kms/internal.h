/* SPDX-License-Identifier: MIT */
/* What a display device, its pipes and its framebuffers are on the inside. */
#ifndef KMS_INTERNAL_H
#define KMS_INTERNAL_H

#include "alloc/device.h"
#include "alloc/kms/edid.h"
#include "alloc/kms/properties.h"

#include <framelend/kms.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

enum { HEADS_MAX = 4, LAYERS_MAX = 16 };

/* ---- framebuffers ---- */

struct lend_framebuffer {
	struct lend_kms *kms;
	size_t holders; /* whoever made it, and pipes that show it */
	uint32_t width, height, format, n_planes;
	uint64_t modifier;
	uint32_t handles[4], pitches[4], offsets[4];
	uint32_t id;	    /* 0: the driver does not take the format */
	uint32_t opaque_id; /* the same memory without alpha; 0: not asked for yet, or refused */
	uint32_t shown_in;  /* the kms's turn in which it was last committed; 0: never */
	struct lend_buffer *buffer; /* of an allocated one, with its map */
	void *map;
	size_t length;
};

void framebuffer_hold(struct lend_framebuffer *framebuffer);
void framebuffer_drop(struct lend_framebuffer *framebuffer);

/* The id without alpha, made at need. 0: the driver refuses it as well. */
uint32_t framebuffer_opaque(struct lend_framebuffer *framebuffer);

/* A GEM handle of a dma-buf, counted. */
int gem_import(struct lend_kms *kms, int fd, uint32_t *handle);
void gem_hold(struct lend_kms *kms, uint32_t handle);
void gem_drop(struct lend_kms *kms, uint32_t handle);

struct gem {
	uint32_t handle; /* 0: this slot is free */
	size_t users;
};

/* ---- what the device has ---- */

struct plane {
	struct object object;
	uint64_t type; /* DRM_PLANE_TYPE_... */
	uint32_t possible_crtcs;
	uint32_t found_crtc; /* id of the CRTC that it was on before us; 0: none */
	uint32_t *formats;
	uint32_t n_formats;
	drmModePropertyBlobRes *layouts; /* IN_FORMATS, or NULL */
	uint64_t zpos_least, zpos_most;	 /* the same: it cannot be chosen */
	struct lend_pipe *pipe;		 /* an overlay: whose layer it shows */
};

struct crtc {
	struct object object;
	uint32_t index;	       /* its bit in possible_crtcs */
	struct plane *primary; /* NULL: it cannot be used */
	struct plane *cursor;  /* NULL: it has none */
	drmModeCrtc *found;    /* what it showed before us */
	uint32_t found_on[32]; /* connectors */
	int n_found_on;
	bool changed; /* by us: to be put back */
};

struct connector {
	struct object object;
	char name[32];
	int connected;
	bool non_desktop;
	struct edid edid;
	uint32_t width_mm, height_mm;
	uint32_t possible_crtcs;
	uint32_t crtc_id; /* that drove it when it was looked at */
	drmModeModeInfo *timings;
	struct lend_kms_mode *modes; /* the same, in the same order */
	size_t n_modes;
};

struct connectors {
	struct connector *list;
	size_t count;
	bool writeback;		/* there is a writeback connector: */
	struct object readback; /* the first of them */
	uint32_t readback_crtcs;
};

/* ---- pipes ---- */

/* What changed in a framebuffer since it was shown last. */
struct damage {
	bool whole;
	const struct lend_rect *rects;
	size_t count;
};

/* A framebuffer on a plane. */
struct picture {
	struct lend_framebuffer *framebuffer; /* NULL: nothing */
	int32_t x, y;
	uint32_t width, height;
	struct damage damage; /* valid during a commit only */
	struct plane *plane;  /* of a layer */
	uint64_t zpos;
};

struct frame {
	struct picture main;
	struct picture layers[LAYERS_MAX];
	size_t n_layers;
	struct picture cursor;
	int32_t hot_x, hot_y;
};

/* A connector and the CRTC that drives it. */
struct head {
	struct object connector;
	uint32_t possible_crtcs;
	uint32_t found_crtc; /* id of the CRTC that drove it when the pipe was made; 0: none */
	struct crtc *crtc;
	drmModeModeInfo timing;
	uint32_t mode_blob;
	bool awaited;
};

struct lend_pipe {
	struct lend_kms *kms;
	struct lend_pipe *next;
	struct head heads[HEADS_MAX];
	size_t n_heads;
	struct lend_kms_mode mode;
	void *data;
	bool lit;	       /* it has been committed */
	bool fresh;	       /* the next commit sets everything */
	struct frame shown;    /* committed last; its framebuffers are held */
	struct frame replaced; /* likewise, until the event */
	uint32_t awaited;      /* the number of the commit whose events will come; 0: none */
};

/* How a frame gets to the driver. */
struct backend {
	int (*test)(struct lend_pipe *pipe, struct frame *frame);
	/* As lend_pipe_commit(); events, if 0, come with the pipe's next number. */
	int (*commit)(struct lend_pipe *pipe, struct frame *frame, uint32_t number);
	void (*turn_off)(struct lend_pipe *pipe);
};

extern const struct backend atomic_backend, legacy_backend;

/* Does the plane take the format? Without a list, nobody knows: true for XRGB8888 alone. */
bool plane_takes(const struct plane *plane, uint32_t format);

/* The index-th modifier with which it takes the format; false: there are no more. Without a list,
 * LINEAR and whatever the driver itself allocates. */
bool plane_modifier(const struct plane *plane, uint32_t format, size_t index, uint64_t *modifier);

/* The id to show on the head's primary plane, with alpha only if the plane takes it: nothing is
 * below, so premultiplied colours look the same without. 0: it takes neither. */
uint32_t primary_id(const struct head *head, struct lend_framebuffer *framebuffer);

/* Overlay planes that can be above the pipe's main picture. */
size_t pipe_count_overlays(const struct lend_pipe *pipe);
bool pipe_has_cursor(const struct lend_pipe *pipe);

/* Lets go of the frame's framebuffers. */
void frame_drop(struct frame *frame);

/* From now on the pipe's overlay planes are those of the frame that it shows. */
void pipe_own_planes(struct lend_pipe *pipe);

/* Fails with what a refused commit means. */
int commit_failed(struct lend_kms *kms, const char *call, int error);

/* ---- the device ---- */

struct lend_kms {
	struct lend_device *device;
	int fd; /* the device's */
	struct lend_kms_events events;
	lend_log_handler log;
	void *log_data;
	const struct backend *backend;
	bool modifiers, monotonic;
	bool paused, gone;
	bool dirty_needless; /* the driver knows no DIRTYFB */
	bool cursorless;     /* nor the legacy cursor calls */
	uint32_t cursor_width, cursor_height, width_max, height_max;
	struct connectors connectors;
	struct crtc *crtcs;
	size_t n_crtcs;
	struct plane *planes; /* by zpos */
	size_t n_planes;
	struct lend_pipe *pipes;
	uint32_t commits;
	uint32_t turn; /* as master, from 1 on; what a driver uploaded in an earlier one may be lost
			*/
	struct gem *gems;
	size_t n_gems;
};

__attribute__((format(printf, 3, 4))) void kms_log(const struct lend_kms *kms,
						   enum lend_log_level level, const char *format,
						   ...);

struct crtc *kms_crtc(struct lend_kms *kms, uint32_t id);

/* From now on nobody knows what the device shows; the next commits set all of it. */
void kms_forget(struct lend_kms *kms);

/* Reads the connectors; -errno leaves *connectors empty. */
int connectors_read(struct lend_kms *kms, struct connectors *connectors);
void connectors_free(struct connectors *connectors);
struct connector *connector_find(const struct lend_kms *kms, uint32_t id);

/* Reads planes and gives every CRTC its primary and cursor plane. */
int planes_read(struct lend_kms *kms);
void planes_free(struct lend_kms *kms);

/* Notes what the CRTCs show, and puts it back. */
void restore_note(struct lend_kms *kms);
void restore(struct lend_kms *kms);

/* Lets go of the pipe, whose connectors stay as they are. */
void pipe_free(struct lend_pipe *pipe);

#endif
