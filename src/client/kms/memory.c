/* SPDX-License-Identifier: MIT */
/* Buffers: the display's own memory, and a shadow of it where that is slow to read. */
#include "client/kms/kms.h"
#include "common/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one slot -------------------------------------------------------------------------------- */

static void free_store(struct store *store)
{
	for (size_t i = 0; i < store->n_pictures; i++)
		lend_framebuffer_destroy(store->pictures[i].framebuffer);
	free(store->shadow);
	free(store);
}

static void finish(struct slot *slot)
{
	if (slot->memory != NULL)
		free_store(slot->memory);
	slot->memory = NULL;
}

static int add_picture(struct store *store, const struct generation *generation)
{
	int result =
		lend_framebuffer_allocate(store->display->kms, generation->width,
					  generation->height, generation->surface->format->fourcc,
					  &store->pictures[store->n_pictures].framebuffer);
	if (result == 0)
		store->n_pictures++;
	return result;
}

static void describe(const struct store *store, struct lend_buffer_info *info)
{
	*info = (struct lend_buffer_info){.size = sizeof(*info)};
	lend_buffer_describe(lend_framebuffer_buffer(store->pictures[0].framebuffer), info);
}

/* Reading back what was drawn, from memory that is made for writing only, is many times slower than
 * to draw elsewhere and copy. */
static bool wants_shadow(const struct store *store, const struct lend_surface *surface)
{
	struct lend_buffer_info info;
	describe(store, &info);
	return surface->access == LEND_READ_WRITE && (info.caching == LEND_CACHING_WRITE_COMBINED ||
						      store->display->device.prefer_shadow);
}

static int wrap(struct slot *slot, struct store *store, struct lend_buffer_info *info, void *pixels)
{
	size_t length = (size_t)info->planes[0].stride * info->height;
	int result = lend_buffer_wrap(info, pixels, length, &slot->buffer);
	return result < 0 ? fail(result, "%s", lend_buffer_error()) : 0;
}

/* The framebuffer's memory, in a buffer that the library can destroy. */
static int wrap_picture(struct slot *slot, struct store *store)
{
	struct lend_buffer *own = lend_framebuffer_buffer(store->pictures[0].framebuffer);
	struct lend_buffer_info info;
	void *pixels;
	describe(store, &info);
	int result = lend_buffer_begin(own, LEND_WRITE, &pixels);
	if (result < 0)
		return fail(result, "%s", lend_buffer_error());
	lend_buffer_end(own);
	return wrap(slot, store, &info, pixels);
}

static int wrap_shadow(struct slot *slot, struct store *store)
{
	const struct generation *generation = slot->generation;
	struct lend_buffer_info info;
	describe(store, &info);
	store->stride = info.planes[0].stride;
	store->shadow = calloc(generation->height, store->stride);
	if (store->shadow == NULL)
		return fail(-ENOMEM, "out of memory");
	info.memory = LEND_MEMORY_UNKNOWN;
	info.caching = LEND_CACHING_CACHED;
	return wrap(slot, store, &info, store->shadow);
}

/* One shadow serves a whole chain: two pictures take turns below it. */
static int fill_shadowed(struct slot *slot, struct store *store)
{
	int result = 0;
	if (slot->generation->surface->mode == LEND_MODE_CHAIN)
		result = add_picture(store, slot->generation);
	if (result < 0)
		return fail(result, "%s", lend_alloc_error());
	return wrap_shadow(slot, store);
}

/* The first slot finds out whether there is a shadow. */
static int fill(struct slot *slot, struct display *display, bool *shadowed)
{
	struct store *store = calloc(1, sizeof(*store));
	if (store == NULL)
		return fail(-ENOMEM, "out of memory");
	store->display = display;
	int result = add_picture(store, slot->generation);
	if (result < 0) {
		free_store(store);
		return fail(result, "%s", lend_alloc_error());
	}
	*shadowed = wants_shadow(store, slot->generation->surface);
	result = *shadowed ? fill_shadowed(slot, store) : wrap_picture(slot, store);
	if (result < 0) {
		free_store(store);
		return result;
	}
	slot->handle = slot->memory = store;
	slot->finish = finish;
	return 0;
}

/* ---- generations ----------------------------------------------------------------------------- */

void memory_tell_verdict(struct lend_surface *surface, enum lend_depth depth)
{
	const struct verdicts *told = &surface->verdicts;
	bool shown = depth == LEND_DEPTH_COMMIT;
	if (told->n > 0 && told->list[0].depth == depth)
		return;
	surface_verdict(surface,
			&(struct lend_verdict){
				.allocator = "dumb",
				.state = shown ? LEND_STATE_OK : LEND_STATE_UNVERIFIED,
				.depth = depth,
				.call = "",
				.reason = shown ? "The display shows memory of its own, which the "
						  "program draws in."
						: "Nothing has been shown yet.",
				.remedy = "",
			});
}

static void tell_refusal(struct lend_surface *surface, int error)
{
	const struct lend_verdict verdict = {
		.allocator = "dumb",
		.state = LEND_STATE_FAILED,
		.depth = LEND_DEPTH_CREATE,
		.call = "lend_framebuffer_allocate",
		.error = -error,
		.reason = fail_text(),
		.remedy = "Ask for fewer buffers, or a smaller mode.",
	};
	surface_verdict(surface, &verdict);
	generation_refuse(surface, error, fail_text());
}

static int fill_all(struct generation *generation, struct display *display)
{
	bool shadowed = false;
	int result = 0;
	for (uint32_t i = 0; i < generation->surface->count && result == 0 && !shadowed; i++)
		result = fill(&generation->slots[i], display, &shadowed);
	return result;
}

static void request(struct window *window, uint32_t width, uint32_t height)
{
	struct lend_surface *surface = window->surface;
	struct generation *generation = generation_create(surface, 0, width, height);
	if (generation == NULL) {
		tell_refusal(surface, fail(-ENOMEM, "out of memory"));
		return;
	}
	int result = fill_all(generation, window->display);
	if (result < 0) {
		tell_refusal(surface, result);
		generation_destroy(generation);
		return;
	}
	memory_tell_verdict(surface, LEND_DEPTH_FRAMEBUFFER);
	generation_offer(generation);
}

const struct source memory_source = {.request = request};

/* ---- frames ---------------------------------------------------------------------------------- */

void memory_damage(struct generation *generation, const struct damage *damage)
{
	for (size_t i = 0; i < SLOTS_MAXIMUM; i++) {
		struct store *store = generation->slots[i].handle;
		for (size_t j = 0; store != NULL && j < store->n_pictures; j++)
			damage_unite(&store->pictures[j].lacking, damage, generation->width,
				     generation->height);
	}
}

bool memory_is_shadowed(const struct slot *slot)
{
	const struct store *store = slot->handle;
	return store->shadow != NULL;
}

static uint64_t copy_rect(const struct store *store, unsigned char *pixels, uint32_t cpp,
			  const struct lend_rect *rect)
{
	size_t length = (size_t)rect->width * cpp;
	for (int32_t row = rect->y; row < rect->y + rect->height; row++) {
		size_t at = (size_t)row * store->stride + (size_t)rect->x * cpp;
		memcpy(pixels + at, store->shadow + at, length);
	}
	return length * (uint64_t)rect->height;
}

/* The picture that is not on display gets what it lacks. */
static struct picture *copy_shadow(struct slot *slot, struct store *store)
{
	struct lend_surface *surface = slot->generation->surface;
	struct picture *picture = &store->pictures[(store->shown + 1) % store->n_pictures];
	struct lend_buffer *buffer = lend_framebuffer_buffer(picture->framebuffer);
	void *pixels;
	if (lend_buffer_begin(buffer, LEND_WRITE, &pixels) < 0)
		return picture;
	for (size_t i = 0; i < picture->lacking.n; i++)
		surface->copied += copy_rect(store, pixels, surface->format->cpp[0],
					     &picture->lacking.rects[i]);
	lend_buffer_end(buffer);
	return picture;
}

struct picture *memory_picture(struct slot *slot, bool again)
{
	struct store *store = slot->handle;
	if (store->shadow == NULL || again)
		return &store->pictures[store->shown];
	return copy_shadow(slot, store);
}

void memory_shown(struct slot *slot, struct picture *picture)
{
	struct store *store = slot->handle;
	picture->lacking.n = 0;
	store->shown = (size_t)(picture - store->pictures);
}
