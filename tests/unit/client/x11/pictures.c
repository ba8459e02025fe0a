/* SPDX-License-Identifier: MIT */
/* What programs draw is on an X server's screen, pixel for pixel, in whatever way it got there. */
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- all ways ------------------------------------------------------------------------------- */

static uint32_t to_565(uint32_t pixel)
{
	return (pixel >> 8 & 0xf800) | (pixel >> 5 & 0x7e0) | (pixel >> 3 & 0x1f);
}

static uint32_t from_bgr_to_565(uint32_t pixel)
{
	return (pixel << 8 & 0xf800) | (pixel >> 5 & 0x7e0) | (pixel >> 19 & 0x1f);
}

static uint32_t from_bgr(uint32_t pixel)
{
	return (pixel & 0xff) << 16 | (pixel & 0xff00) | (pixel >> 16 & 0xff);
}

static uint32_t widen(uint32_t value)
{
	return value << 2 | value >> 6;
}

static uint32_t to_2101010(uint32_t pixel)
{
	return widen(pixel >> 16 & 0xff) << 20 | widen(pixel >> 8 & 0xff) << 10 |
	       widen(pixel & 0xff);
}

#define SHARED	  "MIT-SHM."
#define SENT	  "over the connection, and is copied"
#define CONVERTED "converted"

static const struct way {
	const char *screen, *without[3];
	uint32_t format;
	const char *reason;
	uint32_t (*fit)(uint32_t);
} ways[] = {
	{"500x400x24", {0}, LEND_FORMAT_XRGB8888, SHARED, NULL},
	{"500x400x24", {0}, LEND_FORMAT_ARGB8888, SHARED, NULL},
	{"500x400x24", {0}, LEND_FORMAT_XBGR8888, CONVERTED, from_bgr},
	{"500x400x24", {"MIT-SHM"}, LEND_FORMAT_XRGB8888, SENT, NULL},
	{"500x400x24", {"MIT-SHM", "BIG-REQUESTS"}, LEND_FORMAT_XRGB8888, SENT, NULL},
	{"500x400x24", {"Present"}, LEND_FORMAT_XRGB8888, SHARED, NULL},
	{"500x400x24", {"Present", "MIT-SHM", "RANDR"}, LEND_FORMAT_XRGB8888, SENT, NULL},
	{"500x400x16", {0}, LEND_FORMAT_RGB565, SHARED, NULL},
	{"500x400x16", {"MIT-SHM"}, LEND_FORMAT_RGB565, SENT, NULL},
	{"500x400x16", {0}, LEND_FORMAT_XRGB8888, CONVERTED, to_565},
	{"500x400x16", {0}, LEND_FORMAT_ABGR8888, CONVERTED, from_bgr_to_565},
	{"500x400x30", {0}, LEND_FORMAT_XRGB2101010, SHARED, NULL},
	{"500x400x30", {0}, LEND_FORMAT_XRGB8888, CONVERTED, to_2101010},
};

static void start_way(struct server *server, const struct way *way)
{
	const char *arguments[10] = {"-screen", "0", way->screen};
	size_t n = 3;
	for (size_t i = 0; i < 3 && way->without[i] != NULL; i++) {
		arguments[n++] = "-extension";
		arguments[n++] = way->without[i];
	}
	server_start(server, NULL, arguments);
}

static void draw_in_all_modes(const struct server *server, const struct way *way)
{
	const struct lend_surface_options modes[] = {
		{.preserve = 1},
		{.preserve = 1, .count = 2, .unpaced = 1},
		{.mode = LEND_MODE_FRONT},
		{.mode = LEND_MODE_FRONT, .unpaced = 1},
		{.preserve = 1, .fullscreen = 1},
	};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct program program;
		struct lend_surface_options options = modes[i];
		options.width = 301; /* rows that need padding */
		options.height = 200;
		options.format = way->format;
		program_start(&program, options);
		program_draw_frames(&program, 1);
		assert_int_equal(program.width, options.fullscreen ? 500 : 301);
		assert_int_equal(program.height, options.fullscreen ? 400 : 200);
		program_compare(&program, server, way->fit);
		program_draw_frames(&program, 12);
		program_compare(&program, server, way->fit);
		if (strcmp(way->without[2] != NULL ? way->without[2] : "", "RANDR") != 0)
			program_assert_path(&program, LEND_PATH_COPY, way->reason);
		program_end(&program);
	}
}

static void test_all_ways(void **state)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct server server;
		start_way(&server, &ways[i]);
		draw_in_all_modes(&server, &ways[i]);
		server_stop(&server);
	}
}

/* ---- one server ----------------------------------------------------------------------------- */

static int start(void **state)
{
	static struct server server;
	server_start(&server, NULL, (const char *const[]){"-screen", "0", "500x400x24", NULL});
	*state = &server;
	return 0;
}

static int stop(void **state)
{
	server_stop(*state);
	return 0;
}

/* The chain's age and the damage of frames that other buffers lack, without preserve. */
static void test_age(void **state)
{
	struct program program;
	program_start(&program, (struct lend_surface_options){.width = 64, .height = 64});
	for (unsigned i = 0; i < 10; i++) {
		uint32_t age = program_draw(&program);
		assert_true(i == 0 ? age == 0 : age <= 3);
		while (program.presented < i + 1)
			program_dispatch(&program);
	}
	/* the server is done with a buffer before the next frame: it is the same one again */
	assert_int_equal(program_draw(&program), 1);
	const struct lend_verdict *verdict = lend_surface_verdict(program.surface, 0);
	assert_string_equal(verdict->allocator, "memfd");
	assert_int_equal(verdict->state, LEND_STATE_OK);
	program_end(&program);
}

static void test_formats_that_it_cannot_show(void **state)
{
	struct lend_client *client;
	struct lend_surface *surface;
	struct lend_client_options client_options = {.size = sizeof(client_options),
						     .display = "x11"};
	assert_int_equal(lend_client_connect(&client_options, &client), 0);
	static const uint32_t formats[] = {LEND_FORMAT_RGB565, LEND_FORMAT_XRGB2101010,
					   LEND_FORMAT_ABGR2101010};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct lend_surface_options options = {.size = sizeof(options),
						       .format = formats[i]};
		assert_int_equal(lend_surface_create(client, &options, &surface), -ENOTSUP);
		const char *words = lend_client_error(client);
		assert_non_null(strstr(words, lend_format_get(formats[i])->name));
		assert_non_null(strstr(words, "use XRGB8888"));
	}
	struct lend_surface_options options = {.size = sizeof(options), .gpu = 1};
	assert_int_equal(lend_surface_create(client, &options, &surface), -ENOTSUP);
	assert_non_null(strstr(lend_client_error(client), "lends no memory for a GPU"));
	options = (struct lend_surface_options){
		.size = sizeof(options), .fullscreen = 1, .output = "left"};
	assert_int_equal(lend_surface_create(client, &options, &surface), -EINVAL);
	assert_non_null(strstr(lend_client_error(client), "no output 'left'; there is: screen"));
	options.output = "screen";
	assert_int_equal(lend_surface_create(client, &options, &surface), 0);
	lend_client_destroy(client);
}

/* ---- a server that refuses ------------------------------------------------------------------ */

static void limit_memory(pid_t pid, unsigned long more)
{
	char path[64];
	unsigned long pages = 0;
	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &pages), 1);
	fclose(file);
	struct rlimit limit = {.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + more,
			       .rlim_max = RLIM_INFINITY};
	assert_int_equal(prlimit(pid, RLIMIT_AS, &limit, NULL), 0);
}

/* It cannot map the second surface's buffers, which take more than it may have. */
static void test_shared_memory_refused(void **state)
{
	struct server server;
	struct program first, second;
	server_start(&server, NULL, (const char *const[]){"-screen", "0", "2000x1500x24", NULL});
	program_start(&first,
		      (struct lend_surface_options){.width = 100, .height = 100, .preserve = 1});
	program_draw_frames(&first, 3);
	program_assert_path(&first, LEND_PATH_COPY, SHARED);
	limit_memory(server.pid, 30UL << 20);
	program_start(&second,
		      (struct lend_surface_options){.preserve = 1, .width = 2000, .height = 1500});
	program_draw_frames(&second, 5);
	program_assert_path(&second, LEND_PATH_COPY, SENT);
	program_compare(&second, &server, NULL);
	program_end(&second);
	program_wait_for_picture(&first, &server);
	program_draw_frames(&first, 5);
	program_compare(&first, &server, NULL);
	program_assert_path(&first, LEND_PATH_COPY, SHARED); /* another connection */
	program_end(&first);
	server_stop(&server);
}

int main(void)
{
	unsetenv("LEND_DISPLAY");
	srandom(1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_formats_that_it_cannot_show),
		/* on servers of their own */
		cmocka_unit_test(test_all_ways),
		cmocka_unit_test(test_shared_memory_refused),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
