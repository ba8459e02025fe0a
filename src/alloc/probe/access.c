/* SPDX-License-Identifier: MIT */
/* What may be done with a device, and what would help where it may not. */
#include "alloc/probe/probe.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

/* ---- opening -------------------------------------------------------------------------------- */

/* The group that may open the node, if there is one; root's is none to join. */
static bool find_group(const char *path, char *name, size_t length)
{
	struct stat status;
	struct group group, *found = NULL;
	char text[4096];
	if (stat(path, &status) < 0 || !(status.st_mode & S_IWGRP) || status.st_gid == 0 ||
	    getgrgid_r(status.st_gid, &group, text, sizeof(text), &found) != 0 || !found)
		return false;
	snprintf(name, length, "%s", group.gr_name);
	return true;
}

void access_explain(struct lend_probe *probe, int error)
{
	struct words *words = &probe->refused;
	char group[64];
	probe->error = error;
	snprintf(words->reason, sizeof(words->reason), "this user may not open %s (%s).",
		 probe->path, strerror(error));
	if (find_group(probe->path, group, sizeof(group)))
		snprintf(words->remedy, sizeof(words->remedy),
			 "Log in on the machine's own screen, or join the group %s (as root: "
			 "usermod -aG %s USER; then log in again).",
			 group, group);
	else
		snprintf(words->remedy, sizeof(words->remedy),
			 "Log in on the machine's own screen, or run it as root.");
}

/* ---- being master --------------------------------------------------------------------------- */

static bool read_holder(FILE *file, char *name, int *pid)
{
	char line[256], is_master;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%31s %d %*d %c", name, pid, &is_master) == 3 && is_master == 'y')
			return true;
	return false;
}

/* Which program has the display: the kernel tells root alone. */
static bool find_holder(const struct lend_probe *probe, char name[32], int *pid)
{
	struct stat status;
	char path[64];
	if (fstat(probe->device->fd, &status) < 0 || !S_ISCHR(status.st_mode))
		return false;
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/clients", minor(status.st_rdev));
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	const bool found = read_holder(file, name, pid);
	fclose(file);
	return found;
}

bool access_master(struct lend_probe *probe)
{
	struct words *words = &probe->unshown;
	char name[32];
	int pid;
	const int fd = probe->device->fd;
	if (drmIsMaster(fd) || (!probe->borrowed && drmSetMaster(fd) == 0))
		return true;
	if (find_holder(probe, name, &pid))
		snprintf(words->reason, sizeof(words->reason),
			 "another program has the display: %s (process %d).", name, pid);
	else
		snprintf(words->reason, sizeof(words->reason), "another program has the display.");
	snprintf(words->remedy, sizeof(words->remedy),
		 "Run it on a text console (Ctrl+Alt+F3) or while no display server runs.");
	return false;
}
