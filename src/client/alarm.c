/* SPDX-License-Identifier: MIT */
/* Calls at given times, and the one fd that a program's loop needs: an epoll fd which the display's
 * is added to, since another connection has another fd. */
#include "client/display.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

uint64_t time_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

int alarms_create(struct lend_client *client)
{
	client->epoll = epoll_create1(EPOLL_CLOEXEC);
	client->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct epoll_event event = {.events = EPOLLIN};
	if (client->epoll >= 0 && client->timer >= 0 &&
	    epoll_ctl(client->epoll, EPOLL_CTL_ADD, client->timer, &event) == 0)
		return 0;
	int error = -errno;
	alarms_destroy(client);
	return error;
}

void alarms_destroy(struct lend_client *client)
{
	if (client->epoll >= 0)
		close(client->epoll);
	if (client->timer >= 0)
		close(client->timer);
	client->epoll = client->timer = -1;
}

/* At the earliest alarm's time; never if there is none. */
static void set_timer(const struct lend_client *client)
{
	struct itimerspec at = {0};
	if (client->alarms != NULL) {
		/* A time of 0 would mean never. */
		uint64_t due = client->alarms->due > 0 ? client->alarms->due : 1;
		at.it_value.tv_sec = (time_t)(due / SECOND);
		at.it_value.tv_nsec = (long)(due % SECOND);
	}
	timerfd_settime(client->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

/* False if it was not set. */
static bool unlink_alarm(struct lend_client *client, struct alarm *alarm)
{
	struct alarm **link = &client->alarms;
	while (*link != NULL && *link != alarm)
		link = &(*link)->next;
	if (*link == NULL)
		return false;
	*link = alarm->next;
	return true;
}

void alarm_set(struct lend_client *client, struct alarm *alarm, uint64_t due)
{
	unlink_alarm(client, alarm);
	struct alarm **link = &client->alarms;
	while (*link != NULL && (*link)->due <= due)
		link = &(*link)->next;
	alarm->due = due;
	alarm->next = *link;
	*link = alarm;
	set_timer(client);
}

void alarm_cancel(struct lend_client *client, struct alarm *alarm)
{
	if (unlink_alarm(client, alarm))
		set_timer(client);
}

int alarms_ring(struct lend_client *client)
{
	int count = 0;
	if (!client->rung)
		return 0;
	client->rung = false;
	uint64_t now = time_now();
	/* After a loss for good what is due stays so: the program's loop is to find out. */
	while (client->error == 0 && client->alarms != NULL && client->alarms->due <= now) {
		struct alarm *alarm = client->alarms;
		client->alarms = alarm->next;
		alarm->ring(alarm);
		count++;
	}
	set_timer(client); /* which also makes the fd unreadable */
	return count;
}

static void ring_nothing(struct alarm *alarm) {}

void alarms_wake(struct lend_client *client)
{
	client->wake.ring = ring_nothing;
	alarm_set(client, &client->wake, 0);
}

int client_wait(struct lend_client *client, short events, int timeout_ms)
{
	struct pollfd fds[] = {
		{.fd = client->timer, .events = POLLIN},
		{.fd = -1, .events = events},
	};
	if (client->display != NULL)
		fds[1].fd = client->backend->fd(client->display);
	int count = poll(fds, 2, timeout_ms);
	if (count < 0)
		return client_fail(client, -errno, "a signal came while waiting");
	if (fds[0].revents != 0)
		client->rung = true;
	return fds[1].revents;
}
