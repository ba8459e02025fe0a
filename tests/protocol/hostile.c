/* SPDX-License-Identifier: MIT */
/* Clients that mean harm, or die at the worst moment: they are dealt with alone, and a bystander's
 * frames go on. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
	struct test *test;
	struct bystander bystander;
	int fds; /* before the villain came */
};

static void fixture_create(struct fixture *fixture)
{
	fixture->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	bystander_create(fixture->test, &fixture->bystander);
	bystander_check(&fixture->bystander); /* has the output make both of its buffers */
	fixture->fds = count_fds();
}

static void fixture_destroy(struct fixture *fixture)
{
	pump(fixture->test);
	bystander_check(&fixture->bystander);
	assert_int_equal(count_fds(), fixture->fds);
	bystander_destroy(&fixture->bystander);
	test_destroy(fixture->test);
}

/* Sends until the socket is full, the peer gone, or everything out. */
static void send_bytes(struct fixture *fixture, int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t sent = send(fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN)
			return;
		if (sent < 0)
			pump(fixture->test);
		at += sent > 0 ? sent : 0;
		size -= sent > 0 ? (size_t)sent : 0;
	}
}

static void discard_input(int fd)
{
	char bytes[4096];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

/* True once the server has hung up; whatever it said is thrown away. */
static bool is_hung_up(int fd)
{
	char bytes[4096];
	ssize_t got;

	do
		got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	while (got > 0);
	return got == 0 || errno != EAGAIN;
}

static void expect_hung_up(struct fixture *fixture, int fd)
{
	for (int i = 0; i < 20 && !is_hung_up(fd); i++)
		pump_once(fixture->test, 10);
	assert_true(is_hung_up(fd));
}

static uint32_t random_word(void)
{
	return (uint32_t)rand() << 16 ^ (uint32_t)rand();
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static void random_bytes(void)
{
	struct fixture fixture;

	fixture_create(&fixture);
	srand(5);
	for (int i = 0; i < 300; i++) {
		uint32_t words[256];
		int fd = raw_connect(fixture.test);
		for (size_t j = 0; j < 256; j++)
			words[j] = random_word() >> rand() % 32;
		send_bytes(&fixture, fd, words, (size_t)rand() % sizeof(words));
		pump(fixture.test);
		close(fd);
	}
	fixture_destroy(&fixture);
}

/* Well-formed messages with random arguments, to the objects that a client has at first. */
static void random_requests(void)
{
	struct fixture fixture;

	fixture_create(&fixture);
	srand(6);
	for (int i = 0; i < 300; i++) {
		int fd = raw_connect(fixture.test);
		const uint32_t registry = 2;
		raw_send(fd, 1, 1, &registry, 1);
		for (uint32_t next = 3; next < 60; next++) {
			uint32_t args[10];
			for (int j = 0; j < 10; j++)
				args[j] =
					rand() % 3 ? (uint32_t)rand() % (next + 2) : random_word();
			if (!raw_send(fd, 1 + (uint32_t)rand() % next, (uint16_t)(rand() % 6), args,
				      (size_t)rand() % 10))
				break;
			pump(fixture.test);
		}
		close(fd);
		pump(fixture.test);
	}
	fixture_destroy(&fixture);
}

static void malformed_headers(void)
{
	static const uint32_t headers[][2] = {
		{1, 0},
		{1, 1},
		{1, 7u << 16},
		{1, 8u << 16},
		{1, 9u << 16 | 1},
		{1, 0xffff0000},
		{1, 0xffffffff},
		{0, 12u << 16},
		{0xff000000, 12u << 16},
		{0xffffffff, 12u << 16},
		{1, 4096u << 16},
		{99, 8u << 16},
		{1, 12u << 16 | 2},
		{1, 12u << 16 | 0xffff},
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct fixture fixture;
		uint32_t rest[2048] = {2};
		fixture_create(&fixture);
		int fd = raw_connect(fixture.test);
		send_bytes(&fixture, fd, headers[i], sizeof(headers[i]));
		send_bytes(&fixture, fd, rest, sizeof(rest));
		pump(fixture.test);
		close(fd);
		fixture_destroy(&fixture);
	}
}

static void unknown_objects_and_opcodes(void)
{
	struct fixture fixture;
	const uint32_t registry = 2, taken[] = {1}, absurd[] = {0xfffffff0}, gap[] = {1000};
	const struct {
		uint32_t object;
		uint16_t opcode;
		const uint32_t *args;
	} rows[] = {
		{77, 0, NULL}, {0xff000001, 0, NULL}, {1, 17, NULL}, {2, 9, NULL},
		{1, 0, taken}, {1, 0, absurd},	      {1, 0, gap},   {1, 1, taken},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture_create(&fixture);
		int fd = raw_connect(fixture.test);
		assert_true(raw_send(fd, 1, 1, &registry, 1));
		assert_true(raw_send(fd, rows[i].object, rows[i].opcode, rows[i].args,
				     rows[i].args ? 1 : 0));
		expect_hung_up(&fixture, fd);
		close(fd);
		fixture_destroy(&fixture);
	}
}

static void half_a_message(void)
{
	for (size_t length = 1; length < 12; length++) {
		struct fixture fixture;
		const uint32_t message[3] = {1, 12 << 16 | 1, 2};
		fixture_create(&fixture);
		int fd = raw_connect(fixture.test);
		send_bytes(&fixture, fd, message, length);
		pump(fixture.test);
		bystander_check(&fixture.bystander);
		close(fd);
		fixture_destroy(&fixture);
	}
}

/* ---- descriptors ---------------------------------------------------------------------------- */

static void send_with_fds(int fd, const uint32_t *message, size_t size, const int *fds, size_t n)
{
	char control[CMSG_SPACE(28 * sizeof(int))] = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)message, .iov_len = size};
	struct msghdr header = {.msg_iov = &iov,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = CMSG_SPACE(n * sizeof(int))};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
	assert_true(sendmsg(fd, &header, MSG_NOSIGNAL) > 0);
}

static void surplus_descriptors(void)
{
	struct fixture fixture;
	int fds[28];

	fixture_create(&fixture);
	for (int i = 0; i < 28; i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fd = raw_connect(fixture.test);
	for (uint32_t i = 0; i < 20; i++) { /* wl_display.sync takes none */
		const uint32_t message[3] = {1, 12 << 16 | 0, 2 + i};
		send_with_fds(fd, message, sizeof(message), fds, 28);
		pump_once(fixture.test, 0);
	}
	pump(fixture.test);
	for (int i = 0; i < 28; i++)
		close(fds[i]);
	close(fd);
	fixture_destroy(&fixture);
}

/* The globals' names, as the registry of this server numbers them, are found by a real client. */
static void missing_descriptors(void)
{
	struct fixture fixture;
	char word[] = "wl_shm";

	fixture_create(&fixture);
	for (uint32_t name = 1; name < 20; name++) {
		int fd = raw_connect(fixture.test);
		const uint32_t registry = 2;
		uint32_t bind[6] = {name, 7, 0, 0, 1, 3}, create_pool[2] = {4, 4096};
		memcpy(&bind[2], word, sizeof(word));
		raw_send(fd, 1, 1, &registry, 1);
		raw_send(fd, 2, 0, bind, 6);
		raw_send(fd, 3, 0, create_pool, 2); /* without its fd */
		expect_hung_up(&fixture, fd);
		close(fd);
	}
	fixture_destroy(&fixture);
}

/* ---- floods --------------------------------------------------------------------------------- */

static void one_that_never_reads(void)
{
	struct fixture fixture;
	bool open = true;

	fixture_create(&fixture);
	int fd = raw_connect(fixture.test);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (uint32_t i = 0; i < 2000000 && open; i++) {
		const uint32_t id =
			2; /* sync answers with done and delete_id: the id is free again */
		open = raw_send(fd, 1, 0, &id, 1) || errno == EAGAIN;
		if (i % 100 == 0)
			pump(fixture.test);
		if (i % 10000 == 0)
			bystander_check(&fixture.bystander);
	}
	assert_false(open);
	expect_hung_up(&fixture, fd);
	close(fd);
	fixture_destroy(&fixture);
}

/* Frame callbacks by the thousand, of a client that never reads that they are done. */
static void frame_callbacks_unread(void)
{
	struct fixture fixture;
	struct window window;
	struct shm_buffer buffer;

	fixture_create(&fixture);
	struct client *client = client_create(fixture.test);
	window_create(client, &window);
	shm_buffer_create(client, 8, 8, WL_SHM_FORMAT_XRGB8888, &buffer);
	window_show(&window, buffer.buffer);
	client->paused = true;
	for (int i = 0; i < 5000 && wl_display_get_error(client->display) == 0; i++) {
		for (int j = 0; j < 50; j++)
			(void)wl_surface_frame(window.surface);
		wl_surface_attach(window.surface, buffer.buffer, 0, 0);
		wl_surface_damage(window.surface, 0, 0, 8, 8);
		wl_surface_commit(window.surface);
		wl_display_flush(client->display);
		pump(fixture.test);
		if (i % 100 == 0)
			bystander_check(&fixture.bystander);
	}
	assert_int_not_equal(wl_display_get_error(client->display), 0);
	shm_buffer_destroy(&buffer);
	client_destroy(client);
	fixture_destroy(&fixture);
}

static void monitor_unread(void)
{
	struct fixture fixture;

	fixture_create(&fixture);
	struct client *client = client_create(fixture.test);
	struct framelend_monitor_v1 *monitor = framelend_manager_v1_get_monitor(client->manager);
	client->paused = true;
	for (int i = 0; i < 100000 && wl_display_get_error(client->display) == 0; i++) {
		framelend_monitor_v1_update(monitor);
		if (i % 20 == 0) {
			wl_display_flush(client->display);
			pump(fixture.test);
		}
	}
	assert_int_not_equal(wl_display_get_error(client->display), 0);
	framelend_monitor_v1_destroy(monitor);
	client_destroy(client);
	fixture_destroy(&fixture);
}

static void connections_by_the_hundred(void)
{
	struct fixture fixture;
	int fds[200];

	fixture_create(&fixture);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 200; i++) {
			const uint32_t registry = 2;
			fds[i] = raw_connect(fixture.test);
			if (i % 2)
				raw_send(fds[i], 1, 1, &registry, 1);
			if (i % 50 == 0) /* the backlog is finite */
				pump(fixture.test);
		}
		bystander_check(&fixture.bystander);
		for (int i = 0; i < 200; i++) {
			if (i % 3)
				discard_input(fds[i]);
			close(fds[i]);
		}
	}
	fixture_destroy(&fixture);
}

/* ---- deaths --------------------------------------------------------------------------------- */

/* One step after another of a client's life, which ends after `steps` of them. */
static void live_and_die(struct fixture *fixture, int steps, bool flushed)
{
	struct client *client = client_create(fixture->test);
	struct window window = {0};
	struct chain chain = {0};
	struct shm_buffer buffer = {0};
	struct wl_surface *child;

	for (int step = 0; step < steps; step++) {
		switch (step) {
		case 0: window_create(client, &window); break;
		case 1: chain_create(client, window.surface, &chain); break;
		case 2: chain_configure(&chain, 50, 50, LEND_FORMAT_XRGB8888, 0, 3); break;
		case 3: window_commit(&window, chain.buffers[0].buffer); break;
		case 4: window_show(&window, chain.buffers[1].buffer); break;
		case 5: shm_buffer_create(client, 50, 50, WL_SHM_FORMAT_ARGB8888, &buffer); break;
		case 6:
			child = wl_compositor_create_surface(client->compositor);
			wl_subcompositor_get_subsurface(client->subcompositor, child,
							window.surface);
			wl_surface_attach(child, buffer.buffer, 0, 0);
			wl_surface_commit(child);
			break;
		case 7: window_show(&window, chain.buffers[2].buffer); break;
		case 8: wl_surface_attach(window.surface, chain.buffers[0].buffer, 0, 0); break;
		case 9: (void)framelend_chain_v1_get_release(chain.proxy); break;
		case 10: framelend_chain_v1_drop(chain.proxy, chain.generation); break;
		case 11: wl_surface_commit(window.surface); break;
		default: (void)wl_surface_frame(window.surface); break;
		}
	}
	if (flushed)
		wl_display_flush(client->display);
	if (chain.proxy)
		chain_let_go(&chain);
	if (buffer.pixels)
		shm_buffer_destroy(&buffer);
	client_destroy(client);
	pump(fixture->test);
}

static void death_at_every_step(void)
{
	struct fixture fixture;

	fixture_create(&fixture);
	for (int steps = 0; steps < 14; steps++) {
		live_and_die(&fixture, steps, true);
		live_and_die(&fixture, steps, false);
		bystander_check(&fixture.bystander);
	}
	assert_int_equal(fixture.test->gone, 28);
	fixture_destroy(&fixture);
}

struct objects {
	struct window window;
	struct chain chain;
	struct shm_buffer buffer;
	struct wl_shm_pool *pool;
	struct framelend_capture_v1 *capture;
};

static void destroy_object(struct objects *objects, int which)
{
	switch (which) {
	case 0: wl_surface_destroy(objects->window.surface); break;
	case 1: xdg_toplevel_destroy(objects->window.toplevel); break;
	case 2: xdg_surface_destroy(objects->window.xdg_surface); break;
	case 3: framelend_chain_v1_destroy(objects->chain.proxy); break;
	case 4: wl_buffer_destroy(objects->chain.buffers[0].buffer); break;
	case 5: wl_shm_pool_destroy(objects->pool); break;
	default: framelend_capture_v1_destroy(objects->capture); break;
	}
}

/* In every order of seven objects, while their contents are shown. Some orders are protocol errors;
 * none may harm anybody else. */
static void destroyed_in_every_order(void)
{
	enum { OBJECTS = 7, PERMUTATIONS = 5040 };
	struct fixture fixture;

	fixture_create(&fixture);
	for (int permutation = 0; permutation < PERMUTATIONS; permutation++) {
		struct objects objects = {0};
		int order[OBJECTS], rest = permutation;
		for (int i = 0; i < OBJECTS; i++)
			order[i] = i;
		for (int i = OBJECTS - 1; i > 0; i--) {
			int j = rest % (i + 1), swap = order[i];
			rest /= i + 1;
			order[i] = order[j];
			order[j] = swap;
		}
		struct client *client = client_create(fixture.test);
		window_create(client, &objects.window);
		chain_create(client, objects.window.surface, &objects.chain);
		chain_configure(&objects.chain, 20, 20, LEND_FORMAT_XRGB8888, 0, 1);
		int memory = memory_create(4096);
		objects.pool = wl_shm_create_pool(client->shm, memory, 4096);
		close(memory);
		objects.capture =
			framelend_manager_v1_capture_output(client->manager, client->outputs[0]);
		framelend_capture_v1_frame(objects.capture, 1);
		window_commit(&objects.window, objects.chain.buffers[0].buffer);
		if (permutation % 2)
			pump(fixture.test);
		for (int i = 0; i < OBJECTS; i++) {
			destroy_object(&objects, order[i]);
			if (permutation % 3 == 0)
				pump(fixture.test);
		}
		pump(fixture.test);
		objects.chain.buffers[0].buffer = NULL;
		chain_let_go(&objects.chain);
		client_destroy(client);
		if (permutation % 500 == 0)
			bystander_check(&fixture.bystander);
	}
	fixture_destroy(&fixture);
}

/* What is lent can be scribbled on at any time: by one client, in its own picture. */
static void scribbling_while_it_is_shown(void)
{
	struct fixture fixture;
	struct window window;
	struct chain chain;

	fixture_create(&fixture);
	struct client *client = client_create(fixture.test);
	window_create(client, &window);
	chain_create(client, window.surface, &chain);
	chain_configure(&chain, 64, 64, LEND_FORMAT_ARGB8888, 0, 2);
	for (int i = 0; i < 200; i++) {
		struct lent_buffer *buffer = &chain.buffers[i % 2];
		for (size_t j = 0; j + 4 <= buffer->size; j += 4)
			memcpy(buffer->pixels + j, &i, 4);
		window_commit(&window, buffer->buffer);
		memset(buffer->pixels, i, buffer->size);
		/* Memory given back under the server's map: it reads zeros. */
		if (i % 10 == 0)
			fallocate(buffer->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				  (off_t)buffer->size);
		pump(fixture.test);
	}
	expect_alive(client);
	chain_destroy(&chain);
	window_destroy(&window);
	client_destroy(client);
	fixture_destroy(&fixture);
}

static const struct harness_test tests[] = {
	{"random_bytes", random_bytes},
	{"random_requests", random_requests},
	{"malformed_headers", malformed_headers},
	{"unknown_objects_and_opcodes", unknown_objects_and_opcodes},
	{"half_a_message", half_a_message},
	{"surplus_descriptors", surplus_descriptors},
	{"missing_descriptors", missing_descriptors},
	{"one_that_never_reads", one_that_never_reads},
	{"frame_callbacks_unread", frame_callbacks_unread},
	{"monitor_unread", monitor_unread},
	{"connections_by_the_hundred", connections_by_the_hundred},
	{"death_at_every_step", death_at_every_step},
	{"destroyed_in_every_order", destroyed_in_every_order},
	{"scribbling_while_it_is_shown", scribbling_while_it_is_shown},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
