/* SPDX-License-Identifier: MIT */
/* Atomic commits: one for each frame, of what differs from the frame before. */
#include "alloc/kms/internal.h"

#include <errno.h>
#include <string.h>

enum { CLIPS_MAX = 64 };

/* ---- damage ---- */

static int32_t clamp(int64_t value, uint32_t most)
{
	return value < 0 ? 0 : value > most ? (int32_t)most : (int32_t)value;
}

/* false: nothing of it is within the framebuffer; the kernel refuses what is not. */
static bool clip(const struct lend_rect *rect, const struct lend_framebuffer *framebuffer,
		 struct drm_mode_rect *out)
{
	*out = (struct drm_mode_rect){
		.x1 = clamp(rect->x, framebuffer->width),
		.y1 = clamp(rect->y, framebuffer->height),
		.x2 = clamp((int64_t)rect->x + rect->width, framebuffer->width),
		.y2 = clamp((int64_t)rect->y + rect->height, framebuffer->height),
	};
	return rect->width > 0 && rect->height > 0 && out->x1 < out->x2 && out->y1 < out->y2;
}

static void extend(struct drm_mode_rect *box, const struct drm_mode_rect *more)
{
	box->x1 = more->x1 < box->x1 ? more->x1 : box->x1;
	box->y1 = more->y1 < box->y1 ? more->y1 : box->y1;
	box->x2 = more->x2 > box->x2 ? more->x2 : box->x2;
	box->y2 = more->y2 > box->y2 ? more->y2 : box->y2;
}

/* What is too much for the list extends its last rectangle. */
static size_t clip_all(const struct picture *picture, struct drm_mode_rect clips[CLIPS_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < picture->damage.count; i++) {
		struct drm_mode_rect one;
		if (!clip(&picture->damage.rects[i], picture->framebuffer, &one))
			continue;
		if (count < CLIPS_MAX)
			clips[count++] = one;
		else
			extend(&clips[CLIPS_MAX - 1], &one);
	}
	return count;
}

/* No clips mean the whole framebuffer to the kernel; one pixel is the nearest to nothing. */
static void set_clips(struct request *request, struct plane *plane, struct drm_mode_rect *clips,
		      size_t count)
{
	if (count == 0)
		clips[count++] = (struct drm_mode_rect){0, 0, 1, 1};
	if (plane->object.properties[FB_DAMAGE_CLIPS].id)
		request_put(request, &plane->object, FB_DAMAGE_CLIPS,
			    request_blob(request, clips, count * sizeof(*clips)));
}

/* ---- planes ---- */

static void set_geometry(struct request *request, struct object *plane, uint32_t crtc_id,
			 const struct picture *picture)
{
	request_set(request, plane, CRTC_ID, crtc_id);
	request_set(request, plane, SRC_X, 0);
	request_set(request, plane, SRC_Y, 0);
	request_set(request, plane, SRC_W, (uint64_t)picture->width << 16);
	request_set(request, plane, SRC_H, (uint64_t)picture->height << 16);
	request_set(request, plane, CRTC_X, (uint64_t)(int64_t)picture->x);
	request_set(request, plane, CRTC_Y, (uint64_t)(int64_t)picture->y);
	request_set(request, plane, CRTC_W, picture->width);
	request_set(request, plane, CRTC_H, picture->height);
	request_neutral(request, plane);
}

/* A plane that is not in the request is not looked at by the driver; one that is there without
 * clips is uploaded as a whole. */
static void show(struct request *request, struct plane *plane, uint32_t crtc_id, uint32_t id,
		 const struct picture *picture)
{
	struct object *object = &plane->object;
	const struct property *shown = &object->properties[FB_ID];
	const bool another = !shown->known || shown->value != id;
	struct drm_mode_rect clips[CLIPS_MAX];
	const size_t count = clip_all(picture, clips);
	set_geometry(request, object, crtc_id, picture);
	if (another || picture->damage.whole || count > 0)
		request_put(request, object, FB_ID, id);
	if (shown->asked && shown->known && !picture->damage.whole)
		set_clips(request, plane, clips, count);
}

static void show_cursor(struct request *request, struct head *head, const struct frame *frame)
{
	struct plane *plane = head->crtc->cursor;
	if (!frame->cursor.framebuffer) {
		request_hide(request, &plane->object);
		return;
	}
	show(request, plane, head->crtc->object.id, frame->cursor.framebuffer->id, &frame->cursor);
	request_set(request, &plane->object, HOTSPOT_X, (uint64_t)(int64_t)frame->hot_x);
	request_set(request, &plane->object, HOTSPOT_Y, (uint64_t)(int64_t)frame->hot_y);
	request_set(request, &plane->object, ZPOS, plane->zpos_most);
}

static bool in_frame(const struct plane *plane, const struct frame *frame)
{
	for (size_t i = 0; i < frame->n_layers; i++)
		if (frame->layers[i].plane == plane)
			return true;
	return false;
}

static void show_layers(struct request *request, struct lend_pipe *pipe, const struct frame *frame)
{
	struct lend_kms *kms = pipe->kms;
	for (size_t i = 0; i < kms->n_planes; i++)
		if (kms->planes[i].pipe == pipe && !in_frame(&kms->planes[i], frame))
			request_hide(request, &kms->planes[i].object);
	for (size_t i = 0; i < frame->n_layers; i++) {
		const struct picture *layer = &frame->layers[i];
		show(request, layer->plane, pipe->heads[0].crtc->object.id, layer->framebuffer->id,
		     layer);
		request_set(request, &layer->plane->object, ZPOS, layer->zpos);
	}
}

/* ---- taking the display over ---- */

static bool own_connector(const struct lend_pipe *pipe, uint32_t id)
{
	for (size_t i = 0; i < pipe->n_heads; i++)
		if (pipe->heads[i].connector.id == id)
			return true;
	return false;
}

static bool own_crtc(const struct lend_pipe *pipe, uint32_t id)
{
	for (size_t i = 0; i < pipe->n_heads; i++)
		if (pipe->heads[i].crtc->object.id == id)
			return true;
	return false;
}

static uint32_t crtc_now(const struct lend_kms *kms, const struct object *object)
{
	return (uint32_t)object_now(kms->fd, object, CRTC_ID);
}

/* Planes that another program left on the CRTC. */
static void clear_planes(struct request *request, struct lend_kms *kms, uint32_t crtc_id,
			 const struct frame *frame)
{
	for (size_t i = 0; i < kms->n_planes; i++) {
		struct plane *plane = &kms->planes[i];
		const struct crtc *crtc = kms_crtc(kms, crtc_id);
		const bool own = crtc && (plane == crtc->primary || plane == crtc->cursor);
		if (!(frame && own) && !(frame && in_frame(plane, frame)) &&
		    crtc_now(kms, &plane->object) == crtc_id)
			request_hide(request, &plane->object);
	}
}

static bool drives_others(struct lend_pipe *pipe, uint32_t crtc_id)
{
	const struct connectors *connectors = &pipe->kms->connectors;
	for (size_t i = 0; i < connectors->count; i++)
		if (!own_connector(pipe, connectors->list[i].object.id) &&
		    crtc_now(pipe->kms, &connectors->list[i].object) == crtc_id)
			return true;
	return false;
}

/* The CRTC that a connector of ours was on; the kernel allows none without a connector. */
static void leave_crtc(struct request *request, struct lend_pipe *pipe, uint32_t crtc_id)
{
	struct crtc *crtc = kms_crtc(pipe->kms, crtc_id);
	if (!crtc || own_crtc(pipe, crtc_id) || drives_others(pipe, crtc_id))
		return;
	clear_planes(request, pipe->kms, crtc_id, NULL);
	request_put(request, &crtc->object, ACTIVE, 0);
	request_put(request, &crtc->object, MODE_ID, 0);
	crtc->changed = true;
}

/* Connectors of others that were on a CRTC of ours. */
static void detach_others(struct request *request, struct lend_pipe *pipe)
{
	struct connectors *connectors = &pipe->kms->connectors;
	for (size_t i = 0; i < connectors->count; i++) {
		struct object *connector = &connectors->list[i].object;
		if (!own_connector(pipe, connector->id) &&
		    own_crtc(pipe, crtc_now(pipe->kms, connector)))
			request_put(request, connector, CRTC_ID, 0);
	}
}

static void take_over(struct request *request, struct lend_pipe *pipe, const struct frame *frame)
{
	detach_others(request, pipe);
	for (size_t i = 0; i < pipe->n_heads; i++) {
		struct head *head = &pipe->heads[i];
		struct crtc *crtc = head->crtc;
		object_forget(&crtc->object);
		object_forget(&crtc->primary->object);
		object_forget(&head->connector);
		leave_crtc(request, pipe, crtc_now(pipe->kms, &head->connector));
		clear_planes(request, pipe->kms, crtc->object.id, frame);
		request_put(request, &head->connector, CRTC_ID, crtc->object.id);
		request_put(request, &crtc->object, MODE_ID, head->mode_blob);
		request_put(request, &crtc->object, ACTIVE, 1);
		request_neutral(request, &head->connector);
		request_neutral(request, &crtc->object);
	}
}

/* ---- the frame ---- */

/* The kernel sends events for CRTCs that take part only. */
static void join(struct request *request, struct head *head)
{
	const struct crtc *crtc = head->crtc;
	const bool part = crtc->primary->object.properties[FB_ID].asked;
	if (!part)
		request_put(request, &head->crtc->object, ACTIVE, 1);
}

static void build(struct request *request, struct lend_pipe *pipe, const struct frame *frame)
{
	request_begin(request, pipe->kms->fd);
	if (pipe->fresh)
		take_over(request, pipe, frame);
	for (size_t i = 0; i < pipe->n_heads; i++) {
		struct head *head = &pipe->heads[i];
		struct plane *primary = head->crtc->primary;
		show(request, primary, head->crtc->object.id,
		     primary_id(head, frame->main.framebuffer), &frame->main);
		request_set(request, &primary->object, ZPOS, primary->zpos_least);
		if (head->crtc->cursor)
			show_cursor(request, head, frame);
		join(request, head);
	}
	show_layers(request, pipe, frame);
}

static int test(struct lend_pipe *pipe, struct frame *frame)
{
	struct request request;
	build(&request, pipe, frame);
	int result = request_commit(
		&request,
		DRM_MODE_ATOMIC_TEST_ONLY | (pipe->fresh ? DRM_MODE_ATOMIC_ALLOW_MODESET : 0), 0);
	return result < 0 ? commit_failed(pipe->kms, "DRM_IOCTL_MODE_ATOMIC (test)", result) : 0;
}

/* Setting a mode waits until it is done, and then nothing is left to wait for. */
static int commit(struct lend_pipe *pipe, struct frame *frame, uint32_t number)
{
	struct request request;
	const bool fresh = pipe->fresh;
	build(&request, pipe, frame);
	int result = request_commit(&request,
				    fresh ? DRM_MODE_ATOMIC_ALLOW_MODESET
					  : DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT,
				    number);
	if (result < 0)
		return commit_failed(pipe->kms, "DRM_IOCTL_MODE_ATOMIC", result);
	for (size_t i = 0; i < pipe->n_heads; i++) {
		pipe->heads[i].crtc->changed = true;
		pipe->heads[i].awaited = !fresh;
	}
	return fresh;
}

static void turn_off(struct lend_pipe *pipe)
{
	struct request request;
	request_begin(&request, pipe->kms->fd);
	for (size_t i = 0; i < pipe->n_heads; i++) {
		struct crtc *crtc = pipe->heads[i].crtc;
		request_put(&request, &pipe->heads[i].connector, CRTC_ID, 0);
		request_put(&request, &crtc->object, ACTIVE, 0);
		request_put(&request, &crtc->object, MODE_ID, 0);
		clear_planes(&request, pipe->kms, crtc->object.id, NULL);
	}
	if (request_commit(&request, DRM_MODE_ATOMIC_ALLOW_MODESET, 0) < 0)
		kms_forget(pipe->kms);
}

const struct backend atomic_backend = {
	.test = test,
	.commit = commit,
	.turn_off = turn_off,
};
