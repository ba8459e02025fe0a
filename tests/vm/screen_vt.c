/* SPDX-License-Identifier: MIT */
/*
 * The seat is switched to another VT and back while a server is on display: another server has the
 * display meanwhile, and the picture is whole again afterwards.
 * usage: screen-vt DRIVER [TEST]
 */
#include "protocol/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"
#include "screen_kms.h"

#define OTHER_VT 2

static int active_vt(void)
{
	struct vt_stat state;
	int tty = open("/dev/tty0", O_RDWR | O_CLOEXEC | O_NOCTTY);

	assert_true(tty >= 0);
	assert_int_equal(ioctl(tty, VT_GETSTATE, &state), 0);
	close(tty);
	return state.v_active;
}

static void activate(int vt)
{
	int tty = open("/dev/tty0", O_RDWR | O_CLOEXEC | O_NOCTTY);

	assert_true(tty >= 0);
	assert_int_equal(ioctl(tty, VT_ACTIVATE, vt), 0);
	close(tty);
}

/* The server has to agree; it has the display where it is at home, and nowhere else. */
static void pump_until_vt(struct screen *screen, int vt, bool home)
{
	const char *path = screen->display.path;

	for (int i = 0; i < 400 && (active_vt() != vt || screen_is_master(path) != home); i++)
		pump_once(screen->test, 50);
	if (active_vt() != vt || screen_is_master(path) != home)
		fail_msg("VT %d is active, not %d, or not master of %s\n%s", active_vt(), vt, path,
			 screen->test->log);
	pump(screen->test);
}

static void press(const char *keys)
{
	char answer[256], request[64];

	snprintf(request, sizeof(request), "key %s", keys);
	if (vm_ask(request, answer, sizeof(answer)) != 0)
		fail_msg("%s: %s", request, answer);
}

static void open_on_vt(struct screen *screen, bool input)
{
	setenv("LEND_SESSION", "libseat", 1);
	setenv("LIBSEAT_BACKEND", "builtin", 1);
	screen_prepare(screen, 0);
	const struct lend_kms_output_options options = {
		.size = sizeof(options),
		.device = screen->display.path,
		.connector = screen->display.connectors[0],
		.width = screen->display.facts->width,
		.height = screen->display.facts->height,
		.no_input = !input,
	};
	int ret = lend_output_create_kms(screen->test->server, &options);
	if (ret != 1)
		fail_msg("%d: %s", ret, lend_server_error());
}

static void show_and_check(struct screen *screen, struct lent *lent, unsigned seed,
			   const char *what)
{
	lent_show(lent, seed);
	canvas_expect(&screen->canvases[0], 0, 0, lent_all(lent), seed);
	screen_check(screen, 0, what);
}

/* Somebody else's turn. */
static void show_another_server(unsigned seed)
{
	struct screen screen;
	struct lent lent;

	setenv("LEND_SESSION", "direct", 1);
	screen_open(&screen, 0);
	lent_open(&screen, 0, 2, &lent);
	show_and_check(&screen, &lent, seed, "another server");
	lent_close(&lent);
	screen_close(&screen);
}

/* A frame that is committed while nobody sees it is seen later. */
static void commit_unseen(struct screen *screen, struct lent *lent, unsigned seed)
{
	struct lent_buffer *buffer = lent_next(lent);

	lent_draw(lent, buffer, lent_all(lent), seed);
	wl_surface_attach(lent->window.surface, buffer->buffer, 0, 0);
	wl_surface_damage_buffer(lent->window.surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(lent->window.surface);
	expect_alive(lent->client);
	canvas_expect(&screen->canvases[0], 0, 0, lent_all(lent), seed);
}

static void switched_away_and_back(void)
{
	const int vt = active_vt();
	struct screen screen;
	struct lent lent;

	open_on_vt(&screen, false);
	lent_open(&screen, 0, 3, &lent);
	lent_settle(&lent, screen_direct_path(&screen));
	show_and_check(&screen, &lent, 1, "before");
	for (unsigned i = 2; i < 4; i++) {
		activate(OTHER_VT);
		pump_until_vt(&screen, OTHER_VT, false);
		show_another_server(30 + i);
		commit_unseen(&screen, &lent, i);
		activate(vt);
		pump_until_vt(&screen, vt, true);
		screen_check(&screen, 0, "back again");
		show_and_check(&screen, &lent, 10 + i, "and going on");
	}
	lent_close(&lent);
	screen_close(&screen);
	assert_int_equal(active_vt(), vt);
}

static void switched_by_keys(void)
{
	const int vt = active_vt();
	struct screen screen;
	struct lent lent;
	char back[32];

	open_on_vt(&screen, true);
	lent_open(&screen, 0, 2, &lent);
	show_and_check(&screen, &lent, 1, "before");
	for (unsigned i = 2; i < 4; i++) {
		press("ctrl alt f2");
		pump_until_vt(&screen, OTHER_VT, false);
		commit_unseen(&screen, &lent, i);
		/* The kernel hears this one: that VT is a text console. */
		snprintf(back, sizeof(back), "ctrl alt f%d", vt);
		press(back);
		pump_until_vt(&screen, vt, true);
		screen_check(&screen, 0, "back again");
	}
	lent_close(&lent);
	screen_close(&screen);
}

static const struct harness_test tests[] = {
	{"switched_away_and_back", switched_away_and_back},
	{"switched_by_keys", switched_by_keys},
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s DRIVER [TEST]\n", argv[0]);
		return 2;
	}
	int ret = display_choose(argv[1]);
	return ret ? ret : harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc - 1, argv + 1);
}
