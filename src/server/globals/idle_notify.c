/* SPDX-License-Identifier: MIT */
/* ext_idle_notify: who wants to know when nobody has touched anything for a while. What happens
 * only leaves its time; a timer that runs out sees how long ago that was. */
#include "server/seat/seat.h"

#include <stdlib.h>

#include "ext-idle-notify-server-protocol.h"

#define VERSION 1

struct notification {
	struct seat *seat;
	struct wl_resource *resource;
	struct wl_list link; /* idle.notifications */
	struct wl_event_source *timer;
	uint64_t since; /* ms: when it was made, or inhibited last */
	uint32_t timeout;
	bool idle;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A timer of 0 would never run out, nor one of more than 24 days. */
static void arm(struct notification *notification, uint64_t ms)
{
	uint64_t within = ms > INT32_MAX ? INT32_MAX : ms;

	wl_event_source_timer_update(notification->timer, within > 0 ? (int)within : 1);
}

static int handle_timeout(void *data)
{
	struct notification *notification = data;
	const struct seat *seat = notification->seat;
	uint64_t now = now_ms();

	if (server_is_inhibited(seat->server))
		notification->since = now;
	uint64_t since = seat->idle.active_at > notification->since ? seat->idle.active_at
								    : notification->since;
	if (now - since < notification->timeout) {
		arm(notification, notification->timeout - (now - since));
		return 0;
	}
	notification->idle = true;
	ext_idle_notification_v1_send_idled(notification->resource);
	return 0;
}

void seat_active(struct seat *seat)
{
	struct notification *notification;

	seat->idle.active_at = now_ms();
	wl_list_for_each (notification, &seat->idle.notifications, link) {
		if (!notification->idle)
			continue;
		notification->idle = false;
		ext_idle_notification_v1_send_resumed(notification->resource);
		arm(notification, notification->timeout);
	}
}

/* ---- requests -------------------------------------------------------------------------------- */

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct ext_idle_notification_v1_interface notification_requests = {
	.destroy = handle_destroy_request,
};

static void handle_destroy(struct wl_resource *resource)
{
	struct notification *notification = wl_resource_get_user_data(resource);

	wl_event_source_remove(notification->timer);
	wl_list_remove(&notification->link);
	free(notification);
}

static struct notification *notification_create(struct seat *seat, uint32_t timeout)
{
	struct notification *notification = calloc(1, sizeof(*notification));

	if (!notification)
		return NULL;
	notification->seat = seat;
	notification->timeout = timeout;
	notification->since = now_ms();
	notification->timer =
		wl_event_loop_add_timer(seat->server->loop, handle_timeout, notification);
	if (!notification->timer) {
		free(notification);
		return NULL;
	}
	return notification;
}

static void handle_get(struct wl_client *client, struct wl_resource *notifier, uint32_t id,
		       uint32_t timeout, struct wl_resource *seat_resource)
{
	struct seat *seat = wl_resource_get_user_data(seat_resource);
	struct notification *notification = notification_create(seat, timeout);
	struct wl_resource *resource =
		notification ? wl_resource_create(client, &ext_idle_notification_v1_interface,
						  wl_resource_get_version(notifier), id)
			     : NULL;

	if (!resource) {
		if (notification)
			wl_event_source_remove(notification->timer);
		free(notification);
		wl_client_post_no_memory(client);
		return;
	}
	notification->resource = resource;
	wl_list_insert(&seat->idle.notifications, &notification->link);
	wl_resource_set_implementation(resource, &notification_requests, notification,
				       handle_destroy);
	arm(notification, timeout);
}

static const struct ext_idle_notifier_v1_interface notifier_requests = {
	.destroy = handle_destroy_request,
	.get_idle_notification = handle_get,
};

static void bind_notifier(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &ext_idle_notifier_v1_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &notifier_requests, data, NULL);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &ext_idle_notifier_v1_interface, VERSION, server,
				bind_notifier)
		       ? 0
		       : -ENOMEM;
}

const struct global global_idle_notify = {"ext_idle_notifier_v1", create};
