/* SPDX-License-Identifier: MIT */
/* What the kinds of session share with session.c. */
#ifndef SESSION_BACKEND_H
#define SESSION_BACKEND_H

#include "session/session.h"

#include <stddef.h>

/* A kind of session: one file, and a row of the table in session.c. */
struct session_backend {
	const char *name;
	/* Sets session->backend_data, and the state by session_set_active(). */
	int (*create)(struct session *session);
	void (*destroy)(struct session *session);
	/* NULL if nothing ever happens; also what watches further descriptors in session->epoll. */
	int (*dispatch)(struct session *session);
	/* The embedder has stopped using the devices. NULL: nobody waits for that. */
	void (*acknowledge)(struct session *session);
	/* Fills the fd, and the id that closing takes. */
	int (*open)(struct session *session, const char *path, int *fd, int *id);
	/* The fd is closed by the caller. */
	void (*close)(struct session *session, int fd, int id);
	int (*switch_vt)(struct session *session, unsigned vt);
};

extern const struct session_backend session_libseat, session_direct;

struct session_device {
	int fd, id;
	struct session_device *next;
};

struct session {
	const struct session_backend *backend;
	void *backend_data;
	struct session_events events;
	void *data;
	lend_log_handler log;
	void *log_data;
	int epoll, wake; /* wake: an eventfd, for what could not be told at once */
	bool active;
	bool told;	      /* whether the embedder believes it to be active */
	bool acknowledge_due; /* once the embedder was told */
	bool dispatching;
	int failure; /* -errno once the seat's manager is gone */
	char seat[64], kind[64];
	char why_not[384]; /* the reasons of the kinds that were tried before this one */
	struct session_device *devices;
};

__attribute__((format(printf, 3, 4))) void session_log(const struct session *session,
						       enum lend_log_level level,
						       const char *format, ...);

/* The state has changed. Tells the embedder, at once in session_dispatch(), else there soon. */
void session_set_active(struct session *session, bool active);

/* Watches fd for reading in the session's descriptor; and no longer (-1 is fine). */
int session_watch(struct session *session, int fd);
void session_unwatch(struct session *session, int fd);

/* master.c: 0 if fd is DRM master, or not a display's primary node; -EBUSY names who is. */
int session_check_master(int fd, const char *path);
/* As struct session_backend's open and close want it for a primary node opened by ourselves. */
void session_take_master(int fd);
void session_drop_master(int fd);
/* The master in a file as the kernel's debug file system shows it (dri/N/clients): "name (pid)". */
bool session_find_master(const char *clients, char *holder, size_t size);

#endif
