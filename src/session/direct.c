/* SPDX-License-Identifier: MIT */
/*
 * A session by itself: it opens devices with the rights the process has. Needs no VT and leaves
 * them alone (on VTs libseat's builtin seatd is at home): a virtual machine, a container, a machine
 * whose console is a serial line. Whatever it takes the kernel takes back when the process ends,
 * however that happens: the display from its DRM master, keyboards from who grabbed them.
 */
#include "common/error.h"
#include "session/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int create(struct session *session)
{
	const char *seat = getenv("XDG_SEAT");

	snprintf(session->seat, sizeof(session->seat), "%s", seat && *seat ? seat : "seat0");
	session->active = true;
	return 0;
}

static void destroy(struct session *session) {}

static bool is_input(const char *path)
{
	return strncmp(path, "/dev/input/", strlen("/dev/input/")) == 0;
}

static const char *remedy(const char *path, int error)
{
	switch (error) {
	case ENOENT:
		return is_input(path) ? ": list /dev/input for the devices there are"
				      : ": list /dev/dri for the devices there are";
	case EACCES:
	case EPERM:
		return is_input(path) ? ": run as root, join the group input, or start seatd"
				      : ": run as root, join the group video, or start seatd";
	case ENODEV:
	case ENXIO: return ": it was unplugged, or its driver is gone";
	case EMFILE: return ": close files, or raise the limit (ulimit -n)";
	default: return "";
	}
}

/* What is typed must not reach the shell or login of a text console as well. The kernel's own keys
 * (Ctrl+Alt+F2, SysRq) do nothing meanwhile. */
static void grab(const struct session *session, int fd, const char *path)
{
	if (ioctl(fd, EVIOCGRAB, 1) < 0)
		session_log(session, LEND_LOG_WARNING,
			    "session: cannot keep the console from hearing %s: %s", path,
			    errno == EBUSY ? "another program has grabbed it, and gets its events"
					   : strerror(errno));
}

static int open_device(struct session *session, const char *path, int *out, int *id)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		int error = errno;
		const char *others = session->why_not;
		return fail(-error, "direct: cannot open %s: %s%s%s%s%s", path, strerror(error),
			    remedy(path, error), *others ? " (" : "", others, *others ? ")" : "");
	}
	if (is_input(path))
		grab(session, fd, path);
	else
		session_take_master(fd);
	*out = fd;
	return 0;
}

static void close_device(struct session *session, int fd, int id)
{
	session_drop_master(fd);
}

const struct session_backend session_direct = {
	.name = "direct",
	.create = create,
	.destroy = destroy,
	.open = open_device,
	.close = close_device,
};
