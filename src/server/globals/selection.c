/* SPDX-License-Identifier: MIT */
/* Selections: the client with the keyboard's focus may set one and is told of it; what is pasted
 * goes from client to client through a pipe that the server only hands over. */
#include "selection.h"

#include "buffer/fds.h"

#include <stdlib.h>

void selection_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* ---- offers: what a client sees -------------------------------------------------------------- */

void offer_retire(struct offer *offer)
{
	wl_list_remove(&offer->link);
	wl_list_init(&offer->link);
	offer->source = NULL;
}

static void offer_destroyed(struct wl_resource *resource)
{
	struct offer *offer = wl_resource_get_user_data(resource);

	if (offer->source && offer->source->kind->offer_gone)
		offer->source->kind->offer_gone(offer);
	wl_list_remove(&offer->link);
	free(offer);
}

void offer_receive(struct wl_client *client, struct wl_resource *resource, const char *type,
		   int32_t fd)
{
	const struct offer *offer = wl_resource_get_user_data(resource);

	if (offer->source)
		offer->source->kind->send_send(offer->source->resource, type, fd);
	fds_close(&fd, 1);
}

struct offer *offer_create(struct source *source, struct wl_resource *device)
{
	const struct selection_kind *kind = source->kind;
	struct offer *offer = calloc(1, sizeof(*offer));
	struct wl_resource *resource =
		offer ? wl_resource_create(wl_resource_get_client(device), kind->offer,
					   wl_resource_get_version(device), 0)
		      : NULL;

	if (!resource) {
		free(offer);
		wl_resource_post_no_memory(device);
		return NULL;
	}
	offer->resource = resource;
	offer->source = source;
	wl_resource_set_implementation(resource, kind->offer_requests, offer, offer_destroyed);
	wl_list_insert(&source->offers, &offer->link);
	kind->send_offer(device, resource);
	for (size_t i = 0; i < source->n_types; i++)
		kind->send_type(resource, source->types[i]);
	return offer;
}

/* ---- who is told ----------------------------------------------------------------------------- */

static void send_selection(const struct selection *selection, struct wl_resource *device)
{
	const struct selection_kind *kind = selection->kind;
	const struct offer *offer =
		selection->source ? offer_create(selection->source, device) : NULL;

	if (offer || !selection->source)
		kind->send_selection(device, offer ? offer->resource : NULL);
}

static const struct wl_client *focused_client(const struct seat *seat)
{
	const struct surface *focus = seat->keyboard.focus;

	return focus ? wl_resource_get_client(focus->resource) : NULL;
}

static void update(const struct selection *selection)
{
	const struct wl_client *client = focused_client(selection->seat);
	struct wl_resource *device;

	wl_resource_for_each(device, &selection->devices)
	{
		if (wl_resource_get_client(device) == client)
			send_selection(selection, device);
	}
}

void selections_update(struct seat *seat)
{
	update(&seat->clipboard);
	update(&seat->primary);
}

/* ---- sources --------------------------------------------------------------------------------- */

void source_add_type(struct wl_client *client, struct wl_resource *resource, const char *type)
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

static void source_destroyed(struct wl_resource *resource)
{
	struct source *source = wl_resource_get_user_data(resource);
	struct offer *offer, *next;

	if (source->kind->source_gone)
		source->kind->source_gone(source);
	wl_list_for_each_safe (offer, next, &source->offers, link)
		offer_retire(offer);
	if (source->selection->source == source) {
		source->selection->source = NULL;
		update(source->selection);
	}
	for (size_t i = 0; i < source->n_types; i++)
		free(source->types[i]);
	free(source);
}

struct source *source_create(struct wl_resource *manager, uint32_t id, struct selection *selection)
{
	struct wl_client *client = wl_resource_get_client(manager);
	const struct selection_kind *kind = selection->kind;
	struct source *source = calloc(1, sizeof(*source));
	struct wl_resource *resource =
		source ? wl_resource_create(client, kind->source, wl_resource_get_version(manager),
					    id)
		       : NULL;

	if (!resource) {
		free(source);
		wl_client_post_no_memory(client);
		return NULL;
	}
	source->kind = kind;
	source->resource = resource;
	source->selection = selection;
	wl_list_init(&source->offers);
	wl_resource_set_implementation(resource, kind->source_requests, source, source_destroyed);
	return source;
}

/* Who has the keys may say what is pasted, or had them a moment ago, unless another has done so
 * since. */
static bool may_set(const struct selection *selection, const struct wl_client *client,
		    uint32_t serial)
{
	return client == focused_client(selection->seat) ||
	       (seat_serial_is_known(selection->seat, client, serial) &&
		(int32_t)(serial - selection->serial) > 0);
}

void selection_set(struct selection *selection, struct wl_client *client, struct source *source,
		   uint32_t serial)
{
	struct source *before = selection->source;

	if (source)
		source->selected = true;
	if (!may_set(selection, client, serial)) {
		if (source && source != before)
			selection->kind->send_cancelled(source->resource);
		return;
	}
	if (before == source)
		return;
	selection->source = source;
	selection->serial = wl_display_get_serial(selection->seat->server->display);
	if (before)
		selection->kind->send_cancelled(before->resource);
	update(selection);
}

/* ---- devices --------------------------------------------------------------------------------- */

static void remove_from_list(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

void selection_add_device(struct selection *selection, struct wl_resource *manager, uint32_t id,
			  const struct wl_interface *interface, const void *requests)
{
	struct wl_client *client = wl_resource_get_client(manager);
	struct wl_resource *device =
		wl_resource_create(client, interface, wl_resource_get_version(manager), id);

	if (!device) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(device, requests, selection, remove_from_list);
	wl_list_insert(&selection->devices, wl_resource_get_link(device));
	if (client == focused_client(selection->seat))
		send_selection(selection, device);
}

static void init(struct selection *selection, struct seat *seat, const struct selection_kind *kind)
{
	selection->seat = seat;
	selection->kind = kind;
	wl_list_init(&selection->devices);
}

void selections_init(struct seat *seat)
{
	init(&seat->clipboard, seat, &clipboard_kind);
	init(&seat->primary, seat, &primary_kind);
}
