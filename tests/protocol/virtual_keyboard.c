/* SPDX-License-Identifier: MIT */
/* zwp_virtual_keyboard_v1: who may press keys, in which keymap, and whose keys come when. */
#include "hands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "virtual-keyboard-client-protocol.h"

#define XKB WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1

/* A keymap of one key, whose code is 1 for clients. */
#define KEYMAP(symbol)                                                                             \
	"xkb_keymap {\n"                                                                           \
	"xkb_keycodes \"one\" { minimum = 8; maximum = 255; <K1> = 9; <K2> = 30; };\n"             \
	"xkb_types \"one\" { include \"complete\" };\n"                                            \
	"xkb_compatibility \"one\" { include \"complete\" };\n"                                    \
	"xkb_symbols \"one\" { key <K1> {[" symbol "]}; key <K2> {[Shift_L]}; };\n"                \
	"};\n"

struct fixture {
	struct test *test;
	struct client *client, *typist;
	struct hands hands;
	struct pane pane;
	struct zwp_virtual_keyboard_manager_v1 *manager;
	struct zwp_virtual_keyboard_v1 *keyboard;
};

static struct zwp_virtual_keyboard_v1 *create_keyboard(struct fixture *f)
{
	struct zwp_virtual_keyboard_v1 *keyboard =
		zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(f->manager,
									f->typist->seat);
	client_roundtrip(f->typist);
	return keyboard;
}

/* devices: real ones, which are there before. Without any the client has no hands yet. */
static void setup(struct fixture *f, unsigned devices)
{
	memset(f, 0, sizeof(*f));
	setenv("XKB_DEFAULT_LAYOUT", "us", 1);
	f->test = test_create(NULL);
	drive_devices(f->test->server, devices);
	f->client = client_create(f->test);
	f->typist = client_create(f->test);
	hands_create(f->client, devices, &f->hands);
	pane_create(f->client, "a", 320, 240, &f->pane);
	f->manager = bind_again(f->typist, &zwp_virtual_keyboard_manager_v1_interface, 1, 0);
	f->keyboard = create_keyboard(f);
	hands_forget(&f->hands);
}

static void finish(struct fixture *f)
{
	if (f->keyboard)
		zwp_virtual_keyboard_v1_destroy(f->keyboard);
	zwp_virtual_keyboard_manager_v1_destroy(f->manager);
	hands_destroy(&f->hands);
	test_destroy(f->test);
}

static int file_of(const char *text)
{
	int fd = memory_create(strlen(text) + 1);

	assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
	return fd;
}

static void send_keymap(struct zwp_virtual_keyboard_v1 *keyboard, const char *text)
{
	int fd = file_of(text);

	zwp_virtual_keyboard_v1_keymap(keyboard, XKB, fd, (uint32_t)strlen(text) + 1);
	close(fd);
}

static void press(struct fixture *f, uint32_t key, bool pressed)
{
	zwp_virtual_keyboard_v1_key(f->keyboard, 0, key, pressed);
	client_roundtrip(f->typist);
}

static void tap(struct fixture *f, uint32_t key)
{
	press(f, key, true);
	press(f, key, false);
}

/* The client's keymap has this text in it. */
static void assert_keymap(const struct hands *hands, const char *words)
{
	char *text = mmap(NULL, hands->keymap_size, PROT_READ, MAP_PRIVATE, hands->keymap_fd, 0);

	assert_ptr_not_equal(text, MAP_FAILED);
	if (!strstr(text, words))
		fail_msg("no '%s' in the keymap", words);
	munmap(text, hands->keymap_size);
}

/* ---- who may -------------------------------------------------------------------------------- */

struct seen {
	bool keyboard, pointer;
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
			  const char *interface, uint32_t version)
{
	struct seen *seen = data;

	seen->keyboard |= strcmp(interface, "zwp_virtual_keyboard_manager_v1") == 0;
	seen->pointer |= strcmp(interface, "zwlr_virtual_pointer_manager_v1") == 0;
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static struct seen look(struct client *client)
{
	struct wl_registry *registry = wl_display_get_registry(client->display);
	struct seen seen = {0};

	wl_registry_add_listener(registry, &registry_listener, &seen);
	client_roundtrip(client);
	wl_registry_destroy(registry);
	return seen;
}

static void the_unprivileged_see_nothing(void)
{
	struct test *test = test_create(NULL);
	struct seen seen = look(client_create(test));
	assert_true(seen.keyboard && seen.pointer);
	test_destroy(test);

	test = test_create(&(struct test_options){.unprivileged = true});
	struct client *client = client_create(test);
	seen = look(client);
	assert_false(seen.keyboard || seen.pointer);
	/* Nor do they get by guessing what they do not see. */
	struct wl_registry *registry = wl_display_get_registry(client->display);
	for (uint32_t name = 1; name < 64 && !client->error; name++) {
		wl_registry_bind(registry, name, &zwp_virtual_keyboard_manager_v1_interface, 1);
		pump(test);
	}
	expect_error(client, &wl_registry_interface, WL_DISPLAY_ERROR_INVALID_OBJECT, "invalid");
	test_destroy(test);
}

/* ---- what a keymap can be ------------------------------------------------------------------- */

/* Takes the fd. The connection ends, and nobody else is bothered. */
static void refuse(uint32_t format, int fd, uint32_t size, const char *words)
{
	struct fixture f;

	setup(&f, KEYBOARD);
	zwp_virtual_keyboard_v1_keymap(f.keyboard, format, fd, size);
	close(fd);
	expect_error(f.typist, &zwp_virtual_keyboard_v1_interface,
		     ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP, words);
	drive_key(f.test->server, KEY_A, true);
	hands_expect(&f.hands, "keydown(30)");
	assert_int_equal(f.hands.keymaps, 1);
	finish(&f);
}

static int pipe_end(void)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[1]);
	return fds[0];
}

static int socket_end(void)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	close(fds[1]);
	return fds[0];
}

static void what_is_no_file_is_refused(void)
{
	refuse(XKB, pipe_end(), 100, "neither shared memory nor a file");
	refuse(XKB, socket_end(), 100, "neither shared memory nor a file");
	refuse(XKB, open("/dev/zero", O_RDONLY | O_CLOEXEC), 100, "fd is");
	refuse(XKB, open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 1, "fd is no regular file");
	/* Whoever writes a file system's answers may never do so; /proc stands for all that is not
	 * known to answer. */
	refuse(XKB, open("/proc/self/maps", O_RDONLY | O_CLOEXEC), 10,
	       "neither shared memory nor a file");
}

static void sizes_are_checked(void)
{
	const char *text = KEYMAP("a");

	refuse(XKB, file_of(text), 0, "a keymap of 0 bytes");
	refuse(XKB, file_of(text), UINT32_MAX, "4294967295 bytes: it can have 1 to 1048576");
	refuse(XKB, memory_create((1 << 20) + 1), (1 << 20) + 1, "it can have 1 to 1048576");
	refuse(XKB, file_of(text), (uint32_t)strlen(text) + 2, "fewer than the");
	refuse(XKB, file_of(text), 10, "the text is no keymap");
}

static void texts_are_checked(void)
{
	refuse(XKB, memory_create(4096), 4096, "the text is no keymap");
	refuse(XKB, memory_create(1 << 20), 1 << 20, "the text is no keymap");
	refuse(XKB, file_of("nonsense"), 9, "the text is no keymap");
	refuse(XKB, file_of("xkb_keymap {"), 13, "syntax error");
	refuse(XKB, file_of("xkb_keymap { xkb_keycodes { include \"/etc/passwd\" }; };"), 56,
	       "the text is no keymap");
	refuse(WL_KEYBOARD_KEYMAP_FORMAT_NO_KEYMAP, file_of(""), 1, "format 0");
	refuse(7, file_of(KEYMAP("a")), 10, "format 7");
}

/* As wtype has it: a file that was written, on a disk perhaps, and without a NUL at its end. */
static void a_file_will_do(void)
{
	struct fixture f;
	char path[] = "/tmp/framelend-test-XXXXXX";
	const char *text = KEYMAP("eacute");

	setup(&f, KEYBOARD);
	int fd = mkostemp(path, O_CLOEXEC);
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	zwp_virtual_keyboard_v1_keymap(f.keyboard, XKB, fd, (uint32_t)strlen(text));
	close(fd);
	tap(&f, 1);
	hands_expect(&f.hands, "keymap mods(0,0,0,0) keydown(1) keyup(1)");
	assert_keymap(&f.hands, "eacute");
	finish(&f);
}

static void keys_need_a_keymap(void)
{
	struct fixture f;

	setup(&f, KEYBOARD);
	zwp_virtual_keyboard_v1_key(f.keyboard, 0, 1, 1);
	expect_error(f.typist, &zwp_virtual_keyboard_v1_interface,
		     ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP, "key: send a keymap first");
	finish(&f);
	setup(&f, KEYBOARD);
	zwp_virtual_keyboard_v1_modifiers(f.keyboard, 1, 0, 0, 0);
	expect_error(f.typist, &zwp_virtual_keyboard_v1_interface,
		     ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP, "modifiers: send a keymap first");
	hands_expect(&f.hands, "");
	finish(&f);
}

/* The file is the client's: what happens to it later changes nothing. */
static void the_text_is_copied(void)
{
	struct fixture f;
	const char *text = KEYMAP("eacute");
	int fd = file_of(text);

	setup(&f, KEYBOARD);
	zwp_virtual_keyboard_v1_keymap(f.keyboard, XKB, fd, (uint32_t)strlen(text) + 1);
	client_roundtrip(f.typist);
	assert_int_equal(pwrite(fd, "garbage", 7, 0), 7);
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	tap(&f, 1);
	assert_keymap(&f.hands, "eacute");
	finish(&f);
}

/* ---- whose keys ----------------------------------------------------------------------------- */

static void the_keymap_comes_with_the_keys(void)
{
	struct fixture f;

	setup(&f, KEYBOARD);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	client_roundtrip(f.typist);
	hands_expect(&f.hands, "");
	tap(&f, 1);
	hands_expect(&f.hands, "keymap mods(0,0,0,0) keydown(1) keyup(1)");
	assert_keymap(&f.hands, "eacute");
	/* Another one of its own. */
	send_keymap(f.keyboard, KEYMAP("agrave"));
	tap(&f, 1);
	hands_expect(&f.hands, "keymap mods(0,0,0,0) keydown(1) keyup(1)");
	assert_keymap(&f.hands, "agrave");
	/* The same again. */
	send_keymap(f.keyboard, KEYMAP("agrave"));
	tap(&f, 1);
	hands_expect(&f.hands, "keydown(1) keyup(1)");
	/* The device's comes back with its next key. */
	drive_key(f.test->server, KEY_A, true);
	drive_key(f.test->server, KEY_A, false);
	hands_expect(&f.hands, "keymap mods(0,0,0,0) keydown(30) keyup(30)");
	assert_keymap(&f.hands, "Caps_Lock");
	finish(&f);
}

/* What is held when another origin speaks is let go: the code means another key from then on. */
static void held_keys_are_let_go(void)
{
	struct fixture f;

	setup(&f, KEYBOARD);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	drive_key(f.test->server, KEY_LEFTCTRL, true);
	drive_key(f.test->server, KEY_A, true);
	hands_expect(&f.hands, "keydown(29) mods(4,0,0,0) keydown(30)");
	press(&f, 1, true);
	hands_expect(&f.hands, "keyup(29) keyup(30) keymap mods(0,0,0,0) keydown(1)");
	/* Nothing of it is heard, but it counts. */
	drive_key(f.test->server, KEY_A, false);
	hands_expect(&f.hands, "");
	drive_key(f.test->server, KEY_C, true);
	hands_expect(&f.hands, "keyup(1) keymap mods(4,0,0,0) keydown(46)");
	drive_key(f.test->server, KEY_LEFTCTRL, false);
	drive_key(f.test->server, KEY_C, false);
	hands_expect(&f.hands, "mods(0,0,0,0) keyup(46)");
	press(&f, 1, false);
	hands_expect(&f.hands, "");
	finish(&f);
}

/* One that has the device's keymap changes none. */
static void the_same_keymap_is_no_change(void)
{
	struct fixture f;

	setup(&f, KEYBOARD);
	int fd = fcntl(f.hands.keymap_fd, F_DUPFD_CLOEXEC, 0);
	zwp_virtual_keyboard_v1_keymap(f.keyboard, XKB, fd, f.hands.keymap_size);
	close(fd);
	drive_key(f.test->server, KEY_S, true);
	tap(&f, KEY_A);
	drive_key(f.test->server, KEY_S, false);
	drive_key(f.test->server, KEY_S, true);
	hands_expect(&f.hands, "keydown(31) keyup(31) keydown(30) keyup(30) keydown(31)");
	finish(&f);
}

static void modifiers_are_what_it_says(void)
{
	struct fixture f;

	setup(&f, KEYBOARD);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	press(&f, 22, true); /* its Shift, which is not said to be one */
	hands_expect(&f.hands, "keymap mods(0,0,0,0) keydown(22)");
	zwp_virtual_keyboard_v1_modifiers(f.keyboard, 1, 4, 2, 0);
	client_roundtrip(f.typist);
	hands_expect(&f.hands, "mods(1,4,2,0)");
	/* Its lock is not the keyboard's lamp. */
	struct drive_asked asked = {0};
	drive_bind(f.test->server, &asked);
	tap(&f, 1);
	hands_expect(&f.hands, "keydown(1) keyup(1)");
	assert_int_equal(asked.leds, 0);
	drive_key(f.test->server, KEY_LEFTSHIFT, true);
	hands_expect(&f.hands, "keyup(22) keymap mods(1,0,0,0) keydown(42)");
	/* Groups that the keymap lacks are wrapped into those it has. */
	zwp_virtual_keyboard_v1_modifiers(f.keyboard, 0, 0, 0, 3);
	client_roundtrip(f.typist);
	hands_expect(&f.hands, "keyup(42) keymap mods(0,0,0,0)");
	finish(&f);
}

static void it_lets_go_when_it_goes(void)
{
	struct fixture f;

	setup(&f, KEYBOARD);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	zwp_virtual_keyboard_v1_modifiers(f.keyboard, 5, 0, 0, 0);
	press(&f, 1, true);
	hands_expect(&f.hands, "keymap mods(5,0,0,0) keydown(1)");
	zwp_virtual_keyboard_v1_destroy(f.keyboard);
	client_roundtrip(f.typist);
	hands_expect(&f.hands, "keyup(1) mods(0,0,0,0)");
	drive_key(f.test->server, KEY_A, true);
	hands_expect(&f.hands, "keymap mods(0,0,0,0) keydown(30)");
	/* So it does when its client is killed, and the other one's keys stay. */
	f.keyboard = create_keyboard(&f);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	press(&f, 1, true);
	hands_forget(&f.hands);
	client_destroy(f.typist);
	pump(f.test);
	hands_expect(&f.hands, "keyup(1)");
	hands_destroy(&f.hands);
	test_destroy(f.test);
}

static void codes_out_of_range_are_nothing(void)
{
	struct fixture f;

	setup(&f, KEYBOARD);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	tap(&f, UINT32_MAX);
	tap(&f, UINT32_MAX - 8);
	tap(&f, KEY_CNT);
	press(&f, 1, false);
	hands_expect(&f.hands, "");
	press(&f, KEY_MAX, true); /* none of the keymap's */
	press(&f, KEY_MAX, true);
	hands_expect(&f.hands, "keymap mods(0,0,0,0) keydown(767)");
	zwp_virtual_keyboard_v1_modifiers(f.keyboard, UINT32_MAX, UINT32_MAX, UINT32_MAX,
					  UINT32_MAX);
	expect_alive(f.typist);
	finish(&f);
}

/* ---- a seat without devices ----------------------------------------------------------------- */

/* The first key waits for the program that has only just been told that there are keys. */
static void the_first_keys_are_not_lost(void)
{
	struct fixture f;

	setup(&f, 0);
	assert_int_equal(f.hands.capabilities, WL_SEAT_CAPABILITY_KEYBOARD);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	tap(&f, 1);
	zwp_virtual_keyboard_v1_modifiers(f.keyboard, 4, 0, 0, 0);
	tap(&f, 1);
	/* Also if the typist is gone by then. */
	zwp_virtual_keyboard_v1_destroy(f.keyboard);
	f.keyboard = NULL;
	client_roundtrip(f.typist);
	hands_take(&f.hands, KEYBOARD);
	hands_expect(&f.hands, "focus(a) mods(0,0,0,0) keymap mods(0,0,0,0) keydown(1) keyup(1) "
			       "mods(4,0,0,0) keydown(1) keyup(1) mods(0,0,0,0)");
	/* The keyboard is there to stay: the next one need not wait. */
	assert_int_equal(f.hands.capability_events, 1);
	f.keyboard = create_keyboard(&f);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	tap(&f, 1);
	hands_expect(&f.hands, "keydown(1) keyup(1)");
	assert_int_equal(f.hands.capability_events, 1);
	finish(&f);
}

/* Who never asks for a keyboard holds nobody up for long. */
static void nobody_waits_for_ever(void)
{
	struct fixture f;
	struct pane other;
	struct hands hands;

	setup(&f, 0);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	press(&f, 1, true);
	struct client *client = client_create(f.test);
	hands_create(client, KEYBOARD, &hands);
	pane_create(client, "b", 320, 240, &other);
	/* The window that has the keys now is ready. */
	press(&f, 1, false);
	hands_expect(&hands, "focus(b) mods(0,0,0,0) keymap mods(0,0,0,0) keydown(1) keyup(1)");
	pane_destroy(&other);
	press(&f, 1, true);
	for (unsigned i = 0; i < 30; i++)
		pump_once(f.test, 100);
	hands_take(&f.hands, KEYBOARD);
	hands_expect(&f.hands, "focus(a,1) mods(0,0,0,0)");
	hands_destroy(&hands);
	finish(&f);
}

/* Thousands of keys that nobody waits for cost nothing later. */
static void what_waits_is_bounded(void)
{
	struct fixture f;

	setup(&f, 0);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	for (unsigned i = 0; i < 10000; i++) {
		zwp_virtual_keyboard_v1_key(f.keyboard, 0, 1, i % 2 == 0);
		if (i % 100 == 0)
			client_roundtrip(f.typist);
	}
	client_roundtrip(f.typist);
	hands_take(&f.hands, KEYBOARD);
	client_roundtrip(f.client);
	assert_true(strlen(f.hands.text) < 5000 * strlen("keydown(1) "));
	hands_forget(&f.hands);
	tap(&f, 1);
	hands_expect(&f.hands, "keydown(1) keyup(1)");
	finish(&f);
}

/* A server that ends has nothing left of them. */
static void a_server_may_end_before(void)
{
	struct fixture f;

	setup(&f, 0);
	send_keymap(f.keyboard, KEYMAP("eacute"));
	press(&f, 1, true);
	zwp_virtual_keyboard_manager_v1_destroy(f.manager);
	zwp_virtual_keyboard_v1_destroy(f.keyboard);
	hands_destroy(&f.hands);
	test_destroy(f.test);
}

/* ---- from within ---------------------------------------------------------------------------- */

/* An output in a window brings the keymap of the display that it is on. */
static void a_source_brings_its_keymap(void)
{
	struct fixture f;
	struct lend_server *server;

	setup(&f, KEYBOARD);
	server = f.test->server;
	drive_key(server, KEY_LEFTSHIFT, true);
	hands_expect(&f.hands, "keydown(42) mods(1,0,0,0)");
	assert_int_equal(drive_keymap(server, KEYMAP("eacute")), 0);
	hands_expect(&f.hands, "keyup(42) keymap mods(0,0,0,0)");
	assert_keymap(&f.hands, "eacute");
	/* The same again, as it is at each enter. */
	assert_int_equal(drive_keymap(server, KEYMAP("eacute")), 0);
	drive_modifiers(server, 0, 0, 0, 0);
	hands_expect(&f.hands, "");
	drive_modifiers(server, 4, 0, 2, 0);
	drive_modifiers(server, 4, 0, 2, 0);
	hands_expect(&f.hands, "mods(4,0,2,0)");
	/* What is none changes nothing. */
	assert_int_equal(drive_keymap(server, "nonsense"), -EINVAL);
	assert_non_null(strstr(lend_server_error(), "the text is no keymap"));
	assert_int_equal(drive_keymap(server, ""), -EINVAL);
	char *huge = malloc(2 << 20);
	assert_non_null(huge);
	memset(huge, ' ', (2 << 20) - 1);
	huge[(2 << 20) - 1] = '\0';
	assert_int_equal(drive_keymap(server, huge), -EINVAL);
	assert_non_null(strstr(lend_server_error(), "more than 1048576 bytes"));
	free(huge);
	hands_expect(&f.hands, "");
	/* And back; what is locked stays so. */
	assert_int_equal(drive_keymap(server, NULL), 0);
	hands_expect(&f.hands, "keymap mods(1,0,2,0)");
	assert_keymap(&f.hands, "Caps_Lock");
	drive_key(server, KEY_LEFTSHIFT, false);
	hands_expect(&f.hands, "mods(0,0,2,0)");
	finish(&f);
}

/* Clients without the keys hear of a keymap when they get them, of the last one only. */
static void others_hear_later(void)
{
	struct fixture f;
	struct hands hands;
	struct pane other;

	setup(&f, KEYBOARD);
	struct client *client = client_create(f.test);
	hands_create(client, KEYBOARD, &hands);
	assert_int_equal(drive_keymap(f.test->server, KEYMAP("eacute")), 0);
	assert_int_equal(drive_keymap(f.test->server, KEYMAP("agrave")), 0);
	hands_expect(&f.hands, "keymap mods(0,0,0,0) keymap mods(0,0,0,0)");
	hands_expect(&hands, "");
	pane_create(client, "b", 320, 240, &other);
	hands_expect(&hands, "keymap focus(b) mods(0,0,0,0)");
	assert_keymap(&hands, "agrave");
	/* A new object has it from the start. */
	struct hands late = {.client = client, .keymap_fd = -1};
	hands_take(&late, KEYBOARD);
	hands_expect(&late, "focus(b) mods(0,0,0,0)");
	assert_keymap(&late, "agrave");
	assert_int_equal(late.keymaps, 1);
	hands_destroy(&late);
	hands_destroy(&hands);
	finish(&f);
}

/* Objects that wait for a keymap are counted too. */
static void objects_that_wait_are_counted(void)
{
	struct fixture f;
	struct wl_keyboard *keyboards[65];

	setup(&f, KEYBOARD);
	struct client *client = client_create(f.test);
	for (unsigned i = 0; i < 64; i++)
		keyboards[i] = wl_seat_get_keyboard(client->seat);
	client_roundtrip(client);
	assert_int_equal(drive_keymap(f.test->server, KEYMAP("eacute")), 0);
	keyboards[64] = wl_seat_get_keyboard(client->seat);
	expect_no_memory(client, "64 of them already");
	for (unsigned i = 0; i < 65; i++)
		wl_keyboard_destroy(keyboards[i]);
	finish(&f);
}

/* Of two origins one goes with a key down: it comes up. */
static void a_device_that_goes_lets_go(void)
{
	struct fixture f;

	setup(&f, KEYBOARD);
	drive_key(f.test->server, KEY_LEFTCTRL, true);
	drive_key(f.test->server, KEY_A, true);
	hands_forget(&f.hands);
	drive_devices(f.test->server, 0);
	hands_expect(&f.hands, "keyup(29) keyup(30) mods(0,0,0,0)");
	drive_devices(f.test->server, KEYBOARD);
	drive_key(f.test->server, KEY_A, true);
	hands_expect(&f.hands, "keydown(30)");
	finish(&f);
}

static const struct harness_test tests[] = {
	{"the_unprivileged_see_nothing", the_unprivileged_see_nothing},
	{"what_is_no_file_is_refused", what_is_no_file_is_refused},
	{"sizes_are_checked", sizes_are_checked},
	{"texts_are_checked", texts_are_checked},
	{"a_file_will_do", a_file_will_do},
	{"keys_need_a_keymap", keys_need_a_keymap},
	{"the_text_is_copied", the_text_is_copied},
	{"the_keymap_comes_with_the_keys", the_keymap_comes_with_the_keys},
	{"held_keys_are_let_go", held_keys_are_let_go},
	{"the_same_keymap_is_no_change", the_same_keymap_is_no_change},
	{"modifiers_are_what_it_says", modifiers_are_what_it_says},
	{"it_lets_go_when_it_goes", it_lets_go_when_it_goes},
	{"codes_out_of_range_are_nothing", codes_out_of_range_are_nothing},
	{"the_first_keys_are_not_lost", the_first_keys_are_not_lost},
	{"nobody_waits_for_ever", nobody_waits_for_ever},
	{"what_waits_is_bounded", what_waits_is_bounded},
	{"a_server_may_end_before", a_server_may_end_before},
	{"a_source_brings_its_keymap", a_source_brings_its_keymap},
	{"others_hear_later", others_hear_later},
	{"objects_that_wait_are_counted", objects_that_wait_are_counted},
	{"a_device_that_goes_lets_go", a_device_that_goes_lets_go},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
