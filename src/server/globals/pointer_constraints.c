/* SPDX-License-Identifier: MIT */
/* zwp_pointer_constraints: a surface keeps the pointer in a region, or where it is, as long as the
 * pointer is on it and its window has the keys. */
#include "server/seat/seat.h"

#include <stdlib.h>

#include "pointer-constraints-server-protocol.h"

#define VERSION 1

/* What requests ask for and commits take over. */
struct wishes {
	bool has_region, region_set;
	pixman_region32_t region; /* on the surface */
	bool hint_set;
	double hint_x, hint_y;
};

struct constraint {
	struct seat *seat;
	struct wl_resource *resource;
	struct surface *surface; /* NULL: it is gone, and nothing is left to do */
	struct wl_list link;	 /* seat.constraints */
	bool locks;		 /* else it confines */
	bool persistent;
	struct wishes pending, current;
	struct wl_listener committed, destroyed;
};

/* ---- what it allows -------------------------------------------------------------------------- */

/* The part of the surface that its place on the output has room for. */
static void clip_to_place(const struct surface *surface, pixman_region32_t *region)
{
	const struct lend_output *output;

	wl_list_for_each (output, &surface->server->outputs, link) {
		for (size_t i = 0; i < output->n_nodes; i++) {
			const struct node *node = &output->nodes[i];
			const pixman_box32_t *clip = &node->clip;
			if (node->surface == surface)
				pixman_region32_intersect_rect(region, region, clip->x1 - node->x,
							       clip->y1 - node->y,
							       (unsigned)(clip->x2 - clip->x1),
							       (unsigned)(clip->y2 - clip->y1));
		}
	}
}

/* Where on the surface the pointer may be. */
static void find_region(const struct constraint *constraint, pixman_region32_t *region)
{
	const struct surface *surface = constraint->surface;

	pixman_region32_init_rect(region, 0, 0, (unsigned)surface->width,
				  (unsigned)surface->height);
	if (!surface->current.input_infinite)
		pixman_region32_intersect(region, region,
					  (pixman_region32_t *)&surface->current.input);
	clip_to_place(surface, region);
	if (constraint->current.has_region)
		pixman_region32_intersect(region, region,
					  (pixman_region32_t *)&constraint->current.region);
}

static bool is_inside(const struct constraint *constraint, double x, double y)
{
	pixman_region32_t region;

	find_region(constraint, &region);
	bool inside = x >= 0 && y >= 0 &&
		      pixman_region32_contains_point(&region, (int32_t)x, (int32_t)y, NULL);
	pixman_region32_fini(&region);
	return inside;
}

bool constraint_apply(struct seat *seat, double *x, double *y)
{
	const struct constraint *constraint = seat->constraint;
	const struct pointer *pointer = &seat->pointer;
	const struct spot *spot = &pointer->focus;
	pixman_region32_t region;

	if (!constraint)
		return true;
	if (constraint->locks)
		return false;
	struct place from = {pointer->x - spot->x, pointer->y - spot->y};
	struct place to = {*x - spot->x, *y - spot->y};
	find_region(constraint, &region);
	to = confine(&region, from, to);
	pixman_region32_fini(&region);
	*x = spot->x + to.x;
	*y = spot->y + to.y;
	return true;
}

/* ---- which one holds ------------------------------------------------------------------------- */

/* With the keys the user can take them away, and with them the pointer. */
static bool may_hold(const struct constraint *constraint)
{
	const struct seat *seat = constraint->seat;
	struct surface *focus = seat->keyboard.focus, *surface = constraint->surface;

	return surface && seat->pointer.focus.surface == surface && surface_has_buffer(surface) &&
	       (!seat_has(seat, WL_SEAT_CAPABILITY_KEYBOARD) ||
		(focus && view_from_surface(focus) == view_from_surface(surface)));
}

static void retire(struct constraint *constraint)
{
	wl_list_remove(&constraint->link);
	wl_list_init(&constraint->link);
}

static void let_go(struct seat *seat)
{
	struct constraint *constraint = seat->constraint;

	if (!constraint)
		return;
	seat->constraint = NULL;
	if (constraint->locks)
		zwp_locked_pointer_v1_send_unlocked(constraint->resource);
	else
		zwp_confined_pointer_v1_send_unconfined(constraint->resource);
	if (!constraint->persistent)
		retire(constraint);
}

static void hold(struct constraint *constraint)
{
	constraint->seat->constraint = constraint;
	if (constraint->locks)
		zwp_locked_pointer_v1_send_locked(constraint->resource);
	else
		zwp_confined_pointer_v1_send_confined(constraint->resource);
}

/* The region may have shrunk. */
static void bring_back(const struct constraint *constraint)
{
	struct seat *seat = constraint->seat;
	const struct spot *spot = &seat->pointer.focus;
	struct place place = {seat->pointer.x - spot->x, seat->pointer.y - spot->y};
	pixman_region32_t region;

	if (constraint->locks || is_inside(constraint, place.x, place.y))
		return;
	find_region(constraint, &region);
	bool is_empty = !pixman_region32_not_empty(&region);
	place = confine(&region, place, place);
	pixman_region32_fini(&region);
	if (is_empty)
		let_go(seat);
	else
		pointer_warp(seat, spot->x + place.x, spot->y + place.y);
}

void constraints_update(struct seat *seat)
{
	const struct spot *spot = &seat->pointer.focus;
	struct constraint *constraint;

	if (seat->constraint && may_hold(seat->constraint)) {
		bring_back(seat->constraint);
		return;
	}
	let_go(seat);
	wl_list_for_each (constraint, &seat->constraints, link) {
		if (!may_hold(constraint) ||
		    !is_inside(constraint, seat->pointer.x - spot->x, seat->pointer.y - spot->y))
			continue;
		hold(constraint);
		return;
	}
}

/* ---- requests -------------------------------------------------------------------------------- */

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void handle_set_hint(struct wl_client *client, struct wl_resource *resource, wl_fixed_t x,
			    wl_fixed_t y)
{
	struct constraint *constraint = wl_resource_get_user_data(resource);

	constraint->pending.hint_set = true;
	constraint->pending.hint_x = wl_fixed_to_double(x);
	constraint->pending.hint_y = wl_fixed_to_double(y);
}

static void set_region(struct constraint *constraint, struct wl_resource *region)
{
	struct wishes *pending = &constraint->pending;

	pending->region_set = true;
	pending->has_region = region != NULL;
	if (region)
		pixman_region32_copy(&pending->region,
				     (pixman_region32_t *)region_from_resource(region));
}

static void handle_set_region(struct wl_client *client, struct wl_resource *resource,
			      struct wl_resource *region)
{
	set_region(wl_resource_get_user_data(resource), region);
}

static const struct zwp_locked_pointer_v1_interface locked_requests = {
	.destroy = handle_destroy_request,
	.set_cursor_position_hint = handle_set_hint,
	.set_region = handle_set_region,
};

static const struct zwp_confined_pointer_v1_interface confined_requests = {
	.destroy = handle_destroy_request,
	.set_region = handle_set_region,
};

static void take_wishes(struct constraint *constraint)
{
	struct wishes *pending = &constraint->pending, *current = &constraint->current;

	if (pending->region_set) {
		current->has_region = pending->has_region;
		pixman_region32_copy(&current->region, &pending->region);
	}
	if (pending->hint_set) {
		current->hint_set = true;
		current->hint_x = pending->hint_x;
		current->hint_y = pending->hint_y;
	}
	pending->region_set = pending->hint_set = false;
}

static void handle_committed(struct wl_listener *listener, void *data)
{
	struct constraint *constraint = wl_container_of(listener, constraint, committed);

	take_wishes(constraint);
	constraints_update(constraint->seat);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void forget_surface(struct constraint *constraint)
{
	struct seat *seat = constraint->seat;

	if (!constraint->surface)
		return;
	constraint->surface = NULL;
	wl_list_remove(&constraint->committed.link);
	wl_list_remove(&constraint->destroyed.link);
	retire(constraint);
	if (seat->constraint == constraint)
		seat->constraint = NULL;
}

static void handle_surface_destroyed(struct wl_listener *listener, void *data)
{
	struct constraint *constraint = wl_container_of(listener, constraint, destroyed);

	forget_surface(constraint);
}

/* The pointer comes free where the client drew its own picture of it. */
static void follow_hint(const struct constraint *constraint)
{
	const struct wishes *wishes = &constraint->current;
	struct seat *seat = constraint->seat;
	const struct spot *spot = &seat->pointer.focus;

	if (constraint->locks && wishes->hint_set &&
	    is_inside(constraint, wishes->hint_x, wishes->hint_y))
		pointer_warp(seat, spot->x + wishes->hint_x, spot->y + wishes->hint_y);
}

static void handle_destroy(struct wl_resource *resource)
{
	struct constraint *constraint = wl_resource_get_user_data(resource);
	struct seat *seat = constraint->seat;

	if (seat->constraint == constraint) {
		seat->constraint = NULL;
		retire(constraint);
		follow_hint(constraint);
	}
	forget_surface(constraint);
	pixman_region32_fini(&constraint->pending.region);
	pixman_region32_fini(&constraint->current.region);
	free(constraint);
}

/* False after posting an error. */
static bool check(struct wl_resource *manager, const struct seat *seat,
		  const struct surface *surface, uint32_t lifetime)
{
	const struct constraint *constraint;

	if (lifetime != ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT &&
	    lifetime != ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT) {
		wl_resource_post_error(wl_client_get_object(wl_resource_get_client(manager), 1),
				       WL_DISPLAY_ERROR_INVALID_METHOD,
				       "zwp_pointer_constraints_v1@%u: %u is no lifetime",
				       wl_resource_get_id(manager), lifetime);
		return false;
	}
	wl_list_for_each (constraint, &seat->constraints, link) {
		if (constraint->surface != surface)
			continue;
		wl_resource_post_error(manager,
				       ZWP_POINTER_CONSTRAINTS_V1_ERROR_ALREADY_CONSTRAINED,
				       "wl_surface@%u has the constraint %s@%u already",
				       wl_resource_get_id(surface->resource),
				       wl_resource_get_class(constraint->resource),
				       wl_resource_get_id(constraint->resource));
		return false;
	}
	return true;
}

static void attach(struct constraint *constraint, struct seat *seat, struct surface *surface)
{
	constraint->seat = seat;
	constraint->surface = surface;
	constraint->committed.notify = handle_committed;
	constraint->destroyed.notify = handle_surface_destroyed;
	wl_signal_add(&surface->committed, &constraint->committed);
	wl_signal_add(&surface->destroyed, &constraint->destroyed);
	wl_list_insert(&seat->constraints, &constraint->link);
	pixman_region32_init(&constraint->pending.region);
	pixman_region32_init(&constraint->current.region);
}

static void constrain(struct wl_resource *manager, uint32_t id, bool locks,
		      struct wl_resource *surface_resource, struct wl_resource *region,
		      uint32_t lifetime)
{
	struct wl_client *client = wl_resource_get_client(manager);
	struct lend_server *server = wl_resource_get_user_data(manager);
	struct surface *surface = surface_from_resource(surface_resource);

	if (!check(manager, server->seat, surface, lifetime))
		return;
	struct constraint *constraint = calloc(1, sizeof(*constraint));
	struct wl_resource *resource =
		constraint ? wl_resource_create(client,
						locks ? &zwp_locked_pointer_v1_interface
						      : &zwp_confined_pointer_v1_interface,
						wl_resource_get_version(manager), id)
			   : NULL;
	if (!resource) {
		free(constraint);
		wl_client_post_no_memory(client);
		return;
	}
	constraint->resource = resource;
	constraint->locks = locks;
	constraint->persistent = lifetime == ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT;
	attach(constraint, server->seat, surface);
	wl_resource_set_implementation(resource,
				       locks ? (const void *)&locked_requests : &confined_requests,
				       constraint, handle_destroy);
	set_region(constraint, region);
	take_wishes(constraint);
	constraints_update(server->seat);
}

static void handle_lock(struct wl_client *client, struct wl_resource *manager, uint32_t id,
			struct wl_resource *surface, struct wl_resource *pointer,
			struct wl_resource *region, uint32_t lifetime)
{
	constrain(manager, id, true, surface, region, lifetime);
}

static void handle_confine(struct wl_client *client, struct wl_resource *manager, uint32_t id,
			   struct wl_resource *surface, struct wl_resource *pointer,
			   struct wl_resource *region, uint32_t lifetime)
{
	constrain(manager, id, false, surface, region, lifetime);
}

static const struct zwp_pointer_constraints_v1_interface manager_requests = {
	.destroy = handle_destroy_request,
	.lock_pointer = handle_lock,
	.confine_pointer = handle_confine,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &zwp_pointer_constraints_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_requests, data, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &zwp_pointer_constraints_v1_interface, VERSION,
				server, bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_pointer_constraints = {"zwp_pointer_constraints_v1", create};
