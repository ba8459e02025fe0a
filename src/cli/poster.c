/* SPDX-License-Identifier: MIT */
#include "poster.h"

#include "ink.h"
#include "monitor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GAP		16 /* between outputs without captions */
#define MARGIN		36
#define HEADER		92
#define TITLE		64 /* above each output */
#define FOOTER		84
#define CAPTION_GAP	10 /* from the surface's edges */
#define CAPTION_PADDING 12
#define CAPTION_REASON	470 /* a longer reason takes several lines */
#define CAPTION_LEAST	160 /* a narrower place is none for a caption */
#define CAPTION_SURFACE 80  /* a narrower surface gets no caption */

struct poster {
	cairo_t *cr;
	const struct poster_output *outputs;
	size_t n_outputs;
	const struct sample *sample;
	int margin, top, gap, width, height;
};

static const struct {
	enum lend_path path;
	const char *meaning;
} legend[] = {
	{LEND_PATH_SCANOUT, "the display reads the program's buffer: no copy"},
	{LEND_PATH_FLUSH, "likewise, and the driver uploads the damage"},
	{LEND_PATH_PLANE, "an overlay plane reads the program's buffer"},
	{LEND_PATH_COPY, "the server copies what changed, once"},
	{LEND_PATH_BLEND, "copied with alpha, scale or transform"},
	{LEND_PATH_TEXTURE, "the GPU composites"},
};

/* ---- captions ------------------------------------------------------------------------------- */

static const struct ink_font caption_name = {.size = 14, .colour = INK_TEXT, .bold = true};
static const struct ink_font caption_text = {.size = 12, .colour = INK_DIM};

struct caption {
	const struct sample_surface *surface;
	const char *path, *name;
	char memory[160];
	int lines; /* of the memory's */
	double x, y, width, height;
};

static void word_caption(struct caption *caption)
{
	const struct sample_surface *surface = caption->surface;
	caption->path = lend_path_name(surface->path);
	caption->name = *surface->title ? surface->title : surface->program;
	snprintf(caption->memory, sizeof(caption->memory), "%s (%u), %s %s memory",
		 surface->program, surface->pid, surface->lent ? "lent" : "its own",
		 lend_memory_name(surface->memory));
}

/* As wide as its words want to be, within limits, and as high as they then get. */
static void size_caption(cairo_t *cr, struct caption *caption, double room)
{
	double badge = ink_width(cr, caption_text, caption->path) * 1.1 + 22;
	double wanted = badge + ink_width(cr, caption_name, caption->name);
	wanted = fmax(wanted, ink_width(cr, caption_text, caption->memory));
	wanted = fmax(wanted,
		      fmin(ink_width(cr, caption_text, caption->surface->reason), CAPTION_REASON));
	caption->width = fmin(ceil(wanted) + 2 * CAPTION_PADDING + 1, room);
	room = caption->width - 2 * CAPTION_PADDING;
	caption->lines = ink_paragraph(cr, caption_text, 0, 0, room, 2, false, caption->memory);
	int all = caption->lines +
		  ink_paragraph(cr, caption_text, 0, 0, room, 3, false, caption->surface->reason);
	caption->height = 40 + all * caption_text.size * INK_LEADING;
}

/* How far it is from the surface's right edge to the next surface or the output's edge. */
static double room_beside(const struct sample *sample, const struct sample_surface *surface,
			  double output_width)
{
	double edge = surface->x + (double)surface->width, room = output_width - edge;
	const struct sample_surface *other;
	wl_array_for_each (other, &sample->surfaces) {
		bool level = other->y < surface->y + (int)surface->height &&
			     surface->y < other->y + (int)other->height;
		if (other != surface && level && strcmp(other->output, surface->output) == 0 &&
		    other->x + (double)other->width > edge)
			room = fmin(room, other->x - edge);
	}
	return room - 2 * CAPTION_GAP;
}

/* In the surface's lower left corner, or beside it if it would cover most of the surface; within
 * the output even where the surface is not. */
static void place_caption(cairo_t *cr, struct caption *caption, const struct sample *sample,
			  const struct poster_output *output)
{
	const struct sample_surface *surface = caption->surface;
	cairo_surface_t *picture = output->picture;
	double right = cairo_image_surface_get_width(picture) / output->scale - CAPTION_GAP;
	double bottom = cairo_image_surface_get_height(picture) / output->scale - CAPTION_GAP;
	double beside = room_beside(sample, surface, right + CAPTION_GAP);
	bool small = surface->width < 2 * CAPTION_LEAST && beside >= CAPTION_LEAST;
	size_caption(cr, caption, small ? beside : surface->width - 2.0 * CAPTION_GAP);
	caption->x = surface->x + CAPTION_GAP + (small ? (double)surface->width : 0);
	caption->y = surface->y + surface->height - caption->height - (small ? 0 : CAPTION_GAP);
	caption->x = fmax(fmin(caption->x, right - caption->width), CAPTION_GAP);
	caption->y = fmax(fmin(caption->y, bottom - caption->height), CAPTION_GAP);
}

static void draw_caption(cairo_t *cr, const struct caption *caption)
{
	double x = caption->x + CAPTION_PADDING, y = caption->y;
	double room = caption->width - 2 * CAPTION_PADDING;
	ink_box(cr, caption->x, caption->y, caption->width, caption->height, 8);
	ink_set(cr, INK_NIGHT, 0.9);
	cairo_fill_preserve(cr);
	ink_set(cr, INK_LINE, 1);
	cairo_set_line_width(cr, 1);
	cairo_stroke(cr);
	double badge = 8 + ink_badge(cr, caption_text.size, ink_of_path(caption->surface->path), x,
				     y + 24, caption->path);
	ink_text(cr, caption_name, x + badge, y + 24, room - badge, caption->name);
	struct ink_font memory = caption_text;
	memory.colour = INK_TEXT;
	ink_paragraph(cr, memory, x, y + 46, room, 2, true, caption->memory);
	y += caption->lines * caption_text.size * INK_LEADING;
	ink_paragraph(cr, caption_text, x, y + 46, room, 3, true, caption->surface->reason);
}

static bool wants_caption(const struct sample_surface *surface, const struct poster_output *output)
{
	return strcmp(surface->output, output->name) == 0 && surface->path != LEND_PATH_NONE &&
	       strcmp(surface->role, "xdg_toplevel") == 0 && surface->width >= CAPTION_SURFACE;
}

static void draw_captions(struct poster *poster, const struct poster_output *output, int x)
{
	const struct sample_surface *surface;
	cairo_save(poster->cr);
	cairo_translate(poster->cr, x, poster->top);
	cairo_scale(poster->cr, output->scale, output->scale);
	wl_array_for_each (surface, &poster->sample->surfaces) {
		struct caption caption = {.surface = surface};
		if (!wants_caption(surface, output))
			continue;
		word_caption(&caption);
		place_caption(poster->cr, &caption, poster->sample, output);
		draw_caption(poster->cr, &caption);
	}
	cairo_restore(poster->cr);
}

/* ---- around the outputs --------------------------------------------------------------------- */

static void draw_title(struct poster *poster, const struct poster_output *output, int x)
{
	struct ink_font name = {.size = 22, .colour = INK_TEXT, .bold = true};
	struct ink_font facts = {.size = 16, .colour = INK_DIM};
	const struct sample_output *sample = sample_find_output(poster->sample, output->name);
	double y = poster->top - 20;
	double room = cairo_image_surface_get_width(output->picture);
	char text[160];
	double used = ink_text(poster->cr, name, x, y, room, output->name) + 16;
	if (!sample)
		return;
	int length = snprintf(text, sizeof(text), "%u × %u, ", sample->width, sample->height);
	if (sample->refresh)
		length += snprintf(text + length, sizeof(text) - (size_t)length, "%.5g Hz, ",
				   sample->refresh / 1e3);
	snprintf(text + length, sizeof(text) - (size_t)length, "layout %s", sample->layout);
	used += ink_text(poster->cr, facts, x + used, y, room - used, text) + 24;
	snprintf(text, sizeof(text), "%llu of %llu frames without a copy",
		 (unsigned long long)sample->scanout, (unsigned long long)sample->frames);
	if (used + ink_width(poster->cr, facts, text) < room)
		ink_text_right(poster->cr, facts, x + room, y, text);
}

static void draw_header(struct poster *poster)
{
	struct ink_font name = {.size = 34, .colour = INK_TEXT, .bold = true};
	struct ink_font line = {.size = 19, .colour = INK_DIM};
	double room = poster->width - 2.0 * MARGIN;
	double used = ink_text(poster->cr, name, MARGIN, 64, room, "framelend") + 22;
	ink_text(
		poster->cr, line, MARGIN + used, 64, room - used,
		"The server lends programs the framebuffers that they draw in, and shows that very "
		"memory: without a copy where it can, and it says why where it cannot.");
}

static bool is_in_use(const struct sample *sample, enum lend_path path)
{
	const struct sample_surface *surface;
	wl_array_for_each (surface, &sample->surfaces)
		if (surface->path == path)
			return true;
	return false;
}

static void draw_legend(struct poster *poster)
{
	struct ink_font font = {.size = 16, .colour = INK_DIM};
	double x = MARGIN, y = poster->height - FOOTER / 2.0 + 6;
	for (size_t i = 0; i < sizeof(legend) / sizeof(*legend); i++) {
		if (!is_in_use(poster->sample, legend[i].path))
			continue;
		x += ink_badge(poster->cr, 15, ink_of_path(legend[i].path), x, y,
			       lend_path_name(legend[i].path)) +
		     12;
		x += ink_text(poster->cr, font, x, y, poster->width - MARGIN - x,
			      legend[i].meaning) +
		     40;
	}
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void lay_out(struct poster *poster)
{
	bool captions = poster->sample;
	poster->margin = captions ? MARGIN : 0;
	poster->top = captions ? HEADER + TITLE : 0;
	poster->gap = captions ? MARGIN : GAP;
	poster->width = 2 * poster->margin - poster->gap;
	for (size_t i = 0; i < poster->n_outputs; i++) {
		int height = cairo_image_surface_get_height(poster->outputs[i].picture);
		poster->width += cairo_image_surface_get_width(poster->outputs[i].picture);
		poster->width += poster->gap;
		poster->height = height > poster->height ? height : poster->height;
	}
	poster->height += poster->top + (captions ? FOOTER : 0);
}

static void draw_outputs(struct poster *poster)
{
	int x = poster->margin;
	for (size_t i = 0; i < poster->n_outputs; i++) {
		const struct poster_output *output = &poster->outputs[i];
		cairo_set_source_surface(poster->cr, output->picture, x, poster->top);
		cairo_paint(poster->cr);
		if (poster->sample) {
			draw_title(poster, output, x);
			draw_captions(poster, output, x);
		}
		x += cairo_image_surface_get_width(output->picture) + poster->gap;
	}
}

cairo_surface_t *poster_draw(const struct poster_output *outputs, size_t n_outputs,
			     const struct sample *sample)
{
	struct poster poster = {.outputs = outputs, .n_outputs = n_outputs, .sample = sample};
	lay_out(&poster);
	cairo_surface_t *picture =
		cairo_image_surface_create(CAIRO_FORMAT_RGB24, poster.width, poster.height);
	poster.cr = cairo_create(picture);
	ink_set(poster.cr, INK_NIGHT, 1);
	cairo_paint(poster.cr);
	draw_outputs(&poster);
	if (sample) {
		draw_header(&poster);
		draw_legend(&poster);
	}
	bool failed = cairo_status(poster.cr) != CAIRO_STATUS_SUCCESS;
	cairo_destroy(poster.cr);
	if (!failed)
		return picture;
	cairo_surface_destroy(picture);
	return NULL;
}
