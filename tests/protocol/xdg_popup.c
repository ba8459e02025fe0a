/* SPDX-License-Identifier: MIT */
/* xdg_popup: where it is put, when it is dismissed, and that menus work without input devices. */
#include "shell.h"

#define RED   0xffc02010
#define GREEN 0xff20a040
#define BLUE  0xff1030d0

struct fixture {
	struct test *test;
	struct client *client;
	struct shm_buffer red, green, blue; /* 320x240, 40x30, 20x10 */
	struct shell_window window;	    /* mapped, fills the output */
};

static void make_buffer(struct fixture *f, struct shm_buffer *buffer, int32_t width, int32_t height,
			uint32_t colour)
{
	shm_buffer_create(f->client, width, height, WL_SHM_FORMAT_XRGB8888, buffer);
	shm_buffer_fill(buffer, colour);
}

static void fixture_create(struct fixture *f)
{
	*f = (struct fixture){.test = test_create(NULL)};
	f->client = client_create(f->test);
	make_buffer(f, &f->red, 320, 240, RED);
	make_buffer(f, &f->green, 40, 30, GREEN);
	make_buffer(f, &f->blue, 20, 10, BLUE);
	shell_toplevel_map(f->client, &f->window, f->red.buffer);
}

static void fixture_destroy(struct fixture *f)
{
	expect_alive(f->client);
	shell_window_destroy(&f->window);
	shm_buffer_destroy(&f->red);
	shm_buffer_destroy(&f->green);
	shm_buffer_destroy(&f->blue);
	client_destroy(f->client);
	test_destroy(f->test);
}

/* Not begun yet. The positioner is used up. */
static void popup_create(struct fixture *f, struct shell_window *popup, struct shell_window *parent,
			 struct xdg_positioner *positioner)
{
	shell_window_create(f->client, popup);
	shell_window_get_popup(popup, parent, positioner);
	xdg_positioner_destroy(positioner);
}

static void popup_map(struct fixture *f, struct shell_window *popup, struct shell_window *parent,
		      int32_t x, int32_t y, struct shm_buffer *buffer)
{
	popup_create(f, popup, parent,
		     positioner_create(f->client, buffer->width, buffer->height, x, y));
	shell_window_map(popup, buffer->buffer);
}

static void expect_configured(const struct shell_window *popup, int32_t x, int32_t y, int32_t width,
			      int32_t height)
{
	assert_int_equal(popup->x, x);
	assert_int_equal(popup->y, y);
	assert_int_equal(popup->width, width);
	assert_int_equal(popup->height, height);
}

/* The colour is in that place of the output, and not just left of it. */
static void expect_shown(struct fixture *f, int x, int y, int width, int height, uint32_t colour)
{
	struct picture picture;

	pump(f->test);
	picture_take(f->test->outputs[0], &picture);
	assert_picture_rect(&picture, x, y, width, height, colour);
	if (x > 0)
		assert_int_not_equal(picture_at(&picture, x - 1, y), colour & 0xffffff);
	picture_finish(&picture);
}

/* ---- place ---------------------------------------------------------------------------------- */

static void shows_where_it_was_configured(void)
{
	struct fixture f;
	struct shell_window popup;

	fixture_create(&f);
	popup_map(&f, &popup, &f.window, 50, 60, &f.green);
	expect_configured(&popup, 50, 60, 40, 30);
	assert_int_equal(popup.configures, 1);
	assert_int_equal(popup.repositions, 0);
	expect_shown(&f, 50, 60, 40, 30, GREEN);
	/* Not a view of its own. */
	assert_int_equal(f.test->mapped, 1);
	shell_window_destroy(&popup);
	expect_shown(&f, 0, 0, 320, 240, RED);
	fixture_destroy(&f);
}

/* Relative to the parent's window geometry, with its own. */
static void window_geometries_count(void)
{
	struct fixture f;
	struct shell_window popup;

	fixture_create(&f);
	xdg_surface_set_window_geometry(f.window.xdg_surface, 20, 40, 280, 160);
	wl_surface_commit(f.window.surface);
	popup_create(&f, &popup, &f.window, positioner_create(f.client, 30, 20, 50, 60));
	shell_window_begin(&popup);
	shell_window_ack(&popup);
	xdg_surface_set_window_geometry(popup.xdg_surface, 4, 5, 30, 20);
	shell_window_commit(&popup, f.green.buffer);
	expect_configured(&popup, 50, 60, 30, 20);
	/* The parent's geometry is centred, so its surface begins at 0,0. */
	expect_shown(&f, 20 + 50 - 4, 40 + 60 - 5, 40, 30, GREEN);
	shell_window_destroy(&popup);
	fixture_destroy(&f);
}

static void stays_on_the_output(void)
{
	struct fixture f;
	struct shell_window popup, nested;
	struct xdg_positioner *positioner;

	fixture_create(&f);
	positioner = positioner_create(f.client, 40, 30, 310, 230);
	xdg_positioner_set_constraint_adjustment(
		positioner, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X |
				    XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_Y);
	popup_create(&f, &popup, &f.window, positioner);
	shell_window_map(&popup, f.green.buffer);
	/* Flipped, its bottom is on the rectangle's bottom. */
	expect_configured(&popup, 280, 201, 40, 30);
	expect_shown(&f, 280, 201, 40, 30, GREEN);

	positioner = positioner_create(f.client, 20, 10, 35, 5);
	xdg_positioner_set_constraint_adjustment(positioner,
						 XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
	popup_create(&f, &nested, &popup, positioner);
	shell_window_map(&nested, f.blue.buffer);
	expect_configured(&nested, 20, 5, 20, 10);
	expect_shown(&f, 300, 206, 20, 10, BLUE);
	shell_window_destroy(&nested);
	shell_window_destroy(&popup);
	fixture_destroy(&f);
}

/* The rules are copied: what is done to the positioner later changes nothing. */
static void positioner_is_copied(void)
{
	struct fixture f;
	struct shell_window popup;
	struct xdg_positioner *positioner;

	fixture_create(&f);
	positioner = positioner_create(f.client, 40, 30, 5, 6);
	shell_window_create(f.client, &popup);
	shell_window_get_popup(&popup, &f.window, positioner);
	xdg_positioner_set_size(positioner, 1, 1);
	xdg_positioner_set_offset(positioner, 100, 100);
	xdg_positioner_set_parent_size(positioner, 300, 200);
	xdg_positioner_set_parent_configure(positioner, 1);
	shell_window_begin(&popup);
	expect_configured(&popup, 5, 6, 40, 30);
	xdg_positioner_destroy(positioner);
	shell_window_destroy(&popup);
	fixture_destroy(&f);
}

static void reposition_takes_effect_when_acknowledged(void)
{
	struct fixture f;
	struct shell_window popup;
	struct xdg_positioner *positioner;

	fixture_create(&f);
	popup_map(&f, &popup, &f.window, 50, 60, &f.green);
	positioner = positioner_create(f.client, 44, 33, 100, 110);
	xdg_popup_reposition(popup.popup, positioner, 0xfeed);
	xdg_positioner_destroy(positioner);
	client_roundtrip(f.client);
	assert_int_equal(popup.repositions, 1);
	assert_int_equal(popup.token, 0xfeed);
	assert_int_equal(popup.configures, 2);
	expect_configured(&popup, 100, 110, 44, 33);
	shell_window_commit(&popup, f.green.buffer);
	expect_shown(&f, 50, 60, 40, 30, GREEN);
	shell_window_ack(&popup);
	client_roundtrip(f.client);
	expect_shown(&f, 50, 60, 40, 30, GREEN);
	wl_surface_commit(popup.surface);
	client_roundtrip(f.client);
	expect_shown(&f, 100, 110, 40, 30, GREEN);
	shell_window_destroy(&popup);
	fixture_destroy(&f);
}

static void reposition_before_the_initial_commit(void)
{
	struct fixture f;
	struct shell_window popup;
	struct xdg_positioner *positioner;

	fixture_create(&f);
	popup_create(&f, &popup, &f.window, positioner_create(f.client, 40, 30, 1, 2));
	positioner = positioner_create(f.client, 40, 30, 3, 4);
	xdg_popup_reposition(popup.popup, positioner, 9);
	client_roundtrip(f.client);
	assert_int_equal(popup.configures, 0);
	shell_window_begin(&popup);
	assert_int_equal(popup.token, 9);
	expect_configured(&popup, 3, 4, 40, 30);
	xdg_positioner_destroy(positioner);
	shell_window_destroy(&popup);
	fixture_destroy(&f);
}

/* The parent shrinks and is centred: what was at the output's right edge is not there any more. */
static void reactive_ones_follow_their_parent(void)
{
	struct fixture f;
	struct shell_window reactive, indifferent;
	struct xdg_positioner *positioner;

	fixture_create(&f);
	positioner = positioner_create(f.client, 40, 30, 300, 20);
	xdg_positioner_set_constraint_adjustment(positioner,
						 XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
	popup_create(&f, &indifferent, &f.window, positioner);
	shell_window_map(&indifferent, f.green.buffer);
	positioner = positioner_create(f.client, 40, 30, 300, 20);
	xdg_positioner_set_constraint_adjustment(positioner,
						 XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
	xdg_positioner_set_reactive(positioner);
	popup_create(&f, &reactive, &f.window, positioner);
	shell_window_map(&reactive, f.green.buffer);
	expect_configured(&reactive, 280, 20, 40, 30);
	/* 20x10 at 150,115 */
	shell_window_commit(&f.window, f.blue.buffer);
	assert_int_equal(reactive.configures, 2);
	assert_int_equal(reactive.repositions, 0);
	expect_configured(&reactive, 320 - 40 - 150, 20, 40, 30);
	assert_int_equal(indifferent.configures, 1);
	shell_window_ack(&reactive);
	shell_window_commit(&reactive, f.green.buffer);
	expect_shown(&f, 280, 135, 40, 30, GREEN);
	shell_window_commit(&f.window, f.blue.buffer);
	assert_int_equal(reactive.configures, 2);
	shell_window_destroy(&reactive);
	shell_window_destroy(&indifferent);
	fixture_destroy(&f);
}

/* ---- dismissal ------------------------------------------------------------------------------ */

/* A menu with a submenu, as toolkits make them; the serial is of no event. */
static void grabs_are_granted(void)
{
	struct fixture f;
	struct shell_window menu, submenu;

	fixture_create(&f);
	popup_create(&f, &menu, &f.window, positioner_create(f.client, 40, 30, 10, 10));
	xdg_popup_grab(menu.popup, f.client->seat, 0);
	shell_window_map(&menu, f.green.buffer);
	popup_create(&f, &submenu, &menu, positioner_create(f.client, 20, 10, 40, 0));
	xdg_popup_grab(submenu.popup, f.client->seat, 77);
	shell_window_map(&submenu, f.blue.buffer);
	assert_int_equal(menu.dones + submenu.dones, 0);
	expect_shown(&f, 10, 10, 40, 30, GREEN);
	expect_shown(&f, 50, 10, 20, 10, BLUE);
	shell_window_destroy(&submenu);
	/* Another one in its place. */
	popup_create(&f, &submenu, &menu, positioner_create(f.client, 20, 10, 40, 20));
	xdg_popup_grab(submenu.popup, f.client->seat, 78);
	shell_window_map(&submenu, f.blue.buffer);
	expect_shown(&f, 50, 30, 20, 10, BLUE);
	shell_window_destroy(&submenu);
	shell_window_destroy(&menu);
	fixture_destroy(&f);
}

static void siblings_without_grab_go_in_any_order(void)
{
	struct fixture f;
	struct shell_window first, second;

	fixture_create(&f);
	popup_map(&f, &first, &f.window, 10, 10, &f.green);
	popup_map(&f, &second, &f.window, 20, 20, &f.blue);
	/* The newer one is on top. */
	expect_shown(&f, 20, 20, 20, 10, BLUE);
	shell_window_destroy(&first);
	expect_shown(&f, 20, 20, 20, 10, BLUE);
	shell_window_destroy(&second);
	fixture_destroy(&f);
}

static void unmapped_parent_dismisses_topmost_first(void)
{
	struct fixture f;
	struct shell_window outer, inner, sibling;

	fixture_create(&f);
	popup_map(&f, &outer, &f.window, 10, 10, &f.green);
	popup_map(&f, &inner, &outer, 10, 10, &f.blue);
	popup_map(&f, &sibling, &f.window, 100, 10, &f.green);
	shell_window_commit(&f.window, NULL);
	assert_int_equal(outer.dones, 1);
	assert_int_equal(inner.dones, 1);
	assert_int_equal(sibling.dones, 1);
	assert_true(sibling.done_at < inner.done_at && inner.done_at < outer.done_at);

	/* Dismissed for good, even if the parent comes back. */
	shell_window_map(&f.window, f.red.buffer);
	shell_window_commit(&outer, f.green.buffer);
	xdg_popup_reposition(outer.popup, positioner_create(f.client, 1, 1, 1, 1), 1);
	xdg_popup_grab(outer.popup, f.client->seat, 1);
	client_roundtrip(f.client);
	assert_int_equal(outer.repositions, 0);
	assert_int_equal(outer.dones, 1);
	expect_shown(&f, 0, 0, 320, 240, RED);
	shell_window_destroy(&outer);
	shell_window_destroy(&inner);
	shell_window_destroy(&sibling);
	fixture_destroy(&f);
}

static void destroyed_parent_dismisses(void)
{
	struct fixture f;
	struct shell_window outer, inner;

	fixture_create(&f);
	popup_map(&f, &outer, &f.window, 10, 10, &f.green);
	popup_map(&f, &inner, &outer, 10, 10, &f.blue);
	shell_window_destroy(&f.window);
	client_roundtrip(f.client);
	assert_int_equal(outer.dones, 1);
	assert_int_equal(inner.dones, 1);
	assert_true(inner.done_at < outer.done_at);
	shell_window_destroy(&inner);
	shell_window_destroy(&outer);
	fixture_destroy(&f);
}

static void destroyed_surface_dismisses_nested(void)
{
	struct fixture f;
	struct shell_window outer, inner;

	fixture_create(&f);
	popup_map(&f, &outer, &f.window, 10, 10, &f.green);
	popup_map(&f, &inner, &outer, 10, 10, &f.blue);
	wl_surface_destroy(outer.surface);
	client_roundtrip(f.client);
	outer.surface = NULL;
	assert_int_equal(inner.dones, 1);
	assert_int_equal(outer.dones, 0);
	expect_shown(&f, 0, 0, 320, 240, RED);
	/* What is left does nothing. */
	xdg_popup_grab(outer.popup, f.client->seat, 1);
	xdg_popup_reposition(outer.popup, positioner_create(f.client, 1, 1, 1, 1), 1);
	shell_window_destroy(&outer);
	shell_window_destroy(&inner);
	fixture_destroy(&f);
}

static void popup_of_a_dismissed_one_is_dismissed(void)
{
	struct fixture f;
	struct shell_window outer, inner, of_inert;

	fixture_create(&f);
	popup_map(&f, &outer, &f.window, 10, 10, &f.green);
	shell_window_commit(&f.window, NULL);
	assert_int_equal(outer.dones, 1);
	popup_create(&f, &inner, &outer, positioner_create(f.client, 20, 10, 1, 1));
	client_roundtrip(f.client);
	assert_int_equal(inner.dones, 1);
	wl_surface_commit(inner.surface);
	client_roundtrip(f.client);
	assert_int_equal(inner.configures, 0);
	/* The parent's surface is gone. */
	wl_surface_destroy(outer.surface);
	outer.surface = NULL;
	popup_create(&f, &of_inert, &outer, positioner_create(f.client, 20, 10, 1, 1));
	client_roundtrip(f.client);
	assert_int_equal(of_inert.dones, 1);
	shell_window_destroy(&of_inert);
	shell_window_destroy(&inner);
	shell_window_destroy(&outer);
	fixture_destroy(&f);
}

static void parent_that_is_not_mapped_dismisses(void)
{
	struct fixture f;
	struct shell_window parent, popup;

	fixture_create(&f);
	shell_window_create(f.client, &parent);
	shell_window_get_toplevel(&parent);
	popup_create(&f, &popup, &parent, positioner_create(f.client, 20, 10, 1, 1));
	wl_surface_commit(popup.surface);
	client_roundtrip(f.client);
	assert_int_equal(popup.dones, 1);
	assert_int_equal(popup.configures, 0);
	shell_window_destroy(&popup);
	shell_window_destroy(&parent);
	fixture_destroy(&f);
}

static void can_be_unmapped_and_mapped_again(void)
{
	struct fixture f;
	struct shell_window popup, nested;

	fixture_create(&f);
	popup_map(&f, &popup, &f.window, 10, 10, &f.green);
	popup_map(&f, &nested, &popup, 1, 1, &f.blue);
	shell_window_commit(&popup, NULL);
	assert_int_equal(popup.dones, 0);
	assert_int_equal(nested.dones, 1);
	expect_shown(&f, 0, 0, 320, 240, RED);
	shell_window_map(&popup, f.green.buffer);
	assert_int_equal(popup.configures, 2);
	expect_shown(&f, 10, 10, 40, 30, GREEN);
	shell_window_destroy(&nested);
	shell_window_destroy(&popup);
	fixture_destroy(&f);
}

/* Without a word of farewell, and the server goes on. */
static void client_may_vanish(void)
{
	struct fixture f;
	struct shell_window popups[20];

	fixture_create(&f);
	popup_map(&f, &popups[0], &f.window, 10, 10, &f.green);
	for (int i = 1; i < 20; i++)
		popup_map(&f, &popups[i], &popups[i - 1], 2, 2, &f.blue);
	shm_buffer_destroy(&f.red);
	shm_buffer_destroy(&f.green);
	shm_buffer_destroy(&f.blue);
	client_destroy(f.client);
	pump(f.test);
	assert_int_equal(f.test->gone, 1);
	assert_int_equal(f.test->unmapped, 1);
	f.client = client_create(f.test);
	expect_alive(f.client);
	test_destroy(f.test);
}

int main(int argc, char **argv)
{
#define TEST(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
	static const struct harness_test tests[] = {
		TEST(shows_where_it_was_configured),
		TEST(window_geometries_count),
		TEST(stays_on_the_output),
		TEST(positioner_is_copied),
		TEST(reposition_takes_effect_when_acknowledged),
		TEST(reposition_before_the_initial_commit),
		TEST(reactive_ones_follow_their_parent),
		TEST(grabs_are_granted),
		TEST(siblings_without_grab_go_in_any_order),
		TEST(unmapped_parent_dismisses_topmost_first),
		TEST(destroyed_parent_dismisses),
		TEST(destroyed_surface_dismisses_nested),
		TEST(popup_of_a_dismissed_one_is_dismissed),
		TEST(parent_that_is_not_mapped_dismisses),
		TEST(can_be_unmapped_and_mapped_again),
		TEST(client_may_vanish),
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
