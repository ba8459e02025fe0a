/* SPDX-License-Identifier: MIT */
/* Planes: what they take, and which belongs to which CRTC. */
#include "alloc/kms/internal.h"
#include "alloc/kms/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* Without the property the order is the kernel's: primary, overlays as they are listed, cursor. */
static void read_zpos(struct plane *plane, uint32_t index)
{
	const struct property *zpos = &plane->object.properties[ZPOS];
	if (zpos->id && zpos->fixed)
		plane->zpos_least = plane->zpos_most = zpos->value;
	else if (zpos->id) {
		plane->zpos_least = zpos->least;
		plane->zpos_most = zpos->most;
	} else if (plane->type == DRM_PLANE_TYPE_OVERLAY)
		plane->zpos_least = plane->zpos_most = 1 + index;
	else
		plane->zpos_least = plane->zpos_most =
			plane->type == DRM_PLANE_TYPE_CURSOR ? UINT32_MAX : 0;
}

static int read_plane(int fd, uint32_t id, uint32_t index, struct plane *plane)
{
	drmModePlane *from = drmModeGetPlane(fd, id);
	if (!from)
		return -errno;
	int result = object_read(fd, id, DRM_MODE_OBJECT_PLANE, &plane->object);
	plane->type = plane->object.properties[TYPE].value;
	plane->possible_crtcs = from->possible_crtcs;
	plane->found_crtc = from->crtc_id;
	plane->formats = calloc((size_t)from->count_formats + 1, sizeof(*plane->formats));
	if (plane->formats) {
		memcpy(plane->formats, from->formats,
		       from->count_formats * sizeof(*plane->formats));
		plane->n_formats = from->count_formats;
	} else {
		result = -ENOMEM;
	}
	drmModeFreePlane(from);
	if (plane->object.properties[IN_FORMATS].id)
		plane->layouts = drmModeGetPropertyBlob(
			fd, (uint32_t)plane->object.properties[IN_FORMATS].value);
	read_zpos(plane, index);
	return result;
}

static int compare_zpos(const void *a, const void *b)
{
	const struct plane *first = a, *second = b;
	if (first->zpos_least != second->zpos_least)
		return first->zpos_least < second->zpos_least ? -1 : 1;
	return first->object.id < second->object.id ? -1 : first->object.id > second->object.id;
}

bool plane_takes(const struct plane *plane, uint32_t format)
{
	if (!plane || plane->n_formats == 0)
		return format == LEND_FORMAT_XRGB8888;
	for (uint32_t i = 0; i < plane->n_formats; i++)
		if (plane->formats[i] == format)
			return true;
	return false;
}

bool plane_modifier(const struct plane *plane, uint32_t format, size_t index, uint64_t *modifier)
{
	drmModeFormatModifierIterator iterator = {0};
	if (!plane_takes(plane, format))
		return false;
	if (!plane || !plane->layouts) {
		*modifier = index == 0 ? LEND_MODIFIER_LINEAR : LEND_MODIFIER_INVALID;
		return index < 2;
	}
	while (drmModeFormatModifierBlobIterNext(plane->layouts, &iterator)) {
		if (iterator.fmt != format || index-- > 0)
			continue;
		*modifier = iterator.mod;
		return true;
	}
	return false;
}

/* ---- each CRTC's own ---- */

/* Drivers list them in the order of the CRTCs; where that is not so, one shows the CRTC now. */
static void give(struct lend_kms *kms, uint64_t type)
{
	struct plane *planes[64];
	struct wish wishes[32] = {0};
	int chosen[32];
	size_t n_planes = 0;
	for (size_t i = 0; i < kms->n_planes && n_planes < 64; i++)
		if (kms->planes[i].type == type)
			planes[n_planes++] = &kms->planes[i];
	for (size_t i = 0; i < kms->n_crtcs; i++) {
		wishes[i].preferred = -1;
		for (size_t j = 0; j < n_planes; j++) {
			if (planes[j]->possible_crtcs >> kms->crtcs[i].index & 1)
				wishes[i].possible |= UINT64_C(1) << j;
			if (planes[j]->found_crtc == kms->crtcs[i].object.id)
				wishes[i].preferred = (int)j;
		}
	}
	match(wishes, kms->n_crtcs, chosen);
	for (size_t i = 0; i < kms->n_crtcs; i++) {
		struct plane *plane = chosen[i] >= 0 ? planes[chosen[i]] : NULL;
		if (type == DRM_PLANE_TYPE_PRIMARY)
			kms->crtcs[i].primary = plane;
		else
			kms->crtcs[i].cursor = plane;
	}
}

int planes_read(struct lend_kms *kms)
{
	drmModePlaneRes *list = drmModeGetPlaneResources(kms->fd);
	if (!list)
		return -errno;
	kms->planes = calloc((size_t)list->count_planes + 1, sizeof(*kms->planes));
	int result = kms->planes ? 0 : -ENOMEM;
	for (uint32_t i = 0; result == 0 && i < list->count_planes; i++)
		result = read_plane(kms->fd, list->planes[i], i, &kms->planes[kms->n_planes++]);
	drmModeFreePlaneResources(list);
	if (result < 0)
		return result;
	qsort(kms->planes, kms->n_planes, sizeof(*kms->planes), compare_zpos);
	give(kms, DRM_PLANE_TYPE_PRIMARY);
	give(kms, DRM_PLANE_TYPE_CURSOR);
	return 0;
}

void planes_free(struct lend_kms *kms)
{
	for (size_t i = 0; i < kms->n_planes; i++) {
		free(kms->planes[i].formats);
		drmModeFreePropertyBlob(kms->planes[i].layouts);
	}
	free(kms->planes);
}
