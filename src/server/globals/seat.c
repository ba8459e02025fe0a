/* SPDX-License-Identifier: MIT */
/* wl_seat and the requests of its devices; what they do is in seat/. */
#include "server/seat/virtual.h"

#ifdef WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION
#define VERSION 9
#else
#define VERSION 8
#endif

static void handle_release(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void remove_from_list(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

/* ---- devices -------------------------------------------------------------------------------- */

static void handle_set_cursor(struct wl_client *client, struct wl_resource *resource,
			      uint32_t serial, struct wl_resource *surface, int32_t hot_x,
			      int32_t hot_y)
{
	struct seat *seat = wl_resource_get_user_data(resource);

	if (seat)
		cursor_set(seat, resource, serial, surface_from_resource(surface), hot_x, hot_y);
}

static const struct wl_pointer_interface pointer_interface = {
	.set_cursor = handle_set_cursor,
	.release = handle_release,
};

static const struct wl_keyboard_interface keyboard_interface = {.release = handle_release};

static const struct wl_touch_interface touch_interface = {.release = handle_release};

/* One row for each kind of device. */
static const struct device {
	const struct wl_interface *interface;
	const void *implementation;
	uint32_t capability;
	const char *request, *name;
	void (*add)(struct seat *seat, struct wl_resource *resource);
} devices[] = {
	{&wl_pointer_interface, &pointer_interface, WL_SEAT_CAPABILITY_POINTER,
	 "wl_seat.get_pointer", "pointer", pointer_add},
	{&wl_keyboard_interface, &keyboard_interface, WL_SEAT_CAPABILITY_KEYBOARD,
	 "wl_seat.get_keyboard", "keyboard", keyboard_add},
	{&wl_touch_interface, &touch_interface, WL_SEAT_CAPABILITY_TOUCH, "wl_seat.get_touch",
	 "touch device", touch_add},
};

/* A device that went a moment ago may still be asked for; its object does nothing. */
static void get_device(struct wl_client *client, struct wl_resource *seat_resource, uint32_t id,
		       const struct device *device, struct wl_list *objects)
{
	struct seat *seat = wl_resource_get_user_data(seat_resource);
	bool there = seat_has(seat, device->capability);

	if (!(seat->ever & device->capability)) {
		wl_resource_post_error(seat_resource, WL_SEAT_ERROR_MISSING_CAPABILITY,
				       "%s: the seat has no %s; its capabilities are %u",
				       device->request, device->name, seat->capabilities);
		return;
	}
	if (!seat_check_room(client, objects, device->request))
		return;
	struct wl_resource *resource = wl_resource_create(
		client, device->interface, wl_resource_get_version(seat_resource), id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, device->implementation, there ? seat : NULL,
				       remove_from_list);
	wl_list_init(wl_resource_get_link(resource));
	if (there)
		device->add(seat, resource);
	virtual_flush(seat);
}

static void handle_get_pointer(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct seat *seat = wl_resource_get_user_data(resource);

	get_device(client, resource, id, &devices[0], &seat->pointer.resources);
}

static void handle_get_keyboard(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct seat *seat = wl_resource_get_user_data(resource);

	keyboard_catch_up(seat, client);
	get_device(client, resource, id, &devices[1], &seat->keyboard.resources);
}

static void handle_get_touch(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct seat *seat = wl_resource_get_user_data(resource);

	get_device(client, resource, id, &devices[2], &seat->touch.resources);
}

/* ---- wl_seat -------------------------------------------------------------------------------- */

static const struct wl_seat_interface seat_interface = {
	.get_pointer = handle_get_pointer,
	.get_keyboard = handle_get_keyboard,
	.get_touch = handle_get_touch,
	.release = handle_release,
};

static void bind_seat(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct seat *seat = data;
	struct wl_resource *resource =
		wl_resource_create(client, &wl_seat_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &seat_interface, seat, remove_from_list);
	seat_add_object(&seat->resources, resource);
	if (version >= WL_SEAT_NAME_SINCE_VERSION)
		wl_seat_send_name(resource, "seat0");
	wl_seat_send_capabilities(resource, seat->capabilities);
}

static int create(struct lend_server *server)
{
	server->seat = seat_create(server);
	if (!server->seat)
		return -ENOMEM;
	return wl_global_create(server->display, &wl_seat_interface, VERSION, server->seat,
				bind_seat)
		       ? 0
		       : -ENOMEM;
}

const struct global global_seat = {"wl_seat", create};
