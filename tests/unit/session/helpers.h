/* SPDX-License-Identifier: MIT */
#ifndef SESSION_HELPERS_H
#define SESSION_HELPERS_H

#include "common/error.h" /* before cmocka.h, which makes fail() a macro */

/* cmocka.h needs these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/session.h"

size_t count_fds(void);

/* What the embedder of a session was told. */
struct heard {
	int enabled, disabled;
	char log[16384];
	/* Called by `disabled`, if set. */
	void (*then)(struct session *session);
	struct session *session;
};

/* A session whose events and log go to heard, which is emptied first. */
int listen_to(struct heard *heard, struct session **session);

/* Dispatches until *count is reached; fails the test after ten seconds. */
void dispatch_until(struct session *session, const int *count, int wanted);

/* Whether there is something to dispatch now. */
int is_readable(const struct session *session);

void assert_says(const char *text, const char *words);

#endif
