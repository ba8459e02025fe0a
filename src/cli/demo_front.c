/* SPDX-License-Identifier: MIT */
/* An oscilloscope in the one buffer that the display shows all the time: a frame draws a few
 * columns and says so. */
#include "demo.h"
#include "demo_plot.h"
#include "ink.h"

#include <math.h>
#include <time.h>

#define STEP	     4	/* columns a frame, at scale 1 */
#define GAP	     28 /* cleared in front of the beam */
#define CLOCK_WIDTH  96
#define CLOCK_HEIGHT 30

struct front {
	int beam;	/* the column it has reached */
	uint64_t swept; /* columns in the sweeps before */
	int blank_from; /* columns from here on show no trace */
	time_t second;	/* that the clock shows */
};

static float value(const void *data, int curve, int column)
{
	const struct front *front = data;
	if (column >= front->blank_from)
		return NAN;
	float u = (float)(front->swept % 1000000) + (float)column;
	if (curve == 0)
		return 0.66f + 0.2f * sinf(u / 29) * (0.6f + 0.4f * sinf(u / 211));
	return 0.27f + 0.1f * tanhf(3 * sinf(u / 47)) + 0.012f * sinf(u / 9);
}

static void draw_columns(struct front *front, const struct demo_frame *frame, int from, int to,
			 struct demo_damage *damage)
{
	struct lend_rect body = demo_body_rect(frame);
	struct plot plot = {
		.box = body,
		.scale = frame->scale,
		.colours = {INK_GREEN, INK_VIOLET},
		.bar = front->beam,
		.bar_width = front->beam > 0 ? (int)(2 * frame->scale) : 0,
		.value = value,
		.data = front,
	};
	to = to < body.width ? to : body.width;
	if (from >= to)
		return;
	plot_draw(&plot, frame->lent, from, to);
	demo_add_damage(damage, (struct lend_rect){body.x + from, body.y, to - from, body.height});
}

/* Moves the beam and draws what it passes and what it clears. */
static void sweep(struct front *front, const struct demo_frame *frame, struct demo_damage *damage)
{
	int width = demo_body_rect(frame).width, gap = (int)(GAP * frame->scale);
	int from = front->beam, step = (int)(STEP * frame->scale);
	if (width <= 0)
		return;
	front->beam = from + step;
	front->blank_from = front->beam;
	draw_columns(front, frame, from, front->beam + gap, damage);
	if (front->beam >= width) {
		front->swept += (uint64_t)width;
		front->beam = 0;
		front->blank_from = 0;
	}
	if (front->beam + gap > width || front->beam == 0) {
		front->blank_from = 0;
		draw_columns(front, frame, 0, front->beam ? front->beam + gap - width : gap,
			     damage);
	}
}

static struct lend_rect clock_rect(const struct demo_frame *frame)
{
	double s = frame->scale;
	int width = (int)(CLOCK_WIDTH * s), margin = (int)(12 * s);
	int x = (int)frame->lent->width - width - margin;
	return (struct lend_rect){x > 0 ? x : 0, (int)(6 * s), width, (int)(CLOCK_HEIGHT * s)};
}

static void draw_clock(const struct demo_frame *frame, time_t second)
{
	double s = frame->scale;
	struct lend_rect rect = clock_rect(frame);
	struct ink_font font = {.size = 17 * s, .colour = INK_TEXT, .bold = true, .mono = true};
	struct tm parts;
	char text[16] = "";
	if (localtime_r(&second, &parts))
		strftime(text, sizeof(text), "%H:%M:%S", &parts);
	demo_begin_patch(frame, rect);
	ink_text_right(frame->cr, font, rect.x + rect.width, rect.y + 22 * s, text);
	demo_end_patch(frame);
}

static void draw_all(struct front *front, const struct demo_frame *frame)
{
	struct demo_damage ignored = {0};
	demo_draw_ground(frame);
	*front = (struct front){0};
	draw_columns(front, frame, 0, demo_body_rect(frame).width, &ignored);
}

static void draw(void *state, const struct demo_frame *frame, struct demo_damage *damage)
{
	struct front *front = state;
	time_t now = time(NULL);
	damage->whole = frame->lent->age == 0;
	if (damage->whole)
		draw_all(front, frame);
	bool header = demo_is_stale(frame, frame->path_changed);
	if (header) {
		demo_draw_header(frame, &demo_front);
		demo_add_damage(damage, demo_header_rect(frame));
	}
	if (header || now != front->second) {
		draw_clock(frame, now);
		demo_add_damage(damage, clock_rect(frame));
		front->second = now;
	}
	sweep(front, frame, damage);
}

const struct demo demo_front = {
	.name = "front",
	.title = "scope",
	.about = "draws in the buffer that is shown",
	.options = {.mode = LEND_MODE_FRONT},
	.state_size = sizeof(struct front),
	.draw = draw,
};
