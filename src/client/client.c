/* SPDX-License-Identifier: MIT */
#include "client/client.h"
#include "common/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long a server that went away is looked for, unless the program says otherwise. */
#define PATIENCE_MS 10000

int client_vfail(struct lend_client *client, int error, const char *format, va_list args)
{
	if (client->error == 0) /* the words of the loss stay */
		vsnprintf(client->text, sizeof(client->text), format, args);
	return error;
}

int client_settle(struct lend_client *client, int error)
{
	client->error = error;
	client_log(client, LEND_LOG_ERROR, "%s", client->text);
	alarms_wake(client); /* for good: the program's loop is to find out */
	return error;
}

int client_vlose(struct lend_client *client, int error, const char *format, va_list args)
{
	if (client->error < 0)
		return client->error;
	vsnprintf(client->text, sizeof(client->text), format, args);
	if (link_forgives(client, error)) {
		client->link = LINK_LOST;
		snprintf(client->loss, sizeof(client->loss), "%.511s", client->text);
		client_log(client, LEND_LOG_WARNING, "%s", client->text);
	} else if (client->link == LINK_UP) {
		client_settle(client, error);
	} /* else an attempt to connect failed, and there may be others */
	return error;
}

void client_vlog(struct lend_client *client, enum lend_log_level level, const char *format,
		 va_list args)
{
	char message[sizeof(client->text)];
	if (client->log == NULL)
		return;
	vsnprintf(message, sizeof(message), format, args);
	client->log(client->log_data, level, message);
}

int client_fail(struct lend_client *client, int error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	client_vfail(client, error, format, args);
	va_end(args);
	return error;
}

int client_lose(struct lend_client *client, int error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int result = client_vlose(client, error, format, args);
	va_end(args);
	return result;
}

void client_log(struct lend_client *client, enum lend_log_level level, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	client_vlog(client, level, format, args);
	va_end(args);
}

const char *lend_client_error(const struct lend_client *client)
{
	return client != NULL ? client->text : "out of memory";
}

const char *lend_client_display(const struct lend_client *client)
{
	return client->name;
}

const struct lend_verdict *lend_client_verdict(const struct lend_client *client, size_t index)
{
	return index < client->tried.n ? &client->tried.list[index] : NULL;
}

static int read_options(struct lend_client *client, const struct lend_client_options *given,
			struct lend_client_options *options)
{
	client->events.size = sizeof(client->events);
	int result = given != NULL ? options_read(options, sizeof(*options), given) : 0;
	if (result == 0 && options->events != NULL)
		result = options_read(&client->events, sizeof(client->events), options->events);
	if (result < 0)
		return client_fail(client, result,
				   "the size of lend_client_options or _events is wrong or names "
				   "fields this library lacks: set it to sizeof");
	client->log = options->log;
	client->log_data = options->log_data;
	client->data = options->data;
	int32_t patience = options->reconnect_ms != 0 ? options->reconnect_ms : PATIENCE_MS;
	client->patience = patience > 0 ? (uint64_t)patience * 1000000 : 0;
	return 0;
}

static int begin(struct lend_client *client, const struct lend_client_options *given)
{
	struct lend_client_options options = {.size = sizeof(options)};
	int result = read_options(client, given, &options);
	if (result < 0)
		return result;
	result = alarms_create(client);
	if (result < 0)
		return client_fail(
			client, result,
			"out of file descriptors or memory: raise the limit (ulimit -n)");
	const char *name = options.display;
	if (name == NULL)
		name = getenv("LEND_DISPLAY");
	return displays_connect(client, name != NULL && name[0] != '\0' ? name : NULL);
}

int lend_client_connect(const struct lend_client_options *options, struct lend_client **out)
{
	struct lend_client *client = calloc(1, sizeof(*client));
	*out = client;
	if (client == NULL)
		return -ENOMEM;
	client->epoll = client->timer = -1;
	client_fail(client, 0, "no error");
	int result = begin(client, options);
	if (result < 0) {
		alarms_destroy(client);
		client_settle(client, result);
	}
	return result;
}

void lend_client_destroy(struct lend_client *client)
{
	if (client == NULL)
		return;
	while (client->surfaces != NULL)
		lend_surface_destroy(client->surfaces);
	link_close(client);
	alarms_destroy(client);
	verdicts_clear(&client->tried);
	free(client->inputs);
	free(client);
}

int lend_client_fd(const struct lend_client *client)
{
	return client->epoll >= 0 ? client->epoll : client->error;
}

/* ---- what the program is told --------------------------------------------------------------- */

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
	if (client->returned && client->events.reconnected != NULL)
		client->events.reconnected(client->data, client);
	client->returned = false;
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
	while (inputs_tell(client))
		;
	return result;
}

/* What is left of the time, rounded up so that a wait is not cut into many. */
static int left_ms(uint64_t deadline)
{
	uint64_t now = time_now();
	return now < deadline ? (int)((deadline - now + 999999) / 1000000) : 0;
}

int lend_client_dispatch(struct lend_client *client, int timeout_ms)
{
	if (client->error < 0)
		return client->error;
	uint64_t deadline = timeout_ms > 0 ? time_now() + (uint64_t)timeout_ms * 1000000 : 0;
	int count = link_dispatch(client, timeout_ms);
	while (count == 0 && timeout_ms != 0) {
		if (timeout_ms > 0)
			timeout_ms = left_ms(deadline);
		count = link_dispatch(client, timeout_ms);
	}
	if (count < 0)
		return count;
	int told = tell_all(client);
	if (told < 0)
		return told;
	/* Answers to what was handled: a program that waits with poll(2) would wait for ever. */
	int sent = client->link == LINK_UP ? link_flush(client) : 0;
	return sent < 0 && sent != -EAGAIN ? sent : count;
}
