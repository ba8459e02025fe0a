/* SPDX-License-Identifier: MIT */
#include "helpers.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

const char *personality_path(const char *name)
{
	static char path[512];
	snprintf(path, sizeof(path), "%s/%s.txt", PERSONALITIES, name);
	return path;
}

size_t count_fds(void)
{
	size_t count = 0;
	DIR *directory = opendir("/proc/self/fd");
	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

struct lend_buffer_options small_options(uint32_t use, const char *allocator)
{
	return (struct lend_buffer_options){
		.size = sizeof(struct lend_buffer_options),
		.width = 801,
		.height = 601,
		.format = LEND_FORMAT_XRGB8888,
		.use = use,
		.allocator = allocator,
	};
}

const char *verdict_line(const struct lend_verdicts *verdicts, size_t index)
{
	static char line[1024];
	const struct lend_verdict *verdict = lend_verdicts_get(verdicts, index);
	line[0] = '\0';
	if (verdict)
		lend_verdict_format(verdict, line, sizeof(line));
	return line;
}

const struct lend_verdict *verdict_of(const struct lend_verdicts *verdicts, const char *allocator)
{
	for (size_t i = 0; i < lend_verdicts_count(verdicts); i++) {
		const struct lend_verdict *verdict = lend_verdicts_get(verdicts, i);
		if (strcmp(verdict->allocator, allocator) == 0)
			return verdict;
	}
	fail_msg("no verdict on %s", allocator);
	return NULL;
}

struct lend_device *open_fake(const char *personality, const char *path)
{
	struct lend_device *device = NULL;
	fake_drm_load(personality_path(personality));
	if (lend_device_open(path, &device) != 0)
		fail_msg("%s: %s", personality, lend_alloc_error());
	return device;
}

struct lend_buffer_info describe(const struct lend_buffer *buffer)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	assert_int_equal(lend_buffer_describe(buffer, &info), 0);
	return info;
}

void assert_zeroed(const struct lend_buffer *buffer)
{
	const int fd = describe(buffer).planes[0].fd;
	struct stat status;
	assert_int_equal(fstat(fd, &status), 0);
	const size_t size = (size_t)status.st_size;
	assert_true(size > 0);
	const unsigned char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	for (size_t i = 0; i < size; i++)
		if (map[i] != 0)
			fail_msg("byte %zu of %zu is 0x%02x", i, size, map[i]);
	munmap((void *)map, size);
}
