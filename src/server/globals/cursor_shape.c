/* SPDX-License-Identifier: MIT */
/* wp_cursor_shape: a client says which picture it wants, and the theme has it. There are no
 * tablets: what is asked for them does nothing. */
#include "server/seat/seat.h"

#include "cursor-shape-server-protocol.h"

#ifdef WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_DND_ASK_SINCE_VERSION
#define VERSION 2
#else
#define VERSION 1
#endif

/* The shapes that version 1 has; version 2 adds two. */
#define SHAPES_V1 34

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void remove_from_list(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

/* ---- a pointer's ----------------------------------------------------------------------------- */

static void handle_set_shape(struct wl_client *client, struct wl_resource *resource,
			     uint32_t serial, uint32_t shape)
{
	struct seat *seat = wl_resource_get_user_data(resource);
	uint32_t most = wl_resource_get_version(resource) >= 2 ? CURSOR_SHAPES : SHAPES_V1;

	if (shape < 1 || shape > most) {
		wl_resource_post_error(resource, WP_CURSOR_SHAPE_DEVICE_V1_ERROR_INVALID_SHAPE,
				       "wp_cursor_shape_device_v1.set_shape: %u is no shape: they "
				       "are 1 to %u",
				       shape, most);
		return;
	}
	if (seat)
		cursor_set_shape(seat, client, serial, shape);
}

static const struct wp_cursor_shape_device_v1_interface device_requests = {
	.destroy = handle_destroy_request,
	.set_shape = handle_set_shape,
};

static void create_device(struct wl_resource *manager, uint32_t id, struct seat *seat)
{
	struct wl_client *client = wl_resource_get_client(manager);
	struct wl_resource *resource = wl_resource_create(
		client, &wp_cursor_shape_device_v1_interface, wl_resource_get_version(manager), id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &device_requests, seat, remove_from_list);
	wl_list_init(wl_resource_get_link(resource));
	if (seat)
		seat_add_object(&seat->pointer.shapes, resource);
}

/* ---- the manager ----------------------------------------------------------------------------- */

static void handle_get_pointer(struct wl_client *client, struct wl_resource *manager, uint32_t id,
			       struct wl_resource *pointer)
{
	create_device(manager, id, wl_resource_get_user_data(pointer));
}

static void handle_get_tool(struct wl_client *client, struct wl_resource *manager, uint32_t id,
			    struct wl_resource *tool)
{
	create_device(manager, id, NULL);
}

static const struct wp_cursor_shape_manager_v1_interface manager_requests = {
	.destroy = handle_destroy_request,
	.get_pointer = handle_get_pointer,
	.get_tablet_tool_v2 = handle_get_tool,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wp_cursor_shape_manager_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_requests, data, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wp_cursor_shape_manager_v1_interface, VERSION,
				server, bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_cursor_shape = {"wp_cursor_shape_manager_v1", create};
