/* SPDX-License-Identifier: MIT */
/* zwp_pointer_constraints and zwp_relative_pointer. */
#include "hands.h"

#include <stdio.h>
#include <string.h>

#include "pointer-constraints-client-protocol.h"
#include "relative-pointer-client-protocol.h"

#define ONESHOT	   ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT
#define PERSISTENT ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT

struct fixture {
	struct test *test;
	struct lend_server *server;
	struct client *client, *other;
	struct hands hands;
	struct pane pane, beside; /* at 8,8 and 164,8; both 148x224 */
	struct zwp_pointer_constraints_v1 *constraints;
	struct zwp_relative_pointer_manager_v1 *relatives;
	struct zwp_relative_pointer_v1 *relative;
	int held; /* 1: locked or confined; 0: not any more, or not yet */
	unsigned changes;
	unsigned motions;
	double dx, dy, raw_dx, raw_dy;
	uint64_t time;
};

static void handle_held(void *data, struct zwp_locked_pointer_v1 *locked)
{
	struct fixture *f = data;

	f->held++;
	f->changes++;
}

static void handle_free(void *data, struct zwp_locked_pointer_v1 *locked)
{
	struct fixture *f = data;

	f->held--;
	f->changes++;
}

static const struct zwp_locked_pointer_v1_listener locked_listener = {handle_held, handle_free};

static void handle_confined(void *data, struct zwp_confined_pointer_v1 *confined)
{
	handle_held(data, NULL);
}

static void handle_unconfined(void *data, struct zwp_confined_pointer_v1 *confined)
{
	handle_free(data, NULL);
}

static const struct zwp_confined_pointer_v1_listener confined_listener = {handle_confined,
									  handle_unconfined};

static void handle_relative(void *data, struct zwp_relative_pointer_v1 *relative, uint32_t high,
			    uint32_t low, wl_fixed_t dx, wl_fixed_t dy, wl_fixed_t raw_dx,
			    wl_fixed_t raw_dy)
{
	struct fixture *f = data;

	f->motions++;
	f->time = (uint64_t)high << 32 | low;
	f->dx = wl_fixed_to_double(dx);
	f->dy = wl_fixed_to_double(dy);
	f->raw_dx = wl_fixed_to_double(raw_dx);
	f->raw_dy = wl_fixed_to_double(raw_dy);
}

static const struct zwp_relative_pointer_v1_listener relative_listener = {handle_relative};

/* The pointer is at 100,100 of the outputs, and the client has the keys. */
static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	f->server = f->test->server;
	drive_devices(f->server, POINTER | KEYBOARD);
	drive_to(f->server, 100, 100);
	f->client = client_create(f->test);
	f->other = client_create(f->test);
	hands_create(f->client, POINTER, &f->hands);
	pane_create(f->client, "pane", 148, 224, &f->pane);
	pane_create(f->other, "beside", 148, 224, &f->beside);
	f->constraints = bind_again(f->client, &zwp_pointer_constraints_v1_interface, 1, 0);
	f->relatives = bind_again(f->client, &zwp_relative_pointer_manager_v1_interface, 1, 0);
	f->relative = zwp_relative_pointer_manager_v1_get_relative_pointer(f->relatives,
									   f->hands.pointer);
	zwp_relative_pointer_v1_add_listener(f->relative, &relative_listener, f);
	drive_click(f->server); /* the keys follow */
	hands_forget(&f->hands);
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->hands);
	test_destroy(f->test);
}

static struct wl_region *make_region(struct fixture *f, int x, int y, int width, int height)
{
	struct wl_region *region = wl_compositor_create_region(f->client->compositor);

	wl_region_add(region, x, y, width, height);
	return region;
}

static struct zwp_locked_pointer_v1 *lock(struct fixture *f, struct wl_region *region,
					  uint32_t lifetime)
{
	struct zwp_locked_pointer_v1 *locked = zwp_pointer_constraints_v1_lock_pointer(
		f->constraints, f->pane.surface, f->hands.pointer, region, lifetime);

	zwp_locked_pointer_v1_add_listener(locked, &locked_listener, f);
	settle(f->client);
	return locked;
}

static struct zwp_confined_pointer_v1 *keep_in(struct fixture *f, struct wl_region *region,
					       uint32_t lifetime)
{
	struct zwp_confined_pointer_v1 *confined = zwp_pointer_constraints_v1_confine_pointer(
		f->constraints, f->pane.surface, f->hands.pointer, region, lifetime);

	zwp_confined_pointer_v1_add_listener(confined, &confined_listener, f);
	settle(f->client);
	return confined;
}

static void assert_at(const struct fixture *f, double x, double y)
{
	double is_x, is_y;

	drive_where(f->server, &is_x, &is_y);
	assert_float_equal((float)is_x, (float)x, 1 / 128.0f);
	assert_float_equal((float)is_y, (float)y, 1 / 128.0f);
}

/* ---- hostile -------------------------------------------------------------------------------- */

static void one_for_each_surface(void)
{
	struct fixture f;

	setup(&f);
	lock(&f, NULL, PERSISTENT);
	zwp_pointer_constraints_v1_confine_pointer(f.constraints, f.pane.surface, f.hands.pointer,
						   NULL, PERSISTENT);
	expect_error(f.client, &zwp_pointer_constraints_v1_interface,
		     ZWP_POINTER_CONSTRAINTS_V1_ERROR_ALREADY_CONSTRAINED,
		     "has the constraint zwp_locked_pointer_v1@");
	expect_alive(f.other);
	finish(&f);
}

static void no_such_lifetime(void)
{
	struct fixture f;

	setup(&f);
	zwp_pointer_constraints_v1_lock_pointer(f.constraints, f.pane.surface, f.hands.pointer,
						NULL, 3);
	expect_invalid(f.client, "3 is no lifetime");
	finish(&f);
}

static void many_relative_pointers(void)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 64; i++)
		zwp_relative_pointer_manager_v1_get_relative_pointer(f.relatives, f.hands.pointer);
	expect_no_memory(f.client, "get_relative_pointer: the client has 64 of them already");
	expect_alive(f.other);
	finish(&f);
}

static void surfaces_and_clients_go(void)
{
	struct fixture f;

	setup(&f);
	struct zwp_locked_pointer_v1 *locked = lock(&f, NULL, PERSISTENT);
	assert_int_equal(f.held, 1);
	pane_destroy(&f.pane);
	settle(f.client);
	drive_motion(f.server, 5, 5);
	assert_at(&f, 105, 105);
	zwp_locked_pointer_v1_set_region(locked, NULL);
	zwp_locked_pointer_v1_set_cursor_position_hint(locked, 0, 0);
	zwp_locked_pointer_v1_destroy(locked);
	expect_alive(f.client);
	pane_create(f.client, "pane", 148, 224, &f.pane);
	drive_to(f.server, 250, 100);
	drive_click(f.server);
	settle(f.client);
	lock(&f, NULL, PERSISTENT);
	client_destroy(f.client);
	pump(f.test);
	drive_motion(f.server, -5, 5);
	expect_alive(f.other);
	test_destroy(f.test);
}

/* ---- relative motion ------------------------------------------------------------------------ */

static void motion_is_told_in_frames(void)
{
	struct fixture f;

	setup(&f);
	drive_raw_motion(f.server, 3, -2.5, 6, -5);
	hands_expect(&f.hands, "motion(95,89.5) frame");
	assert_int_equal(f.motions, 1);
	assert_true(f.dx == 3 && f.dy == -2.5 && f.raw_dx == 6 && f.raw_dy == -5);
	assert_true(f.time > 0);
	/* Against the edge the pointer stays, but the mouse moves. */
	drive_to(f.server, 100, 0);
	hands_forget(&f.hands);
	f.motions = 0;
	drive_motion(f.server, 0, -10);
	settle(f.client);
	assert_int_equal(f.motions, 0); /* over no surface of the client */
	drive_to(f.server, 100, 100);
	hands_forget(&f.hands);
	f.motions = 0;
	/* Devices that know where they are move by what is between. */
	drive_absolute(f.server, NULL, 0.25, 0.5);
	drive_absolute(f.server, NULL, 0.3125, 0.25);
	settle(f.client);
	assert_int_equal(f.motions, 2);
	assert_true(f.dx == 20 && f.dy == -60 && f.raw_dx == 20);
	finish(&f);
}

static void only_who_has_the_pointer_hears(void)
{
	struct fixture f;

	setup(&f);
	drive_to(f.server, 250, 100);
	settle(f.client);
	f.motions = 0;
	drive_motion(f.server, 3, 3);
	settle(f.client);
	assert_int_equal(f.motions, 0);
	/* Without a device nobody does, nor with a pointer that was before. */
	drive_to(f.server, 100, 100);
	drive_devices(f.server, KEYBOARD);
	drive_devices(f.server, POINTER | KEYBOARD);
	settle(f.client);
	f.motions = 0;
	drive_motion(f.server, 3, 3);
	struct zwp_relative_pointer_v1 *stale =
		zwp_relative_pointer_manager_v1_get_relative_pointer(f.relatives, f.hands.pointer);
	settle(f.client);
	assert_int_equal(f.motions, 0);
	zwp_relative_pointer_v1_destroy(stale);
	expect_alive(f.client);
	finish(&f);
}

/* ---- locks ---------------------------------------------------------------------------------- */

static void a_lock_keeps_it_where_it_is(void)
{
	struct fixture f;

	setup(&f);
	struct zwp_locked_pointer_v1 *locked = lock(&f, NULL, ONESHOT);
	assert_int_equal(f.held, 1);
	hands_forget(&f.hands);
	f.motions = 0;
	drive_motion(f.server, 200, 3);
	drive_absolute(f.server, NULL, 0.9, 0.9);
	assert_at(&f, 100, 100);
	hands_expect(&f.hands, "frame frame"); /* of the relative motion */
	assert_int_equal(f.motions, 2);
	drive_click(f.server);
	hands_expect(&f.hands, "press(0) frame release(0) frame");
	/* The client lets go: the pointer is where it says. */
	zwp_locked_pointer_v1_set_cursor_position_hint(locked, wl_fixed_from_int(30),
						       wl_fixed_from_int(40));
	zwp_locked_pointer_v1_destroy(locked);
	settle(f.client);
	assert_at(&f, 100, 100); /* it was not committed */
	hands_expect(&f.hands, "");
	locked = lock(&f, NULL, PERSISTENT);
	zwp_locked_pointer_v1_set_cursor_position_hint(locked, wl_fixed_from_int(30),
						       wl_fixed_from_int(40));
	wl_surface_commit(f.pane.surface);
	zwp_locked_pointer_v1_destroy(locked);
	settle(f.client);
	assert_at(&f, 38, 48);
	hands_expect(&f.hands, "motion(30,40) frame");
	drive_motion(f.server, 1, 1);
	assert_at(&f, 39, 49);
	finish(&f);
}

static void hints_beside_the_surface_are_none(void)
{
	static const int hints[][2] = {{-1, 0}, {0, -1}, {148, 0}, {0, 224}, {100000, -100000}};
	struct fixture f;

	setup(&f);
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		struct zwp_locked_pointer_v1 *locked = lock(&f, NULL, PERSISTENT);
		zwp_locked_pointer_v1_set_cursor_position_hint(
			locked, wl_fixed_from_int(hints[i][0]), wl_fixed_from_int(hints[i][1]));
		wl_surface_commit(f.pane.surface);
		zwp_locked_pointer_v1_destroy(locked);
		settle(f.client);
		assert_at(&f, 100, 100);
	}
	finish(&f);
}

/* It holds once the pointer is there. */
static void a_lock_waits_for_its_region(void)
{
	struct fixture f;
	struct wl_region *region;

	setup(&f);
	region = make_region(&f, 0, 0, 50, 50);
	lock(&f, region, PERSISTENT);
	assert_int_equal(f.held, 0);
	drive_to(f.server, 8 + 51, 20);
	assert_int_equal(f.held, 0);
	drive_motion(f.server, -4, 0);
	settle(f.client);
	assert_int_equal(f.held, 1);
	drive_motion(f.server, -4, 0);
	assert_at(&f, 55, 20);
	wl_region_destroy(region);
	finish(&f);
}

/* By keys, or whatever gives another window the keys. */
static void who_loses_the_keys_loses_the_pointer(void)
{
	struct fixture f;

	setup(&f);
	lock(&f, NULL, PERSISTENT);
	assert_int_equal(f.held, 1);
	struct pane third;
	pane_create(f.other, "third", 100, 100, &third); /* it gets the keys */
	settle(f.client);
	assert_int_equal(f.held, 0);
	drive_motion(f.server, 0, -10);
	assert_at(&f, 100, 90);
	drive_to(f.server, 20, 20);
	drive_click(f.server);
	settle(f.client);
	assert_int_equal(f.held, 1);
	assert_int_equal(f.changes, 3);
	finish(&f);
}

/* One client's windows are as good as another's. */
static void another_window_of_the_client_takes_it(void)
{
	struct fixture f;
	struct pane third;

	setup(&f);
	lock(&f, NULL, PERSISTENT);
	assert_int_equal(f.held, 1);
	pane_create(f.client, "third", 100, 100, &third);
	settle(f.client);
	assert_int_equal(f.held, 0);
	pane_destroy(&third);
	settle(f.client);
	pane_destroy(&f.beside);
	settle(f.client);
	assert_int_equal(f.held, 1);
	finish(&f);
}

static void a_oneshot_holds_once(void)
{
	struct fixture f;

	setup(&f);
	struct zwp_locked_pointer_v1 *locked = lock(&f, NULL, ONESHOT);
	drive_devices(f.server, KEYBOARD);
	drive_devices(f.server, POINTER | KEYBOARD);
	settle(f.client);
	assert_int_equal(f.held, 0);
	assert_int_equal(f.changes, 2);
	drive_motion(f.server, 1, 1);
	assert_at(&f, 101, 101);
	/* There is room for another one. */
	struct zwp_locked_pointer_v1 *second = lock(&f, NULL, PERSISTENT);
	assert_int_equal(f.held, 1);
	drive_devices(f.server, KEYBOARD);
	drive_devices(f.server, POINTER | KEYBOARD);
	settle(f.client);
	assert_int_equal(f.held, 1);
	assert_int_equal(f.changes, 5);
	zwp_locked_pointer_v1_destroy(locked);
	zwp_locked_pointer_v1_destroy(second);
	finish(&f);
}

/* ---- confinement ---------------------------------------------------------------------------- */

static void it_stays_on_the_surface(void)
{
	struct fixture f;

	setup(&f);
	struct zwp_confined_pointer_v1 *confined = keep_in(&f, NULL, ONESHOT);
	assert_int_equal(f.held, 1);
	drive_motion(f.server, 1000, 10);
	assert_at(&f, 8 + 148, 110);
	drive_motion(f.server, -1000, -1000);
	assert_at(&f, 8, 8);
	drive_absolute(f.server, NULL, 1, 0.5);
	assert_at(&f, 8 + 148, 120);
	zwp_confined_pointer_v1_destroy(confined);
	settle(f.client);
	drive_motion(f.server, 20, 0);
	assert_at(&f, 176, 120);
	finish(&f);
}

/* As far as it is to be seen: it may be larger than its tile. */
static void it_stays_in_the_tile(void)
{
	struct fixture f;
	struct shm_buffer large;

	setup(&f);
	shm_buffer_create(f.client, 400, 400, WL_SHM_FORMAT_XRGB8888, &large);
	wl_surface_attach(f.pane.surface, large.buffer, 0, 0);
	wl_surface_commit(f.pane.surface);
	settle(f.client);
	keep_in(&f, NULL, ONESHOT);
	assert_int_equal(f.held, 1);
	drive_motion(f.server, 1000, 1000);
	assert_at(&f, 8 + 148, 8 + 224);
	assert_int_equal(f.changes, 1);
	shm_buffer_destroy(&large);
	finish(&f);
}

/* An L: from one arm to the other around the corner, not across. */
static void it_follows_the_edges(void)
{
	struct fixture f;
	struct wl_region *region;

	setup(&f);
	drive_to(f.server, 8 + 10, 8 + 10);
	region = make_region(&f, 0, 0, 20, 100);
	wl_region_add(region, 0, 80, 100, 20);
	wl_region_add(region, 60, 0, 20, 20); /* an island */
	keep_in(&f, region, ONESHOT);
	assert_int_equal(f.held, 1);
	drive_motion(f.server, 60, 0);
	assert_at(&f, 8 + 20, 8 + 10);
	drive_motion(f.server, 60, 30);
	assert_at(&f, 8 + 20, 8 + 40);
	drive_motion(f.server, 0, 50);
	assert_at(&f, 8 + 20, 8 + 90);
	drive_motion(f.server, 60, 0);
	assert_at(&f, 8 + 80, 8 + 90);
	drive_motion(f.server, 0, -85);
	assert_at(&f, 8 + 80, 8 + 80);
	drive_motion(f.server, -75, -70);
	assert_at(&f, 8 + 5, 8 + 10);
	wl_region_destroy(region);
	finish(&f);
}

static void the_region_may_change(void)
{
	struct fixture f;
	struct wl_region *region, *empty;

	setup(&f);
	struct zwp_confined_pointer_v1 *confined = keep_in(&f, NULL, PERSISTENT);
	region = make_region(&f, 10, 10, 20, 20);
	zwp_confined_pointer_v1_set_region(confined, region);
	settle(f.client);
	assert_at(&f, 100, 100);
	hands_forget(&f.hands);
	wl_surface_commit(f.pane.surface);
	settle(f.client);
	assert_at(&f, 8 + 30, 8 + 30);
	/* The input region counts too. */
	wl_region_add(region, 0, 0, 148, 224);
	zwp_confined_pointer_v1_set_region(confined, NULL);
	empty = make_region(&f, 0, 0, 148, 50);
	wl_surface_set_input_region(f.pane.surface, empty);
	wl_surface_commit(f.pane.surface);
	settle(f.client);
	drive_motion(f.server, 0, 100);
	assert_at(&f, 8 + 30, 8 + 50);
	/* Nowhere to be. */
	wl_region_subtract(empty, 0, 0, 148, 224);
	zwp_confined_pointer_v1_set_region(confined, empty);
	wl_surface_commit(f.pane.surface);
	settle(f.client);
	assert_int_equal(f.held, 0);
	drive_motion(f.server, 5, 0);
	assert_at(&f, 8 + 35, 8 + 50);
	wl_region_destroy(region);
	wl_region_destroy(empty);
	finish(&f);
}

static const struct harness_test tests[] = {
	{"one_for_each_surface", one_for_each_surface},
	{"no_such_lifetime", no_such_lifetime},
	{"many_relative_pointers", many_relative_pointers},
	{"surfaces_and_clients_go", surfaces_and_clients_go},
	{"motion_is_told_in_frames", motion_is_told_in_frames},
	{"only_who_has_the_pointer_hears", only_who_has_the_pointer_hears},
	{"a_lock_keeps_it_where_it_is", a_lock_keeps_it_where_it_is},
	{"hints_beside_the_surface_are_none", hints_beside_the_surface_are_none},
	{"a_lock_waits_for_its_region", a_lock_waits_for_its_region},
	{"who_loses_the_keys_loses_the_pointer", who_loses_the_keys_loses_the_pointer},
	{"another_window_of_the_client_takes_it", another_window_of_the_client_takes_it},
	{"a_oneshot_holds_once", a_oneshot_holds_once},
	{"it_stays_on_the_surface", it_stays_on_the_surface},
	{"it_stays_in_the_tile", it_stays_in_the_tile},
	{"it_follows_the_edges", it_follows_the_edges},
	{"the_region_may_change", the_region_may_change},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
