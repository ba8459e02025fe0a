/* SPDX-License-Identifier: MIT */
/* Importing and describing buffers. */
#include "buffer_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
	const char *what;
	uint32_t width, height, format, n_planes;
	uint64_t modifier;
	struct wire_plane planes[LEND_PLANES_MAX]; /* .fd is not used */
	int error;
	const char *words;
} refused[] = {
	{"format", 16, 8, 0, 1, 0, {{0, 0, 64}}, EINVAL, "format 0x00000000 is not known"},
	{"no plane",
	 16,
	 8,
	 LEND_FORMAT_XRGB8888,
	 0,
	 0,
	 {{0, 0, 64}},
	 EINVAL,
	 "0 planes: XRGB8888 has 1"},
	{"planes", 16, 8, LEND_FORMAT_XRGB8888, 2, 0, {{0, 0, 64}, {0, 0, 64}}, EINVAL, "2 planes"},
	{"a plane less", 16, 8, LEND_FORMAT_NV12, 1, 0, {{0, 0, 16}}, EINVAL, "NV12 has 2"},
	{"5 planes", 16, 8, LEND_FORMAT_XRGB8888, 5, 1, {{0, 0, 64}}, EINVAL, "5 planes"},
	{"2^32-1 planes",
	 16,
	 8,
	 LEND_FORMAT_XRGB8888,
	 UINT32_MAX,
	 0,
	 {{0, 0, 64}},
	 EINVAL,
	 "planes"},
	{"width 0",
	 0,
	 8,
	 LEND_FORMAT_XRGB8888,
	 1,
	 0,
	 {{0, 0, 64}},
	 EINVAL,
	 "size 0x8: give 1 to 65535"},
	{"height 0", 16, 0, LEND_FORMAT_XRGB8888, 1, 0, {{0, 0, 64}}, EINVAL, "size 16x0"},
	{"width", 65536, 1, LEND_FORMAT_XRGB8888, 1, 0, {{0, 0, 262144}}, EINVAL, "65536x1"},
	{"height", 1, 65536, LEND_FORMAT_XRGB8888, 1, 0, {{0, 0, 4}}, EINVAL, "1x65536"},
	{"width 2^32-1", UINT32_MAX, 1, LEND_FORMAT_XRGB8888, 1, 0, {{0, 0, 64}}, EINVAL, "size"},
	{"stride",
	 16,
	 8,
	 LEND_FORMAT_XRGB8888,
	 1,
	 0,
	 {{0, 0, 60}},
	 EINVAL,
	 "stride 60 is too small: 16 pixels of XRGB8888 take 64 bytes"},
	{"stride 0",
	 16,
	 8,
	 LEND_FORMAT_XRGB8888,
	 1,
	 0,
	 {{0, 0, 0}},
	 EINVAL,
	 "stride 0 is too small"},
	{"odd stride",
	 16,
	 8,
	 LEND_FORMAT_XRGB8888,
	 1,
	 0,
	 {{0, 0, 66}},
	 EINVAL,
	 "multiples of the 4"},
	{"odd offset", 16, 8, LEND_FORMAT_RGB565, 1, 0, {{0, 1, 64}}, EINVAL, "multiples of the 2"},
	{"stride of chroma",
	 17,
	 8,
	 LEND_FORMAT_NV12,
	 2,
	 0,
	 {{0, 0, 17}, {0, 136, 17}},
	 EINVAL,
	 "plane 1: stride 17 is too small: 17 pixels of NV12 take 18"},
	{"huge stride",
	 16,
	 8,
	 LEND_FORMAT_XRGB8888,
	 1,
	 0,
	 {{0, 0, 0xfffffffc}},
	 EOVERFLOW,
	 "does not fit in 32 bits"},
	{"huge offset",
	 16,
	 8,
	 LEND_FORMAT_XRGB8888,
	 1,
	 0,
	 {{0, 0xfffffffc, 64}},
	 EOVERFLOW,
	 "does not fit"},
	{"just over 32 bits",
	 16,
	 8,
	 LEND_FORMAT_XRGB8888,
	 1,
	 0,
	 {{0, 0xfffffe00, 64}},
	 EOVERFLOW,
	 "offset 4294966784 + stride 64 * 8 rows"},
	{"just 32 bits",
	 16,
	 8,
	 LEND_FORMAT_XRGB8888,
	 1,
	 0,
	 {{0, 0xfffffdfc, 64}},
	 ENOSPC,
	 "the memory has 4096"},
	{"65535 square",
	 65535,
	 65535,
	 LEND_FORMAT_XRGB8888,
	 1,
	 0,
	 {{0, 0, 262140}},
	 EOVERFLOW,
	 "65535 rows"},
	{"height",
	 16,
	 65,
	 LEND_FORMAT_XRGB8888,
	 1,
	 0,
	 {{0, 0, 64}},
	 ENOSPC,
	 "the layout needs 4160 bytes, the memory has 4096"},
	{"offset", 16, 64, LEND_FORMAT_XRGB8888, 1, 0, {{0, 4, 64}}, ENOSPC, "needs 4100"},
	{"chroma offset",
	 64,
	 32,
	 LEND_FORMAT_NV12,
	 2,
	 0,
	 {{0, 0, 64}, {0, 3074, 64}},
	 ENOSPC,
	 "plane 1: the layout needs 4098"},
	{"tiled offset", 16, 8, LEND_FORMAT_XRGB8888, 1, 1, {{0, 4097, 64}}, ENOSPC, "4097"},
};

static void test_refused_layouts(void **state)
{
	size_t before = count_fds();
	int fd = memfd_new(4096, 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct lend_buffer *buffer = NULL;
		struct lend_buffer_info info = {
			.size = sizeof(info),
			.width = refused[i].width,
			.height = refused[i].height,
			.format = refused[i].format,
			.n_planes = refused[i].n_planes,
			.modifier = refused[i].modifier,
		};
		for (uint32_t j = 0; j < LEND_PLANES_MAX; j++)
			info.planes[j] = (struct lend_plane){fd, refused[i].planes[j].offset,
							     refused[i].planes[j].stride};
		print_message("%s\n", refused[i].what);
		assert_refused(lend_buffer_import(&info, &buffer), refused[i].error,
			       refused[i].words);
		assert_null(buffer);
	}
	close(fd);
	assert_int_equal(count_fds(), before);
}

static void check_refused_fd(int fd, int error, const char *words)
{
	struct lend_buffer *buffer = NULL;
	struct lend_buffer_info info = info_new(fd, 16, 8, LEND_FORMAT_XRGB8888);
	assert_refused(lend_buffer_import(&info, &buffer), error, words);
	assert_null(buffer);
}

static void test_refused_fds(void **state)
{
	int pipes[2], sockets[2];
	size_t before = count_fds();
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int path = open("/dev/zero", O_PATH | O_CLOEXEC);
	check_refused_fd(-1, EBADF, "plane 0: fd -1: Bad file descriptor");
	check_refused_fd(9999, EBADF, "fd 9999");
	check_refused_fd(pipes[0], EMEDIUMTYPE, "a pipe, a socket or a directory");
	check_refused_fd(sockets[0], EMEDIUMTYPE, "not memory");
	check_refused_fd(folder, EMEDIUMTYPE, "not memory");
	check_refused_fd(path, EBADF, "O_PATH");
	for (int i = 0; i < 2; i++) {
		close(pipes[i]);
		close(sockets[i]);
	}
	close(folder);
	close(path);
	assert_int_equal(count_fds(), before);
}

/* The second plane's fd is bad: the first one's duplicate is not left behind. */
static void test_refused_second_plane(void **state)
{
	size_t before = count_fds();
	struct lend_buffer *buffer = NULL;
	int fd = memfd_new(4096, 0);
	struct lend_buffer_info info = info_new(fd, 16, 8, LEND_FORMAT_NV12);
	info.n_planes = 2;
	info.planes[1] = (struct lend_plane){-1, 128, 16};
	assert_refused(lend_buffer_import(&info, &buffer), EBADF, "plane 1: fd -1");
	close(fd);
	assert_int_equal(count_fds(), before);
}

static void test_sizes_of_structs(void **state)
{
	struct lend_buffer *buffer = NULL;
	int fd = memfd_new(4096, 0);
	struct {
		struct lend_buffer_info info;
		uint64_t newer;
	} big = {info_new(fd, 16, 8, LEND_FORMAT_XRGB8888), 0};
	big.info.size = 3;
	assert_refused(lend_buffer_import(&big.info, &buffer), EINVAL, "info.size");
	big.info.size = sizeof(big);
	big.newer = 1;
	assert_refused(lend_buffer_import(&big.info, &buffer), E2BIG, "info.size");
	big.newer = 0;
	assert_int_equal(lend_buffer_import(&big.info, &buffer), 0);

	/* An older caller's struct ended before the caching. */
	struct lend_buffer_info info = {.size = offsetof(struct lend_buffer_info, caching),
					.caching = 77};
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	assert_int_equal(info.width, 16);
	assert_int_equal(info.size, offsetof(struct lend_buffer_info, caching));
	assert_int_equal(info.caching, 77);
	info.size = 0;
	assert_refused(lend_buffer_describe(buffer, &info), EINVAL, "info.size");
	lend_buffer_destroy(buffer);
	close(fd);
}

static void test_describe(void **state)
{
	struct lend_buffer *buffer = NULL;
	int fd = memfd_new(65536, F_SEAL_SHRINK);
	struct lend_buffer_info info = info_new(fd, 100, 50, LEND_FORMAT_ARGB8888), found = {0};
	info.planes[0].offset = 8192;
	info.planes[0].stride = 512;
	info.caching = LEND_CACHING_CACHED;
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	found.size = sizeof(found);
	assert_int_equal(lend_buffer_describe(buffer, &found), 0);
	assert_int_equal(found.width, 100);
	assert_int_equal(found.height, 50);
	assert_int_equal(found.format, LEND_FORMAT_ARGB8888);
	assert_int_equal(found.n_planes, 1);
	assert_int_equal(found.modifier, LEND_MODIFIER_LINEAR);
	assert_int_equal(found.planes[0].offset, 8192);
	assert_int_equal(found.planes[0].stride, 512);
	assert_int_equal(found.planes[1].fd, -1);
	assert_int_equal(found.memory, LEND_MEMORY_MEMFD);
	assert_int_equal(found.caching, LEND_CACHING_CACHED);
	/* A duplicate, closed on exec, of the same file. */
	assert_int_not_equal(found.planes[0].fd, fd);
	assert_int_equal(fcntl(found.planes[0].fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	assert_int_equal(lseek(found.planes[0].fd, 0, SEEK_END), 65536);
	lend_buffer_destroy(buffer);
	assert_int_equal(fcntl(found.planes[0].fd, F_GETFD), -1);
	lend_buffer_destroy(NULL);
}

static enum lend_memory memory_of(int fd, enum lend_memory given)
{
	struct lend_buffer *buffer = NULL;
	struct lend_buffer_info info = info_new(fd, 16, 8, LEND_FORMAT_XRGB8888);
	info.memory = given;
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	lend_buffer_destroy(buffer);
	close(fd);
	return info.memory;
}

static void test_memory_is_recognised(void **state)
{
	assert_int_equal(memory_of(memfd_new(4096, F_SEAL_SHRINK), 0), LEND_MEMORY_MEMFD);
	assert_int_equal(memory_of(memfd_new(4096, 0), 0), LEND_MEMORY_SHM);
	assert_int_equal(memory_of(disk_file_new(4096), 0), LEND_MEMORY_UNKNOWN);
	assert_int_equal(memory_of(open("/dev/zero", O_RDWR | O_CLOEXEC), 0), LEND_MEMORY_UNKNOWN);
	assert_int_equal(memory_of(memfd_new(4096, 0), LEND_MEMORY_DUMB), LEND_MEMORY_DUMB);
}

/* Planes in one file, whether the caller names it once or by two descriptors, share one of ours. */
static void test_planes_share_memory(void **state)
{
	struct lend_buffer *buffer = NULL;
	int fd = memfd_new(65536, 0), other = memfd_new(65536, 0);
	int again = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	const int seconds[] = {fd, again, other};
	for (size_t i = 0; i < 3; i++) {
		size_t before = count_fds();
		struct lend_buffer_info info = info_new(fd, 64, 32, LEND_FORMAT_NV12);
		info.n_planes = 2;
		info.planes[1] = (struct lend_plane){seconds[i], 2048, 64};
		assert_int_equal(lend_buffer_import(&info, &buffer), 0);
		assert_int_equal(lend_buffer_describe(buffer, &info), 0);
		assert_int_equal(info.planes[0].fd == info.planes[1].fd, i < 2);
		assert_int_equal(count_fds(), before + (i < 2 ? 1 : 2));
		lend_buffer_destroy(buffer);
	}
	close(fd);
	close(again);
	close(other);
}

/* Rows of two planes alternate: their ranges overlap, and that is fine. */
static void test_planes_may_overlap(void **state)
{
	struct lend_buffer *buffer = NULL;
	int fd = memfd_new(65536, 0);
	struct lend_buffer_info info = info_new(fd, 64, 32, LEND_FORMAT_NV12);
	info.n_planes = 2;
	info.planes[0].stride = 128;
	info.planes[1] = (struct lend_plane){fd, 64, 256};
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, NULL), 0);
	assert_ptr_equal((char *)lend_buffer_plane(buffer, 0) + 64, lend_buffer_plane(buffer, 1));
	lend_buffer_destroy(buffer);
	close(fd);
}

/* A tiled buffer: described and passed on, with a plane more than the format has; not mapped. */
static void test_tiled(void **state)
{
	struct lend_buffer *buffer = NULL;
	int fd = memfd_new(65536, 0);
	struct lend_buffer_info info = info_new(fd, 64, 32, LEND_FORMAT_XRGB8888);
	info.modifier = LEND_FOURCC(6, 0, 0, 0) | (uint64_t)1 << 56;
	info.n_planes = 2;
	info.planes[1] = (struct lend_plane){fd, 32768, 1};
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	assert_refused(lend_buffer_map(buffer, LEND_READ), EOPNOTSUPP,
		       "modifier 0x0100000000000006: only LINEAR");
	assert_refused(lend_buffer_begin(buffer, LEND_READ, NULL), EOPNOTSUPP, "LINEAR");
	assert_refused(lend_buffer_measure(buffer, NULL), EOPNOTSUPP, "LINEAR");
	lend_buffer_destroy(buffer);
	close(fd);
}

static void test_out_of_fds(void **state)
{
	struct rlimit old, none;
	struct lend_buffer *buffer = NULL;
	int fd = memfd_new(4096, 0);
	struct lend_buffer_info info = info_new(fd, 16, 8, LEND_FORMAT_XRGB8888);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)fd + 1;
	int filler[64], n = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	while (n < 64 && (filler[n] = fcntl(fd, F_DUPFD_CLOEXEC, 0)) >= 0)
		n++;
	assert_refused(lend_buffer_import(&info, &buffer), EMFILE, "Too many open files");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	while (n > 0)
		close(filler[--n]);
	close(fd);
}

static void *words_of_thread(void *data)
{
	assert_string_equal(lend_buffer_error(), "no error");
	check_refused_fd(-7, EBADF, "fd -7");
	return NULL;
}

static void test_words_belong_to_the_thread(void **state)
{
	pthread_t thread;
	check_refused_fd(-5, EBADF, "fd -5");
	assert_int_equal(pthread_create(&thread, NULL, words_of_thread, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_contains(lend_buffer_error(), "fd -5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_layouts),
		cmocka_unit_test(test_refused_fds),
		cmocka_unit_test(test_refused_second_plane),
		cmocka_unit_test(test_sizes_of_structs),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_memory_is_recognised),
		cmocka_unit_test(test_planes_share_memory),
		cmocka_unit_test(test_planes_may_overlap),
		cmocka_unit_test(test_tiled),
		cmocka_unit_test(test_out_of_fds),
		cmocka_unit_test(test_words_belong_to_the_thread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
