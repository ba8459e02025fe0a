/* SPDX-License-Identifier: MIT */
/* The connection to the display: made, lost, and made again. */
#include "client/display.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#define MILLISECOND UINT64_C(1000000)
#define DELAY_FIRST (10 * MILLISECOND)
#define DELAY_LAST  (1000 * MILLISECOND)

void link_ready(struct lend_client *client)
{
	client->ready = true;
}

bool link_forgives(const struct lend_client *client, int error)
{
	return client->link == LINK_UP && client->patience > 0 && !client->only_once &&
	       (error == -EPIPE || error == -ECONNRESET);
}

void link_close(struct lend_client *client)
{
	if (client->display != NULL)
		client->backend->destroy(client->display);
	client->display = NULL;
}

/* Begins to connect. The program's loop hears of the display from here on. */
static int open_display(struct lend_client *client)
{
	client->ready = false;
	int result = client->backend->connect(client);
	if (result < 0)
		return result;
	struct epoll_event event = {.events = EPOLLIN};
	int fd = client->backend->fd(client->display);
	if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return client_lose(client, -errno, "the display's events cannot be waited for: %s",
				   strerror(errno));
	return 0;
}

int link_connect(struct lend_client *client)
{
	client->link = LINK_FIRST;
	int result = open_display(client);
	while (result >= 0 && !client->ready) {
		result = client->backend->dispatch(client, -1);
		if (result == -EINTR)
			result = 0;
		alarms_ring(client);
	}
	if (result < 0) {
		link_close(client);
		return result;
	}
	client->link = LINK_UP;
	client->since = time_now();
	return 0;
}

/* ---- away ----------------------------------------------------------------------------------- */

static int give_up(struct lend_client *client)
{
	client_fail(client, 0, "%s; it did not come back within %u ms: %s", client->loss,
		    (unsigned)(client->patience / MILLISECOND), client->refusal);
	return client_settle(client, -EPIPE);
}

/* The next attempt, unless patience is at its end. */
static int try_later(struct lend_client *client)
{
	/* What the program tries meanwhile has words of its own. */
	if (client->link == LINK_COMING)
		snprintf(client->refusal, sizeof(client->refusal), "%.511s", client->text);
	link_close(client);
	client->link = LINK_AWAY;
	uint64_t now = time_now();
	if (now >= client->deadline)
		return give_up(client);
	uint64_t due = now + client->delay;
	alarm_set(client, &client->attempt, due < client->deadline ? due : client->deadline);
	client->delay = client->delay * 2 < DELAY_LAST ? client->delay * 2 : DELAY_LAST;
	return 0;
}

/* All surfaces get windows. A display that does not take one is of no use to the program. */
static int arrive(struct lend_client *client)
{
	client->link = LINK_UP;
	client->since = time_now();
	client->returned = true;
	alarm_cancel(client, &client->attempt);
	client_log(client, LEND_LOG_INFO, "connected to %s again", client->name);
	for (struct lend_surface *s = client->surfaces; s != NULL; s = s->next) {
		int result = surface_return(s);
		if (client->link == LINK_LOST)
			return 1;
		if (result < 0)
			return client_settle(client, result);
	}
	return 1;
}

/* It is time for an attempt, or one that is under way has taken too long. */
static void ring(struct alarm *alarm)
{
	struct lend_client *client =
		(struct lend_client *)((char *)alarm - offsetof(struct lend_client, attempt));
	if (client->link == LINK_COMING)
		client_fail(client, 0, "it does not answer");
	if (client->link == LINK_AWAY && time_now() < client->deadline) {
		client->link = LINK_COMING;
		if (open_display(client) >= 0) {
			alarm_set(client, &client->attempt, client->deadline);
			return;
		}
	}
	(void)try_later(client);
}

/* The server is gone: lets go of all that was of it and tells the program, which may give up. */
static int part(struct lend_client *client)
{
	const struct lend_client_events *events = &client->events;
	for (struct lend_surface *s = client->surfaces; s != NULL; s = s->next)
		surface_part(s);
	link_close(client);
	client->link = LINK_AWAY;
	if (events->disconnected != NULL &&
	    events->disconnected(client->data, client, client->loss) != 0) {
		client_fail(client, 0, "%s", client->loss);
		return client_settle(client, -EPIPE);
	}
	uint64_t now = time_now();
	/* A server that ends as soon as it is there is not asked more and more often. */
	if (client->delay == 0 || now - client->since > DELAY_LAST)
		client->delay = DELAY_FIRST;
	client->deadline = now + client->patience;
	client->attempt.ring = ring;
	return try_later(client);
}

static int dispatch_up(struct lend_client *client, int timeout_ms)
{
	int count = client->backend->dispatch(client, timeout_ms);
	return count < 0 && client->link == LINK_LOST ? 0 : count;
}

static int dispatch_coming(struct lend_client *client, int timeout_ms)
{
	int count = client->backend->dispatch(client, timeout_ms);
	if (count < 0 && count != -EINTR)
		return try_later(client);
	return count >= 0 && client->ready ? arrive(client) : count;
}

/* One step: what is there, or one wait. */
int link_dispatch(struct lend_client *client, int timeout_ms)
{
	int count = 0;
	switch (client->link) {
	case LINK_FIRST:
	case LINK_UP: count = dispatch_up(client, timeout_ms); break;
	case LINK_LOST: break;
	case LINK_AWAY: count = client_wait(client, 0, timeout_ms); break;
	case LINK_COMING: count = dispatch_coming(client, timeout_ms); break;
	}
	if (count < 0)
		return count;
	if (client->link == LINK_LOST) {
		int result = part(client);
		return result < 0 ? result : 1;
	}
	count += alarms_ring(client);
	if (client->link == LINK_COMING && client->ready)
		return arrive(client);
	return client->error < 0 ? client->error : count;
}

int link_check(struct lend_client *client)
{
	if (client->link == LINK_UP)
		return 0;
	return client_fail(client, -EAGAIN,
			   "the display server went away and is looked for: dispatch");
}

int link_flush(struct lend_client *client)
{
	int result = link_check(client);
	if (result == 0)
		result = client->backend->flush(client);
	return client->link == LINK_LOST ? -EAGAIN : result;
}
