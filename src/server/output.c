/* SPDX-License-Identifier: MIT */
/* An output's way of a frame: repaint, latch, presented; the same for every kind of display. */
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <wayland-server.h>

#define OUTPUTS_MAX 32

void output_schedule(struct lend_output *output)
{
	if (output->scheduled)
		return;
	output->scheduled = true;
	output->backend->schedule(output);
}

void output_damage_all(struct lend_output *output)
{
	pixman_region32_union_rect(&output->damage, &output->damage, 0, 0, (unsigned)output->width,
				   (unsigned)output->height);
}

/* ---- the output's own buffers --------------------------------------------------------------- */

static int make_own(struct lend_output *output, struct own_buffer *own)
{
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = (uint32_t)output->width,
		.height = (uint32_t)output->height,
		.format = output->format,
		.use = output->device ? LEND_USE_SCANOUT : 0,
	};
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels;

	int ret = lend_buffer_allocate(output->device, &options, &own->memory, NULL);
	if (ret < 0)
		return ret;
	ret = lend_buffer_begin(own->memory, LEND_READ_WRITE, &pixels);
	if (ret < 0)
		return ret;
	lend_buffer_end(own->memory);
	lend_buffer_describe(own->memory, &info);
	own->image = pixman_image_create_bits_no_clear(format_to_pixman(output->format),
						       output->width, output->height, pixels,
						       (int)info.planes[0].stride);
	return own->image ? 0 : -ENOMEM;
}

static void free_own(struct own_buffer *own)
{
	if (own->image)
		pixman_image_unref(own->image);
	lend_buffer_destroy(own->memory);
	*own = (struct own_buffer){0};
}

static bool is_in_use(const struct lend_output *output, const struct own_buffer *own)
{
	return output->backend->own_buffers > 1 &&
	       (own->memory == output->latched || own->memory == output->next);
}

/* One that may be drawn in; NULL if there is no memory. */
static struct own_buffer *free_own_buffer(struct lend_output *output)
{
	for (int i = 0; i < output->backend->own_buffers; i++) {
		struct own_buffer *own = &output->own[i];
		if (own->image && is_in_use(output, own))
			continue;
		if (own->image || make_own(output, own) == 0)
			return own;
		free_own(own);
	}
	return NULL;
}

/* ---- frames --------------------------------------------------------------------------------- */

/* Hands a picture to the backend; what it differs in from the one before is the output's damage. */
static void present(struct lend_output *output, struct lend_buffer *memory, struct buffer *client)
{
	output->next = memory;
	output->next_client = client ? buffer_lock(client) : NULL;
	pixman_region32_copy(&output->next_damage, &output->damage);
	pixman_region32_clear(&output->damage);
	output->stats.frames++;
	output->stats.scanout += client != NULL;
	int ret = output->backend->present(output, memory, &output->next_damage);
	if (ret >= 0)
		return;
	server_log(output->server, LEND_LOG_ERROR, "%s cannot show a frame: %s", output->name,
		   strerror(-ret));
	buffer_unlock(output->next_client);
	output->next = NULL;
	output->next_client = NULL;
	output_damage_all(output);
	scene_arm_timer(output->server);
}

static void scan_out(struct lend_output *output, struct buffer *buffer)
{
	damage_ring_push(&output->ring, &output->damage);
	present(output, buffer->memory, buffer);
}

/* Said once; tried again with the next commit, or in a while. */
static void tell_failure(struct lend_output *output)
{
	scene_arm_timer(output->server);
	if (output->failure < 0)
		return;
	output->failure = -ENOMEM;
	server_log(output->server, LEND_LOG_ERROR,
		   "%s shows nothing new: no memory for a buffer of %dx%d", output->name,
		   output->width, output->height);
	wl_signal_emit(&output->frame, output);
}

/* Draws what the chosen buffer lacks: this frame's damage and that of the frames it missed. */
static void compose(struct lend_output *output)
{
	struct own_buffer *own = free_own_buffer(output);
	pixman_region32_t lacking;

	if (!own) {
		tell_failure(output);
		return;
	}
	output->failure = 0;
	damage_ring_push(&output->ring, &output->damage);
	pixman_region32_init(&lacking);
	damage_ring_since(&output->ring, own->sequence, output->width, output->height, &lacking);
	output->stats.copied += render_nodes(output, own, &lacking);
	own->sequence = output->ring.sequence;
	pixman_region32_fini(&lacking);
	present(output, own->memory, NULL);
}

static bool is_shown_already(const struct lend_output *output, const struct node *scanout)
{
	const struct buffer *wanted = scanout ? scanout->surface->current.buffer : NULL;

	return output->latched && wanted == output->latched_client &&
	       !pixman_region32_not_empty((pixman_region32_t *)&output->damage);
}

void output_repaint(struct lend_output *output)
{
	struct timespec now;

	output->scheduled = false;
	if (output->doomed)
		return;
	scene_build(output);
	struct node *scanout = scene_decide(output);
	pixman_region32_intersect_rect(&output->damage, &output->damage, 0, 0,
				       (unsigned)output->width, (unsigned)output->height);
	if (is_shown_already(output, scanout)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		scene_presented(output, &now);
	} else if (scanout) {
		scan_out(output, scanout->surface->current.buffer);
	} else {
		compose(output);
	}
}

static void tell_frame(struct lend_output *output)
{
	struct lend_server *server = output->server;
	struct lend_rect damage[RECTS_MAX];
	int n = 0;

	wl_signal_emit(&output->frame, output);
	if (!server->events.output_frame || output->doomed)
		return;
	const pixman_box32_t *boxes = pixman_region32_rectangles(&output->next_damage, &n);
	for (int i = 0; i < n; i++)
		damage[i] = (struct lend_rect){boxes[i].x1, boxes[i].y1, boxes[i].x2 - boxes[i].x1,
					       boxes[i].y2 - boxes[i].y1};
	server->in_events++;
	server->events.output_frame(server->data, output, output->latched, damage, (size_t)n);
	server->in_events--;
}

void output_presented(struct lend_output *output, const struct timespec *when)
{
	struct buffer *before = output->latched_client;

	if (output->next) {
		output->latched = output->next;
		output->latched_client = output->next_client;
		output->latched_at = *when;
		output->next = NULL;
		output->next_client = NULL;
		buffer_unlock(before);
		tell_frame(output);
	}
	scene_presented(output, when);
}

/* ---- life ----------------------------------------------------------------------------------- */

static int check_options(const struct lend_server *server,
			 const struct lend_output_options *options)
{
	const struct lend_output *other;

	if (options->width < 1 || options->height < 1 || options->width > SIDE_MAX ||
	    options->height > SIDE_MAX)
		return fail(-EINVAL, "an output of %ux%u: each side must be 1 to %d pixels",
			    options->width, options->height, SIDE_MAX);
	if (options->refresh > 1000000)
		return fail(-EINVAL, "a refresh of %u mHz is over 1000 Hz", options->refresh);
	if (options->format && !format_to_pixman(options->format))
		return fail(-EINVAL, "no output can have the format 0x%08x", options->format);
	if (wl_list_length(&server->outputs) >= OUTPUTS_MAX)
		return fail(-ENOSPC, "a server has at most %d outputs", OUTPUTS_MAX);
	wl_list_for_each (other, &server->outputs, link) {
		if (options->name && strcmp(options->name, other->name) == 0)
			return fail(-EEXIST, "there is an output named %s already", options->name);
	}
	return 0;
}

static uint32_t free_index(const struct lend_server *server)
{
	const struct lend_output *other;
	uint32_t used = 0, index = 0;

	wl_list_for_each (other, &server->outputs, link)
		used |= 1u << other->index;
	while (used & (1u << index))
		index++;
	return index;
}

static int name_output(struct lend_output *output, const char *name)
{
	char text[64];

	if (!name) {
		snprintf(text, sizeof(text), "%s-%u", output->backend->name,
			 ++output->server->next_output);
		name = text;
	}
	output->name = strdup(name);
	if (output->name &&
	    asprintf(&output->description, "framelend %s output %s (%dx%d)", output->backend->name,
		     output->name, output->width, output->height) < 0)
		output->description = NULL;
	return output->description ? 0 : fail(-ENOMEM, "out of memory");
}

static void init(struct lend_output *output, const struct lend_output_options *options)
{
	output->index = free_index(output->server);
	output->width = (int32_t)options->width;
	output->height = (int32_t)options->height;
	output->refresh = options->refresh;
	output->format = options->format ? options->format : LEND_FORMAT_XRGB8888;
	output->layout = options->layout;
	output->device = options->device;
	output->stats.size = sizeof(output->stats);
	wl_list_init(&output->resources);
	pixman_region32_init(&output->damage);
	pixman_region32_init(&output->next_damage);
	damage_ring_init(&output->ring);
	wl_signal_init(&output->frame);
	wl_signal_init(&output->destroyed);
}

int output_create(struct lend_server *server, const struct lend_output_options *options,
		  const struct output_backend *backend, struct lend_output **out)
{
	int ret = check_options(server, options);
	if (ret < 0)
		return ret;
	struct lend_output *output = calloc(1, sizeof(*output));
	if (!output)
		return fail(-ENOMEM, "out of memory");
	output->server = server;
	output->backend = backend;
	init(output, options);
	wl_list_insert(server->outputs.prev, &output->link);
	ret = name_output(output, options->name);
	if (ret == 0 && output_global_create(output) < 0)
		ret = fail(-ENOMEM, "out of memory");
	if (ret < 0) {
		lend_output_destroy(output);
		return ret;
	}
	output->rebuild = true;
	output_damage_all(output);
	*out = output;
	return 0;
}

void output_start(struct lend_output *output)
{
	layout_arrange(output->server);
	output_schedule(output);
}

static void forget_output(struct lend_output *output)
{
	struct lend_view *view;

	wl_list_for_each (view, &output->server->views, link) {
		if (view->wanted_output == output)
			view->wanted_output = NULL;
	}
	wl_list_remove(&output->link);
	layout_arrange(output->server);
	scene_finish(output);
	scene_changed(output->server);
}

static void destroy(struct lend_output *output)
{
	wl_signal_emit(&output->destroyed, output);
	forget_output(output);
	output_global_destroy(output);
	if (output->backend_data)
		output->backend->destroy(output);
	buffer_unlock(output->next_client);
	buffer_unlock(output->latched_client);
	for (int i = 0; i < OWN_BUFFERS_MAX; i++)
		free_own(&output->own[i]);
	damage_ring_finish(&output->ring);
	pixman_region32_fini(&output->damage);
	pixman_region32_fini(&output->next_damage);
	free(output->name);
	free(output->description);
	free(output);
}

/* The event may come from the midst of this very output's frame. */
LEND_EXPORT void lend_output_destroy(struct lend_output *output)
{
	if (!output)
		return;
	output->doomed = true;
	if (!output->server->in_events)
		outputs_reap(output->server);
}

static struct lend_output *find_doomed(const struct lend_server *server)
{
	struct lend_output *output;

	wl_list_for_each (output, &server->outputs, link) {
		if (output->doomed)
			return output;
	}
	return NULL;
}

void outputs_reap(struct lend_server *server)
{
	struct lend_output *output;

	while ((output = find_doomed(server)))
		destroy(output);
}

LEND_EXPORT const char *lend_output_name(const struct lend_output *output)
{
	return output->name;
}

LEND_EXPORT int lend_output_stats(const struct lend_output *output,
				  struct lend_output_counters *stats)
{
	return info_write(stats, &output->stats, sizeof(output->stats));
}

LEND_EXPORT struct lend_buffer *lend_output_latched(const struct lend_output *output)
{
	return output->latched;
}
