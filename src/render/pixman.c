/* SPDX-License-Identifier: MIT */
/* Composition on the CPU: the damaged pixels, each surface's visible ones, nothing else. */
#include "server/server.h"

void render_set_transform(pixman_image_t *image, const struct pixman_f_transform *matrix,
			  bool filter)
{
	struct pixman_transform transform;

	if (!matrix || !pixman_transform_from_pixman_f_transform(&transform, matrix)) {
		pixman_image_set_transform(image, NULL);
		return;
	}
	pixman_image_set_transform(image, &transform);
	pixman_image_set_filter(image, filter ? PIXMAN_FILTER_BILINEAR : PIXMAN_FILTER_NEAREST,
				NULL, 0);
	pixman_image_set_repeat(image, PIXMAN_REPEAT_PAD);
}

/* True if the buffer's pixels go to the output as they are, where they are opaque. */
static bool is_plain_copy(const struct lend_output *output, const struct node *node)
{
	return node_is_identity(output, node) &&
	       node->surface->current.buffer->format == output->format;
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
				   (size_t)(box->y1 - node->box.y1) * from_stride +
				   (size_t)(box->x1 - node->box.x1) * cpp;
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

	pixman_image_set_clip_region32(target, region);
	pixman_image_composite32(op, image, NULL, target, box->x1 - node->box.x1,
				 box->y1 - node->box.y1, 0, 0, box->x1, box->y1, box->x2 - box->x1,
				 box->y2 - box->y1);
}

/* So that it is read as the output is drawn, from the node's corner on. */
static void set_up(const struct lend_output *output, const struct node *node, pixman_image_t *image)
{
	struct pixman_f_transform matrix;
	bool mapped = !node_is_identity(output, node) && node_to_buffer(output, node, &matrix);

	render_set_transform(image, mapped ? &matrix : NULL, !node_is_magnified(output, node));
}

/* Where it is declared opaque nothing was drawn below: there its alpha must not count. */
static void draw_parts(const struct lend_output *output, const struct node *node,
		       pixman_image_t *image, pixman_image_t *target, uint32_t cpp,
		       pixman_region32_t *region)
{
	pixman_region32_t opaque, rest;

	pixman_region32_init(&opaque);
	pixman_region32_init(&rest);
	pixman_region32_subtract(&rest, region, (pixman_region32_t *)&node->opaque);
	pixman_region32_intersect(&opaque, region, (pixman_region32_t *)&node->opaque);
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
	render_find_read(output, node, region, &read);
	pixman_image_t *image = buffer_begin_read(surface->current.buffer, &read);
	pixman_region32_fini(&read);
	if (!image)
		return 0;
	set_up(output, node, image);
	draw_parts(output, node, image, target, cpp, region);
	buffer_end_read(surface->current.buffer);
	uint64_t bytes = region_area(region) * cpp;
	surface->copied += bytes;
	return bytes;
}

static uint64_t draw_background(const struct lend_output *output, pixman_image_t *target,
				uint32_t cpp, const pixman_region32_t *damage)
{
	pixman_region32_t rest;
	int n = 0;

	pixman_region32_init(&rest);
	render_find_background(output, damage, &rest);
	const pixman_box32_t *boxes = pixman_region32_rectangles(&rest, &n);
	pixman_image_set_clip_region32(target, NULL);
	pixman_image_fill_boxes(PIXMAN_OP_SRC, target, render_background(output), n, boxes);
	uint64_t bytes = region_area(&rest) * cpp;
	pixman_region32_fini(&rest);
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
		if (render_find_damage(&output->nodes[i], damage, &region))
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
		if (!render_find_damage(node, damage, &part) || node_is_opaque(node, &part))
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

/* ---- the renderer --------------------------------------------------------------------------- */

static int64_t draw_output(struct renderer *renderer, struct lend_output *output,
			   struct own_buffer *target, const pixman_region32_t *damage, int *fence)
{
	void *pixels;

	*fence = -1;
	if (!pixman_region32_not_empty((pixman_region32_t *)damage) ||
	    lend_buffer_begin(target->memory, LEND_READ_WRITE, &pixels) < 0)
		return 0;
	uint64_t bytes = target->slow ? draw_slow(output, target->image, damage)
				      : draw(output, target->image, damage);
	lend_buffer_end(target->memory);
	return (int64_t)bytes;
}

static const char *refuses(struct renderer *renderer, struct buffer *buffer)
{
	struct lend_buffer_info info = {.size = sizeof(info)};

	if (buffer->unreadable)
		return buffer->unreadable;
	if (!format_to_pixman(buffer->format))
		return "the CPU composites, which cannot read its format.";
	if (!buffer->memory || buffer->staged)
		return NULL;
	lend_buffer_describe(buffer->memory, &info);
	if (info.modifier != LEND_MODIFIER_LINEAR)
		return "the CPU composites, which can read linear memory only.";
	return NULL;
}

/* Single planes in rows: what can be mapped. */
static bool list_format(struct renderer *renderer, size_t index, uint32_t *format,
			uint64_t *modifier)
{
	const struct lend_format *known;

	*modifier = LEND_MODIFIER_LINEAR;
	for (size_t i = 0; (known = lend_format_at(i)); i++) {
		if (!format_to_pixman(known->fourcc) || index-- > 0)
			continue;
		*format = known->fourcc;
		return true;
	}
	return false;
}

static void destroy(struct renderer *renderer) {}

static const struct renderer_type pixman_type = {
	.name = "pixman",
	.refuses = refuses,
	.format = list_format,
	.draw = draw_output,
	.destroy = destroy,
};

struct renderer *pixman_renderer(void)
{
	/* It has no state: there is one for all. */
	static struct renderer renderer = {.type = &pixman_type};

	return &renderer;
}
