/* SPDX-License-Identifier: MIT */
/* cairo draws in the lent frame itself: a clock whose dial is drawn once, and whose hand alone is
 * drawn and damaged with each frame after.
 *
 *   ./cairo [FRAMES]: so many, one a tick of the hand, then it stands still */
#include <cairo.h>
#include <errno.h>
#include <framelend/client.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TURN 6.283185307179586

struct clock {
	double middle_x, middle_y, radius, tip_x, tip_y;
};

static void draw_dial(cairo_t *cairo, const struct clock *clock)
{
	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_paint(cairo);
	cairo_set_source_rgb(cairo, 0.1, 0.2, 0.5);
	for (int hour = 0; hour < 12; hour++) {
		double x = sin(TURN * hour / 12), y = -cos(TURN * hour / 12);
		cairo_move_to(cairo, clock->middle_x + 0.9 * clock->radius * x,
			      clock->middle_y + 0.9 * clock->radius * y);
		cairo_line_to(cairo, clock->middle_x + clock->radius * x,
			      clock->middle_y + clock->radius * y);
	}
	cairo_stroke(cairo);
}

/* The pixels that the hand touches where it is. */
static struct lend_rect hand_extents(const struct clock *clock)
{
	int32_t left = (int32_t)floor(fmin(clock->middle_x, clock->tip_x)) - 3;
	int32_t top = (int32_t)floor(fmin(clock->middle_y, clock->tip_y)) - 3;
	int32_t right = (int32_t)ceil(fmax(clock->middle_x, clock->tip_x)) + 3;
	int32_t bottom = (int32_t)ceil(fmax(clock->middle_y, clock->tip_y)) + 3;
	return (struct lend_rect){left, top, right - left, bottom - top};
}

static void draw_hand(cairo_t *cairo, const struct clock *clock)
{
	cairo_set_source_rgb(cairo, 0.8, 0.1, 0.1);
	cairo_move_to(cairo, clock->middle_x, clock->middle_y);
	cairo_line_to(cairo, clock->tip_x, clock->tip_y);
	cairo_stroke(cairo);
}

static void erase(cairo_t *cairo, const struct lend_rect *rect)
{
	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_rectangle(cairo, rect->x, rect->y, rect->width, rect->height);
	cairo_fill(cairo);
}

/* Draws all of it, or moves the hand; fills in what that changed and returns how many rectangles.
 */
static size_t draw(cairo_t *cairo, const struct lend_frame *frame, struct clock *clock,
		   struct lend_rect damage[2])
{
	double angle = TURN * (double)(frame->number - 1) / 60;
	struct clock before = *clock;
	clock->middle_x = frame->width / 2.0;
	clock->middle_y = frame->height / 2.0;
	clock->radius = fmin(clock->middle_x, clock->middle_y) - 4;
	clock->tip_x = clock->middle_x + 0.8 * clock->radius * sin(angle);
	clock->tip_y = clock->middle_y - 0.8 * clock->radius * cos(angle);
	damage[0] = hand_extents(&before);
	damage[1] = hand_extents(clock);
	cairo_set_line_width(cairo, 3);
	if (frame->age == 0)
		draw_dial(cairo, clock);
	else
		erase(cairo, &damage[0]);
	draw_hand(cairo, clock);
	return frame->age == 0 ? 0 : 2;
}

/* Shows one frame. With `preserve` it begins with the content of the one before. */
static int show(struct lend_surface *surface, struct clock *clock)
{
	struct lend_frame frame;
	struct lend_rect damage[2];
	int result = lend_frame_begin(surface, &frame);
	if (result < 0)
		return result;
	cairo_surface_t *image = cairo_image_surface_create_for_data(
		frame.pixels, CAIRO_FORMAT_RGB24, (int)frame.width, (int)frame.height,
		(int)frame.stride);
	cairo_t *cairo = cairo_create(image);
	size_t count = draw(cairo, &frame, clock, damage);
	if (cairo_status(cairo) != CAIRO_STATUS_SUCCESS)
		fprintf(stderr, "cairo: %s\n", cairo_status_to_string(cairo_status(cairo)));
	cairo_destroy(cairo);
	cairo_surface_finish(image); /* it must not touch the pixels after the frame's end */
	cairo_surface_destroy(image);
	return lend_frame_end(surface, count > 0 ? damage : NULL, count);
}

int main(int argc, char **argv)
{
	const struct lend_surface_options options = {.size = sizeof(options),
						     .width = 400,
						     .height = 400,
						     .title = "cairo",
						     .preserve = 1};
	long left = argc > 1 ? strtol(argv[1], NULL, 10) : -1;
	struct lend_client *client;
	struct lend_surface *surface;
	struct clock clock = {0};
	int result = lend_client_connect(NULL, &client);
	if (result == 0)
		result = lend_surface_create(client, &options, &surface);
	while (result >= 0 && (result = lend_client_dispatch(client, -1)) >= 0)
		if (left != 0) {
			int shown = show(surface, &clock);
			left -= shown == 0 && left > 0;
			result = shown == -EAGAIN ? 0 : shown;
		}
	if (result != -ECANCELED)
		fprintf(stderr, "cairo: %s\n", lend_client_error(client));
	lend_client_destroy(client);
	return result != -ECANCELED;
}
