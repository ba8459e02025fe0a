/* SPDX-License-Identifier: MIT */
/* Servers whose devices are old, broken or hostile. */
#include "fake.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	struct lend_input list[64];
	size_t n;
} told;

static void note(void *data, struct lend_surface *surface, const struct lend_input *input)
{
	assert_true(told.n < 64);
	told.list[told.n++] = *input;
}

static const struct lend_surface_events events = {.size = sizeof(events), .input = note};

static struct lend_surface *start(struct fake *fake, uint32_t version)
{
	const struct fake_options options = {.width = 64, .height = 48, .seat = version};
	told.n = 0;
	assert_int_equal(fake_start(fake, &options), 0);
	return fake_surface(fake, (struct lend_surface_options){.events = &events});
}

static void run(struct fake *fake, size_t n)
{
	assert_int_equal(fake_run(fake), 0);
	assert_int_equal(told.n, n);
}

static wl_fixed_t fixed(double value)
{
	return wl_fixed_from_double(value);
}

/* Who does not ask is not told, and costs the server nothing. */
static void test_not_asked_for(void **state)
{
	struct fake fake;
	const struct fake_options options = {.width = 64, .height = 48, .seat = 8};
	assert_int_equal(fake_start(&fake, &options), 0);
	fake_surface(&fake, (struct lend_surface_options){0});
	assert_non_null(fake.seat);
	assert_null(fake.pointer);
	assert_null(fake.keyboard);
	assert_null(fake.touch);
	fake_surface(&fake, (struct lend_surface_options){.events = &events});
	assert_non_null(fake.pointer);
	assert_non_null(fake.keyboard);
	assert_non_null(fake.touch);
	fake_stop(&fake);
}

/* From before there were frames, releases and repeat. */
static void test_old_seats(void **state)
{
	for (uint32_t version = 1; version <= 8; version++) {
		struct fake fake;
		start(&fake, version);
		assert_int_equal(wl_resource_get_version(fake.pointer), version);
		wl_pointer_send_enter(fake.pointer, 1, fake.surface, fixed(3.5), fixed(4));
		wl_pointer_send_axis(fake.pointer, 0, WL_POINTER_AXIS_VERTICAL_SCROLL, fixed(10));
		if (version >= 5)
			wl_pointer_send_frame(fake.pointer);
		run(&fake, 2);
		assert_int_equal(told.list[0].kind, LEND_INPUT_POINTER_ENTER);
		assert_true(told.list[0].x == 3.5 && told.list[0].y == 4);
		assert_int_equal(told.list[1].kind, LEND_INPUT_POINTER_AXIS);
		assert_true(told.list[1].scroll_y == 10);
		wl_seat_send_capabilities(fake.seat, 0);
		run(&fake, 3);
		assert_int_equal(told.list[2].kind, LEND_INPUT_POINTER_LEAVE);
		fake_stop(&fake);
	}
}

static void test_clicks_of_all_versions(void **state)
{
	struct fake fake;
	start(&fake, 5);
	wl_pointer_send_enter(fake.pointer, 1, fake.surface, 0, 0);
	wl_pointer_send_axis_discrete(fake.pointer, WL_POINTER_AXIS_VERTICAL_SCROLL, -2);
	wl_pointer_send_axis(fake.pointer, 0, WL_POINTER_AXIS_VERTICAL_SCROLL, fixed(-20));
	wl_pointer_send_frame(fake.pointer);
	wl_pointer_send_axis_discrete(fake.pointer, 77, INT32_MIN);
	wl_pointer_send_axis(fake.pointer, 0, 77, fixed(1));
	wl_pointer_send_frame(fake.pointer);
	wl_pointer_send_frame(fake.pointer);
	run(&fake, 3);
	assert_int_equal(told.list[1].clicks_y, -240);
	assert_int_equal(told.list[2].clicks_y, 0);
	fake_stop(&fake);
}

static void send_keymap(struct fake *fake, int fd, uint32_t size)
{
	wl_keyboard_send_keymap(fake->keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, size);
	close(fd);
}

static int memory_of(const char *text)
{
	int fd = fake_memfd(4096, true);
	assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
	return fd;
}

/* Keys have codes whatever becomes of the keymap. */
static void test_bad_keymaps(void **state)
{
	int before = count_fds();
	for (int row = 0; row < 6; row++) {
		struct fake fake;
		int pipe_fds[2];
		start(&fake, 5);
		assert_int_equal(pipe2(pipe_fds, 0), 0);
		if (row == 0)
			send_keymap(&fake, dup(pipe_fds[0]), 4096); /* would never end */
		else if (row == 1)
			send_keymap(&fake, memory_of("nonsense"), 4096);
		else if (row == 2)
			send_keymap(&fake, memory_of("nonsense"), UINT32_MAX);
		else if (row == 3)
			send_keymap(&fake, memory_of("nonsense"), 0);
		else if (row == 4)
			send_keymap(&fake, memory_of("xkb_keymap { };"), 1000000);
		else
			wl_keyboard_send_keymap(fake.keyboard, WL_KEYBOARD_KEYMAP_FORMAT_NO_KEYMAP,
						pipe_fds[0], 0);
		struct wl_array keys;
		wl_array_init(&keys);
		wl_keyboard_send_enter(fake.keyboard, 1, fake.surface, &keys);
		wl_keyboard_send_modifiers(fake.keyboard, 2, UINT32_MAX, 0, UINT32_MAX, 99);
		wl_keyboard_send_key(fake.keyboard, 3, 0, UINT32_MAX, 1);
		wl_keyboard_send_key(fake.keyboard, 3, 0, 30, 1);
		wl_keyboard_send_key(fake.keyboard, 3, 0, 30, 0);
		assert_int_equal(fake_run(&fake), 0);
		const struct lend_input *last = &told.list[told.n - 1];
		assert_int_equal(last->kind, LEND_INPUT_KEYBOARD_KEY);
		assert_int_equal(last->code, 30);
		assert_string_equal(last->text, "");
		assert_int_equal(told.list[0].kind, LEND_INPUT_KEYBOARD_ENTER);
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		fake_stop(&fake);
		if (row > 0) /* what is no memory is closed by a thread, at some time */
			assert_true(count_fds() <= before + 1);
	}
}

static void test_repeat_info(void **state)
{
	struct fake fake;
	start(&fake, 5);
	wl_keyboard_send_repeat_info(fake.keyboard, 0, 0);
	wl_keyboard_send_repeat_info(fake.keyboard, -5, -5);
	wl_keyboard_send_repeat_info(fake.keyboard, INT32_MAX, INT32_MAX);
	run(&fake, 0);
	fake_stop(&fake);
}

/* Events out of order, or about nothing of ours. */
static void test_nonsense(void **state)
{
	struct fake fake;
	start(&fake, 8);
	wl_pointer_send_motion(fake.pointer, 0, 0, 0);
	wl_pointer_send_button(fake.pointer, 1, 0, 272, 1);
	wl_pointer_send_frame(fake.pointer);
	wl_keyboard_send_key(fake.keyboard, 1, 0, 30, 1);
	wl_keyboard_send_leave(fake.keyboard, 1, fake.surface);
	wl_touch_send_up(fake.touch, 1, 0, 5);
	wl_touch_send_motion(fake.touch, 0, 5, 0, 0);
	wl_touch_send_cancel(fake.touch);
	run(&fake, 0);
	/* more fingers than there are; the rest is dropped */
	for (int32_t id = 0; id < 20; id++)
		wl_touch_send_down(fake.touch, 1, 0, fake.surface, id, fixed(id), 0);
	run(&fake, 16);
	wl_touch_send_up(fake.touch, 1, 0, 19);
	run(&fake, 16);
	wl_touch_send_up(fake.touch, 1, 0, 3);
	wl_touch_send_down(fake.touch, 1, 0, fake.surface, 19, 0, 0);
	run(&fake, 18);
	wl_touch_send_cancel(fake.touch);
	run(&fake, 19); /* once for the surface */
	assert_int_equal(told.list[18].kind, LEND_INPUT_TOUCH_CANCEL);
	fake_stop(&fake);
}

/* The surface that all of it is about goes away. */
static void test_surface_that_is_gone(void **state)
{
	struct fake fake;
	struct lend_surface *surface = start(&fake, 8);
	struct wl_array keys;
	wl_array_init(&keys);
	wl_pointer_send_enter(fake.pointer, 1, fake.surface, 0, 0);
	wl_keyboard_send_enter(fake.keyboard, 2, fake.surface, &keys);
	wl_touch_send_down(fake.touch, 3, 0, fake.surface, 1, 0, 0);
	run(&fake, 3);
	wl_pointer_send_motion(fake.pointer, 0, 0, 0);
	fake_serve(&fake);
	lend_surface_destroy(surface);
	wl_pointer_send_motion(fake.pointer, 0, 0, 0);
	wl_pointer_send_frame(fake.pointer);
	wl_keyboard_send_key(fake.keyboard, 1, 0, 30, 1);
	wl_touch_send_motion(fake.touch, 0, 1, 0, 0);
	run(&fake, 3);
	fake_surface(&fake, (struct lend_surface_options){.events = &events});
	wl_pointer_send_enter(fake.pointer, 1, fake.surface, 0, 0);
	run(&fake, 4);
	fake_stop(&fake);
}

/* Times are of our clock, whatever the server counts from. */
static void test_times(void **state)
{
	static const uint32_t times[] = {0, 1, UINT32_MAX, UINT32_MAX / 2};
	struct fake fake;
	start(&fake, 8);
	wl_pointer_send_enter(fake.pointer, 1, fake.surface, 0, 0);
	for (size_t i = 0; i < 4; i++)
		wl_pointer_send_motion(fake.pointer, times[i], 0, 0);
	run(&fake, 5);
	for (size_t i = 1; i < 5; i++) {
		assert_true(told.list[i].time > 0);
		assert_true(told.list[i].time + 20000000000 > told.list[0].time);
	}
	fake_stop(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_asked_for),
		cmocka_unit_test(test_old_seats),
		cmocka_unit_test(test_clicks_of_all_versions),
		cmocka_unit_test(test_bad_keymaps),
		cmocka_unit_test(test_repeat_info),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_surface_that_is_gone),
		cmocka_unit_test(test_times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
