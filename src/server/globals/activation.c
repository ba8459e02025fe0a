/* SPDX-License-Identifier: MIT */
/* xdg_activation: a client that the user just told to do something may hand a token to another,
 * whose window then comes to the front. All others get tokens too, which do nothing. */
#include "server/seat/seat.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "xdg-activation-server-protocol.h"

#define VERSION	   1
#define TOKENS_MAX 64 /* that are good for something at a time */
#define SECONDS	   60 /* for which they are */
#define NAME_BYTES 16

/* One that is good. */
struct token {
	struct wl_list link; /* seat.tokens, newest first */
	char name[2 * NAME_BYTES + 1];
	time_t until;
};

/* One that is asked for. */
struct request {
	struct seat *seat;
	bool done;
	bool serial_set;
	uint32_t serial;
};

/* ---- tokens ---------------------------------------------------------------------------------- */

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static bool make_name(char *name)
{
	unsigned char bytes[NAME_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(name + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

static void token_destroy(struct token *token)
{
	wl_list_remove(&token->link);
	free(token);
}

/* The oldest make room. */
static void keep(struct seat *seat, const char *name)
{
	struct token *token = calloc(1, sizeof(*token));

	if (!token)
		return;
	snprintf(token->name, sizeof(token->name), "%s", name);
	token->until = now() + SECONDS;
	wl_list_insert(&seat->tokens, &token->link);
	if (wl_list_length(&seat->tokens) <= TOKENS_MAX)
		return;
	struct token *oldest = wl_container_of(seat->tokens.prev, oldest, link);
	token_destroy(oldest);
}

/* True if it is good; each is so once. */
static bool redeem(struct seat *seat, const char *name)
{
	struct token *token;

	wl_list_for_each (token, &seat->tokens, link) {
		if (strcmp(token->name, name) != 0)
			continue;
		bool in_time = now() <= token->until;
		token_destroy(token);
		return in_time;
	}
	return false;
}

void activation_finish(struct seat *seat)
{
	struct token *token, *next;

	wl_list_for_each_safe (token, next, &seat->tokens, link)
		token_destroy(token);
}

/* ---- asking for one -------------------------------------------------------------------------- */

static bool has_keys(const struct seat *seat, const struct wl_client *client)
{
	const struct surface *focus = seat->keyboard.focus;

	if (!seat_has(seat, WL_SEAT_CAPABILITY_KEYBOARD))
		return true;
	return focus && focus->client->wl_client == client;
}

/* NULL after posting an error. */
static struct request *request_of(struct wl_resource *resource, const char *name)
{
	struct request *request = wl_resource_get_user_data(resource);

	if (!request->done)
		return request;
	wl_resource_post_error(resource, XDG_ACTIVATION_TOKEN_V1_ERROR_ALREADY_USED,
			       "xdg_activation_token_v1.%s: the token was committed already", name);
	return NULL;
}

static void handle_set_serial(struct wl_client *client, struct wl_resource *resource,
			      uint32_t serial, struct wl_resource *seat)
{
	struct request *request = request_of(resource, "set_serial");

	if (!request)
		return;
	request->serial_set = true;
	request->serial = serial;
}

static void handle_set_app_id(struct wl_client *client, struct wl_resource *resource,
			      const char *app_id)
{
	request_of(resource, "set_app_id");
}

static void handle_set_surface(struct wl_client *client, struct wl_resource *resource,
			       struct wl_resource *surface)
{
	request_of(resource, "set_surface");
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource)
{
	struct request *request = request_of(resource, "commit");
	char name[2 * NAME_BYTES + 1] = "";

	if (!request)
		return;
	request->done = true;
	if (make_name(name) && request->serial_set && has_keys(request->seat, client) &&
	    seat_serial_is_recent(request->seat, client, request->serial))
		keep(request->seat, name);
	xdg_activation_token_v1_send_done(resource, name);
}

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct xdg_activation_token_v1_interface token_requests = {
	.set_serial = handle_set_serial,
	.set_app_id = handle_set_app_id,
	.set_surface = handle_set_surface,
	.commit = handle_commit,
	.destroy = handle_destroy_request,
};

static void handle_destroy(struct wl_resource *resource)
{
	free(wl_resource_get_user_data(resource));
}

/* ---- the manager ----------------------------------------------------------------------------- */

static void handle_get_token(struct wl_client *client, struct wl_resource *manager, uint32_t id)
{
	struct request *request = calloc(1, sizeof(*request));
	struct wl_resource *resource =
		request ? wl_resource_create(client, &xdg_activation_token_v1_interface,
					     wl_resource_get_version(manager), id)
			: NULL;

	if (!resource) {
		free(request);
		wl_client_post_no_memory(client);
		return;
	}
	request->seat = wl_resource_get_user_data(manager);
	wl_resource_set_implementation(resource, &token_requests, request, handle_destroy);
}

static void handle_activate(struct wl_client *client, struct wl_resource *manager, const char *name,
			    struct wl_resource *surface)
{
	struct lend_view *view = view_from_surface(surface_from_resource(surface));

	if (redeem(wl_resource_get_user_data(manager), name) && view && view->mapped)
		view_activate(view);
}

static const struct xdg_activation_v1_interface manager_requests = {
	.destroy = handle_destroy_request,
	.get_activation_token = handle_get_token,
	.activate = handle_activate,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct lend_server *server = data;
	struct wl_resource *resource =
		wl_resource_create(client, &xdg_activation_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_requests, server->seat, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &xdg_activation_v1_interface, VERSION, server,
				bind_manager)
		       ? 0
		       : -ENOMEM;
}

const struct global global_activation = {"xdg_activation_v1", create};
