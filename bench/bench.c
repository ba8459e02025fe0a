/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void size_read(const char *text, uint32_t *width, uint32_t *height)
{
	if (sscanf(text, "%" SCNu32 "x%" SCNu32, width, height) != 2)
		die("bench: '%s' is no WIDTHxHEIGHT", text);
}

void damage_read(const char *text, struct lend_rect *damage)
{
	if (sscanf(text, "%" SCNd32 "x%" SCNd32 "+%" SCNd32 "+%" SCNd32, &damage->width,
		   &damage->height, &damage->x, &damage->y) != 4)
		die("bench: '%s' is no WIDTHxHEIGHT+X+Y", text);
}

void task_read(struct task *task, char **arguments)
{
	for (int i = 0; i < 5; i++)
		if (!arguments[i])
			die("bench: SOCKET WIDTHxHEIGHT WIDTHxHEIGHT+X+Y FRAMES SERVER-PID");
	task->socket = arguments[0];
	size_read(arguments[1], &task->width, &task->height);
	damage_read(arguments[2], &task->damage);
	task->frames = (uint32_t)strtoul(arguments[3], NULL, 10);
	task->server = (pid_t)strtol(arguments[4], NULL, 10);
}

/* ---- pictures ------------------------------------------------------------------------------- */

void paint(void *pixels, uint32_t stride, const struct lend_rect *rect, uint64_t number)
{
	for (int32_t y = rect->y; y < rect->y + rect->height; y++) {
		uint32_t *row = (uint32_t *)((char *)pixels + (size_t)y * stride);
		uint32_t base = (uint32_t)number * 0x9e3779b1u + (uint32_t)y * 0x10001u;
		for (int32_t x = rect->x; x < rect->x + rect->width; x++)
			row[x] = base + (uint32_t)x;
	}
}

uint64_t picture_hash(const void *pixels, uint32_t stride, const struct lend_rect *rect)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (int32_t y = rect->y; y < rect->y + rect->height; y++) {
		const uint32_t *row = (const uint32_t *)((const char *)pixels + (size_t)y * stride);
		for (int32_t x = rect->x; x < rect->x + rect->width; x++)
			hash = (hash ^ (row[x] & 0xffffff)) * UINT64_C(0x100000001b3);
	}
	return hash;
}

/* ---- cost ----------------------------------------------------------------------------------- */

static double microseconds(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0)
		die("bench: cannot read a clock: %s", strerror(errno));
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* /proc/PID/stat would be sampled at ticks; this is exact. */
static double cpu_of(pid_t process)
{
	clockid_t clock;

	int error = clock_getcpuclockid(process, &clock);
	if (error != 0)
		die("bench: no CPU clock of process %d: %s", (int)process, strerror(error));
	return microseconds(clock);
}

void meter_start(struct meter *meter, pid_t server)
{
	meter->server_process = server;
	meter->wall = microseconds(CLOCK_MONOTONIC);
	meter->server = cpu_of(server);
	meter->client = microseconds(CLOCK_PROCESS_CPUTIME_ID);
}

void meter_stop(struct meter *meter)
{
	meter->client = microseconds(CLOCK_PROCESS_CPUTIME_ID) - meter->client;
	meter->server = cpu_of(meter->server_process) - meter->server;
	meter->wall = microseconds(CLOCK_MONOTONIC) - meter->wall;
}

void meter_report(const struct meter *meter, uint32_t frames, uint64_t hash)
{
	printf("{\"client\": %.3f, \"server\": %.3f, \"wall\": %.3f, \"hash\": \"%016" PRIx64
	       "\"}\n",
	       meter->client / frames, meter->server / frames, meter->wall / frames, hash);
	fflush(stdout);
}

void wait_for_end(int connection)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			       {.fd = connection, .events = POLLIN}};
	char bytes[4096];

	while (poll(fds, 2, -1) >= 0 && !fds[0].revents) {
		/* What comes is of no interest, only that it comes. */
		if (recv(connection, bytes, sizeof(bytes), MSG_DONTWAIT) == 0)
			fds[1].fd = -1;
	}
}
