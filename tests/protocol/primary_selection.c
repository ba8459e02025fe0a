/* SPDX-License-Identifier: MIT */
/* zwp_primary_selection: as the clipboard (clipboard.c), and apart from it. */
#include "hands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "primary-selection-client-protocol.h"

#define TYPE "text/plain"

struct desk {
	struct client *client;
	struct pane pane;
	struct zwp_primary_selection_device_manager_v1 *manager;
	struct zwp_primary_selection_device_v1 *device;
	struct zwp_primary_selection_source_v1 *source;
	struct zwp_primary_selection_offer_v1 *offer, *selection;
	unsigned types, selections, cancelled, sent;
};

struct fixture {
	struct test *test;
	struct desk left, right;
};

static void handle_type(void *data, struct zwp_primary_selection_offer_v1 *offer, const char *type)
{
	((struct desk *)data)->types++;
}

static const struct zwp_primary_selection_offer_v1_listener offer_listener = {handle_type};

static void handle_offer(void *data, struct zwp_primary_selection_device_v1 *device,
			 struct zwp_primary_selection_offer_v1 *offer)
{
	struct desk *desk = data;

	desk->offer = offer;
	zwp_primary_selection_offer_v1_add_listener(offer, &offer_listener, desk);
}

static void handle_selection(void *data, struct zwp_primary_selection_device_v1 *device,
			     struct zwp_primary_selection_offer_v1 *offer)
{
	struct desk *desk = data;

	assert_ptr_equal(offer, desk->offer);
	if (desk->selection)
		zwp_primary_selection_offer_v1_destroy(desk->selection);
	desk->selection = offer;
	desk->offer = NULL;
	desk->selections++;
}

static const struct zwp_primary_selection_device_v1_listener device_listener = {handle_offer,
										handle_selection};

static void handle_send(void *data, struct zwp_primary_selection_source_v1 *source,
			const char *type, int32_t fd)
{
	assert_int_equal(write(fd, "hello", 5), 5);
	close(fd);
	((struct desk *)data)->sent++;
}

static void handle_cancelled(void *data, struct zwp_primary_selection_source_v1 *source)
{
	((struct desk *)data)->cancelled++;
}

static const struct zwp_primary_selection_source_v1_listener source_listener = {handle_send,
										handle_cancelled};

static void desk_create(struct test *test, const char *name, struct desk *desk)
{
	desk->client = client_create(test);
	desk->manager =
		bind_again(desk->client, &zwp_primary_selection_device_manager_v1_interface, 1, 0);
	desk->device = zwp_primary_selection_device_manager_v1_get_device(desk->manager,
									  desk->client->seat);
	zwp_primary_selection_device_v1_add_listener(desk->device, &device_listener, desk);
	pane_create(desk->client, name, 148, 224, &desk->pane);
}

static void mark(struct desk *desk, unsigned types)
{
	if (desk->source)
		zwp_primary_selection_source_v1_destroy(desk->source);
	desk->source = zwp_primary_selection_device_manager_v1_create_source(desk->manager);
	zwp_primary_selection_source_v1_add_listener(desk->source, &source_listener, desk);
	for (unsigned i = 0; i < types; i++)
		zwp_primary_selection_source_v1_offer(desk->source, TYPE);
	zwp_primary_selection_device_v1_set_selection(desk->device, desk->source, 0);
	client_roundtrip(desk->client);
	pump(desk->client->test);
}

/* The left one has the keys. */
static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	drive_devices(f->test->server, POINTER | KEYBOARD);
	desk_create(f->test, "left", &f->left);
	desk_create(f->test, "right", &f->right);
	drive_to(f->test->server, 20, 100);
	drive_click(f->test->server);
	pump(f->test);
}

static void to_the_right(struct fixture *f)
{
	drive_to(f->test->server, 200, 100);
	drive_click(f->test->server);
	pump(f->test);
}

/* ---- hostile -------------------------------------------------------------------------------- */

static void too_many_types_are_left_out(void)
{
	struct fixture f;
	char large[300];

	setup(&f);
	mark(&f.left, 200);
	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	zwp_primary_selection_source_v1_offer(f.left.source, large);
	to_the_right(&f);
	assert_int_equal(f.right.types, 128);
	expect_alive(f.left.client);
	test_destroy(f.test);
}

static void only_who_has_the_keys_may_mark(void)
{
	struct fixture f;

	setup(&f);
	mark(&f.right, 1);
	assert_int_equal(f.right.cancelled, 1);
	assert_null(f.left.selection);
	mark(&f.left, 1);
	assert_int_equal(f.left.cancelled, 0);
	to_the_right(&f);
	mark(&f.right, 1);
	assert_int_equal(f.left.cancelled, 1);
	test_destroy(f.test);
}

/* ---- as it should be ------------------------------------------------------------------------ */

static void what_one_marks_another_pastes(void)
{
	struct fixture f;
	char text[16] = "";
	int fds[2];

	setup(&f);
	mark(&f.left, 1);
	to_the_right(&f);
	assert_non_null(f.right.selection);
	assert_int_equal(f.right.types, 1);
	assert_int_equal(pipe(fds), 0);
	zwp_primary_selection_offer_v1_receive(f.right.selection, TYPE, fds[1]);
	close(fds[1]);
	pump_until(f.test, &f.left.sent, 1);
	assert_int_equal(read(fds[0], text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	assert_int_equal(read(fds[0], text, sizeof(text)), 0);
	close(fds[0]);
	/* It is taken back. */
	unsigned selections = f.right.selections;
	zwp_primary_selection_source_v1_destroy(f.left.source);
	f.left.source = NULL;
	client_roundtrip(f.left.client);
	pump(f.test);
	assert_int_equal(f.right.selections, selections + 1);
	assert_null(f.right.selection);
	test_destroy(f.test);
}

/* The clipboard is another thing. */
static void one_does_not_replace_the_other(void)
{
	struct fixture f;

	setup(&f);
	mark(&f.left, 1);
	struct wl_data_device *device = wl_data_device_manager_get_data_device(
		f.left.client->data_manager, f.left.client->seat);
	struct wl_data_source *source =
		wl_data_device_manager_create_data_source(f.left.client->data_manager);
	wl_data_source_offer(source, TYPE);
	wl_data_device_set_selection(device, source, 0);
	client_roundtrip(f.left.client);
	assert_int_equal(f.left.cancelled, 0);
	wl_data_source_destroy(source);
	client_roundtrip(f.left.client);
	assert_non_null(f.left.selection);
	wl_data_device_release(device);
	test_destroy(f.test);
}

static const struct harness_test tests[] = {
	{"too_many_types_are_left_out", too_many_types_are_left_out},
	{"only_who_has_the_keys_may_mark", only_who_has_the_keys_may_mark},
	{"what_one_marks_another_pastes", what_one_marks_another_pastes},
	{"one_does_not_replace_the_other", one_does_not_replace_the_other},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
