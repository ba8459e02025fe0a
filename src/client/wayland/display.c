/* SPDX-License-Identifier: MIT */
#include "client/wayland/wayland.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/libwayland_words.h"

/* At the limit the kernel drops the descriptors of a message, which libwayland then calls
 * malformed. */
static bool out_of_descriptors(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd < 0 && (errno == EMFILE || errno == ENFILE);
}

/* Makes libwayland's failure the client's. */
static int lose(struct lend_client *client)
{
	int error = wl_display_get_error(client->display->wl);
	switch (error) {
	case 0:
	case EPIPE:
	case ECONNRESET:
		return client_lose(
			client, error == ECONNRESET ? -ECONNRESET : -EPIPE,
			"the display server closed the connection: it ended or refused this "
			"client; connect again");
	case ENOMEM:
		return client_lose(client, -ENOMEM,
				   "out of memory, here or in the display server: %s",
				   libwayland_words());
	case EAGAIN:
		return client_lose(client, -EPIPE, "the display server does not read its socket");
	default:
		if (out_of_descriptors())
			return client_lose(client, -EMFILE,
					   "out of file descriptors, so that buffers could not be "
					   "received: raise the limit (ulimit -n)");
		return client_lose(
			client, -EPROTO, "the connection ended with a protocol error: %s",
			libwayland_words()[0] != '\0' ? libwayland_words() : strerror(error));
	}
}

/* ---- events --------------------------------------------------------------------------------- */

/* Reads what is there or comes in time. Events are then queued. */
static int read_events(struct lend_client *client, int timeout_ms)
{
	struct wl_display *wl = client->display->wl;
	short events = POLLIN;
	/* EPIPE: what the server said before it closed can still be read. */
	if (wl_display_flush(wl) < 0 && errno == EAGAIN)
		events |= POLLOUT;
	int found = client_wait(client, events, timeout_ms);
	if (found <= 0 || (found & ~POLLOUT) == 0) {
		wl_display_cancel_read(wl);
		return found < 0 ? found : 0;
	}
	return wl_display_read_events(wl) < 0 ? -EPIPE : 0;
}

static int handle_events(struct lend_client *client, int timeout_ms)
{
	struct wl_display *wl = client->display->wl;
	int result = 0;
	if (wl_display_prepare_read(wl) == 0)
		result = read_events(client, timeout_ms);
	if (result == -EINTR)
		return result;
	int count = wl_display_dispatch_pending(wl);
	if (count < 0 || (result < 0 && count == 0))
		return lose(client);
	return client->display->failed < 0 ? client->display->failed : count;
}

static int dispatch(struct lend_client *client, int timeout_ms)
{
	libwayland_words_begin();
	int result = handle_events(client, timeout_ms);
	libwayland_words_end();
	return result;
}

static int flush(struct lend_client *client)
{
	struct wl_display *wl = client->display->wl;
	if (wl_display_flush(wl) >= 0)
		return 0;
	if (errno == EAGAIN)
		return client_fail(client, -EAGAIN, "the display server does not read: dispatch");
	/* The server is gone. If it said why, the reason is still to be read; no event handler of
	 * ours calls the program, so they can run here. */
	libwayland_words_begin();
	while (wl_display_get_error(wl) == 0) {
		if (wl_display_prepare_read(wl) == 0)
			(void)wl_display_read_events(wl);
		if (wl_display_dispatch_pending(wl) <= 0)
			break;
	}
	int result = lose(client);
	libwayland_words_end();
	return result;
}

/* ---- connection ----------------------------------------------------------------------------- */

static const char *target_name(const struct lend_client *client)
{
	const char *name = client->target[0] != '\0' ? client->target : getenv("WAYLAND_DISPLAY");
	return name != NULL && name[0] != '\0' ? name : "wayland-0";
}

static int connection_failed(struct lend_client *client, int error)
{
	const char *name = target_name(client), *runtime_dir = getenv("XDG_RUNTIME_DIR");
	if (name[0] != '/' && runtime_dir == NULL)
		return client_lose(
			client, -ENOENT,
			"XDG_RUNTIME_DIR is not set: set it to the directory of the display "
			"server's socket");
	const char *remedy = "";
	if (error == ENOENT)
		remedy = ": start the display server, or name its socket in LEND_DISPLAY";
	else if (error == ECONNREFUSED)
		remedy = ": nobody listens there, the display server has ended; start it again";
	else if (error == EMFILE || error == ENFILE)
		remedy = ": out of file descriptors, raise the limit (ulimit -n)";
	return client_lose(client, -error, "cannot connect to '%s' in %s: %s%s", name,
			   name[0] == '/' ? "/" : runtime_dir, strerror(error), remedy);
}

static int check_globals(const struct display *display)
{
	const char *missing = NULL;
	if (display->compositor == NULL)
		missing = "wl_compositor";
	else if (display->shell == NULL)
		missing = "xdg_wm_base";
	else if (display->manager == NULL && display->shm == NULL)
		missing = "framelend_manager_v1 or wl_shm";
	if (missing == NULL)
		return 0;
	return client_lose(display->client, -ENOTSUP,
			   "the display server has no %s: use another one, such as framelend serve",
			   missing);
}

static int ask_again(struct display *display);

static void handle_sync(void *data, struct wl_callback *callback, uint32_t serial)
{
	struct display *display = data;
	wl_callback_destroy(callback);
	display->sync = NULL;
	display->rounds--;
	display->failed = display->rounds > 0 ? ask_again(display) : check_globals(display);
	if (display->rounds == 0 && display->failed == 0)
		link_ready(display->client);
}

static int ask_again(struct display *display)
{
	static const struct wl_callback_listener listener = {.done = handle_sync};
	display->sync = wl_display_sync(display->wl);
	if (display->sync == NULL)
		return client_lose(display->client, -ENOMEM, "out of memory");
	wl_callback_add_listener(display->sync, &listener, display);
	return 0;
}

/* Once for the globals, once for what they say of themselves. */
static int introduce(struct display *display)
{
	if (globals_bind(display) < 0)
		return client_lose(display->client, -ENOMEM, "out of memory");
	display->rounds = 2;
	return ask_again(display);
}

/* The socket's path, so that the same one is found again whatever becomes of the environment. */
static void keep_target(struct lend_client *client)
{
	const char *name = target_name(client), *directory = getenv("XDG_RUNTIME_DIR");
	char path[sizeof(client->target)];
	int length = name[0] == '/' || directory == NULL
			     ? snprintf(path, sizeof(path), "%s", name)
			     : snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (length < (int)sizeof(path))
		memcpy(client->target, path, (size_t)length + 1);
}

static int connect_socket(struct display *display)
{
	struct lend_client *client = display->client;
	/* libwayland prefers it and then unsets it. */
	client->only_once = getenv("WAYLAND_SOCKET") != NULL;
	errno = 0;
	display->wl = wl_display_connect(target_name(client));
	if (display->wl == NULL)
		return connection_failed(client, errno != 0 ? errno : EINVAL);
	if (client->only_once)
		client->target[0] = '\0';
	else
		keep_target(client);
	return introduce(display);
}

static int connect_display(struct lend_client *client)
{
	libwayland_words_install();
	struct display *display = calloc(1, sizeof(*display));
	if (display == NULL)
		return client_lose(client, -ENOMEM, "out of memory");
	display->client = client;
	display->clock = CLOCK_MONOTONIC;
	client->display = display;
	libwayland_words_begin();
	int result = connect_socket(display);
	libwayland_words_end();
	return result;
}

static void destroy(struct display *display)
{
	if (display->wl != NULL) {
		if (display->sync != NULL)
			wl_callback_destroy(display->sync);
		globals_release(display);
		wl_display_flush(display->wl);
		wl_display_disconnect(display->wl);
	}
	free(display);
}

static int get_fd(const struct display *display)
{
	return wl_display_get_fd(display->wl);
}

const struct display_backend wayland_backend = {
	.version = DISPLAY_VERSION,
	.name = "wayland",
	.connect = connect_display,
	.destroy = destroy,
	.fd = get_fd,
	.dispatch = dispatch,
	.flush = flush,
	.window_create = window_create,
	.window_destroy = window_destroy,
	.window_set_title = window_set_title,
	.window_commit = window_commit,
	.window_forget = window_forget,
};
