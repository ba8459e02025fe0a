/* SPDX-License-Identifier: MIT */
/* Preloaded: /dev/dri holds the cards named in TEST_CARDS, separated by spaces, whatever the
 * machine has. "none": there is no such folder. */
#undef _FILE_OFFSET_BITS
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { CARDS_MAX = 16 };

typedef int (*filter_function)(const struct dirent *);
typedef int (*compare_function)(const struct dirent **, const struct dirent **);

static int list(const char *cards, struct dirent ***entries)
{
	char copy[256], *save;
	int count = 0;
	snprintf(copy, sizeof(copy), "%s", cards);
	*entries = calloc(CARDS_MAX, sizeof(**entries));
	for (char *card = strtok_r(copy, " ", &save); card && count < CARDS_MAX;
	     card = strtok_r(NULL, " ", &save)) {
		struct dirent *entry = calloc(1, sizeof(*entry));
		if (!*entries || !entry)
			abort();
		snprintf(entry->d_name, sizeof(entry->d_name), "%s", card);
		(*entries)[count++] = entry;
	}
	return count;
}

EXPORT int scandir(const char *path, struct dirent ***entries, filter_function filter,
		   compare_function compare)
{
	static int (*next)(const char *, struct dirent ***, filter_function, compare_function);
	const char *cards = getenv("TEST_CARDS");
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "scandir");
	if (!cards || strcmp(path, "/dev/dri") != 0)
		return next(path, entries, filter, compare);
	errno = ENOENT;
	return strcmp(cards, "none") == 0 ? -1 : list(cards, entries);
}

EXPORT int scandir64(const char *path, struct dirent64 ***entries,
		     int (*filter)(const struct dirent64 *),
		     int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
	/* The same, where inodes have 64 bits. */
	return scandir(path, (struct dirent ***)entries, (filter_function)filter,
		       (compare_function)compare);
}
