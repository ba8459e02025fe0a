/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

static int terminal_width(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* How many bytes of text fit in the width, and how wide they are. */
static size_t fit(const char *text, int width, int *used)
{
	mbstate_t state = {0};
	size_t length = 0;
	*used = 0;
	while (text[length]) {
		wchar_t character;
		size_t bytes = mbrtowc(&character, text + length, strlen(text + length), &state);
		int columns = bytes > MB_LEN_MAX ? -1 : wcwidth(character);
		if (columns < 0 || *used + columns > width)
			break;
		*used += columns;
		length += bytes;
	}
	return length;
}

static void print_cell(struct table *table, const char *text)
{
	int width = table->widths[table->column];
	int room = width ? abs(width) : INT_MAX;
	int used;
	if (table->limit && room > table->limit - table->used)
		room = table->limit > table->used ? table->limit - table->used : 0;
	size_t length = fit(text, room, &used);
	const char *more = "";
	if (text[length] && room > 1) {
		length = fit(text, room - 1, &used);
		more = "~";
		used++;
	}
	int padding = width ? room - used : 0;
	printf("%*s%.*s%s%*s", width < 0 ? padding : 0, "", (int)length, text, more,
	       width > 0 ? padding : 0, "");
	table->used += used + padding;
}

void table_text(struct table *table, const char *text)
{
	if (table->column > 0 && (!table->limit || table->used < table->limit)) {
		putchar(' ');
		table->used++;
	}
	print_cell(table, text);
	table->column++;
}

void table_format(struct table *table, const char *format, ...)
{
	char text[64];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	table_text(table, text);
}

void table_bytes(struct table *table, double bytes)
{
	static const char *const units[] = {"", " kB", " MB", " GB", " TB"};
	size_t unit = 0;
	for (; bytes >= 1000 && unit < 4; unit++)
		bytes /= 1000;
	table_format(table, "%.*f%s", unit > 0 && bytes < 99.95 ? 1 : 0, bytes, units[unit]);
}

void table_end(struct table *table)
{
	putchar('\n');
	table->column = 0;
	table->used = 0;
}

void table_heads(struct table *table, const char *const *heads)
{
	table->limit = terminal_width();
	for (int i = 0; i < table->n_columns; i++)
		table_text(table, heads[i]);
	table_end(table);
}
