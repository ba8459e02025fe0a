/* SPDX-License-Identifier: MIT */
#include "shell.h"

#include <string.h>

/* ---- events --------------------------------------------------------------------------------- */

static void handle_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	struct shell_window *window = data;

	window->serial = serial;
	window->configures++;
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_configure};

static uint32_t bits_of(const struct wl_array *values)
{
	const uint32_t *value;
	uint32_t bits = 0;

	for (value = values->data; (size_t)(value - (uint32_t *)values->data) < values->size / 4;
	     value++) {
		assert_in_range(*value, 1, 31);
		bits |= 1u << *value;
	}
	return bits;
}

static void toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
			       int32_t height, struct wl_array *states)
{
	struct shell_window *window = data;

	window->width = width;
	window->height = height;
	window->states = bits_of(states);
}

static void toplevel_close(void *data, struct xdg_toplevel *toplevel)
{
	((struct shell_window *)data)->closes++;
}

static void toplevel_bounds(void *data, struct xdg_toplevel *toplevel, int32_t width,
			    int32_t height)
{
	struct shell_window *window = data;

	window->bounds_width = width;
	window->bounds_height = height;
	window->bounds++;
}

static void toplevel_capabilities(void *data, struct xdg_toplevel *toplevel,
				  struct wl_array *capabilities)
{
	struct shell_window *window = data;

	window->capabilities = bits_of(capabilities);
	window->capability_events++;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = toplevel_configure,
	.close = toplevel_close,
	.configure_bounds = toplevel_bounds,
	.wm_capabilities = toplevel_capabilities,
};

static void popup_configure(void *data, struct xdg_popup *popup, int32_t x, int32_t y,
			    int32_t width, int32_t height)
{
	struct shell_window *window = data;

	window->x = x;
	window->y = y;
	window->width = width;
	window->height = height;
}

static void popup_done(void *data, struct xdg_popup *popup)
{
	struct shell_window *window = data;
	static unsigned total;

	window->dones++;
	window->done_at = ++total;
}

static void popup_repositioned(void *data, struct xdg_popup *popup, uint32_t token)
{
	struct shell_window *window = data;

	window->token = token;
	window->repositions++;
}

static const struct xdg_popup_listener popup_listener = {
	.configure = popup_configure,
	.popup_done = popup_done,
	.repositioned = popup_repositioned,
};

/* ---- windows -------------------------------------------------------------------------------- */

void shell_window_create(struct client *client, struct shell_window *window)
{
	*window = (struct shell_window){.client = client};
	window->surface = wl_compositor_create_surface(client->compositor);
	window->xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, window);
}

void shell_window_get_toplevel(struct shell_window *window)
{
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
}

void shell_window_get_popup(struct shell_window *window, struct shell_window *parent,
			    struct xdg_positioner *positioner)
{
	window->popup = xdg_surface_get_popup(window->xdg_surface,
					      parent ? parent->xdg_surface : NULL, positioner);
	xdg_popup_add_listener(window->popup, &popup_listener, window);
}

void shell_window_begin(struct shell_window *window)
{
	unsigned before = window->configures;

	wl_surface_commit(window->surface);
	client_roundtrip(window->client);
	assert_int_equal(window->configures, before + 1);
}

void shell_window_ack(struct shell_window *window)
{
	xdg_surface_ack_configure(window->xdg_surface, window->serial);
}

void shell_window_commit(struct shell_window *window, struct wl_buffer *buffer)
{
	wl_surface_attach(window->surface, buffer, 0, 0);
	wl_surface_damage_buffer(window->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(window->surface);
	client_roundtrip(window->client);
}

void shell_window_map(struct shell_window *window, struct wl_buffer *buffer)
{
	shell_window_begin(window);
	shell_window_ack(window);
	shell_window_commit(window, buffer);
}

void shell_toplevel_map(struct client *client, struct shell_window *window,
			struct wl_buffer *buffer)
{
	shell_window_create(client, window);
	shell_window_get_toplevel(window);
	shell_window_map(window, buffer);
}

void shell_window_destroy(struct shell_window *window)
{
	if (window->popup)
		xdg_popup_destroy(window->popup);
	if (window->toplevel)
		xdg_toplevel_destroy(window->toplevel);
	if (window->xdg_surface)
		xdg_surface_destroy(window->xdg_surface);
	if (window->surface)
		wl_surface_destroy(window->surface);
	*window = (struct shell_window){.client = window->client};
}

struct xdg_positioner *positioner_create(struct client *client, int32_t width, int32_t height,
					 int32_t x, int32_t y)
{
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client->wm_base);

	xdg_positioner_set_size(positioner, width, height);
	xdg_positioner_set_anchor_rect(positioner, x, y, 1, 1);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_TOP_LEFT);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	return positioner;
}

struct wl_surface *subsurface_create(struct client *client, struct wl_surface *parent)
{
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);

	wl_subcompositor_get_subsurface(client->subcompositor, surface, parent);
	return surface;
}

/* ---- globals -------------------------------------------------------------------------------- */

struct wanted {
	const char *interface;
	unsigned index;
	uint32_t name;
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
			  const char *interface, uint32_t version)
{
	struct wanted *wanted = data;

	if (strcmp(interface, wanted->interface) == 0 && wanted->index-- == 0)
		wanted->name = name;
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

void *bind_again(struct client *client, const struct wl_interface *interface, uint32_t version,
		 unsigned index)
{
	struct wl_registry *registry = wl_display_get_registry(client->display);
	struct wanted wanted = {.interface = interface->name, .index = index};

	wl_registry_add_listener(registry, &registry_listener, &wanted);
	client_roundtrip(client);
	assert_int_not_equal(wanted.name, 0);
	void *proxy = wl_registry_bind(registry, wanted.name, interface, version);
	wl_registry_destroy(registry);
	return proxy;
}
