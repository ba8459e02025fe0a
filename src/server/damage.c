/* SPDX-License-Identifier: MIT */
#include "server/server.h"

void damage_ring_init(struct damage_ring *ring)
{
	ring->sequence = 0;
	for (int i = 0; i < DAMAGE_FRAMES; i++)
		pixman_region32_init(&ring->frames[i]);
}

void damage_ring_finish(struct damage_ring *ring)
{
	for (int i = 0; i < DAMAGE_FRAMES; i++)
		pixman_region32_fini(&ring->frames[i]);
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
	if (sequence == 0 || ring->sequence - sequence > DAMAGE_FRAMES) {
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
