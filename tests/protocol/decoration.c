/* SPDX-License-Identifier: MIT */
/* zxdg_decoration: clients are told that titles and borders are the server's affair. */
#include "harness.h"
#include "shell.h"

#include "xdg-decoration-client-protocol.h"

struct fixture {
	struct test *test;
	struct client *client;
	struct zxdg_decoration_manager_v1 *manager;
	struct shell_window window;
	struct zxdg_toplevel_decoration_v1 *decoration;
	struct shm_buffer buffer;
	unsigned told, told_at; /* and how many xdg_surface.configure there were then */
	uint32_t mode;
};

static void handle_configure(void *data, struct zxdg_toplevel_decoration_v1 *decoration,
			     uint32_t mode)
{
	struct fixture *f = data;

	f->told++;
	f->told_at = f->window.configures;
	f->mode = mode;
}

static const struct zxdg_toplevel_decoration_v1_listener listener = {.configure = handle_configure};

static void setup(struct fixture *f)
{
	*f = (struct fixture){.test = test_create(NULL)};
	f->client = client_create(f->test);
	f->manager = bind_again(f->client, &zxdg_decoration_manager_v1_interface, 1, 0);
	shell_window_create(f->client, &f->window);
	shell_window_get_toplevel(&f->window);
	shm_buffer_create(f->client, 320, 240, WL_SHM_FORMAT_XRGB8888, &f->buffer);
}

static void get(struct fixture *f)
{
	f->decoration =
		zxdg_decoration_manager_v1_get_toplevel_decoration(f->manager, f->window.toplevel);
	zxdg_toplevel_decoration_v1_add_listener(f->decoration, &listener, f);
}

static void finish(struct fixture *f)
{
	if (f->decoration)
		zxdg_toplevel_decoration_v1_destroy(f->decoration);
	shm_buffer_destroy(&f->buffer);
	shell_window_destroy(&f->window);
	test_destroy(f->test);
}

/* ---- hostile -------------------------------------------------------------------------------- */

static void not_after_a_buffer(void)
{
	for (int committed = 0; committed < 2; committed++) {
		struct fixture f;
		setup(&f);
		shell_window_begin(&f.window);
		shell_window_ack(&f.window);
		wl_surface_attach(f.window.surface, f.buffer.buffer, 0, 0);
		if (committed)
			wl_surface_commit(f.window.surface);
		get(&f);
		expect_error(f.client, &zxdg_toplevel_decoration_v1_interface,
			     ZXDG_TOPLEVEL_DECORATION_V1_ERROR_UNCONFIGURED_BUFFER,
			     "has a buffer already");
		finish(&f);
	}
}

static void one_for_each_toplevel(void)
{
	struct fixture f;

	setup(&f);
	get(&f);
	client_roundtrip(f.client);
	zxdg_toplevel_decoration_v1_destroy(f.decoration);
	get(&f);
	expect_alive(f.client);
	struct zxdg_toplevel_decoration_v1 *first = f.decoration;
	get(&f);
	expect_error(f.client, &zxdg_toplevel_decoration_v1_interface,
		     ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ALREADY_CONSTRUCTED,
		     "has the decoration zxdg_toplevel_decoration_v1@");
	zxdg_toplevel_decoration_v1_destroy(first);
	finish(&f);
}

static void not_without_its_toplevel(void)
{
	struct fixture f;

	setup(&f);
	get(&f);
	xdg_toplevel_destroy(f.window.toplevel);
	f.window.toplevel = NULL;
	expect_error(f.client, &zxdg_toplevel_decoration_v1_interface,
		     ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ORPHANED, "destroy its decoration");
	finish(&f);
}

/* The wl_surface may go first, and a client all at once. */
static void what_is_left_does_nothing(void)
{
	struct fixture f;

	setup(&f);
	get(&f);
	shell_window_map(&f.window, f.buffer.buffer);
	wl_surface_destroy(f.window.surface);
	f.window.surface = NULL;
	client_roundtrip(f.client);
	unsigned told = f.told;
	zxdg_toplevel_decoration_v1_set_mode(f.decoration,
					     ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE);
	zxdg_toplevel_decoration_v1_unset_mode(f.decoration);
	expect_alive(f.client);
	assert_int_equal(f.told, told);
	f.buffer.buffer = NULL;
	client_destroy(f.client);
	pump(f.test);
	shm_buffer_destroy(&f.buffer);
	test_destroy(f.test);
}

/* ---- what is said --------------------------------------------------------------------------- */

static void it_comes_with_the_first_configure(void)
{
	struct fixture f;

	setup(&f);
	get(&f);
	client_roundtrip(f.client);
	assert_int_equal(f.told, 0);
	shell_window_begin(&f.window);
	assert_int_equal(f.told, 1);
	assert_int_equal(f.told_at, 0); /* before that of the xdg_surface */
	assert_int_equal(f.window.configures, 1);
	assert_int_equal(f.mode, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	finish(&f);
}

static void every_wish_has_an_answer(void)
{
	struct fixture f;

	setup(&f);
	shell_window_begin(&f.window);
	get(&f); /* late, but before a buffer */
	client_roundtrip(f.client);
	assert_int_equal(f.told, 1);
	assert_int_equal(f.window.configures, 2);
	shell_window_ack(&f.window);
	shell_window_commit(&f.window, f.buffer.buffer);
	unsigned configures = f.window.configures;
	zxdg_toplevel_decoration_v1_set_mode(f.decoration,
					     ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE);
	client_roundtrip(f.client);
	assert_int_equal(f.told, 2);
	assert_int_equal(f.mode, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	assert_int_equal(f.told_at, configures);
	assert_int_equal(f.window.configures, configures + 1);
	zxdg_toplevel_decoration_v1_unset_mode(f.decoration);
	client_roundtrip(f.client);
	assert_int_equal(f.told, 3);
	/* Configures for other reasons do not repeat it. */
	xdg_toplevel_set_fullscreen(f.window.toplevel, NULL);
	client_roundtrip(f.client);
	assert_int_equal(f.window.configures, configures + 3);
	assert_int_equal(f.told, 3);
	finish(&f);
}

static const struct harness_test tests[] = {
	{"not_after_a_buffer", not_after_a_buffer},
	{"one_for_each_toplevel", one_for_each_toplevel},
	{"not_without_its_toplevel", not_without_its_toplevel},
	{"what_is_left_does_nothing", what_is_left_does_nothing},
	{"it_comes_with_the_first_configure", it_comes_with_the_first_configure},
	{"every_wish_has_an_answer", every_wish_has_an_answer},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
