/* SPDX-License-Identifier: MIT */
/* The device and its connectors; pipes as they are asked for, badly first. */
#include "kms_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void test_bad_device(void **state)
{
	struct lend_kms *kms = NULL;
	struct lend_kms_options options = {.size = 2};
	struct lend_kms_events events = {.size = 1};
	fake_drm_script(desk);
	int fd = open(CARD, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	const size_t fds = count_fds();
	assert_fails(lend_kms_create(STDIN_FILENO, NULL, &kms), ENODEV, "not a DRM device");
	assert_fails(lend_kms_create(-1, NULL, &kms), EBADF, "descriptor -1");
	assert_fails(lend_kms_create(fd, NULL, NULL), EINVAL, "a place for the device");
	assert_fails(lend_kms_create(fd, &options, &kms), EINVAL, "sizeof the struct");
	options = (struct lend_kms_options){.size = sizeof(options), .events = &events};
	assert_fails(lend_kms_create(fd, &options, &kms), EINVAL, "or its events");
	fake_drm_inject("drmModeGetPlaneResources -> ENOMEM");
	assert_fails(lend_kms_create(fd, NULL, &kms), ENOMEM, "cannot read what");
	assert_null(kms);
	assert_int_equal(count_fds(), fds);
	close(fd);
	lend_kms_destroy(NULL);
	lend_pipe_destroy(NULL);
	lend_framebuffer_destroy(NULL);
	fake_drm_script(desk);
	fake_drm_inject("drmModeGetResources -> EOPNOTSUPP");
	fd = open(CARD, O_RDWR | O_CLOEXEC);
	assert_fails(lend_kms_create(fd, NULL, &kms), EOPNOTSUPP, "(desk) has no display");
	close(fd);
	fake_drm_unload();
}

static void test_describe(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_kms_info info = {.size = sizeof(info)};
	assert_int_equal(lend_kms_describe(kms, &info), 0);
	assert_int_equal(info.atomic, 1);
	assert_int_equal(info.modifiers, 1);
	assert_int_equal(info.writeback, 1);
	assert_int_equal(info.cursor_width, 64);
	assert_int_equal(info.width_max, 8192);
	assert_int_equal(info.n_connectors, 3);
	assert_int_equal(info.n_crtcs, 2);
	info.size = 0;
	assert_fails(lend_kms_describe(kms, &info), EINVAL, "set the size field");
	struct lend_device_info device = {.size = sizeof(device)};
	assert_int_equal(lend_device_describe(lend_kms_device(kms), &device), 0);
	assert_string_equal(device.driver, "desk");
	assert_true(lend_kms_fd(kms) >= 0);
	kms_close(kms);
}

static void test_connectors(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_connector_info info = {.size = sizeof(info)};
	assert_int_equal(lend_kms_connector(kms, 0, &info), 0);
	assert_string_equal(info.name, "HDMI-A-1");
	assert_int_equal(info.connected, 1);
	assert_int_equal(info.non_desktop, 0);
	assert_string_equal(info.make, "DEL");
	assert_string_equal(info.model, "U2412M");
	assert_string_equal(info.serial, "ABC123");
	assert_int_equal(info.width_mm, 510);
	assert_int_equal(info.n_modes, 3);
	assert_int_equal(info.modes[0].width, 128);
	assert_int_equal(info.modes[0].preferred, 1);
	assert_in_range(info.modes[2].refresh, 74900, 75100);
	assert_int_equal(lend_kms_connector(kms, 2, &info), 0);
	assert_string_equal(info.name, "DP-2");
	assert_int_equal(info.connected, 0);
	assert_string_equal(info.make, "");
	assert_fails(lend_kms_connector(kms, 3, &info), ENOENT, "has 3 connectors");
	info.size = 0;
	assert_fails(lend_kms_connector(kms, 0, &info), EINVAL, "set the size field");
	kms_close(kms);
}

static void test_update(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_connector_info info = {.size = sizeof(info)};
	const uint32_t late = connector_id(kms, "DP-2");
	struct lend_pipe_options options = {
		.size = sizeof(options), .connectors = &late, .n_connectors = 1};
	struct lend_pipe *pipe = NULL;
	assert_int_equal(lend_kms_update(kms), 0);
	assert_fails(lend_pipe_create(kms, &options, &pipe), ENOTCONN, "connected to DP-2");
	fake_drm_plug("DP-2", true);
	assert_int_equal(lend_kms_update(kms), 1);
	assert_int_equal(lend_kms_update(kms), 0);
	assert_int_equal(lend_kms_connector(kms, 2, &info), 0);
	assert_int_equal(info.connected, 1);
	if (lend_pipe_create(kms, &options, &pipe) != 0)
		fail_msg("%s", lend_alloc_error());
	/* The monitor that is shown on goes: the pipe stays until it is destroyed. */
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	const struct lend_pipe_state frame = showing(red);
	show(kms, pipe, &frame);
	fake_drm_plug("DP-2", false);
	assert_int_equal(lend_kms_update(kms), 1);
	show(kms, pipe, &frame);
	lend_pipe_destroy(pipe);
	lend_framebuffer_destroy(red);
	/* A failure leaves the list as it was. */
	fake_drm_inject("drmModeGetResources -> ENODEV");
	assert_fails(lend_kms_update(kms), ENODEV, "cannot read the connectors");
	assert_int_equal(lend_kms_connector(kms, 2, &info), 0);
	kms_close(kms);
}

static void refused(struct lend_kms *kms, struct lend_pipe_options options, int error,
		    const char *words)
{
	struct lend_pipe *pipe = NULL;
	assert_fails(lend_pipe_create(kms, &options, &pipe), error, words);
	assert_null(pipe);
}

static void test_bad_pipes(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	const uint32_t first = connector_id(kms, "HDMI-A-1"), nowhere = 9999;
	const uint32_t twice[] = {first, first, first, first, first};
	struct lend_pipe_options options = {
		.size = sizeof(options), .connectors = &first, .n_connectors = 1};
	struct lend_pipe_options bad = options;
	bad.size = 1;
	refused(kms, bad, EINVAL, "sizeof the struct");
	bad = options;
	bad.connectors = NULL;
	refused(kms, bad, EINVAL, "give 1 to 4");
	bad = options;
	bad.n_connectors = 0;
	refused(kms, bad, EINVAL, "give 1 to 4");
	bad.connectors = twice;
	bad.n_connectors = 5;
	refused(kms, bad, EINVAL, "5 connectors");
	bad.n_connectors = 2;
	refused(kms, bad, EINVAL, "named twice");
	bad = options;
	bad.connectors = &nowhere;
	refused(kms, bad, ENOENT, "no connector 9999");
	bad = options;
	bad.width = 64;
	refused(kms, bad, EINVAL, "give both sides");
	bad.height = 65;
	refused(kms, bad, ENODATA, "no mode 64x65: there are 128x96@59.99, 64x48@");
	bad.height = 48;
	bad.refresh = 61000;
	refused(kms, bad, ENODATA, "64x48@61.00");
	refused(kms, (struct lend_pipe_options){0}, EINVAL, "sizeof the struct");
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	refused(kms, options, EBUSY, "HDMI-A-1 is in another pipe");
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static struct lend_kms_mode mode_of(struct lend_kms *kms, const char *connector, uint32_t width,
				    uint32_t height, uint32_t refresh)
{
	const uint32_t id = connector_id(kms, connector);
	const struct lend_pipe_options options = {.size = sizeof(options),
						  .connectors = &id,
						  .n_connectors = 1,
						  .width = width,
						  .height = height,
						  .refresh = refresh};
	struct lend_pipe *pipe = NULL;
	if (lend_pipe_create(kms, &options, &pipe) != 0)
		fail_msg("%s", lend_alloc_error());
	const struct lend_kms_mode mode = pipe_info(pipe).mode;
	lend_pipe_destroy(pipe);
	return mode;
}

static void test_modes(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	assert_int_equal(mode_of(kms, "HDMI-A-1", 0, 0, 0).width, 128);
	assert_in_range(mode_of(kms, "HDMI-A-1", 64, 48, 0).refresh, 74900, 75100);
	assert_in_range(mode_of(kms, "HDMI-A-1", 64, 48, 60400).refresh, 59900, 60100);
	assert_in_range(mode_of(kms, "DP-1", 0, 0, 60000).refresh, 59900, 60100);
	assert_in_range(mode_of(kms, "DP-1", 0, 0, 0).refresh, 74900, 75100);
	/* A mirror in a size that both have. */
	struct lend_pipe *pipe = NULL;
	const uint32_t both[] = {connector_id(kms, "HDMI-A-1"), connector_id(kms, "DP-1")};
	struct lend_pipe_options options = {.size = sizeof(options),
					    .connectors = both,
					    .n_connectors = 2,
					    .width = 64,
					    .height = 48};
	assert_fails(lend_pipe_create(kms, &options, &pipe), ENODATA, "DP-1 has no mode 64x48");
	assert_int_equal(fake_drm_blobs(), 0);
	kms_close(kms);
}

/* One CRTC for the first connector alone: a solution exists only if the other one leaves it. */
static void test_room(void **state)
{
	struct lend_kms *kms = kms_open(desk, "connector DP-1 crtcs=0\n"
					      "connector DP-2 connected mode=128x96@60\n");
	struct lend_pipe *first = pipe_open(kms, "HDMI-A-1"), *second = pipe_open(kms, "DP-1");
	const uint32_t third = connector_id(kms, "DP-2");
	refused(kms,
		(struct lend_pipe_options){.size = sizeof(struct lend_pipe_options),
					   .connectors = &third,
					   .n_connectors = 1},
		ENOSPC, "has 2 CRTCs");
	struct lend_framebuffer *red = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, RED);
	struct lend_framebuffer *green = canvas(kms, 128, 96, LEND_FORMAT_XRGB8888, GREEN);
	const struct lend_pipe_state one = showing(red), other = showing(green);
	show(kms, first, &one);
	show(kms, second, &other);
	assert_int_equal(fake_drm_crtc("HDMI-A-1"), 1);
	assert_int_equal(fake_drm_crtc("DP-1"), 0);
	assert_seen(1, RED, NULL, 0);
	assert_seen(0, GREEN, NULL, 0);
	lend_framebuffer_destroy(red);
	lend_framebuffer_destroy(green);
	lend_pipe_destroy(first);
	lend_pipe_destroy(second);
	kms_close(kms);
}

static void test_pacing(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	assert_int_equal(pipe_info(pipe).paced, 1);
	struct lend_pipe_info info = {.size = 1};
	assert_fails(lend_pipe_describe(pipe, &info), EINVAL, "set the size field");
	lend_pipe_destroy(pipe);
	kms_close(kms);
	kms = kms_open(copying, NULL);
	pipe = pipe_open(kms, "Virtual-1");
	assert_int_equal(pipe_info(pipe).paced, 0);
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

static void test_formats(void **state)
{
	struct lend_kms *kms = kms_open(desk, NULL);
	struct lend_pipe *pipe = pipe_open(kms, "HDMI-A-1");
	assert_true(lend_pipe_takes_format(pipe, 0, LEND_FORMAT_XRGB8888));
	assert_true(lend_pipe_takes_format(pipe, 0, LEND_FORMAT_ARGB8888)); /* as its twin */
	assert_false(lend_pipe_takes_format(pipe, 0, LEND_FORMAT_RGB565));
	assert_false(lend_pipe_takes_format(pipe, 0, 0));
	assert_true(lend_pipe_takes_format(pipe, 1, LEND_FORMAT_RGB565));
	lend_pipe_destroy(pipe);
	kms_close(kms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_device), cmocka_unit_test(test_describe),
		cmocka_unit_test(test_connectors), cmocka_unit_test(test_update),
		cmocka_unit_test(test_bad_pipes),  cmocka_unit_test(test_modes),
		cmocka_unit_test(test_room),	   cmocka_unit_test(test_pacing),
		cmocka_unit_test(test_formats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
