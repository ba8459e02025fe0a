/* SPDX-License-Identifier: MIT */
/*
 * Frames on their way. The host's frame callback says that it has taken a frame, and so that the
 * next one may be drawn; when it was seen may be told much later, and is passed on then.
 *
 * A host that shows nothing of the window sends no callbacks. Frames are then a second apart, as
 * for surfaces that nobody sees; without commits there are none.
 */
#include "output/wayland/wayland.h"

#include <stdlib.h>

#include "presentation-time-client-protocol.h"

#define HIDDEN	    SECOND
#define FLIGHTS_MAX 8 /* that a host may leave unanswered */

/* A frame until the host has told when it was seen. */
struct flight {
	struct wl_list link; /* window.flights */
	struct window *window;
	struct wp_presentation_feedback *proxy;
	struct wl_list feedbacks; /* of our clients, once it is taken */
	bool direct;		  /* a client's own buffer */
	bool taken, answered;
	bool discarded; /* that is the answer */
	struct presented presented;
};

/* ---- time ----------------------------------------------------------------------------------- */

/* Milliseconds of a clock that wraps, and that nearly always is CLOCK_MONOTONIC. */
uint64_t host_time(uint32_t ms)
{
	uint64_t now = time_now() / 1000000;
	uint32_t ago = (uint32_t)now - ms;

	return (ago < 1000 ? now - ago : now) * 1000000;
}

static uint64_t period(const struct window *window)
{
	uint32_t refresh = window->output->refresh;

	return refresh ? 1000 * SECOND / refresh : 0;
}

/* In the middle between two frames of the host: our clients have had time to draw, and the host has
 * not begun with the next. If the last repaint had nothing for the host, a period after that. */
static void arm(struct window *window)
{
	uint64_t now = time_now(), length = period(window);
	uint64_t at = window->taken + length / 2;

	if (at <= window->aimed && window->aimed < now + 2 * length)
		at = window->aimed + length;
	window->aimed = at > now ? at : now;
	alarm_set(&window->alarm, at ? at : 1);
}

void window_schedule(struct lend_output *output)
{
	struct window *window = output->backend_data;

	if (window->pending)
		window->wanted = true;
	else
		arm(window);
}

/* ---- when a frame was seen ------------------------------------------------------------------ */

static void flight_free(struct flight *flight)
{
	if (flight->window->newest == flight)
		flight->window->newest = NULL;
	feedback_list_discard(&flight->feedbacks);
	wp_presentation_feedback_destroy(flight->proxy);
	wl_list_remove(&flight->link);
	free(flight);
}

/* Both have come: what the host says, and those who want to know. */
static void flight_land(struct flight *flight)
{
	if (!flight->discarded)
		feedback_list_present(&flight->feedbacks, flight->window->output,
				      &flight->presented);
	flight_free(flight);
}

static void answer(struct flight *flight)
{
	flight->answered = true;
	if (flight->taken)
		flight_land(flight);
}

static void handle_sync_output(void *data, struct wp_presentation_feedback *proxy,
			       struct wl_output *output)
{
}

/* To our clients' clock. */
static struct timespec translate(const struct host *host, uint64_t ns)
{
	struct timespec theirs;

	if (host->clock == CLOCK_MONOTONIC || clock_gettime(host->clock, &theirs) < 0)
		return time_from_ns(ns);
	return time_from_ns(time_now() - (time_to_ns(&theirs) - ns));
}

/* A rate that a rounded period stands for is not another rate. */
static void learn_refresh(struct window *window, uint32_t refresh_ns)
{
	uint64_t refresh = refresh_ns ? (1000 * SECOND + refresh_ns / 2) / refresh_ns : 0;
	uint64_t known = window->output->refresh;

	if (refresh == 0 || refresh > 1000000 || (refresh <= known + 10 && known <= refresh + 10))
		return;
	window->told_refresh = (uint32_t)refresh;
	window_changed(window);
}

static void handle_presented(void *data, struct wp_presentation_feedback *proxy,
			     uint32_t seconds_high, uint32_t seconds_low, uint32_t ns,
			     uint32_t refresh, uint32_t sequence_high, uint32_t sequence_low,
			     uint32_t flags)
{
	struct flight *flight = data;
	const struct host *host = &flight->window->host;
	uint64_t seconds = (uint64_t)seconds_high << 32 | seconds_low;

	if (seconds < UINT64_MAX / SECOND / 2)
		flight->presented.when = translate(host, seconds * SECOND + ns);
	flight->presented.sequence = (uint64_t)sequence_high << 32 | sequence_low;
	flight->presented.flags = flags & (WP_PRESENTATION_FEEDBACK_KIND_VSYNC |
					   WP_PRESENTATION_FEEDBACK_KIND_HW_CLOCK |
					   WP_PRESENTATION_FEEDBACK_KIND_HW_COMPLETION);
	if (flight->direct)
		flight->presented.flags |= flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY;
	learn_refresh(flight->window, refresh);
	answer(flight);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *proxy)
{
	struct flight *flight = data;

	flight->discarded = true;
	answer(flight);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

/* Without memory the frame's time will be that of its callback. */
static void flight_begin(struct window *window, bool direct)
{
	struct wp_presentation *presentation = window->host.presentation;
	struct flight *flight = presentation ? calloc(1, sizeof(*flight)) : NULL;

	window->newest = NULL;
	if (!flight)
		return;
	flight->proxy = wp_presentation_feedback(presentation, window->surface);
	if (!flight->proxy) {
		free(flight);
		return;
	}
	if (wl_list_length(&window->flights) >= FLIGHTS_MAX)
		flight_free(wl_container_of(window->flights.next, flight, link));
	wp_presentation_feedback_add_listener(flight->proxy, &feedback_listener, flight);
	flight->window = window;
	flight->direct = direct;
	wl_list_init(&flight->feedbacks);
	wl_list_insert(window->flights.prev, &flight->link);
	window->newest = flight;
}

/* ---- frames --------------------------------------------------------------------------------- */

/* The host has the frame, and has shown it or is about to. */
static void take(struct window *window, uint64_t when)
{
	struct flight *flight = window->newest;
	struct presented presented = {.when = time_from_ns(when)};

	window->newest = NULL;
	window->pending = false;
	window->taken = time_now();
	alarm_set(&window->alarm, 0);
	if (flight) {
		flight->taken = true;
		scene_take_feedbacks(window->output, &flight->feedbacks);
		if (flight->answered)
			flight_land(flight);
	}
	output_presented(window->output, &presented);
	if (window->wanted && !window->pending)
		arm(window);
	window->wanted = false;
}

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time)
{
	struct window *window = data;

	wl_callback_destroy(callback);
	window->callback = NULL;
	if (window->pending)
		take(window, host_time(time));
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame};

static void ask_for_frame(struct window *window)
{
	if (window->callback)
		wl_callback_destroy(window->callback);
	window->callback = wl_surface_frame(window->surface);
	if (window->callback)
		wl_callback_add_listener(window->callback, &frame_listener, window);
}

static void handle_alarm(void *data)
{
	struct window *window = data;

	if (window->pending)
		take(window, time_now());
	else
		output_repaint(window->output);
}

static void damage(struct wl_surface *surface, const pixman_region32_t *region)
{
	struct lend_rect rects[RECTS_MAX];
	size_t n = region_list(region, rects);

	for (size_t i = 0; i < n; i++)
		wl_surface_damage_buffer(surface, rects[i].x, rects[i].y, rects[i].width,
					 rects[i].height);
}

static void commit(struct window *window, struct picture *picture, const struct frame *frame)
{
	wl_surface_attach(window->surface, picture->proxy, 0, 0);
	damage(window->surface, &frame->damage);
	ask_for_frame(window);
	flight_begin(window, frame->client != NULL);
	wl_surface_commit(window->surface);
	picture_hold(picture, frame->client);
	window->shown = picture;
	window->pending = true;
	alarm_set(&window->alarm, time_now() + HIDDEN);
}

int window_present(struct lend_output *output, const struct frame *frame)
{
	struct window *window = output->backend_data;
	struct picture *picture = picture_get(window, frame->memory);
	struct presented now = {0};

	if (!picture || !picture->proxy)
		return -ENOMEM;
	if (picture != window->shown ||
	    pixman_region32_not_empty((pixman_region32_t *)&frame->damage)) {
		commit(window, picture, frame);
		return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &now.when);
	output_presented(output, &now);
	return 0;
}

/* ---- life ----------------------------------------------------------------------------------- */

int frames_open(struct window *window)
{
	return alarm_init(&window->alarm, window->server->loop, handle_alarm, window);
}

void frames_close(struct window *window)
{
	struct flight *flight, *next;

	wl_list_for_each_safe (flight, next, &window->flights, link)
		flight_free(flight);
	if (window->callback)
		wl_callback_destroy(window->callback);
	alarm_finish(&window->alarm);
}
