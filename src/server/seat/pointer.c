/* SPDX-License-Identifier: MIT */
/* The pointer: where it is, which surface it is over, and what that surface's client is told. */
#include "seat.h"

static uint32_t to_ms(uint64_t time_us)
{
	return (uint32_t)(time_us / 1000);
}

/* ---- frames --------------------------------------------------------------------------------- */

static void send_frame(struct wl_resource *resource)
{
	if (wl_resource_get_version(resource) >= WL_POINTER_FRAME_SINCE_VERSION)
		wl_pointer_send_frame(resource);
}

void seat_pointer_frame(struct seat *seat)
{
	struct pointer *pointer = &seat->pointer;
	struct wl_resource *resource = NULL;

	if (!pointer->frame_due)
		return;
	while ((resource = seat_next_object(&pointer->resources, resource, pointer->focus.surface)))
		send_frame(resource);
	pointer->frame_due = false;
	pointer->source_sent = false;
}

/* ---- focus ---------------------------------------------------------------------------------- */

static void send_enter(struct seat *seat, struct wl_resource *resource)
{
	struct pointer *pointer = &seat->pointer;

	wl_pointer_send_enter(resource, pointer->enter_serial, pointer->focus.surface->resource,
			      pointer->sent_x, pointer->sent_y);
	send_frame(resource);
}

static void leave(struct seat *seat)
{
	struct pointer *pointer = &seat->pointer;
	struct surface *surface = pointer->focus.surface;
	struct wl_resource *resource = NULL;

	if (!surface)
		return;
	seat_pointer_frame(seat);
	uint32_t serial = seat_serial(seat);
	while ((resource = seat_next_object(&pointer->resources, resource, surface))) {
		wl_pointer_send_leave(resource, serial, surface->resource);
		send_frame(resource);
	}
	pointer->focus = (struct spot){0};
}

void pointer_take_away(struct seat *seat)
{
	leave(seat);
}

static bool is_of_client(const struct surface *surface, const struct surface *other)
{
	return surface && other && surface->client == other->client;
}

static void set_focus(struct seat *seat, struct spot spot)
{
	struct pointer *pointer = &seat->pointer;
	struct wl_resource *resource = NULL;
	bool same_client = is_of_client(pointer->focus.surface, spot.surface);

	leave(seat);
	if (!same_client)
		cursor_reset(seat);
	pointer->wheel[0] = pointer->wheel[1] = 0;
	if (!spot.surface)
		return;
	pointer->focus = spot;
	pointer->sent_x = spot_x(&spot, pointer->x);
	pointer->sent_y = spot_y(&spot, pointer->y);
	pointer->enter_serial = seat_serial(seat);
	while ((resource = seat_next_object(&pointer->resources, resource, spot.surface)))
		send_enter(seat, resource);
}

/* Tells where it is on the surface that it is over, if that is not known already. */
static void send_motion(struct seat *seat, uint32_t time)
{
	struct pointer *pointer = &seat->pointer;
	wl_fixed_t x = spot_x(&pointer->focus, pointer->x), y = spot_y(&pointer->focus, pointer->y);
	struct wl_resource *resource = NULL;

	if (!pointer->focus.surface || (x == pointer->sent_x && y == pointer->sent_y))
		return;
	pointer->sent_x = x;
	pointer->sent_y = y;
	pointer->frame_due = true;
	while ((resource = seat_next_object(&pointer->resources, resource, pointer->focus.surface)))
		wl_pointer_send_motion(resource, time, x, y);
}

/* While a button is down, the surface on which it went down hears of everything, as long as it is
 * shown at all; then nobody does. */
static void refocus(struct seat *seat)
{
	struct pointer *pointer = &seat->pointer;
	struct spot spot = {0};

	if (pointer->buttons.count == 0) {
		spot = grab_pick(seat, pointer->x, pointer->y);
	} else if (pointer->focus.surface) {
		spot = pointer->focus;
		if (!spot_follow(seat->server, &spot))
			spot = (struct spot){0};
	}
	if (spot.surface != pointer->focus.surface)
		set_focus(seat, spot);
	else
		pointer->focus = spot;
}

static void move(struct seat *seat, uint32_t time, double x, double y)
{
	struct pointer *pointer = &seat->pointer;

	if (!place_clamp(seat->server, &x, &y))
		return;
	pointer->x = x;
	pointer->y = y;
	grip_follow(seat);
	if (drag_has_pointer(seat)) {
		drag_move(seat, time, x, y);
	} else {
		refocus(seat);
		send_motion(seat, time);
	}
	constraints_update(seat);
	cursor_update(seat);
}

void pointer_warp(struct seat *seat, double x, double y)
{
	move(seat, seat_now_ms(), x, y);
	seat_pointer_frame(seat);
}

/* In the middle of the first output. */
static void place_first(struct seat *seat)
{
	struct pointer *pointer = &seat->pointer;

	if (pointer->placed || wl_list_empty(&seat->server->outputs))
		return;
	const struct lend_output *output =
		wl_container_of(seat->server->outputs.next, output, link);
	pointer->placed = true;
	pointer->x = output->x + output->logical_width / 2.0;
	pointer->y = output->y + output->logical_height / 2.0;
}

void pointer_update(struct seat *seat)
{
	struct pointer *pointer = &seat->pointer;

	if (!seat_has(seat, WL_SEAT_CAPABILITY_POINTER))
		return;
	place_first(seat);
	if (wl_list_empty(&seat->server->outputs))
		set_focus(seat, (struct spot){0});
	else
		move(seat, seat_now_ms(), pointer->x, pointer->y);
	seat_pointer_frame(seat);
}

void pointer_forget(struct seat *seat, const struct surface *surface)
{
	if (seat->pointer.focus.surface == surface)
		set_focus(seat, (struct spot){0});
}

/* ---- from sources --------------------------------------------------------------------------- */

/* To where it would go if nothing held it. */
static void move_by(struct seat *seat, uint64_t time_us, const struct motion *motion,
		    struct place to)
{
	seat->pointer.used = true;
	seat_active(seat);
	relative_send(seat, time_us, motion);
	if (constraint_apply(seat, &to.x, &to.y))
		move(seat, to_ms(time_us), to.x, to.y);
}

void seat_pointer_motion(struct seat *seat, uint64_t time_us, double dx, double dy, double raw_dx,
			 double raw_dy)
{
	struct pointer *pointer = &seat->pointer;
	const struct motion motion = {dx, dy, raw_dx, raw_dy};

	if (!seat_has(seat, WL_SEAT_CAPABILITY_POINTER))
		return;
	move_by(seat, time_us, &motion, (struct place){pointer->x + dx, pointer->y + dy});
}

void seat_pointer_motion_absolute(struct seat *seat, uint64_t time_us, struct lend_output *output,
				  double x, double y)
{
	struct place *last = &seat->pointer.absolute;

	if (!seat_has(seat, WL_SEAT_CAPABILITY_POINTER) ||
	    !place_absolute(seat->server, output, &x, &y))
		return;
	const struct motion motion = {x - last->x, y - last->y, x - last->x, y - last->y};
	*last = (struct place){x, y};
	move_by(seat, time_us, &motion, *last);
}

static void send_button(struct seat *seat, uint32_t time, uint32_t button, bool pressed)
{
	struct pointer *pointer = &seat->pointer;
	struct wl_resource *resource = NULL;

	if (!pointer->focus.surface)
		return;
	uint32_t serial = seat_action(seat, pointer->focus.surface);
	if (pressed && pointer->buttons.count == 1)
		pointer->press_serial = serial;
	pointer->frame_due = true;
	while ((resource = seat_next_object(&pointer->resources, resource, pointer->focus.surface)))
		wl_pointer_send_button(resource, serial, time, button, pressed);
}

void seat_pointer_button(struct seat *seat, uint64_t time_us, uint32_t button, bool pressed)
{
	struct pointer *pointer = &seat->pointer;

	if (!seat_has(seat, WL_SEAT_CAPABILITY_POINTER) ||
	    !pressed_set(&pointer->buttons, button, pressed))
		return;
	seat_active(seat);
	bool first = pressed && pointer->buttons.count == 1;
	if (!first || grab_press(seat, pointer->x, pointer->y))
		send_button(seat, to_ms(time_us), button, pressed);
	if (pointer->buttons.count == 0 && drag_has_pointer(seat)) {
		drag_drop(seat);
	} else if (pointer->buttons.count == 0) {
		grip_end(seat);
		refocus(seat);
		cursor_update(seat);
	}
}

/* Whole clicks for clients that know of no others; the rest is kept for the next time. */
static int32_t take_clicks(struct pointer *pointer, const struct seat_axis *axis)
{
	int32_t *wheel = &pointer->wheel[axis->orientation];

	if (__builtin_add_overflow(*wheel, axis->value120, wheel))
		*wheel = 0;
	int32_t clicks = *wheel / 120;
	*wheel %= 120;
	return clicks;
}

static void send_axis(struct wl_resource *resource, uint32_t time, const struct seat_axis *axis,
		      int32_t clicks, bool with_source)
{
	int version = wl_resource_get_version(resource);

	if (version >= WL_POINTER_AXIS_SOURCE_SINCE_VERSION && with_source)
		wl_pointer_send_axis_source(
			resource, axis->source == WL_POINTER_AXIS_SOURCE_WHEEL_TILT && version < 6
					  ? WL_POINTER_AXIS_SOURCE_WHEEL
					  : axis->source);
#ifdef WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION
	if (version >= WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION)
		wl_pointer_send_axis_relative_direction(
			resource, axis->orientation,
			axis->inverted ? WL_POINTER_AXIS_RELATIVE_DIRECTION_INVERTED
				       : WL_POINTER_AXIS_RELATIVE_DIRECTION_IDENTICAL);
#endif
	if (version >= WL_POINTER_AXIS_VALUE120_SINCE_VERSION && axis->value120)
		wl_pointer_send_axis_value120(resource, axis->orientation, axis->value120);
	else if (version >= WL_POINTER_AXIS_DISCRETE_SINCE_VERSION && clicks)
		wl_pointer_send_axis_discrete(resource, axis->orientation, clicks);
	if (axis->value != 0)
		wl_pointer_send_axis(resource, time, axis->orientation,
				     wl_fixed_from_double(axis->value));
	else if (version >= WL_POINTER_AXIS_STOP_SINCE_VERSION && !axis->value120)
		wl_pointer_send_axis_stop(resource, time, axis->orientation);
}

void seat_pointer_axis(struct seat *seat, uint64_t time_us, const struct seat_axis *axis)
{
	struct pointer *pointer = &seat->pointer;
	struct wl_resource *resource = NULL;

	if (!seat_has(seat, WL_SEAT_CAPABILITY_POINTER) || !pointer->focus.surface ||
	    axis->orientation > WL_POINTER_AXIS_HORIZONTAL_SCROLL ||
	    axis->source > WL_POINTER_AXIS_SOURCE_WHEEL_TILT)
		return;
	seat_active(seat);
	int32_t clicks = take_clicks(pointer, axis);
	while ((resource = seat_next_object(&pointer->resources, resource, pointer->focus.surface)))
		send_axis(resource, to_ms(time_us), axis, clicks, !pointer->source_sent);
	pointer->source_sent = true;
	pointer->frame_due = true;
}

/* ---- life ----------------------------------------------------------------------------------- */

void pointer_init(struct pointer *pointer)
{
	wl_list_init(&pointer->resources);
	wl_list_init(&pointer->relatives);
	wl_list_init(&pointer->shapes);
}

void pointer_add(struct seat *seat, struct wl_resource *resource)
{
	struct pointer *pointer = &seat->pointer;
	const struct surface *focus = pointer->focus.surface;

	seat_add_object(&pointer->resources, resource);
	if (focus && wl_resource_get_client(focus->resource) == wl_resource_get_client(resource))
		send_enter(seat, resource);
}

void pointer_enable(struct seat *seat, bool enable)
{
	struct pointer *pointer = &seat->pointer;

	if (enable) {
		pointer_update(seat);
		return;
	}
	pointer->buttons = (struct pressed){0};
	if (drag_has_pointer(seat))
		drag_cancel(seat);
	set_focus(seat, (struct spot){0});
	constraints_update(seat);
	seat_retire_objects(&pointer->resources);
	seat_retire_objects(&pointer->relatives);
	seat_retire_objects(&pointer->shapes);
	cursor_update(seat);
}
