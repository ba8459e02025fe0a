/* SPDX-License-Identifier: MIT */
/* What the benchmark's programs share: what a client draws, and how its cost is taken. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <framelend/buffer.h>
#include <stdbool.h>
#include <sys/types.h>

/* A client's command line: SOCKET WIDTHxHEIGHT WIDTHxHEIGHT+X+Y FRAMES SERVER-PID */
struct task {
	const char *socket;
	uint32_t width, height;
	struct lend_rect damage; /* of each frame */
	uint32_t frames;
	pid_t server;
};

/* Exits with a line on stderr if the arguments are not these. */
void task_read(struct task *task, char **arguments);
void size_read(const char *text, uint32_t *width, uint32_t *height);
void damage_read(const char *text, struct lend_rect *damage);

/* Draws frame `number` in the rectangle: every frame, row and column has other pixels. */
void paint(void *pixels, uint32_t stride, const struct lend_rect *rect, uint64_t number);
/* Of all pixels of the rectangle, alpha left out. */
uint64_t picture_hash(const void *pixels, uint32_t stride, const struct lend_rect *rect);

/* CPU time of the client and of the server, from their own clocks. */
struct meter {
	pid_t server_process;
	double client, server, wall; /* microseconds: of the clocks, then what passed */
};

void meter_start(struct meter *meter, pid_t server);
void meter_stop(struct meter *meter);
/* Prints the cost of each frame and the hash as one line of JSON. */
void meter_report(const struct meter *meter, uint32_t frames, uint64_t hash);
/* Until standard input ends, listening to the connection as an idle client does. */
void wait_for_end(int connection);

__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/* Frames before the measured ones: all buffers are mapped and drawn in, and caches warm. */
#define WARM_UP 32

#endif
