/* SPDX-License-Identifier: MIT */
/*
 * fractional-scale, and what wl_surface says of scales itself: how surfaces are best drawn for the
 * output that they are on, or will be.
 */
#include "server/server.h"

#include <stdlib.h>
#include <wayland-server.h>

#include "fractional-scale-server-protocol.h"

#define VERSION 1

uint32_t output_whole_scale(const struct lend_output *output)
{
	return (output->scale + LEND_SCALE_ONE - 1) / LEND_SCALE_ONE;
}

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* ---- telling -------------------------------------------------------------------------------- */

/* The output that shows it, or is to. */
static const struct lend_output *find_output(struct surface *surface)
{
	const struct lend_server *server = surface->server;
	const struct lend_view *view = view_from_surface(surface);
	const struct lend_output *first;

	if (surface->output)
		return surface->output;
	if (view && view->output)
		return view->output;
	if (wl_list_empty(&server->outputs))
		return NULL;
	return wl_container_of(server->outputs.next, first, link);
}

static void send_whole(const struct surface *surface, const struct lend_output *output)
{
#ifdef WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION
	if (wl_resource_get_version(surface->resource) <
	    WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION)
		return;
	wl_surface_send_preferred_buffer_scale(surface->resource,
					       (int32_t)output_whole_scale(output));
	wl_surface_send_preferred_buffer_transform(surface->resource, output->transform);
#endif
}

void surface_send_scale(struct surface *surface, const struct lend_output *output)
{
	if (surface->scale_told == output->scale && surface->transform_told == output->transform)
		return;
	if (surface->scale_told != output->scale && surface->fractional_scale)
		wp_fractional_scale_v1_send_preferred_scale(surface->fractional_scale,
							    output->scale);
	surface->scale_told = output->scale;
	surface->transform_told = output->transform;
	send_whole(surface, output);
}

void surfaces_send_scale(const struct lend_output *output)
{
	struct surface *surface;

	wl_list_for_each (surface, &output->server->surfaces, link) {
		if (surface->outputs_entered & (1u << output->index))
			surface_send_scale(surface, output);
	}
}

/* ---- objects -------------------------------------------------------------------------------- */

static const struct wp_fractional_scale_v1_interface scale_interface = {
	.destroy = handle_destroy_request,
};

struct fractional_scale {
	struct surface *surface; /* NULL once it is gone */
	struct wl_listener surface_destroyed;
};

static void let_go(struct fractional_scale *scale)
{
	if (!scale->surface)
		return;
	wl_list_remove(&scale->surface_destroyed.link);
	scale->surface->fractional_scale = NULL;
	scale->surface = NULL;
}

static void handle_surface_destroyed(struct wl_listener *listener, void *data)
{
	struct fractional_scale *scale = wl_container_of(listener, scale, surface_destroyed);

	let_go(scale);
}

static void handle_destroy(struct wl_resource *resource)
{
	struct fractional_scale *scale = wl_resource_get_user_data(resource);

	let_go(scale);
	free(scale);
}

static void handle_get(struct wl_client *client, struct wl_resource *manager, uint32_t id,
		       struct wl_resource *surface_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);

	if (surface->fractional_scale) {
		wl_resource_post_error(manager,
				       WP_FRACTIONAL_SCALE_MANAGER_V1_ERROR_FRACTIONAL_SCALE_EXISTS,
				       "get_fractional_scale: wl_surface@%u has one already",
				       wl_resource_get_id(surface_resource));
		return;
	}
	struct fractional_scale *scale = calloc(1, sizeof(*scale));
	struct wl_resource *resource =
		scale ? wl_resource_create(client, &wp_fractional_scale_v1_interface,
					   wl_resource_get_version(manager), id)
		      : NULL;
	if (!resource) {
		free(scale);
		wl_client_post_no_memory(client);
		return;
	}
	scale->surface = surface;
	scale->surface_destroyed.notify = handle_surface_destroyed;
	wl_signal_add(&surface->destroyed, &scale->surface_destroyed);
	wl_resource_set_implementation(resource, &scale_interface, scale, handle_destroy);
	surface->fractional_scale = resource;
	surface->scale_told = 0;
	const struct lend_output *output = find_output(surface);
	if (output)
		surface_send_scale(surface, output);
}

static const struct wp_fractional_scale_manager_v1_interface manager_interface = {
	.destroy = handle_destroy_request,
	.get_fractional_scale = handle_get,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &wp_fractional_scale_manager_v1_interface, (int)version, id);

	if (resource)
		wl_resource_set_implementation(resource, &manager_interface, data, NULL);
	else
		wl_client_post_no_memory(client);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wp_fractional_scale_manager_v1_interface, VERSION,
				server, bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_fractional_scale = {
	.name = "wp_fractional_scale_manager_v1",
	.create = create,
};
