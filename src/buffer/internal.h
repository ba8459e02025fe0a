/* SPDX-License-Identifier: MIT */
/* What a buffer is on the inside. */
#ifndef BUFFER_INTERNAL_H
#define BUFFER_INTERNAL_H

#include "framelend/buffer.h"

#include <stdbool.h>

/* One distinct piece of memory; planes in the same file share it. */
struct memory {
	int fd;		/* -1: the caller's own map, which is neither made nor ended here */
	bool dmabuf;	/* accesses are bracketed, and its map begins at 0 */
	uint64_t page;	/* what a map's place and length are multiples of */
	uint64_t start; /* the bytes the layout needs, rounded out to pages */
	uint64_t length;
	uint8_t *map; /* NULL until lend_buffer_map() */
};

struct lend_buffer {
	struct lend_buffer_info info; /* its fds are the memories' */
	struct memory memories[LEND_PLANES_MAX];
	uint32_t n_memories;
	uint32_t memory_of[LEND_PLANES_MAX]; /* a plane's index in memories */
	uint32_t mapped; /* what the maps allow, of enum lend_access; 0: there are none */
	uint32_t open;	 /* the access that is open; 0: none */
};

void buffer_unmap(struct lend_buffer *buffer);

#endif
