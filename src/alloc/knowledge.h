/* SPDX-License-Identifier: MIT */
/* What is known of drivers and of their answers, in tables. */
#ifndef ALLOC_KNOWLEDGE_H
#define ALLOC_KNOWLEDGE_H

#include "alloc/allocator.h"

/* Whom a verdict is about; {driver}, {kernel} and {path} in the tables' texts. */
struct subject {
	const char *driver, *kernel, *path;
};

/* What an allocator's failed call means. NULL and 0 match anything; the first row that matches
 * counts, so special rows come before general ones. */
struct explanation {
	const char *allocator;
	const char *call;
	int error;
	const char *driver;
	const char *since, *before; /* kernel releases, "5.17" */
	const char *reason;
	const char *remedy; /* "": there is none */
	const char *evidence;
};

/* Does the display show memory that it did not allocate? */
struct foreign_rule {
	const char *driver; /* NULL: any other */
	bool shown;	    /* the displayed picture was read back, and was right */
	const char *reason; /* if not */
	const char *evidence;
};

const struct explanation *explanation_find(const char *allocator, const struct trial *trial,
					   const struct subject *subject);
const struct explanation *explanation_at(size_t index);
const struct foreign_rule *foreign_find(const char *driver);
const struct foreign_rule *foreign_at(size_t index);

/* Is the release, such as "6.1.0-18-amd64", in [since, before)? */
bool kernel_between(const char *release, const char *since, const char *before);

#endif
