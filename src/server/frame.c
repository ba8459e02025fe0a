/* SPDX-License-Identifier: MIT */
/*
 * A frame's way through an output: composed or taken as it is, handed to the backend, on display,
 * let go. What the display refuses is shown in another way within the same tick.
 */
#include "server/server.h"

#include <linux/dma-buf.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FENCE_PATIENCE 1000 /* ms */

/* ---- the output's own buffers --------------------------------------------------------------- */

/* Captures and the embedder look at every frame, with the CPU. */
static bool is_looked_at(const struct lend_output *output)
{
	return output->watched > 0 || output->server->events.output_frame;
}

bool output_hides_frames(const struct lend_output *output)
{
	return output->device && output->renderer->type->draws && !output->all_seen &&
	       !is_looked_at(output);
}

static int allocate(struct lend_output *output, struct lend_buffer **memory)
{
	const uint64_t modifier = LEND_MODIFIER_INVALID;
	const bool hides = output_hides_frames(output);
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = (uint32_t)output->width,
		.height = (uint32_t)output->height,
		.format = output->format,
		.use = (output->device ? LEND_USE_SCANOUT : 0u) | (hides ? LEND_USE_GPU : 0u),
		.modifiers = &modifier,
		.n_modifiers = hides,
	};

	if (output->backend->allocate)
		return output->backend->allocate(output, memory);
	return lend_buffer_allocate(output->device, &options, memory, NULL);
}

static int map_own(struct lend_output *output, struct own_buffer *own)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels;

	int ret = lend_buffer_begin(own->memory, LEND_READ_WRITE, &pixels);
	if (ret < 0)
		return ret;
	lend_buffer_end(own->memory);
	lend_buffer_describe(own->memory, &info);
	own->slow = info.caching == LEND_CACHING_WRITE_COMBINED;
	own->image = pixman_image_create_bits_no_clear(format_to_pixman(output->format),
						       output->width, output->height, pixels,
						       (int)info.planes[0].stride);
	return own->image ? 0 : -ENOMEM;
}

static void free_own(struct lend_output *output, struct own_buffer *own)
{
	if (own->image)
		pixman_image_unref(own->image);
	if (own->memory)
		renderer_forget(output, own->memory);
	if (!output->backend->allocate)
		lend_buffer_destroy(own->memory);
	else if (own->memory)
		output->backend->forget(output, own->memory);
	*own = (struct own_buffer){0};
}

/* One that the renderer's GPU draws in. False: there is no such memory, and will not be. */
static bool make_hidden(struct lend_output *output, struct own_buffer *own)
{
	struct renderer *renderer = output->renderer;

	own->hidden =
		allocate(output, &own->memory) == 0 && renderer->type->draws(renderer, own->memory);
	if (own->hidden)
		return true;
	free_own(output, own);
	output->all_seen = true;
	server_log(output->server, LEND_LOG_INFO,
		   "%s: the GPU does not draw in what the display shows: its pictures are copied",
		   output->name);
	return false;
}

static int make_own(struct lend_output *output, struct own_buffer *own)
{
	int ret = 0;

	if (!output_hides_frames(output) || !make_hidden(output, own)) {
		ret = allocate(output, &own->memory);
		ret = ret < 0 ? ret : map_own(output, own);
	}
	own->width = output->width;
	own->height = output->height;
	return ret;
}

static bool is_read(const struct lend_output *output, const struct own_buffer *own)
{
	return output->backend->reads && output->backend->reads(output, own->memory);
}

static bool is_in_use(const struct lend_output *output, const struct own_buffer *own)
{
	return output->backend->own_buffers > 1 && own->memory == output->latched.memory;
}

static bool is_outdated(const struct lend_output *output, const struct own_buffer *own)
{
	return own->memory && (own->width != output->width || own->height != output->height ||
			       (own->hidden && !output_hides_frames(output)));
}

/* Those of another size or kind that are not shown any more. */
static void free_outdated(struct lend_output *output)
{
	for (int i = 0; i < OWN_BUFFERS_MAX; i++) {
		struct own_buffer *own = &output->own[i];
		if (is_outdated(output, own) && own->memory != output->latched.memory &&
		    own->memory != output->next.memory)
			free_own(output, own);
	}
}

/* One that may be drawn in; NULL if there is no memory, or the display reads them all (starved). */
static struct own_buffer *free_own_buffer(struct lend_output *output)
{
	int left = output->backend->own_buffers;

	for (int i = 0; i < OWN_BUFFERS_MAX && left > 0; i++) {
		struct own_buffer *own = &output->own[i];
		if (is_outdated(output, own))
			continue;
		left--;
		if (own->memory && is_in_use(output, own))
			continue;
		if (own->memory && is_read(output, own)) {
			output->starved = true;
			continue;
		}
		if (own->memory || make_own(output, own) == 0) {
			output->starved = false;
			return own;
		}
		free_own(output, own);
	}
	return NULL;
}

void output_released(struct lend_output *output)
{
	if (output->starved)
		output_schedule(output);
}

/* ---- frames --------------------------------------------------------------------------------- */

static void frame_drop(struct frame *frame)
{
	buffer_unlock(frame->client);
	for (int i = 0; i < frame->n_layers; i++)
		buffer_unlock(frame->layers[i].buffer);
	frame->memory = NULL;
	frame->client = NULL;
	frame->n_layers = 0;
}

void frames_init(struct lend_output *output)
{
	pixman_region32_init(&output->damage);
	pixman_region32_init(&output->next.damage);
	pixman_region32_init(&output->next.lacking);
	pixman_region32_init(&output->latched.damage);
	pixman_region32_init(&output->latched.lacking);
	damage_ring_init(&output->ring);
}

void frames_finish(struct lend_output *output)
{
	frame_drop(&output->next);
	frame_drop(&output->latched);
	for (int i = 0; i < OWN_BUFFERS_MAX; i++)
		free_own(output, &output->own[i]);
	if (output->scratch)
		pixman_image_unref(output->scratch);
	damage_ring_finish(&output->ring);
	pixman_region32_fini(&output->damage);
	pixman_region32_fini(&output->next.damage);
	pixman_region32_fini(&output->next.lacking);
	pixman_region32_fini(&output->latched.damage);
	pixman_region32_fini(&output->latched.lacking);
}

/* What is shown stays until there is a picture of the new size. */
void frames_resized(struct lend_output *output)
{
	free_outdated(output);
	if (output->scratch)
		pixman_image_unref(output->scratch);
	output->scratch = NULL;
	damage_ring_restart(&output->ring);
	pixman_region32_clear(&output->damage);
}

/* While it is off, nothing is on it; captures hear of that. */
void frames_powered(struct lend_output *output)
{
	if (output->off)
		frame_drop(&output->latched);
	output->cursor_dirty = output->layers_dirty = true;
	wl_signal_emit(&output->frame, output);
}

/* The picture changes by the output's damage; what a memory shown as frame `since` lacks then. */
static void push_damage(struct lend_output *output, uint64_t since)
{
	struct frame *next = &output->next;

	pixman_region32_copy(&next->damage, &output->damage);
	if (pixman_region32_not_empty(&output->damage) || !output->latched.memory)
		damage_ring_push(&output->ring, &output->damage);
	next->sequence = output->ring.sequence;
	damage_ring_since(&output->ring, since, output->width, output->height, &next->lacking);
}

bool error_is_passing(int error)
{
	return error == -EACCES || error == -EPERM || error == -EBUSY || error == -ENODEV ||
	       error == -EINTR || error == -EAGAIN;
}

/* Every layer, and the chain of each, has been refused; or the main buffer has. False: there is no
 * other way. */
static bool note_refusal(struct lend_output *output, int error)
{
	if (error_is_passing(error))
		return false;
	if (output->next.hidden) {
		output->all_seen = true;
		return true;
	}
	if (output->next.n_layers > 0) {
		output->layers_refused = true;
		for (size_t i = 0; i < output->n_nodes; i++) {
			const struct node *node = &output->nodes[i];
			if (node->layer && node->surface->chain)
				chain_refused(node->surface->chain, output);
		}
		return true;
	}
	return output->next.client &&
	       output->backend->refuses(output, output->next.client, false) != NULL;
}

/* Said once for each cause; tried again with the next commit, or in a while. */
static void frame_failed(struct lend_output *output, int error)
{
	scene_arm_timer(output->server);
	if (output->failure == error)
		return;
	output->failure = error;
	server_log(output->server, LEND_LOG_ERROR, "%s shows nothing new: a frame of %dx%d: %s",
		   output->name, output->width, output->height, strerror(-error));
	wl_signal_emit(&output->frame, output);
}

/* Hands the next frame over. -EAGAIN: it was refused, and there is another way to show it. 1: it
 * failed, and is tried again later. */
static int present(struct lend_output *output)
{
	struct frame *next = &output->next;
	bool direct = next->client != NULL;

	next->scale = output->scale;
	next->transform = output->transform;
	layers_collect(output, next);
	scene_latch(output);
	pixman_region32_clear(&output->damage);
	int ret = output->backend->present(output, next);
	if (ret >= 0) {
		output->layers_dirty = output->cursor_dirty = false;
		output->failure = 0;
		output->stats.frames++;
		output->stats.scanout += direct;
		return 0;
	}
	bool again = note_refusal(output, ret);
	scene_unlatch(output);
	pixman_region32_union(&output->damage, &output->damage, &next->damage);
	frame_drop(next);
	if (!again)
		frame_failed(output, ret);
	return again ? -EAGAIN : 1;
}

static int scan_out(struct lend_output *output, const struct node *node)
{
	struct buffer *buffer = node->surface->current.buffer;
	bool known = buffer->shown_by == output->serial;

	push_damage(output, known ? buffer->shown_sequence : 0);
	output->next.memory = buffer->memory;
	output->next.client = buffer_lock(buffer);
	output->next.hidden = false;
	uint64_t sequence = output->ring.sequence;
	int ret = present(output);
	if (ret != 0)
		return ret; /* what the buffer lacks, it goes on lacking */
	buffer->shown_by = output->serial;
	buffer->shown_sequence = sequence;
	return 0;
}

/* Only planes have something new: the main buffer stays. */
static int present_again(struct lend_output *output)
{
	struct frame *next = &output->next;

	pixman_region32_clear(&next->damage);
	pixman_region32_clear(&next->lacking);
	next->memory = output->latched.memory;
	next->hidden = output->latched.hidden;
	next->sequence = output->latched.sequence;
	return present(output);
}

/* Someone looks at frames now, and cannot look at what is shown. */
static bool is_to_be_seen(const struct lend_output *output)
{
	return output->latched.hidden && is_looked_at(output);
}

/* Into the memory, where the display's driver looks for what it has to wait for. Before Linux 6.0
 * that cannot be done, and it is waited for here; a GPU that hangs is reset before long. Takes the
 * fence. */
static void pass_fence_on(const struct lend_buffer *memory, int fence)
{
	struct dma_buf_import_sync_file import = {.flags = DMA_BUF_SYNC_WRITE, .fd = fence};
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct pollfd drawn = {.fd = fence, .events = POLLIN};

	lend_buffer_describe(memory, &info);
	if (ioctl(info.planes[0].fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import) < 0)
		poll(&drawn, 1, FENCE_PATIENCE);
	close(fence);
}

static int64_t draw(struct lend_output *output, struct own_buffer *own)
{
	const struct renderer_type *type = output->renderer->type;
	int fence = -1;

	int64_t bytes = type->draw(output->renderer, output, own, &output->next.lacking, &fence);
	if (fence >= 0)
		pass_fence_on(own->memory, fence);
	return bytes;
}

/* What is on display stays; the next frame is drawn anew, in memory that the next renderer knows.
 */
static int lose_renderer(struct lend_output *output)
{
	for (int i = 0; i < OWN_BUFFERS_MAX; i++) {
		output->own[i].sequence = 0;
		if (output->own[i].hidden)
			output->own[i].width = 0;
	}
	pixman_region32_union(&output->damage, &output->damage, &output->next.damage);
	renderer_replace(output);
	return -EAGAIN;
}

/* Draws what the chosen buffer lacks: this frame's damage and that of the frames it missed. */
static int compose(struct lend_output *output)
{
	int64_t bytes;

	if (output->latched.memory && !output->latched.client && !is_to_be_seen(output) &&
	    !pixman_region32_not_empty(&output->damage))
		return present_again(output);
	struct own_buffer *own = free_own_buffer(output);
	if (!own) {
		if (!output->starved)
			frame_failed(output, -ENOMEM);
		return 0;
	}
	push_damage(output, own->sequence);
	bytes = draw(output, own);
	if (bytes < 0)
		return lose_renderer(output);
	output->stats.copied += (uint64_t)bytes;
	output->next.memory = own->memory;
	output->next.hidden = own->hidden;
	own->sequence = output->ring.sequence;
	int ret = present(output);
	if (ret != 0)
		own->sequence = 0; /* drawn, but the display was not told */
	return ret;
}

static bool is_shown_already(const struct lend_output *output, const struct node *scanout)
{
	const struct buffer *wanted = scanout ? scanout->surface->current.buffer : NULL;

	return output->latched.memory && wanted == output->latched.client &&
	       !is_to_be_seen(output) && !output->layers_dirty && !output->cursor_dirty &&
	       !pixman_region32_not_empty((pixman_region32_t *)&output->damage);
}

static void present_nothing(struct lend_output *output)
{
	struct presented now = {.sequence = output->latched.sequence};

	clock_gettime(CLOCK_MONOTONIC, &now.when);
	scene_latch(output);
	scene_presented(output, &now);
}

/* -EAGAIN: what was chosen was refused, and is not chosen again. */
static int show(struct lend_output *output)
{
	layers_choose(output);
	struct node *scanout = scene_decide(output);
	pixman_region32_intersect_rect(&output->damage, &output->damage, 0, 0,
				       (unsigned)output->width, (unsigned)output->height);
	if (is_shown_already(output, scanout)) {
		present_nothing(output);
		return 0;
	}
	return scanout ? scan_out(output, scanout) : compose(output);
}

void output_repaint(struct lend_output *output)
{
	output->scheduled = false;
	if (output->doomed || output->off)
		return;
	scene_build(output);
	output_take_cursor(output);
	while (show(output) == -EAGAIN)
		;
}

static void tell_frame(struct lend_output *output)
{
	struct lend_server *server = output->server;
	struct lend_rect damage[RECTS_MAX];

	wl_signal_emit(&output->frame, output);
	if (!server->events.output_frame || output->doomed)
		return;
	size_t n = region_list(&output->latched.damage, damage);
	server->in_events++;
	server->events.output_frame(server->data, output, output->latched.memory, damage, n);
	server->in_events--;
}

void output_presented(struct lend_output *output, const struct presented *presented)
{
	struct frame before = output->latched;

	if (output->next.memory) {
		output->latched = output->next;
		output->latched_at = presented->when;
		output->next = before; /* its regions serve the next one */
		frame_drop(&output->next);
		free_outdated(output);
		tell_frame(output);
	}
	scene_presented(output, presented);
	if (output->off)
		frame_drop(&output->latched);
}

/* What was on its way will not be told of any more. */
void output_lost(struct lend_output *output)
{
	struct presented now = {0};

	if (output->next.memory) {
		clock_gettime(CLOCK_MONOTONIC, &now.when);
		output_presented(output, &now);
	}
	output->cursor_dirty = output->layers_dirty = true;
	output_damage_all(output);
	output_schedule(output);
}
