/* SPDX-License-Identifier: MIT */
/*
 * A descriptor of a file on a FUSE file system whose process never answers. Receiving it must not
 * ask that process for anything; closing it cannot help asking, and must not be waited for.
 *
 * Three processes: this one receives; the holder mounts the file system in name spaces of its own,
 * opens a file on it and sends it; the daemon, its child, answers until the file is open and never
 * again.
 */
#include "buffer_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS_MAX 64
#define SKIP	     77

/* Seen by all three. */
static struct {
	volatile pid_t daemon;
	volatile int gave_up; /* the daemon ended by itself */
	volatile int open;    /* the file is: from here on nothing is answered */
	volatile uint32_t n_requests;
	volatile uint32_t requests[REQUESTS_MAX]; /* that came since */
} * shared;

/* ---- the daemon ---- */

static size_t answer(const struct fuse_in_header *request, char *body)
{
	const struct fuse_attr file = {.ino = 2,
				       .size = WIRE_BYTES,
				       .mode = S_IFREG | 0666,
				       .nlink = 1,
				       .uid = request->uid,
				       .gid = request->gid};
	const struct fuse_attr root = {.ino = 1,
				       .mode = S_IFDIR | 0755,
				       .nlink = 1,
				       .uid = request->uid,
				       .gid = request->gid};
	switch (request->opcode) {
	case FUSE_INIT:
		*(struct fuse_init_out *)body = (struct fuse_init_out){
			.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096};
		return sizeof(struct fuse_init_out);
	case FUSE_LOOKUP:
		*(struct fuse_entry_out *)body = (struct fuse_entry_out){.nodeid = 2, .attr = file};
		return sizeof(struct fuse_entry_out);
	case FUSE_GETATTR:
		*(struct fuse_attr_out *)body =
			(struct fuse_attr_out){.attr = request->nodeid == 1 ? root : file};
		return sizeof(struct fuse_attr_out);
	case FUSE_OPEN:
		*(struct fuse_open_out *)body = (struct fuse_open_out){.fh = 1};
		return sizeof(struct fuse_open_out);
	default: return 0;
	}
}

static void give_up(int signal)
{
	shared->gave_up = 1;
	_exit(1);
}

static void serve(int device)
{
	static char request[1 << 17] __attribute__((aligned(8)));
	char reply[256] __attribute__((aligned(8)));
	const struct fuse_in_header *in = (const void *)request;
	struct fuse_out_header *out = (void *)reply;
	/* If a test hangs it is let go, and fails, after that. */
	signal(SIGALRM, give_up);
	alarm(60);
	while (read(device, request, sizeof(request)) > 0) {
		if (shared->open) {
			shared->requests[shared->n_requests++ % REQUESTS_MAX] = in->opcode;
			continue;
		}
		if (in->opcode == FUSE_FORGET || in->opcode == FUSE_INTERRUPT)
			continue;
		memset(reply, 0, sizeof(reply));
		size_t size = answer(in, reply + sizeof(*out));
		*out = (struct fuse_out_header){.len = (uint32_t)(sizeof(*out) + size),
						.error = size > 0 ? 0 : -ENOSYS,
						.unique = in->unique};
		if (in->opcode == FUSE_OPEN)
			shared->open = 1;
		if (write(device, reply, out->len) < 0)
			break;
	}
	_exit(0);
}

/* ---- the holder ---- */

static _Noreturn void holder_skips(int socket, const char *call)
{
	char text[256];
	int length = snprintf(text, sizeof(text), "%s: %s", call, strerror(errno));
	(void)!send(socket, text, (size_t)length, 0);
	_exit(SKIP);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	(void)!write(fd, text, strlen(text));
	close(fd);
}

/* Name spaces in which this user may mount: without privileges one of users that has only this one.
 */
static int enter_namespaces(uid_t uid, gid_t gid)
{
	char text[64];
	if (!unshare(CLONE_NEWNS))
		return 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	write_file("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "%u %u 1", uid, uid);
	write_file("/proc/self/uid_map", text);
	snprintf(text, sizeof(text), "%u %u 1", gid, gid);
	write_file("/proc/self/gid_map", text);
	return 0;
}

/* The mount is seen by the holder and the daemon alone. */
static void hold(const char *folder, int socket)
{
	char path[64], options[128];
	uid_t uid = getuid();
	gid_t gid = getgid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (enter_namespaces(uid, gid))
		holder_skips(socket, "unshare(CLONE_NEWUSER | CLONE_NEWNS)");
	/* Opened in here: only the name space of its opener can mount it. */
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		holder_skips(socket, "open(/dev/fuse)");
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", device,
		 uid, gid);
	if (mount("fuse", folder, "fuse", MS_NOSUID | MS_NODEV, options))
		holder_skips(socket, "mount(fuse)");
	pid_t daemon = fork();
	if (daemon == 0)
		serve(device);
	shared->daemon = daemon;
	close(device);
	snprintf(path, sizeof(path), "%s/file", folder);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		holder_skips(socket, "open of a file on FUSE");
	struct wire wire = wire_good();
	raw_send(socket, &wire, sizeof(wire), &fd, 1);
	for (;;)
		pause();
}

/* ---- the test ---- */

static char folder[] = "/tmp/framelend-test-XXXXXX";
static int sockets[2];
static pid_t holder;
static char why_not[256];

static int start(void **state)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || !mkdtemp(folder) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return -1;
	holder = fork();
	if (holder == 0) {
		close(sockets[0]);
		hold(folder, sockets[1]);
	}
	close(sockets[1]);
	/* Either the message with the descriptor or the words why there is none. */
	ssize_t length = recv(sockets[0], why_not, sizeof(why_not) - 1, MSG_PEEK);
	if (length == sizeof(struct wire))
		why_not[0] = '\0';
	return length > 0 ? 0 : -1;
}

/* When the daemon dies the kernel ends all that waits for it. */
static int stop(void **state)
{
	if (shared->daemon > 0)
		kill(shared->daemon, SIGKILL);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	close(sockets[0]);
	return rmdir(folder);
}

static void test_hung_file(void **state)
{
	struct lend_buffer *buffer = NULL;
	size_t before = count_fds();
	assert_refused(lend_buffer_receive(sockets[0], &buffer), EMEDIUMTYPE,
		       "neither a memfd nor a dma-buf");
	assert_null(buffer);
	/* Had it waited, it would have done so until the daemon's end. */
	assert_false(shared->gave_up);
	/* The thread's close() takes the descriptor away at once, whatever it waits for then. */
	assert_fds(before);
	const struct timespec pause = {.tv_nsec = 1000000};
	for (int i = 0; i < 10000 && shared->n_requests == 0; i++)
		nanosleep(&pause, NULL);
	assert_false(shared->gave_up);
	/* It has been asked about the close, and about nothing else. */
	assert_true(shared->n_requests > 0);
	for (uint32_t i = 0; i < shared->n_requests; i++)
		assert_int_equal(shared->requests[i], FUSE_FLUSH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_hung_file)};
	if (start(NULL)) {
		perror("starting the holder");
		return 1;
	}
	if (why_not[0]) {
		printf("skipped: a FUSE file system cannot be mounted here: %s\n", why_not);
		stop(NULL);
		return SKIP;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return stop(NULL) ? 1 : failed;
}
