/* SPDX-License-Identifier: MIT */
/* Properties and blobs. */
#include "kms.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct property_info {
	const char *name;
	uint32_t flags;	   /* DRM_MODE_PROP_... */
	uint64_t min, max; /* of an object: its kind in min */
};

#define SIGNED(value) ((uint64_t)(int64_t)(value))

static const struct property_info infos[PROPERTIES] = {
	[PLANE_TYPE] = {"type", DRM_MODE_PROP_ENUM | DRM_MODE_PROP_IMMUTABLE, 0, 2},
	[FB_ID] = {"FB_ID", DRM_MODE_PROP_OBJECT | DRM_MODE_PROP_ATOMIC, DRM_MODE_OBJECT_FB, 0},
	[CRTC_ID] = {"CRTC_ID", DRM_MODE_PROP_OBJECT | DRM_MODE_PROP_ATOMIC, DRM_MODE_OBJECT_CRTC,
		     0},
	[SRC_X] = {"SRC_X", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_ATOMIC, 0, UINT_MAX},
	[SRC_Y] = {"SRC_Y", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_ATOMIC, 0, UINT_MAX},
	[SRC_W] = {"SRC_W", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_ATOMIC, 0, UINT_MAX},
	[SRC_H] = {"SRC_H", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_ATOMIC, 0, UINT_MAX},
	[CRTC_X] = {"CRTC_X", DRM_MODE_PROP_SIGNED_RANGE | DRM_MODE_PROP_ATOMIC, SIGNED(INT_MIN),
		    INT_MAX},
	[CRTC_Y] = {"CRTC_Y", DRM_MODE_PROP_SIGNED_RANGE | DRM_MODE_PROP_ATOMIC, SIGNED(INT_MIN),
		    INT_MAX},
	[CRTC_W] = {"CRTC_W", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_ATOMIC, 0, INT_MAX},
	[CRTC_H] = {"CRTC_H", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_ATOMIC, 0, INT_MAX},
	[IN_FENCE_FD] = {"IN_FENCE_FD", DRM_MODE_PROP_SIGNED_RANGE | DRM_MODE_PROP_ATOMIC,
			 SIGNED(-1), INT_MAX},
	[IN_FORMATS] = {"IN_FORMATS", DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE, 0, 0},
	[FB_DAMAGE_CLIPS] = {"FB_DAMAGE_CLIPS", DRM_MODE_PROP_BLOB | DRM_MODE_PROP_ATOMIC, 0, 0},
	[HOTSPOT_X] = {"HOTSPOT_X", DRM_MODE_PROP_SIGNED_RANGE, SIGNED(INT_MIN), INT_MAX},
	[HOTSPOT_Y] = {"HOTSPOT_Y", DRM_MODE_PROP_SIGNED_RANGE, SIGNED(INT_MIN), INT_MAX},
	[ZPOS] = {"zpos", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_IMMUTABLE, 0, 255},
	[ACTIVE] = {"ACTIVE", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_ATOMIC, 0, 1},
	[MODE_ID] = {"MODE_ID", DRM_MODE_PROP_BLOB | DRM_MODE_PROP_ATOMIC, 0, 0},
	[OUT_FENCE_PTR] = {"OUT_FENCE_PTR", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_ATOMIC, 0,
			   UINT64_MAX},
	[EDID] = {"EDID", DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE, 0, 0},
	[DPMS] = {"DPMS", DRM_MODE_PROP_ENUM, 0, 3},
	[LINK_STATUS] = {"link-status", DRM_MODE_PROP_ENUM, 0, 1},
	[NON_DESKTOP] = {"non-desktop", DRM_MODE_PROP_RANGE | DRM_MODE_PROP_IMMUTABLE, 0, 1},
	[WRITEBACK_FB_ID] = {"WRITEBACK_FB_ID", DRM_MODE_PROP_OBJECT | DRM_MODE_PROP_ATOMIC,
			     DRM_MODE_OBJECT_FB, 0},
	[WRITEBACK_OUT_FENCE_PTR] = {"WRITEBACK_OUT_FENCE_PTR",
				     DRM_MODE_PROP_RANGE | DRM_MODE_PROP_ATOMIC, 0, UINT64_MAX},
	[WRITEBACK_PIXEL_FORMATS] = {"WRITEBACK_PIXEL_FORMATS",
				     DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE, 0, 0},
};

/* PROPERTIES: there is none of that id. */
static enum property property_by_id(uint32_t id)
{
	enum property property = 0;
	while (property < PROPERTIES && kms.property_ids[property] != id)
		property++;
	return property;
}

static const char *enum_name(enum property property, uint64_t value)
{
	static const char *const types[] = {"Overlay", "Primary", "Cursor"};
	static const char *const dpms[] = {"On", "Standby", "Suspend", "Off"};
	static const char *const links[] = {"Good", "Bad"};
	return property == PLANE_TYPE ? types[value]
	       : property == DPMS     ? dpms[value]
				      : links[value];
}

static void describe_enums(drmModePropertyRes *answer, enum property property)
{
	const int n = (int)infos[property].max + 1;
	answer->values = calloc((size_t)n, sizeof(uint64_t));
	answer->enums = calloc((size_t)n, sizeof(*answer->enums));
	if (!answer->values || !answer->enums)
		complain("out of memory");
	answer->count_values = answer->count_enums = n;
	for (int i = 0; i < n; i++) {
		answer->values[i] = answer->enums[i].value = (uint64_t)i;
		snprintf(answer->enums[i].name, sizeof(answer->enums[i].name), "%s",
			 enum_name(property, (uint64_t)i));
	}
}

FAKE_EXPORT drmModePropertyPtr drmModeGetProperty(int fd, uint32_t id)
{
	const enum property property =
		kms_call(fd, "drmModeGetProperty", "") ? property_by_id(id) : PROPERTIES;
	if (property == PROPERTIES) {
		errno = ENOENT;
		return NULL;
	}
	const struct property_info *info = &infos[property];
	drmModePropertyRes *answer = calloc(1, sizeof(*answer));
	if (!answer)
		complain("out of memory");
	answer->prop_id = id;
	answer->flags = info->flags;
	snprintf(answer->name, sizeof(answer->name), "%s", info->name);
	if (info->flags & DRM_MODE_PROP_ENUM) {
		describe_enums(answer, property);
	} else if (!(info->flags & DRM_MODE_PROP_BLOB)) {
		answer->values = calloc(2, sizeof(uint64_t));
		if (!answer->values)
			complain("out of memory");
		answer->values[0] = info->min;
		answer->values[1] = info->max;
		answer->count_values = info->flags & DRM_MODE_PROP_OBJECT ? 1 : 2;
	}
	return answer;
}

/* ---- blobs ---- */

struct blob *blob_create(const void *data, size_t size)
{
	struct blob *blob = calloc(1, sizeof(*blob) + size);
	if (!blob)
		complain("out of memory");
	blob->id = new_id();
	blob->size = size;
	blob->next = kms.blobs;
	if (size)
		memcpy(blob->data, data, size);
	return kms.blobs = blob;
}

struct blob *blob_find(uint32_t id)
{
	struct blob *blob = kms.blobs;
	while (blob && blob->id != id)
		blob = blob->next;
	return blob;
}

const struct drm_mode_modeinfo *mode_of(uint64_t id)
{
	const struct blob *blob = blob_find((uint32_t)id);
	return blob ? (const struct drm_mode_modeinfo *)(const void *)blob->data : NULL;
}

FAKE_EXPORT drmModePropertyBlobPtr drmModeGetPropertyBlob(int fd, uint32_t id)
{
	const struct blob *blob = kms_call(fd, "drmModeGetPropertyBlob", "") ? blob_find(id) : NULL;
	if (!blob) {
		errno = ENOENT;
		return NULL;
	}
	drmModePropertyBlobRes *answer = calloc(1, sizeof(*answer));
	void *data = malloc(blob->size ? blob->size : 1);
	if (!answer || !data)
		complain("out of memory");
	memcpy(data, blob->data, blob->size);
	*answer = (drmModePropertyBlobRes){.id = id, .length = (uint32_t)blob->size, .data = data};
	return answer;
}

FAKE_EXPORT int drmModeCreatePropertyBlob(int fd, const void *data, size_t size, uint32_t *id)
{
	struct file *file = kms_call(fd, "drmModeCreatePropertyBlob", "");
	if (!file)
		return -errno;
	if (size == 0 || size > INT_MAX || !data)
		return failed(EINVAL);
	struct blob *blob = blob_create(data, size);
	blob->file = file->serial;
	*id = blob->id;
	return 0;
}

FAKE_EXPORT int drmModeDestroyPropertyBlob(int fd, uint32_t id)
{
	struct file *file = kms_call(fd, "drmModeDestroyPropertyBlob", "");
	if (!file)
		return -errno;
	struct blob *blob = blob_find(id);
	if (!blob)
		return failed(ENOENT);
	if (blob->file != file->serial)
		return failed(EPERM);
	blob->file = 0;
	collect();
	return 0;
}

size_t fake_drm_blobs(void)
{
	size_t count = 0;
	for (const struct blob *blob = kms.blobs; blob; blob = blob->next)
		count += blob->file != 0;
	return count;
}

/* ---- values ---- */

static bool is_fence(uint64_t value)
{
	char path[40], target[8];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", (int)value);
	return readlink(path, target, sizeof(target)) >= 0 && target[0] != '/';
}

static bool blob_fits(enum property property, uint64_t value)
{
	const struct blob *blob = blob_find((uint32_t)value);
	if (value == 0)
		return true;
	if (!blob || value > UINT32_MAX)
		return false;
	return property == MODE_ID ? blob->size == sizeof(struct drm_mode_modeinfo)
				   : blob->size % sizeof(struct drm_mode_rect) == 0;
}

static bool object_fits(const struct property_info *info, uint64_t value)
{
	if (value == 0)
		return true;
	if (value > UINT32_MAX)
		return false;
	return info->min == DRM_MODE_OBJECT_FB
		       ? framebuffer_find((uint32_t)value) != NULL
		       : node_find((uint32_t)value, (uint32_t)info->min) != NULL;
}

static bool value_fits(enum property property, uint64_t value)
{
	const struct property_info *info = &infos[property];
	if (info->flags & DRM_MODE_PROP_IMMUTABLE)
		return false;
	if (info->flags & DRM_MODE_PROP_BLOB)
		return blob_fits(property, value);
	if (info->flags & DRM_MODE_PROP_OBJECT)
		return object_fits(info, value);
	if ((info->flags & DRM_MODE_PROP_EXTENDED_TYPE) == DRM_MODE_PROP_SIGNED_RANGE)
		return (int64_t)value >= (int64_t)info->min && (int64_t)value <= (int64_t)info->max;
	return value >= info->min && value <= info->max;
}

int property_check(const struct file *file, const struct node *node, uint32_t id, uint64_t value,
		   enum property *property)
{
	*property = property_by_id(id);
	if (*property == PROPERTIES || !node_has(node, *property))
		return ENOENT;
	if (!value_fits(*property, value))
		return EINVAL;
	if (*property == IN_FENCE_FD && value != SIGNED(-1) && !is_fence(value))
		return EINVAL;
	return 0;
}

/* ---- what nobody needs any more ---- */

static bool in_state(uint32_t id)
{
	for (size_t i = 0; i < kms.n_nodes; i++)
		for (enum property j = 0; j < PROPERTIES; j++)
			if (infos[j].flags & (DRM_MODE_PROP_BLOB | DRM_MODE_PROP_OBJECT) &&
			    kms.nodes[i].value[j] == id)
				return true;
	return false;
}

static bool in_view(const struct framebuffer *fb)
{
	for (size_t i = 0; i < kms.n_planes; i++)
		if (kms.planes[i].view.fb == fb)
			return true;
	return false;
}

static void free_framebuffer(struct framebuffer *fb)
{
	for (size_t i = 0; i < fb->n_planes; i++)
		object_leave(fb->objects[i]);
	free(fb);
}

void collect(void)
{
	for (struct blob **at = &kms.blobs, *blob; (blob = *at);) {
		if (blob->kernel || blob->file || in_state(blob->id)) {
			at = &blob->next;
			continue;
		}
		*at = blob->next;
		free(blob);
	}
	for (struct framebuffer **at = &kms.framebuffers, *fb; (fb = *at);) {
		if (fb->file || fb->console || in_state(fb->id) || in_view(fb)) {
			at = &fb->next;
			continue;
		}
		*at = fb->next;
		free_framebuffer(fb);
	}
}
