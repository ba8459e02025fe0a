/* SPDX-License-Identifier: MIT */
#include "told.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

void note(void *data, const char *format, ...)
{
	struct place *place = data;
	size_t length = strlen(place->log);
	va_list args;
	va_start(args, format);
	vsnprintf(place->log + length, sizeof(place->log) - length, format, args);
	va_end(args);
}

static void note_at(void *data, uint64_t time_us)
{
	struct place *place = data;
	place->time_us = time_us;
}

static void on_capabilities(void *data, bool pointer, bool keyboard, bool touch)
{
	note(data, "can %d %d %d\n", pointer, keyboard, touch);
}

static void on_motion(void *data, uint64_t time_us, double dx, double dy, double raw_dx,
		      double raw_dy)
{
	note_at(data, time_us);
	note(data, "motion %c %c raw %g %g\n", dx > 0 ? '+' : '-', dy > 0 ? '+' : '-', raw_dx,
	     raw_dy);
}

static void on_motion_absolute(void *data, uint64_t time_us, const char *output, double x, double y)
{
	note_at(data, time_us);
	note(data, "absolute %s %.3f %.3f\n", output ? output : "any", x, y);
}

static void on_button(void *data, uint64_t time_us, uint32_t button, bool pressed)
{
	note_at(data, time_us);
	note(data, "button %x %d\n", button, pressed);
}

static void on_axis(void *data, uint64_t time_us, const struct input_axis *axis)
{
	note_at(data, time_us);
	note(data, "axis %d %c %g %d%s\n", axis->source, axis->horizontal ? 'h' : 'v', axis->value,
	     axis->value120, axis->stop ? " stop" : "");
}

static void on_pointer_frame(void *data)
{
	note(data, "frame\n");
}

static void on_key(void *data, uint64_t time_us, uint32_t key, bool pressed)
{
	note_at(data, time_us);
	note(data, "key %u %d\n", key, pressed);
}

static void on_touch_down(void *data, uint64_t time_us, const char *output, int32_t id, double x,
			  double y)
{
	note_at(data, time_us);
	note(data, "down %d %.3f %.3f\n", id, x, y);
}

static void on_touch_motion(void *data, uint64_t time_us, const char *output, int32_t id, double x,
			    double y)
{
	note_at(data, time_us);
	note(data, "move %d %.3f %.3f\n", id, x, y);
}

static void on_touch_up(void *data, uint64_t time_us, int32_t id)
{
	note_at(data, time_us);
	note(data, "up %d\n", id);
}

static void on_touch_cancel(void *data, uint64_t time_us, int32_t id)
{
	note(data, "cancel %d\n", id);
}

static void on_touch_frame(void *data)
{
	note(data, "touch frame\n");
}

const struct input_events told_events = {
	.capabilities = on_capabilities,
	.motion = on_motion,
	.motion_absolute = on_motion_absolute,
	.button = on_button,
	.axis = on_axis,
	.pointer_frame = on_pointer_frame,
	.key = on_key,
	.touch_down = on_touch_down,
	.touch_motion = on_touch_motion,
	.touch_up = on_touch_up,
	.touch_cancel = on_touch_cancel,
	.touch_frame = on_touch_frame,
};

void note_log(void *data, enum lend_log_level level, const char *message)
{
	assert_null(strchr(message, '\n'));
	note(data, "log %d %s\n", (int)level, message);
}

void dispatch(struct place *place, int timeout)
{
	struct pollfd fd = {.fd = input_fd(place->input), .events = POLLIN};
	if (poll(&fd, 1, timeout) == 1)
		assert_int_equal(input_dispatch(place->input), 0);
}

void await(struct place *place, const char *words)
{
	for (int i = 0; i < 200 && !strstr(place->log, words); i++)
		dispatch(place, 100);
	if (!strstr(place->log, words))
		fail_msg("\"%s\" was not told, but:\n%s", words, place->log);
}

void forget(struct place *place)
{
	place->log[0] = '\0';
}

void assert_told(struct place *place, const char *expected)
{
	await(place, expected);
	assert_string_equal(place->log, expected);
	forget(place);
}
