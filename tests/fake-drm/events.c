/* SPDX-License-Identifier: MIT */
/* Time: vertical blanks, what completes at them, and the events that tell of it. */
#include "kms.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Asked for by drmCrtcQueueSequence or drmWaitVBlank. */
struct wanted {
	uint32_t file; /* 0: this slot is free */
	uint32_t type;
	size_t crtc;
	uint64_t sequence, user_data;
};

enum { WANTED_MAX = 64, RETRY = 1000000 };

static struct wanted wanted[WANTED_MAX];

/* ---- vertical blanks ---- */

static bool ticks(const struct crtc *crtc)
{
	return kms.options.vblank != VBLANK_NO && crtc->lit;
}

static uint64_t sequence_at(const struct crtc *crtc, uint64_t time)
{
	if (kms.options.vblank == VBLANK_TEST)
		return crtc->sequence;
	return crtc->period && time > crtc->epoch ? (time - crtc->epoch) / crtc->period : 0;
}

static uint64_t time_of(const struct crtc *crtc, uint64_t sequence)
{
	return crtc->epoch + sequence * crtc->period;
}

static uint64_t next_blank(const struct crtc *crtc)
{
	const uint64_t time = now();
	if (!ticks(crtc))
		return time;
	if (kms.options.vblank == VBLANK_TEST)
		return UINT64_MAX;
	return time_of(crtc, sequence_at(crtc, time) + 1);
}

/* ---- events ---- */

static struct file *file_by_serial(uint32_t serial)
{
	struct file *file = NULL;
	while ((file = file_next(file)) && file->serial != serial)
		;
	return file;
}

static void send(uint32_t serial, const struct event *event)
{
	struct file *file = file_by_serial(serial);
	if (file && file->n_events < EVENTS_MAX)
		file->events[file->n_events++] = *event;
}

static void earlier(uint64_t *when, uint64_t other)
{
	if (*when == 0 || other < *when)
		*when = other;
}

/* A descriptor is readable from when its next event is due. */
static void arm_all(void)
{
	for (struct file *file = NULL; (file = file_next(file));) {
		uint64_t when = 0;
		if (file->n_events)
			when = 1;
		for (size_t i = 0; i < kms.n_crtcs; i++)
			if (kms.crtcs[i].busy && kms.crtcs[i].event &&
			    kms.crtcs[i].file == file->serial && kms.crtcs[i].due != UINT64_MAX)
				earlier(&when, kms.crtcs[i].due);
		for (size_t i = 0; i < WANTED_MAX; i++)
			if (wanted[i].file == file->serial && kms.options.vblank == VBLANK_YES)
				earlier(&when,
					time_of(&kms.crtcs[wanted[i].crtc], wanted[i].sequence));
		file_arm(file, when);
	}
}

/* ---- completion ---- */

static bool signalled(const struct crtc *crtc)
{
	for (size_t i = 0; i < crtc->n_in; i++) {
		struct pollfd fence = {.fd = crtc->in[i], .events = POLLIN};
		if (poll(&fence, 1, 0) != 1)
			return false;
	}
	return true;
}

static void close_fences(int *fences, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		syscall(SYS_close, fences[i]);
	*n = 0;
}

static void signal_out(struct crtc *crtc)
{
	const struct itimerspec at_once = {.it_value = {0, 1}};
	for (size_t i = 0; i < crtc->n_out; i++)
		timerfd_settime(crtc->out[i], 0, &at_once, NULL);
	close_fences(crtc->out, &crtc->n_out);
}

static void complete(size_t index, uint64_t time)
{
	struct crtc *crtc = &kms.crtcs[index];
	const struct event event = {
		.type = DRM_EVENT_FLIP_COMPLETE,
		.crtc = node_get(DRM_MODE_OBJECT_CRTC, index)->id,
		.user_data = crtc->user_data,
		.sequence = ticks(crtc) ? sequence_at(crtc, time) : 0,
		.time = time,
	};
	crtc->busy = false;
	close_fences(crtc->in, &crtc->n_in);
	crtc_latch(index, false);
	signal_out(crtc);
	if (crtc->event)
		send(crtc->file, &event);
	crtc->event = false;
	collect();
}

static void send_wanted(uint64_t time)
{
	for (size_t i = 0; i < WANTED_MAX; i++) {
		struct wanted *want = &wanted[i];
		const struct crtc *crtc = &kms.crtcs[want->crtc];
		if (want->file == 0 || sequence_at(crtc, time) < want->sequence)
			continue;
		const struct event event = {
			.type = want->type,
			.crtc = node_get(DRM_MODE_OBJECT_CRTC, want->crtc)->id,
			.user_data = want->user_data,
			.sequence = sequence_at(crtc, time),
			.time = kms.options.vblank == VBLANK_TEST
					? time
					: time_of(crtc, sequence_at(crtc, time)),
		};
		send(want->file, &event);
		want->file = 0;
	}
}

void advance(void)
{
	const uint64_t time = now();
	for (size_t i = 0; i < kms.n_crtcs; i++) {
		struct crtc *crtc = &kms.crtcs[i];
		if (!crtc->busy || crtc->due > time)
			continue;
		if (signalled(crtc))
			complete(i, crtc->due);
		else
			crtc->due = ticks(crtc) ? next_blank(crtc) : time + RETRY;
	}
	send_wanted(time);
	arm_all();
}

void crtc_schedule(struct crtc *crtc)
{
	crtc->busy = true;
	crtc->due = next_blank(crtc);
	/* Who only looks at the fence, and never calls here again, sees it in time. */
	const struct itimerspec then = {
		.it_value = {(time_t)(crtc->due / 1000000000), (long)(crtc->due % 1000000000)}};
	for (size_t i = 0; i < crtc->n_out && crtc->due != UINT64_MAX && crtc->n_in == 0; i++)
		timerfd_settime(crtc->out[i], TFD_TIMER_ABSTIME, &then, NULL);
}

static void sleep_until(uint64_t when)
{
	const struct timespec time = {(time_t)(when / 1000000000), (long)(when % 1000000000)};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

/* Where the test is the clock, waiting is a vertical blank of its own. */
void crtc_wait(struct crtc *crtc)
{
	while (crtc->busy) {
		if (crtc->due == UINT64_MAX && !signalled(crtc))
			complain("a blocking commit waits for a fence that nobody signals");
		if (crtc->due == UINT64_MAX) {
			crtc->sequence++;
			crtc->due = now();
		}
		sleep_until(crtc->due);
		advance();
	}
}

void fake_drm_vblank(void)
{
	kms_boot();
	for (size_t i = 0; i < kms.n_crtcs; i++) {
		struct crtc *crtc = &kms.crtcs[i];
		crtc->sequence += crtc->lit;
		if (crtc->busy && signalled(crtc))
			complete(i, now());
	}
	advance();
}

void events_forget(const struct file *file)
{
	for (size_t i = 0; i < WANTED_MAX; i++)
		if (wanted[i].file == file->serial)
			wanted[i].file = 0;
	for (size_t i = 0; i < kms.n_crtcs; i++)
		if (kms.crtcs[i].file == file->serial)
			kms.crtcs[i].event = false;
}

void events_reset(void)
{
	memset(wanted, 0, sizeof(wanted));
	for (size_t i = 0; i < kms.n_crtcs; i++) {
		close_fences(kms.crtcs[i].in, &kms.crtcs[i].n_in);
		close_fences(kms.crtcs[i].out, &kms.crtcs[i].n_out);
	}
}

/* ---- reading ---- */

static void flip_event(int fd, const drmEventContext *context, const struct event *event)
{
	const unsigned sequence = (unsigned)event->sequence;
	const unsigned seconds = (unsigned)(event->time / 1000000000);
	const unsigned us = (unsigned)(event->time / 1000 % 1000000);
	void *data = (void *)(uintptr_t)event->user_data;
	if (context->version >= 3 && context->page_flip_handler2)
		context->page_flip_handler2(fd, sequence, seconds, us, event->crtc, data);
	else if (context->version >= 2 && context->page_flip_handler)
		context->page_flip_handler(fd, sequence, seconds, us, data);
}

static void deliver(int fd, const drmEventContext *context, const struct event *event)
{
	if (event->type == DRM_EVENT_FLIP_COMPLETE)
		flip_event(fd, context, event);
	else if (event->type == DRM_EVENT_CRTC_SEQUENCE && context->version >= 4 &&
		 context->sequence_handler)
		context->sequence_handler(fd, event->sequence, event->time, event->user_data);
	else if (event->type == DRM_EVENT_VBLANK && context->version >= 1 &&
		 context->vblank_handler)
		context->vblank_handler(fd, (unsigned)event->sequence,
					(unsigned)(event->time / 1000000000),
					(unsigned)(event->time / 1000 % 1000000),
					(void *)(uintptr_t)event->user_data);
}

/* Blocks as a read would, and says so where that would be for ever. */
static bool wait_event(int fd, struct file *file)
{
	if (fcntl(fd, F_GETFL) & O_NONBLOCK) {
		errno = EAGAIN;
		return false;
	}
	while (file->n_events == 0) {
		struct pollfd readable = {.fd = fd, .events = POLLIN};
		struct itimerspec timer;
		timerfd_gettime(file->fd, &timer);
		if (timer.it_value.tv_sec == 0 && timer.it_value.tv_nsec == 0)
			complain("drmHandleEvent waits for an event that nothing will send");
		poll(&readable, 1, -1);
		advance();
	}
	return true;
}

/* One read takes as much as 1024 bytes of events hold. A handler may ask for more events. */
FAKE_EXPORT int drmHandleEvent(int fd, drmEventContextPtr context)
{
	struct event events[32];
	struct file *file = kms_file(fd);
	if (!file || !allowed("drmHandleEvent", "") ||
	    (file->n_events == 0 && !wait_event(fd, file)))
		return -1;
	const size_t n = file->n_events < 32 ? file->n_events : 32;
	memcpy(events, file->events, n * sizeof(*events));
	file->n_events -= n;
	memmove(file->events, file->events + n, file->n_events * sizeof(*events));
	arm_all();
	for (size_t i = 0; i < n; i++)
		deliver(fd, context, &events[i]);
	return 0;
}

/* ---- asking for vertical blanks ---- */

static struct crtc *ticking(const struct node *node)
{
	struct crtc *crtc = node ? &kms.crtcs[node->index] : NULL;
	errno = kms.options.vblank == VBLANK_NO ? EOPNOTSUPP : !node ? ENOENT : EINVAL;
	return crtc && ticks(crtc) ? crtc : NULL;
}

FAKE_EXPORT int drmCrtcGetSequence(int fd, uint32_t id, uint64_t *sequence, uint64_t *ns)
{
	if (!kms_call(fd, "drmCrtcGetSequence", ""))
		return -1;
	const struct crtc *crtc = ticking(node_find(id, DRM_MODE_OBJECT_CRTC));
	if (!crtc)
		return -1;
	*sequence = sequence_at(crtc, now());
	if (ns)
		*ns = kms.options.vblank == VBLANK_TEST ? now() : time_of(crtc, *sequence);
	return 0;
}

static int want(const struct file *file, uint32_t type, size_t crtc, uint64_t sequence,
		uint64_t user_data)
{
	for (size_t i = 0; i < WANTED_MAX; i++)
		if (wanted[i].file == 0) {
			wanted[i] = (struct wanted){file->serial, type, crtc, sequence, user_data};
			advance();
			return 0;
		}
	errno = ENOMEM;
	return -1;
}

FAKE_EXPORT int drmCrtcQueueSequence(int fd, uint32_t id, uint32_t flags, uint64_t sequence,
				     uint64_t *queued, uint64_t user_data)
{
	struct file *file = kms_call(fd, "drmCrtcQueueSequence", "");
	const struct node *node = node_find(id, DRM_MODE_OBJECT_CRTC);
	const struct crtc *crtc = file ? ticking(node) : NULL;
	if (!crtc)
		return -1;
	const uint64_t current = sequence_at(crtc, now());
	if (flags & DRM_CRTC_SEQUENCE_RELATIVE)
		sequence += current;
	if (flags & DRM_CRTC_SEQUENCE_NEXT_ON_MISS && sequence <= current)
		sequence = current + 1;
	if (queued)
		*queued = sequence;
	return want(file, DRM_EVENT_CRTC_SEQUENCE, node->index, sequence, user_data);
}

static int wait_blank(const struct crtc *crtc, drmVBlank *blank, uint64_t sequence)
{
	if (kms.options.vblank == VBLANK_TEST && sequence > crtc->sequence)
		complain("drmWaitVBlank waits for a vertical blank that the test has to make");
	if (kms.options.vblank == VBLANK_YES)
		sleep_until(time_of(crtc, sequence));
	const uint64_t time = now();
	blank->reply.sequence = (unsigned)sequence_at(crtc, time);
	blank->reply.tval_sec = (long)(time / 1000000000);
	blank->reply.tval_usec = (long)(time / 1000 % 1000000);
	return 0;
}

FAKE_EXPORT int drmWaitVBlank(int fd, drmVBlankPtr blank)
{
	struct file *file = kms_call(fd, "drmWaitVBlank", "");
	const uint32_t type = blank->request.type;
	const size_t index = type & DRM_VBLANK_SECONDARY ? 1
							 : (type & DRM_VBLANK_HIGH_CRTC_MASK) >>
								   DRM_VBLANK_HIGH_CRTC_SHIFT;
	const struct crtc *crtc = file ? ticking(node_get(DRM_MODE_OBJECT_CRTC, index)) : NULL;
	if (!crtc)
		return -1;
	const uint64_t current = sequence_at(crtc, now());
	uint64_t sequence = blank->request.sequence;
	if (type & DRM_VBLANK_RELATIVE)
		sequence += current;
	if (type & DRM_VBLANK_NEXTONMISS && sequence <= current)
		sequence = current + 1;
	if (type & DRM_VBLANK_EVENT)
		return want(file, DRM_EVENT_VBLANK, index, sequence, blank->request.signal);
	return wait_blank(crtc, blank, sequence);
}
