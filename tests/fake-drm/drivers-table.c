/* SPDX-License-Identifier: MIT */
/* Prints docs/drivers.md: a text, and in its places {overview} and {drivers} what the ladder of
 * allocators answers for every personality.
 * usage: drivers-table TEXT PERSONALITIES-FOLDER */
#include "fake-drm.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <framelend/alloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a transcript says of itself. */
struct transcript {
	char path[512];
	const char *name; /* the file's, in path */
	char title[128];  /* "vmwgfx, Linux 6.1" */
	char notes[1024]; /* the rest of its head's comments, but for the evidence */
	char node[64];	  /* the device node that it answers for */
};

struct run {
	struct lend_device *device;
	struct lend_device_info info;
	struct lend_buffer *buffer;
	struct lend_verdicts *verdicts;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "drivers-table: %s: %s\n", what, why);
	exit(1);
}

/* ---- transcripts ---- */

static void append(char *text, size_t size, const char *more)
{
	const size_t used = strlen(text);
	snprintf(text + used, size - used, "%s%s", used ? " " : "", more);
}

static void read_comment(struct transcript *transcript, const char *comment)
{
	if (!transcript->title[0])
		append(transcript->title, sizeof(transcript->title), comment);
	else if (strncmp(comment, "evidence: ", 10) != 0)
		append(transcript->notes, sizeof(transcript->notes), comment);
}

static void read_transcript(struct transcript *transcript, const char *folder, const char *name)
{
	char line[512];
	*transcript = (struct transcript){0};
	snprintf(transcript->path, sizeof(transcript->path), "%s/%s", folder, name);
	transcript->name = strrchr(transcript->path, '/') + 1;
	FILE *file = fopen(transcript->path, "re");
	if (!file)
		die(transcript->path, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "# ", 2) == 0)
			read_comment(transcript, line + 2);
		else if (!transcript->node[0])
			sscanf(line, "open %63[/a-zA-Z0-9] -> ok", transcript->node);
	}
	fclose(file);
	if (!transcript->title[0] || strncmp(transcript->node, "/dev/dri/", 9) != 0)
		die(transcript->path, "its first line is no title, or it opens no device first");
}

/* ---- runs of the ladder ---- */

static void run_begin(struct run *run, const struct transcript *transcript, uint32_t use,
		      const char *injected)
{
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = 1920,
		.height = 1080,
		.format = LEND_FORMAT_XRGB8888,
		.use = use,
	};
	*run = (struct run){.info = {.size = sizeof(run->info)}};
	fake_drm_load(transcript->path);
	fake_drm_inject(injected);
	if (lend_device_open(transcript->node, &run->device) < 0 ||
	    lend_device_describe(run->device, &run->info) < 0 ||
	    lend_buffer_allocate(run->device, &options, &run->buffer, &run->verdicts) < 0)
		die(transcript->path, lend_alloc_error());
}

static void run_end(struct run *run)
{
	lend_verdicts_destroy(run->verdicts);
	lend_buffer_destroy(run->buffer);
	lend_device_destroy(run->device);
	fake_drm_unload();
}

static bool gave_buffer(const struct run *run, size_t index)
{
	const enum lend_state state = lend_verdicts_get(run->verdicts, index)->state;
	return state == LEND_STATE_OK || state == LEND_STATE_UNVERIFIED;
}

static const char *line_of(const struct run *run, size_t index)
{
	static char text[1024];
	const struct lend_verdict *verdict = lend_verdicts_get(run->verdicts, index);
	if (lend_verdict_format(verdict, text, sizeof(text)) >= (int)sizeof(text))
		die(verdict->allocator, "a verdict too long for the page");
	return text;
}

static void print_verdicts(const struct run *run)
{
	for (size_t i = 0; i < lend_verdicts_count(run->verdicts); i++)
		printf("- %s\n", line_of(run, i));
}

static bool same_verdicts(const struct run *a, const struct run *b)
{
	char line[1024];
	for (size_t i = 0; i < lend_verdicts_count(a->verdicts); i++) {
		snprintf(line, sizeof(line), "%s", line_of(a, i));
		if (strcmp(line, line_of(b, i)) != 0)
			return false;
	}
	return true;
}

/* ---- the overview ---- */

/* The link that a forge makes of a heading. */
static void print_anchor(const char *heading)
{
	for (; *heading; heading++)
		if (*heading == ' ')
			putchar('-');
		else if (isalnum((unsigned char)*heading) || strchr("-_", *heading))
			putchar(tolower((unsigned char)*heading));
}

static void print_cell(const struct run *run, size_t index)
{
	const struct lend_verdict *verdict = lend_verdicts_get(run->verdicts, index);
	const char *state = lend_state_name(verdict->state);
	const char *depth = lend_depth_name(verdict->depth);
	if (verdict->state == LEND_STATE_FAILED)
		printf(" %s at %s: %s |", state, depth, strerrorname_np(verdict->error));
	else if (verdict->state == LEND_STATE_UNVERIFIED)
		printf(" %s beyond %s |", state, depth);
	else
		printf(" %s |", state);
}

static void print_cells(const struct run *run)
{
	bool given = false;
	for (size_t i = 0; i < lend_verdicts_count(run->verdicts); i++) {
		if (given)
			printf(" – |");
		else
			print_cell(run, i);
		given = given || gave_buffer(run, i);
	}
}

static const char *at_best(const struct run *run)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	if (!run->info.primary || !run->info.dumb)
		return "no display here";
	if (lend_buffer_describe(run->buffer, &info) < 0)
		die(run->info.driver, lend_buffer_error());
	return info.memory == LEND_MEMORY_MEMFD ? "one copy" : "no copy";
}

static const char *evidence_level(void)
{
	if (strncmp(fake_drm_evidence(), "recorded: ", 10) == 0)
		return "real driver in a VM";
	return strstr(fake_drm_evidence(), "in a VM saw") ? "simulated; seen in a VM" : "simulated";
}

static void print_row(const struct transcript *transcript)
{
	struct run run;
	run_begin(&run, transcript, LEND_USE_SCANOUT, "");
	const char *comma = strrchr(transcript->title, ',');
	const size_t named =
		comma ? (size_t)(comma - transcript->title) : strlen(transcript->title);
	printf("| [%.*s](#", (int)named, transcript->title);
	print_anchor(transcript->title);
	const size_t major = strcspn(run.info.kernel, ".") + 1;
	const size_t release = major + strcspn(run.info.kernel + major, ".-");
	printf(") | %.*s |", (int)release, run.info.kernel);
	print_cells(&run);
	printf(" %s | %s |\n", at_best(&run), evidence_level());
	run_end(&run);
}

static void print_overview_head(void)
{
	const char *name;
	printf("| driver | Linux |");
	for (size_t i = 0; (name = lend_allocator_name(i)); i++)
		printf(" %s |", name);
	printf(" full-screen CPU client, at best | evidence |\n|---|---|");
	for (size_t i = 0; lend_allocator_name(i); i++)
		printf("---|");
	printf("---|---|\n");
}

/* ---- a section for each driver ---- */

/* Prints what another run answers, if that is something else. */
static void print_variant(const struct transcript *transcript, const struct run *run, uint32_t use,
			  const char *injected, const char *introduction)
{
	struct run other;
	run_begin(&other, transcript, use, injected);
	if (!same_verdicts(run, &other)) {
		printf("\n%s\n\n", introduction);
		print_verdicts(&other);
	}
	run_end(&other);
}

static void print_section(const struct transcript *transcript)
{
	struct run run;
	run_begin(&run, transcript, LEND_USE_SCANOUT, "");
	printf("\n### %s\n\n", transcript->title);
	printf("Driver `%s`, kernel `%s`, opened as `%s`; transcript `%s`.\n", run.info.driver,
	       run.info.kernel, run.info.path, transcript->name);
	printf("Evidence: %s.%s%s\n\n", fake_drm_evidence(), transcript->notes[0] ? " " : "",
	       transcript->notes);
	print_verdicts(&run);
	print_variant(transcript, &run, LEND_USE_SCANOUT | LEND_USE_READ, "",
		      "For a client that reads back what it drew:");
	if (gave_buffer(&run, 0))
		print_variant(transcript, &run, LEND_USE_SCANOUT,
			      "drmModeCreateDumbBuffer -> ENOMEM",
			      "With the device's memory full:");
	run_end(&run);
}

/* ---- the page ---- */

static int is_transcript(const struct dirent *entry)
{
	return fnmatch("*.txt", entry->d_name, FNM_PERIOD) == 0;
}

static void print_each(const char *folder, void (*print)(const struct transcript *transcript))
{
	struct transcript transcript;
	struct dirent **entries;
	const int count = scandir(folder, &entries, is_transcript, versionsort);
	if (count <= 0)
		die(folder, count < 0 ? strerror(errno) : "no transcript is there");
	for (int i = 0; i < count; i++) {
		read_transcript(&transcript, folder, entries[i]->d_name);
		print(&transcript);
		free(entries[i]);
	}
	free(entries);
}

static void print_overview(const char *folder)
{
	print_overview_head();
	print_each(folder, print_row);
}

static void print_sections(const char *folder)
{
	print_each(folder, print_section);
}

/* Prints the text, with its two placeholders replaced. */
static void print_page(const char *path, const char *folder)
{
	char line[1024];
	FILE *file = fopen(path, "re");
	if (!file)
		die(path, strerror(errno));
	while (fgets(line, sizeof(line), file))
		if (strcmp(line, "{overview}\n") == 0)
			print_overview(folder);
		else if (strcmp(line, "{drivers}\n") == 0)
			print_sections(folder);
		else
			fputs(line, stdout);
	fclose(file);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		die("usage", "drivers-table TEXT PERSONALITIES-FOLDER");
	print_page(argv[1], argv[2]);
	if (fflush(stdout) != 0 || ferror(stdout))
		die("writing", strerror(errno));
	return 0;
}
