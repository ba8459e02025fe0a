/* SPDX-License-Identifier: MIT */
/* wl_pointer.set_cursor: what outputs are told of the pointer's picture. */
#include "hands.h"

#include <stdio.h>
#include <string.h>

#define RED  0xffff0000
#define BLUE 0xff0000ff

struct fixture {
	struct test *test;
	struct lend_server *server;
	struct lend_output *output;
	struct client *client, *other;
	struct hands hands;
	struct pane a, b;
	struct wl_surface *surface; /* not a cursor yet */
	struct shm_buffer buffer;   /* 16x10, red with a blue pixel at 3,2 */
};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	f->server = f->test->server;
	f->output = f->test->outputs[0];
	drive_devices(f->server, POINTER);
	drive_to(f->server, 100, 100);
	f->client = client_create(f->test);
	f->other = client_create(f->test);
	hands_create(f->client, POINTER, &f->hands);
	pane_create(f->client, "a", 148, 224, &f->a);
	pane_create(f->other, "b", 148, 224, &f->b);
	f->surface = wl_compositor_create_surface(f->client->compositor);
	surface_set_name(f->surface, "cursor");
	shm_buffer_create(f->client, 16, 10, WL_SHM_FORMAT_ARGB8888, &f->buffer);
	shm_buffer_fill(&f->buffer, RED);
	fill_rect(f->buffer.pixels, f->buffer.stride, 3, 2, 1, 1, BLUE);
	hands_forget(&f->hands);
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->hands);
	shm_buffer_destroy(&f->buffer);
	test_destroy(f->test);
}

static void commit(struct fixture *f, struct wl_buffer *buffer)
{
	wl_surface_attach(f->surface, buffer, 0, 0);
	wl_surface_damage_buffer(f->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(f->surface);
	settle(f->client);
}

static void set(struct fixture *f, int32_t hot_x, int32_t hot_y)
{
	wl_pointer_set_cursor(f->hands.pointer, f->hands.enter_serial, f->surface, hot_x, hot_y);
	settle(f->client);
}

static bool is_arrow(const struct fixture *f)
{
	struct drive_cursor cursor = drive_read_cursor(f->output);

	return cursor.shown && cursor.width == 24 && cursor.height == 24;
}

static void assert_at(const struct fixture *f, int32_t x, int32_t y)
{
	struct drive_cursor cursor = drive_read_cursor(f->output);

	assert_true(cursor.shown);
	assert_int_equal(cursor.x, x);
	assert_int_equal(cursor.y, y);
}

/* A program that fills a screen is not to be copied because of a mouse that nobody touches. */
static void nothing_before_it_is_used(void)
{
	struct test *test = test_create(NULL);

	drive_devices(test->server, POINTER);
	pump(test);
	assert_false(drive_read_cursor(test->outputs[0]).shown);
	drive_motion(test->server, 1, 0);
	assert_true(drive_read_cursor(test->outputs[0]).shown);
	test_destroy(test);
}

static void an_arrow_by_default(void)
{
	struct fixture f;
	struct picture picture;

	setup(&f);
	assert_true(is_arrow(&f));
	assert_at(&f, 100, 100);
	/* Its tip is its hot spot; it has an edge, something within, and nothing around. */
	assert_int_equal(drive_cursor_pixel(f.output, 0, 0), 0xff000000);
	assert_int_equal(drive_cursor_pixel(f.output, 1, 3), 0xffffffff);
	assert_int_equal(drive_cursor_pixel(f.output, 23, 0), 0);
	assert_int_equal(drive_cursor_pixel(f.output, 0, 23), 0);
	struct drive_cursor cursor = drive_read_cursor(f.output);
	assert_int_equal(cursor.hot_x, 0);
	assert_int_equal(cursor.hot_y, 0);
	/* It is on the picture. */
	settle(f.client);
	picture_take(f.output, &picture);
	assert_int_equal(picture_at(&picture, 101, 103), 0xffffff);
	assert_int_equal(picture_at(&picture, 123, 100), 0);
	picture_finish(&picture);
	drive_motion(f.server, 10.9, -20.5);
	assert_at(&f, 110, 79);
	settle(f.client);
	picture_take(f.output, &picture);
	assert_int_equal(picture_at(&picture, 101, 103), 0);
	assert_int_equal(picture_at(&picture, 111, 82), 0xffffff);
	picture_finish(&picture);
	drive_devices(f.server, 0);
	assert_false(drive_read_cursor(f.output).shown);
	finish(&f);
}

static void a_clients_picture(void)
{
	for (int order = 0; order < 2; order++) {
		struct fixture f;

		setup(&f);
		if (order == 0)
			set(&f, 5, 4);
		/* Nothing has been attached, so nothing is seen. */
		assert_true(order == 0 ? !drive_read_cursor(f.output).shown : is_arrow(&f));
		commit(&f, f.buffer.buffer);
		if (order == 1)
			set(&f, 5, 4);
		struct drive_cursor cursor = drive_read_cursor(f.output);
		assert_int_equal(cursor.width, 16);
		assert_int_equal(cursor.height, 10);
		assert_int_equal(cursor.hot_x, 5);
		assert_int_equal(cursor.hot_y, 4);
		assert_at(&f, 95, 96);
		assert_int_equal(drive_cursor_pixel(f.output, 0, 0), RED);
		assert_int_equal(drive_cursor_pixel(f.output, 3, 2), BLUE);
		/* The client has its buffer back. */
		assert_int_equal(f.buffer.released, 1);
		shm_buffer_fill(&f.buffer, BLUE);
		settle(f.client);
		assert_int_equal(drive_cursor_pixel(f.output, 0, 0), RED);
		/* A commit of something else changes nothing; one of a buffer does. */
		wl_surface_commit(f.surface);
		settle(f.client);
		assert_int_equal(drive_read_cursor(f.output).serial, cursor.serial);
		commit(&f, f.buffer.buffer);
		assert_int_equal(drive_cursor_pixel(f.output, 0, 0), BLUE);
		assert_true(drive_read_cursor(f.output).serial > cursor.serial);
		/* The hot spot alone. */
		uint64_t serial = drive_read_cursor(f.output).serial;
		set(&f, 0, 9);
		assert_at(&f, 100, 91);
		assert_int_equal(drive_read_cursor(f.output).serial, serial);
		finish(&f);
	}
}

static void formats_scales_and_crops(void)
{
	struct fixture f;
	struct shm_buffer opaque;

	setup(&f);
	set(&f, 0, 0);
	shm_buffer_create(f.client, 32, 32, WL_SHM_FORMAT_XRGB8888, &opaque);
	shm_buffer_fill(&opaque, 0x00123456);
	fill_rect(opaque.pixels, opaque.stride, 16, 0, 16, 32, 0x00abcdef);
	commit(&f, opaque.buffer);
	assert_int_equal(drive_cursor_pixel(f.output, 0, 0), 0xff123456);
	wl_surface_set_buffer_scale(f.surface, 2);
	commit(&f, opaque.buffer);
	struct drive_cursor cursor = drive_read_cursor(f.output);
	assert_int_equal(cursor.width, 16);
	assert_int_equal(cursor.height, 16);
	assert_int_equal(drive_cursor_pixel(f.output, 2, 8), 0xff123456);
	assert_int_equal(drive_cursor_pixel(f.output, 13, 8), 0xffabcdef);
	wl_surface_set_buffer_transform(f.surface, WL_OUTPUT_TRANSFORM_180);
	commit(&f, opaque.buffer);
	assert_int_equal(drive_cursor_pixel(f.output, 13, 8), 0xff123456);
	wl_surface_set_buffer_transform(f.surface, WL_OUTPUT_TRANSFORM_NORMAL);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(f.client->viewporter, f.surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(8), 0, wl_fixed_from_int(8),
			       wl_fixed_from_int(16));
	wp_viewport_set_destination(viewport, 40, 30);
	commit(&f, opaque.buffer);
	cursor = drive_read_cursor(f.output);
	assert_int_equal(cursor.width, 40);
	assert_int_equal(cursor.height, 30);
	assert_int_equal(drive_cursor_pixel(f.output, 20, 15), 0xffabcdef);
	shm_buffer_destroy(&opaque);
	finish(&f);
}

static void hidden_ones(void)
{
	struct fixture f;

	setup(&f);
	wl_pointer_set_cursor(f.hands.pointer, f.hands.enter_serial, NULL, 0, 0);
	settle(f.client);
	assert_false(drive_read_cursor(f.output).shown);
	drive_motion(f.server, 3, 3);
	assert_false(drive_read_cursor(f.output).shown);
	commit(&f, f.buffer.buffer);
	assert_false(drive_read_cursor(f.output).shown);
	set(&f, 1, 1);
	assert_at(&f, 102, 102);
	commit(&f, NULL);
	assert_false(drive_read_cursor(f.output).shown);
	commit(&f, f.buffer.buffer);
	assert_at(&f, 102, 102);
	/* It goes while it is shown. */
	wl_surface_destroy(f.surface);
	settle(f.client);
	assert_false(drive_read_cursor(f.output).shown);
	drive_motion(f.server, 1, 1);
	assert_false(drive_read_cursor(f.output).shown);
	f.surface = wl_compositor_create_surface(f.client->compositor);
	finish(&f);
}

static void whose_it_is(void)
{
	struct fixture f;

	setup(&f);
	commit(&f, f.buffer.buffer);
	set(&f, 0, 0);
	assert_false(is_arrow(&f));
	/* Over somebody else's surface, or none, the arrow is back. */
	drive_to(f.server, 200, 100);
	assert_true(is_arrow(&f));
	/* Who has not the pointer, cannot set its picture. */
	set(&f, 0, 0);
	assert_true(is_arrow(&f));
	drive_to(f.server, 160, 0);
	set(&f, 0, 0);
	assert_true(is_arrow(&f));
	/* Nor with the serial of an earlier visit. */
	drive_to(f.server, 20, 20);
	set(&f, 0, 0);
	assert_true(is_arrow(&f));
	settle(f.client);
	wl_pointer_set_cursor(f.hands.pointer, f.hands.enter_serial + 1, NULL, 0, 0);
	wl_pointer_set_cursor(f.hands.pointer, f.hands.enter_serial - 1, NULL, 0, 0);
	wl_pointer_set_cursor(f.hands.pointer, 0, NULL, 0, 0);
	settle(f.client);
	assert_true(is_arrow(&f));
	/* With the right one the picture is what it was, without another commit. */
	set(&f, 2, 3);
	assert_at(&f, 18, 17);
	assert_int_equal(drive_cursor_pixel(f.output, 3, 2), BLUE);
	/* Two surfaces of a client. */
	struct wl_surface *child = subsurface_create(f.client, f.a.surface);
	struct shm_buffer buffer;
	surface_set_name(child, "child");
	shm_buffer_create(f.client, 10, 10, WL_SHM_FORMAT_XRGB8888, &buffer);
	wl_surface_attach(child, buffer.buffer, 0, 0);
	wl_surface_commit(child);
	wl_surface_commit(f.a.surface);
	settle(f.client);
	drive_to(f.server, 10, 10);
	assert_at(&f, 8, 7);
	assert_false(is_arrow(&f));
	/* The client ends. */
	hands_destroy(&f.hands);
	shm_buffer_destroy(&buffer);
	client_destroy(f.client);
	pump(f.test);
	assert_true(is_arrow(&f));
	f.buffer.buffer = NULL;
	shm_buffer_destroy(&f.buffer);
	test_destroy(f.test);
}

static void far_hot_spots(void)
{
	static const int32_t far[] = {INT32_MIN, -100000, 100000, INT32_MAX};
	struct fixture f;

	setup(&f);
	commit(&f, f.buffer.buffer);
	for (size_t i = 0; i < 4; i++) {
		set(&f, far[i], far[3 - i]);
		assert_false(drive_read_cursor(f.output).shown);
	}
	set(&f, -10, 40);
	assert_at(&f, 110, 60);
	struct drive_cursor cursor = drive_read_cursor(f.output);
	assert_int_equal(cursor.hot_x, 0);
	assert_int_equal(cursor.hot_y, 9);
	finish(&f);
}

static void large_ones_are_arrows(void)
{
	static const int32_t sizes[][2] = {{513, 1}, {1, 513}, {4000, 1000}};
	struct fixture f;
	struct shm_buffer large;

	setup(&f);
	set(&f, 0, 0);
	shm_buffer_create(f.client, 512, 512, WL_SHM_FORMAT_ARGB8888, &large);
	commit(&f, large.buffer);
	assert_int_equal(drive_read_cursor(f.output).width, 512);
	assert_null(strstr(f.test->log, "at most 512x512"));
	shm_buffer_destroy(&large);
	for (size_t i = 0; i < 3; i++) {
		shm_buffer_create(f.client, sizes[i][0], sizes[i][1], WL_SHM_FORMAT_ARGB8888,
				  &large);
		commit(&f, large.buffer);
		assert_true(is_arrow(&f));
		assert_at(&f, 100, 100);
		assert_int_equal(large.released, 1);
		shm_buffer_destroy(&large);
	}
	/* Said once. */
	char *first = strstr(f.test->log, "at most 512x512");
	assert_non_null(first);
	assert_null(strstr(first + 1, "at most 512x512"));
	commit(&f, f.buffer.buffer);
	assert_int_equal(drive_read_cursor(f.output).width, 16);
	finish(&f);
}

static void roles_are_for_good(void)
{
	struct fixture f;

	setup(&f);
	set(&f, 0, 0);
	struct client *bad = client_create(f.test);
	struct wl_surface *surface = wl_compositor_create_surface(bad->compositor);
	struct wl_surface *parent = wl_compositor_create_surface(bad->compositor);
	wl_subcompositor_get_subsurface(bad->subcompositor, surface, parent);
	/* Whoever has the pointer. */
	wl_pointer_set_cursor(wl_seat_get_pointer(bad->seat), 0, surface, 0, 0);
	expect_error(bad, &wl_pointer_interface, WL_POINTER_ERROR_ROLE,
		     "has the role wl_subsurface already");
	/* A cursor becomes nothing else. */
	wl_subcompositor_get_subsurface(f.client->subcompositor, f.surface, f.a.surface);
	expect_error(f.client, &wl_subcompositor_interface, WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE,
		     "has the role cursor already");
	expect_alive(f.other);
	shm_buffer_destroy(&f.buffer);
	test_destroy(f.test);
}

static void count_done(void *data, struct wl_callback *callback, uint32_t time)
{
	(*(unsigned *)data)++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = {.done = count_done};

/* As for an animation. */
static void frames_come_with_the_outputs(void)
{
	struct fixture f;
	unsigned frames = 0;

	setup(&f);
	set(&f, 0, 0);
	for (unsigned i = 1; i <= 5; i++) {
		shm_buffer_fill(&f.buffer, 0xff000000 + i);
		wl_callback_add_listener(wl_surface_frame(f.surface), &frame_listener, &frames);
		commit(&f, f.buffer.buffer);
		pump_until(f.test, &frames, i);
		assert_int_equal(drive_cursor_pixel(f.output, 15, 9), 0xff000000 + i);
		assert_int_equal(f.buffer.released, i);
	}
	/* Nor does one that is not shown wait for ever. */
	wl_pointer_set_cursor(f.hands.pointer, f.hands.enter_serial, NULL, 0, 0);
	wl_callback_add_listener(wl_surface_frame(f.surface), &frame_listener, &frames);
	commit(&f, f.buffer.buffer);
	pump_until(f.test, &frames, 6);
	finish(&f);
}

static void across_outputs(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2});
	struct client *client = client_create(test);
	struct drive_cursor left, right;

	drive_devices(test->server, POINTER);
	drive_to(test->server, 310, 20);
	left = drive_read_cursor(test->outputs[0]);
	right = drive_read_cursor(test->outputs[1]);
	assert_true(left.shown && right.shown);
	assert_int_equal(left.x, 310);
	assert_int_equal(right.x, -10);
	assert_int_equal(right.y, 20);
	drive_to(test->server, 100, 20);
	assert_false(drive_read_cursor(test->outputs[1]).shown);
	drive_to(test->server, 320, 20);
	assert_false(drive_read_cursor(test->outputs[0]).shown);
	assert_int_equal(drive_read_cursor(test->outputs[1]).x, 0);
	lend_output_destroy(test->outputs[0]);
	assert_true(drive_read_cursor(test->outputs[1]).shown);
	assert_int_equal(drive_read_cursor(test->outputs[1]).x, 319);
	settle(client);
	lend_output_destroy(test->outputs[1]);
	settle(client);
	test_destroy(test);
}

/* Its frame callbacks, when the output goes that it is on. */
static void outputs_go_below_a_cursor(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2, .refresh = 10000});
	struct client *client = client_create(test);
	struct hands hands;
	struct pane pane;
	struct shm_buffer buffer;
	unsigned frames = 0;

	drive_devices(test->server, POINTER);
	hands_create(client, POINTER, &hands);
	drive_to(test->server, 100, 100);
	pane_create(client, "a", 320, 240, &pane);
	pump_frame(test, test->outputs[0]);
	settle(client);
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	shm_buffer_create(client, 16, 16, WL_SHM_FORMAT_ARGB8888, &buffer);
	wl_pointer_set_cursor(hands.pointer, hands.enter_serial, surface, 0, 0);
	for (int i = 0; i < 2; i++) {
		wl_surface_attach(surface, buffer.buffer, 0, 0);
		wl_callback_add_listener(wl_surface_frame(surface), &frame_listener, &frames);
		wl_surface_commit(surface);
		client_roundtrip(client);
		lend_output_destroy(test->outputs[i]);
		pump_until(test, &frames, (unsigned)i + 1);
	}
	expect_alive(client);
	shm_buffer_destroy(&buffer);
	hands_destroy(&hands);
	test_destroy(test);
}

static const struct harness_test tests[] = {
	{"nothing_before_it_is_used", nothing_before_it_is_used},
	{"an_arrow_by_default", an_arrow_by_default},
	{"a_clients_picture", a_clients_picture},
	{"formats_scales_and_crops", formats_scales_and_crops},
	{"hidden_ones", hidden_ones},
	{"whose_it_is", whose_it_is},
	{"far_hot_spots", far_hot_spots},
	{"large_ones_are_arrows", large_ones_are_arrows},
	{"roles_are_for_good", roles_are_for_good},
	{"frames_come_with_the_outputs", frames_come_with_the_outputs},
	{"across_outputs", across_outputs},
	{"outputs_go_below_a_cursor", outputs_go_below_a_cursor},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
