/* SPDX-License-Identifier: MIT */
/* A display in memory, in a module that takes x11's place. It does by itself what a display does,
 * and what a test tells it, wrong things included. */
#ifndef TESTS_UNIT_CLIENT_MEMORY_H
#define TESTS_UNIT_CLIENT_MEMORY_H

#include "client/display.h"

struct memory_display {
	/* what it is to do */
	uint32_t width, height; /* of windows; 0: as the program wishes */
	int connect_error;	/* 0: connecting works */
	unsigned refusals;	/* so many attempts fail with -ECONNREFUSED first */
	bool silent;		/* it is never ready */
	bool hold_frames, hold_releases;
	int window_error, buffer_error;
	bool lost; /* until it is connected to again */
	bool asks_close, missing_output;
	const struct lend_input *inputs; /* for the window made last, in its next dispatch */
	size_t n_inputs;

	/* what was done to it */
	unsigned connects, destroyed, windows, commits, forgotten;
	char target[256], title[64], output[64];
	uint64_t number; /* of the frame committed last */
	uint32_t shown_width;
	uint32_t pixel; /* its first */
	struct damage damage;
};

/* The module's export besides its backend. */
#define MEMORY_DISPLAY "memory_display"
/* Makes the client's fd readable; the next dispatch counts an event. */
#define MEMORY_POKE "memory_poke"
typedef void memory_poke_function(void);

#endif
