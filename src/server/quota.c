/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include <inttypes.h>
#include <stdlib.h>

void quota_defaults(struct lend_quota *quota)
{
	quota->size = sizeof(*quota);
	if (!quota->bytes)
		quota->bytes = UINT64_C(1) << 30;
	if (!quota->buffers)
		quota->buffers = 1024;
	if (!quota->fds)
		quota->fds = 256;
	if (!quota->surfaces)
		quota->surfaces = 256;
	if (!quota->objects)
		quota->objects = 16384;
}

static int check(const struct client *client, const char *what, uint64_t held, uint64_t more,
		 uint64_t limit)
{
	if (more == 0 || (held <= limit && more <= limit - held))
		return 0;
	server_log(client->server, LEND_LOG_WARNING,
		   "client %d (%s) is over its quota of %" PRIu64 " %s", (int)client->peer.pid,
		   client->program, limit, what);
	return fail(-EDQUOT,
		    "over the quota of %" PRIu64 " %s: it holds %" PRIu64 " and asks for %" PRIu64
		    " more; free some first",
		    limit, what, held, more);
}

int quota_charge(struct client *client, const struct charge *charge)
{
	const struct lend_quota *quota = &client->server->quota;

	if (check(client, "bytes", client->bytes, charge->bytes, quota->bytes) < 0 ||
	    check(client, "buffers", client->buffers, charge->buffers, quota->buffers) < 0 ||
	    check(client, "file descriptors", client->fds, charge->fds, quota->fds) < 0 ||
	    check(client, "surfaces", client->surfaces, charge->surfaces, quota->surfaces) < 0)
		return -EDQUOT;
	client->bytes += charge->bytes;
	client->buffers += charge->buffers;
	client->fds += charge->fds;
	client->surfaces += charge->surfaces;
	return 0;
}

void quota_discharge(struct client *client, const struct charge *charge)
{
	client->bytes -= charge->bytes;
	client->buffers -= charge->buffers;
	client->fds -= charge->fds;
	client->surfaces -= charge->surfaces;
}

/* ---- objects: whatever a client makes by sending requests ----------------------------------- */

struct object {
	struct client *client; /* a reference */
	struct wl_listener destroyed;
};

static void handle_object_destroyed(struct wl_listener *listener, void *data)
{
	struct object *object = wl_container_of(listener, object, destroyed);

	object->client->objects--;
	client_unreference(object->client);
	free(object);
}

static void handle_object_created(struct wl_listener *listener, void *data)
{
	struct client *client = wl_container_of(listener, client, object_created);
	struct object *object = malloc(sizeof(*object));

	if (!object) {
		wl_client_post_no_memory(client->wl_client);
		return;
	}
	if (check(client, "protocol objects", client->objects, 1, client->server->quota.objects) <
	    0)
		client_post_no_memory(client, "a request that makes an object");
	client->objects++;
	object->client = client_reference(client);
	object->destroyed.notify = handle_object_destroyed;
	wl_resource_add_destroy_listener(data, &object->destroyed);
}

void quota_watch_objects(struct client *client)
{
	client->object_created.notify = handle_object_created;
	wl_client_add_resource_created_listener(client->wl_client, &client->object_created);
}
