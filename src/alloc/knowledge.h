/* SPDX-License-Identifier: MIT */
/* What is known of drivers and of their answers, in tables. */
#ifndef ALLOC_KNOWLEDGE_H
#define ALLOC_KNOWLEDGE_H

#include "alloc/allocator.h"

/* Whom a verdict is about; {driver}, {kernel} and {path} in the tables' texts. */
struct subject {
	const char *driver, *kernel, *path;
};

/* ---- drivers.c: what a driver does, before anything is tried ---- */

enum answer { UNKNOWN = 0, YES, NO };

/* Does the display show memory that the driver did not allocate? */
enum foreign {
	FOREIGN_NOT = 0,    /* no, or nobody has seen it */
	FOREIGN_CONTIGUOUS, /* only if it lies in one piece, as the kernel's CMA heap gives it */
	FOREIGN_SHOWN,	    /* yes: the displayed picture was compared */
};

/* A driver in the kernels [since, before). Unlike an explanation, it only says what to expect: a
 * trial may find less, and more only by reading the displayed picture back. */
struct driver {
	const char *name;	    /* as DRM_IOCTL_VERSION gives it; NULL: any other */
	const char *since, *before; /* kernel releases, "5.17"; NULL: no limit */
	const char *foreign_reason; /* why not FOREIGN_SHOWN */
	const char *unshared_call; /* sharing its dumb buffers fails at this call; NULL: it works */
	const char *remark;	   /* what else is different; "" */
	const char *hazard;	   /* why no memory is tried between it and others; NULL: it is */
	const char *source;	   /* where the row's knowledge comes from */
	const char *evidence;	   /* EVIDENCE_*: of the least of it that matters */
	int unshared_error;	   /* with which unshared_call fails (positive) */
	enum foreign foreign;
	enum answer flush;	   /* the display shows a copy, renewed from the damage */
	enum lend_caching caching; /* of a client's map of its dumb buffers */
	enum answer paced;	   /* flips wait for a vblank */
	enum answer atomic;
	enum answer modifiers; /* framebuffers may name LINEAR explicitly */
	bool headless;	       /* it has no display */
	/* Until that kernel it refuses memory that it does not show, so its own can be told by
	 * trying; NULL: nobody has seen it. */
	const char *honest_before;
};

#define EVIDENCE_VM	  "driver in a VM"
#define EVIDENCE_SOURCE	  "kernel source"
#define EVIDENCE_RECALLED "recalled"
#define EVIDENCE_NONE	  "none"

const struct driver *driver_find(const char *name, const char *kernel);
const struct driver *driver_at(size_t index);

/* ---- explanations.c: what the failure of a call means ---- */

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

const struct explanation *explanation_find(const char *allocator, const struct trial *trial,
					   const struct subject *subject);
const struct explanation *explanation_at(size_t index);

/* Is the release, such as "6.1.0-18-amd64", in [since, before)? */
bool kernel_between(const char *release, const char *since, const char *before);

#endif
