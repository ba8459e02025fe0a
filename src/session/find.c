/* SPDX-License-Identifier: MIT */
#include "session/find.h"
#include "common/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- devices -------------------------------------------------------------------------------- */

/* The display's driver, as it says itself where it can be opened: the bus's, which sysfs names, is
 * not always the same (virtio-pci, virtio_gpu). */
static void name_driver(const struct card *card, char *name, size_t size)
{
	struct lend_device_info info = {.size = sizeof(info)};
	struct lend_device *device;

	snprintf(name, size, "%s", card->driver);
	if (lend_device_open(card->path, &device) < 0)
		return;
	if (lend_device_describe(device, &info) == 0)
		snprintf(name, size, "%s", info.driver);
	lend_device_destroy(device);
}

static bool is_driven_by(const struct card *card, const char *name)
{
	char driver[64];

	name_driver(card, driver, sizeof(driver));
	return strcmp(card->driver, name) == 0 || strcmp(driver, name) == 0;
}

bool card_is_named(const struct card *card, const char *name)
{
	return strcmp(card->path, name) == 0 || strcmp(card->sysname, name) == 0 ||
	       is_driven_by(card, name);
}

int card_at_path(const char *path, struct card *card)
{
	const char *name = strrchr(path, '/') + 1;

	*card = (struct card){0};
	if (strlen(path) >= sizeof(card->path) || strlen(name) >= sizeof(card->sysname))
		return fail(-ENODEV, "%s is no display device: its name is too long", path);
	memcpy(card->path, path, strlen(path) + 1);
	memcpy(card->sysname, name, strlen(name) + 1);
	return 0;
}

int card_fail_none(const struct card *list, int n, const char *name)
{
	char names[256] = "none", driver[64];
	size_t at = 0;

	for (int i = 0; i < n && at < sizeof(names); i++) {
		name_driver(&list[i], driver, sizeof(driver));
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s%s%s%s", i ? ", " : "",
				       list[i].sysname, driver[0] ? " (" : "", driver,
				       driver[0] ? ")" : "");
	}
	if (n == 0)
		return fail(
			-ENODEV,
			"there is no display device in /dev/dri: load its driver, or do without a "
			"screen");
	return fail(-ENODEV, "no display device is named %s: there is %s", name, names);
}

/* ---- connectors ----------------------------------------------------------------------------- */

bool connector_get(const struct lend_kms *kms, size_t index, struct lend_connector_info *info)
{
	*info = (struct lend_connector_info){.size = sizeof(*info)};
	return lend_kms_connector(kms, index, info) == 0;
}

static bool anything_is_sure(const struct lend_kms *kms)
{
	struct lend_connector_info info;

	for (size_t i = 0; connector_get(kms, i, &info); i++)
		if (info.connected == 1)
			return true;
	return false;
}

bool connector_is_connected(const struct lend_kms *kms, const struct lend_connector_info *info)
{
	return info->connected == 1 || (info->connected < 0 && !anything_is_sure(kms));
}

static void list_names(const struct lend_kms *kms, char *text, size_t size)
{
	struct lend_connector_info info;
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; connector_get(kms, i, &info) && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s%s", i ? ", " : "", info.name,
				       info.connected ? "" : " (nothing connected)");
}

int connector_fail_none(struct lend_kms *kms, const char *card, const char *connector)
{
	struct lend_device_info device = {.size = sizeof(device)};
	struct lend_connector_info info;
	char names[256];

	lend_device_describe(lend_kms_device(kms), &device);
	list_names(kms, names, sizeof(names));
	for (size_t i = 0; connector && connector_get(kms, i, &info); i++)
		if (strcmp(info.name, connector) == 0)
			return fail(-ENOTCONN,
				    "nothing is connected to %s of %s: plug a display in",
				    connector, card);
	if (connector)
		return fail(-ENOENT, "%s (%s) has no connector %s: it has %s", card, device.driver,
			    connector, names);
	return fail(-ENOTCONN,
		    "nothing is connected to %s (%s): plug a display in, or name another device; "
		    "its connectors: %s",
		    card, device.driver, names);
}
