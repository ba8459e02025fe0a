/* SPDX-License-Identifier: MIT */
/* Dragging: a button or finger that a client took to carry something with. Until it is let go, what
 * lies below hears of the drag, and nobody of the pointer or finger. */
#include "seat.h"

#include "server/globals/selection.h"

#include <math.h>
#include <stdlib.h>
#include <xkbcommon/xkbcommon-keysyms.h>

struct drag {
	struct seat *seat;
	struct wl_client *client; /* who began it */
	struct wl_listener client_gone;
	struct source *source;	/* NULL: what is dragged is the client's own affair */
	struct surface *icon;	/* or NULL */
	int32_t icon_x, icon_y; /* relative to the hand */
	bool by_touch;
	int32_t finger;
	double x, y;
	struct spot focus;
	uint32_t enter_serial;
	wl_fixed_t sent_x, sent_y; /* on the focus */
};

/* ---- what lies below ------------------------------------------------------------------------ */

static struct wl_resource *next_device(const struct drag *drag, struct wl_resource *before)
{
	return seat_next_object(&drag->seat->clipboard.devices, before, drag->focus.surface);
}

static void leave(struct drag *drag)
{
	struct wl_resource *device = NULL;

	while ((device = next_device(drag, device)))
		wl_data_device_send_leave(device);
	drag->focus = (struct spot){0};
	if (drag->source)
		source_withdraw(drag->source);
}

static void send_enter(struct drag *drag, struct wl_resource *device)
{
	struct source *source = drag->source;
	struct offer *offer = source ? offer_create(source, device) : NULL;

	if (source && !offer)
		return;
	if (offer) {
		offer->state = OFFER_DRAGGED;
		if (wl_resource_get_version(offer->resource) >=
		    WL_DATA_OFFER_SOURCE_ACTIONS_SINCE_VERSION)
			wl_data_offer_send_source_actions(offer->resource, source->actions);
	}
	wl_data_device_send_enter(device, drag->enter_serial, drag->focus.surface->resource,
				  drag->sent_x, drag->sent_y, offer ? offer->resource : NULL);
}

static void enter(struct drag *drag, const struct spot *spot)
{
	struct wl_resource *device = NULL;

	drag->focus = *spot;
	drag->sent_x = spot_x(spot, drag->x);
	drag->sent_y = spot_y(spot, drag->y);
	drag->enter_serial = seat_serial(drag->seat);
	while ((device = next_device(drag, device)))
		send_enter(drag, device);
}

/* What carries no data is nobody else's business. */
static struct spot find_focus(const struct drag *drag)
{
	struct spot spot = pick(drag->seat->server, drag->x, drag->y);

	if (spot.surface && !drag->source && spot.surface->client->wl_client != drag->client)
		return (struct spot){0};
	return spot;
}

static void refocus(struct drag *drag, uint32_t time)
{
	const struct spot spot = find_focus(drag);
	struct wl_resource *device = NULL;

	if (spot.surface != drag->focus.surface) {
		leave(drag);
		if (spot.surface)
			enter(drag, &spot);
		return;
	}
	drag->focus = spot;
	wl_fixed_t x = spot_x(&spot, drag->x), y = spot_y(&spot, drag->y);
	if (!spot.surface || (x == drag->sent_x && y == drag->sent_y))
		return;
	drag->sent_x = x;
	drag->sent_y = y;
	while ((device = next_device(drag, device)))
		wl_data_device_send_motion(device, time, x, y);
}

void drag_forget(struct seat *seat, const struct surface *surface)
{
	if (seat->drag && seat->drag->focus.surface == surface)
		leave(seat->drag);
}

/* ---- the icon ------------------------------------------------------------------------------- */

/* It takes no input, wherever its client would have it take some. */
static void handle_icon_committed(struct surface *surface)
{
	struct drag *drag = surface->role_object;
	struct surface_state *state = &surface->current;

	pixman_region32_clear(&state->input);
	state->input_infinite = false;
	drag->icon_x += state->offset_x;
	drag->icon_y += state->offset_y;
	scene_changed(surface->server);
}

static void handle_icon_destroyed(struct surface *surface)
{
	struct drag *drag = surface->role_object;

	drag->icon = NULL;
	surface->role_object = NULL;
}

const struct surface_role drag_icon_role = {
	.name = "drag icon",
	.committed = handle_icon_committed,
	.destroyed = handle_icon_destroyed,
};

struct surface *seat_drag_icon(const struct seat *seat, int32_t *x, int32_t *y)
{
	const struct drag *drag = seat->drag;

	if (!drag || !drag->icon)
		return NULL;
	*x = (int32_t)floor(drag->x) + drag->icon_x;
	*y = (int32_t)floor(drag->y) + drag->icon_y;
	return drag->icon;
}

static void show_icon(struct drag *drag, struct surface *icon)
{
	if (!icon || icon->role_object)
		return;
	drag->icon = icon;
	icon->role_object = drag;
	pixman_region32_clear(&icon->current.input);
	icon->current.input_infinite = false;
	scene_changed(icon->server);
}

static void hide_icon(const struct drag *drag)
{
	if (!drag->icon)
		return;
	drag->icon->role_object = NULL;
	scene_changed(drag->icon->server);
}

/* ---- the end -------------------------------------------------------------------------------- */

/* The pointer is over what it is over, as if it came there now. */
static void end(struct drag *drag)
{
	struct seat *seat = drag->seat;

	seat->drag = NULL;
	wl_list_remove(&drag->client_gone.link);
	hide_icon(drag);
	if (!drag->by_touch)
		cursor_reset(seat);
	free(drag);
	pointer_update(seat);
}

static bool knows_of_drops(const struct source *source)
{
	return wl_resource_get_version(source->resource) >=
	       WL_DATA_SOURCE_DND_DROP_PERFORMED_SINCE_VERSION;
}

static void drop_on_focus(struct drag *drag)
{
	struct wl_resource *device = NULL;

	while ((device = next_device(drag, device)))
		wl_data_device_send_drop(device);
	drag->focus = (struct spot){0};
}

/* Of the focus's offers the one that answered is dropped on; there is no more to be had by others.
 */
static bool drop_source(struct drag *drag)
{
	struct source *source = drag->source;
	struct offer *offer = source->answer;

	if (!offer || !offer->accepted || !offer->action)
		return false;
	offer->state = OFFER_DROPPED;
	source->answer = NULL;
	drop_on_focus(drag);
	if (knows_of_drops(source))
		wl_data_source_send_dnd_drop_performed(source->resource);
	return true;
}

void drag_cancel(struct seat *seat)
{
	struct drag *drag = seat->drag;

	if (!drag)
		return;
	leave(drag);
	if (drag->source && knows_of_drops(drag->source))
		wl_data_source_send_cancelled(drag->source->resource);
	end(drag);
}

void drag_drop(struct seat *seat)
{
	struct drag *drag = seat->drag;

	if (!drag->source)
		drop_on_focus(drag);
	else if (!drop_source(drag)) {
		drag_cancel(seat);
		return;
	}
	end(drag);
}

void drag_forget_source(struct seat *seat, const struct source *source)
{
	if (!seat->drag || seat->drag->source != source)
		return;
	seat->drag->source = NULL;
	drag_cancel(seat);
}

static void handle_client_gone(struct wl_listener *listener, void *data)
{
	struct drag *drag = wl_container_of(listener, drag, client_gone);

	drag->source = NULL;
	drag_cancel(drag->seat);
}

bool drag_press(struct seat *seat, const struct keys *keys, uint32_t key)
{
	if (!seat->drag || !keys->state ||
	    xkb_state_key_get_one_sym(keys->state, key + XKB_OFFSET) != XKB_KEY_Escape)
		return false;
	drag_cancel(seat);
	return true;
}

/* ---- the hand ------------------------------------------------------------------------------- */

bool drag_has_pointer(const struct seat *seat)
{
	return seat->drag && !seat->drag->by_touch;
}

bool drag_may_set_cursor(const struct seat *seat, const struct wl_client *client, uint32_t serial)
{
	const struct drag *drag = seat->drag;

	return drag_has_pointer(seat) && drag->client == client &&
	       (serial == drag->enter_serial || serial == seat->pointer.enter_serial);
}

bool drag_has_finger(const struct seat *seat, int32_t id)
{
	return seat->drag && seat->drag->by_touch && seat->drag->finger == id;
}

void drag_move(struct seat *seat, uint32_t time, double x, double y)
{
	struct drag *drag = seat->drag;

	if (drag->icon && (x != drag->x || y != drag->y))
		scene_changed(seat->server);
	drag->x = x;
	drag->y = y;
	refocus(drag, time);
}

/* ---- the beginning -------------------------------------------------------------------------- */

static bool is_of(const struct surface *surface, const struct wl_client *client)
{
	return surface && surface->client->wl_client == client;
}

/* The finger that came down with the serial, if it is the client's. Its client hears no more of it.
 */
static bool take_finger(struct drag *drag, uint32_t serial)
{
	struct touch *touch = &drag->seat->touch;

	for (size_t i = 0; i < TOUCH_MAX; i++) {
		struct touch_point *point = &touch->points[i];
		if (!point->down || point->serial != serial ||
		    !is_of(point->spot.surface, drag->client))
			continue;
		drag->by_touch = true;
		drag->finger = point->id;
		drag->x = point->x;
		drag->y = point->y;
		point->spot = (struct spot){0};
		return true;
	}
	return false;
}

static bool take_pointer(struct drag *drag, uint32_t serial)
{
	const struct pointer *pointer = &drag->seat->pointer;

	if (pointer->buttons.count == 0 || pointer->press_serial != serial ||
	    !is_of(pointer->focus.surface, drag->client))
		return false;
	drag->x = pointer->x;
	drag->y = pointer->y;
	pointer_take_away(drag->seat);
	return true;
}

int drag_start(struct seat *seat, struct wl_client *client, struct source *source,
	       struct surface *icon, uint32_t serial)
{
	if (seat->drag)
		return -EBUSY;
	struct drag *drag = calloc(1, sizeof(*drag));
	if (!drag)
		return -ENOMEM;
	drag->seat = seat;
	drag->client = client;
	if (!take_pointer(drag, serial) && !take_finger(drag, serial)) {
		free(drag);
		return -EPERM;
	}
	seat->drag = drag;
	drag->source = source;
	drag->client_gone.notify = handle_client_gone;
	wl_client_add_destroy_listener(client, &drag->client_gone);
	show_icon(drag, icon);
	refocus(drag, 0);
	return 0;
}
