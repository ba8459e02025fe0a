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
	return x >= output->x && y >= output->y && x < output->x + output->logical_width &&
	       y < output->y + output->logical_height;
}

/* As long as others are lit, nobody can point at it. */
static bool is_dark(const struct lend_server *server, const struct lend_output *output)
{
	const struct lend_output *other;

	if (!output->off)
		return false;
	wl_list_for_each (other, &server->outputs, link) {
		if (!other->off)
			return true;
	}
	return false;
}

struct lend_output *output_at(const struct lend_server *server, double x, double y)
{
	struct lend_output *output;

	wl_list_for_each (output, &server->outputs, link) {
		if (contains(output, x, y) && !is_dark(server, output))
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
		if (is_dark(server, output))
			continue;
		double near_x = clamp(*x, output->x, output->logical_width);
		double near_y = clamp(*y, output->y, output->logical_height);
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

static struct lend_rect part_of(const struct lend_output *output)
{
	return (struct lend_rect){output->x, output->y, output->logical_width,
				  output->logical_height};
}

/* Of all outputs. */
static struct lend_rect bounds(const struct lend_server *server)
{
	const struct lend_output *output;
	pixman_box32_t box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};

	wl_list_for_each (output, &server->outputs, link) {
		if (is_dark(server, output))
			continue;
		int32_t right = output->x + output->logical_width;
		int32_t below = output->y + output->logical_height;
		box.x1 = output->x < box.x1 ? output->x : box.x1;
		box.y1 = output->y < box.y1 ? output->y : box.y1;
		box.x2 = right > box.x2 ? right : box.x2;
		box.y2 = below > box.y2 ? below : box.y2;
	}
	if (box.x1 > box.x2)
		return (struct lend_rect){0};
	return (struct lend_rect){box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1};
}

/* Fingers and tablets lie on the display, whichever way up its picture is. */
static void turn(const struct lend_output *output, double *x, double *y)
{
	*x *= output->width;
	*y *= output->height;
	output_point_from_pixels(output, x, y);
	*x /= output->logical_width;
	*y /= output->logical_height;
}

bool place_absolute(const struct lend_server *server, const struct lend_output *output, double *x,
		    double *y)
{
	struct lend_rect rect = output ? part_of(output) : bounds(server);

	if (!isfinite(*x) || !isfinite(*y))
		return false;
	if (output)
		turn(output, x, y);
	*x = rect.x + *x * rect.width;
	*y = rect.y + *y * rect.height;
	/* Where one output ends another may begin. */
	*x = clamp(*x, rect.x, rect.width);
	*y = clamp(*y, rect.y, rect.height);
	return place_clamp(server, x, y);
}
