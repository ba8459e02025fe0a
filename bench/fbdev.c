/* SPDX-License-Identifier: MIT */
/* A program that draws in /dev/fb0 and never says where, as it is measured in `framelend run`:
 * fbdev idle: draws once and waits to be ended; fbdev square FRAMES: changes 16x16 pixels a frame.
 */
#include "bench.h"

#include <fcntl.h>
#include <linux/fb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIDE 16

/* Anywhere: squares lie on no grid. */
static void draw_square(uint8_t *pixels, const struct fb_fix_screeninfo *fixed,
			const struct fb_var_screeninfo *mode, uint32_t number)
{
	uint32_t x = number * 37 % (mode->xres - SIDE), y = number * 23 % (mode->yres - SIDE);
	struct lend_rect square = {(int32_t)x, (int32_t)y, SIDE, SIDE};
	paint(pixels, fixed->line_length, &square, number + 1);
}

int main(int argc, char **argv)
{
	struct fb_var_screeninfo mode;
	struct fb_fix_screeninfo fixed;
	int fd = open("/dev/fb0", O_RDWR | O_CLOEXEC);

	if (argc < 2 || ioctl(fd, FBIOGET_VSCREENINFO, &mode) < 0 ||
	    ioctl(fd, FBIOGET_FSCREENINFO, &fixed) < 0)
		die("fbdev: run me by framelend run");
	uint8_t *pixels = mmap(NULL, fixed.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED)
		die("fbdev: no map");
	const struct lend_rect all = {0, 0, (int32_t)mode.xres, (int32_t)mode.yres};
	paint(pixels, fixed.line_length, &all, 0);
	if (strcmp(argv[1], "idle") == 0)
		pause();
	for (uint32_t i = 0; argc > 2 && i < (uint32_t)atoi(argv[2]); i++) {
		if (ioctl(fd, FBIO_WAITFORVSYNC, &(uint32_t){0}) < 0)
			die("fbdev: no frame");
		draw_square(pixels, &fixed, &mode, i);
	}
	return ioctl(fd, FBIO_WAITFORVSYNC, &(uint32_t){0}) < 0;
}
