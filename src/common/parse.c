/* SPDX-License-Identifier: MIT */
#include "common/parse.h"
#include "common/error.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SIDE_MAX    16384
#define REFRESH_MAX 1000000 /* mHz */

/* ---- numbers -------------------------------------------------------------------------------- */

/* Digits at *text, no more than nine. */
static int read_digits(const char **text, uint32_t *number)
{
	size_t length = strspn(*text, "0123456789");
	if (length == 0 || length > 9)
		return -EINVAL;
	*number = 0;
	for (size_t i = 0; i < length; i++)
		*number = *number * 10 + (uint32_t)((*text)[i] - '0');
	*text += length;
	return 0;
}

int parse_number(const char *text, uint32_t least, uint32_t most, uint32_t *number)
{
	if (read_digits(&text, number) < 0 || *text != '\0' || *number < least || *number > most)
		return -EINVAL;
	return 0;
}

int parse_size(const char *text, uint32_t *width, uint32_t *height, const char **end)
{
	if (read_digits(&text, width) < 0 || *text++ != 'x' || read_digits(&text, height) < 0)
		return -EINVAL;
	if (*width < 1 || *width > SIDE_MAX || *height < 1 || *height > SIDE_MAX)
		return -EINVAL;
	*end = text;
	return 0;
}

int parse_thousandths(const char *text, uint32_t most, uint32_t *number)
{
	uint32_t whole;
	if (read_digits(&text, &whole) < 0 || whole > most / 1000)
		return -EINVAL;
	*number = whole * 1000;
	if (*text == '.') {
		text++;
		for (uint32_t unit = 100; isdigit((unsigned char)*text); text++, unit /= 10)
			*number += (uint32_t)(*text - '0') * unit;
	}
	return *text == '\0' && *number <= most ? 0 : -EINVAL;
}

/* ---- displays ------------------------------------------------------------------------------- */

int parse_mode(const char *text, uint32_t *width, uint32_t *height, uint32_t *refresh)
{
	const char *rest;
	if (parse_size(text, width, height, &rest) < 0)
		return fail(-EINVAL, "the size is not 1x1 to 16384x16384");
	if (*rest == '\0')
		return 0;
	if (*rest != '@')
		return fail(-EINVAL, "'%s' is neither @HZ nor a layout", rest);
	if (parse_thousandths(rest + 1, REFRESH_MAX, refresh) < 0)
		return fail(-EINVAL, "the refresh rate is not 0 to 1000 Hz");
	return 0;
}

/* "HDMI-A-1": the kernel numbers connectors; drivers' names do not end so. */
static bool is_connector(const char *word)
{
	const char *dash = strrchr(word, '-');
	return dash && dash[1] && strspn(dash + 1, "0123456789") == strlen(dash + 1);
}

static int take_word(const char *word, char *place, size_t size)
{
	if (place[0])
		return fail(-EINVAL, "'%s' is one name too many", word);
	if (snprintf(place, size, "%s", word) >= (int)size)
		return fail(-EINVAL, "'%s' is no device or connector", word);
	return 0;
}

static int parse_word(const char *word, struct kms_name *name)
{
	bool is_mode = isdigit((unsigned char)word[0]);
	if (is_mode && name->width)
		return fail(-EINVAL, "more than one mode");
	if (is_mode)
		return parse_mode(word, &name->width, &name->height, &name->refresh);
	if (is_connector(word))
		return take_word(word, name->connector, sizeof(name->connector));
	return take_word(word, name->device, sizeof(name->device));
}

int parse_kms_name(char *words, struct kms_name *name)
{
	char *word;
	*name = (struct kms_name){0};
	while (words && (word = strsep(&words, ":"))) {
		int result = *word ? parse_word(word, name) : 0;
		if (result < 0)
			return result;
	}
	return 0;
}
