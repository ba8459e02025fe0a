/* SPDX-License-Identifier: MIT */
/* The picture that an output shows, read through framelend_capture_v1. */
#ifndef CLI_CAPTURE_H
#define CLI_CAPTURE_H

#include <cairo.h>

struct remote;
struct remote_output;

/* Reads the picture as it is now into a new image surface (CAIRO_FORMAT_RGB24), upright. *scale:
 * its pixels for a unit of what is shown. Returns 0, or an exit status after saying what failed. */
int capture_output(struct remote *remote, const struct remote_output *output,
		   cairo_surface_t **picture, double *scale);

#endif
