/* SPDX-License-Identifier: MIT */
/* When to look, and waiting for whatever may happen. */
#include "keeper.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MILLISECOND INT64_C(1000000)

/* An idle program is looked at less and less often. */
#define LOOK_SOONEST (4 * MILLISECOND)
#define LOOK_LATEST  (250 * MILLISECOND)
/* Of the time since the last change. */
#define LOOK_SHARE 8
/* Looking costs at most one part in so many. */
#define COST_SHARE 20
/* Now and then everything is compared: programs that the library is not in can write too. */
#define COMPARE_EVERY 16

#define VSYNC	      (MILLISECOND * 1000 / 60)
#define VSYNC_LATEST  (100 * MILLISECOND) /* of a surface that nobody sees */

static int64_t clock_now(clockid_t clock)
{
	struct timespec now = {0};
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 * MILLISECOND + now.tv_nsec;
}

/* ---- looking -------------------------------------------------------------------------------- */

static void find_changes(struct keeper *keeper)
{
	struct pages *pages = &keeper->pages;
	bool thorough =
		keeper->screen.stale || keeper->in_vain % COMPARE_EVERY == COMPARE_EVERY - 1;
	bool rested = keeper->looked - keeper->changed >= LOOK_LATEST * LOOK_SHARE;
	/* What was drawn just before a map went is not known. */
	if (watch_scan(&keeper->watches, pages) > 0 || thorough || (keeper->compare && !rested))
		pages_mark_all(pages);
	else if (keeper->compare)
		pages_mark_half(pages, keeper->in_vain % 2);
}

static int look(struct keeper *keeper)
{
	int64_t start = clock_now(CLOCK_THREAD_CPUTIME_ID);
	int changed = 0;
	find_changes(keeper);
	if (keeper->pages.any)
		changed = screen_show(&keeper->screen, &keeper->picture, &keeper->pages,
				      keeper->blank);
	if (changed < 0)
		return changed == -EAGAIN ? 0 : changed;
	keeper->hurry = false;
	keeper->looked = clock_now(CLOCK_MONOTONIC);
	keeper->cost = clock_now(CLOCK_THREAD_CPUTIME_ID) - start;
	keeper->in_vain++;
	if (changed > 0) {
		keeper->in_vain = 0;
		keeper->changed = keeper->looked;
		for (size_t i = 0; i < keeper->n_calls; i++)
			keeper->calls[i].sent = true;
	}
	return 0;
}

static int64_t next_look(const struct keeper *keeper)
{
	if (!keeper->screen.ready)
		return INT64_MAX; /* the display will wake us */
	if (keeper->hurry || keeper->screen.stale)
		return 0;
	int64_t pause = (keeper->looked - keeper->changed) / LOOK_SHARE;
	if (pause < keeper->cost * COST_SHARE)
		pause = keeper->cost * COST_SHARE;
	pause = pause < LOOK_SOONEST ? LOOK_SOONEST : pause;
	pause = pause > LOOK_LATEST ? LOOK_LATEST : pause;
	return keeper->looked + pause;
}

/* ---- waiting for the display ---------------------------------------------------------------- */

static int64_t vsync_due(const struct keeper *keeper, const struct call *call)
{
	if (!keeper->screen.ready || keeper->hurry)
		return call->since + VSYNC_LATEST;
	return call->sent ? 0 : keeper->vsync + VSYNC;
}

static void end_call(struct keeper *keeper, size_t i)
{
	keeper->calls[i] = keeper->calls[--keeper->n_calls];
}

static void answer_waiting(struct keeper *keeper, int64_t now)
{
	bool answered = false;
	for (size_t i = keeper->n_calls; i-- > 0;) {
		struct call *call = &keeper->calls[i];
		if (!call->waiting || vsync_due(keeper, call) > now)
			continue;
		request_finish(call, 0);
		end_call(keeper, i);
		answered = true;
	}
	if (answered)
		keeper->vsync = now;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static void accept_calls(struct keeper *keeper)
{
	while (keeper->n_calls < KEEPER_CALLS) {
		int fd = accept4(keeper->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return;
		struct ucred peer = {0};
		socklen_t length = sizeof(peer);
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);
		if (peer.uid == geteuid() || peer.uid == 0)
			keeper->calls[keeper->n_calls++] = (struct call){.fd = fd, .pid = peer.pid};
		else
			close(fd);
	}
}

static void read_writes(struct keeper *keeper)
{
	char events[4096];
	while (read(keeper->writes, events, sizeof(events)) > 0) {
	}
	pages_mark_all(&keeper->pages);
	keeper->hurry = true;
}

static int timeout_until(int64_t then, int64_t now)
{
	if (then > now + LOOK_LATEST)
		then = now + LOOK_LATEST; /* for the others: somebody may have ended */
	return then > now ? (int)((then - now + MILLISECOND - 1) / MILLISECOND) : 0;
}

static int64_t next_thing(const struct keeper *keeper)
{
	int64_t next = next_look(keeper);
	for (size_t i = 0; i < keeper->n_calls; i++) {
		int64_t due = vsync_due(keeper, &keeper->calls[i]);
		if (keeper->calls[i].waiting && due < next)
			next = due;
	}
	return next;
}

enum { POLL_DISPLAY, POLL_LISTENER, POLL_WRITES, POLL_OWN };

/* Returns how many there are. */
static size_t fill_polls(const struct keeper *keeper, struct pollfd *fds,
			 const struct pollfd *others, size_t n_others)
{
	size_t n = POLL_OWN;
	fds[POLL_DISPLAY] = (struct pollfd){lend_client_fd(keeper->screen.client), POLLIN, 0};
	fds[POLL_LISTENER] =
		(struct pollfd){keeper->n_calls < KEEPER_CALLS ? keeper->listener : -1, POLLIN, 0};
	fds[POLL_WRITES] = (struct pollfd){keeper->writes, POLLIN, 0};
	for (size_t i = 0; i < n_others; i++)
		fds[n++] = others[i];
	for (size_t i = 0; i < keeper->n_calls; i++)
		fds[n++] = (struct pollfd){keeper->calls[i].fd, POLLIN, 0};
	return n;
}

/* From the last to the first, since those that end leave the list. */
static void handle_calls(struct keeper *keeper, const struct pollfd *fds)
{
	for (size_t i = keeper->n_calls; i-- > 0;) {
		struct call *call = &keeper->calls[i];
		if (fds[i].revents == 0)
			continue;
		if (call->waiting) {
			close(call->fd); /* its program ended */
			call->fd = -1;
		} else {
			request_handle(keeper, call);
		}
		if (call->fd < 0)
			end_call(keeper, i);
	}
}

static int dispatch(struct keeper *keeper)
{
	int result = lend_client_dispatch(keeper->screen.client, 0);
	if (result < 0 && result != -EINTR)
		return result;
	if (keeper->screen.closed)
		return keeper_fail(keeper, -ECANCELED, "the window was closed");
	int64_t now = clock_now(CLOCK_MONOTONIC);
	result = next_look(keeper) <= now ? look(keeper) : 0;
	answer_waiting(keeper, now);
	return result;
}

int keeper_run(struct keeper *keeper, struct pollfd *others, size_t n_others)
{
	struct pollfd fds[POLL_OWN + KEEPER_OTHERS + KEEPER_CALLS];
	int result = dispatch(keeper);
	if (result < 0)
		return result;
	size_t n = fill_polls(keeper, fds, others, n_others);
	int64_t now = clock_now(CLOCK_MONOTONIC);
	if (poll(fds, n, timeout_until(next_thing(keeper), now)) < 0)
		return errno == EINTR ? 0 : -errno;
	memcpy(others, fds + POLL_OWN, n_others * sizeof(*others));
	handle_calls(keeper, fds + POLL_OWN + n_others);
	if (fds[POLL_WRITES].revents)
		read_writes(keeper);
	if (fds[POLL_LISTENER].revents)
		accept_calls(keeper);
	return 0;
}
