/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static const struct fake_options plain = {.width = 64, .height = 48};

/* Everything a lost connection's client is asked for answers with the same error. */
static void assert_lost(struct lend_client *client, struct lend_surface *surface, int error)
{
	struct lend_surface_options options = {.size = sizeof(options)};
	struct lend_surface *other;
	struct lend_frame frame;
	char words[512];
	snprintf(words, sizeof(words), "%s", lend_client_error(client));
	assert_int_equal(lend_client_dispatch(client, -1), error);
	assert_int_equal(lend_client_dispatch(client, 0), error);
	assert_int_equal(lend_surface_create(client, &options, &other), error);
	if (surface != NULL) {
		assert_int_equal(lend_frame_begin(surface, &frame), error);
		assert_int_equal(lend_frame_end(surface, NULL, 0), error);
		assert_int_equal(lend_frame_cancel(surface), error);
		assert_int_equal(lend_surface_set_title(surface, "x"), error);
	}
	assert_string_equal(lend_client_error(client), words);
}

static void assert_connect_fails(const char *display, int error, const char *words)
{
	struct lend_client_options options = {.size = sizeof(options), .display = display};
	struct lend_client *client = NULL;
	assert_int_equal(lend_client_connect(&options, &client), error);
	assert_non_null(client);
	assert_non_null(strstr(lend_client_error(client), words));
	assert_int_equal(lend_client_fd(client), error);
	assert_lost(client, NULL, error);
	lend_client_destroy(client);
}

static void test_no_server(void **state)
{
	char directory[] = "/tmp/framelend-test-XXXXXX";
	assert_non_null(mkdtemp(directory));
	unsetenv("WAYLAND_SOCKET");
	unsetenv("XDG_RUNTIME_DIR");
	assert_connect_fails("nowhere", -ENOENT, "XDG_RUNTIME_DIR is not set");
	setenv("XDG_RUNTIME_DIR", directory, 1);
	assert_connect_fails("nowhere", -ENOENT, "'nowhere'");
	assert_connect_fails("nowhere", -ENOENT, "LEND_DISPLAY");

	/* $LEND_DISPLAY comes before $WAYLAND_DISPLAY */
	setenv("LEND_DISPLAY", "the-first", 1);
	setenv("WAYLAND_DISPLAY", "the-second", 1);
	assert_connect_fails(NULL, -ENOENT, "'the-first'");
	unsetenv("LEND_DISPLAY");
	assert_connect_fails(NULL, -ENOENT, "'the-second'");
	unsetenv("WAYLAND_DISPLAY");
	assert_connect_fails(NULL, -ENOENT, "'wayland-0'");

	/* a socket that nobody listens on */
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/dead", directory);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_connect_fails("dead", -ECONNREFUSED, "nobody listens");
	assert_connect_fails(address.sun_path, -ECONNREFUSED, "nobody listens");
	assert_int_equal(unlink(address.sun_path), 0);
	assert_int_equal(rmdir(directory), 0);

	char name[200];
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_connect_fails(name, -ENAMETOOLONG, "too long");
}

static void test_wrong_size_of_options(void **state)
{
	struct lend_client_options options = {.size = 0};
	struct lend_client *client;
	assert_int_equal(lend_client_connect(&options, &client), -EINVAL);
	assert_non_null(strstr(lend_client_error(client), "sizeof"));
	lend_client_destroy(client);
	assert_string_equal(lend_client_error(NULL), "out of memory");
	lend_client_destroy(NULL);
	lend_surface_destroy(NULL);
}

static void test_missing_globals(void **state)
{
	static const struct {
		struct fake_options options;
		const char *words;
	} rows[] = {
		{{.no_compositor = true}, "wl_compositor"},
		{{.no_shell = true}, "xdg_wm_base"},
		{{.no_manager = true, .no_shm = true}, "framelend_manager_v1 or wl_shm"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake fake;
		assert_int_equal(fake_start(&fake, &rows[i].options), -ENOTSUP);
		assert_non_null(strstr(lend_client_error(fake.lend), rows[i].words));
		assert_lost(fake.lend, NULL, -ENOTSUP);
		fake_stop(&fake);
	}
}

static void test_bad_surface_options(void **state)
{
	static char long_title[2000];
	memset(long_title, 'x', sizeof(long_title) - 1);
	const struct {
		struct lend_surface_options options;
		int error;
		const char *words;
	} rows[] = {
		{{.size = 3}, -EINVAL, "sizeof"},
		{{.width = 16385}, -EINVAL, "16385"},
		{{.height = UINT32_MAX}, -EINVAL, "4294967295"},
		{{.mode = (enum lend_mode)2}, -EINVAL, "mode 2"},
		{{.count = 1}, -EINVAL, "count 1"},
		{{.count = 5}, -EINVAL, "count 5"},
		{{.mode = LEND_MODE_FRONT, .count = 2}, -EINVAL, "front"},
		{{.format = 0x1234}, -EINVAL, "0x00001234"},
		{{.format = LEND_FORMAT_NV12}, -ENOTSUP, "planes"},
		{{.format = LEND_FORMAT_RGB565}, -ENOTSUP, "RGB565"},
		{{.title = long_title}, -EINVAL, "title"},
		{{.app_id = long_title}, -EINVAL, "app_id"},
		{{.fullscreen = 1, .output = "moon"}, -EINVAL, "there is: left"},
	};
	struct fake fake;
	struct fake_options options = plain;
	options.output = "left";
	assert_int_equal(fake_start(&fake, &options), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lend_surface_options given = rows[i].options;
		struct lend_surface *surface = NULL;
		if (given.size == 0)
			given.size = sizeof(given);
		assert_int_equal(lend_surface_create(fake.lend, &given, &surface), rows[i].error);
		assert_null(surface);
		if (strstr(lend_client_error(fake.lend), rows[i].words) == NULL)
			fail_msg("row %zu: %s", i, lend_client_error(fake.lend));
		assert_int_equal(fake_run(&fake), 0);
	}
	fake_stop(&fake);
}

static void test_labels_and_fullscreen(void **state)
{
	struct fake fake;
	struct fake_options options = plain;
	options.output = "left";
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface =
		fake_surface(&fake, (struct lend_surface_options){.title = "one",
								  .app_id = "org.example",
								  .fullscreen = 1,
								  .output = "left"});
	assert_string_equal(fake.title, "one");
	assert_string_equal(fake.app_id, "org.example");
	assert_true(fake.fullscreen);
	assert_non_null(fake.output);
	assert_ptr_equal(fake.fullscreen_output, fake.output);
	assert_int_equal(lend_surface_set_title(surface, "two"), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_string_equal(fake.title, "two");
	assert_int_equal(lend_surface_set_title(surface, NULL), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_string_equal(fake.title, "");
	fake_stop(&fake);
}

static void test_server_goes_away_in_a_frame(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	struct lend_frame frame = fake_begin(surface);
	fake_disconnect(&fake);
	/* the pixels are still there */
	memset(frame.pixels, 1, (size_t)frame.stride * frame.height);
	int result = lend_frame_end(surface, NULL, 0);
	assert_true(result == -EPIPE || result == -ECONNRESET);
	assert_non_null(strstr(lend_client_error(fake.lend), "closed the connection"));
	assert_lost(fake.lend, surface, result);
	fake_stop(&fake);
}

static void test_server_goes_away_while_waiting(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	fake_disconnect(&fake);
	struct pollfd poll_fd = {.fd = lend_client_fd(fake.lend), .events = POLLIN};
	assert_int_equal(poll(&poll_fd, 1, 0), 1);
	int result = lend_client_dispatch(fake.lend, -1);
	assert_true(result == -EPIPE || result == -ECONNRESET);
	assert_lost(fake.lend, surface, result);
	fake_stop(&fake);
}

/* Runs with stderr closed to show that nothing is printed. */
static void test_protocol_error_has_the_servers_words(void **state)
{
	struct fake fake;
	char text[64];
	int pipe_fds[2], saved = dup(STDERR_FILENO);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	dup2(pipe_fds[1], STDERR_FILENO);
	wl_resource_post_error(fake.surface, 3, "the moon is %s", "full");
	int result = fake_run(&fake);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_equal(result, -EPROTO);
	assert_non_null(strstr(lend_client_error(fake.lend), "the moon is full"));
	assert_non_null(strstr(lend_client_error(fake.lend), "wl_surface"));
	assert_lost(fake.lend, surface, -EPROTO);
	ssize_t printed = read(pipe_fds[0], text, sizeof(text));
	assert_int_equal(printed, -1); /* EAGAIN: nothing */
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	fake_stop(&fake);
}

/* The reason arrives although the client noticed by failing to send. */
static void test_protocol_error_noticed_in_a_frame(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	fake_begin(surface);
	wl_resource_post_error(fake.surface, 3, "the sun is down");
	fake_disconnect(&fake);
	assert_int_equal(lend_frame_end(surface, NULL, 0), -EPROTO);
	assert_non_null(strstr(lend_client_error(fake.lend), "the sun is down"));
	fake_stop(&fake);
}

static void nothing(int signal) {}

static void test_waiting(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	assert_int_equal(lend_client_dispatch(fake.lend, 0), 0);
	assert_int_equal(lend_client_dispatch(fake.lend, 5), 0);

	/* the timer repeats, so that no signal can come before the wait begins and be missed */
	struct sigaction action = {.sa_handler = nothing}, old;
	sigaction(SIGALRM, &action, &old);
	struct itimerval timer = {.it_interval.tv_usec = 20000, .it_value.tv_usec = 20000};
	setitimer(ITIMER_REAL, &timer, NULL);
	assert_int_equal(lend_client_dispatch(fake.lend, -1), -EINTR);
	timer = (struct itimerval){.it_value.tv_usec = 0};
	setitimer(ITIMER_REAL, &timer, NULL);
	sigaction(SIGALRM, &old, NULL);
	assert_int_equal(fake_run(&fake), 0);
	fake_stop(&fake);
}

/* A server that does not read: nothing blocks, nothing breaks, and it goes on when it reads again.
 */
static void test_server_that_does_not_read(void **state)
{
	struct fake fake;
	struct lend_frame frame;
	int result = 0, frames = 0;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(
		&fake, (struct lend_surface_options){.mode = LEND_MODE_FRONT, .unpaced = 1});
	while (frames < 1000000 && (result = lend_frame_begin(surface, &frame)) == 0) {
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		frames++;
	}
	assert_int_equal(result, -EAGAIN);
	assert_non_null(strstr(lend_client_error(fake.lend), "does not read"));
	assert_int_equal(lend_surface_set_title(surface, "x"), -EAGAIN);
	assert_int_equal(lend_client_dispatch(fake.lend, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.commits, frames + 1);
	assert_int_equal(lend_frame_begin(surface, &frame), 0);
	fake_stop(&fake);
}

static void keep_message(void *data, enum lend_log_level level, const char *message)
{
	if (level == LEND_LOG_ERROR)
		snprintf(data, 256, "%s", message);
}

static void test_log_handler(void **state)
{
	char message[256] = "";
	struct lend_client_options options = {.size = sizeof(options),
					      .display = "/nowhere/at/all",
					      .log = keep_message,
					      .log_data = message};
	struct lend_client *client;
	assert_int_equal(lend_client_connect(&options, &client), -ENOENT);
	assert_string_equal(message, lend_client_error(client));
	lend_client_destroy(client);
}

static void test_no_fd_leaks(void **state)
{
	int before = count_fds();
	for (int round = 0; round < 5; round++) {
		struct fake fake;
		assert_int_equal(fake_start(&fake, &plain), 0);
		for (int i = 0; i < 4; i++) {
			struct lend_surface *surface =
				fake_surface(&fake, (struct lend_surface_options){.preserve = 1});
			for (int frame = 0; frame < i * 2; frame++) {
				fake_begin(surface);
				assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
				assert_int_equal(fake_run(&fake), 0);
			}
			if (i % 2 == 0)
				lend_surface_destroy(surface);
			assert_int_equal(fake_run(&fake), 0);
		}
		fake_stop(&fake);
		assert_int_equal(count_fds(), before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_wrong_size_of_options),
		cmocka_unit_test(test_missing_globals),
		cmocka_unit_test(test_bad_surface_options),
		cmocka_unit_test(test_labels_and_fullscreen),
		cmocka_unit_test(test_server_goes_away_in_a_frame),
		cmocka_unit_test(test_server_goes_away_while_waiting),
		cmocka_unit_test(test_protocol_error_has_the_servers_words),
		cmocka_unit_test(test_protocol_error_noticed_in_a_frame),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_server_that_does_not_read),
		cmocka_unit_test(test_log_handler),
		cmocka_unit_test(test_no_fd_leaks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
