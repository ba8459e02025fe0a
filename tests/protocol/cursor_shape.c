/* SPDX-License-Identifier: MIT */
/* wp_cursor_shape: pictures by their names. Without a theme each of them is the arrow. */
#include "hands.h"

#include <stdio.h>
#include <string.h>

#include "cursor-shape-client-protocol.h"

struct fixture {
	struct test *test;
	struct lend_server *server;
	struct lend_output *output;
	struct client *client, *other;
	struct hands hands;
	struct pane pane, beside;
	struct wp_cursor_shape_manager_v1 *manager;
	struct wp_cursor_shape_device_v1 *device;
};

static void setup_with(struct fixture *f, uint32_t version)
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
	pane_create(f->client, "pane", 148, 224, &f->pane);
	pane_create(f->other, "beside", 148, 224, &f->beside);
	f->manager = bind_again(f->client, &wp_cursor_shape_manager_v1_interface, version, 0);
	f->device = wp_cursor_shape_manager_v1_get_pointer(f->manager, f->hands.pointer);
	settle(f->client);
}

static void setup(struct fixture *f)
{
	setup_with(f, 1);
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->hands);
	test_destroy(f->test);
}

static bool is_shown(struct fixture *f)
{
	settle(f->client);
	return drive_read_cursor(f->output).shown;
}

static void hide(struct fixture *f)
{
	wl_pointer_set_cursor(f->hands.pointer, f->hands.enter_serial, NULL, 0, 0);
	assert_false(is_shown(f));
}

static void no_such_shape(void)
{
	static const struct {
		uint32_t version, shape;
	} cases[] = {{1, 0}, {1, 35}, {1, UINT32_MAX}, {2, 0}, {2, 37}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		if ((int)cases[i].version > wp_cursor_shape_manager_v1_interface.version)
			continue;
		setup_with(&f, cases[i].version);
		/* Whatever the serial. */
		wp_cursor_shape_device_v1_set_shape(f.device, 0, cases[i].shape);
		expect_error(f.client, &wp_cursor_shape_device_v1_interface,
			     WP_CURSOR_SHAPE_DEVICE_V1_ERROR_INVALID_SHAPE, "is no shape");
		expect_alive(f.other);
		finish(&f);
	}
}

static void only_who_has_the_pointer_may(void)
{
	struct fixture f;

	setup(&f);
	hide(&f);
	wp_cursor_shape_device_v1_set_shape(f.device, f.hands.enter_serial - 1, 1);
	assert_false(is_shown(&f));
	wp_cursor_shape_device_v1_set_shape(f.device, f.hands.enter_serial, 1);
	assert_true(is_shown(&f));
	drive_to(f.server, 250, 100);
	uint64_t serial = drive_read_cursor(f.output).serial;
	wp_cursor_shape_device_v1_set_shape(f.device, f.hands.enter_serial, 9);
	settle(f.client);
	assert_int_equal(drive_read_cursor(f.output).serial, serial);
	finish(&f);
}

static void every_shape_is_shown(void)
{
	struct fixture f;
	uint64_t serials[35] = {0};

	setup(&f);
	for (uint32_t shape = 1; shape <= 34; shape++) {
		hide(&f);
		wp_cursor_shape_device_v1_set_shape(f.device, f.hands.enter_serial, shape);
		assert_true(is_shown(&f));
		serials[shape] = drive_read_cursor(f.output).serial;
		for (uint32_t i = 1; i < shape; i++)
			assert_int_not_equal(serials[shape], serials[i]);
	}
	/* The next time they are the same. */
	wp_cursor_shape_device_v1_set_shape(f.device, f.hands.enter_serial, 9);
	settle(f.client);
	assert_int_equal(drive_read_cursor(f.output).serial, serials[9]);
	finish(&f);
}

static void pointers_go(void)
{
	struct fixture f;

	setup(&f);
	drive_devices(f.server, 0);
	settle(f.client);
	wp_cursor_shape_device_v1_set_shape(f.device, f.hands.enter_serial, 1);
	wp_cursor_shape_manager_v1_get_pointer(f.manager, f.hands.pointer);
	wp_cursor_shape_manager_v1_destroy(f.manager);
	expect_alive(f.client);
	wp_cursor_shape_device_v1_destroy(f.device);
	expect_alive(f.client);
	finish(&f);
}

static const struct harness_test tests[] = {
	{"no_such_shape", no_such_shape},
	{"only_who_has_the_pointer_may", only_who_has_the_pointer_may},
	{"every_shape_is_shown", every_shape_is_shown},
	{"pointers_go", pointers_go},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
