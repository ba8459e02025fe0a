/* SPDX-License-Identifier: MIT */
/* Which devices there are, and what the rest of the server tells the seat. */
#include "seat.h"
#include "virtual.h"

#include <stdlib.h>

#define OBJECTS_MAX 64 /* of one kind and client */

/* ---- what the devices share ----------------------------------------------------------------- */

bool pressed_has(const struct pressed *pressed, uint32_t code)
{
	return code < KEY_CNT && pressed->bits[code / 8] & (1u << code % 8);
}

bool pressed_set(struct pressed *pressed, uint32_t code, bool down)
{
	if (code >= KEY_CNT || pressed_has(pressed, code) == down)
		return false;
	pressed->bits[code / 8] ^= (uint8_t)(1u << code % 8);
	pressed->count += down ? 1 : -1u;
	return true;
}

bool seat_has(const struct seat *seat, uint32_t capability)
{
	return seat->capabilities & capability;
}

uint32_t seat_serial(const struct seat *seat)
{
	return wl_display_next_serial(seat->server->display);
}

uint32_t seat_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static uint32_t note(struct seat *seat, struct action *action, const struct surface *surface)
{
	action->client = wl_resource_get_client(surface->resource);
	action->serial = seat_serial(seat);
	return action->serial;
}

uint32_t seat_action(struct seat *seat, const struct surface *surface)
{
	return note(seat, &seat->actions[seat->next_action++ % ACTIONS], surface);
}

uint32_t seat_entry(struct seat *seat, const struct surface *surface)
{
	return note(seat, &seat->entries[seat->next_entry++ % ACTIONS], surface);
}

static bool has(const struct action actions[static ACTIONS], const struct wl_client *client,
		uint32_t serial)
{
	for (size_t i = 0; i < ACTIONS; i++)
		if (actions[i].client == client && actions[i].serial == serial)
			return true;
	return false;
}

bool seat_serial_is_recent(const struct seat *seat, const struct wl_client *client, uint32_t serial)
{
	return has(seat->actions, client, serial) || seat->capabilities == 0;
}

bool seat_serial_is_known(const struct seat *seat, const struct wl_client *client, uint32_t serial)
{
	return has(seat->actions, client, serial) || has(seat->entries, client, serial);
}

/* ---- objects -------------------------------------------------------------------------------- */

struct wl_resource *seat_next_object(struct wl_list *resources, struct wl_resource *before,
				     const struct surface *surface)
{
	struct wl_list *link = before ? wl_resource_get_link(before) : resources;

	for (link = link->next; surface && link != resources; link = link->next) {
		struct wl_resource *resource = wl_resource_from_link(link);
		if (wl_resource_get_client(resource) == wl_resource_get_client(surface->resource))
			return resource;
	}
	return NULL;
}

bool seat_check_room(struct wl_client *client, struct wl_list *resources, const char *request)
{
	struct wl_resource *resource;
	int n = 0;

	wl_resource_for_each(resource, resources) n += wl_resource_get_client(resource) == client;
	if (n < OBJECTS_MAX)
		return true;
	fail(-EDQUOT, "the client has %d of them already", OBJECTS_MAX);
	client_post_no_memory(client_get(client), request);
	return false;
}

void seat_add_object(struct wl_list *resources, struct wl_resource *resource)
{
	wl_list_insert(resources->prev, wl_resource_get_link(resource));
}

void seat_retire_objects(struct wl_list *resources)
{
	struct wl_resource *resource, *next;

	wl_resource_for_each_safe(resource, next, resources)
	{
		wl_list_remove(wl_resource_get_link(resource));
		wl_list_init(wl_resource_get_link(resource));
		wl_resource_set_user_data(resource, NULL);
	}
}

/* ---- devices -------------------------------------------------------------------------------- */

static void announce(const struct seat *seat)
{
	struct wl_resource *resource;

	wl_resource_for_each(resource, &seat->resources)
		wl_seat_send_capabilities(resource, seat->capabilities);
}

static uint32_t all_sources(const struct seat *seat)
{
	const struct seat_source *source;
	uint32_t capabilities = 0;

	wl_list_for_each (source, &seat->sources, link)
		capabilities |= source->capabilities;
	return capabilities;
}

static void update_capabilities(struct seat *seat)
{
	uint32_t capabilities = all_sources(seat);
	uint32_t changed = capabilities ^ seat->capabilities;

	if (!changed)
		return;
	seat->capabilities = capabilities;
	seat->ever |= capabilities;
	if (changed & WL_SEAT_CAPABILITY_POINTER)
		pointer_enable(seat, seat_has(seat, WL_SEAT_CAPABILITY_POINTER));
	if (changed & WL_SEAT_CAPABILITY_KEYBOARD)
		keyboard_enable(seat, seat_has(seat, WL_SEAT_CAPABILITY_KEYBOARD));
	if (changed & WL_SEAT_CAPABILITY_TOUCH)
		touch_enable(seat, seat_has(seat, WL_SEAT_CAPABILITY_TOUCH));
	announce(seat);
}

/* What went down on a device that went never comes up, where another keeps the seat's capability.
 */
static void let_go(struct seat *seat, uint32_t went)
{
	const struct pressed buttons = seat->pointer.buttons;

	went &= seat->capabilities;
	if (went & WL_SEAT_CAPABILITY_KEYBOARD)
		keyboard_device_went(seat);
	if (went & WL_SEAT_CAPABILITY_TOUCH)
		seat_touch_cancel(seat);
	if (!(went & WL_SEAT_CAPABILITY_POINTER) || buttons.count == 0)
		return;
	for (uint32_t code = 0; code < KEY_CNT; code++)
		if (pressed_has(&buttons, code))
			seat_pointer_button(seat, virtual_now(), code, false);
	seat_pointer_frame(seat);
}

void seat_source_set(struct seat *seat, struct seat_source *source, bool pointer, bool keyboard,
		     bool touch)
{
	if (!source->link.next)
		wl_list_insert(&seat->sources, &source->link);
	keyboard = keyboard && keyboard_open(seat);
	uint32_t before = source->capabilities;
	source->capabilities = (pointer ? WL_SEAT_CAPABILITY_POINTER : 0) |
			       (keyboard ? WL_SEAT_CAPABILITY_KEYBOARD : 0) |
			       (touch ? WL_SEAT_CAPABILITY_TOUCH : 0);
	update_capabilities(seat);
	let_go(seat, before & ~source->capabilities);
}

void seat_source_finish(struct seat *seat, struct seat_source *source)
{
	if (!source->link.next)
		return;
	uint32_t before = source->capabilities;
	wl_list_remove(&source->link);
	*source = (struct seat_source){0};
	update_capabilities(seat);
	let_go(seat, before);
}

void seat_set_bindings(struct seat *seat, const struct seat_bindings *bindings)
{
	seat->bindings = *bindings;
}

/* ---- what happens elsewhere ----------------------------------------------------------------- */

void seat_layout_changed(struct seat *seat, struct lend_view *focus)
{
	struct surface *wanted = focus ? focus->surface : NULL;

	if (wanted != seat->keyboard.wanted) {
		seat->keyboard.wanted = wanted;
		grab_dismiss_all(seat);
		keyboard_update(seat);
	}
	pointer_update(seat);
}

void seat_scene_built(struct seat *seat)
{
	pointer_update(seat);
}

/* The keyboard's are views and popups, which are no more by now. */
void seat_forget_surface(struct seat *seat, struct surface *surface)
{
	pointer_forget(seat, surface);
	touch_forget(seat, surface);
	drag_forget(seat, surface);
}

/* ---- life ----------------------------------------------------------------------------------- */

struct seat *seat_create(struct lend_server *server)
{
	struct seat *seat = calloc(1, sizeof(*seat));

	if (!seat)
		return NULL;
	seat->server = server;
	wl_list_init(&seat->resources);
	wl_list_init(&seat->grabs);
	wl_list_init(&seat->sources);
	selections_init(seat);
	wl_list_init(&seat->constraints);
	wl_list_init(&seat->idle.notifications);
	wl_list_init(&seat->idle.inhibitors);
	wl_list_init(&seat->tokens);
	pointer_init(&seat->pointer);
	keyboard_init(&seat->keyboard);
	touch_init(&seat->touch);
	virtual_init(seat);
	theme_init(&seat->cursor.theme);
	seat->cursor.shape = CURSOR_SHAPE_DEFAULT;
	return seat;
}

void seat_destroy(struct seat *seat)
{
	if (!seat)
		return;
	virtual_finish(seat);
	activation_finish(seat);
	keyboard_finish(&seat->keyboard);
	theme_finish(&seat->cursor.theme);
	free(seat);
}
