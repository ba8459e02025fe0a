/* SPDX-License-Identifier: MIT */
/* Composition on the CPU: the damaged pixels, each surface's visible ones, nothing else. */
#include "server/server.h"

static const pixman_color_t background_full = {0, 0, 0, 0xffff};
static const pixman_color_t background_tile = {0x1a1a, 0x1d1d, 0x2323, 0xffff};

/* A node's part of the damage. False if there is none. */
static bool node_damage(const struct node *node, const pixman_region32_t *damage,
			pixman_region32_t *region)
{
	pixman_region32_intersect(region, (pixman_region32_t *)damage,
				  (pixman_region32_t *)&node->visible);
	return !node->layer && pixman_region32_not_empty(region) &&
	       surface_has_buffer(node->surface);
}

/* The region of the output in the surface's buffer: what is read to draw it. */
static void to_buffer(const struct node *node, const pixman_region32_t *region,
		      pixman_region32_t *read)
{
	const struct buffer *buffer = node->surface->current.buffer;

	pixman_region32_copy(read, (pixman_region32_t *)region);
	pixman_region32_translate(read, -node->x, -node->y);
	if (!node->surface->identity) {
		pixman_box32_t box = *pixman_region32_extents(read);
		box = surface_box_to_buffer(node->surface, &box);
		pixman_region32_fini(read);
		/* Filtering reaches a pixel further. */
		pixman_region32_init_rect(read, box.x1 - 1, box.y1 - 1,
					  (unsigned)(box.x2 - box.x1 + 2),
					  (unsigned)(box.y2 - box.y1 + 2));
	}
	pixman_region32_intersect_rect(read, read, 0, 0, buffer->width, buffer->height);
}

void render_set_transform(const struct surface *surface, pixman_image_t *image)
{
	struct pixman_f_transform inverse;
	struct pixman_transform transform;

	if (surface->identity || !pixman_f_transform_invert(&inverse, &surface->from_buffer) ||
	    !pixman_transform_from_pixman_f_transform(&transform, &inverse)) {
		pixman_image_set_transform(image, NULL);
		return;
	}
	pixman_image_set_transform(image, &transform);
	pixman_image_set_filter(image, PIXMAN_FILTER_BILINEAR, NULL, 0);
	pixman_image_set_repeat(image, PIXMAN_REPEAT_PAD);
}

/* True if the buffer's pixels go to the output as they are, where they are opaque. */
static bool is_plain_copy(const struct lend_output *output, const struct node *node)
{
	return node->surface->identity && node->surface->current.buffer->format == output->format;
}

/* memcpy is faster than pixman where rows are long. region: within the buffer. */
static void copy_rows(const struct node *node, pixman_image_t *image, pixman_image_t *target,
		      uint32_t cpp, const pixman_region32_t *region)
{
	size_t from_stride = (size_t)pixman_image_get_stride(image);
	size_t to_stride = (size_t)pixman_image_get_stride(target);
	int n = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);

	for (int i = 0; i < n; i++) {
		const pixman_box32_t *box = &boxes[i];
		size_t length = (size_t)(box->x2 - box->x1) * cpp;
		const char *from = (const char *)pixman_image_get_data(image) +
				   (size_t)(box->y1 - node->y) * from_stride +
				   (size_t)(box->x1 - node->x) * cpp;
		char *to = (char *)pixman_image_get_data(target) + (size_t)box->y1 * to_stride +
			   (size_t)box->x1 * cpp;
		for (int32_t y = box->y1; y < box->y2; y++, from += from_stride, to += to_stride)
			memcpy(to, from, length);
	}
}

static void composite(const struct node *node, pixman_image_t *image, pixman_image_t *target,
		      pixman_op_t op, pixman_region32_t *region)
{
	const pixman_box32_t *box = pixman_region32_extents(region);

	render_set_transform(node->surface, image);
	pixman_image_set_clip_region32(target, region);
	pixman_image_composite32(op, image, NULL, target, box->x1 - node->x, box->y1 - node->y, 0,
				 0, box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1);
}

/* Where it is declared opaque nothing was drawn below: there its alpha must not count. */
static void draw_parts(const struct lend_output *output, const struct node *node,
		       pixman_image_t *image, pixman_image_t *target, uint32_t cpp,
		       pixman_region32_t *region)
{
	pixman_region32_t opaque, rest;

	pixman_region32_init(&opaque);
	pixman_region32_init(&rest);
	pixman_region32_copy(&opaque, &node->surface->opaque);
	pixman_region32_translate(&opaque, node->x, node->y);
	pixman_region32_subtract(&rest, region, &opaque);
	pixman_region32_intersect(&opaque, region, &opaque);
	if (is_plain_copy(output, node))
		copy_rows(node, image, target, cpp, &opaque);
	else if (pixman_region32_not_empty(&opaque))
		composite(node, image, target, PIXMAN_OP_SRC, &opaque);
	if (pixman_region32_not_empty(&rest))
		composite(node, image, target, PIXMAN_OP_OVER, &rest);
	pixman_region32_fini(&opaque);
	pixman_region32_fini(&rest);
}

/* Draws the node within region; the bytes written. */
static uint64_t draw_node(const struct lend_output *output, const struct node *node,
			  pixman_image_t *target, uint32_t cpp, pixman_region32_t *region)
{
	struct surface *surface = node->surface;
	pixman_region32_t read;

	pixman_region32_init(&read);
	to_buffer(node, region, &read);
	pixman_image_t *image = buffer_begin_read(surface->current.buffer, &read);
	pixman_region32_fini(&read);
	if (!image)
		return 0;
	draw_parts(output, node, image, target, cpp, region);
	buffer_end_read(surface->current.buffer);
	uint64_t bytes = region_area(region) * cpp;
	surface->copied += bytes;
	return bytes;
}

/* What no opaque surface covers. */
static uint64_t draw_background(const struct lend_output *output, pixman_image_t *target,
				uint32_t cpp, const pixman_region32_t *damage)
{
	pixman_region32_t rest, opaque;
	int n = 0;

	pixman_region32_init(&rest);
	pixman_region32_init(&opaque);
	pixman_region32_copy(&rest, (pixman_region32_t *)damage);
	for (size_t i = 0; i < output->n_nodes; i++) {
		struct node *node = &output->nodes[i];
		if (node->layer)
			continue;
		pixman_region32_copy(&opaque, &node->surface->opaque);
		pixman_region32_translate(&opaque, node->x, node->y);
		pixman_region32_intersect(&opaque, &opaque, &node->visible);
		pixman_region32_subtract(&rest, &rest, &opaque);
	}
	const pixman_box32_t *boxes = pixman_region32_rectangles(&rest, &n);
	pixman_image_set_clip_region32(target, NULL);
	pixman_image_fill_boxes(
		PIXMAN_OP_SRC, target,
		output->layout == LEND_LAYOUT_TILE ? &background_tile : &background_full, n, boxes);
	uint64_t bytes = region_area(&rest) * cpp;
	pixman_region32_fini(&rest);
	pixman_region32_fini(&opaque);
	return bytes;
}

static uint64_t draw_cursor(const struct lend_output *output, pixman_image_t *target, uint32_t cpp,
			    const pixman_region32_t *damage)
{
	const struct output_cursor *cursor = &output->cursor;
	pixman_region32_t region;

	if (!output->cursor_drawn || !cursor->image)
		return 0;
	int width = pixman_image_get_width(cursor->image);
	int height = pixman_image_get_height(cursor->image);
	pixman_region32_init(&region);
	pixman_region32_intersect_rect(&region, (pixman_region32_t *)damage, cursor->x, cursor->y,
				       (unsigned)width, (unsigned)height);
	pixman_image_set_clip_region32(target, &region);
	pixman_image_composite32(PIXMAN_OP_OVER, cursor->image, NULL, target, 0, 0, 0, 0, cursor->x,
				 cursor->y, width, height);
	uint64_t bytes = region_area(&region) * cpp;
	pixman_region32_fini(&region);
	return bytes;
}

static uint64_t draw(const struct lend_output *output, pixman_image_t *target,
		     const pixman_region32_t *damage)
{
	uint32_t cpp = lend_format_get(output->format)->cpp[0];
	pixman_region32_t region;

	uint64_t bytes = draw_background(output, target, cpp, damage);
	pixman_region32_init(&region);
	for (size_t i = 0; i < output->n_nodes; i++)
		if (node_damage(&output->nodes[i], damage, &region))
			bytes += draw_node(output, &output->nodes[i], target, cpp, &region);
	pixman_region32_fini(&region);
	return bytes + draw_cursor(output, target, cpp, damage);
}

/* ---- targets that are slow to read ---------------------------------------------------------- */

/* The part of the damage where something lets through what is below. */
static void find_blended(const struct lend_output *output, const pixman_region32_t *damage,
			 pixman_region32_t *blended)
{
	const struct output_cursor *cursor = &output->cursor;
	pixman_region32_t part;

	pixman_region32_init(&part);
	for (size_t i = 0; i < output->n_nodes; i++) {
		const struct node *node = &output->nodes[i];
		if (!node_damage(node, damage, &part) || node_is_opaque(node, &part))
			continue;
		pixman_region32_union(blended, blended, &part);
	}
	if (output->cursor_drawn && cursor->image) {
		pixman_region32_intersect_rect(&part, (pixman_region32_t *)damage, cursor->x,
					       cursor->y,
					       (unsigned)pixman_image_get_width(cursor->image),
					       (unsigned)pixman_image_get_height(cursor->image));
		pixman_region32_union(blended, blended, &part);
	}
	pixman_region32_fini(&part);
	region_bound(blended);
	pixman_region32_intersect(blended, blended, (pixman_region32_t *)damage);
}

static pixman_image_t *get_scratch(struct lend_output *output)
{
	if (!output->scratch)
		output->scratch = pixman_image_create_bits_no_clear(
			format_to_pixman(output->format), output->width, output->height, NULL, 0);
	return output->scratch;
}

/* Blending reads what it draws on: that happens in ordinary memory, and the result is written. */
static uint64_t draw_slow(struct lend_output *output, pixman_image_t *target,
			  const pixman_region32_t *damage)
{
	pixman_image_t *scratch = get_scratch(output);
	pixman_region32_t blended, rest;
	uint64_t bytes = 0;

	if (!scratch)
		return draw(output, target, damage);
	pixman_region32_init(&blended);
	pixman_region32_init(&rest);
	find_blended(output, damage, &blended);
	pixman_region32_subtract(&rest, (pixman_region32_t *)damage, &blended);
	if (pixman_region32_not_empty(&rest))
		bytes += draw(output, target, &rest);
	if (pixman_region32_not_empty(&blended)) {
		bytes += draw(output, scratch, &blended);
		pixman_image_set_clip_region32(target, &blended);
		pixman_image_composite32(PIXMAN_OP_SRC, scratch, NULL, target, 0, 0, 0, 0, 0, 0,
					 output->width, output->height);
	}
	pixman_region32_fini(&blended);
	pixman_region32_fini(&rest);
	return bytes;
}

uint64_t render_nodes(struct lend_output *output, struct own_buffer *target,
		      const pixman_region32_t *damage)
{
	void *pixels;

	if (!pixman_region32_not_empty((pixman_region32_t *)damage) ||
	    lend_buffer_begin(target->memory, LEND_READ_WRITE, &pixels) < 0)
		return 0;
	uint64_t bytes = target->slow ? draw_slow(output, target->image, damage)
				      : draw(output, target->image, damage);
	lend_buffer_end(target->memory);
	return bytes;
}
