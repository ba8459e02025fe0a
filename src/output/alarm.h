/* SPDX-License-Identifier: MIT */
/* A call at a given time, for outputs that keep their own. */
#ifndef OUTPUT_ALARM_H
#define OUTPUT_ALARM_H

#include <stdint.h>
#include <time.h>
#include <wayland-server-core.h>

#define SECOND UINT64_C(1000000000)

struct alarm {
	int fd;
	struct wl_event_source *source;
	void (*ring)(void *data);
	void *data;
};

/* -errno with fail_text(). alarm_finish() is fine after a failure too. */
int alarm_init(struct alarm *alarm, struct wl_event_loop *loop, void (*ring)(void *data),
	       void *data);
void alarm_finish(struct alarm *alarm);
/* At that time of CLOCK_MONOTONIC, in ns; at once if it is past. Instead of any set before. 0:
 * never. */
void alarm_set(struct alarm *alarm, uint64_t at);

uint64_t time_to_ns(const struct timespec *time);
struct timespec time_from_ns(uint64_t ns);
uint64_t time_now(void);

#endif
