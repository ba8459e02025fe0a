/* SPDX-License-Identifier: MIT */
/*
 * The floor: a libwayland server that takes the requests of our clients, answers each commit with
 * what a display has to answer, frame done and the release of the buffer before, and does nothing
 * else. It shows nothing.
 *
 *   empty SOCKET WIDTHxHEIGHT
 */
#include "bench.h"

#include <framelend/alloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <wayland-server.h>

#include "framelend-v1-server-protocol.h"
#include "xdg-shell-server-protocol.h"

struct surface {
	struct wl_resource *pending, *shown; /* wl_buffers */
	struct wl_resource *callback;
	struct wl_resource *xdg, *toplevel;
	bool configured;
};

#define BUFFERS 4

struct chain {
	struct lend_buffer *buffers[BUFFERS];
};

static uint32_t width, height;

static struct wl_resource *make(struct wl_client *client, const struct wl_interface *interface,
				int version, uint32_t id, const void *implementation, void *data)
{
	struct wl_resource *resource = wl_resource_create(client, interface, version, id);

	if (!resource)
		die("empty: out of memory");
	wl_resource_set_implementation(resource, implementation, data, NULL);
	return resource;
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* ---- wl_surface ----------------------------------------------------------------------------- */

static void handle_attach(struct wl_client *client, struct wl_resource *resource,
			  struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	surface->pending = buffer;
}

static void handle_damage(struct wl_client *client, struct wl_resource *resource, int32_t x,
			  int32_t y, int32_t damage_width, int32_t damage_height)
{
}

static void handle_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	surface->callback = make(client, &wl_callback_interface, 1, id, NULL, NULL);
}

static void configure(struct surface *surface)
{
	struct wl_array states;

	wl_array_init(&states);
	xdg_toplevel_send_configure(surface->toplevel, (int32_t)width, (int32_t)height, &states);
	xdg_surface_send_configure(surface->xdg, 1);
	surface->configured = true;
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	if (!surface->configured)
		configure(surface);
	if (surface->callback) {
		wl_callback_send_done(surface->callback, 1);
		wl_resource_destroy(surface->callback);
		surface->callback = NULL;
	}
	if (surface->shown && surface->shown != surface->pending)
		wl_buffer_send_release(surface->shown);
	surface->shown = surface->pending;
}

static const struct wl_surface_interface surface_interface = {
	.destroy = handle_destroy,
	.attach = handle_attach,
	.damage = handle_damage,
	.frame = handle_frame,
	.commit = handle_commit,
	.damage_buffer = handle_damage,
};

/* ---- the globals ---------------------------------------------------------------------------- */

static void handle_create_surface(struct wl_client *client, struct wl_resource *resource,
				  uint32_t id)
{
	struct surface *surface = calloc(1, sizeof(*surface));

	make(client, &wl_surface_interface, wl_resource_get_version(resource), id,
	     &surface_interface, surface);
}

static const struct wl_compositor_interface compositor_interface = {
	.create_surface = handle_create_surface,
};

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	make(client, &wl_compositor_interface, (int)version, id, &compositor_interface, NULL);
}

static void handle_text(struct wl_client *client, struct wl_resource *resource, const char *text) {}

static const struct xdg_toplevel_interface toplevel_interface = {
	.destroy = handle_destroy,
	.set_title = handle_text,
	.set_app_id = handle_text,
};

static void handle_get_toplevel(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	surface->toplevel =
		make(client, &xdg_toplevel_interface, 1, id, &toplevel_interface, surface);
}

static void handle_ack(struct wl_client *client, struct wl_resource *resource, uint32_t serial) {}

static const struct xdg_surface_interface xdg_interface = {
	.destroy = handle_destroy,
	.get_toplevel = handle_get_toplevel,
	.ack_configure = handle_ack,
};

static void handle_get_xdg_surface(struct wl_client *client, struct wl_resource *resource,
				   uint32_t id, struct wl_resource *wl_surface)
{
	struct surface *surface = wl_resource_get_user_data(wl_surface);

	surface->xdg = make(client, &xdg_surface_interface, 1, id, &xdg_interface, surface);
}

static const struct xdg_wm_base_interface shell_interface = {
	.destroy = handle_destroy,
	.get_xdg_surface = handle_get_xdg_surface,
};

static void bind_shell(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	make(client, &xdg_wm_base_interface, (int)version, id, &shell_interface, NULL);
}

/* ---- lending -------------------------------------------------------------------------------- */

static const struct wl_buffer_interface buffer_interface = {.destroy = handle_destroy};

static void announce(struct wl_resource *resource, uint32_t index, struct lend_buffer *buffer)
{
	struct lend_buffer_info info = {.size = sizeof(info)};

	lend_buffer_describe(buffer, &info);
	framelend_chain_v1_send_buffer(resource, 1, index, info.memory, info.caching, 0, 0);
	framelend_chain_v1_send_plane(resource, 0, info.planes[0].fd, info.planes[0].offset,
				      info.planes[0].stride);
}

static void handle_configure(struct wl_client *client, struct wl_resource *resource,
			     uint32_t buffer_width, uint32_t buffer_height, uint32_t format,
			     uint32_t usage, uint32_t count)
{
	struct chain *chain = wl_resource_get_user_data(resource);
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = buffer_width,
		.height = buffer_height,
		.format = format,
	};

	for (uint32_t i = 0; i < count && i < BUFFERS; i++) {
		if (lend_buffer_allocate(NULL, &options, &chain->buffers[i], NULL) < 0)
			die("empty: %s", lend_alloc_error());
		announce(resource, i, chain->buffers[i]);
	}
	framelend_chain_v1_send_done(resource, 1, buffer_width, buffer_height, format);
}

static void handle_get_buffer(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			      uint32_t generation, uint32_t index)
{
	make(client, &wl_buffer_interface, 1, id, &buffer_interface, NULL);
}

static void handle_drop(struct wl_client *client, struct wl_resource *resource, uint32_t generation)
{
}

static const struct framelend_chain_v1_interface chain_interface = {
	.destroy = handle_destroy,
	.configure = handle_configure,
	.get_buffer = handle_get_buffer,
	.drop = handle_drop,
};

static void handle_get_chain(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			     struct wl_resource *surface)
{
	struct chain *chain = calloc(1, sizeof(*chain));

	make(client, &framelend_chain_v1_interface, 1, id, &chain_interface, chain);
}

static const struct framelend_manager_v1_interface manager_interface = {
	.destroy = handle_destroy,
	.get_chain = handle_get_chain,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		make(client, &framelend_manager_v1_interface, 1, id, &manager_interface, NULL);

	framelend_manager_v1_send_capabilities(resource, 0);
	framelend_manager_v1_send_format(resource, LEND_FORMAT_XRGB8888);
	framelend_manager_v1_send_done(resource);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		die("usage: empty SOCKET WIDTHxHEIGHT");
	size_read(argv[2], &width, &height);
	struct wl_display *display = wl_display_create();
	if (!display || wl_display_add_socket(display, argv[1]) < 0)
		die("empty: cannot listen on %s", argv[1]);
	if (!wl_global_create(display, &wl_compositor_interface, 5, NULL, bind_compositor) ||
	    !wl_global_create(display, &xdg_wm_base_interface, 1, NULL, bind_shell) ||
	    !wl_global_create(display, &framelend_manager_v1_interface, 1, NULL, bind_manager))
		die("empty: out of memory");
	puts("ready");
	fflush(stdout);
	wl_display_run(display);
	return 0;
}
