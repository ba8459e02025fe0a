/* SPDX-License-Identifier: MIT */
/* What clients draw in lent memory is what is seen. */
#include "screen.h"

static void flip(uint32_t count)
{
	struct screen screen;
	struct lent lent;

	screen_open(&screen, 0);
	lent_open(&screen, 0, count, &lent);
	lent_settle(&lent, screen_direct_path(&screen));
	uint64_t copied = output_copied(screen.test->outputs[0]);
	for (unsigned i = 0; i < 2 * count; i++) {
		lent_show(&lent, i);
		canvas_expect(&screen.canvases[0], 0, 0, lent_all(&lent), i);
		screen_check(&screen, 0, "a flip");
	}
	if (screen.display.facts->can & DISPLAY_LENDS)
		assert_int_equal(output_copied(screen.test->outputs[0]), copied);
	lent_close(&lent);
	screen_close(&screen);
}

static void two_buffers_flip(void)
{
	flip(2);
}

static void three_buffers_flip(void)
{
	flip(3);
}

/* Each frame changes a square; the buffer that comes next lacks the one before as well, and brings
 * along what lies beneath. */
static void small_damage_leaves_nothing_stale(void)
{
	struct part last = {0}, squares[6];
	struct screen screen;
	struct lent lent;

	screen_open(&screen, 0);
	lent_open(&screen, 0, 2, &lent);
	lent_settle(&lent, screen_direct_path(&screen));
	for (unsigned i = 0; i < 2; i++)
		lent_show(&lent, 1);
	canvas_expect(&screen.canvases[0], 0, 0, lent_all(&lent), 1);
	for (int i = 0; i < 6; i++) {
		struct lent_buffer *buffer = lent_next(&lent);
		squares[i] = (struct part){40 + i * 50, 30 + i * 40, 33, 21};
		lent_draw(&lent, buffer, last, 2);
		lent_draw(&lent, buffer, squares[i], 2);
		lent_commit(&lent, buffer, squares[i]);
		canvas_expect(&screen.canvases[0], 0, 0, squares[i], 2);
		screen_check(&screen, 0, "small damage");
		last = squares[i];
	}
	lent_close(&lent);
	screen_close(&screen);
}

static void a_front_buffer_is_seen_at_once_or_when_committed(void)
{
	const struct part square = {200, 100, 77, 55};
	struct screen screen;
	struct lent lent;

	screen_open(&screen, DISPLAY_LENDS);
	lent_open(&screen, FRAMELEND_CHAIN_V1_USAGE_FRONT, 1, &lent);
	const struct display_facts *facts = screen.display.facts;
	lent_settle(&lent, screen_direct_path(&screen));
	lent_show(&lent, 1);
	canvas_expect(&screen.canvases[0], 0, 0, lent_all(&lent), 1);
	screen_check(&screen, 0, "a front buffer");
	for (unsigned i = 0; i < 3; i++) {
		struct lent_buffer *buffer = &lent.chain.buffers[0];
		lent_draw(&lent, buffer, square, 2 + i);
		if (!facts->uploads)
			canvas_expect(&screen.canvases[0], 0, 0, square, 2 + i);
		if (!facts->seen_early)
			screen_check(&screen, 0, "drawn, but not committed");
		lent_commit(&lent, buffer, square);
		canvas_expect(&screen.canvases[0], 0, 0, square, 2 + i);
		screen_check(&screen, 0, "drawn and committed");
	}
	lent_close(&lent);
	screen_close(&screen);
}

static const struct harness_test tests[] = {
	{"two_buffers_flip", two_buffers_flip},
	{"three_buffers_flip", three_buffers_flip},
	{"small_damage_leaves_nothing_stale", small_damage_leaves_nothing_stale},
	{"a_front_buffer_is_seen_at_once_or_when_committed",
	 a_front_buffer_is_seen_at_once_or_when_committed},
};

const struct screen_tests lent_tests = {
	.tests = tests,
	.n = sizeof(tests) / sizeof(tests[0]),
};
