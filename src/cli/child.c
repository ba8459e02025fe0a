/* SPDX-License-Identifier: MIT */
#include "child.h"

#include "cli.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program must find this display and no other; DISPLAY is serve's to say. */
static int set_environment(const char *display)
{
	unsetenv("WAYLAND_SOCKET");
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
	short group = child->apart ? POSIX_SPAWN_SETPGROUP : 0;
	posix_spawnattr_setflags(&attributes,
				 (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group));
	error = posix_spawnp(&child->pid, command[0], NULL, &attributes, command, environ);
	posix_spawnattr_destroy(&attributes);
	return error;
}

int child_spawn(struct child *child, char **command, const char *display)
{
	if (display && set_environment(display) != 0)
		return ENOMEM;
	return spawn(child, command);
}

int child_start(struct child *child, char **command, const char *display)
{
	int error = child_spawn(child, command, display);
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
