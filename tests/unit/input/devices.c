/* SPDX-License-Identifier: MIT */
#include "devices.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int open_uinput(void)
{
	return open("/dev/uinput", O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static int plug(int fd, const char *name)
{
	struct uinput_setup setup = {.id = {.bustype = BUS_USB, .vendor = 1, .product = 1}};
	snprintf(setup.name, sizeof(setup.name), "%s", name);
	if (ioctl(fd, UI_DEV_SETUP, &setup) == 0 && ioctl(fd, UI_DEV_CREATE) == 0)
		return fd;
	close(fd);
	return -1;
}

void unplug(int device)
{
	ioctl(device, UI_DEV_DESTROY);
	close(device);
}

static void set_keys(int fd, const int *keys, size_t n)
{
	ioctl(fd, UI_SET_EVBIT, EV_KEY);
	for (size_t i = 0; i < n; i++)
		ioctl(fd, UI_SET_KEYBIT, keys[i]);
}

static void set_axis(int fd, int code, int maximum, int resolution)
{
	struct uinput_abs_setup setup = {.code = (uint16_t)code,
					 .absinfo = {.maximum = maximum, .resolution = resolution}};
	ioctl(fd, UI_SET_EVBIT, EV_ABS);
	ioctl(fd, UI_ABS_SETUP, &setup);
}

int make_keyboard(const char *name)
{
	int fd = open_uinput();
	if (fd < 0)
		return -1;
	for (int key = 1; key < 128; key++)
		set_keys(fd, &key, 1);
	ioctl(fd, UI_SET_EVBIT, EV_LED);
	ioctl(fd, UI_SET_LEDBIT, LED_NUML);
	ioctl(fd, UI_SET_LEDBIT, LED_CAPSL);
	ioctl(fd, UI_SET_LEDBIT, LED_SCROLLL);
	return plug(fd, name);
}

int make_mouse(void)
{
	static const int axes[] = {REL_X, REL_Y, REL_WHEEL, REL_WHEEL_HI_RES};
	int fd = open_uinput();
	if (fd < 0)
		return -1;
	set_keys(fd, (const int[]){BTN_LEFT, BTN_RIGHT, BTN_MIDDLE}, 3);
	ioctl(fd, UI_SET_EVBIT, EV_REL);
	for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++)
		ioctl(fd, UI_SET_RELBIT, axes[i]);
	return plug(fd, "test mouse");
}

int make_tablet(void)
{
	int fd = open_uinput();
	if (fd < 0)
		return -1;
	set_keys(fd, (const int[]){BTN_LEFT, BTN_RIGHT}, 2);
	set_axis(fd, ABS_X, 999, 0);
	set_axis(fd, ABS_Y, 999, 0);
	return plug(fd, "test tablet");
}

/* Two fingers; resolution in units per millimetre. */
static void set_fingers(int fd, int resolution)
{
	set_axis(fd, ABS_X, 999, resolution);
	set_axis(fd, ABS_Y, 999, resolution);
	set_axis(fd, ABS_MT_SLOT, 1, 0);
	set_axis(fd, ABS_MT_POSITION_X, 999, resolution);
	set_axis(fd, ABS_MT_POSITION_Y, 999, resolution);
	set_axis(fd, ABS_MT_TRACKING_ID, 65535, 0);
}

int make_touchscreen(void)
{
	int fd = open_uinput();
	if (fd < 0)
		return -1;
	set_keys(fd, (const int[]){BTN_TOUCH}, 1);
	set_fingers(fd, 0);
	ioctl(fd, UI_SET_PROPBIT, INPUT_PROP_DIRECT);
	return plug(fd, "test touchscreen");
}

int make_touchpad(void)
{
	int fd = open_uinput();
	if (fd < 0)
		return -1;
	set_keys(fd, (const int[]){BTN_TOUCH, BTN_TOOL_FINGER, BTN_TOOL_DOUBLETAP}, 3);
	set_fingers(fd, 10);
	ioctl(fd, UI_SET_PROPBIT, INPUT_PROP_POINTER);
	return plug(fd, "test touchpad");
}

static void write_event(int device, int type, int code, int value)
{
	const struct input_event event = {
		.type = (uint16_t)type, .code = (uint16_t)code, .value = value};
	if (write(device, &event, sizeof(event)) != sizeof(event))
		perror("uinput");
}

void emit(int device, const struct emission *emissions, size_t n)
{
	for (size_t i = 0; i < n; i++)
		write_event(device, emissions[i].type, emissions[i].code, emissions[i].value);
	write_event(device, EV_SYN, SYN_REPORT, 0);
}

int read_event(int device, struct input_event *event)
{
	return read(device, event, sizeof(*event)) == sizeof(*event);
}

void find_node(int device, char *path, size_t size)
{
	char name[64] = "", directory[128];
	path[0] = '\0';
	if (ioctl(device, UI_GET_SYSNAME(sizeof(name)), name) < 0)
		return;
	snprintf(directory, sizeof(directory), "/sys/devices/virtual/input/%s", name);
	DIR *entries = opendir(directory);
	if (!entries)
		return;
	for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
		if (strncmp(entry->d_name, "event", 5) == 0)
			snprintf(path, size, "/dev/input/%.32s", entry->d_name);
	closedir(entries);
}
