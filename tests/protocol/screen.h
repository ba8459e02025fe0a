/* SPDX-License-Identifier: MIT */
/*
 * A server that shows its clients on a display (display.h), and what a person should see there:
 * every pixel is compared. What is drawn is a pattern that differs from pixel to pixel, so that
 * what is shifted, stale or of another stride shows.
 */
#ifndef TESTS_PROTOCOL_SCREEN_H
#define TESTS_PROTOCOL_SCREEN_H

#include "harness.h"

#include "display.h"
#include "seat_driver.h"

/* What should be seen. */
struct canvas {
	int width, height;
	uint32_t *pixels; /* 0xffRRGGBB */
};

struct screen {
	struct display display;
	struct test *test;
	struct canvas canvases[2]; /* of each connector */
	unsigned n;
};

/* One output at the first connector, or with DISPLAY_TWO each of both. */
void screen_open(struct screen *screen, unsigned needs);
/* As screen_open(), with no output yet. */
void screen_prepare(struct screen *screen, unsigned needs);
/* lend_output_create_kms(); what is left out are the display's connector and mode. */
int screen_light(struct screen *screen, struct lend_kms_output_options options);
void screen_close(struct screen *screen);

/* The pattern of that seed, from its pixel `from` on. */
struct part {
	int x, y, width, height;
};
uint32_t pattern(int x, int y, unsigned seed);
void pattern_draw(uint32_t *pixels, size_t stride, struct part part, unsigned seed);
/* Expects the part of a pattern whose origin is at x, y. */
void canvas_expect(struct canvas *canvas, int x, int y, struct part part, unsigned seed);
void canvas_fill(struct canvas *canvas, struct part part, uint32_t colour);

/* Compares what is seen with canvases[index]; what comes late has some seconds. */
void screen_check(struct screen *screen, unsigned index, const char *what);
/* Both, or the one that there is. */
void screen_check_all(struct screen *screen, const char *what);

/* ---- a client that is lent what it draws in ---------------------------------------------------
 */

struct lent {
	struct screen *screen;
	struct client *client;
	struct window window;
	struct chain chain;
	unsigned next;
};

/* A window with a chain of the display's size. */
void lent_open(struct screen *screen, uint32_t usage, uint32_t count, struct lent *lent);
void lent_close(struct lent *lent);
/* The buffer that is drawn in next. */
struct lent_buffer *lent_next(struct lent *lent);
/* Draws in it, without anybody being told. */
void lent_draw(struct lent *lent, struct lent_buffer *buffer, struct part part, unsigned seed);
/* Commits it with that damage, and waits until it is shown. */
void lent_commit(struct lent *lent, struct lent_buffer *buffer, struct part damage);
/* All of it, in the next buffer. */
void lent_show(struct lent *lent, unsigned seed);
struct part lent_all(const struct lent *lent);
/* Until frames are shown in that way. */
void lent_settle(struct lent *lent, enum lend_path path);

/* What is to be expected of a surface that fills the display. */
enum lend_path screen_direct_path(const struct screen *screen);

/* ---- the tests, by file --------------------------------------------------------------------- */

struct screen_tests {
	const struct harness_test *tests;
	size_t n;
};

extern const struct screen_tests lent_tests, composed_tests, outputs_tests;

#endif
