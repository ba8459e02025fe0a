/* SPDX-License-Identifier: MIT */
/*
 * When a frame is drawn. After each one a tick is waited for: the next vertical blank, if the
 * Present extension tells it, else the alarm's. By then the server has also read our memory. A
 * frame that is wanted in between is drawn at the tick, one that is wanted later at once.
 */
#include "output/x11/x11.h"

/* A window that nobody sees gets a frame in that time, and a tick that is not told comes. */
#define LONGEST SECOND

bool xwindow_is_hidden(const struct xwindow *window)
{
	return window->unmapped || window->obscured || window->gone;
}

static void ask_tick(struct xwindow *window)
{
	uint64_t now = time_now(), at = window->last + window->period;

	if (xwindow_is_hidden(window)) {
		at = now + LONGEST;
	} else if (window->x11.present_opcode != 0) {
		xcb_present_notify_msc(window->x11.xcb, window->window.id, ++window->serial, 0, 1,
				       0);
		at = now + LONGEST;
	} else if (at <= now) {
		at = now + window->period;
	}
	window->queued = true;
	alarm_set(&window->alarm, at);
}

static void draw(struct xwindow *window)
{
	window->due = window->wanted = false;
	window->waiting = true;
	output_repaint(window->output);
	ask_tick(window);
}

void pace_schedule(struct lend_output *output)
{
	struct xwindow *window = output->backend_data;

	if (window->waiting || window->awaited > 0) {
		window->wanted = true;
		return;
	}
	window->due = true;
	alarm_set(&window->alarm, 1);
}

static void proceed(struct xwindow *window)
{
	const struct presented presented = {.when = time_from_ns(window->last),
					    .sequence = window->sequence};

	if (window->waiting || window->awaited > 0)
		return;
	if (window->pending) {
		window->pending = false;
		output_presented(window->output, &presented);
	}
	if (window->wanted && !window->due)
		draw(window);
}

/* sequence: the screen's counter of refreshes; 0: not known. */
static void tick(struct xwindow *window, uint64_t time, uint64_t sequence)
{
	if (!window->waiting)
		return;
	window->waiting = false;
	window->last = time;
	window->sequence = sequence ? sequence : window->sequence + 1;
	alarm_set(&window->alarm, 0);
	proceed(window);
}

static void handle_alarm(void *data)
{
	struct xwindow *window = data;
	struct hush hush;

	hush_begin(&hush);
	if (window->due)
		draw(window);
	else
		tick(window, time_now(), 0);
	hush_end(&hush, window->x11.xcb);
}

static void complete(struct xwindow *window)
{
	if (window->awaited > 0 && --window->awaited == 0)
		proceed(window);
}

bool pace_event(struct xwindow *window, const xcb_generic_event_t *event)
{
	const xcb_client_message_event_t *message = (const void *)event;
	uint8_t type = event->response_type & 0x7f;
	uint64_t time;

	if (window->x11.shm_opcode != 0 && type == window->x11.shm_event + XCB_SHM_COMPLETION) {
		complete(window);
		return true;
	}
	if (type == XCB_CLIENT_MESSAGE && message->type == window->x11.atoms[ATOM_FRAMELEND_DONE]) {
		complete(window);
		return true;
	}
	if (type != XCB_GE_GENERIC)
		return false;
	const xcb_present_complete_notify_event_t *notify =
		x11_present_completed(&window->x11, event, time_now(), &time);
	if (notify && notify->serial == window->serial)
		tick(window, time, notify->msc);
	return true;
}

void pace_await(struct xwindow *window)
{
	window->awaited++;
}

void pace_forget(struct xwindow *window)
{
	window->awaited = 0;
	proceed(window);
}

void pace_changed(struct xwindow *window)
{
	if (window->waiting)
		ask_tick(window);
}

int pace_begin(struct xwindow *window)
{
	if (window->x11.present_opcode != 0)
		x11_present_select(&window->x11, window->window.id);
	return alarm_init(&window->alarm, window->output->server->loop, handle_alarm, window);
}
