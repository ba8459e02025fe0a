/* SPDX-License-Identifier: MIT */
/* framelend_manager_v1 and framelend_chain_v1: what is lent, and what comes of it on the display.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RED   0xffc02010
#define GREEN 0xff20a040
#define BLUE  0xff1030d0

/* A window with a chain of `count` buffers of the size it was configured to. */
struct fixture {
	struct test *test;
	struct client *client;
	struct window window;
	struct chain chain;
};

static void fixture_create(struct fixture *fixture, const struct test_options *options,
			   uint32_t usage, uint32_t count)
{
	fixture->test = test_create(options);
	fixture->client = client_create(fixture->test);
	window_create(fixture->client, &fixture->window);
	chain_create(fixture->client, fixture->window.surface, &fixture->chain);
	chain_configure(&fixture->chain, (uint32_t)fixture->window.width,
			(uint32_t)fixture->window.height, LEND_FORMAT_XRGB8888, usage, count);
	assert_int_equal(fixture->chain.failed, 0);
	assert_int_equal(fixture->chain.count, count);
}

static void fixture_destroy(struct fixture *fixture)
{
	chain_destroy(&fixture->chain);
	window_destroy(&fixture->window);
	client_destroy(fixture->client);
	test_destroy(fixture->test);
}

static struct wl_buffer *nth(struct fixture *fixture, unsigned index)
{
	return fixture->chain.buffers[index].buffer;
}

static void show_colour(struct fixture *fixture, unsigned index, uint32_t colour)
{
	lent_buffer_fill(&fixture->chain, index, colour);
	window_show(&fixture->window, nth(fixture, index));
}

static bool has_format(const struct client *client, uint32_t format)
{
	for (unsigned i = 0; i < client->n_formats; i++)
		if (client->formats[i] == format)
			return true;
	return false;
}

/* ---- the manager ---------------------------------------------------------------------------- */

static void announces_formats_and_capabilities(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);

	assert_true(has_format(client, LEND_FORMAT_XRGB8888));
	assert_true(has_format(client, LEND_FORMAT_ARGB8888));
	assert_true(has_format(client, LEND_FORMAT_RGB565));
	assert_false(has_format(client, LEND_FORMAT_NV12));
	assert_int_equal(client->capabilities, FRAMELEND_MANAGER_V1_CAPABILITY_FENCES |
						       FRAMELEND_MANAGER_V1_CAPABILITY_PRIVILEGED);
	test_destroy(test);
}

static void unprivileged_learn_it(void)
{
	struct test *test = test_create(&(struct test_options){.unprivileged = true});
	struct client *client = client_create(test);

	assert_int_equal(client->capabilities, FRAMELEND_MANAGER_V1_CAPABILITY_FENCES);
	test_destroy(test);
}

static void one_chain_for_a_surface(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL, 0, 2);
	chain_destroy(&fixture.chain);
	chain_create(fixture.client, fixture.window.surface, &fixture.chain);
	expect_alive(fixture.client);
	framelend_manager_v1_get_chain(fixture.client->manager, fixture.window.surface);
	expect_error(fixture.client, &framelend_manager_v1_interface,
		     FRAMELEND_MANAGER_V1_ERROR_HAS_CHAIN, "has a chain already");
	fixture_destroy(&fixture);
}

/* ---- generations ---------------------------------------------------------------------------- */

static void lends_sealed_memory(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL, 0, 3);
	const struct chain *chain = &fixture.chain;
	assert_int_equal(chain->width, 320);
	assert_int_equal(chain->height, 240);
	assert_int_equal(chain->format, LEND_FORMAT_XRGB8888);
	assert_true(chain->verdicts >= 1);
	for (unsigned i = 0; i < 3; i++) {
		const struct lent_buffer *buffer = &chain->buffers[i];
		assert_int_equal(buffer->memory, LEND_MEMORY_MEMFD);
		assert_int_equal(buffer->caching, LEND_CACHING_CACHED);
		assert_true(buffer->stride >= 320 * 4);
		int seals = fcntl(buffer->fd, F_GET_SEALS);
		assert_int_equal(seals & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
				 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
		assert_int_equal(ftruncate(buffer->fd, 4096), -1);
		assert_int_equal(fcntl(buffer->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		for (size_t j = 0; j < buffer->size; j++)
			assert_int_equal(buffer->pixels[j], 0);
	}
	fixture_destroy(&fixture);
}

static void every_format_is_lent(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL, 0, 1);
	for (unsigned i = 0; i < fixture.client->n_formats; i++) {
		uint32_t format = fixture.client->formats[i];
		chain_configure(&fixture.chain, 33, 17, format, 0, 2);
		assert_int_equal(fixture.chain.failed, 0);
		assert_int_equal(fixture.chain.generation, i + 2);
		assert_int_equal(fixture.chain.format, format);
		assert_true(fixture.chain.buffers[1].stride >=
			    lend_format_stride(lend_format_get(format), 0, 33));
		wl_surface_attach(fixture.window.surface, nth(&fixture, 0), 0, 0);
		wl_surface_commit(fixture.window.surface);
	}
	expect_alive(fixture.client);
	fixture_destroy(&fixture);
}

static void old_generations_stay_until_dropped(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL, 0, 2);
	int fds = count_fds();

	struct lent_buffer old = fixture.chain.buffers[0];
	fixture.chain.buffers[0] = (struct lent_buffer){.fd = -1};
	chain_configure(&fixture.chain, 320, 240, LEND_FORMAT_XRGB8888, 0, 2);
	assert_int_equal(fixture.chain.generation, 2);
	assert_true(count_fds() > fds);

	fill_rect(old.pixels, (int32_t)old.stride, 0, 0, 320, 240, RED);
	window_show(&fixture.window, old.buffer);
	struct picture picture;
	picture_take(fixture.test->outputs[0], &picture);
	assert_picture_rect(&picture, 0, 0, 320, 240, RED);
	picture_finish(&picture);

	/* Dropped while it is shown, it stays on display; the wl_buffer goes and the picture stays.
	 */
	framelend_chain_v1_drop(fixture.chain.proxy, 1);
	wl_buffer_destroy(old.buffer);
	client_roundtrip(fixture.client);
	picture_take(fixture.test->outputs[0], &picture);
	assert_picture_rect(&picture, 0, 0, 320, 240, RED);
	picture_finish(&picture);

	show_colour(&fixture, 0, GREEN);
	show_colour(&fixture, 1, BLUE);
	munmap(old.pixels, old.size);
	close(old.fd);
	/* No memory of the first generation is left: 2 buffers, two fds each (ours and theirs). */
	assert_int_equal(count_fds(), fds);
	fixture_destroy(&fixture);
}

static void buffers_outlive_their_chain(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL, 0, 2);
	framelend_chain_v1_destroy(fixture.chain.proxy);
	show_colour(&fixture, 0, RED);
	show_colour(&fixture, 1, GREEN);
	assert_int_equal(fixture.chain.buffers[0].released, 1);
	chain_let_go(&fixture.chain);
	chain_create(fixture.client, fixture.window.surface, &fixture.chain);
	fixture_destroy(&fixture);
}

static void a_buffer_can_be_made_again(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL, 0, 2);
	struct lent_buffer *buffer = &fixture.chain.buffers[0];
	show_colour(&fixture, 0, RED);
	wl_buffer_destroy(buffer->buffer);
	buffer->buffer = NULL;
	munmap(buffer->pixels, buffer->size);
	chain_take(&fixture.chain); /* another wl_buffer for the same memory, still on display */
	assert_int_equal(*(uint32_t *)(void *)buffer->pixels, RED);
	show_colour(&fixture, 1, GREEN);
	show_colour(&fixture, 0, BLUE);
	show_colour(&fixture, 1, GREEN);
	assert_int_equal(buffer->released, 1);
	fixture_destroy(&fixture);
}

static void configure_error(uint32_t width, uint32_t height, uint32_t format, uint32_t usage,
			    uint32_t count, uint32_t code, const char *words)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct chain chain;

	chain_create(client, wl_compositor_create_surface(client->compositor), &chain);
	framelend_chain_v1_configure(chain.proxy, width, height, format, usage, count);
	expect_error(client, &framelend_chain_v1_interface, code, words);
	test_destroy(test);
}

static void configure_is_checked(void)
{
	const uint32_t format = LEND_FORMAT_XRGB8888;

	configure_error(0, 10, format, 0, 2, FRAMELEND_CHAIN_V1_ERROR_INVALID_SIZE, "0x10");
	configure_error(10, 0, format, 0, 2, FRAMELEND_CHAIN_V1_ERROR_INVALID_SIZE, "10x0");
	configure_error(16385, 1, format, 0, 2, FRAMELEND_CHAIN_V1_ERROR_INVALID_SIZE, "16384");
	configure_error(1, UINT32_MAX, format, 0, 2, FRAMELEND_CHAIN_V1_ERROR_INVALID_SIZE,
			"4294967295");
	configure_error(10, 10, 0, 0, 2, FRAMELEND_CHAIN_V1_ERROR_INVALID_FORMAT, "0x00000000");
	configure_error(10, 10, LEND_FORMAT_NV12, 0, 2, FRAMELEND_CHAIN_V1_ERROR_INVALID_FORMAT,
			"format");
	configure_error(10, 10, format, 8, 2, FRAMELEND_CHAIN_V1_ERROR_INVALID_USAGE, "0x8");
	configure_error(10, 10, format, FRAMELEND_CHAIN_V1_USAGE_GPU | 1, 2,
			FRAMELEND_CHAIN_V1_ERROR_INVALID_USAGE, "gpu goes with no other");
	configure_error(10, 10, format, FRAMELEND_CHAIN_V1_USAGE_GPU | 2, 1,
			FRAMELEND_CHAIN_V1_ERROR_INVALID_USAGE, "gpu goes with no other");
	configure_error(10, 10, format, 0, 0, FRAMELEND_CHAIN_V1_ERROR_INVALID_COUNT, "0 buffers");
	configure_error(10, 10, format, 0, 5, FRAMELEND_CHAIN_V1_ERROR_INVALID_COUNT, "1 to 4");
	configure_error(10, 10, format, FRAMELEND_CHAIN_V1_USAGE_FRONT, 2,
			FRAMELEND_CHAIN_V1_ERROR_INVALID_COUNT, "2 buffers");
}

static void set_modifiers(const struct fixture *fixture, void *list, size_t bytes)
{
	struct wl_array modifiers = {.size = bytes, .data = list};

	framelend_chain_v1_set_modifiers(fixture->chain.proxy, &modifiers);
}

static void modifiers_are_whole_numbers(void)
{
	uint64_t list[2] = {LEND_MODIFIER_LINEAR, LEND_MODIFIER_INVALID};
	struct fixture fixture;

	fixture_create(&fixture, NULL, 0, 2);
	set_modifiers(&fixture, list, sizeof(list));
	set_modifiers(&fixture, list, 0);
	expect_alive(fixture.client);
	set_modifiers(&fixture, list, sizeof(list) - 4);
	expect_error(fixture.client, &framelend_chain_v1_interface,
		     FRAMELEND_CHAIN_V1_ERROR_INVALID_MODIFIERS, "12 bytes");
	fixture_destroy(&fixture);
}

/* Where there is no GPU the client learns why, keeps what it has, and can go on without. */
static void no_gpu_no_memory_for_it(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL, 0, 2);
	chain_configure(&fixture.chain, 320, 240, LEND_FORMAT_XRGB8888,
			FRAMELEND_CHAIN_V1_USAGE_GPU, 2);
	assert_int_equal(fixture.chain.failed, 1);
	expect_alive(fixture.client);
	chain_configure(&fixture.chain, 320, 240, LEND_FORMAT_XRGB8888, 0, 2);
	assert_int_equal(fixture.chain.failed, 1);
	assert_int_equal(fixture.chain.generation, 2);
	show_colour(&fixture, 0, RED);
	fixture_destroy(&fixture);
}

static void get_buffer_is_checked(void)
{
	const struct {
		uint32_t generation, index, code;
		const char *words;
	} rows[] = {
		{1, 2, FRAMELEND_CHAIN_V1_ERROR_NO_BUFFER, "buffer 2"},
		{1, UINT32_MAX, FRAMELEND_CHAIN_V1_ERROR_NO_BUFFER, "4294967295"},
		{0, 0, FRAMELEND_CHAIN_V1_ERROR_NO_BUFFER, "generation 0"},
		{2, 0, FRAMELEND_CHAIN_V1_ERROR_NO_BUFFER, "generation 2"},
		{1, 0, FRAMELEND_CHAIN_V1_ERROR_HAS_BUFFER, "already"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture fixture;
		fixture_create(&fixture, NULL, 0, 2);
		framelend_chain_v1_get_buffer(fixture.chain.proxy, rows[i].generation,
					      rows[i].index);
		expect_error(fixture.client, &framelend_chain_v1_interface, rows[i].code,
			     rows[i].words);
		fixture_destroy(&fixture);
	}
}

static void drop_is_checked(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL, 0, 2);
	framelend_chain_v1_drop(fixture.chain.proxy, 1);
	expect_alive(fixture.client);
	framelend_chain_v1_get_buffer(fixture.chain.proxy, 1, 0);
	expect_error(fixture.client, &framelend_chain_v1_interface,
		     FRAMELEND_CHAIN_V1_ERROR_NO_BUFFER, "dropped");
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL, 0, 2);
	framelend_chain_v1_drop(fixture.chain.proxy, 1);
	framelend_chain_v1_drop(fixture.chain.proxy, 1);
	expect_error(fixture.client, &framelend_chain_v1_interface,
		     FRAMELEND_CHAIN_V1_ERROR_NO_BUFFER, "generation 1");
	fixture_destroy(&fixture);
}

/* ---- fences and releases -------------------------------------------------------------------- */

static void a_pipe_is_no_fence(void)
{
	struct fixture fixture;
	int pipe_fds[2];

	fixture_create(&fixture, NULL, 0, 2);
	assert_int_equal(pipe(pipe_fds), 0);
	framelend_chain_v1_set_acquire_fence(fixture.chain.proxy, pipe_fds[0]);
	expect_error(fixture.client, &framelend_chain_v1_interface,
		     FRAMELEND_CHAIN_V1_ERROR_INVALID_FENCE, "not a sync_file");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	fixture_destroy(&fixture);
}

static void count_fenced(void *data, struct framelend_release_v1 *release, int32_t fence)
{
	fail_msg("a fence came, though the buffer was free");
}

static void count_immediate(void *data, struct framelend_release_v1 *release)
{
	framelend_release_v1_destroy(release);
	(*(unsigned *)data)++;
}

static const struct framelend_release_v1_listener release_listener = {
	.fenced = count_fenced,
	.immediate = count_immediate,
};

static void get_release(struct fixture *fixture, unsigned *count)
{
	*count = 0;
	framelend_release_v1_add_listener(framelend_chain_v1_get_release(fixture->chain.proxy),
					  &release_listener, count);
}

static void release_objects_come_with_the_release(void)
{
	struct fixture fixture;
	unsigned first, second;

	fixture_create(&fixture, NULL, 0, 2);
	get_release(&fixture, &first);
	show_colour(&fixture, 0, RED);
	assert_int_equal(first, 0);
	get_release(&fixture, &second);
	show_colour(&fixture, 1, GREEN);
	pump(fixture.test);
	assert_int_equal(first, 1);
	assert_int_equal(fixture.chain.buffers[0].released, 1);
	assert_int_equal(second, 0);
	wl_surface_attach(fixture.window.surface, NULL, 0, 0);
	wl_surface_commit(fixture.window.surface);
	client_roundtrip(fixture.client);
	pump_until(fixture.test, &second, 1);
	assert_int_equal(first, 1);

	/* A commit without contents has nothing to wait for. */
	get_release(&fixture, &first);
	wl_surface_commit(fixture.window.surface);
	client_roundtrip(fixture.client);
	assert_int_equal(first, 1);
	fixture_destroy(&fixture);
}

static void one_release_object_a_commit(void)
{
	struct fixture fixture;
	unsigned count;

	fixture_create(&fixture, NULL, 0, 2);
	get_release(&fixture, &count);
	wl_surface_commit(fixture.window.surface);
	get_release(&fixture, &count);
	get_release(&fixture, &count);
	expect_error(fixture.client, &framelend_chain_v1_interface,
		     FRAMELEND_CHAIN_V1_ERROR_DUPLICATE_FENCE, "already");
	fixture_destroy(&fixture);
}

static void no_release_without_a_surface(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct chain chain;

	chain_create(client, surface, &chain);
	wl_surface_destroy(surface);
	chain_configure(&chain, 10, 10, LEND_FORMAT_XRGB8888, 0, 1);
	assert_int_equal(chain.count, 1);
	framelend_chain_v1_get_release(chain.proxy);
	expect_error(client, &framelend_chain_v1_interface, FRAMELEND_CHAIN_V1_ERROR_NO_SURFACE,
		     "was destroyed");
	chain_destroy(&chain);
	test_destroy(test);
}

/* ---- on the display ------------------------------------------------------------------------- */

static void scanout_copies_nothing(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL, 0, 3);
	struct lend_output *output = fixture.test->outputs[0];
	uint64_t copied = output_copied(output), scanout = output_scanout(output);
	for (unsigned i = 0; i < 30; i++) {
		const struct lent_buffer *buffer = &fixture.chain.buffers[i % 3];
		struct picture picture;
		uint32_t colour = 0xff000000 | i * 0x070301;
		show_colour(&fixture, i % 3, colour);
		/* Byte for byte what was written, and the very same memory. */
		picture_take(output, &picture);
		for (uint32_t y = 0; y < 240; y++)
			assert_memory_equal(picture.pixels + (size_t)y * 320,
					    buffer->pixels + (size_t)y * buffer->stride, 1280);
		picture_finish(&picture);
		fill_rect(buffer->pixels, (int32_t)buffer->stride, 7, 5, 3, 2, ~colour);
		picture_take(output, &picture);
		assert_picture_rect(&picture, 7, 5, 3, 2, ~colour);
		picture_finish(&picture);
	}
	assert_int_equal(output_copied(output), copied);
	assert_int_equal(output_scanout(output), scanout + 30);
	assert_int_equal(fixture.chain.path, LEND_PATH_SCANOUT);
	assert_true(strlen(fixture.chain.path_reason) > 10);
	assert_string_equal(fixture.chain.path_output, lend_output_name(output));
	fixture_destroy(&fixture);
}

static void beside_another_it_is_copied(void)
{
	struct fixture fixture;
	struct bystander bystander;

	fixture_create(&fixture, &(struct test_options){.layout = LEND_LAYOUT_TILE}, 0, 2);
	bystander_create(fixture.test, &bystander);
	client_roundtrip(fixture.client);
	chain_configure(&fixture.chain, (uint32_t)fixture.window.width,
			(uint32_t)fixture.window.height, LEND_FORMAT_XRGB8888, 0, 2);
	show_colour(&fixture, 0, RED);
	pump(fixture.test);
	assert_int_equal(fixture.chain.path, LEND_PATH_COPY);
	assert_true(strlen(fixture.chain.path_reason) > 10);
	unsigned paths = fixture.chain.paths;
	for (unsigned i = 1; i <= 6; i++)
		show_colour(&fixture, i % 2, GREEN);
	assert_int_equal(fixture.chain.paths, paths); /* told only when it changes */
	/* All but the current one are free. */
	pump(fixture.test);
	assert_int_equal(fixture.chain.buffers[0].released, 3);
	assert_int_equal(fixture.chain.buffers[1].released, 3);
	bystander_check(&bystander);
	bystander_destroy(&bystander);
	fixture_destroy(&fixture);
}

static void front_buffers_are_never_released(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL, FRAMELEND_CHAIN_V1_USAGE_FRONT, 1);
	struct lend_output *output = fixture.test->outputs[0];
	struct picture picture;
	uint64_t copied = output_copied(output);
	show_colour(&fixture, 0, RED);
	for (int i = 0; i < 5; i++) {
		uint64_t frames = output_frames(output);
		fill_rect(fixture.chain.buffers[0].pixels, (int32_t)fixture.chain.buffers[0].stride,
			  i, i, 1, 1, BLUE);
		wl_surface_damage_buffer(fixture.window.surface, i, i, 1, 1);
		window_request_frame(&fixture.window);
		wl_surface_commit(fixture.window.surface);
		pump_until(fixture.test, &fixture.window.frames, (unsigned)i + 2);
		assert_true(output_frames(output) > frames);
	}
	picture_take(output, &picture);
	assert_int_equal(picture_at(&picture, 4, 4), BLUE & 0xffffff);
	assert_int_equal(picture_at(&picture, 5, 4), RED & 0xffffff);
	picture_finish(&picture);
	assert_int_equal(output_copied(output), copied);
	wl_surface_attach(fixture.window.surface, NULL, 0, 0);
	wl_surface_commit(fixture.window.surface);
	client_roundtrip(fixture.client);
	pump(fixture.test);
	assert_int_equal(fixture.chain.buffers[0].released, 0);
	fixture_destroy(&fixture);
}

static const struct harness_test tests[] = {
	{"announces_formats_and_capabilities", announces_formats_and_capabilities},
	{"unprivileged_learn_it", unprivileged_learn_it},
	{"one_chain_for_a_surface", one_chain_for_a_surface},
	{"lends_sealed_memory", lends_sealed_memory},
	{"every_format_is_lent", every_format_is_lent},
	{"old_generations_stay_until_dropped", old_generations_stay_until_dropped},
	{"buffers_outlive_their_chain", buffers_outlive_their_chain},
	{"a_buffer_can_be_made_again", a_buffer_can_be_made_again},
	{"configure_is_checked", configure_is_checked},
	{"modifiers_are_whole_numbers", modifiers_are_whole_numbers},
	{"no_gpu_no_memory_for_it", no_gpu_no_memory_for_it},
	{"get_buffer_is_checked", get_buffer_is_checked},
	{"drop_is_checked", drop_is_checked},
	{"a_pipe_is_no_fence", a_pipe_is_no_fence},
	{"release_objects_come_with_the_release", release_objects_come_with_the_release},
	{"one_release_object_a_commit", one_release_object_a_commit},
	{"no_release_without_a_surface", no_release_without_a_surface},
	{"scanout_copies_nothing", scanout_copies_nothing},
	{"beside_another_it_is_copied", beside_another_it_is_copied},
	{"front_buffers_are_never_released", front_buffers_are_never_released},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
