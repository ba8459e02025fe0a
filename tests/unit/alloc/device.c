/* SPDX-License-Identifier: MIT */
#include "helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static void refused(const char *path, int error, const char *words)
{
	struct lend_device *device = (struct lend_device *)&error;
	const size_t fds = count_fds();
	assert_int_equal(lend_device_open(path, &device), error);
	assert_ptr_equal(device, &error);
	assert_int_equal(count_fds(), fds);
	if (!strstr(lend_alloc_error(), words))
		fail_msg("\"%s\" does not say \"%s\"", lend_alloc_error(), words);
}

static void test_not_devices(void **state)
{
	struct lend_device *device;
	refused(NULL, -EINVAL, "needs a path");
	assert_int_equal(lend_device_open(CARD, NULL), -EINVAL);
	refused("/nowhere/card0", -ENOENT,
		"cannot open /nowhere/card0: No such file or directory: list /dev/dri");
	refused("/dev/null", -ENODEV,
		"/dev/null is not a DRM device: give a display's primary node");
	refused("/", -EISDIR, "cannot open /: Is a directory");
	assert_int_equal(lend_device_open_fd(-1, &device), -EBADF);
	assert_non_null(strstr(lend_alloc_error(), "descriptor -1: Bad file descriptor"));
	assert_int_equal(lend_device_open_fd(0, NULL), -EINVAL);
	lend_device_destroy(NULL);
}

static void test_not_a_device_fd(void **state)
{
	struct lend_device *device;
	int pipes[2];
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	const size_t fds = count_fds();
	assert_int_equal(lend_device_open_fd(pipes[0], &device), -ENODEV);
	assert_int_equal(count_fds(), fds);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_refused_by_the_system(void **state)
{
	fake_drm_load(personality_path(GOOD));
	fake_drm_inject("open /dev/dri/card0 -> EACCES");
	refused(CARD, -EACCES, "Permission denied: log in on the machine's seat");
	fake_drm_inject("open /dev/dri/card0 -> EMFILE");
	refused(CARD, -EMFILE, "raise the limit");
	fake_drm_inject("open /dev/dri/card0 -> ok\ndrmGetVersion -> EINVAL");
	refused(CARD, -ENODEV, "not a DRM device");
}

static void test_describe(void **state)
{
	struct lend_device_info info = {.size = sizeof(info)};
	struct lend_device *device = open_fake("radeon", CARD);
	assert_int_equal(lend_device_describe(device, &info), 0);
	assert_string_equal(info.path, CARD);
	assert_string_equal(info.driver, "radeon");
	assert_string_equal(info.kernel, "6.12.48+deb13-amd64");
	assert_int_equal(info.dumb, 1);
	assert_int_equal(info.prefer_shadow, 1);
	assert_int_equal(info.primary, 1);
	assert_int_equal(info.size, sizeof(info));
	info.size = 0;
	assert_int_equal(lend_device_describe(device, &info), -EINVAL);
	assert_int_equal(lend_device_describe(NULL, &info), -EINVAL);
	assert_int_equal(lend_device_describe(device, NULL), -EINVAL);
	lend_device_destroy(device);

	device = open_fake("vgem", CARD); /* EOPNOTSUPP for every capability */
	info.size = sizeof(info);
	assert_int_equal(lend_device_describe(device, &info), 0);
	assert_int_equal(info.dumb, 0);
	assert_int_equal(info.prefer_shadow, 0);
	lend_device_destroy(device);
}

/* With 3D, what virtio_gpu's GPU draws is in the host's memory; no other driver is even asked. */
static void test_coherence(void **state)
{
	static const struct {
		const char *personality, *answer;
		int coherent;
	} rows[] = {
		{"virtio-gpu", "DRM_IOCTL_VIRTGPU_GETPARAM -> 1", 0},
		{"virtio-gpu", "DRM_IOCTL_VIRTGPU_GETPARAM -> 0", 1},
		{"virtio-gpu", "DRM_IOCTL_VIRTGPU_GETPARAM -> EINVAL", 1},
		{"virtio-gpu", "", 1},
		{"vkms", "DRM_IOCTL_VIRTGPU_GETPARAM -> 1", 1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lend_device_info info = {.size = sizeof(info), .coherent = -1};
		struct lend_device *device;
		fake_drm_load(personality_path(rows[i].personality));
		fake_drm_inject(rows[i].answer);
		assert_int_equal(lend_device_open(CARD, &device), 0);
		assert_int_equal(lend_device_describe(device, &info), 0);
		assert_int_equal(info.coherent, rows[i].coherent);
		lend_device_destroy(device);
	}
}

/* An older caller's struct is filled as far as it goes. */
static void test_describe_short(void **state)
{
	struct {
		size_t size;
		const char *path;
		const char *canary;
	} info = {.size = offsetof(struct lend_device_info, driver), .canary = "untouched"};
	struct lend_device *device = open_fake(GOOD, CARD);
	assert_int_equal(lend_device_describe(device, (struct lend_device_info *)&info), 0);
	assert_string_equal(info.path, CARD);
	assert_string_equal(info.canary, "untouched");
	lend_device_destroy(device);
}

/* The descriptor is borrowed, and the device outlives it. */
static void test_open_fd(void **state)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct lend_device_info info = {.size = sizeof(info)};
	struct lend_device *device;
	struct lend_buffer *buffer;
	fake_drm_load(personality_path("amdgpu"));
	int fd = open(CARD, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(lend_device_open_fd(fd, &device), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	assert_int_equal(lend_device_describe(device, &info), 0);
	assert_string_equal(info.path, CARD);
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, NULL), 0);
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_DUMB);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

static int unload(void **state)
{
	fake_drm_unload();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_devices),
		cmocka_unit_test(test_not_a_device_fd),
		cmocka_unit_test_teardown(test_refused_by_the_system, unload),
		cmocka_unit_test_teardown(test_describe, unload),
		cmocka_unit_test_teardown(test_coherence, unload),
		cmocka_unit_test_teardown(test_describe_short, unload),
		cmocka_unit_test_teardown(test_open_fd, unload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
