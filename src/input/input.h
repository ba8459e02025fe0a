/* SPDX-License-Identifier: MIT */
/*
 * A seat's input devices, read by libinput and told without types of libinput or Wayland.
 *
 * Devices keep libinput's defaults: adaptive acceleration for mice and touchpads, tapping where a
 * touchpad has no buttons of its own, scrolling in the traditional direction unless a device is
 * made otherwise. Keys are told as pressed and released; clients repeat them by themselves, from
 * what wl_keyboard.repeat_info says. Gestures, tablets and switches are not told.
 */
#ifndef INPUT_INPUT_H
#define INPUT_INPUT_H

#include <framelend/buffer.h>
#include <stdbool.h>

struct session;
struct input;

enum input_axis_source { INPUT_WHEEL, INPUT_FINGER, INPUT_CONTINUOUS };

struct input_axis {
	enum input_axis_source source;
	bool horizontal;
	double value;	  /* of a wheel: degrees, mostly 15 a click; else as motion's dx and dy */
	int32_t value120; /* of a wheel: 120 a click; else 0 */
	bool stop;	  /* the fingers were lifted: kinetic scrolling may begin. value is 0 */
};

enum input_led { INPUT_NUM_LOCK = 1 << 0, INPUT_CAPS_LOCK = 1 << 1, INPUT_SCROLL_LOCK = 1 << 2 };

/*
 * Called from the functions of this header only, all but input_set_leds(); all are to be set. Times
 * are CLOCK_MONOTONIC. Absolute positions go from 0 to 1 over the output named by the device's
 * configuration (udev's WL_OUTPUT), or over all of them if that is NULL. A key or button that
 * several devices have is pressed with the first and released with the last; one that goes away
 * releases what it had pressed.
 */
struct input_events {
	/* What the devices can do, when that has changed. While suspended it stays as it was. */
	void (*capabilities)(void *data, bool pointer, bool keyboard, bool touch);
	/* dx, dy: accelerated; raw_dx, raw_dy: as the device says. */
	void (*motion)(void *data, uint64_t time_us, double dx, double dy, double raw_dx,
		       double raw_dy);
	void (*motion_absolute)(void *data, uint64_t time_us, const char *output, double x,
				double y);
	/* linux/input-event-codes.h: BTN_LEFT */
	void (*button)(void *data, uint64_t time_us, uint32_t button, bool pressed);
	void (*axis)(void *data, uint64_t time_us, const struct input_axis *axis);
	/* The pointer's events since the last frame belong together. */
	void (*pointer_frame)(void *data);
	/* linux/input-event-codes.h: KEY_A */
	void (*key)(void *data, uint64_t time_us, uint32_t key, bool pressed);
	/* id: of the finger, from 0, unique among all that are down. */
	void (*touch_down)(void *data, uint64_t time_us, const char *output, int32_t id, double x,
			   double y);
	void (*touch_motion)(void *data, uint64_t time_us, const char *output, int32_t id, double x,
			     double y);
	void (*touch_up)(void *data, uint64_t time_us, int32_t id);
	/* The finger is no finger (a palm), or its device went away. */
	void (*touch_cancel)(void *data, uint64_t time_us, int32_t id);
	void (*touch_frame)(void *data);
};

/*
 * Opens the input devices of the session's seat, and those to come. What is told of them comes with
 * the first dispatch. A seat without devices is fine; one whose devices cannot be opened too (the
 * log says why). If the session is not active, input starts suspended.
 *
 * libinput knows what a device is from udev alone: without a udevd there are no devices, and the
 * log says so. -ENOMEM; -errno of creating a context.
 */
int input_create(struct session *session, const struct input_events *events, void *data,
		 lend_log_handler log, void *log_data, struct input **input);
void input_destroy(struct input *input);

/* Readable: call input_dispatch(), which never waits. */
int input_fd(const struct input *input);
int input_dispatch(struct input *input);

/* The session was disabled: closes the devices, which releases all that is pressed. */
void input_suspend(struct input *input);
/* It is enabled again. */
int input_resume(struct input *input);

/* Lights these (a set of enum input_led) on all keyboards, also on those to come. */
void input_set_leds(struct input *input, uint32_t leds);

#endif
