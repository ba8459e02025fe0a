/* SPDX-License-Identifier: MIT */
/*
 * Who may open the devices of a seat, and when. A session comes from libseat (seatd, logind or
 * libseat's own builtin seatd), or it is direct: devices are opened with the rights the process
 * has. Knows nothing of servers and Wayland.
 *
 * LEND_SESSION=libseat or =direct allows that one only; otherwise they are tried in this order.
 * With libseat, LIBSEAT_BACKEND chooses further.
 *
 * libseat's builtin seatd is a process forked from this one, without exec: it keeps what is open
 * now open. Create the session before anything whose end others wait for, such as client
 * connections. libseat's log handler is one for the process; it becomes ours.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <framelend/buffer.h>
#include <stdbool.h>

struct session;

/* Called from session_dispatch() only. Either may be NULL. */
struct session_events {
	/* The session is active again: DRM devices that are open are master again. Input devices
	 * were revoked and have to be opened anew. */
	void (*enabled)(void *data);
	/* The session goes away (VT switch, suspend): devices must not be used from now on. */
	void (*disabled)(void *data);
};

/* Waits up to a second for the session to become active; session_is_active() tells, and `enabled`
 * is called for what happens later. -EINVAL: LEND_SESSION is neither. -ENXIO: no session is to be
 * had, with the reason of each kind. */
int session_create(const struct session_events *events, void *data, lend_log_handler log,
		   void *log_data, struct session **session);
/* Closes what is open and gives the seat back; the display and the keyboard are the console's. */
void session_destroy(struct session *session);

/* Readable: call session_dispatch(). Belongs to the session. */
int session_fd(const struct session *session);
/* Never waits. -errno once the seat's manager is gone: then the session stays disabled. */
int session_dispatch(struct session *session);

bool session_is_active(const struct session *session);
/* "seat0" */
const char *session_seat(const struct session *session);
/* "libseat (logind)", "direct": for logs and reports. */
const char *session_kind(const struct session *session);

/* Opens a display's node, as DRM master if it is a primary one, or an input device. The fd belongs
 * to the session. -EAGAIN: the session is not active. -EBUSY: another is DRM master. -ENODEV,
 * -ENXIO: the device is gone. -ENOENT, -EACCES: as open(2). */
int session_open(struct session *session, const char *path, int *fd);
/* Gives up being master, in duplicates of the fd too. */
void session_close(struct session *session, int fd);

/* Before a session, which takes the VT, is created: -EBUSY if another program is DRM master of the
 * device, with its name; 0 if not, or if nobody can tell. */
int session_look(const char *path);

/* Asks for another VT. -EOPNOTSUPP: a direct session knows of none. */
int session_switch(struct session *session, unsigned vt);

#endif
