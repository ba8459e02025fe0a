/* SPDX-License-Identifier: MIT */
/* A drawing program that nobody holds the pens of. Its ink blends with what is on the paper, so it
 * reads what it drew before; the library carries that from buffer to buffer. */
#include "demo.h"
#include "ink.h"

#include <math.h>

#define PAPER  0xf6f2e9
#define STEPS  12 /* of the pens a frame */
#define TURN   0.0125
#define SHEET  900 /* frames until a new sheet of paper */
#define N_PENS 3
#define N_INKS 6
#define DAB    70 /* radius of the brush at scale 1 */
#define TRAY   32 /* width of the inks' tray at scale 1 */

static const unsigned int inks[N_INKS] = {0x2f6fde, 0xe2574c, 0x1f9e89,
					  0x8a55d6, 0xe89a1c, 0x2aa7d8};

struct paint {
	double angle;
	unsigned int frames; /* on this sheet */
	unsigned int sheets;
};

struct point {
	double x, y;
};

/* A pen's place: it sits in a wheel that rolls within a ring, at some part of the wheel's radius.
 */
static struct point pen(struct lend_rect sheet, double angle, unsigned int figure, double part)
{
	static const double ratios[] = {7.0 / 24, 5.0 / 18, 9.0 / 32};
	double ratio = ratios[figure % 3], arm = part * ratio, wheel = angle * (1 - ratio) / ratio;
	double radius = (sheet.height < sheet.width ? sheet.height : sheet.width) * 0.47;
	return (struct point){
		.x = sheet.x + sheet.width * 0.5 +
		     radius * 1.6 * ((1 - ratio) * cos(angle) + arm * cos(wheel)),
		.y = sheet.y + sheet.height * 0.5 +
		     radius * ((1 - ratio) * sin(angle) - arm * sin(wheel)),
	};
}

/* The whole pixels that the extents touch, within the sheet. */
static struct lend_rect pixels(struct lend_rect sheet, double x1, double y1, double x2, double y2)
{
	x1 = fmax(floor(x1) - 1, sheet.x);
	y1 = fmax(floor(y1) - 1, sheet.y);
	x2 = fmin(ceil(x2) + 1, sheet.x + sheet.width);
	y2 = fmin(ceil(y2) + 1, sheet.y + sheet.height);
	return (struct lend_rect){(int)x1, (int)y1, (int)(x2 - x1), (int)(y2 - y1)};
}

/* A soft touch of a wet brush, which wanders over the sheet. */
static void draw_dab(const struct paint *paint, const struct demo_frame *frame,
		     struct lend_rect sheet, struct demo_damage *damage)
{
	double x = sheet.x + sheet.width * (0.5 + 0.44 * sin(paint->angle * 0.37 + 0.6));
	double y = sheet.y + sheet.height * (0.5 + 0.4 * sin(paint->angle * 0.53 + 1));
	double radius = DAB * frame->scale;
	unsigned int ink = inks[(paint->frames / 60 + 3) % N_INKS];
	double red = (ink >> 16) / 255.0, green = (ink >> 8 & 255) / 255.0,
	       blue = (ink & 255) / 255.0;
	cairo_pattern_t *brush = cairo_pattern_create_radial(x, y, 0, x, y, radius);
	cairo_pattern_add_color_stop_rgba(brush, 0, red, green, blue, 0.026);
	cairo_pattern_add_color_stop_rgba(brush, 0.6, red, green, blue, 0.018);
	cairo_pattern_add_color_stop_rgba(brush, 1, red, green, blue, 0);
	cairo_set_source(frame->cr, brush);
	cairo_pattern_destroy(brush);
	cairo_arc(frame->cr, x, y, radius, 0, 2 * M_PI);
	cairo_fill(frame->cr);
	demo_add_damage(damage, pixels(sheet, x - radius, y - radius, x + radius, y + radius));
}

static void draw_pen(const struct paint *paint, const struct demo_frame *frame,
		     struct lend_rect sheet, unsigned int which, struct demo_damage *damage)
{
	double x1, y1, x2, y2;
	for (int i = 0; i <= STEPS; i++) {
		struct point point =
			pen(sheet, paint->angle + i * TURN, paint->sheets, 0.95 - 0.3 * which);
		cairo_line_to(frame->cr, point.x, point.y);
	}
	cairo_stroke_extents(frame->cr, &x1, &y1, &x2, &y2);
	demo_add_damage(damage, pixels(sheet, x1, y1, x2, y2));
	ink_set(frame->cr, inks[(which + paint->sheets) % N_INKS], 0.8);
	cairo_stroke(frame->cr);
}

static void draw_strokes(struct paint *paint, const struct demo_frame *frame,
			 struct lend_rect sheet, struct demo_damage *damage)
{
	cairo_save(frame->cr);
	cairo_rectangle(frame->cr, sheet.x, sheet.y, sheet.width, sheet.height);
	cairo_clip(frame->cr);
	cairo_set_operator(frame->cr, CAIRO_OPERATOR_MULTIPLY);
	cairo_set_line_width(frame->cr, 1.5 * frame->scale);
	cairo_set_line_join(frame->cr, CAIRO_LINE_JOIN_ROUND);
	draw_dab(paint, frame, sheet, damage);
	for (unsigned int which = 0; which < N_PENS; which++)
		draw_pen(paint, frame, sheet, which, damage);
	paint->angle += STEPS * TURN;
	cairo_restore(frame->cr);
}

static struct lend_rect sheet_rect(const struct demo_frame *frame)
{
	struct lend_rect body = demo_body_rect(frame);
	int tray = (int)(TRAY * frame->scale);
	tray = tray < body.width ? tray : body.width;
	return (struct lend_rect){body.x + tray, body.y, body.width - tray, body.height};
}

static void draw_sheet(const struct demo_frame *frame, struct lend_rect sheet)
{
	cairo_rectangle(frame->cr, sheet.x, sheet.y, sheet.width, sheet.height);
	ink_set(frame->cr, PAPER, 1);
	cairo_fill(frame->cr);
}

static void draw_tray(const struct demo_frame *frame)
{
	double s = frame->scale;
	struct lend_rect body = demo_body_rect(frame);
	for (int i = 0; i < N_INKS; i++) {
		ink_box(frame->cr, body.x, body.y + i * 28 * s, 20 * s, 20 * s, 5 * s);
		ink_set(frame->cr, inks[i], 1);
		cairo_fill(frame->cr);
	}
}

static void draw(void *state, const struct demo_frame *frame, struct demo_damage *damage)
{
	struct paint *paint = state;
	struct lend_rect sheet = sheet_rect(frame);
	damage->whole = frame->lent->age == 0;
	if (damage->whole) {
		demo_draw_ground(frame);
		draw_tray(frame);
	}
	if (damage->whole || paint->frames == SHEET) {
		draw_sheet(frame, sheet);
		demo_add_damage(damage, sheet);
		*paint = (struct paint){.sheets = paint->sheets + !damage->whole};
	}
	if (demo_is_stale(frame, frame->path_changed)) {
		demo_draw_header(frame, &demo_paint);
		demo_add_damage(damage, demo_header_rect(frame));
	}
	if (sheet.width > 0 && sheet.height > 0)
		draw_strokes(paint, frame, sheet, damage);
	paint->frames++;
}

const struct demo demo_paint = {
	.name = "paint",
	.title = "paint",
	.about = "blends ink with what it drew before",
	.options = {.read = 1, .preserve = 1},
	.state_size = sizeof(struct paint),
	.draw = draw,
};
