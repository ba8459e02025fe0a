/* SPDX-License-Identifier: MIT */
/* The library that programs get, and whether it can be loaded into one. */
#ifndef FBDEV_PROGRAM_H
#define FBDEV_PROGRAM_H

#include <stddef.h>

/* Finds the program as execvp() would and reads what it is. 0, or -errno with the reason in words:
 * -ENOENT, -EACCES: as execvp(). -ENOTSUP: it cannot be preloaded. */
int program_check(const char *name, char *reason, size_t length);

/* The library's path: beside framelend where it was built, else where it is installed. -ENOENT:
 * there is none. */
int program_library(char *path, size_t length);

#endif
