/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wayland-server.h>

/* In the order in which clients see them. */
static const struct global *const globals[] = {
	&global_compositor,
	&global_subcompositor,
	&global_shm,
	&global_linux_dmabuf,
	&global_seat,
	&global_xdg_shell,
	&global_viewporter,
	&global_presentation,
	&global_lend,
	&global_data_device,
	&global_primary_selection,
	&global_decoration,
	&global_single_pixel,
	&global_relative_pointer,
	&global_pointer_constraints,
	&global_idle_inhibit,
	&global_idle_notify,
	&global_activation,
	&global_xdg_output,
	&global_fractional_scale,
#ifdef HAVE_CURSOR_SHAPE
	&global_cursor_shape,
#endif
	&global_virtual_keyboard,
	&global_virtual_pointer,
	&global_output_management,
};

/* libwayland has one log handler for all servers of a process; this tells it whose turn it is. */
static _Thread_local const struct lend_server *dispatching;

void server_log(const struct lend_server *server, enum lend_log_level level, const char *format,
		...)
{
	char message[512];
	va_list args;

	if (!server->log)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	server->log(server->log_data, level, message);
}

void server_tell_peer(struct lend_server *server,
		      void (*event)(void *data, const struct lend_peer *peer),
		      const struct lend_peer *peer)
{
	if (!event)
		return;
	server->in_events++;
	event(server->data, peer);
	server->in_events--;
}

void server_tell_view(struct lend_server *server, void (*event)(void *data, struct lend_view *view),
		      struct lend_view *view)
{
	if (!event)
		return;
	server->in_events++;
	event(server->data, view);
	server->in_events--;
}

__attribute__((format(printf, 1, 0))) static void log_from_libwayland(const char *format,
								      va_list args)
{
	char message[512];

	if (!dispatching || !dispatching->log)
		return;
	int length = vsnprintf(message, sizeof(message), format, args);
	if (length > 0 && (size_t)length < sizeof(message) && message[length - 1] == '\n')
		message[length - 1] = '\0';
	dispatching->log(dispatching->log_data, LEND_LOG_INFO, message);
}

/* Programs know what to do without a global, while an error at its use ends them. */
static bool is_visible(const struct wl_client *client, const struct wl_global *global, void *data)
{
	const char *name = wl_global_get_interface(global)->name;

	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
		if (globals[i]->privileged && strcmp(globals[i]->name, name) == 0)
			return client_is_privileged(client_get((struct wl_client *)client));
	return true;
}

static int create_globals(struct lend_server *server)
{
	wl_display_set_global_filter(server->display, is_visible, server);
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		int ret = globals[i]->create(server);
		if (ret < 0)
			return fail(ret, "cannot create the global %s: out of memory",
				    globals[i]->name);
	}
	return 0;
}

static int call_back_hidden(void *data)
{
	struct lend_server *server = data;
	struct lend_output *output;
	struct surface *surface;
	struct presented now = {0};

	server->hidden_armed = false;
	clock_gettime(CLOCK_MONOTONIC, &now.when);
	wl_list_for_each (surface, &server->surfaces, link) {
		if (!surface->output)
			surface_presented(surface, NULL, &now);
	}
	wl_list_for_each (output, &server->outputs, link) {
		if (output->failure < 0 || pixman_region32_not_empty(&output->damage))
			output_schedule(output);
	}
	return 0;
}

static int read_options(struct lend_server *server, struct lend_server_options *options)
{
	if (options->quota &&
	    options_read(&server->quota, sizeof(server->quota), options->quota) < 0)
		return -EINVAL;
	quota_defaults(&server->quota);
	if (options->events &&
	    options_read(&server->events, sizeof(server->events), options->events) < 0)
		return -EINVAL;
	server->data = options->data;
	server->log = options->log;
	server->log_data = options->log_data;
	server->shortcuts = !options->no_shortcuts;
	if (options->renderer)
		snprintf(server->renderer, sizeof(server->renderer), "%s", options->renderer);
	return 0;
}

static int start(struct lend_server *server, const char *socket)
{
	server->display = wl_display_create();
	if (!server->display)
		return fail(-ENOMEM, "cannot create a display: out of memory or file descriptors");
#ifdef HAVE_WL_DISPLAY_SET_DEFAULT_MAX_BUFFER_SIZE
	/* A message's header can say up to 64 KiB. With less room than that libwayland 1.23 waits
	 * for the rest of a message that cannot come in, awake. */
	wl_display_set_default_max_buffer_size(server->display, 65536);
#endif
	server->loop = wl_display_get_event_loop(server->display);
	server->hidden = wl_event_loop_add_timer(server->loop, call_back_hidden, server);
	if (!server->hidden)
		return fail(-ENOMEM, "cannot create a timer: out of memory or file descriptors");
	int ret = create_globals(server);
	return ret < 0 ? ret : listener_create(server, socket, &server->listener);
}

LEND_EXPORT int lend_server_create(const struct lend_server_options *options,
				   struct lend_server **out)
{
	struct lend_server_options own = {.size = sizeof(own)};

	if (options && options_read(&own, sizeof(own), options) < 0)
		return fail(-EINVAL, "lend_server_options: set size to sizeof the struct");
	struct lend_server *server = calloc(1, sizeof(*server));
	if (!server)
		return fail(-ENOMEM, "out of memory");
	wl_list_init(&server->clients);
	wl_list_init(&server->outputs);
	wl_list_init(&server->views);
	wl_list_init(&server->surfaces);
	wl_signal_init(&server->arranged);
	wl_signal_init(&server->destroyed);
	/* Else libwayland prints to stderr, which a library must not. */
	wl_log_set_handler_server(log_from_libwayland);
	int ret = read_options(server, &own);
	if (ret < 0)
		fail(ret, "lend_server_options: quota or events without a valid size");
	else if (own.renderer && !renderer_is_known(own.renderer))
		ret = fail(
			-EINVAL,
			"lend_server_options: no renderer is called '%.32s', only pixman and gles2",
			own.renderer);
	else
		ret = start(server, own.socket);
	if (ret < 0) {
		lend_server_destroy(server);
		return ret;
	}
	*out = server;
	return 0;
}

LEND_EXPORT void lend_server_destroy(struct lend_server *server)
{
	struct lend_output *output;

	if (!server)
		return;
	dispatching = server;
	server->ending = true;
	listener_destroy(server->listener);
	if (server->display)
		wl_display_destroy_clients(server->display);
	wl_list_for_each (output, &server->outputs, link)
		output->doomed = true;
	outputs_reap(server);
	wl_signal_emit(&server->destroyed, server);
	seat_destroy(server->seat);
	if (server->hidden)
		wl_event_source_remove(server->hidden);
	if (server->display)
		wl_display_destroy(server->display);
	dispatching = NULL;
	free(server);
}

LEND_EXPORT const char *lend_server_error(void)
{
	return fail_text();
}

LEND_EXPORT const char *lend_server_socket(const struct lend_server *server)
{
	return listener_name(server->listener);
}

LEND_EXPORT int lend_server_fd(const struct lend_server *server)
{
	return wl_event_loop_get_fd(server->loop);
}

LEND_EXPORT int lend_server_dispatch(struct lend_server *server, int timeout_ms)
{
	const struct lend_server *outer = dispatching;

	dispatching = server;
	wl_display_flush_clients(server->display);
	int ret = wl_event_loop_dispatch(server->loop, timeout_ms);
	int error = errno;
	outputs_reap(server);
	wl_display_flush_clients(server->display);
	dispatching = outer;
	if (ret < 0 && error != EINTR)
		return -error;
	return 0;
}

LEND_EXPORT int lend_server_run(struct lend_server *server)
{
	int ret = 0;

	server->running = true;
	while (server->running && ret >= 0)
		ret = lend_server_dispatch(server, -1);
	return ret < 0 ? ret : 0;
}

LEND_EXPORT void lend_server_stop(struct lend_server *server)
{
	server->running = false;
	/* Wakes the loop up, should it be about to wait. */
	wl_display_terminate(server->display);
}
