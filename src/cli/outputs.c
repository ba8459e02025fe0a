/* SPDX-License-Identifier: MIT */
#include "outputs.h"
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFRESH_MAX 1000000 /* mHz */

int parse_layout(const char *name, enum lend_layout *layout)
{
	if (strcmp(name, "full") == 0)
		*layout = LEND_LAYOUT_FULL;
	else if (strcmp(name, "tile") == 0)
		*layout = LEND_LAYOUT_TILE;
	else
		return -EINVAL;
	return 0;
}

/* "WIDTHxHEIGHT" or "WIDTHxHEIGHT@HZ". */
static int parse_mode(const char *text, const char *mode, struct output_wish *wish)
{
	const char *rest;
	if (parse_size(mode, &wish->width, &wish->height, &rest) < 0)
		return misuse("output '%s': the size is not 1x1 to 16384x16384", text);
	if (*rest == '\0')
		return STATUS_OK;
	if (*rest != '@')
		return misuse("output '%s': '%s' is neither @HZ nor a layout", text, rest);
	if (parse_thousandths(rest + 1, REFRESH_MAX, &wish->refresh) < 0)
		return misuse("output '%s': the refresh rate is not 0 to 1000 Hz", text);
	return STATUS_OK;
}

static int parse_headless(const char *text, const char *mode, struct output_wish *wish)
{
	wish->refresh = 60000;
	if (!mode)
		return misuse("output '%s': an output without a screen needs a size, "
			      "headless:WIDTHxHEIGHT",
			      text);
	return parse_mode(text, mode, wish);
}

static bool is_mode(const char *word)
{
	return word[0] >= '0' && word[0] <= '9';
}

/* "HDMI-A-1": the kernel numbers connectors; drivers' names do not end so. */
static bool is_connector(const char *word)
{
	const char *dash = strrchr(word, '-');
	return dash && dash[1] && strspn(dash + 1, "0123456789") == strlen(dash + 1);
}

static int take_word(const char *text, const char *word, char *place, size_t size)
{
	if (place[0])
		return misuse("output '%s': '%s' is one name too many", text, word);
	if (snprintf(place, size, "%s", word) >= (int)size)
		return misuse("output '%s': '%s' is no device or connector", text, word);
	return STATUS_OK;
}

static int parse_word(const char *text, const char *word, struct output_wish *wish)
{
	if (is_mode(word) && wish->width)
		return misuse("output '%s': more than one mode", text);
	if (is_mode(word))
		return parse_mode(text, word, wish);
	if (is_connector(word))
		return take_word(text, word, wish->connector, sizeof(wish->connector));
	return take_word(text, word, wish->device, sizeof(wish->device));
}

/* "CARD", "CONNECTOR" and a mode, each at most once; empty ones are left out. */
static int parse_kms(const char *text, char *words, struct output_wish *wish)
{
	char *word;
	wish->kms = true;
	while (words && (word = strsep(&words, ":"))) {
		int status = *word ? parse_word(text, word, wish) : STATUS_OK;
		if (status)
			return status;
	}
	return STATUS_OK;
}

static int parse_option(const char *text, const char *option, struct output_wish *wish)
{
	if (strcmp(option, "mirror") == 0 && wish->kms) {
		wish->mirror = true;
		return STATUS_OK;
	}
	if (!wish->has_layout && parse_layout(option, &wish->layout) == 0) {
		wish->has_layout = true;
		return STATUS_OK;
	}
	return misuse("output '%s': the layout is neither full nor tile%s", text,
		      wish->kms ? ", and it is not mirror either" : "");
}

static int parse_kind(const char *text, char *head, struct output_wish *wish)
{
	const char *kind = strsep(&head, ":");
	if (strcmp(kind, "headless") == 0)
		return parse_headless(text, head, wish);
	if (strcmp(kind, "kms") == 0)
		return parse_kms(text, head, wish);
	return misuse("output '%s': an output is headless:WIDTHxHEIGHT[@HZ] or "
		      "kms[:CARD][:CONNECTOR][:WIDTHxHEIGHT[@HZ]], then [,LAYOUT]",
		      text);
}

int output_parse(const char *text, struct output_wish *wish)
{
	char *copy = strdup(text), *rest = copy, *option;
	*wish = (struct output_wish){0};
	if (!copy)
		return complain("out of memory");
	int status = parse_kind(text, strsep(&rest, ","), wish);
	while (!status && (option = strsep(&rest, ",")))
		status = parse_option(text, option, wish);
	free(copy);
	return status;
}

static int make_headless(struct lend_server *server, const struct output_wish *wish,
			 enum lend_layout layout)
{
	struct lend_output *output;
	const struct lend_output_options options = {
		.size = sizeof(options),
		.width = wish->width,
		.height = wish->height,
		.refresh = wish->refresh,
		.layout = layout,
	};
	return lend_output_create_headless(server, &options, &output);
}

int output_make(struct lend_server *server, const struct output_wish *wish, enum lend_layout layout)
{
	const struct lend_kms_output_options options = {
		.size = sizeof(options),
		.device = wish->device[0] ? wish->device : NULL,
		.connector = wish->connector[0] ? wish->connector : NULL,
		.width = wish->width,
		.height = wish->height,
		.refresh = wish->refresh,
		.layout = wish->has_layout ? wish->layout : layout,
		.mirror = wish->mirror,
	};
	if (!wish->kms)
		return make_headless(server, wish, options.layout);
	return lend_output_create_kms(server, &options);
}
