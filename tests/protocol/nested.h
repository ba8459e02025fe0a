/* SPDX-License-Identifier: MIT */
/* A server in a window of another server, both in this process: what its clients draw is to be seen
 * on the other one's output. */
#ifndef TESTS_PROTOCOL_NESTED_H
#define TESTS_PROTOCOL_NESTED_H

#include "harness.h"

struct nest {
	struct test *outer, *inner;
	struct lend_output *window;	     /* of inner; NULL once it is removed */
	uint64_t inner_copied, outer_copied; /* before there were clients */
};

/* outer: NULL: one output of 320x240, which the window fills. window: NULL: as it comes; its
 * display is put in. */
void nest_create(const struct test_options *outer, const struct lend_window_output_options *window,
		 struct nest *nest);
void nest_destroy(struct nest *nest);
/* Another window; the error if there is none. */
int nest_open(struct nest *nest, const struct lend_window_output_options *options,
	      struct lend_output **output);
/* Runs the outer server meanwhile, since the inner one waits for it. display: a path or name; NULL:
 * none is given. */
int nest_try(struct nest *nest, const char *display,
	     const struct lend_window_output_options *options, struct lend_output **output);
/* The path of the outer server's socket. */
void nest_path(const struct nest *nest, char *path, size_t size);
/* A client of the outer server itself. */
struct client *nest_neighbour(struct nest *nest);
/* Until both have nothing to do, and all is shown. */
void nest_settle(struct nest *nest);
/* Bytes that the clients' frames have cost, inside and outside. */
uint64_t nest_copied_inside(const struct nest *nest);
uint64_t nest_copied_outside(const struct nest *nest);
/* Both outputs show the same, in the same size. */
void nest_assert_same(struct nest *nest);

#endif
