/* SPDX-License-Identifier: MIT */
/* The module as it is installed, in a session of its own: what is shown, how, and at what cost; and
 * what is said when nothing can be. */
#include "bare.h"

#include <dirent.h>
#include <errno.h>
#include <fake-drm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DISPLAY "kms:" CARD

/* So that it does not take long. */
#define FAST "connector Virtual-1 connected mode=320x240@400\n"

static unsigned count_fds(void)
{
	unsigned count = 0;
	DIR *directory = opendir("/proc/self/fd");
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}

/* ---- frames --------------------------------------------------------------------------------- */

static void test_a_frame_costs_one_commit(void **state)
{
	bare_play(DIRECT, "kms vblank=yes\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	assert_string_equal(lend_client_display(client), "kms:" CARD ":Virtual-1");
	assert_int_equal(fake_drm_modesets(), 0);

	struct view view;
	bare_open(&view, client, (struct lend_surface_options){.width = 50});
	for (unsigned i = 0; i < 3; i++)
		bare_show(&view, GREEN);
	assert_int_equal(view.resized, 1);
	assert_int_equal(view.width, WIDTH);
	assert_int_equal(view.height, HEIGHT);
	size_t commits = fake_drm_calls("drmModeAtomicCommit");
	size_t made = fake_drm_calls("drmModeCreateDumbBuffer");
	for (unsigned i = 0; i < 6; i++) {
		bare_show(&view, i % 2 ? RED : BLUE);
		bare_expect_all(i % 2 ? RED : BLUE);
	}
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), commits + 6);
	assert_int_equal(fake_drm_calls("drmModeCreateDumbBuffer"), made);
	assert_int_equal(fake_drm_calls("drmPrimeHandleToFD"), 0);
	assert_int_equal(view.presented, 9);
	assert_int_equal(view.number, 9);
	assert_int_equal(view.refresh / 1000, 16666);
	struct lend_path_info path = bare_path(&view);
	assert_int_equal(path.path, LEND_PATH_SCANOUT);
	assert_string_equal(path.output, "Virtual-1");
	assert_int_equal(path.memory, LEND_MEMORY_DUMB);
	assert_int_equal(path.count, 3);
	assert_int_equal(path.own_copy, 0);
	const struct lend_verdict *verdict = lend_surface_verdict(view.surface, 0);
	assert_string_equal(verdict->allocator, "dumb");
	assert_int_equal(verdict->state, LEND_STATE_OK);
	assert_int_equal(verdict->depth, LEND_DEPTH_COMMIT);
	lend_client_destroy(client);
	bare_finish();
}

/* A frame is on display, and the one before free, when the driver says so. */
static void test_buffers_come_back_with_the_flip(void **state)
{
	struct lend_frame frame;
	bare_play(DIRECT, "kms vblank=test\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	struct view view;
	bare_open(&view, client, (struct lend_surface_options){.count = 2, .unpaced = 1});
	bare_show(&view, RED);
	for (unsigned i = 0; i < 4; i++) {
		frame = bare_begin(&view);
		bare_fill(&frame, (struct lend_rect){0, 0, WIDTH, HEIGHT}, i % 2 ? BLUE : GREEN);
		assert_int_equal(lend_frame_end(view.surface, NULL, 0), 0);
		assert_int_equal(lend_frame_begin(view.surface, &frame), -EAGAIN);
		assert_int_equal(lend_client_dispatch(client, 0), 0);
		fake_drm_vblank();
		assert_true(lend_client_dispatch(client, 5000) > 0);
		bare_expect_all(i % 2 ? BLUE : GREEN);
	}
	lend_client_destroy(client);
	bare_finish();
}

/* A paced program waits for the display even if there are buffers. */
static void test_a_paced_program_waits(void **state)
{
	struct lend_frame frame;
	bare_play(DIRECT, "kms vblank=test\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	struct view view;
	bare_open(&view, client, (struct lend_surface_options){.count = 4});
	bare_show(&view, RED);
	bare_begin(&view);
	assert_int_equal(lend_frame_end(view.surface, NULL, 0), 0);
	assert_int_equal(lend_frame_begin(view.surface, &frame), -EAGAIN);
	fake_drm_vblank();
	assert_true(lend_client_dispatch(client, 5000) > 0);
	assert_int_equal(lend_frame_begin(view.surface, &frame), 0);
	lend_client_destroy(client);
	bare_finish();
}

/* Of frames that come faster than the display the last is shown; none is lost for the program. */
static void test_an_unpaced_program_is_shown_its_last(void **state)
{
	static const uint32_t colours[] = {RED, GREEN, BLUE, RED, BLUE, GREEN};

	bare_play(DIRECT, "kms vblank=test\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	struct view view;
	bare_open(&view, client, (struct lend_surface_options){.count = 4, .unpaced = 1});
	bare_show(&view, RED);
	for (unsigned i = 0; i < 6; i++) {
		struct lend_frame frame = bare_begin(&view);
		bare_fill(&frame, (struct lend_rect){0, 0, WIDTH, HEIGHT}, colours[i]);
		assert_int_equal(lend_frame_end(view.surface, NULL, 0), 0);
	}
	fake_drm_vblank();
	bare_wait(&view, 2);
	bare_expect_all(colours[0]);
	fake_drm_vblank();
	bare_wait(&view, 7);
	bare_expect_all(colours[5]);
	assert_int_equal(view.presented, 3);
	assert_int_equal(view.number, 7);
	lend_client_destroy(client);
	bare_finish();
}

/* The driver never says that a frame is on display. */
static void test_a_flip_that_never_comes(void **state)
{
	struct view view;
	bare_play(DIRECT, "kms vblank=test\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	bare_open(&view, client, (struct lend_surface_options){.count = 2});
	bare_show(&view, RED);
	for (unsigned i = 0; i < 2; i++) {
		bare_show(&view, i ? GREEN : BLUE);
		bare_expect_all(i ? GREEN : BLUE);
	}
	lend_client_destroy(client);
	bare_finish();
}

/* Without vblanks the mode's rate is kept all the same. */
static void test_a_driver_without_vblanks_is_paced(void **state)
{
	bare_play(DIRECT, "kms vblank=no\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	struct view view;
	bare_open(&view, client, (struct lend_surface_options){.count = 4});
	bare_show(&view, RED);
	uint64_t first = view.time;
	for (unsigned i = 0; i < 6; i++)
		bare_show(&view, i % 2 ? RED : BLUE);
	assert_int_equal(view.presented, 7);
	assert_true(view.time - first >= 6 * UINT64_C(16000000));
	lend_client_destroy(client);
	bare_finish();
}

/* ---- damage --------------------------------------------------------------------------------- */

/* Somewhere, any colour; the first time everywhere. */
static struct lend_rect paint(uint32_t *picture, bool all, uint32_t *colour)
{
	struct lend_rect rect = {rand() % (WIDTH - 30), rand() % (HEIGHT - 30), 1 + rand() % 30,
				 1 + rand() % 30};
	if (all)
		rect = (struct lend_rect){0, 0, WIDTH, HEIGHT};
	*colour = 0xff000000 | (uint32_t)rand();
	for (int32_t y = rect.y; y < rect.y + rect.height; y++)
		for (int32_t x = rect.x; x < rect.x + rect.width; x++)
			picture[y * WIDTH + x] = *colour;
	return rect;
}

/* Content is carried over by the library, or what age says is drawn again. */
static void draw_square(struct view *view, bool keeps, const uint32_t *picture,
			struct lend_rect square, uint32_t colour)
{
	struct lend_frame frame = bare_begin(view);
	if (keeps && frame.number > 1) {
		assert_int_equal(frame.age, 1);
		bare_fill(&frame, square, colour);
	}
	for (size_t row = 0; row < HEIGHT && (!keeps || frame.number == 1); row++)
		memcpy((char *)frame.pixels + row * frame.stride, &picture[row * WIDTH], WIDTH * 4);
	bare_end(view, &square, 1);
}

static void move_a_square(const char *driver, const char *display,
			  struct lend_surface_options options)
{
	static uint32_t expected[WIDTH * HEIGHT];
	struct view view;
	bare_play(driver, display);
	struct lend_client *client = bare_connect(DISPLAY);
	bare_open(&view, client, options);
	srand(4);
	for (int i = 0; i < 20; i++) {
		uint32_t colour;
		struct lend_rect square = paint(expected, i == 0, &colour);
		draw_square(&view, options.preserve || options.mode == LEND_MODE_FRONT, expected,
			    square, colour);
		bare_expect_picture(expected);
	}
	lend_client_destroy(client);
	bare_finish();
}

static const char *const drivers[][2] = {
	{DIRECT, "kms vblank=yes\n" PRIMARY FAST},
	{UPLOADING, "kms flush=buffer flip=clips\n" PRIMARY FAST},
	{UPLOADING, "kms flush=display flip=whole\n" PRIMARY FAST},
	{UPLOADING, "kms flush=display atomic=no\n" PRIMARY FAST},
	{DIRECT "drmGetCap DUMB_PREFER_SHADOW -> 1\n", "kms vblank=no\n" PRIMARY FAST},
	{UPLOADING "drmGetCap DUMB_PREFER_SHADOW -> 1\n", "kms flush=buffer\n" PRIMARY FAST},
};

static void test_moving_damage_in_chains(void **state)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		for (uint32_t count = 2; count <= 4; count++)
			move_a_square(drivers[i][0], drivers[i][1],
				      (struct lend_surface_options){.count = count});
}

static void test_moving_damage_preserved(void **state)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		for (uint32_t count = 2; count <= 3; count++)
			move_a_square(drivers[i][0], drivers[i][1],
				      (struct lend_surface_options){.count = count, .preserve = 1});
}

static void test_moving_damage_in_front_of_the_eyes(void **state)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		for (uint32_t read = 0; read <= 1; read++)
			move_a_square(drivers[i][0], drivers[i][1],
				      (struct lend_surface_options){.mode = LEND_MODE_FRONT,
								    .read = read});
}

/* Only what changed is uploaded, for each buffer what it lacks. */
static void test_what_a_small_change_costs(void **state)
{
	const struct lend_rect square = {10, 20, 16, 16};
	struct view view;
	bare_play(UPLOADING, "kms flush=buffer flip=clips\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	bare_open(&view, client, (struct lend_surface_options){.preserve = 1, .count = 2});
	for (unsigned i = 0; i < 3; i++)
		bare_show(&view, RED);
	for (unsigned i = 0; i < 4; i++) {
		struct lend_frame frame = bare_begin(&view);
		bare_fill(&frame, square, BLUE + i);
		uint64_t uploaded = fake_drm_uploaded();
		bare_end(&view, &square, 1);
		/* the first time the other buffer lacks the whole red one */
		assert_int_equal(fake_drm_uploaded() - uploaded, i > 0 ? 256 : WIDTH * HEIGHT);
		bare_expect(10, 20, 16, 16, BLUE + i);
		bare_expect(26, 20, 16, 16, RED);
	}
	assert_int_equal(bare_path(&view).path, LEND_PATH_FLUSH);
	assert_non_null(strstr(bare_path(&view).reason, "virtio_gpu uploads"));
	lend_client_destroy(client);
	bare_finish();
}

/* Where the driver asks not to be read through, a program that reads back draws elsewhere. */
static void test_a_shadow_for_who_reads(void **state)
{
	bare_play(DIRECT "drmGetCap DUMB_PREFER_SHADOW -> 1\n", "kms vblank=no\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	struct view view;
	bare_open(&view, client, (struct lend_surface_options){.read = 1});
	bare_show(&view, GREEN);
	bare_expect_all(GREEN);
	struct lend_path_info path = bare_path(&view);
	assert_int_equal(path.path, LEND_PATH_COPY);
	assert_non_null(strstr(path.reason, "slow to read"));
	assert_int_equal(path.caching, LEND_CACHING_CACHED);
	assert_int_equal(path.own_copy, WIDTH * HEIGHT * 4);
	bare_show(&view, RED); /* the other picture */
	const struct lend_rect square = {3, 4, 5, 6};
	for (unsigned i = 0; i < 4; i++) {
		uint64_t copied = bare_path(&view).own_copy;
		struct lend_frame frame = bare_begin(&view);
		assert_int_equal(frame.age, 1);
		bare_fill(&frame, square, BLUE + i);
		bare_end(&view, &square, 1);
		/* the first time the other picture lacks the whole red one */
		copied = bare_path(&view).own_copy - copied;
		assert_int_equal(copied, i == 0 ? WIDTH * HEIGHT * 4 : 5 * 6 * 4);
		bare_expect(3, 4, 5, 6, BLUE + i);
		bare_expect(8, 4, 5, 6, RED);
	}
	lend_surface_destroy(view.surface);
	/* Who only writes needs none. */
	bare_open(&view, client, (struct lend_surface_options){0});
	bare_show(&view, GREEN);
	assert_int_equal(bare_path(&view).path, LEND_PATH_SCANOUT);
	lend_client_destroy(client);
	bare_finish();
}

/* ---- formats, surfaces ---------------------------------------------------------------------- */

static void test_formats(void **state)
{
	struct lend_surface_options options = {.size = sizeof(options)};
	struct lend_surface *surface;
	struct view view;
	bare_play(DIRECT, "kms vblank=no\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	bare_open(&view, client, (struct lend_surface_options){.format = LEND_FORMAT_RGB565});
	struct lend_frame frame = bare_begin(&view);
	assert_int_equal(frame.format, LEND_FORMAT_RGB565);
	for (size_t row = 0; row < frame.height; row++)
		memset((char *)frame.pixels + row * frame.stride, 0xff, WIDTH * 2);
	bare_end(&view, NULL, 0);
	bare_expect_all(0xffffffff);
	options.format = LEND_FORMAT_XBGR2101010;
	assert_int_equal(lend_surface_create(client, &options, &surface), -ENOTSUP);
	assert_non_null(strstr(lend_client_error(client), "takes no XBGR2101010"));
	options.format = 0;
	options.gpu = 1;
	assert_int_equal(lend_surface_create(client, &options, &surface), -ENOTSUP);
	assert_non_null(strstr(lend_client_error(client), "lends no memory for a GPU"));
	options.gpu = 0;
	options.fullscreen = 1;
	options.output = "HDMI-A-7";
	assert_int_equal(lend_surface_create(client, &options, &surface), -EINVAL);
	assert_non_null(strstr(lend_client_error(client), "there is: Virtual-1"));
	options.output = "Virtual-1";
	assert_int_equal(lend_surface_create(client, &options, &surface), 0);
	lend_client_destroy(client);
	bare_finish();
}

/* The newest that has drawn is on top; when it goes, the one below is whole again. */
static void lay_on_one_another(const char *lines, enum lend_path path)
{
	const struct lend_surface_options options = {.count = 2, .unpaced = 1, .read = 1};
	struct view first, second;
	bare_play(lines, "kms flush=buffer flip=clips\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	bare_open(&first, client, options);
	bare_show(&first, RED);
	bare_open(&second, client, options);
	bare_pump(client, 30);
	bare_expect_all(RED);
	bare_show(&second, BLUE);
	bare_expect_all(BLUE);
	assert_int_equal(bare_path(&first).path, LEND_PATH_NONE);
	assert_non_null(strstr(bare_path(&first).reason, "covers"));
	/* Draws on unseen, and has buffers enough. */
	for (unsigned i = 0; i < 5; i++)
		bare_draw(&first, i == 4 ? GREEN : RED);
	bare_pump(client, 30);
	bare_expect_all(BLUE);
	assert_int_equal(first.presented, 1);
	lend_surface_destroy(second.surface);
	bare_wait(&first, 6);
	bare_expect_all(GREEN);
	assert_int_equal(bare_path(&first).path, path);
	assert_int_equal(first.presented, 2);
	bare_show(&first, RED);
	bare_expect_all(RED);
	/* The last one gone, nothing is left on display. */
	lend_surface_destroy(first.surface);
	bare_pump(client, 50);
	assert_int_equal(fake_drm_crtc("Virtual-1"), -1);
	bare_open(&first, client, options);
	bare_show(&first, GREEN);
	bare_expect_all(GREEN);
	lend_client_destroy(client);
	bare_finish();
}

static void test_surfaces_lie_on_one_another(void **state)
{
	lay_on_one_another(UPLOADING, LEND_PATH_FLUSH);
	lay_on_one_another(UPLOADING "drmGetCap DUMB_PREFER_SHADOW -> 1\n", LEND_PATH_COPY);
}

/* What was shown before comes back at the end, and no descriptor stays open. */
static void test_nothing_is_left_behind(void **state)
{
	bare_play(DIRECT, "kms console=yes\n" PRIMARY CURSOR MONITOR);
	unsigned before = 0;
	for (unsigned i = 0; i < 3; i++) {
		struct lend_client *client = bare_connect(DISPLAY);
		struct view view;
		bare_open_for_input(&view, client, (struct lend_surface_options){0});
		bare_show(&view, RED);
		/* A frame that is open at the end. */
		bare_begin(&view);
		lend_client_destroy(client);
		bare_expect_all(0xff000000);
		/* The first one loads libraries. */
		if (i > 0)
			assert_int_equal(count_fds(), before);
		before = count_fds();
	}
	assert_int_equal(fake_drm_modesets(), 0);
	bare_finish();
}

/* ---- the choice of a display ---------------------------------------------------------------- */

#define TWO                                                                                        \
	"kms crtcs=2\nplane primary formats=XR24 crtcs=0\nplane primary formats=XR24 crtcs=1\n"    \
	"connector HDMI-A-1 disconnected crtcs=0,1\n"                                              \
	"connector Virtual-1 connected crtcs=0,1 mode=320x240@60 mode=640x480@60 mode=640x480@75\n"

static void assert_taken(const char *display, const char *taken, uint32_t width)
{
	struct lend_client *client = bare_connect(display);
	assert_string_equal(lend_client_display(client), taken);
	struct view view;
	bare_open(&view, client, (struct lend_surface_options){0});
	bare_show(&view, RED);
	assert_int_equal(view.width, width);
	lend_client_destroy(client);
}

static void test_connectors_and_modes(void **state)
{
	bare_play(DIRECT, TWO);
	assert_taken("kms:" CARD, "kms:" CARD ":Virtual-1", 320);
	assert_taken("kms:" CARD ":Virtual-1", "kms:" CARD ":Virtual-1", 320);
	assert_taken("kms:640x480:" CARD, "kms:" CARD ":Virtual-1:640x480", 640);
	assert_taken("kms:" CARD "::640x480@60", "kms:" CARD ":Virtual-1:640x480@60.000", 640);
	bare_connect_fails("kms:" CARD ":HDMI-A-1", -ENOTCONN, "nothing is connected to HDMI-A-1");
	bare_connect_fails("kms:" CARD ":DP-3", -ENOENT,
			   "no connector DP-3: it has HDMI-A-1 (nothing connected), Virtual-1");
	bare_connect_fails("kms:" CARD ":800x600", -ENODATA, "there are 320x240@60.00");
	bare_connect_fails("kms:" CARD ":640x480@50", -ENODATA, "no mode 640x480@50.00");
	bare_connect_fails("kms:" CARD ":0x4", -EINVAL, "the size is not");
	bare_connect_fails("kms:" CARD ":4x4:5x5", -EINVAL, "more than one mode");
	bare_connect_fails("kms:" CARD ":card1", -EINVAL, "'card1' is one name too many");
	fake_drm_plug("Virtual-1", false);
	bare_connect_fails("kms:" CARD, -ENOTCONN, "nothing is connected");
	bare_finish();
}

static void test_devices_that_cannot_be_had(void **state)
{
	bare_play(DIRECT "open " CARD " -> EACCES\n", "kms vblank=no\n" PRIMARY MONITOR);
	bare_connect_fails(DISPLAY, -EACCES, "join the group video, or start seatd");
	bare_play(DIRECT "open " CARD " -> ENOENT\n", "kms vblank=no\n" PRIMARY MONITOR);
	bare_connect_fails(DISPLAY, -ENOENT, "list /dev/dri");
	bare_play(DIRECT, "kms master=taken\n" PRIMARY MONITOR);
	bare_connect_fails(DISPLAY, -EBUSY, "has the display (is its DRM master)");
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), 0);
	assert_int_equal(fake_drm_calls("drmSetMaster"), 0);
	bare_play(DIRECT, "");
	bare_connect_fails(DISPLAY, -EOPNOTSUPP, CARD);
	setenv("LEND_SESSION", "nonsense", 1);
	bare_play(DIRECT, "kms vblank=no\n" PRIMARY MONITOR);
	bare_connect_fails(DISPLAY, -EINVAL, "LEND_SESSION=nonsense");
	setenv("LEND_SESSION", "direct", 1);
	bare_connect_fails("kms:nvidia", -ENODEV, "there is ");
	bare_finish();
}

/* Its line is there when nothing works. */
static void test_in_the_list_of_what_was_tried(void **state)
{
	struct lend_client *client;
	bare_play(DIRECT, "kms master=taken\n" PRIMARY MONITOR);
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("DISPLAY");
	assert_true(lend_client_connect(NULL, &client) < 0);
	const struct lend_verdict *verdict = lend_client_verdict(client, 2);
	assert_non_null(verdict);
	assert_string_equal(verdict->allocator, "kms");
	assert_int_equal(verdict->state, LEND_STATE_FAILED);
	assert_true(verdict->error == ENODEV || verdict->error == EBUSY);
	assert_non_null(strstr(lend_client_error(client), "; kms: "));
	lend_client_destroy(client);
	bare_finish();
}

/* ---- drivers that refuse -------------------------------------------------------------------- */

static void test_buffers_that_cannot_be_made(void **state)
{
	struct lend_frame frame;
	bare_play(DIRECT "drmModeCreateDumbBuffer nth=2 -> ENOMEM\n",
		  "kms vblank=no\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	struct view view;
	bare_open(&view, client, (struct lend_surface_options){0});
	int result;
	while ((result = lend_frame_begin(view.surface, &frame)) == -EAGAIN)
		assert_true(lend_client_dispatch(client, 5000) > 0);
	assert_int_equal(result, -ENOMEM);
	assert_non_null(strstr(lend_client_error(client), "no dumb buffer of 320x240"));
	assert_int_equal(lend_surface_verdict(view.surface, 0)->state, LEND_STATE_FAILED);
	lend_client_destroy(client);
	bare_finish();
}

static void test_pictures_that_are_refused(void **state)
{
	struct lend_frame frame;
	bare_play(DIRECT "drmModeAtomicCommit real primary -> EINVAL once\n",
		  "kms vblank=no\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	struct view view;
	bare_open(&view, client, (struct lend_surface_options){0});
	bare_begin(&view);
	assert_int_equal(lend_frame_end(view.surface, NULL, 0), -EINVAL);
	assert_non_null(strstr(lend_client_error(client), "vkms refuses this picture"));
	assert_int_equal(lend_client_dispatch(client, 0), -EINVAL);
	assert_int_equal(lend_frame_begin(view.surface, &frame), -EINVAL);
	lend_client_destroy(client);
	bare_finish();
}

/* Somebody else was master for a moment: the frame is shown later. */
static void test_a_moment_without_being_master(void **state)
{
	bare_play(DIRECT "drmModeAtomicCommit real primary -> EACCES once\n",
		  "kms vblank=no\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	struct view view;
	bare_open(&view, client, (struct lend_surface_options){0});
	bare_show(&view, RED);
	bare_expect_all(RED);
	lend_client_destroy(client);
	bare_finish();
}

static void test_a_device_that_is_gone(void **state)
{
	struct lend_frame frame;
	bare_play(DIRECT, "kms vblank=test\n" PRIMARY MONITOR);
	struct lend_client *client = bare_connect(DISPLAY);
	struct view view;
	bare_open(&view, client, (struct lend_surface_options){0});
	bare_show(&view, RED);
	fake_drm_inject("drmModeAtomicCommit -> ENODEV\ndrmModeGetResources -> ENODEV");
	bare_begin(&view);
	assert_int_equal(lend_frame_end(view.surface, NULL, 0), -ENODEV);
	assert_non_null(strstr(lend_client_error(client), "is gone: it was unplugged"));
	assert_int_equal(lend_frame_begin(view.surface, &frame), -ENODEV);
	lend_client_destroy(client);
	fake_drm_unload();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_frame_costs_one_commit),
		cmocka_unit_test(test_buffers_come_back_with_the_flip),
		cmocka_unit_test(test_a_paced_program_waits),
		cmocka_unit_test(test_an_unpaced_program_is_shown_its_last),
		cmocka_unit_test(test_a_flip_that_never_comes),
		cmocka_unit_test(test_a_driver_without_vblanks_is_paced),
		cmocka_unit_test(test_moving_damage_in_chains),
		cmocka_unit_test(test_moving_damage_preserved),
		cmocka_unit_test(test_moving_damage_in_front_of_the_eyes),
		cmocka_unit_test(test_what_a_small_change_costs),
		cmocka_unit_test(test_a_shadow_for_who_reads),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_surfaces_lie_on_one_another),
		cmocka_unit_test(test_nothing_is_left_behind),
		cmocka_unit_test(test_connectors_and_modes),
		cmocka_unit_test(test_devices_that_cannot_be_had),
		cmocka_unit_test(test_in_the_list_of_what_was_tried),
		cmocka_unit_test(test_buffers_that_cannot_be_made),
		cmocka_unit_test(test_pictures_that_are_refused),
		cmocka_unit_test(test_a_moment_without_being_master),
		cmocka_unit_test(test_a_device_that_is_gone),
	};
	setenv("LEND_SESSION", "direct", 1);
	setenv("LEND_CACHE", "off", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
