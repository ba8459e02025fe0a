/* SPDX-License-Identifier: MIT */
/* What lend.c (requests) and generation.c (memory) share of a chain. */
#ifndef SERVER_CHAIN_H
#define SERVER_CHAIN_H

#include "server/server.h"

#define CHAIN_BUFFERS_MAX 4

/* The buffers of one configure. */
struct generation {
	struct wl_list link; /* chain.generations */
	uint32_t number;
	uint32_t count;
	const struct lend_device *device; /* whose scan-out memory it is, or NULL; to compare */
	struct buffer *buffers[CHAIN_BUFFERS_MAX]; /* held */
};

/* What the client asked for last. */
struct chain_request {
	uint32_t width, height, format, usage, count;
};

struct chain {
	struct wl_resource *resource;
	struct client *client;	 /* a reference */
	struct surface *surface; /* NULL once it is gone */
	struct wl_list generations;
	struct chain_request request;
	uint64_t *modifiers; /* that the client's GPU draws in, or NULL: LINEAR */
	size_t n_modifiers;
	uint32_t last_number;
	bool for_scanout;   /* the newest generation is in memory meant to be scanned out */
	unsigned misplaced; /* frames shown in a row that other memory would have suited better */
	uint32_t hopeless;  /* lend_output.serial of one that shows none of its memory; 0: none */
};

/* Allocates buffers for chain->request and announces them. -errno with fail_text(), verdicts sent.
 */
int generation_create(struct chain *chain, bool for_scanout);
/* Gives up the buffers; those with a wl_buffer live on. */
void generation_drop(struct generation *generation);
struct generation *generation_find(struct chain *chain, uint32_t number);

#endif
