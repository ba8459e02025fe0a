/* SPDX-License-Identifier: MIT */
/* What is brought to the frame is what changed in the framebuffer: compared with a slow reference.
 */
#include "fbdev/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* cmocka wants those above */
#include <cmocka.h>

#define WIDTH  131 /* no multiple of anything */
#define HEIGHT 77

struct scene {
	struct fb_var_screeninfo mode;
	size_t length;
	uint8_t *memory;
	struct pages pages;
	struct picture picture;
	struct lend_frame frame;
	uint32_t *shown; /* what the frame held before */
};

static void make(struct scene *scene, uint32_t bits, uint32_t width, uint32_t height)
{
	memset(scene, 0, sizeof(*scene));
	mode_set(&scene->mode, WIDTH, HEIGHT, bits);
	scene->mode.xres_virtual = WIDTH + 10;
	scene->mode.yres_virtual = HEIGHT * 2;
	assert_int_equal(mode_check(&scene->mode, mode_memory(WIDTH, HEIGHT)), 0);
	scene->length = mode_memory(WIDTH, HEIGHT);
	scene->memory = calloc(scene->length, 1);
	scene->pages.n = scene->length / WATCH_PAGE;
	scene->pages.dirty = calloc(scene->pages.n, 1);
	scene->frame.width = width;
	scene->frame.height = height;
	scene->frame.stride = width * 4 + 64;
	scene->frame.pixels = calloc(scene->frame.stride, height);
	scene->shown = calloc((size_t)width * height, 4);
	assert_int_equal(picture_set(&scene->picture, scene->memory, &scene->mode), 0);
	pages_mark_all(&scene->pages);
}

static void finish(struct scene *scene)
{
	picture_finish(&scene->picture);
	free(scene->memory);
	free(scene->pages.dirty);
	free(scene->frame.pixels);
	free(scene->shown);
}

static uint8_t *pixel_at(const struct scene *scene, uint32_t x, uint32_t y)
{
	return scene->memory +
	       (size_t)(y + scene->picture.mode.yoffset) * mode_stride(&scene->mode) +
	       (size_t)(x + scene->picture.mode.xoffset) * (scene->mode.bits_per_pixel / 8);
}

/* As it is to be seen. */
static uint32_t colour_at(const struct scene *scene, uint32_t x, uint32_t y)
{
	const uint8_t *at = pixel_at(scene, x, y);
	if (scene->mode.bits_per_pixel > 16)
		return (uint32_t)(at[2] << 16 | at[1] << 8 | at[0]);
	uint32_t value = (uint32_t)(at[0] | at[1] << 8);
	uint32_t red = value >> 11, green = value >> 5 & 63, blue = value & 31;
	return (red << 3 | red >> 2) << 16 | (green << 2 | green >> 4) << 8 |
	       (blue << 3 | blue >> 2);
}

static void write_pixel(struct scene *scene, uint32_t x, uint32_t y)
{
	uint8_t *at = pixel_at(scene, x, y);
	for (uint32_t i = 0; i < scene->mode.bits_per_pixel / 8; i++)
		at[i] = (uint8_t)rand();
	pages_mark(&scene->pages, (uint64_t)(at - scene->memory), 4);
}

static bool is_damaged(const struct damage_list *damage, int32_t x, int32_t y)
{
	for (size_t i = 0; i < damage->n; i++) {
		const struct lend_rect *rect = &damage->rects[i];
		if (x >= rect->x && x < rect->x + rect->width && y >= rect->y &&
		    y < rect->y + rect->height)
			return true;
	}
	return false;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Every pixel is right, and those that changed are in the damage. Returns the damage's pixels. */
static uint64_t update(struct scene *scene)
{
	struct damage_list damage = {0};
	picture_update(&scene->picture, &scene->pages, &scene->frame, &damage);
	pages_clear(&scene->pages);
	uint32_t width = least(WIDTH, scene->frame.width),
		 height = least(HEIGHT, scene->frame.height);
	uint32_t left = (scene->frame.width - width) / 2, top = (scene->frame.height - height) / 2;
	for (uint32_t y = 0; y < scene->frame.height; y++) {
		const char *row =
			(const char *)scene->frame.pixels + (size_t)y * scene->frame.stride;
		for (uint32_t x = 0; x < scene->frame.width; x++) {
			uint32_t now, *before = &scene->shown[y * scene->frame.width + x];
			bool inside = x >= left && x < left + width && y >= top && y < top + height;
			memcpy(&now, row + (size_t)x * 4, 4);
			now &= 0xffffff;
			assert_int_equal(now, inside ? colour_at(scene, x - left, y - top) : 0);
			assert_true(now == *before || is_damaged(&damage, (int32_t)x, (int32_t)y));
			*before = now;
		}
	}
	uint64_t pixels = 0;
	for (size_t i = 0; i < damage.n; i++)
		pixels += (uint64_t)damage.rects[i].width * (uint64_t)damage.rects[i].height;
	return pixels;
}

static void shows_what_was_drawn(void **state)
{
	static const struct {
		uint32_t width, height;
	} frames[] = {{WIDTH, HEIGHT}, {200, 100}, {50, 200}, {10, 10}};
	for (uint32_t bits = 16; bits <= 32; bits += 8) {
		for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
			struct scene scene;
			make(&scene, bits, frames[i].width, frames[i].height);
			for (int round = 0; round < 30; round++) {
				for (int n = rand() % 200; n >= 0; n--)
					write_pixel(&scene, (uint32_t)rand() % WIDTH,
						    (uint32_t)rand() % HEIGHT);
				update(&scene);
			}
			finish(&scene);
		}
	}
}

static void shows_another_part_after_panning(void **state)
{
	for (uint32_t bits = 16; bits <= 32; bits += 8) {
		struct scene scene;
		make(&scene, bits, WIDTH, HEIGHT);
		for (int n = 0; n < 1000; n++)
			write_pixel(&scene, (uint32_t)rand() % WIDTH,
				    (uint32_t)rand() % (HEIGHT * 2));
		update(&scene);
		scene.picture.mode.xoffset = 7;
		scene.picture.mode.yoffset = HEIGHT;
		pages_mark_all(&scene.pages);
		assert_true(update(&scene) > 0);
		finish(&scene);
	}
}

static void a_small_change_is_small(void **state)
{
	for (uint32_t bits = 16; bits <= 32; bits += 8) {
		struct scene scene;
		make(&scene, bits, WIDTH, HEIGHT);
		update(&scene);
		for (uint32_t y = 30; y < 46; y++)
			for (uint32_t x = 21; x < 37; x++)
				write_pixel(&scene, x, y);
		assert_in_range(update(&scene), 16 * 16, 32 * 32);
		finish(&scene);
	}
}

static void what_stays_the_same_is_not_told(void **state)
{
	struct scene scene;
	make(&scene, 32, WIDTH, HEIGHT);
	for (int n = 0; n < 1000; n++)
		write_pixel(&scene, (uint32_t)rand() % WIDTH, (uint32_t)rand() % HEIGHT);
	assert_true(update(&scene) > 0);
	pages_mark_all(&scene.pages);
	assert_int_equal(update(&scene), 0);
	finish(&scene);
}

/* Where nobody wrote nobody looks. */
static void clean_pages_are_left_alone(void **state)
{
	struct scene scene;
	make(&scene, 32, WIDTH, HEIGHT);
	update(&scene);
	scene.memory[(size_t)HEIGHT * mode_stride(&scene.mode) / 2] ^= 0xff;
	struct damage_list damage = {0};
	picture_update(&scene.picture, &scene.pages, &scene.frame, &damage);
	assert_int_equal(damage.n, 0);
	finish(&scene);
}

static void halves_are_everything(void **state)
{
	uint8_t even[1000] = {0}, odd[1000] = {0};
	struct pages first = {1000, even, false}, second = {1000, odd, false};
	pages_mark_half(&first, false);
	pages_mark_half(&second, true);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(even[i] + odd[i], 1);
	pages_clear(&first);
	pages_mark(&first, 999 * UINT64_C(4096) + 4095, UINT64_C(1) << 40);
	pages_mark(&first, UINT64_C(1) << 50, 1);
	assert_int_equal(even[999], 1);
	assert_int_equal(even[998], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_what_was_drawn),
		cmocka_unit_test(shows_another_part_after_panning),
		cmocka_unit_test(a_small_change_is_small),
		cmocka_unit_test(what_stays_the_same_is_not_told),
		cmocka_unit_test(clean_pages_are_left_alone),
		cmocka_unit_test(halves_are_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
