/* SPDX-License-Identifier: MIT */
/* The connection: a session on the seat, a device, and what becomes of them. */
#include "client/kms/kms.h"
#include "common/error.h"
#include "session/find.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

void display_lose(struct display *display, int error, const char *words)
{
	client_lose(display->client, error, "%s", words);
}

/* ---- the session ----------------------------------------------------------------------------- */

static void set_active(struct display *display, bool active)
{
	if (display->active == active)
		return;
	display->active = active;
	if (!active && display->devices != NULL)
		devices_set_active(display->devices, false);
	if (active)
		lend_kms_resume(display->kms);
	else
		lend_kms_pause(display->kms);
	screen_reset(display);
	if (active && display->devices != NULL)
		devices_set_active(display->devices, true);
}

static void look_at_connectors(struct display *display);

static void handle_enabled(void *data)
{
	struct display *display = data;
	if (display->kms == NULL)
		return;
	set_active(display, true);
	look_at_connectors(display); /* what was plugged in meanwhile */
}

static void handle_disabled(void *data)
{
	struct display *display = data;
	if (display->kms != NULL)
		set_active(display, false);
}

static void log_session(void *data, enum lend_log_level level, const char *message)
{
	const struct display *display = data;
	client_log(display->client, level, "%s", message);
}

/* ---- what is plugged in and out -------------------------------------------------------------- */

static bool is_plugged(const struct display *display)
{
	struct lend_connector_info info;
	for (size_t i = 0; connector_get(display->kms, i, &info); i++)
		if (strcmp(info.name, display->connector) == 0)
			return connector_is_connected(display->kms, &info);
	return false;
}

/* What is plugged in now may have other modes, and is to be lit in any case. */
static void light_again(struct display *display)
{
	lend_pipe_destroy(display->pipe);
	display->pipe = NULL;
	display->lit = false;
	if (display_light(display) < 0)
		return;
	for (struct window *window = display->windows; window != NULL; window = window->below)
		window_configure(window);
}

static void look_at_connectors(struct display *display)
{
	if (!display->active || lend_kms_update(display->kms) <= 0)
		return;
	bool plugged = is_plugged(display);
	if (plugged == display->plugged)
		return;
	display->plugged = plugged;
	client_log(display->client, LEND_LOG_INFO, "%s is %s", display->connector,
		   plugged ? "connected" : "no longer connected");
	if (plugged)
		light_again(display);
	screen_reset(display);
}

static void handle_card(void *data, enum card_change change, const struct card *card)
{
	struct display *display = data;
	if (display->kms == NULL || strcmp(card->path, display->card.path) != 0)
		return;
	if (change == CARD_CHANGED)
		look_at_connectors(display);
	else if (change == CARD_REMOVED)
		client_lose(display->client, -ENODEV, "%s (%s) is gone: it was unplugged",
			    card->path, display->device.driver);
}

/* ---- events ---------------------------------------------------------------------------------- */

enum source_of_events { FROM_SESSION, FROM_CARDS, FROM_KMS, FROM_DEVICES };

static void handle(struct display *display, uint32_t source)
{
	int result = 0;
	switch (source) {
	case FROM_SESSION: result = session_dispatch(display->session); break;
	case FROM_CARDS: cards_dispatch(display->cards); return;
	case FROM_KMS: result = lend_kms_dispatch(display->kms); break;
	default: devices_dispatch(display->devices); return;
	}
	if (result >= 0)
		return;
	if (source == FROM_SESSION)
		client_lose(display->client, -ENODEV, "the seat's manager is gone: %s",
			    strerror(-result));
	else if (result == -ENODEV)
		display_lose(display, result, lend_alloc_error());
}

static int handle_all(struct lend_client *client)
{
	struct epoll_event events[8];
	int n = epoll_wait(client->display->epoll, events, 8, 0);
	for (int i = 0; i < n && client->error == 0; i++)
		handle(client->display, events[i].data.u32);
	return client->error < 0 ? client->error : n;
}

static int dispatch(struct lend_client *client, int timeout_ms)
{
	int count = handle_all(client);
	if (count != 0)
		return count;
	int found = client_wait(client, POLLIN, timeout_ms);
	return found > 0 ? handle_all(client) : found;
}

static int flush(struct lend_client *client)
{
	return client->error;
}

static int get_fd(const struct display *display)
{
	return display->epoll;
}

static int watch(struct display *display, int fd, enum source_of_events source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = source};
	if (epoll_ctl(display->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	return client_lose(display->client, -errno, "the display's events cannot be waited for: %s",
			   strerror(errno));
}

int display_watch_devices(struct display *display)
{
	return watch(display, devices_fd(display->devices), FROM_DEVICES);
}

/* ---- the connection -------------------------------------------------------------------------- */

static int parse_target(struct display *display)
{
	struct lend_client *client = display->client;
	char words[sizeof(client->target)];
	snprintf(words, sizeof(words), "%s", client->target);
	int result = parse_kms_name(words, &display->wish);
	if (result < 0)
		return client_lose(
			client, result,
			"display 'kms:%s': %s: it is kms[:CARD][:CONNECTOR][:WIDTHxHEIGHT[@HZ]]",
			client->target, fail_text());
	return 0;
}

/* So that it is the same one that comes again when something is plugged in. */
static void keep_target(struct display *display)
{
	struct lend_client *client = display->client;
	struct kms_name *wish = &display->wish;
	char mode[64] = "";
	if (wish->width != 0)
		snprintf(mode, sizeof(mode), ":%ux%u", wish->width, wish->height);
	size_t length = strlen(mode);
	if (wish->refresh != 0)
		snprintf(mode + length, sizeof(mode) - length, "@%.3f", wish->refresh / 1000.0);
	snprintf(wish->connector, sizeof(wish->connector), "%s", display->connector);
	snprintf(client->target, sizeof(client->target), "%s:%s%s",
		 wish->device[0] != '\0' ? wish->device : display->card.sysname, wish->connector,
		 mode);
}

static int open_session(struct display *display)
{
	static const struct session_events events = {
		.enabled = handle_enabled,
		.disabled = handle_disabled,
	};
	struct lend_client *client = display->client;
	int result = session_create(&events, display, log_session, display, &display->session);
	if (result < 0)
		return client_lose(client, result, "%s", fail_text());
	if (!session_is_active(display->session))
		return client_lose(client, -EAGAIN,
				   "the session (%s) is not active: switch to its VT and start the "
				   "program there",
				   session_kind(display->session));
	display->active = true;
	result =
		cards_create(session_seat(display->session), handle_card, display, &display->cards);
	return result < 0 ? client_lose(client, result, "%s", fail_text()) : 0;
}

static int watch_all(struct display *display)
{
	int result = watch(display, session_fd(display->session), FROM_SESSION);
	if (result == 0)
		result = watch(display, cards_fd(display->cards), FROM_CARDS);
	if (result == 0)
		result = watch(display, lend_kms_fd(display->kms), FROM_KMS);
	return result;
}

static int open_display(struct display *display)
{
	int result = parse_target(display);
	if (result == 0)
		result = display_look_first(display);
	if (result == 0)
		result = open_session(display);
	if (result == 0)
		result = display_find(display);
	if (result == 0)
		result = display_light(display);
	return result == 0 ? watch_all(display) : result;
}

static int connect_display(struct lend_client *client)
{
	struct display *display = calloc(1, sizeof(*display));
	if (display == NULL)
		return client_lose(client, -ENOMEM, "out of memory");
	display->client = client;
	display->fd = -1;
	display->plugged = true;
	display->epoll = epoll_create1(EPOLL_CLOEXEC);
	client->display = display;
	if (display->epoll < 0)
		return client_lose(client, -errno,
				   "out of file descriptors: raise the limit (ulimit -n)");
	int result = open_display(display);
	if (result < 0)
		return result;
	keep_target(display);
	client_log(client, LEND_LOG_INFO, "kms: %s on %s (%s), %ux%u, session %s",
		   display->connector, display->card.path, display->device.driver,
		   display->info.mode.width, display->info.mode.height,
		   session_kind(display->session));
	link_ready(client);
	return 0;
}

/* The pipe is left to the device, which puts back what was there without a dark moment. */
static void destroy(struct display *display)
{
	devices_stop(display);
	alarm_cancel(display->client, &display->alarm);
	alarm_cancel(display->client, &display->emptied);
	cursor_destroy(display);
	lend_kms_destroy(display->kms);
	if (display->fd >= 0)
		session_close(display->session, display->fd);
	cards_destroy(display->cards);
	session_destroy(display->session);
	if (display->epoll >= 0)
		close(display->epoll);
	free(display);
}

const struct display_backend module_backend = {
	.version = DISPLAY_VERSION,
	.name = "kms",
	.connect = connect_display,
	.destroy = destroy,
	.fd = get_fd,
	.dispatch = dispatch,
	.flush = flush,
	.window_create = window_create,
	.window_destroy = window_destroy,
	.window_set_title = window_set_title,
	.window_commit = window_commit,
	.window_forget = window_forget,
};
