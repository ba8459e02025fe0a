/* SPDX-License-Identifier: MIT */
#include "poster.h"

#include "ink.h"
#include "monitor.h"

#include <stdio.h>
#include <string.h>

#define GAP	  16 /* between outputs without captions */
#define MARGIN	  36
#define HEADER	  92
#define TITLE	  64 /* above each output */
#define FOOTER	  84
#define CAPTION	  400 /* a surface's caption is no wider */
#define CAPTION_X 10  /* from the surface's edges */

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

static void draw_caption(cairo_t *cr, const struct sample_surface *surface)
{
	struct ink_font name = {.size = 14, .colour = INK_TEXT, .bold = true};
	struct ink_font small = {.size = 12, .colour = INK_DIM};
	char memory[96];
	double width = surface->width - 2.0 * CAPTION_X;
	width = width > CAPTION ? CAPTION : width;
	if (width < 60)
		return;
	int lines = ink_paragraph(cr, small, 0, 0, width - 24, 2, false, surface->reason);
	double height = 58 + lines * small.size * 1.4;
	double x = surface->x + CAPTION_X;
	double y = surface->y + surface->height - CAPTION_X - height;

	ink_box(cr, x, y, width, height, 8);
	ink_set(cr, INK_NIGHT, 0.88);
	cairo_fill_preserve(cr);
	ink_set(cr, INK_LINE, 1);
	cairo_set_line_width(cr, 1);
	cairo_stroke(cr);
	double badge = ink_badge(cr, 12, ink_of_path(surface->path), x + 12, y + 24,
				 lend_path_name(surface->path));
	ink_text(cr, name, x + 20 + badge, y + 24, width - badge - 32, surface->program);
	snprintf(memory, sizeof(memory), "%s %s memory, pid %u",
		 surface->lent ? "lent" : "the program's own", lend_memory_name(surface->memory),
		 surface->pid);
	ink_text(cr, small, x + 12, y + 46, width - 24, memory);
	ink_paragraph(cr, small, x + 12, y + 46 + small.size * 1.4, width - 24, 2, true,
		      surface->reason);
}

static void draw_captions(struct poster *poster, const struct poster_output *output, int x)
{
	const struct sample_surface *surface;
	cairo_save(poster->cr);
	cairo_translate(poster->cr, x, poster->top);
	wl_array_for_each (surface, &poster->sample->surfaces)
		if (strcmp(surface->output, output->name) == 0 && surface->path != LEND_PATH_NONE &&
		    strcmp(surface->role, "xdg_toplevel") == 0)
			draw_caption(poster->cr, surface);
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
	ink_text(poster->cr, line, MARGIN + used, 64, room - used,
		 "The server lends each program a framebuffer, the program draws in that very "
		 "memory, and the server shows it.");
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
