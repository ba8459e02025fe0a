/* SPDX-License-Identifier: MIT */
/* zwlr_virtual_pointer_v1: movements, buttons and scrolling that a client makes. */
#include "hands.h"

#include <string.h>

#include "wlr-virtual-pointer-client-protocol.h"

#define WHEEL	   WL_POINTER_AXIS_SOURCE_WHEEL
#define FINGER	   WL_POINTER_AXIS_SOURCE_FINGER
#define CONTINUOUS WL_POINTER_AXIS_SOURCE_CONTINUOUS
#define VERTICAL   WL_POINTER_AXIS_VERTICAL_SCROLL
#define HORIZONTAL WL_POINTER_AXIS_HORIZONTAL_SCROLL

struct fixture {
	struct test *test;
	struct client *client, *mover;
	struct hands hands;
	struct pane pane;
	struct zwlr_virtual_pointer_manager_v1 *manager;
	struct zwlr_virtual_pointer_v1 *pointer;
};

/* A window on an output of 320x240; with real pointers, or none before. */
static void setup(struct fixture *f, unsigned devices)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(NULL);
	drive_devices(f->test->server, devices);
	f->client = client_create(f->test);
	f->mover = client_create(f->test);
	hands_create(f->client, devices, &f->hands);
	pane_create(f->client, "a", 320, 240, &f->pane);
	f->manager = bind_again(f->mover, &zwlr_virtual_pointer_manager_v1_interface, 2, 0);
	f->pointer =
		zwlr_virtual_pointer_manager_v1_create_virtual_pointer(f->manager, f->mover->seat);
	client_roundtrip(f->mover);
	hands_forget(&f->hands);
}

static void finish(struct fixture *f)
{
	if (f->pointer)
		zwlr_virtual_pointer_v1_destroy(f->pointer);
	zwlr_virtual_pointer_manager_v1_destroy(f->manager);
	hands_destroy(&f->hands);
	test_destroy(f->test);
}

static void end_frame(struct fixture *f)
{
	zwlr_virtual_pointer_v1_frame(f->pointer);
	client_roundtrip(f->mover);
}

static void move_to(struct fixture *f, uint32_t x, uint32_t y)
{
	zwlr_virtual_pointer_v1_motion_absolute(f->pointer, 0, x, y, 320, 240);
	end_frame(f);
}

/* ---- hostile -------------------------------------------------------------------------------- */

static void axes_are_checked(void)
{
	struct fixture f;

	for (int i = 0; i < 3; i++) {
		setup(&f, POINTER);
		if (i == 0)
			zwlr_virtual_pointer_v1_axis(f.pointer, 0, 2, 256);
		else if (i == 1)
			zwlr_virtual_pointer_v1_axis_stop(f.pointer, 0, UINT32_MAX);
		else
			zwlr_virtual_pointer_v1_axis_discrete(f.pointer, 0, 7, 256, 1);
		expect_error(f.mover, &zwlr_virtual_pointer_v1_interface,
			     ZWLR_VIRTUAL_POINTER_V1_ERROR_INVALID_AXIS, "0 is vertical");
		hands_expect(&f.hands, "");
		finish(&f);
	}
	setup(&f, POINTER);
	zwlr_virtual_pointer_v1_axis_source(f.pointer, 4);
	expect_error(f.mover, &zwlr_virtual_pointer_v1_interface,
		     ZWLR_VIRTUAL_POINTER_V1_ERROR_INVALID_AXIS_SOURCE, "source 4");
	finish(&f);
}

static void extents_of_zero_move_nothing(void)
{
	struct fixture f;

	setup(&f, POINTER);
	zwlr_virtual_pointer_v1_motion_absolute(f.pointer, 0, 10, 10, 0, 240);
	zwlr_virtual_pointer_v1_motion_absolute(f.pointer, 0, 10, 10, 320, 0);
	zwlr_virtual_pointer_v1_motion_absolute(f.pointer, 0, 0, 0, 0, 0);
	end_frame(&f);
	hands_expect(&f.hands, "");
	/* Beyond its extents is at their end. */
	zwlr_virtual_pointer_v1_motion_absolute(f.pointer, 0, UINT32_MAX, UINT32_MAX, 1, 1);
	end_frame(&f);
	double x, y;
	drive_where(f.test->server, &x, &y);
	assert_true(x > 319 && x < 320 && y > 239 && y < 240);
	finish(&f);
}

static void numbers_can_be_any(void)
{
	struct fixture f;

	setup(&f, POINTER);
	for (int i = 0; i < 5; i++) {
		zwlr_virtual_pointer_v1_motion(f.pointer, UINT32_MAX, INT32_MAX, INT32_MIN);
		zwlr_virtual_pointer_v1_button(f.pointer, 0, UINT32_MAX, 1);
		zwlr_virtual_pointer_v1_button(f.pointer, 0, KEY_CNT, 1);
		zwlr_virtual_pointer_v1_axis(f.pointer, 0, VERTICAL, INT32_MIN);
		zwlr_virtual_pointer_v1_axis(f.pointer, 0, VERTICAL, INT32_MIN);
		zwlr_virtual_pointer_v1_axis_discrete(f.pointer, 0, HORIZONTAL, INT32_MAX,
						      INT32_MAX);
		zwlr_virtual_pointer_v1_axis_discrete(f.pointer, 0, HORIZONTAL, INT32_MAX,
						      INT32_MAX);
		end_frame(&f);
	}
	expect_alive(f.mover);
	expect_alive(f.client);
	hands_forget(&f.hands);
	finish(&f);
}

/* Without a frame at the end there is nothing to scroll. */
static void scrolling_takes_a_frame(void)
{
	struct fixture f;

	setup(&f, POINTER);
	zwlr_virtual_pointer_v1_axis(f.pointer, 0, VERTICAL, wl_fixed_from_int(10));
	client_roundtrip(f.mover);
	hands_expect(&f.hands, "");
	zwlr_virtual_pointer_v1_destroy(f.pointer);
	f.pointer = NULL;
	client_roundtrip(f.mover);
	hands_expect(&f.hands, "");
	finish(&f);
}

/* ---- what it does --------------------------------------------------------------------------- */

static void it_moves_and_clicks(void)
{
	struct fixture f;

	setup(&f, POINTER);
	move_to(&f, 16, 12);
	zwlr_virtual_pointer_v1_motion(f.pointer, 0, wl_fixed_from_double(2.5),
				       wl_fixed_from_int(-2));
	end_frame(&f);
	zwlr_virtual_pointer_v1_button(f.pointer, 0, BTN_RIGHT, 1);
	end_frame(&f);
	zwlr_virtual_pointer_v1_button(f.pointer, 0, BTN_RIGHT, 1);
	zwlr_virtual_pointer_v1_button(f.pointer, 0, BTN_LEFT, 0);
	end_frame(&f);
	zwlr_virtual_pointer_v1_button(f.pointer, 0, BTN_RIGHT, 0);
	end_frame(&f);
	hands_expect(&f.hands, "motion(16,12) frame motion(18.5,10) frame press(1) frame "
			       "release(1) frame");
	/* What it holds it lets go, not more than that. */
	drive_button(f.test->server, BTN_MIDDLE, true);
	zwlr_virtual_pointer_v1_button(f.pointer, 0, BTN_LEFT, 1);
	end_frame(&f);
	zwlr_virtual_pointer_v1_destroy(f.pointer);
	f.pointer = NULL;
	client_roundtrip(f.mover);
	hands_expect(&f.hands, "press(2) frame press(0) frame release(0) frame");
	finish(&f);
}

static void it_scrolls(void)
{
	struct fixture f;

	setup(&f, POINTER);
	move_to(&f, 16, 12);
	hands_forget(&f.hands);
	/* A wheel's clicks. */
	zwlr_virtual_pointer_v1_axis_source(f.pointer, WHEEL);
	zwlr_virtual_pointer_v1_axis_discrete(f.pointer, 0, VERTICAL, wl_fixed_from_int(15), 1);
	zwlr_virtual_pointer_v1_axis_discrete(f.pointer, 0, VERTICAL, wl_fixed_from_int(15), 1);
	end_frame(&f);
	hands_expect(&f.hands, "source(0) value120(0,240) axis(0,30) frame");
	/* Both at once. */
	zwlr_virtual_pointer_v1_axis(f.pointer, 0, HORIZONTAL, wl_fixed_from_int(-3));
	zwlr_virtual_pointer_v1_axis(f.pointer, 0, VERTICAL, wl_fixed_from_int(4));
	zwlr_virtual_pointer_v1_axis_source(f.pointer, FINGER);
	end_frame(&f);
	hands_expect(&f.hands, "source(1) axis(0,4) axis(1,-3) frame");
	zwlr_virtual_pointer_v1_axis_source(f.pointer, FINGER);
	zwlr_virtual_pointer_v1_axis_stop(f.pointer, 0, VERTICAL);
	end_frame(&f);
	hands_expect(&f.hands, "source(1) stop(0) frame");
	/* Who does not say what it is: clicks are a wheel's. */
	zwlr_virtual_pointer_v1_axis(f.pointer, 0, VERTICAL, wl_fixed_from_int(1));
	end_frame(&f);
	zwlr_virtual_pointer_v1_axis_discrete(f.pointer, 0, HORIZONTAL, wl_fixed_from_int(-15), -1);
	end_frame(&f);
	hands_expect(&f.hands, "source(2) axis(0,1) frame source(0) value120(1,-120) axis(1,-15) "
			       "frame");
	finish(&f);
}

/* ---- outputs -------------------------------------------------------------------------------- */

static void places_are_on_its_output(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2});
	struct client *mover = client_create(test);
	struct zwlr_virtual_pointer_manager_v1 *manager =
		bind_again(mover, &zwlr_virtual_pointer_manager_v1_interface, 2, 0);
	struct zwlr_virtual_pointer_v1 *second, *all;
	double x, y;

	all = zwlr_virtual_pointer_manager_v1_create_virtual_pointer_with_output(manager, NULL,
										 NULL);
	second = zwlr_virtual_pointer_manager_v1_create_virtual_pointer_with_output(
		manager, NULL, mover->outputs[1]);
	zwlr_virtual_pointer_v1_motion_absolute(second, 0, 1, 1, 2, 2);
	zwlr_virtual_pointer_v1_frame(second);
	client_roundtrip(mover);
	drive_where(test->server, &x, &y);
	assert_true(x == 480 && y == 120);
	zwlr_virtual_pointer_v1_motion_absolute(all, 0, 1, 1, 4, 4);
	zwlr_virtual_pointer_v1_frame(all);
	client_roundtrip(mover);
	drive_where(test->server, &x, &y);
	assert_true(x == 160 && y == 60);
	/* One on an output that is no more goes nowhere, but it can still be moved by something. */
	lend_output_destroy(test->outputs[1]);
	test->outputs[1] = NULL;
	pump(test);
	zwlr_virtual_pointer_v1_motion_absolute(second, 0, 1, 1, 2, 2);
	zwlr_virtual_pointer_v1_motion(second, 0, wl_fixed_from_int(5), 0);
	zwlr_virtual_pointer_v1_frame(second);
	client_roundtrip(mover);
	drive_where(test->server, &x, &y);
	assert_true(x == 165 && y == 60);
	zwlr_virtual_pointer_v1_destroy(second);
	second = zwlr_virtual_pointer_manager_v1_create_virtual_pointer_with_output(
		manager, NULL, mover->outputs[1]);
	zwlr_virtual_pointer_v1_motion_absolute(second, 0, 0, 0, 2, 2);
	client_roundtrip(mover);
	drive_where(test->server, &x, &y);
	assert_true(x == 165 && y == 60);
	zwlr_virtual_pointer_v1_destroy(second);
	zwlr_virtual_pointer_v1_destroy(all);
	zwlr_virtual_pointer_manager_v1_destroy(manager);
	test_destroy(test);
}

static void without_outputs_nothing_moves(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = -1});
	struct client *mover = client_create(test);
	struct zwlr_virtual_pointer_manager_v1 *manager =
		bind_again(mover, &zwlr_virtual_pointer_manager_v1_interface, 1, 0);
	struct zwlr_virtual_pointer_v1 *pointer =
		zwlr_virtual_pointer_manager_v1_create_virtual_pointer(manager, mover->seat);

	zwlr_virtual_pointer_manager_v1_destroy(manager);
	zwlr_virtual_pointer_v1_motion_absolute(pointer, 0, 1, 1, 2, 2);
	zwlr_virtual_pointer_v1_motion(pointer, 0, 256, 256);
	zwlr_virtual_pointer_v1_button(pointer, 0, BTN_LEFT, 1);
	zwlr_virtual_pointer_v1_axis(pointer, 0, 0, 256);
	zwlr_virtual_pointer_v1_frame(pointer);
	expect_alive(mover);
	zwlr_virtual_pointer_v1_destroy(pointer);
	test_destroy(test);
}

/* ---- a seat without devices ----------------------------------------------------------------- */

static void the_first_click_is_not_lost(void)
{
	struct fixture f;

	setup(&f, 0);
	assert_int_equal(f.hands.capabilities, WL_SEAT_CAPABILITY_POINTER);
	assert_false(drive_read_cursor(f.test->outputs[0]).shown);
	move_to(&f, 16, 12);
	zwlr_virtual_pointer_v1_button(f.pointer, 0, BTN_LEFT, 1);
	zwlr_virtual_pointer_v1_frame(f.pointer);
	zwlr_virtual_pointer_v1_button(f.pointer, 0, BTN_LEFT, 0);
	zwlr_virtual_pointer_v1_frame(f.pointer);
	zwlr_virtual_pointer_v1_destroy(f.pointer);
	f.pointer = NULL;
	client_roundtrip(f.mover);
	hands_take(&f.hands, POINTER);
	hands_expect(&f.hands, "enter(a,16,12) frame press(0) frame release(0) frame");
	/* It is to be seen where it was left. */
	assert_true(drive_read_cursor(f.test->outputs[0]).shown);
	finish(&f);
}

/* A real pointer goes with a button down, while this one keeps the seat's capability. */
static void a_device_that_goes_lets_go(void)
{
	struct fixture f;

	setup(&f, POINTER);
	move_to(&f, 16, 12);
	drive_button(f.test->server, BTN_LEFT, true);
	drive_button(f.test->server, BTN_SIDE, true);
	hands_forget(&f.hands);
	drive_devices(f.test->server, 0);
	hands_expect(&f.hands, "release(0) release(3) frame");
	drive_devices(f.test->server, POINTER);
	hands_expect(&f.hands, "");
	finish(&f);
}

static const struct harness_test tests[] = {
	{"axes_are_checked", axes_are_checked},
	{"extents_of_zero_move_nothing", extents_of_zero_move_nothing},
	{"numbers_can_be_any", numbers_can_be_any},
	{"scrolling_takes_a_frame", scrolling_takes_a_frame},
	{"it_moves_and_clicks", it_moves_and_clicks},
	{"it_scrolls", it_scrolls},
	{"places_are_on_its_output", places_are_on_its_output},
	{"without_outputs_nothing_moves", without_outputs_nothing_moves},
	{"the_first_click_is_not_lost", the_first_click_is_not_lost},
	{"a_device_that_goes_lets_go", a_device_that_goes_lets_go},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
