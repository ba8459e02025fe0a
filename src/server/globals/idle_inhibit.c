/* SPDX-License-Identifier: MIT */
/* zwp_idle_inhibit: a surface that wants to be seen though nobody touches anything. */
#include "server/seat/seat.h"

#include <stdlib.h>

#include "idle-inhibit-server-protocol.h"

#define VERSION 1

struct inhibitor {
	struct wl_list link;	 /* idle.inhibitors */
	struct surface *surface; /* NULL: it is gone */
	struct wl_listener surface_destroyed;
};

/* One that nobody sees does not count. */
bool server_is_inhibited(const struct lend_server *server)
{
	const struct inhibitor *inhibitor;

	wl_list_for_each (inhibitor, &server->seat->idle.inhibitors, link) {
		if (inhibitor->surface->output)
			return true;
	}
	return false;
}

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct zwp_idle_inhibitor_v1_interface inhibitor_requests = {
	.destroy = handle_destroy_request,
};

/* What it held up begins anew. */
static void release(struct inhibitor *inhibitor)
{
	struct surface *surface = inhibitor->surface;

	if (!surface)
		return;
	if (surface->output)
		seat_active(surface->server->seat);
	inhibitor->surface = NULL;
	wl_list_remove(&inhibitor->surface_destroyed.link);
	wl_list_remove(&inhibitor->link);
}

static void handle_surface_destroyed(struct wl_listener *listener, void *data)
{
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, surface_destroyed);

	release(inhibitor);
}

static void handle_destroy(struct wl_resource *resource)
{
	struct inhibitor *inhibitor = wl_resource_get_user_data(resource);

	release(inhibitor);
	free(inhibitor);
}

static void handle_create(struct wl_client *client, struct wl_resource *manager, uint32_t id,
			  struct wl_resource *surface_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);
	struct inhibitor *inhibitor = calloc(1, sizeof(*inhibitor));
	struct wl_resource *resource =
		inhibitor ? wl_resource_create(client, &zwp_idle_inhibitor_v1_interface,
					       wl_resource_get_version(manager), id)
			  : NULL;

	if (!resource) {
		free(inhibitor);
		wl_client_post_no_memory(client);
		return;
	}
	inhibitor->surface = surface;
	inhibitor->surface_destroyed.notify = handle_surface_destroyed;
	wl_signal_add(&surface->destroyed, &inhibitor->surface_destroyed);
	wl_list_insert(&surface->server->seat->idle.inhibitors, &inhibitor->link);
	wl_resource_set_implementation(resource, &inhibitor_requests, inhibitor, handle_destroy);
}

static const struct zwp_idle_inhibit_manager_v1_interface manager_requests = {
	.destroy = handle_destroy_request,
	.create_inhibitor = handle_create,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_idle_inhibit_manager_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_requests, data, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &zwp_idle_inhibit_manager_v1_interface, VERSION,
				server, bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_idle_inhibit = {"zwp_idle_inhibit_manager_v1", create};
