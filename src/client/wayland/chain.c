/* SPDX-License-Identifier: MIT */
/* Buffers that the server lends. */
#include "buffer/fds.h"
#include "client/wayland/wayland.h"
#include "common/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* A buffer as announced, until its generation is done. */
struct announced {
	bool present;
	uint32_t planes; /* which were announced, a bit each */
	struct lend_buffer_info info;
};

struct chain {
	struct window *window;
	struct framelend_chain_v1 *proxy;
	uint32_t newest;     /* generation that was done; numbers grow */
	uint32_t generation; /* of the buffers announced */
	uint32_t index;	     /* of the buffer announced last */
	const char *wrong;   /* with the announcements, or NULL */
	struct announced announced[SLOTS_MAXIMUM];
	struct verdicts verdicts; /* since the last answer */
};

/* ---- announcements -------------------------------------------------------------------------- */

static void forget_announced(struct chain *chain)
{
	for (size_t i = 0; i < SLOTS_MAXIMUM; i++) {
		struct announced *announced = &chain->announced[i];
		for (size_t plane = 0; plane < LEND_PLANES_MAX; plane++)
			if (announced->planes & 1U << plane)
				fds_close(&announced->info.planes[plane].fd, 1);
		*announced = (struct announced){.present = false};
	}
	chain->index = SLOTS_MAXIMUM;
	chain->wrong = NULL;
}

/* The first thing that is wrong is told; the others may come of it. */
static void blame(struct chain *chain, const char *wrong)
{
	if (chain->wrong == NULL)
		chain->wrong = wrong;
}

static void handle_buffer(void *data, struct framelend_chain_v1 *proxy, uint32_t generation,
			  uint32_t index, uint32_t memory, uint32_t caching, uint32_t modifier_high,
			  uint32_t modifier_low)
{
	struct chain *chain = data;
	if (generation != chain->generation)
		forget_announced(chain);
	chain->generation = generation;
	chain->index = index;
	if (index >= SLOTS_MAXIMUM) {
		blame(chain, "a buffer with an index above 3");
		return;
	}
	struct announced *announced = &chain->announced[index];
	if (announced->present) {
		blame(chain, "two buffers with the same index");
		return;
	}
	announced->present = true;
	announced->info = (struct lend_buffer_info){
		.size = sizeof(announced->info),
		.modifier = (uint64_t)modifier_high << 32 | modifier_low,
		.memory = (enum lend_memory)memory,
		.caching = (enum lend_caching)caching,
	};
}

static void handle_plane(void *data, struct framelend_chain_v1 *proxy, uint32_t plane, int32_t fd,
			 uint32_t offset, uint32_t stride)
{
	struct chain *chain = data;
	struct announced *announced =
		chain->index < SLOTS_MAXIMUM ? &chain->announced[chain->index] : NULL;
	if (announced == NULL || plane >= LEND_PLANES_MAX || announced->planes & 1U << plane) {
		blame(chain, "a plane that no buffer has");
		fds_close(&fd, 1);
		return;
	}
	announced->planes |= 1U << plane;
	announced->info.planes[plane] = (struct lend_plane){fd, offset, stride};
}

static void handle_verdict(void *data, struct framelend_chain_v1 *proxy, const char *allocator,
			   uint32_t state, uint32_t depth, const char *call, uint32_t error,
			   const char *reason, const char *remedy)
{
	struct chain *chain = data;
	verdicts_add(&chain->verdicts, &(struct lend_verdict){
					       .allocator = allocator,
					       .state = (enum lend_state)state,
					       .depth = (enum lend_depth)depth,
					       .call = call,
					       .error = (int)error,
					       .reason = reason,
					       .remedy = remedy,
				       });
}

static void take_verdicts(struct chain *chain)
{
	struct lend_surface *surface = chain->window->surface;
	if (chain->verdicts.n == 0)
		return; /* more buffers of a generation known already */
	verdicts_clear(&surface->verdicts);
	surface->verdicts = chain->verdicts;
	chain->verdicts.n = 0;
}

/* ---- from announcements to a generation ----------------------------------------------------- */

/* The server may be broken or hostile: its memory must not make us fault or hang. */
static int check_memory(int fd, bool gpu, const char **wrong)
{
	enum fd_kind kind = fd_classify(fd);
	if (gpu && kind != FD_DMABUF) {
		*wrong = "a descriptor that is no dma-buf";
		return -EMEDIUMTYPE;
	}
	if (kind == FD_OTHER) {
		*wrong = "a descriptor that is not memory";
		return -EMEDIUMTYPE;
	}
	int result = fd_secure(fd, kind);
	if (result < 0)
		*wrong = fail_text();
	return result;
}

/* Whether it is a layout that was asked for. */
static bool is_allowed(const struct lend_surface *surface, uint64_t modifier)
{
	for (size_t i = 0; i < surface->n_modifiers; i++)
		if (surface->modifiers[i] == modifier)
			return true;
	return surface->n_modifiers == 0 && modifier == LEND_MODIFIER_LINEAR;
}

/* Planes that a layout adds belong to a GPU's alone. */
static bool check_layout(const struct lend_surface *surface, const struct announced *announced,
			 uint32_t *n_planes)
{
	const uint32_t planes = announced->planes, least = surface->format->n_planes;
	*n_planes = (uint32_t)__builtin_popcount(planes);
	return planes == (1U << *n_planes) - 1 && is_allowed(surface, announced->info.modifier) &&
	       (*n_planes == least ||
		(announced->info.modifier != LEND_MODIFIER_LINEAR && *n_planes > least));
}

static int import(struct chain *chain, uint32_t index, struct slot *slot, const char **wrong)
{
	const struct generation *generation = slot->generation;
	struct announced *announced = &chain->announced[index];
	struct lend_buffer_info *info = &announced->info;
	const struct lend_surface *surface = generation->surface;
	info->width = generation->width;
	info->height = generation->height;
	info->format = surface->format->fourcc;
	*wrong = "a buffer with the wrong planes or layout";
	if (!check_layout(surface, announced, &info->n_planes))
		return -EBADMSG;
	int result = 0;
	for (uint32_t i = 0; i < info->n_planes && result == 0; i++)
		result = check_memory(info->planes[i].fd, surface->gpu, wrong);
	if (result < 0)
		return result;
	result = lend_buffer_import(info, &slot->buffer);
	if (result < 0) {
		*wrong = lend_buffer_error();
		return result;
	}
	slot->handle = framelend_chain_v1_get_buffer(chain->proxy, generation->id, index);
	if (slot->handle == NULL) {
		lend_buffer_destroy(slot->buffer);
		slot->buffer = NULL;
		*wrong = "out of memory";
		return -ENOMEM;
	}
	slot_listen(slot);
	return 0;
}

/* Makes buffers of what was announced, in a new generation or as more of an old one. */
static int import_all(struct chain *chain, struct generation *generation, const char **wrong)
{
	size_t count = 0;
	*wrong = chain->wrong;
	if (chain->wrong != NULL)
		return -EBADMSG;
	for (uint32_t i = 0; i < SLOTS_MAXIMUM; i++) {
		struct slot *slot = &generation->slots[i];
		if (!chain->announced[i].present)
			continue;
		*wrong = "a buffer that was announced before";
		if (slot->buffer != NULL)
			return -EBADMSG;
		int result = import(chain, i, slot, wrong);
		if (result < 0)
			return result;
		count++;
	}
	*wrong = "a generation without buffers";
	return count > 0 ? 0 : -EBADMSG;
}

static int check_generation(const struct lend_surface *surface, uint32_t width, uint32_t height,
			    uint32_t format, const char **wrong)
{
	*wrong = "another format than asked for";
	if (format != surface->format->fourcc)
		return -EBADMSG;
	*wrong = "a size that is none";
	return width == 0 || height == 0 || width > SIZE_MAXIMUM || height > SIZE_MAXIMUM ? -EBADMSG
											  : 0;
}

static void refuse(struct chain *chain, int error, const char *wrong)
{
	char reason[256];
	if (error == -EMFILE)
		snprintf(reason, sizeof(reason),
			 "out of file descriptors for the buffers: raise the limit (ulimit -n)");
	else
		snprintf(reason, sizeof(reason), "the display server lent something unusable: %s",
			 wrong);
	struct lend_surface *surface = chain->window->surface;
	client_log(surface->client, LEND_LOG_ERROR, "%s", reason);
	/* A failure of what nobody waits for changes nothing. */
	if (surface->requested)
		generation_refuse(surface, error, reason);
}

/* A generation that was not done before. */
static int begin_generation(struct chain *chain, uint32_t id, uint32_t width, uint32_t height,
			    uint32_t format, const char **wrong)
{
	struct lend_surface *surface = chain->window->surface;
	int result = check_generation(surface, width, height, format, wrong);
	if (result < 0)
		return result;
	struct generation *generation = generation_create(surface, id, width, height);
	*wrong = "out of memory";
	if (generation == NULL)
		return -ENOMEM;
	result = import_all(chain, generation, wrong);
	if (result < 0)
		generation_destroy(generation);
	else
		generation_offer(generation);
	return result;
}

static void handle_done(void *data, struct framelend_chain_v1 *proxy, uint32_t id, uint32_t width,
			uint32_t height, uint32_t format)
{
	struct chain *chain = data;
	struct generation *known = generation_find(chain->window->surface, id);
	const char *wrong = NULL;
	int result = 0;
	take_verdicts(chain);
	if (id != chain->generation)
		forget_announced(chain);
	if ((int32_t)(id - chain->newest) > 0) {
		chain->newest = id;
		result = begin_generation(chain, id, width, height, format, &wrong);
		if (result < 0)
			framelend_chain_v1_drop(proxy, id);
	} else if (known != NULL && !known->retired) {
		result = import_all(chain, known, &wrong);
	} /* else more buffers of a generation that we have dropped meanwhile */
	if (result < 0)
		refuse(chain, result, wrong);
	forget_announced(chain);
}

static void handle_failed(void *data, struct framelend_chain_v1 *proxy, uint32_t error,
			  const char *reason)
{
	struct chain *chain = data;
	struct lend_surface *surface = chain->window->surface;
	take_verdicts(chain);
	forget_announced(chain);
	int own = error > 0 && error < 4096 ? -(int)error : -EIO;
	client_log(surface->client, LEND_LOG_ERROR, "the display server lends nothing: %s", reason);
	if (surface->requested)
		generation_refuse(surface, own, reason);
}

static void handle_path(void *data, struct framelend_chain_v1 *proxy, uint32_t path,
			const char *reason, const char *output)
{
	struct chain *chain = data;
	surface_show(chain->window->surface, (enum lend_path)path, reason, output);
}

/* ---- the source ----------------------------------------------------------------------------- */

int chain_create(struct window *window)
{
	static const struct framelend_chain_v1_listener listener = {
		.buffer = handle_buffer,
		.plane = handle_plane,
		.verdict = handle_verdict,
		.done = handle_done,
		.failed = handle_failed,
		.path = handle_path,
	};
	struct chain *chain = calloc(1, sizeof(*chain));
	if (chain == NULL)
		return client_fail(window->surface->client, -ENOMEM, "out of memory");
	chain->window = window;
	chain->index = SLOTS_MAXIMUM;
	chain->proxy = framelend_manager_v1_get_chain(window->display->manager, window->wl);
	if (chain->proxy == NULL) {
		free(chain);
		return client_fail(window->surface->client, -ENOMEM, "out of memory");
	}
	framelend_chain_v1_add_listener(chain->proxy, &listener, chain);
	window->chain = chain;
	return 0;
}

void chain_destroy(struct chain *chain)
{
	if (chain == NULL)
		return;
	forget_announced(chain);
	verdicts_clear(&chain->verdicts);
	framelend_chain_v1_destroy(chain->proxy);
	free(chain);
}

static void request(struct window *window, uint32_t width, uint32_t height)
{
	const struct lend_surface *surface = window->surface;
	uint32_t usage = 0;
	if (surface->access == LEND_READ_WRITE)
		usage |= FRAMELEND_CHAIN_V1_USAGE_READ;
	if (surface->mode == LEND_MODE_FRONT)
		usage |= FRAMELEND_CHAIN_V1_USAGE_FRONT;
	if (surface->gpu) {
		struct wl_array modifiers = {
			.size = surface->n_modifiers * sizeof(*surface->modifiers),
			.data = surface->modifiers,
		};
		usage = FRAMELEND_CHAIN_V1_USAGE_GPU;
		framelend_chain_v1_set_modifiers(window->chain->proxy, &modifiers);
	}
	framelend_chain_v1_configure(window->chain->proxy, width, height, surface->format->fourcc,
				     usage, surface->count);
}

static void drop(struct window *window, const struct generation *generation)
{
	framelend_chain_v1_drop(window->chain->proxy, generation->id);
}

const struct source chain_source = {.request = request, .drop = drop, .gpu = true};
const struct source fenced_chain_source = {
	.request = request, .drop = drop, .gpu = true, .fences = true};

void chain_set_fence(struct chain *chain, int fence)
{
	framelend_chain_v1_set_acquire_fence(chain->proxy, fence);
}
