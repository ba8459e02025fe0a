/* SPDX-License-Identifier: MIT */
/* Where xdg_positioner's rules put a popup: each rule by itself, then what holds for all of them.
 */
#include "server/globals/xdg_shell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka wants those above first, and has a macro fail() */
#include <cmocka.h>

#define ANCHOR(edge)  XDG_POSITIONER_ANCHOR_##edge
#define GRAVITY(edge) XDG_POSITIONER_GRAVITY_##edge
#define FLIP_X	      XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_X
#define FLIP_Y	      XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_Y
#define SLIDE_X	      XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X
#define SLIDE_Y	      XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y
#define RESIZE_X      XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_RESIZE_X
#define RESIZE_Y      XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_RESIZE_Y

struct row {
	const char *name;
	struct positioner_rules rules;
	struct lend_rect expected;
};

static void check(const struct row *row, const struct pixman_box32 *bounds)
{
	struct lend_rect got = positioner_place(&row->rules, bounds);

	if (memcmp(&got, &row->expected, sizeof(got)) != 0)
		fail_msg("%s: %dx%d at %d,%d instead of %dx%d at %d,%d", row->name, got.width,
			 got.height, got.x, got.y, row->expected.width, row->expected.height,
			 row->expected.x, row->expected.y);
}

/* ---- anchor and gravity --------------------------------------------------------------------- */

/* A popup of 20x10 at an anchor rectangle of 40x60 at 100,200. */
static void anchors_and_gravities(void **state)
{
#define AT(a, g, x_, y_)                                                                           \
	{                                                                                          \
		.name = #a " " #g, .rules = {.anchor = ANCHOR(a), .gravity = GRAVITY(g)},          \
		.expected = {                                                                      \
			x_,                                                                        \
			y_,                                                                        \
			20,                                                                        \
			10                                                                         \
		}                                                                                  \
	}
	static const struct row rows[] = {
		AT(NONE, NONE, 110, 225),
		AT(TOP, NONE, 110, 195),
		AT(BOTTOM, NONE, 110, 255),
		AT(LEFT, NONE, 90, 225),
		AT(RIGHT, NONE, 130, 225),
		AT(TOP_LEFT, NONE, 90, 195),
		AT(BOTTOM_LEFT, NONE, 90, 255),
		AT(TOP_RIGHT, NONE, 130, 195),
		AT(BOTTOM_RIGHT, NONE, 130, 255),
		AT(NONE, TOP, 110, 220),
		AT(NONE, BOTTOM, 110, 230),
		AT(NONE, LEFT, 100, 225),
		AT(NONE, RIGHT, 120, 225),
		AT(NONE, TOP_LEFT, 100, 220),
		AT(NONE, BOTTOM_LEFT, 100, 230),
		AT(NONE, TOP_RIGHT, 120, 220),
		AT(NONE, BOTTOM_RIGHT, 120, 230),
		AT(BOTTOM_LEFT, BOTTOM_RIGHT, 100, 260),
		AT(TOP_RIGHT, BOTTOM_RIGHT, 140, 200),
		AT(TOP_LEFT, TOP_LEFT, 80, 190),
	};
#undef AT

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct row row = rows[i];
		row.rules.width = 20;
		row.rules.height = 10;
		row.rules.anchor_rect = (struct lend_rect){100, 200, 40, 60};
		check(&row, NULL);
		row.rules.offset_x = -7;
		row.rules.offset_y = 1000;
		row.expected.x -= 7;
		row.expected.y += 1000;
		check(&row, NULL);
	}
}

/* ---- adjustments ---------------------------------------------------------------------------- */

/* Along the x axis, within 0 to 100. Anchor and gravity are the same edge. */
struct along {
	const char *name;
	uint32_t edge;
	int32_t length, rect_start, rect_length, offset;
	uint32_t adjustment;
	int32_t expected_start, expected_length;
};

static const struct along adjustments[] = {
	{"unconstrained", ANCHOR(RIGHT), 30, 40, 10, 0, FLIP_X | SLIDE_X | RESIZE_X, 50, 30},
	{"none allowed", ANCHOR(RIGHT), 30, 80, 10, 0, FLIP_Y | SLIDE_Y | RESIZE_Y, 90, 30},
	{"flips at the right", ANCHOR(RIGHT), 30, 80, 10, 0, FLIP_X, 50, 30},
	{"flips at the left", ANCHOR(LEFT), 30, 5, 10, 0, FLIP_X, 15, 30},
	{"flips with the offset as it was", ANCHOR(RIGHT), 30, 80, 10, -3, FLIP_X, 47, 30},
	{"does not flip if it still does not fit", ANCHOR(RIGHT), 60, 50, 2, 0, FLIP_X, 52, 60},
	{"slides left", ANCHOR(RIGHT), 30, 80, 10, 0, SLIDE_X, 70, 30},
	{"slides right", ANCHOR(LEFT), 30, 5, 10, 0, SLIDE_X, 0, 30},
	{"slides without gravity", ANCHOR(NONE), 30, 95, 10, 0, SLIDE_X, 70, 30},
	{"slides from far outside", ANCHOR(NONE), 30, -5000, 10, 0, SLIDE_X, 0, 30},
	{"too long, slides to the start", ANCHOR(RIGHT), 120, 50, 10, 0, SLIDE_X, 0, 120},
	{"too long leftwards, slides to the end", ANCHOR(LEFT), 120, 50, 10, 0, SLIDE_X, -20, 120},
	{"flips rather than slides", ANCHOR(RIGHT), 30, 80, 10, 0, FLIP_X | SLIDE_X, 50, 30},
	{"slides if it cannot flip", ANCHOR(RIGHT), 60, 50, 2, 0, FLIP_X | SLIDE_X, 40, 60},
	{"slides rather than is cut", ANCHOR(RIGHT), 30, 80, 10, 0, SLIDE_X | RESIZE_X, 70, 30},
	{"is cut at the right", ANCHOR(RIGHT), 30, 80, 10, 0, RESIZE_X, 90, 10},
	{"is cut at the left", ANCHOR(LEFT), 30, 5, 10, 0, RESIZE_X, 0, 5},
	{"slides and is cut", ANCHOR(LEFT), 120, 50, 10, 0, SLIDE_X | RESIZE_X, 0, 100},
	{"is not cut to nothing", ANCHOR(NONE), 30, 500, 10, 0, RESIZE_X, 490, 30},
};

static const struct pixman_box32 box = {0, 0, 100, 100};

static struct row along_x(const struct along *along)
{
	return (struct row){
		.name = along->name,
		.rules = {.width = along->length,
			  .height = 5,
			  .anchor_rect = {along->rect_start, 10, along->rect_length, 1},
			  .anchor = along->edge,
			  .gravity = along->edge,
			  .offset_x = along->offset,
			  .adjustment = along->adjustment},
		.expected = {along->expected_start, 8, along->expected_length, 5},
	};
}

static void adjusts_along_x(void **state)
{
	for (size_t i = 0; i < sizeof(adjustments) / sizeof(adjustments[0]); i++) {
		struct row row = along_x(&adjustments[i]);
		check(&row, &box);
	}
}

static uint32_t turned_edge(uint32_t edge)
{
	static const uint32_t turned[] = {
		[ANCHOR(NONE)] = ANCHOR(NONE),
		[ANCHOR(TOP)] = ANCHOR(LEFT),
		[ANCHOR(BOTTOM)] = ANCHOR(RIGHT),
		[ANCHOR(LEFT)] = ANCHOR(TOP),
		[ANCHOR(RIGHT)] = ANCHOR(BOTTOM),
		[ANCHOR(TOP_LEFT)] = ANCHOR(TOP_LEFT),
		[ANCHOR(BOTTOM_LEFT)] = ANCHOR(TOP_RIGHT),
		[ANCHOR(TOP_RIGHT)] = ANCHOR(BOTTOM_LEFT),
		[ANCHOR(BOTTOM_RIGHT)] = ANCHOR(BOTTOM_RIGHT),
	};

	return turned[edge];
}

/* x for y and y for x. */
static struct positioner_rules turned(const struct positioner_rules *rules)
{
	uint32_t adjustment = rules->adjustment;

	return (struct positioner_rules){
		.width = rules->height,
		.height = rules->width,
		.anchor_rect = {rules->anchor_rect.y, rules->anchor_rect.x,
				rules->anchor_rect.height, rules->anchor_rect.width},
		.anchor = turned_edge(rules->anchor),
		.gravity = turned_edge(rules->gravity),
		.offset_x = rules->offset_y,
		.offset_y = rules->offset_x,
		.adjustment = (adjustment & 0x15) << 1 | (adjustment & 0x2a) >> 1,
	};
}

static void adjusts_along_y(void **state)
{
	for (size_t i = 0; i < sizeof(adjustments) / sizeof(adjustments[0]); i++) {
		struct row row = along_x(&adjustments[i]);
		const struct lend_rect *rect = &row.expected;
		struct row other = {row.name, .rules = turned(&row.rules),
				    .expected = {rect->y, rect->x, rect->height, rect->width}};
		check(&other, &box);
	}
}

/* ---- what holds for any rules --------------------------------------------------------------- */

static int32_t between(int32_t low, int32_t high)
{
	return low + (int32_t)(random() % (high - low + 1));
}

static struct positioner_rules random_rules(void)
{
	return (struct positioner_rules){
		.width = between(1, 150),
		.height = between(1, 150),
		.anchor_rect = {between(-150, 150), between(-150, 150), between(1, 60),
				between(1, 60)},
		.anchor = (uint32_t)between(0, 8),
		.gravity = (uint32_t)between(0, 8),
		.adjustment = (uint32_t)between(0, 63),
		.offset_x = between(-20, 20),
		.offset_y = between(-20, 20),
	};
}

static bool fits(int32_t start, int32_t length)
{
	return start >= 0 && start + length <= 100;
}

static void holds_for_any_rules(void **state)
{
	srandom(1);
	for (int i = 0; i < 200000; i++) {
		struct positioner_rules rules = random_rules();
		struct lend_rect plain = positioner_place(&rules, NULL);
		struct lend_rect place = positioner_place(&rules, &box);
		/* What fits stays where it is. */
		if (fits(plain.x, plain.width)) {
			assert_int_equal(place.x, plain.x);
			assert_int_equal(place.width, plain.width);
		}
		/* What may slide and is not too long fits in the end. */
		if (rules.adjustment & SLIDE_X && rules.width <= 100)
			assert_true(fits(place.x, place.width));
		/* What may slide and be cut fits always. */
		if (rules.adjustment & SLIDE_Y && rules.adjustment & RESIZE_Y)
			assert_true(fits(place.y, place.height));
		/* Nothing vanishes or grows; it is only cut if that is allowed. */
		assert_in_range(place.width, 1, rules.width);
		assert_in_range(place.height, 1, rules.height);
		if (!(rules.adjustment & RESIZE_X))
			assert_int_equal(place.width, rules.width);
	}
}

static void axes_are_alike(void **state)
{
	srandom(2);
	for (int i = 0; i < 200000; i++) {
		struct positioner_rules rules = random_rules(), other = turned(&rules);
		struct lend_rect a = positioner_place(&rules, &box);
		struct lend_rect b = positioner_place(&other, &box);
		assert_int_equal(a.x, b.y);
		assert_int_equal(a.y, b.x);
		assert_int_equal(a.width, b.height);
		assert_int_equal(a.height, b.width);
	}
}

/* The largest and smallest numbers a client can send; the sanitiser watches the sums. */
static void extreme_numbers(void **state)
{
	const int32_t positions[] = {INT32_MIN, -1, 0, INT32_MAX};
	const int32_t sizes[] = {1, INT32_MAX};

	for (unsigned i = 0; i < 4 * 4 * 2 * 2; i++) {
		struct positioner_rules rules = {
			.width = sizes[i & 1],
			.height = sizes[i & 1],
			.anchor_rect = {positions[i >> 1 & 3], positions[i >> 1 & 3],
					sizes[i >> 3 & 1], sizes[i >> 3 & 1]},
			.offset_x = positions[i >> 4 & 3],
			.offset_y = positions[i >> 4 & 3],
		};
		for (uint32_t edge = 0; edge < 9; edge++) {
			rules.anchor = edge;
			rules.gravity = edge;
			rules.adjustment = 0;
			struct lend_rect place = positioner_place(&rules, &box);
			assert_in_range(place.x + (1 << 20), 0, 1 << 21);
			assert_int_equal(place.width, rules.width);
			rules.adjustment = 63;
			place = positioner_place(&rules, &box);
			assert_true(fits(place.x, place.width) && fits(place.y, place.height));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anchors_and_gravities), cmocka_unit_test(adjusts_along_x),
		cmocka_unit_test(adjusts_along_y),	 cmocka_unit_test(holds_for_any_rules),
		cmocka_unit_test(axes_are_alike),	 cmocka_unit_test(extreme_numbers),
	};

	return cmocka_run_group_tests_name("positioner", tests, NULL, NULL);
}
