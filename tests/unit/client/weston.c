/* SPDX-License-Identifier: MIT */
/* On somebody else's display server: headless weston, which does not lend. */
#include <errno.h>
#include <fcntl.h>
#include <framelend/client.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/framelend-test-XXXXXX";
static pid_t weston;

static void start_weston(void)
{
	weston = fork();
	assert_true(weston >= 0);
	if (weston != 0)
		return;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execlp("weston", "weston", "--backend=headless-backend.so", "--socket=test", "--width=800",
	       "--height=600", "--idle-time=0", "--no-config", (char *)NULL);
	_exit(127);
}

static void stop_weston(void)
{
	kill(weston, SIGTERM);
	waitpid(weston, NULL, 0);
}

static struct lend_client *connect_client(void)
{
	struct lend_client_options options = {.size = sizeof(options), .display = "test"};
	struct lend_client *client;
	while (lend_client_connect(&options, &client) < 0) {
		lend_client_destroy(client);
		assert_int_equal(waitpid(weston, NULL, WNOHANG), 0); /* it did not fail */
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	return client;
}

static void count_presented(void *data, struct lend_surface *surface, uint64_t number,
			    uint64_t time, uint32_t refresh)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t nanoseconds = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	/* within an hour of now: the right clock */
	assert_true(time + 3600000000000 > nanoseconds && time < nanoseconds + 3600000000000);
	++*(int *)data;
}

static void draw_frames(struct lend_client *client, struct lend_surface *surface, uint64_t last)
{
	for (uint64_t number = 0; number < last;) {
		struct lend_frame frame;
		assert_true(lend_client_dispatch(client, -1) >= 0);
		int result = lend_frame_begin(surface, &frame);
		if (result == -EAGAIN)
			continue;
		assert_int_equal(result, 0);
		number = frame.number;
		memset(frame.pixels, (int)number, (size_t)frame.stride * frame.height);
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	}
}

static void test_frames_go_on_over_wl_shm(void **state)
{
	int presented = 0;
	struct lend_surface_events events = {.size = sizeof(events), .presented = count_presented};
	struct lend_surface_options options = {.size = sizeof(options),
					       .width = 200,
					       .height = 100,
					       .title = "test",
					       .events = &events,
					       .data = &presented};
	struct lend_surface *surface;
	struct lend_client *client = connect_client();
	assert_int_equal(lend_surface_create(client, &options, &surface), 0);
	draw_frames(client, surface, 30);
	struct lend_path_info path = {.size = sizeof(path)};
	assert_int_equal(lend_surface_path(surface, &path), 0);
	assert_int_equal(path.path, LEND_PATH_COPY);
	/* outputs have names from weston 11 on */
	bool named = strcmp(path.output, "headless") == 0;
	assert_true(named || path.output[0] == '\0');
	assert_non_null(strstr(path.reason, "framelend_manager_v1"));
	assert_int_equal(path.memory, LEND_MEMORY_MEMFD);
	assert_true(presented > 0);

	/* a second one, full-screen, on the output by its name if it has one */
	options.fullscreen = 1;
	options.output = named ? "headless" : NULL;
	lend_surface_destroy(surface);
	assert_int_equal(lend_surface_create(client, &options, &surface), 0);
	struct lend_frame frame;
	do
		assert_true(lend_client_dispatch(client, -1) >= 0);
	while (lend_frame_begin(surface, &frame) < 0);
	assert_int_equal(frame.width, 800);
	assert_int_equal(frame.height, 600);
	lend_client_destroy(client);
}

int main(void)
{
	if (system("command -v weston >/dev/null") != 0) {
		printf("skipped: weston is not installed\n");
		return 77;
	}
	if (mkdtemp(directory) == NULL)
		return 1;
	setenv("XDG_RUNTIME_DIR", directory, 1);
	unsetenv("WAYLAND_SOCKET");
	start_weston();
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_frames_go_on_over_wl_shm)};
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	stop_weston();
	char path[64];
	snprintf(path, sizeof(path), "%s/test.lock", directory);
	unlink(path);
	rmdir(directory);
	return result;
}
