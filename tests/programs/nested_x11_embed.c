/* SPDX-License-Identifier: MIT */
/* lend_output_create_x11() as its embedders see it: what it answers, and what it leaves behind. */
#include "unit/client/x11/server.h"

#include <dirent.h>
#include <errno.h>
#include <framelend/server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WIDTH  160
#define HEIGHT 120

struct fixture {
	struct server x;
	struct lend_server *server;
	unsigned added, removed, frames;
	bool destroy_at_once;
};

static void count_added(void *data, struct lend_output *output)
{
	struct fixture *fixture = data;

	fixture->added++;
	if (fixture->destroy_at_once)
		lend_output_destroy(output);
}

static void count_removed(void *data, struct lend_output *output)
{
	struct fixture *fixture = data;

	fixture->removed++;
}

static void count_frame(void *data, struct lend_output *output, struct lend_buffer *frame,
			const struct lend_rect *damage, size_t n_damage)
{
	struct fixture *fixture = data;

	fixture->frames++;
}

static int set_up(void **state)
{
	static struct fixture fixture;
	const struct lend_server_events events = {.size = sizeof(events),
						  .output_added = count_added,
						  .output_removed = count_removed,
						  .output_frame = count_frame};
	const struct lend_server_options options = {
		.size = sizeof(options), .events = &events, .data = &fixture};
	char directory[] = "/tmp/framelend-test-XXXXXX";

	memset(&fixture, 0, sizeof(fixture));
	assert_non_null(mkdtemp(directory));
	setenv("XDG_RUNTIME_DIR", directory, 1);
	server_start(&fixture.x, NULL, (const char *const[]){NULL});
	assert_int_equal(lend_server_create(&options, &fixture.server), 0);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	lend_server_destroy(fixture->server);
	if (fixture->x.pid > 0)
		server_stop(&fixture->x);
	rmdir(getenv("XDG_RUNTIME_DIR"));
	return 0;
}

static struct lend_output *create(struct fixture *fixture, const char *name)
{
	const struct lend_window_output_options options = {.size = sizeof(options),
							   .display = fixture->x.name,
							   .name = name,
							   .width = WIDTH,
							   .height = HEIGHT};
	struct lend_output *output = NULL;

	assert_int_equal(lend_output_create_x11(fixture->server, &options, &output), 0);
	return output;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void dispatch_until(const struct fixture *fixture, const unsigned *counter, unsigned least)
{
	uint64_t end = now_ms() + TIMEOUT_MS;

	while (*counter < least && now_ms() < end)
		assert_int_equal(lend_server_dispatch(fixture->server, 100), 0);
	assert_true(*counter >= least);
}

static unsigned count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static void assert_fails(struct fixture *fixture, const struct lend_window_output_options *options,
			 int error, const char *words)
{
	struct lend_output *output = NULL;

	assert_int_equal(lend_output_create_x11(fixture->server, options, &output), error);
	assert_non_null(strstr(lend_server_error(), words));
	assert_null(output);
}

static void mistakes(void **state)
{
	struct fixture *fixture = *state;
	struct lend_window_output_options options = {.size = sizeof(options)};
	unsigned fds = count_fds();

	assert_fails(fixture, &(struct lend_window_output_options){0}, -EINVAL, "set size");
	unsetenv("DISPLAY");
	assert_fails(fixture, NULL, -ENOENT, "DISPLAY is not set");
	options.display = ":59997";
	assert_fails(fixture, &options, -ENOENT, "there is no X server ':59997'");
	options.display = "nonsense";
	assert_fails(fixture, &options, -EINVAL, "names no X display");
	options.display = fixture->x.name;
	options.width = 16385;
	assert_fails(fixture, &options, -EINVAL, "16384");
	assert_int_equal(fixture->added, 0);
	assert_int_equal(count_fds(), fds);
	options.width = 0;
	options.name = "screen";
	create(fixture, "screen");
	assert_fails(fixture, &options, -EEXIST, "screen");
	assert_int_equal(fixture->added, 1);
}

static void defaults(void **state)
{
	struct fixture *fixture = *state;
	struct lend_output_state described = {.size = sizeof(described)};
	struct lend_output *output;

	assert_int_equal(lend_output_create_x11(fixture->server, NULL, &output), 0);
	assert_string_equal(lend_output_name(output), "x11-1");
	assert_int_equal(lend_output_describe(output, &described), 0);
	assert_int_equal(described.mode.width, 1280);
	assert_int_equal(described.mode.height, 720);
	assert_int_equal(described.scale, LEND_SCALE_ONE);
	assert_int_equal(described.off, 0);
	assert_in_range(described.mode.refresh, 1000, 500000);
}

static void size_is_the_users(void **state)
{
	struct fixture *fixture = *state;
	struct lend_output *output = create(fixture, NULL);
	struct lend_output_state described = {.size = sizeof(described)};

	assert_int_equal(lend_output_describe(output, &described), 0);
	described.mode.width = 200;
	assert_int_equal(lend_output_configure(output, &described), -ENOTSUP);
	assert_non_null(strstr(lend_server_error(), "user"));
	assert_int_equal(lend_output_get_mode(output, 0, &described.mode), -ENOENT);
}

/* Xft.dpi is where desktops say that pixels are small. */
static void scale_of_the_desktop(void **state)
{
	struct fixture *fixture = *state;
	static const char resources[] = "Xcursor.size:\t24\nNotXft.dpi:\t960\nXft.dpi:\t200\n";
	struct lend_output_state described = {.size = sizeof(described)};
	struct lend_output *output;

	xcb_change_property(fixture->x.xcb, XCB_PROP_MODE_REPLACE, fixture->x.screen->root,
			    XCB_ATOM_RESOURCE_MANAGER, XCB_ATOM_STRING, 8, sizeof(resources) - 1,
			    resources);
	server_sync(&fixture->x);
	assert_int_equal(lend_output_create_x11(fixture->server, NULL, &output), 0);
	assert_int_equal(lend_output_describe(output, &described), 0);
	assert_int_equal(described.scale, 2 * LEND_SCALE_ONE);
	assert_int_equal(described.mode.width, 2560);
}

static void power(void **state)
{
	struct fixture *fixture = *state;
	struct lend_output *output = create(fixture, NULL);
	struct lend_output_state described = {.size = sizeof(described)};

	dispatch_until(fixture, &fixture->frames, 1);
	assert_int_equal(lend_output_describe(output, &described), 0);
	described.off = 1;
	assert_int_equal(lend_output_configure(output, &described), 0);
	described.off = 0;
	unsigned frames = fixture->frames;
	assert_int_equal(lend_output_configure(output, &described), 0);
	dispatch_until(fixture, &fixture->frames, frames + 1);
}

static void nothing_is_left(void **state)
{
	struct fixture *fixture = *state;

	lend_output_destroy(create(fixture, "first")); /* the seat keeps its keymap */
	unsigned fds = count_fds();
	for (unsigned i = 1; i < 30; i++) {
		struct lend_output *output = create(fixture, "again");
		if (i % 2)
			lend_server_dispatch(fixture->server, 10);
		lend_output_destroy(output);
	}
	assert_int_equal(fixture->added, 30);
	assert_int_equal(fixture->removed, 30);
	assert_int_equal(count_fds(), fds);
	server_sync(&fixture->x);
	xcb_query_tree_reply_t *tree = xcb_query_tree_reply(
		fixture->x.xcb, xcb_query_tree(fixture->x.xcb, fixture->x.screen->root), NULL);
	assert_non_null(tree);
	assert_int_equal(xcb_query_tree_children_length(tree), 0);
	free(tree);
}

static void destroyed_by_the_event(void **state)
{
	struct fixture *fixture = *state;

	fixture->destroy_at_once = true;
	create(fixture, NULL);
	dispatch_until(fixture, &fixture->removed, 1);
}

static void destroyed_with_the_window(void **state)
{
	struct fixture *fixture = *state;

	create(fixture, NULL);
	create(fixture, NULL);
	dispatch_until(fixture, &fixture->frames, 2);
	xcb_destroy_window(fixture->x.xcb, server_window(&fixture->x));
	server_sync(&fixture->x);
	dispatch_until(fixture, &fixture->removed, 1);
	lend_server_dispatch(fixture->server, 50);
	assert_int_equal(fixture->removed, 1);
}

/* No request of ours waits for an X server that does nothing. */
static void server_that_hangs(void **state)
{
	struct fixture *fixture = *state;
	struct lend_output *output = create(fixture, NULL);
	struct lend_output_state described = {.size = sizeof(described)};

	dispatch_until(fixture, &fixture->frames, 1);
	assert_int_equal(lend_output_describe(output, &described), 0);
	kill(fixture->x.pid, SIGSTOP);
	uint64_t start = now_ms();
	for (unsigned i = 0; i < 40; i++) {
		described.scale = LEND_SCALE_ONE * (1 + i % 2);
		assert_int_equal(lend_output_configure(output, &described), 0);
		lend_server_dispatch(fixture->server, 10);
	}
	assert_true(now_ms() - start < TIMEOUT_MS / 2);
	unsigned frames = fixture->frames;
	assert_in_range(frames, 1, 3);
	kill(fixture->x.pid, SIGCONT);
	dispatch_until(fixture, &fixture->frames, frames + 1);
}

static void server_that_dies(void **state)
{
	struct fixture *fixture = *state;
	unsigned fds = count_fds();

	create(fixture, NULL);
	create(fixture, NULL);
	dispatch_until(fixture, &fixture->frames, 2);
	server_kill(&fixture->x);
	dispatch_until(fixture, &fixture->removed, 2);
	assert_int_equal(lend_server_dispatch(fixture->server, 50), 0);
	assert_in_range(count_fds(), 0, fds); /* the test's own connection went too */
	server_start(&fixture->x, NULL, (const char *const[]){NULL});
	create(fixture, NULL);
	dispatch_until(fixture, &fixture->frames, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(mistakes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(defaults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(size_is_the_users, set_up, tear_down),
		cmocka_unit_test_setup_teardown(scale_of_the_desktop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(power, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(destroyed_by_the_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(destroyed_with_the_window, set_up, tear_down),
		cmocka_unit_test_setup_teardown(server_that_hangs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(server_that_dies, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
