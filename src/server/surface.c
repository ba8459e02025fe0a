/* SPDX-License-Identifier: MIT */
/*
 * wl_surface's mechanism: state from pending to current, sizes, damage, callbacks. The requests are
 * in globals/compositor.c.
 */
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <wayland-server.h>

/* ---- states --------------------------------------------------------------------------------- */

void surface_state_init(struct surface_state *state)
{
	memset(state, 0, sizeof(*state));
	state->scale = 1;
	state->input_infinite = true;
	pixman_region32_init(&state->surface_damage);
	pixman_region32_init(&state->buffer_damage);
	pixman_region32_init(&state->opaque);
	pixman_region32_init(&state->input);
	wl_list_init(&state->frames);
	wl_list_init(&state->feedbacks);
	wl_list_init(&state->releases);
}

static void destroy_resources(struct wl_list *list)
{
	struct wl_resource *resource, *next;

	wl_resource_for_each_safe(resource, next, list) wl_resource_destroy(resource);
}

void surface_state_finish(struct surface_state *state)
{
	buffer_unlock(state->buffer);
	pixman_region32_fini(&state->surface_damage);
	pixman_region32_fini(&state->buffer_damage);
	pixman_region32_fini(&state->opaque);
	pixman_region32_fini(&state->input);
	destroy_resources(&state->frames);
	destroy_resources(&state->releases);
	feedback_list_discard(&state->feedbacks);
}

static void list_move(struct wl_list *to, struct wl_list *from)
{
	wl_list_insert_list(to->prev, from);
	wl_list_init(from);
}

static void merge_viewport(struct surface_state *to, const struct surface_state *from)
{
	to->source_set = from->source_set;
	to->source_x = from->source_x;
	to->source_y = from->source_y;
	to->source_width = from->source_width;
	to->source_height = from->source_height;
	to->destination_set = from->destination_set;
	to->destination_width = from->destination_width;
	to->destination_height = from->destination_height;
}

static void merge_damage(pixman_region32_t *to, pixman_region32_t *from)
{
	if (!pixman_region32_not_empty(from))
		return;
	pixman_region32_union(to, to, from);
	pixman_region32_clear(from);
	region_bound(to);
}

void surface_state_merge(struct surface_state *to, struct surface_state *from)
{
	if (from->set & SURFACE_BUFFER) {
		buffer_unlock(to->buffer);
		to->buffer = from->buffer;
		from->buffer = NULL;
	}
	if (from->set & SURFACE_SCALE)
		to->scale = from->scale;
	if (from->set & SURFACE_TRANSFORM)
		to->transform = from->transform;
	if (from->set & SURFACE_OPAQUE)
		pixman_region32_copy(&to->opaque, &from->opaque);
	if (from->set & SURFACE_INPUT) {
		pixman_region32_copy(&to->input, &from->input);
		to->input_infinite = from->input_infinite;
	}
	if (from->set & SURFACE_VIEWPORT)
		merge_viewport(to, from);
	merge_damage(&to->surface_damage, &from->surface_damage);
	merge_damage(&to->buffer_damage, &from->buffer_damage);
	feedback_list_discard(&to->feedbacks);
	list_move(&to->feedbacks, &from->feedbacks);
	list_move(&to->frames, &from->frames);
	list_move(&to->releases, &from->releases);
	to->set |= from->set;
	from->set = 0;
}

/* ---- applying a commit ---------------------------------------------------------------------- */

/* What the commit changed, in surface coordinates; empties the state's damage. */
static void take_damage(struct surface *surface, pixman_region32_t *damage)
{
	struct surface_state *state = &surface->current;
	int n = 0;

	pixman_region32_copy(damage, &state->surface_damage);
	const pixman_box32_t *boxes = pixman_region32_rectangles(&state->buffer_damage, &n);
	for (int i = 0; i < n; i++) {
		pixman_box32_t box = {
			.x1 = boxes[i].x1 < 0 ? 0 : boxes[i].x1,
			.y1 = boxes[i].y1 < 0 ? 0 : boxes[i].y1,
			.x2 = boxes[i].x2 > SIDE_MAX ? SIDE_MAX : boxes[i].x2,
			.y2 = boxes[i].y2 > SIDE_MAX ? SIDE_MAX : boxes[i].y2,
		};
		if (box.x2 <= box.x1 || box.y2 <= box.y1)
			continue;
		box = surface_box_from_buffer(surface, &box);
		/* Filtering when scaling reaches one pixel further. */
		int32_t reach = surface->identity ? 0 : 1;
		region_add(damage, box.x1 - reach, box.y1 - reach, box.x2 - box.x1 + 2 * reach,
			   box.y2 - box.y1 + 2 * reach);
	}
	pixman_region32_intersect_rect(damage, damage, 0, 0, (unsigned)surface->width,
				       (unsigned)surface->height);
	pixman_region32_clear(&state->surface_damage);
	pixman_region32_clear(&state->buffer_damage);
}

/* True if what is opaque is another region than before. */
static bool update_opaque(struct surface *surface)
{
	const struct surface_state *state = &surface->current;
	pixman_region32_t opaque;
	bool changed;

	pixman_region32_init_rect(&opaque, 0, 0, (unsigned)surface->width,
				  (unsigned)surface->height);
	if (state->buffer && lend_format_get(state->buffer->format)->has_alpha)
		pixman_region32_intersect(&opaque, &opaque, (pixman_region32_t *)&state->opaque);
	changed = !pixman_region32_equal(&opaque, &surface->opaque);
	pixman_region32_copy(&surface->opaque, &opaque);
	pixman_region32_fini(&opaque);
	return changed;
}

static bool transform_equal(const struct pixman_f_transform *a, const struct pixman_f_transform *b)
{
	for (int row = 0; row < 3; row++)
		for (int column = 0; column < 3; column++)
			if (a->m[row][column] != b->m[row][column])
				return false;
	return true;
}

/* Size, opaque region and damage; the scene hears of what changed. */
static void update_contents(struct surface *surface)
{
	struct pixman_f_transform before = surface->from_buffer;
	int32_t width = surface->width, height = surface->height;
	pixman_region32_t damage;

	surface_update_geometry(surface);
	bool resized = surface->width != width || surface->height != height;
	bool reshaped = update_opaque(surface);
	if (resized || reshaped)
		scene_changed(surface->server);
	pixman_region32_init(&damage);
	take_damage(surface, &damage);
	if (resized || !transform_equal(&before, &surface->from_buffer))
		pixman_region32_union_rect(&damage, &damage, 0, 0, (unsigned)surface->width,
					   (unsigned)surface->height);
	scene_damage(surface, &damage);
	pixman_region32_fini(&damage);
}

void surface_apply(struct surface *surface, struct surface_state *state)
{
	surface_state_merge(&surface->current, state);
	surface->commits++;
	surface->shown_since_commit = false;
	update_contents(surface);
	subsurface_parent_applied(surface);
	if (surface->role && surface->role->committed && surface->role_object)
		surface->role->committed(surface);
	if (!wl_list_empty(&surface->current.frames) || !wl_list_empty(&surface->current.feedbacks))
		scene_wants_frame(surface);
}

/* False after posting an error: the new buffer's size is no multiple of the scale. */
static bool check_scale(struct surface *surface)
{
	const struct surface_state *pending = &surface->pending;
	const struct surface_state *current = &surface->current;
	int32_t scale = pending->set & SURFACE_SCALE ? pending->scale : current->scale;
	const struct buffer *buffer =
		pending->set & SURFACE_BUFFER ? pending->buffer : current->buffer;

	if (!buffer ||
	    (buffer->width % (uint32_t)scale == 0 && buffer->height % (uint32_t)scale == 0))
		return true;
	wl_resource_post_error(surface->resource, WL_SURFACE_ERROR_INVALID_SIZE,
			       "wl_surface.commit: the buffer's size %ux%u is no multiple of the "
			       "buffer scale %d",
			       buffer->width, buffer->height, scale);
	return false;
}

static bool check_buffer(struct surface *surface)
{
	struct buffer *buffer = surface->pending.buffer;

	if (!buffer)
		return true;
	int ret = buffer_open(buffer);
	if (ret < 0)
		client_post_no_memory(surface->client, "wl_surface.commit: cannot map the buffer");
	return ret == 0;
}

static void take_buffer(struct surface *surface)
{
	struct surface_state *pending = &surface->pending;
	bool is_new = pending->set & SURFACE_BUFFER;
	struct buffer *buffer = is_new ? pending->buffer : surface->current.buffer;

	if (buffer && is_new) {
		buffer->committed = true;
		buffer->committed_by = surface->id;
	}
	if (buffer)
		list_move(&buffer->releases, &pending->releases);
	else
		release_list_send(&pending->releases);
}

void surface_commit(struct surface *surface)
{
	struct subsurface *subsurface = surface->subsurface;

	if (!check_scale(surface) || !check_buffer(surface) ||
	    !viewport_check(surface, &surface->pending))
		return;
	if (surface->role && surface->role->check && surface->role_object &&
	    !surface->role->check(surface, &surface->pending))
		return;
	take_buffer(surface);
	if (subsurface && subsurface_is_synchronised(subsurface)) {
		surface_state_merge(&subsurface->cached, &surface->pending);
		subsurface->has_cached = true;
		return;
	}
	if (subsurface && subsurface->has_cached) {
		surface_state_merge(&subsurface->cached, &surface->pending);
		subsurface->has_cached = false;
		surface_apply(surface, &subsurface->cached);
		return;
	}
	surface_apply(surface, &surface->pending);
}

/* ---- shown ---------------------------------------------------------------------------------- */

void surface_presented(struct surface *surface, struct lend_output *output,
		       const struct timespec *when, uint64_t sequence)
{
	struct wl_resource *callback, *next;
	uint32_t time = (uint32_t)(when->tv_sec * 1000 + when->tv_nsec / 1000000);

	if (output && !surface->shown_since_commit) {
		surface->shown_since_commit = true;
		surface->frames++;
		if (surface->chain)
			chain_presented(surface->chain, surface);
	}
	wl_resource_for_each_safe(callback, next, &surface->current.frames)
	{
		wl_callback_send_done(callback, time);
		wl_resource_destroy(callback);
	}
	if (output)
		feedback_list_present(&surface->current.feedbacks, output, when, sequence);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void handle_destroy(struct wl_resource *resource)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	if (surface->role && surface->role->destroyed && surface->role_object)
		surface->role->destroyed(surface);
	if (surface->chain)
		chain_surface_destroyed(surface->chain);
	wl_signal_emit(&surface->destroyed, surface);
	scene_forget(surface);
	wl_list_remove(&surface->link);
	surface_state_finish(&surface->pending);
	surface_state_finish(&surface->current);
	pixman_region32_fini(&surface->opaque);
	quota_discharge(surface->client, &(struct charge){.surfaces = 1});
	client_unreference(surface->client);
	free(surface);
}

static void init_stack(struct surface *surface)
{
	wl_list_init(&surface->stack);
	wl_list_init(&surface->stack_pending);
	surface->self.surface = surface->self_pending.surface = surface;
	wl_list_insert(&surface->stack, &surface->self.link);
	wl_list_insert(&surface->stack_pending, &surface->self_pending.link);
}

struct surface *surface_create(struct client *client, uint32_t version, uint32_t id)
{
	const struct charge charge = {.surfaces = 1};

	if (quota_charge(client, &charge) < 0) {
		client_post_no_memory(client, "wl_compositor.create_surface");
		return NULL;
	}
	struct surface *surface = calloc(1, sizeof(*surface));
	struct wl_resource *resource =
		surface ? wl_resource_create(client->wl_client, &wl_surface_interface, (int)version,
					     id)
			: NULL;
	if (!resource) {
		free(surface);
		quota_discharge(client, &charge);
		wl_client_post_no_memory(client->wl_client);
		return NULL;
	}
	surface->server = client->server;
	surface->client = client_reference(client);
	surface->resource = resource;
	surface->id = ++client->server->next_surface_id;
	surface->identity = true;
	surface_state_init(&surface->pending);
	surface_state_init(&surface->current);
	pixman_region32_init(&surface->opaque);
	wl_signal_init(&surface->destroyed);
	init_stack(surface);
	wl_list_insert(&client->server->surfaces, &surface->link);
	surface->path.reason = REASON_UNMAPPED;
	snprintf(surface->reason, sizeof(surface->reason), "It has not been shown yet.");
	wl_resource_set_implementation(resource, surface_implementation, surface, handle_destroy);
	return surface;
}

struct surface *surface_from_resource(struct wl_resource *resource)
{
	return resource ? wl_resource_get_user_data(resource) : NULL;
}

bool surface_set_role(struct surface *surface, const struct surface_role *role)
{
	if (surface->role && surface->role != role)
		return false;
	surface->role = role;
	return true;
}

bool surface_has_buffer(const struct surface *surface)
{
	return surface->current.buffer != NULL;
}
