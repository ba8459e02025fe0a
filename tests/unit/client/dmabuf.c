/* SPDX-License-Identifier: MIT */
/* On servers that take dma-bufs. The device that makes them is the test's: what it makes are
 * memfds. */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <presentation-time-server-protocol.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the device ----------------------------------------------------------------------------- */

static struct {
	bool absent;
	int error;     /* of each UDMABUF_CREATE, */
	unsigned good; /* after so many */
	unsigned made, syncs;
} device;

static int device_fd = -1;

LEND_EXPORT int access(const char *path, int mode)
{
	if (strcmp(path, "/dev/udmabuf") != 0)
		return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
	errno = ENOENT;
	return device.absent ? -1 : 0;
}

static int open_file(const char *path, int flags, mode_t mode)
{
	if (strcmp(path, "/dev/udmabuf") != 0)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	device_fd = memfd_create("device", MFD_CLOEXEC);
	return device_fd;
}

LEND_EXPORT int open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_file(path, flags, mode);
}

static int make_dmabuf(const struct udmabuf_create *create)
{
	assert_int_equal(create->offset, 0);
	assert_int_equal(create->size % 4096, 0);
	assert_true(create->size > 0);
	int seals = fcntl((int)create->memfd, F_GET_SEALS);
	assert_true(seals & F_SEAL_SHRINK); /* or the kernel refuses */
	if (device.error != 0 && device.made >= device.good) {
		errno = device.error;
		return -1;
	}
	device.made++;
	return fcntl((int)create->memfd, F_DUPFD_CLOEXEC, 0);
}

LEND_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	if (request == UDMABUF_CREATE && fd == device_fd)
		return make_dmabuf(argument);
	if (request == DMA_BUF_IOCTL_SYNC) {
		device.syncs++;
		return 0;
	}
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static const struct fake_options taking = {
	.width = 64, .height = 48, .no_manager = true, .dmabuf = 4};

static int reset(void **state)
{
	memset(&device, 0, sizeof(device));
	device_fd = -1;
	return 0;
}

static void draw(struct fake *fake, struct lend_surface *surface, uint32_t value)
{
	struct lend_frame frame = fake_begin(surface);
	*(uint32_t *)frame.pixels = value;
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(fake), 0);
}

static struct lend_path_info path_of(const struct lend_surface *surface)
{
	struct lend_path_info path = {.size = sizeof(path)};
	assert_int_equal(lend_surface_path(surface, &path), 0);
	return path;
}

static void assert_dmabufs(struct fake *fake, struct lend_surface *surface)
{
	for (uint32_t i = 1; i < 8; i++) {
		draw(fake, surface, i);
		const struct fake_buffer *shown = fake_shown(fake);
		assert_non_null(shown);
		assert_int_equal(*(const uint32_t *)(const void *)shown->pixels, i);
	}
	const struct lend_path_info path = path_of(surface);
	assert_int_equal(path.path, LEND_PATH_TEXTURE);
	assert_non_null(strstr(path.reason, "dma-bufs"));
	assert_int_equal(path.memory, LEND_MEMORY_UDMABUF);
	assert_string_equal(lend_surface_verdict(surface, 0)->allocator, "udmabuf");
	assert_int_equal(lend_surface_verdict(surface, 0)->state, LEND_STATE_OK);
	assert_null(lend_surface_verdict(surface, 1));
}

static void assert_shm(struct fake *fake, struct lend_surface *surface)
{
	for (uint32_t i = 1; i < 5; i++) {
		draw(fake, surface, i);
		struct wl_shm_buffer *shown = wl_shm_buffer_get(fake->shown);
		assert_non_null(shown);
		assert_int_equal(*(const uint32_t *)wl_shm_buffer_get_data(shown), i);
	}
	const struct lend_path_info path = path_of(surface);
	assert_int_equal(path.path, LEND_PATH_COPY);
	assert_non_null(strstr(path.reason, "wl_shm"));
	assert_int_equal(path.memory, LEND_MEMORY_MEMFD);
}

static void test_dmabufs_are_used(void **state)
{
	for (uint32_t version = 3; version <= 4; version++) {
		struct fake fake;
		struct fake_options options = taking;
		int before = count_fds();
		options.dmabuf = version;
		assert_int_equal(fake_start(&fake, &options), 0);
		struct lend_surface *surface =
			fake_surface(&fake, (struct lend_surface_options){0});
		assert_dmabufs(&fake, surface);
		fake_configure(&fake, 100, 33);
		assert_int_equal(fake_run(&fake), 0);
		draw(&fake, surface, 9);
		assert_int_equal(fake_shown(&fake)->width, 100);
		fake_stop(&fake);
		assert_int_equal(count_fds(), before);
	}
}

static void test_not_in_rows_or_no_device(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct fake fake;
		struct fake_options options = taking;
		reset(NULL);
		options.dmabuf = i == 1 ? 3 : i == 2 ? 2 : 4;
		options.dmabuf_tiled = i < 2;
		device.absent = i == 3;
		assert_int_equal(fake_start(&fake, &options), 0);
		struct lend_surface *surface =
			fake_surface(&fake, (struct lend_surface_options){0});
		assert_shm(&fake, surface);
		assert_int_equal(device.made, 0);
		assert_string_equal(lend_surface_verdict(surface, 0)->allocator, "memfd");
		fake_stop(&fake);
	}
}

static void assert_fell_back(struct fake *fake, struct lend_surface *surface, int error)
{
	assert_shm(fake, surface);
	const struct lend_verdict *verdict = lend_surface_verdict(surface, 0);
	assert_string_equal(verdict->allocator, "udmabuf");
	assert_int_equal(verdict->state, LEND_STATE_FAILED);
	assert_int_equal(verdict->error, error);
	assert_string_equal(lend_surface_verdict(surface, 1)->allocator, "memfd");
	/* another surface does not try again */
	unsigned made = device.made;
	struct lend_surface *other = fake_surface(fake, (struct lend_surface_options){0});
	assert_shm(fake, other);
	assert_int_equal(device.made, made);
}

static void test_server_refuses(void **state)
{
	struct fake fake;
	struct fake_options options = taking;
	int before = count_fds();
	options.dmabuf_refuses = true;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	assert_int_equal(device.made, 3);
	assert_fell_back(&fake, surface, EOPNOTSUPP);
	fake_stop(&fake);
	assert_int_equal(count_fds(), before + 3); /* the server's, which are no buffers */
}

static void test_device_fails(void **state)
{
	for (unsigned good = 0; good < 3; good++) {
		struct fake fake;
		reset(NULL);
		device.error = EINVAL; /* as beyond the limit of its size */
		device.good = good;
		assert_int_equal(fake_start(&fake, &taking), 0);
		struct lend_surface *surface =
			fake_surface(&fake, (struct lend_surface_options){0});
		assert_fell_back(&fake, surface, EINVAL);
		assert_string_equal(lend_surface_verdict(surface, 0)->call, "UDMABUF_CREATE");
		fake_stop(&fake);
	}
}

/* The server's answers come when nobody waits for them any more. */
static void test_answers_for_a_surface_that_is_gone(void **state)
{
	struct fake fake;
	struct lend_frame frame;
	struct fake_options options = taking;
	options.hold_dmabuf = true;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	assert_int_equal(lend_frame_begin(surface, &frame), -EAGAIN);
	lend_surface_destroy(surface);
	surface = fake_surface(&fake, (struct lend_surface_options){0});
	assert_int_equal(fake.n_params, 6);
	fake_answer_dmabuf(&fake);
	fake.options.hold_dmabuf = false;
	assert_int_equal(fake_run(&fake), 0);
	assert_dmabufs(&fake, surface);
	/* and when there is nobody at all */
	fake.options.hold_dmabuf = true;
	fake_configure(&fake, 30, 30);
	assert_int_equal(fake_run(&fake), 0);
	fake_stop(&fake);
}

static void ignore_presented(void *data, struct lend_surface *surface, uint64_t number,
			     uint64_t time, uint32_t refresh)
{
}

static void test_zero_copy_is_told(void **state)
{
	struct fake fake;
	struct lend_surface_events events = {.size = sizeof(events), .presented = ignore_presented};
	assert_int_equal(fake_start(&fake, &taking), 0);
	struct lend_surface *surface =
		fake_surface(&fake, (struct lend_surface_options){.events = &events});
	draw(&fake, surface, 1);
	assert_int_equal(path_of(surface).path, LEND_PATH_TEXTURE);
	wp_presentation_feedback_send_presented(fake.feedback, 0, 0, 0, 0, 0, 0,
						WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY);
	wl_resource_destroy(fake.feedback);
	assert_int_equal(fake_run(&fake), 0);
	draw(&fake, surface, 2);
	assert_int_equal(path_of(surface).path, LEND_PATH_SCANOUT);
	assert_non_null(strstr(path_of(surface).reason, "without a copy"));
	fake_stop(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_dmabufs_are_used, reset),
		cmocka_unit_test_setup(test_not_in_rows_or_no_device, reset),
		cmocka_unit_test_setup(test_server_refuses, reset),
		cmocka_unit_test_setup(test_device_fails, reset),
		cmocka_unit_test_setup(test_answers_for_a_surface_that_is_gone, reset),
		cmocka_unit_test_setup(test_zero_copy_is_told, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
