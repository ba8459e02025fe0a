/* SPDX-License-Identifier: MIT */
/* A device in sentences: first the answer, then what it rests on. */
#include "probe.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 80, NAMES = 14 };

/* ---- reading the value ---------------------------------------------------------------------- */

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;
	json_object_object_get_ex(object, key, &value);
	return value;
}

static const char *text(struct json_object *object, const char *key)
{
	const char *value = json_object_get_string(get(object, key));
	return value ? value : "";
}

static bool is(struct json_object *object, const char *key)
{
	return json_object_get_boolean(get(object, key));
}

static int number(struct json_object *object, const char *key)
{
	return json_object_get_int(get(object, key));
}

static size_t count(struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

static struct json_object *at(struct json_object *list, size_t index)
{
	return json_object_array_get_idx(list, index);
}

/* ---- paragraphs ----------------------------------------------------------------------------- */

/* Lines no longer than COLUMNS, all but the first indented. */
struct paragraph {
	FILE *file;
	int indent, column;
	bool begun; /* there is a word on the line */
};

static void put_word(struct paragraph *paragraph, const char *word, size_t length)
{
	if (paragraph->begun && paragraph->column + 1 + (int)length > COLUMNS) {
		paragraph->column = fprintf(paragraph->file, "\n%*s", paragraph->indent, "") - 1;
		paragraph->begun = false;
	}
	if (paragraph->begun)
		paragraph->column += fprintf(paragraph->file, " ");
	for (size_t i = 0; i < length; i++) /* names come from drivers and monitors */
		fputc((unsigned char)word[i] < ' ' || word[i] == 127 ? '?' : word[i],
		      paragraph->file);
	paragraph->column += (int)length;
	paragraph->begun = true;
}

static void put(struct paragraph *paragraph, const char *words)
{
	while (*words) {
		const size_t length = strcspn(words, " ");
		if (length > 0)
			put_word(paragraph, words, length);
		words += length + (words[length] == ' ');
	}
}

__attribute__((format(printf, 2, 3))) static void put_format(struct paragraph *paragraph,
							     const char *format, ...)
{
	char words[1500];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	put(paragraph, words);
}

static void put_remedy(struct paragraph *paragraph, const char *remedy)
{
	if (*remedy)
		put_format(paragraph, "Remedy: %s", remedy);
}

/* A line "  name   ", whose words follow; a long name has the line for itself. */
static struct paragraph begin(FILE *file, const char *name)
{
	struct paragraph paragraph = {.file = file, .indent = 4, .column = 2};
	fputs("  ", file);
	put(&paragraph, name);
	paragraph.indent = NAMES;
	if (paragraph.column >= NAMES)
		fprintf(file, "\n%*s", NAMES, "");
	else
		fprintf(file, "%*s", NAMES - paragraph.column, "");
	paragraph.column = NAMES;
	paragraph.begun = false;
	return paragraph;
}

static void end(struct paragraph *paragraph)
{
	fputc('\n', paragraph->file);
}

static void heading(FILE *file, const char *words)
{
	fprintf(file, "\n  %s\n", words);
}

/* ---- the answer ----------------------------------------------------------------------------- */

static const char *answer_of(struct json_object *client, bool shown)
{
	const char *path = text(client, "path");
	if (strcmp(path, "none") == 0)
		return "shows nothing";
	if (strcmp(path, "copy") == 0)
		return "a client's framebuffer is copied once a frame";
	if (strcmp(path, "flush") == 0)
		return shown ? "a client's framebuffer is shown without a copy by the server"
			     : "a client's framebuffer should be shown without a copy by the server";
	return shown ? "a client's framebuffer is shown as it is, without a copy"
		     : "a client's framebuffer should be shown as it is, without a copy";
}

static void print_answer(FILE *file, struct json_object *device)
{
	struct paragraph paragraph = {.file = file, .indent = 2};
	struct json_object *client = at(get(device, "clients"), 0);
	put_format(&paragraph, "%s (%s):", text(device, "driver"), text(device, "path"));
	if (get(device, "error")) {
		put_format(&paragraph, "%s", text(device, "reason"));
		put_remedy(&paragraph, text(device, "remedy"));
	} else {
		put_format(&paragraph, "%s: %s", answer_of(client, is(device, "shown")),
			   text(client, "reason"));
		put_remedy(&paragraph, text(client, "remedy"));
	}
	end(&paragraph);
}

/* ---- what it rests on ----------------------------------------------------------------------- */

static void print_clients(FILE *file, struct json_object *device)
{
	struct json_object *clients = get(device, "clients");
	heading(file, "What a client gets on it");
	for (size_t i = 0; i < count(clients); i++) {
		struct json_object *client = at(clients, i);
		struct paragraph paragraph = begin(file, text(client, "kind"));
		put_format(&paragraph, "%s", text(client, "path"));
		if (*text(client, "memory"))
			put_format(&paragraph, "(memory: %s)", text(client, "memory"));
		if (i > 0) /* the first one's is the answer above */
			put_format(&paragraph, "- %s", text(client, "reason"));
		end(&paragraph);
	}
}

static void put_verdict(struct paragraph *paragraph, struct json_object *verdict)
{
	const char *state = text(verdict, "state");
	if (strcmp(state, "unverified") == 0)
		put_format(paragraph, "unverified beyond %s:", text(verdict, "depth"));
	else if (strcmp(state, "failed") == 0)
		put_format(paragraph, "failed at %s: %s: %s:", text(verdict, "depth"),
			   text(verdict, "call"), text(verdict, "error"));
	else
		put_format(paragraph, "%s:", state);
	put(paragraph, text(verdict, "reason"));
}

static void put_rates(struct paragraph *paragraph, struct json_object *allocator)
{
	if (is(allocator, "mapped") && number(allocator, "write_mb_s") > 0)
		put_format(paragraph, "Memory: %s, read at %d MB/s, written at %d MB/s.",
			   text(allocator, "caching"), number(allocator, "read_mb_s"),
			   number(allocator, "write_mb_s"));
}

static void print_allocators(FILE *file, struct json_object *list)
{
	heading(file, "Memory that a client can be lent");
	for (size_t i = 0; i < count(list); i++) {
		struct json_object *verdict = at(list, i);
		struct paragraph paragraph = begin(file, text(verdict, "name"));
		put_verdict(&paragraph, verdict);
		put_rates(&paragraph, verdict);
		put_remedy(&paragraph, text(verdict, "remedy"));
		end(&paragraph);
	}
}

static bool same_verdict(struct json_object *a, struct json_object *b)
{
	static const char *const keys[] = {"state", "depth", "call", "error", "reason", "remedy"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strcmp(text(a, keys[i]), text(b, keys[i])) != 0)
			return false;
	return true;
}

/* The names of all that have the verdict of the index-th. false: an earlier one has it. */
static bool join_names(struct json_object *list, size_t index, char *names, size_t size)
{
	size_t length = 0;
	for (size_t i = 0; i < count(list) && length < size; i++) {
		if (!same_verdict(at(list, i), at(list, index)))
			continue;
		if (i < index)
			return false;
		length += (size_t)snprintf(names + length, size - length, "%s%s",
					   length ? ", " : "", text(at(list, i), "name"));
	}
	return true;
}

static void print_foreign(FILE *file, struct json_object *list)
{
	char names[1024] = "";
	if (count(list) > 0)
		heading(file, "Memory of other origin on its display");
	for (size_t i = 0; i < count(list); i++) {
		if (!join_names(list, i, names, sizeof(names)))
			continue;
		struct paragraph paragraph = begin(file, names);
		put_verdict(&paragraph, at(list, i));
		put_remedy(&paragraph, text(at(list, i), "remedy"));
		end(&paragraph);
	}
}

/* ---- the device ----------------------------------------------------------------------------- */

static void print_driver(FILE *file, struct json_object *device)
{
	struct paragraph paragraph = begin(file, "driver");
	put_format(&paragraph, "%s, Linux %s", text(device, "driver"), text(device, "kernel"));
	if (*text(device, "bus"))
		put_format(&paragraph, "(%s%s%s)", text(device, "bus"),
			   *text(device, "id") ? " " : "", text(device, "id"));
	if (*text(device, "render_node"))
		put_format(&paragraph, "renders by %s", text(device, "render_node"));
	end(&paragraph);
}

static const char *connected(struct json_object *connector)
{
	if (!get(connector, "connected"))
		return "perhaps connected";
	return is(connector, "connected") ? "connected" : "not connected";
}

static void print_connector(FILE *file, struct json_object *connector)
{
	struct paragraph paragraph = begin(file, text(connector, "name"));
	struct json_object *modes = get(connector, "modes"), *first = at(modes, 0);
	put_format(&paragraph, "%s", connected(connector));
	if (*text(connector, "make") || *text(connector, "model"))
		put_format(&paragraph, "to %s %s", text(connector, "make"),
			   text(connector, "model"));
	if (first)
		put_format(&paragraph, "%dx%d at %.2f Hz, %zu mode%s", number(first, "width"),
			   number(first, "height"), number(first, "refresh_mhz") / 1000.0,
			   count(modes), count(modes) == 1 ? "" : "s");
	end(&paragraph);
}

static bool same_plane(struct json_object *a, struct json_object *b)
{
	return strcmp(text(a, "kind"), text(b, "kind")) == 0 &&
	       json_object_equal(get(a, "formats"), get(b, "formats"));
}

static void print_planes(FILE *file, struct json_object *planes)
{
	size_t alike = 1;
	for (size_t i = 0; i < count(planes); i += alike) {
		struct json_object *plane = at(planes, i), *formats = get(plane, "formats");
		for (alike = 1; i + alike < count(planes); alike++)
			if (!same_plane(plane, at(planes, i + alike)))
				break;
		struct paragraph paragraph = begin(file, alike > 1 ? "planes" : "plane");
		put_format(&paragraph, "%zu %s:", alike, text(plane, "kind"));
		for (size_t j = 0; j < count(formats); j++)
			put_format(&paragraph, "%s", json_object_get_string(at(formats, j)));
		end(&paragraph);
	}
}

static void print_commits(FILE *file, struct json_object *device)
{
	struct paragraph paragraph = begin(file, "commits");
	put(&paragraph, is(device, "atomic") ? "atomic" : "by the older calls");
	if (get(device, "paced"))
		put(&paragraph, is(device, "paced") ? "and paced by the display"
						    : "and not paced by the display");
	if (is(device, "writeback"))
		put(&paragraph, "(the picture can be read back)");
	end(&paragraph);
}

static void print_unshown(FILE *file, struct json_object *device)
{
	if (is(device, "shown"))
		return;
	struct paragraph paragraph = begin(file, "not shown");
	put_format(&paragraph, "No picture was shown: %s", text(device, "unshown_reason"));
	put_remedy(&paragraph, text(device, "unshown_remedy"));
	end(&paragraph);
}

static void print_knowledge(FILE *file, struct json_object *device)
{
	struct json_object *knowledge = get(device, "knowledge");
	if (!*text(knowledge, "source"))
		return;
	struct paragraph paragraph = begin(file, "known");
	put(&paragraph, text(knowledge, "remark"));
	if (get(device, "flush"))
		put(&paragraph, is(device, "flush")
					? "The display shows a copy, which the driver renews."
					: "The display reads the buffer itself.");
	put_format(&paragraph, "(From: %s; %s.)", text(knowledge, "evidence"),
		   text(knowledge, "source"));
	end(&paragraph);
}

static void print_device(FILE *file, struct json_object *device)
{
	struct json_object *connectors = get(device, "connectors");
	heading(file, "The device");
	print_driver(file, device);
	for (size_t i = 0; i < count(connectors); i++)
		print_connector(file, at(connectors, i));
	print_planes(file, get(device, "planes"));
	if (is(device, "display")) {
		print_commits(file, device);
		print_unshown(file, device);
	}
	print_knowledge(file, device);
}

void probe_print_text(FILE *file, struct json_object *device)
{
	print_answer(file, device);
	if (!get(device, "error")) {
		print_clients(file, device);
		print_allocators(file, get(device, "allocators"));
		print_foreign(file, get(device, "foreign"));
	}
	print_device(file, device);
}
