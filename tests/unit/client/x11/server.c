/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAXIMUM 24

/* ---- the server ----------------------------------------------------------------------------- */

static void execute(const char *name, int ready, const char *const *more)
{
	char fd[16];
	const char *arguments[ARGUMENTS_MAXIMUM] = {"Xvfb"};
	size_t n = 1;
	snprintf(fd, sizeof(fd), "%d", ready);
	if (name != NULL)
		arguments[n++] = name;
	const char *const always[] = {"-displayfd", fd, "-noreset", "-nolisten", "tcp"};
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		arguments[n++] = always[i];
	while (more != NULL && *more != NULL && n + 1 < ARGUMENTS_MAXIMUM)
		arguments[n++] = *more++;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp("Xvfb", (char *const *)arguments);
	_exit(127);
}

/* Its number and a newline, once it can be connected to. */
static int read_number(int fd)
{
	char text[16] = "";
	size_t length = 0;
	while (length + 1 < sizeof(text) && strchr(text, '\n') == NULL) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		if (poll(&poll_fd, 1, TIMEOUT_MS) != 1)
			return -1;
		ssize_t n = read(fd, text + length, sizeof(text) - 1 - length);
		if (n <= 0)
			return -1;
		length += (size_t)n;
	}
	return atoi(text);
}

void server_start(struct server *server, const char *name, const char *const *arguments)
{
	int ends[2];
	assert_int_equal(pipe2(ends, 0), 0);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid == 0) {
		close(ends[0]);
		execute(name, ends[1], arguments);
	}
	close(ends[1]);
	int number = read_number(ends[0]);
	close(ends[0]);
	if (number < 0)
		fail_msg("Xvfb does not start");
	snprintf(server->name, sizeof(server->name), ":%d", number);
	setenv("DISPLAY", server->name, 1);
	server->xcb = xcb_connect(server->name, NULL);
	assert_int_equal(xcb_connection_has_error(server->xcb), 0);
	server->screen = xcb_setup_roots_iterator(xcb_get_setup(server->xcb)).data;
}

static void end(struct server *server, int how)
{
	if (server->xcb != NULL)
		xcb_disconnect(server->xcb);
	server->xcb = NULL;
	kill(server->pid, how);
	assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
}

void server_stop(struct server *server)
{
	end(server, SIGTERM);
}

void server_kill(struct server *server)
{
	char path[64];
	end(server, SIGKILL);
	snprintf(path, sizeof(path), "/tmp/.X%s-lock", server->name + 1);
	unlink(path);
	snprintf(path, sizeof(path), "/tmp/.X11-unix/X%s", server->name + 1);
	unlink(path);
}

xcb_window_t server_window(const struct server *server)
{
	xcb_query_tree_reply_t *tree = xcb_query_tree_reply(
		server->xcb, xcb_query_tree(server->xcb, server->screen->root), NULL);
	assert_non_null(tree);
	int n = xcb_query_tree_children_length(tree);
	assert_true(n > 0);
	xcb_window_t window = xcb_query_tree_children(tree)[n - 1];
	free(tree);
	return window;
}

void server_sync(const struct server *server)
{
	free(xcb_get_input_focus_reply(server->xcb, xcb_get_input_focus(server->xcb), NULL));
}

static uint32_t pixel_at(const uint8_t *row, uint32_t x, uint32_t bytes)
{
	uint32_t pixel = 0;
	memcpy(&pixel, row + (size_t)x * bytes, bytes);
	return pixel;
}

uint32_t *server_pixels(const struct server *server, uint32_t width, uint32_t height)
{
	xcb_get_image_reply_t *image = xcb_get_image_reply(
		server->xcb,
		xcb_get_image(server->xcb, XCB_IMAGE_FORMAT_Z_PIXMAP, server->screen->root, 0, 0,
			      (uint16_t)width, (uint16_t)height, ~0U),
		NULL);
	uint32_t *pixels = calloc(height, width * sizeof(*pixels));
	assert_non_null(image);
	assert_non_null(pixels);
	uint32_t bytes = image->depth > 16 ? 4 : 2, stride = (width * bytes + 3) / 4 * 4;
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			pixels[y * width + x] =
				pixel_at(xcb_get_image_data(image) + (size_t)y * stride, x, bytes);
	free(image);
	return pixels;
}

xcb_atom_t server_atom(const struct server *server, const char *name)
{
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(
		server->xcb, xcb_intern_atom(server->xcb, 0, (uint16_t)strlen(name), name), NULL);
	assert_non_null(reply);
	xcb_atom_t atom = reply->atom;
	free(reply);
	return atom;
}

/* ---- the program ---------------------------------------------------------------------------- */

static void note_resize(void *data, struct lend_surface *surface, uint32_t width, uint32_t height)
{
	((struct program *)data)->resizes++;
}

static void note_close(void *data, struct lend_surface *surface)
{
	((struct program *)data)->closes++;
}

static void note_path(void *data, struct lend_surface *surface)
{
	((struct program *)data)->paths++;
}

static void note_presented(void *data, struct lend_surface *surface, uint64_t number, uint64_t time,
			   uint32_t refresh)
{
	struct program *program = data;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t nanoseconds = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	assert_true(number > program->presented);
	assert_true(time <= nanoseconds && nanoseconds - time < 60000000000);
	program->presented = number;
}

static void note_input(void *data, struct lend_surface *surface, const struct lend_input *input)
{
	struct program *program = data;
	assert_true(program->n_inputs < INPUTS_MAXIMUM);
	program->inputs[program->n_inputs++] = *input;
}

static int note_disconnected(void *data, struct lend_client *client, const char *reason)
{
	assert_non_null(strstr(reason, "X server"));
	((struct program *)data)->disconnected++;
	return 0;
}

static void note_reconnected(void *data, struct lend_client *client)
{
	((struct program *)data)->reconnected++;
}

void program_start(struct program *program, struct lend_surface_options options)
{
	static const struct lend_client_events client_events = {.size = sizeof(client_events),
								.disconnected = note_disconnected,
								.reconnected = note_reconnected};
	static const struct lend_surface_events events = {
		.size = sizeof(events),
		.resize = note_resize,
		.close = note_close,
		.path = note_path,
		.presented = note_presented,
		.input = note_input,
	};
	const struct lend_client_options client_options = {.size = sizeof(client_options),
							   .display = "x11",
							   .events = &client_events,
							   .data = program};
	*program = (struct program){.client = NULL};
	options.size = sizeof(options);
	options.events = &events;
	options.data = program;
	int result = lend_client_connect(&client_options, &program->client);
	if (result == 0)
		result = lend_surface_create(program->client, &options, &program->surface);
	if (result < 0)
		fail_msg("%d: %s", result, lend_client_error(program->client));
}

void program_end(struct program *program)
{
	lend_client_destroy(program->client);
	free(program->picture);
}

void program_dispatch(struct program *program)
{
	int result = lend_client_dispatch(program->client, TIMEOUT_MS);
	if (result <= 0)
		fail_msg("%d: %s", result, lend_client_error(program->client));
}

static void begin(struct program *program, struct lend_frame *frame)
{
	int result;
	while ((result = lend_frame_begin(program->surface, frame)) == -EAGAIN)
		program_dispatch(program);
	if (result < 0)
		fail_msg("%d: %s", result, lend_client_error(program->client));
}

static void paint(const struct program *program, const struct lend_frame *frame,
		  const struct lend_rect *rect)
{
	uint32_t bytes = lend_format_get(frame->format)->cpp[0];
	for (int32_t y = rect->y; y < rect->y + rect->height; y++) {
		for (int32_t x = rect->x; x < rect->x + rect->width; x++) {
			uint32_t pixel = (uint32_t)random() * 2654435761U;
			memcpy((char *)frame->pixels + (size_t)y * frame->stride +
				       (size_t)x * bytes,
			       &pixel, bytes);
			memcpy(&program->picture[(uint32_t)y * frame->width + (uint32_t)x], &pixel,
			       bytes);
		}
	}
}

/* It may be cut off by the frame's edge. */
static struct lend_rect random_rect(const struct lend_frame *frame)
{
	int32_t x = (int32_t)(random() % frame->width), y = (int32_t)(random() % frame->height);
	int32_t right = (int32_t)frame->width - x, bottom = (int32_t)frame->height - y;
	return (struct lend_rect){x, y, 1 + (int32_t)(random() % right % 80),
				  1 + (int32_t)(random() % bottom % 80)};
}

/* The picture is of another size, or lost, and drawn as a whole. */
static void start_picture(struct program *program, const struct lend_frame *frame)
{
	free(program->picture);
	program->width = frame->width;
	program->height = frame->height;
	program->picture = calloc(frame->height, frame->width * sizeof(uint32_t));
	assert_non_null(program->picture);
}

uint32_t program_draw(struct program *program)
{
	struct lend_frame frame;
	struct lend_rect rects[4];
	begin(program, &frame);
	size_t n = (size_t)random() % 5;
	for (size_t i = 0; i < n; i++)
		rects[i] = random_rect(&frame);
	if (frame.age == 0) {
		start_picture(program, &frame);
		rects[0] = (struct lend_rect){0, 0, (int32_t)frame.width, (int32_t)frame.height};
		n = 1;
	}
	for (size_t i = 0; i < n; i++)
		paint(program, &frame, &rects[i]);
	assert_int_equal(lend_frame_end(program->surface, rects, n), 0);
	program->drawn = frame.number;
	return frame.age;
}

void program_draw_frames(struct program *program, unsigned n)
{
	while (n-- > 0)
		program_draw(program);
	while (program->presented < program->drawn)
		program_dispatch(program);
}

void program_compare(const struct program *program, const struct server *server,
		     uint32_t (*fit)(uint32_t))
{
	uint32_t *pixels = server_pixels(server, program->width, program->height);
	uint32_t mask = 0;
	for (size_t i = 0; i < (size_t)program->width * program->height; i++) {
		uint32_t drawn = program->picture[i], seen = pixels[i];
		if (fit != NULL)
			drawn = fit(drawn);
		mask = server->screen->root_depth == 24	  ? 0xffffff
		       : server->screen->root_depth == 30 ? 0x3fffffff
							  : 0xffff;
		if ((drawn & mask) != (seen & mask))
			fail_msg("pixel %zu,%zu is %08x, not %08x", i % program->width,
				 i / program->width, seen & mask, drawn & mask);
	}
	free(pixels);
}

void program_wait_for_picture(struct program *program, const struct server *server)
{
	bool same = false;
	for (int i = 0; i < 1000 && !same; i++) {
		(void)lend_client_dispatch(program->client, 20);
		uint32_t *pixels = server_pixels(server, program->width, program->height);
		same = true;
		for (size_t p = 0; p < (size_t)program->width * program->height; p++)
			same = same && ((pixels[p] ^ program->picture[p]) & 0xffffff) == 0;
		free(pixels);
	}
	assert_true(same);
}

void program_assert_path(const struct program *program, enum lend_path expected, const char *words)
{
	struct lend_path_info path = {.size = sizeof(path)};
	assert_int_equal(lend_surface_path(program->surface, &path), 0);
	if (path.path != expected || strstr(path.reason, words) == NULL)
		fail_msg("path %s: %s", lend_path_name(path.path), path.reason);
	if (expected == LEND_PATH_COPY)
		assert_string_equal(path.output, "screen");
	assert_int_equal(path.memory, LEND_MEMORY_MEMFD);
}
