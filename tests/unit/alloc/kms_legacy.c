/* SPDX-License-Identifier: MIT */
/* SetCrtc, PageFlip and DIRTYFB, on drivers that have nothing else and on those that have. */
#include "kms_helpers.h"

#include <errno.h>
#include <string.h>

static const char flushing[] = "kms atomic=no flush=buffer";

static void test_flip(void **state)
{
	struct lend_kms *kms = kms_open(old, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	struct lend_kms_info info = {.size = sizeof(info)};
	struct lend_pipe_state frame = showing(red);
	assert_int_equal(lend_kms_describe(kms, &info), 0);
	assert_int_equal(info.atomic, 0);
	assert_int_equal(info.writeback, 0);
	assert_int_equal(pipe_info(pipe).n_overlays, 0);
	assert_int_equal(lend_pipe_test(pipe, &frame), 0);
	assert_int_equal(lend_pipe_commit(pipe, &frame), 1);
	assert_seen(0, RED, NULL, 0);
	frame.framebuffer = green;
	const size_t length = strlen(fake_drm_log());
	assert_int_equal(lend_pipe_commit(pipe, &frame), 0);
	assert_string_equal(fake_drm_log() + length, " drmModePageFlip");
	frame.framebuffer = red;
	assert_fails(lend_pipe_commit(pipe, &frame), EBUSY, "presented event");
	blank(kms);
	assert_int_equal(presented.count, 1);
	assert_string_equal(presented.data, "HDMI-A-1");
	assert_seen(0, GREEN, NULL, 0);
	assert_seen(1, BLACK, NULL, 0);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(green);
	assert_seen(0, GREEN, NULL, 0);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* A driver that scans the memory out needs no flush, and says so once. */
static void test_no_flush(void **state)
{
	struct lend_kms *kms = kms_open(old, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *front = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	const struct lend_pipe_state frame = showing(front);
	const struct lend_rect dot = {1, 2, 3, 4};
	show(kms, pipe, &frame);
	paint(front, dot, BLUE);
	assert_seen(0, RED, &dot, BLUE);
	assert_int_equal(lend_pipe_commit(pipe, &frame), 1);
	assert_int_equal(lend_pipe_commit(pipe, &frame), 1);
	assert_int_equal(fake_drm_calls("drmModeDirtyFB"), 1);
	lend_framebuffer_destroy(front);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static void test_flush(void **state)
{
	struct lend_kms *kms = kms_open(old, flushing);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *front = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_pipe_state frame = showing(front);
	const struct lend_rect dots[] = {{100, 90, 400, 400}, {-4, -4, 8, 8}, {5, 5, 0, 5}};
	show(kms, pipe, &frame);
	paint(front, (struct lend_rect){0, 0, 4, 4}, BLUE);
	assert_seen(0, RED, NULL, 0);
	frame.damage = dots;
	frame.n_damage = 3;
	const uint64_t before = fake_drm_uploaded();
	assert_int_equal(lend_pipe_commit(pipe, &frame), 1);
	assert_int_equal(presented.count, 0);
	assert_int_equal(fake_drm_uploaded() - before, 28 * 6 + 16);
	assert_seen(0, RED, &(struct lend_rect){0, 0, 4, 4}, BLUE);
	frame.n_damage = 0;
	assert_int_equal(lend_pipe_commit(pipe, &frame), 1);
	assert_int_equal(fake_drm_calls("drmModeDirtyFB"), 1);
	frame.damage = NULL;
	assert_int_equal(lend_pipe_commit(pipe, &frame), 1);
	assert_int_equal(fake_drm_uploaded() - before, 28 * 6 + 16 + 128 * 96);
	fake_drm_inject("drmModeDirtyFB -> ENOMEM once");
	assert_fails(lend_pipe_commit(pipe, &frame), ENOMEM, "DIRTYFB");
	lend_framebuffer_destroy(front);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* Where flips are refused, the CRTC is set, and no event comes. */
static void test_no_flip(void **state)
{
	struct lend_kms *kms = kms_open(old, "drmModePageFlip -> EINVAL");
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	const struct lend_pipe_state one = showing(red), other = showing(green);
	assert_int_equal(lend_pipe_commit(pipe, &one), 1);
	assert_int_equal(lend_pipe_commit(pipe, &other), 1);
	assert_seen(0, GREEN, NULL, 0);
	fake_drm_inject("drmModePageFlip -> EBUSY once");
	assert_fails(lend_pipe_commit(pipe, &one), EBUSY, "PAGE_FLIP");
	assert_seen(0, GREEN, NULL, 0);
	fake_drm_inject("drmModeSetCrtc -> ENOMEM once");
	assert_fails(lend_pipe_commit(pipe, &one), ENOMEM, "refuses this picture");
	assert_seen(0, GREEN, NULL, 0);
	lend_framebuffer_destroy(red);
	assert_int_equal(fake_drm_framebuffers(), 1);
	lend_framebuffer_destroy(green);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static void test_mirror(void **state)
{
	struct lend_kms *kms = kms_open(old, NULL);
	struct lend_pipe *pipe = pipe_open_two(kms, "HDMI-A-1", "DP-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	const struct lend_pipe_state one = showing(red), other = showing(green);
	/* The second CRTC refuses: the first one shows nothing of it either. */
	fake_drm_inject("drmModeSetCrtc nth=2 -> ENOMEM");
	assert_fails(lend_pipe_commit(pipe, &one), ENOMEM, "SETCRTC");
	assert_int_equal(fake_drm_crtc("HDMI-A-1"), -1);
	assert_int_equal(lend_pipe_commit(pipe, &one), 1);
	assert_int_equal(lend_pipe_commit(pipe, &other), 0);
	blank(kms);
	assert_int_equal(presented.count, 1);
	assert_seen(0, GREEN, NULL, 0);
	assert_seen(1, GREEN, NULL, 0);
	/* One flips, the other one is set. */
	fake_drm_inject("drmModePageFlip nth=4 -> EINVAL");
	assert_int_equal(lend_pipe_commit(pipe, &one), 0);
	blank(kms);
	assert_int_equal(presented.count, 2);
	assert_seen(0, RED, NULL, 0);
	assert_seen(1, RED, NULL, 0);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(green);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static void test_cursor(void **state)
{
	struct lend_kms *kms = kms_open(old, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *arrow = canvas(kms, 16, 16, LEND_FORMAT_ARGB8888, GREEN);
	struct lend_framebuffer *hand = canvas(kms, 16, 16, LEND_FORMAT_ARGB8888, BLUE);
	struct lend_pipe_state frame = showing(red);
	assert_true(pipe_info(pipe).cursor);
	frame.cursor = arrow;
	frame.cursor_x = 10;
	show(kms, pipe, &frame);
	assert_seen(0, RED, &(struct lend_rect){10, 0, 16, 16}, GREEN);
	const size_t set = fake_drm_calls("drmModeSetCursor2");
	frame.cursor_x = -6;
	frame.damage = &(struct lend_rect){0};
	assert_int_equal(lend_pipe_commit(pipe, &frame), 1);
	assert_seen(0, RED, &(struct lend_rect){0, 0, 10, 16}, GREEN);
	assert_int_equal(fake_drm_calls("drmModeSetCursor2"), set);
	frame.cursor = hand;
	show(kms, pipe, &frame);
	assert_seen(0, RED, &(struct lend_rect){0, 0, 10, 16}, BLUE);
	/* A refusal leaves the old one. */
	frame.cursor = arrow;
	fake_drm_inject("drmModeMoveCursor -> ENOMEM once");
	assert_fails(lend_pipe_commit(pipe, &frame), ENOMEM, "CURSOR2");
	assert_seen(0, RED, &(struct lend_rect){0, 0, 10, 16}, BLUE);
	frame.cursor = NULL;
	show(kms, pipe, &frame);
	assert_seen(0, RED, NULL, 0);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(arrow);
	lend_framebuffer_destroy(hand);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static void test_no_cursor(void **state)
{
	struct lend_kms *kms = kms_open(old, "drmModeSetCursor2 -> ENXIO");
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *arrow = canvas(kms, 16, 16, LEND_FORMAT_ARGB8888, GREEN);
	struct lend_pipe_state frame = showing(red);
	assert_int_equal(pipe_info(pipe).cursor, 0);
	frame.cursor = arrow;
	assert_fails(lend_pipe_commit(pipe, &frame), EOPNOTSUPP, "no cursor plane");
	frame.cursor = NULL;
	show(kms, pipe, &frame);
	assert_seen(0, RED, NULL, 0);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(arrow);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static void test_refused(void **state)
{
	struct lend_kms *kms = kms_open(old, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_pipe_state frame = showing(red);
	const struct lend_layer layer = {.framebuffer = red, .width = 8, .height = 8};
	frame.layers = &layer;
	frame.n_layers = 1;
	assert_fails(lend_pipe_commit(pipe, &frame), ENOSPC, "overlay planes for 0");
	frame.n_layers = 0;
	fake_drm_master(false);
	assert_fails(lend_pipe_commit(pipe, &frame), EACCES, "not master");
	fake_drm_master(true);
	lend_kms_pause(kms);
	assert_fails(lend_pipe_commit(pipe, &frame), EACCES, "paused");
	lend_kms_resume(kms);
	show(kms, pipe, &frame);
	assert_fails(lend_pipe_read_back(pipe, red), EOPNOTSUPP, "no writeback");
	lend_framebuffer_destroy(red);
	kms_close(kms); /* and the console is back */
	(void)pipe;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flip),	  cmocka_unit_test(test_no_flush),
		cmocka_unit_test(test_flush),	  cmocka_unit_test(test_no_flip),
		cmocka_unit_test(test_mirror),	  cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_no_cursor), cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
