/* SPDX-License-Identifier: MIT */
/* wl_seat. There are no input devices: clients expect the global, find no capability and go on. */
#include "server/server.h"

#include <wayland-server.h>

#define VERSION 8

static void post_missing(struct wl_resource *resource, const char *request, const char *device)
{
	wl_resource_post_error(resource, WL_SEAT_ERROR_MISSING_CAPABILITY,
			       "wl_seat.%s: the seat has no %s; its capabilities are 0", request,
			       device);
}

static void handle_get_pointer(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	post_missing(resource, "get_pointer", "pointer");
}

static void handle_get_keyboard(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	post_missing(resource, "get_keyboard", "keyboard");
}

static void handle_get_touch(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	post_missing(resource, "get_touch", "touch device");
}

static void handle_release(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_seat_interface seat_interface = {
	.get_pointer = handle_get_pointer,
	.get_keyboard = handle_get_keyboard,
	.get_touch = handle_get_touch,
	.release = handle_release,
};

static void bind_seat(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wl_seat_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &seat_interface, data, NULL);
	if (version >= WL_SEAT_NAME_SINCE_VERSION)
		wl_seat_send_name(resource, "seat0");
	wl_seat_send_capabilities(resource, 0);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wl_seat_interface, VERSION, server, bind_seat)
		       ? 0
		       : -ENOMEM;
}

const struct global global_seat = {"wl_seat", create};
