/* SPDX-License-Identifier: MIT */
/*
 * An output without a screen that keeps the time of one: at a tick of its refresh it latches what
 * there is, and between ticks nothing moves. With nothing to show there are no ticks at all, and
 * what comes then is shown at once.
 */
#include "output/alarm.h"
#include "server/server.h"

#include <stdlib.h>

struct headless {
	struct lend_output *output;
	struct wl_event_source *idle; /* without a refresh rate */
	struct alarm tick;	      /* with one */
	uint64_t start;		      /* of the first tick, ns */
	uint64_t shown;		      /* when the last picture was, ns */
};

/* The first tick after now; computed from the start, so that ticks do not drift. What was still for
 * a whole period need not wait for one: the ticks begin anew, as on displays of variable refresh.
 */
static uint64_t next_tick(struct headless *headless)
{
	uint64_t refresh = headless->output->refresh, now = time_now();

	if (now - headless->shown >= 1000 * SECOND / refresh)
		headless->start = now;
	uint64_t passed = now - headless->start;
	/* Ticks so far, in two steps: passed * refresh would overflow after a day. */
	uint64_t ticks =
		passed / SECOND * refresh / 1000 + passed % SECOND * refresh / (1000 * SECOND);
	uint64_t at = 0;
	for (; at < passed; ticks++)
		at = ticks / refresh * 1000 * SECOND + ticks % refresh * 1000 * SECOND / refresh;
	return headless->start + at;
}

static void handle_idle(void *data)
{
	struct headless *headless = data;

	headless->idle = NULL;
	output_repaint(headless->output);
}

static void handle_tick(void *data)
{
	struct headless *headless = data;

	output_repaint(headless->output);
}

static void schedule(struct lend_output *output)
{
	struct headless *headless = output->backend_data;

	if (output->refresh == 0) {
		headless->idle =
			wl_event_loop_add_idle(output->server->loop, handle_idle, headless);
		output->scheduled = headless->idle != NULL; /* else the next commit tries again */
		return;
	}
	alarm_set(&headless->tick, next_tick(headless));
}

/* A real display reads its own device's memory only; so does one with a device to stand for it. */
static const char *refuses(struct lend_output *output, struct buffer *buffer, bool layer)
{
	if (!output->device ||
	    (buffer->kind != LEND_MEMORY_MEMFD && buffer->kind != LEND_MEMORY_SHM))
		return NULL;
	return "the output's device cannot read ordinary memory.";
}

/* No flags: a timer is neither a vertical retrace nor a hardware's clock. */
static int present(struct lend_output *output, const struct frame *frame)
{
	struct presented presented = {.sequence = frame->sequence};

	clock_gettime(CLOCK_MONOTONIC, &presented.when);
	((struct headless *)output->backend_data)->shown = time_to_ns(&presented.when);
	output_presented(output, &presented);
	return 0;
}

/* Nothing is scheduled any more. */
static void stop(struct headless *headless)
{
	if (headless->idle)
		wl_event_source_remove(headless->idle);
	headless->idle = NULL;
	if (headless->tick.ring)
		alarm_set(&headless->tick, 0);
	headless->output->scheduled = false;
}

static int need_alarm(struct headless *headless)
{
	return headless->tick.ring ? 0
				   : alarm_init(&headless->tick, headless->output->server->loop,
						handle_tick, headless);
}

static int set_mode(struct lend_output *output, const struct lend_output_mode *mode)
{
	struct headless *headless = output->backend_data;

	int ret = mode->refresh > 0 ? need_alarm(headless) : 0;
	if (ret < 0)
		return ret;
	if (mode->refresh != output->refresh)
		stop(headless);
	output_resized(output, (int32_t)mode->width, (int32_t)mode->height, mode->refresh);
	return 0;
}

static void destroy(struct lend_output *output)
{
	struct headless *headless = output->backend_data;

	if (headless->idle)
		wl_event_source_remove(headless->idle);
	alarm_finish(&headless->tick);
	free(headless);
}

static const struct output_backend headless_backend = {
	.name = "headless",
	.own_buffers = 1, /* a tick is one moment: nobody looks while it is drawn */
	.schedule = schedule,
	.refuses = refuses,
	.present = present,
	.set_mode = set_mode,
	.destroy = destroy,
};

LEND_EXPORT int lend_output_create_headless(struct lend_server *server,
					    const struct lend_output_options *options,
					    struct lend_output **out)
{
	struct lend_output_options own;
	struct lend_output *output;

	if (options_read(&own, sizeof(own), options) < 0)
		return fail(-EINVAL, "lend_output_options: set size to sizeof the struct");
	struct headless *headless = calloc(1, sizeof(*headless));
	if (!headless)
		return fail(-ENOMEM, "out of memory");
	headless->start = time_now();
	int ret = output_create(server, &own, &headless_backend, &output);
	if (ret < 0) {
		free(headless);
		return ret;
	}
	headless->output = output;
	output->backend_data = headless;
	if (own.refresh > 0)
		ret = need_alarm(headless);
	if (ret < 0) {
		lend_output_destroy(output);
		return ret;
	}
	output_start(output);
	*out = output;
	return 0;
}
