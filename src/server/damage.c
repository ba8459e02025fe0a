/* SPDX-License-Identifier: MIT */
/* Regions, and what the last frames changed. */
#include "server/server.h"

/* ---- regions --------------------------------------------------------------------------------- */

bool region_bound(pixman_region32_t *region)
{
	if (pixman_region32_n_rects(region) <= RECTS_MAX)
		return false;
	pixman_box32_t box = *pixman_region32_extents(region);
	pixman_region32_fini(region);
	pixman_region32_init_rect(region, box.x1, box.y1, (unsigned)(box.x2 - box.x1),
				  (unsigned)(box.y2 - box.y1));
	return true;
}

bool region_add(pixman_region32_t *region, int32_t x, int32_t y, int32_t width, int32_t height)
{
	/* INT32_MAX stands for "everything" in many clients; keep sums of coordinates in range. */
	const int64_t limit = 1 << 24;
	int64_t x1 = x < -limit ? -limit : x, y1 = y < -limit ? -limit : y;
	int64_t x2 = (int64_t)x + width, y2 = (int64_t)y + height;

	x2 = x2 > limit ? limit : x2;
	y2 = y2 > limit ? limit : y2;
	if (x2 <= x1 || y2 <= y1)
		return false;
	pixman_region32_union_rect(region, region, (int)x1, (int)y1, (unsigned)(x2 - x1),
				   (unsigned)(y2 - y1));
	return region_bound(region);
}

size_t region_list(const pixman_region32_t *region, struct lend_rect rects[RECTS_MAX])
{
	int n = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);

	if (n > RECTS_MAX) {
		boxes = pixman_region32_extents((pixman_region32_t *)region);
		n = 1;
	}
	for (int i = 0; i < n; i++)
		rects[i] = (struct lend_rect){boxes[i].x1, boxes[i].y1, boxes[i].x2 - boxes[i].x1,
					      boxes[i].y2 - boxes[i].y1};
	return (size_t)n;
}

uint64_t region_area(const pixman_region32_t *region)
{
	uint64_t area = 0;
	int n = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);

	for (int i = 0; i < n; i++)
		area += (uint64_t)(boxes[i].x2 - boxes[i].x1) *
			(uint64_t)(boxes[i].y2 - boxes[i].y1);
	return area;
}

void region_intersect_box(pixman_region32_t *region, const pixman_region32_t *with,
			  const pixman_box32_t *box)
{
	pixman_region32_intersect_rect(region, (pixman_region32_t *)with, box->x1, box->y1,
				       (unsigned)(box->x2 - box->x1),
				       (unsigned)(box->y2 - box->y1));
}

/* ---- what the last frames changed ----------------------------------------------------------- */

void damage_ring_init(struct damage_ring *ring)
{
	ring->sequence = ring->start = 0;
	for (int i = 0; i < DAMAGE_FRAMES; i++)
		pixman_region32_init(&ring->frames[i]);
}

void damage_ring_finish(struct damage_ring *ring)
{
	for (int i = 0; i < DAMAGE_FRAMES; i++)
		pixman_region32_fini(&ring->frames[i]);
}

void damage_ring_restart(struct damage_ring *ring)
{
	ring->start = ring->sequence + 1;
}

void damage_ring_push(struct damage_ring *ring, const pixman_region32_t *damage)
{
	ring->sequence++;
	pixman_region32_copy(&ring->frames[ring->sequence % DAMAGE_FRAMES],
			     (pixman_region32_t *)damage);
}

void damage_ring_since(const struct damage_ring *ring, uint64_t sequence, int32_t width,
		       int32_t height, pixman_region32_t *damage)
{
	if (sequence == 0 || sequence < ring->start || ring->sequence - sequence > DAMAGE_FRAMES) {
		pixman_region32_fini(damage);
		pixman_region32_init_rect(damage, 0, 0, (unsigned)width, (unsigned)height);
		return;
	}
	pixman_region32_clear(damage);
	for (uint64_t i = sequence + 1; i <= ring->sequence; i++)
		pixman_region32_union(damage, damage,
				      (pixman_region32_t *)&ring->frames[i % DAMAGE_FRAMES]);
	region_bound(damage);
}
