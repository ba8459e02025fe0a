/* SPDX-License-Identifier: MIT */
/*
 * Input devices made by uinput, through libinput and a session, to what a seat is told. Needs
 * /dev/uinput, a udevd, VTs and root: tests/vm runs it in a guest.
 */
#include "devices.h"
#include "session/udev.h"
#include "told.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Dispatches until the device of that name was found; libinput's log says so. */
static void await_device(struct place *place, int device, const char *name)
{
	assert_true(device >= 0);
	await(place, name);
	dispatch(place, 100);
	forget(place);
}

static int plug_keyboard(struct place *place, const char *name)
{
	int keyboard = make_keyboard(name);
	await_device(place, keyboard, name);
	return keyboard;
}

static void press(int keyboard, int key)
{
	EMIT(keyboard, {EV_KEY, key, 1});
}

static void release(int keyboard, int key)
{
	EMIT(keyboard, {EV_KEY, key, 0});
}

static int setup(void **state)
{
	static struct place place;
	memset(&place, 0, sizeof(place));
	assert_int_equal(session_create(NULL, NULL, note_log, &place, &place.session), 0);
	assert_int_equal(
		input_create(place.session, &told_events, &place, note_log, &place, &place.input),
		0);
	await(&place, "can 1 1 0"); /* of the machine's own devices */
	forget(&place);
	*state = &place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	input_destroy(place->input);
	session_destroy(place->session);
	return 0;
}

/* ---- keyboards ------------------------------------------------------------------------------ */

static void test_keys(void **state)
{
	struct place *place = *state;
	int keyboard = plug_keyboard(place, "test one");
	press(keyboard, KEY_A);
	assert_told(place, "key 30 1\n");
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	assert_true(place->time_us <= us && us - place->time_us < 60000000);
	release(keyboard, KEY_A);
	assert_told(place, "key 30 0\n");
	unplug(keyboard);
}

static void test_keys_of_two_keyboards(void **state)
{
	struct place *place = *state;
	int one = plug_keyboard(place, "test one"), two = plug_keyboard(place, "test two");
	press(one, KEY_LEFTSHIFT);
	assert_told(place, "key 42 1\n");
	press(two, KEY_LEFTSHIFT); /* is pressed already */
	press(two, KEY_A);
	assert_told(place, "key 30 1\n");
	release(one, KEY_LEFTSHIFT); /* still is */
	release(two, KEY_A);
	release(two, KEY_LEFTSHIFT);
	assert_told(place, "key 30 0\nkey 42 0\n");
	unplug(one);
	unplug(two);
}

static void test_unplugged_keys_are_released(void **state)
{
	struct place *place = *state;
	int keyboard = plug_keyboard(place, "test one");
	press(keyboard, KEY_LEFTCTRL);
	press(keyboard, KEY_Z);
	assert_told(place, "key 29 1\nkey 44 1\n");
	unplug(keyboard);
	await(place, "key 29 0\n");
	await(place, "key 44 0\n");
	assert_null(strstr(place->log, " 1\n"));
}

static void await_light(int keyboard, int light, int value)
{
	struct input_event event;
	struct pollfd fd = {.fd = keyboard, .events = POLLIN};
	while (poll(&fd, 1, 10000) == 1)
		if (read_event(keyboard, &event) && event.type == EV_LED && event.code == light &&
		    event.value == value)
			return;
	fail_msg("light %d did not become %d", light, value);
}

static void test_lights(void **state)
{
	struct place *place = *state;
	int one = plug_keyboard(place, "test one");
	input_set_leds(place->input, INPUT_CAPS_LOCK);
	await_light(one, LED_CAPSL, 1);
	int two = plug_keyboard(place, "test two"); /* as those that are there */
	await_light(two, LED_CAPSL, 1);
	unplug(one);
	await(place, "test one");
	input_set_leds(place->input, INPUT_NUM_LOCK | INPUT_SCROLL_LOCK);
	await_light(two, LED_NUML, 1);
	await_light(two, LED_CAPSL, 0);
	await_light(two, LED_SCROLLL, 1);
	input_set_leds(place->input, 0);
	await_light(two, LED_SCROLLL, 0);
	unplug(two);
}

/* A text console's shell must not get what is typed here. */
static void test_nobody_else_hears_the_keys(void **state)
{
	struct place *place = *state;
	char path[64];
	int keyboard = plug_keyboard(place, "test one");
	find_node(keyboard, path, sizeof(path));
	int other = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	assert_true(other >= 0);
	assert_int_equal(ioctl(other, EVIOCGRAB, 1), -1);
	assert_int_equal(errno, EBUSY);
	press(keyboard, KEY_A);
	release(keyboard, KEY_A);
	assert_told(place, "key 30 1\nkey 30 0\n");
	struct input_event event;
	assert_false(read_event(other, &event));
	close(other);
	unplug(keyboard);
}

/* ---- pointers ------------------------------------------------------------------------------- */

static void test_mouse(void **state)
{
	struct place *place = *state;
	int mouse = make_mouse();
	await_device(place, mouse, "test mouse");
	EMIT(mouse, {EV_REL, REL_X, 7}, {EV_REL, REL_Y, -3});
	assert_told(place, "motion + - raw 7 -3\nframe\n");
	EMIT(mouse, {EV_KEY, BTN_LEFT, 1});
	assert_told(place, "button 110 1\nframe\n");
	EMIT(mouse, {EV_KEY, BTN_LEFT, 0});
	assert_told(place, "button 110 0\nframe\n");
	EMIT(mouse, {EV_REL, REL_WHEEL, -1}, {EV_REL, REL_WHEEL_HI_RES, -120});
	assert_told(place, "axis 0 v 15 120\nframe\n");
	EMIT(mouse, {EV_KEY, BTN_RIGHT, 1});
	assert_told(place, "button 111 1\nframe\n");
	unplug(mouse);
	await(place, "button 111 0\nframe\n");
}

static void test_buttons_of_two_mice(void **state)
{
	struct place *place = *state;
	int one = make_mouse();
	await_device(place, one, "test mouse");
	int two = make_mouse();
	await_device(place, two, "test mouse");
	EMIT(one, {EV_KEY, BTN_LEFT, 1});
	assert_told(place, "button 110 1\nframe\n");
	EMIT(two, {EV_KEY, BTN_LEFT, 1});
	EMIT(two, {EV_KEY, BTN_RIGHT, 1});
	assert_told(place, "button 111 1\nframe\n");
	EMIT(one, {EV_KEY, BTN_LEFT, 0});
	EMIT(one, {EV_KEY, BTN_MIDDLE, 1});
	assert_told(place, "button 112 1\nframe\n");
	unplug(two);
	await(place, "button 110 0\nframe\n");
	await(place, "button 111 0\nframe\n");
	unplug(one);
}

static void test_tablet(void **state)
{
	struct place *place = *state;
	int tablet = make_tablet();
	await_device(place, tablet, "test tablet");
	EMIT(tablet, {EV_ABS, ABS_X, 500}, {EV_ABS, ABS_Y, 250});
	assert_told(place, "absolute any 0.500 0.250\nframe\n");
	EMIT(tablet, {EV_ABS, ABS_X, 999}, {EV_ABS, ABS_Y, 0});
	assert_told(place, "absolute any 0.999 0.000\nframe\n");
	unplug(tablet);
}

static void touch(int device, int slot, int id, int x, int y)
{
	EMIT(device, {EV_ABS, ABS_MT_SLOT, slot}, {EV_ABS, ABS_MT_TRACKING_ID, id},
	     {EV_ABS, ABS_MT_POSITION_X, x}, {EV_ABS, ABS_MT_POSITION_Y, y}, {EV_ABS, ABS_X, x},
	     {EV_ABS, ABS_Y, y}, {EV_KEY, BTN_TOUCH, 1}, {EV_KEY, BTN_TOOL_FINGER, 1});
}

static void lift(int device, int slot)
{
	EMIT(device, {EV_ABS, ABS_MT_SLOT, slot}, {EV_ABS, ABS_MT_TRACKING_ID, -1},
	     {EV_KEY, BTN_TOUCH, 0}, {EV_KEY, BTN_TOOL_FINGER, 0});
}

/* A touchpad that has no button has to be tapped. */
static void test_tap_on_a_touchpad_without_buttons(void **state)
{
	struct place *place = *state;
	int touchpad = make_touchpad();
	await_device(place, touchpad, "test touchpad");
	touch(touchpad, 0, 1, 500, 500);
	lift(touchpad, 0);
	assert_told(place, "button 110 1\nframe\nbutton 110 0\nframe\n");
	unplug(touchpad);
}

/* ---- touchscreens --------------------------------------------------------------------------- */

static void test_touch(void **state)
{
	struct place *place = *state;
	int screen = make_touchscreen();
	assert_true(screen >= 0);
	await(place, "can 1 1 1\n");
	forget(place);
	touch(screen, 0, 1, 100, 200);
	assert_told(place, "down 0 0.100 0.200\ntouch frame\n");
	touch(screen, 1, 2, 300, 400);
	assert_told(place, "down 1 0.300 0.400\ntouch frame\n");
	EMIT(screen, {EV_ABS, ABS_MT_SLOT, 0}, {EV_ABS, ABS_MT_POSITION_X, 110},
	     {EV_ABS, ABS_MT_SLOT, 1}, {EV_ABS, ABS_MT_POSITION_Y, 410});
	assert_told(place, "move 0 0.110 0.200\nmove 1 0.300 0.410\ntouch frame\n");
	lift(screen, 0);
	assert_told(place, "up 0\ntouch frame\n");
	unplug(screen); /* with a finger still on it */
	await(place, "cancel 1\n");
	await(place, "can 1 1 0\n");
	assert_true(strstr(place->log, "cancel 1\n") < strstr(place->log, "can 1 1 0\n"));
}

/* ---- the session goes away ------------------------------------------------------------------ */

static void test_suspend(void **state)
{
	struct place *place = *state;
	int keyboard = plug_keyboard(place, "test one");
	press(keyboard, KEY_A);
	assert_told(place, "key 30 1\n");
	input_suspend(place->input);
	await(place, "key 30 0\n");		 /* released at once, without a dispatch */
	assert_null(strstr(place->log, "can ")); /* still a keyboard, as far as clients know */
	input_suspend(place->input);
	forget(place);
	release(keyboard, KEY_A);
	press(keyboard, KEY_B);
	release(keyboard, KEY_B);
	for (int i = 0; i < 5; i++)
		dispatch(place, 20);
	assert_null(strstr(place->log, "key "));

	assert_int_equal(input_resume(place->input), 0);
	assert_int_equal(input_resume(place->input), 0);
	await(place, "test one");
	dispatch(place, 100);
	forget(place);
	press(keyboard, KEY_C);
	release(keyboard, KEY_C);
	assert_told(place, "key 46 1\nkey 46 0\n");
	unplug(keyboard);
}

static void on_enabled(void *data)
{
	struct place *place = data;
	note(place, "enabled\n");
	assert_int_equal(input_resume(place->input), 0);
}

static void on_disabled(void *data)
{
	struct place *place = data;
	note(place, "disabled\n");
	input_suspend(place->input);
}

static void await_session(struct place *place, const char *words)
{
	struct pollfd fd = {.fd = session_fd(place->session), .events = POLLIN};
	while (!strstr(place->log, words)) {
		assert_int_equal(poll(&fd, 1, 10000), 1);
		assert_int_equal(session_dispatch(place->session), 0);
	}
}

/* The whole way, with devices that the seat's manager revokes. */
static void test_vt_switch(void **state)
{
	static const struct session_events session_events = {on_enabled, on_disabled};
	static struct place place;
	struct vt_stat vt;
	int tty = open("/dev/tty0", O_RDWR | O_CLOEXEC | O_NOCTTY);
	assert_true(tty >= 0);
	assert_int_equal(ioctl(tty, VT_GETSTATE, &vt), 0);
	setenv("LEND_SESSION", "libseat", 1);
	assert_int_equal(session_create(&session_events, &place, NULL, NULL, &place.session), 0);
	setenv("LEND_SESSION", "direct", 1);
	assert_true(session_is_active(place.session));
	assert_int_equal(
		input_create(place.session, &told_events, &place, note_log, &place, &place.input),
		0);
	int keyboard = plug_keyboard(&place, "test one");
	press(keyboard, KEY_A);
	assert_told(&place, "key 30 1\n");

	assert_int_equal(session_switch(place.session, vt.v_active + 3), 0);
	await_session(&place, "disabled\n");
	assert_non_null(strstr(place.log, "key 30 0\n")); /* by that same dispatch */
	forget(&place);
	press(keyboard, KEY_B);
	release(keyboard, KEY_B);

	assert_int_equal(ioctl(tty, VT_WAITACTIVE, vt.v_active + 3), 0);
	assert_int_equal(ioctl(tty, VT_ACTIVATE, vt.v_active), 0);
	await_session(&place, "enabled\n");
	assert_null(strstr(place.log, "key "));
	await_device(&place, keyboard, "test one");
	press(keyboard, KEY_C);
	release(keyboard, KEY_C);
	assert_told(&place, "key 46 1\nkey 46 0\n");
	input_destroy(place.input);
	session_destroy(place.session);
	unplug(keyboard);
	close(tty);
}

static void test_destroyed_while_pressed(void **state)
{
	struct place *place = *state;
	int keyboard = plug_keyboard(place, "test one");
	press(keyboard, KEY_A);
	assert_told(place, "key 30 1\n");
	input_destroy(place->input);
	place->input = NULL;
	assert_non_null(strstr(place->log, "key 30 0\n"));
	unplug(keyboard);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys),
		TEST(keys_of_two_keyboards),
		TEST(unplugged_keys_are_released),
		TEST(lights),
		TEST(nobody_else_hears_the_keys),
		TEST(mouse),
		TEST(buttons_of_two_mice),
		TEST(tablet),
		TEST(tap_on_a_touchpad_without_buttons),
		TEST(touch),
		TEST(suspend),
		TEST(destroyed_while_pressed),
		cmocka_unit_test(test_vt_switch),
	};
	if (access("/dev/uinput", W_OK) < 0 || !udevd_runs()) {
		printf("skipped: %s\n", udevd_runs() ? "no /dev/uinput to write to" : "no udevd");
		return 77;
	}
	setenv("LEND_SESSION", "direct", 1);
	return cmocka_run_group_tests_name("uinput", tests, NULL, NULL);
}
