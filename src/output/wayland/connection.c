/* SPDX-License-Identifier: MIT */
/* The connection to the host: found, introduced, read, lost. */
#include "output/wayland/wayland.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/libwayland_words.h"

#include "fractional-scale-client-protocol.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-decoration-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define PATIENCE 5 /* seconds that the host may take to answer while the output is made */

/* ---- how it ends ---------------------------------------------------------------------------- */

/* A program may have a handler of its own, which has the words then. */
static int lost_by_error(const struct host *host)
{
	const struct wl_interface *interface = NULL;
	uint32_t code = wl_display_get_protocol_error(host->display, &interface, NULL);

	if (libwayland_words()[0])
		return fail(-EPROTO, "the other Wayland server ended the connection: %s",
			    libwayland_words());
	return fail(-EPROTO, "the other Wayland server ended the connection: error %u of %s", code,
		    interface ? interface->name : "an object that is gone");
}

/* Why the connection is no more. */
static int lost(const struct host *host)
{
	int error = wl_display_get_error(host->display);

	libwayland_words_end();
	if (error == EPROTO)
		return lost_by_error(host);
	if (error == 0 || error == EPIPE || error == ECONNRESET)
		return fail(-EPIPE, "the other Wayland server closed the connection");
	return fail(-error, "the connection to the other Wayland server failed: %s%s%s",
		    strerror(error), libwayland_words()[0] ? ": " : "", libwayland_words());
}

/* ---- the socket ----------------------------------------------------------------------------- */

static int find_path(const char *name, struct sockaddr_un *address)
{
	const char *directory = getenv("XDG_RUNTIME_DIR");
	int length;

	if (name[0] == '/')
		length = snprintf(address->sun_path, sizeof(address->sun_path), "%s", name);
	else if (directory && directory[0] == '/')
		length = snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s", directory,
				  name);
	else
		return fail(-ENOENT,
			    "cannot find the Wayland display '%s': XDG_RUNTIME_DIR is not set; set "
			    "it to the directory of the other server's socket, or give the "
			    "socket's whole path",
			    name);
	if (length < 0 || (size_t)length >= sizeof(address->sun_path))
		return fail(-ENAMETOOLONG,
			    "the path of the Wayland display '%s' is longer than %zu bytes", name,
			    sizeof(address->sun_path) - 1);
	return 0;
}

/* A server that shows itself waits for itself. */
static int check_other(const struct lend_server *server, const struct sockaddr_un *address,
		       const char *name)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX};
	struct stat own_status, status;

	if (find_path(lend_server_socket(server), &own) < 0 ||
	    stat(own.sun_path, &own_status) < 0 || stat(address->sun_path, &status) < 0)
		return 0;
	if (own_status.st_dev != status.st_dev || own_status.st_ino != status.st_ino)
		return 0;
	return fail(
		-EINVAL,
		"the Wayland display '%s' is this server itself: set WAYLAND_DISPLAY to the one "
		"that is to show it",
		name);
}

static int connection_failed(const char *name, const struct sockaddr_un *address, int error)
{
	const char *remedy = "";

	if (error == ENOENT)
		remedy = ": start that server, or set WAYLAND_DISPLAY to another one";
	else if (error == ECONNREFUSED || error == EAGAIN)
		remedy = ": nobody answers there; start that server again";
	else if (error == EACCES)
		remedy = ": it is another user's; run as that user";
	else if (error == EMFILE || error == ENFILE)
		remedy = ": raise the limit of descriptors (ulimit -n)";
	return fail(error == EAGAIN ? -ECONNREFUSED : -error,
		    "cannot connect to the Wayland display '%s' (%s): %s%s", name,
		    address->sun_path, strerror(error), remedy);
}

static int open_socket(const struct lend_server *server, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!name)
		name = getenv("WAYLAND_DISPLAY");
	if (!name || !name[0])
		return fail(-ENOENT,
			    "no Wayland display: WAYLAND_DISPLAY is not set; set it to the "
			    "server that is to show the window");
	int ret = find_path(name, &address);
	if (ret == 0)
		ret = check_other(server, &address, name);
	if (ret < 0)
		return ret;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	if (fd >= 0)
		close(fd);
	return connection_failed(name, &address, error);
}

/* ---- globals -------------------------------------------------------------------------------- */

static void handle_ping(void *data, struct xdg_wm_base *shell, uint32_t serial)
{
	xdg_wm_base_pong(shell, serial);
}

static const struct xdg_wm_base_listener shell_listener = {.ping = handle_ping};

static void handle_clock(void *data, struct wp_presentation *presentation, uint32_t clock)
{
	struct window *window = data;

	window->host.clock = (clockid_t)clock;
}

static const struct wp_presentation_listener presentation_listener = {.clock_id = handle_clock};

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
			    int32_t width, int32_t height, int32_t subpixel, const char *make,
			    const char *model, int32_t transform)
{
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
			int32_t height, int32_t refresh)
{
	struct screen *screen = data;

	if (flags & WL_OUTPUT_MODE_CURRENT)
		screen->refresh = refresh > 0 && refresh <= 1000000 ? (uint32_t)refresh : 0;
	window_changed(screen->window);
}

static void handle_done(void *data, struct wl_output *output) {}

static void handle_scale(void *data, struct wl_output *output, int32_t scale)
{
	struct screen *screen = data;

	screen->scale = scale >= 1 && scale <= 10 ? scale : 1;
	window_changed(screen->window);
}

static const struct wl_output_listener screen_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
	.done = handle_done,
	.scale = handle_scale,
};

static void add_screen(struct window *window, uint32_t global, uint32_t version)
{
	struct screen *screen = version >= 2 ? calloc(1, sizeof(*screen)) : NULL;

	if (!screen)
		return;
	screen->window = window;
	screen->global = global;
	screen->scale = 1;
	screen->proxy = wl_registry_bind(window->host.registry, global, &wl_output_interface,
					 version < 3 ? version : 3);
	wl_list_insert(window->host.screens.prev, &screen->link);
	if (screen->proxy)
		wl_output_add_listener(screen->proxy, &screen_listener, screen);
}

static void remove_screen(struct screen *screen)
{
	wl_list_remove(&screen->link);
	if (screen->proxy &&
	    wl_output_get_version(screen->proxy) >= WL_OUTPUT_RELEASE_SINCE_VERSION)
		wl_output_release(screen->proxy);
	else if (screen->proxy)
		wl_output_destroy(screen->proxy);
	free(screen);
}

/* The versions that we know of at most; those below `least` are of no use. */
static const struct wanted {
	const struct wl_interface *interface;
	uint32_t least, most;
	size_t place; /* in struct host */
} wanted[] = {
	{&wl_compositor_interface, 4, 5, offsetof(struct host, compositor)},
	{&wl_shm_interface, 1, 1, offsetof(struct host, shm)},
	{&xdg_wm_base_interface, 1, 2, offsetof(struct host, shell)},
	{&wl_seat_interface, 5, 9, offsetof(struct host, seat)},
	{&wp_viewporter_interface, 1, 1, offsetof(struct host, viewporter)},
	{&wp_presentation_interface, 1, 1, offsetof(struct host, presentation)},
	{&wp_fractional_scale_manager_v1_interface, 1, 1, offsetof(struct host, fractional_scale)},
	{&zxdg_decoration_manager_v1_interface, 1, 1, offsetof(struct host, decoration)},
	{&zwp_linux_dmabuf_v1_interface, 3, 3, offsetof(struct host, dmabuf)},
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void bind_global(struct window *window, const struct wanted *row, uint32_t global,
			uint32_t version)
{
	struct host *host = &window->host;
	void **place = (void **)(void *)((char *)host + row->place);

	if (version < row->least || *place)
		return;
	version = smaller(smaller(version, row->most), (uint32_t)row->interface->version);
	*place = wl_registry_bind(host->registry, global, row->interface, version);
	if (!*place)
		return;
	if (row->interface == &xdg_wm_base_interface)
		xdg_wm_base_add_listener(host->shell, &shell_listener, window);
	else if (row->interface == &wp_presentation_interface)
		wp_presentation_add_listener(host->presentation, &presentation_listener, window);
	else if (row->interface == &zwp_linux_dmabuf_v1_interface)
		dmabuf_listen(window);
	else if (row->interface == &wl_seat_interface)
		host->seat_global = global;
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t global,
			  const char *interface, uint32_t version)
{
	struct window *window = data;

	if (strcmp(interface, wl_output_interface.name) == 0)
		add_screen(window, global, version);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (strcmp(interface, wanted[i].interface->name) == 0)
			bind_global(window, &wanted[i], global, version);
	/* Bound before the window was there, or one that came later. */
	if (window->output && strcmp(interface, wl_seat_interface.name) == 0)
		hands_open(window);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t global)
{
	struct window *window = data;
	struct screen *screen, *next;

	wl_list_for_each_safe (screen, next, &window->host.screens, link) {
		if (screen->global == global)
			remove_screen(screen);
	}
	if (window->host.seat && window->host.seat_global == global) {
		hands_close(window);
		wl_seat_destroy(window->host.seat);
		window->host.seat = NULL;
	}
	window_changed(window);
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static int check_globals(const struct host *host)
{
	const char *missing = NULL;

	if (!host->compositor)
		missing = "wl_compositor (version 4)";
	else if (!host->shell)
		missing = "xdg_wm_base";
	else if (!host->shm)
		missing = "wl_shm";
	if (!missing)
		return 0;
	return fail(-EPROTONOSUPPORT,
		    "the other Wayland server has no %s, which a window needs: use a newer one",
		    missing);
}

/* ---- events --------------------------------------------------------------------------------- */

/* Reads what comes until then; it is queued. */
static int read_events(struct host *host, int timeout_ms)
{
	struct pollfd fd = {.fd = wl_display_get_fd(host->display), .events = POLLIN};

	if (wl_display_flush(host->display) < 0 && errno == EAGAIN)
		fd.events |= POLLOUT;
	int found = poll(&fd, 1, timeout_ms);
	if (found <= 0 || !(fd.revents & ~POLLOUT)) {
		int error = errno;
		wl_display_cancel_read(host->display);
		return found < 0 && error != EINTR ? -error : 0;
	}
	return wl_display_read_events(host->display);
}

static int handle_some(struct host *host, int timeout_ms)
{
	int ret = 0;

	if (wl_display_prepare_read(host->display) == 0)
		ret = read_events(host, timeout_ms);
	int handled = wl_display_dispatch_pending(host->display);
	/* What it said before it closed is handled first. */
	return handled < 0 || (ret < 0 && handled == 0) ? -EPIPE : 0;
}

int host_dispatch(struct host *host)
{
	libwayland_words_begin();
	int ret = handle_some(host, 0);
	if (ret < 0)
		return lost(host);
	libwayland_words_end();
	return 0;
}

int host_wait(struct host *host, const bool *done)
{
	uint64_t now = time_now(), end = now + PATIENCE * SECOND;

	libwayland_words_begin();
	for (; !*done && now < end; now = time_now()) {
		if (handle_some(host, (int)((end - now) / 1000000) + 1) < 0) {
			lost(host);
			return -ECONNREFUSED;
		}
	}
	libwayland_words_end();
	return *done ? 0
		     : fail(-ECONNREFUSED,
			    "the other Wayland server does not answer within %d seconds: it may "
			    "hang; restart it",
			    PATIENCE);
}

static void handle_sync(void *data, struct wl_callback *callback, uint32_t serial)
{
	*(bool *)data = true;
}

static const struct wl_callback_listener sync_listener = {.done = handle_sync};

static int roundtrip(struct host *host)
{
	struct wl_callback *callback = wl_display_sync(host->display);
	bool done = false;

	if (!callback)
		return fail(-ENOMEM, "out of memory");
	wl_callback_add_listener(callback, &sync_listener, &done);
	int ret = host_wait(host, &done);
	wl_callback_destroy(callback);
	return ret;
}

/* ---- life ----------------------------------------------------------------------------------- */

int host_connect(struct window *window, const char *display)
{
	struct host *host = &window->host;
	int fd = open_socket(window->server, display);

	if (fd < 0)
		return fd;
	libwayland_words_install();
	host->display = wl_display_connect_to_fd(fd);
	if (host->display)
		host->registry = wl_display_get_registry(host->display);
	if (!host->registry)
		return fail(-ENOMEM, "out of memory");
	wl_registry_add_listener(host->registry, &registry_listener, window);
	int ret = roundtrip(host);
	if (ret == 0)
		ret = check_globals(host);
	return ret < 0 ? ret : roundtrip(host); /* what the globals say of themselves */
}

/* Without a word to the host, which may be gone. */
static void destroy_proxy(void *proxy)
{
	if (proxy)
		wl_proxy_destroy(proxy);
}

void host_disconnect(struct host *host)
{
	struct screen *screen, *next;

	wl_list_for_each_safe (screen, next, &host->screens, link)
		remove_screen(screen);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		destroy_proxy(*(void **)(void *)((char *)host + wanted[i].place));
	destroy_proxy(host->registry);
	if (host->display)
		wl_display_disconnect(host->display);
}
