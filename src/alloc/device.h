/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_DEVICE_H
#define ALLOC_DEVICE_H

#include <framelend/alloc.h>
#include <stdbool.h>
#include <sys/utsname.h>

struct lend_device {
	int fd;
	char *path;
	char *driver;
	struct utsname system;
	bool dumb, prefer_shadow, primary;
	enum lend_caching caching[LEND_MEMORY_DMABUF + 1]; /* by enum lend_memory, once measured */
};

#endif
