/* SPDX-License-Identifier: MIT */
/* wp_single_pixel_buffer: a colour, to be made large by a viewport. The pixel is in the server's
 * own memory: there is no file, nothing to map, and nothing that a display could read. */
#include "server/server.h"

#include <stdlib.h>
#include <wayland-server.h>

#include "single-pixel-buffer-server-protocol.h"

#define VERSION 1

static int open_pixel(struct buffer *buffer)
{
	return 0;
}

static void destroy_pixel(struct buffer *buffer) {}

static const struct buffer_source pixel_source = {.open = open_pixel, .destroy = destroy_pixel};

static uint32_t to_eight_bits(uint32_t value)
{
	return (uint32_t)(((uint64_t)value * 255 + UINT32_MAX / 2) / UINT32_MAX);
}

/* As memory that may not be mapped and was read already. */
static bool fill(struct buffer *buffer, uint32_t pixel)
{
	buffer->width = buffer->height = 1;
	buffer->stride = sizeof(pixel);
	buffer->format = pixel >> 24 == 0xff ? LEND_FORMAT_XRGB8888 : LEND_FORMAT_ARGB8888;
	buffer->kind = LEND_MEMORY_SHM;
	buffer->staged = true;
	buffer->staging = malloc(sizeof(pixel));
	if (!buffer->staging)
		return false;
	memcpy(buffer->staging, &pixel, sizeof(pixel));
	buffer->image = pixman_image_create_bits_no_clear(format_to_pixman(buffer->format), 1, 1,
							  buffer->staging, sizeof(pixel));
	return buffer->image != NULL;
}

static void handle_create(struct wl_client *wl_client, struct wl_resource *manager, uint32_t id,
			  uint32_t r, uint32_t g, uint32_t b, uint32_t a)
{
	struct client *client = client_get(wl_client);
	const struct charge charge = {.buffers = 1};
	uint32_t pixel = to_eight_bits(a) << 24 | to_eight_bits(r) << 16 | to_eight_bits(g) << 8 |
			 to_eight_bits(b);

	if (quota_charge(client, &charge) < 0) {
		client_post_no_memory(client, "create_u32_rgba_buffer");
		return;
	}
	struct buffer *buffer = buffer_create(client, &pixel_source, NULL, &charge);
	struct wl_resource *resource =
		buffer && fill(buffer, pixel)
			? wl_resource_create(wl_client, &wl_buffer_interface, 1, id)
			: NULL;
	if (resource)
		buffer_set_resource(buffer, resource);
	else if (buffer)
		buffer_drop(buffer);
	if (!resource)
		wl_client_post_no_memory(wl_client);
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wp_single_pixel_buffer_manager_v1_interface manager_requests = {
	.destroy = handle_destroy,
	.create_u32_rgba_buffer = handle_create,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &wp_single_pixel_buffer_manager_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_requests, data, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wp_single_pixel_buffer_manager_v1_interface,
				VERSION, server, bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_single_pixel = {"wp_single_pixel_buffer_manager_v1", create};
