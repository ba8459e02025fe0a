/* SPDX-License-Identifier: MIT */
/* What can be found out about memory by using it. */
#ifndef ALLOC_TRIAL_H
#define ALLOC_TRIAL_H

#include "alloc/allocator.h"

/* What is known of an allocator's memory on a device, once it was tried. */
struct finding {
	enum lend_depth depth; /* reached, or of the step that failed; NONE: nothing is known */
	char call[40];	       /* the call that failed, or "" */
	int error;	       /* its errno (positive), or 0 */
	enum lend_caching caching;
	struct lend_rates rates; /* through a client's map; 0: not measured */
};

/* false: nothing is known, or it failed for want of something that may be there the next time. */
bool finding_lasts(const struct finding *finding);

/* ---- trial.c: in this process ---- */

/* Shows that the memory can be written and read back through its fd, and leaves it zeroed. */
int trial_map(const struct memory *memory, struct trial *trial);

/* Writes a number in each page, a different one in each unless nonce is 0. Of these two nothing but
 * system calls is made, so that they can be called in a process that has been forked off. */
int trial_write_pages(const struct memory *memory, uint32_t nonce, struct trial *trial);

/* Whether the pages hold what trial_write_pages() wrote; what is called `call` if they do not. */
int trial_check_pages(const struct memory *memory, uint32_t nonce, const char *call,
		      struct trial *trial);

/* A number that nobody else wrote; not 0. */
uint32_t trial_nonce(void);

/* The first megabyte of the memory as a buffer, to measure in: mapping for writing prefaults, which
 * a whole frame is too large for. */
int trial_window(const struct memory *memory, struct lend_buffer **window);

/* Measures the memory through a map of this process. */
void trial_measure(const struct memory *memory, struct finding *finding);

/* ---- borrower.c: in another process ---- */

/* Tries the memory as a client has it: in a process that holds its fd and nothing else. What failed
 * is in *finding. Leaves zeros in each page's first word. -errno: there could be no such process,
 * and nothing is known. */
int borrower_try(const struct memory *memory, struct finding *finding);

#endif
