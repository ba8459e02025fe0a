/* SPDX-License-Identifier: MIT */
/* Writes what is on the screen of $DISPLAY as a PPM file. usage: x11-shot >FILE */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xcb/xcb.h>

/* Only screens with 8 bits a colour: XRGB8888. */
static int write_pixels(const uint32_t *pixels, uint32_t width, uint32_t height)
{
	printf("P6\n%u %u\n255\n", width, height);
	for (size_t i = 0; i < (size_t)width * height; i++) {
		const uint8_t rgb[] = {(uint8_t)(pixels[i] >> 16), (uint8_t)(pixels[i] >> 8),
				       (uint8_t)pixels[i]};
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
	if (image == NULL || image->depth != 24)
		return 1;
	const uint32_t *pixels = (const void *)xcb_get_image_data(image);
	int result = write_pixels(pixels, screen->width_in_pixels, screen->height_in_pixels);
	free(image);
	xcb_disconnect(xcb);
	return result;
}
