/* SPDX-License-Identifier: MIT */
#include "client/client.h"

#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The rectangle between the given edges; empty if they cross. */
static struct lend_rect between(int64_t left, int64_t top, int64_t right, int64_t bottom)
{
	if (right <= left || bottom <= top)
		return (struct lend_rect){0};
	return (struct lend_rect){(int32_t)left, (int32_t)top, (int32_t)(right - left),
				  (int32_t)(bottom - top)};
}

static struct lend_rect clip(struct lend_rect rect, uint32_t width, uint32_t height)
{
	if (rect.width <= 0 || rect.height <= 0)
		return (struct lend_rect){0};
	return between(most(rect.x, 0), most(rect.y, 0), least((int64_t)rect.x + rect.width, width),
		       least((int64_t)rect.y + rect.height, height));
}

static void collapse(struct damage *damage, struct lend_rect rect)
{
	int64_t left = rect.x, top = rect.y;
	int64_t right = left + rect.width, bottom = top + rect.height;
	for (size_t i = 0; i < damage->n; i++) {
		const struct lend_rect *other = &damage->rects[i];
		left = least(left, other->x);
		top = least(top, other->y);
		right = most(right, (int64_t)other->x + other->width);
		bottom = most(bottom, (int64_t)other->y + other->height);
	}
	damage->rects[0] = between(left, top, right, bottom);
	damage->n = 1;
}

/* Adds the parts of the rectangle that the set's members from `first` on do not cover. */
static void add_outside(struct damage *damage, size_t first, struct lend_rect rect)
{
	if (rect.width <= 0 || rect.height <= 0)
		return;
	int32_t right = rect.x + rect.width, bottom = rect.y + rect.height;
	for (size_t i = first; i < damage->n; i++) {
		struct lend_rect other = damage->rects[i];
		int32_t other_right = other.x + other.width, other_bottom = other.y + other.height;
		if (other.x >= right || other_right <= rect.x || other.y >= bottom ||
		    other_bottom <= rect.y)
			continue;
		int64_t middle_top = most(rect.y, other.y);
		int64_t middle_bottom = least(bottom, other_bottom);
		add_outside(damage, i + 1, between(rect.x, rect.y, right, middle_top));
		add_outside(damage, i + 1, between(rect.x, middle_top, other.x, middle_bottom));
		add_outside(damage, i + 1, between(other_right, middle_top, right, middle_bottom));
		add_outside(damage, i + 1, between(rect.x, middle_bottom, right, bottom));
		return;
	}
	if (damage->n < DAMAGE_MAXIMUM)
		damage->rects[damage->n++] = rect;
	else
		collapse(damage, rect);
}

void damage_add(struct damage *damage, struct lend_rect rect, uint32_t width, uint32_t height)
{
	add_outside(damage, 0, clip(rect, width, height));
}

void damage_unite(struct damage *damage, const struct damage *other, uint32_t width,
		  uint32_t height)
{
	for (size_t i = 0; i < other->n; i++)
		damage_add(damage, other->rects[i], width, height);
}
