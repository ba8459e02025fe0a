/* SPDX-License-Identifier: MIT */
/*
 * lend_buffer_receive() against what a peer can send. An input is: the socket's type, the size of
 * the pieces it is written in, the number of descriptors, one byte for what each is, then the
 * message.
 */
#include <framelend/buffer.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FDS_MAX	    8
#define MESSAGE_MAX 4096

struct input {
	int type;
	size_t piece;
	size_t n_fds;
	const uint8_t *kinds;
	const uint8_t *message;
	size_t length;
};

static bool parse(const uint8_t *data, size_t size, struct input *input)
{
	if (size < 3 || size < 3 + (size_t)(data[2] % (FDS_MAX + 1)))
		return false;
	input->type = data[0] % 2 ? SOCK_SEQPACKET : SOCK_STREAM;
	input->n_fds = data[2] % (FDS_MAX + 1);
	input->kinds = data + 3;
	input->message = input->kinds + input->n_fds;
	input->length = size - 3 - input->n_fds;
	input->length = input->length < MESSAGE_MAX ? input->length : MESSAGE_MAX;
	/* A packet is written whole. */
	input->piece = input->type == SOCK_STREAM && data[1] > 0 ? data[1] : MESSAGE_MAX;
	return true;
}

static int memfd(off_t bytes, int seals)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, bytes) || fcntl(fd, F_ADD_SEALS, seals))
		abort();
	return fd;
}

static int descriptor(uint8_t kind)
{
	switch (kind % 8) {
	case 0: return memfd(4096, 0);
	case 1: return memfd(65536, F_SEAL_SHRINK);
	case 2: return memfd(512, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	case 3: return memfd(4096, F_SEAL_SEAL);
	case 4: return memfd(0, 0);
	case 5: return memfd(1 << 20, F_SEAL_SHRINK | F_SEAL_WRITE);
	case 6: return open("/dev/zero", O_RDWR | O_CLOEXEC);
	default: return eventfd(0, EFD_CLOEXEC);
	}
}

static void attach(struct msghdr *header, const int *fds, size_t n_fds)
{
	struct cmsghdr *control = header->msg_control;
	header->msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
	control->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(control), fds, n_fds * sizeof(int));
}

static void send_input(int socket, const struct input *input, const int *fds)
{
	union {
		char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	for (size_t sent = 0; sent < input->length; sent += input->piece) {
		size_t left = input->length - sent;
		struct iovec piece = {(void *)(uintptr_t)(input->message + sent),
				      left < input->piece ? left : input->piece};
		struct msghdr header = {.msg_iov = &piece, .msg_iovlen = 1};
		if (sent == 0 && input->n_fds > 0) {
			header.msg_control = &control;
			attach(&header, fds, input->n_fds);
		}
		if (sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
	}
	shutdown(socket, SHUT_WR);
}

/* All that its description promises can be read and, if it maps for that, written. */
static void use(struct lend_buffer *buffer)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	if (lend_buffer_describe(buffer, &info))
		abort();
	const struct lend_format *format = lend_format_get(info.format);
	enum lend_access access = LEND_READ_WRITE;
	if (lend_buffer_begin(buffer, access, NULL) &&
	    lend_buffer_begin(buffer, access = LEND_READ, NULL)) {
		if (info.modifier == LEND_MODIFIER_LINEAR && info.memory != LEND_MEMORY_MEMFD)
			abort();
		return;
	}
	for (uint32_t i = 0; i < info.n_planes; i++) {
		volatile uint8_t *pixels = lend_buffer_plane(buffer, i);
		size_t rows = lend_format_rows(format, i, info.height);
		size_t last = rows * info.planes[i].stride - 1;
		uint8_t sum = (uint8_t)(pixels[0] + pixels[last]);
		if (access & LEND_WRITE)
			pixels[0] = pixels[last] = sum;
	}
	if (lend_buffer_end(buffer))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input;
	int sockets[2], fds[FDS_MAX];
	struct lend_buffer *buffer = NULL;
	if (!parse(data, size, &input))
		return 0;
	if (socketpair(AF_UNIX, input.type | SOCK_CLOEXEC, 0, sockets))
		abort();
	for (size_t i = 0; i < input.n_fds; i++)
		fds[i] = descriptor(input.kinds[i]);
	send_input(sockets[0], &input, fds);
	for (size_t i = 0; i < input.n_fds; i++)
		close(fds[i]);
	int result = lend_buffer_receive(sockets[1], &buffer);
	/* A buffer or an error in words, and never that there is nothing yet. */
	if (result > 0 || (result == 0) != (buffer != NULL) || result == -EAGAIN)
		abort();
	if (buffer)
		use(buffer);
	lend_buffer_destroy(buffer);
	close(sockets[0]);
	close(sockets[1]);
	return 0;
}
