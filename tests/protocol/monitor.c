/* SPDX-License-Identifier: MIT */
/* framelend_monitor_v1: who shows what, on which path, at what cost. */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROWS 8

struct monitor {
	struct client *client;
	struct framelend_monitor_v1 *proxy;
	struct monitored_output {
		char name[64], layout[16];
		uint32_t width, height, refresh;
		uint64_t frames, scanout, copied;
	} outputs[ROWS];
	struct monitored_client {
		uint32_t pid, uid, buffers, fds, surfaces;
		char program[64];
		uint64_t bytes;
	} clients[ROWS];
	struct monitored_surface {
		unsigned client; /* index above */
		uint32_t id, width, height, format, path, memory, caching, lent, unreleased;
		char role[32], title[64], output[64], reason[256];
		int32_t x, y;
		uint64_t frames, commits, copied;
	} surfaces[ROWS];
	unsigned n_outputs, n_clients, n_surfaces, done, failed;
	uint32_t error;
	char reason[256];
};

static uint64_t join(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

static void handle_output(void *data, struct framelend_monitor_v1 *proxy, const char *name,
			  uint32_t width, uint32_t height, uint32_t refresh, const char *layout,
			  uint32_t frames_hi, uint32_t frames_lo, uint32_t scanout_hi,
			  uint32_t scanout_lo, uint32_t copied_hi, uint32_t copied_lo)
{
	struct monitor *monitor = data;

	assert_true(monitor->n_outputs < ROWS);
	struct monitored_output *output = &monitor->outputs[monitor->n_outputs++];
	snprintf(output->name, sizeof(output->name), "%s", name);
	snprintf(output->layout, sizeof(output->layout), "%s", layout);
	output->width = width;
	output->height = height;
	output->refresh = refresh;
	output->frames = join(frames_hi, frames_lo);
	output->scanout = join(scanout_hi, scanout_lo);
	output->copied = join(copied_hi, copied_lo);
}

static void handle_client(void *data, struct framelend_monitor_v1 *proxy, uint32_t pid,
			  uint32_t uid, const char *program, uint32_t bytes_hi, uint32_t bytes_lo,
			  uint32_t buffers, uint32_t fds, uint32_t surfaces)
{
	struct monitor *monitor = data;

	assert_true(monitor->n_clients < ROWS);
	struct monitored_client *client = &monitor->clients[monitor->n_clients++];
	*client = (struct monitored_client){.pid = pid,
					    .uid = uid,
					    .buffers = buffers,
					    .fds = fds,
					    .surfaces = surfaces,
					    .bytes = join(bytes_hi, bytes_lo)};
	snprintf(client->program, sizeof(client->program), "%s", program);
}

static void handle_surface(void *data, struct framelend_monitor_v1 *proxy, uint32_t id,
			   const char *role, const char *title, const char *output, int32_t x,
			   int32_t y, uint32_t width, uint32_t height, uint32_t format,
			   uint32_t path, const char *reason, uint32_t memory, uint32_t caching,
			   uint32_t lent)
{
	struct monitor *monitor = data;

	assert_true(monitor->n_surfaces < ROWS && monitor->n_clients > 0);
	struct monitored_surface *surface = &monitor->surfaces[monitor->n_surfaces++];
	*surface = (struct monitored_surface){.client = monitor->n_clients - 1,
					      .id = id,
					      .x = x,
					      .y = y,
					      .width = width,
					      .height = height,
					      .format = format,
					      .path = path,
					      .memory = memory,
					      .caching = caching,
					      .lent = lent};
	snprintf(surface->role, sizeof(surface->role), "%s", role);
	snprintf(surface->title, sizeof(surface->title), "%s", title);
	snprintf(surface->output, sizeof(surface->output), "%s", output);
	snprintf(surface->reason, sizeof(surface->reason), "%s", reason);
}

static void handle_counters(void *data, struct framelend_monitor_v1 *proxy, uint32_t frames_hi,
			    uint32_t frames_lo, uint32_t commits_hi, uint32_t commits_lo,
			    uint32_t copied_hi, uint32_t copied_lo, uint32_t unreleased)
{
	struct monitor *monitor = data;

	assert_true(monitor->n_surfaces > 0);
	struct monitored_surface *surface = &monitor->surfaces[monitor->n_surfaces - 1];
	surface->frames = join(frames_hi, frames_lo);
	surface->commits = join(commits_hi, commits_lo);
	surface->copied = join(copied_hi, copied_lo);
	surface->unreleased = unreleased;
}

static void handle_done(void *data, struct framelend_monitor_v1 *proxy, uint32_t sec_hi,
			uint32_t sec_lo, uint32_t nsec)
{
	assert_true(sec_lo > 0 && nsec < 1000000000);
	((struct monitor *)data)->done++;
}

static void handle_failed(void *data, struct framelend_monitor_v1 *proxy, uint32_t error,
			  const char *reason)
{
	struct monitor *monitor = data;

	monitor->error = error;
	snprintf(monitor->reason, sizeof(monitor->reason), "%s", reason);
	monitor->failed++;
}

static const struct framelend_monitor_v1_listener listener = {
	.output = handle_output,
	.client = handle_client,
	.surface = handle_surface,
	.counters = handle_counters,
	.done = handle_done,
	.failed = handle_failed,
};

static void monitor_create(struct test *test, struct monitor *monitor)
{
	*monitor = (struct monitor){.client = client_create(test)};
	monitor->proxy = framelend_manager_v1_get_monitor(monitor->client->manager);
	framelend_monitor_v1_add_listener(monitor->proxy, &listener, monitor);
}

static void monitor_update(struct monitor *monitor)
{
	unsigned done = monitor->done;

	monitor->n_outputs = monitor->n_clients = monitor->n_surfaces = 0;
	framelend_monitor_v1_update(monitor->proxy);
	pump_until(monitor->client->test, &monitor->done, done + 1);
}

static void outputs_and_clients_are_listed(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2,
							       .width = 100,
							       .height = 50,
							       .refresh = 60000,
							       .layout = LEND_LAYOUT_TILE});
	struct monitor monitor;

	monitor_create(test, &monitor);
	monitor_update(&monitor);
	assert_int_equal(monitor.n_outputs, 2);
	assert_string_equal(monitor.outputs[0].name, "headless-1");
	assert_string_equal(monitor.outputs[1].name, "headless-2");
	assert_string_equal(monitor.outputs[0].layout, "tile");
	assert_int_equal(monitor.outputs[0].width, 100);
	assert_int_equal(monitor.outputs[0].height, 50);
	assert_int_equal(monitor.outputs[0].refresh, 60000);
	assert_int_equal(monitor.n_clients, 1);
	assert_int_equal(monitor.clients[0].pid, getpid());
	assert_int_equal(monitor.clients[0].uid, geteuid());
	assert_true(strlen(monitor.clients[0].program) > 0);
	assert_int_equal(monitor.n_surfaces, 0);
	assert_int_equal(monitor.clients[0].bytes, 0);
	framelend_monitor_v1_destroy(monitor.proxy);
	test_destroy(test);
}

static void a_scanned_out_chain_is_told(void)
{
	struct test *test = test_create(NULL);
	struct monitor monitor;
	struct window window;
	struct chain chain;

	monitor_create(test, &monitor);
	struct client *client = client_create(test);
	window_create(client, &window);
	xdg_toplevel_set_title(window.toplevel, "a title");
	chain_create(client, window.surface, &chain);
	chain_configure(&chain, 320, 240, LEND_FORMAT_XRGB8888, 0, 3);
	/* A surface without contents, and one without a role: neither is shown. */
	struct wl_surface *bare = wl_compositor_create_surface(client->compositor);
	wl_surface_attach(bare, chain.buffers[2].buffer, 0, 0);
	wl_surface_commit(bare);
	client_roundtrip(client);
	monitor_update(&monitor);
	assert_int_equal(monitor.n_surfaces, 0);
	assert_int_equal(monitor.clients[1].surfaces, 2);
	assert_int_equal(monitor.clients[1].buffers, 3);
	assert_true(monitor.clients[1].bytes >= (uint64_t)3 * 320 * 240 * 4);
	assert_true(monitor.clients[1].fds >= 3);

	for (unsigned i = 0; i < 5; i++)
		window_show(&window, chain.buffers[i % 2].buffer);
	monitor_update(&monitor);
	assert_int_equal(monitor.n_surfaces, 1);
	const struct monitored_surface *surface = &monitor.surfaces[0];
	assert_int_equal(surface->client, 1);
	assert_string_equal(surface->role, "xdg_toplevel");
	assert_string_equal(surface->title, "a title");
	assert_string_equal(surface->output, "headless-1");
	assert_int_equal(surface->x, 0);
	assert_int_equal(surface->y, 0);
	assert_int_equal(surface->width, 320);
	assert_int_equal(surface->height, 240);
	assert_int_equal(surface->format, LEND_FORMAT_XRGB8888);
	assert_int_equal(surface->path, LEND_PATH_SCANOUT);
	assert_string_equal(surface->reason, chain.path_reason);
	assert_int_equal(surface->memory, LEND_MEMORY_MEMFD);
	assert_int_equal(surface->caching, LEND_CACHING_CACHED);
	assert_int_equal(surface->lent, 1);
	assert_int_equal(surface->frames, 5);
	assert_int_equal(surface->commits, 6); /* the empty one that asks for a configure */
	assert_int_equal(surface->copied, 0);
	assert_int_equal(surface->unreleased, 1);
	assert_int_equal(monitor.outputs[0].scanout, 5);
	assert_int_equal(monitor.outputs[0].copied, output_copied(test->outputs[0]));

	uint32_t id = surface->id;
	monitor_update(&monitor);
	assert_int_equal(monitor.surfaces[0].id, id);
	wl_surface_attach(window.surface, NULL, 0, 0);
	wl_surface_commit(window.surface);
	client_roundtrip(client);
	monitor_update(&monitor);
	assert_int_equal(monitor.n_surfaces, 0);
	chain_destroy(&chain);
	wl_surface_destroy(bare);
	framelend_monitor_v1_destroy(monitor.proxy);
	test_destroy(test);
}

static void copies_and_places_are_told(void)
{
	struct test *test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	struct monitor monitor;
	struct window window;
	struct shm_buffer buffer, child_buffer;

	monitor_create(test, &monitor);
	struct client *client = client_create(test);
	window_create(client, &window);
	shm_buffer_create(client, window.width, window.height, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_create(client, 10, 20, WL_SHM_FORMAT_ARGB8888, &child_buffer);
	struct wl_surface *child = wl_compositor_create_surface(client->compositor);
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child, window.surface);
	wl_subsurface_set_position(subsurface, 5, 6);
	wl_surface_attach(child, child_buffer.buffer, 0, 0);
	wl_surface_commit(child);
	window_show(&window, buffer.buffer);
	monitor_update(&monitor);
	assert_int_equal(monitor.n_surfaces, 2);
	const struct monitored_surface *parent = &monitor.surfaces[0], *sub = &monitor.surfaces[1];
	if (strcmp(parent->role, "wl_subsurface") == 0) {
		parent = &monitor.surfaces[1];
		sub = &monitor.surfaces[0];
	}
	assert_string_equal(parent->role, "xdg_toplevel");
	assert_string_equal(sub->role, "wl_subsurface");
	assert_string_equal(sub->title, "");
	assert_int_equal(sub->x, parent->x + 5);
	assert_int_equal(sub->y, parent->y + 6);
	assert_int_equal(sub->width, 10);
	assert_int_equal(sub->height, 20);
	assert_int_equal(sub->format, LEND_FORMAT_ARGB8888);
	assert_int_equal(sub->path, LEND_PATH_BLEND);
	assert_int_equal(sub->copied, 10 * 20 * 4);
	assert_int_equal(sub->lent, 0);
	assert_int_equal(sub->memory, LEND_MEMORY_SHM);
	assert_int_equal(parent->path, LEND_PATH_COPY);
	assert_int_equal(parent->copied, (uint64_t)buffer.size);
	assert_int_equal(monitor.outputs[0].copied, output_copied(test->outputs[0]));
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	shm_buffer_destroy(&child_buffer);
	shm_buffer_destroy(&buffer);
	framelend_monitor_v1_destroy(monitor.proxy);
	test_destroy(test);
}

static void the_unprivileged_are_refused(void)
{
	struct test *test = test_create(&(struct test_options){.unprivileged = true});
	struct monitor monitor;

	monitor_create(test, &monitor);
	pump_until(test, &monitor.failed, 1);
	assert_int_equal(monitor.error, EACCES);
	assert_non_null(strstr(monitor.reason, "user id"));
	framelend_monitor_v1_update(monitor.proxy);
	expect_alive(monitor.client);
	assert_int_equal(monitor.n_outputs + monitor.n_clients + monitor.done, 0);
	assert_int_equal(monitor.failed, 1);
	framelend_monitor_v1_destroy(monitor.proxy);
	test_destroy(test);
}

static void what_a_dead_client_held_is_gone(void)
{
	struct test *test = test_create(NULL);
	struct monitor monitor;
	struct window window;
	struct chain chain;

	monitor_create(test, &monitor);
	struct client *client = client_create(test);
	window_create(client, &window);
	chain_create(client, window.surface, &chain);
	chain_configure(&chain, 320, 240, LEND_FORMAT_XRGB8888, 0, 3);
	window_show(&window, chain.buffers[0].buffer);
	chain_destroy(&chain);
	client_destroy(client);
	pump_until(test, &test->gone, 1);
	monitor_update(&monitor);
	assert_int_equal(monitor.n_clients, 1);
	assert_int_equal(monitor.n_surfaces, 0);
	framelend_monitor_v1_destroy(monitor.proxy);
	test_destroy(test);
}

static const struct harness_test tests[] = {
	{"outputs_and_clients_are_listed", outputs_and_clients_are_listed},
	{"a_scanned_out_chain_is_told", a_scanned_out_chain_is_told},
	{"copies_and_places_are_told", copies_and_places_are_told},
	{"the_unprivileged_are_refused", the_unprivileged_are_refused},
	{"what_a_dead_client_held_is_gone", what_a_dead_client_held_is_gone},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
