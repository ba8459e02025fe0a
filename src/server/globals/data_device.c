/* SPDX-License-Identifier: MIT */
/*
 * wl_data_device: the clipboard. The client with the keyboard's focus may set a selection and is
 * told of it; what is pasted goes from client to client through a pipe that the server only hands
 * over. Dragging is refused at once.
 */
#include "server/seat/seat.h"

#include "buffer/fds.h"

#include <stdlib.h>

#define VERSION	   3
#define TYPES_MAX  128
#define LENGTH_MAX 256

struct source {
	struct wl_resource *resource;
	struct clipboard *clipboard;
	struct wl_list offers; /* resources that offer it */
	char *types[TYPES_MAX];
	size_t n_types;
};

static void handle_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void remove_from_list(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

/* ---- offers: what the focused client sees ---------------------------------------------------- */

static void handle_accept(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
			  const char *type)
{
}

static void handle_receive(struct wl_client *client, struct wl_resource *resource, const char *type,
			   int32_t fd)
{
	struct source *source = wl_resource_get_user_data(resource);

	if (source)
		wl_data_source_send_send(source->resource, type, fd);
	fds_close(&fd, 1);
}

static void handle_finish(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_post_error(resource, WL_DATA_OFFER_ERROR_INVALID_FINISH,
			       "wl_data_offer.finish: this is a selection, nothing was dropped");
}

static void handle_offer_actions(struct wl_client *client, struct wl_resource *resource,
				 uint32_t actions, uint32_t preferred)
{
	wl_resource_post_error(
		resource, WL_DATA_OFFER_ERROR_INVALID_OFFER,
		"wl_data_offer.set_actions: this is a selection, nothing is dragged");
}

static const struct wl_data_offer_interface offer_interface = {
	.accept = handle_accept,
	.receive = handle_receive,
	.destroy = handle_destroy,
	.finish = handle_finish,
	.set_actions = handle_offer_actions,
};

static struct wl_resource *offer_create(struct source *source, struct wl_resource *device)
{
	struct wl_resource *offer =
		wl_resource_create(wl_resource_get_client(device), &wl_data_offer_interface,
				   wl_resource_get_version(device), 0);

	if (!offer) {
		wl_resource_post_no_memory(device);
		return NULL;
	}
	wl_resource_set_implementation(offer, &offer_interface, source, remove_from_list);
	wl_list_insert(&source->offers, wl_resource_get_link(offer));
	wl_data_device_send_data_offer(device, offer);
	for (size_t i = 0; i < source->n_types; i++)
		wl_data_offer_send_offer(offer, source->types[i]);
	return offer;
}

static void send_selection(struct clipboard *clipboard, struct wl_resource *device)
{
	struct wl_resource *offer =
		clipboard->source ? offer_create(clipboard->source, device) : NULL;

	if (offer || !clipboard->source)
		wl_data_device_send_selection(device, offer);
}

static const struct wl_client *focused_client(const struct seat *seat)
{
	const struct surface *focus = seat->keyboard.focus;

	return focus ? wl_resource_get_client(focus->resource) : NULL;
}

void clipboard_update(struct seat *seat)
{
	const struct wl_client *client = focused_client(seat);
	struct wl_resource *device;

	wl_resource_for_each(device, &seat->clipboard.devices)
	{
		if (wl_resource_get_client(device) == client)
			send_selection(&seat->clipboard, device);
	}
}

/* ---- sources --------------------------------------------------------------------------------- */

static void handle_offer(struct wl_client *client, struct wl_resource *resource, const char *type)
{
	struct source *source = wl_resource_get_user_data(resource);

	/* More or longer ones than anybody uses are not passed on. */
	if (source->n_types == TYPES_MAX || strlen(type) > LENGTH_MAX)
		return;
	char *copy = strdup(type);
	if (copy)
		source->types[source->n_types++] = copy;
	else
		wl_resource_post_no_memory(resource);
}

static void handle_source_actions(struct wl_client *client, struct wl_resource *resource,
				  uint32_t actions)
{
}

static const struct wl_data_source_interface source_interface = {
	.offer = handle_offer,
	.destroy = handle_destroy,
	.set_actions = handle_source_actions,
};

static void select_source(struct seat *seat, struct source *source)
{
	struct source *before = seat->clipboard.source;

	if (before == source)
		return;
	seat->clipboard.source = source;
	if (before)
		wl_data_source_send_cancelled(before->resource);
	clipboard_update(seat);
}

static void source_destroyed(struct wl_resource *resource)
{
	struct source *source = wl_resource_get_user_data(resource);
	struct wl_resource *offer, *next;

	wl_resource_for_each_safe(offer, next, &source->offers)
	{
		wl_list_remove(wl_resource_get_link(offer));
		wl_list_init(wl_resource_get_link(offer));
		wl_resource_set_user_data(offer, NULL);
	}
	if (source->clipboard->source == source) {
		struct seat *seat = wl_container_of(source->clipboard, seat, clipboard);
		source->clipboard->source = NULL;
		clipboard_update(seat);
	}
	for (size_t i = 0; i < source->n_types; i++)
		free(source->types[i]);
	free(source);
}

static void handle_create_source(struct wl_client *client, struct wl_resource *manager, uint32_t id)
{
	struct seat *seat = wl_resource_get_user_data(manager);
	struct source *source = calloc(1, sizeof(*source));
	struct wl_resource *resource =
		source ? wl_resource_create(client, &wl_data_source_interface,
					    wl_resource_get_version(manager), id)
		       : NULL;

	if (!resource) {
		free(source);
		wl_client_post_no_memory(client);
		return;
	}
	source->resource = resource;
	source->clipboard = &seat->clipboard;
	wl_list_init(&source->offers);
	wl_resource_set_implementation(resource, &source_interface, source, source_destroyed);
}

/* ---- devices --------------------------------------------------------------------------------- */

static void handle_start_drag(struct wl_client *client, struct wl_resource *device,
			      struct wl_resource *source, struct wl_resource *origin,
			      struct wl_resource *icon, uint32_t serial)
{
	if (source)
		wl_data_source_send_cancelled(source);
}

/* Only who has the keys may say what is pasted. */
static void handle_set_selection(struct wl_client *client, struct wl_resource *device,
				 struct wl_resource *resource, uint32_t serial)
{
	struct seat *seat = wl_resource_get_user_data(device);
	struct source *source = resource ? wl_resource_get_user_data(resource) : NULL;

	if (client == focused_client(seat))
		select_source(seat, source);
	else if (source)
		wl_data_source_send_cancelled(resource);
}

static const struct wl_data_device_interface device_interface = {
	.start_drag = handle_start_drag,
	.set_selection = handle_set_selection,
	.release = handle_destroy,
};

static void handle_get_device(struct wl_client *client, struct wl_resource *manager, uint32_t id,
			      struct wl_resource *wl_seat)
{
	struct seat *seat = wl_resource_get_user_data(manager);
	struct wl_resource *device = wl_resource_create(client, &wl_data_device_interface,
							wl_resource_get_version(manager), id);

	if (!device) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(device, &device_interface, seat, remove_from_list);
	wl_list_insert(&seat->clipboard.devices, wl_resource_get_link(device));
	if (client == focused_client(seat))
		send_selection(&seat->clipboard, device);
}

static const struct wl_data_device_manager_interface manager_interface = {
	.create_data_source = handle_create_source,
	.get_data_device = handle_get_device,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct lend_server *server = data;
	struct wl_resource *resource =
		wl_resource_create(client, &wl_data_device_manager_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_interface, server->seat, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wl_data_device_manager_interface, VERSION, server,
				bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_data_device = {"wl_data_device_manager", create};
