/* SPDX-License-Identifier: MIT */
#include "programs.h"

#include "cli.h"

#include <framelend/server.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HASTY_MS    5000 /* who ends within that time */
#define PAUSE_LEAST 1000 /* waits longer each time */
#define PAUSE_MOST  30000
#define PATIENCE_MS 3000 /* at the end, before they are killed */

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

struct program *programs_add(struct programs *programs, const char *name)
{
	struct program *list = reallocarray(programs->list, programs->n + 1, sizeof(*list));
	char *copy = strdup(name);
	if (list)
		programs->list = list;
	if (!list || !copy) {
		free(copy);
		complain("out of memory");
		return NULL;
	}
	list[programs->n] = (struct program){.name = copy};
	return &list[programs->n++];
}

void programs_finish(struct programs *programs)
{
	for (size_t i = 0; i < programs->n; i++) {
		struct program *program = &programs->list[i];
		for (size_t j = 0; j < program->n_environment; j++)
			free(program->environment[j]);
		free(program->environment);
		free(program->shell);
		free(program->output);
		free(program->name);
	}
	free(programs->list);
	*programs = (struct programs){0};
}

/* ---- starting ------------------------------------------------------------------------------- */

/* A shell's line with an environment of its own. */
static int spawn(const struct programs *programs, struct program *program)
{
	char env[] = "env", sh[] = "sh", option[] = "-c";
	size_t n = 0;
	char **command = calloc(program->n_environment + 5, sizeof(*command));
	if (!command)
		return ENOMEM;
	command[n++] = env;
	for (size_t i = 0; i < program->n_environment; i++)
		command[n++] = program->environment[i];
	command[n++] = sh;
	command[n++] = option;
	command[n++] = program->shell;
	int error = child_spawn(&program->child, command, programs->display);
	free(command);
	return error;
}

static void start_again_later(struct program *program, int64_t lived)
{
	int64_t pause = lived < HASTY_MS ? 2 * program->pause : 0;
	program->pause = pause < PAUSE_LEAST  ? PAUSE_LEAST
			 : pause > PAUSE_MOST ? PAUSE_MOST
					      : pause;
	program->due = now() + program->pause;
}

static void start(const struct programs *programs, struct program *program)
{
	program->due = 0;
	program->started = now();
	program->child.mask = programs->mask;
	/* A signal to the group reaches what the shell starts, too. */
	program->child.apart = true;
	int error = spawn(programs, program);
	if (!error)
		return;
	start_again_later(program, 0);
	complain("cannot start program %s: %s; trying again in %d s", program->name,
		 strerror(error), (int)(program->pause / 1000));
}

int programs_start(struct programs *programs)
{
	for (size_t i = 0; i < programs->n; i++) {
		struct program *program = &programs->list[i];
		int status = 0;
		program->child.mask = programs->mask;
		if (program->command)
			status = child_start(&program->child, program->command, programs->display);
		else
			start(programs, program);
		if (status)
			return status;
	}
	return 0;
}

/* ---- minding -------------------------------------------------------------------------------- */

static void note_end(struct program *program, int status)
{
	if (program->restart == RESTART_ALWAYS ||
	    (program->restart == RESTART_ON_FAILURE && status)) {
		start_again_later(program, now() - program->started);
		complain("program %s ended with status %d; starting it again in %d s",
			 program->name, status, (int)(program->pause / 1000));
	} else if (status) {
		complain("program %s ended with status %d", program->name, status);
	}
}

bool programs_mind(struct programs *programs, int *status)
{
	int64_t time = now();
	for (size_t i = 0; i < programs->n; i++) {
		struct program *program = &programs->list[i];
		int ended;
		if (child_ended(&program->child, &ended)) {
			if (program->command) {
				*status = ended;
				return true;
			}
			note_end(program, ended);
		}
		if (program->due && program->due <= time)
			start(programs, program);
	}
	return false;
}

int programs_timeout(const struct programs *programs)
{
	int64_t due = INT64_MAX;
	for (size_t i = 0; i < programs->n; i++)
		if (programs->list[i].due && programs->list[i].due < due)
			due = programs->list[i].due;
	if (due == INT64_MAX)
		return -1;
	int64_t left = due - now();
	return left > 0 ? (int)left : 0;
}

struct program *programs_main(struct programs *programs)
{
	for (size_t i = 0; i < programs->n; i++)
		if (programs->list[i].command && programs->list[i].child.pid > 0)
			return &programs->list[i];
	return NULL;
}

const struct program *programs_of(const struct programs *programs, pid_t pid)
{
	pid_t group = getpgid(pid);
	for (size_t i = 0; i < programs->n; i++) {
		const struct program *program = &programs->list[i];
		if (!program->command && program->child.pid > 0 && program->child.pid == group)
			return program;
	}
	return NULL;
}

/* ---- ending --------------------------------------------------------------------------------- */

/* How many are still there. */
static int signal_all(struct programs *programs, int number)
{
	int left = 0, status;
	for (size_t i = 0; i < programs->n; i++) {
		struct program *program = &programs->list[i];
		if (program->command || program->child.pid <= 0 ||
		    child_ended(&program->child, &status))
			continue;
		if (number)
			kill(-program->child.pid, number);
		left++;
	}
	return left;
}

static bool end_within(struct programs *programs, struct lend_server *server, int timeout_ms)
{
	int64_t end = now() + timeout_ms;
	while (signal_all(programs, 0) > 0) {
		if (now() >= end)
			return false;
		if (server)
			lend_server_dispatch(server, 0);
		poll(NULL, 0, 10);
	}
	return true;
}

void programs_stop(struct programs *programs, struct lend_server *server)
{
	if (signal_all(programs, SIGTERM) == 0 || end_within(programs, server, PATIENCE_MS))
		return;
	signal_all(programs, SIGKILL);
	end_within(programs, server, PATIENCE_MS);
}
