/* SPDX-License-Identifier: MIT */
/* The transcript: parsed, asked, and what was asked written down. */
#include "kms.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 256, WORDS_MAX = 8, LINE_LENGTH = 256, LOG_LENGTH = 65536, CALLS_MAX = 128 };

struct line {
	char text[LINE_LENGTH]; /* cut into words in place */
	const char *call;
	const char *words[WORDS_MAX];
	size_t n_words;
	unsigned long nth; /* nth=N: this call alone; 0: any */
	bool spent;	   /* once, and it has answered */
	struct answer answer;
};

struct count {
	char call[40];
	size_t calls;
};

static struct {
	bool playing;
	struct line lines[LINES_MAX]; /* the first that matches answers */
	size_t n_lines;
	char evidence[LINE_LENGTH];
	char log[LOG_LENGTH];
	size_t log_used;
	struct count counts[CALLS_MAX];
	size_t n_counts;
} state;

void complain(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("fake-drm: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

static int error_by_name(const char *name)
{
	for (int error = 1; error < 134; error++) {
		const char *known = strerrorname_np(error);
		if (known && strcmp(known, name) == 0)
			return error;
	}
	return 0;
}

static void parse_option(struct line *line, const char *word)
{
	if (sscanf(word, "pitch=%lu", &line->answer.pitch) == 1 ||
	    sscanf(word, "limit=%lu", &line->answer.limit) == 1)
		return;
	if (strcmp(word, "dirty") == 0)
		line->answer.dirty = true;
	else if (strcmp(word, "apart") == 0)
		line->answer.apart = true;
	else if (strcmp(word, "once") == 0)
		line->answer.once = true;
	else
		complain("%s: no such option: %s", line->call, word);
}

static void parse_answer(struct line *line, char *text)
{
	char *save, *word = strtok_r(text, " \t", &save);
	if (!word)
		complain("%s: no answer", line->call);
	line->answer.text = word;
	line->answer.error = error_by_name(word);
	if (word[0] == 'E' && line->answer.error == 0)
		complain("%s: no such error: %s", line->call, word);
	while ((word = strtok_r(NULL, " \t", &save)))
		parse_option(line, word);
}

static void parse_call(struct line *line, char *text)
{
	char *save, *word = strtok_r(text, " \t", &save);
	if (!word)
		complain("a line without a call");
	line->call = word;
	while ((word = strtok_r(NULL, " \t", &save))) {
		if (sscanf(word, "nth=%lu", &line->nth) == 1)
			continue;
		if (line->n_words == WORDS_MAX)
			complain("%s: too many words", line->call);
		line->words[line->n_words++] = word;
	}
}

/* Answers point into the line, which therefore must not move. */
static void parse_line(struct line *line)
{
	char *arrow = strstr(line->text, "->");
	if (!arrow)
		complain("no \"->\" in: %s", line->text);
	*arrow = '\0';
	parse_call(line, line->text);
	parse_answer(line, arrow + 2);
}

static void add_line(const char *text, size_t length)
{
	static const char evidence[] = "# evidence: ";
	if (is_kms_line(text, length))
		return;
	if (length >= LINE_LENGTH || state.n_lines == LINES_MAX)
		complain("a line too long, or one too many: %.40s", text);
	if (strncmp(text, evidence, sizeof(evidence) - 1) == 0)
		snprintf(state.evidence, sizeof(state.evidence), "%.*s",
			 (int)(length - (sizeof(evidence) - 1)), text + sizeof(evidence) - 1);
	if (length == strspn(text, " \t") || text[0] == '#')
		return;
	struct line *line = &state.lines[state.n_lines++];
	memset(line, 0, sizeof(*line));
	memcpy(line->text, text, length);
	parse_line(line);
}

/* Later lines count first, so that what is injected wins. Within one text the first line wins. The
 * lines that describe objects are read in their order: what is injected changes what is there. */
static void add_lines(const char *text)
{
	const char *end = text + strlen(text);
	for (const char *at = text; at < end; at += *at == '\n') {
		const size_t length = strcspn(at, "\n");
		if (is_kms_line(at, length))
			kms_line(at, length);
		at += length;
	}
	while (end > text) {
		const char *start = end;
		while (start > text && start[-1] != '\n')
			start--;
		add_line(start, (size_t)(end - start));
		end = start > text ? start - 1 : text;
	}
}

void fake_drm_unload(void)
{
	kms_reset();
	objects_reset();
	files_reset();
	state.playing = false;
	state.n_lines = 0;
	state.evidence[0] = '\0';
	state.log[0] = '\0';
	state.log_used = 0;
	state.n_counts = 0;
}

void fake_drm_script(const char *transcript)
{
	fake_drm_unload();
	add_lines(transcript);
	state.playing = true;
}

void fake_drm_load(const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "re");
	if (!file)
		complain("%s: %s", path, strerror(errno));
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	fake_drm_script(text);
}

void fake_drm_inject(const char *lines)
{
	add_lines(lines);
	state.playing = true;
}

__attribute__((constructor)) static void load_from_environment(void)
{
	static char lines[4096];
	const char *path = getenv("LEND_FAKE_DRM"), *more = getenv("LEND_FAKE_DRM_INJECT");
	if (path && *path)
		fake_drm_load(path);
	if (!more || !*more)
		return;
	snprintf(lines, sizeof(lines), "%s", more);
	for (char *at = lines; *at; at++)
		if (*at == ';')
			*at = '\n';
	fake_drm_inject(lines);
}

bool playing(void)
{
	return state.playing;
}

const char *fake_drm_evidence(void)
{
	return state.evidence;
}

const char *fake_drm_log(void)
{
	return state.log;
}

static bool has_word(const char *words, const char *word)
{
	const size_t length = strlen(word);
	for (const char *at = words; (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

static struct count *count_of(const char *call)
{
	for (size_t i = 0; i < state.n_counts; i++)
		if (strcmp(state.counts[i].call, call) == 0)
			return &state.counts[i];
	return NULL;
}

size_t fake_drm_calls(const char *call)
{
	const struct count *count = count_of(call);
	return count ? count->calls : 0;
}

/* The log ends when it is full; the counts go on. */
static void write_down(const char *call)
{
	struct count *count = count_of(call);
	if (!count && state.n_counts == CALLS_MAX)
		complain("more than %d different calls", CALLS_MAX);
	if (!count) {
		count = &state.counts[state.n_counts++];
		snprintf(count->call, sizeof(count->call), "%s", call);
		count->calls = 0;
	}
	count->calls++;
	if (state.log_used + strlen(call) + 2 <= sizeof(state.log))
		state.log_used += (size_t)sprintf(state.log + state.log_used, "%s%s",
						  state.log_used ? " " : "", call);
}

static bool line_matches(const struct line *line, const char *call, const char *words)
{
	if (line->spent || strcmp(line->call, call) != 0 ||
	    (line->nth && line->nth != fake_drm_calls(call)))
		return false;
	for (size_t i = 0; i < line->n_words; i++)
		if (!has_word(words, line->words[i]))
			return false;
	return true;
}

bool consult(const char *call, const char *words, struct answer *answer)
{
	write_down(call);
	for (size_t i = state.n_lines; i > 0; i--)
		if (line_matches(&state.lines[i - 1], call, words)) {
			*answer = state.lines[i - 1].answer;
			state.lines[i - 1].spent = answer->once;
			return true;
		}
	*answer = (struct answer){.text = "ok"};
	return false;
}

bool expect(const char *call, const char *words, struct answer *answer)
{
	if (!consult(call, words, answer))
		complain("the transcript does not expect: %s %s", call, words);
	errno = answer->error;
	return answer->error == 0;
}

bool allowed(const char *call, const char *words)
{
	struct answer answer;
	consult(call, words, &answer);
	errno = answer.error;
	return answer.error == 0;
}
