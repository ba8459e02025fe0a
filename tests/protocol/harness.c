/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEST_SECONDS 120
#define WAIT_SECONDS 30
#define SKIPPED	     77

/* ---- running -------------------------------------------------------------------------------- */

/* libwayland-client does not free the proxies that a test leaves when its connection ends. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libwayland-client";
}

int count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = -1; /* the directory's own */

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count - 2;
}

void harness_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(SKIPPED);
}

static void run_alone(void **state)
{
	const struct harness_test *test = *state;
	int before = count_fds();

	alarm(TEST_SECONDS);
	test->run();
	/* What is no memory is closed by a thread of its own, soon. */
	for (int i = 0; i < 500 && count_fds() > before; i++)
		usleep(10000);
	assert_int_equal(count_fds(), before);
}

static int run_here(const struct harness_test *test)
{
	const struct CMUnitTest unit[] = {{.name = test->name,
					   .test_func = run_alone,
					   .initial_state = (void *)(uintptr_t)test}};

	return cmocka_run_group_tests(unit, NULL, NULL);
}

static void print_file(int fd)
{
	char text[4096];
	ssize_t length;

	lseek(fd, 0, SEEK_SET);
	while ((length = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)length, stderr);
}

/* The body of each cmocka test: runs the real one in a child. Its output is shown if it fails. */
static void run_forked(void **state)
{
	const struct harness_test *test = *state;
	int output = memfd_create("output", MFD_CLOEXEC), status = 0;

	assert_true(output >= 0);
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
		close(output);
		exit(run_here(test));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED;
	if (status != 0)
		print_file(output);
	close(output);
	if (skipped)
		skip();
	if (WIFSIGNALED(status))
		fail_msg("%s: killed by signal %d (%s)", test->name, WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	if (status != 0)
		fail_msg("%s: failed in its process", test->name);
}

int harness_run(const struct harness_test *tests, size_t count, int argc, char **argv)
{
	if (argc > 1) {
		for (size_t i = 0; i < count; i++)
			if (strcmp(tests[i].name, argv[1]) == 0)
				return run_here(&tests[i]);
		fprintf(stderr, "no test %s\n", argv[1]);
		return 1;
	}
	struct CMUnitTest *units = calloc(count, sizeof(*units));
	if (!units)
		return 1;
	for (size_t i = 0; i < count; i++)
		units[i] = (struct CMUnitTest){.name = tests[i].name,
					       .test_func = run_forked,
					       .initial_state = (void *)(uintptr_t)&tests[i]};
	int ret = _cmocka_run_group_tests("protocol", units, count, NULL, NULL);
	free(units);
	return ret;
}

/* ---- the server's side ---------------------------------------------------------------------- */

static void handle_added(void *data, struct lend_output *output)
{
	struct test *test = data;

	for (int i = 0; i < OUTPUTS_MAX; i++) {
		if (test->outputs[i])
			continue;
		test->outputs[i] = output;
		return;
	}
}

static void handle_removed(void *data, struct lend_output *output)
{
	struct test *test = data;

	for (int i = 0; i < OUTPUTS_MAX; i++)
		if (test->outputs[i] == output)
			test->outputs[i] = NULL;
}

static void handle_log(void *data, enum lend_log_level level, const char *message)
{
	struct test *test = data;
	size_t used = strlen(test->log);

	if (getenv("HARNESS_LOG"))
		fprintf(stderr, "%d: %s\n", (int)level, message);
	snprintf(test->log + used, sizeof(test->log) - used, "%s\n", message);
}

static void handle_connected(void *data, const struct lend_peer *peer)
{
	struct test *test = data;

	assert_int_equal(peer->pid, getpid());
	test->connected++;
}

static void handle_gone(void *data, const struct lend_peer *peer)
{
	struct test *test = data;

	test->gone++;
}

static void handle_mapped(void *data, struct lend_view *view)
{
	struct test *test = data;

	test->view = view;
	test->mapped++;
}

static void handle_unmapped(void *data, struct lend_view *view)
{
	struct test *test = data;

	if (test->view == view)
		test->view = NULL;
	test->unmapped++;
}

static void handle_changed(void *data, struct lend_view *view)
{
	struct test *test = data;

	test->changed++;
}

static int refuse(void *data, const struct lend_peer *peer)
{
	return 0;
}

static void create_output(struct test *test, int index, const struct test_options *options)
{
	const struct lend_output_options output = {
		.size = sizeof(output),
		.width = options->width ? options->width : 320,
		.height = options->height ? options->height : 240,
		.refresh = options->refresh,
		.format = options->format,
		.layout = options->layout,
		.device = options->device,
	};

	int ret = lend_output_create_headless(test->server, &output, &test->outputs[index]);
	if (ret < 0)
		fail_msg("lend_output_create_headless: %d: %s", ret, lend_server_error());
}

struct test *test_create(const struct test_options *options)
{
	static const struct test_options none;
	struct test *test = calloc(1, sizeof(*test));
	const char *base = getenv("TMPDIR");

	options = options ? options : &none;
	assert_non_null(test);
	wl_list_init(&test->clients);
	snprintf(test->directory, sizeof(test->directory), "%s/framelend-test-XXXXXX",
		 base && strlen(base) < 30 ? base : "/tmp");
	assert_non_null(mkdtemp(test->directory));
	setenv("XDG_RUNTIME_DIR", test->directory, 1);
	unsetenv("WAYLAND_DISPLAY");
	/* No cursor theme of this machine. */
	setenv("XCURSOR_PATH", test->directory, 1);

	struct lend_server_events events = {
		.size = sizeof(events),
		.client_connected = handle_connected,
		.client_gone = handle_gone,
		.view_mapped = handle_mapped,
		.view_unmapped = handle_unmapped,
		.view_changed = handle_changed,
		.output_added = handle_added,
		.output_removed = handle_removed,
		.privileged = options->unprivileged ? refuse : NULL,
	};
	struct lend_quota quota = options->quota;
	quota.size = sizeof(quota);
	const struct lend_server_options server = {
		.size = sizeof(server),
		.socket = options->socket,
		.renderer = options->renderer,
		.no_shortcuts = options->no_shortcuts,
		.quota = &quota,
		.events = &events,
		.data = test,
		.log = handle_log,
		.log_data = test,
	};
	int ret = lend_server_create(&server, &test->server);
	if (ret < 0)
		fail_msg("lend_server_create: %d: %s", ret, lend_server_error());
	int outputs = options->outputs ? options->outputs : 1;
	for (int i = 0; i < outputs; i++)
		create_output(test, i, options);
	return test;
}

void test_destroy(struct test *test)
{
	struct client *client, *next;

	wl_list_for_each_safe (client, next, &test->clients, link)
		client_destroy(client);
	lend_server_destroy(test->server);
	if (rmdir(test->directory) < 0)
		fail_msg("%s was not left empty: %s", test->directory, strerror(errno));
	free(test);
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) > 0;
}

static void wait_for_anything(const struct test *test, int timeout_ms)
{
	struct pollfd fds[64];
	const struct client *client;
	nfds_t n = 0;

	for (; test; test = test->host) {
		fds[n++] = (struct pollfd){.fd = lend_server_fd(test->server), .events = POLLIN};
		wl_list_for_each (client, &test->clients, link) {
			if (!client->error && !client->paused && n < 60)
				fds[n++] = (struct pollfd){.fd = wl_display_get_fd(client->display),
							   .events = POLLIN};
		}
	}
	poll(fds, n, timeout_ms);
}

static void flush_clients(struct test *test)
{
	struct client *client;

	wl_list_for_each (client, &test->clients, link) {
		if (!client->paused && !client->error)
			wl_display_flush(client->display);
	}
}

/* True if the client had something to handle. */
static bool dispatch_client(struct client *client)
{
	bool busy = false;

	if (is_readable(wl_display_get_fd(client->display))) {
		busy = true;
		while (wl_display_prepare_read(client->display) != 0)
			wl_display_dispatch_pending(client->display);
		wl_display_read_events(client->display);
	}
	busy |= wl_display_dispatch_pending(client->display) > 0;
	client->error = wl_display_get_error(client->display);
	return busy;
}

bool pump_once(struct test *test, int timeout_ms)
{
	struct client *client;

	flush_clients(test);
	if (timeout_ms)
		wait_for_anything(test, timeout_ms);
	bool busy = is_readable(lend_server_fd(test->server));
	assert_int_equal(lend_server_dispatch(test->server, 0), 0);
	wl_list_for_each (client, &test->clients, link) {
		if (!client->paused && !client->error)
			busy |= dispatch_client(client);
	}
	return test->host ? pump_once(test->host, 0) || busy : busy;
}

void pump(struct test *test)
{
	int quiet = 0;

	/* Twice, since what a client answers in the last round is only sent in the next. */
	while (quiet < 2)
		quiet = pump_once(test, 0) ? 0 : quiet + 1;
}

static int64_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

void pump_until(struct test *test, const unsigned *value, unsigned least)
{
	int64_t end = seconds() + WAIT_SECONDS;

	while (*value < least) {
		pump_once(test, 100);
		if (seconds() > end)
			fail_msg("waited %d seconds for %u to become %u; the server's log:\n%s",
				 WAIT_SECONDS, *value, least, test->log);
	}
}

static struct lend_output_counters output_stats(const struct lend_output *output)
{
	struct lend_output_counters stats = {.size = sizeof(stats)};

	assert_int_equal(lend_output_stats(output, &stats), 0);
	return stats;
}

uint64_t output_frames(const struct lend_output *output)
{
	return output_stats(output).frames;
}

uint64_t output_copied(const struct lend_output *output)
{
	return output_stats(output).copied;
}

uint64_t output_scanout(const struct lend_output *output)
{
	return output_stats(output).scanout;
}

struct lend_output_state output_describe(const struct lend_output *output)
{
	struct lend_output_state state = {.size = sizeof(state)};

	assert_int_equal(lend_output_describe(output, &state), 0);
	return state;
}

void output_configure(struct lend_output *output, uint32_t scale, enum lend_transform transform)
{
	struct lend_output_state state = output_describe(output);

	state.scale = scale;
	state.transform = transform;
	assert_int_equal(lend_output_configure(output, &state), 0);
}

void pump_frame(struct test *test, struct lend_output *output)
{
	uint64_t before = output_frames(output);
	int64_t end = seconds() + WAIT_SECONDS;

	while (output_frames(output) == before) {
		pump_once(test, 100);
		if (seconds() > end)
			fail_msg("no frame in %d seconds; the server's log:\n%s", WAIT_SECONDS,
				 test->log);
	}
}

/* ---- pictures ------------------------------------------------------------------------------- */

void picture_take(struct lend_output *output, struct picture *picture)
{
	struct lend_buffer *buffer = lend_output_latched(output);
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels = NULL;

	assert_non_null(buffer);
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, &pixels), 0);
	picture->width = info.width;
	picture->height = info.height;
	picture->format = info.format;
	picture->pixels = malloc((size_t)info.width * info.height * 4);
	assert_non_null(picture->pixels);
	for (uint32_t y = 0; y < info.height; y++)
		memcpy(picture->pixels + (size_t)y * info.width,
		       (const uint8_t *)pixels + (size_t)y * info.planes[0].stride,
		       (size_t)info.width * 4);
	assert_int_equal(lend_buffer_end(buffer), 0);
}

void picture_finish(struct picture *picture)
{
	free(picture->pixels);
	picture->pixels = NULL;
}

uint32_t picture_at(const struct picture *picture, int x, int y)
{
	return picture->pixels[(size_t)y * picture->width + (size_t)x] & 0xffffff;
}

void assert_picture_rect(const struct picture *picture, int x, int y, int width, int height,
			 uint32_t colour)
{
	for (int row = y; row < y + height; row++)
		for (int column = x; column < x + width; column++)
			if (picture_at(picture, column, row) != (colour & 0xffffff))
				fail_msg("pixel %d,%d is 0x%06x, not 0x%06x", column, row,
					 picture_at(picture, column, row), colour & 0xffffff);
}
