/* SPDX-License-Identifier: MIT */
/* Numbers, sizes and names of displays as people write them. */
#ifndef COMMON_PARSE_H
#define COMMON_PARSE_H

#include <stdint.h>

/* The whole of text as a decimal number within the limits. -EINVAL: it is not. */
int parse_number(const char *text, uint32_t least, uint32_t most, uint32_t *number);

/* "WIDTHxHEIGHT" at the start of text, each 1 to 16384. *end is set behind it. -EINVAL: it is not.
 */
int parse_size(const char *text, uint32_t *width, uint32_t *height, const char **end);

/* Decimal text such as "59.94" in thousandths, up to most (of them). -EINVAL: it is not. */
int parse_thousandths(const char *text, uint32_t most, uint32_t *number);

/* A mode. "WIDTHxHEIGHT" or "WIDTHxHEIGHT@HZ"; without a rate *refresh (mHz) stays as it is.
 * -EINVAL with fail_text(). */
int parse_mode(const char *text, uint32_t *width, uint32_t *height, uint32_t *refresh);

/* A display by its device, connector and mode. */
struct kms_name {
	char device[64], connector[32];	 /* empty: any */
	uint32_t width, height, refresh; /* 0: not said; mHz */
};

/* "CARD", "CONNECTOR" and a mode, each at most once, with colons between them; empty ones are left
 * out. The words are cut up. -EINVAL with fail_text(). */
int parse_kms_name(char *words, struct kms_name *name);

#endif
