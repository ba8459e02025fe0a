/* SPDX-License-Identifier: MIT */
/* The pointer, its picture and fingers on outputs that are scaled and turned. */
#include "hands.h"

#include <string.h>

#define RED   0xffff0000
#define GREEN 0xff00ff00
#define BLUE  0xff0000ff

struct fixture {
	struct test *test;
	struct lend_server *server;
	struct lend_output *output; /* 320x240 pixels */
	struct client *client;
	struct hands hands;
	struct pane pane;
};

/* A window of that size in the middle. */
static void setup(struct fixture *f, uint32_t scale, enum lend_transform transform, int32_t width,
		  int32_t height)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.outputs = 2});
	f->server = f->test->server;
	f->output = f->test->outputs[0];
	output_configure(f->output, scale, transform);
	drive_devices(f->server, POINTER | TOUCH);
	f->client = client_create(f->test);
	hands_create(f->client, POINTER | TOUCH, &f->hands);
	drive_absolute(f->server, f->output, 0, 0);
	pane_create(f->client, "a", width, height, &f->pane);
	hands_forget(&f->hands);
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->hands);
	pane_destroy(&f->pane);
	client_destroy(f->client);
	test_destroy(f->test);
}

static void assert_where(const struct fixture *f, double x, double y)
{
	double is_x, is_y;

	drive_where(f->server, &is_x, &is_y);
	if (is_x != x || is_y != y)
		fail_msg("the pointer is at %g,%g, not %g,%g", is_x, is_y, x, y);
}

/* ---- places --------------------------------------------------------------------------------- */

/* 160x120 units; the window's corner is at 60,40. */
static void clients_hear_of_units(void)
{
	struct fixture f;

	setup(&f, 240, LEND_TRANSFORM_NORMAL, 40, 40);
	drive_absolute(f.server, f.output, 140.0 / 320, 90.0 / 240);
	hands_expect(&f.hands, "enter(a,10,5) frame");
	drive_motion(f.server, 1.5, 0);
	hands_expect(&f.hands, "motion(11.5,5) frame");
	drive_absolute(f.server, f.output, 199.0 / 320, 159.0 / 240);
	hands_expect(&f.hands, "motion(39.5,39.5) frame");
	drive_absolute(f.server, f.output, 200.0 / 320, 159.0 / 240);
	hands_expect(&f.hands, "leave(a) frame");
	drive_motion(f.server, 1e6, 0); /* to the other output, which begins at 160 */
	drive_motion(f.server, -1, 0);
	double x, y;
	drive_where(f.server, &x, &y);
	assert_true(x > 478 && x < 479);
	finish(&f);
}

/* What lies on the display is turned as it is; the middle of its left edge, in units. */
static void a_display_is_touched_where_it_is(void)
{
	static const struct {
		double x, y;
	} middles[] = {
		[LEND_TRANSFORM_NORMAL] = {0, 60},	[LEND_TRANSFORM_90] = {60, 0},
		[LEND_TRANSFORM_180] = {160, 60},	[LEND_TRANSFORM_270] = {60, 160},
		[LEND_TRANSFORM_FLIPPED] = {160, 60},	[LEND_TRANSFORM_FLIPPED_90] = {60, 0},
		[LEND_TRANSFORM_FLIPPED_180] = {0, 60}, [LEND_TRANSFORM_FLIPPED_270] = {60, 160},
	};
	const double last = 160 - 1.0 / 256;
	struct fixture f;

	for (unsigned i = 0; i < 8; i++) {
		setup(&f, 240, (enum lend_transform)i, 20, 20);
		drive_absolute(f.server, f.output, 0, 0.5);
		assert_where(&f, middles[i].x == 160 ? last : middles[i].x,
			     middles[i].y == 160 ? last : middles[i].y);
		finish(&f);
	}
}

static void fingers_are_turned_too(void)
{
	struct fixture f;

	/* 120x160 units; the window's corner is at 50,70. Upright x is from below to above. */
	setup(&f, 240, LEND_TRANSFORM_270, 20, 20);
	drive_touch_down(f.server, 1, f.output, 1 - 72.0 / 160, 53.0 / 120);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "down(1,a,3,2) frame");
	drive_touch_motion(f.server, 1, f.output, 1 - 80.0 / 160, 60.0 / 120);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "drag(1,10,10) frame");
	drive_touch_up(f.server, 1);
	drive_touch_frame(f.server);
	finish(&f);
}

static void the_pointer_keeps_to_what_is_left(void)
{
	struct fixture f;

	setup(&f, 120, LEND_TRANSFORM_NORMAL, 20, 20);
	drive_absolute(f.server, f.output, 0.9, 0.9);
	assert_where(&f, 288, 216);
	output_configure(f.output, 240, LEND_TRANSFORM_NORMAL);
	pump(f.test);
	/* There the other output is now. */
	assert_where(&f, 288, 216);
	lend_output_destroy(f.test->outputs[1]);
	pump(f.test);
	assert_where(&f, 160 - 1.0 / 256, 120 - 1.0 / 256);
	finish(&f);
}

static void what_is_dark_is_not_pointed_at(void)
{
	struct lend_output_state state = {.size = sizeof(state)};
	struct fixture f;
	double x, y;

	setup(&f, 120, LEND_TRANSFORM_NORMAL, 20, 20);
	drive_absolute(f.server, f.output, 0.5, 0.5);
	assert_int_equal(lend_output_describe(f.output, &state), 0);
	state.off = 1;
	assert_int_equal(lend_output_configure(f.output, &state), 0);
	pump(f.test);
	assert_int_equal(lend_output_describe(f.test->outputs[1], &state), 0);
	drive_where(f.server, &x, &y);
	assert_true(x >= state.x && x < state.x + 320);
	finish(&f);
}

/* ---- its picture ---------------------------------------------------------------------------- */

/* A cursor of 4x2 units with three colours in its upper corners and below, hot at 1,1. */
static void show_cursor(struct fixture *f, int32_t scale, struct shm_buffer *buffer)
{
	struct wl_surface *surface = wl_compositor_create_surface(f->client->compositor);

	surface_set_name(surface, "cursor");
	shm_buffer_create(f->client, 4 * scale, 2 * scale, WL_SHM_FORMAT_ARGB8888, buffer);
	shm_buffer_fill(buffer, GREEN);
	fill_rect(buffer->pixels, buffer->stride, 0, 0, 2 * scale, scale, RED);
	fill_rect(buffer->pixels, buffer->stride, 2 * scale, 0, 2 * scale, scale, BLUE);
	wl_surface_set_buffer_scale(surface, scale);
	wl_surface_attach(surface, buffer->buffer, 0, 0);
	wl_surface_commit(surface);
	wl_pointer_set_cursor(f->hands.pointer, f->hands.enter_serial, surface, 1, 1);
	settle(f->client);
}

static void assert_cursor(const struct fixture *f, int32_t x, int32_t y, int32_t width,
			  int32_t height)
{
	struct drive_cursor cursor = drive_read_cursor(f->output);

	assert_true(cursor.shown);
	assert_int_equal(cursor.x, x);
	assert_int_equal(cursor.y, y);
	assert_int_equal(cursor.width, width);
	assert_int_equal(cursor.height, height);
}

/* The pointer is on the window's corner, at 50,70 or 70,50 units; a pixel from the hot spot's to
 * the left of it, and one above, is what the picture's corner is. */
static void its_picture_is_scaled_and_turned(void)
{
	struct shm_buffer buffer;
	struct picture picture;
	struct fixture f;

	setup(&f, 240, LEND_TRANSFORM_NORMAL, 20, 20);
	drive_absolute(f.server, f.output, 140.0 / 320, 100.0 / 240);
	hands_expect(&f.hands, "enter(a,0,0) frame");
	show_cursor(&f, 2, &buffer);
	assert_cursor(&f, 138, 98, 8, 4);
	pump(f.test);
	picture_take(f.output, &picture);
	assert_picture_rect(&picture, 138, 98, 4, 2, RED);
	assert_picture_rect(&picture, 142, 98, 4, 2, BLUE);
	assert_picture_rect(&picture, 138, 100, 8, 2, GREEN);
	picture_finish(&picture);
	shm_buffer_destroy(&buffer);
	finish(&f);
}

static void its_picture_follows_the_output(void)
{
	struct shm_buffer buffer;
	struct picture picture;
	struct fixture f;

	setup(&f, 120, LEND_TRANSFORM_NORMAL, 200, 200);
	drive_absolute(f.server, f.output, 0.5, 0.5);
	hands_expect(&f.hands, "enter(a,100,100) frame");
	show_cursor(&f, 1, &buffer);
	assert_cursor(&f, 159, 119, 4, 2);
	/* Turned counter-clockwise, what is at 160,120 of 240x320 is at 120,79 of 320x240. */
	output_configure(f.output, 120, LEND_TRANSFORM_90);
	pump(f.test);
	assert_where(&f, 160, 120);
	assert_cursor(&f, 119, 240 - 159 - 4, 2, 4);
	picture_take(f.output, &picture);
	assert_picture_rect(&picture, 119, 77, 1, 2, BLUE);
	assert_picture_rect(&picture, 119, 79, 1, 2, RED);
	assert_picture_rect(&picture, 120, 77, 1, 4, GREEN);
	picture_finish(&picture);
	shm_buffer_destroy(&buffer);
	finish(&f);
}

int main(int argc, char **argv)
{
#define TEST(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
	static const struct harness_test tests[] = {
		TEST(clients_hear_of_units),	      TEST(a_display_is_touched_where_it_is),
		TEST(fingers_are_turned_too),	      TEST(the_pointer_keeps_to_what_is_left),
		TEST(what_is_dark_is_not_pointed_at), TEST(its_picture_is_scaled_and_turned),
		TEST(its_picture_follows_the_output),
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
