/* SPDX-License-Identifier: MIT */
/* A probe on the inside, and its steps in their order. */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "alloc/device.h"
#include "alloc/verdict.h"

#include <framelend/probe.h>

enum { ALLOCATORS = 4, ORIGINS_MAX = 10, CLIENTS = 3 };

/* Why something is not so, and what to do about it. */
struct words {
	char reason[512], remedy[384];
};

/* What became of an allocator. */
struct sample {
	struct lend_buffer *buffer; /* NULL: it gave none */
	struct lend_verdict verdict;
	struct words words; /* the verdict's */
	char call[48];	    /* likewise */
	enum lend_caching caching;
	struct lend_rates rates;
};

/* What became of memory of another origin. */
struct origin {
	char name[96];
	struct lend_verdict verdict;
	struct words words;
	char call[48];
};

struct client {
	const char *kind, *memory;
	enum lend_path path;
	struct words words;
};

struct lend_probe {
	int no_modeset;
	struct lend_device *opened; /* by us; NULL: it may not be opened, or is the kms's */
	struct lend_device *device; /* the same, or the kms's; NULL: it may not be opened */
	struct lend_kms *kms;	    /* NULL: there is no display */
	struct place place;
	char path[256], driver[64], kernel[80], render_node[64];
	char foreign_reason[256];
	const struct driver *known;
	int error; /* opening it; positive */
	struct words refused;

	bool borrowed; /* the descriptor is somebody else's, and so is being master */
	bool master;
	struct words unshown;  /* why no picture was shown; "" */
	struct screen *screen; /* NULL: no picture can be shown */
	uint32_t width, height;
	int paced;
	size_t n_overlays;

	struct sample samples[ALLOCATORS];
	struct origin origins[ORIGINS_MAX];
	size_t n_origins;
	struct client clients[CLIENTS];
};

struct subject probe_subject(const struct lend_probe *probe);

/* Writes a verdict of the parts, with the templates' words replaced; call and words keep them. */
void probe_verdict(const struct lend_probe *probe, const struct lend_verdict *verdict,
		   struct lend_verdict *to, struct words *words, char call[48]);

/* Likewise of a failure, explained from the table. */
void probe_failure(const struct lend_probe *probe, const char *allocator, const struct trial *trial,
		   struct lend_verdict *to, struct words *words, char call[48]);

/* ---- the steps ---- */

/* access.c: what keeps a device from being opened, and a picture from being shown. */
void access_explain(struct lend_probe *probe, int error);
bool access_master(struct lend_probe *probe);

/* screen.c: pictures on the display. */
void screen_open(struct lend_probe *probe);
void screen_close(struct lend_probe *probe);

/* Shows the memory as far as is allowed. What failed is in trial; else how far it got. */
void screen_show(struct lend_probe *probe, struct lend_buffer *buffer, struct trial *trial);

/* memory.c: the allocators. */
void memory_probe(struct lend_probe *probe);

/* foreign.c: memory of another origin. */
void foreign_probe(struct lend_probe *probe);

/* clients.c: what follows. */
void clients_conclude(struct lend_probe *probe);

#endif
