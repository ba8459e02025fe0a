/* SPDX-License-Identifier: MIT */
/* Fingers: each belongs to the surface it came down on, until it is lifted. */
#include "seat.h"

static uint32_t to_ms(uint64_t time_us)
{
	return (uint32_t)(time_us / 1000);
}

/* ---- points --------------------------------------------------------------------------------- */

static struct touch_point *find(struct touch *touch, int32_t id)
{
	for (size_t i = 0; i < TOUCH_MAX; i++)
		if (touch->points[i].used && touch->points[i].down && touch->points[i].id == id)
			return &touch->points[i];
	return NULL;
}

static struct touch_point *find_free(struct touch *touch)
{
	for (size_t i = 0; i < TOUCH_MAX; i++)
		if (!touch->points[i].used)
			return &touch->points[i];
	return NULL;
}

/* Lifted fingers are kept until their client had its frame. */
static void drop_lifted(struct touch *touch)
{
	for (size_t i = 0; i < TOUCH_MAX; i++) {
		touch->points[i].changed = false;
		if (!touch->points[i].down)
			touch->points[i] = (struct touch_point){0};
	}
}

/* ---- clients -------------------------------------------------------------------------------- */

/* True if an earlier point's client was sent the same thing. */
static bool is_repeated(const struct touch *touch, size_t index, bool changed)
{
	const struct touch_point *points = touch->points;

	for (size_t i = 0; i < index; i++)
		if (points[i].spot.surface && (points[i].changed || !changed) &&
		    points[i].spot.surface->client == points[index].spot.surface->client)
			return true;
	return false;
}

void seat_touch_frame(struct seat *seat)
{
	struct touch *touch = &seat->touch;

	for (size_t i = 0; i < TOUCH_MAX; i++) {
		const struct touch_point *point = &touch->points[i];
		struct wl_resource *resource = NULL;
		if (!point->changed || !point->spot.surface || is_repeated(touch, i, true))
			continue;
		while ((resource =
				seat_next_object(&touch->resources, resource, point->spot.surface)))
			wl_touch_send_frame(resource);
	}
	drop_lifted(touch);
}

void seat_touch_cancel(struct seat *seat)
{
	struct touch *touch = &seat->touch;

	for (size_t i = 0; i < TOUCH_MAX; i++) {
		const struct touch_point *point = &touch->points[i];
		struct wl_resource *resource = NULL;
		if (!point->spot.surface || is_repeated(touch, i, false))
			continue;
		while ((resource =
				seat_next_object(&touch->resources, resource, point->spot.surface)))
			wl_touch_send_cancel(resource);
	}
	for (size_t i = 0; i < TOUCH_MAX; i++)
		if (touch->points[i].down && drag_has_finger(seat, touch->points[i].id))
			drag_cancel(seat);
	memset(touch->points, 0, sizeof(touch->points));
}

static void send_up(struct seat *seat, uint32_t time, const struct touch_point *point,
		    uint32_t serial)
{
	struct wl_resource *resource = NULL;

	while ((resource = seat_next_object(&seat->touch.resources, resource, point->spot.surface)))
		wl_touch_send_up(resource, serial, time, point->id);
}

/* For its client the fingers on it are lifted: it would hear no more of them. */
void touch_forget(struct seat *seat, const struct surface *surface)
{
	struct wl_resource *resource = NULL;
	bool touched = false;

	for (size_t i = 0; i < TOUCH_MAX; i++) {
		struct touch_point *point = &seat->touch.points[i];
		if (point->spot.surface != surface)
			continue;
		if (point->down)
			send_up(seat, seat_now_ms(), point, seat_serial(seat));
		touched = true;
		point->spot = (struct spot){0};
	}
	while (touched && (resource = seat_next_object(&seat->touch.resources, resource, surface)))
		wl_touch_send_frame(resource);
}

/* ---- from sources --------------------------------------------------------------------------- */

static void send_down(struct seat *seat, uint32_t time, struct touch_point *point, double x,
		      double y)
{
	const struct spot *spot = &point->spot;
	struct wl_resource *resource = NULL;

	if (!spot->surface)
		return;
	point->serial = seat_action(seat, spot->surface);
	point->changed = true;
	while ((resource = seat_next_object(&seat->touch.resources, resource, spot->surface)))
		wl_touch_send_down(resource, point->serial, time, spot->surface->resource,
				   point->id, spot_x(spot, x), spot_y(spot, y));
}

void seat_touch_down(struct seat *seat, uint64_t time_us, int32_t id, struct lend_output *output,
		     double x, double y)
{
	struct touch *touch = &seat->touch;

	if (!seat_has(seat, WL_SEAT_CAPABILITY_TOUCH) || find(touch, id) ||
	    !place_absolute(seat->server, output, &x, &y))
		return;
	struct touch_point *point = find_free(touch);
	if (!point)
		return;
	seat_active(seat);
	*point = (struct touch_point){.used = true, .down = true, .id = id, .x = x, .y = y};
	point->spot = grab_pick(seat, x, y);
	if (!grab_press(seat, x, y))
		point->spot = (struct spot){0};
	send_down(seat, to_ms(time_us), point, x, y);
}

void seat_touch_motion(struct seat *seat, uint64_t time_us, int32_t id, struct lend_output *output,
		       double x, double y)
{
	struct touch *touch = &seat->touch;
	struct touch_point *point = find(touch, id);
	struct wl_resource *resource = NULL;

	if (!point || !place_absolute(seat->server, output, &x, &y))
		return;
	seat_active(seat);
	point->x = x;
	point->y = y;
	if (drag_has_finger(seat, id))
		drag_move(seat, to_ms(time_us), x, y);
	if (!point->spot.surface)
		return;
	const struct spot *spot = &point->spot;
	spot_follow(seat->server, &point->spot);
	point->changed = true;
	while ((resource = seat_next_object(&touch->resources, resource, spot->surface)))
		wl_touch_send_motion(resource, to_ms(time_us), id, spot_x(spot, x),
				     spot_y(spot, y));
}

void seat_touch_up(struct seat *seat, uint64_t time_us, int32_t id)
{
	struct touch *touch = &seat->touch;
	struct touch_point *point = find(touch, id);

	if (!point)
		return;
	seat_active(seat);
	point->down = false;
	if (drag_has_finger(seat, id))
		drag_drop(seat);
	if (!point->spot.surface) {
		*point = (struct touch_point){0};
		return;
	}
	point->changed = true;
	send_up(seat, to_ms(time_us), point, seat_action(seat, point->spot.surface));
}

/* ---- the device ----------------------------------------------------------------------------- */

void touch_init(struct touch *touch)
{
	wl_list_init(&touch->resources);
}

void touch_add(struct seat *seat, struct wl_resource *resource)
{
	seat_add_object(&seat->touch.resources, resource);
}

void touch_enable(struct seat *seat, bool enable)
{
	if (enable)
		return;
	seat_touch_cancel(seat);
	seat_retire_objects(&seat->touch.resources);
}
