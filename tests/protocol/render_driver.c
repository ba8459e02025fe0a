/* SPDX-License-Identifier: MIT */
#include "render_driver.h"

#include "server/server.h"

#include <stdlib.h>

#define OUTPUTS 4

LEND_EXPORT const char *drive_renderer_name(const struct lend_output *output)
{
	return output->renderer->type->name;
}

LEND_EXPORT void drive_renderer_swap(struct lend_output *output)
{
	static struct renderer *kept[OUTPUTS];
	struct renderer **other = &kept[output->index % OUTPUTS];

	if (*other) {
		output->renderer = *other;
		*other = NULL;
	} else {
		*other = output->renderer;
		output->renderer = pixman_renderer();
	}
}

LEND_EXPORT uint64_t drive_uploaded(const struct lend_output *output)
{
	return output->renderer->uploaded;
}

/* ---- in a renderer's place ------------------------------------------------------------------ */

/* Stands before the real one, and goes with it. */
struct stand_in {
	struct renderer renderer;
	struct renderer_type type;
	struct renderer *real;
	const char *reason;
};

static void destroy_stand_in(struct renderer *renderer)
{
	struct stand_in *stand_in = wl_container_of(renderer, stand_in, renderer);

	stand_in->real->type->destroy(stand_in->real);
	free(stand_in);
}

static struct stand_in *stand_in(struct lend_output *output)
{
	struct stand_in *stand_in = calloc(1, sizeof(*stand_in));

	if (!stand_in)
		abort();
	stand_in->real = output->renderer;
	stand_in->type = *output->renderer->type;
	stand_in->type.forget = NULL;
	stand_in->type.destroy = destroy_stand_in;
	stand_in->renderer = *output->renderer;
	stand_in->renderer.type = &stand_in->type;
	output->renderer = &stand_in->renderer;
	return stand_in;
}

static int64_t draw_lost(struct renderer *renderer, struct lend_output *output,
			 struct own_buffer *target, const pixman_region32_t *damage, int *fence)
{
	*fence = -1;
	return -ENODEV;
}

LEND_EXPORT void drive_lose_gpu(struct lend_output *output, bool proven)
{
	struct stand_in *lost = stand_in(output);

	lost->type.draw = draw_lost;
	lost->renderer.proven = proven;
}

static const char *refuse(struct renderer *renderer, struct buffer *buffer)
{
	struct stand_in *stand_in = wl_container_of(renderer, stand_in, renderer);

	return stand_in->reason;
}

static int64_t draw_nothing(struct renderer *renderer, struct lend_output *output,
			    struct own_buffer *target, const pixman_region32_t *damage, int *fence)
{
	*fence = -1;
	return 0;
}

LEND_EXPORT void drive_refuse_buffers(struct lend_output *output, const char *reason)
{
	struct stand_in *refusing = stand_in(output);

	refusing->reason = reason;
	refusing->type.refuses = refuse;
	refusing->type.draw = draw_nothing;
}

LEND_EXPORT void drive_cursor(struct lend_output *output, int x, int y, int size, uint32_t colour)
{
	static pixman_image_t *image;
	static uint64_t serial;
	struct output_cursor cursor = {.x = x, .y = y, .serial = ++serial};
	pixman_image_t *before = image;

	image = size ? pixman_image_create_bits(PIXMAN_a8r8g8b8, size, size, NULL, 0) : NULL;
	for (int i = 0; i < size * size; i++)
		pixman_image_get_data(image)[i] = colour;
	cursor.image = image;
	output_set_cursor(output, &cursor);
	if (before)
		pixman_image_unref(before);
}
