/* SPDX-License-Identifier: MIT */
/* wp_single_pixel_buffer: a colour for as much of an output as a viewport says. */
#include "harness.h"
#include "shell.h"

#include "single-pixel-buffer-client-protocol.h"

#define FULL UINT32_MAX
#define HALF 0x80000000

struct fixture {
	struct test *test;
	struct client *client;
	struct wp_single_pixel_buffer_manager_v1 *manager;
	struct window window;
	struct wp_viewport *viewport;
};

static void setup_with(struct fixture *f, const struct test_options *options)
{
	*f = (struct fixture){.test = test_create(options)};
	f->client = client_create(f->test);
	f->manager = bind_again(f->client, &wp_single_pixel_buffer_manager_v1_interface, 1, 0);
	window_create(f->client, &f->window);
	f->viewport = wp_viewporter_get_viewport(f->client->viewporter, f->window.surface);
}

static void setup(struct fixture *f)
{
	setup_with(f, NULL);
}

static void finish(struct fixture *f)
{
	wp_viewport_destroy(f->viewport);
	window_destroy(&f->window);
	test_destroy(f->test);
}

static struct wl_buffer *pixel(struct fixture *f, uint32_t r, uint32_t g, uint32_t b, uint32_t a)
{
	return wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(f->manager, r, g, b, a);
}

static void assert_shown(struct fixture *f, int x, int y, int width, int height, uint32_t colour)
{
	struct picture picture;

	picture_take(f->test->outputs[0], &picture);
	assert_picture_rect(&picture, x, y, width, height, colour);
	picture_finish(&picture);
}

/* ---- hostile -------------------------------------------------------------------------------- */

static void they_count_as_buffers(void)
{
	struct fixture f;

	setup_with(&f, &(struct test_options){
			       .quota = {.size = sizeof(struct lend_quota), .buffers = 10}});
	for (int i = 0; i < 50; i++)
		wl_buffer_destroy(pixel(&f, 0, 0, 0, FULL));
	expect_alive(f.client);
	for (int i = 0; i < 11; i++)
		pixel(&f, 0, 0, 0, FULL);
	expect_no_memory(f.client, "create_u32_rgba_buffer");
	finish(&f);
}

static void one_pixel_is_not_cut_or_halved(void)
{
	struct fixture f;

	setup(&f);
	wp_viewport_set_source(f.viewport, 0, 0, wl_fixed_from_int(2), wl_fixed_from_int(1));
	window_commit(&f.window, pixel(&f, FULL, 0, 0, FULL));
	expect_error(f.client, &wp_viewport_interface, WP_VIEWPORT_ERROR_OUT_OF_BUFFER, "");
	finish(&f);
	setup(&f);
	wl_surface_set_buffer_scale(f.window.surface, 2);
	window_commit(&f.window, pixel(&f, FULL, 0, 0, FULL));
	expect_error(f.client, &wl_surface_interface, WL_SURFACE_ERROR_INVALID_SIZE, "1x1");
	finish(&f);
}

/* An output as small as the buffer cannot show memory that there is not. */
static void it_fills_a_pixel(void)
{
	struct fixture f;

	setup_with(&f, &(struct test_options){.width = 1, .height = 1});
	window_show(&f.window, pixel(&f, FULL, 0, 0, FULL));
	assert_shown(&f, 0, 0, 1, 1, 0xff0000);
	assert_int_equal(output_scanout(f.test->outputs[0]), 0);
	finish(&f);
}

/* ---- colours -------------------------------------------------------------------------------- */

static void it_is_as_large_as_wanted(void)
{
	struct fixture f;

	setup(&f);
	wp_viewport_set_destination(f.viewport, 320, 240);
	window_show(&f.window, pixel(&f, FULL, HALF, 0, FULL));
	assert_shown(&f, 0, 0, 320, 240, 0xff8000);
	/* And of any shape: the layout puts it in the middle. */
	wp_viewport_set_destination(f.viewport, 100, 50);
	window_show(&f.window, pixel(&f, 0, 0, FULL, FULL));
	assert_shown(&f, 110, 95, 100, 50, 0x0000ff);
	assert_shown(&f, 0, 0, 320, 95, 0);
	assert_shown(&f, 0, 95, 110, 50, 0);
	finish(&f);
}

static void channels_are_rounded(void)
{
	static const struct {
		uint32_t value, shown;
	} cases[] = {{0, 0},
		     {1, 0},
		     {0x00808080, 0},
		     {0x01010101, 1},
		     {0x7fffffff, 0x7f},
		     {HALF, 0x80},
		     {0xfefefefe, 0xfe},
		     {FULL - 1, 0xff},
		     {FULL, 0xff}};
	struct fixture f;

	setup(&f);
	wp_viewport_set_destination(f.viewport, 320, 240);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		window_show(&f.window, pixel(&f, cases[i].value, 0, cases[i].value, FULL));
		assert_shown(&f, 0, 0, 320, 240, cases[i].shown << 16 | cases[i].shown);
	}
	finish(&f);
}

/* Premultiplied, and only what has no alpha is opaque. */
static void alpha_lets_through(void)
{
	struct fixture f;
	struct wl_surface *child;

	setup(&f);
	wp_viewport_set_destination(f.viewport, 320, 240);
	window_show(&f.window, pixel(&f, FULL, 0, 0, FULL));
	child = subsurface_create(f.client, f.window.surface);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(f.client->viewporter, child);
	wp_viewport_set_destination(viewport, 20, 10);
	wl_surface_attach(child, pixel(&f, 0, 0, HALF, HALF), 0, 0);
	wl_surface_commit(child);
	window_show(&f.window, pixel(&f, FULL, 0, 0, FULL));
	assert_shown(&f, 0, 0, 20, 10, 0x7f0080);
	assert_shown(&f, 20, 0, 300, 240, 0xff0000);
	assert_shown(&f, 0, 10, 20, 230, 0xff0000);
	wl_surface_attach(child, pixel(&f, 0, 0, 0, 0), 0, 0);
	wl_surface_damage_buffer(child, 0, 0, 1, 1);
	wl_surface_commit(child);
	window_show(&f.window, pixel(&f, FULL, 0, 0, FULL));
	assert_shown(&f, 0, 0, 320, 240, 0xff0000);
	wp_viewport_destroy(viewport);
	finish(&f);
}

static void it_is_released(void)
{
	struct fixture f;
	struct wl_buffer *first;

	setup(&f);
	wp_viewport_set_destination(f.viewport, 320, 240);
	first = pixel(&f, FULL, 0, 0, FULL);
	window_show(&f.window, first);
	/* The client need not keep it. */
	wl_buffer_destroy(first);
	struct wl_surface *surface = f.window.surface;
	wl_surface_damage(surface, 0, 0, 10, 10);
	wl_surface_commit(surface);
	pump(f.test);
	assert_shown(&f, 0, 0, 320, 240, 0xff0000);
	finish(&f);
}

static const struct harness_test tests[] = {
	{"they_count_as_buffers", they_count_as_buffers},
	{"one_pixel_is_not_cut_or_halved", one_pixel_is_not_cut_or_halved},
	{"it_fills_a_pixel", it_fills_a_pixel},
	{"it_is_as_large_as_wanted", it_is_as_large_as_wanted},
	{"channels_are_rounded", channels_are_rounded},
	{"alpha_lets_through", alpha_lets_through},
	{"it_is_released", it_is_released},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
