/* SPDX-License-Identifier: MIT */
/* The picture of a pointer that nobody has given another. */
#ifndef COMMON_ARROW_H
#define COMMON_ARROW_H

#include <stddef.h>
#include <stdint.h>

#define ARROW_SIDE 24

/* ARGB8888, ARROW_SIDE pixels a side; stride: in pixels. The hot spot is the top left corner. */
void arrow_draw(uint32_t *pixels, size_t stride);

#endif
