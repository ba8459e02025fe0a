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

/* ---- a GPU that is lost --------------------------------------------------------------------- */

static int64_t draw_lost(struct renderer *renderer, struct lend_output *output,
			 struct own_buffer *target, const pixman_region32_t *damage, int *fence)
{
	*fence = -1;
	return -ENODEV;
}

/* Stands for the real one, which it destroys as if that had been itself. */
struct lost {
	struct renderer renderer;
	struct renderer_type type;
	struct renderer *real;
};

static void destroy_lost(struct renderer *renderer)
{
	struct lost *lost = wl_container_of(renderer, lost, renderer);

	lost->real->type->destroy(lost->real);
	free(lost);
}

LEND_EXPORT void drive_lose_gpu(struct lend_output *output, bool proven)
{
	struct lost *lost = calloc(1, sizeof(*lost));

	if (!lost)
		abort();
	lost->real = output->renderer;
	lost->type = *output->renderer->type;
	lost->type.draw = draw_lost;
	lost->type.forget = NULL;
	lost->type.destroy = destroy_lost;
	lost->renderer = *output->renderer;
	lost->renderer.type = &lost->type;
	lost->renderer.proven = proven;
	output->renderer = &lost->renderer;
}
