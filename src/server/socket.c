/* SPDX-License-Identifier: MIT */
/*
 * The listening socket. Our own rather than libwayland's, which spins when accept() fails for want
 * of file descriptors and gives no say in who gets in.
 */
#include "server/server.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NAMES 32

struct listener {
	struct lend_server *server;
	struct wl_event_source *source;
	int fd, lock_fd;
	int spare_fd; /* given up for a moment when there are no more, to turn a client away */
	bool turned_away;
	bool bound; /* the socket file is ours */
	struct sockaddr_un address;
	char lock[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	char *name;
};

static int make_path(struct listener *listener, const char *name)
{
	const char *directory = getenv("XDG_RUNTIME_DIR");
	int length;

	if (name[0] == '/') {
		length = snprintf(listener->address.sun_path, sizeof(listener->address.sun_path),
				  "%s", name);
	} else {
		if (!directory || directory[0] != '/')
			return fail(
				-ENOENT,
				"XDG_RUNTIME_DIR is not set to a whole path: set it to a directory of "
				"your own, or give an absolute socket path");
		if (access(directory, F_OK) < 0)
			return fail(-ENOENT,
				    "XDG_RUNTIME_DIR is %s, which does not exist: create "
				    "it with mode 0700",
				    directory);
		length = snprintf(listener->address.sun_path, sizeof(listener->address.sun_path),
				  "%s/%s", directory, name);
	}
	if (length < 0 || (size_t)length >= sizeof(listener->address.sun_path))
		return fail(-ENAMETOOLONG,
			    "the socket's path is longer than %zu bytes: choose a "
			    "shorter name or directory",
			    sizeof(listener->address.sun_path) - 1);
	snprintf(listener->lock, sizeof(listener->lock), "%s.lock", listener->address.sun_path);
	return 0;
}

/* The lock tells a live server's socket from one that a dead server left behind. */
static int take_lock(struct listener *listener)
{
	listener->lock_fd = open(listener->lock, O_CREAT | O_CLOEXEC | O_RDWR | O_NOFOLLOW, 0600);
	if (listener->lock_fd < 0)
		return fail(-errno, "cannot create %s: %s", listener->lock, strerror(errno));
	if (flock(listener->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		int error = errno == EWOULDBLOCK ? EADDRINUSE : errno;
		close(listener->lock_fd);
		listener->lock_fd = -1;
		return fail(-error,
			    "a server listens on %s already: stop it or choose another "
			    "socket name",
			    listener->address.sun_path);
	}
	return 0;
}

static int bind_socket(struct listener *listener)
{
	struct stat status;

	if (lstat(listener->address.sun_path, &status) == 0) {
		if (!S_ISSOCK(status.st_mode))
			return fail(-EADDRINUSE,
				    "%s exists and is no socket: remove it or choose "
				    "another name",
				    listener->address.sun_path);
		unlink(listener->address.sun_path);
	}
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0)
		return fail(-errno, "cannot create a socket: %s", strerror(errno));
	if (bind(listener->fd, (struct sockaddr *)&listener->address, sizeof(listener->address)) <
	    0)
		return fail(-errno, "cannot bind %s: %s", listener->address.sun_path,
			    strerror(errno));
	listener->bound = true;
	if (listen(listener->fd, 128) < 0)
		return fail(-errno, "cannot listen on %s: %s", listener->address.sun_path,
			    strerror(errno));
	return 0;
}

/* Removes what is ours: files only while holding the lock, and the socket only if we made it. */
static void stop_listening(struct listener *listener)
{
	if (listener->bound)
		unlink(listener->address.sun_path);
	if (listener->lock_fd >= 0) {
		unlink(listener->lock);
		close(listener->lock_fd);
	}
	if (listener->fd >= 0)
		close(listener->fd);
	listener->bound = false;
	listener->fd = listener->lock_fd = -1;
}

static int listen_on(struct listener *listener, const char *name)
{
	int ret = make_path(listener, name);
	if (ret == 0)
		ret = take_lock(listener);
	if (ret == 0)
		ret = bind_socket(listener);
	if (ret < 0) {
		stop_listening(listener);
		return ret;
	}
	listener->name = strdup(name);
	return listener->name ? 0 : fail(-ENOMEM, "out of memory");
}

static int listen_on_first_free(struct listener *listener)
{
	char name[32];

	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "framelend-%d", i);
		int ret = listen_on(listener, name);
		if (ret != -EADDRINUSE)
			return ret;
	}
	return fail(-EADDRINUSE, "framelend-0 to framelend-%d are all in use: give a socket name",
		    NAMES - 1);
}

LEND_EXPORT int lend_server_add_client(struct lend_server *server, int fd)
{
	/* Else it would be inherited by what the embedder starts. */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	struct wl_client *client = wl_client_create(server->display, fd);
	if (!client) {
		int error = errno;
		close(fd);
		return fail(-error, "this is no socket that a client can talk to: %s",
			    strerror(error));
	}
	if (!client_create(server, client)) {
		wl_client_destroy(client);
		return fail(-ENOMEM, "out of memory");
	}
	return 0;
}

/* Out of file descriptors: take the connection with the spare one and close it, so that the client
 * learns it and the loop does not wake up for it again and again. */
static void turn_away(struct listener *listener)
{
	if (!listener->turned_away)
		server_log(listener->server, LEND_LOG_WARNING,
			   "a client was turned away: this process has no file descriptors left; "
			   "raise its limit (ulimit -n)");
	listener->turned_away = true;
	if (listener->spare_fd < 0)
		return;
	close(listener->spare_fd);
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int accept_client(int listening_fd, uint32_t mask, void *data)
{
	struct listener *listener = data;

	int fd = accept4(listening_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			turn_away(listener);
		return 0;
	}
	listener->turned_away = false;
	lend_server_add_client(listener->server, fd);
	return 0;
}

int listener_create(struct lend_server *server, const char *name, struct listener **out)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return fail(-ENOMEM, "out of memory");
	*out = listener;
	listener->server = server;
	listener->fd = listener->lock_fd = -1;
	listener->address.sun_family = AF_UNIX;
	listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int ret = name ? listen_on(listener, name) : listen_on_first_free(listener);
	if (ret < 0)
		return ret;
	listener->source = wl_event_loop_add_fd(server->loop, listener->fd, WL_EVENT_READABLE,
						accept_client, listener);
	return listener->source ? 0 : fail(-errno, "cannot watch the socket: %s", strerror(errno));
}

void listener_destroy(struct listener *listener)
{
	if (!listener)
		return;
	if (listener->source)
		wl_event_source_remove(listener->source);
	stop_listening(listener);
	if (listener->spare_fd >= 0)
		close(listener->spare_fd);
	free(listener->name);
	free(listener);
}

const char *listener_name(const struct listener *listener)
{
	return listener->name;
}
