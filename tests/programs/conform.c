/* SPDX-License-Identifier: MIT */
/* The same program on every display: what include/framelend/client.h promises of damage, age,
 * preserve, pacing and the rest, looked at from the program's side. usage: conform [SCENARIO...]:
 * by default all; "list" names them. The display is $LEND_DISPLAY. */
#include <framelend/client.h>

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE_MS 30000
#define FRAMES	    24

static struct lend_client *client;
static const char *scenario;

__attribute__((noreturn, format(printf, 1, 2))) static void complain(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fprintf(stderr, "conform %s on %s: ", scenario, lend_client_display(client));
	vfprintf(stderr, format, args);
	fprintf(stderr, " (%s)\n", lend_client_error(client));
	va_end(args);
	exit(1);
}

static void expect(bool true_or_not, const char *what)
{
	if (!true_or_not)
		complain("%s", what);
}

/* ---- drawing -------------------------------------------------------------------------------- */

static struct lend_surface *create(struct lend_surface_options options)
{
	struct lend_surface *surface;
	options.size = sizeof(options);
	if (options.width == 0) {
		options.width = 160;
		options.height = 120;
	}
	options.title = scenario;
	if (lend_surface_create(client, &options, &surface) < 0)
		complain("no surface");
	return surface;
}

/* Waits for events: in a dispatch, or in the program's own loop. */
static void wait_for_event(bool own_loop)
{
	struct pollfd fd = {.fd = lend_client_fd(client), .events = POLLIN};
	if (own_loop && lend_client_dispatch(client, 0) == 0 && poll(&fd, 1, PATIENCE_MS) != 1)
		complain("the fd never got readable");
	int count = lend_client_dispatch(client, own_loop ? 0 : PATIENCE_MS);
	if (count < 0 || (count == 0 && !own_loop))
		complain("waited in vain: %d", count);
}

static struct lend_frame begin_in(struct lend_surface *surface, bool own_loop)
{
	struct lend_frame frame;
	int result;
	while ((result = lend_frame_begin(surface, &frame)) == -EAGAIN)
		wait_for_event(own_loop);
	if (result < 0)
		complain("no frame: %d", result);
	return frame;
}

static struct lend_frame begin(struct lend_surface *surface)
{
	return begin_in(surface, false);
}

static uint32_t *row(const struct lend_frame *frame, uint32_t y)
{
	return (uint32_t *)((char *)frame->pixels + (size_t)y * frame->stride);
}

static uint32_t colour(uint64_t number, uint32_t y)
{
	return (uint32_t)(number * 2654435761U + y * 40503U) & 0xffffff;
}

static void fill(const struct lend_frame *frame, uint32_t first, uint32_t count, uint64_t number)
{
	for (uint32_t y = first; y < first + count; y++)
		for (uint32_t x = 0; x < frame->width; x++)
			row(frame, y)[x] = colour(number, y);
}

static void expect_row(const struct lend_frame *frame, uint32_t y, uint64_t number)
{
	const uint32_t *pixels = row(frame, y);
	for (uint32_t x = 0; x < frame->width; x++)
		if ((pixels[x] & 0xffffff) != colour(number, y))
			complain("frame %llu, row %u: not that of frame %llu",
				 (unsigned long long)frame->number, y, (unsigned long long)number);
}

static void end(struct lend_surface *surface, const struct lend_frame *frame)
{
	(void)frame;
	if (lend_frame_end(surface, NULL, 0) < 0)
		complain("the frame cannot be ended");
}

/* ---- scenarios ------------------------------------------------------------------------------ */

/* What age says is in the buffer is in it. */
static void run_age(void)
{
	struct lend_surface *surface = create((struct lend_surface_options){.read = 1});
	unsigned old = 0;
	for (uint64_t number = 1; number <= FRAMES; number++) {
		struct lend_frame frame = begin(surface);
		expect(frame.number == number, "frames are numbered 1, 2, 3");
		expect(frame.age < number, "an age before the first frame");
		expect(frame.stride >= frame.width * 4, "a stride smaller than a row");
		for (uint32_t y = 0; y < frame.height && frame.age > 0; y++)
			expect_row(&frame, y, number - frame.age);
		old += frame.age > 0;
		fill(&frame, 0, frame.height, number);
		end(surface, &frame);
	}
	expect(old > 0, "no buffer was ever used again");
	lend_surface_destroy(surface);
}

/* Draws a row a frame and finds all the others as they were. */
static void draw_rows(struct lend_surface *surface)
{
	uint64_t rows[16384] = {0};
	unsigned fresh = 0;
	uint32_t width = 0, height = 0;
	for (uint64_t number = 1; number <= FRAMES; number++) {
		struct lend_frame frame = begin(surface);
		bool whole = frame.age == 0;
		if (whole) {
			expect(number == 1 || frame.width != width || frame.height != height,
			       "age 0 although the size is the same");
			fresh++;
		} else {
			expect(frame.age == 1, "an age other than 0 and 1");
			for (uint32_t y = 0; y < frame.height; y++)
				expect_row(&frame, y, rows[y]);
		}
		width = frame.width;
		height = frame.height;
		uint32_t first = whole ? 0 : (uint32_t)(number * 7 % height);
		uint32_t count = whole ? height : 1;
		fill(&frame, first, count, number);
		for (uint32_t y = first; y < first + count; y++)
			rows[y] = number;
		const struct lend_rect damage = {0, (int32_t)first, (int32_t)width, (int32_t)count};
		if (lend_frame_end(surface, &damage, 1) < 0)
			complain("the frame cannot be ended");
	}
	expect(fresh > 0, "the first frame has an age");
}

static void run_preserve(void)
{
	struct lend_path_info path = {.size = sizeof(path)};
	struct lend_surface *surface = create((struct lend_surface_options){.preserve = 1});
	draw_rows(surface);
	lend_surface_path(surface, &path);
	expect(path.own_copy < 160ULL * 120 * 4 * FRAMES || path.count == 0,
	       "more was copied than changed");
	lend_surface_destroy(surface);
}

static void run_front(void)
{
	struct lend_path_info path = {.size = sizeof(path)};
	struct lend_surface *surface =
		create((struct lend_surface_options){.mode = LEND_MODE_FRONT, .read = 1});
	draw_rows(surface);
	lend_surface_path(surface, &path);
	expect(path.count == 1, "front mode with more than one buffer");
	lend_surface_destroy(surface);
}

static void run_unpaced(void)
{
	struct lend_surface *surface =
		create((struct lend_surface_options){.unpaced = 1, .count = 4, .read = 1});
	for (uint64_t number = 1; number <= 4 * FRAMES; number++) {
		struct lend_frame frame = begin(surface);
		for (uint32_t y = 0; y < frame.height && frame.age > 0; y += 17)
			expect_row(&frame, y, number - frame.age);
		fill(&frame, 0, frame.height, number);
		end(surface, &frame);
	}
	lend_surface_destroy(surface);
}

/* A frame that was given up leaves no trace but an age of 0. */
static void run_cancel(void)
{
	struct lend_surface *surface = create((struct lend_surface_options){.read = 1});
	struct lend_frame frame;
	for (uint64_t number = 1; number <= FRAMES; number++) {
		frame = begin(surface);
		expect(lend_frame_begin(surface, &frame) == -EBUSY, "two frames at once");
		fill(&frame, 0, frame.height, 99999);
		expect(lend_frame_cancel(surface) == 0, "the frame cannot be cancelled");
		expect(lend_frame_cancel(surface) == -EINVAL, "cancelled twice");
		expect(lend_frame_end(surface, NULL, 0) == -EINVAL, "ended after all");
		frame = begin(surface);
		expect(frame.number == number, "a cancelled frame was counted");
		for (uint32_t y = 0; y < frame.height && frame.age > 0; y++)
			expect_row(&frame, y, number - frame.age);
		fill(&frame, 0, frame.height, number);
		end(surface, &frame);
	}
	lend_surface_destroy(surface);
}

static void run_damage(void)
{
	struct lend_rect damage[500];
	struct lend_surface *surface = create((struct lend_surface_options){.preserve = 1});
	for (uint64_t number = 1; number <= FRAMES; number++) {
		struct lend_frame frame = begin(surface);
		for (int i = 0; i < 500; i++)
			damage[i] = (struct lend_rect){i * 7 - 50, i * 13 % 300 - 90, i - 20, 9};
		damage[3] = (struct lend_rect){INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX};
		damage[4] = (struct lend_rect){INT32_MAX, 0, INT32_MAX, 1};
		fill(&frame, 0, frame.height, number);
		int result = number % 3 == 0 ? lend_frame_end(surface, damage, 0)
					     : lend_frame_end(surface, damage, 500);
		expect(result == 0, "the frame cannot be ended");
	}
	lend_surface_destroy(surface);
}

/* A program with a loop of its own is woken by the fd alone. */
static void run_loop(void)
{
	struct lend_surface *surface = create((struct lend_surface_options){0});
	for (int i = 0; i < FRAMES; i++) {
		struct lend_frame frame = begin_in(surface, true);
		fill(&frame, 0, frame.height, frame.number);
		end(surface, &frame);
	}
	lend_surface_destroy(surface);
}

struct seen {
	unsigned presented, paths;
	uint64_t number, time;
};

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void note_presented(void *data, struct lend_surface *surface, uint64_t number, uint64_t time,
			   uint32_t refresh)
{
	struct seen *seen = data;
	expect(number > seen->number, "frames are presented in order");
	expect(time >= seen->time, "times go backwards");
	/* the flip may be announced a little before it happens */
	expect(time < now_ns() + 1000000000, "presented in the future");
	seen->number = number;
	seen->time = time;
	seen->presented++;
}

static void note_path(void *data, struct lend_surface *surface)
{
	((struct seen *)data)->paths++;
}

static void run_presented(void)
{
	struct seen seen = {0};
	const struct lend_surface_events events = {
		.size = sizeof(events), .presented = note_presented, .path = note_path};
	struct lend_surface *surface =
		create((struct lend_surface_options){.events = &events, .data = &seen});
	while (seen.presented < FRAMES / 2) {
		struct lend_frame frame = begin(surface);
		expect(frame.number < 1000, "frames are drawn and not presented");
		fill(&frame, 0, frame.height, frame.number);
		end(surface, &frame);
	}
	expect(seen.paths > 0, "the path was never told");
	lend_surface_destroy(surface);
}

static void run_path(void)
{
	struct lend_path_info path = {.size = sizeof(path)};
	struct lend_surface *surface = create((struct lend_surface_options){0});
	expect(lend_surface_path(surface, &path) == 0 && path.path == LEND_PATH_NONE,
	       "a path before the first frame");
	for (int i = 0; i < 3; i++) {
		struct lend_frame frame = begin(surface);
		fill(&frame, 0, frame.height, frame.number);
		end(surface, &frame);
	}
	do {
		wait_for_event(false);
		lend_surface_path(surface, &path);
	} while (path.path == LEND_PATH_NONE);
	expect(strlen(path.reason) > 10, "no reason");
	expect(path.count >= 2, "fewer than two buffers");
	expect(path.memory != LEND_MEMORY_UNKNOWN, "memory of unknown origin");
	const struct lend_verdict *verdict = lend_surface_verdict(surface, 0);
	expect(verdict != NULL && verdict->reason[0] != '\0', "no verdict");
	printf("%s: path %s, %s, on '%s': %s\n", lend_client_display(client),
	       lend_path_name(path.path), lend_memory_name(path.memory), path.output, path.reason);
	lend_surface_destroy(surface);
}

static void run_surfaces(void)
{
	struct lend_surface *surfaces[3];
	for (size_t i = 0; i < 3; i++)
		surfaces[i] = create((struct lend_surface_options){.read = 1, .unpaced = 1});
	for (int round = 0; round < FRAMES; round++) {
		size_t i = (size_t)round % 3;
		struct lend_frame frame = begin(surfaces[i]);
		for (uint32_t y = 0; y < frame.height && frame.age > 0; y++)
			expect_row(&frame, y, (frame.number - frame.age) * 10 + i);
		fill(&frame, 0, frame.height, frame.number * 10 + i);
		end(surfaces[i], &frame);
	}
	lend_surface_destroy(surfaces[1]);
	struct lend_frame frame = begin(surfaces[2]);
	lend_surface_destroy(surfaces[2]); /* in a frame */
	frame = begin(surfaces[0]);
	end(surfaces[0], &frame);
	lend_surface_destroy(surfaces[0]);
}

/* Some servers say their size only after the first frame. */
static void run_fullscreen(void)
{
	struct lend_surface *surface = create((struct lend_surface_options){.fullscreen = 1});
	struct lend_frame frame = {.width = 160};
	while (frame.width == 160) {
		expect(frame.number < 200, "it does not fill the output");
		frame = begin(surface);
		fill(&frame, 0, frame.height, 1);
		end(surface, &frame);
	}
	printf("fullscreen %ux%u\n", frame.width, frame.height);
	lend_surface_destroy(surface);
}

static void run_refusals(void)
{
	static const struct {
		struct lend_surface_options options;
		int error;
	} rows[] = {
		{{.format = 77}, -EINVAL},
		{{.format = LEND_FORMAT_NV12}, -ENOTSUP},
		{{.count = 9}, -EINVAL},
		{{.width = 99999}, -EINVAL},
		{{.fullscreen = 1, .output = "no such output"}, -EINVAL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lend_surface_options options = rows[i].options;
		struct lend_surface *surface = NULL;
		options.size = sizeof(options);
		int result = lend_surface_create(client, &options, &surface);
		if (result != rows[i].error || surface != NULL)
			complain("refusal %zu: %d", i, result);
	}
	struct lend_surface *surface = create((struct lend_surface_options){0});
	struct lend_frame frame = begin(surface);
	end(surface, &frame);
	lend_surface_destroy(surface);
}

static void ignore_input(void *data, struct lend_surface *surface, const struct lend_input *input)
{
	expect(input->kind >= LEND_INPUT_POINTER_ENTER && input->kind <= LEND_INPUT_TOUCH_CANCEL,
	       "input of no kind");
	expect(input->time <= now_ns(), "input from the future");
}

/* Nobody does anything; asking for it must do no harm. */
static void run_input(void)
{
	const struct lend_surface_events events = {.size = sizeof(events), .input = ignore_input};
	for (int i = 0; i < 3; i++) {
		struct lend_surface *surface =
			create((struct lend_surface_options){.events = &events});
		for (int n = 0; n < 5; n++) {
			struct lend_frame frame = begin(surface);
			fill(&frame, 0, frame.height, frame.number);
			end(surface, &frame);
		}
		lend_surface_destroy(surface);
	}
}

/* Fills an output with harness.py's pattern until it is ended. */
__attribute__((noreturn)) static void show_picture(void)
{
	struct lend_surface *surface = create((struct lend_surface_options){.fullscreen = 1});
	for (;;) {
		struct lend_frame frame = begin(surface);
		for (uint32_t y = 0; y < frame.height; y++)
			for (uint32_t x = 0; x < frame.width; x++)
				/* some screenshooters take the unused byte for alpha */
				row(&frame, y)[x] = 0xff000000 | (x * 7 + y * 3) % 256 << 16 |
						    (x ^ y) % 256 << 8 | (y * 5 + x / 3) % 256;
		end(surface, &frame);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{"age", run_age},	    {"preserve", run_preserve},	    {"front", run_front},
	{"unpaced", run_unpaced},   {"cancel", run_cancel},	    {"damage", run_damage},
	{"loop", run_loop},	    {"presented", run_presented},   {"path", run_path},
	{"surfaces", run_surfaces}, {"fullscreen", run_fullscreen}, {"refusals", run_refusals},
	{"input", run_input},
};

static bool is_asked_for(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 1;
}

int main(int argc, char **argv)
{
	bool list = argc == 2 && strcmp(argv[1], "list") == 0;
	scenario = "picture";
	if (argc == 2 && strcmp(argv[1], scenario) == 0) {
		if (lend_client_connect(NULL, &client) < 0)
			complain("cannot connect");
		show_picture();
	}
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		scenario = scenarios[i].name;
		if (list)
			puts(scenario);
		if (list || !is_asked_for(scenario, argc, argv))
			continue;
		if (lend_client_connect(NULL, &client) < 0)
			complain("cannot connect");
		scenarios[i].run();
		printf("%s ok\n", scenario);
		lend_client_destroy(client);
	}
	return 0;
}
