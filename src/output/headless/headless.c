/* SPDX-License-Identifier: MIT */
/*
 * An output without a screen that keeps the time of one: at a tick of its refresh it latches what
 * there is, and between ticks nothing moves. With nothing to show there are no ticks at all.
 */
#include "server/server.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

struct headless {
	struct lend_output *output;
	struct wl_event_source *source; /* of the timer; NULL without a refresh rate */
	struct wl_event_source *idle;
	int timer;
	uint64_t start; /* of the first tick, ns */
};

static uint64_t to_ns(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
}

static struct timespec from_ns(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};
}

/* The first tick after now; computed from the start, so that ticks do not drift. */
static uint64_t next_tick(const struct headless *headless)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t refresh = headless->output->refresh;
	uint64_t passed = to_ns(&now) - headless->start;
	/* Ticks so far, in two steps: passed * refresh would overflow after a day. */
	uint64_t ticks =
		passed / SECOND * refresh / 1000 + passed % SECOND * refresh / (1000 * SECOND);
	uint64_t at = 0;
	for (; at <= passed; ticks++)
		at = ticks / refresh * 1000 * SECOND + ticks % refresh * 1000 * SECOND / refresh;
	return headless->start + at;
}

static void handle_idle(void *data)
{
	struct headless *headless = data;

	headless->idle = NULL;
	output_repaint(headless->output);
}

static int handle_timer(int fd, uint32_t mask, void *data)
{
	struct headless *headless = data;
	uint64_t expirations;

	if (read(fd, &expirations, sizeof(expirations)) == sizeof(expirations))
		output_repaint(headless->output);
	return 0;
}

static void schedule(struct lend_output *output)
{
	struct headless *headless = output->backend_data;

	if (!headless->source) {
		headless->idle =
			wl_event_loop_add_idle(output->server->loop, handle_idle, headless);
		output->scheduled = headless->idle != NULL; /* else the next commit tries again */
		return;
	}
	struct itimerspec at = {.it_value = from_ns(next_tick(headless))};
	timerfd_settime(headless->timer, TFD_TIMER_ABSTIME, &at, NULL);
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
	output_presented(output, &presented);
	return 0;
}

static void destroy(struct lend_output *output)
{
	struct headless *headless = output->backend_data;

	if (headless->source)
		wl_event_source_remove(headless->source);
	if (headless->idle)
		wl_event_source_remove(headless->idle);
	if (headless->timer >= 0)
		close(headless->timer);
	free(headless);
}

static const struct output_backend headless_backend = {
	.name = "headless",
	.own_buffers = 1, /* a tick is one moment: nobody looks while it is drawn */
	.schedule = schedule,
	.refuses = refuses,
	.present = present,
	.destroy = destroy,
};

static int make_timer(struct headless *headless)
{
	struct timespec now;

	if (headless->output->refresh == 0)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	headless->start = to_ns(&now);
	headless->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (headless->timer < 0)
		return fail(-errno, "cannot create a timer: %s", strerror(errno));
	headless->source = wl_event_loop_add_fd(headless->output->server->loop, headless->timer,
						WL_EVENT_READABLE, handle_timer, headless);
	return headless->source ? 0 : fail(-errno, "cannot watch a timer: %s", strerror(errno));
}

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
	headless->timer = -1;
	int ret = output_create(server, &own, &headless_backend, &output);
	if (ret < 0) {
		free(headless);
		return ret;
	}
	headless->output = output;
	output->backend_data = headless;
	ret = make_timer(headless);
	if (ret < 0) {
		lend_output_destroy(output);
		return ret;
	}
	output_start(output);
	*out = output;
	return 0;
}
