/* SPDX-License-Identifier: MIT */
#include "buffer/fds.h"
#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Only a dma-buf's entry has this line, and no peer can choose what the others' say. The path that
 * /proc gives for it ("/dmabuf:") could be any file's. */
static bool is_dmabuf(int fd)
{
	char path[48], text[1024];
	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", fd);
	int info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return false;
	ssize_t length = read(info, text, sizeof(text) - 1);
	close(info);
	text[length > 0 ? length : 0] = '\0';
	return strstr(text, "\nexp_name:\t") != NULL;
}

enum fd_kind fd_classify(int fd)
{
	/* Answered by the kernel itself for shmem and hugetlbfs, refused for all others. */
	if (fcntl(fd, F_GET_SEALS) >= 0) {
		struct statfs fs;
		return !fstatfs(fd, &fs) && fs.f_type == HUGETLBFS_MAGIC ? FD_HUGE : FD_SHMEM;
	}
	return is_dmabuf(fd) ? FD_DMABUF : FD_OTHER;
}

int fd_secure(int fd, enum fd_kind kind)
{
	if (kind == FD_DMABUF)
		return 0;
	/* Their sender can punch holes and use up the pool of huge pages: the next access faults.
	 */
	if (kind == FD_HUGE)
		return fail(-EPERM,
			    "memory of huge pages can be taken away by its sender: it should "
			    "send an ordinary memfd or a dma-buf");
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals >= 0 && seals & F_SEAL_SHRINK)
		return 0;
	if (!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		return 0;
	return fail(-EPERM,
		    "memory that could shrink cannot be sealed (%s): the sender should use "
		    "memfd_create(MFD_ALLOW_SEALING) and add F_SEAL_SHRINK",
		    seals >= 0 && seals & F_SEAL_SEAL ? "no sealing is allowed on it"
						      : strerror(errno));
}

struct closing {
	size_t count;
	int fds[];
};

static void *close_all(void *data)
{
	struct closing *closing = data;
	for (size_t i = 0; i < closing->count; i++)
		close(closing->fds[i]);
	free(closing);
	return NULL;
}

static int start_thread(struct closing *closing)
{
	pthread_t thread;
	pthread_attr_t attributes;
	sigset_t all, old;
	int error = pthread_attr_init(&attributes);
	if (error)
		return error;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	/* The program's signal handlers are not to run on it. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, &attributes, close_all, closing);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attributes);
	return error;
}

/* Without memory or threads they stay open: a leak, where closing them here could hang for ever. */
void fds_close(const int *fds, size_t count)
{
	struct closing *closing = NULL;
	for (size_t i = 0; i < count; i++) {
		if (fd_classify(fds[i]) != FD_OTHER) {
			close(fds[i]);
			continue;
		}
		if (!closing && !(closing = calloc(1, sizeof(*closing) + count * sizeof(int))))
			return;
		closing->fds[closing->count++] = fds[i];
	}
	if (closing && start_thread(closing))
		free(closing);
}
