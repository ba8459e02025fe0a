/* SPDX-License-Identifier: MIT */
#include "output/alarm.h"
#include "common/error.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

uint64_t time_to_ns(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
}

struct timespec time_from_ns(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};
}

uint64_t time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return time_to_ns(&now);
}

static int handle_timer(int fd, uint32_t mask, void *data)
{
	struct alarm *alarm = data;
	uint64_t expirations;

	if (read(fd, &expirations, sizeof(expirations)) == sizeof(expirations))
		alarm->ring(alarm->data);
	return 0;
}

int alarm_init(struct alarm *alarm, struct wl_event_loop *loop, void (*ring)(void *data),
	       void *data)
{
	*alarm = (struct alarm){.ring = ring, .data = data};
	alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (alarm->fd < 0)
		return fail(-errno, "cannot create a timer: %s", strerror(errno));
	alarm->source =
		wl_event_loop_add_fd(loop, alarm->fd, WL_EVENT_READABLE, handle_timer, alarm);
	return alarm->source ? 0 : fail(-errno, "cannot watch a timer: %s", strerror(errno));
}

void alarm_finish(struct alarm *alarm)
{
	if (!alarm->ring)
		return;
	if (alarm->source)
		wl_event_source_remove(alarm->source);
	if (alarm->fd >= 0)
		close(alarm->fd);
	*alarm = (struct alarm){.fd = -1};
}

void alarm_set(struct alarm *alarm, uint64_t at)
{
	const struct itimerspec when = {.it_value = time_from_ns(at)};

	timerfd_settime(alarm->fd, TFD_TIMER_ABSTIME, &when, NULL);
}
