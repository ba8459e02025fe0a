/* SPDX-License-Identifier: MIT */
#include "session/udev.h"
#include "common/error.h"

#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cards {
	struct udev *udev;
	struct udev_monitor *monitor;
	char seat[64];
	card_handler handler;
	void *data;
};

bool udevd_runs(void)
{
	return access("/run/udev/control", F_OK) == 0;
}

/* ---- one device ----------------------------------------------------------------------------- */

/* "card0", not the connectors "card0-HDMI-A-1" and not "renderD128". */
static bool is_card(struct udev_device *device)
{
	const char *name = udev_device_get_sysname(device);

	if (!name || strncmp(name, "card", 4) != 0)
		return false;
	return name[4] != '\0' && strspn(name + 4, "0123456789") == strlen(name + 4);
}

static bool is_on_seat(struct udev_device *device, const char *seat)
{
	const char *its = udev_device_get_property_value(device, "ID_SEAT");

	return strcmp(its ? its : "seat0", seat) == 0;
}

static const char *driver_of(struct udev_device *device)
{
	struct udev_device *parent = udev_device_get_parent(device);
	const char *driver = parent ? udev_device_get_driver(parent) : NULL;

	return driver ? driver : "";
}

/* boot_vga is a PCI device's; boot_display (Linux 6.17) is the card's own, for any kind. */
static bool is_boot(struct udev_device *device)
{
	struct udev_device *pci =
		udev_device_get_parent_with_subsystem_devtype(device, "pci", NULL);
	const char *vga = pci ? udev_device_get_sysattr_value(pci, "boot_vga") : NULL;
	const char *display = udev_device_get_sysattr_value(device, "boot_display");

	return (vga && strcmp(vga, "1") == 0) || (display && strcmp(display, "1") == 0);
}

static void describe(struct udev_device *device, struct card *card)
{
	const char *path = udev_device_get_devnode(device);
	const char *name = udev_device_get_sysname(device);

	*card = (struct card){.boot = is_boot(device)};
	if (path)
		snprintf(card->path, sizeof(card->path), "%s", path);
	else
		snprintf(card->path, sizeof(card->path), "/dev/dri/%.32s", name);
	snprintf(card->sysname, sizeof(card->sysname), "%s", name);
	snprintf(card->driver, sizeof(card->driver), "%s", driver_of(device));
}

/* ---- those there are ------------------------------------------------------------------------ */

static int by_importance(const void *a, const void *b)
{
	const struct card *one = a, *other = b;

	if (one->boot != other->boot)
		return one->boot ? -1 : 1;
	return atoi(one->sysname + 4) - atoi(other->sysname + 4);
}

static struct udev_enumerate *scan(const struct cards *cards)
{
	struct udev_enumerate *all = udev_enumerate_new(cards->udev);

	if (all && udev_enumerate_add_match_subsystem(all, "drm") >= 0 &&
	    udev_enumerate_add_match_sysname(all, "card[0-9]*") >= 0 &&
	    udev_enumerate_scan_devices(all) >= 0)
		return all;
	udev_enumerate_unref(all);
	return NULL;
}

int cards_list(const struct cards *cards, struct card **out)
{
	struct udev_list_entry *entry;
	size_t n = 0;

	struct udev_enumerate *all = scan(cards);
	if (!all)
		return fail(-ENOMEM, "cannot look for display devices: out of memory");
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all)) n++;
	struct card *list = calloc(n + 1, sizeof(*list));
	n = 0;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all))
	{
		struct udev_device *device =
			udev_device_new_from_syspath(cards->udev, udev_list_entry_get_name(entry));
		if (list && device && is_card(device) && is_on_seat(device, cards->seat))
			describe(device, &list[n++]);
		udev_device_unref(device);
	}
	udev_enumerate_unref(all);
	if (!list)
		return fail(-ENOMEM, "cannot look for display devices: out of memory");
	qsort(list, n, sizeof(*list), by_importance);
	*out = list;
	return (int)n;
}

/* ---- those that come and go ----------------------------------------------------------------- */

static int watch(struct cards *cards)
{
	/* Nobody passes the kernel's events on if there is no udevd. */
	cards->monitor =
		udev_monitor_new_from_netlink(cards->udev, udevd_runs() ? "udev" : "kernel");
	if (!cards->monitor ||
	    udev_monitor_filter_add_match_subsystem_devtype(cards->monitor, "drm", NULL) < 0)
		return fail(-ENOMEM, "cannot watch for display devices: out of memory");
	int ret = udev_monitor_enable_receiving(cards->monitor);
	if (ret < 0)
		return fail(ret, "cannot watch for display devices: %s", strerror(-ret));
	return 0;
}

int cards_create(const char *seat, card_handler handler, void *data, struct cards **out)
{
	struct cards *cards = calloc(1, sizeof(*cards));
	if (!cards)
		return fail(-ENOMEM, "out of memory");
	snprintf(cards->seat, sizeof(cards->seat), "%s", seat);
	cards->handler = handler;
	cards->data = data;
	cards->udev = udev_new();
	int ret = cards->udev ? 0 : fail(-ENOMEM, "out of memory");
	if (ret == 0 && handler)
		ret = watch(cards);
	if (ret < 0) {
		cards_destroy(cards);
		return ret;
	}
	*out = cards;
	return 0;
}

void cards_destroy(struct cards *cards)
{
	if (!cards)
		return;
	udev_monitor_unref(cards->monitor);
	udev_unref(cards->udev);
	free(cards);
}

int cards_fd(const struct cards *cards)
{
	return cards->monitor ? udev_monitor_get_fd(cards->monitor) : -1;
}

static void handle(struct cards *cards, struct udev_device *device)
{
	const char *action = udev_device_get_action(device);
	const char *hotplug = udev_device_get_property_value(device, "HOTPLUG");
	enum card_change change;
	struct card card;

	if (!action || !is_card(device) || !is_on_seat(device, cards->seat))
		return;
	if (strcmp(action, "add") == 0)
		change = CARD_ADDED;
	else if (strcmp(action, "remove") == 0)
		change = CARD_REMOVED;
	else if (strcmp(action, "change") == 0 && hotplug && strcmp(hotplug, "1") == 0)
		change = CARD_CHANGED;
	else
		return;
	describe(device, &card);
	cards->handler(cards->data, change, &card);
}

int cards_dispatch(struct cards *cards)
{
	struct udev_device *device;

	if (!cards->monitor)
		return 0;
	while ((device = udev_monitor_receive_device(cards->monitor)) != NULL) {
		handle(cards, device);
		udev_device_unref(device);
	}
	return 0;
}
