/* SPDX-License-Identifier: MIT */
/* Keys, buttons, the wheel, the pointer and the focus, made by the XTEST extension. */
#include "server.h"

#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/xkb.h>
#include <xcb/xtest.h>
#include <xkbcommon/xkbcommon-keysyms.h>

static struct server server;
static struct program program;

static int start(void **state)
{
	server_start(&server, NULL, (const char *const[]){"-screen", "0", "500x400x24", NULL});
	return 0;
}

static int stop(void **state)
{
	server_stop(&server);
	return 0;
}

static void fake(uint8_t type, uint8_t detail, int16_t x, int16_t y)
{
	xcb_test_fake_input(server.xcb, type, detail, XCB_CURRENT_TIME, server.screen->root, x, y,
			    0);
	server_sync(&server);
}

static void key(uint32_t code, bool pressed)
{
	fake(pressed ? XCB_KEY_PRESS : XCB_KEY_RELEASE, (uint8_t)(code + 8), 0, 0);
}

static void button(uint8_t number, bool pressed)
{
	fake(pressed ? XCB_BUTTON_PRESS : XCB_BUTTON_RELEASE, number, 0, 0);
}

static void move(int16_t x, int16_t y)
{
	fake(XCB_MOTION_NOTIFY, 0, x, y);
}

static void focus(xcb_window_t window)
{
	xcb_set_input_focus(server.xcb, XCB_INPUT_FOCUS_PARENT, window, XCB_CURRENT_TIME);
	server_sync(&server);
}

/* The next thing told that is of the kind; modifiers are skipped unless they are asked for. */
static struct lend_input next(enum lend_input_kind kind)
{
	for (;;) {
		while (program.n_inputs == 0)
			program_dispatch(&program);
		struct lend_input input = program.inputs[0];
		program.n_inputs--;
		memmove(&program.inputs[0], &program.inputs[1], program.n_inputs * sizeof(input));
		assert_int_equal(input.size, sizeof(input));
		if (input.kind == LEND_INPUT_KEYBOARD_MODIFIERS && kind != input.kind)
			continue;
		assert_int_equal(input.kind, kind);
		return input;
	}
}

/* A window on the screen's top left, the pointer outside of it, and nothing told yet. */
static int open_window(void **state)
{
	move(400, 300);
	focus(XCB_INPUT_FOCUS_POINTER_ROOT);
	program_start(&program, (struct lend_surface_options){.width = 200, .height = 100});
	program_draw_frames(&program, 2);
	assert_int_equal(program.n_inputs, 0);
	return 0;
}

static int close_window(void **state)
{
	program_end(&program);
	return 0;
}

static void assert_at(const struct lend_input *input, double x, double y)
{
	assert_true(input->x == x && input->y == y);
}

static void test_pointer(void **state)
{
	move(30, 40);
	next(LEND_INPUT_KEYBOARD_ENTER); /* no window has the focus: the pointer's does */
	struct lend_input input = next(LEND_INPUT_POINTER_ENTER);
	assert_at(&input, 30, 40);
	move(31, 42);
	input = next(LEND_INPUT_POINTER_MOTION);
	assert_at(&input, 31, 42);
	move(400, 42);
	next(LEND_INPUT_KEYBOARD_LEAVE);
	next(LEND_INPUT_POINTER_LEAVE);
}

static void test_buttons(void **state)
{
	static const struct {
		uint8_t number;
		uint32_t code;
	} rows[] = {{1, BTN_LEFT}, {2, BTN_MIDDLE}, {3, BTN_RIGHT}, {8, BTN_SIDE}, {9, BTN_EXTRA}};
	move(10, 20);
	next(LEND_INPUT_KEYBOARD_ENTER);
	next(LEND_INPUT_POINTER_ENTER);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		button(rows[i].number, true);
		struct lend_input input = next(LEND_INPUT_POINTER_BUTTON);
		assert_int_equal(input.code, rows[i].code);
		assert_int_equal(input.pressed, 1);
		assert_at(&input, 10, 20);
		button(rows[i].number, false);
		input = next(LEND_INPUT_POINTER_BUTTON);
		assert_int_equal(input.code, rows[i].code);
		assert_int_equal(input.pressed, 0);
	}
}

static void test_wheel(void **state)
{
	static const struct {
		uint8_t number;
		int x, y;
	} rows[] = {{4, 0, -1}, {5, 0, 1}, {6, -1, 0}, {7, 1, 0}};
	move(10, 20);
	next(LEND_INPUT_KEYBOARD_ENTER);
	next(LEND_INPUT_POINTER_ENTER);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		button(rows[i].number, true);
		button(rows[i].number, false);
		struct lend_input input = next(LEND_INPUT_POINTER_AXIS);
		assert_int_equal(input.clicks_x, rows[i].x * 120);
		assert_int_equal(input.clicks_y, rows[i].y * 120);
		assert_true(input.scroll_x == rows[i].x * 15.0);
		assert_true(input.scroll_y == rows[i].y * 15.0);
	}
	move(11, 20);
	next(LEND_INPUT_POINTER_MOTION); /* nothing more was told of the wheel */
}

/* A drag that goes beyond the window, and ends there. */
static void test_drag(void **state)
{
	move(10, 20);
	next(LEND_INPUT_KEYBOARD_ENTER);
	next(LEND_INPUT_POINTER_ENTER);
	button(1, true);
	next(LEND_INPUT_POINTER_BUTTON);
	move(300, 200);
	struct lend_input input = next(LEND_INPUT_POINTER_MOTION);
	assert_at(&input, 300, 200);
	button(1, false);
	input = next(LEND_INPUT_POINTER_BUTTON);
	assert_at(&input, 300, 200);
	next(LEND_INPUT_KEYBOARD_LEAVE);
	next(LEND_INPUT_POINTER_LEAVE);
	/* and one that comes back */
	move(10, 20);
	next(LEND_INPUT_KEYBOARD_ENTER);
	next(LEND_INPUT_POINTER_ENTER);
	button(1, true);
	next(LEND_INPUT_POINTER_BUTTON);
	move(300, 20);
	next(LEND_INPUT_POINTER_MOTION);
	move(15, 20);
	input = next(LEND_INPUT_POINTER_MOTION);
	while (input.x != 15)
		input = next(LEND_INPUT_POINTER_MOTION);
	button(1, false);
	next(LEND_INPUT_POINTER_BUTTON);
}

static void assert_key(uint32_t code, bool pressed, uint32_t keysym, const char *text)
{
	key(code, pressed);
	struct lend_input input = next(LEND_INPUT_KEYBOARD_KEY);
	assert_int_equal(input.code, code);
	assert_int_equal(input.pressed, pressed);
	assert_int_equal(input.repeated, 0);
	assert_int_equal(input.keysym, keysym);
	assert_string_equal(input.text, text);
}

static void test_keys(void **state)
{
	focus(server_window(&server));
	next(LEND_INPUT_KEYBOARD_ENTER);
	assert_key(KEY_A, true, XKB_KEY_a, "a");
	assert_key(KEY_A, false, XKB_KEY_a, "");
	assert_key(KEY_LEFTSHIFT, true, XKB_KEY_Shift_L, "");
	assert_int_equal(next(LEND_INPUT_KEYBOARD_MODIFIERS).modifiers, LEND_KEYS_SHIFT);
	assert_key(KEY_1, true, XKB_KEY_exclam, "!");
	assert_key(KEY_1, false, XKB_KEY_exclam, "");
	assert_key(KEY_LEFTSHIFT, false, XKB_KEY_Shift_L, "");
	assert_int_equal(next(LEND_INPUT_KEYBOARD_MODIFIERS).modifiers, 0);
	assert_key(KEY_LEFTCTRL, true, XKB_KEY_Control_L, "");
	assert_key(KEY_C, true, XKB_KEY_c, "\003");
	move(20, 20);
	assert_int_equal(next(LEND_INPUT_POINTER_ENTER).modifiers, LEND_KEYS_CTRL);
	key(KEY_C, false);
	next(LEND_INPUT_KEYBOARD_KEY);
	key(KEY_LEFTCTRL, false);
	next(LEND_INPUT_KEYBOARD_KEY);
	assert_key(KEY_F5, true, XKB_KEY_F5, "");
	assert_key(KEY_F5, false, XKB_KEY_F5, "");
	focus(XCB_INPUT_FOCUS_NONE);
	next(LEND_INPUT_KEYBOARD_LEAVE);
	/* not ours any more */
	key(KEY_A, true);
	key(KEY_A, false);
	move(21, 21);
	next(LEND_INPUT_POINTER_MOTION);
}

/* Locked before the program came. */
static void test_modifiers_at_the_start(void **state)
{
	program_end(&program);
	key(KEY_CAPSLOCK, true);
	key(KEY_CAPSLOCK, false);
	open_window(NULL);
	focus(server_window(&server));
	assert_int_equal(next(LEND_INPUT_KEYBOARD_ENTER).modifiers, LEND_KEYS_CAPS);
	assert_key(KEY_Z, true, XKB_KEY_Z, "Z");
	assert_key(KEY_Z, false, XKB_KEY_Z, "");
	key(KEY_CAPSLOCK, true);
	key(KEY_CAPSLOCK, false);
	next(LEND_INPUT_KEYBOARD_KEY);
	next(LEND_INPUT_KEYBOARD_KEY);
	assert_key(KEY_Z, true, XKB_KEY_z, "z");
	assert_key(KEY_Z, false, XKB_KEY_z, "");
}

/* A held key repeats: pressed once, repeated, released once. */
static void test_repeat(void **state)
{
	focus(server_window(&server));
	next(LEND_INPUT_KEYBOARD_ENTER);
	assert_key(KEY_Q, true, XKB_KEY_q, "q");
	for (int i = 0; i < 5; i++) {
		struct lend_input input = next(LEND_INPUT_KEYBOARD_KEY);
		assert_int_equal(input.code, KEY_Q);
		assert_int_equal(input.pressed, 1);
		assert_int_equal(input.repeated, 1);
		assert_string_equal(input.text, "q");
	}
	key(KEY_Q, false);
	struct lend_input input = next(LEND_INPUT_KEYBOARD_KEY);
	while (input.repeated)
		input = next(LEND_INPUT_KEYBOARD_KEY);
	assert_int_equal(input.pressed, 0);
}

/* Two keys of the server's map change places while the program runs. */
static void test_another_layout(void **state)
{
	focus(server_window(&server));
	next(LEND_INPUT_KEYBOARD_ENTER);
	const xcb_keysym_t keysyms[] = {XKB_KEY_eacute, XKB_KEY_Eacute};
	xcb_change_keyboard_mapping(server.xcb, 1, KEY_E + 8, 2, keysyms);
	server_sync(&server);
	assert_key(KEY_E, true, XKB_KEY_eacute, "\303\251");
	assert_key(KEY_E, false, XKB_KEY_eacute, "");
	const xcb_keysym_t before[] = {XKB_KEY_e, XKB_KEY_E};
	xcb_change_keyboard_mapping(server.xcb, 1, KEY_E + 8, 2, before);
	server_sync(&server);
	assert_key(KEY_E, true, XKB_KEY_e, "e");
	assert_key(KEY_E, false, XKB_KEY_e, "");
}

/* From one window to another of the same program. */
static void test_two_windows(void **state)
{
	struct program other;
	xcb_window_t first = server_window(&server);
	program_start(&other, (struct lend_surface_options){.width = 50, .height = 50});
	program_draw_frames(&other, 1);
	focus(server_window(&server));
	while (other.n_inputs == 0)
		program_dispatch(&other);
	assert_int_equal(other.inputs[0].kind, LEND_INPUT_KEYBOARD_ENTER);
	focus(first);
	next(LEND_INPUT_KEYBOARD_ENTER);
	while (other.n_inputs == 1)
		program_dispatch(&other);
	assert_int_equal(other.inputs[1].kind, LEND_INPUT_KEYBOARD_LEAVE);
	program_end(&other);
	assert_key(KEY_B, true, XKB_KEY_b, "b");
	assert_key(KEY_B, false, XKB_KEY_b, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_window, close_window)

int main(void)
{
	unsetenv("LEND_DISPLAY");
	setenv("LC_ALL", "C.UTF-8", 1);
	const struct CMUnitTest tests[] = {
		TEST(test_pointer), TEST(test_buttons),	       TEST(test_wheel),
		TEST(test_drag),    TEST(test_keys),	       TEST(test_modifiers_at_the_start),
		TEST(test_repeat),  TEST(test_another_layout), TEST(test_two_windows),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
