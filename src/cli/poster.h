/* SPDX-License-Identifier: MIT */
/* Outputs' pictures put together in one, with or without captions. */
#ifndef CLI_POSTER_H
#define CLI_POSTER_H

#include <cairo.h>
#include <stddef.h>

struct sample;

struct poster_output {
	const char *name;
	cairo_surface_t *picture;
	double scale; /* its pixels for a unit of what is shown */
};

/* The outputs side by side. With a sample each gets a title and each surface a caption that says
 * whose it is and how it reaches the display. NULL: out of memory, or too large for one picture. */
cairo_surface_t *poster_draw(const struct poster_output *outputs, size_t n_outputs,
			     const struct sample *sample);

#endif
