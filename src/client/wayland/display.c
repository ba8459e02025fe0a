/* SPDX-License-Identifier: MIT */
#include "client/wayland/wayland.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* libwayland-client tells a protocol error's words, and why a connection failed, to its log handler
 * alone. That handler is one for the whole process, without data and without a way to ask for the
 * one before. So ours keeps what this thread's calls in this file cause, and passes on everything
 * else to where libwayland would have written it: the other users of libwayland in the process
 * notice nothing. A program with a handler of its own sets it after its first lend_client_connect()
 * and loses only our words. */
static _Thread_local char words[256];
static _Thread_local bool listening;

__attribute__((format(printf, 1, 0))) static void keep_words(const char *format, va_list args)
{
	if (!listening) {
		vfprintf(stderr, format, args);
		return;
	}
	vsnprintf(words, sizeof(words), format, args);
	words[strcspn(words, "\n")] = '\0';
}

static void set_log_handler(void)
{
	wl_log_set_handler_client(keep_words);
}

static void listen_begin(void)
{
	words[0] = '\0';
	listening = true;
}

static void listen_end(void)
{
	listening = false;
}

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
				   "out of memory, here or in the display server: %s", words);
	case EAGAIN:
		return client_lose(client, -EPIPE, "the display server does not read its socket");
	default:
		if (out_of_descriptors())
			return client_lose(client, -EMFILE,
					   "out of file descriptors, so that buffers could not be "
					   "received: raise the limit (ulimit -n)");
		return client_lose(client, -EPROTO,
				   "the connection ended with a protocol error: %s",
				   words[0] != '\0' ? words : strerror(error));
	}
}

/* ---- events --------------------------------------------------------------------------------- */

/* Reads what is there or comes in time. Events are then queued. */
static int read_events(struct wl_display *wl, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = wl_display_get_fd(wl), .events = POLLIN};
	/* EPIPE: what the server said before it closed can still be read. */
	if (wl_display_flush(wl) < 0 && errno == EAGAIN)
		poll_fd.events |= POLLOUT;
	int count = poll(&poll_fd, 1, timeout_ms);
	if (count <= 0 || (poll_fd.revents & ~POLLOUT) == 0) {
		int error = count < 0 ? -errno : 0;
		wl_display_cancel_read(wl);
		return error;
	}
	return wl_display_read_events(wl) < 0 ? -EPIPE : 0;
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int dispatch(struct lend_client *client, int timeout_ms)
{
	struct wl_display *wl = client->display->wl;
	int64_t deadline = timeout_ms > 0 ? now_ms() + timeout_ms : 0;
	for (;;) {
		int count = 0, result = 0;
		if (wl_display_prepare_read(wl) == 0)
			result = read_events(wl, timeout_ms);
		if (result == -EINTR)
			return client_fail(client, -EINTR, "a signal came while waiting");
		count = wl_display_dispatch_pending(wl);
		if (count < 0 || (result < 0 && count == 0))
			return lose(client);
		if (count > 0 || timeout_ms == 0)
			return count;
		if (timeout_ms > 0) {
			int64_t left = deadline - now_ms();
			timeout_ms = left > 0 ? (int)left : 0;
		}
	}
}

int display_dispatch(struct lend_client *client, int timeout_ms)
{
	listen_begin();
	int result = dispatch(client, timeout_ms < 0 ? -1 : timeout_ms);
	listen_end();
	return result;
}

int display_flush(struct lend_client *client)
{
	struct wl_display *wl = client->display->wl;
	if (wl_display_flush(wl) >= 0)
		return 0;
	if (errno == EAGAIN)
		return client_fail(client, -EAGAIN, "the display server does not read: dispatch");
	/* The server is gone. If it said why, the reason is still to be read; no event handler of
	 * ours calls the program, so they can run here. */
	listen_begin();
	while (wl_display_get_error(wl) == 0) {
		if (wl_display_prepare_read(wl) == 0)
			(void)wl_display_read_events(wl);
		if (wl_display_dispatch_pending(wl) <= 0)
			break;
	}
	int result = lose(client);
	listen_end();
	return result;
}

static void woken(void *data, struct wl_callback *callback, uint32_t serial)
{
	wl_callback_destroy(callback);
}

void display_wake(struct lend_client *client)
{
	static const struct wl_callback_listener listener = {.done = woken};
	struct wl_callback *callback = wl_display_sync(client->display->wl);
	if (callback != NULL)
		wl_callback_add_listener(callback, &listener, NULL);
}

/* ---- connection ----------------------------------------------------------------------------- */

static int connection_failed(struct lend_client *client, const char *name, int error)
{
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");
	if (name == NULL)
		name = getenv("WAYLAND_DISPLAY");
	if (name == NULL)
		name = "wayland-0";
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

static int introduce(struct display *display)
{
	if (globals_bind(display) < 0)
		return client_lose(display->client, -ENOMEM, "out of memory");
	/* Once for the globals, once for what they say of themselves. */
	for (int i = 0; i < 2; i++)
		if (wl_display_roundtrip(display->wl) < 0)
			return lose(display->client);
	return check_globals(display);
}

int display_connect(struct lend_client *client, const char *name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, set_log_handler);
	struct display *display = calloc(1, sizeof(*display));
	if (display == NULL)
		return client_lose(client, -ENOMEM, "out of memory");
	display->client = client;
	display->clock = CLOCK_MONOTONIC;
	listen_begin();
	errno = 0;
	display->wl = wl_display_connect(name);
	int result;
	if (display->wl == NULL) {
		result = connection_failed(client, name, errno != 0 ? errno : EINVAL);
		free(display);
	} else {
		client->display = display;
		result = introduce(display);
	}
	listen_end();
	return result;
}

void display_destroy(struct display *display)
{
	if (display == NULL)
		return;
	globals_release(display);
	wl_display_flush(display->wl);
	wl_display_disconnect(display->wl);
	free(display);
}

int display_fd(const struct display *display)
{
	return wl_display_get_fd(display->wl);
}
