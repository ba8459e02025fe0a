/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wayland-server.h>

static void read_program(struct client *client)
{
	char path[32];

	snprintf(client->program, sizeof(client->program), "?");
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)client->peer.pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t length = read(fd, client->program, sizeof(client->program) - 1);
	close(fd);
	if (length > 0)
		client->program[length - (client->program[length - 1] == '\n')] = '\0';
}

static void handle_destroy(struct wl_listener *listener, void *data)
{
	struct client *client = wl_container_of(listener, client, destroy);
	struct lend_server *server = client->server;

	wl_list_remove(&client->link);
	wl_list_init(&client->link);
	client->wl_client = NULL;
	server_log(server, LEND_LOG_DEBUG, "client %d (%s) is gone", (int)client->peer.pid,
		   client->program);
	if (server->events.client_gone)
		server->events.client_gone(server->data, &client->peer);
	client_unreference(client);
}

struct client *client_create(struct lend_server *server, struct wl_client *wl_client)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->server = server;
	client->wl_client = wl_client;
	client->references = 1;
	wl_client_get_credentials(wl_client, &client->peer.pid, &client->peer.uid,
				  &client->peer.gid);
	read_program(client);
	client->peer.program = client->program;
	wl_list_insert(server->clients.prev, &client->link);
	/* Called before the client's resources go; these keep references of their own. */
	client->destroy.notify = handle_destroy;
	wl_client_add_destroy_listener(wl_client, &client->destroy);
	server_log(server, LEND_LOG_DEBUG, "client %d (%s) connected", (int)client->peer.pid,
		   client->program);
	if (server->events.client_connected)
		server->events.client_connected(server->data, &client->peer);
	return client;
}

struct client *client_get(struct wl_client *wl_client)
{
	struct wl_listener *listener = wl_client_get_destroy_listener(wl_client, handle_destroy);
	struct client *client = NULL;

	return listener ? wl_container_of(listener, client, destroy) : NULL;
}

struct client *client_reference(struct client *client)
{
	client->references++;
	return client;
}

void client_unreference(struct client *client)
{
	if (--client->references == 0)
		free(client);
}

bool client_is_privileged(const struct client *client)
{
	const struct lend_server *server = client->server;

	if (server->events.privileged)
		return server->events.privileged(server->data, &client->peer) != 0;
	return client->peer.uid == geteuid();
}

void client_post_no_memory(struct client *client, const char *request)
{
	struct wl_resource *display = wl_client_get_object(client->wl_client, 1);

	wl_resource_post_error(display, WL_DISPLAY_ERROR_NO_MEMORY, "%s: %s", request, fail_text());
}
