/* SPDX-License-Identifier: MIT */
#include "client/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIDE 48

/* Marks the set in the picture; fails where rectangles overlap or leave it. */
static void paint(const struct damage *damage, unsigned char picture[SIDE][SIDE])
{
	memset(picture, 0, (size_t)SIDE * SIDE);
	for (size_t i = 0; i < damage->n; i++) {
		const struct lend_rect *rect = &damage->rects[i];
		assert_true(rect->x >= 0 && rect->y >= 0 && rect->width > 0 && rect->height > 0);
		assert_true(rect->x + rect->width <= SIDE && rect->y + rect->height <= SIDE);
		for (int y = rect->y; y < rect->y + rect->height; y++)
			for (int x = rect->x; x < rect->x + rect->width; x++)
				assert_int_equal(picture[y][x]++, 0);
	}
}

static bool inside(const struct lend_rect *rect, int x, int y)
{
	return x >= rect->x && x - rect->x < rect->width && y >= rect->y &&
	       y - rect->y < rect->height;
}

/* Some reach over the edges, some are empty. */
static struct lend_rect random_rect(void)
{
	return (struct lend_rect){rand() % (SIDE + 10) - 5, rand() % (SIDE + 10) - 5,
				  rand() % 14 - 2, rand() % 14 - 2};
}

static void test_is_exact_and_disjoint(void **state)
{
	unsigned char picture[SIDE][SIDE];
	srand(1);
	for (int round = 0; round < 2000; round++) {
		struct damage damage = {0};
		struct lend_rect rects[8];
		int n = rand() % 8 + 1;
		for (int i = 0; i < n; i++) {
			rects[i] = random_rect();
			damage_add(&damage, rects[i], SIDE, SIDE);
		}
		paint(&damage, picture);
		for (int y = 0; y < SIDE; y++) {
			for (int x = 0; x < SIDE; x++) {
				bool covered = false;
				for (int i = 0; i < n; i++)
					covered |= inside(&rects[i], x, y);
				assert_int_equal(picture[y][x], covered);
			}
		}
	}
}

static void test_extreme_rectangles_are_clipped(void **state)
{
	static const struct {
		struct lend_rect in, out;
	} rows[] = {
		{{INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX}, {0, 0, 0, 0}},
		{{-10, -10, INT32_MAX, INT32_MAX}, {0, 0, SIDE, SIDE}},
		{{INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX}, {0, 0, 0, 0}},
		{{10, 10, INT32_MIN, 5}, {0, 0, 0, 0}},
		{{10, 11, INT32_MAX, 5}, {10, 11, SIDE - 10, 5}},
		{{5, 5, 0, 5}, {0, 0, 0, 0}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct damage damage = {0};
		damage_add(&damage, rows[i].in, SIDE, SIDE);
		assert_int_equal(damage.n, rows[i].out.width > 0);
		if (damage.n > 0)
			assert_memory_equal(&damage.rects[0], &rows[i].out, sizeof(rows[i].out));
	}
}

static void test_too_many_become_their_bounding_box(void **state)
{
	struct damage damage = {0};
	for (int i = 0; i < 1000; i++)
		damage_add(&damage, (struct lend_rect){2 * i, 3, 1, i % 7 + 1}, 10000, 100);
	assert_true(damage.n >= 1 && damage.n <= DAMAGE_MAXIMUM);
	int32_t right = 0, bottom = 0, left = INT32_MAX;
	for (size_t i = 0; i < damage.n; i++) {
		const struct lend_rect *rect = &damage.rects[i];
		left = rect->x < left ? rect->x : left;
		right = rect->x + rect->width > right ? rect->x + rect->width : right;
		bottom = rect->y + rect->height > bottom ? rect->y + rect->height : bottom;
	}
	assert_int_equal(left, 0);
	assert_int_equal(right, 1999);
	assert_int_equal(bottom, 10);
}

/* Whatever the order and number, nothing that was damaged is lost. */
static void test_nothing_is_lost_in_overflow(void **state)
{
	unsigned char picture[SIDE][SIDE];
	srand(2);
	for (int round = 0; round < 50; round++) {
		struct damage damage = {0};
		struct lend_rect rects[300];
		for (int i = 0; i < 300; i++) {
			rects[i] = (struct lend_rect){rand() % SIDE, rand() % SIDE, 1, 1};
			damage_add(&damage, rects[i], SIDE, SIDE);
		}
		paint(&damage, picture);
		for (int i = 0; i < 300; i++)
			assert_int_equal(picture[rects[i].y][rects[i].x], 1);
	}
}

static void test_union(void **state)
{
	struct damage a = {0}, b = {0};
	damage_add(&a, (struct lend_rect){0, 0, 10, 10}, SIDE, SIDE);
	damage_add(&b, (struct lend_rect){5, 5, 10, 10}, SIDE, SIDE);
	damage_unite(&a, &b, SIDE, SIDE);
	int area = 0;
	for (size_t i = 0; i < a.n; i++)
		area += a.rects[i].width * a.rects[i].height;
	assert_int_equal(area, 100 + 100 - 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_exact_and_disjoint),
		cmocka_unit_test(test_extreme_rectangles_are_clipped),
		cmocka_unit_test(test_too_many_become_their_bounding_box),
		cmocka_unit_test(test_nothing_is_lost_in_overflow),
		cmocka_unit_test(test_union),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
