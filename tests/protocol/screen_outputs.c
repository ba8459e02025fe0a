/* SPDX-License-Identifier: MIT */
/* Several connectors, what was there before, and wishes that cannot be granted. */
#include "screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void each_connector_shows_its_own(void)
{
	struct screen screen;
	struct lent left, right;

	screen_open(&screen, DISPLAY_TWO);
	lent_open(&screen, 0, 2, &left);
	lent_open(&screen, 0, 2, &right);
	xdg_toplevel_set_fullscreen(right.window.toplevel, right.client->outputs[1]);
	wl_surface_commit(right.window.surface);
	lent_settle(&left, screen_direct_path(&screen));
	lent_settle(&right, screen_direct_path(&screen));
	assert_string_equal(left.chain.path_output, screen.display.connectors[0]);
	assert_string_equal(right.chain.path_output, screen.display.connectors[1]);
	for (unsigned i = 0; i < 3; i++) {
		lent_show(&left, 1 + i);
		lent_show(&right, 11 + i);
		canvas_expect(&screen.canvases[0], 0, 0, lent_all(&left), 1 + i);
		canvas_expect(&screen.canvases[1], 0, 0, lent_all(&right), 11 + i);
		screen_check_all(&screen, "each its own");
	}
	/* The other output goes: its window moves to the one that is left. */
	lend_output_destroy(screen.test->outputs[1]);
	screen.n = 1;
	lent_settle(&right, screen_direct_path(&screen));
	lent_show(&right, 20);
	canvas_expect(&screen.canvases[0], 0, 0, lent_all(&right), 20);
	screen_check(&screen, 0, "moved over");
	screen.n = 2;
	lent_close(&right);
	lent_close(&left);
	screen_close(&screen);
}

static void a_mirror_shows_the_same(void)
{
	struct screen screen;
	struct lent lent;

	screen_prepare(&screen, DISPLAY_TWO);
	int ret = screen_light(&screen, (struct lend_kms_output_options){.mirror = 1});
	if (ret != 1)
		fail_msg("%d: %s", ret, lend_server_error());
	assert_null(screen.test->outputs[1]);
	lent_open(&screen, 0, 2, &lent);
	lent_settle(&lent, screen_direct_path(&screen));
	for (unsigned i = 0; i < 4; i++) {
		lent_show(&lent, i);
		for (unsigned j = 0; j < 2; j++)
			canvas_expect(&screen.canvases[j], 0, 0, lent_all(&lent), i);
		screen_check_all(&screen, "a mirror");
	}
	lent_close(&lent);
	screen_close(&screen);
}

static void what_was_there_comes_back(void)
{
	struct screen screen;
	struct lent lent;
	uint32_t width = 0, height = 0, width_after = 0, height_after = 0;

	screen_prepare(&screen, 0);
	uint32_t *before = display_look(&screen.display, 0, &width, &height);
	int ret = screen_light(&screen, (struct lend_kms_output_options){0});
	if (ret != 1)
		fail_msg("%d: %s", ret, lend_server_error());
	lent_open(&screen, 0, 2, &lent);
	lent_show(&lent, 1);
	canvas_expect(&screen.canvases[0], 0, 0, lent_all(&lent), 1);
	screen_check(&screen, 0, "ours");
	lent_close(&lent);
	lend_output_destroy(screen.test->outputs[0]);
	lend_server_destroy(screen.test->server);
	uint32_t *after = display_look(&screen.display, 0, &width_after, &height_after);
	assert_int_equal(before != NULL, after != NULL);
	assert_int_equal(width, width_after);
	assert_int_equal(height, height_after);
	if (before)
		assert_memory_equal(before, after, (size_t)width * height * 4);
	free(before);
	free(after);
	ret = lend_server_create(NULL, &screen.test->server);
	assert_int_equal(ret, 0);
	screen_close(&screen);
}

static void refuse(struct screen *screen, struct lend_kms_output_options options, int error,
		   const char *words)
{
	int ret = screen_light(screen, options);

	if (ret != error || !strstr(lend_server_error(), words))
		fail_msg("%d (not %d): '%s' does not say '%s'", ret, error, lend_server_error(),
			 words);
	/* One line. */
	assert_null(strchr(lend_server_error(), '\n'));
}

static void wishes_that_cannot_be_granted_have_words(void)
{
	struct screen screen;
	struct lent lent;

	screen_prepare(&screen, 0);
	const char *connector = screen.display.connectors[0];
	refuse(&screen, (struct lend_kms_output_options){.connector = "HDMI-A-9"}, -ENOENT,
	       connector);
	refuse(&screen, (struct lend_kms_output_options){.width = 123, .height = 45}, -ENODATA,
	       "123x45");
	refuse(&screen, (struct lend_kms_output_options){.refresh = 7000}, -ENODATA, "7");
	refuse(&screen, (struct lend_kms_output_options){.device = "no-such-driver"}, -ENODEV,
	       "no display device");
	/* None of it is in the way of what can. */
	assert_int_equal(
		screen_light(&screen, (struct lend_kms_output_options){.connector = connector}), 1);
	lent_open(&screen, 0, 2, &lent);
	lent_show(&lent, 1);
	canvas_expect(&screen.canvases[0], 0, 0, lent_all(&lent), 1);
	screen_check(&screen, 0, "after bad wishes");
	lent_close(&lent);
	screen_close(&screen);
}

static const struct harness_test tests[] = {
	{"each_connector_shows_its_own", each_connector_shows_its_own},
	{"a_mirror_shows_the_same", a_mirror_shows_the_same},
	{"what_was_there_comes_back", what_was_there_comes_back},
	{"wishes_that_cannot_be_granted_have_words", wishes_that_cannot_be_granted_have_words},
};

const struct screen_tests outputs_tests = {
	.tests = tests,
	.n = sizeof(tests) / sizeof(tests[0]),
};
