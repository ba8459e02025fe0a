/* SPDX-License-Identifier: MIT */
/* A seat as a test wants it: linked into the module in the place of src/session and src/input. */
#ifndef TESTS_UNIT_CLIENT_KMS_SEAT_DOUBLE_H
#define TESTS_UNIT_CLIENT_KMS_SEAT_DOUBLE_H

#include "input/input.h"
#include "session/udev.h"

typedef void input_act(const struct input_events *events, void *data);

struct seat_double {
	/* what it is to do */
	bool inactive;	   /* from the start */
	int session_error; /* the seat's manager is gone */
	int input_error;   /* of creating */
	int switch_error;

	/* what was done to it */
	unsigned sessions, opened, closed, vt, leds;
	bool suspended, acknowledged;

	/* Each from the next dispatch. */
	void (*set_active)(bool active);
	void (*lose)(void);
	void (*card)(enum card_change change);
	void (*input)(input_act *act);
};

/* The module's export besides its backend. */
#define SEAT_DOUBLE "seat_double"

#endif
