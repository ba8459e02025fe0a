/* SPDX-License-Identifier: MIT */
/* wl_seat: it is there, and has no devices. */
#include "shell.h"

#include <stdio.h>
#include <string.h>

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

int main(int argc, char **argv)
{
	static const struct harness_test tests[] = {
		{"has_a_name_and_nothing_else", has_a_name_and_nothing_else},
		{"devices_are_missing", devices_are_missing},
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
