/* SPDX-License-Identifier: MIT */
/* Pipes: which CRTC drives which connector, in which mode. */
#include "alloc/kms/internal.h"
#include "alloc/kms/match.h"
#include "common/error.h"
#include "common/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFRESH_TOLERANCE = 500 }; /* mHz */

/* ---- modes ---- */

/* What a pipe is asked to show. */
struct target {
	uint32_t width, height;
	uint32_t refresh; /* 0: the fastest */
};

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

static bool interlaced(const struct connector *connector, size_t i)
{
	return connector->timings[i].flags & DRM_MODE_FLAG_INTERLACE;
}

static bool better_mode(const struct connector *connector, size_t i, size_t best, uint32_t refresh)
{
	if (interlaced(connector, i) != interlaced(connector, best))
		return !interlaced(connector, i);
	if (refresh == 0)
		return connector->modes[i].refresh > connector->modes[best].refresh;
	return distance(connector->modes[i].refresh, refresh) <
	       distance(connector->modes[best].refresh, refresh);
}

/* The index of the best mode of that size; n_modes if there is none. */
static size_t find_mode(const struct connector *connector, const struct target *target)
{
	size_t best = connector->n_modes;
	for (size_t i = 0; i < connector->n_modes; i++) {
		const struct lend_kms_mode *mode = &connector->modes[i];
		if (mode->width == target->width && mode->height == target->height &&
		    (best == connector->n_modes ||
		     better_mode(connector, i, best, target->refresh)))
			best = i;
	}
	return best;
}

/* The first ones: a monitor can have a hundred. */
static void list_modes(const struct connector *connector, char *text, size_t size)
{
	size_t length = 0, listed = 0;
	text[0] = '\0';
	for (; listed < connector->n_modes && listed < 8 && length + 32 < size; listed++) {
		const struct lend_kms_mode *mode = &connector->modes[listed];
		length += (size_t)snprintf(text + length, size - length, "%s%ux%u@%.2f",
					   listed ? ", " : "", mode->width, mode->height,
					   mode->refresh / 1000.0);
	}
	if (listed < connector->n_modes && length < size)
		snprintf(text + length, size - length, " and %zu more",
			 connector->n_modes - listed);
}

static int no_mode(const struct connector *connector, const struct target *target)
{
	char list[512];
	if (connector->n_modes == 0)
		return fail(-ENODATA, "%s has no modes: is what it is plugged into switched on?",
			    connector->name);
	list_modes(connector, list, sizeof(list));
	if (target->refresh)
		return fail(-ENODATA, "%s has no mode %ux%u@%.2f: there are %s", connector->name,
			    target->width, target->height, target->refresh / 1000.0, list);
	return fail(-ENODATA, "%s has no mode %ux%u: there are %s", connector->name, target->width,
		    target->height, list);
}

/* The first connector decides about the rate; the others come as near as they can. */
static int choose_mode(struct lend_pipe *pipe, struct head *head, const struct connector *connector,
		       struct target *target)
{
	const bool first = head == pipe->heads;
	size_t index = find_mode(connector, target);
	if (first && target->width == 0 && connector->n_modes > 0) {
		target->width = connector->modes[0].width;
		target->height = connector->modes[0].height;
		index = target->refresh ? find_mode(connector, target) : 0;
	}
	if (index == connector->n_modes ||
	    (first && target->refresh &&
	     distance(connector->modes[index].refresh, target->refresh) > REFRESH_TOLERANCE))
		return no_mode(connector, target);
	head->timing = connector->timings[index];
	if (first) {
		pipe->mode = connector->modes[index];
		target->refresh = pipe->mode.refresh;
	}
	return 0;
}

/* ---- CRTCs ---- */

enum { ALL_HEADS_MAX = WISHES_MAX };

static size_t collect_heads(struct lend_kms *kms, struct lend_pipe *added,
			    struct head *heads[ALL_HEADS_MAX], bool fixed[ALL_HEADS_MAX])
{
	size_t count = 0;
	added->next = kms->pipes;
	for (struct lend_pipe *pipe = added; pipe; pipe = pipe->next)
		for (size_t i = 0; i < pipe->n_heads && count < ALL_HEADS_MAX; i++) {
			fixed[count] = pipe->lit;
			heads[count++] = &pipe->heads[i];
		}
	return count;
}

static uint64_t usable_crtcs(const struct lend_kms *kms)
{
	uint64_t usable = 0;
	for (size_t i = 0; i < kms->n_crtcs; i++)
		if (kms->crtcs[i].primary || kms->backend == &legacy_backend)
			usable |= UINT64_C(1) << i;
	return usable;
}

/* CRTCs that show something to others, which goes on unless we need them. */
static uint64_t lit_by_others(const struct lend_kms *kms)
{
	uint64_t lit = 0;
	for (size_t i = 0; i < kms->n_crtcs; i++)
		if (kms->crtcs[i].found && kms->crtcs[i].found->mode_valid)
			lit |= UINT64_C(1) << i;
	return lit;
}

static struct wish wish_of(struct lend_kms *kms, const struct head *head, bool fixed)
{
	const struct crtc *crtc = fixed ? head->crtc : kms_crtc(kms, head->found_crtc);
	const uint64_t possible = head->possible_crtcs & usable_crtcs(kms);
	return (struct wish){
		.possible = fixed ? UINT64_C(1) << head->crtc->index : possible,
		.reluctantly = lit_by_others(kms),
		.preferred = crtc ? (int)crtc->index : -1,
	};
}

/* Pipes that show nothing yet make room for the new one; those that are lit stay where they are. */
static int choose_crtcs(struct lend_kms *kms, struct lend_pipe *pipe)
{
	struct head *heads[ALL_HEADS_MAX];
	bool fixed[ALL_HEADS_MAX];
	struct wish wishes[ALL_HEADS_MAX] = {0};
	int chosen[ALL_HEADS_MAX];
	const size_t count = collect_heads(kms, pipe, heads, fixed);
	for (size_t i = 0; i < count; i++)
		wishes[i] = wish_of(kms, heads[i], fixed[i]);
	if (!match(wishes, count, chosen))
		return fail(-ENOSPC,
			    "%s has %zu CRTCs, and none is left that can drive the connector: "
			    "show fewer pictures at a time",
			    kms->device->path, kms->n_crtcs);
	for (size_t i = 0; i < count; i++)
		heads[i]->crtc = &kms->crtcs[chosen[i]];
	return 0;
}

/* ---- creating ---- */

static bool in_a_pipe(const struct lend_kms *kms, uint32_t connector)
{
	for (const struct lend_pipe *pipe = kms->pipes; pipe; pipe = pipe->next)
		for (size_t i = 0; i < pipe->n_heads; i++)
			if (pipe->heads[i].connector.id == connector)
				return true;
	return false;
}

static int add_head(struct lend_pipe *pipe, uint32_t id, struct target *target)
{
	struct lend_kms *kms = pipe->kms;
	const struct connector *connector = connector_find(kms, id);
	if (!connector)
		return fail(-ENOENT, "%s has no connector %u", kms->device->path, id);
	if (connector->connected == 0)
		return fail(-ENOTCONN, "nothing is connected to %s", connector->name);
	if (in_a_pipe(kms, id))
		return fail(-EBUSY, "%s is in another pipe: destroy that one first",
			    connector->name);
	for (size_t i = 0; i < pipe->n_heads; i++)
		if (pipe->heads[i].connector.id == id)
			return fail(-EINVAL, "%s is named twice", connector->name);
	struct head *head = &pipe->heads[pipe->n_heads];
	head->connector = connector->object;
	head->possible_crtcs = connector->possible_crtcs;
	head->found_crtc = connector->crtc_id;
	int result = choose_mode(pipe, head, connector, target);
	pipe->n_heads += result == 0;
	return result;
}

static int make_mode_blobs(struct lend_pipe *pipe)
{
	const struct lend_kms *kms = pipe->kms;
	int result = 0;
	for (size_t i = 0; kms->backend == &atomic_backend && result == 0 && i < pipe->n_heads;
	     i++) {
		struct head *head = &pipe->heads[i];
		result = drmModeCreatePropertyBlob(kms->fd, &head->timing, sizeof(head->timing),
						   &head->mode_blob);
	}
	return result < 0 ? fail(result, "DRM_IOCTL_MODE_CREATEPROPBLOB: %s", strerror(-result))
			  : 0;
}

static int read_options(const struct lend_pipe_options *given, struct lend_pipe_options *options)
{
	int result = options_read(options, sizeof(*options), given);
	if (result < 0)
		return fail(-EINVAL, "struct lend_pipe_options: size %s",
			    result == -E2BIG ? "covers a field that this version does not know"
					     : "is to be sizeof the struct");
	if (!options->connectors || options->n_connectors == 0 || options->n_connectors > HEADS_MAX)
		return fail(-EINVAL, "%zu connectors: give 1 to %d",
			    options->connectors ? options->n_connectors : 0, HEADS_MAX);
	if ((options->width == 0) != (options->height == 0))
		return fail(-EINVAL,
			    "a mode of %ux%u: give both sides, or neither for the "
			    "preferred mode",
			    options->width, options->height);
	return 0;
}

static int set_up(struct lend_pipe *pipe, const struct lend_pipe_options *options)
{
	struct target target = {options->width, options->height, options->refresh};
	int result = 0;
	for (size_t i = 0; result == 0 && i < options->n_connectors; i++)
		result = add_head(pipe, options->connectors[i], &target);
	if (result == 0)
		result = make_mode_blobs(pipe);
	return result < 0 ? result : choose_crtcs(pipe->kms, pipe);
}

static void destroy_blobs(struct lend_pipe *pipe)
{
	for (size_t i = 0; i < HEADS_MAX; i++)
		if (pipe->heads[i].mode_blob)
			drmModeDestroyPropertyBlob(pipe->kms->fd, pipe->heads[i].mode_blob);
}

/* Asks by hiding a cursor that nobody shows; who is not master learns it with the first frame. */
static void look_for_cursor(const struct lend_pipe *pipe)
{
	struct lend_kms *kms = pipe->kms;
	for (size_t i = 0; kms->backend == &legacy_backend && i < pipe->n_heads; i++) {
		const uint32_t id = pipe->heads[i].crtc->object.id;
		if (drmModeSetCursor2(kms->fd, id, 0, 0, 0, 0, 0) == -ENXIO)
			kms->cursorless = true;
	}
}

int lend_pipe_create(struct lend_kms *kms, const struct lend_pipe_options *given,
		     struct lend_pipe **out)
{
	struct lend_pipe_options options = {0};
	if (!kms || !given || !out)
		return fail(-EINVAL, "lend_pipe_create needs a device, options and a place for the "
				     "pipe");
	int result = read_options(given, &options);
	if (result < 0)
		return result;
	struct lend_pipe *pipe = calloc(1, sizeof(*pipe));
	if (!pipe)
		return fail(-ENOMEM, "out of memory");
	pipe->kms = kms;
	pipe->data = options.data;
	pipe->fresh = true;
	result = set_up(pipe, &options);
	if (result < 0) {
		destroy_blobs(pipe);
		free(pipe);
		return result;
	}
	look_for_cursor(pipe);
	pipe->next = kms->pipes;
	kms->pipes = pipe;
	*out = pipe;
	return 0;
}

/* ---- the end ---- */

void pipe_free(struct lend_pipe *pipe)
{
	struct lend_pipe **link = &pipe->kms->pipes;
	while (*link != pipe)
		link = &(*link)->next;
	*link = pipe->next;
	destroy_blobs(pipe);
	frame_drop(&pipe->replaced);
	frame_drop(&pipe->shown);
	pipe_own_planes(pipe);
	free(pipe);
}

void lend_pipe_destroy(struct lend_pipe *pipe)
{
	if (!pipe)
		return;
	if (pipe->lit && !pipe->kms->paused && !pipe->kms->gone)
		pipe->kms->backend->turn_off(pipe);
	pipe_free(pipe);
}

/* ---- describing ---- */

size_t pipe_count_overlays(const struct lend_pipe *pipe)
{
	const struct lend_kms *kms = pipe->kms;
	const struct crtc *crtc = pipe->heads[0].crtc;
	size_t count = 0;
	if (pipe->n_heads > 1 || kms->backend != &atomic_backend)
		return 0;
	for (size_t i = 0; i < kms->n_planes; i++) {
		const struct plane *plane = &kms->planes[i];
		count += plane->type == DRM_PLANE_TYPE_OVERLAY &&
			 plane->possible_crtcs >> crtc->index & 1 &&
			 plane->zpos_most > crtc->primary->zpos_least;
	}
	return count < LAYERS_MAX ? count : LAYERS_MAX;
}

bool pipe_has_cursor(const struct lend_pipe *pipe)
{
	if (pipe->kms->backend != &atomic_backend)
		return !pipe->kms->cursorless;
	for (size_t i = 0; i < pipe->n_heads; i++)
		if (!pipe->heads[i].crtc->cursor)
			return false;
	return true;
}

/* Only drivers with vblanks count them, and only while the CRTC is on. */
static bool paced(const struct lend_pipe *pipe)
{
	uint64_t sequence, time;
	return drmCrtcGetSequence(pipe->kms->fd, pipe->heads[0].crtc->object.id, &sequence,
				  &time) == 0;
}

int lend_pipe_describe(const struct lend_pipe *pipe, struct lend_pipe_info *info)
{
	if (!pipe || !info)
		return fail(-EINVAL, "lend_pipe_describe needs a pipe and a place for the answer");
	const struct lend_pipe_info own = {
		.mode = pipe->mode,
		.paced = paced(pipe),
		.n_overlays = pipe_count_overlays(pipe),
		.cursor = pipe_has_cursor(pipe),
	};
	if (info_write(info, &own, sizeof(own)) < 0)
		return fail(-EINVAL, "set the size field of struct lend_pipe_info");
	return 0;
}

static bool primaries_take(const struct lend_pipe *pipe, uint32_t fourcc)
{
	const struct lend_format *format = lend_format_get(fourcc);
	const uint32_t opaque = format ? format->opaque : fourcc;
	for (size_t i = 0; i < pipe->n_heads; i++) {
		const struct plane *plane = pipe->heads[i].crtc->primary;
		if (!plane_takes(plane, fourcc) && !plane_takes(plane, opaque))
			return false;
	}
	return true;
}

static bool plane_lists(const struct plane *plane, uint32_t format, uint64_t modifier)
{
	uint64_t listed;
	for (size_t i = 0; plane_modifier(plane, format, i, &listed); i++)
		if (listed == modifier)
			return true;
	return false;
}

/* As the main plane will be told of it: with alpha only if it takes that. */
static uint32_t main_format(const struct plane *plane, uint32_t fourcc)
{
	const struct lend_format *format = lend_format_get(fourcc);
	return plane_takes(plane, fourcc) || !format ? fourcc : format->opaque;
}

static bool primaries_list(const struct lend_pipe *pipe, uint32_t format, uint64_t modifier)
{
	for (size_t i = 1; i < pipe->n_heads; i++) {
		const struct plane *plane = pipe->heads[i].crtc->primary;
		if (!plane_lists(plane, main_format(plane, format), modifier))
			return false;
	}
	return true;
}

/* The pipe's first overlay plane that takes the format. */
static const struct plane *find_overlay(const struct lend_pipe *pipe, uint32_t format)
{
	const struct lend_kms *kms = pipe->kms;
	if (pipe_count_overlays(pipe) == 0)
		return NULL;
	for (size_t i = 0; i < kms->n_planes; i++)
		if (kms->planes[i].type == DRM_PLANE_TYPE_OVERLAY &&
		    kms->planes[i].possible_crtcs >> pipe->heads[0].crtc->index & 1 &&
		    plane_takes(&kms->planes[i], format))
			return &kms->planes[i];
	return NULL;
}

int lend_pipe_modifier(const struct lend_pipe *pipe, int overlay, uint32_t format, size_t index,
		       uint64_t *modifier)
{
	const struct plane *plane =
		overlay ? find_overlay(pipe, format) : pipe->heads[0].crtc->primary;
	if (overlay && !plane)
		return 0;
	if (!overlay)
		format = main_format(plane, format);
	uint64_t listed;
	for (size_t i = 0; plane_modifier(plane, format, i, &listed); i++) {
		if ((!overlay && !primaries_list(pipe, format, listed)) || index-- > 0)
			continue;
		*modifier = listed;
		return 1;
	}
	return 0;
}

int lend_pipe_takes_format(const struct lend_pipe *pipe, int overlay, uint32_t format)
{
	if (!overlay)
		return primaries_take(pipe, format);
	return find_overlay(pipe, format) != NULL;
}
