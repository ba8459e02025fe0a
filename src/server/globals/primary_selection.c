/* SPDX-License-Identifier: MIT */
/* zwp_primary_selection: what was marked last, pasted with the middle button. */
#include "selection.h"

#include "primary-selection-server-protocol.h"

#define VERSION 1

static const struct zwp_primary_selection_offer_v1_interface offer_requests = {
	.receive = offer_receive,
	.destroy = selection_destroy_request,
};

static const struct zwp_primary_selection_source_v1_interface source_requests = {
	.offer = source_add_type,
	.destroy = selection_destroy_request,
};

const struct selection_kind primary_kind = {
	.source = &zwp_primary_selection_source_v1_interface,
	.offer = &zwp_primary_selection_offer_v1_interface,
	.source_requests = &source_requests,
	.offer_requests = &offer_requests,
	.send_offer = zwp_primary_selection_device_v1_send_data_offer,
	.send_type = zwp_primary_selection_offer_v1_send_offer,
	.send_selection = zwp_primary_selection_device_v1_send_selection,
	.send_send = zwp_primary_selection_source_v1_send_send,
	.send_cancelled = zwp_primary_selection_source_v1_send_cancelled,
};

static void handle_set_selection(struct wl_client *client, struct wl_resource *device,
				 struct wl_resource *source, uint32_t serial)
{
	selection_set(wl_resource_get_user_data(device), client,
		      source ? wl_resource_get_user_data(source) : NULL, serial);
}

static const struct zwp_primary_selection_device_v1_interface device_requests = {
	.set_selection = handle_set_selection,
	.destroy = selection_destroy_request,
};

static void handle_create_source(struct wl_client *client, struct wl_resource *manager, uint32_t id)
{
	source_create(manager, id, wl_resource_get_user_data(manager));
}

static void handle_get_device(struct wl_client *client, struct wl_resource *manager, uint32_t id,
			      struct wl_resource *wl_seat)
{
	selection_add_device(wl_resource_get_user_data(manager), manager, id,
			     &zwp_primary_selection_device_v1_interface, &device_requests);
}

static const struct zwp_primary_selection_device_manager_v1_interface manager_requests = {
	.create_source = handle_create_source,
	.get_device = handle_get_device,
	.destroy = selection_destroy_request,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct lend_server *server = data;
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_primary_selection_device_manager_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_requests, &server->seat->primary, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &zwp_primary_selection_device_manager_v1_interface,
				VERSION, server, bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_primary_selection = {"zwp_primary_selection_device_manager_v1", create};
