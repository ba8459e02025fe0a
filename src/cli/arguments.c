/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define SIDE_MAX 16384

int next_option(int argc, char **argv, const struct option *options, int in_order)
{
	opterr = 0;
	int option = getopt_long(argc, argv, in_order ? "+:h" : ":h", options, NULL);
	if (option == ':')
		misuse("option '%s' needs an argument", argv[optind - 1]);
	else if (option == '?' && optopt && strncmp(argv[optind - 1], "--", 2) != 0)
		misuse("unknown option '-%c'", optopt);
	else if (option == '?')
		misuse("unknown option, or it takes no argument: '%s'", argv[optind - 1]);
	return option == ':' ? '?' : option;
}

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
