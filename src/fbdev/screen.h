/* SPDX-License-Identifier: MIT */
/* The display's side of the framebuffer: one surface of libframelend-client. */
#ifndef FBDEV_SCREEN_H
#define FBDEV_SCREEN_H

#include "picture.h"

struct screen_options {
	const char *display; /* NULL: as the client library finds one */
	const char *title, *app_id;
	bool fullscreen;
	uint32_t width, height; /* wanted */
	int keyboard;		/* gets what is typed, or -1; borrowed */
	lend_log_handler log;
	void *log_data;
};

struct screen {
	struct screen_options options;
	struct lend_client *client;
	struct lend_surface *surface;
	bool ready;		 /* the display wants a frame */
	bool stale;		 /* everything is to be shown again */
	bool blank;		 /* black was shown instead of the picture */
	bool closed;		 /* by its user */
	uint64_t frames, pixels; /* sent so far */
};

/* Connects and waits for the display to say the surface's size. Nothing is shown yet. */
int screen_open(struct screen *screen, const struct screen_options *options, uint32_t *width,
		uint32_t *height);
void screen_close(struct screen *screen);

/* The surface is to have another size, if the display lets it. */
int screen_resize(struct screen *screen, uint32_t width, uint32_t height);

/* Shows what changed of the picture in the dirty pages, which are clean then: 1 if anything did,
 * else 0. All black if blank. -EAGAIN: the display wants no frame yet. */
int screen_show(struct screen *screen, const struct picture *picture, struct pages *pages,
		bool blank);

#endif
