/* SPDX-License-Identifier: MIT */
/*
 * What one copy costs at least: memcpy, row by row, of the damage that another process on the same
 * CPU has just drawn, from the three buffers that a client uses by turns to the one of a headless
 * output.
 *
 *   copy WIDTHxHEIGHT WIDTHxHEIGHT+X+Y FRAMES
 */
#include "bench.h"

#include <errno.h>
#include <framelend/alloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct picture {
	char *pixels;
	uint32_t stride;
};

static uint32_t width, height;

static struct picture make(void)
{
	const struct lend_buffer_options options = {.size = sizeof(options),
						    .width = width,
						    .height = height,
						    .format = LEND_FORMAT_XRGB8888};
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct lend_buffer *buffer;
	void *pixels;

	if (lend_buffer_allocate(NULL, &options, &buffer, NULL) < 0)
		die("copy: %s", lend_alloc_error());
	if (lend_buffer_begin(buffer, LEND_READ_WRITE, &pixels) < 0)
		die("copy: %s", lend_buffer_error());
	lend_buffer_describe(buffer, &info);
	return (struct picture){pixels, info.planes[0].stride};
}

static void copy(const struct picture *to, const struct picture *from, const struct lend_rect *rect)
{
	for (int32_t y = rect->y; y < rect->y + rect->height; y++)
		memcpy(to->pixels + (size_t)y * to->stride + (size_t)rect->x * 4,
		       from->pixels + (size_t)y * from->stride + (size_t)rect->x * 4,
		       (size_t)rect->width * 4);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void pass_turn(int socket, bool first)
{
	char turn = 0;

	if ((first && write(socket, &turn, 1) != 1) || read(socket, &turn, 1) != 1)
		exit(0); /* the other process has ended */
}

static void draw_frames(int socket, const struct picture *drawn, const struct lend_rect *damage)
{
	for (uint32_t i = 0;; i++) {
		pass_turn(socket, i > 0);
		paint(drawn[i % 3].pixels, drawn[i % 3].stride, damage, i);
	}
}

static double copy_frames(int socket, const struct picture *drawn, const struct lend_rect *damage,
			  uint32_t frames)
{
	struct picture shown = make();
	double spent = 0, reading = 0;

	for (uint32_t i = 0; i < frames + WARM_UP; i++) {
		if (i == WARM_UP)
			spent = reading = 0;
		pass_turn(socket, true);
		double before = now(), start = now();
		copy(&shown, &drawn[i % 3], damage);
		spent += now() - start;
		reading += start - before;
	}
	return (spent - reading) / frames;
}

int main(int argc, char **argv)
{
	struct picture drawn[3];
	struct lend_rect damage;
	int sockets[2];

	if (argc != 4)
		die("usage: copy SIZE DAMAGE FRAMES");
	size_read(argv[1], &width, &height);
	damage_read(argv[2], &damage);
	for (int i = 0; i < 3; i++)
		drawn[i] = make();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		die("copy: no socket pair: %s", strerror(errno));
	pid_t child = fork();
	if (child < 0)
		die("copy: cannot fork: %s", strerror(errno));
	close(sockets[child != 0]);
	if (child == 0)
		draw_frames(sockets[1], drawn, &damage);
	printf("{\"copy\": %.3f}\n",
	       copy_frames(sockets[0], drawn, &damage, (uint32_t)strtoul(argv[3], NULL, 10)));
	return 0;
}
