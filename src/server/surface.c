/* SPDX-License-Identifier: MIT */
/*
 * wl_surface's mechanism: state from pending to current, sizes, damage, callbacks. The requests are
 * in globals/compositor.c.
 */
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <wayland-server.h>

#include "presentation-time-server-protocol.h"

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
	acquire_destroy(state->acquire);
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

/* Sums wrap: no place is that far away. */
static void merge_offset(struct surface_state *to, struct surface_state *from)
{
	to->offset_x = (int32_t)((uint32_t)to->offset_x + (uint32_t)from->offset_x);
	to->offset_y = (int32_t)((uint32_t)to->offset_y + (uint32_t)from->offset_y);
	from->offset_x = from->offset_y = 0;
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
	if (from->set & SURFACE_BUFFER || from->acquire) {
		acquire_destroy(to->acquire);
		to->acquire = from->acquire;
		from->acquire = NULL;
	}
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
	merge_offset(to, from);
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

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* Adds what of the surface shows a box of its buffer. Filtering spreads each of the buffer's pixels
 * over half of its neighbours, which scaled up can be many of the surface's. */
static void add_shown(const struct surface *surface, const pixman_box32_t *box,
		      pixman_region32_t *damage)
{
	int32_t reach = surface->identity ? 0 : 1;
	pixman_box32_t read = {
		.x1 = most(box->x1, 0) - reach,
		.y1 = most(box->y1, 0) - reach,
		.x2 = least(box->x2, SIDE_MAX) + reach,
		.y2 = least(box->y2, SIDE_MAX) + reach,
	};

	if (read.x2 <= read.x1 || read.y2 <= read.y1)
		return;
	read = surface_box_from_buffer(surface, &read);
	region_add(damage, read.x1, read.y1, read.x2 - read.x1, read.y2 - read.y1);
}

/* A box of the buffer; of a cropped one also what a filter reaches beyond the crop, where changes
 * cannot be said. Boxes may be as large as numbers are; buffers are not. */
static void add_unread(struct surface *surface, const pixman_box32_t *box)
{
	int32_t reach = surface->identity ? 0 : 1;
	int32_t x1 = most(box->x1, 0) - reach, x2 = least(box->x2, SIDE_MAX) + reach;
	int32_t y1 = most(box->y1, 0) - reach, y2 = least(box->y2, SIDE_MAX) + reach;

	if (x1 < x2 && y1 < y2)
		region_add(&surface->unread, x1, y1, x2 - x1, y2 - y1);
}

/* What the commit changed, in surface coordinates; empties the state's damage. */
static void take_damage(struct surface *surface, pixman_region32_t *damage)
{
	struct surface_state *state = &surface->current;
	pixman_region32_t *of_surface = &state->surface_damage;
	int n = 0;

	pixman_region32_intersect_rect(of_surface, of_surface, 0, 0, (unsigned)surface->width,
				       (unsigned)surface->height);
	const pixman_box32_t *boxes = pixman_region32_rectangles(of_surface, &n);
	for (int i = 0; i < n; i++) {
		pixman_box32_t box = surface_box_to_buffer(surface, &boxes[i]);
		add_unread(surface, &box);
		if (!surface->identity)
			add_shown(surface, &box, damage);
	}
	pixman_region32_union(damage, damage, of_surface);
	boxes = pixman_region32_rectangles(&state->buffer_damage, &n);
	for (int i = 0; i < n; i++) {
		add_unread(surface, &boxes[i]);
		add_shown(surface, &boxes[i], damage);
	}
	pixman_region32_intersect_rect(damage, damage, 0, 0, (unsigned)surface->width,
				       (unsigned)surface->height);
	pixman_region32_clear(&state->surface_damage);
	pixman_region32_clear(&state->buffer_damage);
}

/* True if what is opaque is another region than before; adds the difference to damage, since a lack
 * of alpha is drawn differently from an alpha that does not count. */
static bool update_opaque(struct surface *surface, pixman_region32_t *damage)
{
	const struct surface_state *state = &surface->current;
	pixman_region32_t opaque, less;

	pixman_region32_init(&less);
	pixman_region32_init_rect(&opaque, 0, 0, (unsigned)surface->width,
				  (unsigned)surface->height);
	if (state->buffer && lend_format_get(state->buffer->format)->has_alpha)
		pixman_region32_intersect(&opaque, &opaque, (pixman_region32_t *)&state->opaque);
	bool changed = !pixman_region32_equal(&opaque, &surface->opaque);
	if (changed) {
		pixman_region32_subtract(&less, &surface->opaque, &opaque);
		pixman_region32_subtract(damage, &opaque, &surface->opaque);
		pixman_region32_union(damage, damage, &less);
		pixman_region32_copy(&surface->opaque, &opaque);
	}
	pixman_region32_fini(&opaque);
	pixman_region32_fini(&less);
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
	pixman_region32_init(&damage);
	bool reshaped = update_opaque(surface, &damage);
	if (resized || reshaped)
		scene_changed(surface->server);
	take_damage(surface, &damage);
	if (resized || !transform_equal(&before, &surface->from_buffer)) {
		/* What was cropped away may have changed unsaid. */
		add_unread(surface, &(pixman_box32_t){0, 0, SIDE_MAX, SIDE_MAX});
		pixman_region32_union_rect(&damage, &damage, 0, 0, (unsigned)surface->width,
					   (unsigned)surface->height);
	}
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
	surface->current.offset_x = surface->current.offset_y = 0;
	wl_signal_emit(&surface->committed, surface);
	if (!wl_list_empty(&surface->current.frames) || !wl_list_empty(&surface->current.feedbacks))
		scene_wants_frame(surface);
}

struct buffer *surface_buffer_to_come(const struct surface *surface)
{
	const struct subsurface *subsurface = surface->subsurface;
	struct buffer *buffer;

	if (surface->pending.set & SURFACE_BUFFER)
		return surface->pending.buffer;
	if (subsurface && subsurface->has_cached && subsurface->cached.set & SURFACE_BUFFER)
		return subsurface->cached.buffer;
	return fence_buffer_to_come(surface, &buffer) ? buffer : surface->current.buffer;
}

/* False after posting an error: the new buffer's size is no multiple of the scale. */
static bool check_scale(struct surface *surface)
{
	/* The pending scale is the one set last, in this commit or an earlier one. */
	int32_t scale = surface->pending.scale;
	const struct buffer *buffer = surface_buffer_to_come(surface);

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
	struct buffer *buffer = surface_buffer_to_come(surface);

	if (buffer && pending->set & SURFACE_BUFFER) {
		buffer->committed = true;
		buffer->committed_by = surface->id;
	}
	if (buffer)
		list_move(&buffer->releases, &pending->releases);
	else
		release_list_send(&pending->releases);
}

/* A buffer that could not be made: what was there before stays. */
static void set_aside(struct surface_state *pending)
{
	pending->buffer->committed = true;
	buffer_unlock(pending->buffer);
	pending->buffer = NULL;
	pending->set &= ~(uint32_t)SURFACE_BUFFER;
}

void surface_submit(struct surface *surface, struct surface_state *state)
{
	if (fence_hold(surface, state))
		return;
	acquire_destroy(state->acquire);
	state->acquire = NULL;
	surface_apply(surface, state);
}

void surface_commit(struct surface *surface)
{
	struct subsurface *subsurface = surface->subsurface;

	if (surface->pending.buffer && surface->pending.buffer->invalid)
		set_aside(&surface->pending);
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
		if (subsurface->parent)
			fence_recheck(subsurface->parent);
		return;
	}
	if (subsurface && subsurface->has_cached) {
		surface_state_merge(&subsurface->cached, &surface->pending);
		subsurface->has_cached = false;
		surface_submit(surface, &subsurface->cached);
		return;
	}
	surface_submit(surface, &surface->pending);
}

/* ---- shown ---------------------------------------------------------------------------------- */

void surface_latch(struct surface *surface)
{
	list_move(&surface->latched_frames, &surface->current.frames);
	list_move(&surface->latched_feedbacks, &surface->current.feedbacks);
	surface->latched = surface->latched || !surface->shown_since_commit;
	surface->shown_since_commit = true;
}

void surface_unlatch(struct surface *surface)
{
	wl_list_insert_list(&surface->current.frames, &surface->latched_frames);
	wl_list_init(&surface->latched_frames);
	/* Of a commit that another has replaced meanwhile, there is nothing more to tell. */
	if (surface->latched && surface->shown_since_commit)
		list_move(&surface->current.feedbacks, &surface->latched_feedbacks);
	feedback_list_discard(&surface->latched_feedbacks);
	if (surface->latched)
		surface->shown_since_commit = false;
	surface->latched = false;
}

static void send_done(struct wl_list *callbacks, const struct timespec *when)
{
	struct wl_resource *callback, *next;
	uint32_t time = (uint32_t)(when->tv_sec * 1000 + when->tv_nsec / 1000000);

	wl_resource_for_each_safe(callback, next, callbacks)
	{
		wl_callback_send_done(callback, time);
		wl_resource_destroy(callback);
	}
}

static bool is_copied(const struct surface *surface)
{
	return surface->path.kind == LEND_PATH_COPY || surface->path.kind == LEND_PATH_BLEND ||
	       surface->path.kind == LEND_PATH_TEXTURE;
}

void surface_presented(struct surface *surface, struct lend_output *output,
		       const struct presented *presented)
{
	struct presented own = *presented;

	if (output && surface->latched) {
		surface->latched = false;
		surface->frames++;
		if (surface->chain)
			chain_presented(surface->chain, surface);
	}
	send_done(&surface->latched_frames, &own.when);
	if (!output) {
		send_done(&surface->current.frames, &own.when);
		return;
	}
	if (is_copied(surface))
		own.flags &= ~(uint32_t)WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY;
	feedback_list_present(&surface->latched_feedbacks, output, &own);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void handle_destroy(struct wl_resource *resource)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	fence_finish(surface);
	if (surface->role && surface->role->destroyed && surface->role_object)
		surface->role->destroyed(surface);
	if (surface->chain)
		chain_surface_destroyed(surface->chain);
	wl_signal_emit(&surface->destroyed, surface);
	scene_forget(surface);
	seat_forget_surface(surface->server->seat, surface);
	wl_list_remove(&surface->link);
	surface_state_finish(&surface->pending);
	surface_state_finish(&surface->current);
	destroy_resources(&surface->latched_frames);
	feedback_list_discard(&surface->latched_feedbacks);
	pixman_region32_fini(&surface->opaque);
	pixman_region32_fini(&surface->unread);
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
	wl_list_init(&surface->latched_frames);
	wl_list_init(&surface->latched_feedbacks);
	pixman_region32_init(&surface->opaque);
	pixman_region32_init(&surface->unread);
	wl_list_init(&surface->held);
	wl_signal_init(&surface->committed);
	wl_signal_init(&surface->path_changed);
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
