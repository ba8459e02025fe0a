/* SPDX-License-Identifier: MIT */
/* Frames of a server that is in a window: they are the other server's pixels, are not copied where
 * nothing makes it necessary, and come in its pace. */
#include "nested.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RED   0xffff0000
#define GREEN 0xff00ff00
#define BLUE  0xff0000ff

static void draw_pattern(struct shm_buffer *buffer, uint32_t seed)
{
	for (int y = 0; y < buffer->height; y++)
		for (int x = 0; x < buffer->width; x++)
			fill_rect(buffer->pixels, buffer->stride, x, y, 1, 1,
				  (uint32_t)(x * 7 + y * 1031) * 2654435761u + seed);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- pixels --------------------------------------------------------------------------------- */

static void shows_what_it_composes(void)
{
	struct nest nest;
	struct shm_buffer buffer;
	struct window window;

	nest_create(NULL, NULL, &nest);
	struct client *client = client_create(nest.inner);
	/* Not the size of the output: it has to be composed. */
	shm_buffer_create(client, 100, 60, WL_SHM_FORMAT_XRGB8888, &buffer);
	draw_pattern(&buffer, 3);
	window_create(client, &window);
	assert_int_equal(window.width, 320);
	assert_int_equal(window.height, 240);
	window_show(&window, buffer.buffer);
	nest_assert_same(&nest);
	assert_int_equal(output_scanout(nest.window), 0);
	assert_true(nest_copied_inside(&nest) > 0);
	/* The other server reads the window's own memory. */
	assert_int_equal(nest_copied_outside(&nest), 0);
	for (uint32_t i = 0; i < 8; i++) {
		draw_pattern(&buffer, i * 77);
		window_show(&window, buffer.buffer);
		nest_assert_same(&nest);
	}
	assert_int_equal(nest_copied_outside(&nest), 0);
	shm_buffer_destroy(&buffer);
	window_destroy(&window);
	nest_destroy(&nest);
}

static void hands_on_a_client_s_own_buffers(void)
{
	struct nest nest;
	struct shm_buffer buffers[2];
	struct window window;

	nest_create(NULL, NULL, &nest);
	struct client *client = client_create(nest.inner);
	window_create(client, &window);
	for (int i = 0; i < 2; i++) {
		shm_buffer_create(client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffers[i]);
		draw_pattern(&buffers[i], (uint32_t)i * 1234567);
	}
	for (unsigned i = 0; i < 6; i++) {
		window_show(&window, buffers[i % 2].buffer);
		nest_assert_same(&nest);
		/* The one that was replaced is back, this one is not. */
		assert_int_equal(buffers[i % 2].released, i / 2);
		assert_int_equal(buffers[(i + 1) % 2].released, (i + 1) / 2);
	}
	assert_int_equal(nest_copied_inside(&nest), 0);
	assert_int_equal(output_scanout(nest.window), 6);
	assert_int_equal(nest_copied_outside(&nest), 0);
	for (int i = 0; i < 2; i++)
		shm_buffer_destroy(&buffers[i]);
	window_destroy(&window);
	nest_destroy(&nest);
}

static void hands_on_lent_buffers(void)
{
	struct nest nest;
	struct window window;
	struct chain chain;

	nest_create(NULL, NULL, &nest);
	struct client *client = client_create(nest.inner);
	window_create(client, &window);
	chain_create(client, window.surface, &chain);
	chain_configure(&chain, 320, 240, LEND_FORMAT_XRGB8888, 0, 2);
	for (unsigned i = 0; i < 4; i++) {
		lent_buffer_fill(&chain, i % 2, i % 2 ? RED : BLUE);
		window_show(&window, chain.buffers[i % 2].buffer);
		nest_assert_same(&nest);
	}
	assert_int_equal(chain.path, LEND_PATH_SCANOUT);
	assert_non_null(strstr(chain.path_reason, "fills wayland-1 (320x240) alone"));
	assert_int_equal(nest_copied_inside(&nest), 0);
	assert_int_equal(nest_copied_outside(&nest), 0);
	chain_destroy(&chain);
	window_destroy(&window);
	nest_destroy(&nest);
}

/* As long as the other server may read a buffer, its owner must not draw in it. */
static void releases_what_the_host_released(void)
{
	struct nest nest;
	struct shm_buffer buffers[2];
	struct window window;

	nest_create(NULL, NULL, &nest);
	struct client *client = client_create(nest.inner);
	window_create(client, &window);
	for (int i = 0; i < 2; i++)
		shm_buffer_create(client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffers[i]);
	window_show(&window, buffers[0].buffer);
	nest_settle(&nest);
	nest.inner->host = NULL; /* it does nothing for a while */
	window_commit(&window, buffers[1].buffer);
	for (int i = 0; i < 5; i++)
		pump_once(nest.inner, 50);
	assert_int_equal(buffers[0].released, 0);
	nest.inner->host = nest.outer;
	pump_until(nest.inner, &buffers[0].released, 1);
	assert_int_equal(buffers[1].released, 0);
	/* What the host holds when the window goes is let go. */
	lend_output_destroy(nest.window);
	pump_until(nest.inner, &nest.outer->unmapped, 1);
	for (int i = 0; i < 2; i++)
		shm_buffer_destroy(&buffers[i]);
	window_destroy(&window);
	expect_alive(client);
	nest_destroy(&nest);
}

static void passes_on_damage(void)
{
	struct nest nest;
	struct shm_buffer buffer, other;
	struct window window, beside;

	/* Tiles are copied, and only what changed in them. */
	nest_create(&(struct test_options){.layout = LEND_LAYOUT_TILE}, NULL, &nest);
	struct lend_output *output = nest.outer->outputs[0];
	struct client *client = client_create(nest.inner), *neighbour = nest_neighbour(&nest);
	shm_buffer_create(neighbour, 50, 50, WL_SHM_FORMAT_XRGB8888, &other);
	window_create(neighbour, &beside);
	window_show(&beside, other.buffer);
	shm_buffer_create(client, 100, 60, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, RED);
	window_create(client, &window);
	window_show(&window, buffer.buffer);
	nest_settle(&nest);
	for (int i = 0; i < 4; i++) {
		uint64_t before = output_copied(output), own = output_copied(nest.window);
		fill_rect(buffer.pixels, buffer.stride, 10 + i, 20, 8, 4, BLUE);
		wl_surface_attach(window.surface, buffer.buffer, 0, 0);
		wl_surface_damage_buffer(window.surface, 10 + i, 20, 8, 4);
		wl_surface_commit(window.surface);
		nest_settle(&nest);
		assert_int_equal(output_copied(output) - before, 8 * 4 * 4);
		if (i == 3) /* by then it has all its buffers, which lack a few such frames */
			assert_in_range(output_copied(nest.window) - own, 8 * 4 * 4, 11 * 4 * 4);
	}
	shm_buffer_destroy(&buffer);
	shm_buffer_destroy(&other);
	window_destroy(&window);
	window_destroy(&beside);
	nest_destroy(&nest);
}

/* ---- memory that the host could not map ------------------------------------------------------ */

/* A host ends the connection of whoever gives it such memory, and with it the output. */
static void keeps_bad_memory_to_itself(int seals, bool before)
{
	struct nest nest;
	struct window window;
	const size_t size = (size_t)320 * 240 * 4;

	nest_create(NULL, NULL, &nest);
	struct client *client = client_create(nest.inner);
	window_create(client, &window);
	int fd = memory_create(size);
	uint32_t *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(pixels, MAP_FAILED);
	memset(pixels, 0x44, size);
	munmap(pixels, size);
	if (before)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, (int32_t)size);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, 320, 240, 1280, WL_SHM_FORMAT_XRGB8888);
	window_show(&window, buffer);
	if (!before) /* too late: it is the host's already */
		assert_true(fcntl(fd, F_ADD_SEALS, seals) < 0);
	nest_assert_same(&nest);
	assert_non_null(nest.window);
	if (before) {
		assert_true(nest_copied_inside(&nest) > 0);
		assert_non_null(strstr(nest.inner->log, "which it does not allow"));
	} else {
		assert_int_equal(nest_copied_inside(&nest), 0);
	}
	wl_shm_pool_destroy(pool);
	wl_buffer_destroy(buffer);
	close(fd);
	window_destroy(&window);
	nest_destroy(&nest);
}

static void copies_what_may_not_be_written(void)
{
	keeps_bad_memory_to_itself(F_SEAL_WRITE, true);
}

static void copies_what_may_not_be_mapped_again(void)
{
	keeps_bad_memory_to_itself(F_SEAL_FUTURE_WRITE, true);
}

static void lets_nobody_seal_it_later(void)
{
	keeps_bad_memory_to_itself(F_SEAL_FUTURE_WRITE, false);
}

static void copies_unsealed_memory(void)
{
	struct nest nest;
	struct window window;
	char name[64];

	nest_create(NULL, NULL, &nest);
	struct client *client = client_create(nest.inner);
	window_create(client, &window);
	snprintf(name, sizeof(name), "/framelend-nested-%d", (int)getpid());
	int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	shm_unlink(name);
	assert_int_equal(ftruncate(fd, (off_t)320 * 240 * 4), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, 320 * 240 * 4);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, 320, 240, 1280, WL_SHM_FORMAT_XRGB8888);
	window_show(&window, buffer);
	nest_assert_same(&nest);
	assert_true(nest_copied_inside(&nest) > 0);
	wl_shm_pool_destroy(pool);
	wl_buffer_destroy(buffer);
	close(fd);
	window_destroy(&window);
	nest_destroy(&nest);
}

/* ---- pace ----------------------------------------------------------------------------------- */

static void keeps_the_host_s_pace(void)
{
	struct nest nest;
	struct shm_buffer buffer;
	struct window window;

	nest_create(&(struct test_options){.refresh = 50000}, NULL, &nest);
	struct client *client = client_create(nest.inner);
	shm_buffer_create(client, 100, 60, WL_SHM_FORMAT_XRGB8888, &buffer);
	window_create(client, &window);
	window_show(&window, buffer.buffer);
	uint64_t start = now_ms();
	for (unsigned i = 0; i < 20; i++) {
		unsigned frames = window.frames;
		window_commit(&window, buffer.buffer);
		pump_until(nest.inner, &window.frames, frames + 1);
	}
	/* 20 ms each; a slow machine may miss some. */
	assert_true(now_ms() - start >= 19 * 20 - 20);
	uint64_t inner = output_frames(nest.window), outer = output_frames(nest.outer->outputs[0]);
	assert_in_range(outer, inner - 1, inner + 2);
	shm_buffer_destroy(&buffer);
	window_destroy(&window);
	nest_destroy(&nest);
}

struct feedback {
	unsigned presented, discarded;
	uint64_t when; /* ms */
	uint32_t refresh, flags;
};

static void handle_sync_output(void *data, struct wp_presentation_feedback *proxy,
			       struct wl_output *output)
{
}

static void handle_presented(void *data, struct wp_presentation_feedback *proxy, uint32_t high,
			     uint32_t low, uint32_t ns, uint32_t refresh, uint32_t sequence_high,
			     uint32_t sequence_low, uint32_t flags)
{
	struct feedback *feedback = data;

	feedback->presented++;
	feedback->when = ((uint64_t)high << 32 | low) * 1000 + ns / 1000000;
	feedback->refresh = refresh;
	feedback->flags = flags;
	wp_presentation_feedback_destroy(proxy);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *proxy)
{
	((struct feedback *)data)->discarded++;
	wp_presentation_feedback_destroy(proxy);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

static void ask(struct client *client, struct wl_surface *surface, struct feedback *feedback)
{
	*feedback = (struct feedback){0};
	wp_presentation_feedback_add_listener(
		wp_presentation_feedback(client->presentation, surface), &feedback_listener,
		feedback);
}

static void passes_on_when_frames_were_seen(void)
{
	struct nest nest;
	struct shm_buffer buffer;
	struct window window;
	struct feedback feedback;

	nest_create(&(struct test_options){.refresh = 50000}, NULL, &nest);
	struct client *client = client_create(nest.inner);
	shm_buffer_create(client, 100, 60, WL_SHM_FORMAT_XRGB8888, &buffer);
	window_create(client, &window);
	for (int i = 0; i < 3; i++) {
		uint64_t before = now_ms();
		ask(client, window.surface, &feedback);
		window_commit(&window, buffer.buffer);
		pump_until(nest.inner, &feedback.presented, 1);
		assert_in_range(feedback.when, before, now_ms());
		assert_int_equal(feedback.refresh, 20000000);
		assert_int_equal(feedback.flags, 0); /* a timer's, as outside */
		assert_int_equal(feedback.discarded, 0);
	}
	/* What never is seen is told of too. */
	ask(client, window.surface, &feedback);
	window_commit(&window, buffer.buffer);
	struct feedback second;
	ask(client, window.surface, &second);
	window_commit(&window, buffer.buffer);
	pump_until(nest.inner, &second.presented, 1);
	assert_int_equal(feedback.presented + feedback.discarded, 1);
	shm_buffer_destroy(&buffer);
	window_destroy(&window);
	nest_destroy(&nest);
}

/* Another window covers ours: the host says nothing any more. */
static void goes_slow_while_hidden(void)
{
	struct nest nest;
	struct shm_buffer buffer, cover;
	struct window window, above;

	nest_create(NULL, NULL, &nest);
	struct client *client = client_create(nest.inner), *neighbour = nest_neighbour(&nest);
	shm_buffer_create(client, 100, 60, WL_SHM_FORMAT_XRGB8888, &buffer);
	window_create(client, &window);
	window_show(&window, buffer.buffer);
	shm_buffer_create(neighbour, 320, 240, WL_SHM_FORMAT_XRGB8888, &cover);
	window_create(neighbour, &above);
	window_show(&above, cover.buffer);
	nest_settle(&nest);
	uint64_t start = now_ms(), frames = output_frames(nest.window);
	unsigned rounds = 0, before = window.frames, asked = before;
	while (now_ms() - start < 2600) {
		if (window.frames == asked) {
			window_commit(&window, buffer.buffer);
			asked++;
		}
		rounds += pump_once(nest.inner, 200);
	}
	/* The first goes out at once, then one a second or the host's own rate for what is hidden.
	 */
	assert_in_range(window.frames - before, 1, 5);
	assert_in_range(output_frames(nest.window) - frames, 1, 6);
	assert_true(rounds < 100);
	/* Seen again, it is as fast as ever, and right. */
	window_destroy(&above);
	nest_assert_same(&nest);
	start = now_ms();
	for (int i = 0; i < 10; i++)
		window_show(&window, buffer.buffer);
	assert_true(now_ms() - start < 900);
	/* Without commits nothing happens at all. */
	nest_settle(&nest);
	start = now_ms();
	for (rounds = 0; now_ms() - start < 1500;)
		rounds += pump_once(nest.inner, 300);
	assert_true(rounds <= 2);
	shm_buffer_destroy(&buffer);
	shm_buffer_destroy(&cover);
	window_destroy(&window);
	nest_destroy(&nest);
}

static const struct harness_test tests[] = {
	{"shows_what_it_composes", shows_what_it_composes},
	{"hands_on_a_client_s_own_buffers", hands_on_a_client_s_own_buffers},
	{"hands_on_lent_buffers", hands_on_lent_buffers},
	{"releases_what_the_host_released", releases_what_the_host_released},
	{"passes_on_damage", passes_on_damage},
	{"copies_what_may_not_be_written", copies_what_may_not_be_written},
	{"copies_what_may_not_be_mapped_again", copies_what_may_not_be_mapped_again},
	{"lets_nobody_seal_it_later", lets_nobody_seal_it_later},
	{"copies_unsealed_memory", copies_unsealed_memory},
	{"keeps_the_host_s_pace", keeps_the_host_s_pace},
	{"passes_on_when_frames_were_seen", passes_on_when_frames_were_seen},
	{"goes_slow_while_hidden", goes_slow_while_hidden},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
