/* SPDX-License-Identifier: MIT */
/* A surface that a test redraws, reshapes and commits as an honest client does: it damages what it
 * changed, and only draws in buffers that are its own. */
#ifndef TESTS_PROTOCOL_SCENERY_H
#define TESTS_PROTOCOL_SCENERY_H

#include "harness.h"

#define PIECE_BUFFERS 4

enum piece_role { PIECE_TOPLEVEL, PIECE_POPUP, PIECE_SUBSURFACE };

enum piece_memory { PIECE_SEALED, PIECE_UNSEALED, PIECE_LENT, PIECE_FRONT, PIECE_MEMORIES };

/* What of it is opaque. */
enum piece_alpha {
	PIECE_NO_ALPHA,
	PIECE_TRANSLUCENT,
	PIECE_PARTLY, /* an opaque region that its contents do not heed */
	PIECE_ALPHAS
};

struct piece_buffer {
	struct wl_buffer *buffer;
	uint8_t *pixels;
	uint32_t stride;
	size_t size;
	bool busy;
};

/* What a surface asked for and got. It outlives the surface: events may be on their way. */
struct waits {
	unsigned frames, frames_done;	    /* wl_surface.frame */
	unsigned feedbacks, feedbacks_done; /* wp_presentation.feedback, presented or discarded */
};

struct piece {
	struct client *client;
	struct waits *waits;
	struct piece *parent;
	enum piece_role role;
	enum piece_memory memory;
	enum piece_alpha alpha;
	uint32_t format;
	struct wl_surface *surface; /* NULL: there is none */
	struct wl_subsurface *subsurface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct xdg_popup *popup;
	struct wp_viewport *viewport;
	struct chain chain;
	struct piece_buffer buffers[PIECE_BUFFERS];
	unsigned n_buffers;
	uint32_t width, height; /* of the buffers */
	uint32_t *contents;	/* as in the format, four bytes a pixel */
	int32_t scale, transform;
	int32_t given_width, given_height; /* by the last configure event */
	unsigned configures;
	bool reshaped; /* its next commit changes how the buffer is mapped */
};

/* Random in all that is not given; mapped. waits: zeroed. */
void piece_create(struct client *client, enum piece_role role, struct piece *parent,
		  struct waits *waits, struct piece *piece);
/* What depends on it must be gone. */
void piece_destroy(struct piece *piece);
unsigned piece_depth(const struct piece *piece);
/* Changes some of its contents and commits that. */
void piece_draw(struct piece *piece);
/* Commits what there is. */
void piece_commit(struct piece *piece);
/* Another scale, transform, crop or size on the output, with the contents that it has. */
void piece_reshape(struct piece *piece);
/* Other buffers of another size; fit: the size that it was configured to. */
void piece_resize(struct piece *piece, bool fit);
/* No contents until it is drawn again. */
void piece_hide(struct piece *piece);

#endif
