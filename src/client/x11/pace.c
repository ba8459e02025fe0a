/* SPDX-License-Identifier: MIT */
/* When the next frame is wanted: at the next vertical blank if the Present extension tells it, else
 * at the next of 60 ticks a second, but not before the server has handled the last one. */
#include "client/x11/x11.h"

#include <stddef.h>

#define SECOND UINT64_C(1000000000)
#define PERIOD (SECOND / 60)

/* The next frame is wanted. number: of the one that was shown; 0: none was. */
static void finish(struct window *window, uint64_t number, uint64_t time)
{
	struct lend_surface *surface = window->surface;
	window_show(window);
	surface_frame_done(surface);
	if (number != 0 && !window->hidden && !window->gone && surface->events.presented != NULL)
		surface_presented(surface, &(struct shown){number, time, 0});
}

static void finish_awaited(struct window *window, uint64_t time)
{
	uint64_t number = window->number;
	window->number = 0;
	finish(window, number, time);
}

static void ring(struct alarm *alarm)
{
	struct window *window = (struct window *)((char *)alarm - offsetof(struct window, tick));
	if (window->gone)
		image_release_all(window);
	finish_awaited(window, time_now());
}

void pace_begin(struct window *window)
{
	const struct display *display = window->display;
	window->tick.ring = ring;
	if (display->x11.present_opcode == 0 || window->surface->unpaced)
		return;
	x11_present_select(&display->x11, window->x11.id);
}

void pace_end(struct window *window)
{
	alarm_cancel(window->display->client, &window->tick);
}

/* The next tick after the last one; ticks that passed with nothing to show are no debt. */
static void tick(struct window *window)
{
	uint64_t now = time_now(), due = window->tick.due + PERIOD;
	alarm_set(window->display->client, &window->tick, due > now ? due : now);
}

void pace_ask(struct window *window, uint64_t number)
{
	const struct display *display = window->display;
	if (!window->surface->unpaced)
		window->number = number;
	if (window->gone)
		tick(window); /* nobody answers any more */
	else if (display->x11.present_opcode != 0 && !window->surface->unpaced)
		xcb_present_notify_msc(display->x11.xcb, window->x11.id, ++window->serial, 0, 1, 0);
}

void pace_done(struct window *window, uint64_t number)
{
	if (window->surface->unpaced)
		finish(window, number, time_now());
	else if (window->display->x11.present_opcode == 0 && !window->gone)
		tick(window);
}

void pace_complete(struct display *display, const xcb_generic_event_t *event)
{
	uint64_t time;
	const xcb_present_complete_notify_event_t *complete =
		x11_present_completed(&display->x11, event, time_now(), &time);
	if (complete == NULL)
		return;
	struct window *window = window_find(display, complete->window);
	if (window != NULL && !window->gone && complete->serial == window->serial)
		finish_awaited(window, time);
}
