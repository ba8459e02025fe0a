/* SPDX-License-Identifier: MIT */
/* Which device and which connector: those that are named, or the first that something is connected
 * to. */
#include "session/find.h"
#include "client/kms/kms.h"
#include "common/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int lose(struct display *display, int error)
{
	return client_lose(display->client, error, "%s", fail_text());
}

/* ---- before ---------------------------------------------------------------------------------- */

static int look_at_all(const struct card *list, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (name[0] != '\0' && !card_is_named(&list[i], name))
			continue;
		int result = session_look(list[i].path);
		if (result < 0)
			return result;
	}
	return 0;
}

/* A session takes the VT as well, and to give it back would disturb who has the display. Unless a
 * device is named, none may have a master: this is somebody's desktop. */
int display_look_first(struct display *display)
{
	const char *seat = getenv("XDG_SEAT"), *name = display->wish.device;
	struct cards *cards = NULL;
	struct card *list = NULL;
	int n = cards_create(seat != NULL && *seat ? seat : "seat0", NULL, NULL, &cards);
	if (n == 0)
		n = cards_list(cards, &list);
	int result = n < 0 ? n : look_at_all(list, n, name);
	if (result == 0 && name[0] == '/')
		result = session_look(name);
	free(list);
	cards_destroy(cards);
	return result < 0 ? lose(display, result) : 0;
}

/* ---- devices --------------------------------------------------------------------------------- */

static void log_kms(void *data, enum lend_log_level level, const char *message)
{
	const struct display *display = data;
	client_log(display->client, level, "%s: %s", display->card.sysname, message);
}

static void close_card(struct display *display)
{
	lend_kms_destroy(display->kms);
	display->kms = NULL;
	if (display->fd >= 0)
		session_close(display->session, display->fd);
	display->fd = -1;
}

static int open_card(struct display *display, const struct card *card)
{
	const struct lend_kms_events events = {
		.size = sizeof(events),
		.presented = screen_presented,
	};
	const char *legacy = getenv("LEND_KMS_LEGACY");
	const struct lend_kms_options options = {
		.size = sizeof(options),
		.events = &events,
		.legacy = legacy != NULL && strcmp(legacy, "1") == 0,
		.log = log_kms,
		.log_data = display,
	};
	display->card = *card;
	int result = session_open(display->session, card->path, &display->fd);
	if (result < 0)
		return result;
	result = lend_kms_create(display->fd, &options, &display->kms);
	if (result < 0) {
		close_card(display);
		return fail(result, "%s: %s", card->path, lend_alloc_error());
	}
	display->device.size = sizeof(display->device);
	lend_device_describe(lend_kms_device(display->kms), &display->device);
	return 0;
}

static bool is_connected(const struct display *display)
{
	struct lend_connector_info info;
	for (size_t i = 0; connector_get(display->kms, i, &info); i++)
		if (connector_is_connected(display->kms, &info) && !info.non_desktop)
			return true;
	return false;
}

static int take_named(struct display *display, const struct card *list, int n, const char *name)
{
	struct card card;
	for (int i = 0; i < n; i++)
		if (card_is_named(&list[i], name))
			return open_card(display, &list[i]);
	if (name[0] != '/')
		return card_fail_none(list, n, name);
	int result = card_at_path(name, &card);
	return result < 0 ? result : open_card(display, &card);
}

/* The error of the last, if there is none. */
static int take_connected(struct display *display, const struct card *list, int n)
{
	int result = n == 0 ? card_fail_none(list, n, NULL) : 0;
	for (int i = 0; i < n; i++) {
		result = open_card(display, &list[i]);
		if (result < 0)
			continue;
		if (is_connected(display))
			return 0;
		result = connector_fail_none(display->kms, list[i].sysname, NULL);
		close_card(display);
	}
	return result;
}

int display_find(struct display *display)
{
	const char *name = display->wish.device;
	struct card *list = NULL;
	int n = cards_list(display->cards, &list);
	int result = n;
	if (n >= 0 && name[0] != '\0')
		result = take_named(display, list, n, name);
	else if (n >= 0)
		result = take_connected(display, list, n);
	free(list);
	return result < 0 ? lose(display, result) : 0;
}

/* ---- connectors ------------------------------------------------------------------------------ */

static bool choose_connector(struct display *display, struct lend_connector_info *info)
{
	const char *name = display->wish.connector;
	for (size_t i = 0; connector_get(display->kms, i, info); i++) {
		bool wanted = name[0] != '\0' ? strcmp(name, info->name) == 0 : !info->non_desktop;
		if (wanted && connector_is_connected(display->kms, info))
			return true;
	}
	return false;
}

int display_light(struct display *display)
{
	struct kms_name *wish = &display->wish;
	struct lend_connector_info connector;
	if (!choose_connector(display, &connector))
		return lose(display, connector_fail_none(
					     display->kms, display->card.sysname,
					     wish->connector[0] != '\0' ? wish->connector : NULL));
	const struct lend_pipe_options options = {
		.size = sizeof(options),
		.connectors = &connector.id,
		.n_connectors = 1,
		.width = wish->width,
		.height = wish->height,
		.refresh = wish->refresh,
		.data = display,
	};
	int result = lend_pipe_create(display->kms, &options, &display->pipe);
	if (result < 0)
		return client_lose(display->client, result, "%s", lend_alloc_error());
	snprintf(display->connector, sizeof(display->connector), "%s", connector.name);
	display->info.size = sizeof(display->info);
	lend_pipe_describe(display->pipe, &display->info);
	uint32_t refresh = display->info.mode.refresh != 0 ? display->info.mode.refresh : 60000;
	display->period = UINT64_C(1000000000000) / refresh;
	return 0;
}
