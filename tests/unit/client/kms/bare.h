/* SPDX-License-Identifier: MIT */
/* A program on a display without a server, which a double of libdrm plays. */
#ifndef TESTS_UNIT_CLIENT_KMS_BARE_H
#define TESTS_UNIT_CLIENT_KMS_BARE_H

#include <framelend/client.h>
#include <stdbool.h>

#define CARD	"/dev/dri/card0"
#define WIDTH	320
#define HEIGHT	240

#define MONITOR "connector Virtual-1 connected mode=320x240@60 mode=640x480@60\n"
#define PRIMARY "plane primary formats=XR24,AR24,RG16\n"
#define CURSOR	"plane cursor formats=AR24\n"
/* A driver that scans out what it is given, and one that uploads what it is told has changed. */
#define DIRECT	  "drmGetVersion -> vkms\n"
#define UPLOADING "drmGetVersion -> virtio_gpu\n"

#define RED	  0xffc02010
#define GREEN	  0xff20a040
#define BLUE	  0xff1030d0

/* The display from now on; lines come before the driver's usual answers. */
void bare_play(const char *lines, const char *display);
/* Nothing may be left behind. */
void bare_finish(void);

struct lend_client *bare_connect(const char *display);
/* Connecting fails so; the words have this in them. */
void bare_connect_fails(const char *display, int error, const char *words);

/* A surface, and what was told of it. */
struct view {
	struct lend_client *client;
	struct lend_surface *surface;
	unsigned closed, resized, paths, presented, inputs;
	uint64_t number, time; /* of the frame presented last */
	uint32_t refresh, width, height;
	struct lend_input input[64]; /* the first of them */
};

void bare_open(struct view *view, struct lend_client *client, struct lend_surface_options options);
/* Asks for input as well. */
void bare_open_for_input(struct view *view, struct lend_client *client,
			 struct lend_surface_options options);
/* Begins a frame, waiting until it can. */
struct lend_frame bare_begin(struct view *view);
/* Ends it, and waits until it is on display. */
void bare_end(struct view *view, const struct lend_rect *damage, size_t n);
/* A whole frame in one colour; and until it is on display. */
void bare_draw(struct view *view, uint32_t colour);
void bare_show(struct view *view, uint32_t colour);
/* Dispatches until that frame is on display. */
void bare_wait(struct view *view, uint64_t number);
/* Dispatches for some time. */
void bare_pump(struct lend_client *client, int ms);
void bare_fill(const struct lend_frame *frame, struct lend_rect rect, uint32_t colour);
struct lend_path_info bare_path(const struct view *view);

/* What a person sees there. */
void bare_expect(int x, int y, int width, int height, uint32_t colour);
void bare_expect_all(uint32_t colour);
/* Compared with a picture of the display's size. */
void bare_expect_picture(const uint32_t *pixels);

#endif
