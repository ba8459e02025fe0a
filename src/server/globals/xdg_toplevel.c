/* SPDX-License-Identifier: MIT */
/* xdg_toplevel: a view's requests, and what the layout asks of its client. */
#include "xdg_shell.h"

#include <stdlib.h>

/* Bytes of a title or app id that are kept. They are to fit in one message to monitors, with
 * others. */
#define TEXT_MAX 1024

/* ---- configure ------------------------------------------------------------------------------ */

static void send_bounds(struct toplevel *toplevel)
{
	const struct lend_output *output = toplevel->view.output;
	int32_t width = output ? output->logical_width : 0;
	int32_t height = output ? output->logical_height : 0;

	if (wl_resource_get_version(toplevel->resource) <
	    XDG_TOPLEVEL_CONFIGURE_BOUNDS_SINCE_VERSION)
		return;
	if (width == toplevel->bounds_width && height == toplevel->bounds_height)
		return;
	toplevel->bounds_width = width;
	toplevel->bounds_height = height;
	xdg_toplevel_send_configure_bounds(toplevel->resource, width, height);
}

/* There is no window menu; what is minimised is brought back by keys, if these are ours. */
static void send_capabilities(struct toplevel *toplevel)
{
	uint32_t capabilities[] = {XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE,
				   XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN,
				   XDG_TOPLEVEL_WM_CAPABILITIES_MINIMIZE};
	size_t n = toplevel->view.server->shortcuts ? 3 : 2;
	struct wl_array array = {.size = n * sizeof(capabilities[0]), .data = capabilities};

	if (toplevel->capabilities_sent || wl_resource_get_version(toplevel->resource) <
						   XDG_TOPLEVEL_WM_CAPABILITIES_SINCE_VERSION)
		return;
	toplevel->capabilities_sent = true;
	xdg_toplevel_send_wm_capabilities(toplevel->resource, &array);
}

static void send_states(struct toplevel *toplevel)
{
	bool knows_tiled = wl_resource_get_version(toplevel->resource) >=
			   XDG_TOPLEVEL_STATE_TILED_LEFT_SINCE_VERSION;
	uint32_t asked = toplevel->states, states[9];
	size_t n = 0;

	/* An older client fills its tile if it believes that it is maximised. */
	if (asked & VIEW_MAXIMIZED || (asked & VIEW_TILED && !knows_tiled))
		states[n++] = XDG_TOPLEVEL_STATE_MAXIMIZED;
	if (asked & VIEW_FULLSCREEN)
		states[n++] = XDG_TOPLEVEL_STATE_FULLSCREEN;
	if (asked & VIEW_ACTIVATED)
		states[n++] = XDG_TOPLEVEL_STATE_ACTIVATED;
	if (asked & VIEW_RESIZING)
		states[n++] = XDG_TOPLEVEL_STATE_RESIZING;
	if (asked & VIEW_TILED && knows_tiled)
		for (uint32_t edge = XDG_TOPLEVEL_STATE_TILED_LEFT;
		     edge <= XDG_TOPLEVEL_STATE_TILED_BOTTOM; edge++)
			states[n++] = edge;
#ifdef XDG_TOPLEVEL_STATE_SUSPENDED_SINCE_VERSION /* wayland-protocols 1.32 */
	if (asked & VIEW_SUSPENDED && wl_resource_get_version(toplevel->resource) >=
					      XDG_TOPLEVEL_STATE_SUSPENDED_SINCE_VERSION)
		states[n++] = XDG_TOPLEVEL_STATE_SUSPENDED;
#endif
	struct wl_array array = {.size = n * sizeof(states[0]), .data = states};
	xdg_toplevel_send_configure(toplevel->resource, toplevel->width, toplevel->height, &array);
}

void toplevel_send_configure(struct toplevel *toplevel)
{
	toplevel->answer_due = false;
	send_capabilities(toplevel);
	send_bounds(toplevel);
	send_states(toplevel);
	decoration_send_configure(toplevel);
	shell_surface_send_configure(toplevel->base);
}

void view_configure(struct lend_view *view, int32_t width, int32_t height, uint32_t states)
{
	struct toplevel *toplevel = view->toplevel;
	bool same = toplevel->width == width && toplevel->height == height &&
		    toplevel->states == states;

	toplevel->width = width;
	toplevel->height = height;
	toplevel->states = states;
	if (toplevel->base->initialised && (!same || toplevel->answer_due))
		toplevel_send_configure(toplevel);
	popups_follow(&view->popups);
}

/* The layout may send the configure; if nothing changes for it, it is sent all the same. */
static void arrange_and_answer(struct toplevel *toplevel)
{
	if (!toplevel->base->initialised)
		return;
	toplevel->answer_due = true;
	view_changed(&toplevel->view);
	if (toplevel->answer_due)
		toplevel_send_configure(toplevel);
}

void view_send_close(struct lend_view *view)
{
	struct toplevel *toplevel = view->toplevel;

	xdg_toplevel_send_close(toplevel->resource);
	shell_surface_ping(toplevel->base);
}

/* ---- the role ------------------------------------------------------------------------------- */

/* Children of a view that goes become its parent's. */
static void hand_children_on(const struct lend_view *view)
{
	struct lend_view *child;

	wl_list_for_each (child, &view->server->views, link) {
		if (child->parent == view)
			child->parent = view->parent;
	}
}

/* As after get_toplevel. */
static void reset(struct toplevel *toplevel)
{
	struct lend_view *view = &toplevel->view;

	shell_surface_reset(toplevel->base);
	popups_dismiss(&view->popups);
	hand_children_on(view);
	view->parent = NULL;
	view->wants_fullscreen = view->wants_maximized = view->minimized = false;
	view->wanted_output = NULL;
	view_unmap(view);
	free(view->title);
	free(view->app_id);
	view->title = view->app_id = NULL;
	view->geometry = (struct lend_rect){0};
	toplevel->min_width = toplevel->min_height = 0;
	toplevel->max_width = toplevel->max_height = 0;
	view->min_width = view->min_height = view->max_width = view->max_height = 0;
	toplevel->capabilities_sent = false;
	toplevel->bounds_width = toplevel->bounds_height = 0;
}

static bool check_limits(const struct toplevel *toplevel)
{
	const struct toplevel *t = toplevel;

	if ((t->max_width == 0 || t->min_width <= t->max_width) &&
	    (t->max_height == 0 || t->min_height <= t->max_height))
		return true;
	wl_resource_post_error(toplevel->resource, XDG_TOPLEVEL_ERROR_INVALID_SIZE,
			       "wl_surface.commit: the toplevel's minimum size %dx%d exceeds its "
			       "maximum size %dx%d",
			       t->min_width, t->min_height, t->max_width, t->max_height);
	return false;
}

static bool check(struct surface *surface, const struct surface_state *pending)
{
	const struct toplevel *toplevel = surface->role_object;

	return shell_surface_check_buffer(toplevel->base, pending) && check_limits(toplevel);
}

static bool apply_limits(struct toplevel *toplevel)
{
	struct lend_view *view = &toplevel->view;

	if (view->min_width == toplevel->min_width && view->min_height == toplevel->min_height &&
	    view->max_width == toplevel->max_width && view->max_height == toplevel->max_height)
		return false;
	view->min_width = toplevel->min_width;
	view->min_height = toplevel->min_height;
	view->max_width = toplevel->max_width;
	view->max_height = toplevel->max_height;
	return true;
}

static void apply_geometry(struct toplevel *toplevel)
{
	struct lend_view *view = &toplevel->view;
	struct lend_rect geometry = shell_surface_geometry(toplevel->base);
	bool limits_changed = apply_limits(toplevel);

	if (!limits_changed && memcmp(&geometry, &view->geometry, sizeof(geometry)) == 0)
		return;
	view->geometry = geometry;
	view->geometry_set = toplevel->base->geometry.width > 0;
	if (view->mapped)
		view_changed(view);
	popups_follow(&view->popups);
}

static void committed(struct surface *surface)
{
	struct toplevel *toplevel = surface->role_object;
	struct shell_surface *base = toplevel->base;

	if (surface_has_buffer(surface)) {
		if (!base->initialised) /* forgiven */
			base->initialised = toplevel->answer_due = true;
		apply_geometry(toplevel);
		view_map(&toplevel->view);
	} else if (toplevel->view.mapped) {
		reset(toplevel);
	} else if (!base->initialised) {
		base->initialised = true;
		apply_limits(toplevel);
		arrange_and_answer(toplevel);
	}
}

const struct surface_role toplevel_surface_role = {
	.name = "xdg_toplevel",
	.check = check,
	.committed = committed,
};

/* ---- requests ------------------------------------------------------------------------------- */

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	const struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (!toplevel || decoration_check_orphan(toplevel))
		wl_resource_destroy(resource);
}

static bool is_ancestor(const struct lend_view *view, const struct lend_view *descendant)
{
	while (descendant && descendant != view)
		descendant = descendant->parent;
	return descendant != NULL;
}

static void handle_set_parent(struct wl_client *client, struct wl_resource *resource,
			      struct wl_resource *parent_resource)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);
	struct toplevel *parent =
		parent_resource ? wl_resource_get_user_data(parent_resource) : NULL;

	if (!toplevel)
		return;
	if (parent && is_ancestor(&toplevel->view, &parent->view)) {
		wl_resource_post_error(resource, XDG_TOPLEVEL_ERROR_INVALID_PARENT,
				       "xdg_toplevel.set_parent: xdg_toplevel@%u is %s",
				       wl_resource_get_id(parent_resource),
				       parent == toplevel ? "the toplevel itself"
							  : "a descendant of the toplevel");
		return;
	}
	view_set_parent(&toplevel->view, parent && parent->view.mapped ? &parent->view : NULL);
	if (toplevel->base->initialised)
		view_changed(&toplevel->view);
}

/* Copies what fits, whole characters only. False after telling the client of the lack of memory. */
static bool set_text(struct wl_resource *resource, char **text, const char *given)
{
	size_t length = strnlen(given, TEXT_MAX);

	while (length > 0 && (given[length] & 0xc0) == 0x80)
		length--;
	char *copy = strndup(given, length);
	if (!copy) {
		wl_resource_post_no_memory(resource);
		return false;
	}
	free(*text);
	*text = copy;
	return true;
}

static void handle_set_title(struct wl_client *client, struct wl_resource *resource,
			     const char *title)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (toplevel && set_text(resource, &toplevel->view.title, title) && toplevel->view.mapped)
		view_changed(&toplevel->view);
}

static void handle_set_app_id(struct wl_client *client, struct wl_resource *resource,
			      const char *app_id)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (toplevel)
		set_text(resource, &toplevel->view.app_id, app_id);
}

/* There is none. */
static void handle_show_window_menu(struct wl_client *client, struct wl_resource *resource,
				    struct wl_resource *seat, uint32_t serial, int32_t x, int32_t y)
{
}

static void handle_move(struct wl_client *client, struct wl_resource *resource,
			struct wl_resource *seat, uint32_t serial)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (toplevel)
		seat_grip(toplevel->view.server->seat, &toplevel->view, serial, 0);
}

static void handle_resize(struct wl_client *client, struct wl_resource *resource,
			  struct wl_resource *seat, uint32_t serial, uint32_t edges)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	/* At most one bit of top, bottom and one of left, right. */
	if (edges > XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM_RIGHT || (edges & 3) == 3)
		wl_resource_post_error(resource, XDG_TOPLEVEL_ERROR_INVALID_RESIZE_EDGE,
				       "xdg_toplevel.resize: %u is no edge or corner", edges);
	else if (toplevel && edges != XDG_TOPLEVEL_RESIZE_EDGE_NONE)
		seat_grip(toplevel->view.server->seat, &toplevel->view, serial, edges);
}

static bool check_size(struct wl_resource *resource, const char *request, int32_t width,
		       int32_t height)
{
	if (width >= 0 && height >= 0)
		return true;
	wl_resource_post_error(resource, XDG_TOPLEVEL_ERROR_INVALID_SIZE,
			       "xdg_toplevel.%s: %dx%d, neither may be negative", request, width,
			       height);
	return false;
}

static void handle_set_max_size(struct wl_client *client, struct wl_resource *resource,
				int32_t width, int32_t height)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (!check_size(resource, "set_max_size", width, height) || !toplevel)
		return;
	toplevel->max_width = width;
	toplevel->max_height = height;
}

static void handle_set_min_size(struct wl_client *client, struct wl_resource *resource,
				int32_t width, int32_t height)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (!check_size(resource, "set_min_size", width, height) || !toplevel)
		return;
	toplevel->min_width = width;
	toplevel->min_height = height;
}

/* The answer tells the client what it is now. What covers others is above them, unless the user is
 * busy elsewhere. */
static void cover(struct toplevel *toplevel)
{
	struct lend_view *view = &toplevel->view;

	arrange_and_answer(toplevel);
	if (view == view_active(view->server))
		view_raise(view);
}

static void handle_set_maximized(struct wl_client *client, struct wl_resource *resource)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (!toplevel)
		return;
	toplevel->view.wants_maximized = true;
	cover(toplevel);
}

static void handle_unset_maximized(struct wl_client *client, struct wl_resource *resource)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (!toplevel)
		return;
	toplevel->view.wants_maximized = false;
	cover(toplevel);
}

static void handle_set_minimized(struct wl_client *client, struct wl_resource *resource)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (!toplevel)
		return;
	toplevel->view.minimized = toplevel->view.mapped && toplevel->view.server->shortcuts;
	arrange_and_answer(toplevel);
}

static void handle_set_fullscreen(struct wl_client *client, struct wl_resource *resource,
				  struct wl_resource *output)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (!toplevel)
		return;
	toplevel->view.wants_fullscreen = true;
	toplevel->view.wanted_output = output_from_resource(output);
	cover(toplevel);
}

static void handle_unset_fullscreen(struct wl_client *client, struct wl_resource *resource)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (!toplevel)
		return;
	toplevel->view.wants_fullscreen = false;
	toplevel->view.wanted_output = NULL;
	cover(toplevel);
}

static const struct xdg_toplevel_interface toplevel_interface = {
	.destroy = handle_destroy_request,
	.set_parent = handle_set_parent,
	.set_title = handle_set_title,
	.set_app_id = handle_set_app_id,
	.show_window_menu = handle_show_window_menu,
	.move = handle_move,
	.resize = handle_resize,
	.set_max_size = handle_set_max_size,
	.set_min_size = handle_set_min_size,
	.set_maximized = handle_set_maximized,
	.unset_maximized = handle_unset_maximized,
	.set_fullscreen = handle_set_fullscreen,
	.unset_fullscreen = handle_unset_fullscreen,
	.set_minimized = handle_set_minimized,
};

/* ---- life ----------------------------------------------------------------------------------- */

void toplevel_destroy(struct toplevel *toplevel)
{
	struct shell_surface *base = toplevel->base;

	decoration_forget_toplevel(toplevel);
	reset(toplevel);
	view_finish(&toplevel->view);
	base->toplevel = NULL;
	base->surface->role_object = NULL;
	wl_resource_set_user_data(toplevel->resource, NULL);
	free(toplevel);
}

static void handle_destroy(struct wl_resource *resource)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (toplevel)
		toplevel_destroy(toplevel);
}

static struct wl_resource *create_resource(struct wl_resource *xdg_surface, uint32_t id,
					   struct toplevel *toplevel)
{
	struct wl_client *client = wl_resource_get_client(xdg_surface);
	struct wl_resource *resource = wl_resource_create(client, &xdg_toplevel_interface,
							  wl_resource_get_version(xdg_surface), id);

	if (!resource)
		wl_client_post_no_memory(client);
	else
		wl_resource_set_implementation(resource, &toplevel_interface, toplevel,
					       handle_destroy);
	return resource;
}

void toplevel_create(struct shell_surface *base, uint32_t id)
{
	struct toplevel *toplevel = calloc(1, sizeof(*toplevel));

	if (!toplevel) {
		wl_resource_post_no_memory(base->resource);
		return;
	}
	toplevel->resource = create_resource(base->resource, id, toplevel);
	if (!toplevel->resource) {
		free(toplevel);
		return;
	}
	toplevel->base = base;
	toplevel->view.toplevel = toplevel;
	base->toplevel = toplevel;
	base->surface->role_object = toplevel;
	view_init(&toplevel->view, base->surface);
}

void toplevel_create_inert(struct wl_resource *xdg_surface, uint32_t id)
{
	create_resource(xdg_surface, id, NULL);
}
