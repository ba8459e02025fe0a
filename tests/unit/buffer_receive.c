/* SPDX-License-Identifier: MIT */
/* Receiving what a hostile peer sends: everything is refused in words, and nothing is left open. */
#include "buffer_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};

/* Sends a message with descriptors, which it closes, and receives it. On a stream the peer then
 * goes. */
static int deliver(int type, const void *bytes, size_t length, int *fds, size_t n_fds)
{
	int sockets[2];
	struct lend_buffer *buffer = NULL;
	size_t before = count_fds() - n_fds;
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sockets), 0);
	raw_send(sockets[0], bytes, length, fds, n_fds);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	assert_int_equal(shutdown(sockets[0], SHUT_WR), 0);
	int result = lend_buffer_receive(sockets[1], &buffer);
	assert_int_equal(buffer != NULL, result == 0);
	lend_buffer_destroy(buffer);
	close(sockets[0]);
	close(sockets[1]);
	assert_fds(before);
	return result;
}

static int deliver_wire(int type, const struct wire *wire, size_t n_fds)
{
	int fds[253];
	for (size_t i = 0; i < n_fds; i++)
		fds[i] = memfd_new(WIRE_BYTES, 0);
	return deliver(type, wire, sizeof(*wire), fds, n_fds);
}

/* One field of a good message changed: its place, its size in bytes, its new value. */
#define FIELD(name, value) offsetof(struct wire, name), sizeof(((struct wire *)0)->name), value

static const struct {
	size_t offset, size;
	uint64_t value;
	int error;
	const char *words;
} headers[] = {
	{FIELD(magic, 0), EBADMSG, "not a buffer: the message begins with 0x00000000"},
	{FIELD(magic, 0x444e454d), EBADMSG, "not a buffer"},
	{FIELD(version, 0), EPROTONOSUPPORT, "version 0 of the message, this library knows 1"},
	{FIELD(version, 2), EPROTONOSUPPORT, "version 2"},
	{FIELD(version, 0xffff), EPROTONOSUPPORT, "version 65535"},
	{FIELD(size, 0), EBADMSG, "claims 0 bytes"},
	{FIELD(size, 95), EBADMSG, "claims 95 bytes: version 1 has 96"},
	{FIELD(size, 97), EBADMSG, "claims 97"},
	{FIELD(size, 0xffff), EBADMSG, "claims 65535"},
	{FIELD(width, 0), EINVAL, "size 0x8"},
	{FIELD(width, 17), EINVAL, "stride 64 is too small"},
	{FIELD(width, 65536), EINVAL, "size 65536x8"},
	{FIELD(width, UINT32_MAX), EINVAL, "size"},
	{FIELD(height, 0), EINVAL, "size 16x0"},
	{FIELD(height, 9), ENOSPC, "needs 576 bytes, the memory has 512"},
	{FIELD(height, 65535), ENOSPC, "needs 4194240"},
	{FIELD(height, UINT32_MAX), EINVAL, "size"},
	{FIELD(format, 0), EINVAL, "format 0x00000000"},
	{FIELD(format, LEND_FORMAT_NV12), EINVAL, "1 planes: NV12 has 2"},
	{FIELD(n_planes, 0), EBADMSG, "0 planes"},
	{FIELD(n_planes, 2), EINVAL, "2 planes: XRGB8888 has 1"},
	{FIELD(n_planes, 5), EBADMSG, "5 planes"},
	{FIELD(n_planes, UINT32_MAX), EBADMSG, "planes"},
	{FIELD(n_fds, 0), EBADMSG, "announces 0 descriptors, 1 came"},
	{FIELD(n_fds, 2), EBADMSG, "announces 2 descriptors, 1 came"},
	{FIELD(n_fds, UINT32_MAX), EBADMSG, "announces 4294967295"},
	{FIELD(reserved, 1), EBADMSG, "reserved field holds 1"},
	{FIELD(planes[0].fd, 1), EBADMSG, "plane 0 names descriptor 1 of 1"},
	{FIELD(planes[0].fd, UINT32_MAX), EBADMSG, "names descriptor"},
	{FIELD(planes[0].offset, 4), ENOSPC, "needs 516"},
	{FIELD(planes[0].offset, 2), EINVAL, "multiples"},
	{FIELD(planes[0].offset, 0xfffffffc), EOVERFLOW, "does not fit in 32 bits"},
	{FIELD(planes[0].stride, 0), EINVAL, "stride 0"},
	{FIELD(planes[0].stride, 60), EINVAL, "stride 60 is too small"},
	{FIELD(planes[0].stride, 65), EINVAL, "multiples"},
	{FIELD(planes[0].stride, 68), ENOSPC, "needs 544"},
	{FIELD(planes[0].stride, 0x80000000), EOVERFLOW, "stride 2147483648 * 8 rows"},
	{FIELD(planes[0].stride, 0xfffffffc), EOVERFLOW, "does not fit"},
	{FIELD(planes[1].fd, 1), EBADMSG, "plane 1 is described but not announced"},
	{FIELD(planes[3].stride, 64), EBADMSG, "plane 3 is described but not announced"},
	/* Nothing wrong with these: hints that are not understood are not believed. */
	{FIELD(memory, UINT32_MAX), 0, NULL},
	{FIELD(caching, UINT32_MAX), 0, NULL},
	{FIELD(modifier, 1), 0, NULL},
	{FIELD(width, 1), 0, NULL},
};

static void test_headers(void **state)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		for (size_t t = 0; t < 2; t++) {
			struct wire wire = wire_good();
			memcpy((char *)&wire + headers[i].offset, &headers[i].value,
			       headers[i].size);
			print_message("%zu: %s\n", i, headers[i].words ? headers[i].words : "good");
			assert_int_equal(deliver_wire(types[t], &wire, 1), -headers[i].error);
			if (headers[i].error)
				assert_contains(lend_buffer_error(), headers[i].words);
		}
}

/* NV12 in two descriptors, with the second plane's fields changed. */
static void test_second_plane(void **state)
{
	static const struct {
		struct wire_plane plane;
		uint32_t n_fds;
		int error;
		const char *words;
	} rows[] = {
		{{1, 0, 16}, 2, 0, NULL},
		{{0, 0, 16}, 1, 0, NULL},
		{{0, 0, 16}, 2, EBADMSG, "a descriptor came that no plane names"},
		{{2, 0, 16}, 2, EBADMSG, "plane 1 names descriptor 2 of 2"},
		{{1, 0, 16}, 3, EBADMSG, "no plane names"},
		{{1, 452, 16}, 2, ENOSPC, "plane 1: the layout needs 516"},
		{{1, 0, 14}, 2, EINVAL, "plane 1: stride 14"},
		{{1, 0xfffffffe, 16}, 2, EOVERFLOW, "plane 1"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t t = 0; t < 2; t++) {
			struct wire wire = wire_good();
			wire.format = LEND_FORMAT_NV12;
			wire.n_planes = 2;
			wire.n_fds = rows[i].n_fds;
			wire.planes[0].stride = 16;
			wire.planes[1] = rows[i].plane;
			assert_int_equal(deliver_wire(types[t], &wire, rows[i].n_fds),
					 -rows[i].error);
			if (rows[i].error)
				assert_contains(lend_buffer_error(), rows[i].words);
		}
}

static void test_number_of_fds(void **state)
{
	static const size_t numbers[] = {0, 2, 4, 5, 64, 253};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		for (size_t t = 0; t < 2; t++) {
			struct wire wire = wire_good();
			assert_refused(deliver_wire(types[t], &wire, numbers[i]), EBADMSG,
				       "descriptors");
			/* Announcing them all does not help. */
			wire.n_fds = (uint32_t)numbers[i];
			assert_int_equal(deliver_wire(types[t], &wire, numbers[i]), -EBADMSG);
		}
}

/* Every byte of a stream's message brings as many descriptors as it can. */
static void test_fds_with_each_byte(void **state)
{
	int sockets[2], fds[253];
	size_t before = count_fds();
	struct wire wire = wire_good();
	struct lend_buffer *buffer = NULL;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	fds[0] = memfd_new(1, 0);
	for (size_t i = 1; i < 253; i++)
		fds[i] = fds[0];
	raw_send(sockets[0], &wire, 1, fds, 3);
	for (size_t i = 1; i < 12; i++)
		raw_send(sockets[0], (char *)&wire + i, 1, fds, 253);
	close(fds[0]);
	assert_refused(lend_buffer_receive(sockets[1], &buffer), EBADMSG, "256 descriptors came");
	close(sockets[0]);
	close(sockets[1]);
	assert_fds(before);
}

static void test_length_of_packet(void **state)
{
	char bytes[8192] = {0};
	struct wire wire = wire_good();
	memcpy(bytes, &wire, sizeof(wire));
	static const size_t lengths[] = {1, 7, 8, 95, 97, 192, 8192};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int fd = memfd_new(WIRE_BYTES, 0);
		assert_refused(deliver(SOCK_SEQPACKET, bytes, lengths[i], &fd, 1), EBADMSG,
			       lengths[i] < 8	 ? "a message of"
			       : lengths[i] < 96 ? "fewer bytes than the 96"
						 : "more bytes than the 96");
	}
}

/* Refused messages of each kind, then a good one: it is received. */
static void test_seqpacket_goes_on(void **state)
{
	size_t before = count_fds();
	int sockets[2], pipes[2], fd = memfd_new(WIRE_BYTES, 0);
	struct wire wire = wire_good(), wrong = wire_good();
	struct lend_buffer *buffer = NULL;
	wrong.height = 100;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	raw_send(sockets[0], "rubbish", 7, NULL, 0);
	raw_send(sockets[0], "", 0, NULL, 0);
	raw_send(sockets[0], &wrong, sizeof(wrong), &fd, 1);
	raw_send(sockets[0], &wire, sizeof(wire), pipes, 1);
	raw_send(sockets[0], &wire, sizeof(wire), &fd, 1);
	assert_refused(lend_buffer_receive(sockets[1], &buffer), EBADMSG, "of 7 bytes");
	assert_refused(lend_buffer_receive(sockets[1], &buffer), EBADMSG, "of 0 bytes");
	assert_refused(lend_buffer_receive(sockets[1], &buffer), ENOSPC, "needs 6400 bytes");
	assert_refused(lend_buffer_receive(sockets[1], &buffer), EMEDIUMTYPE, "a pipe");
	assert_int_equal(lend_buffer_receive(sockets[1], &buffer), 0);
	lend_buffer_destroy(buffer);
	for (int i = 0; i < 2; i++) {
		close(sockets[i]);
		close(pipes[i]);
	}
	close(fd);
	assert_fds(before);
}

/* Rubbish in place of a message: never received, whatever it is; the seed is fixed. */
static void test_random_bytes(void **state)
{
	srand(2014);
	for (int i = 0; i < 400; i++) {
		char bytes[200];
		int fd = memfd_new(WIRE_BYTES, 0);
		size_t length = (size_t)(rand() % 200) + 1;
		for (size_t j = 0; j < length; j++)
			bytes[j] = (char)rand();
		if (i % 2 && length >= 8)
			memcpy(bytes, &(uint32_t){LEND_FOURCC('L', 'E', 'N', 'D')}, 4);
		assert_true(deliver(types[i % 2], bytes, length, &fd, 1) < 0);
	}
}

static int deliver_fd(int fd)
{
	struct wire wire = wire_good();
	return deliver(SOCK_SEQPACKET, &wire, sizeof(wire), &fd, 1);
}

static void test_not_memory(void **state)
{
	int pipes[2], sockets[2];
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	const int fds[] = {
		pipes[0],
		pipes[1],
		sockets[0],
		sockets[1],
		disk_file_new(WIRE_BYTES),
		open("/dev/zero", O_RDWR | O_CLOEXEC),
		open("/proc/self/status", O_RDONLY | O_CLOEXEC),
		open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		open("/dev/null", O_PATH | O_CLOEXEC),
		eventfd(0, EFD_CLOEXEC),
	};
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		assert_refused(deliver_fd(fds[i]), EMEDIUMTYPE, "neither a memfd nor a dma-buf");
}

/* A name that reads like a dma-buf's does not make one. */
static void test_named_like_a_dmabuf(void **state)
{
	char folder[64], path[128];
	snprintf(folder, sizeof(folder), "%s/framelend-test-XXXXXX", disk_folder());
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/dmabuf:\nexp_name:\tfake\n", folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, WIRE_BYTES), 0);
	assert_refused(deliver_fd(fd), EMEDIUMTYPE, "neither a memfd nor a dma-buf");
	unlink(path);
	rmdir(folder);
}

static int reopen(int fd, int flags)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int again = open(path, flags | O_CLOEXEC);
	assert_true(again >= 0);
	close(fd);
	return again;
}

static void test_memory_that_could_shrink(void **state)
{
	assert_refused(deliver_fd(memfd_new(WIRE_BYTES, F_SEAL_SEAL)), EPERM,
		       "no sealing is allowed on it");
	assert_refused(deliver_fd(memfd_create("plain", MFD_CLOEXEC)), EPERM, "MFD_ALLOW_SEALING");
	assert_refused(deliver_fd(reopen(memfd_new(WIRE_BYTES, 0), O_RDONLY)), EPERM,
		       "cannot be sealed");
	assert_int_equal(deliver_fd(reopen(memfd_new(WIRE_BYTES, F_SEAL_SHRINK), O_RDONLY)), 0);
	assert_int_equal(deliver_fd(memfd_new(WIRE_BYTES, F_SEAL_SHRINK | F_SEAL_SEAL)), 0);
	int huge = memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
	if (huge >= 0)
		assert_refused(deliver_fd(huge), EPERM, "huge pages");
	else
		print_message("not tried: huge pages: memfd_create: %s\n", strerror(errno));
}

/* A file on tmpfs that is not a memfd, where there is a tmpfs to write in. */
static void test_tmpfs_file(void **state)
{
	char path[] = "/dev/shm/framelend-test-XXXXXX";
	struct statfs fs;
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) || fs.f_type != 0x01021994) {
		print_message("not tried: /dev/shm is not a tmpfs that can be written\n");
		if (fd >= 0)
			close(fd);
		return;
	}
	unlink(path);
	assert_int_equal(ftruncate(fd, WIRE_BYTES), 0);
	assert_refused(deliver_fd(fd), EPERM, "no sealing is allowed on it");
}

/* The sender keeps its descriptor, and truncates the memory: after sending, then after receiving.
 */
static void test_truncated(void **state)
{
	struct wire wire = wire_good();
	struct lend_buffer *buffer = NULL;
	int sockets[2], early = memfd_new(WIRE_BYTES, 0), late = memfd_new(WIRE_BYTES, 0);
	char *pixels;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	raw_send(sockets[0], &wire, sizeof(wire), &early, 1);
	assert_int_equal(ftruncate(early, WIRE_BYTES - 1), 0);
	assert_refused(lend_buffer_receive(sockets[1], &buffer), ENOSPC, "the memory has 511");

	raw_send(sockets[0], &wire, sizeof(wire), &late, 1);
	assert_int_equal(lend_buffer_receive(sockets[1], &buffer), 0);
	assert_int_equal(ftruncate(late, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ_WRITE, (void **)&pixels), 0);
	/* Nor can a hole be punched that would fault. */
	assert_int_equal(fallocate(late, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
	pixels[WIRE_BYTES - 1] = 1;
	lend_buffer_destroy(buffer);
	close(early);
	close(late);
	close(sockets[0]);
	close(sockets[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_second_plane),
		cmocka_unit_test(test_number_of_fds),
		cmocka_unit_test(test_fds_with_each_byte),
		cmocka_unit_test(test_length_of_packet),
		cmocka_unit_test(test_seqpacket_goes_on),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_not_memory),
		cmocka_unit_test(test_named_like_a_dmabuf),
		cmocka_unit_test(test_memory_that_could_shrink),
		cmocka_unit_test(test_tmpfs_file),
		cmocka_unit_test(test_truncated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
