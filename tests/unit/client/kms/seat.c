/* SPDX-License-Identifier: MIT */
/* A seat that is switched away, a display that is plugged out, and what the user does. */
#include "bare.h"
#include "seat_double.h"

#include <dlfcn.h>
#include <errno.h>
#include <fake-drm.h>
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct seat_double *seat;

static int load_seat(void **state)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/framelend-client-kms.so", getenv("LEND_MODULES"));
	void *module = dlopen(path, RTLD_NOW);
	seat = module != NULL ? dlsym(module, SEAT_DOUBLE) : NULL;
	return seat != NULL ? 0 : -1;
}

static struct lend_client *start(const char *lines, const char *display)
{
	struct seat_double fresh = *seat;
	fresh.inactive = false;
	fresh.session_error = fresh.input_error = fresh.switch_error = 0;
	fresh.sessions = fresh.opened = fresh.closed = fresh.vt = fresh.leds = 0;
	fresh.suspended = fresh.acknowledged = false;
	*seat = fresh;
	bare_play(lines, display);
	return bare_connect("kms");
}

static void finish(struct lend_client *client)
{
	lend_client_destroy(client);
	assert_int_equal(seat->sessions, 0);
	assert_int_equal(seat->opened, seat->closed);
	bare_finish();
}

/* ---- the session ---------------------------------------------------------------------------- */

static void test_away_and_back(void **state)
{
	struct view view;
	struct lend_client *client =
		start(UPLOADING, "kms flush=buffer flip=clips\n" PRIMARY MONITOR);
	bare_open(&view, client, (struct lend_surface_options){.unpaced = 1});
	bare_show(&view, RED);
	for (unsigned i = 0; i < 3; i++) {
		seat->set_active(false);
		bare_pump(client, 30);
		assert_true(seat->acknowledged);
		assert_int_equal(bare_path(&view).path, LEND_PATH_NONE);
		assert_non_null(strstr(bare_path(&view).reason, "Another session"));
		fake_drm_master(false);
		/* Drawn while nobody sees it. */
		size_t commits = fake_drm_calls("drmModeAtomicCommit");
		if (i > 0)
			bare_draw(&view, i == 1 ? GREEN : BLUE);
		bare_pump(client, 60);
		assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), commits);
		fake_drm_master(true);
		seat->set_active(true);
		bare_pump(client, 60);
		bare_expect_all(i == 0 ? RED : i == 1 ? GREEN : BLUE);
		assert_int_equal(bare_path(&view).path, LEND_PATH_FLUSH);
		bare_show(&view, RED);
		bare_expect_all(RED);
	}
	finish(client);
}

/* The flip that was awaited does not come any more. */
static void test_away_while_a_frame_is_on_its_way(void **state)
{
	struct view view;
	struct lend_client *client = start(DIRECT, "kms vblank=test\n" PRIMARY MONITOR);
	bare_open(&view, client, (struct lend_surface_options){.count = 2});
	bare_show(&view, RED);
	bare_draw(&view, BLUE);
	seat->set_active(false);
	bare_pump(client, 20);
	fake_drm_master(false);
	fake_drm_master(true);
	seat->set_active(true);
	bare_pump(client, 20);
	bare_wait(&view, 2);
	bare_expect_all(BLUE);
	bare_draw(&view, GREEN);
	fake_drm_vblank();
	bare_wait(&view, 3);
	bare_expect_all(GREEN);
	finish(client);
}

static void test_a_seat_that_is_not_active(void **state)
{
	struct lend_client *client = start(DIRECT, "kms vblank=no\n" PRIMARY MONITOR);
	lend_client_destroy(client);
	seat->inactive = true;
	bare_connect_fails("kms", -EAGAIN, "is not active: switch to its VT");
	assert_int_equal(seat->sessions, 0);
	bare_finish();
}

static void test_a_seat_whose_manager_ends(void **state)
{
	struct view view;
	struct lend_client *client = start(DIRECT, "kms vblank=no\n" PRIMARY MONITOR);
	bare_open(&view, client, (struct lend_surface_options){0});
	bare_show(&view, RED);
	seat->lose();
	assert_int_equal(lend_client_dispatch(client, 5000), -ENODEV);
	assert_non_null(strstr(lend_client_error(client), "the seat's manager is gone"));
	finish(client);
}

/* ---- what is plugged in --------------------------------------------------------------------- */

static void test_unplugged_and_plugged_in(void **state)
{
	struct view view;
	struct lend_client *client = start(DIRECT, "kms vblank=yes\n" PRIMARY MONITOR);
	bare_open(&view, client, (struct lend_surface_options){0});
	bare_show(&view, RED);
	fake_drm_plug("Virtual-1", false);
	seat->card(CARD_CHANGED);
	bare_pump(client, 30);
	assert_int_equal(bare_path(&view).path, LEND_PATH_NONE);
	assert_non_null(strstr(bare_path(&view).reason, "Nothing is connected"));
	bare_draw(&view, BLUE);
	bare_pump(client, 30);
	fake_drm_plug("Virtual-1", true);
	seat->card(CARD_CHANGED);
	bare_wait(&view, 2);
	bare_expect_all(BLUE);
	assert_int_equal(view.resized, 1);
	/* Something else changed. */
	seat->card(CARD_CHANGED);
	seat->card(CARD_ADDED);
	bare_show(&view, GREEN);
	bare_expect_all(GREEN);
	finish(client);
}

static void test_the_card_is_taken_out(void **state)
{
	struct view view;
	struct lend_frame frame;
	struct lend_client *client = start(DIRECT, "kms vblank=yes\n" PRIMARY MONITOR);
	bare_open(&view, client, (struct lend_surface_options){0});
	bare_show(&view, RED);
	seat->card(CARD_REMOVED);
	assert_int_equal(lend_client_dispatch(client, 5000), -ENODEV);
	assert_non_null(strstr(lend_client_error(client), CARD " (vkms) is gone"));
	assert_int_equal(lend_frame_begin(view.surface, &frame), -ENODEV);
	finish(client);
}

/* ---- input ---------------------------------------------------------------------------------- */

static void do_input(struct lend_client *client, input_act *act)
{
	seat->input(act);
	assert_true(lend_client_dispatch(client, 5000) > 0);
	bare_pump(client, 30);
}

static void plug_devices(const struct input_events *events, void *data)
{
	events->capabilities(data, true, true, true);
}

static void open_view(struct view *view, struct lend_client *client)
{
	bare_open_for_input(view, client, (struct lend_surface_options){0});
	bare_show(view, RED);
	do_input(client, plug_devices);
}

static const struct lend_input *find_input(const struct view *view, enum lend_input_kind kind,
					   unsigned nth)
{
	unsigned i = 0;
	while (i < view->inputs && (view->input[i].kind != kind || nth-- != 0))
		i++;
	if (i == view->inputs)
		fail_msg("no event of kind %d among %u", (int)kind, view->inputs);
	return &view->input[i];
}

static unsigned count_inputs(const struct view *view, enum lend_input_kind kind)
{
	unsigned count = 0;
	for (unsigned i = 0; i < view->inputs; i++)
		count += view->input[i].kind == kind;
	return count;
}

static void move_pointer(const struct input_events *events, void *data)
{
	events->motion_absolute(data, 1000, NULL, 0.5, 0.25);
	events->motion(data, 2000, 10, -5, 10, -5);
	events->button(data, 3000, BTN_LEFT, true);
	events->button(data, 4000, BTN_LEFT, false);
	events->axis(data, 5000,
		     &(struct input_axis){.source = INPUT_WHEEL, .value = 15, .value120 = 120});
	events->axis(
		data, 6000,
		&(struct input_axis){.source = INPUT_FINGER, .horizontal = true, .value = -2.5});
	events->axis(
		data, 7000,
		&(struct input_axis){.source = INPUT_FINGER, .horizontal = true, .stop = true});
	events->motion(data, 8000, -10000, 10000, 0, 0);
	events->pointer_frame(data);
}

static void assert_at(const struct lend_input *input, double x, double y)
{
	if (input->x != x || input->y != y)
		fail_msg("%f,%f is not %f,%f", input->x, input->y, x, y);
}

static void test_the_pointer(void **state)
{
	struct view view;
	struct lend_client *client = start(DIRECT, "kms vblank=yes\n" PRIMARY MONITOR);
	open_view(&view, client);
	assert_at(find_input(&view, LEND_INPUT_POINTER_ENTER, 0), WIDTH / 2.0, HEIGHT / 2.0);
	do_input(client, move_pointer);
	const struct lend_input *motion = find_input(&view, LEND_INPUT_POINTER_MOTION, 0);
	assert_at(motion, 160, 60);
	assert_int_equal(motion->time, 1000000);
	assert_at(find_input(&view, LEND_INPUT_POINTER_MOTION, 1), 170, 55);
	const struct lend_input *button = find_input(&view, LEND_INPUT_POINTER_BUTTON, 0);
	assert_at(button, 170, 55);
	assert_int_equal(button->code, BTN_LEFT);
	assert_int_equal(button->pressed, 1);
	assert_int_equal(find_input(&view, LEND_INPUT_POINTER_BUTTON, 1)->pressed, 0);
	const struct lend_input *wheel = find_input(&view, LEND_INPUT_POINTER_AXIS, 0);
	assert_true(wheel->scroll_y == 15 && wheel->clicks_y == 120 && wheel->scroll_x == 0);
	assert_true(find_input(&view, LEND_INPUT_POINTER_AXIS, 1)->scroll_x == -2.5);
	assert_true(find_input(&view, LEND_INPUT_POINTER_AXIS, 2)->scroll_x == 0);
	/* Stays on the display. */
	const struct lend_input *last = find_input(&view, LEND_INPUT_POINTER_MOTION, 2);
	assert_true(last->x == 0 && last->y < HEIGHT && last->y > HEIGHT - 1);
	finish(client);
}

static void place_pointer(const struct input_events *events, void *data)
{
	events->motion_absolute(data, 1000, NULL, 0.25, 0.5);
	events->pointer_frame(data);
}

static void lose_pointer(const struct input_events *events, void *data)
{
	events->capabilities(data, false, true, true);
}

/* The arrow's outline is black, and white within. */
static void test_the_cursor(void **state)
{
	static const char *const pointers[] = {"kms vblank=yes cursor=64x64\n",
					       "kms vblank=no atomic=no cursor=64x64\n"};
	struct view view;
	for (size_t i = 0; i < 2; i++) {
		char display[256];
		snprintf(display, sizeof(display), "%s" PRIMARY CURSOR MONITOR, pointers[i]);
		struct lend_client *client = start(DIRECT, display);
		open_view(&view, client);
		do_input(client, place_pointer);
		bare_expect(80, 120, 1, 1, 0xff000000);
		bare_expect(81, 122, 1, 1, 0xffffffff);
		bare_expect(79, 120, 1, 5, RED);
		bare_show(&view, GREEN);
		bare_expect(80, 120, 1, 1, 0xff000000);
		bare_expect(79, 120, 1, 5, GREEN);
		do_input(client, lose_pointer);
		bare_expect_all(GREEN);
		finish(client);
	}
}

/* Who wants no input has no pointer. */
static void test_no_cursor_for_who_does_not_listen(void **state)
{
	struct view view;
	struct lend_client *client =
		start(DIRECT, "kms vblank=yes cursor=64x64\n" PRIMARY CURSOR MONITOR);
	bare_open(&view, client, (struct lend_surface_options){0});
	bare_show(&view, RED);
	do_input(client, plug_devices);
	do_input(client, place_pointer);
	bare_expect_all(RED);
	assert_int_equal(view.inputs, 0);
	finish(client);
}

/* The driver takes everything but the cursor. */
static void test_a_cursor_that_is_refused(void **state)
{
	struct view view;
	struct lend_client *client =
		start(DIRECT, "kms vblank=yes cursor=64x64\n" PRIMARY CURSOR MONITOR);
	bare_open_for_input(&view, client, (struct lend_surface_options){0});
	bare_show(&view, RED);
	fake_drm_inject("drmModeAtomicCommit real cursor -> EINVAL once");
	do_input(client, plug_devices);
	do_input(client, place_pointer);
	bare_expect_all(RED);
	bare_show(&view, BLUE);
	bare_expect_all(BLUE);
	finish(client);
}

static void type(const struct input_events *events, void *data)
{
	events->key(data, 1000, KEY_LEFTSHIFT, true);
	events->key(data, 2000, KEY_A, true);
	events->key(data, 3000, KEY_A, false);
	events->key(data, 4000, KEY_LEFTSHIFT, false);
	events->key(data, 5000, KEY_CAPSLOCK, true);
	events->key(data, 6000, KEY_CAPSLOCK, false);
}

static void test_the_keyboard(void **state)
{
	struct view view;
	struct lend_client *client = start(DIRECT, "kms vblank=yes\n" PRIMARY MONITOR);
	open_view(&view, client);
	find_input(&view, LEND_INPUT_KEYBOARD_ENTER, 0);
	do_input(client, type);
	const struct lend_input *key = find_input(&view, LEND_INPUT_KEYBOARD_KEY, 1);
	assert_int_equal(key->code, KEY_A);
	assert_int_equal(key->pressed, 1);
	assert_int_equal(key->keysym, 'A');
	assert_string_equal(key->text, "A");
	assert_int_equal(key->modifiers, LEND_KEYS_SHIFT);
	assert_int_equal(seat->leds, INPUT_CAPS_LOCK);
	finish(client);
}

static void press_our_keys(const struct input_events *events, void *data)
{
	events->key(data, 1000, KEY_RIGHTCTRL, true);
	events->key(data, 2000, KEY_LEFTALT, true);
	events->key(data, 3000, KEY_F3, true);
	events->key(data, 4000, KEY_F3, false);
	events->key(data, 5000, KEY_BACKSPACE, true);
	events->key(data, 6000, KEY_BACKSPACE, false);
	events->key(data, 7000, KEY_LEFTALT, false);
	events->key(data, 8000, KEY_F4, true);
	events->key(data, 9000, KEY_F4, false);
	events->key(data, 9500, KEY_RIGHTCTRL, false);
}

/* Ctrl+Alt+F3 and Ctrl+Alt+Backspace are not the program's. */
static void test_our_keys(void **state)
{
	struct view view;
	struct lend_client *client = start(DIRECT, "kms vblank=yes\n" PRIMARY MONITOR);
	seat->switch_error = -EPERM;
	open_view(&view, client);
	do_input(client, press_our_keys);
	assert_int_equal(seat->vt, 3);
	assert_int_equal(view.closed, 1);
	for (unsigned i = 0; i < view.inputs; i++)
		assert_true(view.input[i].kind != LEND_INPUT_KEYBOARD_KEY ||
			    (view.input[i].code != KEY_F3 && view.input[i].code != KEY_BACKSPACE));
	/* Without Alt it is. */
	assert_int_equal(find_input(&view, LEND_INPUT_KEYBOARD_KEY, 3)->code, KEY_F4);
	assert_int_equal(count_inputs(&view, LEND_INPUT_KEYBOARD_KEY), 6);
	finish(client);
}

/* They work for a program that does not listen as well. */
static void test_our_keys_are_always_there(void **state)
{
	struct lend_surface_options options = {.size = sizeof(options)};
	struct lend_surface *surface;
	struct lend_client *client = start(DIRECT, "kms vblank=yes\n" PRIMARY MONITOR);
	assert_int_equal(lend_surface_create(client, &options, &surface), 0);
	seat->input(press_our_keys);
	int result;
	while ((result = lend_client_dispatch(client, 5000)) > 0)
		;
	assert_int_equal(result, -ECANCELED);
	finish(client);
}

static void touch(const struct input_events *events, void *data)
{
	events->touch_down(data, 1000, NULL, 2, 0.5, 0.5);
	events->touch_motion(data, 2000, NULL, 2, 0.25, 0.75);
	events->touch_frame(data);
	events->touch_up(data, 3000, 2);
	events->touch_down(data, 4000, NULL, 3, 0, 0);
	events->touch_cancel(data, 5000, 3);
	events->touch_frame(data);
}

static void test_touch(void **state)
{
	struct view view;
	struct lend_client *client = start(DIRECT, "kms vblank=yes\n" PRIMARY MONITOR);
	open_view(&view, client);
	do_input(client, touch);
	const struct lend_input *down = find_input(&view, LEND_INPUT_TOUCH_DOWN, 0);
	assert_at(down, 160, 120);
	assert_int_equal(down->id, 2);
	assert_at(find_input(&view, LEND_INPUT_TOUCH_MOTION, 0), 80, 180);
	assert_int_equal(find_input(&view, LEND_INPUT_TOUCH_UP, 0)->id, 2);
	find_input(&view, LEND_INPUT_TOUCH_CANCEL, 0);
	finish(client);
}

/* What is pressed when the seat goes is released; the focus follows the topmost surface. */
static void test_the_focus(void **state)
{
	struct view first, second;
	struct lend_client *client = start(DIRECT, "kms vblank=yes\n" PRIMARY MONITOR);
	open_view(&first, client);
	bare_open_for_input(&second, client, (struct lend_surface_options){0});
	assert_int_equal(count_inputs(&first, LEND_INPUT_KEYBOARD_LEAVE), 0);
	bare_show(&second, BLUE);
	find_input(&first, LEND_INPUT_KEYBOARD_LEAVE, 0);
	find_input(&first, LEND_INPUT_POINTER_LEAVE, 0);
	find_input(&second, LEND_INPUT_KEYBOARD_ENTER, 0);
	find_input(&second, LEND_INPUT_POINTER_ENTER, 0);
	unsigned before = first.inputs;
	do_input(client, type);
	assert_int_equal(first.inputs, before);
	assert_true(count_inputs(&second, LEND_INPUT_KEYBOARD_KEY) >= 4);
	seat->set_active(false);
	bare_pump(client, 30);
	assert_true(seat->suspended);
	find_input(&second, LEND_INPUT_KEYBOARD_LEAVE, 0);
	seat->set_active(true);
	bare_pump(client, 30);
	assert_false(seat->suspended);
	find_input(&second, LEND_INPUT_KEYBOARD_ENTER, 1);
	lend_surface_destroy(second.surface);
	bare_pump(client, 30);
	find_input(&first, LEND_INPUT_KEYBOARD_ENTER, 1);
	finish(client);
}

/* There is a picture all the same. */
static void test_no_devices(void **state)
{
	struct view view;
	struct lend_client *client = start(DIRECT, "kms vblank=yes\n" PRIMARY MONITOR);
	seat->input_error = -ENOENT;
	bare_open_for_input(&view, client, (struct lend_surface_options){0});
	bare_show(&view, RED);
	bare_expect_all(RED);
	finish(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_away_and_back),
		cmocka_unit_test(test_away_while_a_frame_is_on_its_way),
		cmocka_unit_test(test_a_seat_that_is_not_active),
		cmocka_unit_test(test_a_seat_whose_manager_ends),
		cmocka_unit_test(test_unplugged_and_plugged_in),
		cmocka_unit_test(test_the_card_is_taken_out),
		cmocka_unit_test(test_the_pointer),
		cmocka_unit_test(test_the_cursor),
		cmocka_unit_test(test_no_cursor_for_who_does_not_listen),
		cmocka_unit_test(test_a_cursor_that_is_refused),
		cmocka_unit_test(test_the_keyboard),
		cmocka_unit_test(test_our_keys),
		cmocka_unit_test(test_our_keys_are_always_there),
		cmocka_unit_test(test_touch),
		cmocka_unit_test(test_the_focus),
		cmocka_unit_test(test_no_devices),
	};
	setenv("LEND_CACHE", "off", 1);
	return cmocka_run_group_tests(tests, load_seat, NULL);
}
