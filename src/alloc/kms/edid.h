/* SPDX-License-Identifier: MIT */
/* What a monitor says of itself. */
#ifndef KMS_EDID_H
#define KMS_EDID_H

#include <stddef.h>

/* "" where the monitor does not say. */
struct edid {
	char make[4]; /* three letters, as registered */
	char model[14];
	char serial[14];
};

/* Reads an EDID of whatever length and contents; printable ASCII comes out, or nothing. */
struct edid edid_parse(const void *data, size_t length);

#endif
