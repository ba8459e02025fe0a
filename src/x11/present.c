/* SPDX-License-Identifier: MIT */
/* The server's time. */
#include "x11/x11.h"

#define SECOND UINT64_C(1000000000)

void x11_present_select(const struct x11 *x11, xcb_window_t window)
{
	xcb_present_select_input(x11->xcb, xcb_generate_id(x11->xcb), window,
				 XCB_PRESENT_EVENT_MASK_COMPLETE_NOTIFY);
}

const xcb_present_complete_notify_event_t *x11_present_completed(const struct x11 *x11,
								 const xcb_generic_event_t *event,
								 uint64_t now, uint64_t *time)
{
	const xcb_present_complete_notify_event_t *complete = (const void *)event;
	if (x11->present_opcode == 0 || complete->extension != x11->present_opcode ||
	    complete->event_type != XCB_PRESENT_COMPLETE_NOTIFY)
		return NULL;
	/* Microseconds of CLOCK_MONOTONIC, if the server is on this machine. */
	*time = complete->ust * 1000;
	if (*time > now || now - *time > SECOND)
		*time = now;
	return complete;
}

uint64_t x11_time(uint32_t milliseconds, uint64_t now)
{
	uint32_t age = (uint32_t)(now / 1000000) - milliseconds;
	return age < 60000 ? now - (uint64_t)age * 1000000 : now;
}
