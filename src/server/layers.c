/* SPDX-License-Identifier: MIT */
/* Which surfaces are shown by overlay planes of the display, above what is composited. */
#include "server/server.h"

/* Somebody who reads the output's buffer would miss what planes show. */
static int available(const struct lend_output *output)
{
	if (!output->backend->layers || output->layers_refused || output->watched > 0 ||
	    output->server->events.output_frame)
		return 0;
	int n = output->backend->layers(output);
	return n < LAYERS_MAX ? n : LAYERS_MAX;
}

static bool is_within(const struct lend_output *output, const struct node *node)
{
	const pixman_box32_t clip = output_box_to_pixels(output, &node->clip), *box = &node->box;

	return box->x1 >= 0 && box->y1 >= 0 && box->x2 <= output->width &&
	       box->y2 <= output->height && box->x1 >= clip.x1 && box->y1 >= clip.y1 &&
	       box->x2 <= clip.x2 && box->y2 <= clip.y2;
}

static bool fills(const struct lend_output *output, const struct node *node)
{
	return node->box.x2 - node->box.x1 == output->width &&
	       node->box.y2 - node->box.y1 == output->height;
}

static bool overlaps(const pixman_region32_t *region, const struct node *node)
{
	return pixman_region32_contains_rectangle((pixman_region32_t *)region,
						  (pixman_box32_t *)&node->box) !=
	       PIXMAN_REGION_OUT;
}

/* Could a plane show it, its memory aside? above: what is composited over it. */
static bool qualifies(const struct lend_output *output, const struct node *node,
		      const pixman_region32_t *above)
{
	return pixman_region32_not_empty((pixman_region32_t *)&node->visible) &&
	       surface_has_buffer(node->surface) && node->surface->current.buffer->memory &&
	       node_is_identity(output, node) && is_within(output, node) && !fills(output, node) &&
	       !overlaps(above, node);
}

static void set_layer(struct lend_output *output, struct node *node, bool layer)
{
	if (node->layer == layer)
		return;
	node->layer = layer;
	output->layers_dirty = true;
	pixman_region32_union(&output->damage, &output->damage, &node->visible);
}

static void add_cursor(const struct lend_output *output, pixman_region32_t *above)
{
	const struct output_cursor *cursor = &output->cursor;

	if (output->cursor_drawn && cursor->image)
		pixman_region32_union_rect(above, above, cursor->x, cursor->y,
					   (unsigned)pixman_image_get_width(cursor->image),
					   (unsigned)pixman_image_get_height(cursor->image));
}

/* Takes one of the planes that are left, or keeps it for memory that a chain may yet get. */
static bool choose(struct lend_output *output, struct node *node, int *left)
{
	const struct chain *chain = node->surface->chain;
	const char *refusal = output->backend->refuses(output, node->surface->current.buffer, true);
	bool hopeful = chain && chain_may_be_shown(chain, output);

	*left -= !refusal || hopeful;
	node->refusal = hopeful ? refusal : NULL;
	return !refusal;
}

void layers_choose(struct lend_output *output)
{
	int left = available(output);
	pixman_region32_t above;

	pixman_region32_init(&above);
	add_cursor(output, &above);
	for (size_t i = output->n_nodes; i-- > 0;) {
		struct node *node = &output->nodes[i];
		node->refusal = NULL;
		bool layer =
			left > 0 && qualifies(output, node, &above) && choose(output, node, &left);
		set_layer(output, node, layer);
		if (!layer)
			pixman_region32_union(&above, &above, &node->visible);
	}
	pixman_region32_fini(&above);
}

void layers_collect(const struct lend_output *output, struct frame *frame)
{
	for (size_t i = 0; i < output->n_nodes; i++) {
		const struct node *node = &output->nodes[i];
		if (!node->layer)
			continue;
		frame->layers[frame->n_layers++] = (struct layer){
			.buffer = buffer_lock(node->surface->current.buffer),
			.x = node->box.x1,
			.y = node->box.y1,
		};
	}
}
