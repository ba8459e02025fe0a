/* SPDX-License-Identifier: MIT */
/* From what a caller wants shown to a frame: checked, planes chosen, committed. */
#include "alloc/kms/internal.h"
#include "common/error.h"
#include "common/options.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- framebuffers and planes of a frame ---- */

static void frame_hold(struct frame *frame)
{
	framebuffer_hold(frame->main.framebuffer);
	framebuffer_hold(frame->cursor.framebuffer);
	for (size_t i = 0; i < frame->n_layers; i++)
		framebuffer_hold(frame->layers[i].framebuffer);
}

void frame_drop(struct frame *frame)
{
	framebuffer_drop(frame->main.framebuffer);
	framebuffer_drop(frame->cursor.framebuffer);
	for (size_t i = 0; i < frame->n_layers; i++)
		framebuffer_drop(frame->layers[i].framebuffer);
	*frame = (struct frame){0};
}

void pipe_own_planes(struct lend_pipe *pipe)
{
	struct lend_kms *kms = pipe->kms;
	for (size_t i = 0; i < kms->n_planes; i++)
		if (kms->planes[i].pipe == pipe)
			kms->planes[i].pipe = NULL;
	for (size_t i = 0; i < pipe->shown.n_layers; i++)
		pipe->shown.layers[i].plane->pipe = pipe;
}

uint32_t primary_id(const struct head *head, struct lend_framebuffer *framebuffer)
{
	const struct plane *plane = head->crtc->primary;
	const struct lend_format *format = lend_format_get(framebuffer->format);
	if (framebuffer->id && plane_takes(plane, framebuffer->format))
		return framebuffer->id;
	if (format && plane_takes(plane, format->opaque))
		return framebuffer_opaque(framebuffer);
	return 0;
}

/* ---- checking ---- */

static const char *format_name(const struct lend_framebuffer *framebuffer)
{
	const struct lend_format *format = lend_format_get(framebuffer->format);
	return format ? format->name : "unknown";
}

static struct damage damage_of(const struct lend_framebuffer *framebuffer,
			       const struct lend_rect *rects, size_t count)
{
	const bool known = framebuffer->shown_in == framebuffer->kms->turn;
	return (struct damage){
		.whole = !rects || !known,
		.rects = rects,
		.count = rects ? count : 0,
	};
}

static int check_device(const struct lend_pipe *pipe, const struct lend_framebuffer *framebuffer)
{
	if (framebuffer->kms != pipe->kms)
		return fail(-EINVAL,
			    "a framebuffer of another device: import the buffer on %s as well",
			    pipe->kms->device->path);
	return 0;
}

static int read_main(struct lend_pipe *pipe, const struct lend_pipe_state *state,
		     struct frame *frame)
{
	struct lend_framebuffer *framebuffer =
		state->framebuffer ? state->framebuffer : pipe->shown.main.framebuffer;
	if (!framebuffer)
		return fail(-EINVAL, "the first commit needs a framebuffer");
	int result = check_device(pipe, framebuffer);
	if (result < 0)
		return result;
	if (framebuffer->width < pipe->mode.width || framebuffer->height < pipe->mode.height)
		return fail(-EINVAL, "a framebuffer of %ux%u does not fill the mode's %ux%u",
			    framebuffer->width, framebuffer->height, pipe->mode.width,
			    pipe->mode.height);
	for (size_t i = 0; i < pipe->n_heads; i++)
		if (!primary_id(&pipe->heads[i], framebuffer))
			return fail(-EINVAL,
				    "the display does not take %s: lend_pipe_takes_format() "
				    "says what it takes",
				    format_name(framebuffer));
	frame->main = (struct picture){
		.framebuffer = framebuffer,
		.width = pipe->mode.width,
		.height = pipe->mode.height,
		.damage = damage_of(framebuffer, state->damage, state->n_damage),
	};
	if (!state->framebuffer && !state->damage && !pipe->fresh)
		frame->main.damage.whole = false;
	return 0;
}

static bool within(const struct lend_layer *layer, const struct lend_kms_mode *mode)
{
	return layer->x >= 0 && layer->y >= 0 && layer->width > 0 && layer->height > 0 &&
	       (uint64_t)layer->x + layer->width <= mode->width &&
	       (uint64_t)layer->y + layer->height <= mode->height;
}

static int read_layer(struct lend_pipe *pipe, const struct lend_layer *layer,
		      struct picture *picture)
{
	if (!layer->framebuffer)
		return fail(-EINVAL, "a layer without a framebuffer");
	int result = check_device(pipe, layer->framebuffer);
	if (result < 0)
		return result;
	if (!within(layer, &pipe->mode))
		return fail(-EINVAL,
			    "a layer of %ux%u at %" PRId32 ",%" PRId32
			    " is not wholly on a display of %ux%u",
			    layer->width, layer->height, layer->x, layer->y, pipe->mode.width,
			    pipe->mode.height);
	if (layer->width > layer->framebuffer->width || layer->height > layer->framebuffer->height)
		return fail(-EINVAL, "a layer of %ux%u is larger than its framebuffer's %ux%u",
			    layer->width, layer->height, layer->framebuffer->width,
			    layer->framebuffer->height);
	*picture = (struct picture){
		.framebuffer = layer->framebuffer,
		.x = layer->x,
		.y = layer->y,
		.width = layer->width,
		.height = layer->height,
		.damage = damage_of(layer->framebuffer, layer->damage, layer->n_damage),
	};
	return 0;
}

static int read_layers(struct lend_pipe *pipe, const struct lend_pipe_state *state,
		       struct frame *frame)
{
	const size_t most = pipe_count_overlays(pipe);
	int result = 0;
	if (state->n_layers > most)
		return fail(-ENOSPC, "%zu layers, and the display has overlay planes for %zu",
			    state->n_layers, most);
	if (state->n_layers > 0 && !state->layers)
		return fail(-EINVAL, "n_layers is %zu, and layers is NULL", state->n_layers);
	for (size_t i = 0; result == 0 && i < state->n_layers; i++)
		result = read_layer(pipe, &state->layers[i], &frame->layers[i]);
	frame->n_layers = state->n_layers;
	return result;
}

static bool takes_cursor(const struct lend_pipe *pipe, const struct lend_framebuffer *cursor)
{
	if (pipe->kms->backend != &atomic_backend)
		return true; /* told by its handle, not as a framebuffer */
	for (size_t i = 0; i < pipe->n_heads; i++)
		if (!plane_takes(pipe->heads[i].crtc->cursor, cursor->format))
			return false;
	return cursor->id != 0;
}

static int read_cursor(struct lend_pipe *pipe, const struct lend_pipe_state *state,
		       struct frame *frame)
{
	const struct lend_kms *kms = pipe->kms;
	struct lend_framebuffer *cursor = state->cursor;
	if (!cursor)
		return 0;
	int result = check_device(pipe, cursor);
	if (result < 0)
		return result;
	if (!pipe_has_cursor(pipe))
		return fail(-EOPNOTSUPP, "the display has no cursor plane: draw the pointer in the "
					 "picture");
	if (cursor->width > kms->cursor_width || cursor->height > kms->cursor_height)
		return fail(-EINVAL, "a cursor of %ux%u: the largest is %ux%u", cursor->width,
			    cursor->height, kms->cursor_width, kms->cursor_height);
	if (cursor->format != LEND_FORMAT_ARGB8888)
		return fail(-EINVAL, "a cursor in %s: give ARGB8888", format_name(cursor));
	if (!takes_cursor(pipe, cursor))
		return fail(-EINVAL, "the cursor plane does not take ARGB8888: draw the pointer in "
				     "the picture");
	frame->cursor = (struct picture){
		.framebuffer = cursor,
		.x = state->cursor_x,
		.y = state->cursor_y,
		.width = cursor->width,
		.height = cursor->height,
		.damage.whole = cursor != pipe->shown.cursor.framebuffer,
	};
	frame->hot_x = state->cursor_hot_x;
	frame->hot_y = state->cursor_hot_y;
	return 0;
}

static int read_state(struct lend_pipe *pipe, const struct lend_pipe_state *given,
		      struct frame *frame)
{
	struct lend_pipe_state state;
	if (!pipe || !given)
		return fail(-EINVAL, "give a pipe and a state to show");
	int result = options_read(&state, sizeof(state), given);
	if (result < 0)
		return fail(-EINVAL, "struct lend_pipe_state: size %s",
			    result == -E2BIG ? "covers a field that this version does not know"
					     : "is to be sizeof the struct");
	result = read_main(pipe, &state, frame);
	if (result == 0)
		result = read_layers(pipe, &state, frame);
	return result < 0 ? result : read_cursor(pipe, &state, frame);
}

static int check_allowed(const struct lend_kms *kms)
{
	if (kms->gone)
		return fail(-ENODEV, "%s is gone: it was unplugged", kms->device->path);
	if (kms->paused)
		return fail(-EACCES, "%s is paused: its seat is somebody else's now",
			    kms->device->path);
	return 0;
}

/* An unplugged device answers nothing but this; a driver that refuses memory answers others. */
static bool unplugged(const struct lend_kms *kms)
{
	drmModeRes *resources = drmModeGetResources(kms->fd);
	const bool gone = !resources && (errno == ENODEV || errno == EIO);
	drmModeFreeResources(resources);
	return gone;
}

int commit_failed(struct lend_kms *kms, const char *call, int error)
{
	const char *path = kms->device->path, *driver = kms->device->driver;
	if ((error == -ENODEV || error == -EIO) && unplugged(kms)) {
		kms->gone = true;
		return fail(-ENODEV, "%s is gone: it was unplugged", path);
	}
	if (error == -EACCES || error == -EPERM)
		return fail(-EACCES,
			    "%s: not master of %s: another display server or the text "
			    "console has it",
			    call, path);
	/* A driver's own ENODEV is not to be taken for that. */
	return fail(error == -ENODEV ? -EINVAL : error, "%s: %s refuses this picture: %s", call,
		    driver, strerror(-error));
}

/* ---- overlay planes ---- */

static bool used_below(const struct frame *frame, size_t layer, const struct plane *plane)
{
	for (size_t i = 0; i < layer; i++)
		if (frame->layers[i].plane == plane)
			return true;
	return false;
}

/* Can the plane show the layer, above those before it? Notes where, then. */
static bool fits(const struct lend_pipe *pipe, const struct frame *frame, size_t layer,
		 const struct plane *plane, uint64_t *zpos)
{
	const struct crtc *crtc = pipe->heads[0].crtc;
	const struct lend_framebuffer *framebuffer = frame->layers[layer].framebuffer;
	const uint64_t below = layer ? frame->layers[layer - 1].zpos : crtc->primary->zpos_least;
	*zpos = plane->zpos_least > below ? plane->zpos_least : below + 1;
	return plane->type == DRM_PLANE_TYPE_OVERLAY && plane->possible_crtcs >> crtc->index & 1 &&
	       (!plane->pipe || plane->pipe == pipe) && *zpos <= plane->zpos_most &&
	       framebuffer->id && plane_takes(plane, framebuffer->format) &&
	       !used_below(frame, layer, plane);
}

/* The first plane with which the driver accepts the frame as far as this layer. */
static int place_layer(struct lend_pipe *pipe, struct frame *frame, size_t layer)
{
	const struct lend_kms *kms = pipe->kms;
	int result = fail(-EINVAL, "no overlay plane takes a layer of %s above those below it",
			  format_name(frame->layers[layer].framebuffer));
	frame->n_layers = layer + 1;
	for (size_t i = 0; i < kms->n_planes; i++) {
		uint64_t zpos;
		if (!fits(pipe, frame, layer, &kms->planes[i], &zpos))
			continue;
		frame->layers[layer].plane = &kms->planes[i];
		frame->layers[layer].zpos = zpos;
		result = kms->backend->test(pipe, frame);
		if (result == 0)
			return 0;
	}
	return result;
}

static int place_layers(struct lend_pipe *pipe, struct frame *frame)
{
	const size_t count = frame->n_layers;
	int result = 0;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = place_layer(pipe, frame, i);
	frame->n_layers = count;
	return result;
}

/* The planes of the frame before, if they can show this one as well. */
static bool keep_planes(const struct lend_pipe *pipe, struct frame *frame)
{
	if (frame->n_layers != 0 && frame->n_layers != pipe->shown.n_layers)
		return false;
	for (size_t i = 0; i < frame->n_layers; i++) {
		struct plane *plane = pipe->shown.layers[i].plane;
		uint64_t zpos;
		if (!fits(pipe, frame, i, plane, &zpos))
			return false;
		frame->layers[i].plane = plane;
		frame->layers[i].zpos = zpos;
	}
	return true;
}

/* ---- testing and committing ---- */

int lend_pipe_test(struct lend_pipe *pipe, const struct lend_pipe_state *state)
{
	struct frame frame = {0};
	int result = read_state(pipe, state, &frame);
	if (result == 0)
		result = check_allowed(pipe->kms);
	if (result < 0)
		return result;
	result = keep_planes(pipe, &frame) ? pipe->kms->backend->test(pipe, &frame) : -EINVAL;
	return result == 0 || frame.n_layers == 0 ? result : place_layers(pipe, &frame);
}

/* What worked for the frame before is not asked for again; only a refusal makes us look anew. */
static int commit(struct lend_pipe *pipe, struct frame *frame, uint32_t number)
{
	const struct backend *backend = pipe->kms->backend;
	const bool kept = keep_planes(pipe, frame);
	int result = kept ? backend->commit(pipe, frame, number) : -EINVAL;
	if (result >= 0 || frame->n_layers == 0 || result == -EACCES || result == -ENODEV)
		return result;
	result = place_layers(pipe, frame);
	return result < 0 ? result : backend->commit(pipe, frame, number);
}

/* Two commits never have the same number, and 0 is none. */
static uint32_t next_number(struct lend_kms *kms)
{
	return ++kms->commits ? kms->commits : ++kms->commits;
}

static void settle(struct picture *picture, uint32_t turn)
{
	picture->damage = (struct damage){0}; /* its rectangles are the caller's again */
	if (picture->framebuffer)
		picture->framebuffer->shown_in = turn;
}

static void settle_all(struct frame *frame, uint32_t turn)
{
	settle(&frame->main, turn);
	settle(&frame->cursor, turn);
	for (size_t i = 0; i < frame->n_layers; i++)
		settle(&frame->layers[i], turn);
}

int lend_pipe_commit(struct lend_pipe *pipe, const struct lend_pipe_state *state)
{
	struct frame frame = {0};
	int result = read_state(pipe, state, &frame);
	if (result == 0)
		result = check_allowed(pipe->kms);
	if (result == 0 && pipe->awaited)
		result = fail(-EBUSY, "the frame before is not on display yet: wait for its "
				      "presented event");
	if (result < 0)
		return result;
	const uint32_t number = next_number(pipe->kms);
	result = commit(pipe, &frame, number);
	if (result < 0)
		return result;
	settle_all(&frame, pipe->kms->turn);
	frame_hold(&frame);
	pipe->replaced = pipe->shown;
	pipe->shown = frame;
	pipe->lit = true;
	pipe->fresh = false;
	pipe_own_planes(pipe);
	if (result == 0)
		pipe->awaited = number;
	else
		frame_drop(&pipe->replaced);
	return result;
}
