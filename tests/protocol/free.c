/* SPDX-License-Identifier: MIT */
/* LEND_LAYOUT_FREE: views where their embedder puts them, and where their user drags them. */
#include "hands.h"

#include <string.h>

#define RED   0xffff0000u
#define GREEN 0xff00ff00u

struct fixture {
	struct test *test;
	struct lend_server *server;
	struct client *client;
	struct hands hands;
	struct shell_window window;
	struct shm_buffer buffer; /* 100x80 */
	struct lend_view *view;
};

/* A window of 100x80, mapped, and the pointer far from it. */
static void setup(struct fixture *f, enum lend_layout layout, int outputs)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.layout = layout, .outputs = outputs});
	f->server = f->test->server;
	drive_devices(f->server, POINTER | KEYBOARD);
	drive_to(f->server, 319, 239);
	f->client = client_create(f->test);
	hands_create(f->client, POINTER, &f->hands);
	shm_buffer_create(f->client, 100, 80, WL_SHM_FORMAT_XRGB8888, &f->buffer);
	shm_buffer_fill(&f->buffer, RED);
	shell_window_create(f->client, &f->window);
	surface_set_name(f->window.surface, "window");
	shell_window_get_toplevel(&f->window);
	shell_window_map(&f->window, f->buffer.buffer);
	f->view = f->test->view;
	hands_forget(&f->hands);
}

static void finish(struct fixture *f)
{
	shm_buffer_destroy(&f->buffer);
	hands_destroy(&f->hands);
	test_destroy(f->test);
}

/* The window's surface is there, with nothing around it. */
static void expect_at(struct fixture *f, int output, int x, int y)
{
	struct picture picture;

	settle(f->client);
	picture_take(f->test->outputs[output], &picture);
	assert_picture_rect(&picture, x, y, 100, 80, RED);
	if (x > 0)
		assert_int_not_equal(picture_at(&picture, x - 1, y), RED & 0xffffff);
	if (y > 0)
		assert_int_not_equal(picture_at(&picture, x, y - 1), RED & 0xffffff);
	picture_finish(&picture);
}

/* ---- the embedder's hand -------------------------------------------------------------------- */

static void a_view_has_its_own_size_in_the_middle(void)
{
	struct fixture f;
	struct shell_window other;

	setup(&f, LEND_LAYOUT_FREE, 1);
	expect_at(&f, 0, 110, 80);
	shell_window_create(f.client, &other);
	shell_window_get_toplevel(&other);
	shell_window_begin(&other);
	assert_int_equal(other.width, 0);
	assert_int_equal(other.height, 0);
	/* Whether it will be the active one is not for the layout to say. */
	assert_int_equal(other.states, 0);
	shell_window_ack(&other);
	assert_int_equal(f.window.states, 1u << XDG_TOPLEVEL_STATE_ACTIVATED);
	shell_window_commit(&other, f.buffer.buffer);
	assert_int_equal(other.states, 1u << XDG_TOPLEVEL_STATE_ACTIVATED);
	settle(f.client);
	assert_int_equal(f.window.states, 0);
	finish(&f);
}

static void a_view_goes_where_it_is_put(void)
{
	struct fixture f;

	setup(&f, LEND_LAYOUT_FREE, 1);
	lend_view_move(f.view, 17, 33);
	expect_at(&f, 0, 17, 33);
	/* Its window geometry does, if it has one; what lies outside is its shadow. */
	xdg_surface_set_window_geometry(f.window.xdg_surface, 7, 3, 50, 40);
	wl_surface_commit(f.window.surface);
	expect_at(&f, 0, 10, 30);
	lend_view_move(f.view, 100, 100);
	expect_at(&f, 0, 93, 97);
	shell_window_commit(&f.window, NULL);
	shell_window_map(&f.window, f.buffer.buffer);
	expect_at(&f, 0, 93, 97);
	/* As far out as there are numbers. */
	lend_view_move(f.view, INT32_MIN, INT32_MAX);
	settle(f.client);
	lend_view_move(f.view, 7, 3);
	expect_at(&f, 0, 0, 0);
	finish(&f);
}

static void subsurfaces_do_not_push_it_away(void)
{
	struct fixture f;

	setup(&f, LEND_LAYOUT_FREE, 1);
	lend_view_move(f.view, 100, 100);
	struct wl_surface *child = wl_compositor_create_surface(f.client->compositor);
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(f.client->subcompositor, child, f.window.surface);
	struct shm_buffer small;
	shm_buffer_create(f.client, 20, 10, WL_SHM_FORMAT_XRGB8888, &small);
	shm_buffer_fill(&small, GREEN);
	wl_subsurface_set_position(subsurface, -15, 75);
	wl_surface_attach(child, small.buffer, 0, 0);
	wl_surface_commit(child);
	wl_surface_commit(f.window.surface);
	settle(f.client);
	struct picture picture;
	picture_take(f.test->outputs[0], &picture);
	assert_picture_rect(&picture, 100, 100, 100, 75, RED);
	assert_picture_rect(&picture, 85, 175, 20, 10, GREEN);
	picture_finish(&picture);
	shm_buffer_destroy(&small);
	finish(&f);
}

static void a_view_can_go_to_another_output(void)
{
	struct fixture f;

	setup(&f, LEND_LAYOUT_FREE, 2);
	lend_view_move(f.view, 320 + 40, 50);
	expect_at(&f, 1, 40, 50);
	lend_view_move(f.view, 40, 50);
	expect_at(&f, 0, 40, 50);
	finish(&f);
}

static void popups_stay_on_the_output(void)
{
	struct fixture f;
	struct shell_window popup;

	setup(&f, LEND_LAYOUT_FREE, 1);
	lend_view_move(f.view, 200, 100);
	struct xdg_positioner *positioner = positioner_create(f.client, 60, 20, 90, 0);
	xdg_positioner_set_constraint_adjustment(positioner,
						 XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
	shell_window_create(f.client, &popup);
	shell_window_get_popup(&popup, &f.window, positioner);
	shell_window_begin(&popup);
	assert_int_equal(popup.x, 320 - 60 - 200);
	assert_int_equal(popup.y, 0);
	finish(&f);
}

static void the_chosen_one_is_on_top(void)
{
	struct fixture f;
	struct pane pane;

	setup(&f, LEND_LAYOUT_FREE, 1);
	lend_view_move(f.view, 20, 20);
	pane_create(f.client, "pane", 100, 80, &pane);
	struct lend_view *other = f.test->view;
	lend_view_move(other, 60, 60);
	settle(f.client);
	drive_to(f.server, 70, 70);
	hands_expect(&f.hands, "enter(pane,10,10) frame");
	lend_view_activate(f.view);
	hands_expect(&f.hands, "leave(pane) frame enter(window,50,50) frame");
	drive_to(f.server, 150, 130);
	drive_click(f.server);
	settle(f.client);
	drive_to(f.server, 70, 70);
	hands_expect(&f.hands, "leave(window) frame enter(pane,90,70) frame press(0) frame "
			       "release(0) frame motion(10,10) frame");
	finish(&f);
}

/* ---- the user's ----------------------------------------------------------------------------- */

/* Where its surface is on the output, which the pointer's picture covers in part. */
static void expect_rect(struct fixture *f, int x, int y, int width, int height)
{
	struct lend_view_info info = {.size = sizeof(info)};

	settle(f->client);
	assert_int_equal(lend_view_describe(f->view, &info), 0);
	assert_int_equal(info.place.x, x);
	assert_int_equal(info.place.y, y);
	assert_int_equal(info.place.width, width);
	assert_int_equal(info.place.height, height);
}

/* Presses at x, y of the window, which is at 100,100. */
static void press(struct fixture *f, int x, int y)
{
	lend_view_move(f->view, 100, 100);
	settle(f->client);
	drive_to(f->server, 100 + x, 100 + y);
	drive_button(f->server, BTN_LEFT, true);
	settle(f->client);
	hands_forget(&f->hands);
}

static void the_pointer_takes_it_along(void)
{
	struct fixture f;

	setup(&f, LEND_LAYOUT_FREE, 1);
	press(&f, 10, 10);
	xdg_toplevel_move(f.window.toplevel, f.client->seat, f.hands.button_serial);
	hands_expect(&f.hands, "leave(window) frame");
	drive_motion(f.server, 30, -20);
	expect_rect(&f, 130, 80, 100, 80);
	drive_motion(f.server, -40.5, -30);
	expect_rect(&f, 89, 50, 100, 80);
	hands_expect(&f.hands, "");
	/* Another button changes nothing, until all are up. */
	drive_button(f.server, BTN_RIGHT, true);
	drive_button(f.server, BTN_LEFT, false);
	drive_motion(f.server, 0.5, 10);
	expect_rect(&f, 90, 60, 100, 80);
	drive_button(f.server, BTN_RIGHT, false);
	hands_expect(&f.hands, "enter(window,10,10) frame");
	drive_motion(f.server, 5, 5);
	expect_rect(&f, 90, 60, 100, 80);
	hands_expect(&f.hands, "motion(15,15) frame");
	finish(&f);
}

/* None of these moves it. */
static void not_everybody_may_move_it(void)
{
	struct fixture f;
	struct pane pane;

	setup(&f, LEND_LAYOUT_FREE, 1);
	pane_create(f.client, "pane", 20, 20, &pane);
	lend_view_move(f.test->view, 0, 0);
	press(&f, 10, 10);
	uint32_t old = f.hands.button_serial;
	xdg_toplevel_move(f.window.toplevel, f.client->seat, old + 1);
	xdg_toplevel_move(f.window.toplevel, f.client->seat, f.hands.enter_serial);
	xdg_toplevel_move(pane.toplevel, f.client->seat, old);
	xdg_toplevel_resize(f.window.toplevel, f.client->seat, old, 0);
	settle(f.client);
	drive_motion(f.server, 1, 1);
	hands_expect(&f.hands, "motion(11,11) frame");
	drive_button(f.server, BTN_LEFT, false);
	hands_forget(&f.hands);
	xdg_toplevel_move(f.window.toplevel, f.client->seat, old);
	settle(f.client);
	drive_motion(f.server, 1, 1);
	hands_expect(&f.hands, "motion(12,12) frame");
	expect_rect(&f, 100, 100, 100, 80);
	finish(&f);
}

static void layouts_keep_theirs(void)
{
	struct fixture f;

	setup(&f, LEND_LAYOUT_FULL, 1);
	expect_rect(&f, 110, 80, 100, 80);
	drive_to(f.server, 120, 90);
	drive_button(f.server, BTN_LEFT, true);
	settle(f.client);
	xdg_toplevel_move(f.window.toplevel, f.client->seat, f.hands.button_serial);
	settle(f.client);
	drive_motion(f.server, 30, 30);
	lend_view_move(f.view, 1, 2); /* for later */
	expect_rect(&f, 110, 80, 100, 80);
	finish(&f);
}

static void expect_size(struct fixture *f, int32_t width, int32_t height, bool resizing)
{
	settle(f->client);
	assert_int_equal(f->window.width, width);
	assert_int_equal(f->window.height, height);
	assert_int_equal(!!(f->window.states & 1u << XDG_TOPLEVEL_STATE_RESIZING), resizing);
}

static void draw(struct fixture *f, int32_t width, int32_t height)
{
	shm_buffer_destroy(&f->buffer);
	shm_buffer_create(f->client, width, height, WL_SHM_FORMAT_XRGB8888, &f->buffer);
	shm_buffer_fill(&f->buffer, RED);
	shell_window_ack(&f->window);
	shell_window_commit(&f->window, f->buffer.buffer);
}

static void edges_follow_the_pointer(void)
{
	struct fixture f;

	setup(&f, LEND_LAYOUT_FREE, 1);
	press(&f, 99, 79);
	xdg_toplevel_resize(f.window.toplevel, f.client->seat, f.hands.button_serial,
			    XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM_RIGHT);
	expect_size(&f, 100, 80, true);
	drive_motion(f.server, 20, -10);
	expect_size(&f, 120, 70, true);
	expect_rect(&f, 100, 100, 100, 80); /* until the client has drawn it */
	draw(&f, 120, 70);
	expect_rect(&f, 100, 100, 120, 70);
	drive_motion(f.server, -300, 0);
	expect_size(&f, 1, 70, true);
	drive_to(f.server, 219, 169);
	drive_button(f.server, BTN_LEFT, false);
	expect_size(&f, 120, 70, false);
	finish(&f);
}

static void opposite_edges_stay(void)
{
	struct fixture f;

	setup(&f, LEND_LAYOUT_FREE, 1);
	xdg_toplevel_set_min_size(f.window.toplevel, 50, 0);
	xdg_toplevel_set_max_size(f.window.toplevel, 0, 85);
	wl_surface_commit(f.window.surface);
	press(&f, 1, 1);
	xdg_toplevel_resize(f.window.toplevel, f.client->seat, f.hands.button_serial,
			    XDG_TOPLEVEL_RESIZE_EDGE_TOP_LEFT);
	settle(f.client);
	drive_motion(f.server, 20, -4);
	expect_size(&f, 80, 84, true);
	draw(&f, 78, 82); /* it may be something else as well */
	expect_rect(&f, 200 - 78, 180 - 82, 78, 82);
	drive_motion(f.server, 200, -50);
	expect_size(&f, 50, 85, true);
	drive_button(f.server, BTN_LEFT, false);
	expect_size(&f, 50, 85, false);
	draw(&f, 50, 85);
	expect_rect(&f, 150, 95, 50, 85);
	lend_view_move(f.view, 10, 10);
	expect_rect(&f, 10, 10, 50, 85);
	finish(&f);
}

static void it_may_go_while_it_is_held(void)
{
	for (int way = 0; way < 3; way++) {
		struct fixture f;

		setup(&f, LEND_LAYOUT_FREE, 1);
		press(&f, 1, 1);
		xdg_toplevel_resize(f.window.toplevel, f.client->seat, f.hands.button_serial,
				    XDG_TOPLEVEL_RESIZE_EDGE_TOP);
		settle(f.client);
		if (way == 0)
			shell_window_commit(&f.window, NULL);
		else if (way == 1)
			shell_window_destroy(&f.window);
		else
			lend_output_destroy(f.test->outputs[0]);
		settle(f.client);
		drive_motion(f.server, 5, 5);
		drive_button(f.server, BTN_LEFT, false);
		drive_motion(f.server, 5, 5);
		expect_alive(f.client);
		finish(&f);
	}
}

static const struct harness_test tests[] = {
	{"a_view_has_its_own_size_in_the_middle", a_view_has_its_own_size_in_the_middle},
	{"a_view_goes_where_it_is_put", a_view_goes_where_it_is_put},
	{"subsurfaces_do_not_push_it_away", subsurfaces_do_not_push_it_away},
	{"a_view_can_go_to_another_output", a_view_can_go_to_another_output},
	{"popups_stay_on_the_output", popups_stay_on_the_output},
	{"the_chosen_one_is_on_top", the_chosen_one_is_on_top},
	{"the_pointer_takes_it_along", the_pointer_takes_it_along},
	{"not_everybody_may_move_it", not_everybody_may_move_it},
	{"layouts_keep_theirs", layouts_keep_theirs},
	{"edges_follow_the_pointer", edges_follow_the_pointer},
	{"opposite_edges_stay", opposite_edges_stay},
	{"it_may_go_while_it_is_held", it_may_go_while_it_is_held},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
