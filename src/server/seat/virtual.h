/* SPDX-License-Identifier: MIT */
/*
 * Devices that clients make. What they do comes one after the other, and waits a moment for a
 * client that has been told of the first such device and has not asked for it yet: where there were
 * no devices before, the first keys would come to nobody.
 */
#ifndef SERVER_SEAT_VIRTUAL_H
#define SERVER_SEAT_VIRTUAL_H

#include "server/seat/seat.h"

struct virtual_event {
	struct wl_list link;
	void (*apply)(struct seat *seat, struct virtual_event *event);
	void *device;
	uint32_t needs; /* enum wl_seat_capability that a client must have asked for; 0: none */
	uint64_t time_us;
	union {
		struct {
			uint32_t code;
			bool pressed;
		} press;
		struct modifiers modifiers;
		struct keymap *keymap; /* a reference, which apply() takes */
		struct {
			double x, y;
		} place;
		struct seat_axis axis;
	};
};

void virtual_init(struct seat *seat);
/* The seat has the capability from now on: these devices come again with the next script, and what
 * they point at stays. */
void virtual_announce(struct seat *seat, uint32_t capability);
/* Applies it, now or when its turn comes; it is copied. */
void virtual_post(struct seat *seat, const struct virtual_event *event);
/* A client asked for a device. */
void virtual_flush(struct seat *seat);
/* Applies all that is left. */
void virtual_finish(struct seat *seat);
/* The server's clock: clients' clocks differ, and double clicks are told by time. */
uint64_t virtual_now(void);

#endif
