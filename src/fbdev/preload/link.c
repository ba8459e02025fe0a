/* SPDX-License-Identifier: MIT */
#include "preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* The keeper, as the environment tells it. */
static struct {
	char name[LINK_NAME_MAX];
	unsigned major, minor;
	unsigned long inode;
	bool known;
} keeper;

static void find_keeper(void)
{
	const char *text = getenv(LINK_VARIABLE);
	keeper.known = text && sscanf(text, LINK_FORMAT, keeper.name, &keeper.major, &keeper.minor,
				      &keeper.inode) == 4;
}

static bool know_keeper(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, find_keeper);
	return keeper.known;
}

void *next_function(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

enum device device_named(const char *path)
{
	static const char *const framebuffers[] = {"/dev/fb0", "/dev/fb/0", "/dev/graphics/fb0"};
	int saved = errno;
	bool known = path && strncmp(path, "/dev/", 5) == 0 && know_keeper();
	errno = saved;
	if (!known)
		return DEVICE_NONE;
	for (size_t i = 0; i < sizeof(framebuffers) / sizeof(*framebuffers); i++)
		if (strcmp(path, framebuffers[i]) == 0)
			return DEVICE_FRAMEBUFFER;
	if (strcmp(path, "/dev/tty") == 0)
		return DEVICE_TERMINAL;
	const char *number = strncmp(path, "/dev/tty", 8) == 0	 ? path + 8
			     : strncmp(path, "/dev/vc/", 8) == 0 ? path + 8
								 : "";
	size_t digits = strspn(number, "0123456789");
	if (strcmp(path, "/dev/console") == 0 ||
	    (digits > 0 && digits <= 2 && number[digits] == '\0'))
		return DEVICE_CONSOLE;
	return DEVICE_NONE;
}

bool has_identity(uint32_t major, uint32_t minor, uint64_t inode)
{
	return know_keeper() && major == keeper.major && minor == keeper.minor &&
	       inode == keeper.inode;
}

int64_t framebuffer_size(int fd)
{
	struct statx status;
	int saved = errno;
	/* Not by name: stat() and its kin are ours. */
	bool found =
		know_keeper() &&
		syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_INO | STATX_SIZE, &status) == 0 &&
		has_identity(status.stx_dev_major, status.stx_dev_minor, status.stx_ino);
	errno = saved;
	return found ? (int64_t)status.stx_size : -1;
}

/* ---- asking --------------------------------------------------------------------------------- */

static int connect_to_keeper(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(keeper.name);
	memcpy(address.sun_path + 1, keeper.name, length);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
	int result;
	do
		result = connect(fd, (struct sockaddr *)&address, size);
	while (result < 0 && errno == EINTR);
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t n = sizeof(peer);
	/* The name is anybody's once the keeper is gone. */
	if (result == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	    (peer.uid == geteuid() || peer.uid == 0 || geteuid() == 0))
		return fd;
	close(fd);
	return -ENODEV; /* as of a device that was unplugged */
}

/* The program's own fault, or the keeper's end. */
static int failure(void)
{
	return errno == EPIPE || errno == ECONNRESET ? -ENODEV : -errno;
}

static int send_request(int socket, const struct link_request *request, const void *in, size_t n_in,
			int fd)
{
	struct iovec parts[] = {{(void *)(uintptr_t)request, sizeof(*request)},
				{(void *)(uintptr_t)in, n_in}};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = n_in > 0 ? 2 : 1};
	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		*CMSG_FIRSTHDR(&message) =
			(struct cmsghdr){CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	}
	ssize_t sent;
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? failure() : 0;
}

static int receive_answer(int socket, void *out, size_t n_out, int *fd)
{
	struct link_answer answer;
	struct iovec parts[] = {{&answer, sizeof(answer)}, {out, n_out}};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct msghdr message = {.msg_iov = parts,
				 .msg_iovlen = n_out > 0 ? 2 : 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t length;
	do
		length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length < (ssize_t)sizeof(answer))
		return length < 0 ? failure() : -ENODEV;
	struct cmsghdr *passed = CMSG_FIRSTHDR(&message);
	if (passed && passed->cmsg_type == SCM_RIGHTS) {
		int received;
		memcpy(&received, CMSG_DATA(passed), sizeof(received));
		if (fd)
			*fd = received;
		else
			close(received);
	}
	return answer.error;
}

int link_ask(const struct link_request *request, const void *in, size_t n_in, void *out,
	     size_t n_out, int *fd)
{
	int given = fd ? *fd : -1;
	if (fd)
		*fd = -1;
	int socket = know_keeper() ? connect_to_keeper() : -ENODEV;
	if (socket < 0)
		return socket;
	int result = send_request(socket, request, in, n_in, given);
	if (result == 0)
		result = receive_answer(socket, out, n_out, fd);
	close(socket);
	return result;
}
