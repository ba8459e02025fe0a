/* SPDX-License-Identifier: MIT */
/* A server's real displays: its seat's session, and display devices coming and going. */
#include "output/kms/kms.h"
#include "session/find.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the session ---------------------------------------------------------------------------- */

static void handle_enabled(void *data)
{
	struct screens *screens = data;
	struct display *display;

	wl_list_for_each (display, &screens->displays, link)
		display_set_active(display, true);
	if (screens->input)
		input_resume(screens->input);
}

static void handle_disabled(void *data)
{
	struct screens *screens = data;
	struct display *display;

	if (screens->input)
		input_suspend(screens->input);
	wl_list_for_each (display, &screens->displays, link)
		display_set_active(display, false);
}

static int handle_session(int fd, uint32_t mask, void *data)
{
	struct screens *screens = data;

	int ret = session_dispatch(screens->session);
	if (ret >= 0)
		return 0;
	server_log(screens->server, LEND_LOG_ERROR,
		   "the seat's manager is gone (%s): the displays stay dark until this server is "
		   "started again",
		   strerror(-ret));
	wl_event_source_remove(screens->session_source);
	screens->session_source = NULL;
	handle_disabled(screens);
	return 0;
}

static void switch_vt(void *data, unsigned vt)
{
	struct screens *screens = data;

	int ret = session_switch(screens->session, vt);
	if (ret < 0)
		server_log(screens->server, LEND_LOG_INFO, "cannot switch to VT %u: %s", vt,
			   strerror(-ret));
}

static void set_leds(void *data, uint32_t leds)
{
	struct screens *screens = data;

	if (screens->input)
		input_set_leds(screens->input, leds);
}

/* ---- devices that come and go --------------------------------------------------------------- */

static struct display *find_display(struct screens *screens, const char *path)
{
	struct display *display;

	wl_list_for_each (display, &screens->displays, link)
		if (strcmp(display->card.path, path) == 0)
			return display;
	return NULL;
}

static void handle_card(void *data, enum card_change change, const struct card *card)
{
	struct display *display = find_display(data, card->path);

	if (!display)
		return;
	if (change == CARD_ADDED)
		display_return(display);
	else if (change == CARD_CHANGED)
		display_update(display);
	else if (change == CARD_REMOVED)
		display_lost(display);
}

static int handle_cards(int fd, uint32_t mask, void *data)
{
	struct screens *screens = data;

	cards_dispatch(screens->cards);
	return 0;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void log_message(void *data, enum lend_log_level level, const char *message)
{
	const struct screens *screens = data;

	server_log(screens->server, level, "%s", message);
}

static void screens_destroy(struct screens *screens)
{
	struct display *display, *next;

	screens_stop_input(screens);
	seat_set_bindings(screens->server->seat, &(struct seat_bindings){0});
	wl_list_for_each_safe (display, next, &screens->displays, link)
		display_close(display);
	if (screens->cards_source)
		wl_event_source_remove(screens->cards_source);
	if (screens->session_source)
		wl_event_source_remove(screens->session_source);
	cards_destroy(screens->cards);
	session_destroy(screens->session);
	wl_list_remove(&screens->server_destroyed.link);
	free(screens);
}

static void handle_server_destroyed(struct wl_listener *listener, void *data)
{
	struct screens *screens = wl_container_of(listener, screens, server_destroyed);

	screens_destroy(screens);
}

static int start(struct screens *screens)
{
	static const struct session_events events = {
		.enabled = handle_enabled,
		.disabled = handle_disabled,
	};
	struct wl_event_loop *loop = screens->server->loop;

	int ret = session_create(&events, screens, log_message, screens, &screens->session);
	if (ret == 0)
		ret = cards_create(session_seat(screens->session), handle_card, screens,
				   &screens->cards);
	if (ret < 0)
		return ret;
	screens->session_source = wl_event_loop_add_fd(loop, session_fd(screens->session),
						       WL_EVENT_READABLE, handle_session, screens);
	screens->cards_source = wl_event_loop_add_fd(loop, cards_fd(screens->cards),
						     WL_EVENT_READABLE, handle_cards, screens);
	return screens->session_source && screens->cards_source ? 0
								: fail(-ENOMEM, "out of memory");
}

/* NULL: *error says why. */
static struct screens *screens_get(struct lend_server *server, int *error)
{
	struct wl_listener *listener = wl_signal_get(&server->destroyed, handle_server_destroyed);
	struct screens *screens = NULL;

	if (listener)
		return wl_container_of(listener, screens, server_destroyed);
	screens = calloc(1, sizeof(*screens));
	if (!screens) {
		*error = fail(-ENOMEM, "out of memory");
		return NULL;
	}
	screens->server = server;
	wl_list_init(&screens->displays);
	screens->server_destroyed.notify = handle_server_destroyed;
	wl_signal_add(&server->destroyed, &screens->server_destroyed);
	*error = start(screens);
	if (*error < 0) {
		screens_destroy(screens);
		return NULL;
	}
	seat_set_bindings(server->seat, &(struct seat_bindings){.switch_vt = switch_vt,
								.set_leds = set_leds,
								.data = screens});
	server_log(server, LEND_LOG_INFO, "the session is %s on %s", session_kind(screens->session),
		   session_seat(screens->session));
	return screens;
}

/* ---- choosing a device ---------------------------------------------------------------------- */

/* The display, opened now or before. */
static int take_card(struct screens *screens, const struct card *card, struct display **out)
{
	*out = find_display(screens, card->path);
	return *out ? 0 : display_open(screens, card, out);
}

static int take_named(struct screens *screens, const struct card *list, int n, const char *name,
		      struct display **out)
{
	struct card card;

	for (int i = 0; i < n; i++)
		if (card_is_named(&list[i], name))
			return take_card(screens, &list[i], out);
	if (name[0] != '/')
		return card_fail_none(list, n, name);
	int ret = card_at_path(name, &card);
	return ret < 0 ? ret : take_card(screens, &card, out);
}

/* The first that something is connected to; else the error of the last. */
static int take_connected(struct screens *screens, const struct card *list, int n,
			  struct display **out)
{
	int ret = n == 0 ? card_fail_none(list, n, NULL) : 0;

	for (int i = 0; i < n; i++) {
		ret = take_card(screens, &list[i], out);
		if (ret < 0)
			continue;
		if (display_is_connected(*out))
			return 0;
		ret = fail(-ENOTCONN, "nothing is connected to %s (%s): plug a display in",
			   list[i].sysname, (*out)->info.driver);
		if (wl_list_empty(&(*out)->wishes))
			display_close(*out);
	}
	*out = NULL;
	return ret;
}

static int choose(struct screens *screens, const char *name, struct display **out)
{
	struct card *list;

	int n = cards_list(screens->cards, &list);
	if (n < 0)
		return n;
	int ret = name ? take_named(screens, list, n, name, out)
		       : take_connected(screens, list, n, out);
	free(list);
	return ret;
}

LEND_EXPORT int lend_output_create_kms(struct lend_server *server,
				       const struct lend_kms_output_options *options)
{
	struct lend_kms_output_options own;
	struct display *display = NULL;
	int ret = 0;

	if (options_read(&own, sizeof(own), options) < 0)
		return fail(-EINVAL, "lend_kms_output_options: set size to sizeof the struct");
	struct screens *screens = screens_get(server, &ret);
	if (!screens)
		return ret;
	ret = choose(screens, own.device, &display);
	if (ret == 0)
		ret = display_wish(display, &own);
	if (ret < 0 && display && wl_list_empty(&display->wishes))
		display_close(display);
	if (ret > 0 && !own.no_input)
		screens_start_input(screens);
	return ret;
}
