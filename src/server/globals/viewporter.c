/* SPDX-License-Identifier: MIT */
/* wp_viewporter: crops and scales a surface. surface.c does it; here it is asked for and checked.
 */
#include "server/server.h"

#include <stdlib.h>

#include "viewporter-server-protocol.h"

#define VERSION 1

struct viewport {
	struct wl_resource *resource;
	struct surface *surface;
	struct wl_listener surface_destroyed;
};

/* Leaves the resource without a viewport: from now on, requests other than destroy are errors. */
static void viewport_destroy(struct viewport *viewport)
{
	wl_list_remove(&viewport->surface_destroyed.link);
	viewport->surface->viewport = NULL;
	wl_resource_set_user_data(viewport->resource, NULL);
	free(viewport);
}

static void handle_surface_destroyed(struct wl_listener *listener, void *data)
{
	struct viewport *viewport = wl_container_of(listener, viewport, surface_destroyed);

	viewport_destroy(viewport);
}

/* The state that requests change, or NULL after posting an error. */
static struct surface_state *pending_state(struct wl_resource *resource, const char *request)
{
	const struct viewport *viewport = wl_resource_get_user_data(resource);

	if (!viewport) {
		wl_resource_post_error(resource, WP_VIEWPORT_ERROR_NO_SURFACE,
				       "wp_viewport.%s: the wl_surface was destroyed", request);
		return NULL;
	}
	return &viewport->surface->pending;
}

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void handle_set_source(struct wl_client *client, struct wl_resource *resource, wl_fixed_t x,
			      wl_fixed_t y, wl_fixed_t width, wl_fixed_t height)
{
	const wl_fixed_t unset = wl_fixed_from_int(-1);
	struct surface_state *pending = pending_state(resource, "set_source");

	if (!pending)
		return;
	bool set = x != unset || y != unset || width != unset || height != unset;
	if (set && (x < 0 || y < 0 || width <= 0 || height <= 0)) {
		wl_resource_post_error(
			resource, WP_VIEWPORT_ERROR_BAD_VALUE,
			"wp_viewport.set_source: %gx%g at %g,%g: the position must "
			"not be negative, the size must be positive, or all of them -1",
			wl_fixed_to_double(width), wl_fixed_to_double(height),
			wl_fixed_to_double(x), wl_fixed_to_double(y));
		return;
	}
	pending->source_set = set;
	pending->source_x = wl_fixed_to_double(x);
	pending->source_y = wl_fixed_to_double(y);
	pending->source_width = wl_fixed_to_double(width);
	pending->source_height = wl_fixed_to_double(height);
	pending->set |= SURFACE_VIEWPORT;
}

static void handle_set_destination(struct wl_client *client, struct wl_resource *resource,
				   int32_t width, int32_t height)
{
	struct surface_state *pending = pending_state(resource, "set_destination");

	if (!pending)
		return;
	bool set = width != -1 || height != -1;
	if (set && (width <= 0 || height <= 0)) {
		wl_resource_post_error(resource, WP_VIEWPORT_ERROR_BAD_VALUE,
				       "wp_viewport.set_destination: %dx%d: both must be positive, "
				       "or both -1",
				       width, height);
		return;
	}
	pending->destination_set = set;
	pending->destination_width = width;
	pending->destination_height = height;
	pending->set |= SURFACE_VIEWPORT;
}

static const struct wp_viewport_interface viewport_interface = {
	.destroy = handle_destroy_request,
	.set_source = handle_set_source,
	.set_destination = handle_set_destination,
};

static void handle_destroy(struct wl_resource *resource)
{
	struct viewport *viewport = wl_resource_get_user_data(resource);

	if (!viewport)
		return;
	struct surface_state *pending = &viewport->surface->pending;
	pending->source_set = pending->destination_set = false;
	pending->set |= SURFACE_VIEWPORT;
	viewport_destroy(viewport);
}

static bool is_whole(double number)
{
	return wl_fixed_from_double(number) % wl_fixed_from_int(1) == 0;
}

bool viewport_check(struct surface *surface, const struct surface_state *pending)
{
	const struct buffer *buffer = surface_buffer_to_come(surface);

	if (!surface->viewport || !pending->source_set)
		return true;
	if (!pending->destination_set &&
	    !(is_whole(pending->source_width) && is_whole(pending->source_height))) {
		wl_resource_post_error(surface->viewport, WP_VIEWPORT_ERROR_BAD_SIZE,
				       "wl_surface.commit: the viewport's source is %gx%g: without "
				       "a destination size it must be whole numbers",
				       pending->source_width, pending->source_height);
		return false;
	}
	if (!buffer)
		return true;
	/* Odd transforms turn it by 90 degrees. */
	bool turned = pending->transform & 1;
	double width = (double)(turned ? buffer->height : buffer->width) / pending->scale;
	double height = (double)(turned ? buffer->width : buffer->height) / pending->scale;
	if (pending->source_x + pending->source_width <= width &&
	    pending->source_y + pending->source_height <= height)
		return true;
	wl_resource_post_error(
		surface->viewport, WP_VIEWPORT_ERROR_OUT_OF_BUFFER,
		"wl_surface.commit: the viewport's source %gx%g at %g,%g exceeds the "
		"buffer, which is %gx%g after scale and transform",
		pending->source_width, pending->source_height, pending->source_x, pending->source_y,
		width, height);
	return false;
}

/* ---- wp_viewporter -------------------------------------------------------------------------- */

static void handle_get_viewport(struct wl_client *client, struct wl_resource *resource, uint32_t id,
				struct wl_resource *surface_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);

	if (surface->viewport) {
		wl_resource_post_error(resource, WP_VIEWPORTER_ERROR_VIEWPORT_EXISTS,
				       "wp_viewporter.get_viewport: wl_surface@%u has one already",
				       wl_resource_get_id(surface_resource));
		return;
	}
	struct viewport *viewport = calloc(1, sizeof(*viewport));
	struct wl_resource *created =
		viewport ? wl_resource_create(client, &wp_viewport_interface,
					      wl_resource_get_version(resource), id)
			 : NULL;
	if (!created) {
		free(viewport);
		wl_client_post_no_memory(client);
		return;
	}
	viewport->resource = surface->viewport = created;
	viewport->surface = surface;
	viewport->surface_destroyed.notify = handle_surface_destroyed;
	wl_signal_add(&surface->destroyed, &viewport->surface_destroyed);
	wl_resource_set_implementation(created, &viewport_interface, viewport, handle_destroy);
}

static const struct wp_viewporter_interface viewporter_interface = {
	.destroy = handle_destroy_request,
	.get_viewport = handle_get_viewport,
};

static void bind_viewporter(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wp_viewporter_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &viewporter_interface, data, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wp_viewporter_interface, VERSION, server,
				bind_viewporter)
		       ? 0
		       : -ENOMEM;
}

const struct global global_viewporter = {"wp_viewporter", create};
