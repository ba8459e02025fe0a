/* SPDX-License-Identifier: MIT */
/* The memory of a chain: allocated, announced, and changed when the path does. */
#include "server/globals/chain.h"

#include <stdlib.h>
#include <wayland-server.h>

#include "framelend-v1-server-protocol.h"
#include "render/render.h"

/* With so many that the client has not dropped it is offered no more. */
#define GENERATIONS_MAX 4

/* Frames in a row before memory is changed: a menu that opens for a moment is not worth it. */
#define HYSTERESIS 30

static int already_open(struct buffer *buffer)
{
	return 0;
}

static void nothing_more(struct buffer *buffer) {}

static const struct buffer_source lent_source = {.open = already_open, .destroy = nothing_more};

void generation_drop(struct generation *generation)
{
	for (uint32_t i = 0; i < generation->count; i++)
		buffer_drop(generation->buffers[i]);
	wl_list_remove(&generation->link);
	free(generation);
}

struct generation *generation_find(struct chain *chain, uint32_t number)
{
	struct generation *generation;

	wl_list_for_each (generation, &chain->generations, link) {
		if (generation->number == number)
			return generation;
	}
	return NULL;
}

/* The output whose device is asked for memory: the one that shows the surface, or will. */
static struct lend_output *chain_output(const struct chain *chain)
{
	struct lend_server *server = chain->client->server;

	if (chain->surface && chain->surface->output)
		return chain->surface->output;
	if (wl_list_empty(&server->outputs))
		return NULL;
	struct lend_output *first = wl_container_of(server->outputs.next, first, link);
	return first;
}

static void send_verdicts(const struct chain *chain, const struct lend_verdicts *verdicts)
{
	const struct lend_verdict *verdict;

	for (size_t i = 0; (verdict = lend_verdicts_get(verdicts, i)); i++)
		framelend_chain_v1_send_verdict(
			chain->resource, verdict->allocator, verdict->state, verdict->depth,
			verdict->call, (uint32_t)verdict->error, verdict->reason, verdict->remedy);
}

static bool is_coherent(const struct lend_device *device)
{
	struct lend_device_info info = {.size = sizeof(info)};

	return lend_device_describe(device, &info) < 0 || info.coherent;
}

static void describe(struct buffer *buffer, const struct chain_request *request,
		     const struct lend_device *device)
{
	struct lend_buffer_info info = {.size = sizeof(info)};

	lend_buffer_describe(buffer->memory, &info);
	buffer->width = info.width;
	buffer->height = info.height;
	buffer->format = info.format;
	buffer->stride = info.planes[0].stride;
	buffer->kind = info.memory;
	buffer->caching = info.caching;
	if (info.memory == LEND_MEMORY_DUMB || info.memory == LEND_MEMORY_GBM)
		buffer->device = device;
	if (info.memory == LEND_MEMORY_GBM && !is_coherent(device))
		buffer->unreadable = "the CPU composites, and does not see what this GPU draws.";
	buffer->lent = buffer->held = true;
	buffer->front = request->usage & FRAMELEND_CHAIN_V1_USAGE_FRONT;
}

/* One buffer, charged to the client before it is allocated: the size is known well enough then. */
static int lend_one(struct chain *chain, const struct lend_buffer_options *options,
		    struct buffer **out, struct lend_verdicts **verdicts)
{
	uint64_t row = lend_format_stride(lend_format_get(options->format), 0, options->width);
	const struct charge charge = {
		.buffers = 1,
		.fds = 1,
		.bytes = ((row + 255) & ~UINT64_C(255)) * options->height,
	};
	struct lend_output *output = chain_output(chain);
	struct lend_device *device = output ? output->device : NULL;
	struct lend_buffer *memory = NULL;

	int ret = quota_charge(chain->client, &charge);
	if (ret < 0)
		return ret;
	ret = lend_buffer_allocate(device, options, &memory, verdicts);
	if (ret < 0) {
		quota_discharge(chain->client, &charge);
		return fail(ret, "%s", lend_alloc_error());
	}
	struct buffer *buffer = buffer_create(chain->client, &lent_source, NULL, &charge);
	if (!buffer) {
		lend_buffer_destroy(memory);
		return fail(-ENOMEM, "out of memory");
	}
	buffer->memory = memory;
	describe(buffer, &chain->request, device);
	*out = buffer;
	return 0;
}

static bool is_for_gpu(const struct chain *chain)
{
	return chain->request.usage & FRAMELEND_CHAIN_V1_USAGE_GPU;
}

/* A GPU that composites is to read it too; the CPU, which cannot read all of it, shows what the
 * display takes and says of the rest that it does not. */
static bool renderer_takes(struct lend_output *output, uint32_t format, uint64_t modifier)
{
	struct renderer *renderer = output->renderer;
	uint32_t listed_format;
	uint64_t listed;

	if (renderer->type->path != LEND_PATH_TEXTURE)
		return true;
	for (size_t i = 0; renderer->type->format(renderer, i, &listed_format, &listed); i++)
		if (listed_format == format && listed == modifier)
			return true;
	return false;
}

/* Leaves the layouts that client, display and renderer share, LINEAR where the client names none.
 * -EOPNOTSUPP: there is none. */
static int choose_modifiers(const struct chain *chain, struct lend_buffer_options *options,
			    uint64_t **modifiers)
{
	static const uint64_t linear = LEND_MODIFIER_LINEAR;
	const uint64_t *from = chain->n_modifiers ? chain->modifiers : &linear;
	size_t n = chain->n_modifiers ? chain->n_modifiers : 1;
	struct lend_output *output = chain_output(chain);

	*modifiers = calloc(n, sizeof(**modifiers));
	if (!*modifiers)
		return fail(-ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		if (!output || ((!output->backend->modifier ||
				 output->backend->modifier(output, options->format, from[i])) &&
				renderer_takes(output, options->format, from[i])))
			(*modifiers)[options->n_modifiers++] = from[i];
	options->modifiers = *modifiers;
	if (options->n_modifiers > 0)
		return 0;
	return fail(-EOPNOTSUPP,
		    "the client's GPU draws in no layout that %s takes: add LINEAR to the "
		    "modifiers",
		    output->name);
}

static int fill(struct chain *chain, struct generation *generation,
		const struct lend_buffer_options *options)
{
	for (uint32_t i = 0; i < chain->request.count; i++) {
		struct lend_verdicts *verdicts = NULL;
		int ret = lend_one(chain, options, &generation->buffers[i], &verdicts);
		/* All buffers come from the same rung; its story is told once. */
		if (verdicts && (ret < 0 || i == 0))
			send_verdicts(chain, verdicts);
		lend_verdicts_destroy(verdicts);
		if (ret < 0)
			return ret;
		generation->count++;
	}
	return 0;
}

static int allocate(struct chain *chain, struct generation *generation, bool for_scanout)
{
	const struct chain_request *request = &chain->request;
	const bool read = request->usage & FRAMELEND_CHAIN_V1_USAGE_READ;
	uint64_t *modifiers = NULL;
	struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = request->width,
		.height = request->height,
		.format = request->format,
		.use = (for_scanout ? LEND_USE_SCANOUT : 0u) | (read ? LEND_USE_READ : 0u) |
		       (is_for_gpu(chain) ? LEND_USE_GPU : 0u),
	};
	int ret = is_for_gpu(chain) ? choose_modifiers(chain, &options, &modifiers) : 0;

	if (ret == 0)
		ret = fill(chain, generation, &options);
	free(modifiers);
	return ret;
}

static void announce(const struct chain *chain, const struct generation *generation)
{
	struct lend_buffer_info info = {.size = sizeof(info)};

	for (uint32_t i = 0; i < generation->count; i++) {
		lend_buffer_describe(generation->buffers[i]->memory, &info);
		framelend_chain_v1_send_buffer(chain->resource, generation->number, i, info.memory,
					       info.caching, (uint32_t)(info.modifier >> 32),
					       (uint32_t)info.modifier);
		for (uint32_t plane = 0; plane < info.n_planes; plane++)
			framelend_chain_v1_send_plane(chain->resource, plane, info.planes[plane].fd,
						      info.planes[plane].offset,
						      info.planes[plane].stride);
	}
	framelend_chain_v1_send_done(chain->resource, generation->number, info.width, info.height,
				     info.format);
}

/* Remembers an output whose device had nothing to offer, so that it is not asked again and again.
 */
static void note_outcome(struct chain *chain, struct generation *generation)
{
	const struct lend_output *output = chain_output(chain);

	chain->for_scanout = generation->buffers[0]->kind != LEND_MEMORY_MEMFD;
	if (output && chain->for_scanout)
		generation->device = output->device;
	else if (output)
		chain->hopeless = output->serial;
}

int generation_create(struct chain *chain, bool for_scanout)
{
	struct generation *generation = calloc(1, sizeof(*generation));

	if (!generation)
		return fail(-ENOMEM, "out of memory");
	wl_list_insert(&chain->generations, &generation->link);
	int ret = allocate(chain, generation, for_scanout);
	if (ret < 0) {
		generation_drop(generation);
		return ret;
	}
	generation->number = ++chain->last_number;
	chain->misplaced = 0;
	chain->for_scanout = for_scanout;
	if (for_scanout)
		note_outcome(chain, generation);
	announce(chain, generation);
	return 0;
}

/* ---- memory follows the path ---------------------------------------------------------------- */

/* Scanned out, or kept from it by nothing but memory that could be another. */
static bool wants_scanout(const struct chain *chain, const struct surface *surface)
{
	if (!chain_may_be_shown(chain, surface->output))
		return false;
	switch (surface->path.kind) {
	case LEND_PATH_SCANOUT:
	case LEND_PATH_FLUSH:
	case LEND_PATH_PLANE: return true;
	default:
		return surface->path.reason == REASON_REFUSED ||
		       surface->path.reason == REASON_NO_PLANE;
	}
}

/* A client that does not draw in the newest generation would not in another, and one that drops
 * none is not to be filled up with them. */
static bool takes_offers(const struct chain *chain, const struct surface *surface)
{
	int n = wl_list_length(&chain->generations);

	if (n == 0 || n >= GENERATIONS_MAX)
		return false;
	const struct generation *newest = wl_container_of(chain->generations.next, newest, link);
	for (uint32_t i = 0; i < newest->count; i++)
		if (newest->buffers[i] == surface->current.buffer)
			return true;
	return false;
}

/* The output refuses memory of a device: if that is another, its own is still to be tried. */
static bool is_elsewhere(struct chain *chain, const struct surface *surface)
{
	const struct generation *newest = wl_container_of(chain->generations.next, newest, link);

	if (!newest->device || surface->path.reason != REASON_REFUSED)
		return false;
	if (newest->device != surface->output->device)
		return true;
	chain->hopeless = surface->output->serial;
	return false;
}

static bool is_misplaced(struct chain *chain, const struct surface *surface)
{
	if (!surface->output || !surface->output->device || !takes_offers(chain, surface))
		return false;
	/* A GPU's memory is the same whatever shows it. */
	return is_elsewhere(chain, surface) ||
	       (!is_for_gpu(chain) && wants_scanout(chain, surface) != chain->for_scanout);
}

bool chain_may_be_shown(const struct chain *chain, const struct lend_output *output)
{
	return output->device && chain->hopeless != output->serial;
}

void chain_refused(struct chain *chain, const struct lend_output *output)
{
	chain->hopeless = output->serial;
}

void chain_presented(struct chain *chain, const struct surface *surface)
{
	if (!is_misplaced(chain, surface)) {
		chain->misplaced = 0;
		return;
	}
	if (++chain->misplaced < HYSTERESIS)
		return;
	chain->misplaced = 0;
	if (generation_create(chain, is_for_gpu(chain) || wants_scanout(chain, surface)) < 0)
		server_log(chain->client->server, LEND_LOG_INFO,
			   "client %d (%s): no other memory for its new path: %s",
			   (int)chain->client->peer.pid, chain->client->program, fail_text());
}

void chain_path_changed(struct chain *chain, const struct surface *surface)
{
	framelend_chain_v1_send_path(chain->resource, surface->path.kind, surface->reason,
				     surface->output ? surface->output->name : "");
}
