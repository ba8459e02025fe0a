/* SPDX-License-Identifier: MIT */
/* Input devices that the kernel has only because the test says so (uinput). */
#ifndef INPUT_DEVICES_H
#define INPUT_DEVICES_H

#include <linux/input.h>
#include <stddef.h>

/* All return the device's descriptor, or -1 with errno. */
int make_keyboard(const char *name); /* with the keys to 127 and three lights */
int make_mouse(void);
int make_tablet(void);	    /* absolute, 0 to 1000 both ways */
int make_touchscreen(void); /* the same, two fingers */
int make_touchpad(void);    /* two fingers and no button */
void unplug(int device);

struct emission {
	int type, code, value;
};

/* Makes the device say this, and that it belongs together. */
void emit(int device, const struct emission *emissions, size_t n);
#define EMIT(device, ...)                                                                          \
	emit(device, (const struct emission[]){__VA_ARGS__},                                       \
	     sizeof((const struct emission[]){__VA_ARGS__}) / sizeof(struct emission))

/* What was sent to the device (a light) and not read yet; 0 if there is nothing. */
int read_event(int device, struct input_event *event);

/* The device's node: "/dev/input/event7". */
void find_node(int device, char *path, size_t size);

#endif
