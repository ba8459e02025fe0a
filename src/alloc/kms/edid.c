/* SPDX-License-Identifier: MIT */
/* The base block of an EDID: a fixed header, then four descriptors of 18 bytes. */
#include "alloc/kms/edid.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	BLOCK = 128,
	MAKE = 8,     /* three letters of five bits, big-endian */
	PRODUCT = 10, /* little-endian, as all that follows */
	SERIAL = 12,
	DESCRIPTORS = 54,
	DESCRIPTOR = 18,
	TEXT = 5, /* within a descriptor */
	TEXT_MAX = 13,
	TAG_SERIAL = 0xff,
	TAG_NAME = 0xfc,
};

static void read_make(const uint8_t *edid, char make[4])
{
	const unsigned bits = (unsigned)edid[MAKE] << 8 | edid[MAKE + 1];
	const unsigned letters[] = {bits >> 10 & 31, bits >> 5 & 31, bits & 31};
	for (size_t i = 0; i < 3; i++)
		if (letters[i] < 1 || letters[i] > 26)
			return;
	for (size_t i = 0; i < 3; i++)
		make[i] = (char)('A' + letters[i] - 1);
}

/* Up to a newline, without blanks at the end. */
static void read_text(const uint8_t *from, char *text)
{
	size_t length = 0;
	for (size_t i = 0; i < TEXT_MAX && from[i] != '\n' && from[i] != '\0'; i++) {
		const char letter = (char)from[i];
		text[i] = letter;
		if (letter < ' ' || letter > '~')
			text[i] = '?';
		length = text[i] == ' ' ? length : i + 1;
	}
	memset(text + length, 0, TEXT_MAX + 1 - length);
}

static void read_descriptor(const uint8_t *descriptor, struct edid *out)
{
	if (descriptor[0] || descriptor[1] || descriptor[2])
		return; /* a timing */
	if (descriptor[3] == TAG_NAME)
		read_text(descriptor + TEXT, out->model);
	if (descriptor[3] == TAG_SERIAL)
		read_text(descriptor + TEXT, out->serial);
}

struct edid edid_parse(const void *data, size_t length)
{
	static const uint8_t header[] = {0, 255, 255, 255, 255, 255, 255, 0};
	const uint8_t *edid = data;
	struct edid out = {0};
	if (!edid || length < BLOCK || memcmp(edid, header, sizeof(header)) != 0)
		return out;
	read_make(edid, out.make);
	for (size_t i = 0; i < 4; i++)
		read_descriptor(edid + DESCRIPTORS + i * DESCRIPTOR, &out);
	const unsigned product = edid[PRODUCT] | (unsigned)edid[PRODUCT + 1] << 8;
	const uint32_t serial = edid[SERIAL] | (uint32_t)edid[SERIAL + 1] << 8 |
				(uint32_t)edid[SERIAL + 2] << 16 | (uint32_t)edid[SERIAL + 3] << 24;
	if (!out.model[0] && product)
		snprintf(out.model, sizeof(out.model), "0x%04X", product);
	if (!out.serial[0] && serial)
		snprintf(out.serial, sizeof(out.serial), "0x%08X", (unsigned)serial);
	return out;
}
