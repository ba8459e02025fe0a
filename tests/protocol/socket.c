/* SPDX-License-Identifier: MIT */
/* Where a server listens, who gets in, and the rest of what an embedder can do wrong. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int create(const char *socket, struct lend_server **server)
{
	const struct lend_server_options options = {.size = sizeof(options), .socket = socket};

	*server = NULL;
	return lend_server_create(&options, server);
}

static void expect_failure(const char *socket, int error, const char *words)
{
	struct lend_server *server;
	int before = count_fds();
	int ret = create(socket, &server);

	if (ret != error)
		fail_msg("%s: %d instead of %d: %s", socket ? socket : "(null)", ret, error,
			 lend_server_error());
	assert_null(server);
	if (!strstr(lend_server_error(), words))
		fail_msg("\"%s\" is not in: %s", words, lend_server_error());
	assert_int_equal(count_fds(), before);
}

/* An XDG_RUNTIME_DIR of our own, without a server. */
static void make_directory(char *path, size_t size)
{
	snprintf(path, size, "/tmp/framelend-socket-XXXXXX");
	assert_non_null(mkdtemp(path));
	setenv("XDG_RUNTIME_DIR", path, 1);
}

static bool exists(const char *directory, const char *name)
{
	struct stat status;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return lstat(path, &status) == 0;
}

/* ---- names ---------------------------------------------------------------------------------- */

static void the_first_free_name_is_taken(void)
{
	struct lend_server *servers[4], *server;
	char directory[64];

	make_directory(directory, sizeof(directory));
	for (int i = 0; i < 4; i++)
		assert_int_equal(lend_server_create(NULL, &servers[i]), 0);
	assert_string_equal(lend_server_socket(servers[0]), "framelend-0");
	assert_string_equal(lend_server_socket(servers[3]), "framelend-3");
	lend_server_destroy(servers[1]);
	assert_false(exists(directory, "framelend-1"));
	assert_int_equal(lend_server_create(NULL, &server), 0);
	assert_string_equal(lend_server_socket(server), "framelend-1");
	lend_server_destroy(server);
	lend_server_destroy(servers[0]);
	lend_server_destroy(servers[2]);
	lend_server_destroy(servers[3]);
	lend_server_destroy(NULL);
	assert_int_equal(rmdir(directory), 0);
}

static void all_names_in_use(void)
{
	struct lend_server *servers[32];
	char directory[64];

	make_directory(directory, sizeof(directory));
	for (int i = 0; i < 32; i++)
		assert_int_equal(lend_server_create(NULL, &servers[i]), 0);
	expect_failure(NULL, -EADDRINUSE, "framelend-31");
	for (int i = 0; i < 32; i++)
		lend_server_destroy(servers[i]);
	assert_int_equal(rmdir(directory), 0);
}

static void a_socket_in_use_is_left_alone(void)
{
	struct test *test = test_create(&(struct test_options){.socket = "display"});
	struct client *client = client_create(test);
	char path[128];

	expect_failure("display", -EADDRINUSE, "already");
	snprintf(path, sizeof(path), "%s/display", test->directory);
	expect_failure(path, -EADDRINUSE, path);
	expect_alive(client);
	expect_alive(client_create(test));
	test_destroy(test);
}

static void stale_sockets_are_replaced(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct lend_server *server;
	char directory[64], path[128];

	make_directory(directory, sizeof(directory));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/framelend-0", directory);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	snprintf(path, sizeof(path), "%s/framelend-0.lock", directory);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(create(NULL, &server), 0);
	assert_string_equal(lend_server_socket(server), "framelend-0");
	lend_server_destroy(server);
	assert_int_equal(rmdir(directory), 0);
}

static void other_peoples_files_are_left_alone(void)
{
	char directory[64], path[128], lock[140];
	struct lend_server *server;

	make_directory(directory, sizeof(directory));
	snprintf(path, sizeof(path), "%s/framelend-0", directory);
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "precious", 8), 8);
	close(fd);
	expect_failure("framelend-0", -EADDRINUSE, "no socket");
	expect_failure(path, -EADDRINUSE, "no socket");
	assert_true(exists(directory, "framelend-0"));
	assert_int_equal(create(NULL, &server), 0);
	assert_string_equal(lend_server_socket(server), "framelend-1");
	lend_server_destroy(server);
	assert_true(exists(directory, "framelend-0"));
	assert_int_equal(unlink(path), 0);
	/* A lock that is a link leads nowhere. */
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(lock);
	assert_int_equal(symlink("/tmp/framelend-must-not-be-made", lock), 0);
	expect_failure("framelend-0", -ELOOP, ".lock");
	assert_int_equal(access("/tmp/framelend-must-not-be-made", F_OK), -1);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void absolute_paths_work(void)
{
	char directory[64], path[128];
	struct lend_server *server;

	make_directory(directory, sizeof(directory));
	unsetenv("XDG_RUNTIME_DIR");
	snprintf(path, sizeof(path), "%s/anywhere", directory);
	assert_int_equal(create(path, &server), 0);
	assert_string_equal(lend_server_socket(server), path);
	struct wl_display *display = wl_display_connect(path);
	assert_non_null(display);
	wl_display_disconnect(display);
	assert_int_equal(lend_server_dispatch(server, 0), 0);
	lend_server_destroy(server);
	assert_int_equal(rmdir(directory), 0);
}

static void long_paths_are_refused(void)
{
	char directory[64], name[200], path[300];
	struct lend_server *server;

	make_directory(directory, sizeof(directory));
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	expect_failure(name, -ENAMETOOLONG, "107");
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	expect_failure(path, -ENAMETOOLONG, "shorter");
	/* 107 bytes are the most that fit. */
	name[107 - strlen(directory) - 1] = '\0';
	assert_int_equal(create(name, &server), 0);
	lend_server_destroy(server);
	name[107 - strlen(directory) - 1] = 'x';
	name[108 - strlen(directory) - 1] = '\0';
	expect_failure(name, -ENAMETOOLONG, "107");
	assert_int_equal(rmdir(directory), 0);
}

static void runtime_directories_are_checked(void)
{
	char directory[64];

	unsetenv("XDG_RUNTIME_DIR");
	expect_failure(NULL, -ENOENT, "XDG_RUNTIME_DIR is not set");
	expect_failure("name", -ENOENT, "XDG_RUNTIME_DIR is not set");
	setenv("XDG_RUNTIME_DIR", "", 1);
	expect_failure(NULL, -ENOENT, "XDG_RUNTIME_DIR");
	setenv("XDG_RUNTIME_DIR", "relative/path", 1);
	expect_failure(NULL, -ENOENT, "XDG_RUNTIME_DIR");
	setenv("XDG_RUNTIME_DIR", "/nonexistent/framelend", 1);
	expect_failure(NULL, -ENOENT, "/nonexistent/framelend");
	expect_failure("/nonexistent/socket", -ENOENT, "/nonexistent/socket");
	make_directory(directory, sizeof(directory));
	assert_int_equal(chmod(directory, 0500), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(directory, 65534, 65534), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	expect_failure(NULL, -EACCES, directory);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void options_are_checked(void)
{
	struct lend_server *server = NULL;
	struct lend_server_options options = {0};
	struct lend_quota quota = {0};
	char directory[64];

	make_directory(directory, sizeof(directory));
	assert_int_equal(lend_server_create(&options, &server), -EINVAL);
	assert_non_null(strstr(lend_server_error(), "size"));
	options.size = sizeof(options);
	options.quota = &quota;
	assert_int_equal(lend_server_create(&options, &server), -EINVAL);
	assert_non_null(strstr(lend_server_error(), "quota"));
	assert_null(server);
	assert_int_equal(rmdir(directory), 0);
}

/* ---- who gets in ---------------------------------------------------------------------------- */

static void servers_do_not_know_of_each_other(void)
{
	struct test *tests[3];
	struct bystander bystanders[3];

	for (int i = 0; i < 3; i++) {
		tests[i] = test_create(&(struct test_options){.width = 100 + (uint32_t)i});
		bystander_create(tests[i], &bystanders[i]);
	}
	for (int i = 0; i < 9; i++)
		bystander_check(&bystanders[i % 3]);
	bystander_destroy(&bystanders[1]);
	test_destroy(tests[1]);
	bystander_check(&bystanders[0]);
	bystander_check(&bystanders[2]);
	assert_int_equal(tests[0]->connected, 1);
	for (int i = 0; i < 3; i += 2) {
		bystander_destroy(&bystanders[i]);
		test_destroy(tests[i]);
	}
}

static bool is_closed_by_peer(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* The next descriptor number is the limit: nothing more can be opened. */
static void exhaust_descriptors(struct rlimit *old)
{
	int lowest = dup(0);

	assert_true(lowest >= 0);
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, old), 0);
	struct rlimit tight = {.rlim_cur = (rlim_t)lowest, .rlim_max = old->rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
}

static void without_descriptors_clients_are_turned_away(void)
{
	struct test *test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	struct bystander bystander;
	struct rlimit limit;
	int fds[10];

	bystander_create(test, &bystander);
	for (int i = 0; i < 10; i++)
		fds[i] = raw_connect(test);
	exhaust_descriptors(&limit);
	int dispatches = 0;
	struct pollfd server = {.fd = lend_server_fd(test->server), .events = POLLIN};
	while (poll(&server, 1, 50) > 0 && dispatches < 1000) {
		assert_int_equal(lend_server_dispatch(test->server, 0), 0);
		dispatches++;
	}
	assert_in_range(dispatches, 1, 20); /* one a client, then peace */
	for (int i = 0; i < 10; i++)
		assert_true(is_closed_by_peer(fds[i]));
	assert_non_null(strstr(test->log, "turned away"));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	bystander_check(&bystander);
	for (int i = 0; i < 10; i++)
		close(fds[i]);
	struct client *client = client_create(test);
	expect_alive(client);
	bystander_destroy(&bystander);
	test_destroy(test);
}

/* With one descriptor left a client gets in halfway: libwayland takes a second one for its loop. */
static void one_descriptor_is_not_enough(void)
{
	for (rlim_t room = 1; room < 5; room++) {
		struct test *test = test_create(NULL);
		struct rlimit limit, some;
		int fd = raw_connect(test);

		exhaust_descriptors(&limit);
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &some), 0);
		some.rlim_cur += room;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &some), 0);
		for (int i = 0; i < 10; i++)
			assert_int_equal(lend_server_dispatch(test->server, 0), 0);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		assert_true(is_closed_by_peer(fd) == (test->connected == test->gone));
		close(fd);
		expect_alive(client_create(test));
		test_destroy(test);
	}
}

static void peers_are_reported(void)
{
	struct test *test = test_create(NULL);
	struct client *first = client_create(test), *second = client_create(test);

	assert_int_equal(test->connected, 2);
	client_destroy(first);
	pump_until(test, &test->gone, 1);
	client_destroy(second);
	pump_until(test, &test->gone, 2);
	test_destroy(test);
}

/* ---- outputs -------------------------------------------------------------------------------- */

static void outputs_are_checked(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = -1});
	const struct {
		struct lend_output_options options;
		int error;
		const char *words;
	} rows[] = {
		{{.size = 0, .width = 10, .height = 10}, -EINVAL, "size"},
		{{.size = sizeof(rows[0].options), .width = 0, .height = 10}, -EINVAL, "0x10"},
		{{.size = sizeof(rows[0].options), .width = 10, .height = 0}, -EINVAL, "10x0"},
		{{.size = sizeof(rows[0].options), .width = 16385, .height = 1}, -EINVAL, "16384"},
		{{.size = sizeof(rows[0].options), .width = UINT32_MAX, .height = 1},
		 -EINVAL,
		 "16384"},
		{{.size = sizeof(rows[0].options), .width = 1, .height = 1, .refresh = 1000001},
		 -EINVAL,
		 "1000 Hz"},
		{{.size = sizeof(rows[0].options),
		  .width = 1,
		  .height = 1,
		  .format = LEND_FORMAT_NV12},
		 -EINVAL,
		 "format"},
		{{.size = sizeof(rows[0].options), .width = 1, .height = 1, .name = "taken"},
		 -EEXIST,
		 "taken"},
	};
	struct lend_output_options good = {
		.size = sizeof(good), .width = 1, .height = 1, .name = "taken"};
	struct lend_output *output = NULL, *taken = NULL;

	assert_int_equal(lend_output_create_headless(test->server, &good, &taken), 0);
	assert_string_equal(lend_output_name(taken), "taken");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int before = count_fds();
		assert_int_equal(
			lend_output_create_headless(test->server, &rows[i].options, &output),
			rows[i].error);
		assert_null(output);
		if (!strstr(lend_server_error(), rows[i].words))
			fail_msg("\"%s\" is not in: %s", rows[i].words, lend_server_error());
		assert_int_equal(count_fds(), before);
	}
	lend_output_destroy(taken);
	assert_int_equal(lend_output_create_headless(test->server, &good, &taken), 0);
	lend_output_destroy(NULL);
	test_destroy(test);
}

static void outputs_keep_the_time_of_a_display(void)
{
	struct test *test = test_create(&(struct test_options){.refresh = 20000});
	struct client *client = client_create(test);
	struct window window;
	struct shm_buffer buffer;
	struct timespec start, end;

	window_create(client, &window);
	shm_buffer_create(client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	window_show(&window, buffer.buffer);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 5; i++)
		window_show(&window, buffer.buffer);
	clock_gettime(CLOCK_MONOTONIC, &end);
	int64_t ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
	assert_true(ms >= 195); /* at least four whole periods of 50 ms */
	/* Idle, nothing wakes up. */
	pump(test);
	uint64_t frames = output_frames(test->outputs[0]);
	struct pollfd server = {.fd = lend_server_fd(test->server), .events = POLLIN};
	assert_int_equal(poll(&server, 1, 200), 0);
	assert_int_equal(output_frames(test->outputs[0]), frames);
	shm_buffer_destroy(&buffer);
	test_destroy(test);
}

static const struct harness_test tests[] = {
	{"the_first_free_name_is_taken", the_first_free_name_is_taken},
	{"all_names_in_use", all_names_in_use},
	{"a_socket_in_use_is_left_alone", a_socket_in_use_is_left_alone},
	{"stale_sockets_are_replaced", stale_sockets_are_replaced},
	{"other_peoples_files_are_left_alone", other_peoples_files_are_left_alone},
	{"absolute_paths_work", absolute_paths_work},
	{"long_paths_are_refused", long_paths_are_refused},
	{"runtime_directories_are_checked", runtime_directories_are_checked},
	{"options_are_checked", options_are_checked},
	{"servers_do_not_know_of_each_other", servers_do_not_know_of_each_other},
	{"without_descriptors_clients_are_turned_away",
	 without_descriptors_clients_are_turned_away},
	{"one_descriptor_is_not_enough", one_descriptor_is_not_enough},
	{"peers_are_reported", peers_are_reported},
	{"outputs_are_checked", outputs_are_checked},
	{"outputs_keep_the_time_of_a_display", outputs_keep_the_time_of_a_display},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
