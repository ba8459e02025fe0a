/* SPDX-License-Identifier: MIT */
/* Whose display it is: switched away, unplugged, given back. */
#include "kms_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void test_not_master(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	struct lend_pipe_state frame = showing(red);
	fake_drm_master(false);
	assert_fails(lend_pipe_commit(pipe, &frame), EACCES, "not master of /dev/dri/card0");
	assert_fails(lend_pipe_test(pipe, &frame), EACCES, "not master");
	assert_int_equal(lend_kms_update(kms), 0); /* everything else works */
	fake_drm_master(true);
	show(kms, pipe, &frame);
	fake_drm_master(false);
	frame.framebuffer = green;
	assert_fails(lend_pipe_commit(pipe, &frame), EACCES, "another display server");
	fake_drm_master(true);
	show(kms, pipe, &frame);
	assert_seen(0, GREEN, NULL, 0);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(green);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* Another server shows something else meanwhile; afterwards everything is set anew. */
static void test_pause(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	struct lend_framebuffer *glass = canvas(kms, 8, 8, LEND_FORMAT_XRGB8888, BLUE);
	const struct lend_layer layer = {.framebuffer = glass, .width = 8, .height = 8};
	struct lend_pipe_state frame = showing(red);
	frame.layers = &layer;
	frame.n_layers = 1;
	show(kms, pipe, &frame);
	frame.framebuffer = green;
	assert_int_equal(lend_pipe_commit(pipe, &frame), 0);
	lend_kms_pause(kms);
	assert_fails(lend_pipe_commit(pipe, &frame), EACCES, "is paused");
	assert_fails(lend_pipe_test(pipe, &frame), EACCES, "is paused");
	assert_fails(lend_pipe_read_back(pipe, red), EACCES, "is paused");
	blank(kms);
	assert_int_equal(presented.count, 0); /* the event that came all the same */
	fake_drm_master(false);
	fake_drm_master(true);
	lend_kms_resume(kms);
	assert_int_equal(lend_pipe_commit(pipe, &frame), 1);
	assert_seen(0, GREEN, &(struct lend_rect){0, 0, 8, 8}, BLUE);
	/* As before, without a picture of its own. */
	lend_kms_pause(kms);
	lend_kms_pause(kms);
	lend_kms_resume(kms);
	frame.framebuffer = NULL;
	assert_int_equal(lend_pipe_commit(pipe, &frame), 1);
	assert_seen(0, GREEN, &(struct lend_rect){0, 0, 8, 8}, BLUE);
	lend_kms_pause(kms);
	lend_pipe_destroy(pipe);
	lend_kms_resume(kms);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(glass);
	lend_framebuffer_destroy(green);
	lend_kms_destroy(kms);
	fake_drm_unload();
}

/* What was there is there again: the console where it was, nothing where nothing was. */
static void test_restore(void **state)
{
	struct lend_kms *kms = kms_open(desk, "connector DP-1 disconnected");
	assert_int_equal(fake_drm_crtc("DP-1"), -1);
	fake_drm_plug("DP-1", true);
	lend_kms_update(kms);
	struct lend_pipe *first = pipe_open(kms, "HDMI-A-1"), *second = pipe_open(kms, "DP-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *arrow = canvas(kms, 8, 8, LEND_FORMAT_ARGB8888, BLUE);
	struct lend_framebuffer *window = canvas(kms, 8, 8, LEND_FORMAT_XRGB8888, GREEN);
	const struct lend_layer layer = {.framebuffer = window, .x = 50, .width = 8, .height = 8};
	struct lend_pipe_state frame = showing(red);
	frame.cursor = arrow;
	frame.layers = &layer;
	frame.n_layers = 1;
	show(kms, first, &frame);
	frame.n_layers = 0;
	show(kms, second, &frame);
	assert_seen(1, RED, &(struct lend_rect){0, 0, 8, 8}, BLUE);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(arrow);
	lend_framebuffer_destroy(window);
	const size_t modesets = fake_drm_modesets();
	kms_close(kms); /* with its pipes: the first one's mode is the console's, and stays */
	assert_int_equal(modesets, 1);
}

static void test_restore_seen(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	int other = open(CARD, O_RDWR | O_CLOEXEC | O_NONBLOCK); /* the display stays to be seen */
	const struct lend_pipe_state frame = showing(red);
	show(kms, pipe, &frame);
	lend_pipe_destroy(pipe);
	assert_int_equal(fake_drm_crtc("HDMI-A-1"), -1); /* off, until the device goes */
	assert_seen(1, BLACK, NULL, 0);
	lend_framebuffer_destroy(red);
	lend_kms_destroy(kms);
	assert_int_equal(fake_drm_crtc("HDMI-A-1"), 0);
	assert_seen(0, BLACK, NULL, 0);
	assert_int_equal(fake_drm_blanked(), 0);
	close(other);
	fake_drm_unload();
}

/* The picture from before is gone: then nothing is shown, and the kernel's console comes by itself.
 */
static void test_restore_gone(void **state)
{
	struct lend_kms *kms = kms_open(desk, "drmModeSetCrtc off -> ok\ndrmModeSetCrtc -> ENOENT");
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	const struct lend_pipe_state frame = showing(red);
	show(kms, pipe, &frame);
	lend_framebuffer_destroy(red);
	kms_close(kms);
	(void)pipe;
}

static void test_nothing_to_restore(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	lend_pipe_destroy(pipe);
	const size_t calls =
		fake_drm_calls("drmModeSetCrtc") + fake_drm_calls("drmModeAtomicCommit");
	assert_int_equal(calls, 0);
	kms_close(kms);
	assert_int_equal(fake_drm_calls("drmModeSetCrtc"), 0);
}

/* Every call fails from now on. */
static void test_unplugged(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	struct lend_framebuffer *more = NULL;
	struct lend_pipe_state frame = showing(red);
	show(kms, pipe, &frame);
	/* A driver that refuses memory with this error is still there. */
	fake_drm_inject("drmModeAtomicCommit -> ENODEV once");
	frame.framebuffer = green;
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL,
		     "refuses this picture: No such device");
	assert_int_equal(lend_kms_dispatch(kms), 0);
	show(kms, pipe, &frame);
	fake_drm_inject("drmModeAtomicCommit -> ENODEV\ndrmModeGetResources -> ENODEV\n"
			"drmModeSetCrtc -> ENODEV\ndrmModeCreateDumbBuffer -> ENODEV\n"
			"drmHandleEvent -> ENODEV\ndrmModeCreatePropertyBlob -> ENODEV");
	frame.framebuffer = red;
	assert_fails(lend_pipe_commit(pipe, &frame), ENODEV, "it was unplugged");
	const size_t commits = fake_drm_calls("drmModeAtomicCommit");
	assert_fails(lend_pipe_commit(pipe, &frame), ENODEV, "it was unplugged");
	assert_fails(lend_pipe_test(pipe, &frame), ENODEV, "it was unplugged");
	assert_fails(lend_kms_dispatch(kms), ENODEV, "it was unplugged");
	assert_fails(lend_kms_update(kms), ENODEV, "No such device");
	assert_int_equal(lend_framebuffer_allocate(kms, 64, 64, LEND_FORMAT_XRGB8888, &more),
			 -ENODEV);
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), commits);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(green);
	lend_pipe_destroy(pipe);
	lend_kms_destroy(kms);
	assert_int_equal(fake_drm_handles(), 0);
	fake_drm_unload();
}

/* Without a driver's own clock it is ours. */
static void test_time(void **state)
{
	struct lend_kms *kms = kms_open(desk, "drmGetCap TIMESTAMP_MONOTONIC -> 0");
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	const struct lend_pipe_state frame = showing(red);
	struct timespec before, after;
	show(kms, pipe, &frame);
	assert_int_equal(lend_pipe_commit(pipe, &frame), 0);
	fake_drm_vblank();
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(lend_kms_dispatch(kms), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(presented.when.tv_sec > before.tv_sec ||
		    (presented.when.tv_sec == before.tv_sec &&
		     presented.when.tv_nsec >= before.tv_nsec));
	assert_true(presented.when.tv_sec <= after.tv_sec);
	lend_framebuffer_destroy(red);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_master),   cmocka_unit_test(test_pause),
		cmocka_unit_test(test_restore),	     cmocka_unit_test(test_restore_seen),
		cmocka_unit_test(test_restore_gone), cmocka_unit_test(test_nothing_to_restore),
		cmocka_unit_test(test_unplugged),    cmocka_unit_test(test_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
