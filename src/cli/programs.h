/* SPDX-License-Identifier: MIT */
/* The programs that serve starts, and starts again. */
#ifndef CLI_PROGRAMS_H
#define CLI_PROGRAMS_H

#include "child.h"

#include <stddef.h>
#include <stdint.h>

struct lend_server;

enum restart {
	RESTART_NEVER,
	RESTART_ON_FAILURE,
	RESTART_ALWAYS,
};

struct program {
	char *name;
	char **command;	    /* of the command line, borrowed: with its end all ends; or NULL: */
	char *shell;	    /* a line for sh */
	char **environment; /* NAME=VALUE */
	size_t n_environment;
	char *output; /* to be on, or NULL */
	enum restart restart;
	struct child child;
	int64_t started, due; /* ms; due 0: it is not to be started again */
	int64_t pause;	      /* ms, before it was started again last */
};

struct programs {
	struct program *list;
	size_t n;
	sigset_t mask;	     /* the signal mask they start with */
	const char *display; /* the Wayland display they find */
};

/* Another one, to be filled in; NULL: no memory, after a complaint. */
struct program *programs_add(struct programs *programs, const char *name);
void programs_finish(struct programs *programs);

/* Starts all of them. Returns 0, or an exit status after saying why the command line's cannot be
 * started; others are tried again later. */
int programs_start(struct programs *programs);

/* When children may have ended, or after programs_timeout(): starts those again that are due. True
 * if the command line's is over; then *status is set as shells do it. */
bool programs_mind(struct programs *programs, int *status);

/* For poll(): in ms, -1 for none. */
int programs_timeout(const struct programs *programs);

/* The command line's, if it runs, or NULL. */
struct program *programs_main(struct programs *programs);

/* The one that the process belongs to, or NULL. */
const struct program *programs_of(const struct programs *programs, pid_t pid);

/* Ends those of the configuration, while the server, which they may wait for, goes on. */
void programs_stop(struct programs *programs, struct lend_server *server);

#endif
