/* SPDX-License-Identifier: MIT */
/* Memory for a client's GPU, lent by a display's device: doubles play the device and Mesa's GBM. */
#include "harness.h"

#include <fake-drm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RED    0xffc02010
#define GREEN  0xff20a040

#define WIDTH  320
#define HEIGHT 240

static const char device[] = "uname -> 6.12.48\n"
			     "open /dev/dri/card0 -> ok\n"
			     "drmGetDeviceNameFromFd2 -> /dev/dri/card0\n"
			     "drmGetNodeTypeFromFd -> primary\n"
			     "drmGetCap DUMB_BUFFER -> 1\n"
			     "drmGetCap DUMB_PREFER_SHADOW -> 0\n"
			     "drmModeCreateDumbBuffer -> ok pitch=4\n"
			     "drmPrimeHandleToFD RDWR CLOEXEC -> ok\n"
			     "drmModeMapDumbBuffer -> ok\n"
			     "drmModeDestroyDumbBuffer -> ok\n"
			     "drmPrimeFDToHandle -> ok\n"
			     "drmCloseBufferHandle -> ok\n"
			     "open /dev/dma_heap/system -> EACCES\n"
			     "open /dev/udmabuf -> ENOENT\n"
			     "kms vblank=yes\n"
			     "plane primary formats=XR24,AR24\n"
			     "connector Virtual-1 connected edid=ACM/Test_20/42 mode=320x240@60\n";

struct fixture {
	struct test *test;
	struct client *client;
	struct window window;
	struct chain chain;
};

/* What the CPU cannot see is a matter of 3D. */
static void start(struct fixture *fixture, bool has_3d)
{
	const struct lend_kms_output_options options = {
		.size = sizeof(options), .device = "/dev/dri/card0", .no_input = 1};
	char script[4096];

	memset(fixture, 0, sizeof(*fixture));
	snprintf(script, sizeof(script),
		 "drmGetVersion -> virtio_gpu\nDRM_IOCTL_VIRTGPU_GETPARAM -> %d\n%s", has_3d,
		 device);
	fake_drm_script(script);
	fixture->test = test_create(&(struct test_options){.outputs = -1});
	assert_int_equal(lend_output_create_kms(fixture->test->server, &options), 1);
	fixture->client = client_create(fixture->test);
	window_create(fixture->client, &fixture->window);
	chain_create(fixture->client, fixture->window.surface, &fixture->chain);
}

static void finish(struct fixture *fixture)
{
	chain_destroy(&fixture->chain);
	window_destroy(&fixture->window);
	client_destroy(fixture->client);
	test_destroy(fixture->test);
	assert_int_equal(fake_drm_handles(), 0);
	assert_int_equal(fake_drm_framebuffers(), 0);
	fake_drm_unload();
}

static void borrow(struct fixture *fixture, uint32_t width, uint32_t height, uint32_t usage)
{
	chain_configure(&fixture->chain, width, height, LEND_FORMAT_XRGB8888, usage, 2);
	if (fixture->chain.failed)
		fail_msg("%s", fixture->chain.reason);
	assert_int_equal(fixture->chain.buffers[0].memory,
			 usage ? LEND_MEMORY_GBM : LEND_MEMORY_MEMFD);
}

static void show(struct fixture *fixture, uint32_t colour)
{
	for (unsigned i = 0; i < 2; i++) {
		lent_buffer_fill(&fixture->chain, i, colour);
		window_show(&fixture->window, fixture->chain.buffers[i].buffer);
	}
}

static uint32_t middle(void)
{
	uint32_t width, height;
	uint32_t *pixels = fake_drm_shown((size_t)fake_drm_crtc("Virtual-1"), &width, &height);

	assert_non_null(pixels);
	const uint32_t pixel = pixels[height / 2 * width + width / 2];
	free(pixels);
	return pixel;
}

/* The display reads it, whatever a CPU would see. */
static void what_fills_the_display_is_shown(void)
{
	for (int has_3d = 0; has_3d < 2; has_3d++) {
		struct fixture fixture;
		start(&fixture, has_3d);
		borrow(&fixture, WIDTH, HEIGHT, FRAMELEND_CHAIN_V1_USAGE_GPU);
		show(&fixture, GREEN);
		assert_int_equal(fixture.chain.path, LEND_PATH_FLUSH);
		assert_int_equal(middle(), GREEN);
		finish(&fixture);
	}
}

static void what_the_cpu_does_not_see_it_does_not_composite(void)
{
	struct fixture fixture;

	start(&fixture, true);
	borrow(&fixture, WIDTH / 2, HEIGHT / 2, FRAMELEND_CHAIN_V1_USAGE_GPU);
	show(&fixture, RED);
	assert_int_equal(fixture.chain.path, LEND_PATH_NONE);
	if (!strstr(fixture.chain.path_reason, "does not see what this GPU draws"))
		fail_msg("%s", fixture.chain.path_reason);
	assert_true(middle() != RED);
	/* A CPU's memory it does. */
	borrow(&fixture, WIDTH / 2, HEIGHT / 2, 0);
	show(&fixture, RED);
	assert_int_equal(fixture.chain.path, LEND_PATH_COPY);
	assert_int_equal(middle(), RED);
	finish(&fixture);
}

static void what_the_cpu_sees_it_composites(void)
{
	struct fixture fixture;

	start(&fixture, false);
	borrow(&fixture, WIDTH / 2, HEIGHT / 2, FRAMELEND_CHAIN_V1_USAGE_GPU);
	show(&fixture, RED);
	assert_int_equal(fixture.chain.path, LEND_PATH_COPY);
	assert_int_equal(middle(), RED);
	finish(&fixture);
}

static const struct harness_test tests[] = {
	{"what_fills_the_display_is_shown", what_fills_the_display_is_shown},
	{"what_the_cpu_does_not_see_it_does_not_composite",
	 what_the_cpu_does_not_see_it_does_not_composite},
	{"what_the_cpu_sees_it_composites", what_the_cpu_sees_it_composites},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
