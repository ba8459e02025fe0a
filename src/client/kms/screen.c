/* SPDX-License-Identifier: MIT */
/*
 * Frames on the display, one at a time. The next is not handed over before the driver says that the
 * one before is on display; drivers without refreshes say so at once, and are given the mode's
 * rate.
 */
#include "client/kms/kms.h"

#include <errno.h>
#include <stdio.h>

#define MILLISECOND UINT64_C(1000000)
#define OVERDUE	    (2000 * MILLISECOND) /* a frame that was not told of until then never will be */
#define RETRY	    (100 * MILLISECOND)

static struct slot *to_show(const struct window *window)
{
	return window->queued != NULL ? window->queued : window->current;
}

struct window *screen_top(const struct display *display)
{
	struct window *window = display->windows;
	while (window != NULL && to_show(window) == NULL)
		window = window->below;
	return window;
}

static void ring(struct alarm *alarm);

static void enter(struct display *display, enum phase phase, uint64_t until)
{
	display->phase = phase;
	display->alarm.ring = ring;
	if (phase == PHASE_IDLE)
		alarm_cancel(display->client, &display->alarm);
	else
		alarm_set(display->client, &display->alarm, until);
}

/* ---- what the program is told ---------------------------------------------------------------- */

static void show_path(struct window *window)
{
	const struct display *display = window->display;
	struct lend_surface *surface = window->surface;
	char reason[256];
	if (window->current != NULL && memory_is_shadowed(window->current)) {
		surface_show(surface, LEND_PATH_COPY,
			     "The display's memory is slow to read, so the program draws in "
			     "ordinary memory, from which changes are copied once.",
			     display->connector);
	} else if (display->device.flush == 1) {
		snprintf(reason, sizeof(reason),
			 "The program has the display to itself and draws in its memory; %s "
			 "uploads what changed.",
			 display->device.driver);
		surface_show(surface, LEND_PATH_FLUSH, reason, display->connector);
	} else {
		surface_show(surface, LEND_PATH_SCANOUT,
			     "The program has the display to itself and draws in the memory that "
			     "it shows.",
			     display->connector);
	}
}

static void show_none(struct window *window, const char *reason)
{
	if (window->surface->path != LEND_PATH_NONE)
		surface_show(window->surface, LEND_PATH_NONE, reason, "");
}

/* Those that are not seen, and why not. */
static void show_hidden(struct display *display, const struct window *top)
{
	for (struct window *window = display->windows; window != NULL; window = window->below)
		if (!display->active)
			show_none(window, "Another session has the display.");
		else if (!display->plugged)
			show_none(window, "Nothing is connected to the display any more.");
		else if (window != top)
			show_none(window, "Another surface of the program covers it.");
}

static void release_replaced(struct window *window)
{
	struct slot *slot = window->replaced;
	window->replaced = NULL;
	if (slot != NULL && window->surface->mode == LEND_MODE_CHAIN)
		slot_release(slot);
}

/* What the display does not read any more. Of a shadow it never reads anything. */
static void release(struct window *window)
{
	struct slot *current = window->current;
	release_replaced(window);
	if (current != NULL && current != window->queued && memory_is_shadowed(current) &&
	    window->surface->mode == LEND_MODE_CHAIN)
		slot_release(current);
}

static void tell_presented(struct window *window)
{
	const struct display *display = window->display;
	show_path(window);
	if (window->told)
		return;
	window->told = true;
	memory_tell_verdict(window->surface, LEND_DEPTH_COMMIT);
	if (window->surface->events.presented != NULL)
		surface_presented(window->surface,
				  &(struct shown){.number = window->number,
						  .time = display->last,
						  .refresh = (uint32_t)display->period});
}

/* ---- on display ------------------------------------------------------------------------------ */

/* The display can be told to show the next frame. */
static void become_idle(struct display *display)
{
	struct window *window = display->flipping;
	enter(display, PHASE_IDLE, 0);
	display->flipping = NULL;
	if (window != NULL && window->waits && window->queued == NULL) {
		window->waits = false;
		surface_frame_done(window->surface);
	}
	screen_update(display);
}

/* Whether the driver has vblanks is known once the display is lit. */
static void learn_pace(struct display *display)
{
	if (!display->lit)
		lend_pipe_describe(display->pipe, &display->info);
	display->lit = true;
}

static void on_display(struct display *display, uint64_t when)
{
	struct window *window = display->flipping;
	learn_pace(display);
	display->last = when;
	if (window != NULL) {
		tell_presented(window);
		release(window);
	}
	if (display->info.paced)
		become_idle(display);
	else
		enter(display, PHASE_RESTING, when + display->period);
}

void screen_presented(void *data, const struct timespec *when, uint64_t sequence)
{
	struct display *display = data;
	if (display->phase == PHASE_FLIPPING)
		on_display(display, (uint64_t)when->tv_sec * 1000000000 + (uint64_t)when->tv_nsec);
}

/* Until it is told of that frame the driver takes no other; a mode that is set anew ends that. */
static void handle_overdue(struct display *display)
{
	client_log(display->client, LEND_LOG_WARNING,
		   "%s: the driver does not say that a frame is on display; the display is set "
		   "anew",
		   display->connector);
	lend_kms_pause(display->kms);
	lend_kms_resume(display->kms);
	screen_reset(display);
}

static void ring(struct alarm *alarm)
{
	struct display *display =
		(struct display *)((char *)alarm - offsetof(struct display, alarm));
	if (display->phase != PHASE_FLIPPING)
		become_idle(display);
	else if (display->instant)
		on_display(display, time_now());
	else
		handle_overdue(display);
}

/* ---- handing over ---------------------------------------------------------------------------- */

static bool is_transient(int error)
{
	return error == -EACCES || error == -EPERM || error == -EBUSY || error == -EINTR;
}

/* A driver that takes everything but the cursor gets the rest. */
static int commit(struct display *display, struct lend_pipe_state *state)
{
	cursor_fill_state(display, state);
	int result = lend_pipe_commit(display->pipe, state);
	if (result >= 0 || state->cursor == NULL || is_transient(result) || result == -ENODEV)
		return result;
	state->cursor = NULL;
	result = lend_pipe_commit(display->pipe, state);
	display->cursor_broken = result >= 0;
	return result;
}

static int commit_window(struct display *display, struct window *window)
{
	struct slot *slot = to_show(window);
	struct picture *picture = memory_picture(slot, slot != window->queued);
	bool whole = display->stale || window != display->on_screen;
	struct lend_pipe_state state = {
		.size = sizeof(state),
		.framebuffer = picture->framebuffer,
		.damage = whole ? NULL : picture->lacking.rects,
		.n_damage = whole ? 0 : picture->lacking.n,
	};
	int result = commit(display, &state);
	if (result >= 0)
		memory_shown(slot, picture);
	return result;
}

static int commit_cursor(struct display *display)
{
	struct lend_pipe_state state = {.size = sizeof(state)};
	return commit(display, &state);
}

/* What is handed over takes the place of what is on display. */
static void advance(struct window *window)
{
	struct slot *slot = window->queued;
	if (slot == NULL)
		return;
	window->queued = NULL;
	window->number = window->queued_number;
	window->told = false;
	if (slot == window->current)
		return;
	release_replaced(window);
	window->replaced = window->current;
	window->current = slot;
}

/* A shadow does not wait until it is seen: a picture holds it, and the program can draw on. */
static void keep_unseen(struct window *window)
{
	struct slot *slot = window->queued;
	if (slot == NULL || !memory_is_shadowed(slot))
		return;
	memory_shown(slot, memory_picture(slot, false));
	advance(window);
	release(window);
}

/* What nobody sees does not keep the program from drawing on. */
static void keep_all_unseen(const struct display *display, const struct window *top)
{
	bool dark = !display->active || !display->plugged;
	for (struct window *window = display->windows; window != NULL; window = window->below)
		if (dark || window != top)
			keep_unseen(window);
}

static void handle_failure(struct display *display, int error)
{
	if (is_transient(error)) {
		enter(display, PHASE_RESTING, time_now() + RETRY);
		return;
	}
	display_lose(display, error, lend_alloc_error());
}

static bool is_due(const struct display *display, const struct window *window)
{
	return window->queued != NULL || display->stale || display->on_screen != window;
}

void screen_update(struct display *display)
{
	struct window *window = screen_top(display);
	show_hidden(display, window);
	keep_all_unseen(display, window);
	if (window == NULL || display->phase != PHASE_IDLE || !display->active ||
	    !display->plugged || display->client->error < 0)
		return;
	bool due = is_due(display, window);
	if (!due && !display->cursor_moved)
		return;
	display->cursor_moved = false;
	int result = due ? commit_window(display, window) : commit_cursor(display);
	if (result < 0) {
		display->cursor_moved = true;
		handle_failure(display, result);
		return;
	}
	if (due)
		advance(window);
	display->flipping = due ? window : NULL;
	display->on_screen = window;
	display->stale = false;
	display->instant = result == 1;
	enter(display, PHASE_FLIPPING, result == 1 ? 0 : time_now() + OVERDUE);
}

void screen_reset(struct display *display)
{
	display->flipping = NULL;
	display->stale = true;
	enter(display, PHASE_IDLE, 0);
	for (struct window *window = display->windows; window != NULL; window = window->below)
		release(window);
	screen_update(display);
}

/* With the last surface the display goes dark; but if the program ends now, it goes back to what
 * was there without a dark moment. */
static void ring_emptied(struct alarm *alarm)
{
	struct display *display =
		(struct display *)((char *)alarm - offsetof(struct display, emptied));
	if (display->windows != NULL || !display->active || !display->plugged)
		return;
	lend_pipe_destroy(display->pipe);
	display->pipe = NULL;
	display->lit = false;
	(void)display_light(display);
	screen_reset(display);
}

void screen_forget(struct display *display, const struct window *window)
{
	if (display->flipping == window)
		display->flipping = NULL;
	if (display->on_screen == window)
		display->on_screen = NULL;
	display->emptied.ring = ring_emptied;
	if (display->windows == NULL)
		alarm_set(display->client, &display->emptied, 0);
	else
		screen_update(display);
}
