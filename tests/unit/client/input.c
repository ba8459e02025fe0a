/* SPDX-License-Identifier: MIT */
/* What a program is told of its user, on a server whose devices the test moves. */
#include "seat_driver.h"

#include <errno.h>
#include <framelend/client.h>
#include <linux/input-event-codes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#include <cmocka.h>

#define TOLD 256

static char directory[] = "/tmp/framelend-test-XXXXXX";

struct test {
	struct lend_server *server;
	struct lend_output *output;
	struct lend_client *client;
	struct lend_surface *surface;
	struct lend_input told[TOLD];
	size_t n, next;
	bool destroys; /* the surface, when it hears of anything */
	bool other;    /* the other surface heard of something */
	atomic_bool connected;
};

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- both sides ----------------------------------------------------------------------------- */

static void note(void *data, struct lend_surface *surface, const struct lend_input *input)
{
	struct test *test = data;
	uint64_t now = now_ns();
	if (test->surface != NULL && surface != test->surface) {
		test->other = true;
		return;
	}
	assert_int_equal(input->size, sizeof(*input));
	assert_true(input->time <= now && now - input->time < 20000000000);
	assert_true(test->n < TOLD);
	test->told[test->n++] = *input;
	if (test->destroys)
		lend_surface_destroy(surface);
}

static void *connect_client(void *data)
{
	struct test *test = data;
	struct lend_client_options options = {.size = sizeof(options),
					      .display = lend_server_socket(test->server)};
	if (lend_client_connect(&options, &test->client) < 0) {
		lend_client_destroy(test->client);
		test->client = NULL;
	}
	atomic_store(&test->connected, true);
	return NULL;
}

static void pump(struct test *test)
{
	for (int quiet = 0; quiet < 3;) {
		assert_return_code(lend_server_dispatch(test->server, 0), errno);
		int count = lend_client_dispatch(test->client, 0);
		assert_true(count >= 0);
		quiet = count > 0 ? 0 : quiet + 1;
	}
}

/* Waits too: for what the library does at a time of its own. */
static void pump_until_told(struct test *test, size_t n)
{
	uint64_t end = now_ns() + 20000000000;
	while (test->n < n && now_ns() < end) {
		pump(test);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	assert_true(test->n >= n);
}

static struct lend_surface *add_surface(struct test *test, bool listens)
{
	const struct lend_surface_events events = {.size = sizeof(events),
						   .input = listens ? note : NULL};
	const struct lend_surface_options options = {
		.size = sizeof(options), .fullscreen = 1, .events = &events, .data = test};
	struct lend_surface *surface;
	struct lend_frame frame;
	assert_int_equal(lend_surface_create(test->client, &options, &surface), 0);
	pump(test);
	assert_int_equal(lend_frame_begin(surface, &frame), 0);
	memset(frame.pixels, 0x55, (size_t)frame.stride * frame.height);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	pump(test);
	return surface;
}

static void start(struct test *test, unsigned devices)
{
	struct lend_output_options output = {.size = sizeof(output), .width = 200, .height = 100};
	pthread_t thread;
	memset(test, 0, sizeof(*test));
	assert_int_equal(lend_server_create(NULL, &test->server), 0);
	assert_int_equal(lend_output_create_headless(test->server, &output, &test->output), 0);
	drive_devices(test->server, devices);
	assert_int_equal(pthread_create(&thread, NULL, connect_client, test), 0);
	while (!atomic_load(&test->connected))
		lend_server_dispatch(test->server, 1);
	pthread_join(thread, NULL);
	assert_non_null(test->client);
	test->surface = add_surface(test, true);
}

static void stop(struct test *test)
{
	lend_client_destroy(test->client);
	lend_server_destroy(test->server);
}

/* ---- what was told -------------------------------------------------------------------------- */

static const struct lend_input *next(struct test *test, enum lend_input_kind kind)
{
	if (test->next == test->n)
		fail_msg("nothing more was told, kind %d was to be", (int)kind);
	const struct lend_input *input = &test->told[test->next++];
	if (input->kind != kind)
		fail_msg("kind %d was told, %d was to be", (int)input->kind, (int)kind);
	return input;
}

static void assert_at(const struct lend_input *input, double x, double y)
{
	if (input->x != x || input->y != y)
		fail_msg("at %g, %g", input->x, input->y);
}

static void assert_no_more(const struct test *test)
{
	if (test->next != test->n)
		fail_msg("kind %d too", (int)test->told[test->next].kind);
}

static void assert_key(struct test *test, uint32_t code, bool pressed, uint32_t keysym,
		       const char *text)
{
	const struct lend_input *input = next(test, LEND_INPUT_KEYBOARD_KEY);
	assert_int_equal(input->code, code);
	assert_int_equal(input->pressed, pressed);
	assert_int_equal(input->repeated, 0);
	assert_int_equal(input->keysym, keysym);
	assert_string_equal(input->text, text);
}

static void press(struct test *test, uint32_t code, bool pressed)
{
	drive_key(test->server, code, pressed);
	pump(test);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void test_pointer(void **state)
{
	struct test test;
	start(&test, POINTER);
	assert_at(next(&test, LEND_INPUT_POINTER_ENTER), 100, 50);
	drive_to(test.server, 25.5, 31);
	pump(&test);
	assert_at(next(&test, LEND_INPUT_POINTER_MOTION), 25.5, 31);
	drive_click(test.server);
	pump(&test);
	for (uint32_t i = 0; i < 2; i++) {
		const struct lend_input *input = next(&test, LEND_INPUT_POINTER_BUTTON);
		assert_int_equal(input->code, BTN_LEFT);
		assert_int_equal(input->pressed, i == 0);
		assert_at(input, 25.5, 31);
	}
	assert_no_more(&test);
	lend_output_destroy(test.output);
	pump(&test);
	assert_at(next(&test, LEND_INPUT_POINTER_LEAVE), 0, 0);
	stop(&test);
}

static void test_wheel_and_finger(void **state)
{
	struct test test;
	start(&test, POINTER);
	drive_to(test.server, 20, 30);
	pump(&test);
	test.next = test.n;
	/* both directions of one step are told as one */
	drive_axis(test.server, 0, 0, 15, 120);
	drive_axis(test.server, 0, 1, -7.5, -60);
	drive_frame(test.server);
	pump(&test);
	const struct lend_input *input = next(&test, LEND_INPUT_POINTER_AXIS);
	assert_true(input->scroll_y == 15 && input->scroll_x == -7.5);
	assert_int_equal(input->clicks_y, 120);
	assert_int_equal(input->clicks_x, -60);
	assert_at(input, 20, 30);
	drive_axis(test.server, 1, 0, 3.25, 0);
	drive_frame(test.server);
	drive_axis(test.server, 1, 0, 0, 0);
	drive_frame(test.server);
	pump(&test);
	input = next(&test, LEND_INPUT_POINTER_AXIS);
	assert_true(input->scroll_y == 3.25 && input->scroll_x == 0);
	assert_int_equal(input->clicks_y, 0);
	input = next(&test, LEND_INPUT_POINTER_AXIS);
	assert_true(input->scroll_y == 0 && input->scroll_x == 0);
	assert_no_more(&test);
	stop(&test);
}

static void test_keys(void **state)
{
	struct test test;
	start(&test, KEYBOARD);
	next(&test, LEND_INPUT_KEYBOARD_ENTER);
	press(&test, KEY_A, true);
	assert_key(&test, KEY_A, true, XKB_KEY_a, "a");
	press(&test, KEY_A, false);
	assert_key(&test, KEY_A, false, XKB_KEY_a, "");
	press(&test, KEY_LEFTSHIFT, true);
	assert_key(&test, KEY_LEFTSHIFT, true, XKB_KEY_Shift_L, "");
	assert_int_equal(next(&test, LEND_INPUT_KEYBOARD_MODIFIERS)->modifiers, LEND_KEYS_SHIFT);
	press(&test, KEY_A, true);
	assert_int_equal(test.told[test.next].modifiers, LEND_KEYS_SHIFT);
	assert_key(&test, KEY_A, true, XKB_KEY_A, "A");
	press(&test, KEY_A, false);
	press(&test, KEY_LEFTSHIFT, false);
	test.next = test.n;
	assert_int_equal(test.told[test.n - 1].modifiers, 0);
	press(&test, KEY_LEFTCTRL, true);
	press(&test, KEY_C, true);
	test.next = test.n - 1;
	assert_int_equal(test.told[test.next].modifiers, LEND_KEYS_CTRL);
	assert_key(&test, KEY_C, true, XKB_KEY_c, "\3");
	press(&test, KEY_C, false);
	press(&test, KEY_LEFTCTRL, false);
	test.next = test.n;
	press(&test, KEY_ENTER, true);
	assert_key(&test, KEY_ENTER, true, XKB_KEY_Return, "\r");
	press(&test, KEY_ENTER, false);
	press(&test, KEY_F5, true);
	test.next = test.n - 1;
	assert_key(&test, KEY_F5, true, XKB_KEY_F5, "");
	stop(&test);
}

static void test_modifiers_of_the_pointer(void **state)
{
	struct test test;
	start(&test, POINTER | KEYBOARD);
	press(&test, KEY_LEFTALT, true);
	drive_to(test.server, 20, 30);
	pump(&test);
	test.next = test.n - 1;
	assert_int_equal(test.told[test.next].modifiers, LEND_KEYS_ALT);
	stop(&test);
}

/* The library repeats: the server says how fast. */
static void test_repeat(void **state)
{
	struct test test;
	start(&test, KEYBOARD);
	uint64_t begin = now_ns();
	press(&test, KEY_X, true);
	test.next = test.n - 1;
	assert_key(&test, KEY_X, true, XKB_KEY_x, "x");
	pump_until_told(&test, test.next + 4);
	assert_true(now_ns() - begin > 300000000);
	for (int i = 0; i < 4; i++) {
		const struct lend_input *input = next(&test, LEND_INPUT_KEYBOARD_KEY);
		assert_int_equal(input->code, KEY_X);
		assert_int_equal(input->pressed, 1);
		assert_int_equal(input->repeated, 1);
		assert_string_equal(input->text, "x");
	}
	/* released, and none more comes */
	press(&test, KEY_X, false);
	test.next = test.n - 1;
	assert_key(&test, KEY_X, false, XKB_KEY_x, "");
	nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	pump(&test);
	assert_no_more(&test);
	/* a modifier does not repeat, and another key's release stops nothing */
	press(&test, KEY_Y, true);
	press(&test, KEY_LEFTSHIFT, true);
	press(&test, KEY_LEFTSHIFT, false);
	size_t n = test.n;
	pump_until_told(&test, n + 1);
	assert_int_equal(test.told[n].code, KEY_Y);
	assert_int_equal(test.told[n].repeated, 1);
	/* nor does one whose surface lost the keys */
	struct lend_surface *other = add_surface(&test, false);
	n = test.n;
	assert_int_equal(test.told[n - 1].kind, LEND_INPUT_KEYBOARD_LEAVE);
	nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	pump(&test);
	assert_int_equal(test.n, n);
	lend_surface_destroy(other);
	pump(&test);
	test.next = n;
	next(&test, LEND_INPUT_KEYBOARD_ENTER);
	stop(&test);
}

static void test_touch(void **state)
{
	struct test test;
	start(&test, TOUCH);
	drive_touch_down(test.server, 3, test.output, 0.5, 0.5);
	drive_touch_down(test.server, 5, test.output, 0.25, 0.75);
	drive_touch_frame(test.server);
	drive_touch_motion(test.server, 3, test.output, 0.75, 0.5);
	drive_touch_frame(test.server);
	drive_touch_up(test.server, 5);
	drive_touch_frame(test.server);
	pump(&test);
	const struct lend_input *first = next(&test, LEND_INPUT_TOUCH_DOWN);
	const struct lend_input *second = next(&test, LEND_INPUT_TOUCH_DOWN);
	assert_at(first, 100, 50);
	assert_at(second, 50, 75);
	assert_int_not_equal(first->id, second->id);
	const struct lend_input *input = next(&test, LEND_INPUT_TOUCH_MOTION);
	assert_int_equal(input->id, first->id);
	assert_at(input, 150, 50);
	assert_int_equal(next(&test, LEND_INPUT_TOUCH_UP)->id, second->id);
	drive_touch_cancel(test.server);
	drive_touch_frame(test.server);
	pump(&test);
	next(&test, LEND_INPUT_TOUCH_CANCEL);
	assert_no_more(&test);
	stop(&test);
}

static void test_devices_come_and_go(void **state)
{
	struct test test;
	start(&test, 0);
	assert_int_equal(test.n, 0);
	for (int i = 0; i < 3; i++) {
		drive_devices(test.server, POINTER | KEYBOARD | TOUCH);
		pump(&test);
		test.next = test.n;
		press(&test, KEY_A, true);
		drive_to(test.server, 40 + i, 50);
		drive_touch_down(test.server, 1, test.output, 0.5, 0.5);
		drive_touch_frame(test.server);
		pump(&test);
		assert_true(test.n >= test.next + 3);
		test.next = test.n;
		drive_devices(test.server, 0);
		pump(&test);
		/* all are let go, and the key does not go on repeating */
		unsigned kinds = 0;
		while (test.next < test.n)
			kinds |= 1U << test.told[test.next++].kind;
		assert_true(kinds & 1U << LEND_INPUT_POINTER_LEAVE);
		assert_true(kinds & 1U << LEND_INPUT_KEYBOARD_LEAVE);
		assert_true(kinds & 1U << LEND_INPUT_TOUCH_CANCEL);
	}
	stop(&test);
}

static void test_surface_is_destroyed_by_its_own_input(void **state)
{
	struct test test;
	start(&test, POINTER | KEYBOARD);
	struct lend_surface *other = add_surface(&test, true);
	lend_surface_destroy(other);
	pump(&test);
	drive_to(test.server, 20, 30);
	drive_click(test.server);
	press(&test, KEY_A, true);
	test.next = test.n;
	test.destroys = true;
	drive_to(test.server, 30, 40);
	drive_click(test.server);
	press(&test, KEY_B, true);
	assert_int_equal(test.n, test.next + 1); /* the rest is dropped */
	nanosleep(&(struct timespec){.tv_nsec = 700000000}, NULL);
	pump(&test);
	assert_int_equal(test.n, test.next + 1); /* nor does anything repeat */
	stop(&test);
}

/* Each surface hears of its own, in order. */
static void test_focus_moves(void **state)
{
	struct test test;
	start(&test, KEYBOARD);
	next(&test, LEND_INPUT_KEYBOARD_ENTER);
	struct lend_surface *other = add_surface(&test, true);
	next(&test, LEND_INPUT_KEYBOARD_LEAVE);
	assert_true(test.other);
	press(&test, KEY_A, true);
	press(&test, KEY_A, false);
	assert_no_more(&test);
	lend_surface_destroy(other);
	pump(&test);
	next(&test, LEND_INPUT_KEYBOARD_ENTER);
	stop(&test);
}

int main(void)
{
	if (mkdtemp(directory) == NULL)
		return 1;
	setenv("XDG_RUNTIME_DIR", directory, 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("WAYLAND_SOCKET");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_wheel_and_finger),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_modifiers_of_the_pointer),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_touch),
		cmocka_unit_test(test_devices_come_and_go),
		cmocka_unit_test(test_surface_is_destroyed_by_its_own_input),
		cmocka_unit_test(test_focus_moves),
	};
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(directory);
	return result;
}
