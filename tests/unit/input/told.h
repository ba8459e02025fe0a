/* SPDX-License-Identifier: MIT */
/* What a seat is told, kept as text of a line each. */
#ifndef INPUT_TOLD_H
#define INPUT_TOLD_H

#include "common/error.h" /* before cmocka.h, which makes fail() a macro */

/* cmocka.h needs these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "input/input.h"
#include "session/session.h"

struct place {
	struct session *session;
	struct input *input;
	char log[16384];
	uint64_t time_us; /* of the last event */
};

/* For input_create(), with the place as their data. */
extern const struct input_events told_events;
void note_log(void *data, enum lend_log_level level, const char *message);
__attribute__((format(printf, 2, 3))) void note(void *data, const char *format, ...);

/* Waits that long for something to read, and reads it. */
void dispatch(struct place *place, int timeout);

/* Dispatches until something was told that contains these words. */
void await(struct place *place, const char *words);

void forget(struct place *place);

/* Dispatches until this was told, and nothing else; then forgets it. */
void assert_told(struct place *place, const char *expected);

#endif
