/* SPDX-License-Identifier: MIT */
/* The smallest program: a picture that moves, drawn in whatever memory the display lends.
 *
 *   framelend serve --output headless:800x600 -- ./hello      (or wherever you are: ./hello)
 */
#include <errno.h>
#include <framelend/client.h>
#include <stdio.h>

/* Circles around a centre, one step further out with each frame. */
static void draw(const struct lend_frame *frame)
{
	uint32_t middle_x = frame->width / 2, middle_y = frame->height / 2;
	for (uint32_t y = 0; y < frame->height; y++) {
		uint32_t *row = (uint32_t *)((char *)frame->pixels + (size_t)y * frame->stride);
		for (uint32_t x = 0; x < frame->width; x++) {
			uint32_t dx = x - middle_x, dy = y - middle_y;
			uint32_t ring = (dx * dx + dy * dy) / 256 - (uint32_t)frame->number * 4;
			row[x] = 0xff000060 | (ring & 255) << 16 | (ring & 127) << 8;
		}
	}
}

int main(void)
{
	struct lend_client *client;
	struct lend_surface *surface = NULL;
	struct lend_surface_options options = {
		.size = sizeof(options), .width = 800, .height = 600, .title = "hello"};
	struct lend_frame frame;

	int result = lend_client_connect(NULL, &client);
	if (result == 0)
		result = lend_surface_create(client, &options, &surface);
	while (result >= 0 && (result = lend_client_dispatch(client, -1)) >= 0) {
		if (lend_frame_begin(surface, &frame) < 0)
			continue; /* no buffer is free yet: wait for the next event */
		draw(&frame);
		result = lend_frame_end(surface, NULL, 0); /* all of it changed */
	}
	fprintf(stderr, "hello: %s\n", lend_client_error(client));
	lend_client_destroy(client);
	return result == -ECANCELED ? 0 : 1; /* it was closed, which is no failure */
}
