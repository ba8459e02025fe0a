/* SPDX-License-Identifier: MIT */
/* Draws a picture that a test can compute as well, in lent buffers, until it is ended.
 * usage: pattern TITLE WIDTH HEIGHT [FRAMES]: how many to draw, by default one */
#include <framelend/client.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void draw(const struct lend_frame *frame)
{
	for (uint32_t y = 0; y < frame->height; y++) {
		uint32_t *row = (uint32_t *)((char *)frame->pixels + (size_t)y * frame->stride);
		for (uint32_t x = 0; x < frame->width; x++)
			row[x] = (x * 7 + y * 3) % 256 << 16 | (x ^ y) % 256 << 8 |
				 (y * 5 + x / 3) % 256;
	}
}

static void closed(void *data, struct lend_surface *surface)
{
	exit(0);
}

static int complain(struct lend_client *client)
{
	fprintf(stderr, "pattern: %s\n", lend_client_error(client));
	lend_client_destroy(client);
	return 1;
}

/* Draws when a buffer is free. -EAGAIN: not now. */
static int show(struct lend_surface *surface)
{
	struct lend_frame frame;
	int error = lend_frame_begin(surface, &frame);
	if (error < 0)
		return error;
	draw(&frame);
	return lend_frame_end(surface, NULL, 0);
}

int main(int argc, char **argv)
{
	struct lend_client *client;
	struct lend_surface *surface;
	const struct lend_surface_events events = {.size = sizeof(events), .close = closed};
	struct lend_surface_options options = {.size = sizeof(options), .events = &events};
	if (argc < 4)
		return 2;
	long left = argc > 4 ? strtol(argv[4], NULL, 10) : 1;
	options.title = argv[1];
	options.width = (uint32_t)strtoul(argv[2], NULL, 10);
	options.height = (uint32_t)strtoul(argv[3], NULL, 10);
	if (lend_client_connect(NULL, &client) < 0 ||
	    lend_surface_create(client, &options, &surface) < 0)
		return complain(client);
	for (;;) {
		int error = left > 0 ? show(surface) : 0;
		left -= error == 0;
		if ((error < 0 && error != -EAGAIN) || lend_client_dispatch(client, -1) < 0)
			return complain(client);
	}
}
