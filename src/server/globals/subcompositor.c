/* SPDX-License-Identifier: MIT */
/* wl_subcompositor: surfaces within surfaces. */
#include "server/server.h"

#include <stdlib.h>
#include <wayland-server.h>

static void handle_surface_destroyed(struct surface *surface);

static const struct surface_role subsurface_role = {
	.name = "wl_subsurface",
	.destroyed = handle_surface_destroyed,
};

static struct subsurface *subsurface_from_resource(struct wl_resource *resource)
{
	return wl_resource_get_user_data(resource); /* NULL once the surface is gone */
}

bool subsurface_is_synchronised(const struct subsurface *subsurface)
{
	while (subsurface) {
		if (subsurface->synchronised)
			return true;
		subsurface = subsurface->parent ? subsurface->parent->subsurface : NULL;
	}
	return false;
}

static void apply_children(struct surface *parent);

/* What it has cached and with it what its children have; they do not wait for one that has nothing.
 */
static void apply_cached(struct subsurface *subsurface)
{
	if (!subsurface->has_cached) {
		apply_children(subsurface->surface);
		return;
	}
	subsurface->has_cached = false;
	surface_submit(subsurface->surface, &subsurface->cached);
}

static void apply_children(struct surface *parent)
{
	struct stack_entry *entry, *next;

	wl_list_for_each_safe (entry, next, &parent->stack, link) {
		struct subsurface *child = entry->surface->subsurface;
		if (entry->surface != parent &&
		    (child->has_cached || subsurface_is_synchronised(child)))
			apply_cached(child);
	}
}

/* ---- order ---------------------------------------------------------------------------------- */

static void relink(struct wl_list *after, struct stack_entry *entry)
{
	wl_list_remove(&entry->link);
	wl_list_insert(after, &entry->link);
}

static struct stack_entry *current_entry(struct surface *parent, struct stack_entry *pending)
{
	return pending->surface == parent ? &parent->self : &pending->surface->subsurface->entry;
}

static bool reorder(struct surface *parent)
{
	struct wl_list *place = &parent->stack;
	struct stack_entry *pending;
	bool changed = false;

	wl_list_for_each (pending, &parent->stack_pending, link) {
		struct stack_entry *entry = current_entry(parent, pending);
		changed = changed || place->next != &entry->link;
		relink(place, entry);
		place = &entry->link;
	}
	return changed;
}

static bool move_children(struct surface *parent)
{
	struct stack_entry *entry;
	bool changed = false;

	wl_list_for_each (entry, &parent->stack, link) {
		struct subsurface *child = entry->surface->subsurface;
		if (entry->surface == parent || !child->position_set)
			continue;
		child->position_set = false;
		changed = changed || child->x != child->pending_x || child->y != child->pending_y;
		child->x = child->pending_x;
		child->y = child->pending_y;
	}
	return changed;
}

void subsurface_parent_applied(struct surface *parent)
{
	bool reordered = reorder(parent), moved = move_children(parent);

	if (reordered || moved)
		scene_changed(parent->server);
	apply_children(parent);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void leave_parent(struct subsurface *subsurface)
{
	struct surface *parent = subsurface->parent;

	if (!parent)
		return;
	wl_list_remove(&subsurface->entry.link);
	wl_list_remove(&subsurface->entry_pending.link);
	wl_list_remove(&subsurface->parent_destroyed.link);
	subsurface->parent = NULL;
	scene_changed(subsurface->surface->server);
	fence_recheck(parent);
}

static void handle_parent_destroyed(struct wl_listener *listener, void *data)
{
	struct subsurface *subsurface = wl_container_of(listener, subsurface, parent_destroyed);

	leave_parent(subsurface);
}

static void destroy(struct subsurface *subsurface)
{
	leave_parent(subsurface);
	subsurface->surface->subsurface = NULL;
	subsurface->surface->role_object = NULL;
	surface_state_finish(&subsurface->cached);
	wl_resource_set_user_data(subsurface->resource, NULL);
	free(subsurface);
}

static void handle_surface_destroyed(struct surface *surface)
{
	destroy(surface->subsurface);
}

static void handle_resource_destroy(struct wl_resource *resource)
{
	struct subsurface *subsurface = subsurface_from_resource(resource);

	if (subsurface)
		destroy(subsurface);
}

/* ---- requests ------------------------------------------------------------------------------- */

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void handle_set_position(struct wl_client *client, struct wl_resource *resource, int32_t x,
				int32_t y)
{
	struct subsurface *subsurface = subsurface_from_resource(resource);
	const int32_t limit = 1 << 20; /* keeps sums along a chain of parents in range */

	if (!subsurface)
		return;
	subsurface->pending_x = x < -limit ? -limit : x > limit ? limit : x;
	subsurface->pending_y = y < -limit ? -limit : y > limit ? limit : y;
	subsurface->position_set = true;
}

/* The pending entry of a sibling or the parent; NULL after posting an error. */
static struct stack_entry *find_reference(struct subsurface *subsurface, const char *request,
					  struct wl_resource *reference)
{
	struct surface *surface = surface_from_resource(reference);

	if (surface == subsurface->parent)
		return &surface->self_pending;
	if (surface != subsurface->surface && surface->subsurface &&
	    surface->subsurface->parent == subsurface->parent)
		return &surface->subsurface->entry_pending;
	wl_resource_post_error(
		subsurface->resource, WL_SUBSURFACE_ERROR_BAD_SURFACE,
		"wl_subsurface.%s: wl_surface@%u is neither the parent nor a sibling", request,
		wl_resource_get_id(reference));
	return NULL;
}

static void handle_place_above(struct wl_client *client, struct wl_resource *resource,
			       struct wl_resource *reference)
{
	struct subsurface *subsurface = subsurface_from_resource(resource);

	if (!subsurface || !subsurface->parent)
		return;
	struct stack_entry *entry = find_reference(subsurface, "place_above", reference);
	if (entry)
		relink(&entry->link, &subsurface->entry_pending);
}

static void handle_place_below(struct wl_client *client, struct wl_resource *resource,
			       struct wl_resource *reference)
{
	struct subsurface *subsurface = subsurface_from_resource(resource);

	if (!subsurface || !subsurface->parent)
		return;
	struct stack_entry *entry = find_reference(subsurface, "place_below", reference);
	if (!entry)
		return;
	wl_list_remove(&subsurface->entry_pending.link);
	wl_list_insert(entry->link.prev, &subsurface->entry_pending.link);
}

static void handle_set_sync(struct wl_client *client, struct wl_resource *resource)
{
	struct subsurface *subsurface = subsurface_from_resource(resource);

	if (subsurface)
		subsurface->synchronised = true;
}

static void handle_set_desync(struct wl_client *client, struct wl_resource *resource)
{
	struct subsurface *subsurface = subsurface_from_resource(resource);

	if (!subsurface)
		return;
	subsurface->synchronised = false;
	if (!subsurface_is_synchronised(subsurface))
		apply_cached(subsurface);
}

static const struct wl_subsurface_interface subsurface_interface = {
	.destroy = handle_destroy_request,
	.set_position = handle_set_position,
	.place_above = handle_place_above,
	.place_below = handle_place_below,
	.set_sync = handle_set_sync,
	.set_desync = handle_set_desync,
};

/* True if `surface` is `other` or one of its ancestors. */
static bool is_self_or_ancestor(const struct surface *surface, const struct surface *other)
{
	while (other) {
		if (other == surface)
			return true;
		other = other->subsurface ? other->subsurface->parent : NULL;
	}
	return false;
}

static bool check_get(struct wl_resource *resource, struct surface *surface, struct surface *parent)
{
	uint32_t id = wl_resource_get_id(surface->resource);

	if (is_self_or_ancestor(surface, parent)) {
		wl_resource_post_error(
			resource, WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE,
			"wl_subcompositor.get_subsurface: wl_surface@%u would be its "
			"own parent or ancestor",
			id);
		return false;
	}
	if (surface->role_object || !surface_set_role(surface, &subsurface_role)) {
		wl_resource_post_error(
			resource, WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE,
			"wl_subcompositor.get_subsurface: wl_surface@%u has the role "
			"%s already",
			id, surface->role->name);
		return false;
	}
	return true;
}

static void join_parent(struct subsurface *subsurface, struct surface *parent)
{
	subsurface->parent = parent;
	subsurface->entry.surface = subsurface->entry_pending.surface = subsurface->surface;
	wl_list_init(&subsurface->entry.link); /* joins the stack with the parent's next commit */
	wl_list_insert(parent->stack_pending.prev, &subsurface->entry_pending.link);
	subsurface->parent_destroyed.notify = handle_parent_destroyed;
	wl_signal_add(&parent->destroyed, &subsurface->parent_destroyed);
}

static void handle_get_subsurface(struct wl_client *client, struct wl_resource *resource,
				  uint32_t id, struct wl_resource *surface_resource,
				  struct wl_resource *parent_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);
	struct surface *parent = surface_from_resource(parent_resource);

	if (!check_get(resource, surface, parent))
		return;
	struct subsurface *subsurface = calloc(1, sizeof(*subsurface));
	if (subsurface)
		subsurface->resource = wl_resource_create(client, &wl_subsurface_interface, 1, id);
	if (!subsurface || !subsurface->resource) {
		free(subsurface);
		wl_client_post_no_memory(client);
		return;
	}
	subsurface->surface = surface;
	subsurface->synchronised = true;
	surface_state_init(&subsurface->cached);
	join_parent(subsurface, parent);
	surface->subsurface = subsurface;
	surface->role_object = subsurface;
	wl_resource_set_implementation(subsurface->resource, &subsurface_interface, subsurface,
				       handle_resource_destroy);
}

static const struct wl_subcompositor_interface subcompositor_interface = {
	.destroy = handle_destroy_request,
	.get_subsurface = handle_get_subsurface,
};

static void bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wl_subcompositor_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &subcompositor_interface, data, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wl_subcompositor_interface, 1, server, bind)
		       ? 0
		       : -ENOMEM;
}

const struct global global_subcompositor = {.name = "wl_subcompositor", .create = create};
