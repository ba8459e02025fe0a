/* SPDX-License-Identifier: MIT */
/* Who a client is, and what it holds. (client.c, quota.c) */
#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include "server/core.h"

struct client {
	struct lend_server *server;
	struct wl_client *wl_client;
	struct lend_peer peer; /* peer.program points to program */
	char program[64];
	uint64_t bytes;
	uint32_t buffers, fds, surfaces, objects;
	unsigned references; /* buffers outlive the connection while an output shows them */
	struct wl_list link; /* lend_server.clients; alone once the connection is gone */
	struct wl_listener destroy, object_created;
};

struct client *client_create(struct lend_server *server, struct wl_client *wl_client);
struct client *client_get(struct wl_client *wl_client);
struct client *client_reference(struct client *client);
void client_unreference(struct client *client);
bool client_is_privileged(const struct client *client);
/* Ends the connection with wl_display.no_memory, naming the request and fail_text(). */
void client_post_no_memory(struct client *client, const char *request);

/* quota.c: charges what a client is about to hold. -EDQUOT, with the words in fail_text(), and
 * nothing is charged. Amounts are given back with the same numbers. */
struct charge {
	uint64_t bytes;
	uint32_t buffers, fds, surfaces;
};
int quota_charge(struct client *client, const struct charge *charge);
void quota_discharge(struct client *client, const struct charge *charge);
void quota_defaults(struct lend_quota *quota);
/* Counts the client's protocol objects from now on; too many end its connection. */
void quota_watch_objects(struct client *client);

#endif
