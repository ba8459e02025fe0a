/* SPDX-License-Identifier: MIT */
#include "demo_plot.h"

#include "ink.h"

#include <math.h>

/* A strip's row is a few cache lines: enough for memory that wants to be written in whole lines. */
#define STRIP 64
#define GRID  40 /* pixels at scale 1 */

struct strip {
	int from, width;
	float y[PLOT_CURVES][STRIP];	 /* of the curve, from the box's top */
	float slant[PLOT_CURVES][STRIP]; /* distance to the curve / vertical distance to it */
	bool grid[STRIP], bar[STRIP];
};

struct row {
	int y;
	uint32_t ground, under, grid;
};

static uint32_t mix(uint32_t from, uint32_t to, float amount)
{
	uint32_t part = (uint32_t)(amount * 256);
	uint32_t rb = ((from & 0xff00ff) * (256 - part) + (to & 0xff00ff) * part) >> 8;
	uint32_t g = ((from & 0x00ff00) * (256 - part) + (to & 0x00ff00) * part) >> 8;
	return (rb & 0xff00ff) | (g & 0x00ff00);
}

static void prepare_strip(const struct plot *plot, struct strip *strip)
{
	int spacing = (int)(GRID * plot->scale);
	float height = (float)plot->box.height;
	for (int curve = 0; curve < PLOT_CURVES; curve++) {
		for (int i = 0; i < strip->width; i++) {
			float here = plot->value(plot->data, curve, strip->from + i);
			float next = plot->value(plot->data, curve, strip->from + i + 1);
			float slope = isnan(next) ? 0 : (next - here) * height;
			strip->y[curve][i] = (1 - here) * height;
			strip->slant[curve][i] = 1 / sqrtf(1 + slope * slope);
		}
	}
	for (int i = 0; i < strip->width; i++) {
		int column = strip->from + i;
		strip->grid[i] = (column + plot->scroll) % spacing == 0;
		strip->bar[i] = column >= plot->bar && column < plot->bar + plot->bar_width;
	}
}

static struct row prepare_row(const struct plot *plot, int y)
{
	float depth = (float)y / (float)plot->box.height;
	int spacing = (int)(GRID * plot->scale);
	struct row row = {.y = y, .ground = mix(INK_PANEL, INK_NIGHT, depth * 0.6f)};
	row.grid = mix(row.ground, INK_LINE, 0.8f);
	if ((plot->box.height - y) % spacing == 0)
		row.ground = row.grid;
	row.under = mix(row.ground, plot->colours[0], 0.34f - 0.28f * depth);
	return row;
}

static uint32_t pixel(const struct plot *plot, const struct strip *strip, const struct row *row,
		      int i)
{
	if (strip->bar[i])
		return INK_TEXT;
	bool under = plot->filled && (float)row->y > strip->y[0][i];
	uint32_t colour = under ? row->under : strip->grid[i] ? row->grid : row->ground;
	float half = (float)plot->scale + 0.5f;
	for (int curve = PLOT_CURVES - 1; curve >= 0; curve--) {
		float away = fabsf((float)row->y - strip->y[curve][i]) * strip->slant[curve][i];
		float cover = half - away; /* NAN where there is no curve: then not above 0 */
		if (cover > 0)
			colour = mix(colour, plot->colours[curve], cover < 1 ? cover : 1);
	}
	return colour;
}

static void draw_strip(const struct plot *plot, const struct lend_frame *frame,
		       const struct strip *strip)
{
	for (int y = 0; y < plot->box.height; y++) {
		struct row row = prepare_row(plot, y);
		uint32_t *out = (uint32_t *)((char *)frame->pixels +
					     (size_t)(plot->box.y + y) * frame->stride) +
				plot->box.x + strip->from;
		for (int i = 0; i < strip->width; i++)
			out[i] = pixel(plot, strip, &row, i);
	}
}

void plot_draw(const struct plot *plot, const struct lend_frame *frame, int from, int to)
{
	struct strip strip;
	to = to < plot->box.width ? to : plot->box.width;
	for (strip.from = from; strip.from < to; strip.from += STRIP) {
		strip.width = to - strip.from < STRIP ? to - strip.from : STRIP;
		prepare_strip(plot, &strip);
		draw_strip(plot, frame, &strip);
	}
}
