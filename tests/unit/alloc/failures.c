/* SPDX-License-Identifier: MIT */
/* Every call on the way to a buffer fails once: the verdict names it, and nothing leaks. */
#include "helpers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define HEAP_OPENS "open /dev/dma_heap/system -> ok\nDMA_HEAP_IOCTL_ALLOC -> ok"

struct failure {
	const char *allocator;
	const char *inject;
	int error;
	const char *line; /* how its verdict begins */
};

static const struct failure failures[] = {
	{"dumb", "drmModeCreateDumbBuffer -> ENOMEM", ENOMEM,
	 "dumb: failed at create: DRM_IOCTL_MODE_CREATE_DUMB: ENOMEM: vkms has no memory left for "
	 "a dumb buffer of this size"},
	{"dumb", "drmModeCreateDumbBuffer -> EINVAL", EINVAL,
	 "dumb: failed at create: DRM_IOCTL_MODE_CREATE_DUMB: EINVAL: vkms makes no dumb buffer of "
	 "this size"},
	{"dumb", "drmPrimeHandleToFD -> EMFILE", EMFILE,
	 "dumb: failed at export: DRM_IOCTL_PRIME_HANDLE_TO_FD: EMFILE: this process has as many "
	 "files open as it may. Remedy: Close some"},
	{"dumb", "drmPrimeHandleToFD -> ENOSYS", ENOSYS,
	 "dumb: failed at export: DRM_IOCTL_PRIME_HANDLE_TO_FD: ENOSYS: vkms in Linux "
	 "6.12.95+deb12-amd64 has no PRIME export"},
	{"dumb", "drmModeMapDumbBuffer -> ENXIO", ENXIO,
	 "dumb: failed at map: DRM_IOCTL_MODE_MAP_DUMB: ENXIO: vkms shares the buffer but gives no "
	 "place to map it at (No such device or address)"},
	{"dumb", "mmap -> ENODEV", ENODEV,
	 "dumb: failed at map: mmap: ENODEV: vkms shares buffers that a CPU cannot map."},
	{"dumb", "mmap write -> EACCES", EACCES,
	 "dumb: failed at map: mmap: EACCES: the buffer was shared for reading only"},
	{"dumb", "mmap nth=2 -> ENOMEM", ENOMEM,
	 "dumb: failed at map: mmap: ENOMEM: there is not enough memory for the buffer."},
	{"dumb", "mmap -> ok apart", EIO,
	 "dumb: failed at map: reading what a client drew: EIO: what a program that was lent the "
	 "buffer draws is not what is seen here."},
	{"dumb", "DMA_BUF_IOCTL_SYNC START -> EIO", EIO,
	 "dumb: failed at map: DMA_BUF_IOCTL_SYNC: EIO: vkms does not let the CPU begin or end an "
	 "access (Input/output error)."},
	{"dumb", "DMA_BUF_IOCTL_SYNC nth=3 -> EPERM", EPERM,
	 "dumb: failed at map: DMA_BUF_IOCTL_SYNC: EPERM: "},
	{"dumb", "fcntl F_DUPFD_CLOEXEC -> EMFILE", EMFILE,
	 "dumb: failed at map: lend_buffer_import: EMFILE: this process has"},
	{"udmabuf", "open /dev/udmabuf -> ENOENT", ENOENT,
	 "udmabuf: failed at create: open(/dev/udmabuf): ENOENT: this kernel offers no udmabuf"},
	{"udmabuf", "open /dev/udmabuf -> EACCES", EACCES,
	 "udmabuf: failed at create: open(/dev/udmabuf): EACCES: this user may not open "
	 "/dev/udmabuf. Remedy: Give access with a udev rule"},
	{"udmabuf", "UDMABUF_CREATE -> EINVAL", EINVAL,
	 "udmabuf: failed at create: UDMABUF_CREATE: EINVAL: udmabuf refuses the size"},
	{"udmabuf", "UDMABUF_CREATE -> ok limit=1", EINVAL,
	 "udmabuf: failed at create: UDMABUF_CREATE: EINVAL: udmabuf refuses the size"},
	{"udmabuf", "memfd_create -> ENOSYS", ENOSYS,
	 "udmabuf: failed at create: memfd_create: ENOSYS: this kernel has no memfd"},
	{"udmabuf", "drmPrimeFDToHandle -> ENOSYS", ENOSYS,
	 "udmabuf: failed at framebuffer: DRM_IOCTL_PRIME_FD_TO_HANDLE: ENOSYS: vkms cannot import "
	 "it: either it imports nothing, or the driver"},
	{"udmabuf", "drmPrimeFDToHandle -> ENODEV", ENODEV,
	 "udmabuf: failed at framebuffer: DRM_IOCTL_PRIME_FD_TO_HANDLE: ENODEV: vkms refuses to "
	 "show memory that it did not allocate (No such device)."},
	{"heap", "open /dev/dma_heap/system -> ENOENT", ENOENT,
	 "heap: failed at create: open(/dev/dma_heap/system): ENOENT: this kernel offers no system "
	 "heap"},
	{"heap", "open /dev/dma_heap/system -> EACCES", EACCES,
	 "heap: failed at create: open(/dev/dma_heap/system): EACCES: only root may open"},
	{"heap", HEAP_OPENS "\nmmap -> EACCES", EACCES, "heap: failed at map: mmap: EACCES: "},
	{"heap", "open /dev/dma_heap/system -> ok\nDMA_HEAP_IOCTL_ALLOC -> ENOMEM", ENOMEM,
	 "heap: failed at create: DMA_HEAP_IOCTL_ALLOC: ENOMEM: there is not enough memory"},
	{"heap", HEAP_OPENS "\ndrmPrimeFDToHandle -> EINVAL", EINVAL,
	 "heap: failed at framebuffer: DRM_IOCTL_PRIME_FD_TO_HANDLE: EINVAL: vkms refuses"},
	{"memfd", "memfd_create -> EMFILE", EMFILE,
	 "memfd: failed at create: memfd_create: EMFILE: this process has as many files open as it "
	 "may. Remedy: Close some, or raise the limit (ulimit -n)."},
	{"memfd", "memfd_create -> ENFILE", ENFILE,
	 "memfd: failed at create: memfd_create: ENFILE: the whole system has as many files open"},
	{"memfd", "memfd_create -> ENOMEM", ENOMEM,
	 "memfd: failed at create: memfd_create: ENOMEM: there is not enough memory"},
	{"memfd", "ftruncate -> EFBIG", EFBIG,
	 "memfd: failed at create: ftruncate: EFBIG: the buffer is larger than a file may be here."},
	{"memfd", "fcntl F_ADD_SEALS -> EPERM", EPERM,
	 "memfd: failed at create: fcntl(F_ADD_SEALS): EPERM: fcntl(F_ADD_SEALS) failed (Operation "
	 "not permitted), and what that means here is not known yet. Remedy: Report it"},
};

static void check(const struct failure *failure)
{
	const struct lend_buffer_options options =
		small_options(LEND_USE_SCANOUT, failure->allocator);
	struct lend_buffer *buffer = (struct lend_buffer *)&options;
	struct lend_verdicts *verdicts;
	struct lend_device *device = open_fake(GOOD, CARD);
	const size_t fds = count_fds();
	fake_drm_inject(failure->inject);
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts),
			 -failure->error);
	assert_ptr_equal(buffer, &options);
	assert_int_equal(count_fds(), fds);
	assert_int_equal(fake_drm_handles(), 0);
	const struct lend_verdict *verdict = verdict_of(verdicts, failure->allocator);
	char line[1024];
	lend_verdict_format(verdict, line, sizeof(line));
	if (strncmp(line, failure->line, strlen(failure->line)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", line, failure->line);
	/* The error in words is the same line, as far as it fits. */
	assert_memory_equal(lend_alloc_error(), line, strlen(lend_alloc_error()));
	assert_int_equal(verdict->error, failure->error);
	lend_verdicts_destroy(verdicts);
	lend_device_destroy(device);
}

static void test_failures(void **state)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		check(&failures[i]);
}

/* An old kernel does not know MFD_NOEXEC_SEAL. */
static void test_old_memfd(void **state)
{
	const struct lend_buffer_options options = small_options(0, NULL);
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_buffer *buffer;
	fake_drm_inject("memfd_create nth=1 -> EINVAL");
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, NULL), 0);
	assert_int_equal(fake_drm_calls("memfd_create"), 2);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

/* A bracket that a signal interrupts is tried again. */
static void test_interrupted(void **state)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, "dumb");
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_buffer *buffer;
	fake_drm_inject("DMA_BUF_IOCTL_SYNC nth=1 -> EINTR\nDMA_BUF_IOCTL_SYNC nth=4 -> EAGAIN");
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, NULL), 0);
	assert_int_equal(fake_drm_accesses(), 0);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
}

/* The ladder goes on below a rung that breaks, wherever it breaks; closing aside, which cannot. */
static void try_nth(const char *allocator, const char *call, size_t nth)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, allocator);
	struct lend_verdicts *verdicts = NULL;
	struct lend_buffer *buffer = NULL;
	char inject[128];
	const size_t fds = count_fds();
	struct lend_device *device = open_fake(GOOD, CARD);
	fake_drm_inject(HEAP_OPENS);
	snprintf(inject, sizeof(inject), "%s nth=%zu -> EOWNERDEAD", call, nth);
	fake_drm_inject(inject);
	int result = lend_buffer_allocate(device, &options, &buffer, &verdicts);
	if (result < 0)
		assert_int_equal(verdict_of(verdicts, allocator)->error, EOWNERDEAD);
	else /* measuring may fail, and the caching is then unknown */
		assert_int_equal(verdict_of(verdicts, allocator)->error, 0);
	assert_int_equal(fake_drm_handles(), 0);
	lend_verdicts_destroy(verdicts);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
	assert_int_equal(count_fds(), fds);
}

static void break_everywhere(const char *allocator)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, allocator);
	struct lend_buffer *buffer;
	struct lend_device *device = open_fake(GOOD, CARD);
	fake_drm_inject(HEAP_OPENS);
	const size_t before = strlen(fake_drm_log());
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, NULL), 0);
	char *log = strdup(fake_drm_log()), *save;
	assert_non_null(log);
	lend_buffer_destroy(buffer);
	lend_device_destroy(device);
	size_t tried = 0;
	for (char *call = strtok_r(log + before, " ", &save); call;
	     call = strtok_r(NULL, " ", &save)) {
		if (strcmp(call, "uname") == 0 || strstr(call, "Destroy") || strstr(call, "Close"))
			continue;
		for (size_t nth = 1; nth <= 8; nth++)
			if (strcmp(call, "open") != 0 || nth > 1) /* not the device's own */
				try_nth(allocator, call, nth);
		tried++;
	}
	free(log);
	assert_true(tried >= 4);
}

static void test_everywhere(void **state)
{
	const char *name;
	for (size_t i = 0; (name = lend_allocator_name(i)); i++)
		break_everywhere(name);
}

/* With ever fewer descriptors left: -EMFILE or a buffer, and all are given back. */
static void test_descriptors(void **state)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct rlimit old, limit;
	struct lend_device *device = open_fake(GOOD, CARD);
	const size_t fds = count_fds();
	const int free_fd = dup(STDERR_FILENO); /* the first of those that are left */
	size_t failed = 0, made = 0;
	assert_int_equal(close(free_fd), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = old;
	for (size_t spare = 0; spare < 12; spare++) {
		struct lend_verdicts *verdicts;
		struct lend_buffer *buffer;
		limit.rlim_cur = (rlim_t)free_fd + spare;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		int result = lend_buffer_allocate(device, &options, &buffer, &verdicts);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		if (result == 0) {
			made++;
			lend_buffer_destroy(buffer);
		} else {
			failed++;
			assert_int_equal(result, -EMFILE);
			assert_non_null(strstr(lend_alloc_error(), "EMFILE: this process has"));
			assert_int_equal(verdict_of(verdicts, "memfd")->error, EMFILE);
		}
		lend_verdicts_destroy(verdicts);
		assert_int_equal(count_fds(), fds);
		assert_int_equal(fake_drm_handles(), 0);
	}
	assert_true(failed > 0 && made > 0);
	lend_device_destroy(device);
}

/* The default limit of 64 MiB, with the ladder ending one rung lower. */
static void test_large_udmabuf(void **state)
{
	struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct lend_device *device = open_fake("cirrus", CARD);
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	fake_drm_inject("drmModeCreateDumbBuffer -> ENOMEM");
	options.width = 5120;
	options.height = 4096;
	assert_int_equal(lend_buffer_allocate(device, &options, &buffer, &verdicts), 0);
	assert_int_equal(describe(buffer).memory, LEND_MEMORY_MEMFD);
	assert_string_equal(
		verdict_line(verdicts, 2),
		"udmabuf: failed at create: UDMABUF_CREATE: EINVAL: udmabuf refuses the "
		"size: it makes buffers of up to 64 MiB unless told otherwise. Remedy: "
		"Raise the limit (as root, in "
		"/sys/module/udmabuf/parameters/size_limit_mb) or ask for a smaller "
		"buffer.");
	lend_verdicts_destroy(verdicts);
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
		cmocka_unit_test_teardown(test_failures, unload),
		cmocka_unit_test_teardown(test_old_memfd, unload),
		cmocka_unit_test_teardown(test_interrupted, unload),
		cmocka_unit_test_teardown(test_everywhere, unload),
		cmocka_unit_test_teardown(test_descriptors, unload),
		cmocka_unit_test_teardown(test_large_udmabuf, unload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
