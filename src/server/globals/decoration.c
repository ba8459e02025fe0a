/* SPDX-License-Identifier: MIT */
/* zxdg_decoration: who draws titles and borders. The layout says what windows there are and how
 * large: nobody has to, and clients are told that it is the server's affair. */
#include "xdg_shell.h"

#include "xdg-decoration-server-protocol.h"

#define VERSION 1

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* ---- a toplevel's ---------------------------------------------------------------------------- */

void decoration_send_configure(struct toplevel *toplevel)
{
	if (toplevel->decoration_due)
		zxdg_toplevel_decoration_v1_send_configure(
			toplevel->decoration, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	toplevel->decoration_due = false;
}

/* The answer to a wish is what it would have been without. */
static void answer(struct wl_resource *resource)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (!toplevel)
		return;
	toplevel->decoration_due = true;
	if (toplevel->base->initialised)
		toplevel_send_configure(toplevel);
}

static void handle_set_mode(struct wl_client *client, struct wl_resource *resource, uint32_t mode)
{
	answer(resource);
}

static void handle_unset_mode(struct wl_client *client, struct wl_resource *resource)
{
	answer(resource);
}

static const struct zxdg_toplevel_decoration_v1_interface decoration_requests = {
	.destroy = handle_destroy_request,
	.set_mode = handle_set_mode,
	.unset_mode = handle_unset_mode,
};

static void handle_destroy(struct wl_resource *resource)
{
	struct toplevel *toplevel = wl_resource_get_user_data(resource);

	if (!toplevel)
		return;
	toplevel->decoration = NULL;
	toplevel->decoration_due = false;
}

bool decoration_check_orphan(const struct toplevel *toplevel)
{
	if (!toplevel->decoration)
		return true;
	wl_resource_post_error(toplevel->decoration, ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ORPHANED,
			       "xdg_toplevel.destroy: destroy its decoration "
			       "zxdg_toplevel_decoration_v1@%u first",
			       wl_resource_get_id(toplevel->decoration));
	return false;
}

void decoration_forget_toplevel(struct toplevel *toplevel)
{
	if (toplevel->decoration)
		wl_resource_set_user_data(toplevel->decoration, NULL);
}

/* ---- the manager ----------------------------------------------------------------------------- */

/* False after posting an error on the new object. */
static bool check(const struct toplevel *toplevel, struct wl_resource *decoration)
{
	struct surface *surface = toplevel->base->surface;

	if (toplevel->decoration)
		wl_resource_post_error(decoration,
				       ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ALREADY_CONSTRUCTED,
				       "xdg_toplevel@%u has the decoration "
				       "zxdg_toplevel_decoration_v1@%u already",
				       wl_resource_get_id(toplevel->resource),
				       wl_resource_get_id(toplevel->decoration));
	else if (surface_buffer_to_come(surface))
		wl_resource_post_error(decoration,
				       ZXDG_TOPLEVEL_DECORATION_V1_ERROR_UNCONFIGURED_BUFFER,
				       "wl_surface@%u has a buffer already: ask for the decoration "
				       "before the first one",
				       wl_resource_get_id(surface->resource));
	else
		return true;
	return false;
}

static void handle_get(struct wl_client *client, struct wl_resource *manager, uint32_t id,
		       struct wl_resource *toplevel_resource)
{
	struct toplevel *toplevel = wl_resource_get_user_data(toplevel_resource);
	struct wl_resource *resource =
		wl_resource_create(client, &zxdg_toplevel_decoration_v1_interface,
				   wl_resource_get_version(manager), id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	bool usable = toplevel && check(toplevel, resource);
	wl_resource_set_implementation(resource, &decoration_requests, usable ? toplevel : NULL,
				       handle_destroy);
	if (!usable)
		return;
	toplevel->decoration = resource;
	answer(resource);
}

static const struct zxdg_decoration_manager_v1_interface manager_requests = {
	.destroy = handle_destroy_request,
	.get_toplevel_decoration = handle_get,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &zxdg_decoration_manager_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_requests, data, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &zxdg_decoration_manager_v1_interface, VERSION,
				server, bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_decoration = {"zxdg_decoration_manager_v1", create};
