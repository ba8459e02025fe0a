/* SPDX-License-Identifier: MIT */
/* Sending and receiving buffers: one message of a fixed size, with the descriptors on its first
 * byte. */
#include "buffer/fds.h"
#include "buffer/internal.h"
#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/sockios.h>

#define MAGIC	LEND_FOURCC('L', 'E', 'N', 'D')
#define VERSION 1

struct message_plane {
	uint32_t fd; /* its place among the descriptors */
	uint32_t offset, stride;
};

/* In the machine's own byte order: both ends are on it. Unused fields are zero. */
struct message {
	uint32_t magic;
	uint16_t version;
	uint16_t size; /* sizeof(struct message) */
	uint32_t width, height, format, n_planes;
	uint64_t modifier;
	uint32_t memory, caching;
	uint32_t n_fds, reserved;
	struct message_plane planes[LEND_PLANES_MAX];
};
_Static_assert(sizeof(struct message) == 96, "the same on every machine");

#define PREFIX offsetof(struct message, width)

/* Room for as many descriptors as the kernel passes at once (SCM_MAX_FD), so that none is dropped
 * behind our back, and for the credentials that SO_PASSCRED adds. */
#define FDS_MAX	     253
#define CONTROL_SIZE (CMSG_SPACE(FDS_MAX * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred)))

/* SOCK_STREAM, SOCK_SEQPACKET or -errno. */
static int check_socket(int socket)
{
	int domain, type;
	socklen_t size = sizeof(int);
	if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) ||
	    getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size)) {
		int error = errno == ENOTSOCK ? EPROTOTYPE : errno;
		return fail(-error, "fd %d is not a socket: %s", socket, strerror(errno));
	}
	if (domain != AF_UNIX || (type != SOCK_STREAM && type != SOCK_SEQPACKET))
		return fail(-EPROTOTYPE,
			    "socket %d cannot pass a buffer: give an AF_UNIX socket of type "
			    "SOCK_STREAM or SOCK_SEQPACKET",
			    socket);
	return type;
}

static int wait_for(int socket, short events)
{
	struct pollfd poll_fd = {.fd = socket, .events = events};
	int result;
	do
		result = poll(&poll_fd, 1, -1);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : 0;
}

/* ---- sending ---- */

static struct message fill_message(const struct lend_buffer *buffer)
{
	const struct lend_buffer_info *info = &buffer->info;
	struct message message = {
		.magic = MAGIC,
		.version = VERSION,
		.size = sizeof(message),
		.width = info->width,
		.height = info->height,
		.format = info->format,
		.n_planes = info->n_planes,
		.modifier = info->modifier,
		.memory = info->memory,
		.caching = info->caching,
		.n_fds = buffer->n_memories,
	};
	for (uint32_t i = 0; i < info->n_planes; i++)
		message.planes[i] = (struct message_plane){
			buffer->memory_of[i], info->planes[i].offset, info->planes[i].stride};
	return message;
}

static void fill_control(const struct lend_buffer *buffer, struct msghdr *header)
{
	int fds[LEND_PLANES_MAX];
	size_t size = buffer->n_memories * sizeof(int);
	for (uint32_t i = 0; i < buffer->n_memories; i++)
		fds[i] = buffer->memories[i].fd;
	header->msg_controllen = CMSG_SPACE(size);
	struct cmsghdr *control = CMSG_FIRSTHDR(header);
	*control = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(size), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(control), fds, size);
}

static int send_failed(int error)
{
	if (error == EPIPE || error == ECONNRESET)
		return fail(-EPIPE, "sending a buffer: the peer has closed the connection");
	return fail(-error, "sending a buffer: %s", strerror(error));
}

int lend_buffer_send(int socket, const struct lend_buffer *buffer)
{
	union {
		char bytes[CMSG_SPACE(LEND_PLANES_MAX * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	int type = check_socket(socket);
	if (type < 0)
		return type;
	if (buffer->memories[0].fd < 0)
		return fail(-EMEDIUMTYPE,
			    "the buffer is a map of its maker's, without a descriptor "
			    "that could be sent: allocate one that can be shared");
	struct message message = fill_message(buffer);
	struct iovec data = {&message, sizeof(message)};
	struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control};
	fill_control(buffer, &header);
	while (data.iov_len > 0) {
		ssize_t sent = sendmsg(socket, &header, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN && data.iov_len < sizeof(message)) {
			int error = wait_for(socket, POLLOUT);
			if (error)
				return send_failed(-error);
			continue;
		}
		if (sent < 0)
			return send_failed(errno);
		data.iov_base = (char *)data.iov_base + sent;
		data.iov_len -= (size_t)sent;
		header.msg_control = NULL;
		header.msg_controllen = 0;
	}
	return 0;
}

/* ---- receiving: the bytes and the descriptors ---- */

struct delivery {
	struct message message;
	size_t length;
	int fds[LEND_PLANES_MAX + FDS_MAX];
	size_t n_fds;
	int flags; /* msg_flags of all reads */
};

static void take_fds(struct delivery *delivery, struct msghdr *header)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control;
	     control = CMSG_NXTHDR(header, control)) {
		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		size_t size = control->cmsg_len - CMSG_LEN(0);
		memcpy(&delivery->fds[delivery->n_fds], CMSG_DATA(control), size);
		delivery->n_fds += size / sizeof(int);
	}
}

/* Reads up to `size` bytes of the message in all. What recvmsg() gives, or -errno. */
static ssize_t read_some(int socket, struct delivery *delivery, size_t size)
{
	union {
		char bytes[CONTROL_SIZE];
		struct cmsghdr align;
	} control;
	struct iovec data = {(char *)&delivery->message + delivery->length,
			     size - delivery->length};
	struct msghdr header = {.msg_iov = &data,
				.msg_iovlen = 1,
				.msg_control = &control,
				.msg_controllen = sizeof(control)};
	ssize_t length;
	do
		length = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	take_fds(delivery, &header);
	delivery->length += (size_t)length;
	delivery->flags |= header.msg_flags;
	return length;
}

/* Whether the descriptors are all there, and no more than any buffer has. */
static int check_count(const struct delivery *delivery)
{
	if (delivery->flags & MSG_CTRUNC)
		return fail(-EMFILE,
			    "some of the message's descriptors could not be received: raise the "
			    "limit of open files (ulimit -n)");
	if (delivery->n_fds > LEND_PLANES_MAX)
		return fail(-EBADMSG, "%zu descriptors came: a buffer has at most %d",
			    delivery->n_fds, LEND_PLANES_MAX);
	return 0;
}

static int check_prefix(const struct message *message)
{
	if (message->magic != MAGIC)
		return fail(-EBADMSG, "not a buffer: the message begins with 0x%08x",
			    message->magic);
	if (message->version != VERSION)
		return fail(-EPROTONOSUPPORT,
			    "a buffer in version %u of the message, this library knows %d: update "
			    "the older of the two programs",
			    message->version, VERSION);
	if (message->size != sizeof(*message))
		return fail(-EBADMSG, "the message claims %u bytes: version %d has %zu",
			    message->size, VERSION, sizeof(*message));
	return 0;
}

static int receive_failed(ssize_t error, const struct delivery *delivery)
{
	if (error && error != -ECONNRESET && !delivery->length)
		return fail((int)error, "receiving a buffer: %s", strerror((int)-error));
	if (error == -EAGAIN)
		return fail(-EBADMSG, "the peer stopped after %zu of a buffer's %zu bytes",
			    delivery->length, sizeof(delivery->message));
	if (!delivery->length && !error)
		return fail(-ENODATA, "the peer has closed the connection");
	return fail(-ECONNRESET, "the peer closed the connection after %zu of a buffer's %zu bytes",
		    delivery->length, sizeof(delivery->message));
}

/* Until `size` bytes of the message are there. */
static int read_until(int socket, struct delivery *delivery, size_t size)
{
	while (delivery->length < size) {
		ssize_t length = read_some(socket, delivery, size);
		if (length <= 0)
			return receive_failed(length, delivery);
		int error = check_count(delivery);
		if (error)
			return error;
	}
	return 0;
}

/* A non-blocking stream is left alone until the whole message is there: waiting for the rest would
 * let a peer stop the program. If the peer is gone there will be no more. */
static int check_queue(int socket)
{
	int queued;
	struct pollfd poll_fd = {.fd = socket, .events = POLLRDHUP};
	int flags = fcntl(socket, F_GETFL);
	if (flags < 0 || !(flags & O_NONBLOCK) || ioctl(socket, SIOCINQ, &queued) ||
	    queued >= (int)sizeof(struct message) || poll(&poll_fd, 1, 0) > 0)
		return 0;
	return fail(-EAGAIN, "no whole buffer has come yet: %d of %zu bytes", queued,
		    sizeof(struct message));
}

static int receive_stream(int socket, struct delivery *delivery)
{
	int error = check_queue(socket);
	if (!error)
		error = read_until(socket, delivery, PREFIX);
	if (!error)
		error = check_prefix(&delivery->message);
	if (!error)
		error = read_until(socket, delivery, sizeof(delivery->message));
	return error;
}

/* An empty message and the end of the connection look the same but for this. */
static bool hung_up(int socket)
{
	struct pollfd poll_fd = {.fd = socket, .events = POLLRDHUP};
	return poll(&poll_fd, 1, 0) > 0;
}

static int receive_packet(int socket, struct delivery *delivery)
{
	ssize_t length = read_some(socket, delivery, sizeof(delivery->message));
	if (length < 0 || (length == 0 && !delivery->n_fds && hung_up(socket)))
		return receive_failed(length, delivery);
	int error = check_count(delivery);
	if (error)
		return error;
	if ((size_t)length < PREFIX)
		return fail(-EBADMSG, "not a buffer: a message of %zd bytes", length);
	error = check_prefix(&delivery->message);
	if (error)
		return error;
	if ((size_t)length < sizeof(delivery->message) || delivery->flags & MSG_TRUNC)
		return fail(-EBADMSG, "the message has %s bytes than the %zu of a buffer",
			    delivery->flags & MSG_TRUNC ? "more" : "fewer",
			    sizeof(delivery->message));
	return 0;
}

/* ---- receiving: what they mean ---- */

/* Sizes against one another; what they mean is checked by importing. */
static int check_message(const struct message *message, size_t n_fds)
{
	static const struct message_plane none;
	uint32_t used = 0;
	if (message->n_fds != n_fds)
		return fail(-EBADMSG, "the message announces %u descriptors, %zu came",
			    message->n_fds, n_fds);
	if (message->n_planes < 1 || message->n_planes > LEND_PLANES_MAX)
		return fail(-EBADMSG, "the message announces %u planes: a buffer has 1 to %d",
			    message->n_planes, LEND_PLANES_MAX);
	for (uint32_t i = 0; i < message->n_planes; i++) {
		if (message->planes[i].fd >= n_fds)
			return fail(-EBADMSG, "plane %u names descriptor %u of %zu", i,
				    message->planes[i].fd, n_fds);
		used |= 1u << message->planes[i].fd;
	}
	if (used != (1u << n_fds) - 1)
		return fail(-EBADMSG, "a descriptor came that no plane names");
	for (uint32_t i = message->n_planes; i < LEND_PLANES_MAX; i++)
		if (memcmp(&message->planes[i], &none, sizeof(none)) != 0)
			return fail(-EBADMSG, "plane %u is described but not announced", i);
	if (message->reserved)
		return fail(-EBADMSG, "the reserved field holds %u", message->reserved);
	return 0;
}

static int secure(const struct delivery *delivery, enum fd_kind kinds[LEND_PLANES_MAX])
{
	for (size_t i = 0; i < delivery->n_fds; i++) {
		kinds[i] = fd_classify(delivery->fds[i]);
		if (kinds[i] == FD_OTHER)
			return fail(
				-EMEDIUMTYPE,
				"descriptor %zu is neither a memfd nor a dma-buf: a pipe, a socket "
				"or a file on disk cannot be drawn in safely%s",
				i,
				access("/proc/thread-self/fdinfo", F_OK) == 0
					? ""
					: " (dma-bufs cannot be told without /proc)");
		int error = fd_secure(delivery->fds[i], kinds[i]);
		if (error)
			return error;
	}
	return 0;
}

/* What the sender says its memory is, where the descriptor does not contradict it. */
static enum lend_memory memory_of(uint32_t claimed, enum fd_kind kind)
{
	if (kind != FD_DMABUF)
		return LEND_MEMORY_MEMFD;
	return claimed >= LEND_MEMORY_UDMABUF && claimed <= LEND_MEMORY_DMABUF ? claimed
									       : LEND_MEMORY_DMABUF;
}

static int import(const struct delivery *delivery, struct lend_buffer **buffer)
{
	enum fd_kind kinds[LEND_PLANES_MAX];
	const struct message *message = &delivery->message;
	int error = check_message(message, delivery->n_fds);
	if (!error)
		error = secure(delivery, kinds);
	if (error)
		return error;
	struct lend_buffer_info info = {
		.size = sizeof(info),
		.width = message->width,
		.height = message->height,
		.format = message->format,
		.n_planes = message->n_planes,
		.modifier = message->modifier,
		.memory = memory_of(message->memory, kinds[message->planes[0].fd]),
		.caching = message->caching <= LEND_CACHING_WRITE_COMBINED ? message->caching
									   : LEND_CACHING_UNKNOWN,
	};
	for (uint32_t i = 0; i < message->n_planes; i++)
		info.planes[i] =
			(struct lend_plane){delivery->fds[message->planes[i].fd],
					    message->planes[i].offset, message->planes[i].stride};
	return lend_buffer_import(&info, buffer);
}

int lend_buffer_receive(int socket, struct lend_buffer **buffer)
{
	struct delivery delivery = {.length = 0};
	int type = check_socket(socket);
	if (type < 0)
		return type;
	int error = type == SOCK_STREAM ? receive_stream(socket, &delivery)
					: receive_packet(socket, &delivery);
	if (!error)
		error = import(&delivery, buffer);
	fds_close(delivery.fds, delivery.n_fds);
	return error;
}
