/* SPDX-License-Identifier: MIT */
#include "common/error.h"
#include "input/input.h"
#include "session/session.h"
#include "session/udev.h"

#include <errno.h>
#include <libinput.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
	struct session *session;
	struct input_events events;
	void *data;
	lend_log_handler log;
	void *log_data;
	struct udev *udev;
	struct libinput *libinput;
	bool assigned; /* to a seat, which opens its devices */
	bool suspended;
	unsigned pointers, keyboards, touches; /* how many devices are one */
	unsigned told;			       /* capabilities: bits as in capability_bits() */
	uint32_t leds;
	struct keyboard *lit; /* all keyboards */
};

struct keyboard {
	struct libinput_device *device; /* a reference */
	struct keyboard *next;
};

static void say(const struct input *input, enum lend_log_level level, const char *text)
{
	if (input->log)
		input->log(input->log_data, level, text);
}

static void handle_log(struct libinput *libinput, enum libinput_log_priority priority,
		       const char *format, va_list args) __attribute__((format(printf, 3, 0)));

static void handle_log(struct libinput *libinput, enum libinput_log_priority priority,
		       const char *format, va_list args)
{
	const struct input *input = libinput_get_user_data(libinput);
	char text[256] = "input: ";
	size_t length = strlen(text);

	vsnprintf(text + length, sizeof(text) - length, format, args);
	text[strcspn(text, "\n")] = '\0';
	say(input,
	    priority >= LIBINPUT_LOG_PRIORITY_ERROR  ? LEND_LOG_WARNING
	    : priority >= LIBINPUT_LOG_PRIORITY_INFO ? LEND_LOG_INFO
						     : LEND_LOG_DEBUG,
	    text);
}

/* ---- devices -------------------------------------------------------------------------------- */

static int open_restricted(const char *path, int flags, void *data)
{
	const struct input *input = data;
	char text[256];
	int fd;

	int ret = session_open(input->session, path, &fd);
	if (ret == 0)
		return fd;
	snprintf(text, sizeof(text), "input: %s", fail_text());
	say(input, LEND_LOG_WARNING, text);
	return ret;
}

static void close_restricted(int fd, void *data)
{
	const struct input *input = data;

	session_close(input->session, fd);
}

static const struct libinput_interface interface = {
	.open_restricted = open_restricted,
	.close_restricted = close_restricted,
};

static void light(const struct input *input, struct libinput_device *device)
{
	unsigned leds = 0;

	if (input->leds & INPUT_NUM_LOCK)
		leds |= LIBINPUT_LED_NUM_LOCK;
	if (input->leds & INPUT_CAPS_LOCK)
		leds |= LIBINPUT_LED_CAPS_LOCK;
	if (input->leds & INPUT_SCROLL_LOCK)
		leds |= LIBINPUT_LED_SCROLL_LOCK;
	libinput_device_led_update(device, (enum libinput_led)leds);
}

static unsigned capability_bits(const struct input *input)
{
	return (input->pointers > 0) | (input->keyboards > 0) << 1 | (input->touches > 0) << 2;
}

/* A suspended seat keeps what it can do, as its clients need not know. */
static void tell_capabilities(struct input *input)
{
	unsigned now = capability_bits(input);

	if (now == input->told || input->suspended)
		return;
	input->told = now;
	input->events.capabilities(input->data, now & 1, now & 2, now & 4);
}

/* Counts the device in (by = 1) or out (by = -1). */
static void count_device(struct input *input, struct libinput_device *device, int by)
{
	if (libinput_device_has_capability(device, LIBINPUT_DEVICE_CAP_POINTER))
		input->pointers += (unsigned)by;
	if (libinput_device_has_capability(device, LIBINPUT_DEVICE_CAP_KEYBOARD))
		input->keyboards += (unsigned)by;
	if (libinput_device_has_capability(device, LIBINPUT_DEVICE_CAP_TOUCH))
		input->touches += (unsigned)by;
}

static void add_keyboard(struct input *input, struct libinput_device *device)
{
	struct keyboard *keyboard = calloc(1, sizeof(*keyboard));

	if (!keyboard)
		return; /* its lights stay off */
	keyboard->device = libinput_device_ref(device);
	keyboard->next = input->lit;
	input->lit = keyboard;
	light(input, device);
}

static void remove_keyboard(struct input *input, const struct libinput_device *device)
{
	for (struct keyboard **at = &input->lit; *at; at = &(*at)->next) {
		struct keyboard *keyboard = *at;
		if (keyboard->device != device)
			continue;
		*at = keyboard->next;
		libinput_device_unref(keyboard->device);
		free(keyboard);
		return;
	}
}

static void handle_device(struct input *input, struct libinput_device *device, bool added)
{
	count_device(input, device, added ? 1 : -1);
	if (!libinput_device_has_capability(device, LIBINPUT_DEVICE_CAP_KEYBOARD))
		return;
	if (added)
		add_keyboard(input, device);
	else
		remove_keyboard(input, device);
}

/* ---- events --------------------------------------------------------------------------------- */

static const char *output_of(struct libinput_event *event)
{
	return libinput_device_get_output_name(libinput_event_get_device(event));
}

static void handle_key(struct input *input, struct libinput_event_keyboard *event)
{
	bool pressed = libinput_event_keyboard_get_key_state(event) == LIBINPUT_KEY_STATE_PRESSED;

	if (libinput_event_keyboard_get_seat_key_count(event) == (pressed ? 1 : 0))
		input->events.key(input->data, libinput_event_keyboard_get_time_usec(event),
				  libinput_event_keyboard_get_key(event), pressed);
}

static void handle_motion(struct input *input, struct libinput_event_pointer *event)
{
	input->events.motion(input->data, libinput_event_pointer_get_time_usec(event),
			     libinput_event_pointer_get_dx(event),
			     libinput_event_pointer_get_dy(event),
			     libinput_event_pointer_get_dx_unaccelerated(event),
			     libinput_event_pointer_get_dy_unaccelerated(event));
	input->events.pointer_frame(input->data);
}

static void handle_motion_absolute(struct input *input, struct libinput_event_pointer *event)
{
	input->events.motion_absolute(input->data, libinput_event_pointer_get_time_usec(event),
				      output_of(libinput_event_pointer_get_base_event(event)),
				      libinput_event_pointer_get_absolute_x_transformed(event, 1),
				      libinput_event_pointer_get_absolute_y_transformed(event, 1));
	input->events.pointer_frame(input->data);
}

static void handle_button(struct input *input, struct libinput_event_pointer *event)
{
	bool pressed =
		libinput_event_pointer_get_button_state(event) == LIBINPUT_BUTTON_STATE_PRESSED;

	if (libinput_event_pointer_get_seat_button_count(event) != (pressed ? 1 : 0))
		return;
	input->events.button(input->data, libinput_event_pointer_get_time_usec(event),
			     libinput_event_pointer_get_button(event), pressed);
	input->events.pointer_frame(input->data);
}

static void handle_axis(struct input *input, struct libinput_event_pointer *event,
			enum input_axis_source source, enum libinput_pointer_axis which)
{
	if (!libinput_event_pointer_has_axis(event, which))
		return;
	struct input_axis axis = {
		.source = source,
		.horizontal = which == LIBINPUT_POINTER_AXIS_SCROLL_HORIZONTAL,
		.value = libinput_event_pointer_get_scroll_value(event, which),
	};
	if (source == INPUT_WHEEL)
		axis.value120 = (int32_t)libinput_event_pointer_get_scroll_value_v120(event, which);
	axis.stop = source == INPUT_FINGER && axis.value == 0;
	input->events.axis(input->data, libinput_event_pointer_get_time_usec(event), &axis);
}

static void handle_scroll(struct input *input, struct libinput_event_pointer *event,
			  enum input_axis_source source)
{
	handle_axis(input, event, source, LIBINPUT_POINTER_AXIS_SCROLL_VERTICAL);
	handle_axis(input, event, source, LIBINPUT_POINTER_AXIS_SCROLL_HORIZONTAL);
	input->events.pointer_frame(input->data);
}

static void handle_touch_place(struct input *input, struct libinput_event_touch *event, bool down)
{
	(down ? input->events.touch_down
	      : input->events.touch_motion)(input->data, libinput_event_touch_get_time_usec(event),
					    output_of(libinput_event_touch_get_base_event(event)),
					    libinput_event_touch_get_seat_slot(event),
					    libinput_event_touch_get_x_transformed(event, 1),
					    libinput_event_touch_get_y_transformed(event, 1));
}

static void handle_touch_end(struct input *input, struct libinput_event_touch *event, bool cancel)
{
	(cancel ? input->events.touch_cancel
		: input->events.touch_up)(input->data, libinput_event_touch_get_time_usec(event),
					  libinput_event_touch_get_seat_slot(event));
}

static void handle_event(struct input *input, struct libinput_event *event)
{
	enum libinput_event_type type = libinput_event_get_type(event);

	switch (type) {
	case LIBINPUT_EVENT_KEYBOARD_KEY:
		handle_key(input, libinput_event_get_keyboard_event(event));
		break;
	case LIBINPUT_EVENT_POINTER_MOTION:
		handle_motion(input, libinput_event_get_pointer_event(event));
		break;
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
		handle_motion_absolute(input, libinput_event_get_pointer_event(event));
		break;
	case LIBINPUT_EVENT_POINTER_BUTTON:
		handle_button(input, libinput_event_get_pointer_event(event));
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
		handle_scroll(input, libinput_event_get_pointer_event(event), INPUT_WHEEL);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
		handle_scroll(input, libinput_event_get_pointer_event(event), INPUT_FINGER);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		handle_scroll(input, libinput_event_get_pointer_event(event), INPUT_CONTINUOUS);
		break;
	case LIBINPUT_EVENT_TOUCH_DOWN:
	case LIBINPUT_EVENT_TOUCH_MOTION:
		handle_touch_place(input, libinput_event_get_touch_event(event),
				   type == LIBINPUT_EVENT_TOUCH_DOWN);
		break;
	case LIBINPUT_EVENT_TOUCH_UP:
	case LIBINPUT_EVENT_TOUCH_CANCEL:
		handle_touch_end(input, libinput_event_get_touch_event(event),
				 type == LIBINPUT_EVENT_TOUCH_CANCEL);
		break;
	case LIBINPUT_EVENT_TOUCH_FRAME: input->events.touch_frame(input->data); break;
	default: break;
	}
}

static bool is_device_event(enum libinput_event_type type)
{
	return type == LIBINPUT_EVENT_DEVICE_ADDED || type == LIBINPUT_EVENT_DEVICE_REMOVED;
}

/* What the seat can do is told before the first event that needs it, once for all that came. */
static void tell_events(struct input *input)
{
	struct libinput_event *event;

	while ((event = libinput_get_event(input->libinput)) != NULL) {
		enum libinput_event_type type = libinput_event_get_type(event);
		if (is_device_event(type)) {
			handle_device(input, libinput_event_get_device(event),
				      type == LIBINPUT_EVENT_DEVICE_ADDED);
		} else {
			tell_capabilities(input);
			handle_event(input, event);
		}
		libinput_event_destroy(event);
	}
	tell_capabilities(input);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static int open_context(struct input *input)
{
	input->udev = udev_new();
	if (!input->udev)
		return fail(-ENOMEM, "out of memory");
	input->libinput = libinput_udev_create_context(&interface, input, input->udev);
	if (!input->libinput)
		return fail(-ENOMEM, "libinput cannot be had: out of memory");
	libinput_log_set_handler(input->libinput, handle_log);
	libinput_log_set_priority(input->libinput, LIBINPUT_LOG_PRIORITY_INFO);
	if (!udevd_runs())
		say(input, LEND_LOG_WARNING,
		    "input: no udevd runs, and libinput learns what devices are from it: "
		    "there may be no pointer and no keyboard: start systemd-udevd or eudev");
	return 0;
}

int input_create(struct session *session, const struct input_events *events, void *data,
		 lend_log_handler log, void *log_data, struct input **out)
{
	struct input *input = calloc(1, sizeof(*input));
	if (!input)
		return fail(-ENOMEM, "out of memory");
	*input = (struct input){.session = session,
				.events = *events,
				.data = data,
				.log = log,
				.log_data = log_data,
				.suspended = true};
	int ret = open_context(input);
	if (ret == 0 && session_is_active(session))
		ret = input_resume(input);
	if (ret < 0) {
		input_destroy(input);
		return ret;
	}
	*out = input;
	return 0;
}

void input_destroy(struct input *input)
{
	if (!input)
		return;
	if (input->libinput)
		input_suspend(input);
	libinput_unref(input->libinput);
	udev_unref(input->udev);
	free(input);
}

int input_fd(const struct input *input)
{
	return libinput_get_fd(input->libinput);
}

int input_dispatch(struct input *input)
{
	int ret = libinput_dispatch(input->libinput);

	tell_events(input);
	return ret < 0 ? fail(ret, "cannot read the input devices: %s", strerror(-ret)) : 0;
}

void input_suspend(struct input *input)
{
	if (input->suspended)
		return;
	input->suspended = true;
	libinput_suspend(input->libinput);
	tell_events(input);
}

int input_resume(struct input *input)
{
	const char *seat = session_seat(input->session);

	if (!input->suspended)
		return 0;
	int ret = input->assigned ? libinput_resume(input->libinput)
				  : libinput_udev_assign_seat(input->libinput, seat);
	if (ret < 0)
		return fail(-EIO, "libinput cannot use %s", seat);
	input->assigned = true;
	input->suspended = false;
	tell_events(input); /* of the devices there are; the descriptor does not announce them */
	return 0;
}

void input_set_leds(struct input *input, uint32_t leds)
{
	input->leds = leds;
	for (struct keyboard *keyboard = input->lit; keyboard; keyboard = keyboard->next)
		light(input, keyboard->device);
}
