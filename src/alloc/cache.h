/* SPDX-License-Identifier: MIT */
/* Findings that outlive the process: a small text file in the user's cache folder. */
#ifndef ALLOC_CACHE_H
#define ALLOC_CACHE_H

#include "alloc/trial.h"

/* What findings hold for; if any of it changes, they are made anew. */
struct cache_key {
	const char *version; /* of this library */
	const char *kernel;
	const char *driver;
	const char *place; /* of the device, with the numbers of its bus */
};

/* Fills the findings, by enum lend_memory, that the file has and nobody knows yet. */
void cache_read(const struct cache_key *key, struct finding findings[LEND_MEMORY_DMABUF + 1]);

/* Writes them, unless this fails: then they are found again next time. */
void cache_write(const struct cache_key *key,
		 const struct finding findings[LEND_MEMORY_DMABUF + 1]);

#endif
