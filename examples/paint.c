/* SPDX-License-Identifier: MIT */
/* A drawing program: pointer or fingers draw, 1 to 6 choose a colour, C clears, Q ends it. A frame
 * draws and damages only what is new; the library carries the rest over, but not to another size.
 */
#include <errno.h>
#include <framelend/client.h>
#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { FINGERS = 10, DABS = 1024, RADIUS = 3, SIDE = 2 * RADIUS + 1, PAPER = 0xffffff };
static const uint32_t colours[] = {0x202020, 0xd03030, 0x30a040, 0x3050d0, 0xe0b020, 0xffffff};

struct place {
	double x, y;
	bool down;
};

struct paint {
	struct lend_surface *surface;
	struct place pointer, fingers[FINGERS];
	uint32_t colour;
	bool clear, done; /* clear: also at first */
	size_t n;	  /* dabs to be drawn in the next frame */
	struct lend_rect dabs[DABS];
	uint32_t inks[DABS];
};

static void dab(struct paint *paint, double x, double y)
{
	size_t i = paint->n < DABS ? paint->n++ : DABS - 1; /* the display has been busy for long */
	paint->inks[i] = paint->colour;
	paint->dabs[i] = (struct lend_rect){(int32_t)x - RADIUS, (int32_t)y - RADIUS, SIDE, SIDE};
}

/* A line of dabs from the place to x, y, where it is then. */
static void stroke(struct paint *paint, struct place *place, double x, double y)
{
	double dx = x - place->x, dy = y - place->y;
	double length = abs((int)dx) > abs((int)dy) ? abs((int)dx) : abs((int)dy);
	for (double at = RADIUS; place->down && at <= length; at += RADIUS)
		dab(paint, place->x + dx * at / length, place->y + dy * at / length);
	if (place->down)
		dab(paint, x, y);
	*place = (struct place){x, y, place->down};
}

static void press_key(struct paint *paint, uint32_t code)
{
	if (code >= KEY_1 && code <= KEY_6)
		paint->colour = colours[code - KEY_1];
	if (code == KEY_C)
		paint->clear = true, paint->n = 0;
	paint->done |= code == KEY_Q;
}

static void handle_input(void *data, struct lend_surface *surface, const struct lend_input *input)
{
	struct paint *paint = data;
	struct place *place = &paint->pointer;
	if (input->kind == LEND_INPUT_KEYBOARD_KEY && input->pressed)
		press_key(paint, input->code);
	if (input->kind >= LEND_INPUT_TOUCH_DOWN)
		place = &paint->fingers[(uint32_t)input->id % FINGERS];
	switch (input->kind) {
	case LEND_INPUT_POINTER_BUTTON:
		place->down = input->pressed && input->code == BTN_LEFT;
		stroke(paint, place, input->x, input->y);
		return;
	case LEND_INPUT_TOUCH_DOWN:
		*place = (struct place){input->x, input->y, true};
		dab(paint, input->x, input->y);
		return;
	case LEND_INPUT_POINTER_ENTER:
	case LEND_INPUT_POINTER_MOTION:
	case LEND_INPUT_TOUCH_MOTION: stroke(paint, place, input->x, input->y); return;
	case LEND_INPUT_POINTER_LEAVE:
	case LEND_INPUT_TOUCH_UP: place->down = false; return;
	default: return;
	}
}

static void handle_resize(void *data, struct lend_surface *surface, uint32_t width, uint32_t height)
{
	((struct paint *)data)->clear = true;
}

static void handle_return(void *data, struct lend_client *client)
{
	((struct paint *)data)->clear = true; /* another server shows nothing of ours */
}

static void fill(const struct lend_frame *frame, const struct lend_rect *rect, uint32_t colour)
{
	int32_t right = rect->x + rect->width, bottom = rect->y + rect->height;
	for (int32_t y = rect->y > 0 ? rect->y : 0; y < bottom && y < (int32_t)frame->height; y++) {
		uint32_t *row = (uint32_t *)((char *)frame->pixels + (size_t)y * frame->stride);
		for (int32_t x = rect->x > 0 ? rect->x : 0; x < right; x++)
			if (x < (int32_t)frame->width)
				row[x] = colour;
	}
}

/* Draws what is new, if there is anything. */
static int draw(struct paint *paint)
{
	struct lend_frame frame;
	if (paint->n == 0 && !paint->clear)
		return 0; /* the display keeps what it has */
	int result = lend_frame_begin(paint->surface, &frame);
	if (result < 0)
		return result;
	paint->clear |= frame.age == 0;
	if (paint->clear)
		fill(&frame, &(struct lend_rect){.width = INT16_MAX, .height = INT16_MAX}, PAPER);
	for (size_t i = 0; i < paint->n; i++)
		fill(&frame, &paint->dabs[i], paint->inks[i]);
	result = lend_frame_end(paint->surface, paint->clear ? NULL : paint->dabs, paint->n);
	paint->n = 0;
	paint->clear = false;
	return result;
}

int main(void)
{
	static struct paint paint = {.colour = 0x202020, .clear = true};
	struct lend_client_events client_events = {sizeof(client_events), NULL, handle_return};
	struct lend_client_options client_options = {
		.size = sizeof(client_options), .events = &client_events, .data = &paint};
	struct lend_surface_events events = {
		.size = sizeof(events), .input = handle_input, .resize = handle_resize};
	struct lend_surface_options options = {
		.size = sizeof(options), .width = 800, .height = 600, .title = "paint"};
	options.preserve = 1;
	options.events = &events;
	options.data = &paint;
	struct lend_client *client;
	int result = lend_client_connect(&client_options, &client);
	if (result == 0)
		result = lend_surface_create(client, &options, &paint.surface);
	while (result >= 0 && !paint.done)
		if ((result = draw(&paint)) >= 0 || result == -EAGAIN)
			result = lend_client_dispatch(client, -1);
	if (result < 0 && result != -ECANCELED)
		fprintf(stderr, "paint: %s\n", lend_client_error(client));
	lend_client_destroy(client);
	return result < 0 && result != -ECANCELED;
}
