/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HELPERS_H
#define ALLOC_HELPERS_H

/* cmocka.h needs these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <framelend/alloc.h>

#include "fake-drm.h"

/* The path of a personality's transcript, valid until the next call. */
const char *personality_path(const char *name);

size_t count_fds(void);

/* A driver whose answers are all good; foreign memory is shown by it as well. */
#define GOOD "vkms"
#define CARD "/dev/dri/card0"

/* The options of a small XRGB8888 buffer of odd size. */
struct lend_buffer_options small_options(uint32_t use, const char *allocator);

/* The verdict's line, valid until the next call; "" past the last. */
const char *verdict_line(const struct lend_verdicts *verdicts, size_t index);

const struct lend_verdict *verdict_of(const struct lend_verdicts *verdicts, const char *allocator);

/* Plays the personality and opens its device. */
struct lend_device *open_fake(const char *personality, const char *path);

struct lend_buffer_info describe(const struct lend_buffer *buffer);

/* Fails the test unless all bytes that the buffer's fd reaches are zero. */
void assert_zeroed(const struct lend_buffer *buffer);

#endif
