/* SPDX-License-Identifier: MIT */
/* wl_shm without the copy: a display that shows foreign memory reads a sealed pool by udmabuf. */
#include "harness.h"

#include <fake-drm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RED    0xffc02010
#define GREEN  0xff20a040

#define WIDTH  640
#define HEIGHT 480

struct fixture {
	struct test *test;
	struct client *client;
	struct window window;
};

static void open_fixture(struct fixture *f, const char *lines, uint64_t bytes)
{
	const struct lend_kms_output_options options = {
		.size = sizeof(options),
		.device = "/dev/dri/card0",
		.width = WIDTH,
		.height = HEIGHT,
		.no_input = 1,
	};

	setenv("LEND_SESSION", "direct", 1);
	setenv("LEND_CACHE", "off", 1);
	fake_drm_load(PERSONALITIES "/vkms.txt");
	if (lines)
		fake_drm_inject(lines);
	f->test = test_create(&(struct test_options){.outputs = -1, .quota.bytes = bytes});
	if (lend_output_create_kms(f->test->server, &options) != 1)
		fail_msg("lend_output_create_kms: %s", lend_server_error());
	f->client = client_create(f->test);
	window_create(f->client, &f->window);
}

static void close_fixture(struct fixture *f)
{
	window_destroy(&f->window);
	client_destroy(f->client);
	test_destroy(f->test);
	assert_int_equal(fake_drm_framebuffers(), 0);
	assert_int_equal(fake_drm_handles(), 0);
	assert_int_equal(fake_drm_accesses(), 0);
	fake_drm_unload();
}

static void expect_path(struct fixture *f, enum lend_path path, const char *words)
{
	struct lend_view_info info = {.size = sizeof(info)};

	assert_int_equal(lend_view_describe(f->test->view, &info), 0);
	if (info.path != path || !strstr(info.reason, words))
		fail_msg("the path is %s: %s", lend_path_name(info.path), info.reason);
}

static void expect_shown(uint32_t colour)
{
	uint32_t width, height;
	uint32_t *pixels = fake_drm_shown((size_t)fake_drm_crtc("Virtual-1"), &width, &height);

	assert_non_null(pixels);
	for (uint32_t i = 0; i < width * height; i++)
		if (pixels[i] != colour)
			fail_msg("pixel %u is %08x, not %08x", i, pixels[i], colour);
	free(pixels);
}

static void a_sealed_pool_is_scanned_out(void)
{
	struct shm_buffer buffers[2];
	struct fixture f;

	open_fixture(&f, NULL, 0);
	for (int i = 0; i < 2; i++) {
		shm_buffer_create(f.client, WIDTH, HEIGHT, WL_SHM_FORMAT_XRGB8888, &buffers[i]);
		shm_buffer_fill(&buffers[i], i ? GREEN : RED);
	}
	window_show(&f.window, buffers[0].buffer);
	uint64_t copied = output_copied(f.test->outputs[0]);
	for (int i = 0; i < 6; i++) {
		window_show(&f.window, buffers[i % 2].buffer);
		expect_shown(i % 2 ? GREEN : RED);
	}
	expect_path(&f, LEND_PATH_SCANOUT, "reads its buffer");
	assert_int_equal(output_copied(f.test->outputs[0]), copied);
	assert_int_equal(fake_drm_calls("UDMABUF_CREATE"), 2);
	for (int i = 0; i < 2; i++)
		shm_buffer_destroy(&buffers[i]);
	close_fixture(&f);
}

/* Both in one pool, which grows while they are shown; the same pages, since the double's udmabufs
 * know no offset. */
static void buffers_share_a_pool_that_grows(void)
{
	const size_t size = (size_t)WIDTH * HEIGHT * 4;
	struct wl_buffer *buffers[2];
	struct fixture f;

	open_fixture(&f, NULL, 0);
	int fd = memory_create(3 * size);
	uint8_t *pixels = mmap(NULL, 3 * size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(f.client->shm, fd, (int32_t)size);
	buffers[0] = wl_shm_pool_create_buffer(pool, 0, WIDTH, HEIGHT, WIDTH * 4,
					       WL_SHM_FORMAT_XRGB8888);
	fill_rect(pixels, WIDTH * 4, 0, 0, WIDTH, HEIGHT, RED);
	window_show(&f.window, buffers[0]);
	expect_shown(RED);
	wl_shm_pool_resize(pool, (int32_t)(3 * size));
	buffers[1] = wl_shm_pool_create_buffer(pool, 0, WIDTH, HEIGHT, WIDTH * 4,
					       WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	fill_rect(pixels, WIDTH * 4, 0, 0, WIDTH, HEIGHT, GREEN);
	window_show(&f.window, buffers[1]);
	expect_shown(GREEN);
	expect_path(&f, LEND_PATH_SCANOUT, "");
	for (int i = 0; i < 2; i++)
		wl_buffer_destroy(buffers[i]);
	munmap(pixels, 3 * size);
	close(fd);
	close_fixture(&f);
}

static void the_reason_says_why_not(const char *lines, uint64_t bytes, int32_t offset,
				    const char *words)
{
	const size_t size = (size_t)WIDTH * HEIGHT * 4;
	struct fixture f;

	open_fixture(&f, lines, bytes);
	int fd = memory_create(size + 4096);
	uint8_t *pixels = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(f.client->shm, fd, (int32_t)size + 4096);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, offset, WIDTH, HEIGHT, WIDTH * 4,
							     WL_SHM_FORMAT_XRGB8888);
	fill_rect(pixels + offset, WIDTH * 4, 0, 0, WIDTH, HEIGHT, RED);
	window_show(&f.window, buffer);
	expect_shown(RED);
	expect_path(&f, LEND_PATH_COPY, words);
	wl_shm_pool_destroy(pool);
	wl_buffer_destroy(buffer);
	munmap(pixels, size + 4096);
	close(fd);
	expect_alive(f.client);
	close_fixture(&f);
}

static void without_udmabuf_it_is_copied(void)
{
	the_reason_says_why_not("open /dev/udmabuf -> ENOENT", 0, 0, "has no udmabuf");
	the_reason_says_why_not("open /dev/udmabuf -> EACCES", 0, 0, "may not use /dev/udmabuf");
	the_reason_says_why_not("UDMABUF_CREATE -> EINVAL", 0, 0, "udmabuf does not take");
}

static void what_is_not_whole_pages_is_copied(void)
{
	the_reason_says_why_not(NULL, 0, 64, "whole pages");
}

static void pinned_memory_counts_for_the_quota(void)
{
	the_reason_says_why_not(NULL, 2000000, 0, "quota");
}

static const struct harness_test tests[] = {
	{"a_sealed_pool_is_scanned_out", a_sealed_pool_is_scanned_out},
	{"buffers_share_a_pool_that_grows", buffers_share_a_pool_that_grows},
	{"without_udmabuf_it_is_copied", without_udmabuf_it_is_copied},
	{"what_is_not_whole_pages_is_copied", what_is_not_whole_pages_is_copied},
	{"pinned_memory_counts_for_the_quota", pinned_memory_counts_for_the_quota},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
