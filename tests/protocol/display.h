/* SPDX-License-Identifier: MIT */
/*
 * The display that tests of an output look at. Who plays it, the program says that is linked: a
 * double (display_double.c), or a real device and its driver in a virtual machine
 * (tests/vm/screen_display.c). The tests are the same.
 */
#ifndef TESTS_PROTOCOL_DISPLAY_H
#define TESTS_PROTOCOL_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a test needs of a display; without it the test is skipped. */
enum {
	DISPLAY_LENDS = 1,    /* clients can draw in its memory */
	DISPLAY_OVERLAY = 2,  /* planes above the main one */
	DISPLAY_CURSOR = 4,   /* a plane for the cursor */
	DISPLAY_TWO = 8,      /* two connectors that are lit at the same time */
	DISPLAY_UNBINDS = 16, /* the card can lose its driver, and the kernel lives on */
};

/* What is known of a driver, from its source. */
struct display_facts {
	const char *driver;
	const char *kernel;		 /* or NULL: any */
	const char *personality, *lines; /* of the double; what the file says of another kernel */
	const char *device;	/* QEMU's, by its id; NULL: the driver writes back what it shows */
	const char *connector;	/* the kind of its connectors */
	uint32_t width, height; /* of a mode that each of them has */
	unsigned can;		/* DISPLAY_... */
	bool uploads;	 /* what is drawn in a buffer on display is seen when that is committed */
	bool seen_early; /* QEMU's dumps are of the memory, not of what was uploaded */
};

/* The row of the table; kernel: "6.12". NULL: there is none. */
const struct display_facts *display_find(const char *driver, const char *kernel);

struct display {
	const struct display_facts *facts;
	char path[32]; /* of its node */
	char connectors[2][32];
	unsigned n_connectors;
};

/* From the program's arguments: which display the tests are about. Nonzero: main()'s value. */
int display_choose(const char *driver);
/* Puts it in place, or skips the test. */
void display_open(struct display *display, unsigned needs);
/* Nothing may have been left behind. */
void display_close(struct display *display);
/* What a person sees at the index-th connector: 0xffRRGGBB, to be freed. NULL: it is off. */
uint32_t *display_look(struct display *display, unsigned index, uint32_t *width, uint32_t *height);

#endif
