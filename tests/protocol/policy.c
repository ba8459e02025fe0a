/* SPDX-License-Identifier: MIT */
/* Which windows cover which, and what they are told of it. */
#include "shell.h"

#include <string.h>

#define RED	    0xffc02010
#define GREEN	    0xff20a040
#define BLUE	    0xff3050c0

#define STATE(name) (1u << XDG_TOPLEVEL_STATE_##name)
#define TILED	    (STATE(TILED_LEFT) | STATE(TILED_RIGHT) | STATE(TILED_TOP) | STATE(TILED_BOTTOM))

#define WINDOWS	    3

/* Windows that fill what they are given, each with a colour of its own. */
struct fixture {
	struct test *test;
	struct client *client;
	struct shell_window windows[WINDOWS];
	struct shm_buffer buffers[WINDOWS];
	struct lend_view *views[WINDOWS];
};

static const uint32_t colours[WINDOWS] = {RED, GREEN, BLUE};

static void fixture_create(struct fixture *f, const struct test_options *options, unsigned n)
{
	*f = (struct fixture){.test = test_create(options)};
	f->client = client_create(f->test);
	for (unsigned i = 0; i < n; i++) {
		shm_buffer_create(f->client, 320, 240, WL_SHM_FORMAT_XRGB8888, &f->buffers[i]);
		shm_buffer_fill(&f->buffers[i], colours[i]);
		shell_toplevel_map(f->client, &f->windows[i], f->buffers[i].buffer);
		f->views[i] = f->test->view;
	}
}

static void fixture_destroy(struct fixture *f)
{
	expect_alive(f->client);
	for (unsigned i = 0; i < WINDOWS; i++) {
		if (f->windows[i].client)
			shell_window_destroy(&f->windows[i]);
		if (f->buffers[i].buffer)
			shm_buffer_destroy(&f->buffers[i]);
	}
	client_destroy(f->client);
	test_destroy(f->test);
}

/* The colours at the middle of the output's left and right halves. */
static void expect_halves(const struct fixture *f, uint32_t left, uint32_t right)
{
	struct picture picture;

	client_roundtrip(f->client);
	pump(f->test);
	picture_take(f->test->outputs[0], &picture);
	assert_int_equal(picture_at(&picture, 80, 120), left & 0xffffff);
	assert_int_equal(picture_at(&picture, 240, 120), right & 0xffffff);
	picture_finish(&picture);
}

static void expect_whole(const struct fixture *f, uint32_t colour)
{
	struct picture picture;

	client_roundtrip(f->client);
	pump(f->test);
	picture_take(f->test->outputs[0], &picture);
	assert_picture_rect(&picture, 0, 0, 320, 240, colour);
	picture_finish(&picture);
}

static void expect_configured(const struct shell_window *window, int width, int height,
			      uint32_t states)
{
	assert_int_equal(window->width, width);
	assert_int_equal(window->height, height);
	assert_int_equal(window->states, states);
}

/* ---- what covers the tiles ------------------------------------------------------------------ */

static void a_maximised_tile_covers_all(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE}, 2);
	expect_halves(&f, RED, GREEN);
	xdg_toplevel_set_maximized(f.windows[1].toplevel);
	client_roundtrip(f.client);
	expect_configured(&f.windows[1], 320, 240, STATE(MAXIMIZED) | STATE(ACTIVATED));
	/* The other one has the grid to itself, below. */
	expect_configured(&f.windows[0], 304, 224, TILED);
	expect_whole(&f, GREEN);
	xdg_toplevel_unset_maximized(f.windows[1].toplevel);
	client_roundtrip(f.client);
	expect_configured(&f.windows[1], 148, 224, TILED | STATE(ACTIVATED));
	expect_configured(&f.windows[0], 148, 224, TILED);
	expect_halves(&f, RED, GREEN);
	fixture_destroy(&f);
}

static void the_state_is_kept_below_fullscreen(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE}, 1);
	xdg_toplevel_set_maximized(f.windows[0].toplevel);
	xdg_toplevel_set_fullscreen(f.windows[0].toplevel, NULL);
	client_roundtrip(f.client);
	expect_configured(&f.windows[0], 320, 240,
			  STATE(MAXIMIZED) | STATE(FULLSCREEN) | STATE(ACTIVATED));
	xdg_toplevel_unset_fullscreen(f.windows[0].toplevel);
	client_roundtrip(f.client);
	expect_configured(&f.windows[0], 320, 240, STATE(MAXIMIZED) | STATE(ACTIVATED));
	fixture_destroy(&f);
}

static void where_one_fills_the_output_maximising_changes_no_size(void)
{
	struct fixture f;

	fixture_create(&f, NULL, 1);
	xdg_toplevel_set_maximized(f.windows[0].toplevel);
	client_roundtrip(f.client);
	expect_configured(&f.windows[0], 320, 240,
			  STATE(MAXIMIZED) | STATE(FULLSCREEN) | STATE(ACTIVATED));
	xdg_toplevel_unset_maximized(f.windows[0].toplevel);
	client_roundtrip(f.client);
	expect_configured(&f.windows[0], 320, 240, STATE(FULLSCREEN) | STATE(ACTIVATED));
	fixture_destroy(&f);
}

/* Whose user is elsewhere does not get in the way. */
static void an_inactive_window_does_not_come_up_by_itself(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE}, 2);
	xdg_toplevel_set_fullscreen(f.windows[0].toplevel, NULL);
	client_roundtrip(f.client);
	expect_configured(&f.windows[0], 320, 240, STATE(FULLSCREEN));
	expect_configured(&f.windows[1], 304, 224, TILED | STATE(ACTIVATED));
	expect_halves(&f, GREEN, GREEN);
	lend_view_activate(f.views[0]);
	expect_whole(&f, RED);
	expect_configured(&f.windows[0], 320, 240, STATE(FULLSCREEN) | STATE(ACTIVATED));
	fixture_destroy(&f);
}

static void an_activated_tile_brings_the_others(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE}, 3);
	xdg_toplevel_set_maximized(f.windows[2].toplevel);
	expect_whole(&f, BLUE);
	lend_view_activate(f.views[1]);
	expect_halves(&f, RED, GREEN);
	assert_int_equal(f.windows[2].states, STATE(MAXIMIZED));
	lend_view_activate(f.views[2]);
	expect_whole(&f, BLUE);
	fixture_destroy(&f);
}

static void tiles_stay_where_they_are(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE}, 2);
	lend_view_activate(f.views[0]);
	expect_halves(&f, RED, GREEN);
	xdg_toplevel_set_maximized(f.windows[0].toplevel);
	xdg_toplevel_unset_maximized(f.windows[0].toplevel);
	expect_halves(&f, RED, GREEN);
	lend_view_activate(f.views[1]);
	expect_halves(&f, RED, GREEN);
	fixture_destroy(&f);
}

static void a_new_window_is_on_top(void)
{
	struct fixture f;

	fixture_create(&f, NULL, 1);
	expect_whole(&f, RED);
	shm_buffer_create(f.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &f.buffers[1]);
	shm_buffer_fill(&f.buffers[1], GREEN);
	shell_toplevel_map(f.client, &f.windows[1], f.buffers[1].buffer);
	expect_whole(&f, GREEN);
	lend_view_activate(f.views[0]);
	expect_whole(&f, RED);
	fixture_destroy(&f);
}

/* ---- limits --------------------------------------------------------------------------------- */

static void limits_are_respected_in_tiles(void)
{
	struct fixture f;
	struct shell_window *window = &f.windows[0];

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE}, 1);
	expect_configured(window, 304, 224, TILED | STATE(ACTIVATED));
	xdg_toplevel_set_max_size(window->toplevel, 200, 0);
	client_roundtrip(f.client);
	assert_int_equal(window->width, 304); /* not before a commit */
	wl_surface_commit(window->surface);
	client_roundtrip(f.client);
	expect_configured(window, 200, 224, TILED | STATE(ACTIVATED));
	xdg_toplevel_set_max_size(window->toplevel, 0, 0);
	xdg_toplevel_set_min_size(window->toplevel, 400, 300);
	wl_surface_commit(window->surface);
	client_roundtrip(f.client);
	expect_configured(window, 400, 300, TILED | STATE(ACTIVATED));
	/* What covers the output has its size, whatever it wants. */
	xdg_toplevel_set_fullscreen(window->toplevel, NULL);
	client_roundtrip(f.client);
	expect_configured(window, 320, 240, STATE(FULLSCREEN) | STATE(ACTIVATED));
	fixture_destroy(&f);
}

static void limits_count_from_the_first_configure_on(void)
{
	struct fixture f;
	struct shell_window *window = &f.windows[0];

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE}, 0);
	shell_window_create(f.client, window);
	shell_window_get_toplevel(window);
	xdg_toplevel_set_max_size(window->toplevel, 100, 50);
	shell_window_begin(window);
	expect_configured(window, 100, 50, TILED | STATE(ACTIVATED));
	fixture_destroy(&f);
}

/* ---- minimised ------------------------------------------------------------------------------ */

static void what_is_minimised_is_not_seen_until_it_is_activated(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE}, 2);
	xdg_toplevel_set_minimized(f.windows[1].toplevel);
	client_roundtrip(f.client);
	expect_configured(&f.windows[0], 304, 224, TILED | STATE(ACTIVATED));
	assert_false(f.windows[1].states & STATE(ACTIVATED));
	expect_halves(&f, RED, RED);
	xdg_toplevel_set_minimized(f.windows[0].toplevel);
	client_roundtrip(f.client);
	assert_false(f.windows[0].states & STATE(ACTIVATED));
	lend_view_activate(f.views[1]);
	expect_halves(&f, GREEN, GREEN);
	lend_view_activate(f.views[0]);
	expect_halves(&f, RED, GREEN);
	fixture_destroy(&f);
}

static void its_dialogs_are_minimised_with_it(void)
{
	struct fixture f;

	fixture_create(&f, NULL, 2);
	xdg_toplevel_set_parent(f.windows[1].toplevel, f.windows[0].toplevel);
	expect_whole(&f, GREEN);
	xdg_toplevel_set_minimized(f.windows[0].toplevel);
	expect_whole(&f, 0xff000000);
	/* Choosing the dialog brings both back. */
	lend_view_activate(f.views[1]);
	expect_whole(&f, GREEN);
	assert_true(f.windows[1].states & STATE(ACTIVATED));
	shell_window_destroy(&f.windows[1]);
	f.windows[1].client = NULL;
	expect_whole(&f, RED);
	fixture_destroy(&f);
}

static void nothing_is_minimised_if_nothing_brings_it_back(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.no_shortcuts = true}, 1);
	assert_int_equal(f.windows[0].capabilities,
			 1u << XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE |
				 1u << XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN);
	unsigned before = f.windows[0].configures;
	xdg_toplevel_set_minimized(f.windows[0].toplevel);
	expect_whole(&f, RED);
	assert_int_equal(f.windows[0].configures, before + 1);
	assert_true(f.windows[0].states & STATE(ACTIVATED));
	fixture_destroy(&f);
}

static void a_new_life_begins_with_nothing(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE}, 1);
	xdg_toplevel_set_maximized(f.windows[0].toplevel);
	xdg_toplevel_set_minimized(f.windows[0].toplevel);
	shell_window_commit(&f.windows[0], NULL);
	shell_window_map(&f.windows[0], f.buffers[0].buffer);
	expect_configured(&f.windows[0], 304, 224, TILED | STATE(ACTIVATED));
	expect_halves(&f, RED, RED);
	fixture_destroy(&f);
}

/* ---- dialogs -------------------------------------------------------------------------------- */

static void dialogs_are_above_their_parents(void)
{
	struct fixture f;

	fixture_create(&f, NULL, 3);
	/* Mapped before its parent. */
	xdg_toplevel_set_parent(f.windows[0].toplevel, f.windows[1].toplevel);
	expect_whole(&f, BLUE);
	lend_view_activate(f.views[1]);
	expect_whole(&f, RED);
	assert_true(f.windows[1].states & STATE(ACTIVATED));
	lend_view_activate(f.views[2]);
	expect_whole(&f, BLUE);
	/* A dialog brings its parent: behind it is the parent, not what was on top before. */
	lend_view_activate(f.views[0]);
	expect_whole(&f, RED);
	shell_window_commit(&f.windows[0], NULL);
	expect_whole(&f, GREEN);
	fixture_destroy(&f);
}

static void a_new_dialog_brings_its_parent(void)
{
	struct fixture f;

	fixture_create(&f, NULL, 2);
	shell_window_create(f.client, &f.windows[2]);
	shell_window_get_toplevel(&f.windows[2]);
	xdg_toplevel_set_parent(f.windows[2].toplevel, f.windows[0].toplevel);
	shm_buffer_create(f.client, 320, 100, WL_SHM_FORMAT_XRGB8888, &f.buffers[2]);
	shm_buffer_fill(&f.buffers[2], BLUE);
	shell_window_map(&f.windows[2], f.buffers[2].buffer);
	expect_halves(&f, BLUE, BLUE);
	struct picture picture;
	picture_take(f.test->outputs[0], &picture);
	assert_picture_rect(&picture, 0, 0, 320, 70, RED);
	picture_finish(&picture);
	fixture_destroy(&f);
}

/* ---- outputs -------------------------------------------------------------------------------- */

static const char *output_of(struct lend_view *view)
{
	struct lend_view_info info = {.size = sizeof(info)};

	assert_int_equal(lend_view_describe(view, &info), 0);
	return info.output;
}

static void a_view_is_moved_to_another_output(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.outputs = 2}, 1);
	assert_string_equal(output_of(f.views[0]), "headless-1");
	lend_view_move(f.views[0], 320, 0);
	assert_string_equal(output_of(f.views[0]), "headless-2");
	lend_view_move(f.views[0], 319, 239);
	assert_string_equal(output_of(f.views[0]), "headless-1");
	/* Where there is no output, it is as if it had not been moved. */
	lend_view_move(f.views[0], -1, 5000);
	assert_string_equal(output_of(f.views[0]), "headless-1");
	/* What it wants itself counts more. */
	xdg_toplevel_set_fullscreen(f.windows[0].toplevel, f.client->outputs[1]);
	client_roundtrip(f.client);
	assert_string_equal(output_of(f.views[0]), "headless-2");
	fixture_destroy(&f);
}

static const struct harness_test tests[] = {
	{"a_maximised_tile_covers_all", a_maximised_tile_covers_all},
	{"the_state_is_kept_below_fullscreen", the_state_is_kept_below_fullscreen},
	{"where_one_fills_the_output_maximising_changes_no_size",
	 where_one_fills_the_output_maximising_changes_no_size},
	{"an_inactive_window_does_not_come_up_by_itself",
	 an_inactive_window_does_not_come_up_by_itself},
	{"an_activated_tile_brings_the_others", an_activated_tile_brings_the_others},
	{"tiles_stay_where_they_are", tiles_stay_where_they_are},
	{"a_new_window_is_on_top", a_new_window_is_on_top},
	{"limits_are_respected_in_tiles", limits_are_respected_in_tiles},
	{"limits_count_from_the_first_configure_on", limits_count_from_the_first_configure_on},
	{"what_is_minimised_is_not_seen_until_it_is_activated",
	 what_is_minimised_is_not_seen_until_it_is_activated},
	{"its_dialogs_are_minimised_with_it", its_dialogs_are_minimised_with_it},
	{"nothing_is_minimised_if_nothing_brings_it_back",
	 nothing_is_minimised_if_nothing_brings_it_back},
	{"a_new_life_begins_with_nothing", a_new_life_begins_with_nothing},
	{"dialogs_are_above_their_parents", dialogs_are_above_their_parents},
	{"a_new_dialog_brings_its_parent", a_new_dialog_brings_its_parent},
	{"a_view_is_moved_to_another_output", a_view_is_moved_to_another_output},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
