/* SPDX-License-Identifier: MIT */
/*
 * A real device and its driver play the display. QEMU says what it displays; the cursor, which is
 * no part of that, is added as the kernel has it. vkms, which QEMU does not know of, writes back
 * what it shows.
 */
#include "protocol/display.h"

#include "protocol/harness.h"
#include "screen_kms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guest.h"

static const struct display_facts *chosen;
static char version[32]; /* the kernel's: 6.12 */

int display_choose(const char *driver)
{
	struct utsname kernel;

	uname(&kernel);
	/* "6.12.95+deb12-amd64": the first two numbers */
	const char *dot = strchr(kernel.release, '.');
	size_t length =
		dot ? (size_t)(dot + 1 - kernel.release) + strspn(dot + 1, "0123456789") : 0;
	snprintf(version, sizeof(version), "%.*s", (int)length, kernel.release);
	chosen = display_find(driver, version);
	if (!chosen)
		fprintf(stderr, "no driver %s\n", driver);
	setenv("LEND_SESSION", "direct", 0);
	setenv("LEND_CACHE", "off", 1);
	return chosen ? 0 : 2;
}

/* Any of these fails the test. */
static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		fail_msg("%s cannot be set to %s: %s", path, text, strerror(errno));
}

static void force(const struct display *display, unsigned index, const char *status)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/drm/%s-%s/status", strrchr(display->path, '/') + 1,
		 display->connectors[index]);
	write_file(path, status);
}

static void find(struct display *display, const struct display_facts *facts)
{
	*display = (struct display){.facts = facts};
	if (!screen_find_card(facts->driver, display->path, sizeof(display->path)))
		fail_msg("no card of %s", facts->driver);
	display->n_connectors =
		screen_list_connectors(display->path, facts->connector, display->connectors, 2);
	assert_true(display->n_connectors > 0);
}

void display_open(struct display *display, unsigned needs)
{
	if (needs & ~chosen->can)
		harness_skip("the driver cannot do it");
	find(display, chosen);
	if (needs & DISPLAY_TWO && display->n_connectors < 2)
		harness_skip("QEMU's device has but one connector");
	if (needs & DISPLAY_TWO)
		force(display, 1, "on");
}

void display_open_other(struct display *display, const char *driver)
{
	find(display, display_find(driver, version));
}

void display_close(struct display *display)
{
	if (display->n_connectors > 1)
		force(display, 1, "detect");
}

/* QEMU plugs no display in or out, so that few drivers would tell of it by themselves: the rule
 * makes of an event that is asked for what a driver's would be. */
static void tell_of_hotplug(const struct display *display)
{
	char path[128];

	write_file("/run/udev/rules.d/90-plug.rules",
		   "SUBSYSTEM==\"drm\", ENV{SYNTH_ARG_HOTPLUG}==\"1\", ENV{HOTPLUG}=\"1\"\n");
	assert_int_equal(system("udevadm control --reload"), 0);
	snprintf(path, sizeof(path), "/sys/class/drm/%s/uevent", strrchr(display->path, '/') + 1);
	write_file(path, "change 7ad1b3a4-8d5c-4f0e-9c55-0c2d2f5a6e11 HOTPLUG=1");
}

void display_plug(struct display *display, unsigned index, bool connected)
{
	force(display, index, connected ? "on" : "off");
	tell_of_hotplug(display);
}

/* ---- drivers -------------------------------------------------------------------------------- */

static char bound[2][256]; /* the driver's folder, the device's name */

void display_unbind(struct display *display)
{
	char path[512];

	snprintf(path, sizeof(path), "/sys/class/drm/%s/device", strrchr(display->path, '/') + 1);
	char *device = realpath(path, NULL);
	strcat(path, "/driver");
	char *driver = realpath(path, NULL);
	assert_true(device && driver);
	snprintf(bound[0], sizeof(bound[0]), "%s", driver);
	snprintf(bound[1], sizeof(bound[1]), "%s", strrchr(device, '/') + 1);
	free(device);
	free(driver);
	snprintf(path, sizeof(path), "%s/unbind", bound[0]);
	write_file(path, bound[1]);
	display->n_connectors = 0;
}

void display_bind(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/bind", bound[0]);
	write_file(path, bound[1]);
	for (int i = 0; i < 100 && !screen_find_card(chosen->driver, path, sizeof(path)); i++)
		usleep(50000);
}

/* ---- looking -------------------------------------------------------------------------------- */

static uint32_t *look_from_outside(struct display *display, unsigned index, uint32_t *width,
				   uint32_t *height)
{
	struct vm_picture picture = {0};
	char device[32], name[64];

	snprintf(device, sizeof(device), "%s:%u", display->facts->device, index);
	snprintf(name, sizeof(name), "screen-%s-%d", display->facts->driver, (int)getpid());
	int ret = vm_screendump(device, name, &picture);
	if (ret < 0)
		fail_msg("no screendump of %s: %s", device, strerror(-ret));
	/* Kept only if the test fails. */
	*width = picture.width;
	*height = picture.height;
	return picture.pixels;
}

uint32_t *display_look(struct display *display, unsigned index, uint32_t *width, uint32_t *height)
{
	const char *connector = display->connectors[index];
	uint32_t *pixels;

	int fd = screen_borrow_master(display->path);
	assert_true(fd >= 0);
	if (!display->facts->device) {
		pixels = screen_write_back(fd, connector, width, height);
	} else {
		pixels = look_from_outside(display, index, width, height);
		screen_add_cursor(fd, connector, pixels, *width, *height);
	}
	close(fd);
	return pixels;
}
