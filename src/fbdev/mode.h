/* SPDX-License-Identifier: MIT */
/* The framebuffer's mode: which there can be, and what programs are told of it. */
#ifndef FBDEV_MODE_H
#define FBDEV_MODE_H

#include <linux/fb.h>
#include <stddef.h>
#include <stdint.h>

#define MODE_SIDE_MAX 16384
/* Programs can have so many screens' height of memory, to draw in one while another is shown. */
#define MODE_SCREENS 4

/* Sets *mode to the size with 16, 24 or 32 bits a pixel. */
void mode_set(struct fb_var_screeninfo *mode, uint32_t width, uint32_t height, uint32_t bits);

/* Memory for MODE_SCREENS screens with 32 bits a pixel; a multiple of pages. */
size_t mode_memory(uint32_t width, uint32_t height);

/* Bytes from one row to the next. */
uint32_t mode_stride(const struct fb_var_screeninfo *mode);

/* Rounds what was asked for as the kernel's drivers do: a virtual size to hold the visible one,
 * bits up to the next there are. -EINVAL: nothing near it can be had in so much memory. */
int mode_check(struct fb_var_screeninfo *mode, size_t memory);

/* Moves what is visible. -EINVAL: out of the virtual size. */
int mode_pan(struct fb_var_screeninfo *mode, const struct fb_var_screeninfo *wanted);

void mode_describe(const struct fb_var_screeninfo *mode, size_t memory,
		   struct fb_fix_screeninfo *fixed);

#endif
