/* SPDX-License-Identifier: MIT */
/* What draws an output's nodes into its own buffers: on the CPU (pixman.c) or on a GPU (gles2.c,
 * egl.c, texture.c, target.c). Which of them, render.c decides. */
#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

#include "server/output.h"

struct renderer;

/* One kind of renderer. */
struct renderer_type {
	const char *name;
	/* How surfaces get to the display by it; LEND_PATH_NONE: copied or blended, as the scene
	 * says. */
	enum lend_path path;
	/* NULL, or why it cannot read the buffer (static). */
	const char *(*refuses)(struct renderer *renderer, struct buffer *buffer);
	/* The index-th pair of format and modifier that it reads of dma-bufs; false: there are no
	 * more. */
	bool (*format)(struct renderer *renderer, size_t index, uint32_t *format,
		       uint64_t *modifier);
	/* Can it draw into such memory without the CPU seeing it? NULL: it cannot. */
	bool (*draws)(struct renderer *renderer, const struct lend_buffer *memory);
	/* Draws the output's nodes within damage into target, adding to what was copied of each
	 * surface: the bytes written. -errno: its GPU is lost. fence: a sync_file that signals when
	 * it is drawn, or -1: it is. */
	int64_t (*draw)(struct renderer *renderer, struct lend_output *output,
			struct own_buffer *target, const pixman_region32_t *damage, int *fence);
	/* The memory, a client's or an own buffer's, is about to go. NULL: it keeps nothing. */
	void (*forget)(struct renderer *renderer, const struct lend_buffer *memory);
	void (*destroy)(struct renderer *renderer);
};

struct renderer {
	const struct renderer_type *type;
	uint64_t uploaded; /* bytes of clients' memory that were copied to the GPU's */
	bool proven;	   /* it has drawn a frame */
};

/* ---- render.c ------------------------------------------------------------------------------- */

/* True if there is a renderer of that name. */
bool renderer_is_known(const char *name);
/* Gives the output the renderer that the server's options, $LEND_RENDERER or its device ask for:
 * pixman, where another one cannot start. */
void renderer_choose(struct lend_output *output);
/* Its GPU was lost: another one of the same kind, or, if that one has drawn nothing yet, pixman. */
void renderer_replace(struct lend_output *output);
void renderer_forget(struct lend_output *output, const struct lend_buffer *memory);

/* What of the damage shows the node and is composited; false: nothing. */
bool render_find_damage(const struct node *node, const pixman_region32_t *damage,
			pixman_region32_t *region);
/* What no opaque surface covers. */
void render_find_background(const struct lend_output *output, const pixman_region32_t *damage,
			    pixman_region32_t *region);
/* The pixels of the node's buffer that are read to draw the region (of the output). */
void render_find_read(const struct lend_output *output, const struct node *node,
		      const pixman_region32_t *region, pixman_region32_t *read);
const pixman_color_t *render_background(const struct lend_output *output);

/* ---- pixman.c ------------------------------------------------------------------------------- */

struct renderer *pixman_renderer(void);
/* The image is read as the matrix, or none, says. filter: between its pixels, else the nearest. */
void render_set_transform(pixman_image_t *image, const struct pixman_f_transform *matrix,
			  bool filter);

/* ---- gles2.c -------------------------------------------------------------------------------- */

/* On the device of that path, or on none (NULL). software: also where the CPU plays the GPU.
 * -errno with fail_text(); -ENOSYS: built without it. */
int gles2_create(const char *device, bool software, struct renderer **renderer);

#endif
