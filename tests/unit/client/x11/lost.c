/* SPDX-License-Identifier: MIT */
/* X servers that are not there, refuse, end, and come back. */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- connecting ----------------------------------------------------------------------------- */

static void assert_refused(const char *display, int error, const char *words)
{
	struct lend_client_options options = {.size = sizeof(options), .display = display};
	struct lend_client *client;
	int result = lend_client_connect(&options, &client);
	const char *said = lend_client_error(client);
	if (result != error || strstr(said, words) == NULL || strchr(said, '\n') != NULL)
		fail_msg("%s: %d, %s", display, result, said);
	lend_client_destroy(client);
}

static void test_no_server(void **state)
{
	static char name[300];
	unsetenv("DISPLAY");
	assert_refused("x11", -ENOENT, "DISPLAY is not set");
	assert_refused("x11:", -ENOENT, "DISPLAY is not set");
	assert_refused("x11:nonsense", -EINVAL, "'nonsense' names no X display");
	assert_refused("x11:::", -EINVAL, "names no X display");
	assert_refused("x11::59999", -ENOENT, "there is no X server ':59999'");
	assert_refused("x11:localhost:50000", -ECONNREFUSED, "XAUTHORITY");
	setenv("DISPLAY", ":59998", 1);
	assert_refused("x11", -ENOENT, "start it, or name another one in DISPLAY");
	memset(name, 'x', sizeof(name) - 1);
	setenv("DISPLAY", name, 1);
	assert_refused("x11", -ENAMETOOLONG, "DISPLAY is too long");
}

static void test_dead_server(void **state)
{
	struct server server;
	char target[32], path[64];
	server_start(&server, NULL, NULL);
	snprintf(target, sizeof(target), "x11:%s.3", server.name);
	assert_refused(target, -ENOENT, "has no screen 3");
	snprintf(path, sizeof(path), "/tmp/.X11-unix/X%s", server.name + 1);
	snprintf(target, sizeof(target), "x11:%s", server.name);
	xcb_disconnect(server.xcb);
	server.xcb = NULL;
	/* killed, its socket stays behind */
	char kept[80];
	snprintf(kept, sizeof(kept), "%s-kept", path);
	assert_return_code(rename(path, kept), errno);
	server_kill(&server);
	assert_return_code(rename(kept, path), errno);
	assert_refused(target, -ECONNREFUSED, "nobody listens");
	unlink(path);
}

static void write_authority(const char *path)
{
	/* a family that fits every host, no address, no number, a cookie */
	static const char entry[] = "\xff\xff\0\0\0\0\0\x12MIT-MAGIC-COOKIE-1\0\x10"
				    "0123456789abcdef";
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_return_code(fd, errno);
	assert_int_equal(write(fd, entry, sizeof(entry) - 1), sizeof(entry) - 1);
	close(fd);
}

static void test_authorisation(void **state)
{
	char path[] = "/tmp/framelend-test-XXXXXX";
	struct server server;
	close(mkstemp(path));
	write_authority(path);
	setenv("XAUTHORITY", path, 1);
	server_start(&server, NULL, (const char *const[]){"-auth", path, NULL});
	struct program program;
	program_start(&program, (struct lend_surface_options){.width = 10, .height = 10});
	program_end(&program);
	setenv("XAUTHORITY", "/dev/null", 1);
	/* what libxcb itself writes there is not ours */
	int kept = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDERR_FILENO);
	assert_refused("x11", -EACCES, "refuses this user: set XAUTHORITY");
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(null);
	unsetenv("XAUTHORITY");
	server_stop(&server);
	unlink(path);
}

/* ---- going away ----------------------------------------------------------------------------- */

static const char *const screen[] = {"-screen", "0", "500x400x24", NULL};
static const char *const without_shm[] = {"-screen",	"0",	   "500x400x24",
					  "-extension", "MIT-SHM", NULL};

static void wait_reconnected(struct program *program, unsigned n)
{
	while (program->reconnected < n) {
		int result = lend_client_dispatch(program->client, TIMEOUT_MS);
		if (result < 0)
			fail_msg("%d: %s", result, lend_client_error(program->client));
	}
}

/* Killed in the middle of things, with requests on their way, and started again. */
static void test_killed_under_load(void **state)
{
	static const struct lend_surface_options modes[] = {
		{.preserve = 1, .unpaced = 1},
		{.mode = LEND_MODE_FRONT, .unpaced = 1},
		{.preserve = 1, .title = "paced", .fullscreen = 1},
	};
	for (size_t i = 0; i < 6; i++) {
		struct server server;
		struct program program;
		char name[16];
		const char *const *arguments = i % 2 == 0 ? screen : without_shm;
		/* a number of its own: nobody may take it while the server is away */
		snprintf(name, sizeof(name), ":%d", 10000 + (int)getpid() % 40000);
		server_start(&server, name, arguments);
		struct lend_surface_options options = modes[i / 2];
		options.width = 300;
		options.height = 200;
		program_start(&program, options);
		assert_string_equal(lend_client_display(program.client) + 4, name);
		unsigned rounds = 3;
		for (unsigned round = 1; round <= rounds; round++) {
			for (unsigned frame = 0; frame < 20; frame++)
				program_draw(&program);
			/* until then nothing is heard of it */
			server_kill(&server);
			for (unsigned frame = 0; frame < 3; frame++) {
				struct lend_frame now;
				if (lend_frame_begin(program.surface, &now) == 0)
					assert_int_equal(lend_frame_end(program.surface, NULL, 0),
							 0);
			}
			while (program.disconnected < round)
				program_dispatch(&program);
			server_start(&server, name, arguments);
			wait_reconnected(&program, round);
			assert_int_equal(program_draw(&program), 0);
			program_draw_frames(&program, 3);
			program_compare(&program, &server, NULL);
		}
		program_end(&program);
		server_stop(&server);
	}
}

/* The picture is whole again, though only a part is drawn: by its first frame's age. */
static void test_picture_after_return(void **state)
{
	struct server server;
	struct program program;
	char name[16];
	snprintf(name, sizeof(name), ":%d", 10000 + (int)getpid() % 40000);
	server_start(&server, name, screen);
	program_start(&program,
		      (struct lend_surface_options){.preserve = 1, .width = 200, .height = 200});
	program_draw_frames(&program, 10);
	program_compare(&program, &server, NULL);
	server_kill(&server);
	server_start(&server, name, screen);
	while (program.disconnected == 0)
		program_dispatch(&program);
	wait_reconnected(&program, 1);
	assert_int_equal(program_draw(&program), 0);
	program_draw_frames(&program, 4);
	program_compare(&program, &server, NULL);
	program_end(&program);
	server_stop(&server);
}

/* Without reconnecting it is an error, for good, and no signal. */
static void test_lost_for_good(void **state)
{
	struct server server;
	server_start(&server, NULL, screen);
	struct lend_client_options options = {
		.size = sizeof(options), .display = "x11", .reconnect_ms = -1};
	struct lend_surface_options surface_options = {.size = sizeof(surface_options),
						       .unpaced = 1};
	struct lend_client *client;
	struct lend_surface *surface;
	struct lend_frame frame;
	assert_int_equal(lend_client_connect(&options, &client), 0);
	assert_int_equal(lend_surface_create(client, &surface_options, &surface), 0);
	assert_int_equal(lend_frame_begin(surface, &frame), 0);
	server_kill(&server);
	int result = lend_frame_end(surface, NULL, 0);
	while (result >= 0)
		result = lend_client_dispatch(client, TIMEOUT_MS);
	assert_int_equal(result, -EPIPE);
	assert_non_null(strstr(lend_client_error(client), "the X server closed the connection"));
	assert_int_equal(lend_frame_begin(surface, &frame), -EPIPE);
	lend_client_destroy(client);
}

/* A stopped server: nothing blocks, and it goes on where it stood. */
static void test_stopped(void **state)
{
	struct server server;
	struct program program;
	server_start(&server, NULL, screen);
	program_start(&program, (struct lend_surface_options){
					.preserve = 1, .unpaced = 1, .width = 200, .height = 200});
	program_draw_frames(&program, 3);
	kill(server.pid, SIGSTOP);
	unsigned drawn = 0;
	for (int i = 0; i < 20; i++) {
		struct lend_frame frame;
		int result = lend_frame_begin(program.surface, &frame);
		if (result == 0) {
			drawn++;
			assert_int_equal(lend_frame_cancel(program.surface), 0);
			program_draw(&program);
		} else {
			assert_int_equal(result, -EAGAIN);
		}
		assert_true(lend_client_dispatch(program.client, 1) >= 0);
	}
	assert_in_range(drawn, 1, 4);
	kill(server.pid, SIGCONT);
	program.presented = 0;
	while (program.presented < 3)
		program_dispatch(&program);
	program_end(&program);
	server_stop(&server);
}

int main(void)
{
	unsetenv("LEND_DISPLAY");
	unsetenv("XAUTHORITY");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_dead_server),
		cmocka_unit_test(test_authorisation),
		cmocka_unit_test(test_killed_under_load),
		cmocka_unit_test(test_picture_after_return),
		cmocka_unit_test(test_lost_for_good),
		cmocka_unit_test(test_stopped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
