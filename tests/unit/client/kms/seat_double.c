/* SPDX-License-Identifier: MIT */
#include "seat_double.h"
#include "common/error.h"
#include "session/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CARD "/dev/dri/card0"

static void set_active(bool active);
static void lose(void);
static void change_card(enum card_change change);
static void act_input(input_act *act);

extern struct seat_double seat_double;
LEND_EXPORT struct seat_double seat_double = {
	.set_active = set_active, .lose = lose, .card = change_card, .input = act_input};

static struct session {
	int event;
	bool active, told;
	struct session_events events;
	void *data;
} * session;

static struct cards {
	int event;
	enum card_change change;
	card_handler handler;
	void *data;
} * cards;

static struct input {
	int event;
	input_act *act;
	struct input_events events;
	void *data;
} * input;

static int make_event(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static bool take_event(int event)
{
	eventfd_t count;
	return eventfd_read(event, &count) == 0;
}

/* ---- the session ---------------------------------------------------------------------------- */

static void set_active(bool active)
{
	session->active = active;
	eventfd_write(session->event, 1);
}

static void lose(void)
{
	seat_double.session_error = -EPIPE;
	eventfd_write(session->event, 1);
}

int session_create(const struct session_events *events, void *data, lend_log_handler log,
		   void *log_data, struct session **out)
{
	session = calloc(1, sizeof(*session));
	session->event = make_event();
	session->active = session->told = !seat_double.inactive;
	session->events = *events;
	session->data = data;
	seat_double.sessions++;
	*out = session;
	return 0;
}

void session_destroy(struct session *given)
{
	if (!given)
		return;
	close(given->event);
	free(given);
	session = NULL;
	seat_double.sessions--;
}

int session_fd(const struct session *given)
{
	return given->event;
}

int session_dispatch(struct session *given)
{
	if (!take_event(given->event))
		return 0;
	if (given->active != given->told) {
		given->told = given->active;
		(given->active ? given->events.enabled : given->events.disabled)(given->data);
		seat_double.acknowledged = !given->active;
	}
	return seat_double.session_error;
}

bool session_is_active(const struct session *given)
{
	return given->active;
}

const char *session_seat(const struct session *given)
{
	return "seat0";
}

const char *session_kind(const struct session *given)
{
	return "double";
}

int session_look(const char *path)
{
	return 0;
}

int session_open(struct session *given, const char *path, int *fd)
{
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return fail(-errno, "%s: %s", path, strerror(errno));
	seat_double.opened++;
	return 0;
}

void session_close(struct session *given, int fd)
{
	close(fd);
	seat_double.closed++;
}

int session_switch(struct session *given, unsigned vt)
{
	seat_double.vt = vt;
	return seat_double.switch_error < 0 ? fail(seat_double.switch_error, "it is locked") : 0;
}

/* ---- cards ---------------------------------------------------------------------------------- */

static const struct card card = {.path = CARD, .sysname = "card0", .driver = "vkms"};

static void change_card(enum card_change change)
{
	cards->change = change;
	eventfd_write(cards->event, 1);
}

int cards_create(const char *seat, card_handler handler, void *data, struct cards **out)
{
	*out = calloc(1, sizeof(**out));
	**out = (struct cards){.event = make_event(), .handler = handler, .data = data};
	cards = *out;
	return 0;
}

void cards_destroy(struct cards *given)
{
	if (!given)
		return;
	close(given->event);
	free(given);
}

int cards_list(const struct cards *given, struct card **list)
{
	*list = malloc(sizeof(card));
	**list = card;
	return 1;
}

int cards_fd(const struct cards *given)
{
	return given->event;
}

int cards_dispatch(struct cards *given)
{
	if (take_event(given->event))
		given->handler(given->data, given->change, &card);
	return 0;
}

bool udevd_runs(void)
{
	return true;
}

/* ---- input ---------------------------------------------------------------------------------- */

static void act_input(input_act *act)
{
	input->act = act;
	eventfd_write(input->event, 1);
}

int input_create(struct session *given, const struct input_events *events, void *data,
		 lend_log_handler log, void *log_data, struct input **out)
{
	if (seat_double.input_error < 0)
		return fail(seat_double.input_error, "no devices today");
	input = calloc(1, sizeof(*input));
	input->event = make_event();
	input->events = *events;
	input->data = data;
	*out = input;
	return 0;
}

void input_destroy(struct input *given)
{
	if (!given)
		return;
	close(given->event);
	free(given);
	input = NULL;
}

int input_fd(const struct input *given)
{
	return given->event;
}

int input_dispatch(struct input *given)
{
	if (take_event(given->event))
		given->act(&given->events, given->data);
	return 0;
}

void input_suspend(struct input *given)
{
	seat_double.suspended = true;
}

int input_resume(struct input *given)
{
	seat_double.suspended = false;
	return 0;
}

void input_set_leds(struct input *given, uint32_t leds)
{
	seat_double.leds = leds;
}
