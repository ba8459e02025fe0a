/* SPDX-License-Identifier: MIT */
#include "alloc/verdict.h"
#include "common/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct lend_verdict verdict; /* its texts point into this entry */
	char reason[384], remedy[384], call[48];
};

struct lend_verdicts {
	size_t count;
	struct entry entries[];
};

struct lend_verdicts *verdicts_create(size_t capacity)
{
	return calloc(1, sizeof(struct lend_verdicts) + capacity * sizeof(struct entry));
}

struct word {
	const char *name, *value;
};

static const struct word *find_word(const struct word *words, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(text, words[i].name, strlen(words[i].name)) == 0)
			return &words[i];
	return NULL;
}

/* Copies the template, with the words in braces replaced; cut off where it does not fit. */
static void expand(char *text, size_t length, const char *from, const struct word *words,
		   size_t count)
{
	size_t at = 0;
	while (*from && at + 1 < length) {
		const struct word *word = find_word(words, count, from);
		if (!word) {
			text[at++] = *from++;
			continue;
		}
		size_t n = strnlen(word->value, length - 1 - at);
		memcpy(text + at, word->value, n);
		at += n;
		from += strlen(word->name);
	}
	text[at] = '\0';
}

void subject_expand(const struct subject *subject, const char *from, char *text, size_t length)
{
	const struct word words[] = {
		{"{driver}", subject->driver},
		{"{kernel}", subject->kernel},
		{"{path}", subject->path},
	};
	expand(text, length, from, words, sizeof(words) / sizeof(*words));
}

void verdicts_add(struct lend_verdicts *verdicts, const struct lend_verdict *verdict,
		  const struct subject *subject)
{
	const char *meaning = strerrordesc_np(verdict->error);
	const struct word words[] = {
		{"{driver}", subject->driver},
		{"{kernel}", subject->kernel},
		{"{path}", subject->path},
		{"{call}", verdict->call},
		{"{meaning}", meaning ? meaning : "an unknown error"},
	};
	const size_t count = sizeof(words) / sizeof(*words);
	struct entry *entry = &verdicts->entries[verdicts->count++];
	expand(entry->reason, sizeof(entry->reason), verdict->reason, words, count);
	expand(entry->remedy, sizeof(entry->remedy), verdict->remedy, words, count);
	entry->verdict = *verdict;
	snprintf(entry->call, sizeof(entry->call), "%s", verdict->call);
	entry->verdict.call = entry->call;
	entry->verdict.reason = entry->reason;
	entry->verdict.remedy = entry->remedy;
}

void verdicts_add_failure(struct lend_verdicts *verdicts, const char *allocator,
			  const struct trial *trial, const struct subject *subject)
{
	const struct explanation *explanation = explanation_find(allocator, trial, subject);
	const struct lend_verdict verdict = {
		.allocator = allocator,
		.state = LEND_STATE_FAILED,
		.depth = trial->depth,
		.call = trial->call,
		.error = trial->error,
		.reason = explanation->reason,
		.remedy = explanation->remedy,
	};
	verdicts_add(verdicts, &verdict, subject);
}

static bool tells(const struct lend_verdict *verdict)
{
	return verdict->state == LEND_STATE_FAILED || verdict->remedy[0] != '\0';
}

int verdicts_fail(const struct lend_verdicts *verdicts, int error)
{
	char text[512];
	size_t i = verdicts->count - 1;
	while (i > 0 && !tells(&verdicts->entries[i].verdict))
		i--;
	lend_verdict_format(&verdicts->entries[i].verdict, text, sizeof(text));
	return fail(error, "%s", text);
}

size_t lend_verdicts_count(const struct lend_verdicts *verdicts)
{
	return verdicts ? verdicts->count : 0;
}

const struct lend_verdict *lend_verdicts_get(const struct lend_verdicts *verdicts, size_t index)
{
	return index < lend_verdicts_count(verdicts) ? &verdicts->entries[index].verdict : NULL;
}

void lend_verdicts_destroy(struct lend_verdicts *verdicts)
{
	free(verdicts);
}
