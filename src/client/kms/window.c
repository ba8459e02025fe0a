/* SPDX-License-Identifier: MIT */
/* Surfaces, each as large as the display. */
#include "client/kms/kms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void window_configure(struct window *window)
{
	const struct lend_kms_mode *mode = &window->display->info.mode;
	surface_configure(window->surface, mode->width, mode->height);
}

static void ring(struct alarm *alarm)
{
	struct window *window = (struct window *)((char *)alarm - offsetof(struct window, begin));
	window_configure(window);
}

static int check(const struct lend_surface *surface)
{
	const struct display *display = surface->client->display;
	if (surface->fullscreen && surface->output_wanted[0] != '\0' &&
	    strcmp(surface->output_wanted, display->connector) != 0)
		return client_fail(surface->client, -EINVAL,
				   "there is no output '%s'; there is: %s", surface->output_wanted,
				   display->connector);
	if (lend_pipe_takes_format(display->pipe, 0, surface->format->fourcc) != 1)
		return client_fail(surface->client, -ENOTSUP,
				   "the display (%s) takes no %s: use XRGB8888",
				   display->device.driver, surface->format->name);
	return 0;
}

int window_create(struct lend_surface *surface)
{
	struct display *display = surface->client->display;
	int result = check(surface);
	if (result < 0)
		return result;
	struct window *window = calloc(1, sizeof(*window));
	if (window == NULL)
		return client_fail(surface->client, -ENOMEM, "out of memory");
	window->surface = surface;
	window->display = display;
	window->begin.ring = ring;
	window->below = display->windows;
	display->windows = window;
	surface->window = window;
	surface->source = &memory_source;
	/* From a dispatch, so that a program that waits is woken. */
	alarm_set(surface->client, &window->begin, 0);
	devices_start(display);
	return 0;
}

void window_destroy(struct window *window)
{
	struct display *display = window->display;
	struct window **link = &display->windows;
	while (*link != window)
		link = &(*link)->below;
	*link = window->below;
	alarm_cancel(display->client, &window->begin);
	if (display->devices != NULL)
		devices_forget(display->devices, window);
	screen_forget(display, window);
	free(window);
}

/* Nobody sees it. */
void window_set_title(struct window *window, const char *title) {}

/* Nobody reads what it showed before it was covered. */
static void release_covered(struct window *window)
{
	const struct display *display = window->display;
	struct slot *slot = window->current;
	if (slot == NULL || display->on_screen == window || display->phase == PHASE_FLIPPING)
		return;
	window->current = NULL;
	if (slot != window->queued && window->surface->mode == LEND_MODE_CHAIN)
		slot_release(slot);
}

void window_commit(struct window *window, struct slot *slot, const struct damage *damage,
		   uint64_t number)
{
	struct display *display = window->display;
	struct slot *unseen = window->queued;
	memory_damage(slot->generation, damage);
	window->queued = slot;
	window->queued_number = number;
	window->waits = true;
	/* An unpaced program was faster than the display. */
	if (unseen != NULL && unseen != slot && unseen != window->current)
		slot_release(unseen);
	release_covered(window);
	screen_update(display);
	if (display->devices != NULL)
		devices_follow(display->devices);
}

void window_forget(struct slot *slot)
{
	struct window *window = slot->generation->surface->window;
	if (window == NULL)
		return;
	if (window->queued == slot)
		window->queued = NULL;
	if (window->current == slot)
		window->current = NULL;
	if (window->replaced == slot)
		window->replaced = NULL;
}
