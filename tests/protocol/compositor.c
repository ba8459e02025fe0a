/* SPDX-License-Identifier: MIT */
/* wl_compositor, wl_surface, wl_region: from commit to picture, to frame callback, to release. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define RED   0xffc02010
#define GREEN 0xff20a040
#define BLUE  0xff1030d0

struct fixture {
	struct test *test;
	struct lend_output *output;
	struct client *client;
	struct window window;
};

static void fixture_create(struct fixture *fixture, const struct test_options *options)
{
	fixture->test = test_create(options);
	fixture->output = fixture->test->outputs[0];
	fixture->client = client_create(fixture->test);
	window_create(fixture->client, &fixture->window);
}

static void fixture_destroy(struct fixture *fixture)
{
	window_destroy(&fixture->window);
	client_destroy(fixture->client);
	test_destroy(fixture->test);
}

static void assert_shown(const struct fixture *fixture, int x, int y, int width, int height,
			 uint32_t colour)
{
	struct picture picture;

	picture_take(fixture->output, &picture);
	assert_picture_rect(&picture, x, y, width, height, colour);
	picture_finish(&picture);
}

/* ---- contents ------------------------------------------------------------------------------- */

static void a_commit_is_shown(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	assert_int_equal(fixture.window.width, 320);
	assert_int_equal(fixture.window.height, 240);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, RED);
	fill_rect(buffer.pixels, buffer.stride, 100, 50, 7, 9, BLUE);
	window_show(&fixture.window, buffer.buffer);
	assert_shown(&fixture, 0, 0, 320, 50, RED);
	assert_shown(&fixture, 100, 50, 7, 9, BLUE);
	assert_shown(&fixture, 107, 50, 1, 9, RED);
	assert_int_equal(buffer.released, 0);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

static void nothing_is_shown_before_the_commit(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	pump(fixture.test);
	uint64_t frames = output_frames(fixture.output);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	wl_surface_attach(fixture.window.surface, buffer.buffer, 0, 0);
	wl_surface_damage(fixture.window.surface, 0, 0, 320, 240);
	window_request_frame(&fixture.window);
	client_roundtrip(fixture.client);
	pump(fixture.test);
	assert_int_equal(output_frames(fixture.output), frames);
	assert_int_equal(fixture.window.frames, 0);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

static void null_takes_it_off(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, RED);
	window_show(&fixture.window, buffer.buffer);
	wl_surface_attach(fixture.window.surface, NULL, 0, 0);
	wl_surface_commit(fixture.window.surface);
	client_roundtrip(fixture.client);
	pump_until(fixture.test, &buffer.released, 1);
	assert_shown(&fixture, 0, 0, 320, 240, 0);
	pump(fixture.test);
	assert_int_equal(buffer.released, 1);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

static void a_surface_without_a_role_is_nothing(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	pump(fixture.test);
	uint64_t frames = output_frames(fixture.output);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	struct wl_surface *surface = wl_compositor_create_surface(fixture.client->compositor);
	wl_surface_attach(surface, buffer.buffer, 0, 0);
	wl_surface_commit(surface);
	expect_alive(fixture.client);
	assert_int_equal(output_frames(fixture.output), frames);
	wl_surface_destroy(surface);
	pump_until(fixture.test, &buffer.released, 1);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

static void frame_callbacks_come_once_and_in_order(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	window_request_frame(&fixture.window);
	window_request_frame(&fixture.window);
	window_show(&fixture.window, buffer.buffer);
	assert_int_equal(fixture.window.frames, 3);
	/* Without contents or damage a callback comes as well, without a frame. */
	uint64_t frames = output_frames(fixture.output);
	window_request_frame(&fixture.window);
	wl_surface_commit(fixture.window.surface);
	pump_until(fixture.test, &fixture.window.frames, 4);
	pump(fixture.test);
	assert_int_equal(fixture.window.frames, 4);
	assert_int_equal(output_frames(fixture.output), frames);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

static void callbacks_of_hidden_surfaces_come_slowly(void)
{
	struct fixture fixture;
	struct shm_buffer below, above;
	struct window cover;

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &below);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &above);
	window_show(&fixture.window, below.buffer);
	window_create(fixture.client, &cover);
	window_show(&cover, above.buffer);
	/* Twice: the first may have been asked for while it was still seen. */
	struct timespec start, end;
	window_show(&fixture.window, below.buffer);
	clock_gettime(CLOCK_MONOTONIC, &start);
	window_show(&fixture.window, below.buffer);
	clock_gettime(CLOCK_MONOTONIC, &end);
	int64_t ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
	assert_true(ms > 300);
	window_destroy(&cover);
	shm_buffer_destroy(&above);
	shm_buffer_destroy(&below);
	fixture_destroy(&fixture);
}

/* ---- damage and age ------------------------------------------------------------------------- */

/* Tile layout, so that the output composes; the window's place is found by its colour. */
static void composition_copies_the_damage_alone(void)
{
	struct fixture fixture;
	struct shm_buffer buffers[2];

	fixture_create(&fixture, &(struct test_options){.layout = LEND_LAYOUT_TILE});
	const struct window *window = &fixture.window;
	for (int i = 0; i < 2; i++)
		shm_buffer_create(fixture.client, window->width, window->height,
				  WL_SHM_FORMAT_XRGB8888, &buffers[i]);
	/* The output has two buffers of its own: bring both up to date. */
	for (int i = 0; i < 3; i++)
		window_show(&fixture.window, buffers[i % 2].buffer);
	uint64_t before = output_copied(fixture.output);
	for (unsigned i = 0; i < 10; i++) {
		unsigned frames = window->frames;
		wl_surface_attach(window->surface, buffers[i % 2].buffer, 0, 0);
		wl_surface_damage_buffer(window->surface, 10, 20, 30, 40);
		window_request_frame(&fixture.window);
		wl_surface_commit(window->surface);
		pump_until(fixture.test, &window->frames, frames + 1);
		if (i == 0) /* still carries the full frame before */
			before = output_copied(fixture.output);
	}
	assert_int_equal(output_copied(fixture.output) - before, 9 * 30 * 40 * 4);
	/* In surface coordinates, over two rectangles, out of the surface. */
	before = output_copied(fixture.output);
	for (unsigned i = 0; i < 3; i++) {
		unsigned frames = window->frames;
		wl_surface_damage(window->surface, -100, -100, 110, 105);
		wl_surface_damage(window->surface, window->width - 3, window->height - 2, INT32_MAX,
				  INT32_MAX);
		window_request_frame(&fixture.window);
		wl_surface_commit(window->surface);
		pump_until(fixture.test, &window->frames, frames + 1);
		if (i == 0)
			before = output_copied(fixture.output);
	}
	assert_int_equal(output_copied(fixture.output) - before, 2 * (10 * 5 + 3 * 2) * 4);
	shm_buffer_destroy(&buffers[0]);
	shm_buffer_destroy(&buffers[1]);
	fixture_destroy(&fixture);
}

static void assert_buffer_shown(const struct picture *picture, int left,
				const struct shm_buffer *buffer)
{
	for (int32_t y = 0; y < buffer->height; y++) {
		const void *row = buffer->pixels + (size_t)y * (size_t)buffer->stride;
		for (int32_t x = 0; x < buffer->width; x++)
			if (picture_at(picture, left + x, 8 + y) !=
			    (((const uint32_t *)row)[x] & 0xffffff))
				fail_msg("window at %d: pixel %d,%d", left, x, y);
	}
}

/* Against a reference kept here, with random damage of two windows and each of the output's buffers
 * brought up to date by age alone. */
static void random_damage_equals_recomposition(void)
{
	struct fixture fixture;
	struct window other;
	struct shm_buffer buffers[2][2];
	unsigned next[2] = {0, 0};

	srand(7);
	fixture_create(&fixture, &(struct test_options){.layout = LEND_LAYOUT_TILE});
	window_create(fixture.client, &other);
	struct window *windows[2] = {&fixture.window, &other};
	struct shm_buffer first;
	for (int i = 0; i < 2; i++) { /* mapped, they get their final sizes */
		shm_buffer_create(fixture.client, 9, 9, WL_SHM_FORMAT_XRGB8888, &first);
		window_show(windows[i], first.buffer);
		shm_buffer_destroy(&first);
	}
	client_roundtrip(fixture.client);
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 2; j++)
			shm_buffer_create(fixture.client, windows[i]->width, windows[i]->height,
					  WL_SHM_FORMAT_XRGB8888, &buffers[i][j]);
		window_show(windows[i], buffers[i][0].buffer);
	}
	for (int round = 0; round < 300; round++) {
		int which = rand() % 2;
		struct window *window = windows[which];
		struct shm_buffer *from = &buffers[which][next[which]];
		struct shm_buffer *to = &buffers[which][next[which] ^= 1];
		unsigned frames = window->frames;
		memcpy(to->pixels, from->pixels, from->size);
		wl_surface_attach(window->surface, to->buffer, 0, 0);
		for (int i = rand() % 4; i >= 0; i--) {
			int x = rand() % to->width, y = rand() % to->height;
			int width = 1 + rand() % (to->width - x);
			int height = 1 + rand() % (to->height - y);
			fill_rect(to->pixels, to->stride, x, y, width, height,
				  0xff000000 | (uint32_t)rand());
			wl_surface_damage_buffer(window->surface, x, y, width, height);
		}
		window_request_frame(window);
		wl_surface_commit(window->surface);
		pump_until(fixture.test, &window->frames, frames + 1);

		struct picture picture;
		picture_take(fixture.output, &picture);
		/* side by side, with gaps of eight pixels */
		assert_buffer_shown(&picture, 8, &buffers[0][next[0]]);
		assert_buffer_shown(&picture, 8 + windows[0]->width + 8, &buffers[1][next[1]]);
		picture_finish(&picture);
	}
	for (int i = 0; i < 4; i++)
		shm_buffer_destroy(&buffers[i / 2][i % 2]);
	window_destroy(&other);
	fixture_destroy(&fixture);
}

static void ten_thousand_damage_rectangles(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, &(struct test_options){.layout = LEND_LAYOUT_TILE});
	const struct window *window = &fixture.window;
	shm_buffer_create(fixture.client, window->width, window->height, WL_SHM_FORMAT_XRGB8888,
			  &buffer);
	window_show(&fixture.window, buffer.buffer);
	shm_buffer_fill(&buffer, GREEN);
	for (int i = 0; i < 10000; i++) {
		if (i % 2)
			wl_surface_damage(window->surface, i % 100 * 2, i / 100 * 2, 1, 1);
		else
			wl_surface_damage_buffer(window->surface, i % 100 * 2, i / 100 * 2, 1, 1);
		if (i % 100 == 0)
			pump(fixture.test);
	}
	window_show(&fixture.window, buffer.buffer);
	assert_shown(&fixture, 8, 8, window->width, window->height, GREEN);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

/* ---- opacity, scale, transform -------------------------------------------------------------- */

static void alpha_is_blended_unless_declared_opaque(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_ARGB8888, &buffer);
	shm_buffer_fill(&buffer, 0x80402010); /* premultiplied, over black */
	uint64_t scanout = output_scanout(fixture.output);
	window_show(&fixture.window, buffer.buffer);
	assert_shown(&fixture, 0, 0, 320, 240, 0x402010);
	assert_int_equal(output_scanout(fixture.output), scanout);

	struct wl_region *region = wl_compositor_create_region(fixture.client->compositor);
	wl_region_add(region, 0, 0, 160, 240);
	wl_region_add(region, 160, 0, 1000, 1000);
	wl_surface_set_opaque_region(fixture.window.surface, region);
	window_show(&fixture.window, buffer.buffer);
	assert_int_equal(output_scanout(fixture.output), scanout + 1);
	/* A hole makes it a blend again. */
	wl_region_subtract(region, 5, 5, 1, 1);
	wl_surface_set_opaque_region(fixture.window.surface, region);
	wl_region_destroy(region);
	window_show(&fixture.window, buffer.buffer);
	assert_int_equal(output_scanout(fixture.output), scanout + 1);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

/* Composited, what is declared opaque is taken as it is, whatever its alpha says. */
static void declared_opacity_counts_in_composition(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, &(struct test_options){.layout = LEND_LAYOUT_TILE});
	const struct window *window = &fixture.window;
	shm_buffer_create(fixture.client, window->width, window->height, WL_SHM_FORMAT_ARGB8888,
			  &buffer);
	shm_buffer_fill(&buffer, 0x00102030);
	struct wl_region *region = wl_compositor_create_region(fixture.client->compositor);
	wl_region_add(region, 0, 0, window->width, window->height);
	wl_surface_set_opaque_region(window->surface, region);
	wl_region_destroy(region);
	window_show(&fixture.window, buffer.buffer);
	assert_shown(&fixture, 8, 8, window->width, window->height, 0x102030);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

/* Regions that are too involved to be kept exactly never make anything opaque that is not. */
static void involved_regions_are_not_more_opaque(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;
	struct picture picture;

	fixture_create(&fixture, &(struct test_options){.layout = LEND_LAYOUT_TILE});
	const struct window *window = &fixture.window;
	shm_buffer_create(fixture.client, window->width, window->height, WL_SHM_FORMAT_ARGB8888,
			  &buffer);
	shm_buffer_fill(&buffer, 0x00202020); /* added to the background where alpha counts */
	for (int by_holes = 0; by_holes < 2; by_holes++) {
		struct wl_region *region = wl_compositor_create_region(fixture.client->compositor);
		if (by_holes)
			wl_region_add(region, 0, 0, 320, 240);
		for (int i = 0; i < 400; i++)
			(by_holes ? wl_region_subtract : wl_region_add)(region, i % 20 * 15,
									i / 20 * 11, 8, 6);
		wl_surface_set_opaque_region(window->surface, region);
		wl_region_destroy(region);
		window_show(&fixture.window, buffer.buffer);
		picture_take(fixture.output, &picture);
		for (int i = 0; i < 400; i++) {
			int x = 8 + i % 20 * 15, y = 8 + i / 20 * 11;
			assert_picture_rect(&picture, by_holes ? x : x + 8, y, 7, 6, 0x3a3d43);
		}
		picture_finish(&picture);
	}
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

/* What changes shows wherever filtering spreads it, not only where it is. */
static void damage_reaches_as_far_as_filtering(void)
{
	struct fixture fixture;
	struct shm_buffer buffers[2];
	struct picture partly, wholly;

	fixture_create(&fixture, NULL);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(fixture.client->viewporter, fixture.window.surface);
	wp_viewport_set_destination(viewport, 320, 240);
	for (int i = 0; i < 2; i++) {
		shm_buffer_create(fixture.client, 4, 3, WL_SHM_FORMAT_XRGB8888, &buffers[i]);
		shm_buffer_fill(&buffers[i], 0);
	}
	for (int of_buffer = 0; of_buffer < 2; of_buffer++) {
		window_show(&fixture.window, buffers[0].buffer);
		fill_rect(buffers[1].pixels, buffers[1].stride, 1, 1, 1, 1, 0xffffff);
		wl_surface_attach(fixture.window.surface, buffers[1].buffer, 0, 0);
		if (of_buffer)
			wl_surface_damage_buffer(fixture.window.surface, 1, 1, 1, 1);
		else
			wl_surface_damage(fixture.window.surface, 80, 80, 80, 80);
		wl_surface_commit(fixture.window.surface);
		client_roundtrip(fixture.client);
		pump(fixture.test);
		picture_take(fixture.output, &partly);
		window_show(&fixture.window, buffers[1].buffer);
		picture_take(fixture.output, &wholly);
		assert_int_equal(picture_at(&partly, 120, 120), 0xffffff);
		assert_memory_equal(partly.pixels, wholly.pixels, 320 * 240 * 4);
		picture_finish(&partly);
		picture_finish(&wholly);
	}
	wp_viewport_destroy(viewport);
	shm_buffer_destroy(&buffers[0]);
	shm_buffer_destroy(&buffers[1]);
	fixture_destroy(&fixture);
}

static void scaled_buffers_fill_their_surface(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 640, 480, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, RED);
	fill_rect(buffer.pixels, buffer.stride, 320, 0, 320, 480, BLUE);
	wl_surface_set_buffer_scale(fixture.window.surface, 2);
	window_show(&fixture.window, buffer.buffer);
	assert_shown(&fixture, 0, 0, 158, 240, RED);
	assert_shown(&fixture, 162, 0, 158, 240, BLUE);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

/* Where the buffer's upper left quarter is to be seen: as rotated counter-clockwise by the
 * transform's degrees on the display, so as to undo it. */
static void every_transform_is_undone(void)
{
	static const struct {
		int32_t transform;
		int x, y; /* quadrant */
	} rows[] = {
		{WL_OUTPUT_TRANSFORM_NORMAL, 0, 0},	 {WL_OUTPUT_TRANSFORM_90, 1, 0},
		{WL_OUTPUT_TRANSFORM_180, 1, 1},	 {WL_OUTPUT_TRANSFORM_270, 0, 1},
		{WL_OUTPUT_TRANSFORM_FLIPPED, 1, 0},	 {WL_OUTPUT_TRANSFORM_FLIPPED_90, 0, 0},
		{WL_OUTPUT_TRANSFORM_FLIPPED_180, 0, 1}, {WL_OUTPUT_TRANSFORM_FLIPPED_270, 1, 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture fixture;
		struct shm_buffer buffer;
		bool turned = rows[i].transform & 1;
		int width = turned ? 240 : 320, height = turned ? 320 : 240;
		fixture_create(&fixture, NULL);
		shm_buffer_create(fixture.client, width, height, WL_SHM_FORMAT_XRGB8888, &buffer);
		shm_buffer_fill(&buffer, RED);
		fill_rect(buffer.pixels, buffer.stride, 0, 0, width / 2, height / 2, GREEN);
		wl_surface_set_buffer_transform(fixture.window.surface, rows[i].transform);
		window_show(&fixture.window, buffer.buffer);
		assert_shown(&fixture, 160 * rows[i].x + 2, 120 * rows[i].y + 2, 156, 116, GREEN);
		assert_shown(&fixture, 160 * !rows[i].x + 2, 120 * rows[i].y + 2, 156, 116, RED);
		assert_shown(&fixture, 160 * rows[i].x + 2, 120 * !rows[i].y + 2, 156, 116, RED);
		shm_buffer_destroy(&buffer);
		fixture_destroy(&fixture);
	}
}

/* ---- errors --------------------------------------------------------------------------------- */

static void invalid_state_is_an_error(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	wl_surface_set_buffer_scale(fixture.window.surface, 0);
	expect_error(fixture.client, &wl_surface_interface, WL_SURFACE_ERROR_INVALID_SCALE, "0");
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	wl_surface_set_buffer_transform(fixture.window.surface, 8);
	expect_error(fixture.client, &wl_surface_interface, WL_SURFACE_ERROR_INVALID_TRANSFORM,
		     "8");
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 33, 32, WL_SHM_FORMAT_XRGB8888, &buffer);
	wl_surface_set_buffer_scale(fixture.window.surface, 2);
	wl_surface_attach(fixture.window.surface, buffer.buffer, 0, 0);
	wl_surface_commit(fixture.window.surface);
	expect_error(fixture.client, &wl_surface_interface, WL_SURFACE_ERROR_INVALID_SIZE, "33x32");
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 32, 32, WL_SHM_FORMAT_XRGB8888, &buffer);
	wl_surface_attach(fixture.window.surface, buffer.buffer, 1, 0);
	expect_error(fixture.client, &wl_surface_interface, WL_SURFACE_ERROR_INVALID_OFFSET, "1,0");
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

static void absurd_numbers_do_no_harm(void)
{
	static const int32_t absurd[] = {INT32_MIN, -1, 0, 1, INT32_MAX};
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	struct wl_surface *surface = fixture.window.surface;
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_ARGB8888, &buffer);
	for (int i = 0; i < 5 * 5 * 5 * 5; i++) {
		int32_t x = absurd[i % 5], y = absurd[i / 5 % 5];
		int32_t width = absurd[i / 25 % 5], height = absurd[i / 125];
		struct wl_region *region = wl_compositor_create_region(fixture.client->compositor);
		wl_region_add(region, x, y, width, height);
		wl_region_subtract(region, y, x, height, width);
		wl_surface_set_opaque_region(surface, region);
		wl_surface_set_input_region(surface, region);
		wl_region_destroy(region);
		wl_surface_damage(surface, x, y, width, height);
		wl_surface_damage_buffer(surface, x, y, width, height);
		wl_surface_offset(surface, x, y);
		wl_surface_attach(surface, buffer.buffer, 0, 0);
		wl_surface_commit(surface);
		if (i % 25 == 0)
			client_roundtrip(fixture.client);
	}
	wl_surface_set_buffer_scale(surface, INT32_MAX);
	wl_surface_attach(surface, buffer.buffer, 0, 0);
	wl_surface_commit(surface);
	expect_error(fixture.client, &wl_surface_interface, WL_SURFACE_ERROR_INVALID_SIZE,
		     "2147483647");
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

/* Surfaces as large as a viewport can ask for, damaged and moved to where sums overflow. */
static void absurd_sizes_do_no_harm(void)
{
	static const int32_t sizes[] = {1, 320, 1 << 24, INT32_MAX};
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, &(struct test_options){.layout = LEND_LAYOUT_TILE});
	struct wl_surface *surface = fixture.window.surface;
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(fixture.client->viewporter, surface);
	shm_buffer_create(fixture.client, 1, 1, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, GREEN);
	for (int i = 0; i < 16; i++) {
		wp_viewport_set_destination(viewport, sizes[i % 4], sizes[i / 4]);
		wl_surface_damage(surface, INT32_MAX - 1, 0, INT32_MAX, INT32_MAX);
		window_show(&fixture.window, buffer.buffer);
		wl_surface_set_buffer_transform(surface, i % 8);
	}
	assert_shown(&fixture, 8, 8, 304, 224, GREEN);
	wp_viewport_destroy(viewport);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

/* Who waits for a frame gets it once there is memory for it, though nobody commits any more. */
static void a_lack_of_memory_passes(void)
{
	struct rlimit limit, tight;
	struct fixture fixture;
	struct shm_buffer buffer;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	fixture_create(&fixture, NULL);
	struct lend_output *output;
	const struct lend_output_options options = {
		.size = sizeof(options), .width = 64, .height = 64};
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	window_show(&fixture.window, buffer.buffer);
	tight = limit;
	tight.rlim_cur = (rlim_t)dup(0);
	close((int)tight.rlim_cur);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	lend_output_destroy(fixture.output);
	assert_int_equal(lend_output_create_headless(fixture.test->server, &options, &output), 0);
	window_commit(&fixture.window, buffer.buffer);
	client_roundtrip(fixture.client);
	pump(fixture.test);
	unsigned frames = fixture.window.frames;
	assert_null(lend_output_latched(output));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	pump_until(fixture.test, &fixture.window.frames, frames + 1);
	assert_non_null(lend_output_latched(output));
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

/* ---- outputs -------------------------------------------------------------------------------- */

struct entered {
	unsigned enters, leaves;
	struct wl_output *last;
};

static void handle_enter(void *data, struct wl_surface *surface, struct wl_output *output)
{
	((struct entered *)data)->enters++;
	((struct entered *)data)->last = output;
}

static void handle_leave(void *data, struct wl_surface *surface, struct wl_output *output)
{
	((struct entered *)data)->leaves++;
}

static const struct wl_surface_listener surface_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
};

static void surfaces_enter_and_leave_outputs(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;
	struct entered entered = {0};

	fixture_create(&fixture, &(struct test_options){.outputs = 2});
	wl_surface_add_listener(fixture.window.surface, &surface_listener, &entered);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, BLUE);
	window_show(&fixture.window, buffer.buffer);
	client_roundtrip(fixture.client);
	assert_int_equal(entered.enters, 1);
	assert_ptr_equal(entered.last, fixture.client->outputs[0]);
	xdg_toplevel_set_fullscreen(fixture.window.toplevel, fixture.client->outputs[1]);
	window_show(&fixture.window, buffer.buffer);
	client_roundtrip(fixture.client);
	assert_int_equal(entered.enters, 2);
	assert_int_equal(entered.leaves, 1);
	assert_ptr_equal(entered.last, fixture.client->outputs[1]);
	/* The output goes, what it showed moves. */
	lend_output_destroy(fixture.test->outputs[1]);
	window_show(&fixture.window, buffer.buffer);
	assert_shown(&fixture, 0, 0, 320, 240, BLUE);
	assert_int_equal(fixture.client->globals_removed, 1);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

static void outputs_come_and_go_under_a_window(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;
	struct lend_output_options options = {.size = sizeof(options), .width = 200, .height = 100};
	struct lend_output *output = NULL;

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, BLUE);
	window_show(&fixture.window, buffer.buffer);
	lend_output_destroy(fixture.output);
	client_roundtrip(fixture.client);
	window_show(&fixture.window, buffer.buffer); /* at the pace of hidden ones */
	for (int i = 0; i < 3; i++) {
		unsigned configures = fixture.window.configures;
		options.width = 200 + (uint32_t)i;
		assert_int_equal(
			lend_output_create_headless(fixture.test->server, &options, &output), 0);
		fixture.output = output;
		pump_until(fixture.test, &fixture.window.configures, configures + 1);
		assert_int_equal(fixture.window.width, 200 + i);
		window_show(&fixture.window, buffer.buffer);
		assert_shown(&fixture, 0, 0, 200, 100, BLUE);
		lend_output_destroy(output);
	}
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

/* However little room there is, all get a place and their callbacks; where there is enough, what
 * they change is all that is copied. */
static void a_hundred_windows(void)
{
	static const uint32_t sizes[][2] = {{1, 1}, {64, 64}, {1280, 720}};
	static struct window windows[100];
	struct shm_buffer buffer;

	for (size_t size = 0; size < 3; size++) {
		struct test *test = test_create(&(struct test_options){.width = sizes[size][0],
								       .height = sizes[size][1],
								       .layout = LEND_LAYOUT_TILE});
		struct client *client = client_create(test);
		shm_buffer_create(client, 8, 8, WL_SHM_FORMAT_XRGB8888, &buffer);
		shm_buffer_fill(&buffer, GREEN);
		for (int i = 0; i < 100; i++) {
			window_create(client, &windows[i]);
			window_show(&windows[i], buffer.buffer);
			assert_true(windows[i].width >= 1 && windows[i].height >= 1);
		}
		client_roundtrip(client);
		pump(test);
		uint64_t copied = output_copied(test->outputs[0]);
		unsigned frames = windows[99].frames;
		for (int i = 0; i < 100; i++)
			window_commit(&windows[i], buffer.buffer);
		pump_until(test, &windows[99].frames, frames + 1);
		if (size == 2)
			assert_int_equal(output_copied(test->outputs[0]) - copied, 100 * 8 * 8 * 4);
		shm_buffer_destroy(&buffer);
		client_destroy(client);
		test_destroy(test);
	}
}

static void objects_outlive_the_compositor(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	struct wl_region *region = wl_compositor_create_region(fixture.client->compositor);
	wl_compositor_destroy(fixture.client->compositor);
	fixture.client->compositor = NULL;
	wl_region_add(region, 0, 0, 10, 10);
	wl_surface_set_opaque_region(fixture.window.surface, region);
	wl_region_destroy(region);
	window_show(&fixture.window, buffer.buffer);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

static const struct harness_test tests[] = {
	{"a_commit_is_shown", a_commit_is_shown},
	{"nothing_is_shown_before_the_commit", nothing_is_shown_before_the_commit},
	{"null_takes_it_off", null_takes_it_off},
	{"a_surface_without_a_role_is_nothing", a_surface_without_a_role_is_nothing},
	{"frame_callbacks_come_once_and_in_order", frame_callbacks_come_once_and_in_order},
	{"callbacks_of_hidden_surfaces_come_slowly", callbacks_of_hidden_surfaces_come_slowly},
	{"composition_copies_the_damage_alone", composition_copies_the_damage_alone},
	{"random_damage_equals_recomposition", random_damage_equals_recomposition},
	{"ten_thousand_damage_rectangles", ten_thousand_damage_rectangles},
	{"alpha_is_blended_unless_declared_opaque", alpha_is_blended_unless_declared_opaque},
	{"involved_regions_are_not_more_opaque", involved_regions_are_not_more_opaque},
	{"a_hundred_windows", a_hundred_windows},
	{"absurd_sizes_do_no_harm", absurd_sizes_do_no_harm},
	{"a_lack_of_memory_passes", a_lack_of_memory_passes},
	{"damage_reaches_as_far_as_filtering", damage_reaches_as_far_as_filtering},
	{"declared_opacity_counts_in_composition", declared_opacity_counts_in_composition},
	{"scaled_buffers_fill_their_surface", scaled_buffers_fill_their_surface},
	{"every_transform_is_undone", every_transform_is_undone},
	{"invalid_state_is_an_error", invalid_state_is_an_error},
	{"absurd_numbers_do_no_harm", absurd_numbers_do_no_harm},
	{"surfaces_enter_and_leave_outputs", surfaces_enter_and_leave_outputs},
	{"outputs_come_and_go_under_a_window", outputs_come_and_go_under_a_window},
	{"objects_outlive_the_compositor", objects_outlive_the_compositor},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
