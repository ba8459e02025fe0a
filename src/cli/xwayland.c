/* SPDX-License-Identifier: MIT */
#include "xwayland.h"

#include "cli.h"

#include <framelend/server.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HASTY_SECONDS 5
#define HASTY_MOST    3
#define PATIENCE_MS   3000 /* at the end, before it is killed */

static time_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* Without a window manager of ours it is rootful by itself; what it listens on is open to its own
 * user only. A display that it had is asked for again, since programs may still look for it. */
static int spawn(struct xwayland *xwayland, int writer)
{
	char number[16], xwayland_name[] = "Xwayland", noreset[] = "-noreset", fd[] = "-displayfd";
	char *again = *xwayland->name ? xwayland->name : NULL;
	char *command[] = {xwayland_name, noreset, fd, number, again, NULL};
	snprintf(number, sizeof(number), "%d", writer);
	int error = child_spawn(&xwayland->child, command, xwayland->display);
	if (error == 0)
		return STATUS_OK;
	return complain("--xwayland cannot start Xwayland: %s%s", strerror(error),
			error == ENOENT ? " (install the package xwayland)" : "");
}

static int start(struct xwayland *xwayland)
{
	int fds[2];
	if (pipe2(fds, 0) < 0)
		return complain("cannot make a pipe: %s", strerror(errno));
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	int status = spawn(xwayland, fds[1]);
	close(fds[1]);
	if (status) {
		close(fds[0]);
		return status;
	}
	xwayland->reader = fds[0];
	xwayland->length = 0;
	xwayland->started = now();
	return STATUS_OK;
}

int xwayland_start(struct xwayland *xwayland, const char *display)
{
	xwayland->display = display;
	xwayland->child.apart = true;
	return start(xwayland);
}

static void stop_reading(struct xwayland *xwayland)
{
	if (xwayland->reader >= 0)
		close(xwayland->reader);
	xwayland->reader = -1;
}

/* It closes its end once it has written the number; if it died before, that is told otherwise. */
int xwayland_read(struct xwayland *xwayland)
{
	uint32_t number;
	ssize_t length;
	while ((length = read(xwayland->reader, xwayland->line + xwayland->length,
			      sizeof(xwayland->line) - 1 - xwayland->length)) > 0)
		xwayland->length += (size_t)length;
	if (length < 0)
		return 0;
	stop_reading(xwayland);
	xwayland->line[xwayland->length] = '\0';
	xwayland->line[strcspn(xwayland->line, "\n")] = '\0';
	if (*xwayland->name || parse_number(xwayland->line, 0, 65535, &number) < 0)
		return 0;
	snprintf(xwayland->name, sizeof(xwayland->name), ":%u", number);
	if (setenv("DISPLAY", xwayland->name, 1) == 0)
		return 1;
	complain("out of memory");
	return 0;
}

int xwayland_mind(struct xwayland *xwayland)
{
	int status;
	if (!child_ended(&xwayland->child, &status))
		return STATUS_OK;
	stop_reading(xwayland);
	if (!*xwayland->name)
		return complain("Xwayland ended with status %d before it was ready", status);
	xwayland->hasty = now() - xwayland->started < HASTY_SECONDS ? xwayland->hasty + 1 : 0;
	if (xwayland->hasty >= HASTY_MOST) {
		complain("Xwayland ends again and again (status %d): there is no X display %s any "
			 "more",
			 status, xwayland->name);
		return STATUS_OK;
	}
	complain("Xwayland ended with status %d: starting it again on %s", status, xwayland->name);
	start(xwayland);
	return STATUS_OK;
}

static bool ends_within(struct xwayland *xwayland, struct lend_server *server, int timeout_ms)
{
	const int step_ms = 20;
	int status;
	for (int waited = 0; waited < timeout_ms; waited += step_ms) {
		if (child_ended(&xwayland->child, &status))
			return true;
		lend_server_dispatch(server, 0);
		usleep(step_ms * 1000);
	}
	return false;
}

void xwayland_stop(struct xwayland *xwayland, struct lend_server *server)
{
	stop_reading(xwayland);
	if (xwayland->child.pid <= 0)
		return;
	kill(xwayland->child.pid, SIGTERM);
	if (ends_within(xwayland, server, PATIENCE_MS))
		return;
	kill(xwayland->child.pid, SIGKILL);
	ends_within(xwayland, server, PATIENCE_MS);
}
