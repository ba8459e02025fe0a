/* SPDX-License-Identifier: MIT */
/* wl_pointer: which surface it is over, and what that surface's client hears. */
#include "hands.h"

#include <stdio.h>
#include <string.h>

/* Two tiles side by side on an output of 320x240: at 8,8 and at 164,8, of 148x224 each. */
struct fixture {
	struct test *test;
	struct client *client, *other;
	struct hands hands, others;
	struct pane a, b;
};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	drive_devices(f->test->server, POINTER);
	f->client = client_create(f->test);
	f->other = client_create(f->test);
	hands_create(f->client, POINTER, &f->hands);
	hands_create(f->other, POINTER, &f->others);
	drive_to(f->test->server, 0, 0);
	pane_create(f->client, "a", 148, 224, &f->a);
	pane_create(f->other, "b", 148, 224, &f->b);
	hands_forget(&f->hands);
	hands_forget(&f->others);
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->hands);
	hands_destroy(&f->others);
	test_destroy(f->test);
}

static void enters_moves_and_leaves(void)
{
	struct fixture f;

	setup(&f);
	drive_to(f.test->server, 18, 28);
	hands_expect(&f.hands, "enter(a,10,20) frame");
	drive_motion(f.test->server, 1.5, -2);
	hands_expect(&f.hands, "motion(11.5,18) frame");
	drive_motion(f.test->server, 0, 0);
	hands_expect(&f.hands, "");
	/* Between the tiles. */
	drive_to(f.test->server, 160, 28);
	hands_expect(&f.hands, "leave(a) frame");
	hands_expect(&f.others, "");
	drive_to(f.test->server, 164, 8);
	hands_expect(&f.others, "enter(b,0,0) frame");
	drive_to(f.test->server, 155.75, 231.75);
	hands_expect(&f.hands, "enter(a,147.75,223.75) frame");
	hands_expect(&f.others, "leave(b) frame");
	drive_to(f.test->server, 156, 231);
	hands_expect(&f.hands, "leave(a) frame");
	finish(&f);
}

static void stays_on_the_output(void)
{
	struct fixture f;
	double x, y;

	setup(&f);
	drive_motion(f.test->server, -1000, -1e9);
	drive_where(f.test->server, &x, &y);
	assert_true(x == 0 && y == 0);
	drive_motion(f.test->server, 1e9, 1e9);
	drive_where(f.test->server, &x, &y);
	assert_true(x < 320 && x > 319.9 && y < 240 && y > 239.9);
	/* A source without sense moves nothing. */
	drive_motion(f.test->server, __builtin_nan(""), 1);
	drive_motion(f.test->server, 1, __builtin_inf());
	drive_motion(f.test->server, 1e300, 1);
	drive_absolute(f.test->server, NULL, __builtin_nan(""), 0);
	drive_where(f.test->server, &x, &y);
	assert_true(x < 320 && x > 319.9 && y < 240 && y > 239.9);
	drive_absolute(f.test->server, f.test->outputs[0], 0.5, 0.25);
	drive_where(f.test->server, &x, &y);
	assert_true(x == 160 && y == 60);
	drive_absolute(f.test->server, f.test->outputs[0], -7, 1);
	drive_where(f.test->server, &x, &y);
	assert_true(x == 0 && y > 239.9);
	finish(&f);
}

static void starts_in_the_middle(void)
{
	struct test *test = test_create(NULL);
	double x, y;

	drive_devices(test->server, POINTER);
	drive_where(test->server, &x, &y);
	assert_true(x == 160 && y == 120);
	test_destroy(test);
	/* And where there is no output, with the first one. */
	test = test_create(&(struct test_options){.outputs = -1});
	drive_devices(test->server, POINTER);
	drive_motion(test->server, 5, 5);
	drive_absolute(test->server, NULL, 1, 1);
	drive_button(test->server, BTN_LEFT, true);
	struct lend_output_options options = {.size = sizeof(options), .width = 100, .height = 50};
	assert_int_equal(lend_output_create_headless(test->server, &options, &test->outputs[0]), 0);
	drive_where(test->server, &x, &y);
	assert_true(x == 50 && y == 25);
	test_destroy(test);
}

static void what_is_below_it_changes(void)
{
	struct fixture f;
	struct pane c;

	setup(&f);
	drive_to(f.test->server, 18, 28);
	hands_expect(&f.hands, "enter(a,10,20) frame");
	/* Unmapped, mapped again. */
	wl_surface_attach(f.a.surface, NULL, 0, 0);
	wl_surface_commit(f.a.surface);
	/* The other tile has all the width now, but keeps its size, and is centred. */
	hands_expect(&f.hands, "leave(a) frame");
	hands_expect(&f.others, "");
	pane_create(f.client, "c", 148, 224, &c);
	/* b is the older of the two and moves to the left. */
	hands_expect(&f.hands, "");
	hands_expect(&f.others, "enter(b,10,20) frame");
	/* It moves below the pointer as the tiles do. */
	drive_to(f.test->server, 100, 28);
	hands_expect(&f.others, "motion(92,20) frame");
	pane_destroy(&c);
	settle(f.client);
	/* Now at (320 - 148) / 2 = 86. */
	hands_expect(&f.others, "motion(14,20) frame");
	pane_destroy(&f.b);
	hands_expect(&f.others, "leave(gone) frame");
	drive_motion(f.test->server, 1, 1);
	drive_click(f.test->server);
	hands_expect(&f.others, "");
	hands_expect(&f.hands, "");
	finish(&f);
}

static void a_button_holds_it(void)
{
	struct fixture f;

	setup(&f);
	drive_to(f.test->server, 18, 28);
	hands_forget(&f.hands);
	drive_button(f.test->server, BTN_LEFT, true);
	drive_to(f.test->server, 200, 100);
	drive_button(f.test->server, BTN_RIGHT, true);
	drive_button(f.test->server, BTN_LEFT, false);
	drive_to(f.test->server, 0, 0);
	hands_expect(&f.hands,
		     "press(0) frame motion(192,92) frame press(1) frame release(0) frame "
		     "motion(-8,-8) frame");
	hands_expect(&f.others, "");
	drive_to(f.test->server, 200, 100);
	drive_button(f.test->server, BTN_RIGHT, false);
	hands_expect(&f.hands, "motion(192,92) frame release(1) frame leave(a) frame");
	hands_expect(&f.others, "enter(b,36,92) frame");
	/* What is not pressed is not released; what is no button is none. */
	drive_button(f.test->server, BTN_RIGHT, false);
	drive_button(f.test->server, 0x300, true);
	drive_button(f.test->server, UINT32_MAX, true);
	drive_button(f.test->server, BTN_LEFT, true);
	drive_button(f.test->server, BTN_LEFT, true);
	hands_expect(&f.others, "press(0) frame");
	finish(&f);
}

/* Then no one else gets the rest of the drag. */
static void a_held_surface_goes(void)
{
	for (int way = 0; way < 3; way++) {
		struct fixture f;

		setup(&f);
		drive_to(f.test->server, 18, 28);
		drive_button(f.test->server, BTN_LEFT, true);
		hands_expect(&f.hands, "enter(a,10,20) frame press(0) frame");
		if (way == 0) {
			wl_surface_attach(f.a.surface, NULL, 0, 0);
			wl_surface_commit(f.a.surface);
			hands_expect(&f.hands, "leave(a) frame");
		} else if (way == 1) {
			pane_destroy(&f.a);
			hands_expect(&f.hands, "leave(gone) frame");
		} else {
			hands_destroy(&f.hands);
			client_destroy(f.client);
			pump(f.test);
		}
		drive_to(f.test->server, 200, 100);
		hands_expect(&f.others, "");
		drive_button(f.test->server, BTN_LEFT, false);
		/* Alone it is in the middle: at 86. */
		hands_expect(&f.others, "enter(b,114,92) frame");
		finish(&f);
	}
}

static void input_regions_let_through(void)
{
	struct fixture f;

	setup(&f);
	struct wl_surface *child = subsurface_create(f.client, f.a.surface);
	struct shm_buffer buffer;
	surface_set_name(child, "child");
	shm_buffer_create(f.client, 100, 100, WL_SHM_FORMAT_ARGB8888, &buffer);
	wl_surface_attach(child, buffer.buffer, 0, 0);
	struct wl_region *region = wl_compositor_create_region(f.client->compositor);
	wl_region_add(region, 20, 20, 50, 50);
	wl_region_subtract(region, 30, 30, 10, 10);
	wl_surface_set_input_region(child, region);
	wl_surface_commit(child);
	wl_surface_commit(f.a.surface);
	settle(f.client);
	drive_to(f.test->server, 8 + 10, 8 + 10);
	hands_expect(&f.hands, "enter(a,10,10) frame");
	drive_to(f.test->server, 8 + 20, 8 + 20);
	hands_expect(&f.hands, "leave(a) frame enter(child,20,20) frame");
	drive_to(f.test->server, 8 + 30, 8 + 30);
	hands_expect(&f.hands, "leave(child) frame enter(a,30,30) frame");
	drive_to(f.test->server, 8 + 69.5, 8 + 69.5);
	hands_expect(&f.hands, "leave(a) frame enter(child,69.5,69.5) frame");
	drive_to(f.test->server, 8 + 70, 8 + 70);
	hands_expect(&f.hands, "leave(child) frame enter(a,70,70) frame");
	/* A window that takes nothing at all. */
	wl_region_subtract(region, 0, 0, 1000, 1000);
	wl_surface_set_input_region(f.a.surface, region);
	wl_surface_commit(f.a.surface);
	settle(f.client);
	drive_to(f.test->server, 8 + 100, 8 + 100);
	hands_expect(&f.hands, "leave(a) frame");
	/* An infinite region ends with the surface. */
	wl_surface_set_input_region(child, NULL);
	wl_surface_commit(child);
	wl_surface_commit(f.a.surface);
	settle(f.client);
	drive_to(f.test->server, 8 + 99, 8 + 99);
	hands_expect(&f.hands, "enter(child,99,99) frame");
	shm_buffer_destroy(&buffer);
	finish(&f);
}

static void scaled_surfaces_have_their_own_coordinates(void)
{
	struct fixture f;

	setup(&f);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(f.client->viewporter, f.a.surface);
	wp_viewport_set_destination(viewport, 74, 112);
	wl_surface_commit(f.a.surface);
	settle(f.client);
	/* Half the size, in the middle of its tile of 148x224 at 8,8. */
	drive_to(f.test->server, 8 + 37, 8 + 56);
	hands_expect(&f.hands, "enter(a,0,0) frame");
	drive_to(f.test->server, 8 + 37 + 73, 8 + 56 + 111);
	hands_expect(&f.hands, "motion(73,111) frame");
	drive_to(f.test->server, 8 + 37 + 74, 8 + 56 + 111);
	hands_expect(&f.hands, "leave(a) frame");
	wp_viewport_destroy(viewport);
	wl_surface_set_buffer_scale(f.a.surface, 2);
	wl_surface_commit(f.a.surface);
	settle(f.client);
	drive_to(f.test->server, 8 + 37 + 73, 8 + 56 + 111);
	hands_expect(&f.hands, "enter(a,73,111) frame");
	finish(&f);
}

static void wheels_and_fingers_scroll(void)
{
	struct fixture f;

	setup(&f);
	drive_to(f.test->server, 18, 28);
	hands_forget(&f.hands);
	struct hands old = {.client = f.client, .keymap_fd = -1};
	struct wl_seat *newest = f.client->seat;
	f.client->seat = bind_again(f.client, &wl_seat_interface, 5, 0);
	hands_take(&old, POINTER);
	hands_expect(&old, "enter(a,10,20) frame");
	struct hands oldest = {.client = f.client, .keymap_fd = -1};
	struct wl_seat *fifth = f.client->seat;
	f.client->seat = bind_again(f.client, &wl_seat_interface, 3, 0);
	hands_take(&oldest, POINTER);
	hands_expect(&oldest, "enter(a,10,20)");

	drive_axis(f.test->server, WL_POINTER_AXIS_SOURCE_WHEEL, 0, 15, 120);
	drive_axis(f.test->server, WL_POINTER_AXIS_SOURCE_WHEEL, 1, -7.5, -60);
	drive_frame(f.test->server);
	drive_axis(f.test->server, WL_POINTER_AXIS_SOURCE_WHEEL_TILT, 1, -7.5, -60);
	drive_frame(f.test->server);
	hands_expect(&f.hands, "source(0) value120(0,120) axis(0,15) value120(1,-60) axis(1,-7.5) "
			       "frame source(3) value120(1,-60) axis(1,-7.5) frame");
	hands_expect(&old, "source(0) discrete(0,1) axis(0,15) axis(1,-7.5) frame "
			   "source(0) discrete(1,-1) axis(1,-7.5) frame");
	hands_expect(&oldest, "axis(0,15) axis(1,-7.5) axis(1,-7.5)");
	drive_axis(f.test->server, WL_POINTER_AXIS_SOURCE_FINGER, 0, 0.5, 0);
	drive_frame(f.test->server);
	drive_axis(f.test->server, WL_POINTER_AXIS_SOURCE_FINGER, 0, 0, 0);
	drive_frame(f.test->server);
	drive_frame(f.test->server);
	hands_expect(&f.hands, "source(1) axis(0,0.5) frame source(1) stop(0) frame");
	hands_expect(&oldest, "axis(0,0.5)");
	/* Senseless ones. */
	drive_axis(f.test->server, 99, 0, 1, 0);
	drive_axis(f.test->server, 0, 2, 1, 120);
	drive_axis(f.test->server, 0, 0, 1, INT32_MAX);
	drive_axis(f.test->server, 0, 0, 1, INT32_MAX);
	drive_axis(f.test->server, 0, 0, 1, INT32_MIN);
	drive_frame(f.test->server);
	hands_expect(&f.hands, "source(0) value120(0,2147483647) axis(0,1) value120(0,2147483647) "
			       "axis(0,1) value120(0,-2147483648) axis(0,1) frame");
	wl_pointer_destroy(old.pointer);
	wl_pointer_destroy(oldest.pointer);
	wl_seat_destroy(fifth);
	wl_seat_destroy(f.client->seat);
	f.client->seat = newest;
	finish(&f);
}

static void a_click_chooses_the_view(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct hands hands;
	struct pane parent, dialog, narrow;

	drive_devices(test->server, POINTER);
	hands_create(client, POINTER, &hands);
	pane_create(client, "parent", 320, 240, &parent);
	pane_create(client, "dialog", 100, 100, &dialog);
	xdg_toplevel_set_parent(dialog.toplevel, parent.toplevel);
	settle(client);
	hands_forget(&hands);
	/* It stays above its parent, whichever is clicked. */
	drive_to(test->server, 10, 10);
	drive_click(test->server);
	hands_expect(&hands, "leave(dialog) frame enter(parent,10,10) frame press(0) frame "
			     "release(0) frame");
	drive_to(test->server, 160, 120);
	drive_click(test->server);
	hands_expect(&hands, "leave(parent) frame enter(dialog,50,50) frame press(0) frame "
			     "release(0) frame");
	/* A narrow one came above both; the dialog brings its parent with it. */
	pane_create(client, "narrow", 20, 220, &narrow);
	hands_expect(&hands, "leave(dialog) frame enter(narrow,10,110) frame");
	drive_to(test->server, 120, 120);
	drive_click(test->server);
	settle(client);
	hands_forget(&hands);
	drive_to(test->server, 160, 15);
	hands_expect(&hands, "leave(dialog) frame enter(parent,160,15) frame");
	hands_destroy(&hands);
	test_destroy(test);
}

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
			    int32_t width, int32_t height, int32_t subpixel, const char *make,
			    const char *model, int32_t transform)
{
	*(int32_t *)data = x;
	assert_int_equal(y, 0);
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
			int32_t height, int32_t refresh)
{
}

static void handle_done(void *data, struct wl_output *output) {}

static void handle_scale(void *data, struct wl_output *output, int32_t scale) {}

static const struct wl_output_listener output_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
	.done = handle_done,
	.scale = handle_scale,
};

static void clients_know_where_outputs_are(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 3, .width = 100});
	struct client *client = client_create(test);
	int32_t x[3] = {-1, -1, -1};

	for (unsigned i = 0; i < 3; i++) {
		/* Of several versions. */
		struct wl_output *output = bind_again(client, &wl_output_interface, i + 1, i);
		wl_output_add_listener(output, &output_listener, &x[i]);
	}
	settle(client);
	assert_int_equal(x[0], 0);
	assert_int_equal(x[1], 100);
	assert_int_equal(x[2], 200);
	lend_output_destroy(test->outputs[1]);
	settle(client);
	assert_int_equal(x[2], 100);
	lend_output_destroy(test->outputs[0]);
	settle(client);
	assert_int_equal(x[2], 0);
	test_destroy(test);
}

static void outputs_lie_side_by_side(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2});
	struct client *client = client_create(test);
	struct hands hands;
	struct pane pane;
	double x, y;

	drive_devices(test->server, POINTER);
	hands_create(client, POINTER, &hands);
	pane_create(client, "a", 320, 240, &pane);
	xdg_toplevel_set_fullscreen(pane.toplevel, client->outputs[1]);
	settle(client);
	hands_forget(&hands);
	drive_to(test->server, 319, 5);
	hands_expect(&hands, "");
	drive_motion(test->server, 11, 0);
	hands_expect(&hands, "enter(a,10,5) frame");
	drive_absolute(test->server, test->outputs[1], 0.5, 0.5);
	hands_expect(&hands, "motion(160,120) frame");
	drive_absolute(test->server, NULL, 0.25, 0);
	drive_where(test->server, &x, &y);
	assert_true(x == 160 && y == 0);
	hands_expect(&hands, "leave(a) frame");
	/* The outputs that are left move up, and the pointer stays among them. */
	drive_absolute(test->server, test->outputs[1], 0.5, 0.5);
	hands_expect(&hands, "enter(a,160,120) frame");
	lend_output_destroy(test->outputs[0]);
	drive_where(test->server, &x, &y);
	assert_true(x < 320 && x > 319.9 && y == 120);
	hands_expect(&hands, "motion(319.996,120) frame");
	lend_output_destroy(test->outputs[1]);
	hands_expect(&hands, "leave(a) frame");
	drive_motion(test->server, 1, 1);
	drive_click(test->server);
	hands_expect(&hands, "");
	hands_destroy(&hands);
	test_destroy(test);
}

/* Each would be told of each movement, at the server's expense. */
static void a_thousand_pointers(void)
{
	struct fixture f;
	struct wl_pointer *pointers[63];

	setup(&f);
	drive_to(f.test->server, 18, 28);
	hands_forget(&f.hands);
	for (int i = 0; i < 63; i++)
		pointers[i] = wl_seat_get_pointer(f.client->seat);
	settle(f.client);
	drive_motion(f.test->server, 1, 1);
	hands_expect(&f.hands, "motion(11,21) frame");
	for (int i = 0; i < 63; i += 3)
		wl_pointer_release(pointers[i]);
	/* What was released can be had again; those who are gone count for nobody. */
	for (int i = 0; i < 1000; i++)
		wl_pointer_release(wl_seat_get_pointer(f.client->seat));
	drive_motion(f.test->server, 1, 1);
	hands_expect(&f.hands, "motion(12,22) frame");
	struct client *greedy = client_create(f.test);
	for (int i = 0; i < 1000; i++)
		wl_seat_get_pointer(greedy->seat);
	expect_no_memory(greedy, "wl_seat.get_pointer");
	drive_devices(f.test->server, 0);
	hands_expect(&f.hands, "leave(a) frame");
	expect_alive(f.client);
	finish(&f);
}

/* Those of other clients too; a pointer bound later learns where it is. */
static void late_pointers_are_told(void)
{
	struct fixture f;
	struct hands late = {0};

	setup(&f);
	drive_to(f.test->server, 18, 28);
	hands_forget(&f.hands);
	late.client = f.client;
	late.keymap_fd = -1;
	hands_take(&late, POINTER);
	hands_expect(&late, "enter(a,10,20) frame");
	assert_int_equal(late.enter_serial, f.hands.enter_serial);
	drive_motion(f.test->server, 1, 1);
	hands_expect(&late, "motion(11,21) frame");
	hands_expect(&f.hands, "motion(11,21) frame");
	hands_expect(&f.others, "");
	hands_destroy(&late);
	finish(&f);
}

static const struct harness_test tests[] = {
	{"enters_moves_and_leaves", enters_moves_and_leaves},
	{"stays_on_the_output", stays_on_the_output},
	{"starts_in_the_middle", starts_in_the_middle},
	{"what_is_below_it_changes", what_is_below_it_changes},
	{"a_button_holds_it", a_button_holds_it},
	{"a_held_surface_goes", a_held_surface_goes},
	{"input_regions_let_through", input_regions_let_through},
	{"scaled_surfaces_have_their_own_coordinates", scaled_surfaces_have_their_own_coordinates},
	{"wheels_and_fingers_scroll", wheels_and_fingers_scroll},
	{"a_click_chooses_the_view", a_click_chooses_the_view},
	{"clients_know_where_outputs_are", clients_know_where_outputs_are},
	{"outputs_lie_side_by_side", outputs_lie_side_by_side},
	{"a_thousand_pointers", a_thousand_pointers},
	{"late_pointers_are_told", late_pointers_are_told},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
