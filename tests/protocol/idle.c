/* SPDX-License-Identifier: MIT */
/* ext_idle_notify and zwp_idle_inhibit. */
#include "hands.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ext-idle-notify-client-protocol.h"
#include "idle-inhibit-client-protocol.h"

#define SHORT 30 /* ms */
#define LONG  3600000

struct watch {
	struct ext_idle_notification_v1 *proxy;
	unsigned idled, resumed;
};

struct fixture {
	struct test *test;
	struct lend_server *server;
	struct client *client;
	struct ext_idle_notifier_v1 *notifier;
	struct zwp_idle_inhibit_manager_v1 *manager;
	struct pane pane;
};

static void handle_idled(void *data, struct ext_idle_notification_v1 *proxy)
{
	((struct watch *)data)->idled++;
}

static void handle_resumed(void *data, struct ext_idle_notification_v1 *proxy)
{
	((struct watch *)data)->resumed++;
}

static const struct ext_idle_notification_v1_listener listener = {handle_idled, handle_resumed};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(NULL);
	f->server = f->test->server;
	drive_devices(f->server, POINTER | KEYBOARD | TOUCH);
	f->client = client_create(f->test);
	f->notifier = bind_again(f->client, &ext_idle_notifier_v1_interface, 1, 0);
	f->manager = bind_again(f->client, &zwp_idle_inhibit_manager_v1_interface, 1, 0);
	pane_create(f->client, "pane", 320, 240, &f->pane);
}

static void watch(struct fixture *f, uint32_t timeout, struct watch *watch)
{
	*watch = (struct watch){
		ext_idle_notifier_v1_get_idle_notification(f->notifier, timeout, f->client->seat)};
	ext_idle_notification_v1_add_listener(watch->proxy, &listener, watch);
	client_roundtrip(f->client);
}

/* What is to have happened by now has. */
static void pass(struct fixture *f, int ms)
{
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	do {
		pump_once(f->test, 10);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - end.tv_sec) * 1000 + (now.tv_nsec - end.tv_nsec) / 1000000 < ms);
	client_roundtrip(f->client);
}

/* ---- hostile -------------------------------------------------------------------------------- */

static void they_may_go_in_any_order(void)
{
	struct fixture f;
	struct watch watches[20];

	setup(&f);
	for (size_t i = 0; i < 20; i++)
		watch(&f, i % 2 ? UINT32_MAX : 0, &watches[i]);
	struct wl_surface *surface = wl_compositor_create_surface(f.client->compositor);
	struct zwp_idle_inhibitor_v1 *first =
		zwp_idle_inhibit_manager_v1_create_inhibitor(f.manager, surface);
	zwp_idle_inhibit_manager_v1_create_inhibitor(f.manager, surface);
	wl_surface_destroy(surface);
	zwp_idle_inhibitor_v1_destroy(first);
	expect_alive(f.client);
	ext_idle_notification_v1_destroy(watches[3].proxy);
	ext_idle_notification_v1_destroy(watches[4].proxy);
	ext_idle_notifier_v1_destroy(f.notifier);
	drive_motion(f.server, 1, 1);
	expect_alive(f.client);
	client_destroy(f.client);
	pump(f.test);
	drive_motion(f.server, 1, 1);
	test_destroy(f.test);
}

/* ---- idle ----------------------------------------------------------------------------------- */

static void all_that_users_do_counts(void)
{
	struct fixture f;
	struct watch soon, never;
	struct lend_output *output;

	setup(&f);
	output = f.test->outputs[0];
	watch(&f, SHORT, &soon);
	watch(&f, LONG, &never);
	for (unsigned i = 0; i < 7; i++) {
		pump_until(f.test, &soon.idled, i + 1);
		assert_int_equal(soon.resumed, i);
		switch (i) {
		case 0: drive_motion(f.server, 1, 1); break;
		case 1: drive_absolute(f.server, output, 0.5, 0.5); break;
		case 2: drive_button(f.server, BTN_LEFT, true); break;
		case 3: drive_axis(f.server, 0, 0, 10, 120); break;
		case 4: drive_key(f.server, KEY_A, true); break;
		case 5: drive_touch_down(f.server, 1, output, 0.5, 0.5); break;
		case 6: drive_touch_up(f.server, 1); break;
		}
		client_roundtrip(f.client);
		assert_int_equal(soon.resumed, i + 1);
	}
	assert_int_equal(never.idled, 0);
	assert_int_equal(never.resumed, 0);
	test_destroy(f.test);
}

static void no_time_at_all_is_soon(void)
{
	struct fixture f;
	struct watch soon;

	setup(&f);
	watch(&f, 0, &soon);
	pump_until(f.test, &soon.idled, 1);
	test_destroy(f.test);
}

/* ---- inhibited ------------------------------------------------------------------------------ */

static void what_is_seen_inhibits(void)
{
	struct fixture f;
	struct watch soon;

	setup(&f);
	assert_false(drive_is_inhibited(f.server));
	struct zwp_idle_inhibitor_v1 *inhibitor =
		zwp_idle_inhibit_manager_v1_create_inhibitor(f.manager, f.pane.surface);
	client_roundtrip(f.client);
	assert_true(drive_is_inhibited(f.server));
	watch(&f, SHORT, &soon);
	pass(&f, 5 * SHORT);
	assert_int_equal(soon.idled, 0);
	zwp_idle_inhibitor_v1_destroy(inhibitor);
	client_roundtrip(f.client);
	assert_false(drive_is_inhibited(f.server));
	pump_until(f.test, &soon.idled, 1);
	test_destroy(f.test);
}

static void what_is_hidden_does_not(void)
{
	struct fixture f;
	struct watch soon;
	struct pane above;

	setup(&f);
	zwp_idle_inhibit_manager_v1_create_inhibitor(f.manager, f.pane.surface);
	watch(&f, SHORT, &soon);
	client_roundtrip(f.client);
	assert_true(drive_is_inhibited(f.server));
	pane_create(f.client, "above", 320, 240, &above);
	assert_false(drive_is_inhibited(f.server));
	pump_until(f.test, &soon.idled, 1);
	pane_destroy(&above);
	settle(f.client);
	assert_true(drive_is_inhibited(f.server));
	pane_destroy(&f.pane);
	settle(f.client);
	assert_false(drive_is_inhibited(f.server));
	test_destroy(f.test);
}

static const struct harness_test tests[] = {
	{"they_may_go_in_any_order", they_may_go_in_any_order},
	{"all_that_users_do_counts", all_that_users_do_counts},
	{"no_time_at_all_is_soon", no_time_at_all_is_soon},
	{"what_is_seen_inhibits", what_is_seen_inhibits},
	{"what_is_hidden_does_not", what_is_hidden_does_not},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
