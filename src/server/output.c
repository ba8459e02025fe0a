/* SPDX-License-Identifier: MIT */
/* An output: made, destroyed, asked for frames; the same for every kind of display. */
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <wayland-server.h>

#define OUTPUTS_MAX 32

void output_schedule(struct lend_output *output)
{
	if (output->scheduled || output->off)
		return;
	output->scheduled = true;
	output->backend->schedule(output);
}

void output_damage_all(struct lend_output *output)
{
	pixman_region32_union_rect(&output->damage, &output->damage, 0, 0, (unsigned)output->width,
				   (unsigned)output->height);
}

/* ---- the cursor ----------------------------------------------------------------------------- */

static void damage_cursor(struct lend_output *output)
{
	const struct output_cursor *cursor = &output->cursor;

	if (cursor->image)
		pixman_region32_union_rect(&output->damage, &output->damage, cursor->x, cursor->y,
					   (unsigned)pixman_image_get_width(cursor->image),
					   (unsigned)pixman_image_get_height(cursor->image));
}

void output_set_cursor(struct lend_output *output, const struct output_cursor *cursor)
{
	if (memcmp(&output->cursor, cursor, sizeof(*cursor)) == 0)
		return;
	if (output->cursor_drawn)
		damage_cursor(output);
	output->cursor = *cursor;
	output->cursor_dirty = true;
	if (output->cursor_drawn)
		damage_cursor(output);
	output_schedule(output);
}

void output_take_cursor(struct lend_output *output)
{
	const struct output_backend *backend = output->backend;
	bool taken = backend->cursor && backend->cursor(output);
	bool drawn = output->cursor.image && !taken;

	if (drawn != output->cursor_drawn)
		damage_cursor(output);
	output->cursor_drawn = drawn;
	output->cursor_dirty = output->cursor_dirty && taken;
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
	if (options->refresh > REFRESH_MAX)
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
	if (output->name && asprintf(&output->description, "framelend %s output %s",
				     output->backend->name, output->name) < 0)
		output->description = NULL;
	return output->description ? 0 : fail(-ENOMEM, "out of memory");
}

static void init(struct lend_output *output, const struct lend_output_options *options)
{
	output->index = free_index(output->server);
	output->serial = ++output->server->next_serial;
	output->width = (int32_t)options->width;
	output->height = (int32_t)options->height;
	output->scale = LEND_SCALE_ONE;
	output_update_logical(output);
	output->refresh = options->refresh;
	output->format = options->format ? options->format : LEND_FORMAT_XRGB8888;
	output->layout = options->layout;
	output->device = options->device;
	output->stats.size = sizeof(output->stats);
	wl_list_init(&output->resources);
	frames_init(output);
	output->renderer = pixman_renderer();
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
	renderer_choose(output);
	output->rebuild = true;
	output_damage_all(output);
	*out = output;
	return 0;
}

int output_set_identity(struct lend_output *output, const char *make, const char *model,
			uint32_t width_mm, uint32_t height_mm)
{
	output->make = strdup(make);
	output->model = strdup(model);
	output->width_mm = (int32_t)width_mm;
	output->height_mm = (int32_t)height_mm;
	return output->make && output->model ? 0 : fail(-ENOMEM, "out of memory");
}

static void tell(struct lend_output *output, void (*event)(void *data, struct lend_output *output))
{
	struct lend_server *server = output->server;

	if (!event)
		return;
	server->in_events++;
	event(server->data, output);
	server->in_events--;
}

void output_start(struct lend_output *output)
{
	output->started = true;
	layout_arrange(output->server);
	output_schedule(output);
	tell(output, output->server->events.output_added);
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
	if (output->started)
		tell(output, output->server->events.output_removed);
	wl_signal_emit(&output->destroyed, output);
	forget_output(output);
	output_global_destroy(output);
	frames_finish(output);
	output->renderer->type->destroy(output->renderer);
	if (output->backend_data)
		output->backend->destroy(output);
	free(output->name);
	free(output->description);
	free(output->make);
	free(output->model);
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
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): one that was freed is in no list */
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

void outputs_forget(struct lend_server *server, const struct lend_buffer *memory)
{
	struct lend_output *output;

	wl_list_for_each (output, &server->outputs, link) {
		renderer_forget(output, memory);
		if (output->backend->forget && output->backend_data)
			output->backend->forget(output, memory);
	}
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
	return output->latched.memory;
}
