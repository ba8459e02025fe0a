/* SPDX-License-Identifier: MIT */
/* A display device: what was asked to be lit on it, and what is connected now. */
#include "output/kms/kms.h"
#include "session/find.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- connectors ----------------------------------------------------------------------------- */

bool display_is_connected(const struct display *display)
{
	struct lend_connector_info info;

	for (size_t i = 0; connector_get(display->kms, i, &info); i++)
		if (connector_is_connected(display->kms, &info) && !info.non_desktop)
			return true;
	return false;
}

static bool is_named_by_another(const struct display *display, const struct wish *own,
				const char *name)
{
	const struct wish *wish;

	wl_list_for_each (wish, &display->wishes, link)
		if (wish != own && wish->connector && strcmp(wish->connector, name) == 0)
			return true;
	return false;
}

static bool is_wanted(const struct display *display, const struct wish *wish,
		      const struct lend_connector_info *info)
{
	if (wish->connector)
		return strcmp(wish->connector, info->name) == 0;
	return !info->non_desktop && !is_named_by_another(display, wish, info->name);
}

/* The wish's connectors that something is plugged in at. */
static size_t list_wanted(const struct display *display, const struct wish *wish,
			  struct lend_connector_info *list, size_t size)
{
	struct lend_connector_info info;
	size_t n = 0;

	for (size_t i = 0; n < size && connector_get(display->kms, i, &info); i++)
		if (is_wanted(display, wish, &info) && connector_is_connected(display->kms, &info))
			list[n++] = info;
	return n;
}

/* ---- outputs -------------------------------------------------------------------------------- */

static bool is_lit(const struct display *display, uint32_t connector)
{
	const struct screen *screen;

	wl_list_for_each (screen, &display->outputs, link)
		if (screen_has(screen, connector))
			return true;
	return false;
}

/* Of a mirror, all must be the same. */
static bool still_holds(const struct screen *screen, const struct lend_connector_info *list,
			size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += screen_has(screen, list[i].id);
	return found == screen->n_connectors && (!screen->wish->mirror || found == n);
}

static void drop_outputs(struct display *display, const struct wish *wish,
			 const struct lend_connector_info *list, size_t n)
{
	struct screen *screen, *next;

	wl_list_for_each_safe (screen, next, &display->outputs, link) {
		if (screen->wish != wish || still_holds(screen, list, n))
			continue;
		server_log(display->screens->server, LEND_LOG_INFO, "%s is no longer connected",
			   screen->output->name);
		lend_output_destroy(screen->output);
	}
}

static int light_each(struct display *display, struct wish *wish,
		      const struct lend_connector_info *list, size_t n)
{
	int made = 0, error = 0;

	for (size_t i = 0; i < n; i++) {
		if (is_lit(display, list[i].id))
			continue;
		int ret = screen_create(display, wish, &list[i], 1);
		if (ret == 0) {
			made++;
			continue;
		}
		error = ret;
		if (n > 1)
			server_log(display->screens->server, LEND_LOG_WARNING, "%s", fail_text());
	}
	return made ? made : error;
}

/* How many outputs came; or the last error if none did and one should have. */
static int grant(struct display *display, struct wish *wish)
{
	struct lend_connector_info list[32];
	size_t n = list_wanted(display, wish, list, wish->mirror ? CONNECTORS_MAX : 32);

	drop_outputs(display, wish, list, n);
	if (n == 0)
		return 0;
	if (!wish->mirror)
		return light_each(display, wish, list, n);
	if (is_lit(display, list[0].id))
		return 0;
	int ret = screen_create(display, wish, list, n);
	return ret < 0 ? ret : 1;
}

void display_update(struct display *display)
{
	struct wish *wish;

	if (display->gone || lend_kms_update(display->kms) <= 0)
		return;
	wl_list_for_each (wish, &display->wishes, link) {
		int ret = grant(display, wish);
		if (ret > 0)
			server_log(display->screens->server, LEND_LOG_INFO, "%s: %d more connected",
				   display->card.sysname, ret);
	}
}

/* ---- wishes --------------------------------------------------------------------------------- */

static void wish_destroy(struct wish *wish)
{
	wl_list_remove(&wish->link);
	free(wish->connector);
	free(wish);
}

/* NULL: out of memory. */
static struct wish *wish_create(struct display *display,
				const struct lend_kms_output_options *options)
{
	struct wish *wish = calloc(1, sizeof(*wish));

	if (wish && options->connector)
		wish->connector = strdup(options->connector);
	if (!wish || (options->connector && !wish->connector)) {
		free(wish);
		return NULL;
	}
	wish->width = options->width;
	wish->height = options->height;
	wish->refresh = options->refresh;
	wish->layout = options->layout;
	wish->mirror = options->mirror;
	wl_list_insert(display->wishes.prev, &wish->link);
	return wish;
}

int display_wish(struct display *display, const struct lend_kms_output_options *options)
{
	struct wish *wish = wish_create(display, options);

	if (!wish)
		return fail(-ENOMEM, "out of memory");
	int ret = grant(display, wish);
	if (ret == 0)
		ret = connector_fail_none(display->kms, display->card.sysname, wish->connector);
	if (ret < 0)
		wish_destroy(wish);
	return ret;
}

/* ---- the device ----------------------------------------------------------------------------- */

static int handle_readable(int fd, uint32_t mask, void *data)
{
	struct display *display = data;

	if (lend_kms_dispatch(display->kms) == -ENODEV || mask & WL_EVENT_HANGUP)
		display_lost(display);
	return 0;
}

static void log_kms(void *data, enum lend_log_level level, const char *message)
{
	const struct display *display = data;

	server_log(display->screens->server, level, "%s: %s", display->card.sysname, message);
}

static int open_kms(struct display *display)
{
	const struct lend_kms_events events = {
		.size = sizeof(events),
		.presented = screen_presented,
	};
	const char *legacy = getenv("LEND_KMS_LEGACY");
	const struct lend_kms_options options = {
		.size = sizeof(options),
		.events = &events,
		.legacy = legacy && strcmp(legacy, "1") == 0,
		.log = log_kms,
		.log_data = display,
	};

	int ret = session_open(display->screens->session, display->card.path, &display->fd);
	if (ret < 0)
		return ret;
	ret = lend_kms_create(display->fd, &options, &display->kms);
	if (ret < 0)
		return fail(ret, "%s: %s", display->card.path, lend_alloc_error());
	display->info.size = sizeof(display->info);
	lend_device_describe(lend_kms_device(display->kms), &display->info);
	display->source =
		wl_event_loop_add_fd(display->screens->server->loop, lend_kms_fd(display->kms),
				     WL_EVENT_READABLE, handle_readable, display);
	return display->source ? 0 : fail(-ENOMEM, "out of memory");
}

int display_open(struct screens *screens, const struct card *card, struct display **out)
{
	struct display *display = calloc(1, sizeof(*display));

	if (!display)
		return fail(-ENOMEM, "out of memory");
	display->screens = screens;
	display->card = *card;
	display->fd = -1;
	display->active = session_is_active(screens->session);
	wl_list_init(&display->wishes);
	wl_list_init(&display->outputs);
	wl_list_init(&display->memory);
	wl_list_insert(screens->displays.prev, &display->link);
	int ret = open_kms(display);
	if (ret < 0) {
		display_close(display);
		return ret;
	}
	*out = display;
	return 0;
}

static void drop_all_outputs(struct display *display)
{
	struct screen *screen, *next;

	wl_list_for_each_safe (screen, next, &display->outputs, link)
		lend_output_destroy(screen->output);
}

static void close_kms(struct display *display)
{
	if (display->source)
		wl_event_source_remove(display->source);
	display->source = NULL;
	framebuffers_finish(display);
	lend_kms_destroy(display->kms);
	display->kms = NULL;
	if (display->fd >= 0)
		session_close(display->screens->session, display->fd);
	display->fd = -1;
}

void display_close(struct display *display)
{
	struct wish *wish, *next;

	drop_all_outputs(display);
	wl_list_for_each_safe (wish, next, &display->wishes, link)
		wish_destroy(wish);
	close_kms(display);
	wl_list_remove(&display->link);
	free(display);
}

void display_lost(struct display *display)
{
	if (display->gone)
		return;
	display->gone = true;
	server_log(display->screens->server, LEND_LOG_WARNING, "%s (%s) is gone",
		   display->card.sysname, display->info.driver);
	if (display->source)
		wl_event_source_remove(display->source);
	display->source = NULL;
	drop_all_outputs(display);
}

void display_return(struct display *display)
{
	struct wish *wish;

	if (!display->gone || !wl_list_empty(&display->outputs))
		return;
	close_kms(display);
	if (open_kms(display) < 0) {
		server_log(display->screens->server, LEND_LOG_WARNING, "%s came back, but: %s",
			   display->card.sysname, fail_text());
		return;
	}
	display->gone = false;
	display->active = session_is_active(display->screens->session);
	server_log(display->screens->server, LEND_LOG_INFO, "%s (%s) came back",
		   display->card.sysname, display->info.driver);
	wl_list_for_each (wish, &display->wishes, link)
		grant(display, wish);
}

void display_restart(struct display *display)
{
	struct screen *screen;

	lend_kms_pause(display->kms);
	lend_kms_resume(display->kms);
	wl_list_for_each (screen, &display->outputs, link)
		screen_set_active(screen, true);
}

void display_set_active(struct display *display, bool active)
{
	struct screen *screen;

	if (display->gone || display->active == active)
		return;
	display->active = active;
	if (active)
		lend_kms_resume(display->kms);
	else
		lend_kms_pause(display->kms);
	wl_list_for_each (screen, &display->outputs, link)
		screen_set_active(screen, active);
	if (active)
		display_update(display); /* what was plugged in meanwhile */
}
