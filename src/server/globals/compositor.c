/* SPDX-License-Identifier: MIT */
/* wl_compositor, wl_region and the requests of wl_surface. */
#include "server/server.h"

#include <stdlib.h>
#include <wayland-server.h>

/* What surfaces are to be drawn for is told from version 6 on, if the library knows of it. */
#ifdef WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION
#define VERSION 6
#else
#define VERSION 5
#endif

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* ---- wl_region ------------------------------------------------------------------------------ */

struct region {
	pixman_region32_t rects;
	bool inexact; /* its extents, since it had more rectangles than are kept */
};

static void region_handle_add(struct wl_client *client, struct wl_resource *resource, int32_t x,
			      int32_t y, int32_t width, int32_t height)
{
	struct region *region = wl_resource_get_user_data(resource);

	region->inexact |= region_add(&region->rects, x, y, width, height);
}

static void region_handle_subtract(struct wl_client *client, struct wl_resource *resource,
				   int32_t x, int32_t y, int32_t width, int32_t height)
{
	struct region *region = wl_resource_get_user_data(resource);
	pixman_region32_t hole;

	pixman_region32_init(&hole);
	region_add(&hole, x, y, width, height);
	pixman_region32_subtract(&region->rects, &region->rects, &hole);
	pixman_region32_fini(&hole);
	region->inexact |= region_bound(&region->rects);
}

static const struct wl_region_interface region_interface = {
	.destroy = handle_destroy_request,
	.add = region_handle_add,
	.subtract = region_handle_subtract,
};

static void region_handle_destroy(struct wl_resource *resource)
{
	struct region *region = wl_resource_get_user_data(resource);

	pixman_region32_fini(&region->rects);
	free(region);
}

static struct region *get_region(struct wl_resource *resource)
{
	return resource ? wl_resource_get_user_data(resource) : NULL;
}

const pixman_region32_t *region_from_resource(struct wl_resource *resource)
{
	return &get_region(resource)->rects;
}

/* ---- wl_surface ----------------------------------------------------------------------------- */

static void surface_handle_attach(struct wl_client *client, struct wl_resource *resource,
				  struct wl_resource *buffer_resource, int32_t x, int32_t y)
{
	struct surface *surface = surface_from_resource(resource);
	struct surface_state *pending = &surface->pending;
	struct buffer *buffer = buffer_from_resource(buffer_resource);

	if (wl_resource_get_version(resource) >= WL_SURFACE_OFFSET_SINCE_VERSION && (x || y)) {
		wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_OFFSET,
				       "wl_surface.attach: offset %d,%d: from version 5 on it must "
				       "be 0,0; use wl_surface.offset",
				       x, y);
		return;
	}
	if (!xdg_surface_check_attach(surface, buffer))
		return;
	pending->offset_x = x;
	pending->offset_y = y;
	if (buffer)
		buffer_lock(buffer);
	buffer_unlock(pending->buffer);
	pending->buffer = buffer;
	pending->set |= SURFACE_BUFFER;
}

static void surface_handle_damage(struct wl_client *client, struct wl_resource *resource, int32_t x,
				  int32_t y, int32_t width, int32_t height)
{
	region_add(&surface_from_resource(resource)->pending.surface_damage, x, y, width, height);
}

static void surface_handle_damage_buffer(struct wl_client *client, struct wl_resource *resource,
					 int32_t x, int32_t y, int32_t width, int32_t height)
{
	region_add(&surface_from_resource(resource)->pending.buffer_damage, x, y, width, height);
}

static void callback_handle_destroy(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static void surface_handle_frame(struct wl_client *client, struct wl_resource *resource,
				 uint32_t id)
{
	struct surface *surface = surface_from_resource(resource);
	struct wl_resource *callback = wl_resource_create(client, &wl_callback_interface, 1, id);

	if (!callback) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(callback, NULL, NULL, callback_handle_destroy);
	wl_list_insert(surface->pending.frames.prev, wl_resource_get_link(callback));
}

static void surface_handle_set_opaque_region(struct wl_client *client, struct wl_resource *resource,
					     struct wl_resource *region_resource)
{
	struct surface_state *pending = &surface_from_resource(resource)->pending;
	struct region *region = get_region(region_resource);

	/* It may be left out, which costs time, but what is not opaque must not seem so. */
	if (region && !region->inexact)
		pixman_region32_copy(&pending->opaque, &region->rects);
	else
		pixman_region32_clear(&pending->opaque);
	pending->set |= SURFACE_OPAQUE;
}

static void surface_handle_set_input_region(struct wl_client *client, struct wl_resource *resource,
					    struct wl_resource *region_resource)
{
	struct surface_state *pending = &surface_from_resource(resource)->pending;
	struct region *region = get_region(region_resource);

	if (region)
		pixman_region32_copy(&pending->input, &region->rects);
	pending->input_infinite = !region;
	pending->set |= SURFACE_INPUT;
}

static void surface_handle_commit(struct wl_client *client, struct wl_resource *resource)
{
	surface_commit(surface_from_resource(resource));
}

static void surface_handle_set_buffer_transform(struct wl_client *client,
						struct wl_resource *resource, int32_t transform)
{
	struct surface_state *pending = &surface_from_resource(resource)->pending;

	if (transform < 0 || transform > WL_OUTPUT_TRANSFORM_FLIPPED_270) {
		wl_resource_post_error(
			resource, WL_SURFACE_ERROR_INVALID_TRANSFORM,
			"wl_surface.set_buffer_transform: %d is not one of the eight "
			"transforms of wl_output",
			transform);
		return;
	}
	pending->transform = transform;
	pending->set |= SURFACE_TRANSFORM;
}

static void surface_handle_set_buffer_scale(struct wl_client *client, struct wl_resource *resource,
					    int32_t scale)
{
	struct surface_state *pending = &surface_from_resource(resource)->pending;

	if (scale < 1) {
		wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_SCALE,
				       "wl_surface.set_buffer_scale: %d is less than 1", scale);
		return;
	}
	pending->scale = scale;
	pending->set |= SURFACE_SCALE;
}

/* The layout says where a window is; what follows the pointer can be moved. */
static void surface_handle_offset(struct wl_client *client, struct wl_resource *resource, int32_t x,
				  int32_t y)
{
	struct surface_state *pending = &surface_from_resource(resource)->pending;

	pending->offset_x = x;
	pending->offset_y = y;
}

static const struct wl_surface_interface surface_interface = {
	.destroy = handle_destroy_request,
	.attach = surface_handle_attach,
	.damage = surface_handle_damage,
	.frame = surface_handle_frame,
	.set_opaque_region = surface_handle_set_opaque_region,
	.set_input_region = surface_handle_set_input_region,
	.commit = surface_handle_commit,
	.set_buffer_transform = surface_handle_set_buffer_transform,
	.set_buffer_scale = surface_handle_set_buffer_scale,
	.damage_buffer = surface_handle_damage_buffer,
	.offset = surface_handle_offset,
};

const void *const surface_implementation = &surface_interface;

/* ---- wl_compositor -------------------------------------------------------------------------- */

static void compositor_handle_create_surface(struct wl_client *wl_client,
					     struct wl_resource *resource, uint32_t id)
{
	surface_create(client_get(wl_client), (uint32_t)wl_resource_get_version(resource), id);
}

static void compositor_handle_create_region(struct wl_client *client, struct wl_resource *resource,
					    uint32_t id)
{
	struct region *region = calloc(1, sizeof(*region));
	struct wl_resource *region_resource =
		region ? wl_resource_create(client, &wl_region_interface, 1, id) : NULL;

	if (!region_resource) {
		free(region);
		wl_client_post_no_memory(client);
		return;
	}
	pixman_region32_init(&region->rects);
	wl_resource_set_implementation(region_resource, &region_interface, region,
				       region_handle_destroy);
}

static const struct wl_compositor_interface compositor_interface = {
	.create_surface = compositor_handle_create_surface,
	.create_region = compositor_handle_create_region,
};

static void bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wl_compositor_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &compositor_interface, data, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wl_compositor_interface, VERSION, server, bind)
		       ? 0
		       : -ENOMEM;
}

const struct global global_compositor = {.name = "wl_compositor", .create = create};
