/* SPDX-License-Identifier: MIT */
/* The half of watch.h that runs in the program. */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of Debian 12. */
#define FEATURE_WP_HUGETLBFS_SHMEM (1 << 12)
#define FEATURE_WP_ASYNC	   (1 << 15)

static int register_map(int userfault, void *address, size_t length)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = FEATURE_WP_HUGETLBFS_SHMEM | FEATURE_WP_ASYNC,
	};
	struct uffdio_register map = {
		.range = {(uintptr_t)address, length},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	if (ioctl(userfault, UFFDIO_API, &api) < 0 || ioctl(userfault, UFFDIO_REGISTER, &map) < 0)
		return -errno;
	return 0;
}

uint64_t watch_round(uint64_t length)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	return (length + page - 1) & ~(page - 1);
}

int watch_arm(void *address, size_t length)
{
	/* For faults of the program's own: that is enough, and allowed to everyone. */
	int flags = UFFD_USER_MODE_ONLY | O_CLOEXEC | O_NONBLOCK;
	int userfault = (int)syscall(SYS_userfaultfd, flags);
	if (userfault < 0)
		return -errno;
	length = watch_round(length);
	int result = register_map(userfault, address, length);
	if (result == 0)
		return userfault;
	close(userfault);
	return result;
}
