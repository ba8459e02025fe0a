/* SPDX-License-Identifier: MIT */
/* Between a buffer's coordinates, its surface's and an output's pixels: transform, scale, crop. */
#include "server/server.h"

#include <wayland-server.h>

/* Far more than any output; a wp_viewport can ask for more. */
#define SURFACE_MAX (1 << 24)

static double least(double a, double b)
{
	return a < b ? a : b;
}

static double most(double a, double b)
{
	return a > b ? a : b;
}

/* From a transformed picture to the upright one, both of them unit squares: x and y are
 * m[0] * x + m[1] * y + m[2] and m[3] * x + m[4] * y + m[5]. */
static const int upright[8][6] = {
	[LEND_TRANSFORM_NORMAL] = {1, 0, 0, 0, 1, 0},
	[LEND_TRANSFORM_90] = {0, -1, 1, 1, 0, 0},
	[LEND_TRANSFORM_180] = {-1, 0, 1, 0, -1, 1},
	[LEND_TRANSFORM_270] = {0, 1, 0, -1, 0, 1},
	[LEND_TRANSFORM_FLIPPED] = {-1, 0, 1, 0, 1, 0},
	[LEND_TRANSFORM_FLIPPED_90] = {0, 1, 0, 1, 0, 0},
	[LEND_TRANSFORM_FLIPPED_180] = {1, 0, 0, 0, -1, 1},
	[LEND_TRANSFORM_FLIPPED_270] = {0, -1, 1, -1, 0, 1},
};

/* And back. Turning by 90 degrees is undone by 270, all others by themselves. */
static const int *turned(uint32_t transform)
{
	bool quarter = transform == LEND_TRANSFORM_90 || transform == LEND_TRANSFORM_270;

	return upright[quarter ? transform ^ 2 : transform];
}

static void init_unit(struct pixman_f_transform *matrix, const int *unit)
{
	pixman_f_transform_init_identity(matrix);
	for (int row = 0; row < 2; row++)
		for (int column = 0; column < 3; column++)
			matrix->m[row][column] = unit[3 * row + column];
}

/* Applies a scale and then a translation on top of what the matrix does. */
static void then(struct pixman_f_transform *matrix, double scale_x, double scale_y, double x,
		 double y)
{
	struct pixman_f_transform step;

	pixman_f_transform_init_scale(&step, scale_x, scale_y);
	step.m[0][2] = x;
	step.m[1][2] = y;
	pixman_f_transform_multiply(matrix, &step, matrix);
}

/* buffer -> unit square -> transformed -> buffer size over scale -> crop -> destination size */
void surface_update_geometry(struct surface *surface)
{
	const struct surface_state *state = &surface->current;
	struct pixman_f_transform *matrix = &surface->from_buffer;
	double width, height;

	surface->width = surface->height = 0;
	surface->identity = true;
	pixman_f_transform_init_identity(matrix);
	if (!state->buffer)
		return;
	width = (double)state->buffer->width / state->scale;
	height = (double)state->buffer->height / state->scale;
	surface->identity = state->scale == 1 && state->transform == WL_OUTPUT_TRANSFORM_NORMAL &&
			    !state->source_set && !state->destination_set;
	if (!surface->identity) {
		init_unit(matrix, upright[state->transform]);
		struct pixman_f_transform to_unit;
		pixman_f_transform_init_scale(&to_unit, 1.0 / state->buffer->width,
					      1.0 / state->buffer->height);
		pixman_f_transform_multiply(matrix, matrix, &to_unit);
		if (state->transform & 1) {
			double swap = width;
			width = height;
			height = swap;
		}
		then(matrix, width, height, 0, 0);
	}
	if (state->source_set) {
		then(matrix, 1, 1, -state->source_x, -state->source_y);
		width = state->source_width;
		height = state->source_height;
	}
	if (state->destination_set) {
		then(matrix, state->destination_width / width, state->destination_height / height,
		     0, 0);
		width = state->destination_width;
		height = state->destination_height;
	}
	surface->width = (int32_t)least(width, SURFACE_MAX);
	surface->height = (int32_t)least(height, SURFACE_MAX);
}

/* ---- boxes ---------------------------------------------------------------------------------- */

/* The whole number below, of any that regions can count with. */
static int32_t floor_of(double coordinate)
{
	const double limit = 1 << 28;
	double within = most(-limit, least(coordinate, limit));

	return (int32_t)within - (within < (int32_t)within);
}

/* A hair is left out for rounding. */
pixman_box32_t box_map(const struct pixman_f_transform *matrix, const pixman_box32_t *box)
{
	double x[2], y[2];

	for (int i = 0; i < 2; i++) {
		double from_x = i ? box->x2 : box->x1, from_y = i ? box->y2 : box->y1;
		x[i] = matrix->m[0][0] * from_x + matrix->m[0][1] * from_y + matrix->m[0][2];
		y[i] = matrix->m[1][0] * from_x + matrix->m[1][1] * from_y + matrix->m[1][2];
	}
	return (pixman_box32_t){
		.x1 = floor_of(least(x[0], x[1]) + 1e-6),
		.y1 = floor_of(least(y[0], y[1]) + 1e-6),
		.x2 = floor_of(most(x[0], x[1]) + 1 - 1e-6),
		.y2 = floor_of(most(y[0], y[1]) + 1 - 1e-6),
	};
}

pixman_box32_t surface_box_from_buffer(const struct surface *surface, const pixman_box32_t *box)
{
	return surface->identity ? *box : box_map(&surface->from_buffer, box);
}

pixman_box32_t surface_box_to_buffer(const struct surface *surface, const pixman_box32_t *box)
{
	struct pixman_f_transform inverse;

	if (surface->identity || !pixman_f_transform_invert(&inverse, &surface->from_buffer))
		return *box;
	return box_map(&inverse, box);
}

/* ---- outputs -------------------------------------------------------------------------------- */

/* Where a pixel begins that is nearest to the edge. */
static int32_t edge_to_pixels(int32_t edge, uint32_t scale)
{
	const int64_t pixel = INT64_C(2) * LEND_SCALE_ONE;
	int64_t middle = 2 * (int64_t)edge * scale + LEND_SCALE_ONE;

	return (int32_t)((middle - (middle < 0 ? pixel - 1 : 0)) / pixel);
}

/* So many units that the last one ends with the last pixel; where there is no such number, so many
 * that none is missing. */
static int32_t logical_length(int32_t pixels, uint32_t scale)
{
	int32_t below = (int32_t)((int64_t)pixels * LEND_SCALE_ONE / scale);

	return below > 0 && edge_to_pixels(below, scale) == pixels ? below : below + 1;
}

void output_update_logical(struct lend_output *output)
{
	bool quarter = output->transform & 1;

	output->logical_width =
		logical_length(quarter ? output->height : output->width, output->scale);
	output->logical_height =
		logical_length(quarter ? output->width : output->height, output->scale);
}

/* A box of an upright picture of that size, where it lies on the display. */
static pixman_box32_t turn_box(uint32_t transform, const pixman_box32_t *box, int32_t width,
			       int32_t height)
{
	const int *m = turned(transform);
	int32_t end_x = m[0] ? width : height, end_y = m[3] ? width : height;
	int32_t x1 = m[0] * box->x1 + m[1] * box->y1 + m[2] * end_x;
	int32_t x2 = m[0] * box->x2 + m[1] * box->y2 + m[2] * end_x;
	int32_t y1 = m[3] * box->x1 + m[4] * box->y1 + m[5] * end_y;
	int32_t y2 = m[3] * box->x2 + m[4] * box->y2 + m[5] * end_y;

	return (pixman_box32_t){
		.x1 = x1 < x2 ? x1 : x2,
		.y1 = y1 < y2 ? y1 : y2,
		.x2 = x1 < x2 ? x2 : x1,
		.y2 = y1 < y2 ? y2 : y1,
	};
}

pixman_box32_t output_turn_box(const struct lend_output *output, const pixman_box32_t *box)
{
	bool quarter = output->transform & 1;

	return turn_box(output->transform, box, quarter ? output->height : output->width,
			quarter ? output->width : output->height);
}

bool output_is_plain(const struct lend_output *output)
{
	return output->scale == LEND_SCALE_ONE && output->transform == LEND_TRANSFORM_NORMAL;
}

/* The last unit ends with the display, whatever the scale. */
static int32_t output_edge(int32_t edge, int32_t logical, int32_t pixels, uint32_t scale)
{
	return edge == logical ? pixels : edge_to_pixels(edge, scale);
}

pixman_box32_t output_box_to_pixels(const struct lend_output *output, const pixman_box32_t *box)
{
	bool quarter = output->transform & 1;
	int32_t width = quarter ? output->height : output->width;
	int32_t height = quarter ? output->width : output->height;
	const pixman_box32_t scaled = {
		.x1 = output_edge(box->x1, output->logical_width, width, output->scale),
		.y1 = output_edge(box->y1, output->logical_height, height, output->scale),
		.x2 = output_edge(box->x2, output->logical_width, width, output->scale),
		.y2 = output_edge(box->y2, output->logical_height, height, output->scale),
	};

	return output_is_plain(output) ? *box : output_turn_box(output, &scaled);
}

void output_point_to_pixels(const struct lend_output *output, double *x, double *y)
{
	const int *m = turned(output->transform);
	double u = *x / output->logical_width, v = *y / output->logical_height;

	*x = (m[0] * u + m[1] * v + m[2]) * output->width;
	*y = (m[3] * u + m[4] * v + m[5]) * output->height;
}

void output_point_from_pixels(const struct lend_output *output, double *x, double *y)
{
	const int *m = upright[output->transform];
	double u = *x / output->width, v = *y / output->height;

	*x = (m[0] * u + m[1] * v + m[2]) * output->logical_width;
	*y = (m[3] * u + m[4] * v + m[5]) * output->logical_height;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

void node_matrix(const struct lend_output *output, const struct node *node,
		 struct pixman_f_transform *matrix)
{
	const pixman_box32_t *box = &node->box;
	struct pixman_f_transform step;

	init_unit(matrix, turned(output->transform));
	then(matrix, box->x2 - box->x1, box->y2 - box->y1, 0, 0);
	pixman_f_transform_init_scale(&step, 1.0 / node->width, 1.0 / node->height);
	pixman_f_transform_multiply(matrix, matrix, &step);
}

bool node_to_buffer(const struct lend_output *output, const struct node *node,
		    struct pixman_f_transform *matrix)
{
	struct pixman_f_transform from_buffer;

	node_matrix(output, node, &from_buffer);
	pixman_f_transform_multiply(&from_buffer, &from_buffer, &node->surface->from_buffer);
	return pixman_f_transform_invert(matrix, &from_buffer);
}

static bool shows_all(const struct surface_state *state)
{
	uint32_t width = state->buffer->width, height = state->buffer->height;
	bool quarter = state->transform & 1;

	return !state->source_set ||
	       (state->source_x == 0 && state->source_y == 0 &&
		state->source_width * state->scale == (quarter ? height : width) &&
		state->source_height * state->scale == (quarter ? width : height));
}

bool node_is_identity(const struct lend_output *output, const struct node *node)
{
	const struct surface_state *state = &node->surface->current;
	const pixman_box32_t *box = &node->box;

	return state->buffer && state->transform == (int32_t)output->transform &&
	       (uint32_t)(box->x2 - box->x1) == state->buffer->width &&
	       (uint32_t)(box->y2 - box->y1) == state->buffer->height && shows_all(state);
}

bool node_is_magnified(const struct lend_output *output, const struct node *node)
{
	const struct surface_state *state = &node->surface->current;
	bool quarter = (state->transform ^ (int32_t)output->transform) & 1;
	uint32_t width = quarter ? state->buffer->height : state->buffer->width;
	uint32_t height = quarter ? state->buffer->width : state->buffer->height;

	return !state->source_set && !state->destination_set &&
	       (uint32_t)(node->box.x2 - node->box.x1) % width == 0 &&
	       (uint32_t)(node->box.y2 - node->box.y1) % height == 0;
}

/* Adds the pixels that have to do with the surface's region, which reaches further by `reach`. */
static void add_pixels(const struct lend_output *output, const struct node *node,
		       const pixman_region32_t *region, int32_t reach, pixman_region32_t *pixels)
{
	struct pixman_f_transform matrix;
	int n = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);

	node_matrix(output, node, &matrix);
	for (int i = 0; i < n; i++) {
		pixman_box32_t box = {boxes[i].x1 - reach, boxes[i].y1 - reach, boxes[i].x2 + reach,
				      boxes[i].y2 + reach};
		box = box_map(&matrix, &box);
		pixman_region32_union_rect(pixels, pixels, node->box.x1 + box.x1,
					   node->box.y1 + box.y1, (unsigned)(box.x2 - box.x1),
					   (unsigned)(box.y2 - box.y1));
	}
}

void node_find_damage(const struct lend_output *output, const struct node *node,
		      const pixman_region32_t *damage, pixman_region32_t *pixels)
{
	if (output_is_plain(output)) {
		pixman_region32_copy(pixels, (pixman_region32_t *)damage);
		pixman_region32_translate(pixels, node->x, node->y);
	} else {
		/* Filtering reaches a pixel of the buffer further; if that is no unit of the
		 * surface, the damage has it already. */
		pixman_region32_clear(pixels);
		add_pixels(output, node, damage, node->surface->identity, pixels);
	}
	pixman_region32_intersect(pixels, pixels, (pixman_region32_t *)&node->visible);
}

/* What has nothing to do with the rest, which does not depend on how the regions are made up. */
void node_find_opaque(const struct lend_output *output, struct node *node)
{
	pixman_region32_t *opaque = &node->surface->opaque, rest;
	const pixman_box32_t *box = &node->box;

	if (output_is_plain(output)) {
		pixman_region32_copy(&node->opaque, opaque);
		pixman_region32_translate(&node->opaque, node->x, node->y);
		return;
	}
	pixman_region32_init_rect(&rest, 0, 0, (unsigned)node->width, (unsigned)node->height);
	pixman_region32_subtract(&rest, &rest, opaque);
	pixman_region32_clear(&node->opaque);
	add_pixels(output, node, &rest, 0, &node->opaque);
	pixman_region32_fini(&rest);
	pixman_region32_init_rect(&rest, box->x1, box->y1, (unsigned)(box->x2 - box->x1),
				  (unsigned)(box->y2 - box->y1));
	pixman_region32_subtract(&node->opaque, &rest, &node->opaque);
	pixman_region32_fini(&rest);
}
