/* SPDX-License-Identifier: MIT */
#include "ink.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 256

unsigned int ink_of_path(enum lend_path path)
{
	switch (path) {
	case LEND_PATH_SCANOUT: return INK_GREEN;
	case LEND_PATH_FLUSH: return INK_TEAL;
	case LEND_PATH_PLANE: return INK_BLUE;
	case LEND_PATH_COPY: return INK_AMBER;
	case LEND_PATH_BLEND: return INK_CORAL;
	case LEND_PATH_TEXTURE: return INK_VIOLET;
	case LEND_PATH_NONE: break;
	}
	return INK_DIM;
}

void ink_set(cairo_t *cr, unsigned int colour, double alpha)
{
	cairo_set_source_rgba(cr, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0,
			      (colour & 255) / 255.0, alpha);
}

void ink_box(cairo_t *cr, double x, double y, double width, double height, double radius)
{
	cairo_new_sub_path(cr);
	cairo_arc(cr, x + width - radius, y + radius, radius, -M_PI_2, 0);
	cairo_arc(cr, x + width - radius, y + height - radius, radius, 0, M_PI_2);
	cairo_arc(cr, x + radius, y + height - radius, radius, M_PI_2, M_PI);
	cairo_arc(cr, x + radius, y + radius, radius, M_PI, 3 * M_PI_2);
	cairo_close_path(cr);
}

static void use_font(cairo_t *cr, struct ink_font font)
{
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	cairo_set_font_options(cr, options);
	cairo_font_options_destroy(options);
	cairo_select_font_face(cr, font.mono ? "DejaVu Sans Mono" : "DejaVu Sans",
			       CAIRO_FONT_SLANT_NORMAL,
			       font.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, font.size);
	ink_set(cr, font.colour, 1);
}

static double advance(cairo_t *cr, const char *text)
{
	cairo_text_extents_t extents;
	cairo_text_extents(cr, text, &extents);
	return extents.x_advance;
}

double ink_width(cairo_t *cr, struct ink_font font, const char *text)
{
	use_font(cr, font);
	return advance(cr, text);
}

/* One character less, be it of several bytes. */
static size_t shorten(const char *text, size_t length)
{
	while (length > 0 && ((unsigned char)text[--length] & 0xc0) == 0x80)
		;
	return length;
}

double ink_text(cairo_t *cr, struct ink_font font, double x, double y, double room,
		const char *text)
{
	char line[LINE_MAX_BYTES + 4];
	size_t length = strnlen(text, LINE_MAX_BYTES);
	bool whole = text[length] == '\0';
	use_font(cr, font);
	snprintf(line, sizeof(line), "%.*s", (int)length, text);
	while (length > 0 && (!whole || advance(cr, line) > room)) {
		length = shorten(text, length);
		whole = true;
		snprintf(line, sizeof(line), "%.*s…", (int)length, text);
	}
	cairo_move_to(cr, x, y);
	cairo_show_text(cr, line);
	return advance(cr, line);
}

double ink_text_right(cairo_t *cr, struct ink_font font, double x, double y, const char *text)
{
	double width = ink_width(cr, font, text);
	return ink_text(cr, font, x - width, y, width + 1, text);
}

/* Bytes of text that fit in a line, broken at a space where there is one. */
static size_t fit_line(cairo_t *cr, double room, const char *text)
{
	char line[LINE_MAX_BYTES];
	size_t fits = 0;
	for (size_t end = 0; text[end] && end < sizeof(line) - 1;) {
		end += strspn(text + end, " ");
		end += strcspn(text + end, " ");
		if (end >= sizeof(line))
			break;
		snprintf(line, sizeof(line), "%.*s", (int)end, text);
		if (advance(cr, line) > room)
			break;
		fits = end;
	}
	return fits ? fits : strlen(text); /* a word too wide: ink_text() shortens it */
}

int ink_paragraph(cairo_t *cr, struct ink_font font, double x, double y, double room, int max_lines,
		  bool draw, const char *text)
{
	int lines = 0;
	use_font(cr, font);
	while (*text && lines < max_lines) {
		char line[LINE_MAX_BYTES + 4];
		bool last = lines == max_lines - 1;
		size_t length = last ? strlen(text) : fit_line(cr, room, text);
		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		if (draw)
			ink_text(cr, font, x, y + lines * font.size * INK_LEADING, room, line);
		text += length;
		text += strspn(text, " ");
		lines++;
	}
	return lines;
}

double ink_badge(cairo_t *cr, double size, unsigned int colour, double x, double y,
		 const char *text)
{
	struct ink_font font = {.size = size, .colour = INK_NIGHT, .bold = true};
	double width = ink_width(cr, font, text) + size * 1.1;
	ink_box(cr, x, y - size * 1.15, width, size * 1.6, size * 0.45);
	ink_set(cr, colour, 1);
	cairo_fill(cr);
	ink_text(cr, font, x + size * 0.55, y, width, text);
	return width;
}
