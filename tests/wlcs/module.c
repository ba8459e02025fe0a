/* SPDX-License-Identifier: MIT */
/*
 * What WLCS loads: a server of ours, with a pointer and fingers of WLCS's. Its calls come through
 * an event loop that is nested in the server's, so that all of this is one thread.
 */
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wlcs/display_server.h>
#include <wlcs/pointer.h>
#include <wlcs/touch.h>

/* Touches are told as parts of the output: powers of two lose nothing. */
#define SIDE 1024

/* What a client's socket is called on both sides. */
struct connection {
	struct wl_list link;
	int client_fd, server_fd;
};

struct display {
	WlcsDisplayServer base;
	struct lend_server *server;
	struct lend_output *output;
	struct seat_source devices;
	struct wl_list connections; /* the newest first: descriptors are used again */
	struct wl_event_source *calls;
};

/* Every global that there is, in its highest version: what is missing here is skipped. */
static const WlcsExtensionDescriptor extensions[] = {
	{"wl_compositor", 5},
	{"wl_subcompositor", 1},
	{"wl_shm", 1},
	{"wl_seat", 8},
	{"wl_output", 4},
	{"wl_data_device_manager", 3},
	{"xdg_wm_base", 5},
	{"wp_viewporter", 1},
	{"wp_presentation", 1},
	{"wp_single_pixel_buffer_manager_v1", 1},
	{"wp_fractional_scale_manager_v1", 1},
	{"xdg_activation_v1", 1},
	{"zxdg_decoration_manager_v1", 1},
	{"zxdg_output_manager_v1", 3},
	{"zwlr_output_manager_v1", 4},
	{"zwlr_virtual_pointer_manager_v1", 2},
	{"zwp_virtual_keyboard_manager_v1", 1},
	{"zwp_idle_inhibit_manager_v1", 1},
	{"ext_idle_notifier_v1", 1},
	{"zwp_pointer_constraints_v1", 1},
	{"zwp_primary_selection_device_manager_v1", 1},
	{"zwp_relative_pointer_manager_v1", 1},
};

static const WlcsIntegrationDescriptor descriptor = {
	.version = WLCS_INTEGRATION_DESCRIPTOR_VERSION,
	.num_extensions = sizeof(extensions) / sizeof(extensions[0]),
	.supported_extensions = extensions,
};

__attribute__((noreturn)) static void give_up(const char *what, int error)
{
	fprintf(stderr, "wlcs module: %s: %s\n", what, strerror(error));
	abort();
}

static uint64_t now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

/* ---- the pointer ---------------------------------------------------------------------------- */

struct pointer {
	WlcsPointer base;
	struct display *display;
};

static void pointer_move_relative(WlcsPointer *base, wl_fixed_t dx, wl_fixed_t dy)
{
	struct pointer *pointer = wl_container_of(base, pointer, base);
	struct seat *seat = pointer->display->server->seat;
	double x = wl_fixed_to_double(dx), y = wl_fixed_to_double(dy);

	seat_pointer_motion(seat, now_us(), x, y, x, y);
	seat_pointer_frame(seat);
}

static void pointer_move_absolute(WlcsPointer *base, wl_fixed_t x, wl_fixed_t y)
{
	struct pointer *pointer = wl_container_of(base, pointer, base);
	struct display *display = pointer->display;

	seat_pointer_motion_absolute(display->server->seat, now_us(), display->output,
				     wl_fixed_to_double(x) / SIDE, wl_fixed_to_double(y) / SIDE);
	seat_pointer_frame(display->server->seat);
}

static void press(WlcsPointer *base, int button, bool pressed)
{
	struct pointer *pointer = wl_container_of(base, pointer, base);
	struct seat *seat = pointer->display->server->seat;

	seat_pointer_button(seat, now_us(), (uint32_t)button, pressed);
	seat_pointer_frame(seat);
}

static void pointer_button_up(WlcsPointer *base, int button)
{
	press(base, button, false);
}

static void pointer_button_down(WlcsPointer *base, int button)
{
	press(base, button, true);
}

static void pointer_destroy(WlcsPointer *base)
{
	struct pointer *pointer = wl_container_of(base, pointer, base);

	free(pointer);
}

static WlcsPointer *create_pointer(WlcsDisplayServer *base)
{
	struct display *display = wl_container_of(base, display, base);
	struct pointer *pointer = calloc(1, sizeof(*pointer));

	if (!pointer)
		give_up("a pointer", ENOMEM);
	pointer->display = display;
	pointer->base = (WlcsPointer){
		.version = WLCS_POINTER_VERSION,
		.move_absolute = pointer_move_absolute,
		.move_relative = pointer_move_relative,
		.button_up = pointer_button_up,
		.button_down = pointer_button_down,
		.destroy = pointer_destroy,
	};
	return &pointer->base;
}

/* ---- a finger ------------------------------------------------------------------------------- */

struct finger {
	WlcsTouch base;
	struct display *display;
	int32_t id;
};

/* The suite's fingers are told whole pixels, whatever the type says. */
static void finger_down(WlcsTouch *base, wl_fixed_t x, wl_fixed_t y)
{
	struct finger *finger = wl_container_of(base, finger, base);
	struct display *display = finger->display;

	seat_touch_down(display->server->seat, now_us(), finger->id, display->output,
			(double)x / SIDE, (double)y / SIDE);
	seat_touch_frame(display->server->seat);
}

static void finger_move(WlcsTouch *base, wl_fixed_t x, wl_fixed_t y)
{
	struct finger *finger = wl_container_of(base, finger, base);
	struct display *display = finger->display;

	seat_touch_motion(display->server->seat, now_us(), finger->id, display->output,
			  (double)x / SIDE, (double)y / SIDE);
	seat_touch_frame(display->server->seat);
}

static void finger_up(WlcsTouch *base)
{
	struct finger *finger = wl_container_of(base, finger, base);
	struct seat *seat = finger->display->server->seat;

	seat_touch_up(seat, now_us(), finger->id);
	seat_touch_frame(seat);
}

static void finger_destroy(WlcsTouch *base)
{
	struct finger *finger = wl_container_of(base, finger, base);

	free(finger);
}

static WlcsTouch *create_touch(WlcsDisplayServer *base)
{
	static int32_t last_id;
	struct display *display = wl_container_of(base, display, base);
	struct finger *finger = calloc(1, sizeof(*finger));

	if (!finger)
		give_up("a finger", ENOMEM);
	finger->display = display;
	finger->id = ++last_id;
	finger->base = (WlcsTouch){
		.version = WLCS_TOUCH_VERSION,
		.touch_down = finger_down,
		.touch_move = finger_move,
		.touch_up = finger_up,
		.destroy = finger_destroy,
	};
	return &finger->base;
}

/* ---- clients and their windows -------------------------------------------------------------- */

static int create_client_socket(WlcsDisplayServer *base)
{
	struct display *display = wl_container_of(base, display, base);
	struct connection *connection = calloc(1, sizeof(*connection));
	int fds[2];

	if (!connection)
		give_up("a connection", ENOMEM);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		give_up("socketpair", errno);
	connection->client_fd = fds[0];
	connection->server_fd = fds[1];
	wl_list_insert(&display->connections, &connection->link);
	int ret = lend_server_add_client(display->server, fds[1]);
	if (ret < 0)
		give_up("lend_server_add_client", -ret);
	return fds[0];
}

static struct wl_client *find_client(const struct display *display, int client_fd)
{
	const struct connection *connection;
	const struct client *client;
	int server_fd = -1;

	wl_list_for_each (connection, &display->connections, link) {
		if (connection->client_fd == client_fd) {
			server_fd = connection->server_fd;
			break;
		}
	}
	wl_list_for_each (client, &display->server->clients, link) {
		if (wl_client_get_fd(client->wl_client) == server_fd)
			return client->wl_client;
	}
	return NULL;
}

static void position_window_absolute(WlcsDisplayServer *base, struct wl_display *client_display,
				     struct wl_surface *proxy, int x, int y)
{
	struct display *display = wl_container_of(base, display, base);
	struct wl_client *client = find_client(display, wl_display_get_fd(client_display));
	uint32_t id = wl_proxy_get_id((struct wl_proxy *)proxy);
	struct wl_resource *resource = client ? wl_client_get_object(client, id) : NULL;
	struct surface *surface = resource ? surface_from_resource(resource) : NULL;
	struct lend_view *view = surface ? view_from_surface(surface) : NULL;

	if (view)
		lend_view_move(view, x, y);
}

/* ---- the server ----------------------------------------------------------------------------- */

static const WlcsIntegrationDescriptor *get_descriptor(const WlcsDisplayServer *base)
{
	return &descriptor;
}

static int handle_calls(int fd, uint32_t mask, void *data)
{
	wl_event_loop_dispatch(data, 0);
	return 0;
}

static void start_on_this_thread(WlcsDisplayServer *base, struct wl_event_loop *calls)
{
	struct display *display = wl_container_of(base, display, base);

	display->calls = wl_event_loop_add_fd(display->server->loop, wl_event_loop_get_fd(calls),
					      WL_EVENT_READABLE, handle_calls, calls);
	if (!display->calls)
		give_up("wl_event_loop_add_fd", errno);
	int ret = lend_server_run(display->server);
	if (ret < 0)
		give_up("lend_server_run", -ret);
	wl_event_source_remove(display->calls);
}

static void stop(WlcsDisplayServer *base)
{
	struct display *display = wl_container_of(base, display, base);

	lend_server_stop(display->server);
}

static void write_log(void *data, enum lend_log_level level, const char *message)
{
	fprintf(stderr, "server: %s\n", message);
}

static void open_server(struct display *display)
{
	const struct lend_server_options options = {
		.size = sizeof(options),
		.log = getenv("WLCS_MODULE_LOG") ? write_log : NULL,
	};
	int ret = lend_server_create(&options, &display->server);
	if (ret < 0)
		give_up(lend_server_error(), -ret);
	/* The suite's own clients map windows without waiting to be configured, or asking for it.
	 */
	display->server->forgiving = true;
	const struct lend_output_options output = {
		.size = sizeof(output),
		.width = SIDE,
		.height = SIDE,
		.layout = LEND_LAYOUT_FREE,
	};
	ret = lend_output_create_headless(display->server, &output, &display->output);
	if (ret < 0)
		give_up(lend_server_error(), -ret);
	/* From the start: the suite uses a new finger before its client could ask for wl_touch. */
	seat_source_set(display->server->seat, &display->devices, true, true, true);
	/* Not in the middle, where new windows are. */
	seat_pointer_motion_absolute(display->server->seat, now_us(), display->output, 1, 1);
}

static WlcsDisplayServer *create_server(int argc, char const **argv)
{
	struct display *display = calloc(1, sizeof(*display));

	if (!display)
		give_up("a server", ENOMEM);
	wl_list_init(&display->connections);
	open_server(display);
	display->base = (WlcsDisplayServer){
		.version = WLCS_DISPLAY_SERVER_VERSION,
		.stop = stop,
		.create_client_socket = create_client_socket,
		.position_window_absolute = position_window_absolute,
		.create_pointer = create_pointer,
		.create_touch = create_touch,
		.get_descriptor = get_descriptor,
		.start_on_this_thread = start_on_this_thread,
	};
	return &display->base;
}

static void destroy_server(WlcsDisplayServer *base)
{
	struct display *display = wl_container_of(base, display, base);
	struct connection *connection, *next;

	seat_source_finish(display->server->seat, &display->devices);
	lend_server_destroy(display->server);
	wl_list_for_each_safe (connection, next, &display->connections, link)
		free(connection);
	free(display);
}

LEND_EXPORT const WlcsServerIntegration wlcs_server_integration = {
	.version = WLCS_SERVER_INTEGRATION_VERSION,
	.create_server = create_server,
	.destroy_server = destroy_server,
};
