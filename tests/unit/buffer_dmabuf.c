/* SPDX-License-Identifier: MIT */
/*
 * Dma-bufs, without a driver that makes any: memfds stand in for them. The calls by which a dma-buf
 * is told and bracketed are answered here, and recorded.
 */
#include "buffer_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define INTERPOSED __attribute__((visibility("default")))
#define CALLS_MAX  32

static ino_t dmabufs[4]; /* the inodes that are dma-bufs */
static struct {
	size_t dmabuf; /* whose turn it was: its place in dmabufs */
	uint64_t flags;
} calls[CALLS_MAX];
static size_t n_calls;
static int answers[CALLS_MAX]; /* errno of each SYNC in turn, 0: success */
static bool no_populate;
static bool slow_reads;

static int find_dmabuf(int fd)
{
	struct stat stat;
	for (int i = 0; i < 4; i++)
		if (dmabufs[i] && !fstat(fd, &stat) && stat.st_ino == dmabufs[i])
			return i;
	return -1;
}

INTERPOSED int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	int dmabuf = find_dmabuf(fd);
	if (request != DMA_BUF_IOCTL_SYNC || dmabuf < 0)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	assert_true(n_calls < CALLS_MAX);
	calls[n_calls].dmabuf = (size_t)dmabuf;
	calls[n_calls].flags = ((struct dma_buf_sync *)argument)->flags;
	errno = answers[n_calls++];
	return errno ? -1 : 0;
}

INTERPOSED int fstatfs(int fd, struct statfs *fs)
{
	int result = (int)syscall(SYS_fstatfs, fd, fs);
	if (find_dmabuf(fd) >= 0)
		fs->f_type = DMA_BUF_MAGIC;
	return result;
}

/* A dma-buf refuses to have its seals asked for, and has an exporter in /proc. */
INTERPOSED int fcntl(int fd, int command, ...)
{
	va_list args;
	va_start(args, command);
	long argument = va_arg(args, long);
	va_end(args);
	if (command == F_GET_SEALS && find_dmabuf(fd) >= 0) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

INTERPOSED int open(const char *path, int flags, ...)
{
	int fd;
	if (sscanf(path, "/proc/thread-self/fdinfo/%d", &fd) == 1 && find_dmabuf(fd) >= 0) {
		static const char text[] =
			"pos:\t0\nflags:\t02\nmnt_id:\t9\nsize:\t4096\ncount:\t2\n"
			"exp_name:\tfake\n";
		int info = memfd_create("fdinfo", MFD_CLOEXEC);
		assert_int_equal(pwrite(info, text, sizeof(text) - 1, 0), sizeof(text) - 1);
		return info;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

INTERPOSED int madvise(void *address, size_t length, int advice)
{
	if (advice == 23 && no_populate) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_madvise, address, length, advice);
}

/* Memory that is slow to read, by the clock: each reading of the time passes some, more after a
 * read of the map. */
INTERPOSED int clock_gettime(clockid_t clock, struct timespec *time)
{
	/* now() before and after each of: two reads and a write; and once to see whether to go on
	 */
	static const int64_t steps[] = {0, 100000, 0, 100000, 0, 1000, 0};
	static int64_t ns;
	static size_t step;
	if (!slow_reads)
		return (int)syscall(SYS_clock_gettime, clock, time);
	/* The first reading sets the budget. */
	ns += step < 1 ? 0 : steps[(step - 1) % 7];
	step++;
	*time = (struct timespec){ns / 1000000000, ns % 1000000000};
	return 0;
}

static int setup(void **state)
{
	memset(dmabufs, 0, sizeof(dmabufs));
	memset(answers, 0, sizeof(answers));
	n_calls = 0;
	no_populate = false;
	slow_reads = false;
	return 0;
}

static int dmabuf_new(size_t index, uint64_t bytes)
{
	struct stat stat;
	int fd = memfd_new(bytes, 0);
	assert_int_equal(fstat(fd, &stat), 0);
	dmabufs[index] = stat.st_ino;
	return fd;
}

static struct lend_buffer *dmabuf_buffer(void)
{
	struct lend_buffer *buffer = NULL;
	int fd = dmabuf_new(0, 4096);
	struct lend_buffer_info info = info_new(fd, 16, 8, LEND_FORMAT_XRGB8888);
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	close(fd);
	return buffer;
}

/* NV12 in as many dma-bufs. */
static struct lend_buffer *nv12_buffer(size_t n_dmabufs)
{
	struct lend_buffer *buffer = NULL;
	int luma = dmabuf_new(0, 4096), chroma = n_dmabufs > 1 ? dmabuf_new(1, 4096) : luma;
	struct lend_buffer_info info = info_new(luma, 32, 16, LEND_FORMAT_NV12);
	info.n_planes = 2;
	info.planes[1] = (struct lend_plane){chroma, 512, 32};
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	close(luma);
	if (chroma != luma)
		close(chroma);
	return buffer;
}

static void test_recognised(void **state)
{
	struct lend_buffer *buffer = dmabuf_buffer();
	struct lend_buffer_info info = {.size = sizeof(info)};
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	assert_int_equal(info.memory, LEND_MEMORY_DMABUF);
	assert_int_equal(info.caching, LEND_CACHING_UNKNOWN);
	lend_buffer_destroy(buffer);
	assert_int_equal(n_calls, 0);
}

static void test_bracket(void **state)
{
	struct lend_buffer *buffer = dmabuf_buffer();
	for (uint64_t access = LEND_READ; access <= LEND_READ_WRITE; access++) {
		n_calls = 0;
		assert_int_equal(lend_buffer_begin(buffer, (enum lend_access)access, NULL), 0);
		assert_int_equal(n_calls, 1);
		assert_int_equal(calls[0].flags, DMA_BUF_SYNC_START | access);
		assert_int_equal(lend_buffer_end(buffer), 0);
		assert_int_equal(n_calls, 2);
		assert_int_equal(calls[1].flags, DMA_BUF_SYNC_END | access);
	}
	lend_buffer_destroy(buffer);
	assert_int_equal(n_calls, 2);
}

static void test_memfd_is_not_bracketed(void **state)
{
	struct lend_buffer *buffer = buffer_new(16, 8, LEND_FORMAT_XRGB8888);
	dmabufs[0] = 1; /* nobody's */
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, NULL), 0);
	assert_int_equal(lend_buffer_end(buffer), 0);
	lend_buffer_destroy(buffer);
	assert_int_equal(n_calls, 0);
}

static void test_interruptions_are_retried(void **state)
{
	struct lend_buffer *buffer = dmabuf_buffer();
	answers[0] = EINTR;
	answers[1] = EAGAIN;
	answers[2] = EINTR;
	answers[4] = EAGAIN;
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, NULL), 0);
	assert_int_equal(n_calls, 4);
	assert_int_equal(lend_buffer_end(buffer), 0);
	assert_int_equal(n_calls, 6);
	assert_int_equal(calls[3].flags, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	assert_int_equal(calls[5].flags, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	lend_buffer_destroy(buffer);
}

static void test_one_bracket_for_each_dmabuf(void **state)
{
	for (size_t n = 1; n <= 2; n++) {
		setup(state);
		struct lend_buffer *buffer = nv12_buffer(n);
		assert_int_equal(lend_buffer_begin(buffer, LEND_READ, NULL), 0);
		assert_int_equal(n_calls, n);
		assert_int_equal(lend_buffer_end(buffer), 0);
		assert_int_equal(n_calls, 2 * n);
		for (size_t i = 0; i < 2 * n; i++)
			assert_int_equal(calls[i].dmabuf, i % n);
		lend_buffer_destroy(buffer);
	}
}

/* The second dma-buf refuses: the first one's bracket is closed, no access is open. */
static void test_failed_start(void **state)
{
	struct lend_buffer *buffer = nv12_buffer(2);
	void *pixels = &pixels;
	answers[1] = ENOMEM;
	answers[2] = EIO; /* what stopped it is what is told, not what went wrong afterwards */
	assert_refused(lend_buffer_begin(buffer, LEND_WRITE, &pixels), ENOMEM,
		       "DMA_BUF_IOCTL_SYNC (start): Cannot allocate memory");
	assert_ptr_equal(pixels, &pixels);
	assert_int_equal(n_calls, 3);
	assert_int_equal(calls[2].dmabuf, 0);
	assert_int_equal(calls[2].flags, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	assert_refused(lend_buffer_end(buffer), EINVAL, "no access is open");
	assert_null(lend_buffer_plane(buffer, 0));
	lend_buffer_destroy(buffer);
	assert_int_equal(n_calls, 3);
}

/* The first dma-buf refuses to end: the second is ended all the same, and the access is over. */
static void test_failed_end(void **state)
{
	struct lend_buffer *buffer = nv12_buffer(2);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, NULL), 0);
	answers[2] = EINVAL;
	assert_refused(lend_buffer_end(buffer), EINVAL, "DMA_BUF_IOCTL_SYNC (end)");
	assert_int_equal(n_calls, 4);
	assert_refused(lend_buffer_end(buffer), EINVAL, "no access is open");
	lend_buffer_destroy(buffer);
}

static void test_destroy_ends_the_access(void **state)
{
	struct lend_buffer *buffer = dmabuf_buffer();
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ_WRITE, NULL), 0);
	lend_buffer_destroy(buffer);
	assert_int_equal(n_calls, 2);
	assert_int_equal(calls[1].flags, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
}

/* Kernels and memory that cannot be populated are touched, and nothing in them changes. */
static void test_touched(void **state)
{
	struct lend_buffer *buffer = dmabuf_buffer();
	struct lend_buffer_info info = {.size = sizeof(info)};
	uint8_t *pixels, bytes[512], in = 0;
	no_populate = true;
	memset(bytes, 0xa5, sizeof(bytes));
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	assert_int_equal(pwrite(info.planes[0].fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, (void **)&pixels), 0);
	assert_int_equal(mincore(pixels, 1, &in), 0);
	assert_int_equal(in & 1, 1);
	assert_memory_equal(pixels, bytes, sizeof(bytes));
	lend_buffer_destroy(buffer);
}

static void test_slow_reads_are_write_combined(void **state)
{
	struct lend_buffer *buffer = dmabuf_buffer();
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct lend_rates rates = {.size = sizeof(rates)};
	assert_int_equal(lend_buffer_map(buffer, LEND_WRITE), 0);
	slow_reads = true;
	assert_int_equal(lend_buffer_measure(buffer, &rates), 0);
	slow_reads = false;
	assert_int_equal(rates.read, 5); /* 512 bytes in 100 us */
	assert_int_equal(rates.write, 512);
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	assert_int_equal(info.caching, LEND_CACHING_WRITE_COMBINED);
	/* Measured between START and END of an access that reads and writes. */
	assert_int_equal(n_calls, 2);
	assert_int_equal(calls[0].flags, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	lend_buffer_destroy(buffer);
}

/* From process to process: the kind survives where it does not contradict the descriptor. */
static void test_received(void **state)
{
	static const struct {
		uint32_t claimed, found;
	} rows[] = {
		{LEND_MEMORY_DUMB, LEND_MEMORY_DUMB},
		{LEND_MEMORY_UDMABUF, LEND_MEMORY_UDMABUF},
		{LEND_MEMORY_UNKNOWN, LEND_MEMORY_DMABUF},
		{LEND_MEMORY_MEMFD, LEND_MEMORY_DMABUF},
		{LEND_MEMORY_SHM, LEND_MEMORY_DMABUF},
		{8, LEND_MEMORY_DMABUF},
		{UINT32_MAX, LEND_MEMORY_DMABUF},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int sockets[2], fd = dmabuf_new(0, 4096);
		struct lend_buffer *buffer = NULL;
		struct lend_buffer_info info = {.size = sizeof(info)};
		struct wire wire = wire_good();
		wire.memory = rows[i].claimed;
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
		raw_send(sockets[0], &wire, sizeof(wire), &fd, 1);
		assert_int_equal(lend_buffer_receive(sockets[1], &buffer), 0);
		assert_int_equal(lend_buffer_describe(buffer, &info), 0);
		assert_int_equal(info.memory, rows[i].found);
		assert_int_equal(lend_buffer_begin(buffer, LEND_READ, NULL), 0);
		lend_buffer_destroy(buffer);
		close(fd);
		close(sockets[0]);
		close(sockets[1]);
	}
	assert_int_equal(n_calls, 2 * sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_recognised, setup),
		cmocka_unit_test_setup(test_bracket, setup),
		cmocka_unit_test_setup(test_memfd_is_not_bracketed, setup),
		cmocka_unit_test_setup(test_interruptions_are_retried, setup),
		cmocka_unit_test_setup(test_one_bracket_for_each_dmabuf, setup),
		cmocka_unit_test_setup(test_failed_start, setup),
		cmocka_unit_test_setup(test_failed_end, setup),
		cmocka_unit_test_setup(test_destroy_ends_the_access, setup),
		cmocka_unit_test_setup(test_touched, setup),
		cmocka_unit_test_setup(test_slow_reads_are_write_combined, setup),
		cmocka_unit_test_setup(test_received, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
