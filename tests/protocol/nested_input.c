/* SPDX-License-Identifier: MIT */
/* What the user of the other server does in the window is what our clients hear, at the same place,
 * with the same keymap; and the pointer has our picture there. */
#include "hands.h"
#include "nested.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xkbcommon/xkbcommon.h>

#define ALL   (POINTER | KEYBOARD | TOUCH)
#define SHIFT 1
#define CAPS  2

#define RED   0xffff0000
#define BLUE  0xff0000ff

/* The window has its origin at 8,8 outside, where it is one of up to two tiles. */
struct fixture {
	struct nest nest;
	struct client *client;
	struct hands hands;
	struct pane a;
};

static void setup_with(struct fixture *f, unsigned devices,
		       const struct lend_window_output_options *options)
{
	memset(f, 0, sizeof(*f));
	setenv("XKB_DEFAULT_LAYOUT", "us", 1);
	nest_create(&(struct test_options){.layout = LEND_LAYOUT_TILE}, options, &f->nest);
	drive_devices(f->nest.outer->server, devices);
	drive_to(f->nest.outer->server, 0, 0);
	nest_settle(&f->nest);
	f->client = client_create(f->nest.inner);
	nest_settle(&f->nest);
}

static void setup_devices(struct fixture *f, unsigned devices)
{
	setup_with(f, devices, NULL);
	hands_create(f->client, devices, &f->hands);
	pane_create(f->client, "a", 304, 224, &f->a);
	nest_settle(&f->nest);
	hands_forget(&f->hands);
}

static void setup(struct fixture *f)
{
	setup_devices(f, ALL);
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->hands);
	nest_destroy(&f->nest);
}

static void expect(struct fixture *f, const char *text)
{
	nest_settle(&f->nest);
	hands_expect(&f->hands, text);
}

/* ---- devices -------------------------------------------------------------------------------- */

static void has_the_devices_that_there_are(void)
{
	struct fixture f;

	setup_with(&f, 0, NULL);
	struct lend_server *server = f.nest.outer->server;
	hands_create(f.client, 0, &f.hands);
	nest_settle(&f.nest);
	assert_int_equal(f.hands.capabilities, 0);
	drive_devices(server, POINTER);
	nest_settle(&f.nest);
	assert_int_equal(f.hands.capabilities, WL_SEAT_CAPABILITY_POINTER);
	drive_devices(server, KEYBOARD | TOUCH);
	nest_settle(&f.nest);
	assert_int_equal(f.hands.capabilities,
			 WL_SEAT_CAPABILITY_KEYBOARD | WL_SEAT_CAPABILITY_TOUCH);
	drive_devices(server, 0);
	nest_settle(&f.nest);
	assert_int_equal(f.hands.capabilities, 0);
	drive_devices(server, ALL);
	nest_settle(&f.nest);
	assert_int_equal(f.hands.capabilities, 7);
	/* They go with the window. */
	lend_view_close(f.nest.outer->view);
	nest_settle(&f.nest);
	assert_int_equal(f.hands.capabilities, 0);
	finish(&f);
}

static void leaves_them_alone_if_asked(void)
{
	const struct lend_window_output_options options = {.size = sizeof(options), .no_input = 1};
	struct fixture f;

	setup_with(&f, ALL, &options);
	hands_create(f.client, 0, &f.hands);
	nest_settle(&f.nest);
	assert_int_equal(f.hands.capabilities, 0);
	finish(&f);
}

/* ---- pointer -------------------------------------------------------------------------------- */

static void pointer_is_where_it_is(void)
{
	struct fixture f;

	setup(&f);
	struct lend_server *server = f.nest.outer->server;
	drive_to(server, 18, 28);
	expect(&f, "motion(10,20) frame");
	drive_motion(server, 1.5, -2);
	expect(&f, "motion(11.5,18) frame");
	drive_to(server, 311.75, 231.75);
	expect(&f, "motion(303.75,223.75) frame");
	/* Outside of the window it is where it left it. */
	drive_to(server, 4, 4);
	expect(&f, "");
	drive_to(server, 8, 8);
	expect(&f, "motion(0,0) frame");
	finish(&f);
}

static void buttons_and_wheels_arrive(void)
{
	struct fixture f;

	setup(&f);
	struct lend_server *server = f.nest.outer->server;
	drive_to(server, 18, 28);
	expect(&f, "motion(10,20) frame");
	drive_button(server, BTN_LEFT, true);
	drive_button(server, BTN_RIGHT, true);
	drive_to(server, 20, 28);
	drive_button(server, BTN_LEFT, false);
	drive_button(server, BTN_RIGHT, false);
	expect(&f, "press(0) frame press(1) frame motion(12,20) frame release(0) frame release(1) "
		   "frame");
	drive_axis(server, WL_POINTER_AXIS_SOURCE_WHEEL, WL_POINTER_AXIS_VERTICAL_SCROLL, 15, 120);
	drive_frame(server);
	expect(&f, "source(0) value120(0,120) axis(0,15) frame");
	drive_axis(server, WL_POINTER_AXIS_SOURCE_FINGER, WL_POINTER_AXIS_VERTICAL_SCROLL, 2.5, 0);
	drive_axis(server, WL_POINTER_AXIS_SOURCE_FINGER, WL_POINTER_AXIS_HORIZONTAL_SCROLL, -1, 0);
	drive_frame(server);
	expect(&f, "source(1) axis(0,2.5) axis(1,-1) frame");
	drive_axis(server, WL_POINTER_AXIS_SOURCE_FINGER, WL_POINTER_AXIS_VERTICAL_SCROLL, 0, 0);
	drive_frame(server);
	expect(&f, "source(1) stop(0) frame");
	finish(&f);
}

/* While a button is down, the window hears of what happens outside of it. */
static void drags_go_on_outside(void)
{
	struct fixture f;

	setup(&f);
	struct lend_server *server = f.nest.outer->server;
	drive_to(server, 18, 28);
	drive_button(server, BTN_LEFT, true);
	expect(&f, "motion(10,20) frame press(0) frame");
	drive_to(server, 2, 28);
	drive_button(server, BTN_LEFT, false);
	expect(&f, "motion(0,20) frame release(0) frame");
	finish(&f);
}

/* ---- the pointer's picture ------------------------------------------------------------------ */

static void the_host_shows_the_cursor(void)
{
	struct fixture f;
	struct shm_buffer image;

	setup(&f);
	struct lend_server *server = f.nest.outer->server;
	struct lend_output *outside = f.nest.outer->outputs[0];
	/* Ours, at first the arrow, in place of the host's; nothing of it is in our frame. */
	uint64_t copied = output_copied(f.nest.window);
	drive_to(server, 18, 28);
	nest_settle(&f.nest);
	nest_settle(&f.nest);
	assert_true(drive_read_cursor(outside).shown);
	struct wl_surface *surface = wl_compositor_create_surface(f.client->compositor);
	surface_set_name(surface, "cursor");
	shm_buffer_create(f.client, 16, 10, WL_SHM_FORMAT_ARGB8888, &image);
	shm_buffer_fill(&image, RED);
	fill_rect(image.pixels, image.stride, 3, 2, 1, 1, BLUE);
	wl_surface_attach(surface, image.buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, 16, 10);
	wl_surface_commit(surface);
	wl_pointer_set_cursor(f.hands.pointer, f.hands.enter_serial, surface, 4, 5);
	nest_settle(&f.nest);
	nest_settle(&f.nest);
	struct drive_cursor cursor = drive_read_cursor(outside);
	assert_true(cursor.shown);
	assert_int_equal(cursor.width, 16);
	assert_int_equal(cursor.height, 10);
	assert_int_equal(cursor.hot_x, 4);
	assert_int_equal(cursor.hot_y, 5);
	assert_int_equal(cursor.x, 18 - 4);
	assert_int_equal(cursor.y, 28 - 5);
	assert_int_equal(drive_cursor_pixel(outside, 3, 2), BLUE);
	assert_int_equal(drive_cursor_pixel(outside, 4, 2), RED);
	/* Movements cost nothing. */
	for (int i = 0; i < 20; i++) {
		drive_to(server, 30 + i, 40 + i);
		pump(f.nest.inner);
	}
	nest_settle(&f.nest);
	assert_int_equal(drive_read_cursor(outside).x, 49 - 4);
	assert_int_equal(output_copied(f.nest.window), copied);
	/* A client that hides it hides it there too. */
	wl_pointer_set_cursor(f.hands.pointer, f.hands.enter_serial, NULL, 0, 0);
	nest_settle(&f.nest);
	nest_settle(&f.nest);
	assert_false(drive_read_cursor(outside).shown);
	shm_buffer_destroy(&image);
	wl_surface_destroy(surface);
	finish(&f);
}

/* Something else than the user's mouse has moved our pointer: it is not where the host's is. */
static void draws_a_cursor_that_is_elsewhere(void)
{
	struct fixture f;
	struct picture picture;

	setup(&f);
	drive_to(f.nest.outer->server, 18, 28);
	nest_settle(&f.nest);
	drive_devices(f.nest.inner->server, POINTER);
	drive_to(f.nest.inner->server, 200, 100);
	nest_settle(&f.nest);
	nest_settle(&f.nest);
	assert_false(drive_read_cursor(f.nest.outer->outputs[0]).shown);
	picture_take(f.nest.outer->outputs[0], &picture);
	bool drawn = false; /* on a window that is black */
	for (int y = 100; y < 124; y++)
		for (int x = 200; x < 224; x++)
			drawn = drawn || picture_at(&picture, x + 8, y + 8) != 0;
	assert_true(drawn);
	picture_finish(&picture);
	drive_to(f.nest.outer->server, 19, 28);
	nest_settle(&f.nest);
	nest_settle(&f.nest);
	assert_true(drive_read_cursor(f.nest.outer->outputs[0]).shown);
	picture_take(f.nest.outer->outputs[0], &picture);
	assert_picture_rect(&picture, 208, 108, 24, 24, 0);
	picture_finish(&picture);
	finish(&f);
}

/* ---- keyboard ------------------------------------------------------------------------------- */

static void keys_and_modifiers_arrive(void)
{
	struct fixture f;

	setup(&f);
	struct lend_server *server = f.nest.outer->server;
	drive_key(server, KEY_A, true);
	drive_key(server, KEY_A, false);
	expect(&f, "keydown(30) keyup(30)");
	drive_key(server, KEY_LEFTSHIFT, true);
	drive_key(server, KEY_B, true);
	drive_key(server, KEY_B, false);
	drive_key(server, KEY_LEFTSHIFT, false);
	expect(&f, "keydown(42) mods(1,0,0,0) keydown(48) keyup(48) keyup(42) mods(0,0,0,0)");
	drive_key(server, KEY_CAPSLOCK, true);
	drive_key(server, KEY_CAPSLOCK, false);
	expect(&f, "keydown(58) mods(2,0,2,0) keyup(58) mods(0,0,2,0)");
	finish(&f);
}

/* The window loses the keys with some of them down: here they are up. */
static void keys_are_let_go_with_the_focus(void)
{
	struct fixture f;
	struct pane other;

	setup_devices(&f, KEYBOARD);
	struct lend_server *server = f.nest.outer->server;
	drive_key(server, KEY_A, true);
	drive_key(server, KEY_LEFTSHIFT, true);
	expect(&f, "keydown(30) keydown(42) mods(1,0,0,0)");
	struct client *neighbour = nest_neighbour(&f.nest);
	pane_create(neighbour, "other", 40, 40, &other);
	expect(&f, "keyup(30) keyup(42) mods(0,0,0,0)");
	drive_key(server, KEY_A, false);
	drive_key(server, KEY_B, true);
	expect(&f, "");
	/* It has them back while a key and Shift are held: of these only Shift means something. */
	pane_destroy(&other);
	client_destroy(neighbour);
	expect(&f, "mods(1,0,0,0)");
	drive_key(server, KEY_C, true);
	drive_key(server, KEY_C, false);
	drive_key(server, KEY_LEFTSHIFT, false);
	drive_key(server, KEY_B, false);
	expect(&f, "keydown(46) keyup(46) mods(0,0,0,0)");
	finish(&f);
}

static char *compile(const char *layout)
{
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	const struct xkb_rule_names names = {.layout = layout};
	struct xkb_keymap *keymap =
		xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);

	assert_non_null(keymap);
	char *text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	assert_non_null(text);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
	return text;
}

/* The symbol of the key next to Tab. */
static xkb_keysym_t first_letter(const struct hands *hands)
{
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	char *text = mmap(NULL, hands->keymap_size, PROT_READ, MAP_PRIVATE, hands->keymap_fd, 0);

	assert_ptr_not_equal(text, MAP_FAILED);
	struct xkb_keymap *keymap = xkb_keymap_new_from_string(
		context, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	assert_non_null(keymap);
	struct xkb_state *state = xkb_state_new(keymap);
	xkb_keysym_t symbol = xkb_state_key_get_one_sym(state, KEY_Q + 8);
	xkb_state_unref(state);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
	munmap(text, hands->keymap_size);
	return symbol;
}

static void the_keymap_is_the_host_s(void)
{
	struct fixture f;
	char *french = compile("fr");

	setup(&f);
	assert_int_equal(first_letter(&f.hands), XKB_KEY_q);
	assert_int_equal(drive_keymap(f.nest.outer->server, french), 0);
	nest_settle(&f.nest);
	expect(&f, "keymap mods(0,0,0,0)");
	assert_int_equal(first_letter(&f.hands), XKB_KEY_a);
	drive_key(f.nest.outer->server, KEY_Q, true);
	drive_key(f.nest.outer->server, KEY_Q, false);
	expect(&f, "keydown(16) keyup(16)");
	free(french);
	finish(&f);
}

/* ---- touch ---------------------------------------------------------------------------------- */

static void fingers_arrive(void)
{
	struct fixture f;

	setup(&f);
	struct lend_server *server = f.nest.outer->server;
	struct lend_output *outside = f.nest.outer->outputs[0];
	drive_touch_down(server, 3, outside, 18 / 320.0, 28 / 240.0);
	drive_touch_down(server, 5, outside, 108 / 320.0, 108 / 240.0);
	drive_touch_frame(server);
	nest_settle(&f.nest);
	expect(&f, "down(3,a,10,20) down(5,a,100,100) frame");
	drive_touch_motion(server, 5, outside, 112 / 320.0, 108 / 240.0);
	drive_touch_frame(server);
	drive_touch_up(server, 3);
	drive_touch_frame(server);
	expect(&f, "drag(5,104,100) frame up(3) frame");
	drive_touch_cancel(server);
	expect(&f, "cancel");
	finish(&f);
}

static const struct harness_test tests[] = {
	{"has_the_devices_that_there_are", has_the_devices_that_there_are},
	{"leaves_them_alone_if_asked", leaves_them_alone_if_asked},
	{"pointer_is_where_it_is", pointer_is_where_it_is},
	{"buttons_and_wheels_arrive", buttons_and_wheels_arrive},
	{"drags_go_on_outside", drags_go_on_outside},
	{"the_host_shows_the_cursor", the_host_shows_the_cursor},
	{"draws_a_cursor_that_is_elsewhere", draws_a_cursor_that_is_elsewhere},
	{"keys_and_modifiers_arrive", keys_and_modifiers_arrive},
	{"keys_are_let_go_with_the_focus", keys_are_let_go_with_the_focus},
	{"the_keymap_is_the_host_s", the_keymap_is_the_host_s},
	{"fingers_arrive", fingers_arrive},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
