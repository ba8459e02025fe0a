/* SPDX-License-Identifier: MIT */
/* Who gets which of the things that not everybody can use. */
#ifndef KMS_MATCH_H
#define KMS_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Things are numbered 0 to 63; sets of them are bits. */
struct wish {
	uint64_t possible;
	uint64_t reluctantly; /* of these: only if no other is left */
	int preferred;	      /* -1: none */
};

enum { WISHES_MAX = 64 };

/* Gives each wish a thing of its own, as many wishes as possible: chosen[i], or -1. true: all. */
bool match(const struct wish *wishes, size_t count, int *chosen);

#endif
