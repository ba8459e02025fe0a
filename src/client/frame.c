/* SPDX-License-Identifier: MIT */
#include "buffer/fds.h"
#include "client/display.h"

#include <errno.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

static struct slot *choose_slot(struct generation *generation)
{
	/* The one drawn last lacks least, and is likeliest to be in the CPU's cache. */
	struct slot *best = NULL;
	for (size_t i = 0; i < SLOTS_MAXIMUM; i++) {
		struct slot *slot = &generation->slots[i];
		if (slot->buffer == NULL || slot->busy)
			continue;
		if (best == NULL || slot->drawn > best->drawn)
			best = slot;
	}
	return best;
}

static int obstacle(const char **why, int error, const char *words)
{
	*why = words;
	return error;
}

int frame_possible(struct lend_surface *surface, const char **why)
{
	const struct lend_client *client = surface->client;
	if (client->error < 0)
		return obstacle(why, client->error, client->text);
	if (surface->drawing != NULL)
		return obstacle(why, -EBUSY, "a frame is begun already: end or cancel it first");
	if (surface->refused < 0)
		return obstacle(why, surface->refused, surface->refusal);
	if (client->link != LINK_UP)
		return obstacle(why, -EAGAIN,
				"the display server went away and is looked for: dispatch");
	if (!surface->configured)
		return obstacle(why, -EAGAIN, "the display has not said the size yet: dispatch");
	if (surface->throttled && !surface->unpaced)
		return obstacle(why, -EAGAIN, "the previous frame is not shown yet: dispatch");
	struct generation *generation = generation_usable(surface);
	if (generation == NULL)
		return obstacle(why, -EAGAIN, "buffers of this size have not come yet: dispatch");
	if (choose_slot(generation) == NULL)
		return obstacle(why, -EAGAIN, "the display holds all buffers: dispatch");
	return 0;
}

/* After a refusal was told: draw on in the size there is, if there is one. Without one the refusal
 * stays, until the display wants another size; asking again and again would help nobody. */
static void go_on_in_old_size(struct lend_surface *surface)
{
	const struct generation *generation = surface->generations;
	while (generation != NULL && generation->retired)
		generation = generation->next;
	if (generation == NULL)
		return;
	surface->refused = 0;
	surface->wanted_width = generation->width;
	surface->wanted_height = generation->height;
	alarms_wake(surface->client);
}

/* What frames after the slot's changed, which its buffer therefore lacks. */
static struct damage lacking(const struct lend_surface *surface, const struct slot *slot)
{
	const struct generation *generation = slot->generation;
	uint32_t width = generation->width, height = generation->height;
	struct damage damage = {0};
	if (slot->drawn == 0 || surface->frames - slot->drawn > HISTORY) {
		damage_add(&damage, (struct lend_rect){0, 0, (int32_t)width, (int32_t)height},
			   width, height);
		return damage;
	}
	for (uint64_t number = slot->drawn + 1; number <= surface->frames; number++)
		damage_unite(&damage, &surface->history[number % HISTORY], width, height);
	return damage;
}

static uint64_t copy_rect(struct lend_buffer *to, struct lend_buffer *from, uint32_t cpp,
			  const struct lend_rect *rect)
{
	struct lend_buffer_info into = {.size = sizeof(into)}, out_of = {.size = sizeof(out_of)};
	lend_buffer_describe(to, &into);
	lend_buffer_describe(from, &out_of);
	size_t length = (size_t)rect->width * cpp, column = (size_t)rect->x * cpp;
	char *target = lend_buffer_plane(to, 0);
	const char *origin = lend_buffer_plane(from, 0);
	for (size_t row = (size_t)rect->y; row < (size_t)rect->y + (size_t)rect->height; row++)
		memcpy(target + row * into.planes[0].stride + column,
		       origin + row * out_of.planes[0].stride + column, length);
	return (uint64_t)length * (uint64_t)rect->height;
}

/* Brings the begun slot up to the last frame: the same content in whatever buffer. 1 if the slot
 * now holds the last frame's content, 0 if that is gone or has another size. */
static int carry_over(struct lend_surface *surface, struct slot *slot)
{
	const struct slot *last = surface->last;
	if (last == slot)
		return 1;
	if (last == NULL || last->generation->width != slot->generation->width ||
	    last->generation->height != slot->generation->height)
		return 0;
	void *pixels;
	int result = lend_buffer_begin(last->buffer, LEND_READ, &pixels);
	if (result < 0)
		return result;
	struct damage damage = lacking(surface, slot);
	for (size_t i = 0; i < damage.n; i++)
		surface->copied += copy_rect(slot->buffer, last->buffer, surface->format->cpp[0],
					     &damage.rects[i]);
	result = lend_buffer_end(last->buffer);
	slot->drawn = surface->frames;
	return result < 0 ? result : 1;
}

static int begin_slot(struct lend_surface *surface, struct slot *slot, void **pixels)
{
	*pixels = NULL;
	if (surface->gpu)
		return 0;
	int result = lend_buffer_begin(slot->buffer, surface->access, pixels);
	if (result < 0 || (!surface->preserve && surface->mode != LEND_MODE_FRONT))
		return result;
	result = carry_over(surface, slot);
	if (result < 0) {
		slot->drawn = 0;
		lend_buffer_end(slot->buffer);
	}
	return result;
}

static int prepare(struct lend_surface *surface)
{
	struct lend_client *client = surface->client;
	const char *why;
	int result = frame_possible(surface, &why);
	if (result == 0)
		return link_flush(client); /* a full queue has no room for a frame's requests */
	surface->ready = false;
	if (client->error < 0)
		return result;
	client_fail(client, result, "%s", why);
	if (result == surface->refused)
		go_on_in_old_size(surface);
	return result;
}

int lend_frame_begin(struct lend_surface *surface, struct lend_frame *frame)
{
	struct lend_client *client = surface->client;
	int result = prepare(surface);
	if (result < 0)
		return result;
	struct slot *slot = choose_slot(generation_usable(surface));
	void *pixels;
	result = begin_slot(surface, slot, &pixels);
	if (result < 0)
		return client_fail(client, result, "the buffer cannot be accessed: %s",
				   lend_buffer_error());
	struct lend_buffer_info info = {.size = sizeof(info)};
	lend_buffer_describe(slot->buffer, &info);
	surface->drawing = slot;
	*frame = (struct lend_frame){
		.pixels = pixels,
		.stride = info.planes[0].stride,
		.width = info.width,
		.height = info.height,
		.format = info.format,
		.number = surface->frames + 1,
		.buffer = slot->buffer,
	};
	uint64_t age = slot->drawn != 0 ? frame->number - slot->drawn : 0;
	frame->age = age <= UINT32_MAX ? (uint32_t)age : 0;
	return 0;
}

/* Closes the open frame's access; NULL if there is none, or (with a result of 0) if its display is
 * gone. */
static struct slot *close_frame(struct lend_surface *surface, int *result)
{
	struct slot *slot = surface->drawing;
	surface->drawing = NULL;
	surface->ready = false; /* so that the next dispatch says when there can be another */
	if (slot == NULL)
		*result = client_fail(surface->client, -EINVAL, "no frame is begun");
	else if ((*result = surface->gpu ? 0 : lend_buffer_end(slot->buffer)) < 0)
		client_fail(surface->client, *result, "the access cannot be ended: %s",
			    lend_buffer_error());
	if (slot != NULL && slot->generation->stranded) {
		generation_end_stranded(slot->generation);
		*result = 0;
		return NULL;
	}
	return slot;
}

static void abandon(struct lend_surface *surface, struct slot *slot)
{
	slot->drawn = 0;
	if (surface->last == slot)
		surface->last = NULL;
}

static struct damage collect(const struct slot *slot, const struct lend_rect *rects, size_t n_rects)
{
	uint32_t width = slot->generation->width, height = slot->generation->height;
	struct lend_rect all = {0, 0, (int32_t)width, (int32_t)height};
	struct damage damage = {0};
	if (rects == NULL) {
		rects = &all;
		n_rects = 1;
	}
	for (size_t i = 0; i < n_rects; i++)
		damage_add(&damage, rects[i], width, height);
	return damage;
}

static void present(struct lend_surface *surface, struct slot *slot, const struct damage *damage)
{
	uint64_t number = ++surface->frames;
	surface->history[number % HISTORY] = *damage;
	surface->throttled = true;
	slot->drawn = number;
	slot->busy = surface->mode == LEND_MODE_CHAIN; /* a front buffer is drawn in while shown */
	surface->last = slot;
	surface->client->backend->window_commit(surface->window, slot, damage, number);
	generation_retire_older(slot->generation);
}

static int end(struct lend_surface *surface, const struct lend_rect *rects, size_t n_rects)
{
	struct lend_client *client = surface->client;
	int result;
	struct slot *slot = close_frame(surface, &result);
	if (client->error < 0)
		return client->error;
	if (slot == NULL)
		return result;
	if (result < 0) {
		abandon(surface, slot);
		return result;
	}
	struct damage damage = collect(slot, rects, n_rects);
	present(surface, slot, &damage);
	result = link_flush(client);
	return result == -EAGAIN ? 0 : result; /* it is queued, and the next dispatch sends it */
}

int lend_frame_end(struct lend_surface *surface, const struct lend_rect *rects, size_t n_rects)
{
	return end(surface, rects, n_rects);
}

/* 0: it is a fence; it has signalled if it is to be waited for. */
static int take_fence(struct lend_surface *surface, int fence)
{
	struct sync_file_info info = {0};
	struct pollfd wait = {.fd = fence, .events = POLLIN};
	if (ioctl(fence, SYNC_IOC_FILE_INFO, &info) < 0)
		return client_fail(surface->client, -EINVAL, "the fence is no sync_file (%s)",
				   strerror(errno));
	while (surface->source != NULL && !surface->source->fences && poll(&wait, 1, -1) < 0)
		if (errno != EINTR)
			return client_fail(surface->client, -errno,
					   "the fence cannot be waited for: %s", strerror(errno));
	return 0;
}

int lend_frame_end_fenced(struct lend_surface *surface, const struct lend_rect *rects,
			  size_t n_rects, int fence)
{
	int result = fence >= 0 ? take_fence(surface, fence) : 0;
	if (result == 0) {
		surface->fence = fence;
		result = end(surface, rects, n_rects);
	}
	surface->fence = -1;
	fds_close(&fence, fence >= 0);
	return result;
}

int lend_frame_cancel(struct lend_surface *surface)
{
	int result;
	struct slot *slot = close_frame(surface, &result);
	if (slot != NULL)
		abandon(surface, slot);
	return surface->client->error < 0 ? surface->client->error : result;
}
