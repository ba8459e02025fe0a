/* SPDX-License-Identifier: MIT */
#include "virtual.h"

#include <stdlib.h>

#define PATIENCE_US 2000000 /* how long a client has to ask for a device that it was told of */
#define WAITING_MAX 4096

uint64_t virtual_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- who is waited for ---------------------------------------------------------------------- */

/* Microseconds for which the client that would hear of it may still ask for the device. */
static uint64_t time_left(struct seat *seat, uint32_t capability)
{
	bool pointer = capability == WL_SEAT_CAPABILITY_POINTER;
	const struct surface *focus = pointer ? seat->pointer.focus.surface : seat->keyboard.focus;
	struct wl_list *objects = pointer ? &seat->pointer.resources : &seat->keyboard.resources;
	uint64_t end = seat->virtual.announced_us + PATIENCE_US, now = virtual_now();

	if (!capability || now >= end || !focus || seat_next_object(objects, NULL, focus) ||
	    !seat_next_object(&seat->resources, NULL, focus))
		return 0;
	return end - now;
}

static int handle_timer(void *data)
{
	virtual_flush(data);
	return 0;
}

/* ---- what waits ----------------------------------------------------------------------------- */

static void apply_first(struct seat *seat)
{
	struct virtual_event *event = wl_container_of(seat->virtual.waiting.next, event, link);

	wl_list_remove(&event->link);
	seat->virtual.n_waiting--;
	event->apply(seat, event);
	free(event);
}

static void apply_all(struct seat *seat)
{
	while (!wl_list_empty(&seat->virtual.waiting))
		apply_first(seat);
}

void virtual_flush(struct seat *seat)
{
	while (!wl_list_empty(&seat->virtual.waiting)) {
		const struct virtual_event *event =
			wl_container_of(seat->virtual.waiting.next, event, link);
		uint64_t left = time_left(seat, event->needs);
		if (left > 0) {
			wl_event_source_timer_update(seat->virtual.timer, (int)(left / 1000) + 1);
			return;
		}
		apply_first(seat);
	}
}

/* False: it cannot be kept. */
static bool keep(struct seat *seat, const struct virtual_event *event)
{
	struct virtual *virtual = &seat->virtual;

	if (!virtual->timer)
		virtual->timer = wl_event_loop_add_timer(seat->server->loop, handle_timer, seat);
	struct virtual_event *copy = virtual->timer ? malloc(sizeof(*copy)) : NULL;
	if (!copy)
		return false;
	*copy = *event;
	wl_list_insert(virtual->waiting.prev, &copy->link);
	virtual->n_waiting++;
	return true;
}

void virtual_post(struct seat *seat, const struct virtual_event *event)
{
	bool waits = seat->virtual.n_waiting > 0 || time_left(seat, event->needs) > 0;
	struct virtual_event now = *event;

	if (waits && seat->virtual.n_waiting < WAITING_MAX && keep(seat, event)) {
		virtual_flush(seat);
		return;
	}
	apply_all(seat);
	now.apply(seat, &now);
}

/* ---- life ----------------------------------------------------------------------------------- */

void virtual_init(struct seat *seat)
{
	wl_list_init(&seat->virtual.waiting);
}

void virtual_announce(struct seat *seat, uint32_t capability)
{
	uint32_t all = seat->virtual.source.capabilities | capability;

	if (!(seat->capabilities & capability))
		seat->virtual.announced_us = virtual_now();
	seat_source_set(seat, &seat->virtual.source, all & WL_SEAT_CAPABILITY_POINTER,
			all & WL_SEAT_CAPABILITY_KEYBOARD, false);
}

void virtual_finish(struct seat *seat)
{
	apply_all(seat);
	if (seat->virtual.timer)
		wl_event_source_remove(seat->virtual.timer);
}
