/* SPDX-License-Identifier: MIT */
/* Plays decoded pictures from standard input, in the middle of what the display gives it:
 *
 *   ffmpeg -i film.mkv -f rawvideo -pix_fmt bgra - | ./video 1280x720 24
 *   ffmpeg -i film.mkv -f rawvideo -pix_fmt rgb565le - | ./video 1280x720 24 RGB565
 *
 * A picture is read straight into the lent frame, row by row: no copy is made in this program. */
#include <errno.h>
#include <framelend/client.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct video {
	uint32_t width, height;
	double rate; /* pictures a second; 0: as fast as they come */
	const struct lend_format *format;
};

static int usage(void)
{
	fprintf(stderr, "usage: video WIDTHxHEIGHT [RATE [FORMAT]] <PICTURES\nformats:");
	for (size_t i = 0; lend_format_at(i) != NULL; i++)
		if (lend_format_at(i)->n_planes == 1)
			fprintf(stderr, " %s", lend_format_at(i)->name);
	fprintf(stderr, "\n");
	return 2;
}

static int parse(int argc, char **argv, struct video *video)
{
	if (argc < 2 || argc > 4 || sscanf(argv[1], "%5ux%5u", &video->width, &video->height) != 2)
		return -1;
	video->rate = argc > 2 ? strtod(argv[2], NULL) : 0;
	const char *name = argc > 3 ? argv[3] : "XRGB8888";
	for (size_t i = 0; (video->format = lend_format_at(i)) != NULL; i++)
		if (strcmp(video->format->name, name) == 0)
			break;
	bool possible = video->format != NULL && video->format->n_planes == 1 && video->rate >= 0;
	return possible && video->width > 0 && video->height > 0 ? 0 : -1;
}

/* 1: all of it, 0: the pictures have ended. */
static int read_all(char *data, size_t length)
{
	while (length > 0) {
		ssize_t got = read(STDIN_FILENO, data, length);
		if (got == 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return -errno;
		data += got > 0 ? got : 0;
		length -= got > 0 ? (size_t)got : 0;
	}
	return 1;
}

static int skip(size_t length)
{
	char unseen[4096];
	int result = 1;
	while (length > 0 && result == 1) {
		size_t part = length < sizeof(unseen) ? length : sizeof(unseen);
		result = read_all(unseen, part);
		length -= part;
	}
	return result;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The next picture, black around it, cut off where the frame is smaller. As read_all(). */
static int read_picture(const struct video *video, const struct lend_frame *frame)
{
	size_t cpp = video->format->cpp[0], whole = video->width * cpp;
	uint32_t width = least(video->width, frame->width), left = (frame->width - width) / 2;
	uint32_t height = least(video->height, frame->height), top = (frame->height - height) / 2;
	uint32_t cut = (video->width - width) / 2, cut_above = (video->height - height) / 2;
	int result = skip(cut_above * whole);
	for (uint32_t y = 0; y < frame->height; y++) {
		char *row = (char *)frame->pixels + (size_t)y * frame->stride;
		memset(row, 0, frame->width * cpp);
		if (y < top || y >= top + height || result != 1 || (result = skip(cut * cpp)) != 1)
			continue;
		result = read_all(row + left * cpp, width * cpp);
		if (result == 1)
			result = skip((video->width - width - cut) * cpp);
	}
	return result == 1 ? skip((video->height - height - cut_above) * whole) : result;
}

/* Waits until the picture of this number is due. */
static void pace(const struct video *video, uint64_t number)
{
	static struct timespec start;
	if (number == 1)
		clock_gettime(CLOCK_MONOTONIC, &start);
	double due = (double)start.tv_nsec / 1e9 + (double)(number - 1) / video->rate;
	struct timespec at = {.tv_sec = start.tv_sec + (time_t)due,
			      .tv_nsec = (long)((due - (double)(time_t)due) * 1e9)};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

static int play(const struct video *video, struct lend_client *client, struct lend_surface *surface)
{
	struct lend_frame frame;
	int result;
	while ((result = lend_client_dispatch(client, -1)) >= 0) {
		if (lend_frame_begin(surface, &frame) < 0)
			continue;
		if ((result = read_picture(video, &frame)) != 1) {
			lend_frame_cancel(surface);
			return result; /* the last picture stays until we leave */
		}
		if (video->rate > 0)
			pace(video, frame.number);
		lend_frame_end(surface, NULL, 0);
	}
	return result;
}

int main(int argc, char **argv)
{
	struct video video;
	struct lend_client *client;
	struct lend_surface *surface;
	if (parse(argc, argv, &video) < 0)
		return usage();
	struct lend_surface_options options = {
		.size = sizeof(options), .width = video.width, .height = video.height};
	options.format = video.format->fourcc;
	options.title = "video";
	int result = lend_client_connect(NULL, &client);
	if (result == 0)
		result = lend_surface_create(client, &options, &surface);
	if (result == 0)
		result = play(&video, client, surface);
	if (result < 0 && result != -ECANCELED)
		fprintf(stderr, "video: %s\n", lend_client_error(client));
	lend_client_destroy(client);
	return result < 0 && result != -ECANCELED;
}
