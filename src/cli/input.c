/* SPDX-License-Identifier: MIT */
/* framelend input: types, clicks and scrolls from scripts. */
#include "input.h"

#include "cli.h"
#include "virtual-keyboard-client-protocol.h"
#include "wlr-virtual-pointer-client-protocol.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wayland-client.h>

#define ARGUMENTS_MAX 4
#define PIXELS_MAX    16384
#define MS_MAX	      3600000
#define CLICKS_MAX    1000

static const char help[] =
	"usage: framelend input [--display NAME] [--output NAME|NUMBER] [--delay MS] ACTION...\n"
	"       framelend input [--display NAME] [--output NAME|NUMBER] [--delay MS] -\n"
	"\n"
	"Types, clicks and scrolls on a running server, one ACTION after the other:\n"
	"\n"
	"  type TEXT            whatever characters there are in it; a newline is Return\n"
	"  key KEYS             press and release: Return, F5, ctrl+c, ctrl+shift+Left, alt+plus\n"
	"  keydown KEYS         press, to be released by keyup or at the end\n"
	"  keyup KEYS\n"
	"  move X Y             move the pointer to that pixel of the output\n"
	"  moveby DX DY         move it by so many pixels\n"
	"  click BUTTON         left, right, middle, back, forward, or a code of the kernel's\n"
	"  buttondown BUTTON    press, to be released by buttonup or at the end\n"
	"  buttonup BUTTON\n"
	"  drag X1 Y1 X2 Y2     from there to there with the left button\n"
	"  scroll CLICKS        of a wheel: down, or up if negative\n"
	"  hscroll CLICKS       to the right, or to the left if negative\n"
	"  wait MS\n"
	"\n"
	"With - they are read from standard input, one a line; TEXT is the rest of its line, empty\n"
	"lines and those that begin with # are skipped.\n"
	"\n"
	"  --display NAME     the server's socket (default: $LEND_DISPLAY, $WAYLAND_DISPLAY or\n"
	"                     framelend-0)\n"
	"  --output OUTPUT    on which X and Y are: its name, or its number from 1 (default: the first)\n"
	"  --delay MS         after each key, button and movement (default: 2)\n"
	"\n"
	"exit status: 0 done, 1 no server, no such output or a place that is not on it, 2 wrong usage;\n"
	"wrong usage on the command line does nothing at all.\n";

/* ---- actions -------------------------------------------------------------------------------- */

struct argument {
	struct combination keys;
	xkb_keysym_t *symbols; /* of a text, for free() */
	size_t n_symbols;
	uint32_t number; /* a place, a time, a button */
	int32_t distance;
};

static int run_type(struct input *input, const struct argument *args)
{
	return typist_type(input, args[0].symbols, args[0].n_symbols);
}

static int run_keydown(struct input *input, const struct argument *args)
{
	return typist_press(input, &args[0].keys);
}

static int run_keyup(struct input *input, const struct argument *args)
{
	return typist_release(input, &args[0].keys);
}

static int run_key(struct input *input, const struct argument *args)
{
	int status = run_keydown(input, args);
	return status ? status : run_keyup(input, args);
}

static int run_move(struct input *input, const struct argument *args)
{
	return pointer_move(input, args[0].number, args[1].number);
}

static int run_moveby(struct input *input, const struct argument *args)
{
	return pointer_move_by(input, args[0].distance, args[1].distance);
}

static int run_buttondown(struct input *input, const struct argument *args)
{
	return pointer_button(input, args[0].number, true);
}

static int run_buttonup(struct input *input, const struct argument *args)
{
	return pointer_button(input, args[0].number, false);
}

static int run_click(struct input *input, const struct argument *args)
{
	int status = run_buttondown(input, args);
	return status ? status : run_buttonup(input, args);
}

static int run_drag(struct input *input, const struct argument *args)
{
	const uint32_t from[2] = {args[0].number, args[1].number};
	const uint32_t to[2] = {args[2].number, args[3].number};
	return pointer_drag(input, from, to);
}

static int run_scroll(struct input *input, const struct argument *args)
{
	return pointer_scroll(input, false, args[0].distance);
}

static int run_hscroll(struct input *input, const struct argument *args)
{
	return pointer_scroll(input, true, args[0].distance);
}

static int run_wait(struct input *input, const struct argument *args)
{
	return input_sleep(args[0].number);
}

/* A letter for each argument: text, keys, button, pixel, distance, wheel clicks, ms. */
static const struct action {
	const char *name, *arguments;
	int (*run)(struct input *input, const struct argument *args);
} actions[] = {
	{"type", "t", run_type},	 {"key", "k", run_key},
	{"keydown", "k", run_keydown},	 {"keyup", "k", run_keyup},
	{"move", "pp", run_move},	 {"moveby", "dd", run_moveby},
	{"click", "b", run_click},	 {"buttondown", "b", run_buttondown},
	{"buttonup", "b", run_buttonup}, {"drag", "pppp", run_drag},
	{"scroll", "w", run_scroll},	 {"hscroll", "w", run_hscroll},
	{"wait", "m", run_wait},
};

/* ---- reading -------------------------------------------------------------------------------- */

struct step {
	const struct action *action;
	struct argument args[ARGUMENTS_MAX];
};

static void step_finish(struct step *step)
{
	for (size_t i = 0; i < ARGUMENTS_MAX; i++)
		free(step->args[i].symbols);
}

static int parse_unsigned(const char *text, uint32_t most, const char *what, uint32_t *number)
{
	if (parse_number(text, 0, most, number) < 0)
		return misuse("'%s' is no %s, 0 to %u", text, what, most);
	return STATUS_OK;
}

static int parse_signed(const char *text, uint32_t most, const char *what, int32_t *number)
{
	bool negative = *text == '-';
	uint32_t amount;
	if (parse_number(text + (negative || *text == '+'), 0, most, &amount) < 0)
		return misuse("'%s' is no %s, -%u to %u", text, what, most, most);
	*number = negative ? -(int32_t)amount : (int32_t)amount;
	return STATUS_OK;
}

static int parse_argument(char kind, const char *text, struct argument *arg)
{
	switch (kind) {
	case 't': return keys_from_text(text, &arg->symbols, &arg->n_symbols);
	case 'k': return keys_parse(text, &arg->keys);
	case 'b': return button_parse(text, &arg->number);
	case 'p': return parse_unsigned(text, PIXELS_MAX - 1, "pixel", &arg->number);
	case 'd': return parse_signed(text, PIXELS_MAX, "distance in pixels", &arg->distance);
	case 'w': return parse_signed(text, CLICKS_MAX, "number of clicks", &arg->distance);
	default: return parse_unsigned(text, MS_MAX, "time in ms", &arg->number);
	}
}

/* Reads the step that begins there, and moves *words behind it. The step is to be finished, also
 * on failure. */
static int parse_step(char ***words, struct step *step)
{
	const char *name = *(*words)++;
	*step = (struct step){0};
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (strcmp(name, actions[i].name) == 0)
			step->action = &actions[i];
	if (!step->action)
		return misuse("no action '%s'", name);
	for (size_t i = 0; step->action->arguments[i]; i++) {
		const char *word = **words;
		if (!word)
			return misuse("%s needs %zu argument%s", name,
				      strlen(step->action->arguments),
				      step->action->arguments[1] ? "s" : "");
		int status = parse_argument(step->action->arguments[i], word, &step->args[i]);
		if (status)
			return status;
		(*words)++;
	}
	return STATUS_OK;
}

/* Before anything is done. */
static int check_words(char **words)
{
	while (*words) {
		struct step step;
		int status = parse_step(&words, &step);
		step_finish(&step);
		if (status)
			return status;
	}
	return STATUS_OK;
}

/* ---- doing ---------------------------------------------------------------------------------- */

int input_sleep(uint32_t ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	while (ms > 0 && nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	return STATUS_OK;
}

int input_pace(struct input *input)
{
	int status = remote_sync(&input->remote);
	return status ? status : input_sleep(input->delay_ms);
}

static int run_words(struct input *input, char **words)
{
	int status = STATUS_OK;
	while (*words && status == STATUS_OK) {
		struct step step;
		status = parse_step(&words, &step);
		if (status == STATUS_OK)
			status = step.action->run(input, step.args);
		step_finish(&step);
	}
	return status;
}

/* The line's words; the last one of an action with a text is the rest. */
static void split(char *line, char *words[ARGUMENTS_MAX + 3])
{
	size_t n = 0;
	char *rest = line + strspn(line, " \t"), *word;
	while (n < ARGUMENTS_MAX + 2 && rest) {
		bool is_text = n == 1 && strcmp(words[0], "type") == 0;
		word = is_text ? rest : strsep(&rest, " \t");
		if (*word || is_text)
			words[n++] = word;
		if (is_text)
			break;
	}
	words[n] = NULL;
}

static int run_line(struct input *input, char *line)
{
	char *words[ARGUMENTS_MAX + 3], **rest = words;
	struct step step;
	line[strcspn(line, "\n")] = '\0';
	split(line, words);
	if (!words[0] || words[0][0] == '#')
		return STATUS_OK;
	int status = parse_step(&rest, &step);
	if (status == STATUS_OK && *rest)
		status = misuse("argument too many: '%s'", *rest);
	if (status == STATUS_OK)
		status = step.action->run(input, step.args);
	step_finish(&step);
	return status;
}

static int run_script(struct input *input)
{
	char *line = NULL;
	size_t size = 0;
	int status = STATUS_OK;
	unsigned number = 0;
	char place[32];
	complain_about(place);
	while (status == STATUS_OK && getline(&line, &size, stdin) >= 0) {
		snprintf(place, sizeof(place), "line %u", ++number);
		status = run_line(input, line);
	}
	complain_about(NULL);
	free(line);
	if (status == STATUS_OK && ferror(stdin))
		return complain("cannot read standard input: %s", strerror(errno));
	return status;
}

/* ---- the server ----------------------------------------------------------------------------- */

static void registry_global(void *data, struct wl_registry *registry, uint32_t id,
			    const char *interface, uint32_t version)
{
	struct input *input = data;
	if (strcmp(interface, wl_seat_interface.name) == 0 && !input->seat)
		input->seat = wl_registry_bind(registry, id, &wl_seat_interface, 1);
	else if (strcmp(interface, zwp_virtual_keyboard_manager_v1_interface.name) == 0)
		input->keyboards = wl_registry_bind(registry, id,
						    &zwp_virtual_keyboard_manager_v1_interface, 1);
	else if (strcmp(interface, zwlr_virtual_pointer_manager_v1_interface.name) == 0 &&
		 version >= 2)
		input->pointers = wl_registry_bind(registry, id,
						   &zwlr_virtual_pointer_manager_v1_interface, 2);
}

static void registry_global_remove(void *data, struct wl_registry *registry, uint32_t id) {}

static const struct wl_registry_listener registry_listener = {
	.global = registry_global,
	.global_remove = registry_global_remove,
};

static int open_input(struct input *input, const char *display)
{
	const struct remote_output *output;
	int status = remote_open(&input->remote, display);
	if (status == 0 && input->output)
		status = remote_find_output(&input->remote, input->output, &output);
	if (status)
		return status;
	input->registry = wl_display_get_registry(input->remote.display);
	if (!input->registry)
		return complain("out of memory");
	wl_registry_add_listener(input->registry, &registry_listener, input);
	return remote_sync(&input->remote);
}

static void close_input(struct input *input)
{
	typist_close(input->typist);
	pointer_close(input);
	if (input->keyboards)
		zwp_virtual_keyboard_manager_v1_destroy(input->keyboards);
	if (input->pointers)
		zwlr_virtual_pointer_manager_v1_destroy(input->pointers);
	if (input->seat)
		wl_seat_destroy(input->seat);
	if (input->registry)
		wl_registry_destroy(input->registry);
	remote_close(&input->remote);
}

/* ---- arguments ------------------------------------------------------------------------------ */

static int set_option(struct input *input, int option, const char **display)
{
	switch (option) {
	case 'd': *display = optarg; return STATUS_OK;
	case 'o': input->output = optarg; return STATUS_OK;
	case 'y': return parse_unsigned(optarg, MS_MAX, "time in ms", &input->delay_ms);
	case 'h': return fputs(help, stdout) < 0 ? STATUS_FAILED : -1;
	default: return STATUS_USAGE;
	}
}

static int read_arguments(struct input *input, int argc, char **argv, const char **display)
{
	static const struct option options[] = {
		{"display", required_argument, NULL, 'd'},
		{"output", required_argument, NULL, 'o'},
		{"delay", required_argument, NULL, 'y'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option, status = STATUS_OK;
	while (status == STATUS_OK && (option = next_option(argc, argv, options, 1)) != -1)
		status = set_option(input, option, display);
	if (status)
		return status;
	if (optind == argc)
		return misuse("an action is missing");
	return strcmp(argv[optind], "-") == 0 ? STATUS_OK : check_words(argv + optind);
}

static int run(int argc, char **argv)
{
	struct input input = {.delay_ms = 2};
	const char *display = NULL;
	int status = read_arguments(&input, argc, argv, &display);
	if (status)
		return status < 0 ? STATUS_OK : status;
	bool script = strcmp(argv[optind], "-") == 0;
	if (script && optind + 1 < argc)
		return misuse("argument too many: '%s'", argv[optind + 1]);
	status = open_input(&input, display);
	if (status == STATUS_OK)
		status = script ? run_script(&input) : run_words(&input, argv + optind);
	close_input(&input);
	return status;
}

const struct command input_command = {
	.name = "input",
	.summary = "type, click and scroll from scripts",
	.help = help,
	.run = run,
};
