/* SPDX-License-Identifier: MIT */
/* Smooth curves over a grid, drawn column by column, writing each pixel once and reading none. */
#ifndef CLI_DEMO_PLOT_H
#define CLI_DEMO_PLOT_H

#include "demo.h"

#define PLOT_CURVES 2

struct plot {
	struct lend_rect box;
	double scale;
	int scroll; /* how far the grid has moved to the left, in pixels */
	unsigned int colours[PLOT_CURVES];
	bool filled;	    /* the first curve stands on a filled area */
	int bar, bar_width; /* a column that stands out; width 0: none */
	/* The curve's height over the box's bottom, 0 to 1, at a column; NAN: there is none. */
	float (*value)(const void *data, int curve, int column);
	const void *data;
};

/* Draws the box's columns from `from` up to `to`. */
void plot_draw(const struct plot *plot, const struct lend_frame *frame, int from, int to);

#endif
