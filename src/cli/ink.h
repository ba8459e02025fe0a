/* SPDX-License-Identifier: MIT */
/* One look for all the pictures that framelend(1) draws: colours, lettering, badges. */
#ifndef CLI_INK_H
#define CLI_INK_H

#include <cairo.h>
#include <framelend/buffer.h>
#include <stdbool.h>

/* 0xRRGGBB */
#define INK_NIGHT   0x0f131c /* behind everything */
#define INK_PANEL   0x171d2a
#define INK_RAISED  0x232b3d
#define INK_LINE    0x2b3448
#define INK_TEXT    0xe8ecf4
#define INK_DIM	    0x93a0b8
#define INK_BLUE    0x5aa9ff
#define INK_GREEN   0x4fd18b
#define INK_AMBER   0xf7b13c
#define INK_CORAL   0xff7a6b
#define INK_VIOLET  0xb794ff
#define INK_TEAL    0x40d8d0

#define INK_LEADING 1.4 /* from line to line, times the size */

/* The colour in which a path is always shown. */
unsigned int ink_of_path(enum lend_path path);

void ink_set(cairo_t *cr, unsigned int colour, double alpha);

/* A rounded rectangle becomes the current path. */
void ink_box(cairo_t *cr, double x, double y, double width, double height, double radius);

struct ink_font {
	double size; /* pixels */
	unsigned int colour;
	bool bold, mono;
};

/* All take the baseline's y and the left x. Text that is wider than `room` ends in an ellipsis.
 * Return the width taken. */
double ink_text(cairo_t *cr, struct ink_font font, double x, double y, double room,
		const char *text);
double ink_text_right(cairo_t *cr, struct ink_font font, double x, double y, const char *text);
double ink_width(cairo_t *cr, struct ink_font font, const char *text);

/* The text in up to max_lines lines. Returns how many were needed. draw false: only counts. */
int ink_paragraph(cairo_t *cr, struct ink_font font, double x, double y, double room, int max_lines,
		  bool draw, const char *text);

/* A word on a coloured ground, as high as the font's size times 1.6, around the baseline. Returns
 * the width taken. */
double ink_badge(cairo_t *cr, double size, unsigned int colour, double x, double y,
		 const char *text);

#endif
