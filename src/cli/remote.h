/* SPDX-License-Identifier: MIT */
/* A connection to a running framelend server, for the commands that look into it. */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-util.h>

struct remote {
	const char *name; /* of the socket */
	struct wl_display *display;
	struct wl_registry *registry;
	struct framelend_manager_v1 *manager;
	uint32_t capabilities;
	struct wl_list outputs; /* struct remote_output.link, in the server's order */
};

struct remote_output {
	struct wl_list link;
	struct wl_output *output;
	char *name;
	uint32_t width, height; /* pixels */
};

/* Connects to the named socket (NULL: $LEND_DISPLAY, else $WAYLAND_DISPLAY, else framelend-0) and
 * makes sure that it is a framelend server which lets us capture and monitor. Returns 0, or an exit
 * status after it has said what is wrong. remote_close() is due in both cases. */
int remote_open(struct remote *remote, const char *name);

void remote_close(struct remote *remote);

/* Handles events until *done. Returns as remote_open(). */
int remote_wait(struct remote *remote, const bool *done);

/* Waits until the server has handled what was asked so far. Returns as remote_open(). */
int remote_sync(struct remote *remote);

/* The output of that name or number, from 1; NULL: the first. Returns as remote_open(). */
int remote_find_output(struct remote *remote, const char *wanted,
		       const struct remote_output **output);

#endif
