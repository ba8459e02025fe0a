/* SPDX-License-Identifier: MIT */
/* xdg_wm_base and xdg_surface: what toplevels and popups have in common. */
#include "xdg_shell.h"

#include <stdlib.h>

#ifdef XDG_TOPLEVEL_STATE_SUSPENDED_SINCE_VERSION /* wayland-protocols 1.32 */
#define VERSION 6
#else
#define VERSION 5
#endif
/* Far more than any surface; geometry beyond it is cut off. */
#define COORDINATE_MAX (1 << 24)

/* ---- window geometry ------------------------------------------------------------------------ */

/* Clients place subsurfaces anywhere, so that sums need more than 32 bits. */
struct bounds {
	int64_t x1, y1, x2, y2;
};

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool is_empty(const struct bounds *bounds)
{
	return bounds->x2 <= bounds->x1 || bounds->y2 <= bounds->y1;
}

static struct bounds intersect(const struct bounds *a, const struct bounds *b)
{
	return (struct bounds){most(a->x1, b->x1), most(a->y1, b->y1), least(a->x2, b->x2),
			       least(a->y2, b->y2)};
}

static struct bounds unite(const struct bounds *a, const struct bounds *b)
{
	if (is_empty(a))
		return *b;
	if (is_empty(b))
		return *a;
	return (struct bounds){least(a->x1, b->x1), least(a->y1, b->y1), most(a->x2, b->x2),
			       most(a->y2, b->y2)};
}

/* The surface with its subsurfaces, at x, y. */
static struct bounds tree_bounds(const struct surface *surface, int64_t x, int64_t y)
{
	struct bounds bounds = {x, y, x + surface->width, y + surface->height};
	const struct stack_entry *entry;

	wl_list_for_each (entry, &surface->stack, link) {
		if (entry->surface == surface)
			continue;
		const struct subsurface *child = entry->surface->subsurface;
		struct bounds inner = tree_bounds(entry->surface, x + child->x, y + child->y);
		bounds = unite(&bounds, &inner);
	}
	return bounds;
}

struct lend_rect shell_surface_geometry(const struct shell_surface *base)
{
	const struct bounds limit = {-COORDINATE_MAX, -COORDINATE_MAX, COORDINATE_MAX,
				     COORDINATE_MAX};
	const struct lend_rect *set = &base->geometry;
	struct bounds bounds = tree_bounds(base->surface, 0, 0);

	bounds = intersect(&bounds, &limit);
	if (set->width > 0) {
		struct bounds wanted = {set->x, set->y, (int64_t)set->x + set->width,
					(int64_t)set->y + set->height};
		wanted = intersect(&wanted, &bounds);
		/* One that lies beside the surface means nothing. */
		if (!is_empty(&wanted))
			bounds = wanted;
	}
	if (is_empty(&bounds))
		return (struct lend_rect){0};
	return (struct lend_rect){(int32_t)bounds.x1, (int32_t)bounds.y1,
				  (int32_t)(bounds.x2 - bounds.x1),
				  (int32_t)(bounds.y2 - bounds.y1)};
}

/* ---- what the roles share ------------------------------------------------------------------- */

void shell_surface_send_configure(struct shell_surface *base)
{
	xdg_surface_send_configure(base->resource, ++base->sent);
}

void shell_surface_reset(struct shell_surface *base)
{
	base->initialised = base->configured = false;
	base->stale = base->sent;
}

bool shell_surface_check_buffer(struct shell_surface *base, const struct surface_state *pending)
{
	const struct buffer *buffer =
		pending->set & SURFACE_BUFFER ? pending->buffer : base->surface->current.buffer;

	if (!buffer || base->configured || base->surface->server->forgiving)
		return true;
	wl_resource_post_error(base->resource, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
			       "wl_surface.commit: wl_surface@%u has a buffer, but %s; commit "
			       "without a buffer first and answer the configure event with "
			       "ack_configure",
			       wl_resource_get_id(base->surface->resource),
			       base->initialised ? "no configure event was acknowledged"
						 : "it is the initial commit");
	return false;
}

struct wl_list *shell_surface_popups(const struct shell_surface *base)
{
	if (base->toplevel)
		return &base->toplevel->view.popups;
	return base->popup ? &base->popup->popup.popups : NULL;
}

bool shell_surface_is_mapped(const struct shell_surface *base)
{
	return base->toplevel ? base->toplevel->view.mapped
			      : base->popup && base->popup->popup.mapped;
}

/* ---- xdg_surface ---------------------------------------------------------------------------- */

static void shell_surface_destroy(struct shell_surface *base)
{
	if (base->toplevel)
		toplevel_destroy(base->toplevel);
	if (base->popup)
		popup_destroy(base->popup);
	wl_list_remove(&base->link);
	wl_list_remove(&base->surface_destroyed.link);
	wl_resource_set_user_data(base->resource, NULL);
	free(base);
}

static void handle_surface_destroyed(struct wl_listener *listener, void *data)
{
	struct shell_surface *base = wl_container_of(listener, base, surface_destroyed);

	shell_surface_destroy(base);
}

bool xdg_surface_check_attach(struct surface *surface, const struct buffer *buffer)
{
	struct wl_listener *listener = wl_signal_get(&surface->destroyed, handle_surface_destroyed);
	const struct shell_surface *base = NULL;

	if (!listener || !buffer)
		return true;
	base = wl_container_of(listener, base, surface_destroyed);
	bool has_role = base->toplevel || base->popup;
	if (base->initialised || (has_role && surface->server->forgiving))
		return true;
	wl_resource_post_error(base->resource, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
			       "wl_surface.attach: wl_surface@%u gets a buffer before its first "
			       "configure event; make the initial commit without one",
			       wl_resource_get_id(surface->resource));
	return false;
}

static void surface_handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	const struct shell_surface *base = wl_resource_get_user_data(resource);

	if (base && (base->toplevel || base->popup)) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_DEFUNCT_ROLE_OBJECT,
				       "xdg_surface.destroy: destroy its %s@%u first",
				       base->toplevel ? "xdg_toplevel" : "xdg_popup",
				       wl_resource_get_id(base->toplevel ? base->toplevel->resource
									 : base->popup->resource));
		return;
	}
	wl_resource_destroy(resource);
}

/* May the surface become this? False after posting an error. */
static bool take_role(struct shell_surface *base, const struct surface_role *role)
{
	struct surface *surface = base->surface;

	if (base->toplevel || base->popup) {
		wl_resource_post_error(base->resource, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED,
				       "xdg_surface@%u is an %s already",
				       wl_resource_get_id(base->resource), surface->role->name);
		return false;
	}
	if (!surface_set_role(surface, role)) {
		wl_resource_post_error(base->shell->resource, XDG_WM_BASE_ERROR_ROLE,
				       "wl_surface@%u cannot become an %s: it has the role %s",
				       wl_resource_get_id(surface->resource), role->name,
				       surface->role->name);
		return false;
	}
	return true;
}

static void handle_get_toplevel(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct shell_surface *base = wl_resource_get_user_data(resource);

	if (!base)
		toplevel_create_inert(resource, id);
	else if (take_role(base, &toplevel_surface_role))
		toplevel_create(base, id);
}

static bool check_popup(const struct shell_surface *base, struct wl_resource *parent_resource,
			const struct positioner_rules *rules)
{
	const struct shell_surface *parent =
		parent_resource ? wl_resource_get_user_data(parent_resource) : NULL;

	if (parent && !shell_surface_popups(parent)) {
		wl_resource_post_error(
			base->shell->resource, XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT,
			"xdg_surface.get_popup: the parent xdg_surface@%u is neither "
			"a toplevel nor a popup",
			wl_resource_get_id(parent_resource));
		return false;
	}
	return positioner_check(rules, base->shell->resource, "xdg_surface.get_popup");
}

static void handle_get_popup(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			     struct wl_resource *parent, struct wl_resource *positioner)
{
	struct shell_surface *base = wl_resource_get_user_data(resource);
	const struct positioner_rules *rules = positioner_from_resource(positioner);

	if (!base)
		popup_create_inert(resource, id);
	else if (take_role(base, &popup_surface_role) && check_popup(base, parent, rules))
		popup_create(base, id, parent, rules);
}

/* NULL if it is gone, or after posting an error: it has no role yet. */
static struct shell_surface *constructed(struct wl_resource *resource, const char *request)
{
	struct shell_surface *base = wl_resource_get_user_data(resource);

	if (!base || base->toplevel || base->popup)
		return base;
	wl_resource_post_error(resource, XDG_SURFACE_ERROR_NOT_CONSTRUCTED,
			       "xdg_surface.%s: call get_toplevel or get_popup first", request);
	return NULL;
}

static void handle_set_window_geometry(struct wl_client *client, struct wl_resource *resource,
				       int32_t x, int32_t y, int32_t width, int32_t height)
{
	struct shell_surface *base = constructed(resource, "set_window_geometry");

	if (!base)
		return;
	if (width <= 0 || height <= 0) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_INVALID_SIZE,
				       "xdg_surface.set_window_geometry: %dx%d, both must be "
				       "positive",
				       width, height);
		return;
	}
	base->geometry = (struct lend_rect){x, y, width, height};
}

static void handle_ack_configure(struct wl_client *client, struct wl_resource *resource,
				 uint32_t serial)
{
	struct shell_surface *base = constructed(resource, "ack_configure");

	if (!base)
		return;
	/* Differences, since serials wrap around. */
	if ((int32_t)(serial - base->acked) <= 0 || (int32_t)(base->sent - serial) < 0) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_INVALID_SERIAL,
				       "xdg_surface.ack_configure: serial %u; sent last was %u, "
				       "acknowledged last %u",
				       serial, base->sent, base->acked);
		return;
	}
	base->acked = serial;
	if ((int32_t)(serial - base->stale) > 0)
		base->configured = true;
}

static const struct xdg_surface_interface surface_interface = {
	.destroy = surface_handle_destroy_request,
	.get_toplevel = handle_get_toplevel,
	.get_popup = handle_get_popup,
	.set_window_geometry = handle_set_window_geometry,
	.ack_configure = handle_ack_configure,
};

static void surface_handle_destroy(struct wl_resource *resource)
{
	struct shell_surface *base = wl_resource_get_user_data(resource);

	if (base)
		shell_surface_destroy(base);
}

/* ---- xdg_wm_base ---------------------------------------------------------------------------- */

static bool has_buffer(const struct surface *surface)
{
	return surface_has_buffer(surface) ||
	       (surface->pending.set & SURFACE_BUFFER && surface->pending.buffer);
}

/* False after posting an error: the surface cannot have an xdg_surface. */
static bool check_surface(struct shell *shell, struct surface *surface)
{
	uint32_t id = wl_resource_get_id(surface->resource);
	const struct surface_role *role = surface->role;

	if (role && role != &toplevel_surface_role && role != &popup_surface_role)
		wl_resource_post_error(shell->resource, XDG_WM_BASE_ERROR_ROLE,
				       "xdg_wm_base.get_xdg_surface: wl_surface@%u has the role %s",
				       id, role->name);
	else if (wl_signal_get(&surface->destroyed, handle_surface_destroyed))
		wl_resource_post_error(shell->resource, XDG_WM_BASE_ERROR_ROLE,
				       "xdg_wm_base.get_xdg_surface: wl_surface@%u has an "
				       "xdg_surface already",
				       id);
	else if (has_buffer(surface))
		wl_resource_post_error(shell->resource, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE,
				       "xdg_wm_base.get_xdg_surface: wl_surface@%u has a buffer; "
				       "attach none before the first configure event",
				       id);
	else
		return true;
	return false;
}

static void handle_get_xdg_surface(struct wl_client *client, struct wl_resource *resource,
				   uint32_t id, struct wl_resource *surface_resource)
{
	struct shell *shell = wl_resource_get_user_data(resource);
	struct surface *surface = surface_from_resource(surface_resource);

	if (!check_surface(shell, surface))
		return;
	struct shell_surface *base = calloc(1, sizeof(*base));
	struct wl_resource *created =
		base ? wl_resource_create(client, &xdg_surface_interface,
					  wl_resource_get_version(resource), id)
		     : NULL;
	if (!created) {
		free(base);
		wl_client_post_no_memory(client);
		return;
	}
	base->shell = shell;
	base->resource = created;
	base->surface = surface;
	base->surface_destroyed.notify = handle_surface_destroyed;
	wl_signal_add(&surface->destroyed, &base->surface_destroyed);
	wl_list_insert(&shell->surfaces, &base->link);
	wl_resource_set_implementation(created, &surface_interface, base, surface_handle_destroy);
}

static void shell_handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	const struct shell *shell = wl_resource_get_user_data(resource);

	if (!wl_list_empty(&shell->surfaces)) {
		wl_resource_post_error(resource, XDG_WM_BASE_ERROR_DEFUNCT_SURFACES,
				       "xdg_wm_base.destroy: destroy its %d xdg_surfaces first",
				       wl_list_length(&shell->surfaces));
		return;
	}
	wl_resource_destroy(resource);
}

static void handle_create_positioner(struct wl_client *client, struct wl_resource *resource,
				     uint32_t id)
{
	positioner_create(client, (uint32_t)wl_resource_get_version(resource), id);
}

static void handle_pong(struct wl_client *client, struct wl_resource *resource, uint32_t serial)
{
	struct shell *shell = wl_resource_get_user_data(resource);

	if (serial == shell->ping)
		shell->ping = 0;
}

void shell_surface_ping(const struct shell_surface *base)
{
	const struct lend_peer *peer = &base->surface->client->peer;
	struct shell *shell = base->shell;

	if (!shell)
		return;
	if (shell->ping)
		server_log(shell->server, LEND_LOG_INFO, "client %d (%s) has not answered the ping",
			   (int)peer->pid, peer->program);
	shell->ping = wl_display_next_serial(shell->server->display);
	xdg_wm_base_send_ping(shell->resource, shell->ping);
}

static const struct xdg_wm_base_interface shell_interface = {
	.destroy = shell_handle_destroy_request,
	.create_positioner = handle_create_positioner,
	.get_xdg_surface = handle_get_xdg_surface,
	.pong = handle_pong,
};

/* Its surfaces are left only when the client is being disconnected. */
static void shell_handle_destroy(struct wl_resource *resource)
{
	struct shell *shell = wl_resource_get_user_data(resource);
	struct shell_surface *base, *next;

	wl_list_for_each_safe (base, next, &shell->surfaces, link) {
		base->shell = NULL;
		wl_list_remove(&base->link);
		wl_list_init(&base->link);
	}
	free(shell);
}

static void bind_shell(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct shell *shell = calloc(1, sizeof(*shell));
	struct wl_resource *resource =
		shell ? wl_resource_create(client, &xdg_wm_base_interface, (int)version, id) : NULL;

	if (!resource) {
		free(shell);
		wl_client_post_no_memory(client);
		return;
	}
	shell->server = data;
	shell->resource = resource;
	wl_list_init(&shell->surfaces);
	wl_resource_set_implementation(resource, &shell_interface, shell, shell_handle_destroy);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &xdg_wm_base_interface, VERSION, server,
				bind_shell)
		       ? 0
		       : -ENOMEM;
}

const struct global global_xdg_shell = {"xdg_wm_base", create};
