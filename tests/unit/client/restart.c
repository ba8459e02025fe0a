/* SPDX-License-Identifier: MIT */
/* A server that is killed, again and again, and what its clients notice: a frame of age 0, and
 * perhaps another size. */
#include <errno.h>
#include <framelend/client.h>
#include <framelend/server.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SURFACES 4

static char directory[] = "/tmp/framelend-test-XXXXXX";

/* Of the servers: one surface is all there is to see, or all are seen. */
static enum lend_layout layout;

/* What the servers tell of their output. */
static struct shared {
	atomic_uint servers, frames, pixel;
} * shared;

/* ---- servers -------------------------------------------------------------------------------- */

static void note_frame(void *data, struct lend_output *output, struct lend_buffer *frame,
		       const struct lend_rect *damage, size_t n_damage)
{
	void *pixels;
	if (lend_buffer_begin(frame, LEND_READ, &pixels) < 0)
		return;
	atomic_store(&shared->pixel, *(const uint32_t *)pixels & 0xffffff);
	lend_buffer_end(frame);
	atomic_fetch_add(&shared->frames, 1);
}

static void serve(uint32_t width, uint32_t height)
{
	struct lend_server_events events = {.size = sizeof(events), .output_frame = note_frame};
	struct lend_server_options options = {
		.size = sizeof(options), .socket = "test", .events = &events};
	struct lend_output_options output_options = {.size = sizeof(output_options),
						     .name = "only",
						     .width = width,
						     .height = height,
						     .refresh = 500000,
						     .layout = layout};
	struct lend_server *server;
	struct lend_output *output;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (lend_server_create(&options, &server) < 0 ||
	    lend_output_create_headless(server, &output_options, &output) < 0)
		_exit(1);
	atomic_fetch_add(&shared->servers, 1);
	lend_server_run(server);
	_exit(0);
}

static pid_t start_server(uint32_t width, uint32_t height)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		serve(width, height);
	return pid;
}

static void kill_server(pid_t pid)
{
	int status;
	assert_return_code(kill(pid, SIGKILL), errno);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status)); /* and did not end by itself */
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* ---- the program ---------------------------------------------------------------------------- */

/* A surface, and what its last frame is to look like. */
struct canvas {
	struct lend_surface *surface;
	uint32_t width, height;
	uint64_t number;
	unsigned frames, fresh; /* of age 0 */
	unsigned resizes;
	bool preserve;
};

struct program {
	struct lend_client *client;
	struct canvas canvases[SURFACES];
	size_t n;
	unsigned disconnected, reconnected;
	int fd;
};

static int count_disconnected(void *data, struct lend_client *client, const char *reason)
{
	((struct program *)data)->disconnected++;
	assert_non_null(strstr(reason, "closed the connection"));
	return 0;
}

static void count_reconnected(void *data, struct lend_client *client)
{
	((struct program *)data)->reconnected++;
}

static void connect_program(struct program *program, int32_t reconnect_ms)
{
	static const struct lend_client_events events = {.size = sizeof(events),
							 .disconnected = count_disconnected,
							 .reconnected = count_reconnected};
	struct lend_client_options options = {.size = sizeof(options),
					      .display = "test",
					      .events = &events,
					      .data = program,
					      .reconnect_ms = reconnect_ms};
	*program = (struct program){.client = NULL};
	while (lend_client_connect(&options, &program->client) < 0) {
		lend_client_destroy(program->client);
		pause_ms(5);
	}
	program->fd = lend_client_fd(program->client);
	char name[128];
	snprintf(name, sizeof(name), "wayland:%s/test", directory);
	assert_string_equal(lend_client_display(program->client), name);
}

static void note_resize(void *data, struct lend_surface *surface, uint32_t width, uint32_t height)
{
	((struct canvas *)data)->resizes++;
}

static struct canvas *add_canvas(struct program *program, struct lend_surface_options options)
{
	static const struct lend_surface_events events = {.size = sizeof(events),
							  .resize = note_resize};
	struct canvas *canvas = &program->canvases[program->n++];
	options.size = sizeof(options);
	options.events = &events;
	options.data = canvas;
	*canvas = (struct canvas){.preserve = options.preserve};
	assert_int_equal(lend_surface_create(program->client, &options, &canvas->surface), 0);
	return canvas;
}

static uint32_t colour(uint64_t number, uint32_t y)
{
	return (uint32_t)(number * 2654435761U + y * 40503) & 0xffffff;
}

static uint32_t *row(const struct lend_frame *frame, uint32_t y)
{
	return (uint32_t *)((char *)frame->pixels + (size_t)y * frame->stride);
}

/* All of it if it is fresh, else one row; what is carried over must be right. */
static struct lend_rect draw(struct canvas *canvas, const struct lend_frame *frame)
{
	uint32_t first = 0, count = frame->height;
	if (frame->age == 0) {
		canvas->fresh++;
	} else if (canvas->preserve) {
		assert_int_equal(frame->age, 1);
		assert_int_equal(frame->width, canvas->width);
		/* the row drawn by the frame before */
		uint32_t y = (uint32_t)(canvas->number % frame->height);
		assert_int_equal(row(frame, y)[frame->width - 1] & 0xffffff,
				 colour(canvas->number, y));
		first = (uint32_t)(frame->number % frame->height);
		count = 1;
	}
	for (uint32_t y = first; y < first + count; y++)
		for (uint32_t x = 0; x < frame->width; x++)
			row(frame, y)[x] = colour(frame->number, y);
	canvas->width = frame->width;
	canvas->height = frame->height;
	canvas->number = frame->number;
	canvas->frames++;
	return (struct lend_rect){0, (int32_t)first, (int32_t)frame->width, (int32_t)count};
}

/* Draws whatever can be drawn. */
static void step(struct program *program, int timeout_ms)
{
	int result = lend_client_dispatch(program->client, timeout_ms);
	if (result < 0)
		fail_msg("dispatch: %d, %s", result, lend_client_error(program->client));
	assert_int_equal(lend_client_fd(program->client), program->fd);
	for (size_t i = 0; i < program->n; i++) {
		struct canvas *canvas = &program->canvases[i];
		struct lend_frame frame;
		result = lend_frame_begin(canvas->surface, &frame);
		if (result == -EAGAIN)
			continue;
		assert_int_equal(result, 0);
		struct lend_rect damage = draw(canvas, &frame);
		assert_int_equal(lend_frame_end(canvas->surface, &damage, 1), 0);
	}
}

static void draw_frames(struct program *program, unsigned more)
{
	for (size_t i = 0; i < program->n; i++) {
		unsigned until = program->canvases[i].frames + more;
		while (program->canvases[i].frames < until)
			step(program, 20000);
	}
}

/* ---- tests ---------------------------------------------------------------------------------- */

static const struct lend_surface_options kinds[] = {
	{.width = 64, .height = 48},
	{.width = 64, .height = 48, .preserve = 1},
	{.width = 64, .height = 48, .mode = LEND_MODE_FRONT},
	{.width = 64, .height = 48, .unpaced = 1, .count = 4},
};

/* The picture that the new server shows is the program's newest. */
static void assert_shown(struct program *program)
{
	unsigned frames = atomic_load(&shared->frames);
	draw_frames(program, 3);
	for (int i = 0; i < 2000; i++) {
		const struct canvas *canvas = &program->canvases[0];
		if (atomic_load(&shared->frames) > frames &&
		    atomic_load(&shared->pixel) == colour(canvas->number, 0))
			return;
		assert_true(lend_client_dispatch(program->client, 5) >= 0);
	}
	fail_msg("the picture is not shown");
}

static void test_each_kind_of_surface(void **state)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct program program;
		pid_t server = start_server(64, 48);
		connect_program(&program, 0);
		struct canvas *canvas = add_canvas(&program, kinds[i]);
		draw_frames(&program, 5);
		canvas->resizes = canvas->fresh = 0;
		kill_server(server);
		server = start_server(64, 48);
		draw_frames(&program, 5);
		assert_int_equal(program.disconnected, 1);
		assert_int_equal(program.reconnected, 1);
		assert_int_equal(canvas->resizes, 0);
		if (canvas->preserve) /* one to begin with, and no other */
			assert_int_equal(canvas->fresh, 1);
		else
			assert_true(canvas->fresh > 0);
		if (!canvas->preserve)
			assert_shown(&program);
		lend_client_destroy(program.client);
		kill_server(server);
	}
}

static void test_another_size(void **state)
{
	struct program program;
	pid_t server = start_server(64, 48);
	connect_program(&program, 0);
	struct canvas *canvas =
		add_canvas(&program, (struct lend_surface_options){.fullscreen = 1, .preserve = 1});
	draw_frames(&program, 5);
	assert_int_equal(canvas->width, 64);
	for (uint32_t round = 1; round <= 3; round++) {
		canvas->resizes = 0;
		kill_server(server);
		server = start_server(64 + round * 10, 48 - round);
		draw_frames(&program, 5);
		assert_int_equal(canvas->resizes, 1);
		assert_int_equal(canvas->width, 64 + round * 10);
		assert_int_equal(canvas->height, 48 - round);
	}
	lend_client_destroy(program.client);
	kill_server(server);
}

static void test_in_a_frame(void **state)
{
	struct program program;
	layout = LEND_LAYOUT_TILE;
	pid_t server = start_server(64, 48);
	connect_program(&program, 0);
	for (size_t i = 0; i < SURFACES; i++)
		add_canvas(&program, kinds[i]);
	for (unsigned round = 0; round < 6; round++) {
		struct lend_frame frames[SURFACES];
		draw_frames(&program, 3);
		for (size_t i = 0; i < SURFACES; i++)
			while (lend_frame_begin(program.canvases[i].surface, &frames[i]) < 0)
				assert_true(lend_client_dispatch(program.client, 20000) >= 0);
		kill_server(server);
		if (round % 3 == 0) /* nobody knows yet */
			server = start_server(64, 48);
		if (round % 3 > 0) /* it is known */
			while (program.disconnected == round)
				assert_true(lend_client_dispatch(program.client, 20000) >= 0);
		if (round % 3 > 0)
			server = start_server(64, 48);
		if (round % 3 == 2) /* it is made good */
			while (program.reconnected == round)
				assert_true(lend_client_dispatch(program.client, 20000) >= 0);
		for (size_t i = 0; i < SURFACES; i++) {
			memset(frames[i].pixels, 1, (size_t)frames[i].stride * frames[i].height);
			assert_int_equal(lend_frame_end(program.canvases[i].surface, NULL, 0), 0);
			program.canvases[i].fresh = 0;
		}
		draw_frames(&program, 3);
		for (size_t i = 0; i < SURFACES; i++)
			assert_true(program.canvases[i].fresh > 0);
		assert_int_equal(program.reconnected, round + 1);
	}
	lend_client_destroy(program.client);
	kill_server(server);
}

/* Kills and starts servers at times of its own. */
static pid_t start_fate(unsigned rounds)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	srand(20260101);
	for (unsigned round = 0; round < rounds; round++) {
		pid_t server = start_server(200 + round % 3, 100);
		pause_ms(10 + rand() % 120);
		kill_server(server);
	}
	serve(300, 200);
	_exit(0);
}

static void test_again_and_again_under_load(void **state)
{
	const unsigned rounds = 15;
	struct program program;
	unsigned before = atomic_load(&shared->servers);
	pid_t fate = start_fate(rounds);
	connect_program(&program, 60000);
	for (size_t i = 0; i < SURFACES; i++)
		add_canvas(&program, kinds[i]);
	while (atomic_load(&shared->servers) <= before + rounds)
		step(&program, 20);
	assert_true(program.disconnected > 0);
	draw_frames(&program, 10);
	assert_true(program.reconnected > 0);
	struct lend_path_info path = {.size = sizeof(path)};
	assert_int_equal(lend_surface_path(program.canvases[0].surface, &path), 0);
	assert_int_equal(path.count, 3);
	lend_client_destroy(program.client);
	kill(fate, SIGKILL);
	waitpid(fate, NULL, 0);
}

static void test_never_back(void **state)
{
	struct program program;
	struct lend_frame frame;
	int result;
	pid_t server = start_server(64, 48);
	connect_program(&program, 200);
	add_canvas(&program, kinds[0]);
	draw_frames(&program, 3);
	kill_server(server);
	while ((result = lend_client_dispatch(program.client, 20000)) >= 0)
		;
	assert_int_equal(result, -EPIPE);
	const char *words = lend_client_error(program.client);
	assert_non_null(strstr(words, "closed the connection"));
	assert_non_null(strstr(words, "did not come back within 200 ms"));
	assert_non_null(strstr(words, "nobody listens there"));
	struct pollfd poll_fd = {.fd = program.fd, .events = POLLIN};
	assert_int_equal(poll(&poll_fd, 1, 0), 1);
	server = start_server(64, 48); /* too late */
	pause_ms(50);
	assert_int_equal(lend_client_dispatch(program.client, 0), -EPIPE);
	assert_int_equal(lend_frame_begin(program.canvases[0].surface, &frame), -EPIPE);
	lend_client_destroy(program.client);
	kill_server(server);
}

/* A server that accepts connections and then hangs is given up too. */
static void test_back_but_stopped(void **state)
{
	struct program program;
	int result;
	pid_t server = start_server(64, 48);
	connect_program(&program, 300);
	add_canvas(&program, kinds[0]);
	draw_frames(&program, 3);
	kill_server(server);
	unsigned servers = atomic_load(&shared->servers);
	server = start_server(64, 48);
	while (atomic_load(&shared->servers) == servers)
		pause_ms(1);
	assert_return_code(kill(server, SIGSTOP), errno);
	while ((result = lend_client_dispatch(program.client, 20000)) >= 0)
		;
	assert_int_equal(result, -EPIPE);
	assert_non_null(strstr(lend_client_error(program.client), "does not answer"));
	lend_client_destroy(program.client);
	kill_server(server);
}

int main(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || mkdtemp(directory) == NULL)
		return 1;
	setenv("XDG_RUNTIME_DIR", directory, 1);
	unsetenv("WAYLAND_SOCKET");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_of_surface),
		cmocka_unit_test(test_another_size),
		cmocka_unit_test(test_in_a_frame),
		cmocka_unit_test(test_again_and_again_under_load),
		cmocka_unit_test(test_never_back),
		cmocka_unit_test(test_back_but_stopped),
	};
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	char path[64];
	snprintf(path, sizeof(path), "%s/test", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/test.lock", directory);
	unlink(path);
	rmdir(directory);
	return result;
}
