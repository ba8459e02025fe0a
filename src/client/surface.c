/* SPDX-License-Identifier: MIT */
#include "client/display.h"
#include "common/options.h"

#include <stdio.h>
#include <stdlib.h>

/* Longer ones do not fit in a message of Wayland's. */
#define LABEL_MAXIMUM 1024

int verdicts_add(struct verdicts *verdicts, const struct lend_verdict *verdict)
{
	if (verdicts->n == VERDICTS_MAXIMUM)
		return -ENOSPC;
	char *allocator = strdup(verdict->allocator), *call = strdup(verdict->call);
	char *reason = strdup(verdict->reason), *remedy = strdup(verdict->remedy);
	if (allocator == NULL || call == NULL || reason == NULL || remedy == NULL) {
		free(allocator);
		free(call);
		free(reason);
		free(remedy);
		return -ENOMEM;
	}
	struct lend_verdict *own = &verdicts->list[verdicts->n++];
	*own = *verdict;
	own->allocator = allocator;
	own->call = call;
	own->reason = reason;
	own->remedy = remedy;
	return 0;
}

void verdicts_clear(struct verdicts *verdicts)
{
	for (size_t i = 0; i < verdicts->n; i++) {
		struct lend_verdict *own = &verdicts->list[i];
		free((void *)own->allocator);
		free((void *)own->call);
		free((void *)own->reason);
		free((void *)own->remedy);
	}
	verdicts->n = 0;
}

static int check_label(struct lend_client *client, const char *what, const char *label)
{
	if (label != NULL && strlen(label) > LABEL_MAXIMUM)
		return client_fail(client, -EINVAL, "%s is longer than %d bytes: shorten it", what,
				   LABEL_MAXIMUM);
	return 0;
}

static int check_options(struct lend_client *client, const struct lend_surface_options *options)
{
	if (options->width > SIZE_MAXIMUM || options->height > SIZE_MAXIMUM)
		return client_fail(client, -EINVAL, "a surface of %ux%u: at most %d a side",
				   options->width, options->height, SIZE_MAXIMUM);
	if (options->mode != LEND_MODE_CHAIN && options->mode != LEND_MODE_FRONT)
		return client_fail(client, -EINVAL, "mode %d: neither chain nor front",
				   (int)options->mode);
	if (options->mode == LEND_MODE_FRONT && options->count > 1)
		return client_fail(client, -EINVAL,
				   "count %u: front mode has one buffer, leave count 0",
				   options->count);
	if (options->mode == LEND_MODE_CHAIN &&
	    (options->count == 1 || options->count > SLOTS_MAXIMUM))
		return client_fail(client, -EINVAL, "count %u: a chain has 2 to %d buffers",
				   options->count, SLOTS_MAXIMUM);
	if (options->gpu &&
	    (options->mode != LEND_MODE_CHAIN || options->read || options->preserve))
		return client_fail(client, -EINVAL,
				   "gpu goes with neither front mode nor read nor preserve");
	if (options->n_modifiers > MODIFIERS_MAXIMUM ||
	    (options->n_modifiers > 0 && (!options->gpu || options->modifiers == NULL)))
		return client_fail(client, -EINVAL,
				   "%zu modifiers: with gpu there can be up to %d, else none",
				   options->n_modifiers, MODIFIERS_MAXIMUM);
	const struct lend_format *format = lend_format_get(options->format);
	if (format == NULL)
		return client_fail(client, -EINVAL, "format 0x%08x is not known", options->format);
	if (format->n_planes != 1)
		return client_fail(client, -ENOTSUP,
				   "%s has %u planes: only formats of one plane can be drawn in",
				   format->name, format->n_planes);
	int result = check_label(client, "title", options->title);
	return result < 0 ? result : check_label(client, "app_id", options->app_id);
}

static int read_options(struct lend_client *client, const struct lend_surface_options *given,
			struct lend_surface_options *options, struct lend_surface_events *events)
{
	int result = options_read(options, sizeof(*options), given);
	if (result == 0 && options->events != NULL)
		result = options_read(events, sizeof(*events), options->events);
	if (result < 0)
		return client_fail(client, result,
				   "the size of lend_surface_options or _events is wrong or names "
				   "fields this library lacks: set it to sizeof");
	if (options->format == 0)
		options->format = LEND_FORMAT_XRGB8888;
	return check_options(client, options);
}

static void fill(struct lend_surface *surface, const struct lend_surface_options *options)
{
	bool front = options->mode == LEND_MODE_FRONT;
	surface->width = options->width;
	surface->height = options->height;
	surface->format = lend_format_get(options->format);
	surface->mode = options->mode;
	surface->count = options->count != 0 ? options->count : 3;
	if (front)
		surface->count = 1;
	surface->preserve = options->preserve != 0;
	surface->access = options->read != 0 || surface->preserve ? LEND_READ_WRITE : LEND_WRITE;
	surface->unpaced = options->unpaced != 0;
	surface->data = options->data;
	surface->fullscreen = options->fullscreen != 0;
	surface->gpu = options->gpu != 0;
	surface->fence = -1;
	snprintf(surface->reason, sizeof(surface->reason), "no frame was shown yet");
}

static char *keep_label(const char *label)
{
	return strdup(label != NULL ? label : "");
}

/* They are needed again when the display comes back. */
static int keep_labels(struct lend_surface *surface, const struct lend_surface_options *options)
{
	surface->output_wanted = keep_label(options->output);
	surface->title = keep_label(options->title);
	surface->app_id = keep_label(options->app_id);
	if (surface->output_wanted == NULL || surface->title == NULL || surface->app_id == NULL)
		return client_fail(surface->client, -ENOMEM, "out of memory");
	return 0;
}

static int keep_modifiers(struct lend_surface *surface, const struct lend_surface_options *options)
{
	if (options->n_modifiers == 0)
		return 0;
	surface->modifiers = malloc(options->n_modifiers * sizeof(*surface->modifiers));
	if (surface->modifiers == NULL)
		return client_fail(surface->client, -ENOMEM, "out of memory");
	memcpy(surface->modifiers, options->modifiers,
	       options->n_modifiers * sizeof(*surface->modifiers));
	surface->n_modifiers = options->n_modifiers;
	return 0;
}

static void free_surface(struct lend_surface *surface)
{
	verdicts_clear(&surface->verdicts);
	free(surface->output_wanted);
	free(surface->title);
	free(surface->app_id);
	free(surface->modifiers);
	free(surface);
}

/* The queue's room is made first: a window's requests must find some. */
static int create_window(struct lend_surface *surface)
{
	struct lend_client *client = surface->client;
	int result = link_flush(client);
	if (result == 0)
		result = client->backend->window_create(surface);
	if (result < 0 || !surface->gpu || surface->source->gpu)
		return result;
	client->backend->window_destroy(surface->window);
	surface->window = NULL;
	return client_fail(client, -ENOTSUP,
			   "the display %s lends no memory for a GPU, only framelend does: draw on "
			   "the CPU (gpu = 0), or in buffers of EGL's or Vulkan's own",
			   lend_client_display(client));
}

int lend_surface_create(struct lend_client *client, const struct lend_surface_options *given,
			struct lend_surface **out)
{
	if (client->error < 0)
		return client->error;
	struct lend_surface_options options = {.size = sizeof(options)};
	struct lend_surface_events events = {.size = sizeof(events)};
	int result = read_options(client, given, &options, &events);
	if (result < 0)
		return result;
	struct lend_surface *surface = calloc(1, sizeof(*surface));
	if (surface == NULL)
		return client_fail(client, -ENOMEM, "out of memory");
	surface->client = client;
	surface->events = events;
	fill(surface, &options);
	result = keep_labels(surface, &options);
	if (result == 0)
		result = keep_modifiers(surface, &options);
	if (result == 0)
		result = create_window(surface);
	if (result < 0) {
		/* Of a window that was refused for another reason. */
		generation_destroy_all(surface);
		free_surface(surface);
		return result;
	}
	/* At the end, so that surfaces hear of events in the order of their creation. */
	struct lend_surface **link = &client->surfaces;
	while (*link != NULL)
		link = &(*link)->next;
	*link = surface;
	*out = surface;
	if (client->link == LINK_UP)
		(void)link_flush(client); /* who waits with poll(2) first would wait for ever */
	return 0;
}

void lend_surface_destroy(struct lend_surface *surface)
{
	if (surface == NULL)
		return;
	struct lend_client *client = surface->client;
	struct lend_surface **link = &client->surfaces;
	while (*link != surface)
		link = &(*link)->next;
	*link = surface->next;
	if (surface->window != NULL)
		client->backend->window_destroy(surface->window);
	surface->window = NULL;
	generation_destroy_all(surface);
	inputs_forget(client, surface);
	free_surface(surface);
	if (client->error == 0)
		(void)link_flush(client);
}

int lend_surface_set_title(struct lend_surface *surface, const char *title)
{
	struct lend_client *client = surface->client;
	if (client->error < 0)
		return client->error;
	int result = check_label(client, "title", title);
	/* While the server is away it is enough to keep it. */
	if (result == 0 && surface->window != NULL)
		result = link_flush(client);
	if (result < 0)
		return result;
	char *kept = keep_label(title);
	if (kept == NULL)
		return client_fail(client, -ENOMEM, "out of memory");
	free(surface->title);
	surface->title = kept;
	if (surface->window != NULL)
		client->backend->window_set_title(surface->window, kept);
	return 0;
}

int lend_surface_path(const struct lend_surface *surface, struct lend_path_info *path)
{
	struct lend_path_info own = {
		.size = sizeof(own),
		.path = surface->path,
		.reason = surface->reason,
		.own_copy = surface->copied,
		.output = surface->output,
	};
	const struct slot *last = surface->last;
	struct lend_buffer_info info = {.size = sizeof(info)};
	if (last != NULL && lend_buffer_describe(last->buffer, &info) == 0) {
		own.memory = info.memory;
		own.caching = info.caching;
		for (size_t i = 0; i < SLOTS_MAXIMUM; i++)
			own.count += last->generation->slots[i].buffer != NULL;
	}
	return info_write(path, &own, sizeof(own));
}

const struct lend_verdict *lend_surface_verdict(const struct lend_surface *surface, size_t index)
{
	return index < surface->verdicts.n ? &surface->verdicts.list[index] : NULL;
}

void surface_configure(struct lend_surface *surface, uint32_t width, uint32_t height)
{
	bool changed = width != surface->wanted_width || height != surface->wanted_height;
	surface->wanted_width = width;
	surface->wanted_height = height;
	surface->configured = true;
	if (changed) {
		surface->refused = 0;
		surface->pending |= PENDING_RESIZE;
	}
	generation_request(surface);
}

void surface_frame_done(struct lend_surface *surface)
{
	surface->throttled = false;
}

void surface_close(struct lend_surface *surface)
{
	surface->pending |= PENDING_CLOSE;
}

void surface_verdict(struct lend_surface *surface, const struct lend_verdict *verdict)
{
	verdicts_clear(&surface->verdicts);
	(void)verdicts_add(&surface->verdicts, verdict);
}

void surface_part(struct lend_surface *surface)
{
	if (surface->window != NULL)
		surface->client->backend->window_destroy(surface->window);
	surface->window = NULL;
	surface->source = NULL;
	generation_strand_all(surface);
	surface->configured = surface->requested = surface->throttled = false;
	surface->refused = 0;
	surface_show(surface, LEND_PATH_NONE, "the display server went away", "");
}

int surface_return(struct lend_surface *surface)
{
	int result = create_window(surface);
	if (result != -EINVAL || surface->output_wanted[0] == '\0')
		return result;
	/* Its output has not come back: any other will do. */
	surface->output_wanted[0] = '\0';
	return create_window(surface);
}

void surface_show(struct lend_surface *surface, enum lend_path path, const char *reason,
		  const char *output)
{
	if (path == surface->path && strcmp(reason, surface->reason) == 0 &&
	    strcmp(output, surface->output) == 0)
		return;
	surface->path = path;
	snprintf(surface->reason, sizeof(surface->reason), "%s", reason);
	snprintf(surface->output, sizeof(surface->output), "%s", output);
	surface->pending |= PENDING_PATH;
	client_log(surface->client, LEND_LOG_INFO, "path %s on '%s': %s", lend_path_name(path),
		   surface->output, surface->reason);
}

void surface_presented(struct lend_surface *surface, const struct shown *shown)
{
	if (surface->n_shown == SHOWN_MAXIMUM)
		return;
	surface->shown[surface->n_shown++] = *shown;
	surface->pending |= PENDING_PRESENTED;
}
