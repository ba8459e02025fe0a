/* SPDX-License-Identifier: MIT */
/* What is where, in the space that all outputs share. */
#include "seat.h"

#include <math.h>

/* Positions are never less than 0 on their output, so that casts round down. */
static bool accepts(const struct node *node, double x, double y)
{
	const struct surface *surface = node->surface;
	const pixman_box32_t *clip = &node->clip;
	int32_t on_output_x = (int32_t)x, on_output_y = (int32_t)y;
	int32_t on_x = on_output_x - node->x, on_y = on_output_y - node->y;

	if (on_output_x < clip->x1 || on_output_x >= clip->x2 || on_output_y < clip->y1 ||
	    on_output_y >= clip->y2)
		return false;
	if (!surface_has_buffer(surface) || on_x < 0 || on_y < 0 || on_x >= surface->width ||
	    on_y >= surface->height)
		return false;
	return surface->current.input_infinite ||
	       pixman_region32_contains_point((pixman_region32_t *)&surface->current.input, on_x,
					      on_y, NULL);
}

static bool contains(const struct lend_output *output, double x, double y)
{
	return x >= output->x && y >= output->y && x < output->x + output->width &&
	       y < output->y + output->height;
}

struct lend_output *output_at(const struct lend_server *server, double x, double y)
{
	struct lend_output *output;

	wl_list_for_each (output, &server->outputs, link) {
		if (contains(output, x, y))
			return output;
	}
	return NULL;
}

static struct spot spot_of(const struct lend_output *output, const struct node *node)
{
	return (struct spot){node->surface, output->x + node->x, output->y + node->y};
}

struct spot pick(const struct lend_server *server, double x, double y)
{
	const struct lend_output *output = output_at(server, x, y);

	for (size_t i = output ? output->n_nodes : 0; i-- > 0;)
		if (accepts(&output->nodes[i], x - output->x, y - output->y))
			return spot_of(output, &output->nodes[i]);
	return (struct spot){0};
}

bool spot_follow(const struct lend_server *server, struct spot *spot)
{
	const struct lend_output *output;

	wl_list_for_each (output, &server->outputs, link) {
		for (size_t i = 0; i < output->n_nodes; i++) {
			if (output->nodes[i].surface != spot->surface ||
			    !surface_has_buffer(spot->surface))
				continue;
			*spot = spot_of(output, &output->nodes[i]);
			return true;
		}
	}
	return false;
}

wl_fixed_t spot_x(const struct spot *spot, double x)
{
	return wl_fixed_from_double(x - spot->x);
}

wl_fixed_t spot_y(const struct spot *spot, double y)
{
	return wl_fixed_from_double(y - spot->y);
}

/* Into [start, start + length): the last position that a fixed-point number can tell from the end.
 */
static double clamp(double value, int32_t start, int32_t length)
{
	double last = start + length - 1.0 / 256;

	if (value < start)
		return start;
	return value > last ? last : value;
}

bool place_clamp(const struct lend_server *server, double *x, double *y)
{
	const struct lend_output *output;
	double best = INFINITY, best_x = 0, best_y = 0;

	if (!isfinite(*x) || !isfinite(*y))
		return false;
	wl_list_for_each (output, &server->outputs, link) {
		double near_x = clamp(*x, output->x, output->width);
		double near_y = clamp(*y, output->y, output->height);
		double distance = (near_x - *x) * (near_x - *x) + (near_y - *y) * (near_y - *y);
		if (distance >= best)
			continue;
		best = distance;
		best_x = near_x;
		best_y = near_y;
	}
	*x = best_x;
	*y = best_y;
	return best < INFINITY;
}

/* All outputs: they start at 0,0. */
static struct lend_rect bounds(const struct lend_server *server)
{
	const struct lend_output *output;
	struct lend_rect rect = {0};

	wl_list_for_each (output, &server->outputs, link) {
		if (output->x + output->width > rect.width)
			rect.width = output->x + output->width;
		if (output->y + output->height > rect.height)
			rect.height = output->y + output->height;
	}
	return rect;
}

bool place_absolute(const struct lend_server *server, const struct lend_output *output, double *x,
		    double *y)
{
	struct lend_rect rect =
		output ? (struct lend_rect){output->x, output->y, output->width, output->height}
		       : bounds(server);

	*x = rect.x + *x * rect.width;
	*y = rect.y + *y * rect.height;
	return place_clamp(server, x, y);
}
