/* SPDX-License-Identifier: MIT */
/*
 * The display of the double: CRTCs, planes and connectors as nodes with properties, and what they
 * show. A commit, atomic or legacy, is a changed copy of all nodes that is checked and then swapped
 * in.
 */
#ifndef FAKE_KMS_H
#define FAKE_KMS_H

#include "double.h"

#include <xf86drm.h>
#include <xf86drmMode.h>

enum {
	CRTCS_MAX = 8,
	PLANES_MAX = 32,
	CONNECTORS_MAX = 16,
	NODES_MAX = CRTCS_MAX + PLANES_MAX + CONNECTORS_MAX,
	MODES_MAX = 64,
	FORMATS_MAX = 64,
	MODIFIERS_MAX = 16,
	CLIPS_MAX = 256,
};

enum property {
	PLANE_TYPE,
	FB_ID,
	CRTC_ID, /* of planes and connectors */
	SRC_X,
	SRC_Y,
	SRC_W,
	SRC_H,
	CRTC_X,
	CRTC_Y,
	CRTC_W,
	CRTC_H,
	IN_FENCE_FD,
	IN_FORMATS,
	FB_DAMAGE_CLIPS,
	HOTSPOT_X,
	HOTSPOT_Y,
	ZPOS,
	ACTIVE,
	MODE_ID,
	OUT_FENCE_PTR,
	EDID,
	DPMS,
	LINK_STATUS,
	NON_DESKTOP,
	WRITEBACK_FB_ID,
	WRITEBACK_OUT_FENCE_PTR,
	WRITEBACK_PIXEL_FORMATS,
	PROPERTIES,
};

struct node {
	uint32_t id;
	uint32_t kind; /* DRM_MODE_OBJECT_... */
	size_t index;  /* among those of its kind */
	uint32_t has;  /* a bit for each property */
	uint64_t value[PROPERTIES];
};

/* ---- what a personality says ---- */

enum vblank { VBLANK_NO, VBLANK_YES, VBLANK_TEST };
enum flush { FLUSH_NO, FLUSH_BUFFER, FLUSH_DISPLAY };

struct options {
	bool present; /* there is a line `kms` */
	bool atomic, modifiers, hotspot, console, master_taken;
	bool flip_whole; /* a flip to another framebuffer uploads all of it, whatever the clips */
	bool foreign_stale; /* foreign memory is accepted, and what it held at first is shown */
	enum vblank vblank;
	enum flush flush;
	unsigned crtcs, cursor_width, cursor_height, width_max, height_max;
};

struct plane_spec {
	uint32_t type;
	uint32_t crtcs; /* 0: not said */
	uint32_t formats[FORMATS_MAX];
	size_t n_formats;
	uint64_t modifiers[MODIFIERS_MAX];
	size_t n_modifiers;
	bool scale, anywhere;
	bool clips, no_clips; /* neither: clips where the driver copies */
};

struct connector_spec {
	char name[32];
	uint32_t type, type_id, crtcs, width_mm, height_mm;
	bool connected, writeback;
	drmModeModeInfo modes[MODES_MAX];
	size_t n_modes;
	uint8_t edid[1024];
	size_t edid_size;
	uint32_t formats[FORMATS_MAX];
	size_t n_formats;
};

/* ---- what there is ---- */

struct framebuffer {
	uint32_t id;
	uint32_t file; /* the serial of who made it; 0: nobody's, or removed */
	bool console;  /* the kernel's, for ever */
	bool internal; /* the kernel's, while it is shown */
	struct framebuffer *next;
	uint32_t width, height, format;
	uint64_t modifier;
	size_t n_planes;
	struct object *objects[4];
	uint32_t pitches[4], offsets[4];
};

struct blob {
	uint32_t id;
	uint32_t file; /* as of a framebuffer */
	bool kernel;   /* for ever */
	struct blob *next;
	size_t size;
	uint8_t data[];
};

/* A plane as it is seen. */
struct view {
	struct framebuffer *fb; /* NULL: nothing */
	int32_t x, y;
	uint32_t width, height;
	uint32_t src_x, src_y, src_width, src_height;
};

struct damage {
	bool whole;
	size_t n;
	struct drm_mode_rect clips[CLIPS_MAX];
};

struct plane {
	const struct plane_spec *spec;
	uint32_t possible;
	struct view view;
	struct damage damage; /* of the last commit */
	bool due;	      /* the commit that waits touches it */
};

enum { FENCES_MAX = 8 };

struct crtc {
	bool busy;    /* a commit waits for its vertical blank */
	uint64_t due; /* when that is */
	uint32_t file;
	bool event;
	uint64_t user_data;
	int in[FENCES_MAX], out[FENCES_MAX];
	size_t n_in, n_out;
	bool lit;
	uint32_t width, height;
	uint64_t epoch, period; /* ns */
	uint64_t sequence;	/* vblank=test counts here */
	uint32_t *display;	/* flush=display: what it shows */
};

struct connector {
	struct connector_spec *spec;
	uint32_t possible, encoder;
	bool probed; /* its modes are known */
};

struct kms {
	struct options options;
	struct plane_spec plane_specs[PLANES_MAX];
	struct connector_spec connector_specs[CONNECTORS_MAX];
	size_t n_plane_specs, n_connector_specs;
	bool booted;
	struct node nodes[NODES_MAX];
	size_t n_nodes;
	struct crtc crtcs[CRTCS_MAX];
	struct plane planes[PLANES_MAX];
	struct connector connectors[CONNECTORS_MAX];
	size_t n_crtcs, n_planes, n_connectors;
	struct framebuffer *framebuffers;
	struct blob *blobs;
	uint32_t last_id;
	uint32_t property_ids[PROPERTIES];
	size_t blanked, modesets;
	uint64_t uploaded;
};

extern struct kms kms;

/* ---- describe.c: the lines of a personality; the start ---- */

bool is_kms_line(const char *text, size_t length);
void kms_line(const char *text, size_t length);
/* Makes the objects and shows the console, once. */
void kms_boot(void);
/* As at the start, and when the last file is closed. */
void light_console(void);
void kms_reset(void);
uint32_t fourcc(const char *text);

/* ---- nodes.c ---- */

struct node *node_get(uint32_t kind, size_t index);
/* kind 0: any. NULL: there is none. */
struct node *node_find(uint32_t id, uint32_t kind);
bool node_has(const struct node *node, enum property property);
/* May the file see it? Legacy clients see no planes but overlays, and no writeback. */
bool node_visible(const struct file *file, const struct node *node);
/* Of the CRTC's primary or cursor plane; NULL: it has none. */
struct node *crtc_plane(const struct node *crtc, uint32_t type);
/* The file behind fd, once all that was due has happened; else NULL and ENOTTY. */
struct file *kms_file(int fd);
/* Likewise, for a call of that name that needs a display and is not made to fail by a line. */
struct file *kms_call(int fd, const char *call, const char *words);
/* As above, and sets EACCES unless the file is master. */
struct file *kms_master_call(int fd, const char *call, const char *words);
uint32_t new_id(void);

/* ---- properties.c ---- */

/* 0, or the errno (positive) of setting this property of the node to the value. */
int property_check(const struct file *file, const struct node *node, uint32_t id, uint64_t value,
		   enum property *property);
struct blob *blob_create(const void *data, size_t size);
struct blob *blob_find(uint32_t id);
/* NULL: the blob is none. */
const struct drm_mode_modeinfo *mode_of(uint64_t blob);
/* Frees what nobody holds and nothing shows. */
void collect(void);

/* ---- framebuffers.c ---- */

struct framebuffer *framebuffer_find(uint32_t id);
bool framebuffer_foreign(const struct framebuffer *fb);
struct framebuffer *framebuffer_add(struct file *file, const struct drm_mode_fb_cmd2 *request,
				    uint64_t modifier);
/* Nobody's any more: what shows it goes dark, unless keep. */
void framebuffer_remove(struct framebuffer *fb, bool keep);
void kms_file_closed(struct file *file);

/* ---- commit.c ---- */

struct commit {
	struct file *file;
	uint32_t flags;
	uint64_t user_data;
	bool touched[NODES_MAX];
	struct node next[NODES_MAX];
};

void commit_begin(struct commit *commit, struct file *file, uint32_t flags, uint64_t user_data);
/* The commit's copy of the node. */
struct node *commit_touch(struct commit *commit, const struct node *node);
/* 0 or -errno, which is in errno as well. */
int commit_end(struct commit *commit);
/* The CRTC that the node belongs to in this state; NULL: none. A CRTC belongs to itself. */
struct node *crtc_of(const struct node *node);
int failed(int error);

/* ---- check.c ---- */

int commit_check(const struct commit *commit);
bool needs_modeset(const struct commit *commit, const struct node *crtc);

/* ---- events.c ---- */

/* All that is due by now happens. */
void advance(void);
/* The commit's CRTC completes at its next vertical blank. */
void crtc_schedule(struct crtc *crtc);
/* Returns when nothing waits on it any more. */
void crtc_wait(struct crtc *crtc);
void events_reset(void);
void events_forget(const struct file *file);

/* ---- picture.c ---- */

/* What waits is seen from now on. */
void crtc_latch(size_t index, bool whole);
void plane_latch(size_t index, bool whole);
void plane_upload(size_t index);
int write_back(size_t crtc, struct framebuffer *fb);
/* Bytes of a pixel; 0: not a format that this double knows. */
uint32_t format_bytes(uint32_t format);

#endif
