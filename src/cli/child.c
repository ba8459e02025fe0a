/* SPDX-License-Identifier: MIT */
#include "child.h"

#include "cli.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program must find this display and no other. */
static int set_environment(const char *display)
{
	unsetenv("WAYLAND_SOCKET");
	unsetenv("DISPLAY");
	return setenv("WAYLAND_DISPLAY", display, 1) | setenv("LEND_DISPLAY", display, 1) |
	       setenv("XDG_SESSION_TYPE", "wayland", 1);
}

static int spawn(struct child *child, char **command)
{
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int error = posix_spawnattr_init(&attributes);
	if (error)
		return error;
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setsigmask(&attributes, &child->mask);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	error = posix_spawnp(&child->pid, command[0], NULL, &attributes, command, environ);
	posix_spawnattr_destroy(&attributes);
	return error;
}

int child_start(struct child *child, char **command, const char *display)
{
	if (display && set_environment(display) != 0)
		return complain("out of memory");
	int error = spawn(child, command);
	if (error == 0)
		return 0;
	complain("cannot start '%s': %s", command[0], strerror(error));
	if (error == ENOENT || error == ENOTDIR)
		return STATUS_NOT_FOUND;
	return error == EACCES || error == ENOEXEC ? STATUS_NOT_EXECUTABLE : STATUS_FAILED;
}

bool child_ended(struct child *child, int *status)
{
	int ended;
	if (child->pid <= 0 || waitpid(child->pid, &ended, WNOHANG) != child->pid)
		return false;
	child->pid = 0;
	*status = WIFSIGNALED(ended) ? STATUS_SIGNAL + WTERMSIG(ended) : WEXITSTATUS(ended);
	return true;
}
