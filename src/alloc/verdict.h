/* SPDX-License-Identifier: MIT */
/* The list of verdicts that an allocation leaves. */
#ifndef ALLOC_VERDICT_H
#define ALLOC_VERDICT_H

#include "alloc/knowledge.h"

/* Writes the template with {driver}, {kernel} and {path} replaced; cut off where it does not fit.
 */
void subject_expand(const struct subject *subject, const char *from, char *text, size_t length);

struct lend_verdicts *verdicts_create(size_t capacity);

/* Adds what became of an allocator. The reason and the remedy are templates, as in the tables. */
void verdicts_add(struct lend_verdicts *verdicts, const struct lend_verdict *verdict,
		  const struct subject *subject);

/* Adds a failure, explained from the table. */
void verdicts_add_failure(struct lend_verdicts *verdicts, const char *allocator,
			  const struct trial *trial, const struct subject *subject);

/* Fails with the words of the last verdict that explains it: a failure, or what was needed for a
 * trial. */
int verdicts_fail(const struct lend_verdicts *verdicts, int error);

#endif
