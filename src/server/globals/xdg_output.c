/* SPDX-License-Identifier: MIT */
/* xdg-output: which part of the space that outputs share an output shows. */
#include "server/server.h"

#include <wayland-server.h>

#include "xdg-output-server-protocol.h"

#define VERSION 3
/* From this version on there is no done event but the wl_output's. */
#define DONE_TOGETHER 3

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct zxdg_output_v1_interface output_interface = {.destroy = handle_destroy_request};

static void send_state(struct wl_resource *resource, const struct lend_output *output)
{
	zxdg_output_v1_send_logical_position(resource, output->x, output->y);
	zxdg_output_v1_send_logical_size(resource, output->logical_width, output->logical_height);
}

static void send_done(struct wl_resource *resource)
{
	if (wl_resource_get_version(resource) < DONE_TOGETHER)
		zxdg_output_v1_send_done(resource);
}

void xdg_outputs_send_state(struct lend_output *output)
{
	struct wl_resource *resource;

	wl_resource_for_each(resource, &output->xdg_outputs)
	{
		send_state(resource, output);
		send_done(resource);
	}
}

static void send_description(struct wl_resource *resource, const struct lend_output *output)
{
	send_state(resource, output);
	if (wl_resource_get_version(resource) >= ZXDG_OUTPUT_V1_NAME_SINCE_VERSION)
		zxdg_output_v1_send_name(resource, output->name);
	if (wl_resource_get_version(resource) >= ZXDG_OUTPUT_V1_DESCRIPTION_SINCE_VERSION)
		zxdg_output_v1_send_description(resource, output->description);
	send_done(resource);
}

static void remove_from_list(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

/* It does nothing from now on, and neither do those of an output that was gone before. */
void xdg_outputs_retire(struct lend_output *output)
{
	struct wl_resource *resource, *next;

	wl_resource_for_each_safe(resource, next, &output->xdg_outputs)
	{
		wl_list_remove(wl_resource_get_link(resource));
		wl_list_init(wl_resource_get_link(resource));
	}
}

static void handle_get_output(struct wl_client *client, struct wl_resource *manager, uint32_t id,
			      struct wl_resource *output_resource)
{
	struct lend_output *output = output_from_resource(output_resource);
	struct wl_resource *resource = wl_resource_create(client, &zxdg_output_v1_interface,
							  wl_resource_get_version(manager), id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &output_interface, NULL, remove_from_list);
	wl_list_init(wl_resource_get_link(resource));
	if (!output)
		return;
	wl_list_insert(output->xdg_outputs.prev, wl_resource_get_link(resource));
	send_description(resource, output);
	if (wl_resource_get_version(resource) >= DONE_TOGETHER &&
	    wl_resource_get_version(output_resource) >= WL_OUTPUT_DONE_SINCE_VERSION)
		wl_output_send_done(output_resource);
}

static const struct zxdg_output_manager_v1_interface manager_interface = {
	.destroy = handle_destroy_request,
	.get_xdg_output = handle_get_output,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &zxdg_output_manager_v1_interface, (int)version, id);

	if (resource)
		wl_resource_set_implementation(resource, &manager_interface, data, NULL);
	else
		wl_client_post_no_memory(client);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &zxdg_output_manager_v1_interface, VERSION, server,
				bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_xdg_output = {.name = "zxdg_output_manager_v1", .create = create};
