/* SPDX-License-Identifier: MIT */
#include "outputs.h"
#include "cli.h"
#include "common/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int parse_headless(const char *text, const char *mode, struct output_wish *wish)
{
	wish->refresh = 60000;
	if (!mode)
		return misuse("output '%s': an output without a screen needs a size, "
			      "headless:WIDTHxHEIGHT",
			      text);
	if (parse_mode(mode, &wish->width, &wish->height, &wish->refresh) < 0)
		return misuse("output '%s': %s", text, fail_text());
	return STATUS_OK;
}

static int parse_kms(const char *text, char *words, struct output_wish *wish)
{
	struct kms_name name;
	wish->kms = true;
	if (parse_kms_name(words, &name) < 0)
		return misuse("output '%s': %s", text, fail_text());
	wish->width = name.width;
	wish->height = name.height;
	wish->refresh = name.refresh;
	snprintf(wish->device, sizeof(wish->device), "%s", name.device);
	snprintf(wish->connector, sizeof(wish->connector), "%s", name.connector);
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
