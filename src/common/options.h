/* SPDX-License-Identifier: MIT */
/* Structs that begin with their size, so that callers built against another version still fit. */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Reads a caller's struct into ours: what it lacks reads as zero. -E2BIG: it sets a field that this
 * version does not know. -EINVAL: its size is no size. */
static inline int options_read(void *own, size_t own_size, const void *given)
{
	size_t size;
	memcpy(&size, given, sizeof(size));
	if (size < sizeof(size) || size > 65536)
		return -EINVAL;
	for (size_t i = own_size; i < size; i++)
		if (((const unsigned char *)given)[i] != 0)
			return -E2BIG;
	memset(own, 0, own_size);
	memcpy(own, given, size < own_size ? size : own_size);
	memcpy(own, &own_size, sizeof(own_size));
	return 0;
}

/* Fills a caller's struct from ours, as far as the caller's goes. */
static inline int info_write(void *given, const void *own, size_t own_size)
{
	size_t size;
	memcpy(&size, given, sizeof(size));
	if (size < sizeof(size) || size > 65536)
		return -EINVAL;
	memset(given, 0, size);
	memcpy(given, own, size < own_size ? size : own_size);
	memcpy(given, &size, sizeof(size));
	return 0;
}

#endif
