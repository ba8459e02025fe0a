/* SPDX-License-Identifier: MIT */
/* Composition by OpenGL ES: chosen, counted, compared with what the CPU makes of the same, lost.
 * What it draws of random scenes, scenes.c looks at. */
#include "harness.h"
#include "render_driver.h"
#include "shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "single-pixel-buffer-client-protocol.h"

#define WIDTH  320 /* of the outputs */
#define HEIGHT 240

struct fixture {
	struct test *test;
	struct lend_output *output;
	struct client *client;
	struct window window; /* half as large as the output, and a little more */
	struct shm_buffer buffer;
};

static uint32_t noise(int x, int y, unsigned seed)
{
	uint32_t value = ((uint32_t)x * 2654435761u) ^ ((uint32_t)y * 40503u) ^ (seed * 69069u);

	return (value * 2246822519u) >> 8;
}

static void draw_noise(struct shm_buffer *buffer, int x, int y, int width, int height,
		       unsigned seed)
{
	for (int row = y; row < y + height; row++)
		for (int column = x; column < x + width; column++) {
			uint32_t pixel = noise(column, row, seed);
			memcpy(buffer->pixels + (size_t)row * (size_t)buffer->stride +
				       4 * (size_t)column,
			       &pixel, sizeof(pixel));
		}
}

static void setup_with(struct fixture *f, const struct test_options *options, uint32_t format)
{
	struct test_options own = *options;

	own.layout = LEND_LAYOUT_FREE;
	*f = (struct fixture){.test = test_create(&own)};
	f->output = f->test->outputs[0];
	f->client = client_create(f->test);
	window_create(f->client, &f->window);
	/* It does not fill the output, and so is composited. */
	shm_buffer_create(f->client, 200, 100, format, &f->buffer);
	draw_noise(&f->buffer, 0, 0, 200, 100, 1);
	window_show(&f->window, f->buffer.buffer);
	lend_view_move(f->test->view, 0, 0);
	pump(f->test);
}

static void setup(struct fixture *f)
{
	setup_with(f, &(struct test_options){.renderer = "gles2"}, WL_SHM_FORMAT_XRGB8888);
	assert_string_equal(drive_renderer_name(f->output), "gles2");
}

static void finish(struct fixture *f)
{
	window_destroy(&f->window);
	shm_buffer_destroy(&f->buffer);
	test_destroy(f->test);
}

static void assert_noise(struct fixture *f, int x, int y, int width, int height, unsigned seed)
{
	struct picture picture;

	picture_take(f->output, &picture);
	for (int row = y; row < y + height; row++)
		for (int column = x; column < x + width; column++)
			if (picture_at(&picture, column, row) != noise(column, row, seed))
				fail_msg("pixel %d,%d is 0x%08x, not 0x%08x", column, row,
					 picture_at(&picture, column, row),
					 noise(column, row, seed));
	picture_finish(&picture);
}

/* Commits and waits until that is shown. */
static void commit_damage(struct fixture *f, int x, int y, int width, int height)
{
	unsigned frames = f->window.frames;

	wl_surface_attach(f->window.surface, f->buffer.buffer, 0, 0);
	wl_surface_damage_buffer(f->window.surface, x, y, width, height);
	window_request_frame(&f->window);
	wl_surface_commit(f->window.surface);
	pump_until(f->test, &f->window.frames, frames + 1);
}

/* The whole picture again, by the CPU: not further apart than `most` of 255. */
static void assert_cpu_draws_it(struct fixture *f, int most)
{
	struct picture gpu, cpu;

	pump(f->test);
	picture_take(f->output, &gpu);
	drive_renderer_swap(f->output);
	assert_string_equal(drive_renderer_name(f->output), "pixman");
	struct lend_output_state state = {.size = sizeof(state)};
	lend_output_describe(f->output, &state);
	state.off = 1;
	assert_int_equal(lend_output_configure(f->output, &state), 0);
	state.off = 0;
	assert_int_equal(lend_output_configure(f->output, &state), 0);
	pump(f->test);
	picture_take(f->output, &cpu);
	drive_renderer_swap(f->output);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			for (int shift = 0; shift < 24; shift += 8) {
				int a = picture_at(&gpu, x, y) >> shift & 0xff;
				int b = picture_at(&cpu, x, y) >> shift & 0xff;
				if (abs(a - b) > most)
					fail_msg("pixel %d,%d is 0x%08x by the GPU, 0x%08x by the "
						 "CPU",
						 x, y, picture_at(&gpu, x, y),
						 picture_at(&cpu, x, y));
			}
	picture_finish(&gpu);
	picture_finish(&cpu);
}

/* ---- choice --------------------------------------------------------------------------------- */

static void a_renderer_that_does_not_exist(void)
{
	struct lend_server *server = NULL;
	const struct lend_server_options options = {.size = sizeof(options), .renderer = "vulkan"};

	assert_int_equal(lend_server_create(&options, &server), -EINVAL);
	assert_non_null(strstr(lend_server_error(), "'vulkan'"));
	assert_non_null(strstr(lend_server_error(), "gles2"));
	assert_null(server);
}

static void an_environment_that_names_none(void)
{
	setenv("LEND_RENDERER", "cairo", 1);
	struct test *test = test_create(NULL);
	assert_string_equal(drive_renderer_name(test->outputs[0]), "pixman");
	assert_non_null(strstr(test->log, "LEND_RENDERER is 'cairo'"));
	test_destroy(test);
}

static void the_environment_chooses(void)
{
	setenv("LEND_RENDERER", "gles2", 1);
	struct test *test = test_create(NULL);
	assert_string_equal(drive_renderer_name(test->outputs[0]), "gles2");
	test_destroy(test);
	test = test_create(&(struct test_options){.renderer = "pixman"});
	assert_string_equal(drive_renderer_name(test->outputs[0]), "pixman");
	test_destroy(test);
}

static void without_a_device_the_cpu_composites(void)
{
	unsetenv("LEND_RENDERER");
	struct test *test = test_create(NULL);
	assert_string_equal(drive_renderer_name(test->outputs[0]), "pixman");
	assert_null(strstr(test->log, "composited"));
	test_destroy(test);
}

static void without_drivers_it_is_pixman_and_said_why(void)
{
	struct fixture f;

	/* Where EGL looks for its drivers. */
	setenv("__EGL_VENDOR_LIBRARY_DIRS", "/nonexistent", 1);
	setup_with(&f, &(struct test_options){.renderer = "gles2"}, WL_SHM_FORMAT_XRGB8888);
	assert_string_equal(drive_renderer_name(f.output), "pixman");
	const char *line = strstr(f.test->log, "headless-1 is composited by the CPU: ");
	assert_non_null(line);
	assert_non_null(strstr(line, "EGL"));
	assert_noise(&f, 0, 0, 200, 100, 1);
	finish(&f);
}

/* ---- what is drawn -------------------------------------------------------------------------- */

static void the_path_is_texture(void)
{
	struct fixture f;
	struct lend_view_info info = {.size = sizeof(info)};

	setup(&f);
	assert_int_equal(lend_view_describe(f.test->view, &info), 0);
	assert_int_equal(info.path, LEND_PATH_TEXTURE);
	assert_non_null(strstr(info.reason, "200x100"));
	assert_true(info.copied >= 200 * 100 * 4);
	assert_noise(&f, 0, 0, 200, 100, 1);
	finish(&f);
}

static void damage_bounds_what_is_uploaded_and_drawn(void)
{
	struct fixture f;

	setup(&f);
	uint64_t copied = output_copied(f.output), uploaded = drive_uploaded(f.output);
	draw_noise(&f.buffer, 20, 30, 7, 5, 2);
	commit_damage(&f, 20, 30, 7, 5);
	assert_int_equal(output_copied(f.output) - copied, 7 * 5 * 4);
	assert_int_equal(drive_uploaded(f.output) - uploaded, 7 * 5 * 4);
	assert_noise(&f, 20, 30, 7, 5, 2);
	assert_noise(&f, 0, 0, 200, 30, 1);
	assert_noise(&f, 27, 30, 100, 20, 1);
	finish(&f);
}

/* Drawn outside of what it said: nobody looks there, so that it cannot be seen. */
static void what_is_not_damaged_is_not_touched(void)
{
	struct fixture f;

	setup(&f);
	draw_noise(&f.buffer, 0, 0, 200, 100, 3);
	commit_damage(&f, 10, 10, 4, 4);
	assert_noise(&f, 10, 10, 4, 4, 3);
	assert_noise(&f, 0, 0, 200, 10, 1);
	assert_noise(&f, 0, 14, 200, 86, 1);
	finish(&f);
}

static void what_is_uncovered_is_not_uploaded_again(void)
{
	struct fixture f;
	struct shm_buffer above;

	setup(&f);
	shm_buffer_create(f.client, 50, 50, WL_SHM_FORMAT_XRGB8888, &above);
	shm_buffer_fill(&above, 0xff112233);
	struct wl_surface *child = wl_compositor_create_surface(f.client->compositor);
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(f.client->subcompositor, child, f.window.surface);
	wl_surface_attach(child, above.buffer, 0, 0);
	wl_surface_damage_buffer(child, 0, 0, 50, 50);
	wl_surface_commit(child);
	commit_damage(&f, 0, 0, 0, 0);
	uint64_t uploaded = drive_uploaded(f.output), copied = output_copied(f.output);
	wl_subsurface_set_position(subsurface, 60, 20);
	commit_damage(&f, 0, 0, 0, 0);
	assert_int_equal(drive_uploaded(f.output), uploaded);
	assert_true(output_copied(f.output) - copied >= 2 * 50 * 50 * 4);
	assert_noise(&f, 0, 0, 60, 100, 1);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	shm_buffer_destroy(&above);
	finish(&f);
}

static void colours_of_a_single_pixel(void)
{
	struct fixture f;
	struct picture picture;

	setup(&f);
	struct wp_single_pixel_buffer_manager_v1 *manager =
		bind_again(f.client, &wp_single_pixel_buffer_manager_v1_interface, 1, 0);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(f.client->viewporter, f.window.surface);
	struct wl_buffer *buffer = wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
		manager, UINT32_MAX, 0x80808080, 0, UINT32_MAX);
	wp_viewport_set_destination(viewport, 90, 70);
	window_show(&f.window, buffer);
	picture_take(f.output, &picture);
	assert_picture_rect(&picture, 0, 0, 90, 70, 0xffff8000);
	assert_picture_rect(&picture, 90, 0, 100, 100, 0xff000000);
	picture_finish(&picture);
	wl_buffer_destroy(buffer);
	wp_viewport_destroy(viewport);
	wp_single_pixel_buffer_manager_v1_destroy(manager);
	finish(&f);
}

static void outputs_of_each_format(void)
{
	static const struct {
		uint32_t format;
		int most; /* of 255, by which it may be off */
	} rows[] = {
		{LEND_FORMAT_XRGB8888, 0}, {LEND_FORMAT_XBGR8888, 0},	 {LEND_FORMAT_ABGR8888, 0},
		{LEND_FORMAT_RGB565, 0},   {LEND_FORMAT_XRGB2101010, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		setup_with(&f,
			   &(struct test_options){.renderer = "gles2", .format = rows[i].format},
			   WL_SHM_FORMAT_XRGB8888);
		if (lend_format_get(rows[i].format)->cpp[0] == 4)
			assert_cpu_draws_it(&f, rows[i].most);
		assert_int_equal(output_copied(f.output) % lend_format_get(rows[i].format)->cpp[0],
				 0);
		finish(&f);
	}
}

static void a_cursor_is_blended(void)
{
	struct fixture f;

	setup(&f);
	drive_cursor(f.output, 30, 40, 16, 0x80402010);
	assert_cpu_draws_it(&f, 1);
	uint64_t uploaded = drive_uploaded(f.output);
	drive_cursor(f.output, 190, 90, 24, 0xc0604020);
	assert_cpu_draws_it(&f, 1);
	assert_int_equal(drive_uploaded(f.output) - uploaded, 24 * 24 * 4);
	drive_cursor(f.output, 0, 0, 0, 0);
	pump(f.test);
	assert_noise(&f, 0, 0, 200, 100, 1);
	finish(&f);
}

static void a_window_that_moves_to_another_output(void)
{
	struct fixture f;

	setup_with(&f, &(struct test_options){.renderer = "gles2", .outputs = 2},
		   WL_SHM_FORMAT_XRGB8888);
	struct lend_output *first = f.output;
	for (unsigned i = 0; i < 4; i++) {
		f.output = f.test->outputs[(i + 1) % 2];
		lend_view_move(f.test->view, (i + 1) % 2 ? WIDTH : 0, 0);
		draw_noise(&f.buffer, 0, 0, 200, 100, 10 + i);
		commit_damage(&f, 0, 0, 200, 100);
		assert_noise(&f, 0, 0, 200, 100, 10 + i);
	}
	f.output = first;
	finish(&f);
}

/* ---- what goes wrong ------------------------------------------------------------------------ */

static void a_lost_gpu_is_replaced(void)
{
	struct fixture f;

	setup(&f);
	for (unsigned i = 0; i < 5; i++) {
		drive_lose_gpu(f.output, true);
		draw_noise(&f.buffer, 20, 30, 7, 5, 20 + i);
		commit_damage(&f, 20, 30, 7, 5);
		assert_string_equal(drive_renderer_name(f.output), "gles2");
		assert_noise(&f, 20, 30, 7, 5, 20 + i);
		assert_noise(&f, 0, 0, 200, 30, 1);
	}
	assert_non_null(strstr(f.test->log, "headless-1: the renderer gles2 has lost its GPU"));
	finish(&f);
}

static void one_that_is_lost_at_once_is_given_up(void)
{
	struct fixture f;
	struct lend_view_info info = {.size = sizeof(info)};

	setup(&f);
	drive_lose_gpu(f.output, false);
	draw_noise(&f.buffer, 20, 30, 7, 5, 2);
	commit_damage(&f, 20, 30, 7, 5);
	assert_string_equal(drive_renderer_name(f.output), "pixman");
	assert_noise(&f, 20, 30, 7, 5, 2);
	assert_noise(&f, 0, 0, 200, 30, 1);
	/* The next frame knows by whom it is drawn. */
	commit_damage(&f, 20, 30, 7, 5);
	assert_int_equal(lend_view_describe(f.test->view, &info), 0);
	assert_int_equal(info.path, LEND_PATH_COPY);
	finish(&f);
}

static void a_buffer_that_cannot_be_read(void)
{
	struct fixture f;
	struct lend_view_info info = {.size = sizeof(info)};

	setup(&f);
	drive_refuse_buffers(f.output, "nobody can read it.");
	commit_damage(&f, 0, 0, 200, 100);
	assert_int_equal(lend_view_describe(f.test->view, &info), 0);
	assert_int_equal(info.path, LEND_PATH_NONE);
	assert_string_equal(info.reason, "headless-1 does not show it: nobody can read it.");
	expect_alive(f.client);
	finish(&f);
}

static void nothing_grows_with_the_frames(void)
{
	struct fixture f;

	setup(&f);
	commit_damage(&f, 0, 0, 200, 100);
	int fds = count_fds();
	for (unsigned i = 0; i < 1000; i++)
		commit_damage(&f, (int)(i % 150), (int)(i % 90), 8, 8);
	assert_int_equal(count_fds(), fds);
	finish(&f);
}

static void outputs_come_and_go(void)
{
	struct fixture f;
	int fds = 0;
	const struct lend_output_options options = {
		.size = sizeof(options), .width = WIDTH, .height = HEIGHT};

	setup(&f);
	for (int i = 0; i < 20; i++) {
		struct lend_output *output = NULL;
		assert_int_equal(lend_output_create_headless(f.test->server, &options, &output), 0);
		pump(f.test);
		lend_view_move(f.test->view, WIDTH, 0);
		commit_damage(&f, 0, 0, 200, 100);
		lend_output_destroy(output);
		pump(f.test);
		fds = i == 0 ? count_fds() : fds;
	}
	assert_int_equal(count_fds(), fds);
	lend_view_move(f.test->view, 0, 0);
	commit_damage(&f, 0, 0, 200, 100);
	assert_noise(&f, 0, 0, 200, 100, 1);
	finish(&f);
}

int main(int argc, char **argv)
{
	static const struct harness_test tests[] = {
		{"a_renderer_that_does_not_exist", a_renderer_that_does_not_exist},
		{"an_environment_that_names_none", an_environment_that_names_none},
		{"without_a_device_the_cpu_composites", without_a_device_the_cpu_composites},
		{"a_buffer_that_cannot_be_read", a_buffer_that_cannot_be_read},
		{"one_that_is_lost_at_once_is_given_up", one_that_is_lost_at_once_is_given_up},
		{"the_environment_chooses", the_environment_chooses},
		{"without_drivers_it_is_pixman_and_said_why",
		 without_drivers_it_is_pixman_and_said_why},
		{"the_path_is_texture", the_path_is_texture},
		{"damage_bounds_what_is_uploaded_and_drawn",
		 damage_bounds_what_is_uploaded_and_drawn},
		{"what_is_not_damaged_is_not_touched", what_is_not_damaged_is_not_touched},
		{"what_is_uncovered_is_not_uploaded_again",
		 what_is_uncovered_is_not_uploaded_again},
		{"colours_of_a_single_pixel", colours_of_a_single_pixel},
		{"outputs_of_each_format", outputs_of_each_format},
		{"a_cursor_is_blended", a_cursor_is_blended},
		{"a_window_that_moves_to_another_output", a_window_that_moves_to_another_output},
		{"a_lost_gpu_is_replaced", a_lost_gpu_is_replaced},
		{"nothing_grows_with_the_frames", nothing_grows_with_the_frames},
		{"outputs_come_and_go", outputs_come_and_go},
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
