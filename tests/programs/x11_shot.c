/* SPDX-License-Identifier: MIT */
/* Writes what is on the screen of $DISPLAY as a PPM file. usage: x11-shot >FILE */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xcb/xcb.h>

/* RGB565 as XRGB8888 with zeroes below. */
static uint32_t widen(uint16_t pixel)
{
	return (pixel & 0xf800U) << 8 | (pixel & 0x7e0U) << 5 | (pixel & 0x1fU) << 3;
}

/* Only screens of the depths 24, XRGB8888, and 16. The width is even. */
static int write_pixels(const void *data, uint8_t depth, uint32_t width, uint32_t height)
{
	const uint32_t *pixels = data;
	const uint16_t *halves = data;

	printf("P6\n%u %u\n255\n", width, height);
	for (size_t i = 0; i < (size_t)width * height; i++) {
		uint32_t pixel = depth == 24 ? pixels[i] : widen(halves[i]);
		const uint8_t rgb[] = {(uint8_t)(pixel >> 16), (uint8_t)(pixel >> 8),
				       (uint8_t)pixel};
		fwrite(rgb, sizeof(rgb), 1, stdout);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(void)
{
	xcb_connection_t *xcb = xcb_connect(NULL, NULL);
	if (xcb_connection_has_error(xcb) != 0)
		return 1;
	const xcb_screen_t *screen = xcb_setup_roots_iterator(xcb_get_setup(xcb)).data;
	xcb_get_image_reply_t *image = xcb_get_image_reply(
		xcb,
		xcb_get_image(xcb, XCB_IMAGE_FORMAT_Z_PIXMAP, screen->root, 0, 0,
			      screen->width_in_pixels, screen->height_in_pixels, ~0U),
		NULL);
	if (image == NULL || (image->depth != 24 && image->depth != 16))
		return 1;
	int result = write_pixels(xcb_get_image_data(image), image->depth, screen->width_in_pixels,
				  screen->height_in_pixels);
	free(image);
	xcb_disconnect(xcb);
	return result;
}
