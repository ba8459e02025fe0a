/* SPDX-License-Identifier: MIT */
/* Buffers and the framebuffers made of them: once for each, kept as long as the buffer lives. */
#include "output/kms/kms.h"

#include <stdio.h>
#include <stdlib.h>

static struct framebuffer *find(struct display *display, const struct lend_buffer *memory)
{
	struct framebuffer *framebuffer;

	wl_list_for_each (framebuffer, &display->memory, link)
		if (framebuffer->memory == memory)
			return framebuffer;
	return NULL;
}

static struct framebuffer *add(struct display *display, const struct lend_buffer *memory)
{
	struct framebuffer *framebuffer = calloc(1, sizeof(*framebuffer));

	if (!framebuffer)
		return NULL;
	framebuffer->memory = memory;
	wl_list_insert(&display->memory, &framebuffer->link);
	return framebuffer;
}

void framebuffer_refuse(struct framebuffer *framebuffer, const char *call, int error)
{
	snprintf(framebuffer->refusal, sizeof(framebuffer->refusal),
		 "the display refused its memory (%s: %s).", call, strerror(-error));
	lend_framebuffer_destroy(framebuffer->kms);
	framebuffer->kms = NULL;
}

struct framebuffer *framebuffer_get(struct display *display, const struct lend_buffer *memory)
{
	struct framebuffer *framebuffer = find(display, memory);

	if (framebuffer)
		return framebuffer;
	framebuffer = add(display, memory);
	if (!framebuffer)
		return NULL;
	int ret = lend_framebuffer_import(display->kms, memory, &framebuffer->kms);
	if (ret < 0)
		framebuffer_refuse(framebuffer, "import", ret);
	return framebuffer;
}

int framebuffer_allocate(struct display *display, uint32_t width, uint32_t height, uint32_t format,
			 struct lend_buffer **memory)
{
	struct framebuffer *framebuffer = add(display, NULL);

	if (!framebuffer)
		return -ENOMEM;
	int ret = lend_framebuffer_allocate(display->kms, width, height, format, &framebuffer->kms);
	if (ret < 0) {
		wl_list_remove(&framebuffer->link);
		free(framebuffer);
		return fail(ret, "%s", lend_alloc_error());
	}
	framebuffer->own = true;
	*memory = lend_framebuffer_buffer(framebuffer->kms);
	framebuffer->memory = *memory;
	return 0;
}

/* In the driver's own layout, for drawing; the display says whether it shows that. */
int framebuffer_allocate_gpu(struct display *display, uint32_t width, uint32_t height,
			     uint32_t format, struct lend_buffer **memory)
{
	const uint64_t modifier = LEND_MODIFIER_INVALID;
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = width,
		.height = height,
		.format = format,
		.use = LEND_USE_SCANOUT | LEND_USE_GPU,
		.modifiers = &modifier,
		.n_modifiers = 1,
	};
	struct lend_buffer *buffer;

	int ret = lend_buffer_allocate(lend_kms_device(display->kms), &options, &buffer, NULL);
	if (ret < 0)
		return fail(ret, "%s", lend_alloc_error());
	struct framebuffer *framebuffer = framebuffer_get(display, buffer);
	if (!framebuffer || !framebuffer->kms) {
		framebuffer_forget(display, buffer);
		lend_buffer_destroy(buffer);
		return fail(-ENOTSUP, "the display does not show memory of its GPU");
	}
	framebuffer->own = true;
	framebuffer->gpu = buffer;
	*memory = buffer;
	return 0;
}

static void destroy(struct framebuffer *framebuffer)
{
	wl_list_remove(&framebuffer->link);
	lend_framebuffer_destroy(framebuffer->kms);
	lend_buffer_destroy(framebuffer->gpu);
	free(framebuffer);
}

void framebuffer_forget(struct display *display, const struct lend_buffer *memory)
{
	struct framebuffer *framebuffer = find(display, memory);

	if (framebuffer)
		destroy(framebuffer);
}

void framebuffers_finish(struct display *display)
{
	struct framebuffer *framebuffer, *next;

	wl_list_for_each_safe (framebuffer, next, &display->memory, link)
		destroy(framebuffer);
}
