/* SPDX-License-Identifier: MIT */
/*
 * Descriptors from a peer that is not trusted. A file on FUSE is whatever a process says it is:
 * asking for its size, its file system, even closing it waits for that process to answer, perhaps
 * for ever.
 */
#ifndef BUFFER_FDS_H
#define BUFFER_FDS_H

#include <stddef.h>

enum fd_kind {
	FD_OTHER = 0, /* not memory */
	FD_SHMEM,     /* a memfd or a file on tmpfs */
	FD_HUGE,      /* the same of huge pages */
	FD_DMABUF,
};

/* What the fd is, found out without ever calling into its file system. */
enum fd_kind fd_classify(int fd);

/* Seals the memory against shrinking if it is not. 0, or -EPERM with the cause in fail_text(). */
int fd_secure(int fd, enum fd_kind kind);

/* Closes them all without ever waiting: what is not known to be memory is closed by a thread. */
void fds_close(const int *fds, size_t count);

#endif
