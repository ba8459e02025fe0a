/* SPDX-License-Identifier: MIT */
/* xdg_toplevel: what the server asks of it, when it is mapped, and what is known of it. */
#include "shell.h"

#include <stdio.h>
#include <string.h>

#define RED	    0xffc02010
#define GREEN	    0xff20a040

#define STATE(name) (1u << XDG_TOPLEVEL_STATE_##name)
#define TILED	    (STATE(TILED_LEFT) | STATE(TILED_RIGHT) | STATE(TILED_TOP) | STATE(TILED_BOTTOM))

struct fixture {
	struct test *test;
	struct client *client;
	struct shm_buffer buffer;   /* red */
	struct shell_window window; /* a toplevel before its initial commit */
};

static void fixture_create(struct fixture *f, const struct test_options *options)
{
	*f = (struct fixture){.test = test_create(options)};
	f->client = client_create(f->test);
	shm_buffer_create(f->client, 100, 80, WL_SHM_FORMAT_XRGB8888, &f->buffer);
	shm_buffer_fill(&f->buffer, RED);
	shell_window_create(f->client, &f->window);
	shell_window_get_toplevel(&f->window);
}

static void fixture_destroy(struct fixture *f)
{
	expect_alive(f->client);
	shell_window_destroy(&f->window);
	shm_buffer_destroy(&f->buffer);
	client_destroy(f->client);
	test_destroy(f->test);
}

static struct lend_view_info describe(const struct fixture *f)
{
	struct lend_view_info info = {.size = sizeof(info)};

	assert_non_null(f->test->view);
	assert_int_equal(lend_view_describe(f->test->view, &info), 0);
	return info;
}

/* ---- configure ------------------------------------------------------------------------------ */

static void first_configure_says_everything(void)
{
	struct fixture f;

	fixture_create(&f, NULL);
	client_roundtrip(f.client);
	assert_int_equal(f.window.configures, 0);
	shell_window_begin(&f.window);
	assert_int_equal(f.window.width, 320);
	assert_int_equal(f.window.height, 240);
	assert_int_equal(f.window.states, STATE(FULLSCREEN) | STATE(ACTIVATED));
	assert_int_equal(f.window.capability_events, 1);
	assert_int_equal(f.window.capabilities,
			 1u << XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE |
				 1u << XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN |
				 1u << XDG_TOPLEVEL_WM_CAPABILITIES_MINIMIZE);
	assert_int_equal(f.window.bounds, 1);
	assert_int_equal(f.window.bounds_width, 320);
	assert_int_equal(f.window.bounds_height, 240);
	fixture_destroy(&f);
}

static void tiles_are_told(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE});
	shell_window_begin(&f.window);
	assert_int_equal(f.window.states, TILED | STATE(ACTIVATED));
	assert_in_range(f.window.width, 200, 320);
	assert_in_range(f.window.height, 150, 240);
	fixture_destroy(&f);
}

/* Version 1 knows neither tiles nor bounds nor capabilities. */
static void first_version_is_maximized_in_its_tile(void)
{
	struct fixture f;
	struct xdg_wm_base *current, *old;
	struct shell_window window;

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE});
	current = f.client->wm_base;
	old = f.client->wm_base = bind_again(f.client, &xdg_wm_base_interface, 1, 0);
	shell_window_create(f.client, &window);
	shell_window_get_toplevel(&window);
	shell_window_begin(&window);
	assert_int_equal(window.states, STATE(MAXIMIZED) | STATE(ACTIVATED));
	assert_int_equal(window.capability_events, 0);
	assert_int_equal(window.bounds, 0);
	shell_window_destroy(&window);
	xdg_wm_base_destroy(old);
	f.client->wm_base = current;
	fixture_destroy(&f);
}

static void without_outputs_the_client_chooses(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.outputs = -1});
	shell_window_begin(&f.window);
	assert_int_equal(f.window.width, 0);
	assert_int_equal(f.window.height, 0);
	assert_int_equal(f.window.bounds, 0);
	shell_window_ack(&f.window);
	shell_window_commit(&f.window, f.buffer.buffer);
	assert_int_equal(f.test->mapped, 1);
	fixture_destroy(&f);
}

static void every_state_request_is_answered_once(void)
{
	struct fixture f;
	struct xdg_toplevel *toplevel;
	unsigned configures = 1;

	fixture_create(&f, NULL);
	toplevel = f.window.toplevel;
	/* Before the initial commit, that commit's configure is the answer. */
	xdg_toplevel_set_maximized(toplevel);
	xdg_toplevel_set_fullscreen(toplevel, NULL);
	client_roundtrip(f.client);
	assert_int_equal(f.window.configures, 0);
	shell_window_begin(&f.window);
	for (int mapped = 0; mapped < 2; mapped++) {
		xdg_toplevel_set_maximized(toplevel);
		client_roundtrip(f.client);
		assert_int_equal(f.window.configures, ++configures);
		xdg_toplevel_unset_maximized(toplevel);
		client_roundtrip(f.client);
		assert_int_equal(f.window.configures, ++configures);
		xdg_toplevel_set_fullscreen(toplevel, f.client->outputs[0]);
		client_roundtrip(f.client);
		assert_int_equal(f.window.configures, ++configures);
		assert_true(f.window.states & STATE(FULLSCREEN));
		xdg_toplevel_unset_fullscreen(toplevel);
		client_roundtrip(f.client);
		assert_int_equal(f.window.configures, ++configures);
		xdg_toplevel_set_minimized(toplevel);
		client_roundtrip(f.client);
		assert_int_equal(f.window.configures, ++configures);
		shell_window_ack(&f.window);
		shell_window_commit(&f.window, f.buffer.buffer);
	}
	/* Said once, not with every configure. */
	assert_int_equal(f.window.bounds, 1);
	assert_int_equal(f.window.capability_events, 1);
	fixture_destroy(&f);
}

static void equal_configures_are_not_sent(void)
{
	struct fixture f;

	fixture_create(&f, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	for (int i = 0; i < 3; i++)
		shell_window_commit(&f.window, f.buffer.buffer);
	xdg_toplevel_set_title(f.window.toplevel, "a title");
	xdg_toplevel_move(f.window.toplevel, f.client->seat, 1);
	xdg_toplevel_resize(f.window.toplevel, f.client->seat, 1,
			    XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM_RIGHT);
	xdg_toplevel_show_window_menu(f.window.toplevel, f.client->seat, 1, 2, 3);
	client_roundtrip(f.client);
	assert_int_equal(f.window.configures, 1);
	fixture_destroy(&f);
}

static void the_topmost_is_activated(void)
{
	struct fixture f;
	struct shell_window other;

	fixture_create(&f, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	shell_toplevel_map(f.client, &other, f.buffer.buffer);
	assert_true(other.states & STATE(ACTIVATED));
	assert_false(f.window.states & STATE(ACTIVATED));
	assert_int_equal(f.window.configures, 2);
	shell_window_destroy(&other);
	client_roundtrip(f.client);
	assert_true(f.window.states & STATE(ACTIVATED));
	assert_int_equal(f.window.configures, 3);
	fixture_destroy(&f);
}

static void fullscreen_on_the_output_asked_for(void)
{
	struct fixture f;
	struct picture picture;
	struct shm_buffer large;

	fixture_create(&f, &(struct test_options){.layout = LEND_LAYOUT_TILE, .outputs = 2});
	shell_window_begin(&f.window);
	assert_false(f.window.states & STATE(FULLSCREEN));
	xdg_toplevel_set_fullscreen(f.window.toplevel, f.client->outputs[1]);
	client_roundtrip(f.client);
	assert_int_equal(f.window.states, STATE(FULLSCREEN) | STATE(ACTIVATED));
	assert_int_equal(f.window.width, 320);
	assert_int_equal(f.window.height, 240);
	shell_window_ack(&f.window);
	shm_buffer_create(f.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &large);
	shm_buffer_fill(&large, GREEN);
	shell_window_commit(&f.window, large.buffer);
	assert_string_equal(describe(&f).output, lend_output_name(f.test->outputs[1]));
	pump(f.test);
	picture_take(f.test->outputs[1], &picture);
	assert_picture_rect(&picture, 0, 0, 320, 240, GREEN);
	picture_finish(&picture);
	xdg_toplevel_unset_fullscreen(f.window.toplevel);
	client_roundtrip(f.client);
	assert_int_equal(f.window.states, TILED | STATE(ACTIVATED));
	assert_string_equal(describe(&f).output, lend_output_name(f.test->outputs[0]));
	shm_buffer_destroy(&large);
	fixture_destroy(&f);
}

/* An output that goes away takes the wish with it. */
static void fullscreen_survives_its_output(void)
{
	struct fixture f;

	fixture_create(&f, &(struct test_options){.outputs = 2});
	xdg_toplevel_set_fullscreen(f.window.toplevel, f.client->outputs[1]);
	shell_window_map(&f.window, f.buffer.buffer);
	assert_string_equal(describe(&f).output, lend_output_name(f.test->outputs[1]));
	lend_output_destroy(f.test->outputs[1]);
	assert_string_equal(describe(&f).output, lend_output_name(f.test->outputs[0]));
	/* A wl_output of a removed output stands for none. */
	xdg_toplevel_set_fullscreen(f.window.toplevel, f.client->outputs[1]);
	client_roundtrip(f.client);
	assert_string_equal(describe(&f).output, lend_output_name(f.test->outputs[0]));
	fixture_destroy(&f);
}

/* ---- mapping -------------------------------------------------------------------------------- */

static void null_buffer_unmaps_and_forgets(void)
{
	struct fixture f;

	fixture_create(&f, NULL);
	xdg_toplevel_set_title(f.window.toplevel, "first life");
	xdg_toplevel_set_app_id(f.window.toplevel, "org.example.first");
	xdg_toplevel_set_min_size(f.window.toplevel, 200, 200);
	shell_window_map(&f.window, f.buffer.buffer);
	assert_int_equal(f.test->mapped, 1);
	assert_string_equal(describe(&f).title, "first life");
	assert_string_equal(describe(&f).app_id, "org.example.first");

	shell_window_commit(&f.window, NULL);
	assert_int_equal(f.test->unmapped, 1);
	assert_int_equal(f.window.configures, 1);

	/* 100 is less than the former minimum. */
	xdg_toplevel_set_max_size(f.window.toplevel, 100, 100);
	shell_window_map(&f.window, f.buffer.buffer);
	assert_int_equal(f.test->mapped, 2);
	assert_string_equal(describe(&f).title, "");
	assert_string_equal(describe(&f).app_id, "");
	assert_int_equal(f.window.capability_events, 2);
	assert_int_equal(f.window.bounds, 2);
	fixture_destroy(&f);
}

/* A configure event that was on its way when the client unmapped the surface. */
static void late_ack_is_harmless_but_does_not_count(void)
{
	struct fixture f;

	fixture_create(&f, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	xdg_toplevel_set_maximized(f.window.toplevel);
	client_roundtrip(f.client);
	shell_window_commit(&f.window, NULL);
	shell_window_ack(&f.window);
	expect_alive(f.client);
	wl_surface_attach(f.window.surface, f.buffer.buffer, 0, 0);
	wl_surface_commit(f.window.surface);
	expect_error(f.client, &xdg_surface_interface, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
		     "before its first configure event");
	shm_buffer_destroy(&f.buffer);
	client_destroy(f.client);
	test_destroy(f.test);
}

static void only_the_last_configure_needs_an_ack(void)
{
	struct fixture f;

	fixture_create(&f, NULL);
	shell_window_begin(&f.window);
	for (int i = 0; i < 1000; i++)
		xdg_toplevel_set_maximized(f.window.toplevel);
	client_roundtrip(f.client);
	assert_int_equal(f.window.configures, 1001);
	shell_window_ack(&f.window);
	shell_window_commit(&f.window, f.buffer.buffer);
	assert_int_equal(f.test->mapped, 1);
	fixture_destroy(&f);
}

static void role_can_be_made_again(void)
{
	struct fixture f;

	fixture_create(&f, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	xdg_toplevel_destroy(f.window.toplevel);
	client_roundtrip(f.client);
	assert_int_equal(f.test->unmapped, 1);
	wl_surface_attach(f.window.surface, NULL, 0, 0);
	wl_surface_commit(f.window.surface);
	shell_window_get_toplevel(&f.window);
	shell_window_map(&f.window, f.buffer.buffer);
	assert_int_equal(f.test->mapped, 2);
	/* And with another xdg_surface, once there is no buffer. */
	shell_window_commit(&f.window, NULL);
	xdg_toplevel_destroy(f.window.toplevel);
	xdg_surface_destroy(f.window.xdg_surface);
	f.window.xdg_surface = xdg_wm_base_get_xdg_surface(f.client->wm_base, f.window.surface);
	f.window.toplevel = xdg_surface_get_toplevel(f.window.xdg_surface);
	wl_surface_commit(f.window.surface);
	fixture_destroy(&f);
}

/* All that refers to a wl_surface that is gone does nothing, whatever is asked of it. */
static void surface_may_go_first(void)
{
	struct fixture f;
	struct shell_window other;

	fixture_create(&f, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	shell_window_create(f.client, &other);
	wl_surface_destroy(other.surface);
	shell_window_get_toplevel(&other);
	xdg_surface_ack_configure(other.xdg_surface, 5);
	xdg_surface_set_window_geometry(other.xdg_surface, 0, 0, 1, 1);
	wl_surface_destroy(f.window.surface);
	client_roundtrip(f.client);
	assert_int_equal(f.test->unmapped, 1);
	xdg_toplevel_set_title(f.window.toplevel, "of nothing");
	xdg_toplevel_set_app_id(f.window.toplevel, "none");
	xdg_toplevel_set_parent(f.window.toplevel, other.toplevel);
	xdg_toplevel_set_fullscreen(f.window.toplevel, f.client->outputs[0]);
	xdg_toplevel_unset_fullscreen(f.window.toplevel);
	xdg_toplevel_set_maximized(f.window.toplevel);
	xdg_toplevel_set_min_size(f.window.toplevel, 9, 9);
	xdg_toplevel_set_max_size(f.window.toplevel, 1, 1);
	xdg_surface_ack_configure(f.window.xdg_surface, 77);
	client_roundtrip(f.client);
	f.window.surface = other.surface = NULL;
	shell_window_destroy(&other);
	fixture_destroy(&f);
}

/* ---- what is known of it -------------------------------------------------------------------- */

static void title_changes_are_told(void)
{
	struct fixture f;

	fixture_create(&f, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	unsigned before = f.test->changed;
	xdg_toplevel_set_title(f.window.toplevel, "Zürich");
	client_roundtrip(f.client);
	assert_true(f.test->changed > before);
	assert_string_equal(describe(&f).title, "Zürich");
	xdg_toplevel_set_title(f.window.toplevel, "");
	client_roundtrip(f.client);
	assert_string_equal(describe(&f).title, "");
	fixture_destroy(&f);
}

/* The largest that the wire carries, of characters of three bytes: 1024 bytes of it would cut one.
 */
static void long_titles_are_cut_between_characters(void)
{
	char title[4000] = "", cut[1024] = "";
	struct fixture f;

	fixture_create(&f, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	for (size_t i = 0; i + 3 < sizeof(title); i += 3)
		memcpy(title + i, "€", 4);
	memcpy(cut, title, 1023);
	xdg_toplevel_set_title(f.window.toplevel, title);
	xdg_toplevel_set_app_id(f.window.toplevel, title);
	client_roundtrip(f.client);
	assert_string_equal(describe(&f).title, cut);
	assert_string_equal(describe(&f).app_id, cut);
	/* Neither one that fits nor one without characters of its own. */
	cut[1022] = '\0';
	xdg_toplevel_set_title(f.window.toplevel, cut);
	client_roundtrip(f.client);
	assert_string_equal(describe(&f).title, cut);
	memset(title, '\x80', 3999);
	xdg_toplevel_set_title(f.window.toplevel, title);
	client_roundtrip(f.client);
	assert_string_equal(describe(&f).title, "");
	fixture_destroy(&f);
}

/* A dialog is asked for no size; one whose parent is not mapped is a window like any other. */
static void parents(void)
{
	struct fixture f;
	struct shell_window dialog, nested;

	fixture_create(&f, NULL);
	shell_window_create(f.client, &dialog);
	shell_window_get_toplevel(&dialog);
	xdg_toplevel_set_parent(dialog.toplevel, f.window.toplevel);
	shell_window_begin(&dialog);
	assert_int_equal(dialog.width, 320);

	shell_window_map(&f.window, f.buffer.buffer);
	xdg_toplevel_set_parent(dialog.toplevel, f.window.toplevel);
	client_roundtrip(f.client);
	assert_int_equal(dialog.width, 0);
	shell_window_ack(&dialog);
	shell_window_commit(&dialog, f.buffer.buffer);

	shell_window_create(f.client, &nested);
	shell_window_get_toplevel(&nested);
	xdg_toplevel_set_parent(nested.toplevel, dialog.toplevel);
	shell_window_map(&nested, f.buffer.buffer);
	assert_int_equal(nested.width, 0);
	/* The nested one is its grandparent's now. */
	shell_window_commit(&dialog, NULL);
	assert_int_equal(nested.width, 0);
	xdg_toplevel_set_parent(nested.toplevel, NULL);
	client_roundtrip(f.client);
	assert_int_equal(nested.width, 320);
	shell_window_destroy(&nested);
	shell_window_destroy(&dialog);
	fixture_destroy(&f);
}

static void close_asks_and_pings(void)
{
	struct fixture f;

	fixture_create(&f, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	for (unsigned i = 1; i <= 3; i++) {
		lend_view_close(f.test->view);
		client_roundtrip(f.client);
		assert_int_equal(f.window.closes, i);
		client_roundtrip(f.client); /* brings the pong */
	}
	assert_null(strstr(f.test->log, "has not answered the ping"));
	/* Answers to nothing that was asked. */
	xdg_wm_base_pong(f.client->wm_base, 12345);
	xdg_wm_base_pong(f.client->wm_base, 0);
	fixture_destroy(&f);
}

static void who_does_not_answer_a_ping_lives(void)
{
	struct fixture f;
	struct xdg_wm_base *current;
	struct shell_window window;

	fixture_create(&f, NULL);
	current = f.client->wm_base;
	f.client->wm_base = bind_again(f.client, &xdg_wm_base_interface, 5, 0);
	shell_toplevel_map(f.client, &window, f.buffer.buffer);
	lend_view_close(f.test->view);
	client_roundtrip(f.client);
	assert_null(strstr(f.test->log, "has not answered the ping"));
	lend_view_close(f.test->view);
	client_roundtrip(f.client);
	assert_non_null(strstr(f.test->log, "has not answered the ping"));
	assert_int_equal(window.closes, 2);
	shell_window_destroy(&window);
	xdg_wm_base_destroy(f.client->wm_base);
	f.client->wm_base = current;
	fixture_destroy(&f);
}

/* ---- window geometry ------------------------------------------------------------------------ */

/* Of a window smaller than its place, the geometry is centred, and the rest lies around it. */
static void expect_surface_at(struct fixture *f, int x, int y)
{
	struct picture picture;

	pump(f->test);
	picture_take(f->test->outputs[0], &picture);
	assert_picture_rect(&picture, x, y, 100, 80, RED);
	assert_int_not_equal(picture_at(&picture, x - 1, y), RED & 0xffffff);
	assert_int_not_equal(picture_at(&picture, x, y - 1), RED & 0xffffff);
	picture_finish(&picture);
}

static void window_geometry_is_what_is_placed(void)
{
	struct fixture f;

	fixture_create(&f, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	expect_surface_at(&f, 110, 80);
	xdg_surface_set_window_geometry(f.window.xdg_surface, 20, 10, 40, 30);
	client_roundtrip(f.client);
	expect_surface_at(&f, 110, 80);
	wl_surface_commit(f.window.surface);
	client_roundtrip(f.client);
	expect_surface_at(&f, 140 - 20, 105 - 10);
	/* Clamped to the surface: 60 to 100 by 40 to 80. */
	xdg_surface_set_window_geometry(f.window.xdg_surface, 60, 40, INT32_MAX, INT32_MAX);
	wl_surface_commit(f.window.surface);
	client_roundtrip(f.client);
	expect_surface_at(&f, 140 - 60, 100 - 40);
	/* Beside the surface: as if not set. */
	xdg_surface_set_window_geometry(f.window.xdg_surface, INT32_MAX, INT32_MIN, 5, 5);
	wl_surface_commit(f.window.surface);
	client_roundtrip(f.client);
	expect_surface_at(&f, 110, 80);
	fixture_destroy(&f);
}

/* There is no way to unset it, not even that. */
static void window_geometry_survives_unmapping(void)
{
	struct fixture f;

	fixture_create(&f, NULL);
	shell_window_begin(&f.window);
	shell_window_ack(&f.window);
	xdg_surface_set_window_geometry(f.window.xdg_surface, 20, 10, 40, 30);
	shell_window_commit(&f.window, f.buffer.buffer);
	expect_surface_at(&f, 140 - 20, 105 - 10);
	shell_window_commit(&f.window, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	expect_surface_at(&f, 140 - 20, 105 - 10);
	fixture_destroy(&f);
}

static void geometry_not_set_includes_subsurfaces(void)
{
	struct fixture f;
	struct shm_buffer small;
	struct wl_surface *child;

	fixture_create(&f, NULL);
	shm_buffer_create(f.client, 20, 10, WL_SHM_FORMAT_XRGB8888, &small);
	shm_buffer_fill(&small, GREEN);
	shell_window_map(&f.window, f.buffer.buffer);
	child = wl_compositor_create_surface(f.client->compositor);
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(f.client->subcompositor, child, f.window.surface);
	wl_subsurface_set_position(subsurface, -20, 80);
	wl_surface_attach(child, small.buffer, 0, 0);
	wl_surface_commit(child);
	wl_surface_commit(f.window.surface);
	client_roundtrip(f.client);
	/* 120x90 with the surface at 20,0 of it. */
	expect_surface_at(&f, 100 + 20, 75);
	wl_subsurface_set_position(subsurface, INT32_MAX, INT32_MIN);
	wl_surface_commit(f.window.surface);
	expect_alive(f.client);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	shm_buffer_destroy(&small);
	fixture_destroy(&f);
}

int main(int argc, char **argv)
{
#define TEST(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
	static const struct harness_test tests[] = {
		TEST(first_configure_says_everything),
		TEST(tiles_are_told),
		TEST(first_version_is_maximized_in_its_tile),
		TEST(without_outputs_the_client_chooses),
		TEST(every_state_request_is_answered_once),
		TEST(equal_configures_are_not_sent),
		TEST(the_topmost_is_activated),
		TEST(fullscreen_on_the_output_asked_for),
		TEST(fullscreen_survives_its_output),
		TEST(null_buffer_unmaps_and_forgets),
		TEST(late_ack_is_harmless_but_does_not_count),
		TEST(only_the_last_configure_needs_an_ack),
		TEST(role_can_be_made_again),
		TEST(surface_may_go_first),
		TEST(title_changes_are_told),
		TEST(long_titles_are_cut_between_characters),
		TEST(parents),
		TEST(close_asks_and_pings),
		TEST(who_does_not_answer_a_ping_lives),
		TEST(window_geometry_is_what_is_placed),
		TEST(window_geometry_survives_unmapping),
		TEST(geometry_not_set_includes_subsurfaces),
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
