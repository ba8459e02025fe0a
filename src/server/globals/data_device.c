/* SPDX-License-Identifier: MIT */
/* wl_data_device: the clipboard, and what is dragged from client to client. Where the drag is, and
 * who is told, is in seat/drag.c; here both sides agree on what the drop will do. */
#include "selection.h"

#define VERSION 3

#define COPY	WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY
#define ASK	WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK
#define ALL	(COPY | WL_DATA_DEVICE_MANAGER_DND_ACTION_MOVE | ASK)

static bool has_actions(const struct wl_resource *resource)
{
	return wl_resource_get_version((struct wl_resource *)resource) >=
	       WL_DATA_OFFER_ACTION_SINCE_VERSION;
}

/* ---- what a drop will do --------------------------------------------------------------------- */

/* Those who know of no actions copy. */
static uint32_t choose_action(const struct offer *offer)
{
	const struct source *source = offer->source;
	uint32_t available = has_actions(source->resource) ? source->actions : COPY;

	available &= has_actions(offer->resource) ? offer->actions : COPY;
	return available & offer->preferred ? offer->preferred : available & -available;
}

static void tell_source_action(struct source *source, uint32_t action)
{
	if (source->action != action && has_actions(source->resource))
		wl_data_source_send_action(source->resource, action);
	source->action = action;
}

void offer_update_action(struct offer *offer)
{
	uint32_t action = choose_action(offer);

	if (offer->action != action && has_actions(offer->resource))
		wl_data_offer_send_action(offer->resource, action);
	offer->action = action;
	tell_source_action(offer->source, action);
}

/* Nobody would take it, as things are. */
static void forget_answer(struct source *source)
{
	if (source->answer && source->answer->accepted)
		wl_data_source_send_target(source->resource, NULL);
	source->answer = NULL;
	tell_source_action(source, 0);
}

void source_withdraw(struct source *source)
{
	struct offer *offer, *next;

	forget_answer(source);
	wl_list_for_each_safe (offer, next, &source->offers, link) {
		if (offer->state == OFFER_DRAGGED)
			offer_retire(offer);
	}
}

/* ---- offers ---------------------------------------------------------------------------------- */

static void handle_accept(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
			  const char *type)
{
	struct offer *offer = wl_resource_get_user_data(resource);

	if (!offer->source || offer->state != OFFER_DRAGGED)
		return;
	offer->accepted = type != NULL;
	offer->source->answer = offer;
	offer_update_action(offer);
	wl_data_source_send_target(offer->source->resource, type);
}

static void handle_finish(struct wl_client *client, struct wl_resource *resource)
{
	struct offer *offer = wl_resource_get_user_data(resource);
	static const char *const wrong[] = {
		[OFFER_SELECTION] = "this is a selection, nothing was dropped",
		[OFFER_DRAGGED] = "nothing was dropped",
		[OFFER_FINISHED] = "it is finished already",
	};

	if (wrong[offer->state]) {
		wl_resource_post_error(resource, WL_DATA_OFFER_ERROR_INVALID_FINISH,
				       "wl_data_offer.finish: %s", wrong[offer->state]);
		return;
	}
	offer->state = OFFER_FINISHED;
	if (offer->source && has_actions(offer->source->resource))
		wl_data_source_send_dnd_finished(offer->source->resource);
}

/* False after posting the error. */
static bool check_actions(struct wl_resource *resource, uint32_t actions, uint32_t preferred)
{
	const struct offer *offer = wl_resource_get_user_data(resource);

	if (offer->state == OFFER_SELECTION)
		wl_resource_post_error(resource, WL_DATA_OFFER_ERROR_INVALID_OFFER,
				       "wl_data_offer.set_actions: this is a selection, nothing "
				       "is dragged");
	else if (actions & ~(uint32_t)ALL)
		wl_resource_post_error(resource, WL_DATA_OFFER_ERROR_INVALID_ACTION_MASK,
				       "wl_data_offer.set_actions: 0x%x are no actions", actions);
	else if (preferred & ~actions || preferred & (preferred - 1))
		wl_resource_post_error(resource, WL_DATA_OFFER_ERROR_INVALID_ACTION,
				       "wl_data_offer.set_actions: 0x%x is not one of the actions "
				       "0x%x",
				       preferred, actions);
	else
		return true;
	return false;
}

/* After the drop only who asked the user may still say what the answer is. */
static void handle_offer_actions(struct wl_client *client, struct wl_resource *resource,
				 uint32_t actions, uint32_t preferred)
{
	struct offer *offer = wl_resource_get_user_data(resource);

	if (!check_actions(resource, actions, preferred) || !offer->source)
		return;
	bool asks = offer->state == OFFER_DROPPED && offer->action == ASK;
	if (offer->state != OFFER_DRAGGED && !asks)
		return;
	offer->actions = actions;
	offer->preferred = preferred;
	if (offer->state == OFFER_DRAGGED)
		offer->source->answer = offer;
	offer_update_action(offer);
}

static const struct wl_data_offer_interface offer_requests = {
	.accept = handle_accept,
	.receive = offer_receive,
	.destroy = selection_destroy_request,
	.finish = handle_finish,
	.set_actions = handle_offer_actions,
};

/* One who knows of no finish has finished; who knows of it has given up. */
static void handle_offer_gone(struct offer *offer)
{
	struct source *source = offer->source;

	if (source->answer == offer)
		forget_answer(source);
	if (offer->state != OFFER_DROPPED || !has_actions(source->resource))
		return;
	if (has_actions(offer->resource))
		wl_data_source_send_cancelled(source->resource);
	else
		wl_data_source_send_dnd_finished(source->resource);
}

/* ---- sources --------------------------------------------------------------------------------- */

static void handle_source_actions(struct wl_client *client, struct wl_resource *resource,
				  uint32_t actions)
{
	struct source *source = wl_resource_get_user_data(resource);
	const char *wrong = NULL;

	if (actions & ~(uint32_t)ALL)
		wrong = "not all of them are actions";
	else if (source->actions_set)
		wrong = "they were set before";
	else if (source->dragged || source->selected)
		wrong = "the source is in use already";
	if (wrong) {
		wl_resource_post_error(resource, WL_DATA_SOURCE_ERROR_INVALID_ACTION_MASK,
				       "wl_data_source.set_actions: 0x%x: %s", actions, wrong);
		return;
	}
	source->actions_set = true;
	source->actions = actions;
}

static const struct wl_data_source_interface source_requests = {
	.offer = source_add_type,
	.destroy = selection_destroy_request,
	.set_actions = handle_source_actions,
};

static void handle_source_gone(struct source *source)
{
	drag_forget_source(source->selection->seat, source);
}

const struct selection_kind clipboard_kind = {
	.source = &wl_data_source_interface,
	.offer = &wl_data_offer_interface,
	.source_requests = &source_requests,
	.offer_requests = &offer_requests,
	.send_offer = wl_data_device_send_data_offer,
	.send_type = wl_data_offer_send_offer,
	.send_selection = wl_data_device_send_selection,
	.send_send = wl_data_source_send_send,
	.send_cancelled = wl_data_source_send_cancelled,
	.source_gone = handle_source_gone,
	.offer_gone = handle_offer_gone,
};

static void handle_create_source(struct wl_client *client, struct wl_resource *manager, uint32_t id)
{
	source_create(manager, id, wl_resource_get_user_data(manager));
}

/* ---- devices --------------------------------------------------------------------------------- */

/* False after posting an error: it was used otherwise. */
static bool check_drag(struct wl_resource *device, const struct source *source,
		       const struct surface *icon)
{
	if (icon && icon->role && icon->role != &drag_icon_role)
		wl_resource_post_error(device, WL_DATA_DEVICE_ERROR_ROLE,
				       "wl_data_device.start_drag: wl_surface@%u has the role %s "
				       "already",
				       wl_resource_get_id(icon->resource), icon->role->name);
	else if (source && (source->selected || source->dragged))
		wl_resource_post_error(source->resource, WL_DATA_SOURCE_ERROR_INVALID_SOURCE,
				       "wl_data_device.start_drag: wl_data_source@%u was %s before",
				       wl_resource_get_id(source->resource),
				       source->selected ? "a selection" : "dragged");
	else
		return true;
	return false;
}

static void handle_start_drag(struct wl_client *client, struct wl_resource *device,
			      struct wl_resource *source_resource, struct wl_resource *origin,
			      struct wl_resource *icon_resource, uint32_t serial)
{
	const struct selection *selection = wl_resource_get_user_data(device);
	struct surface *icon = surface_from_resource(icon_resource);
	struct source *source = source_resource ? wl_resource_get_user_data(source_resource) : NULL;

	if (!check_drag(device, source, icon))
		return;
	if (icon)
		surface_set_role(icon, &drag_icon_role);
	if (source)
		source->dragged = true;
	int ret = drag_start(selection->seat, client, source, icon, serial);
	if (ret == -ENOMEM)
		wl_resource_post_no_memory(device);
	else if (ret < 0 && source && has_actions(source_resource))
		wl_data_source_send_cancelled(source_resource);
}

static void handle_set_selection(struct wl_client *client, struct wl_resource *device,
				 struct wl_resource *resource, uint32_t serial)
{
	struct source *source = resource ? wl_resource_get_user_data(resource) : NULL;

	if (source && (source->actions_set || source->dragged)) {
		wl_resource_post_error(resource, WL_DATA_SOURCE_ERROR_INVALID_SOURCE,
				       "wl_data_device.set_selection: wl_data_source@%u is for "
				       "dragging: %s",
				       wl_resource_get_id(resource),
				       source->dragged ? "it was dragged" : "it has actions");
		return;
	}
	selection_set(wl_resource_get_user_data(device), client, source, serial);
}

static const struct wl_data_device_interface device_requests = {
	.start_drag = handle_start_drag,
	.set_selection = handle_set_selection,
	.release = selection_destroy_request,
};

static void handle_get_device(struct wl_client *client, struct wl_resource *manager, uint32_t id,
			      struct wl_resource *wl_seat)
{
	selection_add_device(wl_resource_get_user_data(manager), manager, id,
			     &wl_data_device_interface, &device_requests);
}

static const struct wl_data_device_manager_interface manager_requests = {
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
	wl_resource_set_implementation(resource, &manager_requests, &server->seat->clipboard, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wl_data_device_manager_interface, VERSION, server,
				bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_data_device = {"wl_data_device_manager", create};
