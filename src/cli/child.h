/* SPDX-License-Identifier: MIT */
/* The program that serve starts. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	sigset_t mask; /* the signal mask it starts with */
	bool apart;    /* in a process group of its own: a terminal's Ctrl-C does not reach it */
};

/* Starts the command with the display in its environment, or that as it is if display is NULL.
 * Returns 0, or an exit status (127: there is no such program) after saying what is wrong. */
int child_start(struct child *child, char **command, const char *display);

/* Likewise, but says nothing. Returns 0 or a positive errno. */
int child_spawn(struct child *child, char **command, const char *display);

/* Whether the child has ended; then *status is set as shells do it. Never waits. */
bool child_ended(struct child *child, int *status);

#endif
