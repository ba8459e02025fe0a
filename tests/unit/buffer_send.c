/* SPDX-License-Identifier: MIT */
/* Sending, and receiving what was sent honestly. */
#include "buffer_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};

static void connect_pair(int type, int sockets[2])
{
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sockets), 0);
}

static void close_pair(const int sockets[2])
{
	close(sockets[0]);
	close(sockets[1]);
}

static void test_same_memory(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		size_t before = count_fds();
		int sockets[2];
		struct lend_buffer *sent = buffer_new(64, 48, LEND_FORMAT_RGB565), *got = NULL;
		struct lend_buffer_info info = {.size = sizeof(info)};
		void *ours, *theirs;
		connect_pair(types[i], sockets);
		assert_int_equal(lend_buffer_send(sockets[0], sent), 0);
		assert_int_equal(lend_buffer_receive(sockets[1], &got), 0);
		assert_int_equal(lend_buffer_describe(got, &info), 0);
		assert_int_equal(info.width, 64);
		assert_int_equal(info.height, 48);
		assert_int_equal(info.format, LEND_FORMAT_RGB565);
		assert_int_equal(info.planes[0].stride, 128);
		assert_int_equal(info.memory, LEND_MEMORY_MEMFD);
		assert_int_equal(info.caching, LEND_CACHING_UNKNOWN);
		assert_int_equal(fcntl(info.planes[0].fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(lend_buffer_begin(sent, LEND_WRITE, &ours), 0);
		memcpy(ours, "drawn by one", 13);
		assert_int_equal(lend_buffer_begin(got, LEND_READ_WRITE, &theirs), 0);
		assert_ptr_not_equal(ours, theirs);
		assert_string_equal(theirs, "drawn by one");
		lend_buffer_destroy(got);
		lend_buffer_destroy(sent);
		close_pair(sockets);
		assert_int_equal(count_fds(), before);
	}
}

/* The other process draws, and may die. */
static void test_between_processes(void **state)
{
	int sockets[2], status;
	struct lend_buffer *buffer = buffer_new(16, 8, LEND_FORMAT_XRGB8888);
	uint32_t *pixels;
	connect_pair(SOCK_STREAM, sockets);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct lend_buffer *lent;
		if (lend_buffer_receive(sockets[1], &lent) < 0 ||
		    lend_buffer_begin(lent, LEND_WRITE, (void **)&pixels) < 0)
			_exit(1);
		for (uint32_t i = 0; i < 128; i++)
			pixels[i] = 0xff000000 | i;
		_exit(0);
	}
	assert_int_equal(lend_buffer_send(sockets[0], buffer), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(lend_buffer_begin(buffer, LEND_READ, (void **)&pixels), 0);
	for (uint32_t i = 0; i < 128; i++)
		assert_int_equal(pixels[i], 0xff000000 | i);
	lend_buffer_destroy(buffer);
	close_pair(sockets);
}

static void test_nv12(void **state)
{
	for (size_t n_files = 1; n_files <= 2; n_files++) {
		int sockets[2], luma = memfd_new(8192, 0);
		int chroma = n_files > 1 ? memfd_new(8192, 0) : luma;
		struct lend_buffer *sent = NULL, *got = NULL;
		struct lend_buffer_info info = info_new(luma, 64, 32, LEND_FORMAT_NV12);
		size_t before;
		info.n_planes = 2;
		info.planes[1] = (struct lend_plane){chroma, 4096, 128};
		info.caching = LEND_CACHING_CACHED;
		assert_int_equal(lend_buffer_import(&info, &sent), 0);
		connect_pair(SOCK_SEQPACKET, sockets);
		assert_int_equal(lend_buffer_send(sockets[0], sent), 0);
		before = count_fds();
		assert_int_equal(lend_buffer_receive(sockets[1], &got), 0);
		assert_int_equal(count_fds(), before + n_files);
		assert_int_equal(lend_buffer_describe(got, &info), 0);
		assert_int_equal(info.n_planes, 2);
		assert_int_equal(info.planes[1].offset, 4096);
		assert_int_equal(info.planes[1].stride, 128);
		assert_int_equal(info.planes[0].fd == info.planes[1].fd, n_files == 1);
		assert_int_equal(info.caching, LEND_CACHING_CACHED);
		lend_buffer_destroy(sent);
		lend_buffer_destroy(got);
		close(luma);
		if (chroma != luma)
			close(chroma);
		close_pair(sockets);
	}
}

/* Three buffers and a byte of the program's own follow one another; each receive takes its own. */
static void test_not_past_its_own_message(void **state)
{
	int sockets[2];
	char byte;
	struct lend_buffer *buffers[3];
	connect_pair(SOCK_STREAM, sockets);
	for (uint32_t i = 0; i < 3; i++) {
		buffers[i] = buffer_new(10 + i, 10, LEND_FORMAT_XRGB8888);
		assert_int_equal(lend_buffer_send(sockets[0], buffers[i]), 0);
	}
	assert_int_equal(send(sockets[0], "x", 1, 0), 1);
	for (uint32_t i = 0; i < 3; i++) {
		struct lend_buffer *got = NULL;
		struct lend_buffer_info info = {.size = sizeof(info)};
		assert_int_equal(lend_buffer_receive(sockets[1], &got), 0);
		assert_int_equal(lend_buffer_describe(got, &info), 0);
		assert_int_equal(info.width, 10 + i);
		lend_buffer_destroy(got);
		lend_buffer_destroy(buffers[i]);
	}
	assert_int_equal(recv(sockets[1], &byte, 1, MSG_DONTWAIT), 1);
	assert_int_equal(byte, 'x');
	close_pair(sockets);
}

/* The receiver has asked for credentials: they come in the same message. */
static void test_with_credentials(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		int sockets[2], on = 1;
		struct lend_buffer *sent = buffer_new(16, 8, LEND_FORMAT_XRGB8888), *got = NULL;
		connect_pair(types[i], sockets);
		assert_int_equal(setsockopt(sockets[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)),
				 0);
		assert_int_equal(lend_buffer_send(sockets[0], sent), 0);
		assert_int_equal(lend_buffer_receive(sockets[1], &got), 0);
		lend_buffer_destroy(got);
		lend_buffer_destroy(sent);
		close_pair(sockets);
	}
}

static void set_nonblocking(int socket)
{
	assert_int_equal(fcntl(socket, F_SETFL, O_NONBLOCK), 0);
}

static void test_nothing_there(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		int sockets[2];
		struct lend_buffer *got = NULL;
		connect_pair(types[i], sockets);
		set_nonblocking(sockets[1]);
		assert_int_equal(lend_buffer_receive(sockets[1], &got), -EAGAIN);
		close(sockets[0]);
		assert_refused(lend_buffer_receive(sockets[1], &got), ENODATA, "has closed");
		assert_null(got);
		close(sockets[1]);
	}
}

/* Byte by byte: nothing is taken before all are there, then the buffer. */
static void test_bytes_on_nonblocking_stream(void **state)
{
	int sockets[2], fd = memfd_new(WIRE_BYTES, 0);
	struct wire wire = wire_good();
	struct lend_buffer *got = NULL;
	connect_pair(SOCK_STREAM, sockets);
	set_nonblocking(sockets[1]);
	raw_send(sockets[0], &wire, 1, &fd, 1);
	for (size_t i = 1; i < sizeof(wire); i++) {
		assert_refused(lend_buffer_receive(sockets[1], &got), EAGAIN, "no whole buffer");
		raw_send(sockets[0], (char *)&wire + i, 1, NULL, 0);
	}
	assert_int_equal(lend_buffer_receive(sockets[1], &got), 0);
	lend_buffer_destroy(got);
	close(fd);
	close_pair(sockets);
}

static void test_bytes_on_blocking_stream(void **state)
{
	int sockets[2], status, fd = memfd_new(WIRE_BYTES, 0);
	struct wire wire = wire_good();
	struct lend_buffer *got = NULL;
	connect_pair(SOCK_STREAM, sockets);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* The descriptor may come with any of the bytes. */
		for (size_t i = 0; i < sizeof(wire); i++)
			raw_send(sockets[0], (char *)&wire + i, 1, &fd, i == 40);
		_exit(0);
	}
	assert_int_equal(lend_buffer_receive(sockets[1], &got), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	lend_buffer_destroy(got);
	close(fd);
	close_pair(sockets);
}

/* The peer goes away after each possible number of bytes. */
static void test_end_in_the_middle(void **state)
{
	size_t before = count_fds();
	struct wire wire = wire_good();
	for (size_t length = 1; length < sizeof(wire); length++) {
		int sockets[2], fd = memfd_new(WIRE_BYTES, 0);
		struct lend_buffer *got = NULL;
		connect_pair(SOCK_STREAM, sockets);
		if (length % 2)
			set_nonblocking(sockets[1]);
		raw_send(sockets[0], &wire, length, &fd, 1);
		close(sockets[0]);
		close(fd);
		assert_refused(lend_buffer_receive(sockets[1], &got), ECONNRESET,
			       "closed the connection after");
		assert_null(got);
		close(sockets[1]);
	}
	assert_fds(before);
}

static void test_stalled_peer(void **state)
{
	int sockets[2];
	struct wire wire = wire_good();
	struct lend_buffer *got = NULL;
	const struct timeval limit = {.tv_usec = 1000};
	connect_pair(SOCK_STREAM, sockets);
	assert_int_equal(setsockopt(sockets[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	raw_send(sockets[0], &wire, 50, NULL, 0);
	assert_refused(lend_buffer_receive(sockets[1], &got), EBADMSG, "stopped after 50 of");
	close_pair(sockets);
}

static void test_not_such_a_socket(void **state)
{
	struct lend_buffer *buffer = buffer_new(16, 8, LEND_FORMAT_XRGB8888), *got = NULL;
	int sockets[2], fd = memfd_new(1, 0), inet = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	connect_pair(SOCK_DGRAM, sockets);
	const int wrong[] = {fd, sockets[0], inet};
	for (size_t i = 0; i < 3; i++) {
		if (wrong[i] < 0)
			continue; /* no IPv4 here */
		assert_refused(lend_buffer_send(wrong[i], buffer), EPROTOTYPE, "socket");
		assert_refused(lend_buffer_receive(wrong[i], &got), EPROTOTYPE, "socket");
	}
	assert_refused(lend_buffer_send(-1, buffer), EBADF, "fd -1");
	assert_refused(lend_buffer_receive(-1, &got), EBADF, "fd -1");
	lend_buffer_destroy(buffer);
	close(fd);
	if (inet >= 0)
		close(inet);
	close_pair(sockets);
}

/* No SIGPIPE either, or this would end here. */
static void test_peer_is_gone(void **state)
{
	struct lend_buffer *buffer = buffer_new(16, 8, LEND_FORMAT_XRGB8888);
	for (size_t i = 0; i < 2; i++) {
		int sockets[2];
		connect_pair(types[i], sockets);
		close(sockets[1]);
		assert_refused(lend_buffer_send(sockets[0], buffer), EPIPE, "the peer has closed");
		close(sockets[0]);
	}
	lend_buffer_destroy(buffer);
}

static void test_full_queue(void **state)
{
	struct lend_buffer *buffer = buffer_new(16, 8, LEND_FORMAT_XRGB8888);
	for (size_t i = 0; i < 2; i++) {
		int sockets[2], error, sent = 0;
		struct lend_buffer *got;
		connect_pair(types[i], sockets);
		set_nonblocking(sockets[0]);
		while ((error = lend_buffer_send(sockets[0], buffer)) == 0)
			sent++;
		assert_int_equal(error, -EAGAIN);
		assert_true(sent > 0);
		/* What was sent is whole. */
		set_nonblocking(sockets[1]);
		for (int j = 0; j < sent; j++) {
			assert_int_equal(lend_buffer_receive(sockets[1], &got), 0);
			lend_buffer_destroy(got);
		}
		assert_int_equal(lend_buffer_receive(sockets[1], &got), -EAGAIN);
		close_pair(sockets);
	}
	lend_buffer_destroy(buffer);
}

/* Interposed: a kernel that takes a few bytes at a time, with signals and a full queue in between.
 */
static struct {
	size_t step; /* bytes taken at a time, 0: as many as there are */
	size_t calls;
	int polls;
} partly;

__attribute__((visibility("default"))) ssize_t sendmsg(int fd, const struct msghdr *header,
						       int flags)
{
	struct msghdr part = *header;
	struct iovec data = *header->msg_iov;
	if (partly.step > 0 && ++partly.calls % 3 != 1) {
		errno = partly.calls % 3 == 2 ? EINTR : EAGAIN;
		return -1;
	}
	if (partly.step > 0 && data.iov_len > partly.step)
		data.iov_len = partly.step;
	part.msg_iov = &data;
	struct mmsghdr one = {.msg_hdr = part};
	return sendmmsg(fd, &one, 1, flags) < 0 ? -1 : (ssize_t)one.msg_len;
}

__attribute__((visibility("default"))) int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	const struct timespec limit = {timeout / 1000, timeout % 1000 * 1000000L};
	partly.polls++;
	if (partly.step > 0)
		return 1; /* the queue is not really full */
	return ppoll(fds, count, timeout < 0 ? NULL : &limit, NULL);
}

static void test_partial_writes(void **state)
{
	struct lend_buffer *buffer = buffer_new(16, 8, LEND_FORMAT_XRGB8888), *got = NULL;
	for (size_t step = 1; step < sizeof(struct wire); step += 13) {
		int sockets[2];
		size_t before = count_fds();
		connect_pair(SOCK_STREAM, sockets);
		set_nonblocking(sockets[0]);
		partly.step = step;
		partly.calls = 0;
		partly.polls = 0;
		assert_int_equal(lend_buffer_send(sockets[0], buffer), 0);
		partly.step = 0;
		size_t pieces = (sizeof(struct wire) + step - 1) / step;
		assert_int_equal(partly.calls, 3 * pieces - 2);
		assert_int_equal(partly.polls, pieces - 1);
		/* One descriptor in all. */
		assert_int_equal(lend_buffer_receive(sockets[1], &got), 0);
		lend_buffer_destroy(got);
		close_pair(sockets);
		assert_int_equal(count_fds(), before);
	}
	lend_buffer_destroy(buffer);
}

/* A buffer for reading only arrives as one. */
static void test_read_only(void **state)
{
	int sockets[2], fd = memfd_new(WIRE_BYTES, F_SEAL_SHRINK);
	char path[32];
	struct lend_buffer *sent = NULL, *got = NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int read_only = open(path, O_RDONLY | O_CLOEXEC);
	struct lend_buffer_info info = info_new(read_only, 16, 8, LEND_FORMAT_XRGB8888);
	assert_int_equal(lend_buffer_import(&info, &sent), 0);
	connect_pair(SOCK_SEQPACKET, sockets);
	assert_int_equal(lend_buffer_send(sockets[0], sent), 0);
	assert_int_equal(lend_buffer_receive(sockets[1], &got), 0);
	assert_int_equal(lend_buffer_begin(got, LEND_READ, NULL), 0);
	assert_int_equal(lend_buffer_end(got), 0);
	assert_int_equal(lend_buffer_begin(got, LEND_WRITE, NULL), -EACCES);
	lend_buffer_destroy(sent);
	lend_buffer_destroy(got);
	close(read_only);
	close(fd);
	close_pair(sockets);
}

/* The receiver is at its limit of open files: told as that, and the next buffer can be received. */
static void test_out_of_fds(void **state)
{
	int sockets[2];
	struct rlimit old, none;
	struct lend_buffer *buffer = buffer_new(16, 8, LEND_FORMAT_XRGB8888), *got = NULL;
	connect_pair(SOCK_SEQPACKET, sockets);
	assert_int_equal(lend_buffer_send(sockets[0], buffer), 0);
	assert_int_equal(lend_buffer_send(sockets[0], buffer), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_refused(lend_buffer_receive(sockets[1], &got), EMFILE, "ulimit -n");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(lend_buffer_receive(sockets[1], &got), 0);
	lend_buffer_destroy(got);
	lend_buffer_destroy(buffer);
	close_pair(sockets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_memory),
		cmocka_unit_test(test_between_processes),
		cmocka_unit_test(test_nv12),
		cmocka_unit_test(test_not_past_its_own_message),
		cmocka_unit_test(test_with_credentials),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_bytes_on_nonblocking_stream),
		cmocka_unit_test(test_bytes_on_blocking_stream),
		cmocka_unit_test(test_end_in_the_middle),
		cmocka_unit_test(test_stalled_peer),
		cmocka_unit_test(test_not_such_a_socket),
		cmocka_unit_test(test_peer_is_gone),
		cmocka_unit_test(test_full_queue),
		cmocka_unit_test(test_partial_writes),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_out_of_fds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
