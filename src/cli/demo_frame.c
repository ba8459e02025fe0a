/* SPDX-License-Identifier: MIT */
/* What all demonstration programs draw alike. */
#include "demo.h"
#include "ink.h"

#include <stdio.h>

#define HEADER 88 /* at scale 1, as are all of these */
#define MARGIN 12

bool demo_is_stale(const struct demo_frame *frame, uint64_t changed)
{
	const struct lend_frame *lent = frame->lent;
	return lent->age == 0 || lent->number < changed + lent->age;
}

void demo_add_damage(struct demo_damage *damage, struct lend_rect rect)
{
	if (damage->count < DEMO_DAMAGE_MAX)
		damage->rects[damage->count++] = rect;
	else
		damage->whole = true;
}

void demo_begin_patch(const struct demo_frame *frame, struct lend_rect rect)
{
	cairo_save(frame->cr);
	cairo_rectangle(frame->cr, rect.x, rect.y, rect.width, rect.height);
	cairo_clip(frame->cr);
	cairo_push_group_with_content(frame->cr, CAIRO_CONTENT_COLOR);
	ink_set(frame->cr, INK_NIGHT, 1);
	cairo_paint(frame->cr);
}

void demo_end_patch(const struct demo_frame *frame)
{
	cairo_pop_group_to_source(frame->cr);
	cairo_set_operator(frame->cr, CAIRO_OPERATOR_SOURCE);
	cairo_paint(frame->cr);
	cairo_restore(frame->cr);
}

struct lend_rect demo_header_rect(const struct demo_frame *frame)
{
	return (struct lend_rect){0, 0, (int)frame->lent->width, (int)(HEADER * frame->scale)};
}

struct lend_rect demo_body_rect(const struct demo_frame *frame)
{
	int margin = (int)(MARGIN * frame->scale), top = (int)(HEADER * frame->scale);
	int width = (int)frame->lent->width - 2 * margin;
	int height = (int)frame->lent->height - top - margin;
	return (struct lend_rect){margin, top, width > 0 ? width : 0, height > 0 ? height : 0};
}

void demo_draw_ground(const struct demo_frame *frame)
{
	cairo_save(frame->cr);
	cairo_set_operator(frame->cr, CAIRO_OPERATOR_SOURCE);
	ink_set(frame->cr, INK_NIGHT, 1);
	cairo_paint(frame->cr);
	cairo_restore(frame->cr);
}

static void describe_memory(const struct lend_path_info *path, char *text, size_t size)
{
	const char *kind = lend_memory_name(path->memory);
	const char *caching = lend_caching_name(path->caching);
	const char *plural = path->count == 1 ? "" : "s";
	if (path->caching == LEND_CACHING_UNKNOWN)
		snprintf(text, size, "%u buffer%s of %s", path->count, plural, kind);
	else
		snprintf(text, size, "%u buffer%s of %s, %s", path->count, plural, kind, caching);
}

void demo_draw_header(const struct demo_frame *frame, const struct demo *demo)
{
	double s = frame->scale, x = MARGIN * s, room = frame->lent->width - 2 * MARGIN * s;
	struct ink_font title = {.size = 19 * s, .colour = INK_TEXT, .bold = true};
	struct ink_font about = {.size = 12.5 * s, .colour = INK_DIM};
	char memory[96];
	demo_begin_patch(frame, demo_header_rect(frame));
	double used = ink_text(frame->cr, title, x, 29 * s, room, demo->title) + 10 * s;
	ink_text(frame->cr, about, x + used, 29 * s, room - used - 110 * s, demo->about);
	describe_memory(frame->path, memory, sizeof(memory));
	used = ink_badge(frame->cr, 11.5 * s, ink_of_path(frame->path->path), x, 54 * s,
			 lend_path_name(frame->path->path)) +
	       9 * s;
	about.colour = INK_TEXT;
	ink_text(frame->cr, about, x + used, 54 * s, room - used, memory);
	about.colour = INK_DIM;
	ink_text(frame->cr, about, x, 76 * s, room, frame->path->reason);
	demo_end_patch(frame);
}
