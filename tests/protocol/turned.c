/* SPDX-License-Identifier: MIT */
/*
 * Pictures on outputs of every scale and transform, each pixel compared with what a slow way of
 * drawing makes of the same: pictures are scaled, mirrored and turned as a whole, one after the
 * other, as the protocol's words say.
 */
#include "shell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the slow way --------------------------------------------------------------------------- */

struct sheet {
	int width, height;
	uint32_t *pixels;
};

static struct sheet sheet_create(int width, int height)
{
	struct sheet sheet = {width, height, calloc((size_t)width * (size_t)height, 4)};

	assert_non_null(sheet.pixels);
	return sheet;
}

static uint32_t *at(const struct sheet *sheet, int x, int y)
{
	return &sheet->pixels[y * sheet->width + x];
}

static struct sheet sheet_random(int width, int height)
{
	struct sheet sheet = sheet_create(width, height);

	for (int i = 0; i < width * height; i++)
		sheet.pixels[i] = (uint32_t)random() & 0xffffff;
	return sheet;
}

/* Around a vertical axis. */
static struct sheet mirrored(const struct sheet *from)
{
	struct sheet sheet = sheet_create(from->width, from->height);

	for (int y = 0; y < sheet.height; y++)
		for (int x = 0; x < sheet.width; x++)
			*at(&sheet, x, y) = *at(from, from->width - 1 - x, y);
	return sheet;
}

/* By 90 degrees, counter-clockwise: what was at the right comes to the top. */
static struct sheet turned(const struct sheet *from)
{
	struct sheet sheet = sheet_create(from->height, from->width);

	for (int y = 0; y < sheet.height; y++)
		for (int x = 0; x < sheet.width; x++)
			*at(&sheet, x, y) = *at(from, from->width - 1 - y, x);
	return sheet;
}

static void replace(struct sheet *sheet, struct sheet by)
{
	free(sheet->pixels);
	*sheet = by;
}

/* Mirrored first, then turned. */
static void sheet_transform(struct sheet *sheet, int transform)
{
	if (transform & 4)
		replace(sheet, mirrored(sheet));
	for (int i = 0; i < (transform & 3); i++)
		replace(sheet, turned(sheet));
}

/* Each pixel as a square of that many. */
static struct sheet magnified(const struct sheet *from, int times)
{
	struct sheet sheet = sheet_create(from->width * times, from->height * times);

	for (int y = 0; y < sheet.height; y++)
		for (int x = 0; x < sheet.width; x++)
			*at(&sheet, x, y) = *at(from, x / times, y / times);
	return sheet;
}

static int limit(int value, int length)
{
	return value < 0 ? 0 : value < length ? value : length - 1;
}

static double channel(const struct sheet *sheet, int x, int y, int shift)
{
	return *at(sheet, limit(x, sheet->width), limit(y, sheet->height)) >> shift & 0xff;
}

/* Between the four nearest pixels. */
static double blended(const struct sheet *sheet, double x, double y, int shift)
{
	int left = (int)floor(x - 0.5), top = (int)floor(y - 0.5);
	double right_part = x - 0.5 - left, below_part = y - 0.5 - top;

	return (1 - below_part) * ((1 - right_part) * channel(sheet, left, top, shift) +
				   right_part * channel(sheet, left + 1, top, shift)) +
	       below_part * ((1 - right_part) * channel(sheet, left, top + 1, shift) +
			     right_part * channel(sheet, left + 1, top + 1, shift));
}

static struct sheet stretched(const struct sheet *from, int width, int height)
{
	struct sheet sheet = sheet_create(width, height);

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			for (int shift = 0; shift < 24; shift += 8)
				*at(&sheet, x, y) |=
					(uint32_t)lround(
						blended(from, (x + 0.5) * from->width / width,
							(y + 0.5) * from->height / height, shift))
					<< shift;
	return sheet;
}

static void place(struct sheet *sheet, const struct sheet *part, int x, int y)
{
	for (int row = 0; row < part->height; row++)
		for (int column = 0; column < part->width; column++)
			if (x + column >= 0 && x + column < sheet->width && y + row >= 0 &&
			    y + row < sheet->height)
				*at(sheet, x + column, y + row) = *at(part, column, row);
}

/* ---- the server's --------------------------------------------------------------------------- */

struct scene {
	struct test *test;
	struct client *client;
	struct shell_window window;
};

static void set_output(struct test *test, uint32_t width, uint32_t height, uint32_t scale,
		       int transform)
{
	struct lend_output_state state = {.size = sizeof(state)};

	assert_int_equal(lend_output_describe(test->outputs[0], &state), 0);
	state.mode.width = width;
	state.mode.height = height;
	state.scale = scale;
	state.transform = (enum lend_transform)transform;
	assert_int_equal(lend_output_configure(test->outputs[0], &state), 0);
}

static void scene_create(struct scene *scene)
{
	scene->test = test_create(NULL);
	scene->client = client_create(scene->test);
	shell_window_create(scene->client, &scene->window);
	shell_window_get_toplevel(&scene->window);
	shell_window_begin(&scene->window);
	shell_window_ack(&scene->window);
}

static void scene_destroy(struct scene *scene)
{
	shell_window_destroy(&scene->window);
	client_destroy(scene->client);
	test_destroy(scene->test);
}

static void buffer_create(struct client *client, const struct sheet *sheet,
			  struct shm_buffer *buffer)
{
	shm_buffer_create(client, sheet->width, sheet->height, WL_SHM_FORMAT_XRGB8888, buffer);
	for (int y = 0; y < sheet->height; y++)
		memcpy(buffer->pixels + (ptrdiff_t)y * buffer->stride, at(sheet, 0, y),
		       (size_t)sheet->width * 4);
}

static void show(struct scene *scene, const struct shm_buffer *buffer)
{
	wl_surface_damage_buffer(scene->window.surface, 0, 0, INT32_MAX, INT32_MAX);
	shell_window_commit(&scene->window, buffer->buffer);
	pump(scene->test);
}

static void assert_shown(const struct scene *scene, const struct sheet *expected, int most)
{
	struct picture picture;

	picture_take(scene->test->outputs[0], &picture);
	assert_int_equal(picture.width, expected->width);
	assert_int_equal(picture.height, expected->height);
	for (int y = 0; y < expected->height; y++)
		for (int x = 0; x < expected->width; x++)
			for (int shift = 0; shift < 24; shift += 8) {
				int is = (int)(picture_at(&picture, x, y) >> shift & 0xff);
				int should = (int)(*at(expected, x, y) >> shift & 0xff);
				if (abs(is - should) > most)
					fail_msg("pixel %d,%d is %06x, not %06x", x, y,
						 picture_at(&picture, x, y), *at(expected, x, y));
			}
	picture_finish(&picture);
}

/* The view's place is told in units. */
static struct lend_rect view_place(const struct scene *scene)
{
	struct lend_view_info info = {.size = sizeof(info)};

	assert_int_equal(lend_view_describe(scene->test->view, &info), 0);
	return info.place;
}

/* ---- comparing ------------------------------------------------------------------------------ */

/* Contents of 20x12 units, drawn with the buffer's scale and transform, in the middle of the output
 * of 48x32 units. */
static void compare_whole(struct scene *scene, int scale, int transform, int buffer_scale,
			  int buffer_transform)
{
	struct sheet contents = sheet_random(20 * buffer_scale, 12 * buffer_scale);
	struct sheet upright = transform & 1 ? sheet_create(32 * scale, 48 * scale)
					     : sheet_create(48 * scale, 32 * scale);
	struct sheet buffer_sheet = magnified(&contents, 1);
	struct shm_buffer buffer;

	set_output(scene->test, 48 * (uint32_t)scale, 32 * (uint32_t)scale, 120 * (uint32_t)scale,
		   transform);
	sheet_transform(&buffer_sheet, buffer_transform);
	buffer_create(scene->client, &buffer_sheet, &buffer);
	wl_surface_set_buffer_scale(scene->window.surface, buffer_scale);
	wl_surface_set_buffer_transform(scene->window.surface, buffer_transform);
	show(scene, &buffer);

	struct lend_rect where = view_place(scene);
	assert_int_equal(where.width, 20);
	assert_int_equal(where.height, 12);
	assert_int_equal(where.x, (upright.width / scale - 20) / 2);
	assert_int_equal(where.y, (upright.height / scale - 12) / 2);
	struct sheet shown = magnified(&contents, scale / buffer_scale);
	place(&upright, &shown, where.x * scale, where.y * scale);
	sheet_transform(&upright, transform);
	assert_shown(scene, &upright, 0);
	free(shown.pixels);
	free(buffer_sheet.pixels);
	free(upright.pixels);
	free(contents.pixels);
	shm_buffer_destroy(&buffer);
}

static void every_transform_of_outputs_and_buffers(void)
{
	struct scene scene;

	scene_create(&scene);
	for (int transform = 0; transform < 8; transform++)
		for (int of_buffer = 0; of_buffer < 8; of_buffer++) {
			compare_whole(&scene, 1, transform, 1, of_buffer);
			compare_whole(&scene, 2, transform, 2, of_buffer);
			compare_whole(&scene, 2, transform, 1, of_buffer);
			compare_whole(&scene, 3, transform, 1, of_buffer);
		}
	scene_destroy(&scene);
}

/* 64x48 units, of which the contents have 20x12, or 30x18 pixels. */
static void one_and_a_half_with_every_transform(void)
{
	struct scene scene;
	struct shm_buffer buffer;

	scene_create(&scene);
	for (int transform = 0; transform < 8; transform++) {
		struct sheet contents = sheet_random(20, 12);
		struct sheet shown = stretched(&contents, 30, 18);
		struct sheet upright = transform & 1 ? sheet_create(72, 96) : sheet_create(96, 72);
		set_output(scene.test, 96, 72, 180, transform);
		buffer_create(scene.client, &contents, &buffer);
		show(&scene, &buffer);
		struct lend_rect where = view_place(&scene);
		assert_int_equal(where.x % 2 + where.y % 2, 0);
		place(&upright, &shown, where.x * 3 / 2, where.y * 3 / 2);
		sheet_transform(&upright, transform);
		/* The library blends with seven bits. */
		assert_shown(&scene, &upright, 3);
		free(upright.pixels);
		free(shown.pixels);
		free(contents.pixels);
		shm_buffer_destroy(&buffer);
	}
	scene_destroy(&scene);
}

/* ---- edges ---------------------------------------------------------------------------------- */

#define PARTS 7

/* Parts of odd widths, one beside the other on a white ground: none of it is to be seen between
 * them, and they are as wide as they are, to a pixel. */
static void neighbours_meet(void)
{
	static const uint32_t scales[] = {61, 90, 113, 130, 150, 165, 180, 210, 250, 317};
	static const int widths[PARTS] = {1, 3, 7, 5, 1, 11, 2};
	struct shm_buffer ground, parts[PARTS];
	struct wl_subsurface *subsurfaces[PARTS];
	struct wl_surface *surfaces[PARTS];
	struct scene scene;
	int x = 0;

	scene_create(&scene);
	set_output(scene.test, 300, 40, 120, 0);
	shm_buffer_create(scene.client, 30, 12, WL_SHM_FORMAT_XRGB8888, &ground);
	shm_buffer_fill(&ground, 0xffffffff);
	for (int i = 0; i < PARTS; i++) {
		surfaces[i] = wl_compositor_create_surface(scene.client->compositor);
		subsurfaces[i] = wl_subcompositor_get_subsurface(scene.client->subcompositor,
								 surfaces[i], scene.window.surface);
		shm_buffer_create(scene.client, widths[i], 10, WL_SHM_FORMAT_XRGB8888, &parts[i]);
		shm_buffer_fill(&parts[i], 0xff000000 | (uint32_t)(i + 1));
		wl_subsurface_set_position(subsurfaces[i], x, 0);
		wl_surface_attach(surfaces[i], parts[i].buffer, 0, 0);
		wl_surface_commit(surfaces[i]);
		x += widths[i];
	}
	show(&scene, &ground);
	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		struct picture picture;
		int seen[PARTS + 1] = {0}, last = 0;
		set_output(scene.test, 300, 40, scales[i], 0);
		pump(scene.test);
		struct lend_rect where = view_place(&scene);
		picture_take(scene.test->outputs[0], &picture);
		double scale = scales[i] / 120.0;
		for (int column = (int)lround(where.x * scale);
		     column < (int)lround((where.x + 30) * scale); column++) {
			int part = (int)picture_at(&picture, column, 20);
			assert_in_range(part, last > 1 ? last : 1, PARTS);
			last = part;
			seen[part]++;
		}
		for (int part = 1; part <= PARTS; part++)
			assert_true(fabs(seen[part] - widths[part - 1] * scale) < 1);
		picture_finish(&picture);
	}
	for (int i = 0; i < PARTS; i++) {
		wl_subsurface_destroy(subsurfaces[i]);
		wl_surface_destroy(surfaces[i]);
		shm_buffer_destroy(&parts[i]);
	}
	shm_buffer_destroy(&ground);
	scene_destroy(&scene);
}

/* A window that fills the output does so to the last pixel, whatever the scale makes of it. */
static void the_last_pixel_is_covered(void)
{
	struct shm_buffer buffer;
	struct scene scene;

	scene_create(&scene);
	for (uint32_t scale = 60; scale <= 400; scale += 7) {
		struct picture picture;
		uint32_t width = 97 + scale % 5, height = 53 + scale % 3;
		set_output(scene.test, width, height, scale, (int)scale % 8);
		client_roundtrip(scene.client);
		shell_window_ack(&scene.window);
		shm_buffer_create(scene.client, scene.window.width, scene.window.height,
				  WL_SHM_FORMAT_XRGB8888, &buffer);
		shm_buffer_fill(&buffer, 0xff123456);
		show(&scene, &buffer);
		picture_take(scene.test->outputs[0], &picture);
		assert_picture_rect(&picture, 0, 0, (int)width, (int)height, 0xff123456);
		picture_finish(&picture);
		shm_buffer_destroy(&buffer);
	}
	scene_destroy(&scene);
}

/* ---- damage --------------------------------------------------------------------------------- */

/* What a commit copies is what it says has changed, and nothing near it. */
static void one_pixel_costs_one_pixel(void)
{
	struct sheet contents = sheet_random(80, 60);
	struct shm_buffer buffer;
	struct scene scene;

	scene_create(&scene);
	for (int transform = 0; transform < 8; transform++) {
		set_output(scene.test, 320, 240, 240, transform);
		wl_surface_set_buffer_scale(scene.window.surface, 2);
		wl_surface_set_buffer_transform(scene.window.surface, transform);
		buffer_create(scene.client, &contents, &buffer);
		show(&scene, &buffer);
		uint64_t copied = output_copied(scene.test->outputs[0]);
		wl_surface_damage_buffer(scene.window.surface, 9, 9, 1, 1);
		wl_surface_attach(scene.window.surface, buffer.buffer, 0, 0);
		wl_surface_commit(scene.window.surface);
		client_roundtrip(scene.client);
		pump(scene.test);
		copied = output_copied(scene.test->outputs[0]) - copied;
		/* A pixel of the buffer is half a unit, and its neighbours could be filtered. */
		assert_in_range(copied, 4, 8 * 8 * 4);
		shm_buffer_destroy(&buffer);
	}
	free(contents.pixels);
	scene_destroy(&scene);
}

int main(int argc, char **argv)
{
#define TEST(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
	static const struct harness_test tests[] = {
		TEST(every_transform_of_outputs_and_buffers),
		TEST(one_and_a_half_with_every_transform),
		TEST(neighbours_meet),
		TEST(the_last_pixel_is_covered),
		TEST(one_pixel_costs_one_pixel),
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
