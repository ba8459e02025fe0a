/* SPDX-License-Identifier: MIT */
/* What the kernel refuses: the checks of drm_atomic.c and of the helpers that drivers use. */
#include "kms.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

static int32_t as_int(uint64_t value)
{
	return (int32_t)(uint32_t)value;
}

/* The connectors fed by the CRTC: a bit each. */
static uint32_t connectors_of(const struct node *nodes, const struct node *crtc)
{
	uint32_t mask = 0;
	for (size_t i = 0; i < kms.n_nodes; i++)
		if (nodes[i].kind == DRM_MODE_OBJECT_CONNECTOR &&
		    nodes[i].value[CRTC_ID] == crtc->id)
			mask |= 1U << nodes[i].index;
	return mask;
}

static bool same_mode(uint64_t a, uint64_t b)
{
	const struct drm_mode_modeinfo *one = mode_of(a), *other = mode_of(b);
	return one && other ? memcmp(one, other, sizeof(*one)) == 0 : one == other;
}

static const struct node *next_of(const struct commit *commit, const struct node *node)
{
	return &commit->next[node - kms.nodes];
}

bool needs_modeset(const struct commit *commit, const struct node *crtc)
{
	const struct node *next = next_of(commit, crtc);
	return crtc->value[ACTIVE] != next->value[ACTIVE] ||
	       !same_mode(crtc->value[MODE_ID], next->value[MODE_ID]) ||
	       connectors_of(kms.nodes, crtc) != connectors_of(commit->next, crtc);
}

/* ---- planes ---- */

static bool shows(const struct plane_spec *spec, const struct framebuffer *fb)
{
	bool format = false, modifier = spec->n_modifiers == 0 && fb->modifier == 0;
	for (size_t i = 0; i < spec->n_formats; i++)
		format = format || spec->formats[i] == fb->format;
	for (size_t i = 0; i < spec->n_modifiers; i++)
		modifier = modifier || spec->modifiers[i] == fb->modifier;
	return format && modifier;
}

static bool inside(const uint64_t *value, const struct framebuffer *fb)
{
	const uint64_t width = (uint64_t)fb->width << 16, height = (uint64_t)fb->height << 16;
	return value[SRC_W] <= width && value[SRC_X] <= width - value[SRC_W] &&
	       value[SRC_H] <= height && value[SRC_Y] <= height - value[SRC_H];
}

/* As the kernel does: against a size in 16.16 fixed point, which lets nearly all pass. */
static bool clips_inside(const struct node *plane, const struct framebuffer *fb)
{
	const struct blob *blob = blob_find((uint32_t)plane->value[FB_DAMAGE_CLIPS]);
	const size_t n = blob ? blob->size / sizeof(struct drm_mode_rect) : 0;
	for (size_t i = 0; i < n; i++) {
		struct drm_mode_rect clip;
		memcpy(&clip, blob->data + i * sizeof(clip), sizeof(clip));
		if (clip.x1 >= clip.x2 || clip.y1 >= clip.y2 || clip.x1 < 0 || clip.y1 < 0 ||
		    clip.x2 > (int64_t)fb->width << 16 || clip.y2 > (int64_t)fb->height << 16)
			return false;
	}
	return true;
}

/* Most primary planes cover their CRTC; others may be anywhere. Few scale. */
static int check_place(const struct plane_spec *spec, const struct node *plane,
		       const struct node *crtc)
{
	const uint64_t *value = plane->value;
	const struct drm_mode_modeinfo *mode = mode_of(crtc->value[MODE_ID]);
	if (!spec->scale &&
	    (value[SRC_W] >> 16 != value[CRTC_W] || value[SRC_H] >> 16 != value[CRTC_H]))
		return ERANGE;
	if (!mode || spec->type != DRM_PLANE_TYPE_PRIMARY || spec->anywhere)
		return 0;
	return as_int(value[CRTC_X]) == 0 && as_int(value[CRTC_Y]) == 0 &&
			       value[CRTC_W] == mode->hdisplay && value[CRTC_H] == mode->vdisplay
		       ? 0
		       : EINVAL;
}

static int check_cursor(const struct framebuffer *fb)
{
	return fb->width > kms.options.cursor_width || fb->height > kms.options.cursor_height
		       ? EINVAL
		       : 0;
}

static int check_plane(const struct commit *commit, const struct node *plane)
{
	const struct plane *known = &kms.planes[plane->index];
	const struct framebuffer *fb = framebuffer_find((uint32_t)plane->value[FB_ID]);
	const struct node *crtc = crtc_of(plane);
	const struct node *was = crtc_of(node_get(DRM_MODE_OBJECT_PLANE, plane->index));
	if (!fb != !crtc)
		return EINVAL;
	if (!fb)
		return 0;
	if (!(known->possible & 1U << crtc->index) || !shows(known->spec, fb))
		return EINVAL;
	if (plane->value[CRTC_W] > INT_MAX || plane->value[CRTC_H] > INT_MAX)
		return ERANGE;
	if (!inside(plane->value, fb))
		return ENOSPC;
	if ((was && was != crtc) || !clips_inside(plane, fb))
		return EINVAL;
	int error = check_place(known->spec, plane, next_of(commit, crtc));
	if (error == 0 && known->spec->type == DRM_PLANE_TYPE_CURSOR)
		error = check_cursor(fb);
	return error;
}

/* ---- CRTCs ---- */

static int check_mode(const struct drm_mode_modeinfo *mode)
{
	if (mode->hdisplay == 0 || mode->vdisplay == 0 || mode->clock == 0 ||
	    mode->hdisplay > mode->htotal || mode->vdisplay > mode->vtotal)
		return EINVAL;
	return mode->hdisplay > kms.options.width_max || mode->vdisplay > kms.options.height_max
		       ? EINVAL
		       : 0;
}

static int check_crtc(const struct commit *commit, const struct node *crtc)
{
	const struct node *was = node_get(DRM_MODE_OBJECT_CRTC, crtc->index);
	const struct drm_mode_modeinfo *mode = mode_of(crtc->value[MODE_ID]);
	const bool event = commit->flags & DRM_MODE_PAGE_FLIP_EVENT;
	if (crtc->value[ACTIVE] && !mode)
		return EINVAL;
	if (!mode != !connectors_of(commit->next, crtc))
		return EINVAL;
	if (mode && check_mode(mode) != 0)
		return EINVAL;
	if (event && !crtc->value[ACTIVE] && !was->value[ACTIVE])
		return EINVAL;
	return needs_modeset(commit, was) && !(commit->flags & DRM_MODE_ATOMIC_ALLOW_MODESET)
		       ? EINVAL
		       : 0;
}

/* ---- connectors ---- */

static int check_writeback(const struct commit *commit, const struct node *node,
			   const struct node *crtc)
{
	const struct connector_spec *spec = kms.connectors[node->index].spec;
	const struct framebuffer *fb = framebuffer_find((uint32_t)node->value[WRITEBACK_FB_ID]);
	const struct node *next = crtc ? next_of(commit, crtc) : NULL;
	const struct drm_mode_modeinfo *mode = next ? mode_of(next->value[MODE_ID]) : NULL;
	bool known = false;
	if (!fb)
		return node->value[WRITEBACK_OUT_FENCE_PTR] ? EINVAL : 0;
	for (size_t i = 0; i < spec->n_formats; i++)
		known = known || spec->formats[i] == fb->format;
	return known && mode && next->value[ACTIVE] && fb->width == mode->hdisplay &&
			       fb->height == mode->vdisplay
		       ? 0
		       : EINVAL;
}

static int check_connector(const struct commit *commit, const struct node *node)
{
	const struct connector *connector = &kms.connectors[node->index];
	const struct node *crtc = crtc_of(node);
	if (crtc && !(connector->possible & 1U << crtc->index))
		return EINVAL;
	return connector->spec->writeback ? check_writeback(commit, node, crtc) : 0;
}

/* CRTCs are checked whole when anything about them changes, since a connector that leaves one may
 * make it wrong. */
int commit_check(const struct commit *commit)
{
	int error = 0;
	for (size_t i = 0; error == 0 && i < kms.n_nodes; i++) {
		const struct node *node = &commit->next[i];
		const bool modeset =
			node->kind == DRM_MODE_OBJECT_CRTC && needs_modeset(commit, &kms.nodes[i]);
		if (node->kind == DRM_MODE_OBJECT_CRTC && (commit->touched[i] || modeset))
			error = check_crtc(commit, node);
		else if (node->kind == DRM_MODE_OBJECT_CONNECTOR && commit->touched[i])
			error = check_connector(commit, node);
	}
	for (size_t i = 0; error == 0 && i < kms.n_nodes; i++) {
		const struct node *node = &commit->next[i], *crtc = crtc_of(node);
		if (node->kind == DRM_MODE_OBJECT_PLANE &&
		    (commit->touched[i] || (crtc && needs_modeset(commit, crtc))))
			error = check_plane(commit, node);
	}
	return error ? failed(error) : 0;
}
