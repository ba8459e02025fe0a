/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "cli.h"
#include "common/error.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What libinih keeps of a line and of a section's name; it cuts off the rest. */
#define LINE_MAX_LENGTH	   198
#define SECTION_MAX_LENGTH 49

struct section_kind;

struct parser {
	struct config *config;
	const char *path;
	FILE *file;
	unsigned line;
	bool begins;  /* the line before began a section */
	bool expects; /* the line before has something to be handled */
	char place[512];
	/* the section that is being read */
	const struct section_kind *kind; /* NULL: none yet */
	char name[64];			 /* what comes after the kind */
	unsigned header;		 /* its line */
	uint32_t seen;			 /* keys */
	struct output_wish wish;
	char mode[64];
	struct program *program;
	int status;
};

/* Complaints are about that line from now on. */
static void point_at(struct parser *parser, unsigned line)
{
	snprintf(parser->place, sizeof(parser->place), "%s:%u", parser->path, line);
	complain_about(parser->place);
}

static int copy_text(char **text, const char *value)
{
	free(*text);
	*text = strdup(value);
	return *text ? STATUS_OK : complain("out of memory");
}

static int read_boolean(const char *value, bool *boolean)
{
	*boolean = strcmp(value, "yes") == 0;
	if (*boolean || strcmp(value, "no") == 0)
		return STATUS_OK;
	return complain("'%s' is neither yes nor no", value);
}

/* ---- [server] ------------------------------------------------------------------------------- */

static int read_socket(struct parser *parser, const char *value)
{
	return *value ? copy_text(&parser->config->socket, value)
		      : complain("the socket's name is empty");
}

static int read_server_layout(struct parser *parser, const char *value)
{
	parser->config->has_layout = true;
	if (parse_layout(value, &parser->config->layout) < 0)
		return complain("layout '%s' is neither full nor tile", value);
	return STATUS_OK;
}

static int read_log(struct parser *parser, const char *value)
{
	parser->config->has_log = true;
	if (parse_level(value, &parser->config->log) < 0)
		return complain("log level '%s' is not error, warning, info or debug", value);
	return STATUS_OK;
}

static int read_xwayland(struct parser *parser, const char *value)
{
	return read_boolean(value, &parser->config->xwayland);
}

static int read_shortcuts(struct parser *parser, const char *value)
{
	bool shortcuts;
	int status = read_boolean(value, &shortcuts);
	parser->config->no_shortcuts = !shortcuts;
	return status;
}

static int begin_server(struct parser *parser)
{
	return *parser->name ? complain("[server] has no name") : STATUS_OK;
}

static int end_server(struct parser *parser)
{
	return STATUS_OK;
}

/* ---- [output KIND or NAME] ------------------------------------------------------------------ */

static int read_mode(struct parser *parser, const char *value)
{
	struct output_wish *wish = &parser->wish;
	snprintf(parser->mode, sizeof(parser->mode), "%s", value);
	if (parse_mode(value, &wish->width, &wish->height, &wish->refresh) < 0)
		return complain("mode '%s' is not WIDTHxHEIGHT or WIDTHxHEIGHT@HZ", value);
	return STATUS_OK;
}

static int read_scale(struct parser *parser, const char *value)
{
	if (parse_scale(value, &parser->wish.scale) < 0)
		return complain("scale '%s' is not a number from 0.5 to 10", value);
	return STATUS_OK;
}

static int read_transform(struct parser *parser, const char *value)
{
	parser->wish.has_transform = true;
	if (parse_transform(value, &parser->wish.transform) < 0)
		return complain("transform '%s' is not normal, 90, 180, 270, flipped, flipped-90, "
				"flipped-180 or flipped-270",
				value);
	return STATUS_OK;
}

static int read_position(struct parser *parser, const char *value)
{
	parser->wish.has_position = true;
	if (parse_position(value, &parser->wish.x, &parser->wish.y) < 0)
		return complain("position '%s' is not X,Y, as in 1280,0", value);
	return STATUS_OK;
}

static int read_layout(struct parser *parser, const char *value)
{
	parser->wish.has_layout = true;
	if (parse_layout(value, &parser->wish.layout) < 0)
		return complain("layout '%s' is neither full nor tile", value);
	return STATUS_OK;
}

static int begin_output(struct parser *parser)
{
	parser->wish = (struct output_wish){0};
	parser->mode[0] = '\0';
	return *parser->name ? STATUS_OK
			     : complain("[output] needs a kind, as in [output kms], or a name, as "
					"in [output HDMI-A-1]");
}

/* Its kind is read as --output's is, with the mode behind it. */
static int read_kind(const struct parser *parser, struct output_wish *wish)
{
	char text[sizeof(parser->name) + sizeof(parser->mode) + 1];
	snprintf(text, sizeof(text), "%s%s%s", parser->name, *parser->mode ? ":" : "",
		 parser->mode);
	return output_parse(text, wish);
}

static int end_output(struct parser *parser)
{
	struct output_set *set = &parser->config->outputs;
	struct output_wish *wish;
	if (!output_is_kind(parser->name))
		return output_set_add_named(set, parser->name, &parser->wish);
	if (set->n_wishes == OUTPUTS_MAX)
		return complain("more than %d outputs", OUTPUTS_MAX);
	wish = &set->wishes[set->n_wishes++];
	int status = read_kind(parser, wish);
	wish->scale = parser->wish.scale ? parser->wish.scale : wish->scale;
	if (parser->wish.has_transform) {
		wish->has_transform = true;
		wish->transform = parser->wish.transform;
	}
	if (parser->wish.has_layout) {
		wish->has_layout = true;
		wish->layout = parser->wish.layout;
	}
	wish->has_position = parser->wish.has_position;
	wish->x = parser->wish.x;
	wish->y = parser->wish.y;
	return status;
}

/* ---- [program NAME] ------------------------------------------------------------------------- */

/* A command that goes on in the next line is one line. */
static int read_command(struct parser *parser, const char *value)
{
	struct program *program = parser->program;
	char *line;
	int length = asprintf(&line, "%s%s%s", program->shell ? program->shell : "",
			      program->shell ? " " : "", value);
	if (length < 0)
		return complain("out of memory");
	free(program->shell);
	program->shell = line;
	return STATUS_OK;
}

static int read_restart(struct parser *parser, const char *value)
{
	static const char *const names[] = {[RESTART_NEVER] = "never",
					    [RESTART_ON_FAILURE] = "on-failure",
					    [RESTART_ALWAYS] = "always"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(value, names[i]) == 0) {
			parser->program->restart = (enum restart)i;
			return STATUS_OK;
		}
	}
	return complain("restart '%s' is not always, on-failure or never", value);
}

static int read_output(struct parser *parser, const char *value)
{
	return *value ? copy_text(&parser->program->output, value)
		      : complain("the output's name is empty");
}

static int read_environment(struct parser *parser, const char *value)
{
	struct program *program = parser->program;
	const char *equals = strchr(value, '=');
	if (!equals || equals == value)
		return complain("environment '%s' is not NAME=VALUE", value);
	char **list = reallocarray(program->environment, program->n_environment + 1, sizeof(*list));
	if (!list)
		return complain("out of memory");
	program->environment = list;
	list[program->n_environment] = strdup(value);
	return list[program->n_environment++] ? STATUS_OK : complain("out of memory");
}

static int begin_program(struct parser *parser)
{
	const struct programs *programs = &parser->config->programs;
	if (!*parser->name)
		return complain("[program] needs a name, as in [program browser]");
	for (size_t i = 0; i < programs->n; i++)
		if (strcmp(programs->list[i].name, parser->name) == 0)
			return complain("there is a program %s already", parser->name);
	parser->program = programs_add(&parser->config->programs, parser->name);
	return parser->program ? STATUS_OK : STATUS_FAILED;
}

static int end_program(struct parser *parser)
{
	if (parser->program->shell && *parser->program->shell)
		return STATUS_OK;
	return complain("program %s has no command", parser->name);
}

/* ---- sections and keys ---------------------------------------------------------------------- */

#define KEYS_MAX 8

static const struct section_kind {
	const char *name;
	int (*begin)(struct parser *parser);
	int (*end)(struct parser *parser);
	struct key {
		const char *name;
		int (*read)(struct parser *parser, const char *value);
		bool repeats;
	} keys[KEYS_MAX];
} kinds[] = {
	{"server",
	 begin_server,
	 end_server,
	 {{"socket", read_socket, false},
	  {"layout", read_server_layout, false},
	  {"log", read_log, false},
	  {"xwayland", read_xwayland, false},
	  {"shortcuts", read_shortcuts, false}}},
	{"output",
	 begin_output,
	 end_output,
	 {{"mode", read_mode, false},
	  {"scale", read_scale, false},
	  {"transform", read_transform, false},
	  {"position", read_position, false},
	  {"layout", read_layout, false}}},
	{"program",
	 begin_program,
	 end_program,
	 {{"command", read_command, true},
	  {"restart", read_restart, false},
	  {"output", read_output, false},
	  {"environment", read_environment, true}}},
};

static int end_section(struct parser *parser)
{
	if (!parser->kind)
		return STATUS_OK;
	point_at(parser, parser->header);
	int status = parser->kind->end(parser);
	parser->kind = NULL;
	return status;
}

static int begin_section(struct parser *parser, const char *section)
{
	size_t length = strcspn(section, " \t");
	int status = end_section(parser);
	if (status)
		return status;
	point_at(parser, parser->header = parser->line);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, section, length) == 0)
			parser->kind = &kinds[i];
	if (!parser->kind)
		return complain("[%s] is none of [server], [output KIND or NAME] and "
				"[program NAME]",
				section);
	section += length;
	snprintf(parser->name, sizeof(parser->name), "%s", section + strspn(section, " \t"));
	parser->seen = 0;
	return parser->kind->begin(parser);
}

static int complain_key(const struct section_kind *kind, const char *name)
{
	char names[128] = "";
	size_t length = 0;
	for (size_t i = 0; i < KEYS_MAX && kind->keys[i].name; i++)
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   i ? ", " : "", kind->keys[i].name);
	return complain("[%s] has no key '%s': it has %s", kind->name, name, names);
}

static int read_key(struct parser *parser, const char *name, const char *value)
{
	const struct section_kind *kind = parser->kind;
	point_at(parser, parser->line);
	if (!kind)
		return complain("'%s' is in no section", name);
	for (size_t i = 0; i < KEYS_MAX && kind->keys[i].name; i++) {
		if (strcmp(kind->keys[i].name, name) != 0)
			continue;
		if (parser->seen & 1u << i && !kind->keys[i].repeats)
			return complain("%s is said twice", name);
		parser->seen |= 1u << i;
		return kind->keys[i].read(parser, value);
	}
	return complain_key(kind, name);
}

/* ---- libinih -------------------------------------------------------------------------------- */

static int handle(void *data, const char *section, const char *name, const char *value)
{
	struct parser *parser = data;
	parser->expects = false;
	if (parser->status)
		return 1;
	parser->status = *name ? read_key(parser, name, value) : begin_section(parser, section);
	return 1;
}

static int check_line(struct parser *parser, const char *line, size_t room)
{
	const char *end = strchr(line, ']');
	point_at(parser, parser->line);
	if (strlen(line) == room - 1 && line[room - 2] != '\n')
		return complain("the line is longer than %d characters: a command can go on in the "
				"next line, which begins with a space",
				LINE_MAX_LENGTH);
	if (*line == '[' && !end)
		return complain("the section's name does not end with ]");
	if (*line == '[' && end - line - 1 > SECTION_MAX_LENGTH)
		return complain("the section's name is longer than %d characters",
				SECTION_MAX_LENGTH);
	parser->begins = *line == '[';
	line += strspn(line, " \t\r\n");
	parser->expects = *line && !strchr(";#[", *line);
	return STATUS_OK;
}

/* What is neither a section, a key nor a comment, nobody was told of. */
static int check_handled(struct parser *parser)
{
	if (!parser->expects)
		return STATUS_OK;
	point_at(parser, parser->line);
	return complain("this is neither [SECTION] nor KEY = VALUE");
}

static char *read_physical(struct parser *parser, char *line, int room)
{
	static const char mark[] = "\xef\xbb\xbf";
	if (!fgets(line, room, parser->file))
		return NULL;
	if (++parser->line == 1 && strncmp(line, mark, 3) == 0)
		memmove(line, line + 3, (size_t)room - 3);
	return line;
}

/* The library does not tell of sections, which may have no keys: behind the line that begins one,
 * it gets an empty key. */
static char *read_line(char *line, int room, void *data)
{
	struct parser *parser = data;
	if (!parser->status)
		parser->status = check_handled(parser);
	if (parser->status)
		return NULL;
	if (parser->begins) {
		parser->begins = false;
		snprintf(line, (size_t)room, "=\n");
		return line;
	}
	if (!read_physical(parser, line, room))
		return NULL;
	parser->status = check_line(parser, line, (size_t)room);
	return parser->status ? NULL : line;
}

int config_read(struct config *config, const char *path)
{
	struct parser parser = {.config = config, .path = path, .file = fopen(path, "re")};
	if (!parser.file)
		return complain("cannot read %s: %s", path, strerror(errno));
	ini_parse_stream(read_line, &parser, handle, &parser);
	if (!parser.status)
		parser.status = end_section(&parser);
	bool failed = ferror(parser.file) != 0;
	fclose(parser.file);
	complain_about(NULL);
	if (!parser.status && failed)
		return complain("cannot read %s: %s", path, strerror(EIO));
	return parser.status ? STATUS_USAGE : STATUS_OK;
}
