/* SPDX-License-Identifier: MIT */
/* Programs for X: an Xwayland beside the server, whose root window is one window on it. */
#ifndef CLI_XWAYLAND_H
#define CLI_XWAYLAND_H

#include "child.h"

#include <stdbool.h>
#include <time.h>

struct lend_server;

struct xwayland {
	struct child child;
	const char *display; /* the Wayland display it is on; NULL: none was asked for */
	int reader;	     /* where it writes its display's number, then -1 */
	char line[16];	     /* of what was read there */
	size_t length;
	char name[16]; /* of the X display, ":1"; empty until it is ready */
	time_t started;
	unsigned hasty; /* how many in succession lived for a few seconds only */
};

/* Starts it on a display that is free. Returns 0, or an exit status after saying what is wrong. */
int xwayland_start(struct xwayland *xwayland, const char *display);

/* To be called when reader polls readable. 1: programs for X find it in DISPLAY from now on, which
 * is set. 0: not yet, or again after it died. */
int xwayland_read(struct xwayland *xwayland);

/* To be called when a child has ended; starts it again, on the same display, if it was this one.
 * Returns 0, or an exit status after saying that it cannot be started at all. */
int xwayland_mind(struct xwayland *xwayland);

/* Ends it, while the server, which it may wait for, goes on. */
void xwayland_stop(struct xwayland *xwayland, struct lend_server *server);

#endif
