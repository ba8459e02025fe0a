/* SPDX-License-Identifier: MIT */
#include "buffer_helpers.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

struct wire wire_good(void)
{
	return (struct wire){
		.magic = LEND_FOURCC('L', 'E', 'N', 'D'),
		.version = 1,
		.size = sizeof(struct wire),
		.width = 16,
		.height = 8,
		.format = LEND_FORMAT_XRGB8888,
		.n_planes = 1,
		.memory = LEND_MEMORY_MEMFD,
		.caching = LEND_CACHING_CACHED,
		.n_fds = 1,
		.planes = {{0, 0, 64}},
	};
}

int memfd_new(uint64_t bytes, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

const char *disk_folder(void)
{
	static const char *const folders[] = {"/tmp", "/var/tmp", "."};
	struct statfs status;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (statfs(folders[i], &status) == 0 && status.f_type != TMPFS_MAGIC &&
		    access(folders[i], W_OK) == 0)
			return folders[i];
	print_message("/tmp, /var/tmp and this folder are all in memory or not writable\n");
	skip();
	return NULL;
}

int disk_file_new(uint64_t bytes)
{
	char path[64];
	snprintf(path, sizeof(path), "%s/framelend-test-XXXXXX", disk_folder());
	int fd = mkostemp(path, O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	return fd;
}

struct lend_buffer_info info_new(int fd, uint32_t width, uint32_t height, uint32_t format)
{
	const struct lend_format *row = lend_format_get(format);
	return (struct lend_buffer_info){
		.size = sizeof(struct lend_buffer_info),
		.width = width,
		.height = height,
		.format = format,
		.n_planes = 1,
		.planes = {{.fd = fd, .stride = lend_format_stride(row, 0, width)}},
	};
}

struct lend_buffer *buffer_new(uint32_t width, uint32_t height, uint32_t format)
{
	struct lend_buffer *buffer = NULL;
	struct lend_buffer_info info = info_new(-1, width, height, format);
	int fd = memfd_new((uint64_t)info.planes[0].stride * height, F_SEAL_SHRINK | F_SEAL_GROW);
	info.planes[0].fd = fd;
	assert_int_equal(lend_buffer_import(&info, &buffer), 0);
	close(fd);
	return buffer;
}

void raw_send(int socket, const void *bytes, size_t length, const int *fds, size_t n_fds)
{
	union {
		char bytes[CMSG_SPACE(253 * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec data = {(void *)(uintptr_t)bytes, length};
	struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1};
	if (n_fds > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.align.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.align), fds, n_fds * sizeof(int));
	}
	assert_int_equal(sendmsg(socket, &header, MSG_NOSIGNAL), length);
}

size_t count_fds(void)
{
	size_t count = 0;
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

void assert_fds(size_t expected)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	for (int i = 0; i < 10000 && count_fds() != expected; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(count_fds(), expected);
}

void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not contain \"%s\"", text, part);
}
