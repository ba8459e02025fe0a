/* SPDX-License-Identifier: MIT */
#include "nested_host.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wayland-server.h>

#include "fractional-scale-server-protocol.h"
#include "viewporter-server-protocol.h"
#include "xdg-shell-server-protocol.h"

static void destroy_resource(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static struct wl_resource *add(struct wl_client *client, const struct wl_interface *interface,
			       uint32_t version, uint32_t id, const void *implementation,
			       struct fake_host *host)
{
	struct wl_resource *resource = wl_resource_create(client, interface, (int)version, id);

	if (!resource)
		abort();
	wl_resource_set_implementation(resource, implementation, host, NULL);
	return resource;
}

/* ---- surfaces ------------------------------------------------------------------------------- */

static void surface_attach(struct wl_client *client, struct wl_resource *resource,
			   struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct fake_host *host = wl_resource_get_user_data(resource);

	if (resource == host->surface)
		host->pending_buffer = buffer;
}

static void surface_damage(struct wl_client *client, struct wl_resource *resource, int32_t x,
			   int32_t y, int32_t width, int32_t height)
{
}

static void surface_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct fake_host *host = wl_resource_get_user_data(resource);

	host->callback = add(client, &wl_callback_interface, 1, id, NULL, host);
}

static void surface_region(struct wl_client *client, struct wl_resource *resource,
			   struct wl_resource *region)
{
}

static void hold(struct fake_host *host, struct wl_resource *buffer)
{
	if (host->n_held < HELD_MAX)
		host->held[host->n_held++] = buffer;
	if (!host->keeps_buffers && host->n_held > 1)
		fake_host_release(host, 1);
}

static void take_buffer(struct fake_host *host)
{
	struct wl_shm_buffer *buffer = wl_shm_buffer_get(host->pending_buffer);

	if (!buffer)
		abort();
	host->buffer_width = wl_shm_buffer_get_width(buffer);
	host->buffer_height = wl_shm_buffer_get_height(buffer);
	host->commits++;
	hold(host, host->pending_buffer);
	host->pending_buffer = NULL;
}

static void surface_commit(struct wl_client *client, struct wl_resource *resource)
{
	struct fake_host *host = wl_resource_get_user_data(resource);

	if (resource != host->surface)
		return;
	host->scale = host->pending_scale;
	if (!host->configured)
		fake_host_configure(host, 0, 0);
	if (host->pending_buffer)
		take_buffer(host);
	if (host->callback && !host->keeps_callbacks) {
		wl_callback_send_done(host->callback, 0);
		wl_resource_destroy(host->callback);
		host->callback = NULL;
	}
}

static void surface_integer(struct wl_client *client, struct wl_resource *resource, int32_t value)
{
}

static void surface_scale(struct wl_client *client, struct wl_resource *resource, int32_t scale)
{
	struct fake_host *host = wl_resource_get_user_data(resource);

	if (resource == host->surface)
		host->pending_scale = scale;
}

static const struct wl_surface_interface surface_implementation = {
	.destroy = destroy_resource,
	.attach = surface_attach,
	.damage = surface_damage,
	.frame = surface_frame,
	.set_opaque_region = surface_region,
	.set_input_region = surface_region,
	.commit = surface_commit,
	.set_buffer_transform = surface_integer,
	.set_buffer_scale = surface_scale,
	.damage_buffer = surface_damage,
};

static void create_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct fake_host *host = wl_resource_get_user_data(resource);
	struct wl_resource *surface =
		add(client, &wl_surface_interface, 4, id, &surface_implementation, host);

	if (!host->surface)
		host->surface = surface;
}

static const struct wl_compositor_interface compositor_implementation = {.create_surface =
										 create_surface};

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	add(client, &wl_compositor_interface, version, id, &compositor_implementation, data);
}

/* ---- windows -------------------------------------------------------------------------------- */

static void ignore_text(struct wl_client *client, struct wl_resource *resource, const char *text) {}

static void ignore_object(struct wl_client *client, struct wl_resource *resource,
			  struct wl_resource *object)
{
}

static const struct xdg_toplevel_interface toplevel_implementation = {
	.destroy = destroy_resource,
	.set_title = ignore_text,
	.set_app_id = ignore_text,
	.set_fullscreen = ignore_object,
};

static void get_toplevel(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct fake_host *host = wl_resource_get_user_data(resource);

	host->toplevel =
		add(client, &xdg_toplevel_interface, 1, id, &toplevel_implementation, host);
}

static void ack_configure(struct wl_client *client, struct wl_resource *resource, uint32_t serial)
{
}

static const struct xdg_surface_interface xdg_surface_implementation = {
	.destroy = destroy_resource,
	.get_toplevel = get_toplevel,
	.ack_configure = ack_configure,
};

static void get_xdg_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			    struct wl_resource *surface)
{
	struct fake_host *host = wl_resource_get_user_data(resource);

	host->xdg_surface =
		add(client, &xdg_surface_interface, 1, id, &xdg_surface_implementation, host);
}

static void pong(struct wl_client *client, struct wl_resource *resource, uint32_t serial) {}

static const struct xdg_wm_base_interface shell_implementation = {
	.destroy = destroy_resource,
	.get_xdg_surface = get_xdg_surface,
	.pong = pong,
};

static void bind_shell(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *shell =
		add(client, &xdg_wm_base_interface, version, id, &shell_implementation, data);

	xdg_wm_base_send_ping(shell, 1);
}

/* ---- scales --------------------------------------------------------------------------------- */

static void bind_output(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct fake_host *host = data;

	host->output = add(client, &wl_output_interface, version, id, NULL, host);
	wl_output_send_mode(host->output, WL_OUTPUT_MODE_CURRENT, 1000, 1000, 0);
	wl_output_send_scale(host->output, 1);
	wl_output_send_done(host->output);
}

static void set_source(struct wl_client *client, struct wl_resource *resource, wl_fixed_t x,
		       wl_fixed_t y, wl_fixed_t width, wl_fixed_t height)
{
}

static void set_destination(struct wl_client *client, struct wl_resource *resource, int32_t width,
			    int32_t height)
{
	struct fake_host *host = wl_resource_get_user_data(resource);

	host->destination_width = width;
	host->destination_height = height;
}

static const struct wp_viewport_interface viewport_implementation = {
	.destroy = destroy_resource,
	.set_source = set_source,
	.set_destination = set_destination,
};

static void get_viewport(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			 struct wl_resource *surface)
{
	add(client, &wp_viewport_interface, 1, id, &viewport_implementation,
	    wl_resource_get_user_data(resource));
}

static const struct wp_viewporter_interface viewporter_implementation = {
	.destroy = destroy_resource,
	.get_viewport = get_viewport,
};

static void bind_viewporter(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	add(client, &wp_viewporter_interface, version, id, &viewporter_implementation, data);
}

static const struct wp_fractional_scale_v1_interface fractional_implementation = {
	.destroy = destroy_resource};

static void get_fractional(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			   struct wl_resource *surface)
{
	struct fake_host *host = wl_resource_get_user_data(resource);

	host->fractional = add(client, &wp_fractional_scale_v1_interface, 1, id,
			       &fractional_implementation, host);
}

static const struct wp_fractional_scale_manager_v1_interface fractional_manager_implementation = {
	.destroy = destroy_resource,
	.get_fractional_scale = get_fractional,
};

static void bind_fractional(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	add(client, &wp_fractional_scale_manager_v1_interface, version, id,
	    &fractional_manager_implementation, data);
}

/* ---- what tests ask for --------------------------------------------------------------------- */

void fake_host_configure(struct fake_host *host, int32_t width, int32_t height)
{
	struct wl_array states;

	host->configured = true;
	wl_array_init(&states);
	xdg_toplevel_send_configure(host->toplevel, width, height, &states);
	xdg_surface_send_configure(host->xdg_surface, 7);
}

void fake_host_set_scale(struct fake_host *host, int32_t scale)
{
	wl_output_send_scale(host->output, scale);
	wl_output_send_done(host->output);
	wl_surface_send_enter(host->surface, host->output);
}

void fake_host_prefer_scale(struct fake_host *host, uint32_t scale)
{
	wp_fractional_scale_v1_send_preferred_scale(host->fractional, scale);
}

void fake_host_release(struct fake_host *host, unsigned n)
{
	for (; n > 0 && host->n_held > 0; n--) {
		wl_buffer_send_release(host->held[0]);
		host->n_held--;
		for (unsigned i = 0; i < host->n_held; i++)
			host->held[i] = host->held[i + 1];
	}
}

void fake_host_post_error(struct fake_host *host, const char *words)
{
	wl_resource_post_error(host->surface, 1, "%s", words);
}

/* ---- life ----------------------------------------------------------------------------------- */

struct fake_host *fake_host_create(struct test *test, unsigned globals)
{
	static const struct {
		const struct wl_interface *interface;
		wl_global_bind_func_t bind;
		unsigned global;
		int version;
	} rows[] = {
		{&wl_compositor_interface, bind_compositor, HOST_COMPOSITOR, 4},
		{&xdg_wm_base_interface, bind_shell, HOST_SHELL, 1},
		{&wl_output_interface, bind_output, HOST_OUTPUT, 2},
		{&wp_viewporter_interface, bind_viewporter, HOST_VIEWPORTER, 1},
		{&wp_fractional_scale_manager_v1_interface, bind_fractional, HOST_FRACTIONAL, 1},
	};
	struct fake_host *host = calloc(1, sizeof(*host));
	struct wl_display *display = wl_display_create();

	assert_non_null(host);
	assert_non_null(display);
	host->test = test;
	host->display = display;
	host->pending_scale = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (globals & rows[i].global)
			assert_non_null(wl_global_create(display, rows[i].interface,
							 rows[i].version, host, rows[i].bind));
	if (globals & HOST_SHM)
		assert_int_equal(wl_display_init_shm(display), 0);
	assert_int_equal(wl_display_add_socket(display, "host"), 0);
	snprintf(host->path, sizeof(host->path), "%s/host", test->directory);
	return host;
}

void fake_host_destroy(struct fake_host *host)
{
	wl_display_destroy_clients(host->display);
	wl_display_destroy(host->display);
	free(host);
}

bool fake_host_dispatch(struct fake_host *host)
{
	struct wl_event_loop *loop = wl_display_get_event_loop(host->display);
	struct pollfd fd = {.fd = wl_event_loop_get_fd(loop), .events = POLLIN};

	wl_display_flush_clients(host->display);
	bool busy = poll(&fd, 1, 0) > 0;
	wl_event_loop_dispatch(loop, 0);
	wl_display_flush_clients(host->display);
	return busy;
}

struct serving {
	struct fake_host *host;
	atomic_bool stop;
};

static void *serve(void *data)
{
	struct serving *serving = data;

	while (!atomic_load(&serving->stop)) {
		fake_host_dispatch(serving->host);
		usleep(500);
	}
	return NULL;
}

int fake_host_open(struct fake_host *host, const struct lend_window_output_options *options)
{
	struct lend_window_output_options own = {.size = sizeof(own)};
	struct serving serving = {.host = host};
	struct lend_output *output;
	pthread_t thread;

	if (options)
		own = *options;
	own.display = host->path;
	assert_int_equal(pthread_create(&thread, NULL, serve, &serving), 0);
	int ret = lend_output_create_wayland(host->test->server, &own, &output);
	atomic_store(&serving.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return ret;
}
