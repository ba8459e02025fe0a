/* SPDX-License-Identifier: MIT */
/* Tells the privileged who shows what, on which path, at what cost. */
#include "server/server.h"

#include "framelend-v1-server-protocol.h"
#include <wayland-server-protocol.h>

static uint32_t high(uint64_t value)
{
	return (uint32_t)(value >> 32);
}

static uint32_t low(uint64_t value)
{
	return (uint32_t)value;
}

static void send_output(struct wl_resource *resource, const struct lend_output *output)
{
	const struct lend_output_counters *stats = &output->stats;

	framelend_monitor_v1_send_output(
		resource, output->name, (uint32_t)output->width, (uint32_t)output->height,
		output->refresh, output->layout == LEND_LAYOUT_TILE ? "tile" : "full",
		high(stats->frames), low(stats->frames), high(stats->scanout), low(stats->scanout),
		high(stats->copied), low(stats->copied));
}

static const char *surface_title(const struct surface *surface)
{
	const struct lend_view *view;

	wl_list_for_each (view, &surface->server->views, link) {
		if (view->surface == surface)
			return view->title ? view->title : "";
	}
	return "";
}

/* Where it was put on its output; 0, 0 if it is not there. */
static void surface_position(const struct surface *surface, int32_t *x, int32_t *y)
{
	const struct lend_output *output = surface->output;

	*x = *y = 0;
	for (size_t i = 0; output && i < output->n_nodes; i++) {
		if (output->nodes[i].surface != surface)
			continue;
		*x = output->nodes[i].x;
		*y = output->nodes[i].y;
		return;
	}
}

struct count {
	uint32_t surface_id, n;
};

static enum wl_iterator_result count_unreleased(struct wl_resource *resource, void *data)
{
	struct count *count = data;

	if (wl_resource_instance_of(resource, &wl_buffer_interface, &buffer_interface)) {
		const struct buffer *buffer = buffer_from_resource(resource);
		count->n += buffer->committed && buffer->committed_by == count->surface_id;
	}
	return WL_ITERATOR_CONTINUE;
}

uint32_t surface_unreleased(const struct surface *surface)
{
	struct count count = {.surface_id = surface->id};

	if (surface->client->wl_client)
		wl_client_for_each_resource(surface->client->wl_client, count_unreleased, &count);
	return count.n;
}

static void send_surface(struct wl_resource *resource, const struct surface *surface)
{
	const struct buffer *buffer = surface->current.buffer;
	int32_t x, y;

	surface_position(surface, &x, &y);
	framelend_monitor_v1_send_surface(
		resource, surface->id, surface->role->name, surface_title(surface),
		surface->output ? surface->output->name : "", x, y, (uint32_t)surface->width,
		(uint32_t)surface->height, buffer->format, surface->path.kind, surface->reason,
		buffer->kind, buffer->caching, buffer->lent);
	framelend_monitor_v1_send_counters(resource, high(surface->frames), low(surface->frames),
					   high(surface->commits), low(surface->commits),
					   high(surface->copied), low(surface->copied),
					   surface_unreleased(surface));
}

static void send_client(struct wl_resource *resource, const struct client *client)
{
	const struct surface *surface;

	framelend_monitor_v1_send_client(resource, (uint32_t)client->peer.pid, client->peer.uid,
					 client->program, high(client->bytes), low(client->bytes),
					 client->buffers, client->fds, client->surfaces);
	wl_list_for_each (surface, &client->server->surfaces, link) {
		if (surface->client == client && surface->role && surface_has_buffer(surface))
			send_surface(resource, surface);
	}
}

static void handle_destroy(struct wl_client *wl_client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void handle_update(struct wl_client *wl_client, struct wl_resource *resource)
{
	struct lend_server *server = wl_resource_get_user_data(resource);
	const struct lend_output *output;
	const struct client *client;
	struct timespec now;

	if (!server) /* it has failed */
		return;
	wl_list_for_each (output, &server->outputs, link)
		send_output(resource, output);
	wl_list_for_each (client, &server->clients, link)
		send_client(resource, client);
	clock_gettime(CLOCK_MONOTONIC, &now);
	framelend_monitor_v1_send_done(resource, high((uint64_t)now.tv_sec),
				       low((uint64_t)now.tv_sec), (uint32_t)now.tv_nsec);
}

static const struct framelend_monitor_v1_interface implementation = {
	.destroy = handle_destroy,
	.update = handle_update,
};

void monitor_create(struct client *client, uint32_t version, uint32_t id)
{
	bool privileged = client_is_privileged(client);
	struct wl_resource *resource = wl_resource_create(
		client->wl_client, &framelend_monitor_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client->wl_client);
		return;
	}
	wl_resource_set_implementation(resource, &implementation,
				       privileged ? client->server : NULL, NULL);
	if (!privileged)
		framelend_monitor_v1_send_failed(resource, EACCES,
						 "this client may not monitor: it needs the "
						 "server's user id or the server's permission");
}
