/* SPDX-License-Identifier: MIT */
/* Windows on an X server's screen: resized, covered, hidden, closed and destroyed. */
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static int start(void **state)
{
	static struct server server;
	server_start(&server, NULL, (const char *const[]){"-screen", "0", "500x400x24", NULL});
	*state = &server;
	return 0;
}

static int stop(void **state)
{
	server_stop(*state);
	return 0;
}

/* ---- sizes ---------------------------------------------------------------------------------- */

static void resize(const struct server *server, uint32_t width, uint32_t height)
{
	const uint32_t values[] = {width, height};
	xcb_configure_window(server->xcb, server_window(server),
			     XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, values);
	server_sync(server);
}

static void test_resize(void **state)
{
	static const uint32_t sizes[][2] = {{300, 100}, {40, 300}, {500, 400}, {1, 1}, {200, 200}};
	static const struct lend_surface_options modes[] = {
		{.preserve = 1}, {.mode = LEND_MODE_FRONT}, {.preserve = 1, .unpaced = 1}};
	for (size_t mode = 0; mode < sizeof(modes) / sizeof(modes[0]); mode++) {
		struct program program;
		program_start(&program, modes[mode]);
		program_draw_frames(&program, 2);
		assert_int_equal(program.width, 640);
		assert_int_equal(program.height, 480);
		program.resizes = 0;
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			resize(*state, sizes[i][0], sizes[i][1]);
			while (program.resizes <= i)
				program_dispatch(&program);
			assert_int_equal(program_draw(&program), 0);
			program_draw_frames(&program, 3);
			assert_int_equal(program.width, sizes[i][0]);
			assert_int_equal(program.height, sizes[i][1]);
			program_compare(&program, *state, NULL);
		}
		program_end(&program);
	}
}

/* The size changes with every frame, and none is waited for. */
static void test_resize_again_and_again(void **state)
{
	struct program program;
	program_start(&program, (struct lend_surface_options){.preserve = 1, .unpaced = 1});
	program_draw_frames(&program, 1);
	for (uint32_t i = 0; i < 100; i++) {
		resize(*state, 100 + i * 2, 300 - i);
		program_draw(&program);
		(void)lend_client_dispatch(program.client, 0);
	}
	while (program.width != 298 || program.height != 201) {
		program_dispatch(&program);
		program_draw_frames(&program, 1);
	}
	program_compare(&program, *state, NULL);
	program_end(&program);
}

/* ---- what the server forgets ---------------------------------------------------------------- */

static xcb_window_t cover(const struct server *server)
{
	const uint32_t values[] = {0xff00ff, 1};
	xcb_window_t window = xcb_generate_id(server->xcb);
	xcb_create_window(server->xcb, XCB_COPY_FROM_PARENT, window, server->screen->root, 20, 30,
			  120, 60, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
			  XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT, values);
	xcb_map_window(server->xcb, window);
	server_sync(server);
	return window;
}

static void uncover(const struct server *server, xcb_window_t window)
{
	xcb_destroy_window(server->xcb, window);
	server_sync(server);
}

static void test_exposed(void **state)
{
	static const struct lend_surface_options modes[] = {
		{.preserve = 1}, {.mode = LEND_MODE_FRONT}, {.preserve = 1, .unpaced = 1}};
	for (size_t mode = 0; mode < sizeof(modes) / sizeof(modes[0]); mode++) {
		struct program program;
		struct lend_surface_options options = modes[mode];
		options.width = options.height = 200;
		program_start(&program, options);
		program_draw_frames(&program, 2);
		for (int round = 0; round < 3; round++) {
			xcb_window_t window = cover(*state);
			if (round > 0)
				program_draw_frames(&program, 2);
			uncover(*state, window);
			/* no frame is drawn for it */
			program_wait_for_picture(&program, *state);
		}
		program_draw_frames(&program, 5);
		program_compare(&program, *state, NULL);
		program_end(&program);
	}
}

/* Half a frame is never shown: the gap is filled with the frame. */
static void test_exposed_while_drawing(void **state)
{
	struct program program;
	struct lend_frame frame;
	program_start(&program,
		      (struct lend_surface_options){.width = 200, .height = 200, .preserve = 1});
	program_draw_frames(&program, 3);
	xcb_window_t window = cover(*state);
	assert_int_equal(lend_frame_begin(program.surface, &frame), 0);
	assert_int_equal(frame.age, 1);
	uint32_t *row = (uint32_t *)((char *)frame.pixels + (size_t)40 * frame.stride);
	uint32_t before = row[50];
	row[50] = 0x123456;
	uncover(*state, window);
	for (int i = 0; i < 5; i++)
		(void)lend_client_dispatch(program.client, 10);
	uint32_t *pixels = server_pixels(*state, 200, 200);
	assert_int_not_equal(pixels[40 * 200 + 50], 0x123456);
	free(pixels);
	row[50] = before;
	assert_int_equal(lend_frame_end(program.surface, (struct lend_rect[1]){{0}}, 0), 0);
	program_wait_for_picture(&program, *state);
	program_end(&program);
}

static void test_iconified(void **state)
{
	const struct server *server = *state;
	struct program program;
	program_start(&program,
		      (struct lend_surface_options){.width = 200, .height = 200, .preserve = 1});
	program_draw_frames(&program, 2);
	program_assert_path(&program, LEND_PATH_COPY, "MIT-SHM");
	xcb_window_t window = server_window(server);
	unsigned paths = program.paths;
	xcb_unmap_window(server->xcb, window);
	server_sync(server);
	while (program.paths == paths)
		program_dispatch(&program);
	program_assert_path(&program, LEND_PATH_NONE, "iconified");
	for (int i = 0; i < 3; i++)
		program_draw(&program);
	program_assert_path(&program, LEND_PATH_NONE, "iconified");
	xcb_map_window(server->xcb, window);
	server_sync(server);
	program_wait_for_picture(&program, server);
	program_assert_path(&program, LEND_PATH_COPY, "MIT-SHM");
	program_end(&program);
}

/* ---- windows -------------------------------------------------------------------------------- */

static void assert_property(const struct server *server, const char *name, const void *value,
			    size_t length)
{
	xcb_get_property_reply_t *reply = xcb_get_property_reply(
		server->xcb,
		xcb_get_property(server->xcb, 0, server_window(server), server_atom(server, name),
				 XCB_ATOM_ANY, 0, 1024),
		NULL);
	assert_non_null(reply);
	assert_int_equal(xcb_get_property_value_length(reply), length);
	assert_memory_equal(xcb_get_property_value(reply), value, length);
	free(reply);
}

static void test_what_a_window_manager_reads(void **state)
{
	const struct server *server = *state;
	struct program program;
	program_start(&program, (struct lend_surface_options){.title = "gr\303\274n",
							      .app_id = "org.example",
							      .fullscreen = 1});
	program_draw_frames(&program, 1);
	xcb_atom_t delete = server_atom(server, "WM_DELETE_WINDOW");
	xcb_atom_t fullscreen = server_atom(server, "_NET_WM_STATE_FULLSCREEN");
	assert_property(server, "_NET_WM_NAME", "gr\303\274n", 5);
	assert_property(server, "WM_CLASS", "org.example\0org.example", 24);
	assert_property(server, "WM_PROTOCOLS", &delete, sizeof(delete));
	assert_property(server, "_NET_WM_STATE", &fullscreen, sizeof(fullscreen));
	assert_int_equal(lend_surface_set_title(program.surface, "other"), 0);
	program_draw_frames(&program, 1);
	assert_property(server, "_NET_WM_NAME", "other", 5);
	program_end(&program);
}

static void test_closed(void **state)
{
	const struct server *server = *state;
	struct program program;
	program_start(&program, (struct lend_surface_options){.width = 20, .height = 20});
	program_draw_frames(&program, 1);
	xcb_window_t window = server_window(server);
	const xcb_client_message_event_t message = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = window,
		.type = server_atom(server, "WM_PROTOCOLS"),
		.data.data32 = {server_atom(server, "WM_DELETE_WINDOW")},
	};
	xcb_send_event(server->xcb, 0, window, 0, (const char *)&message);
	server_sync(server);
	while (program.closes == 0)
		program_dispatch(&program);
	/* nobody has to obey */
	program_draw_frames(&program, 2);
	program_end(&program);
}

static void test_destroyed_by_another(void **state)
{
	const struct server *server = *state;
	static const struct lend_surface_options modes[] = {
		{.preserve = 1}, {.mode = LEND_MODE_FRONT}, {.unpaced = 1, .count = 2}};
	for (size_t mode = 0; mode < sizeof(modes) / sizeof(modes[0]); mode++) {
		struct program program;
		program_start(&program, modes[mode]);
		program_draw_frames(&program, 2);
		program_draw(&program);
		xcb_destroy_window(server->xcb, server_window(server));
		server_sync(server);
		while (program.closes == 0)
			program_dispatch(&program);
		/* it is not seen, but nothing hangs */
		for (int i = 0; i < 5; i++)
			program_draw(&program);
		program_assert_path(&program, LEND_PATH_NONE, "destroyed");
		assert_int_equal(lend_surface_set_title(program.surface, "nowhere"), 0);
		program_end(&program);
	}
}

/* Events that no server sends: of other windows, with other numbers. */
static void test_forged_messages(void **state)
{
	const struct server *server = *state;
	struct program program;
	program_start(&program,
		      (struct lend_surface_options){.width = 100, .height = 100, .preserve = 1});
	program_draw_frames(&program, 1);
	xcb_window_t window = server_window(server);
	for (unsigned i = 0; i < 2000; i++) {
		char event[32];
		for (size_t byte = 0; byte < sizeof(event); byte++)
			event[byte] = (char)random();
		event[0] = (char)(i % 64 + 64 * (i % 3 == 0));
		xcb_client_message_event_t *message = (xcb_client_message_event_t *)event;
		if (i % 2 == 0)
			message->window = window;
		/* a size or a close would be obeyed */
		if (event[0] != XCB_CONFIGURE_NOTIFY && event[0] != XCB_DESTROY_NOTIFY)
			xcb_send_event(server->xcb, 0, window, 0, event);
		program.n_inputs = 0;
		(void)lend_client_dispatch(program.client, 0);
	}
	server_sync(server);
	program.n_inputs = 0;
	program_draw_frames(&program, 5);
	program_compare(&program, server, NULL);
	program_end(&program);
}

/* No descriptor is left for buffers: that is said, and the old size goes on. */
static void test_out_of_descriptors(void **state)
{
	struct program program;
	struct rlimit limit;
	struct lend_frame frame;
	program_start(&program,
		      (struct lend_surface_options){.preserve = 1, .width = 100, .height = 100});
	program_draw_frames(&program, 2);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	struct rlimit few = {.rlim_cur = 3 /* poll needs so many */, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	program.resizes = 0;
	resize(*state, 200, 200);
	while (program.resizes == 0)
		(void)lend_client_dispatch(program.client, 10);
	int result = lend_frame_begin(program.surface, &frame);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(result, -EMFILE);
	assert_non_null(strstr(lend_client_error(program.client), "200x200"));
	const struct lend_verdict *verdict = lend_surface_verdict(program.surface, 0);
	assert_int_equal(verdict->state, LEND_STATE_FAILED);
	assert_int_equal(verdict->error, EMFILE);
	program_draw_frames(&program, 3);
	assert_int_equal(program.width, 100);
	program_compare(&program, *state, NULL);
	resize(*state, 150, 150);
	while (program.width != 150)
		program_draw_frames(&program, 1);
	program_compare(&program, *state, NULL);
	program_end(&program);
}

int main(void)
{
	unsetenv("LEND_DISPLAY");
	srandom(1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_resize_again_and_again),
		cmocka_unit_test(test_out_of_descriptors),
		cmocka_unit_test(test_exposed),
		cmocka_unit_test(test_exposed_while_drawing),
		cmocka_unit_test(test_iconified),
		cmocka_unit_test(test_what_a_window_manager_reads),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_destroyed_by_another),
		cmocka_unit_test(test_forged_messages),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
