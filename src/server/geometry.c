/* SPDX-License-Identifier: MIT */
/* Between a buffer's coordinates and its surface's: transform, scale, crop. */
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

/* The transform's inverse: from buffer to surface, both of them unit squares. */
static void untransform(struct pixman_f_transform *matrix, int32_t transform)
{
	static const double unit[8][6] = {
		/* xx, xy, x0, yx, yy, y0 */
		[WL_OUTPUT_TRANSFORM_NORMAL] = {1, 0, 0, 0, 1, 0},
		[WL_OUTPUT_TRANSFORM_90] = {0, -1, 1, 1, 0, 0},
		[WL_OUTPUT_TRANSFORM_180] = {-1, 0, 1, 0, -1, 1},
		[WL_OUTPUT_TRANSFORM_270] = {0, 1, 0, -1, 0, 1},
		[WL_OUTPUT_TRANSFORM_FLIPPED] = {-1, 0, 1, 0, 1, 0},
		[WL_OUTPUT_TRANSFORM_FLIPPED_90] = {0, 1, 0, 1, 0, 0},
		[WL_OUTPUT_TRANSFORM_FLIPPED_180] = {1, 0, 0, 0, -1, 1},
		[WL_OUTPUT_TRANSFORM_FLIPPED_270] = {0, -1, 1, -1, 0, 1},
	};
	const double *u = unit[transform];

	pixman_f_transform_init_identity(matrix);
	matrix->m[0][0] = u[0];
	matrix->m[0][1] = u[1];
	matrix->m[0][2] = u[2];
	matrix->m[1][0] = u[3];
	matrix->m[1][1] = u[4];
	matrix->m[1][2] = u[5];
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
		untransform(matrix, state->transform);
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

/* The whole number below, of any that regions can count with. */
static int32_t floor_of(double coordinate)
{
	const double limit = 2.0 * SURFACE_MAX;
	double within = most(-limit, least(coordinate, limit));

	return (int32_t)within - (within < (int32_t)within);
}

/* The bounding box of a box's image, outwards to whole pixels; a hair is left out for rounding. */
static pixman_box32_t map_box(const struct pixman_f_transform *matrix, const pixman_box32_t *box)
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
	return surface->identity ? *box : map_box(&surface->from_buffer, box);
}

pixman_box32_t surface_box_to_buffer(const struct surface *surface, const pixman_box32_t *box)
{
	struct pixman_f_transform inverse;

	if (surface->identity || !pixman_f_transform_invert(&inverse, &surface->from_buffer))
		return *box;
	return map_box(&inverse, box);
}
