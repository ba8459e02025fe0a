/* SPDX-License-Identifier: MIT */
/* The window that an output is: its size is the user's, closing it removes the output, and so does
 * the end of the server that shows it. */
#include "nested.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RED  0xffff0000
#define BLUE 0xff0000ff

static struct lend_view_info describe(const struct lend_view *view)
{
	struct lend_view_info info = {.size = sizeof(info)};

	assert_non_null(view);
	assert_int_equal(lend_view_describe(view, &info), 0);
	return info;
}

/* Another window on the outer server's output. */
struct neighbour {
	struct client *client;
	struct shm_buffer buffer;
	struct window window;
};

static void neighbour_come(struct nest *nest, struct neighbour *neighbour)
{
	neighbour->client = nest_neighbour(nest);
	shm_buffer_create(neighbour->client, 40, 40, WL_SHM_FORMAT_XRGB8888, &neighbour->buffer);
	window_create(neighbour->client, &neighbour->window);
	window_show(&neighbour->window, neighbour->buffer.buffer);
	nest_settle(nest);
}

static void neighbour_go(struct nest *nest, struct neighbour *neighbour)
{
	shm_buffer_destroy(&neighbour->buffer);
	window_destroy(&neighbour->window);
	client_destroy(neighbour->client);
	nest_settle(nest);
}

static void fill(struct client *client, struct window *window, uint32_t colour)
{
	struct shm_buffer buffer;

	shm_buffer_create(client, window->width, window->height, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, colour);
	window_show(window, buffer.buffer);
	/* Its contents stay with whoever shows them. */
	shm_buffer_destroy(&buffer);
}

/* The place of the window outside is filled with the colour. */
static void assert_filled(struct nest *nest, const struct lend_rect *place, uint32_t colour)
{
	struct picture picture;

	picture_take(nest->outer->outputs[0], &picture);
	assert_picture_rect(&picture, place->x, place->y, place->width, place->height, colour);
	picture_finish(&picture);
}

static void follows_its_size(void)
{
	struct nest nest;
	struct neighbour neighbour;
	struct window window;

	nest_create(&(struct test_options){.layout = LEND_LAYOUT_TILE}, NULL, &nest);
	struct client *client = client_create(nest.inner);
	struct lend_view *outside = nest.outer->view;
	window_create(client, &window);
	struct lend_rect whole = describe(outside).place;
	assert_int_equal(window.width, whole.width);
	assert_int_equal(window.height, whole.height);
	fill(client, &window, RED);
	nest_settle(&nest);
	assert_filled(&nest, &whole, RED);
	/* Half of it is another's from now on. */
	neighbour_come(&nest, &neighbour);
	struct lend_rect half = describe(outside).place;
	assert_true(half.width < whole.width);
	assert_int_equal(window.width, half.width);
	assert_int_equal(window.height, half.height);
	fill(client, &window, BLUE);
	nest_settle(&nest);
	assert_filled(&nest, &half, BLUE);
	neighbour_go(&nest, &neighbour);
	assert_int_equal(window.width, whole.width);
	fill(client, &window, RED);
	nest_settle(&nest);
	assert_filled(&nest, &whole, RED);
	window_destroy(&window);
	nest_destroy(&nest);
}

/* Sizes change at any time, with frames on their way and buffers that are read. */
static void survives_any_moment_of_it(void)
{
	struct nest nest;
	struct neighbour neighbours[3];
	struct shm_buffer small;
	struct window window;
	unsigned n = 0;

	nest_create(&(struct test_options){.layout = LEND_LAYOUT_TILE}, NULL, &nest);
	struct client *client = client_create(nest.inner);
	const struct lend_view *outside = nest.outer->view;
	window_create(client, &window);
	shm_buffer_create(client, 30, 30, WL_SHM_FORMAT_XRGB8888, &small);
	shm_buffer_fill(&small, BLUE);
	srand(5);
	for (int i = 0; i < 60; i++) {
		int what = rand() % 5;
		if (what == 0 && n < 3)
			neighbour_come(&nest, &neighbours[n++]);
		else if (what == 1 && n > 0)
			neighbour_go(&nest, &neighbours[--n]);
		else if (what == 2)
			fill(client, &window, RED);
		else
			window_commit(&window, small.buffer);
		for (int rounds = rand() % 4; rounds > 0; rounds--)
			pump_once(nest.inner, 0);
	}
	while (n > 0)
		neighbour_go(&nest, &neighbours[--n]);
	fill(client, &window, RED);
	nest_settle(&nest);
	struct lend_rect place = describe(outside).place;
	assert_int_equal(place.width, window.width);
	assert_filled(&nest, &place, RED);
	expect_alive(client);
	shm_buffer_destroy(&small);
	window_destroy(&window);
	nest_destroy(&nest);
}

static void set_scale(struct nest *nest, uint32_t scale)
{
	struct lend_output *output = nest->outer->outputs[0];
	struct lend_output_state state = {.size = sizeof(state)};

	assert_int_equal(lend_output_describe(output, &state), 0);
	state.scale = scale;
	assert_int_equal(lend_output_configure(output, &state), 0);
	nest_settle(nest);
}

/* A finer display outside: our frames have its pixels, and nothing is scaled on the way. */
static void is_as_sharp_as_the_host(void)
{
	static const uint32_t scales[] = {240, 180, 120, 150};
	struct lend_output_state state = {.size = sizeof(state)};
	struct nest nest;
	struct window window;

	nest_create(NULL, NULL, &nest);
	struct client *client = client_create(nest.inner);
	window_create(client, &window);
	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		set_scale(&nest, scales[i]);
		assert_int_equal(lend_output_describe(nest.window, &state), 0);
		assert_int_equal(state.scale, scales[i]);
		assert_int_equal(state.mode.width, 320);
		assert_int_equal(state.mode.height, 240);
		assert_int_equal(window.width, (320 * 120 + scales[i] / 2) / scales[i]);
		uint64_t before = nest_copied_outside(&nest); /* with the old frame meanwhile */
		fill(client, &window, i % 2 ? RED : BLUE);
		nest_assert_same(&nest);
		assert_int_equal(nest_copied_outside(&nest), before);
	}
	/* Its size is the user's, but its scale is also ours. */
	state.mode.width = 100;
	assert_int_equal(lend_output_configure(nest.window, &state), -ENOTSUP);
	state.mode.width = 320;
	state.scale = 120;
	assert_int_equal(lend_output_configure(nest.window, &state), 0);
	nest_settle(&nest);
	assert_int_equal(window.width, 320);
	window_destroy(&window);
	nest_destroy(&nest);
}

static void says_what_it_is(void)
{
	struct lend_window_output_options options = {
		.size = sizeof(options), .title = "a title", .name = "left"};
	struct lend_output *second;
	struct nest nest;

	nest_create(NULL, NULL, &nest);
	assert_string_equal(lend_output_name(nest.window), "wayland-1");
	assert_string_equal(describe(nest.outer->view).title, "framelend - wayland-1");
	assert_string_equal(describe(nest.outer->view).app_id, "framelend");
	assert_int_equal(nest_open(&nest, &options, &second), 0);
	nest_settle(&nest);
	assert_string_equal(lend_output_name(second), "left");
	assert_string_equal(describe(nest.outer->view).title, "a title");
	/* Names are as unique as they are elsewhere; the other window stays. */
	assert_int_equal(nest_open(&nest, &options, &second), -EEXIST);
	nest_settle(&nest);
	assert_int_equal(nest.outer->mapped - nest.outer->unmapped, 2);
	nest_destroy(&nest);
}

static void two_windows_are_two_outputs(void)
{
	struct nest nest;
	struct lend_output *second;
	struct neighbour one, two;
	struct client *client;

	nest_create(&(struct test_options){.layout = LEND_LAYOUT_TILE}, NULL, &nest);
	struct lend_view *first_view = nest.outer->view;
	assert_int_equal(nest_open(&nest, NULL, &second), 0);
	nest_settle(&nest);
	assert_string_equal(lend_output_name(second), "wayland-2");
	assert_ptr_not_equal(nest.outer->view, first_view);
	client = client_create(nest.inner);
	assert_int_equal(client->n_outputs, 2);
	/* The second view, on the first output again, where the layout puts all. */
	one.client = two.client = client;
	window_create(client, &one.window);
	fill(client, &one.window, RED);
	nest_settle(&nest);
	struct lend_rect place = describe(first_view).place;
	assert_filled(&nest, &place, RED);
	/* It goes, and what was on it is on the other. */
	lend_output_destroy(nest.window);
	nest.window = NULL;
	nest_settle(&nest);
	fill(client, &one.window, BLUE);
	nest_settle(&nest);
	place = describe(nest.outer->view).place;
	assert_filled(&nest, &place, BLUE);
	window_destroy(&one.window);
	nest_destroy(&nest);
}

static void closing_it_removes_the_output(void)
{
	struct nest nest;
	struct window window;

	nest_create(NULL, NULL, &nest);
	struct client *client = client_create(nest.inner);
	window_create(client, &window);
	fill(client, &window, RED);
	lend_view_close(nest.outer->view);
	pump_until(nest.inner, &nest.outer->unmapped, 1);
	nest_settle(&nest);
	assert_null(nest.window);
	assert_non_null(strstr(nest.inner->log, "wayland-1 is removed: its window was closed"));
	pump_until(nest.inner, &client->globals_removed, 1);
	expect_alive(client);
	/* There can be another one, and what is there is seen on it. */
	assert_int_equal(nest_open(&nest, NULL, &nest.window), 0);
	fill(client, &window, BLUE);
	nest_assert_same(&nest);
	window_destroy(&window);
	nest_destroy(&nest);
}

static void outlives_the_host(void)
{
	struct nest nest;
	struct window window;
	struct shm_buffer buffer;

	nest_create(NULL, NULL, &nest);
	struct client *client = client_create(nest.inner);
	window_create(client, &window);
	fill(client, &window, RED);
	shm_buffer_create(client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	window_commit(&window, buffer.buffer); /* one is on its way when it happens */
	pump_once(nest.inner, 0);
	nest.inner->host = NULL;
	setenv("XDG_RUNTIME_DIR", nest.outer->directory, 1);
	test_destroy(nest.outer);
	setenv("XDG_RUNTIME_DIR", nest.inner->directory, 1);
	nest.outer = NULL;
	pump_until(nest.inner, &client->globals_removed, 1);
	assert_null(nest.inner->outputs[0]);
	assert_non_null(strstr(nest.inner->log, "wayland-1 is removed: the other Wayland server"));
	/* Nobody reads it any more. */
	window_commit(&window, NULL);
	pump_until(nest.inner, &buffer.released, 1);
	expect_alive(client);
	shm_buffer_destroy(&buffer);
	window_destroy(&window);
	nest_destroy(&nest);
}

static void fills_the_screen_if_asked(void)
{
	const struct lend_window_output_options options = {.size = sizeof(options),
							   .fullscreen = 1};
	struct nest nest;
	struct neighbour neighbour;

	nest_create(&(struct test_options){.layout = LEND_LAYOUT_TILE}, &options, &nest);
	neighbour_come(&nest, &neighbour);
	struct picture picture;
	picture_take(nest.window, &picture);
	assert_int_equal(picture.width, 320);
	assert_int_equal(picture.height, 240);
	picture_finish(&picture);
	neighbour_go(&nest, &neighbour);
	nest_destroy(&nest);
}

static void goes_with_its_server(void)
{
	struct nest nest;

	nest_create(NULL, NULL, &nest);
	test_destroy(nest.inner);
	for (int i = 0; i < 100 && nest.outer->unmapped == 0; i++)
		pump_once(nest.outer, 100);
	assert_int_equal(nest.outer->unmapped, 1);
	test_destroy(nest.outer);
}

static const struct harness_test tests[] = {
	{"follows_its_size", follows_its_size},
	{"survives_any_moment_of_it", survives_any_moment_of_it},
	{"is_as_sharp_as_the_host", is_as_sharp_as_the_host},
	{"says_what_it_is", says_what_it_is},
	{"two_windows_are_two_outputs", two_windows_are_two_outputs},
	{"closing_it_removes_the_output", closing_it_removes_the_output},
	{"outlives_the_host", outlives_the_host},
	{"fills_the_screen_if_asked", fills_the_screen_if_asked},
	{"goes_with_its_server", goes_with_its_server},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
