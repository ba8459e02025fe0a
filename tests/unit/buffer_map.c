/* SPDX-License-Identifier: MIT */
/* Mapping, accesses and measurement, on memory that really is there. */
#include "buffer_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is drawn in the buffer is in the file. */
static void test_draw(void **state)
{
	struct lend_buffer *buffer = buffer_new(64, 64, LEND_FORMAT_XRGB8888);
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels = NULL;
	uint32_t seen = 0;
	assert_null(lend_buffer_plane(buffer, 0));
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, &pixels), 0);
	assert_ptr_equal(pixels, lend_buffer_plane(buffer, 0));
	assert_null(lend_buffer_plane(buffer, 1));
	assert_null(lend_buffer_plane(buffer, UINT32_MAX));
	((uint32_t *)pixels)[64 * 63 + 63] = 0x12345678;
	assert_int_equal(lend_buffer_end(buffer), 0);
	assert_null(lend_buffer_plane(buffer, 0));
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	assert_int_equal(pread(info.planes[0].fd, &seen, 4, 64 * 64 * 4 - 4), 4);
	assert_int_equal(seen, 0x12345678);
	lend_buffer_destroy(buffer);
}

static void test_balance(void **state)
{
	struct lend_buffer *buffer = buffer_new(16, 8, LEND_FORMAT_XRGB8888);
	assert_refused(lend_buffer_end(buffer), EINVAL, "no access is open");
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, NULL), 0);
	assert_refused(lend_buffer_begin(buffer, LEND_READ, NULL), EBUSY, "open already");
	assert_int_equal(lend_buffer_end(buffer), 0);
	assert_refused(lend_buffer_end(buffer), EINVAL, "lend_buffer_begin() first");
	assert_refused(lend_buffer_begin(buffer, 0, NULL), EINVAL, "access 0");
	assert_refused(lend_buffer_begin(buffer, 4, NULL), EINVAL, "access 4");
	assert_refused(lend_buffer_map(buffer, 7), EINVAL, "access 7");
	/* An access that is still open does not keep the buffer alive. */
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ_WRITE, NULL), 0);
	lend_buffer_destroy(buffer);
}

/* The protection of the only map of a test's memfd; NULL if there is none, or more than one. */
static const char *protection(const struct lend_buffer *buffer, char text[8])
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	char line[512];
	int found = 0;
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	off_t size = lseek(info.planes[0].fd, 0, SEEK_END);
	FILE *maps = fopen("/proc/self/maps", "re");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/memfd:test"))
			continue;
		unsigned long from, to;
		assert_int_equal(sscanf(line, "%lx-%lx %7s", &from, &to, text), 3);
		assert_true(to - from <= (unsigned long)size);
		found++;
	}
	fclose(maps);
	return found == 1 ? text : NULL;
}

/* Always shared; for reading until something else is asked for; never pulled away. */
static void test_maps(void **state)
{
	char text[8];
	struct lend_buffer *buffer = buffer_new(64, 64, LEND_FORMAT_XRGB8888);
	assert_null(protection(buffer, text));
	assert_int_equal(lend_buffer_map(buffer, LEND_READ), 0);
	assert_string_equal(protection(buffer, text), "r--s");
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, NULL), 0);
	assert_refused(lend_buffer_map(buffer, LEND_WRITE), EBUSY, "pull away");
	assert_int_equal(lend_buffer_map(buffer, LEND_READ), 0);
	assert_int_equal(lend_buffer_end(buffer), 0);
	assert_int_equal(lend_buffer_map(buffer, LEND_WRITE), 0);
	assert_string_equal(protection(buffer, text), "rw-s");
	void *first, *second;
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, &first), 0);
	assert_int_equal(lend_buffer_map(buffer, LEND_READ_WRITE), 0);
	assert_int_equal(lend_buffer_end(buffer), 0);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, &second), 0);
	assert_ptr_equal(first, second);
	lend_buffer_destroy(buffer);
}

static bool resident(const char *pixels, size_t pages)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	for (size_t i = 0; i < pages; i++) {
		unsigned char in = 0;
		assert_int_equal(mincore((void *)(uintptr_t)(pixels + i * page), 1, &in), 0);
		if (!(in & 1))
			return false;
	}
	return true;
}

static void test_prefault(void **state)
{
	struct lend_buffer *buffer = buffer_new(256, 256, LEND_FORMAT_XRGB8888);
	void *pixels;
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, &pixels), 0);
	assert_false(resident(pixels, 64));
	assert_int_equal(lend_buffer_end(buffer), 0);
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, &pixels), 0);
	assert_true(resident(pixels, 64));
	lend_buffer_destroy(buffer);
}

/* A small buffer far inside a big file maps and fills its own pages only. */
static void test_small_part_of_big_file(void **state)
{
	struct lend_buffer *buffer = NULL;
	int fd = memfd_new((uint64_t)1 << 40, 0);
	struct lend_buffer_info info = info_new(fd, 16, 8, LEND_FORMAT_XRGB8888);
	info.planes[0].offset = 0xc0000010;
	char *pixels;
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, (void **)&pixels), 0);
	memcpy(pixels, "here", 5);
	char seen[5];
	assert_int_equal(pread(fd, seen, 5, 0xc0000010), 5);
	assert_string_equal(seen, "here");
	lend_buffer_destroy(buffer);
	close(fd);
}

static void test_nv12_in_one_file(void **state)
{
	struct lend_buffer *buffer = NULL;
	int fd = memfd_new(65536, 0);
	struct lend_buffer_info info = info_new(fd, 101, 50, LEND_FORMAT_NV12);
	info.n_planes = 2;
	info.planes[0].offset = 20480;
	info.planes[1] = (struct lend_plane){fd, 4096, 102}; /* chroma lies before luma */
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, NULL), 0);
	uint8_t *luma = lend_buffer_plane(buffer, 0), *chroma = lend_buffer_plane(buffer, 1);
	assert_ptr_equal(luma, chroma + 16384);
	memset(luma, 0x11, 5050);
	memset(chroma, 0x22, 2550);
	const size_t luma_end = 20480 + (size_t)101 * 50, chroma_end = 4096 + (size_t)102 * 25;
	uint8_t file[65536];
	assert_int_equal(pread(fd, file, sizeof(file), 0), sizeof(file));
	for (size_t i = 0; i < sizeof(file); i++)
		assert_int_equal(file[i], i >= 20480 && i < luma_end	? 0x11
					  : i >= 4096 && i < chroma_end ? 0x22
									: 0);
	lend_buffer_destroy(buffer);
	close(fd);
}

static void test_nv12_in_two_files(void **state)
{
	struct lend_buffer *buffer = NULL;
	int luma = memfd_new(4096, 0), chroma = memfd_new(4096, 0);
	struct lend_buffer_info info = info_new(luma, 64, 32, LEND_FORMAT_NV12);
	char seen = 0;
	info.n_planes = 2;
	info.planes[1] = (struct lend_plane){chroma, 1024, 64};
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ_WRITE, NULL), 0);
	*(char *)lend_buffer_plane(buffer, 1) = 7;
	assert_int_equal(pread(chroma, &seen, 1, 1024), 1);
	assert_int_equal(seen, 7);
	lend_buffer_destroy(buffer);
	close(luma);
	close(chroma);
}

static struct lend_buffer *import_fd(int fd)
{
	struct lend_buffer *buffer = NULL;
	struct lend_buffer_info info = info_new(fd, 16, 8, LEND_FORMAT_XRGB8888);
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	close(fd);
	return buffer;
}

static void test_read_only_fd(void **state)
{
	char path[32];
	void *pixels;
	int fd = memfd_new(4096, 0);
	assert_int_equal(pwrite(fd, "abcd", 4, 0), 4);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct lend_buffer *buffer = import_fd(open(path, O_RDONLY | O_CLOEXEC));
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, &pixels), 0);
	assert_memory_equal(pixels, "abcd", 4);
	assert_int_equal(lend_buffer_end(buffer), 0);
	assert_refused(lend_buffer_begin(buffer, LEND_WRITE, &pixels), EACCES, "for writing");
	assert_refused(lend_buffer_measure(buffer, NULL), EACCES, "for writing");
	/* What it could be mapped for, it still can. */
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, &pixels), 0);
	assert_memory_equal(pixels, "abcd", 4);
	lend_buffer_destroy(buffer);
	close(fd);
}

static void test_write_only_fd(void **state)
{
	char path[32];
	int fd = memfd_new(4096, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct lend_buffer *buffer = import_fd(open(path, O_WRONLY | O_CLOEXEC));
	assert_refused(lend_buffer_begin(buffer, LEND_WRITE, NULL), EACCES, "for writing");
	lend_buffer_destroy(buffer);
	close(fd);
}

static void test_write_sealed(void **state)
{
	struct lend_buffer *buffer = import_fd(memfd_new(4096, F_SEAL_SHRINK | F_SEAL_WRITE));
	assert_refused(lend_buffer_map(buffer, LEND_WRITE), EACCES, "Permission denied");
	lend_buffer_destroy(buffer);
}

/* The caller vouched for memory that then shrank: no signal where it can be told beforehand. */
static void test_file_that_shrank(void **state)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct lend_buffer *buffer = import_fd(memfd_new(4096, 0));
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	assert_int_equal(ftruncate(info.planes[0].fd, 0), 0);
	assert_refused(lend_buffer_map(buffer, LEND_WRITE), EFAULT,
		       "the memory behind the map is gone");
	lend_buffer_destroy(buffer);
}

/* A file on a disk is as good as any, and what was in it stays. */
static void test_disk_file(void **state)
{
	void *pixels;
	int fd = disk_file_new(4096);
	assert_int_equal(pwrite(fd, "abcd", 4, 508), 4);
	struct lend_buffer *buffer = import_fd(fd);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ_WRITE, &pixels), 0);
	assert_memory_equal((char *)pixels + 508, "abcd", 4);
	lend_buffer_destroy(buffer);
}

static void fill(uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
}

static void check_measure(uint32_t width, uint32_t height)
{
	struct lend_buffer *buffer = buffer_new(width, height, LEND_FORMAT_XRGB8888);
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct lend_rates rates = {.size = sizeof(rates)};
	size_t length = (size_t)width * height * 4;
	uint8_t *expected = malloc(length);
	void *pixels;
	assert_non_null(expected);
	fill(expected, length);
	assert_int_equal(lend_buffer_begin(buffer, LEND_WRITE, &pixels), 0);
	fill(pixels, length);
	assert_refused(lend_buffer_measure(buffer, &rates), EBUSY, "open already");
	assert_int_equal(lend_buffer_end(buffer), 0);

	assert_int_equal(lend_buffer_measure(buffer, &rates), 0);
	assert_true(rates.read > 0 && rates.write > 0);
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	assert_int_equal(info.caching, LEND_CACHING_CACHED);
	assert_int_equal(lend_buffer_measure(buffer, NULL), 0);
	rates.size = 0;
	assert_refused(lend_buffer_measure(buffer, &rates), EINVAL, "rates.size");
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, &pixels), 0);
	assert_memory_equal(pixels, expected, length);
	lend_buffer_destroy(buffer);
	free(expected);
}

static void test_measure(void **state)
{
	check_measure(1024, 512);
	check_measure(33, 31);
	check_measure(1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draw),
		cmocka_unit_test(test_balance),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_prefault),
		cmocka_unit_test(test_small_part_of_big_file),
		cmocka_unit_test(test_nv12_in_one_file),
		cmocka_unit_test(test_nv12_in_two_files),
		cmocka_unit_test(test_read_only_fd),
		cmocka_unit_test(test_write_only_fd),
		cmocka_unit_test(test_write_sealed),
		cmocka_unit_test(test_file_that_shrank),
		cmocka_unit_test(test_disk_file),
		cmocka_unit_test(test_measure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
