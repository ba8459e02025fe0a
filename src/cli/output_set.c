/* SPDX-License-Identifier: MIT */
#include "output_set.h"
#include "cli.h"

#include <stdio.h>
#include <string.h>

int output_set_add(struct output_set *set, const char *text)
{
	if (set->n_wishes == OUTPUTS_MAX)
		return misuse("more than %d outputs", OUTPUTS_MAX);
	return output_parse(text, &set->wishes[set->n_wishes++]);
}

int output_set_add_named(struct output_set *set, const char *name, const struct output_wish *wish)
{
	if (set->n_named == OUTPUTS_MAX)
		return complain("more than %d outputs", OUTPUTS_MAX);
	snprintf(set->names[set->n_named], sizeof(set->names[0]), "%s", name);
	set->named[set->n_named++] = *wish;
	return STATUS_OK;
}

int output_set_make(struct output_set *set, struct lend_server *server, enum lend_layout layout)
{
	int result = 0;
	for (size_t i = 0; i < set->n_wishes && result >= 0; i++) {
		struct output_wish *wish = &set->wishes[i];
		set->making = wish;
		if (wish->kind == OUTPUT_AUTO)
			result = output_make_auto(server, wish, layout, set->log, set->data);
		else
			result = output_make(server, wish, layout);
	}
	set->making = NULL;
	return result < 0 ? result : 0;
}

/* A display that was plugged in later is meant by who asked for its connector, or for all. */
static const struct output_wish *find_wish(const struct output_set *set, const char *name)
{
	for (size_t i = 0; !set->making && i < set->n_wishes; i++) {
		const struct output_wish *wish = &set->wishes[i];
		if (wish->kind == OUTPUT_KMS &&
		    (!wish->connector[0] || strcmp(wish->connector, name) == 0))
			return wish;
	}
	return set->making;
}

static void adjust(const struct output_set *set, const struct output_wish *wish,
		   struct lend_output *output, bool made)
{
	char text[256];
	if (output_adjust(wish, output, made) >= 0)
		return;
	snprintf(text, sizeof(text), "%s stays as it is: %s", lend_output_name(output),
		 lend_server_error());
	set->log(set->data, LEND_LOG_WARNING, text);
}

/* Puts one in place of another, or NULL. */
static void replace(struct output_set *set, const struct lend_output *before,
		    struct lend_output *now)
{
	for (size_t i = 0; i < SERVER_OUTPUTS_MAX; i++) {
		if (set->outputs[i] == before) {
			set->outputs[i] = now;
			return;
		}
	}
}

void output_set_added(struct output_set *set, struct lend_output *output)
{
	const char *name = lend_output_name(output);
	const struct output_wish *wish = find_wish(set, name);
	set->n_outputs++;
	replace(set, NULL, output);
	if (wish && output_is_window(wish))
		set->windows[wish - set->wishes] = output;
	if (wish)
		adjust(set, wish, output, true);
	for (size_t i = 0; i < set->n_named; i++)
		if (strcmp(set->names[i], name) == 0)
			adjust(set, &set->named[i], output, false);
}

bool output_set_removed(struct output_set *set, const struct lend_output *output)
{
	set->n_outputs--;
	replace(set, output, NULL);
	for (size_t i = 0; i < OUTPUTS_MAX; i++) {
		if (set->windows[i] == output) {
			set->windows[i] = NULL;
			return set->n_outputs == 0;
		}
	}
	return false;
}

struct lend_output *output_set_find(const struct output_set *set, const char *name)
{
	for (size_t i = 0; i < SERVER_OUTPUTS_MAX; i++)
		if (set->outputs[i] && strcmp(lend_output_name(set->outputs[i]), name) == 0)
			return set->outputs[i];
	return NULL;
}
