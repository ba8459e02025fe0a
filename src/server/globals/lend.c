/* SPDX-License-Identifier: MIT */
/* framelend_manager_v1 and the requests of framelend_chain_v1. */
#include "server/globals/chain.h"

#include <stdlib.h>
#include <wayland-server.h>

#include "buffer/fds.h"
#include "framelend-v1-server-protocol.h"

#define GPU    ((uint32_t)FRAMELEND_CHAIN_V1_USAGE_GPU)
#define USAGES (FRAMELEND_CHAIN_V1_USAGE_READ | FRAMELEND_CHAIN_V1_USAGE_FRONT | GPU)

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* ---- chain ---------------------------------------------------------------------------------- */

static bool can_lend(uint32_t format)
{
	return lend_format_get(format) && format_to_pixman(format);
}

static bool check_configure(struct wl_resource *resource, const struct chain_request *request)
{
	uint32_t most = request->usage & FRAMELEND_CHAIN_V1_USAGE_FRONT ? 1 : CHAIN_BUFFERS_MAX;

	if (request->width == 0 || request->height == 0 || request->width > SIDE_MAX ||
	    request->height > SIDE_MAX)
		wl_resource_post_error(resource, FRAMELEND_CHAIN_V1_ERROR_INVALID_SIZE,
				       "configure: size %ux%u: each side must be 1 to %d",
				       request->width, request->height, SIDE_MAX);
	else if (!can_lend(request->format))
		wl_resource_post_error(resource, FRAMELEND_CHAIN_V1_ERROR_INVALID_FORMAT,
				       "configure: format 0x%08x is none of those announced by the "
				       "manager",
				       request->format);
	else if (request->usage & ~(uint32_t)USAGES)
		wl_resource_post_error(resource, FRAMELEND_CHAIN_V1_ERROR_INVALID_USAGE,
				       "configure: usage 0x%x has unknown bits", request->usage);
	else if (request->usage & GPU && request->usage != GPU)
		wl_resource_post_error(resource, FRAMELEND_CHAIN_V1_ERROR_INVALID_USAGE,
				       "configure: usage 0x%x: gpu goes with no other",
				       request->usage);
	else if (request->count == 0 || request->count > most)
		wl_resource_post_error(resource, FRAMELEND_CHAIN_V1_ERROR_INVALID_COUNT,
				       "configure: %u buffers: this usage takes 1 to %u",
				       request->count, most);
	else
		return true;
	return false;
}

/* A first guess; the path tells later. */
static bool will_be_scanned_out(const struct chain *chain)
{
	const struct lend_output *output;

	wl_list_for_each (output, &chain->client->server->outputs, link) {
		if ((uint32_t)output->width == chain->request.width &&
		    (uint32_t)output->height == chain->request.height)
			return true;
	}
	return false;
}

static void chain_handle_configure(struct wl_client *client, struct wl_resource *resource,
				   uint32_t width, uint32_t height, uint32_t format, uint32_t usage,
				   uint32_t count)
{
	struct chain *chain = wl_resource_get_user_data(resource);
	const struct chain_request request = {width, height, format, usage, count};

	if (!check_configure(resource, &request))
		return;
	chain->request = request;
	chain->hopeless = 0;
	int ret = generation_create(chain, usage & GPU || will_be_scanned_out(chain));
	if (ret < 0)
		framelend_chain_v1_send_failed(resource, (uint32_t)-ret, fail_text());
}

static void chain_handle_set_modifiers(struct wl_client *client, struct wl_resource *resource,
				       struct wl_array *modifiers)
{
	struct chain *chain = wl_resource_get_user_data(resource);
	uint64_t *copy = NULL;

	if (modifiers->size % sizeof(*copy) != 0) {
		wl_resource_post_error(resource, FRAMELEND_CHAIN_V1_ERROR_INVALID_MODIFIERS,
				       "set_modifiers: %zu bytes are no list of 64-bit numbers",
				       modifiers->size);
		return;
	}
	if (modifiers->size > 0) {
		copy = malloc(modifiers->size);
		if (!copy) {
			wl_client_post_no_memory(client);
			return;
		}
		memcpy(copy, modifiers->data, modifiers->size);
	}
	free(chain->modifiers);
	chain->modifiers = copy;
	chain->n_modifiers = modifiers->size / sizeof(*copy);
}

/* NULL after posting an error. */
static struct buffer *find_buffer(struct chain *chain, uint32_t number, uint32_t index)
{
	struct generation *generation = generation_find(chain, number);

	if (!generation || index >= generation->count) {
		wl_resource_post_error(chain->resource, FRAMELEND_CHAIN_V1_ERROR_NO_BUFFER,
				       "get_buffer: there is no buffer %u in generation %u, or it "
				       "was dropped",
				       index, number);
		return NULL;
	}
	if (generation->buffers[index]->resource) {
		wl_resource_post_error(chain->resource, FRAMELEND_CHAIN_V1_ERROR_HAS_BUFFER,
				       "get_buffer: buffer %u of generation %u has a wl_buffer "
				       "already",
				       index, number);
		return NULL;
	}
	return generation->buffers[index];
}

static void chain_handle_get_buffer(struct wl_client *client, struct wl_resource *resource,
				    uint32_t id, uint32_t number, uint32_t index)
{
	struct buffer *buffer = find_buffer(wl_resource_get_user_data(resource), number, index);

	if (!buffer)
		return;
	struct wl_resource *buffer_resource =
		wl_resource_create(client, &wl_buffer_interface, 1, id);
	if (buffer_resource)
		buffer_set_resource(buffer, buffer_resource);
	else
		wl_client_post_no_memory(client);
}

static void chain_handle_drop(struct wl_client *client, struct wl_resource *resource,
			      uint32_t number)
{
	struct generation *generation =
		generation_find(wl_resource_get_user_data(resource), number);

	if (generation)
		generation_drop(generation);
	else
		wl_resource_post_error(resource, FRAMELEND_CHAIN_V1_ERROR_NO_BUFFER,
				       "drop: there is no generation %u, or it was dropped before",
				       number);
}

static void chain_handle_set_acquire_fence(struct wl_client *client, struct wl_resource *resource,
					   int fence)
{
	struct chain *chain = wl_resource_get_user_data(resource);

	if (!chain->surface || chain->surface->pending.acquire) {
		fds_close(&fence, 1);
		wl_resource_post_error(resource,
				       chain->surface ? FRAMELEND_CHAIN_V1_ERROR_DUPLICATE_FENCE
						      : FRAMELEND_CHAIN_V1_ERROR_NO_SURFACE,
				       "set_acquire_fence: %s",
				       chain->surface ? "the next commit has a fence already"
						      : "the wl_surface was destroyed");
		return;
	}
	int ret = fence_set_acquire(&chain->surface->pending, chain->client, fence);
	if (ret == -EINVAL)
		wl_resource_post_error(resource, FRAMELEND_CHAIN_V1_ERROR_INVALID_FENCE,
				       "set_acquire_fence: %s", fail_text());
	else if (ret < 0)
		client_post_no_memory(chain->client, "set_acquire_fence");
}

static void release_handle_destroy(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static void chain_handle_get_release(struct wl_client *client, struct wl_resource *resource,
				     uint32_t id)
{
	struct chain *chain = wl_resource_get_user_data(resource);

	if (!chain->surface) {
		wl_resource_post_error(resource, FRAMELEND_CHAIN_V1_ERROR_NO_SURFACE,
				       "get_release: the wl_surface was destroyed");
		return;
	}
	struct wl_list *releases = &chain->surface->pending.releases;
	if (!wl_list_empty(releases)) {
		wl_resource_post_error(resource, FRAMELEND_CHAIN_V1_ERROR_DUPLICATE_FENCE,
				       "get_release: the next commit has a release already");
		return;
	}
	struct wl_resource *release =
		wl_resource_create(client, &framelend_release_v1_interface, 1, id);
	if (!release) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(release, NULL, NULL, release_handle_destroy);
	wl_list_insert(releases, wl_resource_get_link(release));
}

static const struct framelend_chain_v1_interface chain_interface = {
	.destroy = handle_destroy_request,
	.configure = chain_handle_configure,
	.set_modifiers = chain_handle_set_modifiers,
	.get_buffer = chain_handle_get_buffer,
	.drop = chain_handle_drop,
	.set_acquire_fence = chain_handle_set_acquire_fence,
	.get_release = chain_handle_get_release,
};

static void chain_handle_destroy(struct wl_resource *resource)
{
	struct chain *chain = wl_resource_get_user_data(resource);
	struct generation *generation, *next;

	wl_list_for_each_safe (generation, next, &chain->generations, link)
		generation_drop(generation);
	if (chain->surface)
		chain->surface->chain = NULL;
	client_unreference(chain->client);
	free(chain->modifiers);
	free(chain);
}

void chain_surface_destroyed(struct chain *chain)
{
	chain->surface = NULL;
}

/* ---- manager -------------------------------------------------------------------------------- */

static void manager_handle_get_chain(struct wl_client *wl_client, struct wl_resource *resource,
				     uint32_t id, struct wl_resource *surface_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);

	if (surface->chain) {
		wl_resource_post_error(resource, FRAMELEND_MANAGER_V1_ERROR_HAS_CHAIN,
				       "get_chain: wl_surface@%u has a chain already",
				       wl_resource_get_id(surface_resource));
		return;
	}
	struct chain *chain = calloc(1, sizeof(*chain));
	if (chain)
		chain->resource = wl_resource_create(wl_client, &framelend_chain_v1_interface,
						     wl_resource_get_version(resource), id);
	if (!chain || !chain->resource) {
		free(chain);
		wl_client_post_no_memory(wl_client);
		return;
	}
	chain->client = client_reference(surface->client);
	chain->surface = surface;
	surface->chain = chain;
	wl_list_init(&chain->generations);
	wl_resource_set_implementation(chain->resource, &chain_interface, chain,
				       chain_handle_destroy);
}

static void manager_handle_capture_output(struct wl_client *client, struct wl_resource *resource,
					  uint32_t id, struct wl_resource *output_resource)
{
	capture_create(client_get(client), (uint32_t)wl_resource_get_version(resource), id,
		       output_from_resource(output_resource));
}

static void manager_handle_get_monitor(struct wl_client *client, struct wl_resource *resource,
				       uint32_t id)
{
	monitor_create(client_get(client), (uint32_t)wl_resource_get_version(resource), id);
}

static void manager_handle_set_layout(struct wl_client *client, struct wl_resource *resource,
				      struct wl_resource *output_resource, uint32_t layout)
{
	struct lend_output *output = output_from_resource(output_resource);
	struct lend_output_state state = {.size = sizeof(state)};

	if (!client_is_privileged(client_get(client))) {
		wl_resource_post_error(resource, FRAMELEND_MANAGER_V1_ERROR_NOT_PRIVILEGED,
				       "set_layout: it needs the server's user id or the server's "
				       "permission");
		return;
	}
	if (layout > FRAMELEND_MANAGER_V1_LAYOUT_TILE) {
		wl_resource_post_error(resource, FRAMELEND_MANAGER_V1_ERROR_INVALID_LAYOUT,
				       "set_layout: %u is neither full nor tile", layout);
		return;
	}
	if (!output)
		return;
	lend_output_describe(output, &state);
	state.layout = (enum lend_layout)layout;
	lend_output_configure(output, &state);
}

static const struct framelend_manager_v1_interface manager_interface = {
	.destroy = handle_destroy_request,
	.get_chain = manager_handle_get_chain,
	.capture_output = manager_handle_capture_output,
	.get_monitor = manager_handle_get_monitor,
	.set_layout = manager_handle_set_layout,
};

static void bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &framelend_manager_v1_interface, (int)version, id);
	const struct lend_format *format;

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_interface, data, NULL);
	framelend_manager_v1_send_capabilities(
		resource, FRAMELEND_MANAGER_V1_CAPABILITY_FENCES |
				  (client_is_privileged(client_get(client))
					   ? FRAMELEND_MANAGER_V1_CAPABILITY_PRIVILEGED
					   : 0u));
	for (size_t i = 0; (format = lend_format_at(i)); i++)
		if (can_lend(format->fourcc))
			framelend_manager_v1_send_format(resource, format->fourcc);
	framelend_manager_v1_send_done(resource);
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &framelend_manager_v1_interface, 1, server, bind)
		       ? 0
		       : -ENOMEM;
}

const struct global global_lend = {.name = "framelend_manager_v1", .create = create};
