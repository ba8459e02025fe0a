/* SPDX-License-Identifier: MIT */
/* The seam between the library and its displays, the choice among them, and what the library does
 * when one goes away: on a display in memory. */
#include "memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct memory_display *memory;
static memory_poke_function *poke;

static int load_memory(void **state)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/framelend-client-x11.so", getenv("LEND_MODULES"));
	void *module = dlopen(path, RTLD_NOW);
	if (module == NULL)
		return -1;
	memory = dlsym(module, MEMORY_DISPLAY);
	*(void **)&poke = dlsym(module, MEMORY_POKE);
	return memory != NULL && poke != NULL ? 0 : -1;
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int reset(void **state)
{
	*memory = (struct memory_display){.width = 0};
	unsetenv("LEND_DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("WAYLAND_SOCKET");
	unsetenv("XDG_RUNTIME_DIR");
	return 0;
}

static struct lend_client *connect_to(const char *display)
{
	struct lend_client_options options = {.size = sizeof(options), .display = display};
	struct lend_client *client;
	assert_int_equal(lend_client_connect(&options, &client), 0);
	return client;
}

/* ---- the choice ----------------------------------------------------------------------------- */

static const struct lend_verdict *assert_verdict(const struct lend_client *client, size_t index,
						 const char *kind, enum lend_state state)
{
	const struct lend_verdict *verdict = lend_client_verdict(client, index);
	assert_non_null(verdict);
	assert_string_equal(verdict->allocator, kind);
	assert_int_equal(verdict->state, state);
	return verdict;
}

/* Tried in order; what came before the one that works is kept. */
static void test_first_that_works(void **state)
{
	struct lend_client *client = connect_to(NULL);
	assert_string_equal(lend_client_display(client), "x11:store");
	const struct lend_verdict *wayland =
		assert_verdict(client, 0, "wayland", LEND_STATE_FAILED);
	assert_int_equal(wayland->error, ENOENT);
	assert_non_null(strstr(wayland->reason, "XDG_RUNTIME_DIR"));
	assert_verdict(client, 1, "x11", LEND_STATE_OK);
	assert_null(lend_client_verdict(client, 2));
	assert_string_equal(memory->target, "");
	lend_client_destroy(client);
	assert_int_equal(memory->destroyed, 1);
}

static void test_none_works(void **state)
{
	struct lend_client *client;
	memory->connect_error = -EACCES;
	assert_int_equal(lend_client_connect(NULL, &client), -ENOENT);
	const char *words = lend_client_error(client);
	assert_non_null(strstr(words, "wayland: XDG_RUNTIME_DIR is not set"));
	assert_non_null(strstr(words, "x11: no memory is there"));
	assert_non_null(strstr(words, "framelend-client-kms.so is not installed"));
	assert_string_equal(lend_client_display(client), "");
	assert_verdict(client, 0, "wayland", LEND_STATE_FAILED);
	assert_int_equal(assert_verdict(client, 1, "x11", LEND_STATE_FAILED)->error, EACCES);
	assert_int_equal(assert_verdict(client, 2, "kms", LEND_STATE_FAILED)->error, ELIBACC);
	assert_null(lend_client_verdict(client, 3));
	assert_int_equal(lend_client_fd(client), -ENOENT);
	assert_int_equal(lend_client_dispatch(client, -1), -ENOENT);
	lend_client_destroy(client);
}

static void assert_connect_fails(const char *display, int error, const char *words)
{
	struct lend_client_options options = {.size = sizeof(options), .display = display};
	struct lend_client *client;
	int result = lend_client_connect(&options, &client);
	if (result != error || strstr(lend_client_error(client), words) == NULL)
		fail_msg("%s: %d, %s", display, result, lend_client_error(client));
	lend_client_destroy(client);
}

static void test_named_ones_that_there_are_not(void **state)
{
	static char long_name[400];
	memset(long_name, 'x', sizeof(long_name) - 1);
	assert_connect_fails("mir", -ENOENT, "XDG_RUNTIME_DIR");
	assert_connect_fails("mir:", -EINVAL, "'mir:'");
	assert_connect_fails("x12:0", -EINVAL, "x11[:DISPLAY]");
	assert_connect_fails(":0", -EINVAL, "x11[:DISPLAY]");
	assert_connect_fails("X11:0", -EINVAL, "kms[:CARD]");
	assert_connect_fails("wayland:/no/where", -ENOENT, "/no/where");
	assert_connect_fails("/no/where:0", -ENOENT, "/no/where:0");
	assert_connect_fails("kms", -ELIBACC, "is not installed");
	assert_connect_fails("kms:card0:HDMI-A-1", -ELIBACC, "is not installed");
	assert_connect_fails(long_name, -ENAMETOOLONG, "too long");
	assert_int_equal(memory->connects, 0);
}

static void test_named_one(void **state)
{
	static const struct {
		const char *display, *target;
	} rows[] = {{"x11", ""}, {"x11:", ""}, {"x11::0", ":0"}, {"x11:far:1.0", "far:1.0"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lend_client *client = connect_to(rows[i].display);
		assert_string_equal(memory->target, rows[i].target);
		assert_verdict(client, 0, "x11", LEND_STATE_OK);
		assert_null(lend_client_verdict(client, 1));
		lend_client_destroy(client);
	}
	setenv("LEND_DISPLAY", "x11:env", 1);
	lend_client_destroy(connect_to(NULL));
	assert_string_equal(memory->target, "env");
	lend_client_destroy(connect_to("x11:option"));
	assert_string_equal(memory->target, "option");
	setenv("LEND_DISPLAY", "", 1);
	lend_client_destroy(connect_to(NULL));
	assert_string_equal(memory->target, "");
}

static void test_broken_modules(void **state)
{
	const char *modules = getenv("LEND_MODULES");
	char directory[] = "/tmp/framelend-test-XXXXXX", *kept = strdup(modules);
	char odd[4096], x11[64], kms[64];
	assert_non_null(kept);
	assert_non_null(mkdtemp(directory));
	snprintf(odd, sizeof(odd), "%s/framelend-client-odd.so", modules);
	snprintf(x11, sizeof(x11), "%s/framelend-client-x11.so", directory);
	snprintf(kms, sizeof(kms), "%s/framelend-client-kms.so", directory);
	assert_return_code(symlink("/dev/null", x11), errno);
	assert_return_code(symlink(odd, kms), errno);
	setenv("LEND_MODULES", directory, 1);
	assert_connect_fails("x11", -ELIBACC, "cannot load it");
	assert_connect_fails("kms", -ELIBACC, "another version");
	setenv("LEND_MODULES", kept, 1);
	free(kept);
	unlink(x11);
	unlink(kms);
	rmdir(directory);
}

/* ---- frames --------------------------------------------------------------------------------- */

struct program {
	struct lend_client *client;
	struct lend_surface *surface;
	unsigned resizes, presented, disconnected, reconnected, inputs;
	int veto;
	char reason[256];
};

static void count_resize(void *data, struct lend_surface *surface, uint32_t width, uint32_t height)
{
	((struct program *)data)->resizes++;
}

static void count_presented(void *data, struct lend_surface *surface, uint64_t number,
			    uint64_t time, uint32_t refresh)
{
	((struct program *)data)->presented++;
}

static int count_disconnected(void *data, struct lend_client *client, const char *reason)
{
	struct program *program = data;
	assert_ptr_equal(client, program->client);
	snprintf(program->reason, sizeof(program->reason), "%s", reason);
	program->disconnected++;
	return program->veto;
}

static void count_reconnected(void *data, struct lend_client *client)
{
	((struct program *)data)->reconnected++;
}

static struct lend_surface *add_surface(struct program *program,
					struct lend_surface_options options)
{
	static const struct lend_surface_events events = {
		.size = sizeof(events), .resize = count_resize, .presented = count_presented};
	struct lend_surface *surface = NULL;
	options.size = sizeof(options);
	options.events = &events;
	options.data = program;
	if (options.width == 0)
		options.width = options.height = 16;
	assert_int_equal(lend_surface_create(program->client, &options, &surface), 0);
	return surface;
}

static void start(struct program *program, int32_t reconnect_ms,
		  struct lend_surface_options options)
{
	static const struct lend_client_events events = {.size = sizeof(events),
							 .disconnected = count_disconnected,
							 .reconnected = count_reconnected};
	const struct lend_client_options client_options = {
		.size = sizeof(client_options),
		.display = "x11",
		.events = &events,
		.data = program,
		.reconnect_ms = reconnect_ms,
	};
	*program = (struct program){.client = NULL};
	assert_int_equal(lend_client_connect(&client_options, &program->client), 0);
	program->surface = add_surface(program, options);
	poke();
	assert_int_equal(lend_client_dispatch(program->client, -1), 1);
	assert_int_equal(program->resizes, 1); /* the first size is told too */
	program->resizes = 0;
}

/* Draws a frame as programs do: waiting for it. Its age. */
static uint32_t draw(struct program *program, struct lend_surface *surface)
{
	struct lend_frame frame;
	int result;
	while ((result = lend_frame_begin(surface, &frame)) == -EAGAIN) {
		result = lend_client_dispatch(program->client, 20000);
		assert_true(result > 0);
	}
	assert_int_equal(result, 0);
	memset(frame.pixels, (int)frame.number, (size_t)frame.stride * frame.height);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	return frame.age;
}

static void hang_up(void)
{
	memory->lost = true;
	poke();
}

static void test_frames(void **state)
{
	struct program program;
	struct lend_path_info path = {.size = sizeof(path)};
	start(&program, 0, (struct lend_surface_options){.title = "one"});
	assert_string_equal(memory->title, "one");
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(draw(&program, program.surface), i < 2 ? 0 : 2);
	assert_int_equal(lend_client_dispatch(program.client, -1), 1);
	assert_int_equal(program.presented, 10);
	assert_int_equal(memory->commits, 10);
	assert_int_equal(memory->number, 10);
	assert_int_equal(memory->damage.n, 1);
	assert_int_equal(lend_surface_path(program.surface, &path), 0);
	assert_int_equal(path.path, LEND_PATH_COPY);
	assert_string_equal(path.output, "nowhere");
	assert_int_equal(path.count, 3);
	assert_int_equal(lend_surface_set_title(program.surface, "two"), 0);
	assert_string_equal(memory->title, "two");
	lend_client_destroy(program.client);
	assert_int_equal(memory->forgotten, 3);
}

static void test_resize_and_refusal(void **state)
{
	struct program program;
	struct lend_frame frame;
	start(&program, 0, (struct lend_surface_options){0});
	draw(&program, program.surface);
	assert_int_equal(program.resizes, 0);
	memory->width = 32;
	poke();
	assert_int_equal(lend_client_dispatch(program.client, -1), 1);
	assert_int_equal(program.resizes, 1);
	assert_int_equal(draw(&program, program.surface), 0);
	assert_int_equal(memory->shown_width, 32);
	memory->buffer_error = -ENOSPC;
	memory->width = 64;
	poke();
	assert_int_equal(lend_client_dispatch(program.client, -1), 1);
	assert_int_equal(lend_frame_begin(program.surface, &frame), -ENOSPC);
	assert_string_equal(lend_client_error(program.client), "the memory is full");
	draw(&program, program.surface);
	assert_int_equal(memory->shown_width, 32);
	lend_client_destroy(program.client);
}

/* Nothing is ready, nothing is let go; and then all at once. */
static void test_display_that_takes_its_time(void **state)
{
	struct program program;
	struct lend_frame frame;
	start(&program, 0, (struct lend_surface_options){.unpaced = 1, .count = 2});
	memory->hold_frames = memory->hold_releases = true;
	draw(&program, program.surface);
	draw(&program, program.surface);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lend_frame_begin(program.surface, &frame), -EAGAIN);
		assert_true(lend_client_dispatch(program.client, 0) >= 0);
	}
	assert_int_equal(lend_client_dispatch(program.client, 1), 0);
	assert_int_equal(program.presented, 0);
	memory->hold_frames = memory->hold_releases = false;
	poke();
	assert_int_equal(lend_client_dispatch(program.client, -1), 1);
	assert_int_equal(program.presented, 1);
	assert_int_equal(draw(&program, program.surface), 2);
	lend_client_destroy(program.client);
}

/* ---- a display that goes away --------------------------------------------------------------- */

static void test_goes_away_and_comes_back(void **state)
{
	static const struct lend_surface_options rows[] = {
		{.title = "plain"},
		{.title = "preserve", .preserve = 1},
		{.title = "front", .mode = LEND_MODE_FRONT},
		{.title = "unpaced", .unpaced = 1, .count = 4},
		{.title = "full", .fullscreen = 1, .output = "left"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program program;
		reset(NULL);
		start(&program, 0, rows[i]);
		int fd = lend_client_fd(program.client);
		for (int frame = 0; frame < 5; frame++)
			draw(&program, program.surface);
		hang_up();
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		assert_int_equal(poll(&poll_fd, 1, 20000), 1);
		memory->title[0] = memory->output[0] = '\0';
		assert_int_equal(draw(&program, program.surface), 0);
		assert_int_equal(lend_client_fd(program.client), fd);
		assert_int_equal(program.disconnected, 1);
		assert_string_equal(program.reason, "the memory is lost");
		assert_int_equal(program.reconnected, 1);
		assert_int_equal(program.resizes, 0);
		assert_int_equal(memory->windows, 2);
		assert_int_equal(memory->destroyed, 1);
		/* the same display, and the same window on it */
		assert_string_equal(memory->target, "store");
		assert_string_equal(memory->title, rows[i].title);
		assert_string_equal(memory->output, rows[i].output != NULL ? "left" : "");
		/* the frame that was committed as it went counts */
		assert_int_equal(memory->number, 6);
		draw(&program, program.surface);
		assert_int_equal(memory->number, 7);
		lend_client_destroy(program.client);
	}
}

static void test_goes_away_in_a_frame(void **state)
{
	static const struct lend_surface_options rows[] = {
		{0}, {.preserve = 1}, {.mode = LEND_MODE_FRONT}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 3; i++) {
		struct program program;
		struct lend_frame frame;
		reset(NULL);
		start(&program, 0, rows[i / 3]);
		draw(&program, program.surface);
		assert_int_equal(lend_client_dispatch(program.client, -1), 1);
		assert_int_equal(lend_frame_begin(program.surface, &frame), 0);
		hang_up();
		if (i % 3 > 0) {
			/* found out before the frame ends */
			assert_int_equal(lend_client_dispatch(program.client, -1), 1);
			assert_int_equal(program.disconnected, 1);
		}
		if (i % 3 > 1) /* and it is back */
			while (program.reconnected == 0)
				assert_true(lend_client_dispatch(program.client, 20000) > 0);
		/* the pixels are still there */
		memset(frame.pixels, 7, (size_t)frame.stride * frame.height);
		assert_int_equal(i % 2 == 0 ? lend_frame_end(program.surface, NULL, 0)
					    : lend_frame_cancel(program.surface),
				 0);
		if (i % 3 > 0) /* lost: nobody has seen it */
			assert_int_equal(memory->commits, 1);
		assert_int_equal(draw(&program, program.surface), 0);
		assert_int_equal(program.reconnected, 1);
		/* destroyed in a frame whose display is gone */
		assert_int_equal(lend_client_dispatch(program.client, -1), 1);
		assert_int_equal(lend_frame_begin(program.surface, &frame), 0);
		hang_up();
		assert_int_equal(lend_client_dispatch(program.client, -1), 1);
		lend_client_destroy(program.client);
	}
}

static void test_comes_back_in_another_size(void **state)
{
	struct program program;
	start(&program, 0, (struct lend_surface_options){.preserve = 1});
	draw(&program, program.surface);
	hang_up();
	memory->width = 40;
	assert_int_equal(draw(&program, program.surface), 0);
	assert_int_equal(program.resizes, 1);
	assert_int_equal(memory->shown_width, 40);
	lend_client_destroy(program.client);
}

static void test_comes_back_after_some_attempts(void **state)
{
	struct program program;
	start(&program, 0, (struct lend_surface_options){0});
	draw(&program, program.surface);
	hang_up();
	memory->refusals = 4;
	uint64_t before = now_ns();
	assert_int_equal(draw(&program, program.surface), 0);
	assert_int_equal(memory->connects, 1 + 4 + 1);
	/* 10, 20, 40, 80 and 160 ms */
	assert_true(now_ns() - before >= 310000000);
	lend_client_destroy(program.client);
}

static void assert_lost(struct program *program, int error)
{
	struct lend_surface_options options = {.size = sizeof(options)};
	struct lend_surface *other;
	struct lend_frame frame;
	struct pollfd poll_fd = {.fd = lend_client_fd(program->client), .events = POLLIN};
	assert_int_equal(poll(&poll_fd, 1, 0), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lend_client_dispatch(program->client, -1), error);
		assert_int_equal(lend_frame_begin(program->surface, &frame), error);
		assert_int_equal(lend_frame_end(program->surface, NULL, 0), error);
		assert_int_equal(lend_surface_set_title(program->surface, "x"), error);
		assert_int_equal(lend_surface_create(program->client, &options, &other), error);
	}
}

static int dispatch_until_it_fails(struct program *program)
{
	int result;
	while ((result = lend_client_dispatch(program->client, 20000)) > 0)
		;
	return result;
}

static void test_never_comes_back(void **state)
{
	struct program program;
	start(&program, 150, (struct lend_surface_options){0});
	draw(&program, program.surface);
	hang_up();
	memory->connect_error = -ENOENT;
	/* What is tried meanwhile does not change what is said at the end. */
	assert_true(lend_client_dispatch(program.client, 0) >= 0);
	assert_int_equal(lend_frame_begin(program.surface, &(struct lend_frame){0}), -EAGAIN);
	assert_int_equal(dispatch_until_it_fails(&program), -EPIPE);
	const char *words = lend_client_error(program.client);
	assert_non_null(strstr(words, "the memory is lost"));
	assert_non_null(strstr(words, "150 ms"));
	assert_non_null(strstr(words, "no memory is there"));
	assert_lost(&program, -EPIPE);
	assert_int_equal(program.disconnected, 1);
	assert_int_equal(program.reconnected, 0);
	lend_client_destroy(program.client);
}

static void test_comes_back_but_does_not_answer(void **state)
{
	struct program program;
	start(&program, 100, (struct lend_surface_options){0});
	draw(&program, program.surface);
	hang_up();
	memory->silent = true;
	assert_int_equal(dispatch_until_it_fails(&program), -EPIPE);
	assert_non_null(strstr(lend_client_error(program.client), "does not answer"));
	assert_lost(&program, -EPIPE);
	lend_client_destroy(program.client);
	assert_int_equal(memory->destroyed, 2);
}

static void test_comes_back_without_what_is_needed(void **state)
{
	struct program program;
	start(&program, 0, (struct lend_surface_options){0});
	draw(&program, program.surface);
	hang_up();
	memory->window_error = -ENOTSUP;
	assert_int_equal(dispatch_until_it_fails(&program), -ENOTSUP);
	assert_string_equal(lend_client_error(program.client), "no window");
	assert_lost(&program, -ENOTSUP);
	lend_client_destroy(program.client);

	/* only its output is another one */
	reset(NULL);
	start(&program, 0, (struct lend_surface_options){.fullscreen = 1, .output = "left"});
	hang_up();
	memory->missing_output = true;
	draw(&program, program.surface);
	assert_string_equal(memory->output, "");
	assert_int_equal(memory->windows, 2);
	lend_client_destroy(program.client);
}

static void test_program_gives_up(void **state)
{
	struct program program;
	start(&program, 0, (struct lend_surface_options){0});
	draw(&program, program.surface);
	program.veto = 1;
	hang_up();
	assert_int_equal(dispatch_until_it_fails(&program), -EPIPE);
	assert_string_equal(lend_client_error(program.client), "the memory is lost");
	assert_lost(&program, -EPIPE);
	assert_int_equal(program.disconnected, 1);
	assert_int_equal(memory->connects, 1);
	lend_client_destroy(program.client);
}

static void test_reconnecting_disabled(void **state)
{
	struct program program;
	start(&program, -1, (struct lend_surface_options){0});
	draw(&program, program.surface);
	hang_up();
	assert_int_equal(dispatch_until_it_fails(&program), -EPIPE);
	assert_lost(&program, -EPIPE);
	assert_int_equal(program.disconnected, 0);
	lend_client_destroy(program.client);
}

static void test_goes_away_again_and_again(void **state)
{
	struct program program;
	start(&program, 0, (struct lend_surface_options){.preserve = 1});
	struct lend_surface *front =
		add_surface(&program, (struct lend_surface_options){.mode = LEND_MODE_FRONT});
	for (unsigned round = 0; round < 6; round++) {
		for (unsigned frame = 0; frame < round; frame++) {
			draw(&program, program.surface);
			draw(&program, front);
		}
		hang_up();
		assert_int_equal(draw(&program, front), 0);
		assert_int_equal(draw(&program, program.surface), 0);
		assert_int_equal(program.disconnected, round + 1);
		assert_int_equal(program.reconnected, round + 1);
	}
	assert_int_equal(memory->windows, 2 * 7);
	lend_client_destroy(program.client);
	assert_int_equal(memory->destroyed, 7);
}

static void test_what_can_be_done_while_it_is_away(void **state)
{
	struct program program;
	struct lend_frame frame;
	struct lend_surface_options options = {.size = sizeof(options)};
	struct lend_surface *other = NULL;
	start(&program, 0, (struct lend_surface_options){.title = "before"});
	struct lend_surface *doomed = add_surface(&program, (struct lend_surface_options){0});
	draw(&program, program.surface);
	draw(&program, doomed);
	memory->refusals = 1;
	hang_up();
	while (program.disconnected == 0)
		assert_true(lend_client_dispatch(program.client, 20000) > 0);
	assert_int_equal(lend_surface_create(program.client, &options, &other), -EAGAIN);
	assert_non_null(strstr(lend_client_error(program.client), "is looked for"));
	assert_null(other);
	assert_int_equal(lend_frame_begin(program.surface, &frame), -EAGAIN);
	assert_int_equal(lend_surface_set_title(program.surface, "after"), 0);
	struct lend_path_info path = {.size = sizeof(path)};
	assert_int_equal(lend_surface_path(program.surface, &path), 0);
	assert_int_equal(path.path, LEND_PATH_NONE);
	assert_int_equal(path.count, 0);
	lend_surface_destroy(doomed);
	assert_string_equal(lend_client_display(program.client), "x11:store");
	draw(&program, program.surface);
	assert_string_equal(memory->title, "after");
	assert_int_equal(memory->windows, 3);
	assert_int_equal(lend_surface_create(program.client, &options, &other), 0);
	lend_client_destroy(program.client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_first_that_works, reset),
		cmocka_unit_test_setup(test_none_works, reset),
		cmocka_unit_test_setup(test_named_ones_that_there_are_not, reset),
		cmocka_unit_test_setup(test_named_one, reset),
		cmocka_unit_test_setup(test_broken_modules, reset),
		cmocka_unit_test_setup(test_frames, reset),
		cmocka_unit_test_setup(test_resize_and_refusal, reset),
		cmocka_unit_test_setup(test_display_that_takes_its_time, reset),
		cmocka_unit_test_setup(test_goes_away_and_comes_back, reset),
		cmocka_unit_test_setup(test_goes_away_in_a_frame, reset),
		cmocka_unit_test_setup(test_comes_back_in_another_size, reset),
		cmocka_unit_test_setup(test_comes_back_after_some_attempts, reset),
		cmocka_unit_test_setup(test_never_comes_back, reset),
		cmocka_unit_test_setup(test_comes_back_but_does_not_answer, reset),
		cmocka_unit_test_setup(test_comes_back_without_what_is_needed, reset),
		cmocka_unit_test_setup(test_program_gives_up, reset),
		cmocka_unit_test_setup(test_reconnecting_disabled, reset),
		cmocka_unit_test_setup(test_goes_away_again_and_again, reset),
		cmocka_unit_test_setup(test_what_can_be_done_while_it_is_away, reset),
	};
	return cmocka_run_group_tests(tests, load_memory, NULL);
}
