/* SPDX-License-Identifier: MIT */
/* wp_presentation: when a commit was shown, or that it never was. */
#include "server/server.h"

#include "presentation-time-server-protocol.h"

#define VERSION 1

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void remove_from_list(struct wl_resource *feedback)
{
	wl_list_remove(wl_resource_get_link(feedback));
}

static void handle_feedback(struct wl_client *client, struct wl_resource *resource,
			    struct wl_resource *surface_resource, uint32_t id)
{
	struct surface *surface = surface_from_resource(surface_resource);
	struct wl_resource *feedback = wl_resource_create(
		client, &wp_presentation_feedback_interface, wl_resource_get_version(resource), id);

	if (!feedback) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(feedback, NULL, NULL, remove_from_list);
	wl_list_insert(surface->pending.feedbacks.prev, wl_resource_get_link(feedback));
}

static const struct wp_presentation_interface presentation_interface = {
	.destroy = handle_destroy_request,
	.feedback = handle_feedback,
};

void feedback_list_discard(struct wl_list *feedbacks)
{
	struct wl_resource *feedback, *next;

	wl_resource_for_each_safe(feedback, next, feedbacks)
	{
		wp_presentation_feedback_send_discarded(feedback);
		wl_resource_destroy(feedback);
	}
}

static void send_sync_outputs(struct wl_resource *feedback, const struct lend_output *output)
{
	struct wl_resource *resource;

	wl_resource_for_each(resource, &output->resources)
	{
		if (wl_resource_get_client(resource) == wl_resource_get_client(feedback))
			wp_presentation_feedback_send_sync_output(feedback, resource);
	}
}

void feedback_list_present(struct wl_list *feedbacks, struct lend_output *output,
			   const struct presented *presented)
{
	struct wl_resource *feedback, *next;
	const struct timespec *when = &presented->when;
	uint64_t seconds = (uint64_t)when->tv_sec;
	/* mHz to ns. An output without a refresh has no counter of refreshes either. */
	uint32_t refresh = output->refresh
				   ? (uint32_t)((UINT64_C(1000000000000) + output->refresh / 2) /
						output->refresh)
				   : 0;

	uint64_t sequence = refresh ? presented->sequence : 0;
	wl_resource_for_each_safe(feedback, next, feedbacks)
	{
		send_sync_outputs(feedback, output);
		wp_presentation_feedback_send_presented(feedback, (uint32_t)(seconds >> 32),
							(uint32_t)seconds, (uint32_t)when->tv_nsec,
							refresh, (uint32_t)(sequence >> 32),
							(uint32_t)sequence, presented->flags);
		wl_resource_destroy(feedback);
	}
}

static void bind_presentation(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wp_presentation_interface, (int)version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &presentation_interface, data, NULL);
	wp_presentation_send_clock_id(resource, CLOCK_MONOTONIC);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wp_presentation_interface, VERSION, server,
				bind_presentation)
		       ? 0
		       : -ENOMEM;
}

const struct global global_presentation = {"wp_presentation", create};
