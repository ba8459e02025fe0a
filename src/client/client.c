/* SPDX-License-Identifier: MIT */
#include "client/client.h"
#include "common/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int client_fail(struct lend_client *client, int error, const char *format, ...)
{
	if (client->error < 0)
		return error; /* the words of the loss stay */
	va_list args;
	va_start(args, format);
	vsnprintf(client->text, sizeof(client->text), format, args);
	va_end(args);
	return error;
}

int client_lose(struct lend_client *client, int error, const char *format, ...)
{
	if (client->error < 0)
		return client->error;
	va_list args;
	va_start(args, format);
	vsnprintf(client->text, sizeof(client->text), format, args);
	va_end(args);
	client->error = error;
	client_log(client, LEND_LOG_ERROR, "%s", client->text);
	return error;
}

void client_log(struct lend_client *client, enum lend_log_level level, const char *format, ...)
{
	if (client->log == NULL)
		return;
	char message[512];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	client->log(client->log_data, level, message);
}

const char *lend_client_error(const struct lend_client *client)
{
	return client != NULL ? client->text : "out of memory";
}

int lend_client_connect(const struct lend_client_options *given, struct lend_client **out)
{
	struct lend_client *client = calloc(1, sizeof(*client));
	*out = client;
	if (client == NULL)
		return -ENOMEM;
	client_fail(client, 0, "no error");
	struct lend_client_options options = {.size = sizeof(options)};
	if (given != NULL) {
		int result = options_read(&options, sizeof(options), given);
		if (result < 0)
			return client_lose(
				client, result,
				"the size of lend_client_options is wrong: set it to sizeof");
	}
	client->log = options.log;
	client->log_data = options.log_data;
	const char *name = options.display;
	if (name == NULL)
		name = getenv("LEND_DISPLAY");
	return display_connect(client, name != NULL && name[0] != '\0' ? name : NULL);
}

void lend_client_destroy(struct lend_client *client)
{
	if (client == NULL)
		return;
	while (client->surfaces != NULL)
		lend_surface_destroy(client->surfaces);
	display_destroy(client->display);
	free(client);
}

int lend_client_fd(const struct lend_client *client)
{
	return client->display != NULL ? display_fd(client->display) : client->error;
}

static unsigned take(struct lend_surface *surface)
{
	unsigned one = surface->pending & -surface->pending;
	surface->pending &= ~one;
	return one;
}

static void tell_presented(struct lend_surface *surface)
{
	struct shown shown = surface->shown[0];
	surface->n_shown--;
	memmove(&surface->shown[0], &surface->shown[1], surface->n_shown * sizeof(shown));
	if (surface->n_shown > 0)
		surface->pending |= PENDING_PRESENTED;
	if (surface->events.presented != NULL)
		surface->events.presented(surface->data, surface, shown.number, shown.time,
					  shown.refresh);
}

/* Tells the program one thing. The surface may be gone afterwards. */
static int tell(struct lend_surface *surface)
{
	const struct lend_surface_events *events = &surface->events;
	switch (take(surface)) {
	case PENDING_RESIZE:
		if (events->resize != NULL)
			events->resize(surface->data, surface, surface->wanted_width,
				       surface->wanted_height);
		return 0;
	case PENDING_PATH:
		if (events->path != NULL)
			events->path(surface->data, surface);
		return 0;
	case PENDING_PRESENTED: tell_presented(surface); return 0;
	case PENDING_CLOSE:
		if (events->close == NULL)
			return client_fail(surface->client, -ECANCELED,
					   "the surface was closed by its user or the display");
		events->close(surface->data, surface);
		return 0;
	default:
		if (events->ready != NULL)
			events->ready(surface->data, surface);
		return 0;
	}
}

static struct lend_surface *find_pending(struct lend_client *client)
{
	struct lend_surface *surface = client->surfaces;
	while (surface != NULL && surface->pending == 0)
		surface = surface->next;
	return surface;
}

/* Callbacks run only here, after all events were handled, so that they may do whatever they like:
 * destroy surfaces, draw frames, dispatch. */
static int tell_all(struct lend_client *client)
{
	int result = 0;
	for (struct lend_surface *s = client->surfaces; s != NULL; s = s->next) {
		const char *why;
		int obstacle = frame_possible(s, &why);
		/* A refusal too is learned by beginning a frame. */
		bool possible = obstacle == 0 || obstacle == s->refused;
		if (possible && !s->ready)
			s->pending |= PENDING_READY;
		s->ready = possible;
	}
	struct lend_surface *surface;
	while ((surface = find_pending(client)) != NULL) {
		int told = tell(surface);
		if (told < 0)
			result = told;
	}
	return result;
}

int lend_client_dispatch(struct lend_client *client, int timeout_ms)
{
	if (client->error < 0)
		return client->error;
	int count = display_dispatch(client, timeout_ms);
	if (count < 0)
		return count;
	int told = tell_all(client);
	return told < 0 ? told : count;
}
