/* SPDX-License-Identifier: MIT */
#include "alloc/place.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The number in a file such as "vendor", without its 0x; "" if there is none. */
static void read_number(const char *folder, const char *name, char text[5])
{
	char path[PATH_MAX + 16], line[16] = "";
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, line, sizeof(line) - 1) < 0)
		line[0] = '\0';
	if (fd >= 0)
		close(fd);
	if (sscanf(line, "0x%4[0-9a-f]", text) != 1)
		text[0] = '\0';
}

static void find_bus(const char *folder, char *bus, size_t length)
{
	char path[PATH_MAX + 16], target[PATH_MAX] = "";
	snprintf(path, sizeof(path), "%s/subsystem", folder);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return;
	const char *name = strrchr(target, '/');
	if (name && strlen(name + 1) < length)
		snprintf(bus, length, "%s", name + 1);
}

void place_find(dev_t number, struct place *place)
{
	char path[64], folder[PATH_MAX], vendor[5], device[5];
	*place = (struct place){.path = ""};
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device", major(number), minor(number));
	if (!realpath(path, folder) || strncmp(folder, "/sys/", 5) != 0 ||
	    strlen(folder + 4) >= sizeof(place->path))
		return;
	snprintf(place->path, sizeof(place->path), "%s", folder + 4);
	find_bus(folder, place->bus, sizeof(place->bus));
	read_number(folder, "vendor", vendor);
	read_number(folder, "device", device);
	if (vendor[0] && device[0])
		snprintf(place->id, sizeof(place->id), "%s:%s", vendor, device);
}
