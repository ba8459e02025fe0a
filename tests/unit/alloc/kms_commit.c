/* SPDX-License-Identifier: MIT */
/* Atomic commits: what is shown, what it costs, what a refusal leaves. */
#include "kms_helpers.h"

#include <errno.h>
#include <string.h>

static void test_first(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	const struct lend_pipe_state one = showing(red);
	assert_int_equal(fake_drm_modesets(), 0);
	assert_int_equal(lend_pipe_commit(pipe, &one), 1);
	assert_seen(0, RED, NULL, 0);
	assert_seen(1, BLACK, NULL, 0); /* not ours: left alone */
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), 1);
	lend_framebuffer_destroy(red);
	assert_int_equal(fake_drm_blanked(), 0);
	assert_seen(0, RED, NULL, 0);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* A frame is one commit, and nothing else at all. */
static void test_flip(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *colours[] = {
		canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED),
		canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN),
	};
	struct lend_pipe_state frame = showing(colours[0]);
	show(kms, pipe, &frame);
	const size_t length = strlen(fake_drm_log());
	for (size_t i = 1; i < 6; i++) {
		frame.framebuffer = colours[i % 2];
		assert_int_equal(lend_pipe_commit(pipe, &frame), 0);
		assert_seen(0, i % 2 ? RED : GREEN, NULL, 0);
		blank(kms);
		assert_int_equal(presented.count, i);
		assert_string_equal(presented.data, "HDMI-A-1");
		assert_true(presented.when.tv_sec > 0 || presented.when.tv_nsec > 0);
		assert_seen(0, i % 2 ? GREEN : RED, NULL, 0);
	}
	assert_string_equal(fake_drm_log() + length,
			    " drmModeAtomicCommit drmHandleEvent drmModeAtomicCommit drmHandleEvent"
			    " drmModeAtomicCommit drmHandleEvent drmModeAtomicCommit drmHandleEvent"
			    " drmModeAtomicCommit drmHandleEvent");
	assert_int_equal(fake_drm_modesets(), 0); /* the console's mode was ours already */
	lend_framebuffer_destroy(colours[0]);
	lend_framebuffer_destroy(colours[1]);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static void test_busy(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	const struct lend_pipe_state first = showing(red), second = showing(green);
	show(kms, pipe, &first);
	assert_int_equal(lend_pipe_commit(pipe, &second), 0);
	const size_t commits = fake_drm_calls("drmModeAtomicCommit");
	assert_fails(lend_pipe_commit(pipe, &first), EBUSY, "wait for its presented event");
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), commits);
	assert_int_equal(lend_kms_dispatch(kms), 0); /* nothing yet, and no waiting */
	assert_int_equal(presented.count, 0);
	blank(kms);
	assert_int_equal(presented.count, 1);
	assert_seen(0, GREEN, NULL, 0);
	/* A pipe that goes before its event. */
	assert_int_equal(lend_pipe_commit(pipe, &first), 0);
	lend_pipe_destroy(pipe);
	assert_null(fake_drm_shown(0, &(uint32_t){0}, &(uint32_t){0}));
	blank(kms);
	assert_int_equal(presented.count, 1);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(green);
	kms_close(kms);
}

/* Two pipes, whose events come one by one with the data of each. */
static void test_two_pipes(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *first = pipe_open(kms, "HDMI-A-1"), *second = pipe_open(kms, "DP-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	const struct lend_pipe_state one = showing(red), other = showing(green);
	show(kms, first, &one);
	show(kms, second, &other);
	assert_seen(0, RED, NULL, 0);
	assert_seen(1, GREEN, NULL, 0);
	assert_int_equal(lend_pipe_commit(first, &other), 0);
	assert_int_equal(lend_pipe_commit(second, &one), 0);
	blank(kms);
	assert_int_equal(presented.count, 2);
	assert_seen(0, GREEN, NULL, 0);
	assert_seen(1, RED, NULL, 0);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(green);
	lend_pipe_destroy(first);
	lend_pipe_destroy(second);
	kms_close(kms);
}

static void test_mirror(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open_two(kms, "HDMI-A-1", "DP-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	struct lend_framebuffer *arrow = canvas(kms, 8, 8, LEND_FORMAT_ARGB8888, BLUE);
	struct lend_pipe_state frame = showing(red);
	assert_int_equal(pipe_info(pipe).n_overlays, 0);
	assert_in_range(pipe_info(pipe).mode.refresh, 59900,
			60100); /* the first connector decides */
	frame.cursor = arrow;
	frame.cursor_x = 3;
	show(kms, pipe, &frame);
	const struct lend_rect at = {3, 0, 8, 8};
	assert_seen(0, RED, &at, BLUE);
	assert_seen(1, RED, &at, BLUE);
	frame.framebuffer = green;
	const size_t commits = fake_drm_calls("drmModeAtomicCommit");
	assert_int_equal(lend_pipe_commit(pipe, &frame), 0);
	blank(kms);
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), commits + 1);
	assert_int_equal(presented.count, 1); /* once, for both */
	assert_seen(0, GREEN, &at, BLUE);
	assert_seen(1, GREEN, &at, BLUE);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(green);
	lend_framebuffer_destroy(arrow);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* ---- damage ---- */

/* What a driver that uploads shows is right after small damage on two buffers in turn. */
static void small_damage(const char *lines)
{
	struct lend_kms *kms = kms_open(copying, lines);
	struct lend_pipe *pipe = pipe_open(kms, "Virtual-1");
	struct lend_framebuffer *chain[] = {
		canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED),
		canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED),
	};
	struct lend_pipe_state frame = showing(chain[0]);
	show(kms, pipe, &frame);
	frame.framebuffer = chain[1];
	show(kms, pipe, &frame);
	/* Each frame moves a square by its width; what a buffer lacks is the last two of them. */
	for (int32_t i = 0; i < 10; i++) {
		struct lend_framebuffer *next = chain[i % 2];
		const struct lend_rect square = {i * 4, 8, 4, 4};
		const struct lend_rect lacks = {(i - 2) * 4, 8, 12, 4};
		const uint64_t before = fake_drm_uploaded();
		paint(next, (struct lend_rect){0, 8, 128, 4}, RED);
		paint(next, square, GREEN);
		frame.framebuffer = next;
		frame.damage = &lacks;
		frame.n_damage = 1;
		show(kms, pipe, &frame);
		assert_seen(0, RED, &square, GREEN);
		assert_true(fake_drm_uploaded() - before <= 12 * 4);
		assert_true(fake_drm_uploaded() - before > 0);
	}
	assert_int_equal(fake_drm_blobs(), 1); /* the mode's */
	lend_framebuffer_destroy(chain[0]);
	lend_framebuffer_destroy(chain[1]);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static void test_damage(void **state)
{
	small_damage(NULL);
	small_damage("kms flush=display"); /* one copy, of what is shown */
}

/* The same buffer again, as one that is drawn in while it is shown. */
static void test_front(void **state)
{
	struct lend_kms *kms = kms_open(copying, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "Virtual-1");
	struct lend_framebuffer *front = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_pipe_state frame = showing(front);
	const struct lend_rect dot = {10, 10, 2, 2}, nothing = {5, 5, 0, 9};
	show(kms, pipe, &frame);
	paint(front, dot, BLUE);
	assert_seen(0, RED, NULL, 0); /* the display shows its copy */
	const uint64_t before = fake_drm_uploaded();
	frame.damage = &nothing;
	frame.n_damage = 1;
	show(kms, pipe, &frame);
	assert_int_equal(fake_drm_uploaded(), before);
	frame.damage = &dot;
	show(kms, pipe, &frame);
	assert_seen(0, RED, &dot, BLUE);
	assert_int_equal(fake_drm_uploaded() - before, 4);
	assert_int_equal(fake_drm_clips(0, NULL, 0), 1);
	/* No list: all of it. */
	frame.damage = NULL;
	show(kms, pipe, &frame);
	assert_int_equal(fake_drm_uploaded() - before, 4 + 128 * 96);
	/* No framebuffer and no list: nothing. */
	const struct lend_pipe_state same = showing(NULL);
	show(kms, pipe, &same);
	assert_int_equal(fake_drm_uploaded() - before, 4 + 128 * 96);
	lend_framebuffer_destroy(front);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* Damage says little of a buffer that the driver has never seen, or not since it had another
 * master. */
static void test_new_buffers(void **state)
{
	struct lend_kms *kms = kms_open(copying, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "Virtual-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	const struct lend_rect dot = {0, 0, 1, 1};
	struct lend_pipe_state frame = showing(red);
	show(kms, pipe, &frame);
	frame.framebuffer = green;
	frame.damage = &dot;
	frame.n_damage = 1;
	show(kms, pipe, &frame);
	assert_seen(0, GREEN, NULL, 0);
	lend_kms_pause(kms);
	lend_kms_resume(kms);
	show(kms, pipe, &frame);
	uint64_t before = fake_drm_uploaded();
	frame.framebuffer = red;
	show(kms, pipe, &frame);
	assert_int_equal(fake_drm_uploaded() - before, 128 * 96);
	before = fake_drm_uploaded();
	frame.framebuffer = green;
	show(kms, pipe, &frame);
	assert_int_equal(fake_drm_uploaded() - before, 1);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(green);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* Rectangles without measure: outside, negative, overflowing, thousands. */
static void test_wild_damage(void **state)
{
	static struct lend_rect many[5000];
	struct lend_kms *kms = kms_open(copying, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "Virtual-1");
	struct lend_framebuffer *front = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_pipe_state frame = showing(front);
	const struct lend_rect wild[] = {
		{-10, -10, 12, 12},
		{INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX},
		{INT32_MIN, 0, INT32_MAX, 1},
		{120, 90, INT32_MAX, INT32_MAX},
		{0, 0, -5, -5},
		{128, 96, 1, 1},
	};
	struct fake_drm_clip clips[4] = {0};
	show(kms, pipe, &frame);
	frame.damage = wild;
	frame.n_damage = sizeof(wild) / sizeof(*wild);
	show(kms, pipe, &frame);
	assert_int_equal(fake_drm_clips(0, clips, 4), 2);
	assert_int_equal(clips[0].x1, 0);
	assert_int_equal(clips[0].x2, 2);
	assert_int_equal(clips[1].x1, 120);
	assert_int_equal(clips[1].y2, 96);
	for (int32_t i = 0; i < 5000; i++)
		many[i] = (struct lend_rect){i % 128, i / 128 % 96, 1, 1};
	paint(front, (struct lend_rect){0, 0, 128, 39}, GREEN);
	frame.damage = many;
	frame.n_damage = 5000;
	show(kms, pipe, &frame);
	const struct lend_rect top = {0, 0, 128, 39};
	assert_seen(0, RED, &top, GREEN);
	lend_framebuffer_destroy(front);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* ---- layers ---- */

static void test_overlay(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *window = canvas(kms, 32, 32, LEND_FORMAT_XRGB8888, GREEN);
	struct lend_layer layer = {
		.framebuffer = window, .x = 5, .y = 6, .width = 20, .height = 10};
	struct lend_pipe_state frame = showing(red);
	show(kms, pipe, &frame);
	assert_int_equal(pipe_info(pipe).n_overlays, 2);
	frame.layers = &layer;
	frame.n_layers = 1;
	assert_int_equal(lend_pipe_test(pipe, &frame), 0);
	assert_seen(0, RED, NULL, 0);
	show(kms, pipe, &frame);
	assert_seen(0, RED, &(struct lend_rect){5, 6, 20, 10}, GREEN);
	/* It moves without being asked about again. */
	const size_t commits = fake_drm_calls("drmModeAtomicCommit");
	layer.x = 108;
	layer.y = 86;
	show(kms, pipe, &frame);
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), commits + 1);
	assert_seen(0, RED, &(struct lend_rect){108, 86, 20, 10}, GREEN);
	lend_framebuffer_destroy(window);
	assert_seen(0, RED, &(struct lend_rect){108, 86, 20, 10}, GREEN);
	frame.n_layers = 0;
	show(kms, pipe, &frame);
	assert_seen(0, RED, NULL, 0);
	lend_framebuffer_destroy(red);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* The first one alone takes ARGB8888 (premultiplied), and it is the lower one. */
static void test_two_overlays(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1"), *other = pipe_open(kms, "DP-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *glass = canvas(kms, 32, 32, LEND_FORMAT_ARGB8888, 0);
	struct lend_framebuffer *window = canvas(kms, 32, 32, LEND_FORMAT_XRGB8888, GREEN);
	struct lend_layer layers[] = {
		{.framebuffer = glass, .width = 32, .height = 32},
		{.framebuffer = window, .x = 4, .y = 4, .width = 8, .height = 8},
	};
	struct lend_pipe_state frame = showing(red);
	frame.layers = layers;
	frame.n_layers = 2;
	show(kms, pipe, &frame);
	assert_seen(0, RED, &(struct lend_rect){4, 4, 8, 8}, GREEN);
	assert_true(lend_pipe_takes_format(pipe, 1, LEND_FORMAT_ARGB8888));
	assert_false(lend_pipe_takes_format(pipe, 1, LEND_FORMAT_NV12));
	/* The other way round the upper one finds no plane that takes it. */
	const struct lend_layer first = layers[0];
	layers[0] = layers[1];
	layers[1] = first;
	assert_fails(lend_pipe_test(pipe, &frame), EINVAL, "no overlay plane takes");
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "ARGB8888");
	assert_seen(0, RED, &(struct lend_rect){4, 4, 8, 8}, GREEN);
	/* Nor does the other pipe get the plane that both could have. */
	frame.layers = &layers[0];
	frame.n_layers = 1;
	assert_int_equal(pipe_info(other).n_overlays, 1);
	assert_fails(lend_pipe_commit(other, &frame), EINVAL, "no overlay plane");
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(glass);
	lend_framebuffer_destroy(window);
	lend_pipe_destroy(pipe);
	lend_pipe_destroy(other);
	kms_close(kms);
}

static void test_bad_layers(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *small = canvas(kms, 16, 16, LEND_FORMAT_XRGB8888, GREEN);
	struct lend_pipe_state frame = showing(red);
	const struct lend_layer outside[] = {
		{.framebuffer = small, .x = -1, .width = 16, .height = 16},
		{.framebuffer = small, .x = 113, .width = 16, .height = 16},
		{.framebuffer = small, .y = 81, .width = 16, .height = 16},
		{.framebuffer = small, .x = INT32_MAX, .width = 16, .height = 16},
		{.framebuffer = small, .width = UINT32_MAX, .height = 16},
		{.framebuffer = small, .width = 0, .height = 16},
	};
	const struct lend_layer large = {.framebuffer = small, .width = 17, .height = 16};
	const struct lend_layer none = {.width = 16, .height = 16};
	const struct lend_layer three[3] = {{.framebuffer = small}};
	frame.n_layers = 1;
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "layers is NULL");
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
		frame.layers = &outside[i];
		assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "not wholly on a display");
	}
	frame.layers = &large;
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "larger than its framebuffer's 16x16");
	frame.layers = &none;
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "without a framebuffer");
	frame.layers = three;
	frame.n_layers = 3;
	assert_fails(lend_pipe_commit(pipe, &frame), ENOSPC, "overlay planes for 2");
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), 0);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(small);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* ---- the cursor ---- */

static void test_cursor(void **state)
{
	struct lend_kms *kms = kms_open(copying, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "Virtual-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *arrow = canvas(kms, 16, 16, LEND_FORMAT_ARGB8888, GREEN);
	struct lend_pipe_state frame = showing(red);
	assert_true(pipe_info(pipe).cursor);
	show(kms, pipe, &frame);
	frame.cursor = arrow;
	frame.cursor_x = -8;
	frame.cursor_y = 90;
	frame.cursor_hot_x = 3;
	frame.damage = &(struct lend_rect){0};
	show(kms, pipe, &frame);
	assert_seen(0, RED, &(struct lend_rect){0, 90, 8, 6}, GREEN);
	/* A pointer that moves uploads neither itself nor the picture. */
	const uint64_t before = fake_drm_uploaded();
	frame.framebuffer = NULL;
	frame.damage = NULL;
	frame.cursor_x = 20;
	frame.cursor_y = 30;
	show(kms, pipe, &frame);
	assert_seen(0, RED, &(struct lend_rect){20, 30, 16, 16}, GREEN);
	assert_true(fake_drm_uploaded() - before <= 16 * 16);
	/* Wholly outside. */
	frame.cursor_x = -400;
	show(kms, pipe, &frame);
	assert_seen(0, RED, NULL, 0);
	frame.cursor = NULL;
	show(kms, pipe, &frame);
	lend_framebuffer_destroy(arrow);
	assert_int_equal(fake_drm_blanked(), 0);
	lend_framebuffer_destroy(red);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static void test_bad_cursor(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *large = canvas(kms, 65, 64, LEND_FORMAT_ARGB8888, RED);
	struct lend_framebuffer *opaque = canvas(kms, 16, 16, LEND_FORMAT_XRGB8888, RED);
	struct lend_pipe_state frame = showing(red);
	frame.cursor = large;
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "the largest is 64x64");
	frame.cursor = opaque;
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "give ARGB8888");
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(large);
	lend_framebuffer_destroy(opaque);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* ---- refusals ---- */

static void test_bad_state(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *small = canvas(kms, 127, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = NULL;
	struct lend_pipe_state frame = showing(NULL);
	assert_int_equal(lend_framebuffer_allocate(kms, 128, 96, LEND_FORMAT_RGB565, &green), 0);
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "needs a framebuffer");
	frame.framebuffer = small;
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "127x96 does not fill the mode's");
	frame.framebuffer = green;
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "does not take RGB565");
	frame.size = 3;
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "sizeof the struct");
	assert_fails(lend_pipe_test(pipe, &frame), EINVAL, "sizeof the struct");
	assert_fails(lend_pipe_commit(pipe, NULL), EINVAL, "a state to show");
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), 0);
	lend_framebuffer_destroy(small);
	lend_framebuffer_destroy(green);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* A refused commit leaves everything as it was: the next one works, and shows only itself. */
static void test_refused(void **state)
{
	struct lend_kms *kms = kms_open(desk, "drmModeAtomicCommit nth=1 -> ENOMEM\n"
					      "drmModeAtomicCommit nth=4 -> EINVAL");
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	struct lend_framebuffer *arrow = canvas(kms, 8, 8, LEND_FORMAT_ARGB8888, BLUE);
	struct lend_pipe_state frame = showing(red);
	assert_fails(lend_pipe_commit(pipe, &frame), ENOMEM, "desk refuses this picture");
	assert_seen(0, BLACK, NULL, 0);
	show(kms, pipe, &frame);
	assert_seen(0, RED, NULL, 0);
	frame.framebuffer = green;
	show(kms, pipe, &frame);
	frame.framebuffer = red;
	frame.cursor = arrow;
	assert_fails(lend_pipe_commit(pipe, &frame), EINVAL, "DRM_IOCTL_MODE_ATOMIC");
	blank(kms);
	assert_int_equal(presented.count, 1);
	assert_seen(0, GREEN, NULL, 0);
	lend_framebuffer_destroy(red); /* not held by the refused frame */
	lend_framebuffer_destroy(arrow);
	frame = showing(NULL);
	show(kms, pipe, &frame);
	assert_seen(0, GREEN, NULL, 0);
	lend_framebuffer_destroy(green);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* What was refused by the planes kept from before is tried on the others. */
static void test_test_changes_nothing(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	const struct lend_pipe_state frame = showing(red);
	assert_int_equal(lend_pipe_test(pipe, &frame), 0);
	assert_int_equal(lend_pipe_test(pipe, &frame), 0);
	assert_seen(0, BLACK, NULL, 0);
	lend_framebuffer_destroy(red);
	assert_int_equal(fake_drm_framebuffers(), 0);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

/* ---- reading back ---- */

static void test_read_back(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *target = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, 0);
	struct lend_framebuffer *small = canvas(kms, 64, 64, LEND_FORMAT_XRGB8888, 0);
	const struct lend_pipe_state frame = showing(red);
	void *pixels;
	assert_fails(lend_pipe_read_back(pipe, target), EINVAL, "commit a frame first");
	show(kms, pipe, &frame);
	assert_fails(lend_pipe_read_back(pipe, small), EINVAL, "of the mode's size");
	if (lend_pipe_read_back(pipe, target) != 0)
		fail_msg("lend_pipe_read_back: %s", lend_alloc_error());
	struct lend_buffer *buffer = lend_framebuffer_buffer(target);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, &pixels), 0);
	assert_int_equal(((uint32_t *)pixels)[128 * 96 - 1] | BLACK, RED);
	assert_int_equal(lend_buffer_end(buffer), 0);
	show(kms, pipe, &frame); /* and it goes on */
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(target);
	lend_framebuffer_destroy(small);
	lend_pipe_destroy(pipe);
	kms_close(kms);
	kms = kms_open(copying, NULL);
	pipe = pipe_open(kms, "Virtual-1");
	target = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, 0);
	assert_fails(lend_pipe_read_back(pipe, target), EOPNOTSUPP, "no writeback connector");
	lend_framebuffer_destroy(target);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_flip),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_two_pipes),
		cmocka_unit_test(test_mirror),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_front),
		cmocka_unit_test(test_new_buffers),
		cmocka_unit_test(test_wild_damage),
		cmocka_unit_test(test_overlay),
		cmocka_unit_test(test_two_overlays),
		cmocka_unit_test(test_bad_layers),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_bad_cursor),
		cmocka_unit_test(test_bad_state),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_test_changes_nothing),
		cmocka_unit_test(test_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
