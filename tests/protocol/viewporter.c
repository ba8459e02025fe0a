/* SPDX-License-Identifier: MIT */
/* wp_viewporter: its errors, a row each, and what cropping and scaling show. */
#include "shell.h"

#include <stdio.h>

#define RED   0xffc02010
#define GREEN 0xff20a040

struct fixture {
	struct test *test;
	struct client *client;
	struct shm_buffer buffer;   /* 40x20: the left half is red, the right one green */
	struct shell_window window; /* a configured toplevel */
	struct wp_viewport *viewport;
};

static void client_begin(struct fixture *f)
{
	f->client = client_create(f->test);
	shm_buffer_create(f->client, 40, 20, WL_SHM_FORMAT_XRGB8888, &f->buffer);
	fill_rect(f->buffer.pixels, f->buffer.stride, 0, 0, 20, 20, RED);
	fill_rect(f->buffer.pixels, f->buffer.stride, 20, 0, 20, 20, GREEN);
	shell_window_create(f->client, &f->window);
	shell_window_get_toplevel(&f->window);
	shell_window_begin(&f->window);
	shell_window_ack(&f->window);
	f->viewport = wp_viewporter_get_viewport(f->client->viewporter, f->window.surface);
}

static void client_end(struct fixture *f)
{
	shm_buffer_destroy(&f->buffer);
	client_destroy(f->client);
}

static void set_source(struct fixture *f, double x, double y, double width, double height)
{
	wp_viewport_set_source(f->viewport, wl_fixed_from_double(x), wl_fixed_from_double(y),
			       wl_fixed_from_double(width), wl_fixed_from_double(height));
}

static void commit_buffer(struct fixture *f)
{
	wl_surface_attach(f->window.surface, f->buffer.buffer, 0, 0);
	wl_surface_commit(f->window.surface);
}

/* ---- errors --------------------------------------------------------------------------------- */

static void second_viewport(struct fixture *f)
{
	wp_viewporter_get_viewport(f->client->viewporter, f->window.surface);
}

static void source_x_negative(struct fixture *f)
{
	set_source(f, -0.5, 0, 1, 1);
}

static void source_y_negative(struct fixture *f)
{
	set_source(f, 0, -2, 1, 1);
}

static void source_empty(struct fixture *f)
{
	set_source(f, 0, 0, 5, 0);
}

static void source_almost_unset(struct fixture *f)
{
	set_source(f, -1, -1, -1, 1);
}

static void destination_empty(struct fixture *f)
{
	wp_viewport_set_destination(f->viewport, 0, 5);
}

static void destination_half_unset(struct fixture *f)
{
	wp_viewport_set_destination(f->viewport, -1, 5);
}

static void source_after_the_surface(struct fixture *f)
{
	wl_surface_destroy(f->window.surface);
	set_source(f, 0, 0, 1, 1);
}

static void destination_after_the_surface(struct fixture *f)
{
	wl_surface_destroy(f->window.surface);
	wp_viewport_set_destination(f->viewport, 1, 1);
}

static void source_not_whole(struct fixture *f)
{
	set_source(f, 0, 0, 10.5, 10);
	commit_buffer(f);
}

static void source_too_wide(struct fixture *f)
{
	set_source(f, 1, 0, 40, 20);
	commit_buffer(f);
}

static void source_too_high_by_a_bit(struct fixture *f)
{
	wp_viewport_set_destination(f->viewport, 9, 9);
	set_source(f, 0, 0, 40, 20.0 + 1.0 / 256);
	commit_buffer(f);
}

static void source_of_scaled_buffer(struct fixture *f)
{
	wl_surface_set_buffer_scale(f->window.surface, 2);
	set_source(f, 0, 0, 21, 10);
	commit_buffer(f);
}

static void source_of_turned_buffer(struct fixture *f)
{
	wl_surface_set_buffer_transform(f->window.surface, WL_OUTPUT_TRANSFORM_90);
	set_source(f, 0, 0, 40, 20);
	commit_buffer(f);
}

static void source_once_valid(struct fixture *f)
{
	set_source(f, 0, 0, 40, 20);
	commit_buffer(f);
	client_roundtrip(f->client);
	shm_buffer_destroy(&f->buffer);
	shm_buffer_create(f->client, 39, 20, WL_SHM_FORMAT_XRGB8888, &f->buffer);
	commit_buffer(f);
}

/* The buffer of a synchronised subsurface waits with the rest of its state. */
static void source_of_waiting_buffer(struct fixture *f)
{
	struct wl_surface *child = subsurface_create(f->client, f->window.surface);

	f->viewport = wp_viewporter_get_viewport(f->client->viewporter, child);
	wl_surface_attach(child, f->buffer.buffer, 0, 0);
	wl_surface_commit(child);
	set_source(f, 30, 0, 20, 20);
	wl_surface_commit(child);
}

static const struct row {
	const char *name;
	void (*run)(struct fixture *f);
	const struct wl_interface *interface;
	uint32_t code;
	const char *words;
} rows[] = {
#define ROW(run, code, words)                                                                      \
	{                                                                                          \
#run, run, &wp_viewport_interface, WP_VIEWPORT_ERROR_##code, words                 \
	}
	{"second_viewport", second_viewport, &wp_viewporter_interface,
	 WP_VIEWPORTER_ERROR_VIEWPORT_EXISTS, "has one already"},
	ROW(source_x_negative, BAD_VALUE, "set_source: 1x1 at -0.5,0"),
	ROW(source_y_negative, BAD_VALUE, "set_source: 1x1 at 0,-2"),
	ROW(source_empty, BAD_VALUE, "set_source: 5x0 at 0,0"),
	ROW(source_almost_unset, BAD_VALUE, "set_source: -1x1 at -1,-1"),
	ROW(destination_empty, BAD_VALUE, "set_destination: 0x5"),
	ROW(destination_half_unset, BAD_VALUE, "set_destination: -1x5"),
	ROW(source_after_the_surface, NO_SURFACE, "set_source: the wl_surface was destroyed"),
	ROW(destination_after_the_surface, NO_SURFACE,
	    "set_destination: the wl_surface was destroyed"),
	ROW(source_not_whole, BAD_SIZE, "source is 10.5x10"),
	ROW(source_too_wide, OUT_OF_BUFFER, "40x20 at 1,0 exceeds the buffer, which is 40x20"),
	ROW(source_too_high_by_a_bit, OUT_OF_BUFFER, "40x20.0039"),
	ROW(source_of_scaled_buffer, OUT_OF_BUFFER, "which is 20x10"),
	ROW(source_of_turned_buffer, OUT_OF_BUFFER, "which is 20x40"),
	ROW(source_once_valid, OUT_OF_BUFFER, "which is 39x20"),
	ROW(source_of_waiting_buffer, OUT_OF_BUFFER, "20x20 at 30,0"),
#undef ROW
};

static void each_error_is_told(void)
{
	struct fixture f = {.test = test_create(NULL)};
	struct client *bystander = client_create(f.test);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		printf("%s\n", rows[i].name);
		client_begin(&f);
		rows[i].run(&f);
		expect_error(f.client, rows[i].interface, rows[i].code, rows[i].words);
		expect_alive(bystander);
		client_end(&f);
	}
	test_destroy(f.test);
}

/* ---- pictures ------------------------------------------------------------------------------- */

/* The rectangle has that colour and ends there. */
static void expect_rect(struct fixture *f, int x, int y, int width, int height, uint32_t colour)
{
	struct picture picture;

	client_roundtrip(f->client);
	pump(f->test);
	picture_take(f->test->outputs[0], &picture);
	assert_picture_rect(&picture, x, y, width, height, colour);
	if (x > 0)
		assert_int_not_equal(picture_at(&picture, x - 1, y), colour & 0xffffff);
	if (x + width < 320)
		assert_int_not_equal(picture_at(&picture, x + width, y), colour & 0xffffff);
	if (y > 0)
		assert_int_not_equal(picture_at(&picture, x, y - 1), colour & 0xffffff);
	picture_finish(&picture);
}

/* All of the output is 320x240; the surface is centred. */
static void crops(void)
{
	struct fixture f = {.test = test_create(NULL)};

	client_begin(&f);
	set_source(&f, 0, 5, 10, 10);
	commit_buffer(&f);
	expect_rect(&f, 155, 115, 10, 10, RED);
	set_source(&f, 20, 0, 20, 20);
	expect_rect(&f, 155, 115, 10, 10, RED); /* not committed */
	wl_surface_commit(f.window.surface);
	expect_rect(&f, 150, 110, 20, 20, GREEN);
	set_source(&f, -1, -1, -1, -1);
	wl_surface_commit(f.window.surface);
	expect_rect(&f, 140, 110, 20, 20, RED);
	expect_rect(&f, 160, 110, 20, 20, GREEN);
	client_end(&f);
	test_destroy(f.test);
}

static void scales(void)
{
	struct fixture f = {.test = test_create(NULL)};

	client_begin(&f);
	wp_viewport_set_destination(f.viewport, 80, 40);
	set_source(&f, 2.5, 2.5, 10.25, 10.25);
	commit_buffer(&f);
	expect_rect(&f, 120, 100, 80, 40, RED);
	wp_viewport_set_destination(f.viewport, 8, 6);
	wl_surface_commit(f.window.surface);
	expect_rect(&f, 156, 117, 8, 6, RED);
	wp_viewport_set_destination(f.viewport, -1, -1);
	set_source(&f, -1, -1, -1, -1);
	wl_surface_commit(f.window.surface);
	expect_rect(&f, 140, 110, 20, 20, RED);
	client_end(&f);
	test_destroy(f.test);
}

/* Its state goes with it, at the next commit, and another one can be made. */
static void destroyed_viewport_unsets(void)
{
	struct fixture f = {.test = test_create(NULL)};

	client_begin(&f);
	set_source(&f, 0, 0, 10, 10);
	commit_buffer(&f);
	expect_rect(&f, 155, 115, 10, 10, RED);
	wp_viewport_destroy(f.viewport);
	expect_rect(&f, 155, 115, 10, 10, RED);
	wl_surface_commit(f.window.surface);
	expect_rect(&f, 140, 110, 20, 20, RED);
	f.viewport = wp_viewporter_get_viewport(f.client->viewporter, f.window.surface);
	set_source(&f, 20, 0, 4, 4);
	wl_surface_commit(f.window.surface);
	expect_rect(&f, 158, 118, 4, 4, GREEN);
	client_end(&f);
	test_destroy(f.test);
}

/* Nothing to be outside of. */
static void any_source_is_fine_without_a_buffer(void)
{
	struct fixture f = {.test = test_create(NULL)};

	client_begin(&f);
	set_source(&f, 1000, 1000, 50, 50);
	wl_surface_commit(f.window.surface);
	expect_alive(f.client);
	client_end(&f);
	test_destroy(f.test);
}

static void may_outlive_surface_and_viewporter(void)
{
	struct fixture f = {.test = test_create(NULL)};

	client_begin(&f);
	set_source(&f, 0, 0, 10, 10);
	commit_buffer(&f);
	wp_viewporter_destroy(f.client->viewporter);
	f.client->viewporter = NULL;
	xdg_toplevel_destroy(f.window.toplevel);
	xdg_surface_destroy(f.window.xdg_surface);
	wl_surface_destroy(f.window.surface);
	wp_viewport_destroy(f.viewport);
	expect_alive(f.client);
	client_end(&f);
	test_destroy(f.test);
}

int main(int argc, char **argv)
{
#define TEST(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
	static const struct harness_test tests[] = {
		TEST(each_error_is_told),
		TEST(crops),
		TEST(scales),
		TEST(destroyed_viewport_unsets),
		TEST(any_source_is_fine_without_a_buffer),
		TEST(may_outlive_surface_and_viewporter),
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
