/* SPDX-License-Identifier: MIT */
#include "client/display.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct generation *generation_create(struct lend_surface *surface, uint32_t id, uint32_t width,
				     uint32_t height)
{
	struct generation *generation = calloc(1, sizeof(*generation));
	if (generation == NULL)
		return NULL;
	*generation =
		(struct generation){.surface = surface, .id = id, .width = width, .height = height};
	for (size_t i = 0; i < SLOTS_MAXIMUM; i++)
		generation->slots[i].generation = generation;
	return generation;
}

static void forget(struct slot *slot)
{
	struct lend_surface *surface = slot->generation->surface;
	if (surface->last == slot)
		surface->last = NULL;
	if (surface->drawing == slot)
		surface->drawing = NULL;
	if (slot->handle != NULL)
		surface->client->backend->window_forget(slot);
	slot->handle = NULL;
	lend_buffer_destroy(slot->buffer);
	slot->buffer = NULL;
	if (slot->finish != NULL)
		slot->finish(slot);
}

void generation_destroy(struct generation *generation)
{
	for (size_t i = 0; i < SLOTS_MAXIMUM; i++)
		if (generation->slots[i].buffer != NULL)
			forget(&generation->slots[i]);
	free(generation);
}

void generation_destroy_all(struct lend_surface *surface)
{
	while (surface->generations != NULL) {
		struct generation *generation = surface->generations;
		surface->generations = generation->next;
		generation_destroy(generation);
	}
}

static void unlink_and_destroy(struct generation *generation)
{
	struct generation **link = &generation->surface->generations;
	while (*link != generation)
		link = &(*link)->next;
	*link = generation->next;
	generation_destroy(generation);
}

/* Without their display all buffers are of no use but the one that the program holds. */
static void strand(struct generation *generation)
{
	struct slot *drawing = generation->surface->drawing;
	for (size_t i = 0; i < SLOTS_MAXIMUM; i++) {
		struct slot *slot = &generation->slots[i];
		if (slot->buffer != NULL && slot != drawing)
			forget(slot);
	}
	generation->retired = true;
	if (drawing == NULL || drawing->generation != generation) {
		unlink_and_destroy(generation);
		return;
	}
	generation->stranded = true;
	if (drawing->handle != NULL)
		generation->surface->client->backend->window_forget(drawing);
	drawing->handle = NULL;
}

void generation_strand_all(struct lend_surface *surface)
{
	struct generation *next, *generation = surface->generations;
	for (; generation != NULL; generation = next) {
		next = generation->next;
		if (!generation->stranded)
			strand(generation);
	}
	surface->last = NULL;
}

void generation_end_stranded(struct generation *generation)
{
	unlink_and_destroy(generation);
}

/* Frees what is free of a retired generation, and with its last buffer the generation. */
static void sweep(struct generation *generation)
{
	bool empty = true;
	for (size_t i = 0; i < SLOTS_MAXIMUM; i++) {
		struct slot *slot = &generation->slots[i];
		if (slot->buffer == NULL)
			continue;
		if (slot->busy)
			empty = false;
		else
			forget(slot);
	}
	if (empty)
		unlink_and_destroy(generation);
}

static void retire(struct generation *generation)
{
	struct lend_surface *surface = generation->surface;
	if (!generation->retired && surface->source->drop != NULL)
		surface->source->drop(surface->window, generation);
	generation->retired = true;
	sweep(generation);
}

void generation_retire_older(struct generation *generation)
{
	struct generation *older = generation->next;
	while (older != NULL) {
		struct generation *next = older->next;
		retire(older);
		older = next;
	}
}

void slot_release(struct slot *slot)
{
	slot->busy = false;
	if (slot->generation->retired)
		sweep(slot->generation);
}

struct generation *generation_find(struct lend_surface *surface, uint32_t id)
{
	struct generation *generation = surface->generations;
	while (generation != NULL && generation->id != id)
		generation = generation->next;
	return generation;
}

static bool is_wanted(const struct generation *generation)
{
	const struct lend_surface *surface = generation->surface;
	return generation->width == surface->wanted_width &&
	       generation->height == surface->wanted_height;
}

struct generation *generation_usable(struct lend_surface *surface)
{
	struct generation *generation = surface->generations;
	while (generation != NULL && (generation->retired || !is_wanted(generation)))
		generation = generation->next;
	return generation;
}

void generation_request(struct lend_surface *surface)
{
	/* What was refused is not asked for again and again. */
	if (!surface->configured || surface->requested || surface->refused < 0 ||
	    generation_usable(surface) != NULL)
		return;
	surface->requested = true;
	surface->requested_width = surface->wanted_width;
	surface->requested_height = surface->wanted_height;
	surface->source->request(surface->window, surface->wanted_width, surface->wanted_height);
}

static bool is_in_use(const struct generation *generation)
{
	const struct lend_surface *surface = generation->surface;
	return (surface->last != NULL && surface->last->generation == generation) ||
	       (surface->drawing != NULL && surface->drawing->generation == generation);
}

/* Of those that were offered and never drawn in only the newest is of use. */
static void retire_undrawn(struct generation *newest)
{
	struct generation *older = newest->next;
	while (older != NULL) {
		struct generation *next = older->next;
		if (!older->retired && !is_in_use(older))
			retire(older);
		older = next;
	}
}

void generation_offer(struct generation *generation)
{
	struct lend_surface *surface = generation->surface;
	if (generation->width == surface->requested_width &&
	    generation->height == surface->requested_height) {
		surface->requested = false;
		surface->refused = 0;
	}
	generation->next = surface->generations;
	surface->generations = generation;
	if (is_wanted(generation))
		retire_undrawn(generation);
	else
		retire(generation); /* another size has been wanted since it was asked for */
	generation_request(surface);
}

void generation_refuse(struct lend_surface *surface, int error, const char *reason)
{
	surface->requested = false;
	if (surface->requested_width == surface->wanted_width &&
	    surface->requested_height == surface->wanted_height) {
		surface->refused = error;
		snprintf(surface->refusal, sizeof(surface->refusal), "%s", reason);
	} else {
		generation_request(surface);
	}
}

static void tell_verdict(struct lend_surface *surface, int error, const char *whose)
{
	const struct lend_verdict verdict = {
		.allocator = "memfd",
		.state = error < 0 ? LEND_STATE_FAILED : LEND_STATE_OK,
		.depth = error < 0 ? LEND_DEPTH_NONE : LEND_DEPTH_CREATE,
		.call = error < 0 ? "memfd_create" : "",
		.error = -error,
		.reason =
			error < 0 ? "This program could not make shared memory of its own." : whose,
		.remedy = error < 0 ? "Free memory or raise the limit of open files." : "",
	};

	/* After what was tried before, if it was. */
	if (surface->fell_back)
		(void)verdicts_add(&surface->verdicts, &verdict);
	else
		surface_verdict(surface, &verdict);
	surface->fell_back = false;
}

void generation_conclude(struct lend_surface *surface, struct generation *generation, int result,
			 const char *whose)
{
	char reason[128];

	tell_verdict(surface, result, whose);
	if (result == 0) {
		generation_offer(generation);
		return;
	}
	if (generation != NULL)
		generation_destroy(generation);
	snprintf(reason, sizeof(reason), "no shared memory for %u buffers of %ux%u: %s",
		 surface->count, surface->requested_width, surface->requested_height,
		 strerror(-result));
	generation_refuse(surface, result, reason);
}
