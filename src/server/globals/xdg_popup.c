/* SPDX-License-Identifier: MIT */
/* xdg_popup: a surface that follows its parent. */
#include "xdg_shell.h"

#include <stdlib.h>

/* ---- place ---------------------------------------------------------------------------------- */

static int32_t clamp(int64_t coordinate)
{
	const int32_t limit = 1 << 28;

	if (coordinate > limit)
		return limit;
	return coordinate < -limit ? -limit : (int32_t)coordinate;
}

/* The parent's output in coordinates of the parent's window geometry. False if there is none. */
static bool output_bounds(const struct shell_popup *popup, struct pixman_box32 *bounds)
{
	const struct shell_surface *base = popup->parent;
	int64_t x = 0, y = 0;
	int32_t view_x, view_y;

	for (; base && base->popup; base = base->popup->parent) {
		x += base->popup->popup.x;
		y += base->popup->popup.y;
	}
	if (!base || !base->toplevel || !base->toplevel->view.output)
		return false;
	const struct lend_view *view = &base->toplevel->view;
	view_origin(view, &view_x, &view_y);
	x += (int64_t)view_x + view->geometry.x;
	y += (int64_t)view_y + view->geometry.y;
	*bounds =
		(struct pixman_box32){clamp(-x), clamp(-y), clamp(view->output->logical_width - x),
				      clamp(view->output->logical_height - y)};
	return true;
}

static struct lend_rect find_place(const struct shell_popup *popup)
{
	struct pixman_box32 bounds;

	return positioner_place(&popup->rules, output_bounds(popup, &bounds) ? &bounds : NULL);
}

static void send_configure(struct shell_popup *popup)
{
	const struct lend_rect *place = &popup->place;

	popup->place = find_place(popup);
	if (popup->repositioned)
		xdg_popup_send_repositioned(popup->resource, popup->token);
	popup->repositioned = false;
	xdg_popup_send_configure(popup->resource, place->x, place->y, place->width, place->height);
	shell_surface_send_configure(popup->base);
	popup->place_serial = popup->base->sent;
}

static struct shell_popup *from_link(struct wl_list *link)
{
	struct popup *popup = wl_container_of(link, popup, link);

	return popup->object;
}

void popups_follow(struct wl_list *popups)
{
	for (struct wl_list *link = popups->next; link != popups; link = link->next) {
		struct shell_popup *popup = from_link(link);
		struct lend_rect place = find_place(popup);
		if (popup->rules.reactive && popup->base->initialised &&
		    memcmp(&place, &popup->place, sizeof(place)) != 0)
			send_configure(popup);
		popups_follow(&popup->popup.popups);
	}
}

/* ---- the role ------------------------------------------------------------------------------- */

static void hide(struct shell_popup *popup)
{
	popups_dismiss(&popup->popup.popups);
	if (popup->popup.mapped)
		scene_changed(popup->base->surface->server);
	popup->popup.mapped = false;
	if (popup->grabs)
		seat_grab_end(popup->base->surface->server->seat, &popup->popup);
	popup->grabs = false;
}

static void dismiss(struct shell_popup *popup)
{
	hide(popup);
	wl_list_remove(&popup->popup.link);
	wl_list_init(&popup->popup.link);
	popup->parent = NULL;
	popup->dismissed = true;
	xdg_popup_send_popup_done(popup->resource);
}

void popup_dismiss(struct popup *popup)
{
	dismiss(popup->object);
}

void popups_dismiss(struct wl_list *popups)
{
	while (!wl_list_empty(popups))
		dismiss(from_link(popups->prev));
}

static bool check(struct surface *surface, const struct surface_state *pending)
{
	const struct shell_popup *popup = surface->role_object;

	if (popup->parent || popup->dismissed)
		return shell_surface_check_buffer(popup->base, pending);
	wl_resource_post_error(popup->base->shell->resource, XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT,
			       "wl_surface.commit: xdg_popup@%u has no parent: get_popup was given "
			       "none",
			       wl_resource_get_id(popup->resource));
	return false;
}

/* The place that was configured counts once it was acknowledged. */
static void apply(struct shell_popup *popup)
{
	struct popup *shown = &popup->popup;
	struct popup before = *shown;

	if ((int32_t)(popup->base->acked - popup->place_serial) >= 0) {
		shown->x = popup->place.x;
		shown->y = popup->place.y;
	}
	shown->geometry = shell_surface_geometry(popup->base);
	shown->mapped = true;
	if (!before.mapped && popup->grabs)
		seat_grab_begin(popup->base->surface->server->seat, shown);
	if (before.mapped && before.x == shown->x && before.y == shown->y &&
	    memcmp(&before.geometry, &shown->geometry, sizeof(before.geometry)) == 0)
		return;
	scene_changed(popup->base->surface->server);
	popups_follow(&shown->popups);
}

static void committed(struct surface *surface)
{
	struct shell_popup *popup = surface->role_object;
	struct shell_surface *base = popup->base;

	if (popup->dismissed)
		return;
	if (surface_has_buffer(surface)) {
		if (!base->initialised) { /* forgiven */
			base->initialised = true;
			send_configure(popup);
		}
		apply(popup);
	} else if (popup->popup.mapped) {
		hide(popup);
		shell_surface_reset(base);
	} else if (!base->initialised && !shell_surface_is_mapped(popup->parent)) {
		dismiss(popup);
	} else if (!base->initialised) {
		base->initialised = true;
		send_configure(popup);
	}
}

const struct surface_role popup_surface_role = {
	.name = "xdg_popup",
	.check = check,
	.committed = committed,
};

/* ---- requests ------------------------------------------------------------------------------- */

static void post_not_topmost(const struct shell_popup *popup, const char *request,
			     struct wl_list *above)
{
	wl_resource_post_error(popup->base->shell->resource,
			       XDG_WM_BASE_ERROR_NOT_THE_TOPMOST_POPUP,
			       "xdg_popup.%s: xdg_popup@%u is not the topmost popup; destroy "
			       "xdg_popup@%u first",
			       request, wl_resource_get_id(popup->resource),
			       wl_resource_get_id(from_link(above)->resource));
}

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	struct shell_popup *popup = wl_resource_get_user_data(resource);

	if (popup && !wl_list_empty(&popup->popup.popups))
		post_not_topmost(popup, "destroy", popup->popup.popups.prev);
	else
		wl_resource_destroy(resource);
}

/* Another popup of the same parent that has a grab, or NULL. */
static struct shell_popup *grabbing_sibling(const struct shell_popup *popup)
{
	struct wl_list *siblings = shell_surface_popups(popup->parent);

	for (struct wl_list *link = siblings->prev; link != siblings; link = link->prev)
		if (from_link(link) != popup && from_link(link)->grabs)
			return from_link(link);
	return NULL;
}

/* Its keys, and what it ends, are the seat's matter, from when it is mapped. */
static void handle_grab(struct wl_client *client, struct wl_resource *resource,
			struct wl_resource *seat, uint32_t serial)
{
	struct shell_popup *popup = wl_resource_get_user_data(resource);

	if (!popup || popup->dismissed)
		return;
	if (popup->popup.mapped) {
		wl_resource_post_error(resource, XDG_POPUP_ERROR_INVALID_GRAB,
				       "xdg_popup.grab: the popup is mapped already");
		return;
	}
	if (popup->parent && popup->parent->popup && !popup->parent->popup->grabs) {
		wl_resource_post_error(resource, XDG_POPUP_ERROR_INVALID_GRAB,
				       "xdg_popup.grab: the parent xdg_popup@%u has no grab",
				       wl_resource_get_id(popup->parent->popup->resource));
		return;
	}
	struct shell_popup *sibling = popup->parent ? grabbing_sibling(popup) : NULL;
	if (sibling) {
		post_not_topmost(popup, "grab", &sibling->popup.link);
		return;
	}
	/* A menu's submenu goes on with what a user began: some clients name the menu's enter. */
	bool goes_on = popup->parent && popup->parent->popup;
	if (!goes_on &&
	    !seat_serial_is_recent(popup->base->surface->server->seat, client, serial)) {
		dismiss(popup);
		return;
	}
	popup->grabs = true;
}

static void handle_reposition(struct wl_client *client, struct wl_resource *resource,
			      struct wl_resource *positioner, uint32_t token)
{
	struct shell_popup *popup = wl_resource_get_user_data(resource);
	const struct positioner_rules *rules = positioner_from_resource(positioner);

	if (!popup || popup->dismissed ||
	    !positioner_check(rules, popup->base->shell->resource, "xdg_popup.reposition"))
		return;
	popup->rules = *rules;
	popup->repositioned = true;
	popup->token = token;
	if (popup->base->initialised)
		send_configure(popup);
}

static const struct xdg_popup_interface popup_interface = {
	.destroy = handle_destroy_request,
	.grab = handle_grab,
	.reposition = handle_reposition,
};

/* ---- life ----------------------------------------------------------------------------------- */

void popup_destroy(struct shell_popup *popup)
{
	struct shell_surface *base = popup->base;

	hide(popup);
	shell_surface_reset(base);
	wl_list_remove(&popup->popup.link);
	base->popup = NULL;
	base->surface->role_object = NULL;
	wl_resource_set_user_data(popup->resource, NULL);
	free(popup);
}

static void handle_destroy(struct wl_resource *resource)
{
	struct shell_popup *popup = wl_resource_get_user_data(resource);

	if (popup)
		popup_destroy(popup);
}

static struct wl_resource *create_resource(struct wl_resource *xdg_surface, uint32_t id,
					   struct shell_popup *popup)
{
	struct wl_client *client = wl_resource_get_client(xdg_surface);
	struct wl_resource *resource = wl_resource_create(client, &xdg_popup_interface,
							  wl_resource_get_version(xdg_surface), id);

	if (!resource)
		wl_client_post_no_memory(client);
	else
		wl_resource_set_implementation(resource, &popup_interface, popup, handle_destroy);
	return resource;
}

/* A popup whose parent has gone already is dismissed at once. */
static void link_to_parent(struct shell_popup *popup, struct wl_resource *parent_resource)
{
	struct shell_surface *parent =
		parent_resource ? wl_resource_get_user_data(parent_resource) : NULL;
	bool gone = parent_resource && (!parent || (parent->popup && parent->popup->dismissed));

	wl_list_init(&popup->popup.link);
	if (gone) {
		dismiss(popup);
	} else if (parent) {
		popup->parent = parent;
		wl_list_insert(shell_surface_popups(parent)->prev, &popup->popup.link);
	}
}

void popup_create(struct shell_surface *base, uint32_t id, struct wl_resource *parent,
		  const struct positioner_rules *rules)
{
	struct shell_popup *popup = calloc(1, sizeof(*popup));

	if (!popup) {
		wl_resource_post_no_memory(base->resource);
		return;
	}
	popup->resource = create_resource(base->resource, id, popup);
	if (!popup->resource) {
		free(popup);
		return;
	}
	popup->base = base;
	popup->rules = *rules;
	popup->popup.surface = base->surface;
	popup->popup.object = popup;
	wl_list_init(&popup->popup.popups);
	wl_list_init(&popup->popup.grab_link);
	base->popup = popup;
	base->surface->role_object = popup;
	link_to_parent(popup, parent);
}

void popup_create_inert(struct wl_resource *xdg_surface, uint32_t id)
{
	create_resource(xdg_surface, id, NULL);
}
