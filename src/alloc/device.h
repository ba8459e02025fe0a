/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_DEVICE_H
#define ALLOC_DEVICE_H

#include "alloc/knowledge.h"
#include "alloc/place.h"
#include "alloc/trial.h"

#include <stdbool.h>
#include <sys/utsname.h>

struct lend_device {
	int fd;
	char *path;
	char *driver;
	struct utsname system;
	bool dumb, prefer_shadow, primary, coherent;
	uint64_t node;
	const struct driver *known;
	char foreign_reason[256]; /* as the table has it, about this device */
	struct gbm_device *gbm;	  /* made at first use */
	struct place place;
	struct finding findings[LEND_MEMORY_DMABUF + 1]; /* by enum lend_memory */
	bool remembered;				 /* the cache was looked at */
};

/* What was found out about that memory on the device, in this process or an earlier one. */
struct finding *device_finding(struct lend_device *device, enum lend_memory memory);

/* Keeps the findings for later processes. */
void device_remember(const struct lend_device *device);

#endif
