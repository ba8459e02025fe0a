/* SPDX-License-Identifier: MIT */
/* Framebuffers: imported and allocated; handles and lifetimes. */
#include "kms_helpers.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct lend_buffer *lent(struct lend_kms *kms, const char *allocator, uint32_t format)
{
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = 128,
		.height = 96,
		.format = format,
		.use = LEND_USE_SCANOUT,
		.allocator = allocator,
	};
	struct lend_buffer *buffer = NULL;
	if (lend_buffer_allocate(lend_kms_device(kms), &options, &buffer, NULL) != 0)
		fail_msg("%s", lend_alloc_error());
	return buffer;
}

static void fill(struct lend_buffer *buffer, uint32_t colour)
{
	const struct lend_buffer_info info = describe(buffer);
	void *pixels;
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, &pixels), 0);
	for (uint32_t y = 0; y < info.height; y++)
		for (uint32_t x = 0; x < info.width; x++)
			memcpy((char *)pixels + (size_t)y * info.planes[0].stride + x * 4, &colour,
			       4);
	assert_int_equal(lend_buffer_end(buffer), 0);
}

static void test_bad_import(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_buffer *memfd = lent(kms, "memfd", LEND_FORMAT_XRGB8888);
	struct lend_buffer *dumb = lent(kms, "dumb", LEND_FORMAT_XRGB8888);
	struct lend_framebuffer *own = canvas(kms, 8, 8, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *framebuffer = NULL;
	assert_fails(lend_framebuffer_import(kms, memfd, &framebuffer), EMEDIUMTYPE,
		     "memory of kind memfd is no dma-buf");
	assert_fails(lend_framebuffer_import(kms, lend_framebuffer_buffer(own), &framebuffer),
		     EMEDIUMTYPE, "no dma-buf");
	assert_fails(lend_framebuffer_import(kms, NULL, &framebuffer), EINVAL, "a buffer");
	fake_drm_inject("drmPrimeFDToHandle -> ENODEV once");
	assert_fails(lend_framebuffer_import(kms, dumb, &framebuffer), ENODEV,
		     "desk does not import memory of kind dumb");
	fake_drm_inject("drmModeAddFB2 -> EINVAL once");
	assert_fails(lend_framebuffer_import(kms, dumb, &framebuffer), EINVAL,
		     "desk makes no framebuffer of 128x96 XRGB8888 with rows of 512 bytes");
	fake_drm_inject("drmModeAddFB2 -> ENOMEM once");
	assert_fails(lend_framebuffer_import(kms, dumb, &framebuffer), ENOMEM, "no framebuffer");
	assert_null(framebuffer);
	assert_int_equal(fake_drm_handles(), 1); /* own's */
	lend_buffer_destroy(memfd);
	lend_buffer_destroy(dumb);
	lend_framebuffer_destroy(own);
	kms_close(kms);
}

/* The same memory imported twice is one handle; one of the two goes, the other is still shown. */
static void test_handles(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_buffer *buffer = lent(kms, "dumb", LEND_FORMAT_XRGB8888);
	struct lend_framebuffer *first = NULL, *second = NULL;
	assert_int_equal(fake_drm_handles(), 0);
	assert_int_equal(lend_framebuffer_import(kms, buffer, &first), 0);
	assert_int_equal(lend_framebuffer_import(kms, buffer, &second), 0);
	assert_int_equal(fake_drm_handles(), 1);
	assert_null(lend_framebuffer_buffer(first));
	lend_framebuffer_destroy(first);
	assert_int_equal(fake_drm_handles(), 1);
	fill(buffer, GREEN);
	const struct lend_pipe_state frame = showing(second);
	show(kms, pipe, &frame);
	assert_seen(0, GREEN, NULL, 0);
	/* The client's picture stays when all else of it is gone. */
	lend_buffer_destroy(buffer);
	lend_framebuffer_destroy(second);
	assert_int_equal(fake_drm_handles(), 1);
	assert_seen(0, GREEN, NULL, 0);
	lend_pipe_destroy(pipe);
	assert_int_equal(fake_drm_handles(), 0);
	kms_close(kms);
}

static void test_foreign(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_buffer *buffer = lent(kms, "udmabuf", LEND_FORMAT_XRGB8888);
	struct lend_framebuffer *framebuffer = NULL;
	if (lend_framebuffer_import(kms, buffer, &framebuffer) != 0)
		fail_msg("%s", lend_alloc_error());
	fill(buffer, BLUE);
	const struct lend_pipe_state frame = showing(framebuffer);
	show(kms, pipe, &frame);
	assert_seen(0, BLUE, NULL, 0);
	lend_framebuffer_destroy(framebuffer);
	lend_buffer_destroy(buffer);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* A modifier is said only to a driver that knows what that is. */
static void test_modifiers(void **state)
{
	struct lend_framebuffer *framebuffer = NULL;
	struct lend_kms *kms = kms_open(desk, "drmModeAddFB2 modifier -> ok\n"
					      "drmModeAddFB2 -> EIO\n");
	struct lend_buffer *buffer = lent(kms, "dumb", LEND_FORMAT_XRGB8888);
	assert_int_equal(lend_framebuffer_import(kms, buffer, &framebuffer), 0);
	lend_framebuffer_destroy(framebuffer);
	lend_buffer_destroy(buffer);
	kms_close(kms);
	kms = kms_open(copying, "drmModeAddFB2 modifier -> EIO");
	buffer = lent(kms, "dumb", LEND_FORMAT_XRGB8888);
	assert_int_equal(lend_framebuffer_import(kms, buffer, &framebuffer), 0);
	lend_framebuffer_destroy(framebuffer);
	lend_buffer_destroy(buffer);
	kms_close(kms);
}

/* A display without alpha shows the colours that premultiplied pixels have, as over black. */
static void test_opaque_twin(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *half = canvas(kms, 128, 96, LEND_FORMAT_ARGB8888, 0x80800000);
	struct lend_pipe_state frame = showing(half);
	const size_t before = fake_drm_framebuffers();
	show(kms, pipe, &frame);
	assert_seen(0, 0xff800000, NULL, 0);
	show(kms, pipe, &frame);
	assert_int_equal(fake_drm_framebuffers(), before + 1);
	lend_framebuffer_destroy(half);
	lend_pipe_destroy(pipe);
	kms_close(kms);
	/* A driver without any plane for the format refuses the framebuffer itself. */
	kms = kms_open(copying, "drmModeAddFB2 nth=1 -> EINVAL");
	pipe = pipe_open(kms, "Virtual-1");
	half = canvas(kms, 128, 96, LEND_FORMAT_ARGB8888, 0x80800000);
	frame = showing(half);
	show(kms, pipe, &frame);
	assert_seen(0, 0xff800000, NULL, 0);
	frame.cursor = half; /* where the alpha would count */
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "a cursor");
	lend_framebuffer_destroy(half);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static void test_bad_allocate(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_framebuffer *framebuffer = NULL;
	assert_fails(lend_framebuffer_allocate(kms, 0, 5, LEND_FORMAT_XRGB8888, &framebuffer),
		     EINVAL, "0x5");
	assert_fails(lend_framebuffer_allocate(kms, 5, 5, LEND_FORMAT_NV12, &framebuffer), EINVAL,
		     "one plane");
	assert_fails(lend_framebuffer_allocate(kms, 5, 5, 7, &framebuffer), EINVAL, "0x00000007");
	assert_fails(lend_framebuffer_allocate(kms, 5, 5, LEND_FORMAT_XRGB8888, NULL), EINVAL,
		     "a place");
	fake_drm_inject("drmModeCreateDumbBuffer -> ENOMEM once");
	assert_fails(lend_framebuffer_allocate(kms, 64, 64, LEND_FORMAT_XRGB8888, &framebuffer),
		     ENOMEM, "no dumb buffer of 64x64 XRGB8888");
	fake_drm_inject("drmModeMapDumbBuffer -> ENOSYS once");
	assert_fails(lend_framebuffer_allocate(kms, 64, 64, LEND_FORMAT_XRGB8888, &framebuffer),
		     ENOSYS, "MAP_DUMB");
	fake_drm_inject("drmModeAddFB2 -> EINVAL once");
	assert_fails(lend_framebuffer_allocate(kms, 64, 64, LEND_FORMAT_XRGB8888, &framebuffer),
		     EINVAL, "makes no framebuffer");
	assert_null(framebuffer);
	kms_close(kms);
}

static void test_allocate(void **state)
{
	struct lend_kms *kms = kms_open(desk, "drmModeCreateDumbBuffer -> ok pitch=64 dirty");
	struct lend_framebuffer *framebuffer = NULL;
	void *pixels;
	assert_int_equal(lend_framebuffer_allocate(kms, 33, 7, LEND_FORMAT_XRGB8888, &framebuffer),
			 0);
	struct lend_buffer *buffer = lend_framebuffer_buffer(framebuffer);
	const struct lend_buffer_info info = describe(buffer);
	assert_int_equal(info.width, 33);
	assert_int_equal(info.memory, LEND_MEMORY_DUMB);
	assert_int_equal(info.planes[0].fd, -1);
	assert_true(info.planes[0].stride >= 33 * 4);
	assert_int_not_equal(info.caching, LEND_CACHING_UNKNOWN);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, &pixels), 0);
	for (size_t i = 0; i < (size_t)info.planes[0].stride * 7; i++)
		if (((unsigned char *)pixels)[i] != 0)
			fail_msg("byte %zu was not cleared", i);
	assert_int_equal(lend_buffer_end(buffer), 0);
	assert_int_equal(fake_drm_calls("drmPrimeHandleToFD"), 0);
	lend_framebuffer_destroy(framebuffer);
	kms_close(kms);
}

/* One shown by two pipes goes with the second of them. */
static void test_shared(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *first = pipe_open(kms, "HDMI-A-1"), *second = pipe_open(kms, "DP-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	const struct lend_pipe_state frame = showing(red);
	show(kms, first, &frame);
	show(kms, second, &frame);
	lend_framebuffer_destroy(red);
	lend_pipe_destroy(first);
	assert_int_equal(fake_drm_framebuffers(), 1);
	assert_seen(1, RED, NULL, 0);
	lend_pipe_destroy(second);
	assert_int_equal(fake_drm_framebuffers(), 0);
	kms_close(kms);
}

/* What is replaced stays until the display has changed over. */
static void test_replaced(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	const struct lend_pipe_state one = showing(red), other = showing(green);
	show(kms, pipe, &one);
	assert_int_equal(lend_pipe_commit(pipe, &other), 0);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(green);
	assert_int_equal(fake_drm_framebuffers(), 2);
	assert_seen(0, RED, NULL, 0);
	blank(kms);
	assert_int_equal(fake_drm_framebuffers(), 1);
	assert_seen(0, GREEN, NULL, 0);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_import),  cmocka_unit_test(test_handles),
		cmocka_unit_test(test_foreign),	    cmocka_unit_test(test_modifiers),
		cmocka_unit_test(test_opaque_twin), cmocka_unit_test(test_bad_allocate),
		cmocka_unit_test(test_allocate),    cmocka_unit_test(test_shared),
		cmocka_unit_test(test_replaced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
