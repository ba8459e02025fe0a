/* SPDX-License-Identifier: MIT */
#include "common/error.h"
#include "session/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* In the order in which they are tried. */
static const struct session_backend *const backends[] = {
#ifdef HAVE_LIBSEAT
	&session_libseat,
#endif
	&session_direct,
};

#define N_BACKENDS (sizeof(backends) / sizeof(backends[0]))

void session_log(const struct session *session, enum lend_log_level level, const char *format, ...)
{
	char text[512];
	va_list args;

	if (!session->log)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	session->log(session->log_data, level, text);
}

int session_watch(struct session *session, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(session->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return fail(-errno, "cannot watch the session: %s", strerror(errno));
	return 0;
}

void session_unwatch(struct session *session, int fd)
{
	epoll_ctl(session->epoll, EPOLL_CTL_DEL, fd, NULL);
}

/* Tells the embedder what it has not been told yet, then the backend that it has. */
static void tell(struct session *session)
{
	if (session->told != session->active) {
		session->told = session->active;
		void (*event)(void *data) =
			session->active ? session->events.enabled : session->events.disabled;
		if (event)
			event(session->data);
	}
	if (session->acknowledge_due) {
		session->acknowledge_due = false;
		if (session->backend->acknowledge)
			session->backend->acknowledge(session);
	}
}

void session_set_active(struct session *session, bool active)
{
	session->active = active;
	session->acknowledge_due = !active;
	if (session->dispatching)
		tell(session);
	else
		eventfd_write(session->wake, 1);
}

/* ---- creation ------------------------------------------------------------------------------- */

static int open_descriptors(struct session *session)
{
	session->epoll = epoll_create1(EPOLL_CLOEXEC);
	session->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (session->epoll < 0 || session->wake < 0)
		return fail(-errno, "cannot create a session: %s", strerror(errno));
	return session_watch(session, session->wake);
}

/* Adds why a kind of session cannot be had. */
static void add_reason(struct session *session, const char *name)
{
	size_t length = strlen(session->why_not);

	snprintf(session->why_not + length, sizeof(session->why_not) - length, "%s%s: %s",
		 length > 0 ? "; " : "", name, fail_text());
}

static int try_backends(struct session *session, const char *wanted)
{
	bool known = false;

	for (size_t i = 0; i < N_BACKENDS; i++) {
		if (wanted && strcmp(wanted, backends[i]->name) != 0)
			continue;
		known = true;
		snprintf(session->kind, sizeof(session->kind), "%s", backends[i]->name);
		if (backends[i]->create(session) == 0) {
			session->backend = backends[i];
			return 0;
		}
		add_reason(session, backends[i]->name);
		session->backend_data = NULL;
	}
	if (known)
		return fail(-ENXIO, "no session: %s", session->why_not);
#ifndef HAVE_LIBSEAT
	if (strcmp(wanted, "libseat") == 0)
		return fail(-EINVAL, "LEND_SESSION=libseat: built without libseat; "
				     "only direct is there");
#endif
	return fail(-EINVAL, "LEND_SESSION=%s: no such session: give libseat or direct", wanted);
}

int session_create(const struct session_events *events, void *data, lend_log_handler log,
		   void *log_data, struct session **out)
{
	const char *wanted = getenv("LEND_SESSION");
	struct session *session = calloc(1, sizeof(*session));
	if (!session)
		return fail(-ENOMEM, "out of memory");
	if (events)
		session->events = *events;
	session->data = data;
	session->log = log;
	session->log_data = log_data;
	session->wake = -1;
	int ret = open_descriptors(session);
	if (ret == 0)
		ret = try_backends(session, wanted && *wanted ? wanted : NULL);
	if (ret < 0) {
		session_destroy(session);
		return ret;
	}
	session->told = session->active;
	if (session->active)
		eventfd_read(session->wake, &(eventfd_t){0});
	session_log(session, LEND_LOG_INFO, "session: %s on %s%s", session->kind, session->seat,
		    session->active ? "" : ", not active yet");
	*out = session;
	return 0;
}

void session_destroy(struct session *session)
{
	if (!session)
		return;
	while (session->devices)
		session_close(session, session->devices->fd);
	if (session->backend)
		session->backend->destroy(session);
	if (session->wake >= 0)
		close(session->wake);
	if (session->epoll >= 0)
		close(session->epoll);
	free(session);
}

/* ---- its state ------------------------------------------------------------------------------ */

int session_fd(const struct session *session)
{
	return session->epoll;
}

/* The seat's manager is gone, and with it the right to use the devices. */
static void lose(struct session *session)
{
	session_log(session, LEND_LOG_ERROR, "session: %s", fail_text());
	session->active = session->acknowledge_due = false;
	tell(session);
}

int session_dispatch(struct session *session)
{
	eventfd_t value;

	eventfd_read(session->wake, &value);
	session->dispatching = true;
	tell(session);
	if (session->failure == 0 && session->backend->dispatch) {
		session->failure = session->backend->dispatch(session);
		if (session->failure < 0)
			lose(session);
	}
	session->dispatching = false;
	return session->failure;
}

bool session_is_active(const struct session *session)
{
	return session->active;
}

const char *session_seat(const struct session *session)
{
	return session->seat;
}

const char *session_kind(const struct session *session)
{
	return session->kind;
}

/* ---- devices -------------------------------------------------------------------------------- */

static int add_device(struct session *session, int fd, int id)
{
	struct session_device *device = calloc(1, sizeof(*device));
	if (!device)
		return fail(-ENOMEM, "out of memory");
	*device = (struct session_device){.fd = fd, .id = id, .next = session->devices};
	session->devices = device;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

int session_open(struct session *session, const char *path, int *out)
{
	int fd, id = -1;

	if (!session->active)
		return fail(-EAGAIN, "cannot open %s: the session is not active: switch to its VT",
			    path);
	int ret = session->backend->open(session, path, &fd, &id);
	if (ret < 0)
		return ret;
	ret = session_check_master(fd, path);
	if (ret == 0)
		ret = add_device(session, fd, id);
	if (ret < 0) {
		session->backend->close(session, fd, id);
		close(fd);
		return ret;
	}
	*out = fd;
	return 0;
}

void session_close(struct session *session, int fd)
{
	for (struct session_device **at = &session->devices; *at; at = &(*at)->next) {
		struct session_device *device = *at;
		if (device->fd != fd)
			continue;
		*at = device->next;
		session->backend->close(session, fd, device->id);
		close(fd);
		free(device);
		return;
	}
}

int session_switch(struct session *session, unsigned vt)
{
	if (session->failure < 0)
		return fail(session->failure, "the session's manager is gone");
	if (vt < 1 || vt > 63)
		return fail(-EINVAL, "there is no VT %u: give 1 to 63", vt);
	if (!session->backend->switch_vt)
		return fail(-EOPNOTSUPP, "a %s session cannot switch VTs: seatd or logind can",
			    session->kind);
	return session->backend->switch_vt(session, vt);
}
