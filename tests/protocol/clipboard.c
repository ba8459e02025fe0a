/* SPDX-License-Identifier: MIT */
/* wl_data_device: copying in one client and pasting in another. */
#include "hands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TYPE "text/plain;charset=utf-8"

/* A client's side of the clipboard. */
struct desk {
	struct client *client;
	struct pane pane;
	struct wl_data_device *device;
	struct wl_data_source *source;
	struct wl_data_offer *offered, *selection;
	unsigned types, selections, cancelled, sent;
};

struct fixture {
	struct test *test;
	struct desk left, right;
};

/* ---- what is heard -------------------------------------------------------------------------- */

static void handle_type(void *data, struct wl_data_offer *offer, const char *type)
{
	struct desk *desk = data;

	desk->types += strcmp(type, TYPE) == 0;
}

static void ignore_actions(void *data, struct wl_data_offer *offer, uint32_t actions) {}

static const struct wl_data_offer_listener offer_listener = {
	.offer = handle_type,
	.source_actions = ignore_actions,
	.action = ignore_actions,
};

static void handle_data_offer(void *data, struct wl_data_device *device,
			      struct wl_data_offer *offer)
{
	struct desk *desk = data;

	desk->offered = offer;
	wl_data_offer_add_listener(offer, &offer_listener, desk);
}

static void handle_selection(void *data, struct wl_data_device *device, struct wl_data_offer *offer)
{
	struct desk *desk = data;

	assert_ptr_equal(offer, desk->offered);
	if (desk->selection)
		wl_data_offer_destroy(desk->selection);
	desk->selection = offer;
	desk->offered = NULL;
	desk->selections++;
}

static void ignore_enter(void *data, struct wl_data_device *device, uint32_t serial,
			 struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y,
			 struct wl_data_offer *offer)
{
}

static void ignore_leave(void *data, struct wl_data_device *device) {}

static void ignore_motion(void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x,
			  wl_fixed_t y)
{
}

static const struct wl_data_device_listener device_listener = {
	.data_offer = handle_data_offer,
	.enter = ignore_enter,
	.leave = ignore_leave,
	.motion = ignore_motion,
	.drop = ignore_leave,
	.selection = handle_selection,
};

static void ignore_target(void *data, struct wl_data_source *source, const char *type) {}

static void handle_send(void *data, struct wl_data_source *source, const char *type, int32_t fd)
{
	struct desk *desk = data;

	assert_string_equal(type, TYPE);
	assert_int_equal(write(fd, "hello", 5), 5);
	close(fd);
	desk->sent++;
}

static void handle_cancelled(void *data, struct wl_data_source *source)
{
	struct desk *desk = data;

	desk->cancelled++;
}

static void ignore_source(void *data, struct wl_data_source *source) {}

static void ignore_action(void *data, struct wl_data_source *source, uint32_t action) {}

static const struct wl_data_source_listener source_listener = {
	.target = ignore_target,
	.send = handle_send,
	.cancelled = handle_cancelled,
	.dnd_drop_performed = ignore_source,
	.dnd_finished = ignore_source,
	.action = ignore_action,
};

/* ---- desks ---------------------------------------------------------------------------------- */

static void desk_create(struct test *test, const char *name, struct desk *desk)
{
	desk->client = client_create(test);
	desk->device = wl_data_device_manager_get_data_device(desk->client->data_manager,
							      desk->client->seat);
	wl_data_device_add_listener(desk->device, &device_listener, desk);
	pane_create(desk->client, name, 148, 224, &desk->pane);
}

static void desk_destroy(struct desk *desk)
{
	if (desk->selection)
		wl_data_offer_destroy(desk->selection);
	if (desk->source)
		wl_data_source_destroy(desk->source);
	wl_data_device_release(desk->device);
}

static void copy_with(struct desk *desk, uint32_t serial)
{
	if (desk->source)
		wl_data_source_destroy(desk->source);
	desk->source = wl_data_device_manager_create_data_source(desk->client->data_manager);
	wl_data_source_add_listener(desk->source, &source_listener, desk);
	wl_data_source_offer(desk->source, TYPE);
	wl_data_device_set_selection(desk->device, desk->source, serial);
	client_roundtrip(desk->client);
	pump(desk->client->test);
}

static void copy(struct desk *desk)
{
	copy_with(desk, 0);
}

/* The left one has the keys at first. */
static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	drive_devices(f->test->server, POINTER | KEYBOARD);
	desk_create(f->test, "right", &f->right);
	desk_create(f->test, "left", &f->left);
	pump(f->test);
}

/* Both windows are left and right, in the order in which they came. */
static void click(struct fixture *f, double x)
{
	drive_to(f->test->server, x, 100);
	drive_button(f->test->server, BTN_LEFT, true);
	drive_button(f->test->server, BTN_LEFT, false);
	pump(f->test);
}

static void finish(struct fixture *f)
{
	desk_destroy(&f->left);
	desk_destroy(&f->right);
	test_destroy(f->test);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void what_one_copies_another_pastes(void)
{
	struct fixture f;
	char text[16] = "";
	int fds[2];

	setup(&f);
	copy(&f.left);
	assert_int_equal(f.left.selections, 2); /* nothing, when it got the keys; its own */
	unsigned before = f.right.selections;
	click(&f, 60);
	assert_int_equal(f.right.selections, before + 1);
	assert_non_null(f.right.selection);
	assert_int_equal(f.right.types, 1);
	assert_int_equal(pipe(fds), 0);
	wl_data_offer_receive(f.right.selection, TYPE, fds[1]);
	close(fds[1]);
	pump_until(f.test, &f.left.sent, 1);
	assert_int_equal(read(fds[0], text, sizeof(text)), 5);
	assert_int_equal(read(fds[0], text, sizeof(text)), 0); /* nobody holds the other end */
	assert_string_equal(text, "hello");
	close(fds[0]);
	finish(&f);
}

static void only_who_has_the_keys_may_copy(void)
{
	struct fixture f;

	setup(&f);
	copy(&f.right);
	assert_int_equal(f.right.cancelled, 1);
	assert_null(f.left.selection);
	copy(&f.left);
	assert_int_equal(f.left.cancelled, 0);
	click(&f, 60);
	copy(&f.right);
	assert_int_equal(f.left.cancelled, 1);
	finish(&f);
}

static void what_is_gone_is_not_offered(void)
{
	struct fixture f;
	int fds[2];
	char byte;

	setup(&f);
	copy(&f.left);
	click(&f, 60);
	struct wl_data_offer *stale = f.right.selection;
	assert_non_null(stale);
	f.right.selection = NULL;
	client_destroy(f.left.client);
	f.left.client = NULL;
	pump(f.test);
	assert_null(f.right.selection);
	/* An offer of it that is kept gives an end at once. */
	assert_int_equal(pipe(fds), 0);
	wl_data_offer_receive(stale, TYPE, fds[1]);
	close(fds[1]);
	client_roundtrip(f.right.client);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	wl_data_offer_destroy(stale);
	expect_alive(f.right.client);
	desk_destroy(&f.right);
	test_destroy(f.test);
}

/* The keys may have gone on meanwhile. What another copied with them since stays. */
static void who_had_the_keys_a_moment_ago(void)
{
	struct fixture f;
	struct hands hands;

	setup(&f);
	hands_create(f.left.client, KEYBOARD, &hands);
	click(&f, 60);
	click(&f, 260);
	drive_key(f.test->server, KEY_A, true);
	drive_key(f.test->server, KEY_A, false);
	settle(f.left.client);
	click(&f, 60);
	copy_with(&f.left, hands.key_serial);
	assert_int_equal(f.left.cancelled, 0);
	assert_non_null(f.right.selection);
	copy(&f.right);
	assert_int_equal(f.left.cancelled, 1);
	copy_with(&f.left, hands.key_serial);
	assert_int_equal(f.left.cancelled, 2);
	hands_destroy(&hands);
	finish(&f);
}

static const struct harness_test tests[] = {
	{"what_one_copies_another_pastes", what_one_copies_another_pastes},
	{"only_who_has_the_keys_may_copy", only_who_has_the_keys_may_copy},
	{"who_had_the_keys_a_moment_ago", who_had_the_keys_a_moment_ago},
	{"what_is_gone_is_not_offered", what_is_gone_is_not_offered},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
