/* SPDX-License-Identifier: MIT */
/* Properties of KMS objects, and atomic requests made of those that change. */
#ifndef KMS_PROPERTIES_H
#define KMS_PROPERTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

enum property_name {
	CRTC_ID, /* of connectors and planes */
	/* of connectors */
	EDID,
	NON_DESKTOP,
	LINK_STATUS,
	HDR_OUTPUT_METADATA,
	COLORSPACE,
	WRITEBACK_FB_ID,
	WRITEBACK_OUT_FENCE_PTR,
	WRITEBACK_PIXEL_FORMATS,
	/* of CRTCs */
	ACTIVE,
	MODE_ID,
	GAMMA_LUT,
	DEGAMMA_LUT,
	CTM,
	VRR_ENABLED,
	/* of planes */
	TYPE,
	FB_ID,
	SRC_X,
	SRC_Y,
	SRC_W,
	SRC_H,
	CRTC_X,
	CRTC_Y,
	CRTC_W,
	CRTC_H,
	FB_DAMAGE_CLIPS,
	IN_FORMATS,
	ZPOS,
	ROTATION,
	ALPHA,
	PIXEL_BLEND_MODE,
	HOTSPOT_X,
	HOTSPOT_Y,
	PROPERTY_COUNT
};

struct property {
	uint32_t id;	      /* 0: the object has none of that name */
	uint64_t value;	      /* as committed last, or as found */
	uint64_t wanted;      /* by the request that is being made */
	uint64_t least, most; /* of a range */
	uint64_t neutral;
	bool fixed; /* cannot be set */
	bool known; /* the kernel has value, as far as we know */
	bool asked; /* wanted is part of the request */
	bool has_neutral;
};

struct object {
	uint32_t id, type;   /* DRM_MODE_OBJECT_... */
	struct object *next; /* in a request */
	struct property properties[PROPERTY_COUNT];
};

/* Reads the object's properties. -errno. */
int object_read(int fd, uint32_t id, uint32_t type, struct object *object);

/* The kernel's value at this moment; 0 if it cannot be had. */
uint64_t object_now(int fd, const struct object *object, enum property_name name);

/* From now on nobody knows what the kernel has. */
void object_forget(struct object *object);

enum { BLOBS_MAX = 24 };

/* What is to change, all at once. */
struct request {
	int fd;
	drmModeAtomicReq *atomic;
	struct object *objects; /* that take part */
	uint32_t blobs[BLOBS_MAX];
	size_t n_blobs;
	int error; /* -errno of something that went wrong while it was made */
};

void request_begin(struct request *request, int fd);

/* Adds the property if it differs from what the kernel has. One that does not exist is left out. */
void request_set(struct request *request, struct object *object, enum property_name name,
		 uint64_t value);

/* Adds it in any case. */
void request_put(struct request *request, struct object *object, enum property_name name,
		 uint64_t value);

/* Sets what another program may have left there: colours, rotation, transparency. */
void request_neutral(struct request *request, struct object *object);

/* Takes a plane off its CRTC. */
void request_hide(struct request *request, struct object *plane);

/* Makes a blob that lives as long as the request. 0: it failed, and so will the request. */
uint32_t request_blob(struct request *request, const void *data, size_t size);

/* Commits, and notes on success what the kernel has now; a test only asks. Ends the request. */
int request_commit(struct request *request, uint32_t flags, uint32_t number);

#endif
