/* SPDX-License-Identifier: MIT */
/* The double itself: strict, and like the real thing where that matters. */
#include "helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

static const char *const self = "/proc/self/exe";

/* Runs it in a child: the signal that ends it, or 0. */
static int ends_by(void (*run)(void))
{
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		run();
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static uint32_t create(int fd)
{
	uint32_t handle, pitch;
	uint64_t size;
	assert_int_equal(drmModeCreateDumbBuffer(fd, 64, 64, 32, 0, &handle, &pitch, &size), 0);
	return handle;
}

static int card(void)
{
	fake_drm_load(personality_path("i915"));
	return open(CARD, O_RDWR | O_CLOEXEC);
}

static void call_unlisted(void)
{
	int fd = card();
	uint64_t value;
	drmGetCap(fd, DRM_CAP_SYNCOBJ, &value);
}

static void export_read_only(void)
{
	int prime, fd = card();
	drmPrimeHandleToFD(fd, create(fd), DRM_CLOEXEC, &prime);
}

static void map_before_export(void)
{
	fake_drm_script("open /dev/dri/card0 -> ok\n"
			"drmModeCreateDumbBuffer -> ok\n"
			"drmModeMapDumbBuffer exported -> ok\n");
	int fd = open(CARD, O_RDWR | O_CLOEXEC);
	uint64_t offset;
	drmModeMapDumbBuffer(fd, create(fd), &offset);
}

static void open_unlisted(void)
{
	card();
	open("/dev/dri/card1", O_RDWR | O_CLOEXEC);
}

static void other_ioctl(void)
{
	ioctl(card(), DRM_IOCTL_SET_MASTER, 0);
}

static void close_twice(void)
{
	int fd = card();
	uint32_t handle = create(fd);
	drmModeDestroyDumbBuffer(fd, handle);
	drmModeDestroyDumbBuffer(fd, handle);
}

static int export_buffer(int fd, uint32_t flags)
{
	int prime;
	assert_int_equal(drmPrimeHandleToFD(fd, create(fd), flags, &prime), 0);
	return prime;
}

static void end_without_start(void)
{
	int prime = export_buffer(card(), DRM_RDWR | DRM_CLOEXEC);
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE};
	ioctl(prime, DMA_BUF_IOCTL_SYNC, &sync);
}

static void parse_no_arrow(void)
{
	fake_drm_script("drmGetVersion i915\n");
}

static void parse_no_error(void)
{
	fake_drm_script("drmGetVersion -> ENOSUCH\n");
}

static void parse_no_option(void)
{
	fake_drm_script("drmModeCreateDumbBuffer -> ok pich=64\n");
}

static void load_nothing(void)
{
	fake_drm_load("/nowhere.txt");
}

static void test_strict(void **state)
{
	void (*const offences[])(void) = {
		call_unlisted,	export_read_only, map_before_export, open_unlisted,
		other_ioctl,	close_twice,	  end_without_start, parse_no_arrow,
		parse_no_error, parse_no_option,  load_nothing,
	};
	for (size_t i = 0; i < sizeof(offences) / sizeof(*offences); i++)
		if (ends_by(offences[i]) != SIGABRT)
			fail_msg("offence %zu went unnoticed", i);
}

static void *map(int fd, int protection, int flags)
{
	return mmap(NULL, 4096, protection, flags, fd, 0);
}

/* The first export decides for the object's life, even once it is closed. */
static void test_read_only_for_life(void **state)
{
	int fd = card(), prime;
	fake_drm_inject("drmPrimeHandleToFD -> ok");
	uint32_t handle = create(fd);
	assert_int_equal(drmPrimeHandleToFD(fd, handle, DRM_CLOEXEC, &prime), 0);
	close(prime);
	assert_int_equal(drmPrimeHandleToFD(fd, handle, DRM_RDWR | DRM_CLOEXEC, &prime), 0);
	assert_ptr_equal(map(prime, PROT_READ | PROT_WRITE, MAP_SHARED), MAP_FAILED);
	assert_int_equal(errno, EACCES);
	void *readable = map(prime, PROT_READ, MAP_SHARED);
	assert_ptr_not_equal(readable, MAP_FAILED);
	munmap(readable, 4096);
	close(prime);
	drmModeDestroyDumbBuffer(fd, handle);
	close(fd);
}

static void test_like_a_dmabuf(void **state)
{
	int fd = card(), prime = export_buffer(fd, DRM_RDWR | DRM_CLOEXEC);
	assert_ptr_equal(map(prime, PROT_READ, MAP_PRIVATE), MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fcntl(prime, F_GET_SEALS), -1);
	assert_int_equal(lseek(prime, 0, SEEK_END), 64 * 64 * 4);
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW};
	assert_int_equal(ioctl(prime, DMA_BUF_IOCTL_SYNC, &sync), 0);
	assert_int_equal(fake_drm_accesses(), 1);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
	assert_int_equal(ioctl(prime, DMA_BUF_IOCTL_SYNC, &sync), 0);
	sync.flags = 1 << 20;
	assert_int_equal(ioctl(prime, DMA_BUF_IOCTL_SYNC, &sync), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fake_drm_accesses(), 0);
	close(prime);
	close(fd);
}

/* Importing the same buffer twice gives the same handle, which one close ends for both. */
static void test_handles(void **state)
{
	int fd = card(), prime = export_buffer(fd, DRM_RDWR | DRM_CLOEXEC);
	uint32_t first, second;
	assert_int_equal(drmPrimeFDToHandle(fd, prime, &first), 0);
	assert_int_equal(drmPrimeFDToHandle(fd, prime, &second), 0);
	assert_int_equal(first, second);
	assert_int_equal(fake_drm_handles(), 1);
	assert_int_equal(drmCloseBufferHandle(fd, first), 0);
	assert_int_equal(fake_drm_handles(), 0);
	assert_int_equal(drmPrimeFDToHandle(fd, prime, &second), 0);
	assert_int_not_equal(second, first);
	assert_int_equal(drmPrimeFDToHandle(fd, STDIN_FILENO, &second), -1);
	close(prime);
	close(fd);
}

/* A buffer of the device goes to a process that knows nothing of it, and back. */
static void test_sent(void **state)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, "dumb");
	struct lend_device *device = open_fake(GOOD, CARD);
	struct lend_buffer *sent, *received;
	int sockets[2];
	void *pixels;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	assert_int_equal(lend_buffer_allocate(device, &options, &sent, NULL), 0);
	assert_int_equal(lend_buffer_send(sockets[0], sent), 0);
	if (lend_buffer_receive(sockets[1], &received) != 0)
		fail_msg("%s", lend_buffer_error());
	assert_int_equal(describe(received).memory, LEND_MEMORY_DUMB);
	assert_int_equal(lend_buffer_begin(received, LEND_WRITE, &pixels), 0);
	assert_int_equal(fake_drm_accesses(), 1);
	memset(pixels, 0x5a, 64);
	assert_int_equal(lend_buffer_end(received), 0);
	assert_int_equal(lend_buffer_begin(sent, LEND_READ, &pixels), 0);
	assert_int_equal(((unsigned char *)pixels)[63], 0x5a);
	assert_int_equal(lend_buffer_end(sent), 0);
	lend_buffer_destroy(received);
	lend_buffer_destroy(sent);
	lend_device_destroy(device);
	close(sockets[0]);
	close(sockets[1]);
}

static void test_counts(void **state)
{
	fake_drm_script("open -> ok\ndrmGetCap DUMB_BUFFER nth=2 -> 7\ndrmGetCap -> EIO\n"
			"# evidence: recorded: here\n");
	int fd = open(CARD, O_RDWR | O_CLOEXEC);
	uint64_t value = 0;
	assert_int_equal(drmGetCap(fd, DRM_CAP_DUMB_BUFFER, &value), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(drmGetCap(fd, DRM_CAP_DUMB_BUFFER, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(drmGetCap(fd, DRM_CAP_DUMB_BUFFER, &value), -1);
	assert_int_equal(fake_drm_calls("drmGetCap"), 3);
	assert_int_equal(fake_drm_calls("drmGet"), 0);
	assert_string_equal(fake_drm_log(), "open drmGetCap drmGetCap drmGetCap");
	assert_string_equal(fake_drm_evidence(), "recorded: here");
	close(fd);
}

/* Once unloaded, everything reaches the real kernel. */
static void test_unloaded(void **state)
{
	uint64_t value;
	int fd = card();
	fake_drm_unload();
	assert_int_equal(open("/dev/dri/no-such-card", O_RDWR | O_CLOEXEC), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(drmGetCap(STDIN_FILENO, DRM_CAP_DUMB_BUFFER, &value), -1);
	assert_string_equal(fake_drm_log(), "");
	close(fd);
}

/* What a program sees that was told by its environment alone. */
static int as_program(void)
{
	const struct lend_buffer_options options = small_options(LEND_USE_SCANOUT, NULL);
	struct lend_device *device;
	struct lend_verdicts *verdicts;
	struct lend_buffer *buffer;
	if (lend_device_open(CARD, &device) != 0 ||
	    lend_buffer_allocate(device, &options, &buffer, &verdicts) != 0)
		return 1;
	return strcmp(lend_verdicts_get(verdicts, 0)->call, "mmap") == 0 &&
			       describe(buffer).memory == LEND_MEMORY_MEMFD
		       ? 42
		       : 2;
}

static void test_environment(void **state)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setenv("LEND_FAKE_DRM", personality_path("virtio-gpu"), 1);
		setenv("LEND_FAKE_DRM_INJECT", "mmap -> ENODEV;uname -> 9.9", 1);
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		execl(self, "test-alloc-double", "--program", NULL);
		_exit(127);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
}

static int unload(void **state)
{
	fake_drm_unload();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_strict, unload),
		cmocka_unit_test_teardown(test_read_only_for_life, unload),
		cmocka_unit_test_teardown(test_like_a_dmabuf, unload),
		cmocka_unit_test_teardown(test_handles, unload),
		cmocka_unit_test_teardown(test_sent, unload),
		cmocka_unit_test_teardown(test_counts, unload),
		cmocka_unit_test_teardown(test_unloaded, unload),
		cmocka_unit_test(test_environment),
	};
	if (argc > 1 && strcmp(argv[1], "--program") == 0)
		return as_program();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
