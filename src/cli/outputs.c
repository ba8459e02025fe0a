/* SPDX-License-Identifier: MIT */
#include "outputs.h"
#include "cli.h"
#include "common/error.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---------------------------------------------------------------------------------- */

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

static const char *const transforms[] = {
	[LEND_TRANSFORM_NORMAL] = "normal",
	[LEND_TRANSFORM_90] = "90",
	[LEND_TRANSFORM_180] = "180",
	[LEND_TRANSFORM_270] = "270",
	[LEND_TRANSFORM_FLIPPED] = "flipped",
	[LEND_TRANSFORM_FLIPPED_90] = "flipped-90",
	[LEND_TRANSFORM_FLIPPED_180] = "flipped-180",
	[LEND_TRANSFORM_FLIPPED_270] = "flipped-270",
};

const char *transform_name(enum lend_transform transform)
{
	return transform < sizeof(transforms) / sizeof(*transforms) ? transforms[transform] : "?";
}

int parse_transform(const char *name, enum lend_transform *transform)
{
	for (size_t i = 0; i < sizeof(transforms) / sizeof(*transforms); i++) {
		if (strcmp(name, transforms[i]) == 0) {
			*transform = (enum lend_transform)i;
			return 0;
		}
	}
	return -EINVAL;
}

int parse_position(const char *text, int32_t *x, int32_t *y)
{
	int length = 0;
	if (sscanf(text, "%7d,%7d%n", x, y, &length) != 2 || text[length] != '\0')
		return -EINVAL;
	return 0;
}

int parse_scale(const char *text, uint32_t *scale)
{
	uint32_t thousandths;
	if (parse_thousandths(text, 10000, &thousandths) < 0 || thousandths < 500)
		return -EINVAL;
	*scale = (thousandths * LEND_SCALE_ONE + 500) / 1000;
	return 0;
}

/* ---- kinds ---------------------------------------------------------------------------------- */

static int parse_headless(const char *text, char *words, struct output_wish *wish)
{
	wish->refresh = 60000;
	if (!words)
		return misuse("output '%s': an output without a screen needs a size, "
			      "headless:WIDTHxHEIGHT",
			      text);
	if (parse_mode(words, &wish->width, &wish->height, &wish->refresh) < 0)
		return misuse("output '%s': %s", text, fail_text());
	return STATUS_OK;
}

static int parse_kms(const char *text, char *words, struct output_wish *wish)
{
	struct kms_name name;
	if (parse_kms_name(words, &name) < 0)
		return misuse("output '%s': %s", text, fail_text());
	wish->width = name.width;
	wish->height = name.height;
	wish->refresh = name.refresh;
	snprintf(wish->device, sizeof(wish->device), "%s", name.device);
	snprintf(wish->connector, sizeof(wish->connector), "%s", name.connector);
	return STATUS_OK;
}

static bool take_size(const char *word, struct output_wish *wish)
{
	const char *end;
	return parse_size(word, &wish->width, &wish->height, &end) == 0 && *end == '\0';
}

/* [DISPLAY:][WIDTHxHEIGHT]. The display's name has colons of its own where it is an X server's. */
static int parse_window(const char *text, char *words, struct output_wish *wish)
{
	const char *display = words ? words : "", *colon = "";
	char *last = words ? strrchr(words, ':') : NULL;
	if (take_size(display, wish))
		return STATUS_OK;
	if (last && take_size(last + 1, wish))
		*last = '\0';
	/* An X server's number alone. */
	if (wish->kind == OUTPUT_X11 && isdigit((unsigned char)*display) &&
	    strspn(display, "0123456789.") == strlen(display))
		colon = ":";
	if (words && !*display)
		return misuse("output '%s': the name of the display is empty", text);
	if (snprintf(wish->display, sizeof(wish->display), "%s%s", colon, display) >=
	    (int)sizeof(wish->display))
		return misuse("output '%s': the name of the display is too long", text);
	return STATUS_OK;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the others cut theirs up */
static int parse_auto(const char *text, char *words, struct output_wish *wish)
{
	return words ? misuse("output '%s': auto has a size of its own; name the kind of output to "
			      "choose one",
			      text)
		     : STATUS_OK;
}

static const struct kind {
	const char *name;
	int (*parse)(const char *text, char *words, struct output_wish *wish);
} kinds[] = {
	[OUTPUT_AUTO] = {"auto", parse_auto}, [OUTPUT_HEADLESS] = {"headless", parse_headless},
	[OUTPUT_KMS] = {"kms", parse_kms},    [OUTPUT_WAYLAND] = {"wayland", parse_window},
	[OUTPUT_X11] = {"x11", parse_window},
};

bool output_is_kind(const char *text)
{
	size_t length = strcspn(text, ":,");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i].name) == length && strncmp(text, kinds[i].name, length) == 0)
			return true;
	return false;
}

static int parse_kind(const char *text, char *words, struct output_wish *wish)
{
	const char *name = strsep(&words, ":");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(name, kinds[i].name) == 0) {
			wish->kind = (enum output_kind)i;
			return kinds[i].parse(text, words, wish);
		}
	}
	return misuse(
		"output '%s': an output is auto, headless:WIDTHxHEIGHT[@HZ], "
		"kms[:CARD][:CONNECTOR][:WIDTHxHEIGHT[@HZ]], wayland[:DISPLAY][:WIDTHxHEIGHT] "
		"or x11[:DISPLAY][:WIDTHxHEIGHT], then [,OPTION]...",
		text);
}

/* ---- options -------------------------------------------------------------------------------- */

bool output_is_window(const struct output_wish *wish)
{
	return wish->kind == OUTPUT_WAYLAND || wish->kind == OUTPUT_X11;
}

static int parse_value(const char *text, const char *name, const char *value,
		       struct output_wish *wish)
{
	if (strcmp(name, "scale") == 0) {
		if (parse_scale(value, &wish->scale) < 0)
			return misuse("output '%s': the scale '%s' is not 0.5 to 10", text, value);
		return STATUS_OK;
	}
	if (strcmp(name, "transform") != 0)
		return misuse("output '%s': there is no option '%s'; there are scale and transform",
			      text, name);
	if (parse_transform(value, &wish->transform) < 0)
		return misuse(
			"output '%s': the transform '%s' is not normal, 90, 180, 270, flipped "
			"or flipped-90, -180, -270",
			text, value);
	wish->has_transform = true;
	return STATUS_OK;
}

static int parse_option(const char *text, char *option, struct output_wish *wish)
{
	char *value = strchr(option, '=');
	bool window = output_is_window(wish) || wish->kind == OUTPUT_AUTO;
	if (value) {
		*value++ = '\0';
		return parse_value(text, option, value, wish);
	}
	if (strcmp(option, "mirror") == 0 && wish->kind == OUTPUT_KMS) {
		wish->mirror = true;
		return STATUS_OK;
	}
	if (strcmp(option, "fullscreen") == 0 && window) {
		wish->fullscreen = true;
		return STATUS_OK;
	}
	if (!wish->has_layout && parse_layout(option, &wish->layout) == 0) {
		wish->has_layout = true;
		return STATUS_OK;
	}
	return misuse("output '%s': the layout is neither full nor tile%s", text,
		      wish->kind == OUTPUT_KMS ? ", and it is not mirror either"
		      : window		       ? ", and it is not fullscreen either"
					       : "");
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

/* ---- making them ---------------------------------------------------------------------------- */

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

static int make_kms(struct lend_server *server, const struct output_wish *wish,
		    enum lend_layout layout)
{
	const struct lend_kms_output_options options = {
		.size = sizeof(options),
		.device = wish->device[0] ? wish->device : NULL,
		.connector = wish->connector[0] ? wish->connector : NULL,
		.width = wish->width,
		.height = wish->height,
		.refresh = wish->refresh,
		.layout = layout,
		.mirror = wish->mirror,
	};
	return lend_output_create_kms(server, &options);
}

static int make_window(struct lend_server *server, const struct output_wish *wish,
		       enum lend_layout layout)
{
	struct lend_output *output;
	const struct lend_window_output_options options = {
		.size = sizeof(options),
		.display = wish->display[0] ? wish->display : NULL,
		.width = wish->width,
		.height = wish->height,
		.layout = layout,
		.fullscreen = wish->fullscreen,
	};
	return wish->kind == OUTPUT_X11 ? lend_output_create_x11(server, &options, &output)
					: lend_output_create_wayland(server, &options, &output);
}

int output_make(struct lend_server *server, const struct output_wish *wish, enum lend_layout layout)
{
	if (wish->has_layout)
		layout = wish->layout;
	switch (wish->kind) {
	case OUTPUT_HEADLESS: return make_headless(server, wish, layout);
	case OUTPUT_KMS: return make_kms(server, wish, layout);
	default: return make_window(server, wish, layout);
	}
}

int output_adjust(const struct output_wish *wish, struct lend_output *output, bool made)
{
	struct lend_output_state state = {.size = sizeof(state)};
	bool has_mode = !made && wish->width, has_layout = !made && wish->has_layout;
	if (!wish->scale && !wish->has_transform && !wish->has_position && !has_mode && !has_layout)
		return 0;
	int result = lend_output_describe(output, &state);
	if (result < 0)
		return result;
	if (wish->scale)
		state.scale = wish->scale;
	if (wish->has_transform)
		state.transform = wish->transform;
	if (wish->has_position) {
		state.x = wish->x;
		state.y = wish->y;
	}
	if (has_mode)
		state.mode = (struct lend_output_mode){
			.width = wish->width,
			.height = wish->height,
			.refresh = wish->refresh ? wish->refresh : state.mode.refresh,
		};
	if (has_layout)
		state.layout = wish->layout;
	return lend_output_configure(output, &state);
}
