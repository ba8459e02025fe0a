/* SPDX-License-Identifier: MIT */
/* wl_seat: it is there, has no devices at first, and gets and loses some. */
#include "hands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct events {
	char name[32];
	unsigned names, capabilities_events;
	uint32_t capabilities;
};

static void handle_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities)
{
	struct events *events = data;

	events->capabilities = capabilities;
	events->capabilities_events++;
}

static void handle_name(void *data, struct wl_seat *seat, const char *name)
{
	struct events *events = data;

	snprintf(events->name, sizeof(events->name), "%s", name);
	events->names++;
}

static const struct wl_seat_listener listener = {
	.capabilities = handle_capabilities,
	.name = handle_name,
};

static struct events bind_seat(struct client *client, uint32_t version)
{
	struct events events = {.capabilities = 99};
	struct wl_seat *seat = bind_again(client, &wl_seat_interface, version, 0);

	wl_seat_add_listener(seat, &listener, &events);
	client_roundtrip(client);
	if (version >= WL_SEAT_RELEASE_SINCE_VERSION)
		wl_seat_release(seat);
	else
		wl_seat_destroy(seat);
	expect_alive(client);
	return events;
}

static void has_a_name_and_nothing_else(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct events events = bind_seat(client, 8);

	assert_int_equal(events.names, 1);
	assert_string_equal(events.name, "seat0");
	assert_int_equal(events.capabilities_events, 1);
	assert_int_equal(events.capabilities, 0);
	events = bind_seat(client, 1);
	assert_int_equal(events.names, 0);
	assert_int_equal(events.capabilities, 0);
	test_destroy(test);
}

static void ask_pointer(struct wl_seat *seat)
{
	wl_seat_get_pointer(seat);
}

static void ask_keyboard(struct wl_seat *seat)
{
	wl_seat_get_keyboard(seat);
}

static void ask_touch(struct wl_seat *seat)
{
	wl_seat_get_touch(seat);
}

static void devices_are_missing(void)
{
	static const struct {
		void (*ask)(struct wl_seat *seat);
		const char *words;
	} rows[] = {
		{ask_pointer, "get_pointer: the seat has no pointer"},
		{ask_keyboard, "get_keyboard: the seat has no keyboard"},
		{ask_touch, "get_touch: the seat has no touch device"},
	};
	struct test *test = test_create(NULL);
	struct client *bystander = client_create(test);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client *client = client_create(test);
		rows[i].ask(client->seat);
		expect_error(client, &wl_seat_interface, WL_SEAT_ERROR_MISSING_CAPABILITY,
			     rows[i].words);
		expect_alive(bystander);
	}
	test_destroy(test);
}

/* ---- devices that come and go --------------------------------------------------------------- */

static void devices_come_and_go(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct hands hands, anew;
	struct pane pane;

	hands_create(client, 0, &hands);
	assert_int_equal(hands.capabilities, 0);
	pane_create(client, "a", 320, 240, &pane);
	drive_devices(test->server, POINTER | KEYBOARD | TOUCH);
	settle(client);
	assert_int_equal(hands.capabilities, WL_SEAT_CAPABILITY_POINTER |
						     WL_SEAT_CAPABILITY_KEYBOARD |
						     WL_SEAT_CAPABILITY_TOUCH);
	drive_devices(test->server, POINTER | KEYBOARD | TOUCH);
	settle(client);
	assert_int_equal(hands.capability_events, 1);
	hands_take(&hands, POINTER | KEYBOARD | TOUCH);
	hands_expect(&hands, "enter(a,160,120) frame focus(a) mods(0,0,0,0)");
	drive_button(test->server, BTN_LEFT, true);
	drive_key(test->server, KEY_A, true);
	drive_touch_down(test->server, 3, NULL, 0.5, 0.5);
	drive_touch_frame(test->server);
	hands_expect(&hands, "press(0) frame keydown(30) down(3,a,160,120) frame");
	/* All at once: what was pressed is let go, and the objects do nothing any more. */
	drive_devices(test->server, 0);
	hands_expect(&hands, "leave(a) frame unfocus(a) cancel");
	assert_int_equal(hands.capabilities, 0);
	drive_motion(test->server, 5, 5);
	drive_click(test->server);
	drive_axis(test->server, 0, 0, 1, 120);
	drive_frame(test->server);
	drive_key(test->server, KEY_B, true);
	drive_touch_down(test->server, 4, NULL, 0.5, 0.5);
	drive_touch_motion(test->server, 3, NULL, 0.5, 0.5);
	drive_touch_up(test->server, 3);
	drive_touch_frame(test->server);
	hands_expect(&hands, "");
	/* Asked for in the meantime: no error, nor events ever. */
	anew = (struct hands){.client = client, .keymap_fd = -1};
	hands_take(&anew, POINTER | KEYBOARD | TOUCH);
	wl_pointer_set_cursor(anew.pointer, hands.enter_serial, NULL, 0, 0);
	wl_pointer_set_cursor(hands.pointer, hands.enter_serial, pane.surface, 0, 0);
	drive_devices(test->server, POINTER | KEYBOARD | TOUCH);
	drive_motion(test->server, 5, 5);
	hands_expect(&hands, "");
	hands_expect(&anew, "");
	assert_int_equal(anew.keymap_fd, -1);
	hands_destroy(&anew);
	hands_destroy(&hands);
	/* Nothing is held down any more. */
	hands_take(&hands, POINTER | KEYBOARD | TOUCH);
	hands_expect(&hands, "enter(a,165,125) frame focus(a) mods(0,0,0,0)");
	drive_button(test->server, BTN_LEFT, false);
	drive_key(test->server, KEY_A, false);
	drive_touch_up(test->server, 3);
	hands_expect(&hands, "");
	hands_destroy(&hands);
	test_destroy(test);
}

static void each_device_by_itself(void)
{
	static const struct {
		unsigned device;
		const char *heard;
	} rows[] = {
		{POINTER, "enter(a,160,120) frame"},
		{KEYBOARD, "focus(a) mods(0,0,0,0)"},
		{TOUCH, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test *test = test_create(NULL);
		struct client *client = client_create(test);
		struct hands hands;
		struct pane pane;

		drive_devices(test->server, rows[i].device);
		hands_create(client, rows[i].device, &hands);
		assert_int_equal(hands.capabilities, rows[i].device);
		pane_create(client, "a", 320, 240, &pane);
		hands_expect(&hands, rows[i].heard);
		/* The others were never there. */
		if (rows[i].device != POINTER)
			wl_seat_get_pointer(client->seat);
		else
			wl_seat_get_keyboard(client->seat);
		expect_error(client, &wl_seat_interface, WL_SEAT_ERROR_MISSING_CAPABILITY,
			     "the seat has no");
		if (hands.keymap_fd >= 0)
			close(hands.keymap_fd);
		test_destroy(test);
	}
}

static void flapping_hurts_nobody(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct hands hands;
	struct pane pane;

	drive_devices(test->server, POINTER | KEYBOARD | TOUCH);
	hands_create(client, 0, &hands);
	pane_create(client, "a", 320, 240, &pane);
	for (unsigned i = 0; i < 300; i++) {
		struct hands passing = {.client = client, .keymap_fd = -1};
		drive_devices(test->server, i % 8);
		drive_motion(test->server, i % 7 - 3.0, i % 5 - 2.0);
		drive_key(test->server, i % KEY_CNT, i % 3);
		hands_take(&passing, i * 7 % 8);
		drive_touch_down(test->server, (int32_t)i % 4, NULL, 0.5, 0.5);
		drive_touch_frame(test->server);
		if (i % 2)
			client_roundtrip(client);
		hands_destroy(&passing);
	}
	drive_devices(test->server, POINTER);
	settle(client);
	assert_int_equal(hands.capabilities, POINTER);
	hands_take(&hands, POINTER);
	drive_absolute(test->server, NULL, 0, 0);
	drive_absolute(test->server, NULL, 0.5, 0.5);
	settle(client);
	assert_non_null(strstr(hands.text, "motion(160,120) frame"));
	hands_destroy(&hands);
	test_destroy(test);
}

int main(int argc, char **argv)
{
	static const struct harness_test tests[] = {
		{"has_a_name_and_nothing_else", has_a_name_and_nothing_else},
		{"devices_are_missing", devices_are_missing},
		{"devices_come_and_go", devices_come_and_go},
		{"each_device_by_itself", each_device_by_itself},
		{"flapping_hurts_nobody", flapping_hurts_nobody},
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
