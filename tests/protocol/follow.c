/* SPDX-License-Identifier: MIT */
/* Memory follows the path: on an output with a device (a double that plays one) a chain is lent
 * memory that the device can show, as long as it is shown, and cached memory while it is
 * composited. */
#include "harness.h"

#include <fake-drm.h>
#include <framelend/alloc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RED   0xffc02010
#define GREEN 0xff20a040
#define BLUE  0xff1030d0

struct fixture {
	struct lend_device *device;
	struct test *test;
	struct client *client;
	struct window window;
	struct chain chain;
	struct wl_surface *child;
	struct wl_subsurface *subsurface;
	struct shm_buffer buffer; /* the child's */
	unsigned next;
};

static void fixture_create(struct fixture *fixture, uint32_t usage)
{
	memset(fixture, 0, sizeof(*fixture));
	fake_drm_load(PERSONALITIES "/virtio-gpu.txt");
	if (lend_device_open("/dev/dri/card0", &fixture->device) < 0)
		fail_msg("lend_device_open: %s", lend_alloc_error());
	fixture->test = test_create(&(struct test_options){.device = fixture->device});
	fixture->client = client_create(fixture->test);
	window_create(fixture->client, &fixture->window);
	/* Else a child that sticks out would be part of the window. */
	xdg_surface_set_window_geometry(fixture->window.xdg_surface, 0, 0, 320, 240);
	chain_create(fixture->client, fixture->window.surface, &fixture->chain);
	chain_configure(&fixture->chain, 320, 240, LEND_FORMAT_XRGB8888, usage, 2);
	assert_int_equal(fixture->chain.failed, 0);
	fixture->child = wl_compositor_create_surface(fixture->client->compositor);
	fixture->subsurface = wl_subcompositor_get_subsurface(
		fixture->client->subcompositor, fixture->child, fixture->window.surface);
	wl_subsurface_set_position(fixture->subsurface, 10, 10);
	wl_subsurface_set_desync(fixture->subsurface);
	shm_buffer_create(fixture->client, 20, 20, WL_SHM_FORMAT_XRGB8888, &fixture->buffer);
	shm_buffer_fill(&fixture->buffer, BLUE);
}

static void fixture_destroy(struct fixture *fixture)
{
	shm_buffer_destroy(&fixture->buffer);
	wl_subsurface_destroy(fixture->subsurface);
	wl_surface_destroy(fixture->child);
	chain_destroy(&fixture->chain);
	window_destroy(&fixture->window);
	client_destroy(fixture->client);
	test_destroy(fixture->test);
	lend_device_destroy(fixture->device);
	assert_int_equal(fake_drm_handles(), 0);
	assert_int_equal(fake_drm_accesses(), 0);
	fake_drm_unload();
}

/* A frame in the newest generation, drawn anew if that has changed. */
static void show(struct fixture *fixture, uint32_t colour)
{
	struct chain *chain = &fixture->chain;
	struct picture picture;

	if (!chain->buffers[0].buffer) {
		uint32_t generation = chain->generation;
		chain_take(chain);
		while (--generation && generation + 2 > chain->generation)
			framelend_chain_v1_drop(chain->proxy, generation);
	}
	fixture->next ^= 1;
	lent_buffer_fill(chain, fixture->next, colour);
	window_show(&fixture->window, chain->buffers[fixture->next].buffer);
	picture_take(fixture->test->outputs[0], &picture);
	assert_picture_rect(&picture, 100, 100, 50, 50, colour);
	picture_finish(&picture);
}

static void set_child(struct fixture *fixture, bool visible)
{
	wl_surface_attach(fixture->child, visible ? fixture->buffer.buffer : NULL, 0, 0);
	wl_surface_damage(fixture->child, 0, 0, 20, 20);
	wl_surface_commit(fixture->child);
	client_roundtrip(fixture->client);
}

/* Frames until the server lends another generation. */
static unsigned show_until_lent_anew(struct fixture *fixture, unsigned most)
{
	uint32_t generation = fixture->chain.generation;

	for (unsigned i = 1; i <= most; i++) {
		show(fixture, i % 2 ? RED : GREEN);
		pump(fixture->test);
		if (fixture->chain.generation != generation)
			return i;
	}
	return 0;
}

/* Whether the child has to be seen for the newest generation to be in the wrong memory. */
static bool wants_other_memory(const struct fixture *fixture)
{
	return fixture->chain.buffers[0].memory == LEND_MEMORY_DUMB;
}

static void lends_what_the_device_can_show(void)
{
	struct fixture fixture;

	fixture_create(&fixture, 0);
	uint64_t scanout = output_scanout(fixture.test->outputs[0]);
	uint64_t copied = output_copied(fixture.test->outputs[0]);
	assert_int_equal(fixture.chain.buffers[0].memory, LEND_MEMORY_DUMB);
	for (int i = 0; i < 40; i++)
		show(&fixture, i % 2 ? RED : GREEN);
	assert_int_equal(output_scanout(fixture.test->outputs[0]), scanout + 40);
	assert_int_equal(output_copied(fixture.test->outputs[0]), copied);
	assert_int_equal(fixture.chain.path, LEND_PATH_SCANOUT);
	assert_int_equal(fixture.chain.generation, 1);
	fixture_destroy(&fixture);
}

static void follows_the_path_there_and_back(void)
{
	struct fixture fixture;

	fixture_create(&fixture, 0);
	show(&fixture, RED);
	for (int round = 0; round < 3; round++) {
		set_child(&fixture, true);
		show(&fixture, GREEN);
		assert_int_equal(fixture.chain.path, LEND_PATH_COPY);
		assert_in_range(show_until_lent_anew(&fixture, 100), 10, 60);
		assert_int_equal(fixture.chain.buffers[0].memory, LEND_MEMORY_MEMFD);
		assert_int_equal(show_until_lent_anew(&fixture, 80), 0); /* and stays */

		set_child(&fixture, false);
		show(&fixture, RED);
		assert_int_equal(fixture.chain.path, LEND_PATH_COPY);
		assert_non_null(strstr(fixture.chain.path_reason, "device"));
		assert_in_range(show_until_lent_anew(&fixture, 100), 10, 60);
		assert_int_equal(fixture.chain.buffers[0].memory, LEND_MEMORY_DUMB);
		show(&fixture, GREEN);
		assert_int_equal(fixture.chain.path, LEND_PATH_SCANOUT);
		assert_int_equal(show_until_lent_anew(&fixture, 80), 0);
	}
	fixture_destroy(&fixture);
}

/* What opens for a moment, a menu, is not worth new memory. */
static void a_short_while_changes_nothing(void)
{
	struct fixture fixture;

	fixture_create(&fixture, 0);
	show(&fixture, RED);
	for (int i = 0; i < 10; i++) {
		set_child(&fixture, true);
		assert_int_equal(show_until_lent_anew(&fixture, 10), 0);
		set_child(&fixture, false);
		assert_int_equal(show_until_lent_anew(&fixture, 5), 0);
	}
	fixture_destroy(&fixture);
}

/* A client that keeps to its old buffers is shown from them for ever. */
static void old_memory_may_be_kept(void)
{
	struct fixture fixture;

	fixture_create(&fixture, 0);
	struct wl_buffer *old = fixture.chain.buffers[0].buffer;
	uint8_t *pixels = fixture.chain.buffers[0].pixels;
	struct lent_buffer kept = fixture.chain.buffers[0];
	fixture.chain.buffers[0] = (struct lent_buffer){.fd = -1};
	set_child(&fixture, true);
	for (unsigned i = 0; i < 200; i++) {
		uint32_t colour = i % 2 ? RED : GREEN;
		fill_rect(pixels, (int32_t)kept.stride, 0, 0, 320, 240, colour);
		window_show(&fixture.window, old);
		struct picture picture;
		picture_take(fixture.test->outputs[0], &picture);
		assert_picture_rect(&picture, 100, 100, 50, 50, colour);
		picture_finish(&picture);
	}
	assert_int_equal(fixture.chain.generation, 2); /* offered once, not again and again */
	wl_buffer_destroy(old);
	fixture.buffer.released = 0;
	expect_alive(fixture.client);
	munmap(kept.pixels, kept.size);
	close(kept.fd);
	fixture_destroy(&fixture);
}

/* A client that keeps to its old buffers is not offered others whenever the path changes. */
static void what_is_ignored_is_not_offered_again(void)
{
	struct fixture fixture;

	fixture_create(&fixture, 0);
	struct lent_buffer kept = fixture.chain.buffers[0];
	fixture.chain.buffers[0] = (struct lent_buffer){.fd = -1};
	for (unsigned i = 0; i < 400; i++) {
		if (i % 40 == 0)
			set_child(&fixture, i % 80 == 0);
		window_show(&fixture.window, kept.buffer);
	}
	assert_int_equal(fixture.chain.generation, 2);
	/* It is when the client has taken the offer up. */
	set_child(&fixture, false);
	chain_take(&fixture.chain);
	assert_in_range(show_until_lent_anew(&fixture, 100), 10, 60);
	wl_buffer_destroy(kept.buffer);
	expect_alive(fixture.client);
	munmap(kept.pixels, kept.size);
	close(kept.fd);
	fixture_destroy(&fixture);
}

/* One that takes each of them up and drops none stays with what it has in the end. */
static void what_is_hoarded_comes_to_an_end(void)
{
	struct fixture fixture;

	fixture_create(&fixture, 0);
	for (unsigned i = 0; i < 1200; i++) {
		if (i % 40 == 0)
			set_child(&fixture, i % 80 == 0);
		chain_take(&fixture.chain);
		window_show(&fixture.window, fixture.chain.buffers[i % 2].buffer);
		pump(fixture.test);
	}
	assert_in_range(fixture.chain.generation, 3, 6);
	for (uint32_t i = 1; i < fixture.chain.generation; i++)
		framelend_chain_v1_drop(fixture.chain.proxy, i);
	set_child(&fixture, wants_other_memory(&fixture));
	assert_in_range(show_until_lent_anew(&fixture, 100), 10, 60);
	fixture_destroy(&fixture);
}

static void without_device_memory_it_is_asked_once(void)
{
	struct fixture fixture;

	fixture_create(&fixture, 0);
	show(&fixture, RED);
	set_child(&fixture, true);
	assert_true(show_until_lent_anew(&fixture, 100) > 0);
	fake_drm_inject("drmModeCreateDumbBuffer -> ENOSPC\n");
	set_child(&fixture, false);
	show_until_lent_anew(&fixture, 100);
	show(&fixture, RED);
	size_t calls = fake_drm_calls("drmModeCreateDumbBuffer");
	assert_int_equal(show_until_lent_anew(&fixture, 100), 0);
	assert_int_equal(fake_drm_calls("drmModeCreateDumbBuffer"), calls);
	expect_alive(fixture.client);
	fixture_destroy(&fixture);
}

static const struct harness_test tests[] = {
	{"lends_what_the_device_can_show", lends_what_the_device_can_show},
	{"follows_the_path_there_and_back", follows_the_path_there_and_back},
	{"a_short_while_changes_nothing", a_short_while_changes_nothing},
	{"old_memory_may_be_kept", old_memory_may_be_kept},
	{"what_is_ignored_is_not_offered_again", what_is_ignored_is_not_offered_again},
	{"what_is_hoarded_comes_to_an_end", what_is_hoarded_comes_to_an_end},
	{"without_device_memory_it_is_asked_once", without_device_memory_it_is_asked_once},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
