/* SPDX-License-Identifier: MIT */
/* A chart that moves all over, so that a torn picture would show: the bar would break, and the
 * frame's number differ between top and bottom. It only writes, each pixel once. */
#include "demo.h"
#include "demo_plot.h"
#include "ink.h"

#include <math.h>
#include <stdio.h>

#define NUMBER_WIDTH  96
#define NUMBER_HEIGHT 30

static float value(const void *data, int curve, int column)
{
	const struct demo_frame *frame = data;
	float u = ((float)column + (float)(frame->lent->number * 2)) / (float)frame->scale;
	if (curve == 0)
		return 0.42f + 0.17f * sinf(u / 61) + 0.08f * sinf(u / 23 + 1) +
		       0.03f * sinf(u / 7);
	return 0.62f + 0.15f * sinf(u / 83 + 2) + 0.07f * sinf(u / 31);
}

static struct lend_rect number_rect(const struct demo_frame *frame, bool at_top)
{
	double s = frame->scale;
	struct lend_rect body = demo_body_rect(frame);
	struct lend_rect rect = {.width = (int)(NUMBER_WIDTH * s),
				 .height = (int)(NUMBER_HEIGHT * s)};
	rect.width = rect.width < body.width ? rect.width : body.width;
	rect.x = body.x + body.width - rect.width;
	rect.y = at_top ? (int)(6 * s) : body.y + body.height - rect.height;
	return rect;
}

static void draw_number(const struct demo_frame *frame, struct lend_rect rect)
{
	double s = frame->scale;
	struct ink_font font = {.size = 20 * s, .colour = INK_TEXT, .bold = true, .mono = true};
	char text[24];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)frame->lent->number);
	demo_begin_patch(frame, rect);
	ink_text_right(frame->cr, font, rect.x + rect.width - 6 * s, rect.y + 22 * s, text);
	demo_end_patch(frame);
}

static void draw_plot(const struct demo_frame *frame, struct lend_rect box)
{
	struct plot plot = {
		.box = box,
		.scale = frame->scale,
		.scroll = (int)(frame->lent->number * 2 % 1000000),
		.colours = {INK_BLUE, INK_AMBER},
		.filled = true,
		.bar_width = (int)(3 * frame->scale),
		.value = value,
		.data = frame,
	};
	if (box.width > 0)
		plot.bar = (int)(frame->lent->number * 5 % (uint64_t)box.width);
	plot_draw(&plot, frame->lent, 0, box.width);
}

static void draw(void *state, const struct demo_frame *frame, struct demo_damage *damage)
{
	struct lend_rect body = demo_body_rect(frame);
	damage->whole = frame->lent->age == 0;
	if (damage->whole)
		demo_draw_ground(frame);
	if (demo_is_stale(frame, frame->path_changed))
		demo_draw_header(frame, &demo_chart);
	if (frame->path_changed == frame->lent->number)
		demo_add_damage(damage, demo_header_rect(frame));
	draw_plot(frame, body);
	draw_number(frame, number_rect(frame, true));
	draw_number(frame, number_rect(frame, false));
	demo_add_damage(damage, body);
	demo_add_damage(damage, number_rect(frame, true));
}

const struct demo demo_chart = {
	.name = "chart",
	.title = "chart",
	.about = "draws in a chain of lent buffers",
	.draw = draw,
};
