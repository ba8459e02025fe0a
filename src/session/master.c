/* SPDX-License-Identifier: MIT */
/* Being DRM master: who is, and becoming it. */
#include "common/error.h"
#include "session/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

static bool is_primary(int fd)
{
	return drmGetNodeTypeFromFd(fd) == DRM_NODE_PRIMARY;
}

/* A row of the file is: command tgid minor master authenticated uid ..., where the command may have
 * spaces, and columns may follow. */
static bool parse_master(const char *row, char *holder, size_t size)
{
	const char *command = row + strspn(row, " ");
	int pid, node, uid, length;
	char master, authenticated;

	for (const char *at = strchr(command, ' '); at; at = strchr(at + 1, ' ')) {
		if (sscanf(at, "%d %d %c %c %d", &pid, &node, &master, &authenticated, &uid) != 5)
			continue;
		if (master != 'y')
			return false;
		length = (int)(at - command);
		while (length > 0 && command[length - 1] == ' ')
			length--;
		snprintf(holder, size, "%.*s (pid %d)", length, command, pid);
		return true;
	}
	return false;
}

bool session_find_master(const char *clients, char *holder, size_t size)
{
	bool found = false;
	char *row = NULL;
	size_t row_size = 0;

	FILE *file = fopen(clients, "re");
	if (!file)
		return false;
	while (!found && getline(&row, &row_size, file) >= 0)
		found = parse_master(row, holder, size);
	free(row);
	fclose(file);
	return found;
}

/* Only root may know, and only where debugfs is mounted. */
static void name_master(int fd, char *holder, size_t size)
{
	char clients[64];
	struct stat status;

	snprintf(holder, size, "another program");
	if (fstat(fd, &status) < 0)
		return;
	snprintf(clients, sizeof(clients), "/sys/kernel/debug/dri/%u/clients",
		 minor(status.st_rdev));
	session_find_master(clients, holder, size);
}

int session_check_master(int fd, const char *path)
{
	char holder[96];

	if (!is_primary(fd) || drmIsMaster(fd))
		return 0;
	name_master(fd, holder, sizeof(holder));
	return fail(-EBUSY,
		    "%s is in use: %s has the display (is its DRM master): end it, "
		    "or switch to another VT (Ctrl+Alt+F2) and start there",
		    path, holder);
}

/* Who opens a device that has no master becomes it, until it is closed again. */
int session_look(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return 0;
	int ret = session_check_master(fd, path);
	close(fd);
	return ret;
}

void session_take_master(int fd)
{
	if (is_primary(fd))
		drmSetMaster(fd);
}

void session_drop_master(int fd)
{
	if (is_primary(fd))
		drmDropMaster(fd);
}
