/* SPDX-License-Identifier: MIT */
/* Popups that take the keys, and go when a press lands outside of their client's surfaces. */
#include "hands.h"

#include <string.h>

/* Two tiles side by side on an output of 320x240: at 8,8 and at 164,8, of 148x224 each. a was
 * clicked. */
struct fixture {
	struct test *test;
	struct lend_server *server;
	struct client *client, *other;
	struct hands hands, others;
	struct pane a, b, menu;
};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	f->server = f->test->server;
	drive_devices(f->server, POINTER | KEYBOARD | TOUCH);
	f->client = client_create(f->test);
	f->other = client_create(f->test);
	hands_create(f->client, POINTER | KEYBOARD | TOUCH, &f->hands);
	hands_create(f->other, POINTER | KEYBOARD, &f->others);
	pane_create(f->client, "a", 148, 224, &f->a);
	pane_create(f->other, "b", 148, 224, &f->b);
	drive_to(f->server, 18, 18);
	drive_click(f->server);
	hands_forget(&f->hands);
	hands_forget(&f->others);
}

/* Below the pointer, 50x50. */
static void open_menu(struct fixture *f)
{
	pane_create_popup(&f->a, "menu", 5, 5, 50, 50, &f->hands.button_serial, &f->menu);
	assert_int_equal(f->menu.dones, 0);
	hands_expect(&f->hands, "unfocus(a) focus(menu) mods(0,0,0,0) leave(a) frame "
				"enter(menu,5,5) frame");
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->hands);
	hands_destroy(&f->others);
	test_destroy(f->test);
}

static void takes_the_keys(void)
{
	struct fixture f;

	setup(&f);
	open_menu(&f);
	drive_key(f.server, KEY_DOWN, true);
	drive_key(f.server, KEY_DOWN, false);
	hands_expect(&f.hands, "keydown(108) keyup(108)");
	/* And gives them back. */
	pane_destroy(&f.menu);
	hands_expect(&f.hands, "unfocus(gone) focus(a) mods(0,0,0,0) leave(gone) frame "
			       "enter(a,10,10) frame");
	finish(&f);
}

static void a_press_outside_ends_it(void)
{
	struct fixture f;

	setup(&f);
	open_menu(&f);
	/* Others do not even see the pointer. */
	drive_to(f.server, 200, 100);
	hands_expect(&f.hands, "leave(menu) frame");
	hands_expect(&f.others, "");
	drive_button(f.server, BTN_LEFT, true);
	settle(f.client);
	assert_int_equal(f.menu.dones, 1);
	hands_expect(&f.hands, "unfocus(menu) focus(a) mods(0,0,0,0) unfocus(a)");
	/* The view is chosen, but does not hear of the press that was for the menu. */
	hands_expect(&f.others, "focus(b) mods(0,0,0,0)");
	drive_button(f.server, BTN_LEFT, false);
	hands_expect(&f.others, "enter(b,36,92) frame");
	drive_click(f.server);
	hands_expect(&f.others, "press(0) frame release(0) frame");
	assert_int_equal(f.menu.dones, 1);
	finish(&f);
}

static void presses_inside_are_the_clients(void)
{
	struct fixture f;

	setup(&f);
	open_menu(&f);
	drive_click(f.server);
	hands_expect(&f.hands, "press(0) frame release(0) frame");
	drive_to(f.server, 100, 100);
	drive_click(f.server);
	hands_expect(&f.hands, "leave(menu) frame enter(a,92,92) frame press(0) frame "
			       "release(0) frame");
	drive_touch_down(f.server, 0, NULL, 100.0 / 320, 100.0 / 240);
	hands_expect(&f.hands, "down(0,a,92,92)");
	assert_int_equal(f.menu.dones, 0);
	finish(&f);
}

static void a_touch_outside_ends_it(void)
{
	struct fixture f;

	setup(&f);
	open_menu(&f);
	drive_touch_down(f.server, 0, NULL, 0, 0);
	drive_touch_frame(f.server);
	drive_touch_up(f.server, 0);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "unfocus(menu) focus(a) mods(0,0,0,0) leave(menu) frame "
			       "enter(a,10,10) frame");
	assert_int_equal(f.menu.dones, 1);
	finish(&f);
}

static void submenus_go_from_the_top(void)
{
	struct fixture f;
	struct pane submenu;

	setup(&f);
	open_menu(&f);
	drive_click(f.server);
	hands_forget(&f.hands);
	pane_create_popup(&f.menu, "submenu", 20, 20, 40, 40, &f.hands.button_serial, &submenu);
	hands_expect(&f.hands, "unfocus(menu) focus(submenu) mods(0,0,0,0)");
	assert_int_equal(f.menu.dones, 0);
	pane_destroy(&submenu);
	hands_expect(&f.hands, "unfocus(gone) focus(menu) mods(0,0,0,0)");
	pane_create_popup(&f.menu, "submenu", 20, 20, 40, 40, &f.hands.button_serial, &submenu);
	hands_forget(&f.hands);
	drive_to(f.server, 200, 100);
	drive_click(f.server);
	settle(f.client);
	assert_int_equal(submenu.dones, 1);
	assert_int_equal(f.menu.dones, 1);
	finish(&f);
}

/* Toolkits open submenus when the pointer comes over them, and name that. */
static void submenus_need_no_action(void)
{
	struct fixture f;
	struct pane submenu;

	setup(&f);
	open_menu(&f);
	pane_create_popup(&f.menu, "submenu", 20, 20, 40, 40, &f.hands.enter_serial, &submenu);
	hands_expect(&f.hands, "unfocus(menu) focus(submenu) mods(0,0,0,0)");
	assert_int_equal(submenu.dones, 0);
	finish(&f);
}

static void serials_must_be_of_an_action(void)
{
	struct fixture f;
	struct pane popup;
	uint32_t serials[] = {0, 4000000000u, 0};

	setup(&f);
	serials[2] = f.hands.enter_serial;
	for (size_t i = 0; i < 3; i++) {
		pane_create_popup(&f.a, "popup", 5, 5, 50, 50, &serials[i], &popup);
		assert_int_equal(popup.dones, 1);
		pane_destroy(&popup);
	}
	/* Somebody else's. */
	pane_create_popup(&f.b, "popup", 5, 5, 50, 50, &f.hands.button_serial, &popup);
	assert_int_equal(popup.dones, 1);
	pane_destroy(&popup);
	hands_expect(&f.hands, "");
	/* A key's, and a finger's. */
	drive_key(f.server, KEY_MENU, true);
	hands_expect(&f.hands, "keydown(139)");
	pane_create_popup(&f.a, "popup", 5, 5, 50, 50, &f.hands.key_serial, &popup);
	assert_int_equal(popup.dones, 0);
	pane_destroy(&popup);
	drive_touch_down(f.server, 0, NULL, 0.25, 0.25);
	settle(f.client);
	pane_create_popup(&f.a, "popup", 5, 5, 50, 50, &f.hands.touch_serial, &popup);
	assert_int_equal(popup.dones, 0);
	pane_destroy(&popup);
	hands_forget(&f.hands);
	finish(&f);
}

static void another_view_ends_it(void)
{
	struct fixture f;
	struct pane late, second, other;

	setup(&f);
	open_menu(&f);
	pane_create(f.other, "late", 50, 50, &late);
	hands_expect(&f.others, "focus(late) mods(0,0,0,0)");
	assert_int_equal(f.menu.dones, 1);
	pane_destroy(&late);
	pane_destroy(&f.menu);
	hands_forget(&f.hands);
	/* So does a menu of another window of the same client, but not a popup without a grab. */
	pane_create(f.client, "second", 50, 50, &second);
	drive_click(f.server);
	hands_forget(&f.hands);
	pane_create_popup(&f.a, "menu", 5, 5, 50, 50, &f.hands.button_serial, &f.menu);
	pane_create_popup(&f.a, "tip", 90, 90, 10, 10, NULL, &other);
	assert_int_equal(f.menu.dones, 0);
	pane_destroy(&other);
	hands_forget(&f.hands);
	pane_create_popup(&second, "other", 5, 5, 20, 20, &f.hands.button_serial, &other);
	assert_int_equal(f.menu.dones, 1);
	assert_int_equal(other.dones, 0);
	hands_expect(&f.hands, "unfocus(menu) focus(a) mods(0,0,0,0) unfocus(a) focus(other) "
			       "mods(0,0,0,0) leave(menu) frame enter(a,10,10) frame");
	pane_destroy(&other);
	pane_destroy(&second);
	finish(&f);
}

static void a_view_goes_with_its_menu(void)
{
	struct fixture f;

	setup(&f);
	open_menu(&f);
	wl_surface_attach(f.a.surface, NULL, 0, 0);
	wl_surface_commit(f.a.surface);
	settle(f.client);
	assert_int_equal(f.menu.dones, 1);
	hands_expect(&f.others, "focus(b) mods(0,0,0,0)");
	pane_destroy(&f.menu);
	/* And with its client. */
	pane_destroy(&f.a);
	pane_create(f.client, "a", 148, 224, &f.a);
	drive_to(f.server, 200, 20);
	drive_click(f.server);
	hands_forget(&f.hands);
	pane_create_popup(&f.a, "menu", 5, 5, 50, 50, &f.hands.button_serial, &f.menu);
	hands_destroy(&f.hands);
	client_destroy(f.client);
	hands_forget(&f.others);
	drive_click(f.server);
	hands_expect(&f.others, "press(0) frame release(0) frame");
	hands_destroy(&f.others);
	test_destroy(f.test);
}

static const struct harness_test tests[] = {
	{"takes_the_keys", takes_the_keys},
	{"a_press_outside_ends_it", a_press_outside_ends_it},
	{"presses_inside_are_the_clients", presses_inside_are_the_clients},
	{"a_touch_outside_ends_it", a_touch_outside_ends_it},
	{"submenus_go_from_the_top", submenus_go_from_the_top},
	{"submenus_need_no_action", submenus_need_no_action},
	{"serials_must_be_of_an_action", serials_must_be_of_an_action},
	{"another_view_ends_it", another_view_ends_it},
	{"a_view_goes_with_its_menu", a_view_goes_with_its_menu},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
