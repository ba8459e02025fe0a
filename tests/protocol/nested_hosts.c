/* SPDX-License-Identifier: MIT */
/* Servers that are to show a window: none, wrong ones, and those that mean harm. What they do costs
 * the output at most, and is said in words. */
#include "nested.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "nested_host.h"

static void expect_refusal(struct test *test, const char *display, int error, const char *words)
{
	const struct lend_window_output_options options = {.size = sizeof(options),
							   .display = display};
	struct lend_output *output;

	int ret = lend_output_create_wayland(test->server, &options, &output);
	if (ret != error || !strstr(lend_server_error(), words))
		fail_msg("%d instead of %d, and no \"%s\" in: %s", ret, error, words,
			 lend_server_error());
	assert_null(test->outputs[0]);
}

static void says_that_there_is_none(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = -1});
	char path[200];

	expect_refusal(test, NULL, -ENOENT, "WAYLAND_DISPLAY is not set");
	setenv("WAYLAND_DISPLAY", "", 1);
	expect_refusal(test, NULL, -ENOENT, "WAYLAND_DISPLAY is not set");
	setenv("WAYLAND_DISPLAY", "nobody-1", 1);
	snprintf(path, sizeof(path), "'nobody-1' (%s/nobody-1): No such file or directory: start",
		 test->directory);
	expect_refusal(test, NULL, -ENOENT, path);
	expect_refusal(test, "/nowhere/at/all", -ENOENT, "'/nowhere/at/all' (/nowhere/at/all)");
	memset(path, 'x', 150);
	path[150] = '\0';
	expect_refusal(test, path, -ENAMETOOLONG, "longer than 107 bytes");
	unsetenv("XDG_RUNTIME_DIR");
	expect_refusal(test, "nobody-1", -ENOENT, "XDG_RUNTIME_DIR is not set");
	setenv("XDG_RUNTIME_DIR", test->directory, 1);
	unsetenv("WAYLAND_DISPLAY");
	test_destroy(test);
}

static void checks_its_options(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = -1});
	struct lend_window_output_options options = {.size = 3};
	struct lend_output *output;

	assert_int_equal(lend_output_create_wayland(test->server, &options, &output), -EINVAL);
	options = (struct lend_window_output_options){.size = sizeof(options), .width = 20000};
	assert_int_equal(lend_output_create_wayland(test->server, &options, &output), -EINVAL);
	assert_non_null(strstr(lend_server_error(), "20000x0"));
	test_destroy(test);
}

static void never_shows_itself(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = -1});
	char path[128], link[136];

	setenv("WAYLAND_DISPLAY", lend_server_socket(test->server), 1);
	expect_refusal(test, NULL, -EINVAL, "is this server itself");
	snprintf(path, sizeof(path), "%s/%s", test->directory, lend_server_socket(test->server));
	expect_refusal(test, path, -EINVAL, "is this server itself");
	snprintf(link, sizeof(link), "%s-link", path);
	assert_int_equal(symlink(path, link), 0);
	expect_refusal(test, link, -EINVAL, "is this server itself");
	unlink(link);
	unsetenv("WAYLAND_DISPLAY");
	test_destroy(test);
}

/* ---- sockets without a server --------------------------------------------------------------- */

static int bind_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void says_who_does_not_answer(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = -1});
	char path[100];

	snprintf(path, sizeof(path), "%s/other", test->directory);
	int fd = bind_socket(path);
	expect_refusal(test, path, -ECONNREFUSED, "nobody answers there");
	/* It takes the connection, and then says nothing. */
	assert_int_equal(listen(fd, 4), 0);
	expect_refusal(test, path, -ECONNREFUSED, "does not answer within 5 seconds");
	close(fd);
	unlink(path);
	/* Another user's. */
	fd = bind_socket(path);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(chmod(path, 0), 0);
	bool root = geteuid() == 0;
	if (root) {
		assert_int_equal(chmod(test->directory, 0755), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	expect_refusal(test, path, -EACCES, "another user's");
	if (root)
		assert_int_equal(seteuid(0), 0);
	close(fd);
	unlink(path);
	test_destroy(test);
}

struct babble {
	int listener;
	const void *text;
	size_t length;
};

static void *babble(void *data)
{
	struct babble *babble = data;
	char request[256];

	int fd = accept(babble->listener, NULL, NULL);
	if (fd >= 0 && babble->length && recv(fd, request, sizeof(request), 0) > 0)
		(void)!send(fd, babble->text, babble->length, MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static void expect_babble_refused(struct test *test, const void *text, size_t length,
				  const char *words)
{
	struct babble other = {.text = text, .length = length};
	pthread_t thread;
	char path[100];

	snprintf(path, sizeof(path), "%s/other", test->directory);
	other.listener = bind_socket(path);
	assert_int_equal(listen(other.listener, 4), 0);
	assert_int_equal(pthread_create(&thread, NULL, babble, &other), 0);
	expect_refusal(test, path, -ECONNREFUSED, words);
	pthread_join(thread, NULL);
	close(other.listener);
	unlink(path);
}

static void hears_no_nonsense(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = -1});
	const uint32_t unknown[] = {77, 8 << 16 | 3}, short_one[] = {2, 4 << 16};
	const uint32_t wrong_event[] = {2, 8 << 16 | 9};

	expect_babble_refused(test, NULL, 0, "closed the connection");
	expect_babble_refused(test, unknown, sizeof(unknown), "closed the connection");
	expect_babble_refused(test, short_one, sizeof(short_one), "the other Wayland server");
	expect_babble_refused(test, wrong_event, sizeof(wrong_event), "the other Wayland server");
	test_destroy(test);
}

/* ---- servers that lack something ------------------------------------------------------------ */

static void names_what_is_missing(void)
{
	static const struct {
		unsigned lacks;
		const char *words;
	} rows[] = {
		{HOST_COMPOSITOR, "has no wl_compositor (version 4)"},
		{HOST_SHELL, "has no xdg_wm_base"},
		{HOST_SHM, "has no wl_shm"},
	};
	struct test *test = test_create(&(struct test_options){.outputs = -1});

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_host *host = fake_host_create(test, HOST_ALL & ~rows[i].lacks);
		assert_int_equal(fake_host_open(host, NULL), -EPROTONOSUPPORT);
		assert_non_null(strstr(lend_server_error(), rows[i].words));
		fake_host_destroy(host);
	}
	test_destroy(test);
}

/* A window on such a server, and one client whose frames are to be seen there. */
struct fixture {
	struct test *test;
	struct fake_host *host;
	struct client *client;
	struct window window;
	struct shm_buffer buffers[2];
};

static void setup(struct fixture *f, unsigned globals)
{
	f->test = test_create(&(struct test_options){.outputs = -1});
	f->host = fake_host_create(f->test, globals);
	int ret = fake_host_open(f->host, NULL);
	if (ret < 0)
		fail_msg("%d: %s", ret, lend_server_error());
	f->client = client_create(f->test);
	window_create(f->client, &f->window);
	for (int i = 0; i < 2; i++)
		shm_buffer_create(f->client, 64, 48, WL_SHM_FORMAT_XRGB8888, &f->buffers[i]);
}

static void finish(struct fixture *f)
{
	expect_alive(f->client);
	for (int i = 0; i < 2; i++)
		shm_buffer_destroy(&f->buffers[i]);
	window_destroy(&f->window);
	fake_host_destroy(f->host);
	test_destroy(f->test);
}

/* Both take turns until nothing happens. */
static void run(struct fixture *f)
{
	for (int quiet = 0; quiet < 3;) {
		bool busy = fake_host_dispatch(f->host);
		busy |= pump_once(f->test, 10);
		quiet = busy ? 0 : quiet + 1;
	}
}

static void run_until(struct fixture *f, const unsigned *value, unsigned least)
{
	for (int i = 0; *value < least; i++) {
		assert_true(i < 1000);
		fake_host_dispatch(f->host);
		pump_once(f->test, 20);
	}
}

static void needs_no_more_than_that(void)
{
	struct fixture f;

	setup(&f, HOST_COMPOSITOR | HOST_SHELL | HOST_SHM);
	for (unsigned i = 0; i < 5; i++) {
		window_commit(&f.window, f.buffers[i % 2].buffer);
		run(&f);
		assert_int_equal(f.window.frames, i + 1);
	}
	assert_true(f.host->commits >= 5);
	finish(&f);
}

/* Without viewports only a whole scale can be had: it is told with the buffer. */
static void scales_as_the_host_can(void)
{
	struct fixture f;

	setup(&f, HOST_ALL & ~(unsigned)(HOST_VIEWPORTER | HOST_FRACTIONAL));
	assert_int_equal(f.host->buffer_width, 0);
	window_commit(&f.window, f.buffers[0].buffer);
	run(&f);
	int32_t width = f.host->buffer_width, height = f.host->buffer_height;
	assert_int_equal(f.host->scale, 1);
	fake_host_set_scale(f.host, 3);
	run(&f);
	window_commit(&f.window, f.buffers[1].buffer);
	run(&f);
	assert_int_equal(f.host->scale, 3);
	assert_int_equal(f.host->buffer_width, 3 * width);
	assert_int_equal(f.host->buffer_height, 3 * height);
	finish(&f);
}

static void scales_by_fractions_too(void)
{
	struct fixture f;

	setup(&f, HOST_ALL);
	fake_host_configure(f.host, 101, 67);
	fake_host_prefer_scale(f.host, 180);
	run(&f);
	window_commit(&f.window, f.buffers[0].buffer);
	run(&f);
	assert_int_equal(f.host->scale, 1);
	assert_int_equal(f.host->buffer_width, 152);
	assert_int_equal(f.host->buffer_height, 101);
	assert_int_equal(f.host->destination_width, 101);
	assert_int_equal(f.host->destination_height, 67);
	/* Back to a whole one. */
	fake_host_prefer_scale(f.host, 240);
	run(&f);
	window_commit(&f.window, f.buffers[1].buffer);
	run(&f);
	assert_int_equal(f.host->scale, 2);
	assert_int_equal(f.host->buffer_width, 202);
	assert_int_equal(f.host->destination_width, -1);
	finish(&f);
}

static void takes_no_absurd_size(void)
{
	static const int32_t sizes[][2] = {{-1, -1},	     {0, 0},	  {INT32_MAX, INT32_MAX},
					   {INT32_MIN, 100}, {16385, 10}, {1, 1}};
	struct fixture f;

	setup(&f, HOST_ALL);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fake_host_configure(f.host, sizes[i][0], sizes[i][1]);
		fake_host_prefer_scale(f.host, i % 2 ? UINT32_MAX : 0);
		fake_host_set_scale(f.host, i % 2 ? INT32_MIN : INT32_MAX);
		run(&f);
		window_commit(&f.window, f.buffers[i % 2].buffer);
		run(&f);
		assert_non_null(f.test->outputs[0]);
		assert_in_range(f.host->buffer_width, 1, 16384);
	}
	assert_int_equal(f.host->buffer_width, 1);
	finish(&f);
}

/* It never gives a buffer back: nothing is drawn in one that it may be reading. */
static void waits_for_buffers(void)
{
	struct fixture f;

	setup(&f, HOST_ALL);
	run(&f);
	f.host->keeps_buffers = true;
	unsigned commits = f.host->commits;
	for (unsigned i = 0; i < 8; i++) {
		window_commit(&f.window, f.buffers[i % 2].buffer);
		run(&f);
	}
	/* One that it had, and the output's others. */
	assert_in_range(f.host->commits - commits, 1, 3);
	assert_in_range(f.host->n_held, 2, 3);
	unsigned frames = f.window.frames;
	fake_host_release(f.host, 1);
	run_until(&f, &f.window.frames, frames + 1);
	f.host->keeps_buffers = false;
	fake_host_release(f.host, 100);
	for (unsigned i = 0; i < 8; i++) {
		frames = f.window.frames;
		window_commit(&f.window, f.buffers[i % 2].buffer);
		run_until(&f, &f.window.frames, frames + 1);
	}
	finish(&f);
}

/* It says nothing of frames: there is one a second, and nothing between. */
static void lives_without_callbacks(void)
{
	struct fixture f;

	setup(&f, HOST_ALL);
	run(&f);
	f.host->keeps_callbacks = true;
	unsigned commits = f.host->commits, frames = f.window.frames, rounds = 0;
	time_t start = time(NULL);
	unsigned asked = frames;
	while (time(NULL) < start + 4) {
		if (f.window.frames == asked) {
			window_commit(&f.window, f.buffers[asked++ % 2].buffer);
		}
		rounds += fake_host_dispatch(f.host);
		rounds += pump_once(f.test, 100);
	}
	assert_in_range(f.host->commits - commits, 2, 5);
	assert_in_range(f.window.frames - frames, 2, 5);
	assert_true(rounds < 60);
	finish(&f);
}

static void its_errors_end_the_output_alone(void)
{
	struct fixture f;

	setup(&f, HOST_ALL);
	run(&f);
	fake_host_post_error(f.host, "we do not like you");
	run_until(&f, &f.client->globals_removed, 1);
	assert_null(f.test->outputs[0]);
	/* The words are with the test's own handler of libwayland's log. */
	assert_non_null(strstr(f.test->log, "wayland-1 is removed: the other Wayland server ended "
					    "the connection: error 1 of wl_surface"));
	finish(&f);
}

static const struct harness_test tests[] = {
	{"says_that_there_is_none", says_that_there_is_none},
	{"checks_its_options", checks_its_options},
	{"never_shows_itself", never_shows_itself},
	{"says_who_does_not_answer", says_who_does_not_answer},
	{"hears_no_nonsense", hears_no_nonsense},
	{"names_what_is_missing", names_what_is_missing},
	{"needs_no_more_than_that", needs_no_more_than_that},
	{"scales_as_the_host_can", scales_as_the_host_can},
	{"scales_by_fractions_too", scales_by_fractions_too},
	{"takes_no_absurd_size", takes_no_absurd_size},
	{"waits_for_buffers", waits_for_buffers},
	{"lives_without_callbacks", lives_without_callbacks},
	{"its_errors_end_the_output_alone", its_errors_end_the_output_alone},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
