/* SPDX-License-Identifier: MIT */
/* Movements within a region of any shape: along its edges, never across a gap. */
#include "seat.h"

#include <math.h>

/* What a fixed-point number can tell from the edge. */
#define HAIR	 (1.0 / 256)
#define ROUNDING 1e-6

static double clamp(double value, double low, double high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

static struct place clamp_into(const pixman_box32_t *box, struct place place)
{
	return (struct place){clamp(place.x, box->x1, box->x2 - HAIR),
			      clamp(place.y, box->y1, box->y2 - HAIR)};
}

/* The place itself if it is inside. An empty region has none: then as well. */
static struct place nearest(const pixman_box32_t *boxes, int n, struct place place)
{
	struct place best = place;
	double least = INFINITY;

	for (int i = 0; i < n; i++) {
		struct place near = clamp_into(&boxes[i], place);
		double dx = near.x - place.x, dy = near.y - place.y;
		if (dx * dx + dy * dy >= least)
			continue;
		least = dx * dx + dy * dy;
		best = near;
	}
	return best;
}

static double limit(double from, double by, double low, double high)
{
	if (by > 0)
		return (high - from) / by;
	return by < 0 ? (low - from) / by : INFINITY;
}

/* How much of the way from a place to another one lies within the box, its edges included; less
 * than 0: nothing, since it begins elsewhere. */
static double reach(const pixman_box32_t *box, struct place from, double dx, double dy)
{
	if (from.x < box->x1 - ROUNDING || from.x > box->x2 + ROUNDING ||
	    from.y < box->y1 - ROUNDING || from.y > box->y2 + ROUNDING)
		return -1;
	return fmin(limit(from.x, dx, box->x1, box->x2), limit(from.y, dy, box->y1, box->y2));
}

/* As far on that way as the region goes, from box to box. */
static struct place advance(const pixman_box32_t *boxes, int n, struct place from, double dx,
			    double dy)
{
	double part = 0;
	struct place at = from;

	for (int step = 0; step <= n && part < 1; step++) {
		double furthest = 0;
		for (int i = 0; i < n; i++)
			furthest = fmax(furthest, reach(&boxes[i], at, dx, dy));
		if (furthest <= 0)
			break;
		part = fmin(part + furthest, 1);
		at = (struct place){from.x + part * dx, from.y + part * dy};
	}
	return at;
}

struct place confine(const pixman_region32_t *region, struct place from, struct place to)
{
	int n = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);

	from = nearest(boxes, n, from);
	struct place at = advance(boxes, n, from, to.x - from.x, to.y - from.y);
	at = advance(boxes, n, at, to.x - at.x, 0);
	at = advance(boxes, n, at, 0, to.y - at.y);
	return nearest(boxes, n, at);
}
