/* SPDX-License-Identifier: MIT */
/*
 * What only a kernel can do to a display: another program is master, the server is killed, a card
 * loses its driver, displays come and go, a fence is awaited, memory of another device.
 * usage: screen-kernel DRIVER [TEST]
 */
#include "protocol/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include "screen_fence.h"
#include "screen_kms.h"

static int light(struct screen *screen)
{
	return screen_light(screen, (struct lend_kms_output_options){
					    .connector = screen->display.connectors[0]});
}

/* A client's picture is seen. */
static void show_and_check(struct screen *screen, struct lent *lent, unsigned seed,
			   const char *what)
{
	lent_show(lent, seed);
	canvas_expect(&screen->canvases[0], 0, 0, lent_all(lent), seed);
	screen_check(screen, 0, what);
}

/* ---- being master --------------------------------------------------------------------------- */

static void a_busy_display_is_refused_in_one_line(void)
{
	struct screen screen;
	struct lent lent;
	char holder[64];

	screen_prepare(&screen, 0);
	int other = open(screen.display.path, O_RDWR | O_CLOEXEC);
	assert_true(other >= 0 && drmIsMaster(other));
	assert_int_equal(light(&screen), -EBUSY);
	snprintf(holder, sizeof(holder), "(pid %d) has the display", (int)getpid());
	assert_non_null(strstr(lend_server_error(), screen.display.path));
	assert_non_null(strstr(lend_server_error(), holder));
	assert_null(strchr(lend_server_error(), '\n'));
	close(other);
	assert_int_equal(light(&screen), 1);
	/* Nobody else gets it now. */
	other = open(screen.display.path, O_RDWR | O_CLOEXEC);
	assert_true(other >= 0 && !drmIsMaster(other) && drmSetMaster(other) != 0);
	close(other);
	lent_open(&screen, 0, 2, &lent);
	show_and_check(&screen, &lent, 1, "free again");
	lent_close(&lent);
	screen_close(&screen);
}

/* ---- being killed --------------------------------------------------------------------------- */

static void show_for_ever(int told)
{
	struct screen screen;
	struct lent lent;

	screen_open(&screen, 0);
	lent_open(&screen, 0, 2, &lent);
	drive_devices(screen.test->server, POINTER);
	drive_to(screen.test->server, 100, 100);
	for (unsigned i = 0; i < 5; i++)
		lent_show(&lent, i);
	lent_show(&lent, 1);
	if (write(told, "y", 1) == 1)
		pause();
	_exit(1);
}

static void kill_a_server(void)
{
	int pipes[2];
	char byte;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		show_for_ever(pipes[1]);
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	close(pipes[0]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static uint32_t *look(struct screen *screen)
{
	uint32_t width = 0, height = 0;

	return display_look(&screen->display, 0, &width, &height);
}

/* The text console comes back by itself, and whoever comes next finds nothing in the way. */
static void a_killed_server_leaves_nothing_behind(void)
{
	struct screen screen;
	struct lent lent;

	screen_prepare(&screen, 0);
	uint32_t *before = look(&screen);
	for (int i = 0; i < 2; i++) {
		kill_a_server();
		assert_int_equal(light(&screen), 1);
		lent_open(&screen, 0, 2, &lent);
		for (unsigned j = 0; j < 3; j++)
			show_and_check(&screen, &lent, j, "after a server was killed");
		lent_close(&lent);
		lend_server_destroy(screen.test->server);
		assert_int_equal(lend_server_create(NULL, &screen.test->server), 0);
		memset(screen.test->outputs, 0, sizeof(screen.test->outputs));
		uint32_t *after = look(&screen);
		assert_int_equal(before != NULL, after != NULL);
		free(after);
	}
	free(before);
	screen_close(&screen);
}

/* ---- fences --------------------------------------------------------------------------------- */

/* The server waits, whatever the driver does. In the dma-buf itself the fence is implicit. */
static void wait_for_a_fence(bool explicit)
{
	struct screen screen;
	struct lent lent;
	struct fence fence;

	screen_open(&screen, DISPLAY_LENDS);
	lent_open(&screen, 0, 2, &lent);
	struct client *other = client_create(screen.test);
	lent_settle(&lent, screen_direct_path(&screen));
	show_and_check(&screen, &lent, 1, "before");
	struct lent_buffer *buffer = lent_next(&lent);
	lent_draw(&lent, buffer, lent_all(&lent), 2);
	if (!fence_create(&fence))
		harness_skip("no vgem, whose fences it takes");
	if (explicit)
		framelend_chain_v1_set_acquire_fence(lent.chain.proxy, fence.sync_file);
	else
		fence_attach(&fence, buffer->fd);
	unsigned frames = lent.window.frames;
	window_commit(&lent.window, buffer->buffer);
	for (int i = 0; i < 10; i++) {
		pump_once(screen.test, 50);
		client_roundtrip(other);
	}
	assert_int_equal(lent.window.frames, frames);
	/* A commit that writes back would wait as well. */
	if (screen.display.facts->device)
		screen_check(&screen, 0, "a fence that is not signalled");
	fence_signal(&fence);
	pump_until(screen.test, &lent.window.frames, frames + 1);
	canvas_expect(&screen.canvases[0], 0, 0, lent_all(&lent), 2);
	screen_check(&screen, 0, "a fence that was signalled");
	fence_finish(&fence);
	client_destroy(other);
	lent_close(&lent);
	screen_close(&screen);
}

static void a_commit_waits_for_its_buffer(void)
{
	wait_for_a_fence(false);
}

static void a_commit_waits_for_its_fence(void)
{
	wait_for_a_fence(true);
}

/* ---- two devices ---------------------------------------------------------------------------- */

/* Another display of the machine, in the same server. */
static void second_open(struct screen *screen, const char *driver, struct screen *second)
{
	memset(second, 0, sizeof(*second));
	display_open_other(&second->display, driver);
	second->test = screen->test;
	second->n = 1;
	second->canvases[0] = screen->canvases[0];
	int ret = light(second);
	if (ret != 1)
		fail_msg("%s: %d: %s", driver, ret, lend_server_error());
}

/* A window that is lent memory of the first display goes to the second one, and back. */
static void go_over_and_back(struct screen *screen, struct screen *second)
{
	struct lent lent;

	lent_open(screen, 0, 2, &lent);
	for (int round = 0; round < 2; round++) {
		struct screen *to = round ? screen : second;
		lent_settle(&lent, screen_direct_path(round ? second : screen));
		struct lent_buffer *buffer = lent_next(&lent);
		xdg_toplevel_set_fullscreen(lent.window.toplevel, lent.client->outputs[!round]);
		lent_draw(&lent, buffer, lent_all(&lent), 31);
		lent_commit(&lent, buffer, lent_all(&lent));
		pump(screen->test);
		canvas_expect(&to->canvases[0], 0, 0, lent_all(&lent), 31);
		screen_check(to, 0, "the other device's memory");
		assert_string_equal(lent.chain.path_output, to->display.connectors[0]);
		assert_true(strlen(lent.chain.path_reason) > 0);
		printf("%s: %s\n", lend_path_name(lent.chain.path), lent.chain.path_reason);
		lent_settle(&lent, screen_direct_path(to));
		show_and_check(to, &lent, 32, "its own memory");
		/* Nothing is left of it where it was. */
		struct screen *from = round ? second : screen;
		canvas_fill(&from->canvases[0],
			    (struct part){0, 0, from->canvases[0].width, from->canvases[0].height},
			    0xff000000);
		screen_check(from, 0, "where it was");
		lent_settle(&lent, screen_direct_path(to));
	}
	lent_close(&lent);
}

static void memory_of_another_device(void)
{
	static const char *const drivers[] = {"vkms", "virtio_gpu", "bochs-drm", "cirrus", "qxl"};
	struct screen screen, second;
	char path[32];
	unsigned tried = 0;

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		screen_open(&screen, DISPLAY_LENDS);
		if (strcmp(drivers[i], screen.display.facts->driver) != 0 &&
		    screen_find_card(drivers[i], path, sizeof(path))) {
			second_open(&screen, drivers[i], &second);
			go_over_and_back(&screen, &second);
			tried++;
		}
		screen_close(&screen);
	}
	if (tried == 0)
		harness_skip("there is no other card");
}

/* ---- coming and going ----------------------------------------------------------------------- */

static void pump_until_outputs(struct screen *screen, bool there)
{
	for (int i = 0; i < 200 && (screen->test->outputs[0] != NULL) != there; i++)
		pump_once(screen->test, 50);
	if ((screen->test->outputs[0] != NULL) != there)
		fail_msg("the output is %s\n%s", there ? "not there" : "still there",
			 screen->test->log);
}

static void a_display_is_unplugged_and_plugged_in(void)
{
	struct screen screen;
	struct lent lent;

	screen_open(&screen, 0);
	lent_open(&screen, 0, 2, &lent);
	show_and_check(&screen, &lent, 1, "before");
	for (unsigned i = 2; i < 4; i++) {
		display_plug(&screen.display, 0, false);
		pump_until_outputs(&screen, false);
		/* Its client goes on without being seen. */
		expect_alive(lent.client);
		display_plug(&screen.display, 0, true);
		pump_until_outputs(&screen, true);
		lent_settle(&lent, screen_direct_path(&screen));
		show_and_check(&screen, &lent, i, "plugged in again");
	}
	lent_close(&lent);
	screen_close(&screen);
}

static void a_card_loses_its_driver(void)
{
	struct screen screen;
	struct lent lent;

	screen_open(&screen, DISPLAY_UNBINDS);
	lent_open(&screen, 0, 2, &lent);
	show_and_check(&screen, &lent, 1, "before");
	display_unbind(&screen.display);
	pump_until_outputs(&screen, false);
	expect_alive(lent.client);
	struct client *other = client_create(screen.test);
	expect_alive(other);
	client_destroy(other);
	assert_non_null(strstr(screen.test->log, "is gone"));
	lent_close(&lent);
	screen_close(&screen);
	display_bind();
	screen_open(&screen, 0);
	lent_open(&screen, 0, 2, &lent);
	show_and_check(&screen, &lent, 2, "bound again");
	lent_close(&lent);
	screen_close(&screen);
}

static const struct harness_test tests[] = {
	{"a_busy_display_is_refused_in_one_line", a_busy_display_is_refused_in_one_line},
	{"a_killed_server_leaves_nothing_behind", a_killed_server_leaves_nothing_behind},
	{"a_commit_waits_for_its_buffer", a_commit_waits_for_its_buffer},
	{"a_commit_waits_for_its_fence", a_commit_waits_for_its_fence},
	{"memory_of_another_device", memory_of_another_device},
	{"a_display_is_unplugged_and_plugged_in", a_display_is_unplugged_and_plugged_in},
	{"a_card_loses_its_driver", a_card_loses_its_driver},
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
