/* SPDX-License-Identifier: MIT */
/* wl_output: what clients know of an output, and which surfaces are on it. */
#include "server/server.h"

#include <stdlib.h>
#include <wayland-server.h>

#define VERSION 4
/* How long a removed output can still be bound by clients that have not heard of its removal. */
#define LINGER_MS 5000

/* A global whose output is gone. */
struct remains {
	struct wl_global *global;
	struct wl_event_source *timer;
	struct wl_listener display_destroyed;
};

static void handle_release(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_output_interface output_interface = {.release = handle_release};

static void remove_from_list(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

struct lend_output *output_from_resource(struct wl_resource *resource)
{
	return resource ? wl_resource_get_user_data(resource) : NULL;
}

static void send_geometry(struct wl_resource *resource, const struct lend_output *output)
{
	wl_output_send_geometry(
		resource, output->x, output->y, output->width_mm, output->height_mm,
		WL_OUTPUT_SUBPIXEL_UNKNOWN, output->make ? output->make : "framelend",
		output->model ? output->model : output->backend->name, (int32_t)output->transform);
}

static void send_done(struct wl_resource *resource)
{
	if (wl_resource_get_version(resource) >= WL_OUTPUT_DONE_SINCE_VERSION)
		wl_output_send_done(resource);
}

/* What can change. A client that does not know of fractions draws what is scaled down then. */
static void send_state(struct wl_resource *resource, const struct lend_output *output)
{
	send_geometry(resource, output);
	wl_output_send_mode(resource, WL_OUTPUT_MODE_CURRENT | WL_OUTPUT_MODE_PREFERRED,
			    output->width, output->height, (int32_t)output->refresh);
	if (wl_resource_get_version(resource) >= WL_OUTPUT_SCALE_SINCE_VERSION)
		wl_output_send_scale(resource, (int32_t)output_whole_scale(output));
}

static void send_description(struct wl_resource *resource, const struct lend_output *output)
{
	int version = wl_resource_get_version(resource);

	send_state(resource, output);
	if (version >= WL_OUTPUT_NAME_SINCE_VERSION)
		wl_output_send_name(resource, output->name);
	if (version >= WL_OUTPUT_DESCRIPTION_SINCE_VERSION && output->description)
		wl_output_send_description(resource, output->description);
	send_done(resource);
}

void output_send_state(struct lend_output *output)
{
	struct wl_resource *resource;

	xdg_outputs_send_state(output);
	wl_resource_for_each(resource, &output->resources)
	{
		send_state(resource, output);
		send_done(resource);
	}
	surfaces_send_scale(output);
}

/* Surfaces that came onto the output before the client bound it. */
static void send_enters(struct wl_resource *resource, const struct lend_output *output)
{
	struct surface *surface;

	wl_list_for_each (surface, &output->server->surfaces, link) {
		if (wl_resource_get_client(surface->resource) == wl_resource_get_client(resource) &&
		    surface->outputs_entered & (1u << output->index))
			wl_surface_send_enter(surface->resource, resource);
	}
}

static void bind_output(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct lend_output *output = data; /* NULL once removed */
	struct wl_resource *resource =
		wl_resource_create(client, &wl_output_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &output_interface, output, remove_from_list);
	wl_list_init(wl_resource_get_link(resource));
	if (!output)
		return;
	wl_list_insert(output->resources.prev, wl_resource_get_link(resource));
	send_description(resource, output);
	send_enters(resource, output);
}

void output_send_enter(struct lend_output *output, struct surface *surface)
{
	struct wl_resource *resource;

	wl_resource_for_each(resource, &output->resources)
	{
		if (wl_resource_get_client(resource) == wl_resource_get_client(surface->resource))
			wl_surface_send_enter(surface->resource, resource);
	}
}

void output_send_leave(struct lend_output *output, struct surface *surface)
{
	struct wl_resource *resource;

	wl_resource_for_each(resource, &output->resources)
	{
		if (wl_resource_get_client(resource) == wl_resource_get_client(surface->resource))
			wl_surface_send_leave(surface->resource, resource);
	}
}

int output_global_create(struct lend_output *output)
{
	wl_list_init(&output->resources);
	wl_list_init(&output->xdg_outputs);
	output->global = wl_global_create(output->server->display, &wl_output_interface, VERSION,
					  output, bind_output);
	return output->global ? 0 : -ENOMEM;
}

/* ---- removal -------------------------------------------------------------------------------- */

static void remains_destroy(struct remains *remains)
{
	wl_list_remove(&remains->display_destroyed.link);
	wl_event_source_remove(remains->timer);
	wl_global_destroy(remains->global);
	free(remains);
}

static int handle_timer(void *data)
{
	remains_destroy(data);
	return 0;
}

static void handle_display_destroyed(struct wl_listener *listener, void *data)
{
	struct remains *remains = wl_container_of(listener, remains, display_destroyed);

	remains_destroy(remains);
}

/* Binding a global that does not exist kills the client, so it goes some time after its removal. */
static void global_destroy_later(struct lend_server *server, struct wl_global *global)
{
	struct remains *remains = calloc(1, sizeof(*remains));

	if (remains)
		remains->timer = wl_event_loop_add_timer(server->loop, handle_timer, remains);
	if (!remains || !remains->timer) {
		free(remains);
		wl_global_destroy(global);
		return;
	}
	remains->global = global;
	remains->display_destroyed.notify = handle_display_destroyed;
	wl_display_add_destroy_listener(server->display, &remains->display_destroyed);
	wl_event_source_timer_update(remains->timer, LINGER_MS);
}

void output_global_destroy(struct lend_output *output)
{
	struct wl_resource *resource, *next;

	if (!output->global)
		return;
	xdg_outputs_retire(output);
	wl_resource_for_each_safe(resource, next, &output->resources)
	{
		wl_list_remove(wl_resource_get_link(resource));
		wl_list_init(wl_resource_get_link(resource));
		wl_resource_set_user_data(resource, NULL);
	}
	wl_global_set_user_data(output->global, NULL);
	wl_global_remove(output->global);
	global_destroy_later(output->server, output->global);
	output->global = NULL;
}
