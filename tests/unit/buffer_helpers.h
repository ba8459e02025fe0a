/* SPDX-License-Identifier: MIT */
/* What the tests of libframelend share. */
#ifndef BUFFER_HELPERS_H
#define BUFFER_HELPERS_H

#include <framelend/buffer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The message as it is on the wire, written down a second time: the tests notice if it changes. */
struct wire_plane {
	uint32_t fd, offset, stride;
};

struct wire {
	uint32_t magic;
	uint16_t version, size;
	uint32_t width, height, format, n_planes;
	uint64_t modifier;
	uint32_t memory, caching, n_fds, reserved;
	struct wire_plane planes[4];
};

/* A message about a 16x8 XRGB8888 buffer in one descriptor, with nothing wrong in it. */
struct wire wire_good(void);
#define WIRE_BYTES 512 /* 16 * 8 * 4 */

/* A memfd of zeros, sealed as told (0: not at all, but it can be). */
int memfd_new(uint64_t bytes, int seals);

/* A writable folder on a file system that is not in memory; skips the test if there is none. */
const char *disk_folder(void);

/* A file in it, removed already. */
int disk_file_new(uint64_t bytes);

/* A LINEAR layout of one packed plane without padding in fd. */
struct lend_buffer_info info_new(int fd, uint32_t width, uint32_t height, uint32_t format);

/* The same, imported. */
struct lend_buffer *buffer_new(uint32_t width, uint32_t height, uint32_t format);

/* Sends bytes with descriptors; asserts that all went. */
void raw_send(int socket, const void *bytes, size_t length, const int *fds, size_t n_fds);

/* Descriptors this process has open. */
size_t count_fds(void);

/* Waits, up to ten seconds, until so many are open: refused ones are closed by a thread. */
void assert_fds(size_t expected);

/* The call gives this error, and words that contain the text. */
#define assert_refused(call, error, text)                                                          \
	do {                                                                                       \
		assert_int_equal(call, -(error));                                                  \
		assert_contains(lend_buffer_error(), text);                                        \
	} while (0)

void assert_contains(const char *text, const char *part);

#endif
