/* SPDX-License-Identifier: MIT */
/* The demonstration programs: each draws its frames through this one function. */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include <cairo.h>
#include <framelend/client.h>
#include <stdbool.h>

#define DEMO_DAMAGE_MAX 8

/* A frame to draw. */
struct demo_frame {
	cairo_t *cr; /* draws in the lent pixels */
	const struct lend_frame *lent;
	const struct lend_path_info *path;
	uint64_t path_changed; /* the first frame that shows this path */
	double scale;	       /* 1 at 640x360 */
};

/* What differs from the previous frame. */
struct demo_damage {
	struct lend_rect rects[DEMO_DAMAGE_MAX];
	size_t count;
	bool whole;
};

struct demo {
	const char *name, *title, *about;
	struct lend_surface_options options; /* mode, read, preserve */
	size_t state_size;		     /* zeroed memory of its own, kept between frames */
	void (*draw)(void *state, const struct demo_frame *frame, struct demo_damage *damage);
};

extern const struct demo demo_chart;
extern const struct demo demo_paint;
extern const struct demo demo_front;

/* Whether the frame's buffer lacks what changed in that frame, and must be drawn again there. */
bool demo_is_stale(const struct demo_frame *frame, uint64_t changed);

void demo_add_damage(struct demo_damage *damage, struct lend_rect rect);

/* Between the two, drawing goes to memory of our own; the end writes the rectangle once. Blending
 * reads what it draws on, which lent memory that was asked for writing only may make slow. */
void demo_begin_patch(const struct demo_frame *frame, struct lend_rect rect);
void demo_end_patch(const struct demo_frame *frame);

/* The band at the top with the demo's title and what it was lent. */
struct lend_rect demo_header_rect(const struct demo_frame *frame);
void demo_draw_header(const struct demo_frame *frame, const struct demo *demo);

/* Everything around and below the header, for a start. */
void demo_draw_ground(const struct demo_frame *frame);

/* The rectangle for the demo's own drawing. */
struct lend_rect demo_body_rect(const struct demo_frame *frame);

#endif
