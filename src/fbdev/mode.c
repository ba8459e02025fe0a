/* SPDX-License-Identifier: MIT */
#include "mode.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The largest page there is, and the most that fb_fix_screeninfo can tell. */
#define PAGE	   65536
#define MEMORY_MAX (UINT64_C(0x100000000) - PAGE)
#define HERTZ	   60

static void set_layout(struct fb_var_screeninfo *mode)
{
	bool small = mode->bits_per_pixel == 16;
	mode->red = (struct fb_bitfield){small ? 11 : 16, small ? 5 : 8, 0};
	mode->green = (struct fb_bitfield){small ? 5 : 8, small ? 6 : 8, 0};
	mode->blue = (struct fb_bitfield){0, small ? 5 : 8, 0};
	mode->transp = (struct fb_bitfield){0};
}

/* Of a display with HERTZ refreshes and no margins, in picoseconds a pixel. */
static uint32_t pixel_clock(const struct fb_var_screeninfo *mode)
{
	uint64_t pixels = (uint64_t)mode->xres * mode->yres * HERTZ;
	return (uint32_t)(UINT64_C(1000000000000) / pixels);
}

void mode_set(struct fb_var_screeninfo *mode, uint32_t width, uint32_t height, uint32_t bits)
{
	*mode = (struct fb_var_screeninfo){
		.xres = width,
		.yres = height,
		.xres_virtual = width,
		.yres_virtual = height,
		.bits_per_pixel = bits,
	};
	set_layout(mode);
	mode->pixclock = pixel_clock(mode);
}

static uint64_t stride_of(uint32_t width, uint32_t bits)
{
	return ((uint64_t)width * (bits / 8) + 3) & ~UINT64_C(3);
}

size_t mode_memory(uint32_t width, uint32_t height)
{
	uint64_t bytes = stride_of(width, 32) * height * MODE_SCREENS;
	bytes = (bytes + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	return bytes < MEMORY_MAX ? bytes : MEMORY_MAX;
}

uint32_t mode_stride(const struct fb_var_screeninfo *mode)
{
	return (uint32_t)stride_of(mode->xres_virtual, mode->bits_per_pixel);
}

static bool sizes_are_sane(const struct fb_var_screeninfo *mode)
{
	const uint32_t sizes[] = {mode->xres,	      mode->yres,    mode->xres_virtual,
				  mode->yres_virtual, mode->xoffset, mode->yoffset};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (sizes[i] > MODE_SIDE_MAX * MODE_SCREENS)
			return false;
	return mode->xres > 0 && mode->yres > 0 && mode->xres <= MODE_SIDE_MAX &&
	       mode->yres <= MODE_SIDE_MAX;
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

int mode_check(struct fb_var_screeninfo *wanted, size_t memory)
{
	uint32_t bits = (wanted->bits_per_pixel + 7) & ~7u;
	/* Eight bits would be a palette, which no display here has. */
	if (!sizes_are_sane(wanted) || bits < 16 || bits > 32 || wanted->grayscale ||
	    wanted->vmode & FB_VMODE_YWRAP)
		return -EINVAL;
	struct fb_var_screeninfo mode;
	mode_set(&mode, wanted->xres, wanted->yres, bits);
	mode.xoffset = wanted->xoffset;
	mode.yoffset = wanted->yoffset;
	mode.xres_virtual = most(wanted->xres_virtual, mode.xres + mode.xoffset);
	mode.yres_virtual = most(wanted->yres_virtual, mode.yres + mode.yoffset);
	if (stride_of(mode.xres_virtual, bits) * mode.yres_virtual > memory)
		return -EINVAL;
	mode.activate = wanted->activate;
	*wanted = mode;
	return 0;
}

int mode_pan(struct fb_var_screeninfo *mode, const struct fb_var_screeninfo *wanted)
{
	if (wanted->vmode & FB_VMODE_YWRAP || wanted->xoffset > mode->xres_virtual - mode->xres ||
	    wanted->yoffset > mode->yres_virtual - mode->yres)
		return -EINVAL;
	mode->xoffset = wanted->xoffset;
	mode->yoffset = wanted->yoffset;
	return 0;
}

void mode_describe(const struct fb_var_screeninfo *mode, size_t memory,
		   struct fb_fix_screeninfo *fixed)
{
	*fixed = (struct fb_fix_screeninfo){
		.id = "framelend",
		.smem_len = (uint32_t)memory,
		.type = FB_TYPE_PACKED_PIXELS,
		.visual = FB_VISUAL_TRUECOLOR,
		.xpanstep = 1,
		.ypanstep = 1,
		.line_length = mode_stride(mode),
		.accel = FB_ACCEL_NONE,
	};
}
