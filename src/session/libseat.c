/* SPDX-License-Identifier: MIT */
/* A session by libseat: from seatd, from logind, or from a seatd of its own (builtin). */
#include "common/error.h"
#include "session/backend.h"

#include <errno.h>
#include <libseat.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct seat {
	struct session *session;
	struct libseat *libseat;
	int fd;	      /* libseat's */
	bool opening; /* what is said now explains a failure */
	enum libseat_log_level said_level;
	char said[128];	   /* the first of the gravest messages since forget_said() */
	char reasons[256]; /* why its backends could not be had */
	char name[32];	   /* of the one that could */
	/* The builtin seatd is a fork of this process; what it says comes through a socket. */
	pid_t self, child;
	int socket[2]; /* ours, its */
};

/* libseat's log handler has no data: this is whom the call that runs now is made for. */
static _Thread_local struct seat *talking;

/* Returns whom to hand back to: calls nest where a callback closes devices. */
static struct seat *talk(struct seat *seat)
{
	struct seat *before = talking;

	talking = seat;
	return before;
}

/* ---- what libseat says ---------------------------------------------------------------------- */

static void read_child(struct seat *seat);

static void forget_said(struct seat *seat)
{
	seat->said[0] = '\0';
	seat->said_level = LIBSEAT_LOG_LEVEL_LAST;
}

static void add_reason(struct seat *seat, const char *name)
{
	size_t length = strlen(seat->reasons);

	snprintf(seat->reasons + length, sizeof(seat->reasons) - length, "%s%s: %s",
		 length > 0 ? "; " : "", name, *seat->said ? seat->said : "not available");
	forget_said(seat);
}

static void note_said(struct seat *seat, enum libseat_log_level level, const char *text)
{
	if (level >= seat->said_level)
		return;
	seat->said_level = level;
	snprintf(seat->said, sizeof(seat->said), "%s", text);
}

static void hear(struct seat *seat, enum libseat_log_level level, const char *text)
{
	static const enum lend_log_level levels[] = {
		[LIBSEAT_LOG_LEVEL_ERROR] = LEND_LOG_WARNING, /* who called fails, and says it */
		[LIBSEAT_LOG_LEVEL_INFO] = LEND_LOG_DEBUG,
		[LIBSEAT_LOG_LEVEL_DEBUG] = LEND_LOG_DEBUG,
	};
	bool known = level >= LIBSEAT_LOG_LEVEL_ERROR && level <= LIBSEAT_LOG_LEVEL_DEBUG;
	char name[32];

	if (seat->opening && sscanf(text, "Backend '%31[^']' failed", name) == 1)
		add_reason(seat, name);
	else if (sscanf(text, "Seat opened with backend '%31[^']", seat->name) != 1)
		note_said(seat, level, text);
	/* An error of one that is passed over is none: the reasons say it if all fail. */
	session_log(seat->session, known && !seat->opening ? levels[level] : LEND_LOG_DEBUG,
		    "libseat: %s", text);
}

/* The text without the place in libseat's source that it begins with. */
static const char *without_place(const char *text)
{
	const char *end = text[0] == '[' ? strstr(text, "] ") : NULL;

	return end ? end + 2 : text;
}

static void leave(void)
{
	_exit(EXIT_SUCCESS);
}

/* In the builtin seatd's process. It would end by exit(3): without the embedder's exit handlers and
 * without writing what its stdio holds. */
static void tell_parent(const struct seat *seat, enum libseat_log_level level, const char *text)
{
	static bool told;
	char line[256];

	if (!told)
		told = atexit(leave) == 0;
	snprintf(line, sizeof(line), "%d %d %.200s", getpid(), (int)level, text);
	send(seat->socket[1], line, strlen(line), MSG_NOSIGNAL);
}

__attribute__((format(printf, 2, 0))) static void handle_log(enum libseat_log_level level,
							     const char *format, va_list args)
{
	struct seat *seat = talking;
	char text[256];

	if (!seat)
		return;
	vsnprintf(text, sizeof(text), format, args);
	if (getpid() != seat->self) {
		tell_parent(seat, level, without_place(text));
		return;
	}
	read_child(seat);
	hear(seat, level, without_place(text));
}

static void read_child(struct seat *seat)
{
	char line[256];
	int pid, level, start;

	for (ssize_t length; (length = recv(seat->socket[0], line, sizeof(line) - 1, 0)) > 0;) {
		line[length] = '\0';
		if (sscanf(line, "%d %d %n", &pid, &level, &start) != 2)
			continue;
		seat->child = pid;
		hear(seat, (enum libseat_log_level)level, line + start);
	}
}

/* ---- creation ------------------------------------------------------------------------------- */

static void handle_enable(struct libseat *libseat, void *data)
{
	struct seat *seat = data;

	session_set_active(seat->session, true);
}

static void handle_disable(struct libseat *libseat, void *data)
{
	struct seat *seat = data;

	session_set_active(seat->session, false);
}

static const struct libseat_seat_listener listener = {
	.enable_seat = handle_enable,
	.disable_seat = handle_disable,
};

static int open_seat(struct seat *seat)
{
	libseat_set_log_handler(handle_log);
	libseat_set_log_level(LIBSEAT_LOG_LEVEL_DEBUG);
	forget_said(seat);
	seat->opening = true;
	seat->libseat = libseat_open_seat(&listener, seat);
	int error = errno;
	read_child(seat);
	seat->opening = false;
	if (seat->libseat)
		return 0;
	if (*seat->said)
		add_reason(seat, getenv("LIBSEAT_BACKEND") ? getenv("LIBSEAT_BACKEND") : "seat");
	return fail(error > 0 ? -error : -ENXIO,
		    "%s: start seatd, or log in on the machine's own console", seat->reasons);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The manager says in its own time that the seat is ours. */
static int await_active(struct seat *seat)
{
	const int64_t end = now_ms() + 1000;

	for (int64_t left = 0; !seat->session->active && left >= 0; left = end - now_ms())
		if (libseat_dispatch(seat->libseat, (int)left) < 0)
			return fail(-errno, "the seat's manager went away: %s", strerror(errno));
	return 0;
}

/* Descriptors to watch: libseat's own, and the builtin seatd's messages. */
static int watch(struct seat *seat)
{
	close(seat->socket[1]);
	seat->socket[1] = -1;
	seat->fd = libseat_get_fd(seat->libseat);
	if (seat->fd < 0)
		return fail(-errno, "libseat gives no descriptor: %s", strerror(errno));
	int ret = session_watch(seat->session, seat->fd);
	if (ret == 0 && seat->child > 0)
		ret = session_watch(seat->session, seat->socket[0]);
	return ret;
}

static void reap_child(struct seat *seat)
{
	struct pollfd end = {.fd = seat->socket[0]};

	if (seat->child <= 0)
		return;
	/* It exits with the seat, and the socket's other end closes as it does. */
	bool exits = poll(&end, 1, 1000) > 0;
	waitpid(seat->child, NULL, exits ? 0 : WNOHANG);
}

static void destroy_seat(struct seat *seat)
{
	struct seat *before = talk(seat);

	session_unwatch(seat->session, seat->fd);
	session_unwatch(seat->session, seat->socket[0]);
	if (seat->libseat)
		libseat_close_seat(seat->libseat);
	if (seat->socket[1] >= 0)
		close(seat->socket[1]);
	reap_child(seat);
	talk(before);
	if (seat->socket[0] >= 0)
		close(seat->socket[0]);
	free(seat);
}

static int start(struct seat *seat)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, seat->socket) < 0)
		return fail(-errno, "cannot make a pair of sockets: %s", strerror(errno));
	int ret = open_seat(seat);
	if (ret == 0)
		ret = await_active(seat);
	/* The builtin seatd without rights cannot open VTs, and goes on without ever being active.
	 */
	if (ret == 0 && seat->child > 0 && !seat->session->active && geteuid() != 0)
		ret = fail(-EACCES, "%s",
			   *seat->said ? seat->said : "builtin: not the right to VTs");
	if (ret == 0)
		ret = watch(seat);
	return ret;
}

static int create(struct session *session)
{
	struct seat *seat = calloc(1, sizeof(*seat));
	if (!seat)
		return fail(-ENOMEM, "out of memory");
	*seat = (struct seat){.session = session, .self = getpid(), .fd = -1, .socket = {-1, -1}};
	struct seat *before = talk(seat);
	int ret = start(seat);
	talk(before);
	if (ret < 0) {
		destroy_seat(seat);
		session->active = session->acknowledge_due = false;
		return ret;
	}
	session->backend_data = seat;
	snprintf(session->seat, sizeof(session->seat), "%s", libseat_seat_name(seat->libseat));
	snprintf(session->kind, sizeof(session->kind), "libseat (%s)", seat->name);
	return 0;
}

static void destroy(struct session *session)
{
	destroy_seat(session->backend_data);
}

/* ---- use ------------------------------------------------------------------------------------ */

/* libseat reads the end of its connection as nothing to do, for ever (0.7 to 0.9). */
static bool is_gone(const struct seat *seat)
{
	struct pollfd fd = {.fd = seat->fd};

	return poll(&fd, 1, 0) > 0 && (fd.revents & (POLLHUP | POLLERR)) != 0;
}

static int dispatch(struct session *session)
{
	struct seat *seat = session->backend_data;
	struct seat *before = talk(seat);

	read_child(seat);
	int ret = libseat_dispatch(seat->libseat, 0);
	int error = errno;
	if (ret >= 0 && is_gone(seat)) {
		ret = -1;
		error = EPIPE;
	}
	talk(before);
	if (ret >= 0)
		return 0;
	session_unwatch(session, seat->fd);
	session_unwatch(session, seat->socket[0]);
	return fail(-error, "the seat's manager went away: %s", strerror(error));
}

static void acknowledge(struct session *session)
{
	struct seat *seat = session->backend_data;
	struct seat *before = talk(seat);

	libseat_disable_seat(seat->libseat);
	talk(before);
}

static int open_device(struct session *session, const char *path, int *fd, int *id)
{
	struct seat *seat = session->backend_data;
	struct seat *before = talk(seat);

	forget_said(seat);
	errno = 0;
	*id = libseat_open_device(seat->libseat, path, fd);
	int error = errno > 0 ? errno : EIO; /* not every backend sets it */
	read_child(seat);
	talk(before);
	if (*id < 0)
		return fail(-error, "%s: cannot open %s: %s%s%s%s", session->kind, path,
			    strerror(error), *seat->said ? " (" : "", seat->said,
			    *seat->said ? ")" : "");
	return 0;
}

static void close_device(struct session *session, int fd, int id)
{
	struct seat *seat = session->backend_data;
	struct seat *before = talk(seat);

	libseat_close_device(seat->libseat, id);
	talk(before);
}

static int switch_vt(struct session *session, unsigned vt)
{
	struct seat *seat = session->backend_data;
	struct seat *before = talk(seat);

	errno = 0;
	int ret = libseat_switch_session(seat->libseat, (int)vt);
	int error = errno > 0 ? errno : EIO;
	talk(before);
	return ret < 0 ? fail(-error, "cannot switch to VT %u: %s", vt, strerror(error)) : 0;
}

const struct session_backend session_libseat = {
	.name = "libseat",
	.create = create,
	.destroy = destroy,
	.dispatch = dispatch,
	.acknowledge = acknowledge,
	.open = open_device,
	.close = close_device,
	.switch_vt = switch_vt,
};
