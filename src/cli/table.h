/* SPDX-License-Identifier: MIT */
/* Columns of text on standard output. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

struct table {
	const int *widths; /* of the columns; < 0: aligned to the right, 0: as wide as the text */
	int n_columns;
	int column; /* the next cell's */
	int used;   /* of the line so far */
	int limit;  /* the terminal's width, 0: no limit */
};

/* The first line; also finds out how wide a line may get. */
void table_heads(struct table *table, const char *const *heads);

/* Prints the next cell, shortened to fit. */
void table_text(struct table *table, const char *text);
__attribute__((format(printf, 2, 3))) void table_format(struct table *table, const char *format,
							...);
/* "0", "640 kB", "12.3 MB" */
void table_bytes(struct table *table, double bytes);

void table_end(struct table *table);

#endif
