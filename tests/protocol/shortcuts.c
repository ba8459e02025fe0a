/* SPDX-License-Identifier: MIT */
/* The server's own keys: who is chosen by Alt+Tab, and what clients hear of it. */
#include "hands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Three windows, one on top of the other, of which c is used last, then b, then a. */
struct fixture {
	struct test *test;
	struct client *client;
	struct hands hands;
	struct pane a, b, c;
};

static void setup(struct fixture *f, const struct test_options *options)
{
	const char *const names[] = {"RULES", "MODEL", "VARIANT", "OPTIONS"};
	char name[64];

	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "XKB_DEFAULT_%s", names[i]);
		unsetenv(name);
	}
	setenv("XKB_DEFAULT_LAYOUT", "us", 1);
	f->test = test_create(options);
	drive_devices(f->test->server, KEYBOARD);
	f->client = client_create(f->test);
	hands_create(f->client, KEYBOARD, &f->hands);
	pane_create(f->client, "a", 320, 240, &f->a);
	pane_create(f->client, "b", 320, 240, &f->b);
	pane_create(f->client, "c", 320, 240, &f->c);
	settle(f->client);
	hands_forget(&f->hands);
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->hands);
	test_destroy(f->test);
}

static void tap(const struct fixture *f, uint32_t key)
{
	drive_key(f->test->server, key, true);
	drive_key(f->test->server, key, false);
}

static void hold(const struct fixture *f, uint32_t key, bool down)
{
	drive_key(f->test->server, key, down);
}

/* ---- Alt+Tab -------------------------------------------------------------------------------- */

static void the_one_before_is_chosen(void)
{
	struct fixture f;

	setup(&f, NULL);
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	/* Neither of them hears of the Tab key. */
	hands_expect(&f.hands, "keydown(56) mods(8,0,0,0) unfocus(c) focus(b,56) mods(8,0,0,0)");
	hold(&f, KEY_LEFTALT, false);
	hands_expect(&f.hands, "keyup(56) mods(0,0,0,0)");
	/* And back again: it is the one used before now. */
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	hold(&f, KEY_LEFTALT, false);
	hands_expect(&f.hands, "keydown(56) mods(8,0,0,0) unfocus(b) focus(c,56) mods(8,0,0,0) "
			       "keyup(56) mods(0,0,0,0)");
	finish(&f);
}

static void while_alt_is_held_it_goes_on_to_older_ones(void)
{
	struct fixture f;

	setup(&f, NULL);
	hold(&f, KEY_LEFTALT, true);
	hands_expect(&f.hands, "keydown(56) mods(8,0,0,0)");
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "unfocus(c) focus(b,56) mods(8,0,0,0)");
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "unfocus(b) focus(a,56) mods(8,0,0,0)");
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "unfocus(a) focus(c,56) mods(8,0,0,0)");
	tap(&f, KEY_TAB);
	tap(&f, KEY_TAB);
	hold(&f, KEY_LEFTALT, false);
	settle(f.client);
	hands_forget(&f.hands);
	/* Those that were passed on the way were not used: a, c, b. */
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "keydown(56) mods(8,0,0,0) unfocus(a) focus(c,56) mods(8,0,0,0)");
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "unfocus(c) focus(b,56) mods(8,0,0,0)");
	finish(&f);
}

static void shift_goes_the_other_way(void)
{
	struct fixture f;

	setup(&f, NULL);
	hold(&f, KEY_LEFTALT, true);
	hold(&f, KEY_LEFTSHIFT, true);
	hands_expect(&f.hands, "keydown(56) mods(8,0,0,0) keydown(42) mods(9,0,0,0)");
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "unfocus(c) focus(a,42,56) mods(9,0,0,0)");
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "unfocus(a) focus(b,42,56) mods(9,0,0,0)");
	hold(&f, KEY_LEFTSHIFT, false);
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "keyup(42) mods(8,0,0,0) unfocus(b) focus(a,56) mods(8,0,0,0)");
	hold(&f, KEY_LEFTALT, false);
	hands_expect(&f.hands, "keyup(56) mods(0,0,0,0)");
	finish(&f);
}

/* A window that goes while it is looked at: the one that was used last has the keys. */
static void the_chosen_one_may_go(void)
{
	struct fixture f;

	setup(&f, NULL);
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	settle(f.client);
	hands_forget(&f.hands);
	pane_destroy(&f.b);
	settle(f.client);
	hands_expect(&f.hands, "unfocus(gone) focus(c,56) mods(8,0,0,0)");
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "unfocus(c) focus(a,56) mods(8,0,0,0)");
	hold(&f, KEY_LEFTALT, false);
	hands_expect(&f.hands, "keyup(56) mods(0,0,0,0)");
	finish(&f);
}

static void the_keyboard_may_go(void)
{
	struct fixture f;

	setup(&f, NULL);
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	drive_devices(f.test->server, 0);
	drive_devices(f.test->server, KEYBOARD);
	settle(f.client);
	hands_take(&f.hands, KEYBOARD);
	settle(f.client);
	hands_forget(&f.hands);
	/* b was chosen. */
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "keydown(56) mods(8,0,0,0) unfocus(b) focus(c,56) mods(8,0,0,0)");
	finish(&f);
}

static void one_window_stays(void)
{
	struct fixture f;

	setup(&f, NULL);
	pane_destroy(&f.a);
	pane_destroy(&f.b);
	settle(f.client);
	hands_forget(&f.hands);
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	hold(&f, KEY_LEFTALT, false);
	hands_expect(&f.hands, "keydown(56) mods(8,0,0,0) keyup(56) mods(0,0,0,0)");
	pane_destroy(&f.c);
	settle(f.client);
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	tap(&f, KEY_F4);
	hold(&f, KEY_LEFTALT, false);
	expect_alive(f.client);
	finish(&f);
}

static void what_is_minimised_comes_back(void)
{
	struct fixture f;

	setup(&f, NULL);
	xdg_toplevel_set_minimized(f.c.toplevel);
	xdg_toplevel_set_minimized(f.b.toplevel);
	settle(f.client);
	hands_expect(&f.hands, "unfocus(c) focus(b) mods(0,0,0,0) unfocus(b) focus(a) "
			       "mods(0,0,0,0)");
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB); /* in the circle, c is as far from a as the first is from the last */
	hands_expect(&f.hands, "keydown(56) mods(8,0,0,0) unfocus(a) focus(c,56) mods(8,0,0,0)");
	hold(&f, KEY_LEFTALT, false);
	hands_expect(&f.hands, "keyup(56) mods(0,0,0,0)");
	/* All of them at once. */
	xdg_toplevel_set_minimized(f.c.toplevel);
	xdg_toplevel_set_minimized(f.a.toplevel);
	settle(f.client);
	hands_expect(&f.hands, "unfocus(c) focus(a) mods(0,0,0,0) unfocus(a)");
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	hold(&f, KEY_LEFTALT, false);
	hands_expect(&f.hands, "focus(c,56) mods(8,0,0,0) keyup(56) mods(0,0,0,0)");
	finish(&f);
}

/* A dialog and its window are one. */
static void those_that_belong_together_are_one_step(void)
{
	struct fixture f;

	setup(&f, NULL);
	xdg_toplevel_set_parent(f.c.toplevel, f.b.toplevel);
	settle(f.client);
	hands_forget(&f.hands);
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "keydown(56) mods(8,0,0,0) unfocus(c) focus(a,56) mods(8,0,0,0)");
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "unfocus(a) focus(c,56) mods(8,0,0,0)");
	finish(&f);
}

static void it_ends_a_menu(void)
{
	struct fixture f;
	struct pane menu;

	setup(&f, NULL);
	tap(&f, KEY_A);
	settle(f.client);
	pane_create_popup(&f.c, "menu", 10, 10, 50, 50, &f.hands.key_serial, &menu);
	settle(f.client);
	hands_forget(&f.hands);
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_TAB);
	settle(f.client);
	assert_int_equal(menu.dones, 1);
	assert_non_null(strstr(f.hands.text, "focus(b,56)"));
	pane_destroy(&menu);
	finish(&f);
}

/* ---- Alt+F4, and keys that are none of ours ------------------------------------------------- */

/* A window, whose close events are counted. */
static void open_counted(struct client *client, struct shell_window *window,
			 struct shm_buffer *buffer)
{
	shm_buffer_create(client, 32, 32, WL_SHM_FORMAT_XRGB8888, buffer);
	shell_toplevel_map(client, window, buffer->buffer);
}

static void f4_closes_the_active_one(void)
{
	struct fixture f;
	struct shell_window window;
	struct shm_buffer buffer;

	setup(&f, NULL);
	open_counted(f.client, &window, &buffer);
	surface_set_name(window.surface, "w");
	settle(f.client);
	hands_forget(&f.hands);
	hold(&f, KEY_LEFTALT, true);
	tap(&f, KEY_F4);
	settle(f.client);
	hands_expect(&f.hands, "keydown(56) mods(8,0,0,0)");
	assert_int_equal(window.closes, 1);
	/* What is being looked at. */
	tap(&f, KEY_TAB);
	tap(&f, KEY_F4);
	settle(f.client);
	assert_int_equal(window.closes, 1);
	hold(&f, KEY_LEFTALT, false);
	shell_window_destroy(&window);
	shm_buffer_destroy(&buffer);
	finish(&f);
}

static void others_are_the_clients(void)
{
	static const uint32_t modifiers[] = {0, KEY_LEFTSHIFT, KEY_LEFTCTRL, KEY_LEFTMETA};
	struct fixture f;

	setup(&f, NULL);
	for (size_t i = 0; i < sizeof(modifiers) / sizeof(modifiers[0]); i++) {
		if (modifiers[i])
			hold(&f, modifiers[i], true);
		settle(f.client);
		hands_forget(&f.hands);
		tap(&f, KEY_TAB);
		tap(&f, KEY_F4);
		hands_expect(&f.hands, "keydown(15) keyup(15) keydown(62) keyup(62)");
		if (modifiers[i])
			hold(&f, modifiers[i], false);
	}
	hold(&f, KEY_LEFTALT, true);
	hold(&f, KEY_LEFTCTRL, true);
	settle(f.client);
	hands_forget(&f.hands);
	tap(&f, KEY_TAB);
	hands_expect(&f.hands, "keydown(15) keyup(15)");
	hold(&f, KEY_LEFTCTRL, false);
	hold(&f, KEY_LEFTSHIFT, true);
	settle(f.client);
	hands_forget(&f.hands);
	tap(&f, KEY_F4);
	hands_expect(&f.hands, "keydown(62) keyup(62)");
	finish(&f);
}

static void an_embedder_can_do_without(void)
{
	struct fixture f;
	struct shell_window window;
	struct shm_buffer buffer;

	setup(&f, &(struct test_options){.no_shortcuts = true});
	open_counted(f.client, &window, &buffer);
	surface_set_name(window.surface, "w");
	hold(&f, KEY_LEFTALT, true);
	settle(f.client);
	hands_forget(&f.hands);
	tap(&f, KEY_TAB);
	tap(&f, KEY_F4);
	hands_expect(&f.hands, "keydown(15) keyup(15) keydown(62) keyup(62)");
	assert_int_equal(window.closes, 0);
	shell_window_destroy(&window);
	shm_buffer_destroy(&buffer);
	finish(&f);
}

static const struct harness_test tests[] = {
	{"the_one_before_is_chosen", the_one_before_is_chosen},
	{"while_alt_is_held_it_goes_on_to_older_ones", while_alt_is_held_it_goes_on_to_older_ones},
	{"shift_goes_the_other_way", shift_goes_the_other_way},
	{"the_chosen_one_may_go", the_chosen_one_may_go},
	{"the_keyboard_may_go", the_keyboard_may_go},
	{"one_window_stays", one_window_stays},
	{"what_is_minimised_comes_back", what_is_minimised_comes_back},
	{"those_that_belong_together_are_one_step", those_that_belong_together_are_one_step},
	{"it_ends_a_menu", it_ends_a_menu},
	{"f4_closes_the_active_one", f4_closes_the_active_one},
	{"others_are_the_clients", others_are_the_clients},
	{"an_embedder_can_do_without", an_embedder_can_do_without},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
