/* SPDX-License-Identifier: MIT */
/* zwp_relative_pointer: by how much the pointer moves, wherever it can go. */
#include "server/seat/seat.h"

#include "relative-pointer-server-protocol.h"

#define VERSION 1

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void remove_from_list(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

void relative_send(struct seat *seat, uint64_t time_us, const struct motion *motion)
{
	struct pointer *pointer = &seat->pointer;
	struct wl_resource *resource = NULL;

	while ((resource =
			seat_next_object(&pointer->relatives, resource, pointer->focus.surface))) {
		zwp_relative_pointer_v1_send_relative_motion(
			resource, (uint32_t)(time_us >> 32), (uint32_t)time_us,
			wl_fixed_from_double(motion->dx), wl_fixed_from_double(motion->dy),
			wl_fixed_from_double(motion->raw_dx), wl_fixed_from_double(motion->raw_dy));
		pointer->frame_due = true;
	}
}

static const struct zwp_relative_pointer_v1_interface relative_requests = {
	.destroy = handle_destroy_request,
};

static void handle_get(struct wl_client *client, struct wl_resource *manager, uint32_t id,
		       struct wl_resource *pointer)
{
	struct seat *seat = wl_resource_get_user_data(pointer);

	if (seat && !seat_check_room(client, &seat->pointer.relatives,
				     "zwp_relative_pointer_manager_v1.get_relative_pointer"))
		return;
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_relative_pointer_v1_interface, wl_resource_get_version(manager), id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &relative_requests, seat, remove_from_list);
	wl_list_init(wl_resource_get_link(resource));
	if (seat)
		seat_add_object(&seat->pointer.relatives, resource);
}

static const struct zwp_relative_pointer_manager_v1_interface manager_requests = {
	.destroy = handle_destroy_request,
	.get_relative_pointer = handle_get,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_relative_pointer_manager_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_requests, data, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &zwp_relative_pointer_manager_v1_interface,
				VERSION, server, bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_relative_pointer = {"zwp_relative_pointer_manager_v1", create};
