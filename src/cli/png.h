/* SPDX-License-Identifier: MIT */
#ifndef CLI_PNG_H
#define CLI_PNG_H

#include <cairo.h>

/* Writes the picture to the file ("-": standard output), which appears whole or not at all. Returns
 * 0, or an exit status after saying what is wrong. */
int png_write(cairo_surface_t *picture, const char *path);

#endif
