/* SPDX-License-Identifier: MIT */
/*
 * The same load for every Wayland server: windows of wl_shm buffers, each with a connection of its
 * own, that draw a frame when they are told that the one before is shown.
 *
 *   load SOCKET WIDTHxHEIGHT WIDTHxHEIGHT+X+Y FRAMES SERVER-PID CLIENTS
 * at-once|later|spread|fullscreen
 *
 * later: after a pause of up to two refreshes of 60 Hz, so that commits come at any moment of one.
 * spread: each at 60 Hz by a clock of its own, evenly apart. fullscreen: at once, in a full-screen
 * window. Besides the CPU time of a frame of one window it
 * says how long after its commit a frame was shown, by the server's clock and by its callback.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>

#include "presentation-time-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define BUFFERS	    3
#define PERIOD	    16666667u /* ns */
#define WINDOWS_MAX 1024      /* windows */

enum pace { PACE_AT_ONCE, PACE_LATER, PACE_SPREAD };

struct slot {
	struct wl_buffer *buffer;
	void *pixels;
	bool busy;
};

struct window {
	const struct task *task;
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *shell;
	struct wp_presentation *presentation;
	clockid_t clock; /* of the presentation */
	struct wl_surface *surface;
	bool configured, waiting;
	struct slot slots[BUFFERS], *last;
	uint64_t number, committed, due; /* the frame's, ns, when the next may be drawn */
};

/* Of the measured frames, microseconds from the commit. */
static struct delays {
	double *of;
	size_t n, most;
} to_callback, to_display;

static uint64_t read_clock(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void note(struct delays *delays, uint64_t from, uint64_t to)
{
	if (delays->n < delays->most)
		delays->of[delays->n++] = ((double)to - (double)from) / 1e3;
}

static uint64_t now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* ---- globals -------------------------------------------------------------------------------- */

static void handle_ping(void *data, struct xdg_wm_base *shell, uint32_t serial)
{
	xdg_wm_base_pong(shell, serial);
}

static const struct xdg_wm_base_listener shell_listener = {.ping = handle_ping};

static void handle_clock(void *data, struct wp_presentation *presentation, uint32_t clock)
{
	((struct window *)data)->clock = (clockid_t)clock;
}

static const struct wp_presentation_listener presentation_listener = {.clock_id = handle_clock};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
			  const char *interface, uint32_t version)
{
	struct window *window = data;

	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		window->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		window->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		window->shell = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(window->shell, &shell_listener, window);
	} else if (strcmp(interface, wp_presentation_interface.name) == 0) {
		window->presentation =
			wl_registry_bind(registry, name, &wp_presentation_interface, 1);
		wp_presentation_add_listener(window->presentation, &presentation_listener, window);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

/* ---- buffers -------------------------------------------------------------------------------- */

static void handle_release(void *data, struct wl_buffer *buffer)
{
	struct slot *slot = data;

	slot->busy = false;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

static void make_buffer(struct window *window, struct slot *slot)
{
	const struct task *task = window->task;
	const struct lend_rect all = {0, 0, (int32_t)task->width, (int32_t)task->height};
	uint32_t stride = task->width * 4;
	size_t length = (size_t)stride * task->height;
	int fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)length) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		die("load: no shared memory: %s", strerror(errno));
	slot->pixels = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (slot->pixels == MAP_FAILED)
		die("load: cannot map a buffer: %s", strerror(errno));
	paint(slot->pixels, stride, &all, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(window->shm, fd, (int32_t)length);
	slot->buffer = wl_shm_pool_create_buffer(pool, 0, all.width, all.height, (int32_t)stride,
						 WL_SHM_FORMAT_XRGB8888);
	wl_buffer_add_listener(slot->buffer, &buffer_listener, slot);
	wl_shm_pool_destroy(pool);
	wl_display_roundtrip(window->display); /* the fd is sent */
	close(fd);
}

/* ---- the window ----------------------------------------------------------------------------- */

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial)
{
	struct window *window = data;

	xdg_surface_ack_configure(surface, serial);
	window->configured = true;
}

static const struct xdg_surface_listener xdg_listener = {.configure = handle_configure};

static void handle_size(void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height,
			struct wl_array *states)
{
}

static void handle_close(void *data, struct xdg_toplevel *toplevel)
{
	die("load: the window was closed");
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_size,
	.close = handle_close,
};

static void open_window(struct window *window, const struct task *task, bool fullscreen)
{
	window->task = task;
	window->display = wl_display_connect(task->socket);
	if (!window->display)
		die("load: cannot connect to %s: %s", task->socket, strerror(errno));
	wl_registry_add_listener(wl_display_get_registry(window->display), &registry_listener,
				 window);
	wl_display_roundtrip(window->display);
	if (!window->compositor || !window->shell || !window->shm)
		die("load: the server has no wl_compositor, wl_shm or xdg_wm_base");
	window->surface = wl_compositor_create_surface(window->compositor);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(window->shell, window->surface);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg);
	xdg_surface_add_listener(xdg, &xdg_listener, window);
	xdg_toplevel_add_listener(toplevel, &toplevel_listener, window);
	if (fullscreen)
		xdg_toplevel_set_fullscreen(toplevel, NULL);
	wl_surface_commit(window->surface);
	while (!window->configured)
		if (wl_display_dispatch(window->display) < 0)
			die("load: the connection ended");
	for (int i = 0; i < BUFFERS; i++)
		make_buffer(window, &window->slots[i]);
}

/* ---- frames --------------------------------------------------------------------------------- */

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time)
{
	struct window *window = data;

	window->waiting = false;
	note(&to_callback, window->committed, now());
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame};

/* The feedback's user data is when its frame was committed, of which there is one on its way. */
static void handle_presented(void *data, struct wp_presentation_feedback *feedback,
			     uint32_t seconds_high, uint32_t seconds_low, uint32_t nanoseconds,
			     uint32_t refresh, uint32_t sequence_high, uint32_t sequence_low,
			     uint32_t flags)
{
	const uint64_t *committed = data;
	uint64_t seconds = (uint64_t)seconds_high << 32 | seconds_low;

	note(&to_display, *committed, seconds * 1000000000u + nanoseconds);
	wp_presentation_feedback_destroy(feedback);
}

static void handle_sync_output(void *data, struct wp_presentation_feedback *feedback,
			       struct wl_output *output)
{
}

static void handle_discarded(void *data, struct wp_presentation_feedback *feedback)
{
	wp_presentation_feedback_destroy(feedback);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

/* A frame's commit time, which outlives the frame: a server may tell of it after the callback. */
static uint64_t commits[8];

static void ask_for_feedback(struct window *window)
{
	uint64_t *committed = &commits[window->number % 8];

	*committed = read_clock(window->clock);
	struct wp_presentation_feedback *feedback =
		wp_presentation_feedback(window->presentation, window->surface);
	wp_presentation_feedback_add_listener(feedback, &feedback_listener, committed);
}

static struct slot *free_slot(struct window *window)
{
	for (int i = 0; i < BUFFERS; i++)
		if (!window->slots[i].busy)
			return &window->slots[i];
	return NULL;
}

static void draw_frame(struct window *window, struct slot *slot, bool feedback)
{
	const struct lend_rect *damage = &window->task->damage;

	paint(slot->pixels, window->task->width * 4, damage, ++window->number);
	wl_surface_attach(window->surface, slot->buffer, 0, 0);
	wl_surface_damage_buffer(window->surface, damage->x, damage->y, damage->width,
				 damage->height);
	wl_callback_add_listener(wl_surface_frame(window->surface), &frame_listener, window);
	window->committed = now();
	if (feedback && window->presentation)
		ask_for_feedback(window);
	wl_surface_commit(window->surface);
	wl_display_flush(window->display);
	slot->busy = true;
	window->waiting = true;
	window->last = slot;
}

static void read_events(struct window *window, bool readable)
{
	if (readable && wl_display_prepare_read(window->display) == 0 &&
	    wl_display_read_events(window->display) < 0)
		die("load: the connection ended");
	if (wl_display_dispatch_pending(window->display) < 0)
		die("load: the connection ended");
}

/* Up to two refreshes, the same in each run. */
static uint64_t pause_length(void)
{
	static uint32_t state = 1;

	state = state * 1664525u + 1013904223u;
	return (uint64_t)(state >> 8) * 2 * PERIOD >> 24;
}

/* When each draws first, and when again. */
static void start_clocks(struct window *windows, size_t n, enum pace pace)
{
	uint64_t start = now();

	for (size_t i = 0; i < n; i++)
		windows[i].due = pace == PACE_SPREAD ? start + i * PERIOD / n : 0;
}

static void set_clock(struct window *window, enum pace pace)
{
	if (pace == PACE_SPREAD)
		window->due += PERIOD;
	else if (pace == PACE_LATER)
		window->due = now() + pause_length();
}

/* How long to wait for events: not at all, until a pause ends, or for ever. */
static void wait_for(struct pollfd *fds, size_t n, uint64_t due)
{
	uint64_t time = now();
	struct timespec left = {0};

	if (due > time)
		left.tv_nsec = (long)(due - time);
	if (ppoll(fds, n, due == UINT64_MAX ? NULL : &left, NULL) < 0)
		die("load: poll: %s", strerror(errno));
}

/* Draws in all windows whose turn it is; when it is the next one's. */
static uint64_t draw_due(struct window *windows, size_t n, uint64_t last)
{
	uint64_t due = UINT64_MAX, time = now();

	for (size_t i = 0; i < n; i++) {
		struct window *window = &windows[i];
		struct slot *slot = free_slot(window);
		if (window->waiting || window->number == last || !slot)
			continue;
		if (window->due <= time)
			draw_frame(window, slot, n == 1);
		else if (window->due < due)
			due = window->due;
	}
	return due;
}

static bool is_finished(const struct window *windows, size_t n, uint64_t last)
{
	for (size_t i = 0; i < n; i++)
		if (windows[i].waiting || windows[i].number < last)
			return false;
	return true;
}

/* Each window draws until it has drawn frame `last` and that is shown. */
static void draw_frames(struct window *windows, size_t n, uint64_t last, enum pace pace)
{
	struct pollfd fds[WINDOWS_MAX];

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){.fd = wl_display_get_fd(windows[i].display),
					 .events = POLLIN};
	start_clocks(windows, n, pace);
	while (!is_finished(windows, n, last)) {
		wait_for(fds, n, draw_due(windows, n, last));
		for (size_t i = 0; i < n; i++) {
			bool waited = windows[i].waiting;
			read_events(&windows[i], fds[i].revents != 0);
			if (waited && !windows[i].waiting)
				set_clock(&windows[i], pace);
		}
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct delays *delays)
{
	qsort(delays->of, delays->n, sizeof(*delays->of), compare);
	return delays->n > 0 ? delays->of[delays->n / 2] : -1;
}

static void keep(struct delays *delays, size_t most)
{
	delays->of = calloc(most, sizeof(*delays->of));
	if (!delays->of)
		die("load: out of memory");
	delays->most = most;
}

int main(int argc, char **argv)
{
	static struct window windows[WINDOWS_MAX];
	struct task task;
	struct meter meter;

	if (argc != 8)
		die("usage: load SOCKET SIZE DAMAGE FRAMES SERVER-PID CLIENTS "
		    "at-once|later|spread|fullscreen");
	task_read(&task, argv + 1);
	size_t n = strtoul(argv[6], NULL, 10);
	enum pace pace = strcmp(argv[7], "later") == 0	  ? PACE_LATER
			 : strcmp(argv[7], "spread") == 0 ? PACE_SPREAD
							  : PACE_AT_ONCE;
	if (n < 1 || n > WINDOWS_MAX)
		die("load: 1 to %d clients", WINDOWS_MAX);
	for (size_t i = 0; i < n; i++)
		open_window(&windows[i], &task, strcmp(argv[7], "fullscreen") == 0);
	draw_frames(windows, n, WARM_UP, pace);
	keep(&to_callback, n * task.frames);
	keep(&to_display, n * task.frames);
	meter_start(&meter, task.server);
	draw_frames(windows, n, WARM_UP + task.frames, pace);
	meter_stop(&meter);
	const struct lend_rect all = {0, 0, (int32_t)task.width, (int32_t)task.height};
	meter_report(&meter, task.frames * (uint32_t)n,
		     picture_hash(windows[0].last->pixels, task.width * 4, &all));
	printf("{\"callback\": %.1f, \"display\": %.1f}\n", median(&to_callback),
	       median(&to_display));
	fflush(stdout);
	wait_for_end(wl_display_get_fd(windows[0].display));
	return 0;
}
