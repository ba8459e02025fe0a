/* SPDX-License-Identifier: MIT */
/* framelend output: which outputs a server has, and what they are to be. */
#include "cli.h"
#include "framelend-v1-client-protocol.h"
#include "heads.h"
#include "monitor.h"
#include "outputs.h"
#include "remote.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

struct output_command {
	const char *display, *wanted; /* NULL: list all */
	bool json, has_layout;
	enum lend_layout layout;
	struct head_change change;
	struct remote remote;
	struct heads heads;
	struct monitor monitor;
	struct sample sample;
};

static const char help[] =
	"usage: framelend output [--display NAME] [--json]\n"
	"       framelend output [--display NAME] NAME|NUMBER [mode WIDTHxHEIGHT[@HZ]] [scale SCALE]\n"
	"                        [transform TRANSFORM] [position X,Y] [layout full|tile] [on|off]\n"
	"\n"
	"Lists a server's outputs, or changes one of them, named or by its number from 1. All is changed\n"
	"or nothing.\n"
	"\n"
	"  --display NAME   the server's socket (default: $LEND_DISPLAY, $WAYLAND_DISPLAY or\n"
	"                   framelend-0)\n"
	"  --json           list as JSON\n"
	"\n"
	"  mode             one of those listed; an output without a screen can have any. Without HZ it\n"
	"                   is the listed mode's rate, or stays\n"
	"  scale            pixels for a unit of what programs draw: 0.5 to 10, as in 1.25\n"
	"  transform        normal, 90, 180, 270 (counter-clockwise), or flipped, flipped-90,\n"
	"                   flipped-180, flipped-270\n"
	"  position         of its top left corner in the space that outputs share\n"
	"  layout           full: one surface fills it, the newest on top; tile: a grid\n"
	"  off, on          it is dark, and what is on it moves to another; or lit again\n"
	"\n"
	"exit status: 0 done, 1 no server, no such output or it cannot be set so, 2 wrong usage.\n";

/* ---- listing -------------------------------------------------------------------------------- */

static const char *layout_of(const struct output_command *command, const struct head *head)
{
	const struct sample_output *output =
		head->name ? sample_find_output(&command->sample, head->name) : NULL;
	return output ? output->layout : "?";
}

static void print_mode(const struct lend_output_mode *mode)
{
	printf("%ux%u", mode->width, mode->height);
	if (mode->refresh)
		printf("@%g", mode->refresh / 1000.0);
}

static void print_modes(const struct head *head)
{
	const struct head_mode *mode;
	if (wl_list_empty(&head->modes))
		return;
	printf("  modes:");
	wl_list_for_each (mode, &head->modes, link) {
		putchar(' ');
		print_mode(&mode->mode);
		fputs(mode->mode.preferred ? " (preferred)" : "", stdout);
	}
	putchar('\n');
}

/* In the words that set it. */
static void print_head(const struct output_command *command, const struct head *head)
{
	printf("%s: %s\n  ", head->name ? head->name : "?",
	       head->description ? head->description : "?");
	if (head->enabled && head->current) {
		printf("mode ");
		print_mode(&head->current->mode);
		putchar(' ');
	}
	if (head->enabled)
		printf("scale %.3g transform %s position %d,%d layout %s\n", head->scale,
		       transform_name((enum lend_transform)head->transform), head->x, head->y,
		       layout_of(command, head));
	else
		printf("off layout %s\n", layout_of(command, head));
	print_modes(head);
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

static struct json_object *mode_to_json(const struct lend_output_mode *mode)
{
	struct json_object *object = json_object_new_object();
	add_number(object, "width", mode->width);
	add_number(object, "height", mode->height);
	add_number(object, "refresh_mhz", mode->refresh);
	json_object_object_add(object, "preferred", json_object_new_boolean(mode->preferred));
	return object;
}

static struct json_object *head_to_json(const struct output_command *command,
					const struct head *head)
{
	struct json_object *object = json_object_new_object();
	struct json_object *modes = json_object_new_array();
	const struct head_mode *mode;
	add_text(object, "name", head->name);
	add_text(object, "description", head->description);
	add_text(object, "make", head->make);
	add_text(object, "model", head->model);
	add_number(object, "width_mm", head->width_mm);
	add_number(object, "height_mm", head->height_mm);
	json_object_object_add(object, "on", json_object_new_boolean(head->enabled));
	add_text(object, "layout", layout_of(command, head));
	wl_list_for_each (mode, &head->modes, link)
		json_object_array_add(modes, mode_to_json(&mode->mode));
	json_object_object_add(object, "modes", modes);
	json_object_object_add(object, "mode",
			       head->enabled && head->current ? mode_to_json(&head->current->mode)
							      : NULL);
	if (!head->enabled)
		return object;
	add_number(object, "x", head->x);
	add_number(object, "y", head->y);
	json_object_object_add(object, "scale", json_object_new_double(head->scale));
	add_text(object, "transform", transform_name((enum lend_transform)head->transform));
	return object;
}

static int print_json(const struct output_command *command)
{
	struct json_object *all = json_object_new_object(), *list = json_object_new_array();
	const struct head *head;
	wl_list_for_each (head, &command->heads.list, link)
		json_object_array_add(list, head_to_json(command, head));
	json_object_object_add(all, "outputs", list);
	int failed = puts(json_object_to_json_string_ext(
			     all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)) < 0;
	json_object_put(all);
	return failed ? STATUS_FAILED : STATUS_OK;
}

static int list(struct output_command *command)
{
	const struct head *head;
	int status = monitor_open(&command->monitor, &command->remote);
	if (status == 0)
		status = monitor_sample(&command->monitor, &command->sample);
	if (status == 0 && command->json)
		status = print_json(command);
	else if (status == 0)
		wl_list_for_each (head, &command->heads.list, link)
			print_head(command, head);
	if (status == 0)
		sample_finish(&command->sample);
	monitor_close(&command->monitor);
	return status;
}

/* ---- changing ------------------------------------------------------------------------------- */

static int change(struct output_command *command)
{
	const struct remote_output *output;
	const struct head_change *wish = &command->change;
	int status = remote_find_output(&command->remote, command->wanted, &output);
	struct head *head =
		status == 0 && output->name ? heads_find(&command->heads, output->name) : NULL;
	if (!head)
		return status ? status : complain("%s was just removed", command->wanted);
	if (wish->has_power || wish->has_mode || wish->has_scale || wish->has_transform ||
	    wish->has_position)
		status = head_apply(head, wish);
	if (status || !command->has_layout)
		return status;
	framelend_manager_v1_set_layout(command->remote.manager, output->output, command->layout);
	return remote_sync(&command->remote);
}

/* ---- arguments ------------------------------------------------------------------------------ */

static int read_mode(struct output_command *command, const char *text)
{
	struct head_change *wish = &command->change;
	wish->has_mode = true;
	if (parse_mode(text, &wish->width, &wish->height, &wish->refresh) < 0)
		return misuse("mode '%s' is not WIDTHxHEIGHT or WIDTHxHEIGHT@HZ", text);
	return STATUS_OK;
}

static int read_scale(struct output_command *command, const char *text)
{
	command->change.has_scale = true;
	if (parse_scale(text, &command->change.scale) < 0)
		return misuse("scale '%s' is not a number from 0.5 to 10", text);
	return STATUS_OK;
}

static int read_transform(struct output_command *command, const char *text)
{
	command->change.has_transform = true;
	if (parse_transform(text, &command->change.transform) < 0)
		return misuse("transform '%s' is not normal, 90, 180, 270, flipped, flipped-90, "
			      "flipped-180 or flipped-270",
			      text);
	return STATUS_OK;
}

static int read_position(struct output_command *command, const char *text)
{
	command->change.has_position = true;
	if (parse_position(text, &command->change.x, &command->change.y) < 0)
		return misuse("position '%s' is not X,Y, as in 1280,0", text);
	return STATUS_OK;
}

static int read_layout(struct output_command *command, const char *text)
{
	command->has_layout = true;
	if (parse_layout(text, &command->layout) < 0)
		return misuse("layout '%s' is neither full nor tile", text);
	return STATUS_OK;
}

static const struct property {
	const char *name;
	int (*read)(struct output_command *command, const char *text);
} properties[] = {
	{"mode", read_mode},	     {"scale", read_scale},   {"transform", read_transform},
	{"position", read_position}, {"layout", read_layout},
};

/* How many of the words it has read; < 0: an exit status, negative, after a complaint. */
static int read_property(struct output_command *command, char **words)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(*properties); i++) {
		if (strcmp(words[0], properties[i].name) != 0)
			continue;
		if (!words[1])
			return -misuse("%s needs a value", words[0]);
		int status = properties[i].read(command, words[1]);
		return status ? -status : 2;
	}
	bool on = strcmp(words[0], "on") == 0;
	if (!on && strcmp(words[0], "off") != 0)
		return -misuse("'%s' is not mode, scale, transform, position, layout, on or off",
			       words[0]);
	command->change.has_power = true;
	command->change.off = !on;
	return 1;
}

static int read_wish(struct output_command *command, char **words)
{
	while (*words) {
		int read = read_property(command, words);
		if (read < 0)
			return -read;
		words += read;
	}
	const struct head_change *wish = &command->change;
	if (wish->has_power && wish->off &&
	    (wish->has_mode || wish->has_scale || wish->has_transform || wish->has_position))
		return misuse("an output that is off has nothing else but a layout");
	return STATUS_OK;
}

static int read_arguments(struct output_command *command, int argc, char **argv)
{
	static const struct option options[] = {
		{"display", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;
	while ((option = next_option(argc, argv, options, 1)) != -1) {
		if (option == 'd')
			command->display = optarg;
		else if (option == 'j')
			command->json = true;
		else if (option == 'h')
			return fputs(help, stdout) < 0 ? STATUS_FAILED : -1;
		else
			return STATUS_USAGE;
	}
	if (optind == argc)
		return STATUS_OK;
	if (command->json)
		return misuse("--json is for listing, without an output's name");
	command->wanted = argv[optind];
	if (optind + 1 == argc)
		return misuse("what is to be changed of %s is missing", command->wanted);
	return read_wish(command, argv + optind + 1);
}

static int run(int argc, char **argv)
{
	struct output_command command = {0};
	int status = read_arguments(&command, argc, argv);
	if (status)
		return status < 0 ? STATUS_OK : status;
	status = remote_open(&command.remote, command.display);
	if (status == 0)
		status = heads_open(&command.heads, &command.remote);
	if (status == 0)
		status = command.wanted ? change(&command) : list(&command);
	heads_close(&command.heads);
	remote_close(&command.remote);
	return status;
}

const struct command output_command = {
	.name = "output",
	.summary = "list a server's outputs, or change one",
	.help = help,
	.run = run,
};
