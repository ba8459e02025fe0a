/* SPDX-License-Identifier: MIT */
#include "alloc/kms/properties.h"

#include <errno.h>
#include <string.h>
#include <xf86drm.h>

/* For a property that another program may have changed, the value that changes nothing. */
struct known_property {
	const char *name;
	uint64_t neutral;
	const char *neutral_name; /* of an enumeration: its value goes by its name */
	bool has_neutral;
	bool transient; /* the kernel forgets it with the commit */
};

static const struct known_property table[PROPERTY_COUNT] = {
	[CRTC_ID] = {.name = "CRTC_ID"},
	[EDID] = {.name = "EDID"},
	[NON_DESKTOP] = {.name = "non-desktop"},
	[LINK_STATUS] = {.name = "link-status", .has_neutral = true},
	[HDR_OUTPUT_METADATA] = {.name = "HDR_OUTPUT_METADATA", .has_neutral = true},
	[COLORSPACE] = {.name = "Colorspace", .has_neutral = true, .neutral_name = "Default"},
	[WRITEBACK_FB_ID] = {.name = "WRITEBACK_FB_ID", .transient = true},
	[WRITEBACK_OUT_FENCE_PTR] = {.name = "WRITEBACK_OUT_FENCE_PTR", .transient = true},
	[WRITEBACK_PIXEL_FORMATS] = {.name = "WRITEBACK_PIXEL_FORMATS"},
	[ACTIVE] = {.name = "ACTIVE"},
	[MODE_ID] = {.name = "MODE_ID"},
	[GAMMA_LUT] = {.name = "GAMMA_LUT", .has_neutral = true},
	[DEGAMMA_LUT] = {.name = "DEGAMMA_LUT", .has_neutral = true},
	[CTM] = {.name = "CTM", .has_neutral = true},
	[VRR_ENABLED] = {.name = "VRR_ENABLED", .has_neutral = true},
	[TYPE] = {.name = "type"},
	[FB_ID] = {.name = "FB_ID"},
	[SRC_X] = {.name = "SRC_X"},
	[SRC_Y] = {.name = "SRC_Y"},
	[SRC_W] = {.name = "SRC_W"},
	[SRC_H] = {.name = "SRC_H"},
	[CRTC_X] = {.name = "CRTC_X"},
	[CRTC_Y] = {.name = "CRTC_Y"},
	[CRTC_W] = {.name = "CRTC_W"},
	[CRTC_H] = {.name = "CRTC_H"},
	[FB_DAMAGE_CLIPS] = {.name = "FB_DAMAGE_CLIPS", .transient = true},
	[IN_FORMATS] = {.name = "IN_FORMATS"},
	[ZPOS] = {.name = "zpos"},
	[ROTATION] = {.name = "rotation", .has_neutral = true, .neutral = DRM_MODE_ROTATE_0},
	[ALPHA] = {.name = "alpha", .has_neutral = true, .neutral = 0xffff},
	[PIXEL_BLEND_MODE] = {.name = "pixel blend mode",
			      .has_neutral = true,
			      .neutral_name = "Pre-multiplied"},
	[HOTSPOT_X] = {.name = "HOTSPOT_X"},
	[HOTSPOT_Y] = {.name = "HOTSPOT_Y"},
};

/* ---- objects ---- */

static int find_name(const char *name)
{
	for (int i = 0; i < PROPERTY_COUNT; i++)
		if (strcmp(table[i].name, name) == 0)
			return i;
	return -1;
}

static void find_neutral(const drmModePropertyRes *from, const struct known_property *known,
			 struct property *property)
{
	property->neutral = known->neutral;
	property->has_neutral = known->has_neutral && !property->fixed;
	if (!property->has_neutral || !known->neutral_name)
		return;
	property->has_neutral = false;
	for (int i = 0; i < from->count_enums; i++)
		if (strcmp(from->enums[i].name, known->neutral_name) == 0) {
			property->neutral = from->enums[i].value;
			property->has_neutral = true;
		}
}

static void read_property(const drmModePropertyRes *from, uint64_t value, struct object *object)
{
	const int name = find_name(from->name);
	if (name < 0)
		return;
	struct property *property = &object->properties[name];
	const bool range = from->flags & DRM_MODE_PROP_RANGE && from->count_values >= 2;
	*property = (struct property){
		.id = from->prop_id,
		.value = value,
		.least = range ? from->values[0] : 0,
		.most = range ? from->values[1] : 0,
		.fixed = from->flags & DRM_MODE_PROP_IMMUTABLE,
	};
	find_neutral(from, &table[name], property);
}

int object_read(int fd, uint32_t id, uint32_t type, struct object *object)
{
	*object = (struct object){.id = id, .type = type};
	drmModeObjectProperties *list = drmModeObjectGetProperties(fd, id, type);
	if (!list)
		return -errno;
	for (uint32_t i = 0; i < list->count_props; i++) {
		drmModePropertyRes *property = drmModeGetProperty(fd, list->props[i]);
		if (!property)
			continue;
		read_property(property, list->prop_values[i], object);
		drmModeFreeProperty(property);
	}
	drmModeFreeObjectProperties(list);
	return 0;
}

uint64_t object_now(int fd, const struct object *object, enum property_name name)
{
	uint64_t value = 0;
	drmModeObjectProperties *list = drmModeObjectGetProperties(fd, object->id, object->type);
	for (uint32_t i = 0; list && i < list->count_props; i++)
		if (list->props[i] == object->properties[name].id)
			value = list->prop_values[i];
	drmModeFreeObjectProperties(list);
	return value;
}

void object_forget(struct object *object)
{
	for (size_t i = 0; i < PROPERTY_COUNT; i++)
		object->properties[i].known = false;
}

/* ---- requests ---- */

void request_begin(struct request *request, int fd)
{
	*request = (struct request){.fd = fd, .atomic = drmModeAtomicAlloc()};
	if (!request->atomic)
		request->error = -ENOMEM;
}

static void take_part(struct request *request, struct object *object)
{
	for (struct object *each = request->objects; each; each = each->next)
		if (each == object)
			return;
	object->next = request->objects;
	request->objects = object;
}

void request_put(struct request *request, struct object *object, enum property_name name,
		 uint64_t value)
{
	struct property *property = &object->properties[name];
	if (request->error || property->id == 0 || property->fixed)
		return;
	take_part(request, object);
	property->wanted = value;
	property->asked = true;
	int result = drmModeAtomicAddProperty(request->atomic, object->id, property->id, value);
	if (result < 0)
		request->error = result;
}

void request_set(struct request *request, struct object *object, enum property_name name,
		 uint64_t value)
{
	const struct property *property = &object->properties[name];
	if (!property->known || property->value != value)
		request_put(request, object, name, value);
}

void request_neutral(struct request *request, struct object *object)
{
	for (int i = 0; i < PROPERTY_COUNT; i++)
		if (object->properties[i].has_neutral)
			request_set(request, object, i, object->properties[i].neutral);
}

void request_hide(struct request *request, struct object *plane)
{
	request_set(request, plane, FB_ID, 0);
	request_set(request, plane, CRTC_ID, 0);
}

uint32_t request_blob(struct request *request, const void *data, size_t size)
{
	uint32_t id = 0;
	int result = request->n_blobs < BLOBS_MAX
			     ? drmModeCreatePropertyBlob(request->fd, data, size, &id)
			     : -ENOSPC;
	if (result == 0)
		request->blobs[request->n_blobs++] = id;
	else if (!request->error)
		request->error = result;
	return result == 0 ? id : 0;
}

static void settle(struct object *object, bool committed)
{
	for (size_t i = 0; i < PROPERTY_COUNT; i++) {
		struct property *property = &object->properties[i];
		if (committed && property->asked) {
			property->value = table[i].transient ? 0 : property->wanted;
			property->known = true;
		}
		property->asked = false;
	}
}

int request_commit(struct request *request, uint32_t flags, uint32_t number)
{
	int result = request->error;
	if (result == 0)
		result = drmModeAtomicCommit(request->fd, request->atomic, flags,
					     (void *)(uintptr_t)number);
	const bool committed = result == 0 && !(flags & DRM_MODE_ATOMIC_TEST_ONLY);
	for (struct object *object = request->objects; object; object = object->next)
		settle(object, committed);
	for (size_t i = 0; i < request->n_blobs; i++)
		drmModeDestroyPropertyBlob(request->fd, request->blobs[i]);
	drmModeAtomicFree(request->atomic);
	*request = (struct request){0};
	return result;
}
