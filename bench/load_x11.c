/* SPDX-License-Identifier: MIT */
/*
 * The load of many small windows for an X server: MIT-SHM, each with a connection of its own, at
 * 60 Hz by the load's clock, since the server has none that costs it nothing: all in step, or
 * spread evenly, each as if by a clock of its own.
 *
 *   load-x11 DISPLAY WIDTHxHEIGHT WIDTHxHEIGHT+X+Y FRAMES SERVER-PID CLIENTS in-step|spread
 */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>

#define WINDOWS_MAX 1024
#define COLUMNS	    16
#define PERIOD	    16666667u /* ns */

struct window {
	const struct task *task;
	xcb_connection_t *xcb;
	xcb_window_t window;
	xcb_gcontext_t gc;
	xcb_shm_seg_t segment;
	uint8_t depth, completion;
	char *pixels;
};

static void share_memory(struct window *window)
{
	size_t size = (size_t)window->task->width * 4 * window->task->height;
	const xcb_query_extension_reply_t *shm = xcb_get_extension_data(window->xcb, &xcb_shm_id);
	int fd = memfd_create("bench", MFD_CLOEXEC);

	if (!shm->present)
		die("load-x11: the server has no MIT-SHM");
	free(xcb_shm_query_version_reply(window->xcb, xcb_shm_query_version(window->xcb), NULL));
	window->completion = shm->first_event + XCB_SHM_COMPLETION;
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		die("load-x11: no shared memory: %s", strerror(errno));
	window->pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (window->pixels == MAP_FAILED)
		die("load-x11: cannot map a buffer: %s", strerror(errno));
	window->segment = xcb_generate_id(window->xcb);
	xcb_shm_attach_fd(window->xcb, window->segment, fd, 1);
}

/* Side by side: none covers another. */
static void open_window(struct window *window, const struct task *task, size_t place)
{
	window->task = task;
	window->xcb = xcb_connect(task->socket, NULL);
	if (xcb_connection_has_error(window->xcb))
		die("load-x11: cannot connect to %s", task->socket);
	xcb_screen_t *screen = xcb_setup_roots_iterator(xcb_get_setup(window->xcb)).data;
	window->depth = screen->root_depth;
	window->window = xcb_generate_id(window->xcb);
	window->gc = xcb_generate_id(window->xcb);
	xcb_create_window(window->xcb, XCB_COPY_FROM_PARENT, window->window, screen->root,
			  (int16_t)(place % COLUMNS * (task->width + 8)),
			  (int16_t)(place / COLUMNS * (task->height + 8)), (uint16_t)task->width,
			  (uint16_t)task->height, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT,
			  XCB_COPY_FROM_PARENT, 0, NULL);
	xcb_create_gc(window->xcb, window->gc, window->window, 0, NULL);
	xcb_map_window(window->xcb, window->window);
	share_memory(window);
}

static void draw_frame(struct window *window, uint64_t number)
{
	const struct task *task = window->task;
	const struct lend_rect *rect = &task->damage;

	paint(window->pixels, task->width * 4, rect, number);
	xcb_shm_put_image(window->xcb, window->window, window->gc, (uint16_t)task->width,
			  (uint16_t)task->height, (uint16_t)rect->x, (uint16_t)rect->y,
			  (uint16_t)rect->width, (uint16_t)rect->height, (int16_t)rect->x,
			  (int16_t)rect->y, window->depth, XCB_IMAGE_FORMAT_Z_PIXMAP, 1,
			  window->segment, 0);
	xcb_flush(window->xcb);
}

/* Until the server has read the pixels. */
static void finish_frame(struct window *window)
{
	for (bool done = false; !done;) {
		xcb_generic_event_t *event = xcb_wait_for_event(window->xcb);
		if (!event || event->response_type == 0)
			die("load-x11: an error, or the connection is lost");
		done = (event->response_type & 0x7f) == window->completion;
		free(event);
	}
}

static void wait_until(struct timespec *tick, uint32_t more)
{
	tick->tv_nsec += more;
	if (tick->tv_nsec >= 1000000000) {
		tick->tv_sec++;
		tick->tv_nsec -= 1000000000;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, tick, NULL);
}

static void draw_in_step(struct window *windows, size_t n, uint64_t first, uint32_t frames)
{
	struct timespec tick;

	clock_gettime(CLOCK_MONOTONIC, &tick);
	for (uint32_t frame = 0; frame < frames; frame++) {
		wait_until(&tick, PERIOD);
		for (size_t i = 0; i < n; i++)
			draw_frame(&windows[i], first + frame);
		for (size_t i = 0; i < n; i++)
			finish_frame(&windows[i]);
	}
}

static void draw_spread(struct window *windows, size_t n, uint64_t first, uint32_t frames)
{
	struct timespec tick;

	clock_gettime(CLOCK_MONOTONIC, &tick);
	for (uint64_t frame = 0; frame < frames * n; frame++) {
		wait_until(&tick, PERIOD / (uint32_t)n);
		if (frame >= n)
			finish_frame(&windows[frame % n]);
		draw_frame(&windows[frame % n], first + frame / n);
	}
	for (size_t i = 0; i < n; i++)
		finish_frame(&windows[i]);
}

int main(int argc, char **argv)
{
	static struct window windows[WINDOWS_MAX];
	struct task task;
	struct meter meter;

	if (argc != 8)
		die("usage: load-x11 DISPLAY SIZE DAMAGE FRAMES SERVER-PID CLIENTS in-step|spread");
	task_read(&task, argv + 1);
	size_t n = strtoul(argv[6], NULL, 10);
	if (n < 1 || n > WINDOWS_MAX)
		die("load-x11: 1 to %d clients", WINDOWS_MAX);
	for (size_t i = 0; i < n; i++)
		open_window(&windows[i], &task, i);
	void (*draw_frames)(struct window *, size_t, uint64_t, uint32_t) =
		strcmp(argv[7], "spread") == 0 ? draw_spread : draw_in_step;
	draw_frames(windows, n, 1, WARM_UP);
	meter_start(&meter, task.server);
	draw_frames(windows, n, 1 + WARM_UP, task.frames);
	meter_stop(&meter);
	const struct lend_rect all = {0, 0, (int32_t)task.width, (int32_t)task.height};
	meter_report(&meter, task.frames * (uint32_t)n,
		     picture_hash(windows[0].pixels, task.width * 4, &all));
	return 0;
}
