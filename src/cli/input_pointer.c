/* SPDX-License-Identifier: MIT */
#include "input.h"

#include "cli.h"
#include "wlr-virtual-pointer-client-protocol.h"

#include <linux/input-event-codes.h>
#include <string.h>
#include <wayland-client.h>

#define DRAG_STEPS  8
#define WHEEL_CLICK 15 /* as far as a motion of that many pixels */

static const struct {
	const char *name;
	uint32_t code;
} buttons[] = {
	{"left", BTN_LEFT}, {"right", BTN_RIGHT},   {"middle", BTN_MIDDLE},
	{"back", BTN_SIDE}, {"forward", BTN_EXTRA},
};

int button_parse(const char *text, uint32_t *button)
{
	for (size_t i = 0; i < sizeof(buttons) / sizeof(*buttons); i++) {
		if (strcmp(text, buttons[i].name) == 0) {
			*button = buttons[i].code;
			return STATUS_OK;
		}
	}
	if (parse_number(text, BTN_MISC, KEY_MAX, button) == 0)
		return STATUS_OK;
	return misuse("no button '%s': left, right, middle, back, forward or a code of "
		      "linux/input-event-codes.h, %d to %d",
		      text, BTN_MISC, KEY_MAX);
}

/* ---- the device ----------------------------------------------------------------------------- */

static int open_pointer(struct input *input)
{
	if (input->pointer)
		return 0;
	if (!input->pointers)
		return complain("the server at %s lets nobody move its pointer "
				"(it has no zwlr_virtual_pointer_manager_v1)",
				input->remote.name);
	int status = remote_find_output(&input->remote, input->output, &input->place);
	if (status)
		return status;
	input->pointer = zwlr_virtual_pointer_manager_v1_create_virtual_pointer_with_output(
		input->pointers, input->seat, input->place->output);
	return input->pointer ? 0 : complain("out of memory");
}

/* What belongs together ends here. */
static int end_frame(struct input *input)
{
	zwlr_virtual_pointer_v1_frame(input->pointer);
	return input_pace(input);
}

/* ---- what it does --------------------------------------------------------------------------- */

/* To the middle of the pixel. */
int pointer_move(struct input *input, uint32_t x, uint32_t y)
{
	int status = open_pointer(input);
	if (status)
		return status;
	const struct remote_output *output = input->place;
	if (x >= output->width || y >= output->height)
		return complain("%u,%u is not on the output %s, which has %ux%u pixels", x, y,
				output->name, output->width, output->height);
	zwlr_virtual_pointer_v1_motion_absolute(input->pointer, 0, 2 * x + 1, 2 * y + 1,
						2 * output->width, 2 * output->height);
	return end_frame(input);
}

int pointer_move_by(struct input *input, int32_t dx, int32_t dy)
{
	int status = open_pointer(input);
	if (status)
		return status;
	zwlr_virtual_pointer_v1_motion(input->pointer, 0, wl_fixed_from_int(dx),
				       wl_fixed_from_int(dy));
	return end_frame(input);
}

int pointer_button(struct input *input, uint32_t button, bool pressed)
{
	int status = open_pointer(input);
	if (status)
		return status;
	zwlr_virtual_pointer_v1_button(input->pointer, 0, button,
				       pressed ? WL_POINTER_BUTTON_STATE_PRESSED
					       : WL_POINTER_BUTTON_STATE_RELEASED);
	return end_frame(input);
}

static uint32_t between(uint32_t from, uint32_t to, int step)
{
	return (uint32_t)((int64_t)from + ((int64_t)to - from) * step / DRAG_STEPS);
}

/* In steps: programs tell a drag from a click by the way that it goes. */
int pointer_drag(struct input *input, const uint32_t from[2], const uint32_t to[2])
{
	int status = pointer_move(input, from[0], from[1]);
	if (status == 0)
		status = pointer_button(input, BTN_LEFT, true);
	for (int step = 1; step <= DRAG_STEPS && status == 0; step++)
		status = pointer_move(input, between(from[0], to[0], step),
				      between(from[1], to[1], step));
	return status ? status : pointer_button(input, BTN_LEFT, false);
}

int pointer_scroll(struct input *input, bool sideways, int32_t clicks)
{
	uint32_t axis =
		sideways ? WL_POINTER_AXIS_HORIZONTAL_SCROLL : WL_POINTER_AXIS_VERTICAL_SCROLL;
	int32_t step = clicks < 0 ? -1 : 1;
	int status = open_pointer(input);
	for (; clicks != 0 && status == 0; clicks -= step) {
		zwlr_virtual_pointer_v1_axis_source(input->pointer, WL_POINTER_AXIS_SOURCE_WHEEL);
		zwlr_virtual_pointer_v1_axis_discrete(input->pointer, 0, axis,
						      wl_fixed_from_int(step * WHEEL_CLICK), step);
		status = end_frame(input);
	}
	return status;
}

void pointer_close(struct input *input)
{
	if (input->pointer)
		zwlr_virtual_pointer_v1_destroy(input->pointer);
	input->pointer = NULL;
}
