/* SPDX-License-Identifier: MIT */
/* What numbers are called, and a verdict as a line of text. */
#include "framelend/buffer.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *name(const char *const *names, size_t count, size_t number)
{
	return number < count ? names[number] : "unknown";
}

const char *lend_memory_name(enum lend_memory memory)
{
	static const char *const names[] = {"unknown", "memfd", "shm", "udmabuf",
					    "heap",    "dumb",	"gbm", "dmabuf"};
	return name(names, COUNT(names), memory);
}

const char *lend_caching_name(enum lend_caching caching)
{
	static const char *const names[] = {"unknown", "cached", "write-combined"};
	return name(names, COUNT(names), caching);
}

const char *lend_path_name(enum lend_path path)
{
	static const char *const names[] = {"none", "scanout", "flush",	 "plane",
					    "copy", "blend",   "texture"};
	return name(names, COUNT(names), path);
}

const char *lend_state_name(enum lend_state state)
{
	static const char *const names[] = {"ok", "failed", "not tried", "unverified"};
	return name(names, COUNT(names), state);
}

const char *lend_depth_name(enum lend_depth depth)
{
	static const char *const names[] = {"none",	   "create", "export", "map",
					    "framebuffer", "test",   "commit", "seen"};
	return name(names, COUNT(names), depth);
}

/* "failed at map", "unverified beyond export", "ok", "not tried". */
static void state_text(const struct lend_verdict *verdict, char *text, size_t length)
{
	const char *state = lend_state_name(verdict->state);
	const char *depth = lend_depth_name(verdict->depth);
	if (verdict->state == LEND_STATE_FAILED && verdict->depth != LEND_DEPTH_NONE)
		snprintf(text, length, "%s at %s", state, depth);
	else if (verdict->state == LEND_STATE_UNVERIFIED)
		snprintf(text, length, "%s beyond %s", state, depth);
	else
		snprintf(text, length, "%s", state);
}

/* "ENOENT", or "error 1234" for a number that has no name. */
static void error_text(int error, char *text, size_t length)
{
	const char *name = strerrorname_np(error);
	if (name)
		snprintf(text, length, "%s", name);
	else
		snprintf(text, length, "error %d", error);
}

int lend_verdict_format(const struct lend_verdict *verdict, char *text, size_t length)
{
	char state[48], error[24] = "";
	state_text(verdict, state, sizeof(state));
	if (verdict->error)
		error_text(verdict->error, error, sizeof(error));
	const char *call = verdict->call ? verdict->call : "";
	const char *remedy = verdict->remedy ? verdict->remedy : "";
	return snprintf(text, length, "%s: %s%s%s%s%s: %s%s%s", verdict->allocator, state,
			*call ? ": " : "", call, *error ? ": " : "", error, verdict->reason,
			*remedy ? " Remedy: " : "", remedy);
}
