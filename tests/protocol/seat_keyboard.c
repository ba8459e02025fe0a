/* SPDX-License-Identifier: MIT */
/* wl_keyboard: the keymap, who has the keys, and what they hear. */
#include "hands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon.h>

#define SHIFT 1
#define CAPS  2
#define CTRL  4
#define ALT   8

struct fixture {
	struct test *test;
	struct client *client, *other;
	struct hands hands, others;
	struct pane a, b;
};

/* Whatever the machine says: keys are those of this keymap. */
static void use_layout(const char *layout)
{
	const char *const names[] = {"RULES", "MODEL", "VARIANT", "OPTIONS"};
	char name[64];

	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "XKB_DEFAULT_%s", names[i]);
		unsetenv(name);
	}
	setenv("XKB_DEFAULT_LAYOUT", layout, 1);
}

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	use_layout("us");
	f->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	drive_devices(f->test->server, KEYBOARD);
	f->client = client_create(f->test);
	f->other = client_create(f->test);
	hands_create(f->client, KEYBOARD, &f->hands);
	hands_create(f->other, KEYBOARD, &f->others);
	pane_create(f->client, "a", 148, 224, &f->a);
	pane_create(f->other, "b", 148, 224, &f->b);
	hands_expect(&f->hands, "focus(a) mods(0,0,0,0) unfocus(a)");
	hands_expect(&f->others, "focus(b) mods(0,0,0,0)");
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->hands);
	hands_destroy(&f->others);
	test_destroy(f->test);
}

/* ---- the keymap ----------------------------------------------------------------------------- */

static struct xkb_keymap *parse(const struct hands *hands)
{
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES);
	char *text = mmap(NULL, hands->keymap_size, PROT_READ, MAP_PRIVATE, hands->keymap_fd, 0);

	assert_non_null(context);
	assert_int_equal(hands->keymap_format, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1);
	assert_ptr_not_equal(text, MAP_FAILED);
	assert_int_equal(text[hands->keymap_size - 1], '\0');
	assert_int_equal(strlen(text) + 1, hands->keymap_size);
	struct xkb_keymap *keymap = xkb_keymap_new_from_string(
		context, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	assert_non_null(keymap);
	munmap(text, hands->keymap_size);
	xkb_context_unref(context);
	return keymap;
}

static void assert_symbol(const struct hands *hands, uint32_t key, const char *expected)
{
	struct xkb_keymap *keymap = parse(hands);
	struct xkb_state *state = xkb_state_new(keymap);
	char name[64];

	assert_true(xkb_keysym_get_name(xkb_state_key_get_one_sym(state, key + 8), name,
					sizeof(name)) > 0);
	assert_string_equal(name, expected);
	xkb_state_unref(state);
	xkb_keymap_unref(keymap);
}

static void the_keymap_parses(void)
{
	struct fixture f;

	setup(&f);
	assert_symbol(&f.hands, KEY_Y, "y");
	assert_symbol(&f.hands, KEY_F1, "F1");
	assert_int_equal(f.hands.rate, 25);
	assert_int_equal(f.hands.delay, 600);
	finish(&f);
}

static void nobody_changes_the_keymap(void)
{
	struct fixture f;

	setup(&f);
	int fd = f.hands.keymap_fd;
	size_t size = f.hands.keymap_size;
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fcntl(fd, F_GET_SEALS),
			 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_ptr_equal(mmap(NULL, size, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	/* Nor by opening it anew. */
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int again = open(path, O_RDWR | O_CLOEXEC);
	if (again >= 0) {
		assert_int_equal(write(again, "x", 1), -1);
		assert_int_equal(errno, EPERM);
		close(again);
	}
	/* Clients of old versions map it shared. */
	void *shared = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	munmap(shared, size);
	finish(&f);
}

static void the_environment_chooses_it(void)
{
	struct hands hands;

	use_layout("de");
	setenv("XKB_DEFAULT_OPTIONS", "ctrl:nocaps", 1);
	struct test *test = test_create(NULL);
	drive_devices(test->server, KEYBOARD);
	hands_create(client_create(test), KEYBOARD, &hands);
	assert_symbol(&hands, KEY_Y, "z");
	assert_symbol(&hands, KEY_CAPSLOCK, "Control_L");
	hands_destroy(&hands);
	test_destroy(test);
}

static unsigned count_lines(const char *text)
{
	unsigned lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void a_bad_layout_falls_back(void)
{
	struct hands hands;

	use_layout("no-such-layout");
	struct test *test = test_create(NULL);
	drive_devices(test->server, KEYBOARD);
	assert_non_null(strstr(test->log, "LAYOUT=no-such-layout"));
	assert_non_null(strstr(test->log, "using the layout us"));
	assert_int_equal(count_lines(test->log), 1);
	hands_create(client_create(test), KEYBOARD, &hands);
	assert_symbol(&hands, KEY_Y, "y");
	/* Once. */
	unsigned lines = count_lines(test->log);
	drive_devices(test->server, 0);
	drive_devices(test->server, KEYBOARD);
	assert_int_equal(count_lines(test->log), lines);
	hands_destroy(&hands);
	test_destroy(test);
}

static void without_data_keys_are_numbers(void)
{
	struct hands hands;
	struct pane pane;

	use_layout("us");
	setenv("XKB_CONFIG_ROOT", "/nonexistent", 1);
	setenv("XKB_CONFIG_EXTRA_PATH", "/nonexistent", 1);
	setenv("HOME", "/nonexistent", 1);
	unsetenv("XDG_CONFIG_HOME");
	struct test *test = test_create(NULL);
	drive_devices(test->server, KEYBOARD);
	assert_non_null(strstr(test->log, "install xkb-data"));
	assert_int_equal(count_lines(test->log), 1);
	struct client *client = client_create(test);
	hands_create(client, KEYBOARD, &hands);
	assert_int_equal(hands.keymap_format, WL_KEYBOARD_KEYMAP_FORMAT_NO_KEYMAP);
	assert_true(hands.keymap_fd >= 0);
	pane_create(client, "a", 320, 240, &pane);
	drive_key(test->server, KEY_LEFTSHIFT, true);
	drive_key(test->server, KEY_A, true);
	hands_expect(&hands, "focus(a) mods(0,0,0,0) keydown(42) keydown(30)");
	hands_destroy(&hands);
	test_destroy(test);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void keys_go_to_the_active_view(void)
{
	struct fixture f;

	setup(&f);
	drive_key(f.test->server, KEY_A, true);
	drive_key(f.test->server, KEY_A, true);
	drive_key(f.test->server, KEY_S, true);
	drive_key(f.test->server, KEY_A, false);
	drive_key(f.test->server, KEY_A, false);
	hands_expect(&f.others, "keydown(30) keydown(31) keyup(30)");
	hands_expect(&f.hands, "");
	/* What is no key. */
	drive_key(f.test->server, KEY_CNT, true);
	drive_key(f.test->server, UINT32_MAX, true);
	drive_key(f.test->server, KEY_MAX, true);
	hands_expect(&f.others, "keydown(767)");
	/* Who comes next learns what is down, and hears of its release. */
	pane_destroy(&f.b);
	hands_expect(&f.others, "unfocus(gone)");
	hands_expect(&f.hands, "focus(a,31,767) mods(0,0,0,0)");
	drive_key(f.test->server, KEY_S, false);
	hands_expect(&f.hands, "keyup(31)");
	hands_expect(&f.others, "");
	pane_destroy(&f.a);
	hands_expect(&f.hands, "unfocus(gone)");
	drive_key(f.test->server, KEY_S, true);
	drive_key(f.test->server, KEY_S, false);
	finish(&f);
}

static void modifiers_are_told(void)
{
	struct fixture f;
	struct drive_asked asked = {0};

	setup(&f);
	drive_bind(f.test->server, &asked);
	drive_key(f.test->server, KEY_LEFTSHIFT, true);
	drive_key(f.test->server, KEY_LEFTCTRL, true);
	drive_key(f.test->server, KEY_RIGHTSHIFT, true);
	drive_key(f.test->server, KEY_LEFTSHIFT, false);
	drive_key(f.test->server, KEY_RIGHTSHIFT, false);
	drive_key(f.test->server, KEY_LEFTCTRL, false);
	hands_expect(&f.others, "keydown(42) mods(1,0,0,0) keydown(29) mods(5,0,0,0) keydown(54) "
				"keyup(42) keyup(54) mods(4,0,0,0) keyup(29) mods(0,0,0,0)");
	assert_int_equal(asked.leds, 0);
	drive_key(f.test->server, KEY_CAPSLOCK, true);
	drive_key(f.test->server, KEY_CAPSLOCK, false);
	hands_expect(&f.others, "keydown(58) mods(2,0,2,0) keyup(58) mods(0,0,2,0)");
	assert_int_equal(asked.leds, 2);
	/* A lock outlives the keyboard. */
	drive_key(f.test->server, KEY_LEFTALT, true);
	drive_devices(f.test->server, 0);
	drive_devices(f.test->server, KEYBOARD);
	hands_expect(&f.others, "keydown(56) mods(8,0,2,0) unfocus(b)");
	struct hands anew = {.client = f.other, .keymap_fd = -1};
	hands_take(&anew, KEYBOARD);
	hands_expect(&anew, "focus(b) mods(0,0,2,0)");
	assert_int_equal(asked.times, 0);
	hands_destroy(&anew);
	finish(&f);
}

static void layouts_are_switched(void)
{
	struct hands hands;
	struct pane pane;

	use_layout("us,de,fr");
	setenv("XKB_DEFAULT_OPTIONS", "grp:caps_toggle", 1);
	struct test *test = test_create(NULL);
	drive_devices(test->server, KEYBOARD);
	struct client *client = client_create(test);
	hands_create(client, KEYBOARD, &hands);
	pane_create(client, "a", 320, 240, &pane);
	hands_forget(&hands);
	for (unsigned i = 0; i < 4; i++) {
		drive_key(test->server, KEY_CAPSLOCK, true);
		drive_key(test->server, KEY_CAPSLOCK, false);
	}
	hands_expect(&hands, "keydown(58) mods(0,0,0,1) keyup(58) keydown(58) mods(0,0,0,2) "
			     "keyup(58) keydown(58) mods(0,0,0,0) keyup(58) keydown(58) "
			     "mods(0,0,0,1) keyup(58)");
	/* Whoever comes then is told. */
	pane_destroy(&pane);
	pane_create(client, "b", 320, 240, &pane);
	hands_expect(&hands, "unfocus(gone) focus(b) mods(0,0,0,1)");
	hands_destroy(&hands);
	test_destroy(test);
}

static void the_keyboard_follows_clicks(void)
{
	struct fixture f;

	setup(&f);
	drive_devices(f.test->server, KEYBOARD | POINTER);
	drive_to(f.test->server, 20, 20);
	hands_expect(&f.hands, "");
	drive_click(f.test->server);
	hands_expect(&f.others, "unfocus(b)");
	hands_expect(&f.hands, "focus(a) mods(0,0,0,0)");
	/* Tiles stay where they are. */
	drive_click(f.test->server);
	drive_to(f.test->server, 200, 20);
	drive_click(f.test->server);
	hands_expect(&f.hands, "unfocus(a)");
	hands_expect(&f.others, "focus(b) mods(0,0,0,0)");
	/* Nothing is there. */
	drive_to(f.test->server, 0, 0);
	drive_click(f.test->server);
	hands_expect(&f.others, "");
	/* When it goes, the one before it has the keys again. */
	wl_surface_attach(f.b.surface, NULL, 0, 0);
	wl_surface_commit(f.b.surface);
	hands_expect(&f.others, "unfocus(b)");
	hands_expect(&f.hands, "focus(a) mods(0,0,0,0)");
	finish(&f);
}

static void a_late_keyboard_is_told(void)
{
	struct fixture f;

	setup(&f);
	drive_key(f.test->server, KEY_LEFTSHIFT, true);
	drive_key(f.test->server, KEY_A, true);
	hands_forget(&f.others);
	struct hands late = {.client = f.other, .keymap_fd = -1};
	hands_take(&late, KEYBOARD);
	hands_expect(&late, "focus(b,30,42) mods(1,0,0,0)");
	drive_key(f.test->server, KEY_A, false);
	hands_expect(&late, "keyup(30)");
	hands_expect(&f.others, "keyup(30)");
	assert_int_equal(late.key_serial, f.others.key_serial);
	hands_destroy(&late);
	finish(&f);
}

static void old_clients_hear_of_no_repeat(void)
{
	struct fixture f;

	setup(&f);
	struct wl_seat *newest = f.other->seat;
	f.other->seat = bind_again(f.other, &wl_seat_interface, 3, 0);
	struct hands old = {.client = f.other, .keymap_fd = -1};
	hands_take(&old, KEYBOARD);
	hands_expect(&old, "focus(b) mods(0,0,0,0)");
	assert_int_equal(old.delay, 0);
	hands_destroy(&old);
	wl_seat_destroy(f.other->seat);
	f.other->seat = newest;
	finish(&f);
}

/* ---- bindings ------------------------------------------------------------------------------- */

static void press_all(struct fixture *f, bool pressed, uint32_t key)
{
	drive_key(f->test->server, KEY_LEFTCTRL, pressed);
	drive_key(f->test->server, KEY_LEFTALT, pressed);
	drive_key(f->test->server, key, pressed);
}

static void terminals_are_switched(void)
{
	struct fixture f;
	struct drive_asked asked = {0};

	setup(&f);
	drive_bind(f.test->server, &asked);
	for (unsigned vt = 1; vt <= 12; vt++) {
		uint32_t key = vt <= 10 ? KEY_F1 + vt - 1 : KEY_F11 + vt - 11;
		press_all(&f, true, key);
		assert_int_equal(asked.vt, vt);
		assert_int_equal(asked.times, vt);
		press_all(&f, false, key);
		assert_int_equal(asked.times, vt);
		hands_expect(&f.others, "keydown(29) mods(4,0,0,0) keydown(56) mods(12,0,0,0) "
					"keyup(29) mods(8,0,0,0) keyup(56) mods(0,0,0,0)");
	}
	/* Only with both. */
	drive_key(f.test->server, KEY_F2, true);
	drive_key(f.test->server, KEY_F2, false);
	hands_expect(&f.others, "keydown(60) keyup(60)");
	/* Whoever comes in between is not told that the key is down. */
	press_all(&f, true, KEY_F3);
	pane_destroy(&f.b);
	hands_expect(&f.hands, "focus(a,29,56) mods(12,0,0,0)");
	press_all(&f, false, KEY_F3);
	hands_forget(&f.hands);
	/* Without a binding the clients have them. */
	drive_bind(f.test->server, NULL);
	press_all(&f, true, KEY_F3);
	hands_expect(&f.hands, "keydown(29) mods(4,0,0,0) keydown(56) mods(12,0,0,0) keydown(61)");
	assert_int_equal(asked.times, 13);
	finish(&f);
}

static void a_binding_may_end_the_keyboard(void)
{
	struct fixture f;
	struct drive_asked asked = {0};

	setup(&f);
	asked.unplugs = f.test->server;
	drive_bind(f.test->server, &asked);
	press_all(&f, true, KEY_F4);
	press_all(&f, false, KEY_F4);
	assert_int_equal(asked.vt, 4);
	hands_expect(&f.others, "keydown(29) mods(4,0,0,0) keydown(56) mods(12,0,0,0) unfocus(b)");
	drive_devices(f.test->server, KEYBOARD);
	struct hands anew = {.client = f.other, .keymap_fd = -1};
	hands_take(&anew, KEYBOARD);
	hands_expect(&anew, "focus(b) mods(0,0,0,0)");
	hands_destroy(&anew);
	finish(&f);
}

static const struct harness_test tests[] = {
	{"the_keymap_parses", the_keymap_parses},
	{"nobody_changes_the_keymap", nobody_changes_the_keymap},
	{"the_environment_chooses_it", the_environment_chooses_it},
	{"a_bad_layout_falls_back", a_bad_layout_falls_back},
	{"without_data_keys_are_numbers", without_data_keys_are_numbers},
	{"keys_go_to_the_active_view", keys_go_to_the_active_view},
	{"modifiers_are_told", modifiers_are_told},
	{"layouts_are_switched", layouts_are_switched},
	{"the_keyboard_follows_clicks", the_keyboard_follows_clicks},
	{"a_late_keyboard_is_told", a_late_keyboard_is_told},
	{"old_clients_hear_of_no_repeat", old_clients_hear_of_no_repeat},
	{"terminals_are_switched", terminals_are_switched},
	{"a_binding_may_end_the_keyboard", a_binding_may_end_the_keyboard},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
