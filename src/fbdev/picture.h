/* SPDX-License-Identifier: MIT */
/* From the framebuffer's visible part to the frame that is shown: what changed, and nothing else.
 */
#ifndef FBDEV_PICTURE_H
#define FBDEV_PICTURE_H

#include "mode.h"
#include "watch.h"

#include <framelend/client.h>
#include <pixman.h>

/* Changes are told in tiles of this size; a row of one is a cache line. */
#define TILE_WIDTH    16
#define TILE_HEIGHT   16

#define PICTURE_RECTS 60

struct damage_list {
	size_t n;
	struct lend_rect rects[PICTURE_RECTS];
};

/* Reads pixels of the framebuffer as they are shown. */
struct picture {
	const uint8_t *pixels; /* the framebuffer's memory */
	struct fb_var_screeninfo mode;
	pixman_image_t *from,
		*band;	  /* conversion, NULL with 32 bits: the band is TILE_HEIGHT rows */
	uint8_t *changed; /* for each tile of a band */
};

int picture_set(struct picture *picture, const void *pixels, const struct fb_var_screeninfo *mode);
void picture_finish(struct picture *picture);

/* Brings the frame's pixels up to the framebuffer's where pages are dirty, and adds what differed
 * to the damage. The picture is centred if the frame has another size. Black if blank. */
void picture_update(const struct picture *picture, const struct pages *pages,
		    const struct lend_frame *frame, struct damage_list *damage);

#endif
