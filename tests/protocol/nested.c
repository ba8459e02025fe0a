/* SPDX-License-Identifier: MIT */
#include "nested.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct serving {
	struct lend_server *server;
	atomic_bool stop;
};

static void *serve(void *data)
{
	struct serving *serving = data;

	while (!atomic_load(&serving->stop))
		lend_server_dispatch(serving->server, 5);
	return NULL;
}

int nest_try(struct nest *nest, const char *display,
	     const struct lend_window_output_options *options, struct lend_output **output)
{
	struct lend_window_output_options own = {.size = sizeof(own)};
	struct serving serving = {.server = nest->outer->server};
	pthread_t thread;

	if (options)
		own = *options;
	own.display = display;
	assert_int_equal(pthread_create(&thread, NULL, serve, &serving), 0);
	int ret = lend_output_create_wayland(nest->inner->server, &own, output);
	atomic_store(&serving.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return ret;
}

void nest_path(const struct nest *nest, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", nest->outer->directory,
		 lend_server_socket(nest->outer->server));
}

int nest_open(struct nest *nest, const struct lend_window_output_options *options,
	      struct lend_output **output)
{
	char path[128];

	nest_path(nest, path, sizeof(path));
	return nest_try(nest, path, options, output);
}

void nest_create(const struct test_options *outer, const struct lend_window_output_options *window,
		 struct nest *nest)
{
	*nest = (struct nest){0};
	nest->outer = test_create(outer);
	nest->inner = test_create(&(struct test_options){.outputs = -1});
	nest->inner->host = nest->outer;
	int ret = nest_open(nest, window, &nest->window);
	if (ret < 0)
		fail_msg("lend_output_create_wayland: %d: %s", ret, lend_server_error());
	nest_settle(nest);
	nest->inner_copied = output_copied(nest->window);
	if (nest->outer->outputs[0])
		nest->outer_copied = output_copied(nest->outer->outputs[0]);
}

uint64_t nest_copied_inside(const struct nest *nest)
{
	return output_copied(nest->window) - nest->inner_copied;
}

uint64_t nest_copied_outside(const struct nest *nest)
{
	return output_copied(nest->outer->outputs[0]) - nest->outer_copied;
}

void nest_destroy(struct nest *nest)
{
	test_destroy(nest->inner);
	if (nest->outer)
		test_destroy(nest->outer);
}

struct client *nest_neighbour(struct nest *nest)
{
	setenv("XDG_RUNTIME_DIR", nest->outer->directory, 1);
	struct client *client = client_create(nest->outer);
	setenv("XDG_RUNTIME_DIR", nest->inner->directory, 1);
	return client;
}

void nest_settle(struct nest *nest)
{
	/* What is due in a moment is waited for: half a refresh, and one. */
	for (int quiet = 0; quiet < 2;)
		quiet = pump_once(nest->inner, 30) ? 0 : quiet + 1;
	if (!nest->inner->outputs[0])
		nest->window = NULL;
}

void nest_assert_same(struct nest *nest)
{
	struct picture inner, outer;

	nest_settle(nest);
	picture_take(nest->window, &inner);
	picture_take(nest->outer->outputs[0], &outer);
	assert_int_equal(inner.width, outer.width);
	assert_int_equal(inner.height, outer.height);
	for (int y = 0; y < (int)inner.height; y++)
		for (int x = 0; x < (int)inner.width; x++)
			if (picture_at(&inner, x, y) != picture_at(&outer, x, y))
				fail_msg("pixel %d,%d is 0x%06x in the window, 0x%06x outside", x,
					 y, picture_at(&inner, x, y), picture_at(&outer, x, y));
	picture_finish(&inner);
	picture_finish(&outer);
}
