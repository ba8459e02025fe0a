/* SPDX-License-Identifier: MIT */
/* What the files of libframelend-fbdev.so share. The library stands before libc in a program that
 * uses /dev/fb0: open() gives it a descriptor of the memory that the keeper shows, which the kernel
 * itself then maps, reads, writes, seeks, duplicates and inherits; only what a device does and
 * memory does not is done here. Built without large file names (-U_FILE_OFFSET_BITS), since it
 * defines both kinds. */
#ifndef FBDEV_PRELOAD_H
#define FBDEV_PRELOAD_H

#include "fbdev/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#define EXPORT __attribute__((visibility("default")))

/* The function of that name that the program would have without us. */
void *next_function(const char *name);

enum device {
	DEVICE_NONE,
	DEVICE_FRAMEBUFFER,
	DEVICE_CONSOLE,	 /* a virtual terminal: the keeper's console takes its place */
	DEVICE_TERMINAL, /* /dev/tty: likewise where there is none */
};

/* Which device the path names. DEVICE_NONE if no keeper is to be found. */
enum device device_named(const char *path);

/* The framebuffer's length if the descriptor is one of it, else -1. errno stays. */
int64_t framebuffer_size(int fd);
bool has_identity(uint32_t major, uint32_t minor, uint64_t inode);

/* Asks the keeper. in and out: what follows the request and the answer, straight from and to the
 * program's memory. *fd: in, the descriptor to send or -1; out, the one that came or -1. NULL:
 * none. 0, or -errno. */
int link_ask(const struct link_request *request, const void *in, size_t n_in, void *out,
	     size_t n_out, int *fd);

/* A virtual terminal's ioctl: 0 or -errno; -ENOTTY: it is none that is answered here. */
int console_ioctl(unsigned long code, void *argument);

#endif
