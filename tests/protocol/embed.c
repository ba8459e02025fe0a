/* SPDX-License-Identifier: MIT */
/* What a program that embeds the server is told, and what it can do from there. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server with all of its events, and a client of it by hand: struct test keeps its own. */
struct embedder {
	struct test *test;
	unsigned mapped, unmapped, changed, frames;
	struct lend_view *view;
	struct lend_rect damage[128];
	size_t n_damage;
	uint32_t pixel; /* the frame's first one */
	bool stops;	/* at the next frame */
	/* the event that destroys an output, and which; once */
	enum { NEVER, AT_MAPPED, AT_CHANGED, AT_UNMAPPED, AT_FRAME, AT_GONE } destroys_at;
	int doomed;
	uid_t refused;
};

static void destroy_output(struct embedder *embedder, int event)
{
	if (embedder->destroys_at != (unsigned)event)
		return;
	embedder->destroys_at = NEVER;
	lend_output_destroy(embedder->test->outputs[embedder->doomed]);
	lend_output_destroy(embedder->test->outputs[embedder->doomed]); /* it knows already */
	if (embedder->view)
		lend_view_close(embedder->view);
	lend_server_stop(embedder->test->server);
}

static void handle_gone(void *data, const struct lend_peer *peer)
{
	destroy_output(data, AT_GONE);
}

static void handle_mapped(void *data, struct lend_view *view)
{
	struct embedder *embedder = data;

	embedder->mapped++;
	embedder->view = view;
	destroy_output(embedder, AT_MAPPED);
}

static void handle_unmapped(void *data, struct lend_view *view)
{
	struct embedder *embedder = data;

	assert_ptr_equal(view, embedder->view);
	embedder->unmapped++;
	destroy_output(embedder, AT_UNMAPPED);
	embedder->view = NULL;
}

static void handle_changed(void *data, struct lend_view *view)
{
	((struct embedder *)data)->changed++;
	destroy_output(data, AT_CHANGED);
}

static void handle_frame(void *data, struct lend_output *output, struct lend_buffer *frame,
			 const struct lend_rect *damage, size_t n_damage)
{
	struct embedder *embedder = data;
	void *pixels;

	assert_ptr_equal(frame, lend_output_latched(output));
	assert_true(n_damage <= 128);
	assert_int_equal(lend_buffer_begin(frame, LEND_READ, &pixels), 0);
	memcpy(&embedder->pixel, pixels, sizeof(embedder->pixel));
	assert_int_equal(lend_buffer_end(frame), 0);
	embedder->n_damage = n_damage;
	if (n_damage)
		memcpy(embedder->damage, damage, n_damage * sizeof(*damage));
	embedder->frames++;
	if (embedder->stops)
		lend_server_stop(embedder->test->server);
	destroy_output(embedder, AT_FRAME);
}

static int handle_privileged(void *data, const struct lend_peer *peer)
{
	const struct embedder *embedder = data;

	assert_int_equal(peer->pid, getpid());
	assert_true(strlen(peer->program) > 0);
	return peer->uid != embedder->refused;
}

static void embedder_create(struct embedder *embedder)
{
	struct lend_server_events events = {
		.size = sizeof(events),
		.client_gone = handle_gone,
		.view_mapped = handle_mapped,
		.view_unmapped = handle_unmapped,
		.view_changed = handle_changed,
		.output_frame = handle_frame,
		.privileged = handle_privileged,
	};
	struct lend_server_options options = {
		.size = sizeof(options), .events = &events, .data = embedder};
	struct lend_output_options output = {.size = sizeof(output), .width = 320, .height = 240};

	*embedder = (struct embedder){.refused = (uid_t)-1};
	/* Its server is replaced by one with our events. */
	embedder->test = test_create(&(struct test_options){.outputs = -1});
	lend_server_destroy(embedder->test->server);
	assert_int_equal(lend_server_create(&options, &embedder->test->server), 0);
	assert_int_equal(lend_output_create_headless(embedder->test->server, &output,
						     &embedder->test->outputs[0]),
			 0);
}

static void views_are_told(void)
{
	struct embedder embedder;
	struct window window;
	struct shm_buffer buffers[2];
	struct lend_view_info info = {.size = sizeof(info)};

	embedder_create(&embedder);
	struct client *client = client_create(embedder.test);
	window_create(client, &window);
	xdg_toplevel_set_title(window.toplevel, "a title");
	xdg_toplevel_set_app_id(window.toplevel, "an.id");
	for (int i = 0; i < 2; i++)
		shm_buffer_create(client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffers[i]);
	assert_int_equal(embedder.mapped, 0);
	window_show(&window, buffers[0].buffer);
	assert_int_equal(embedder.mapped, 1);
	assert_true(embedder.changed >= 1); /* its path */
	window_show(&window, buffers[1].buffer);

	assert_int_equal(lend_view_describe(embedder.view, &info), 0);
	assert_int_equal(info.peer.pid, getpid());
	assert_int_equal(info.peer.uid, geteuid());
	assert_string_equal(info.title, "a title");
	assert_string_equal(info.app_id, "an.id");
	assert_string_equal(info.output, "headless-1");
	assert_int_equal(info.path, LEND_PATH_SCANOUT);
	assert_true(strlen(info.reason) > 10);
	assert_int_equal(info.memory, LEND_MEMORY_SHM);
	assert_int_equal(info.place.width, 320);
	assert_int_equal(info.place.height, 240);
	assert_int_equal(info.frames, 2);
	assert_int_equal(info.copied, 0);
	assert_int_equal(info.unreleased, 1);
	/* An older program's struct is filled as far as it goes, a broken one refused. */
	info.unreleased = 77;
	info.size = offsetof(struct lend_view_info, unreleased);
	assert_int_equal(lend_view_describe(embedder.view, &info), 0);
	assert_int_equal(info.unreleased, 77);
	info.size = 0;
	assert_true(lend_view_describe(embedder.view, &info) < 0);

	unsigned changed = embedder.changed;
	xdg_toplevel_set_title(window.toplevel, "another");
	client_roundtrip(client);
	assert_true(embedder.changed > changed);
	lend_view_close(embedder.view);
	pump_until(embedder.test, &window.closes, 1);
	wl_surface_attach(window.surface, NULL, 0, 0);
	wl_surface_commit(window.surface);
	client_roundtrip(client);
	assert_int_equal(embedder.unmapped, 1);
	shm_buffer_destroy(&buffers[0]);
	shm_buffer_destroy(&buffers[1]);
	client_destroy(client);
	test_destroy(embedder.test);
}

static void dead_clients_views_are_unmapped(void)
{
	struct embedder embedder;
	struct window window;
	struct shm_buffer buffer;

	embedder_create(&embedder);
	struct client *client = client_create(embedder.test);
	window_create(client, &window);
	shm_buffer_create(client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	window_show(&window, buffer.buffer);
	shm_buffer_destroy(&buffer);
	client_destroy(client);
	pump_until(embedder.test, &embedder.unmapped, 1);
	assert_int_equal(embedder.mapped, 1);
	pump(embedder.test);
	assert_int_equal(embedder.pixel & 0xffffff, 0);
	test_destroy(embedder.test);
}

static void frames_are_told_with_their_damage(void)
{
	struct embedder embedder;
	struct window window;
	struct shm_buffer buffer;

	embedder_create(&embedder);
	struct client *client = client_create(embedder.test);
	pump(embedder.test);
	assert_int_equal(embedder.frames, 1); /* the empty picture */
	assert_int_equal(embedder.n_damage, 1);
	assert_int_equal(embedder.damage[0].width, 320);
	window_create(client, &window);
	shm_buffer_create(client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, 0xff123456);
	window_show(&window, buffer.buffer);
	assert_int_equal(embedder.pixel & 0xffffff, 0x123456);
	unsigned frames = embedder.frames;
	wl_surface_attach(window.surface, buffer.buffer, 0, 0);
	wl_surface_damage_buffer(window.surface, 3, 4, 5, 6);
	wl_surface_damage_buffer(window.surface, 100, 100, 7, 8);
	window_request_frame(&window);
	wl_surface_commit(window.surface);
	pump_until(embedder.test, &window.frames, 2);
	assert_int_equal(embedder.frames, frames + 1);
	assert_int_equal(embedder.n_damage, 2);
	assert_int_equal(embedder.damage[0].x, 3);
	assert_int_equal(embedder.damage[0].y, 4);
	assert_int_equal(embedder.damage[0].width, 5);
	assert_int_equal(embedder.damage[0].height, 6);
	assert_int_equal(embedder.damage[1].x, 100);
	/* Many rectangles are put together rather than overrun what a frame can tell. */
	for (int i = 0; i < 1000; i++)
		wl_surface_damage_buffer(window.surface, i % 40 * 8, i / 40 * 8, 1, 1);
	wl_surface_commit(window.surface);
	client_roundtrip(client);
	pump(embedder.test);
	assert_int_equal(embedder.frames, frames + 2);
	assert_true(embedder.n_damage >= 1);
	shm_buffer_destroy(&buffer);
	test_destroy(embedder.test);
}

static void run_returns_after_stop(void)
{
	struct embedder embedder;

	embedder_create(&embedder);
	embedder.stops = true;
	assert_int_equal(lend_server_run(embedder.test->server), 0);
	assert_int_equal(embedder.frames, 1);
	embedder.stops = false;
	/* And it goes on by dispatch, whose fd says when. */
	struct pollfd server = {.fd = lend_server_fd(embedder.test->server), .events = POLLIN};
	pump(embedder.test);
	assert_int_equal(poll(&server, 1, 0), 0);
	int fd = raw_connect(embedder.test);
	assert_int_equal(poll(&server, 1, 5000), 1);
	assert_int_equal(lend_server_dispatch(embedder.test->server, 0), 0);
	close(fd);
	test_destroy(embedder.test);
}

static void count_global(void *data, struct wl_registry *registry, uint32_t name,
			 const char *interface, uint32_t version)
{
	++*(unsigned *)data;
}

static void forget_global(void *data, struct wl_registry *registry, uint32_t name) {}

/* A socket of the embedder's own making is as good as one that connected. */
static void clients_can_be_added(void)
{
	static const struct wl_registry_listener listener = {count_global, forget_global};
	struct test *test = test_create(NULL);
	unsigned globals = 0;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(lend_server_add_client(test->server, fds[1]), 0);
	assert_int_equal(fcntl(fds[1], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(test->connected, 1);
	struct wl_display *display = wl_display_connect_to_fd(fds[0]);
	wl_registry_add_listener(wl_display_get_registry(display), &listener, &globals);
	for (int i = 0; i < 100 && globals == 0; i++) {
		wl_display_flush(display);
		lend_server_dispatch(test->server, 10);
		while (wl_display_prepare_read(display) < 0)
			wl_display_dispatch_pending(display);
		wl_display_read_events(display);
		wl_display_dispatch_pending(display);
	}
	assert_true(globals > 0);
	wl_display_disconnect(display);
	for (int i = 0; i < 100 && test->gone == 0; i++)
		lend_server_dispatch(test->server, 10);
	assert_int_equal(test->gone, 1);
	test_destroy(test);
}

/* What is no socket is closed all the same. */
static void only_sockets_can_be_added(void)
{
	struct test *test = test_create(NULL);
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(lend_server_add_client(test->server, fds[0]), -ENOTSOCK);
	assert_non_null(strstr(lend_server_error(), "no socket"));
	assert_int_equal(fcntl(fds[0], F_GETFD), -1);
	close(fds[1]);
	assert_int_equal(lend_server_add_client(test->server, -1), -EBADF);
	assert_int_equal(test->connected, 0);
	test_destroy(test);
}

static void privilege_is_the_embedders_to_give(void)
{
	struct embedder embedder;

	embedder_create(&embedder);
	assert_int_equal(client_create(embedder.test)->capabilities, 3);
	embedder.refused = geteuid();
	assert_int_equal(client_create(embedder.test)->capabilities, 1);
	test_destroy(embedder.test);
}

/* Whatever happens, an event is where an embedder hears of it, and where it may act on it. */
static void outputs_may_go_in_any_event(void)
{
	for (int event = AT_MAPPED; event <= AT_GONE; event++) {
		for (int doomed = 0; doomed < 2; doomed++) {
			struct embedder embedder;
			struct window window, other;
			struct shm_buffer buffer;
			struct lend_output_options output = {
				.size = sizeof(output), .width = 320, .height = 240};

			embedder_create(&embedder);
			assert_int_equal(lend_output_create_headless(embedder.test->server, &output,
								     &embedder.test->outputs[1]),
					 0);
			struct client *client = client_create(embedder.test);
			struct client *second = client_create(embedder.test);
			window_create(client, &window);
			window_create(second, &other);
			shm_buffer_create(client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
			xdg_toplevel_set_fullscreen(window.toplevel, client->outputs[0]);
			client_roundtrip(client);
			embedder.doomed = doomed;
			embedder.destroys_at = (unsigned)event;
			window_show(&window, buffer.buffer);
			shm_buffer_fill(&buffer, 0xff336699);
			window_show(&window, buffer.buffer);
			wl_surface_attach(window.surface, NULL, 0, 0);
			wl_surface_commit(window.surface);
			client_destroy(second);
			client_roundtrip(client);
			pump(embedder.test);
			assert_int_equal(embedder.destroys_at, NEVER);
			assert_int_equal(client->globals_removed, 1);
			expect_alive(client);
			shm_buffer_destroy(&buffer);
			client_destroy(client);
			test_destroy(embedder.test);
		}
	}
}

/* The event of an output's own end, while the server ends. */
static void outputs_may_go_as_the_server_does(void)
{
	struct embedder embedder;
	struct window window;
	struct shm_buffer buffer;

	embedder_create(&embedder);
	struct client *client = client_create(embedder.test);
	window_create(client, &window);
	shm_buffer_create(client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	window_show(&window, buffer.buffer);
	embedder.destroys_at = AT_UNMAPPED;
	lend_server_destroy(embedder.test->server);
	assert_int_equal(embedder.unmapped, 1);
	assert_int_equal(embedder.destroys_at, NEVER);
	shm_buffer_destroy(&buffer);
	client_destroy(client);
	embedder.test->server = NULL;
	test_destroy(embedder.test);
}

static void a_server_may_go_before_its_clients(void)
{
	struct embedder embedder;
	struct window window;
	struct chain chain;

	embedder_create(&embedder);
	struct client *client = client_create(embedder.test);
	window_create(client, &window);
	chain_create(client, window.surface, &chain);
	chain_configure(&chain, 320, 240, LEND_FORMAT_XRGB8888, 0, 2);
	window_show(&window, chain.buffers[0].buffer);
	(void)framelend_manager_v1_capture_output(client->manager, client->outputs[0]);
	client_roundtrip(client);
	lend_server_destroy(embedder.test->server);
	assert_int_equal(embedder.unmapped, 1);
	/* What was lent stays in the client's hands. */
	lent_buffer_fill(&chain, 0, 0xff00ff00);
	assert_int_equal(*(uint32_t *)(void *)chain.buffers[0].pixels, 0xff00ff00);
	chain_let_go(&chain);
	client_destroy(client);
	embedder.test->server = NULL;
	test_destroy(embedder.test);
}

static const struct harness_test tests[] = {
	{"views_are_told", views_are_told},
	{"dead_clients_views_are_unmapped", dead_clients_views_are_unmapped},
	{"frames_are_told_with_their_damage", frames_are_told_with_their_damage},
	{"run_returns_after_stop", run_returns_after_stop},
	{"clients_can_be_added", clients_can_be_added},
	{"only_sockets_can_be_added", only_sockets_can_be_added},
	{"privilege_is_the_embedders_to_give", privilege_is_the_embedders_to_give},
	{"outputs_may_go_in_any_event", outputs_may_go_in_any_event},
	{"outputs_may_go_as_the_server_does", outputs_may_go_as_the_server_does},
	{"a_server_may_go_before_its_clients", a_server_may_go_before_its_clients},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
