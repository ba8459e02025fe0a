/* SPDX-License-Identifier: MIT */
/* What one client may hold: over it, that client alone is told, and everything is given back. */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	struct test *test;
	struct client *client;
	struct bystander bystander;
};

static void fixture_create(struct fixture *fixture, const struct lend_quota *quota)
{
	fixture->test = test_create(&(struct test_options){
		.quota = *quota, .layout = LEND_LAYOUT_TILE, .width = 64, .height = 64});
	bystander_create(fixture->test, &fixture->bystander);
	fixture->client = client_create(fixture->test);
}

static void fixture_destroy(struct fixture *fixture)
{
	bystander_check(&fixture->bystander);
	client_destroy(fixture->client);
	bystander_destroy(&fixture->bystander);
	test_destroy(fixture->test);
}

static void expect_edquot(struct chain *chain, const char *words)
{
	assert_int_equal(chain->failed, 1);
	assert_int_equal(chain->error, EDQUOT);
	if (!strstr(chain->reason, words))
		fail_msg("\"%s\" is not in: %s", words, chain->reason);
	expect_alive(chain->client);
}

static void lent_bytes_are_bounded(void)
{
	struct fixture fixture;
	struct chain chain;

	fixture_create(&fixture, &(struct lend_quota){.bytes = 1 << 20});
	chain_create(fixture.client, wl_compositor_create_surface(fixture.client->compositor),
		     &chain);
	chain_configure(&chain, 256, 256, LEND_FORMAT_XRGB8888, 0, 4); /* exactly 1 MiB */
	assert_int_equal(chain.failed, 0);
	assert_int_equal(chain.count, 4);
	chain_configure(&chain, 1, 1, LEND_FORMAT_XRGB8888, 0, 1);
	expect_edquot(&chain, "1048576 bytes");
	assert_int_equal(chain.generation, 1);
	/* The old generation is as it was, and given back it makes room. */
	lent_buffer_fill(&chain, 3, 0xff00ff00);
	uint32_t generation = chain.generation;
	chain_let_go(&chain);
	chain.count = 0;
	framelend_chain_v1_drop(chain.proxy, generation);
	chain_configure(&chain, 256, 256, LEND_FORMAT_XRGB8888, 0, 4);
	assert_int_equal(chain.failed, 1);
	assert_int_equal(chain.count, 4);
	chain_destroy(&chain);
	fixture_destroy(&fixture);
}

/* A generation that does not fit as a whole leaves nothing behind. */
static void a_refused_generation_costs_nothing(void)
{
	struct fixture fixture;
	struct chain chain;

	fixture_create(&fixture, &(struct lend_quota){.bytes = 1 << 20});
	chain_create(fixture.client, wl_compositor_create_surface(fixture.client->compositor),
		     &chain);
	int before = count_fds();
	for (int i = 0; i < 50; i++) {
		chain_configure(&chain, 320, 256, LEND_FORMAT_XRGB8888, 0, 4); /* three fit */
		chain.failed--;
		assert_int_equal(chain.error, EDQUOT);
	}
	assert_int_equal(count_fds(), before);
	chain_configure(&chain, 16384, 16384, LEND_FORMAT_XRGB8888, 0, 1);
	expect_edquot(&chain, "quota");
	chain_configure(&chain, 320, 256, LEND_FORMAT_XRGB8888, 0, 3);
	assert_int_equal(chain.count, 3);
	chain_destroy(&chain);
	fixture_destroy(&fixture);
}

static void lent_buffers_are_bounded(void)
{
	struct fixture fixture;
	struct chain chain;

	fixture_create(&fixture, &(struct lend_quota){.buffers = 6});
	chain_create(fixture.client, wl_compositor_create_surface(fixture.client->compositor),
		     &chain);
	chain_configure(&chain, 8, 8, LEND_FORMAT_XRGB8888, 0, 4);
	chain_let_go(&chain);
	chain.count = 0;
	chain_configure(&chain, 9, 9, LEND_FORMAT_XRGB8888, 0, 3);
	expect_edquot(&chain, "6 buffers");
	chain_configure(&chain, 9, 9, LEND_FORMAT_XRGB8888, 0, 2);
	assert_int_equal(chain.count, 2);
	chain_destroy(&chain);
	fixture_destroy(&fixture);
}

static void lent_descriptors_are_bounded(void)
{
	struct fixture fixture;
	struct chain chain;

	fixture_create(&fixture, &(struct lend_quota){.fds = 4});
	chain_create(fixture.client, wl_compositor_create_surface(fixture.client->compositor),
		     &chain);
	chain_configure(&chain, 8, 8, LEND_FORMAT_XRGB8888, 0, 4);
	chain_let_go(&chain);
	chain.count = 0;
	chain_configure(&chain, 8, 8, LEND_FORMAT_XRGB8888, 0, 1);
	expect_edquot(&chain, "4 file descriptors");
	chain_destroy(&chain);
	fixture_destroy(&fixture);
}

/* Memory is the client's as long as it is shown, even if the client gave it up. */
static void shown_buffers_count_until_they_are_replaced(void)
{
	struct fixture fixture;
	struct chain chain;
	struct window window;

	fixture_create(&fixture, &(struct lend_quota){.buffers = 4});
	window_create(fixture.client, &window);
	chain_create(fixture.client, window.surface, &chain);
	chain_configure(&chain, 8, 8, LEND_FORMAT_XRGB8888, 0, 4);
	window_show(&window, chain.buffers[0].buffer);
	framelend_chain_v1_drop(chain.proxy, chain.generation);
	chain_let_go(&chain);
	chain.count = 0;
	chain_configure(&chain, 8, 8, LEND_FORMAT_XRGB8888, 0, 4);
	expect_edquot(&chain, "4 buffers");
	chain_configure(&chain, 8, 8, LEND_FORMAT_XRGB8888, 0, 3);
	assert_int_equal(chain.count, 3);
	window_show(&window, chain.buffers[0].buffer);
	chain_let_go(&chain);
	chain.count = 0;
	chain_configure(&chain, 8, 8, LEND_FORMAT_XRGB8888, 0, 1);
	assert_int_equal(chain.count, 1);
	chain_destroy(&chain);
	window_destroy(&window);
	fixture_destroy(&fixture);
}

static void surfaces_are_bounded(void)
{
	struct fixture fixture;
	struct wl_surface *surfaces[10];

	fixture_create(&fixture, &(struct lend_quota){.surfaces = 10});
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 10; i++)
			surfaces[i] = wl_compositor_create_surface(fixture.client->compositor);
		expect_alive(fixture.client);
		for (int i = 0; i < 10 && round < 19; i++)
			wl_surface_destroy(surfaces[i]);
	}
	struct client *other = client_create(fixture.test); /* has a quota of its own */
	struct wl_surface *own = wl_compositor_create_surface(other->compositor);
	wl_compositor_create_surface(fixture.client->compositor);
	expect_no_memory(fixture.client, "10 surfaces");
	expect_alive(other);
	wl_surface_destroy(own);
	client_destroy(other);
	fixture_destroy(&fixture);
}

static void pools_are_bounded(void)
{
	struct fixture fixture;
	struct wl_shm_pool *pools[8];
	int fd = memory_create(4096);

	fixture_create(&fixture, &(struct lend_quota){.fds = 8});
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 8; i++)
			pools[i] = wl_shm_create_pool(fixture.client->shm, fd, 4096);
		expect_alive(fixture.client);
		for (int i = 0; i < 8 && round < 19; i++)
			wl_shm_pool_destroy(pools[i]);
	}
	wl_shm_create_pool(fixture.client->shm, fd, 4096);
	expect_no_memory(fixture.client, "8 file descriptors");
	close(fd);
	fixture_destroy(&fixture);
}

static void shm_buffers_are_bounded(void)
{
	struct fixture fixture;
	struct wl_buffer *buffers[16];
	int fd = memory_create(4096);

	fixture_create(&fixture, &(struct lend_quota){.buffers = 16});
	struct wl_shm_pool *pool = wl_shm_create_pool(fixture.client->shm, fd, 4096);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 16; i++)
			buffers[i] = wl_shm_pool_create_buffer(pool, 0, 8, 8, 32,
							       WL_SHM_FORMAT_XRGB8888);
		expect_alive(fixture.client);
		for (int i = 0; i < 16 && round < 19; i++)
			wl_buffer_destroy(buffers[i]);
	}
	wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, WL_SHM_FORMAT_XRGB8888);
	expect_no_memory(fixture.client, "16 buffers");
	close(fd);
	fixture_destroy(&fixture);
}

static void shm_bytes_are_bounded(void)
{
	struct fixture fixture;
	int fd = memory_create(1 << 20);

	fixture_create(&fixture, &(struct lend_quota){.bytes = 1 << 20});
	struct wl_shm_pool *pool = wl_shm_create_pool(fixture.client->shm, fd, 1 << 20);
	wl_shm_pool_create_buffer(pool, 0, 256, 1024, 1024, WL_SHM_FORMAT_XRGB8888);
	expect_alive(fixture.client);
	wl_shm_pool_create_buffer(pool, 0, 1, 1, 4, WL_SHM_FORMAT_XRGB8888);
	expect_no_memory(fixture.client, "1048576 bytes");
	close(fd);
	fixture_destroy(&fixture);
}

/* Mapping a shm buffer takes a descriptor more: over the quota at the commit. */
static void mappings_are_bounded(void)
{
	struct fixture fixture;
	struct window window;
	int fd = memory_create(4096);

	fixture_create(&fixture, &(struct lend_quota){.fds = 4});
	window_create(fixture.client, &window);
	struct wl_shm_pool *pool = wl_shm_create_pool(fixture.client->shm, fd, 4096);
	for (int i = 0; i < 3; i++)
		window_show(&window,
			    wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, WL_SHM_FORMAT_XRGB8888));
	window_commit(&window,
		      wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, WL_SHM_FORMAT_XRGB8888));
	expect_no_memory(fixture.client, "file descriptors");
	close(fd);
	fixture_destroy(&fixture);
}

/* What costs a request and no more: callbacks of commits that never come, regions, positioners. */
static void objects_are_bounded(void)
{
	struct fixture fixture;

	fixture_create(&fixture, &(struct lend_quota){.objects = 200});
	for (int i = 0; i < 1000; i++) { /* made and destroyed again, they do not add up */
		wl_region_destroy(wl_compositor_create_region(fixture.client->compositor));
		if (i % 50 == 0)
			expect_alive(fixture.client);
	}
	expect_alive(fixture.client);
	struct wl_surface *surface = wl_compositor_create_surface(fixture.client->compositor);
	for (int i = 0; i < 200; i++)
		wl_surface_frame(surface);
	expect_no_memory(fixture.client, "200 protocol objects");
	fixture_destroy(&fixture);
}

/* A new client gets as much as the one before it, a hundred times over. */
static void death_gives_everything_back(void)
{
	const struct lend_quota quota = {.bytes = 1 << 20, .buffers = 5, .fds = 6, .surfaces = 2};
	struct test *test =
		test_create(&(struct test_options){.quota = quota, .width = 64, .height = 64});
	int before = count_fds();

	for (int i = 0; i < 100; i++) {
		struct client *client = client_create(test);
		struct window window;
		struct chain chain;
		struct shm_buffer buffer;
		window_create(client, &window);
		chain_create(client, window.surface, &chain);
		chain_configure(&chain, 64, 64, LEND_FORMAT_XRGB8888, 0, 4);
		assert_int_equal(chain.failed, 0);
		shm_buffer_create(client, 64, 64, WL_SHM_FORMAT_XRGB8888, &buffer);
		window_show(&window, i % 2 ? chain.buffers[1].buffer : buffer.buffer);
		shm_buffer_destroy(&buffer);
		chain_let_go(&chain);
		client_destroy(client);
		pump(test);
	}
	pump(test);
	assert_int_equal(test->gone, 100);
	assert_in_range(count_fds(), before, before + 1); /* the output's second buffer */
	test_destroy(test);
}

static const struct harness_test tests[] = {
	{"lent_bytes_are_bounded", lent_bytes_are_bounded},
	{"a_refused_generation_costs_nothing", a_refused_generation_costs_nothing},
	{"lent_buffers_are_bounded", lent_buffers_are_bounded},
	{"lent_descriptors_are_bounded", lent_descriptors_are_bounded},
	{"shown_buffers_count_until_they_are_replaced",
	 shown_buffers_count_until_they_are_replaced},
	{"surfaces_are_bounded", surfaces_are_bounded},
	{"objects_are_bounded", objects_are_bounded},
	{"pools_are_bounded", pools_are_bounded},
	{"shm_buffers_are_bounded", shm_buffers_are_bounded},
	{"shm_bytes_are_bounded", shm_bytes_are_bounded},
	{"mappings_are_bounded", mappings_are_bounded},
	{"death_gives_everything_back", death_gives_everything_back},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
