/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wayland-server.h>

static ssize_t read_file(const struct client *client, const char *name, char *text, size_t size)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)client->peer.pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t length = read(fd, text, size - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	return length;
}

/* The name it was started by, without its folder; /proc's own cuts names at 15 characters. Whatever
 * a program calls itself, the name is printable. */
static void read_program(struct client *client)
{
	char text[256];

	if (read_file(client, "cmdline", text, sizeof(text)) <= 0 &&
	    read_file(client, "comm", text, sizeof(text)) <= 0)
		snprintf(text, sizeof(text), "?");
	const char *slash = strrchr(text, '/');
	snprintf(client->program, sizeof(client->program), "%.63s", slash ? slash + 1 : text);
	client->program[strcspn(client->program, "\n")] = '\0';
	for (char *c = client->program; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
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
	server_tell_peer(server, server->events.client_gone, &client->peer);
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
	quota_watch_objects(client);
	server_log(server, LEND_LOG_DEBUG, "client %d (%s) connected", (int)client->peer.pid,
		   client->program);
	server_tell_peer(server, server->events.client_connected, &client->peer);
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
	struct lend_server *server = client->server;

	if (!server->events.privileged)
		return client->peer.uid == geteuid();
	server->in_events++;
	bool privileged = server->events.privileged(server->data, &client->peer) != 0;
	server->in_events--;
	return privileged;
}

void client_post_no_memory(struct client *client, const char *request)
{
	struct wl_resource *display = wl_client_get_object(client->wl_client, 1);

	wl_resource_post_error(display, WL_DISPLAY_ERROR_NO_MEMORY, "%s: %s", request, fail_text());
}
