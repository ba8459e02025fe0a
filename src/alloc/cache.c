/* SPDX-License-Identifier: MIT */
/* $XDG_CACHE_HOME/framelend/findings: one finding on a line, its parts separated by tabs. The file
 * is replaced as a whole, so that readers see the old or the new one; two writers at once lose what
 * one of them found, which is then found again. */
#include "alloc/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER	  "framelend"
#define FILE_NAME "findings"
#define HEAD	  "framelend findings 1\n"

enum { SIZE_MAX_READ = 65536, LINE_LENGTH = 1024, PARTS = 11, ERRORS = 4096 };

/* ---- a place that nobody else can write to -------------------------------------------------- */

/* Does it belong to this user, with none of the forbidden permissions? */
static bool is_ours(int fd, mode_t type, mode_t forbidden)
{
	struct stat status;
	return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == type &&
	       status.st_uid == geteuid() && !(status.st_mode & forbidden);
}

static int open_folder(int at, const char *path, int flags, mode_t forbidden)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	if (fd >= 0 && !is_ours(fd, S_IFDIR, forbidden)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Where the user's caches are, or -1: there is no such place, or none that can be trusted. */
static int open_base(bool make)
{
	char path[4096];
	const char *cache = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
	int length = -1;
	if (cache && cache[0] == '/')
		length = snprintf(path, sizeof(path), "%s", cache);
	else if (home && home[0] == '/' && home[1])
		length = snprintf(path, sizeof(path), "%s/.cache", home);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -1;
	if (make)
		mkdir(path, 0700);
	return open_folder(AT_FDCWD, path, 0, S_IWOTH);
}

static int open_cache(bool make)
{
	const char *wanted = secure_getenv("LEND_CACHE");
	if (wanted && strcmp(wanted, "off") == 0)
		return -1;
	int base = open_base(make);
	if (base < 0)
		return -1;
	if (make)
		mkdirat(base, FOLDER, 0700);
	int folder = open_folder(base, FOLDER, O_NOFOLLOW, S_IWOTH | S_IWGRP);
	close(base);
	return folder;
}

/* The file's text, to be freed; NULL: there is none to trust. */
static char *read_file(int folder)
{
	int fd = openat(folder, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	char *text = malloc(SIZE_MAX_READ + 1);
	ssize_t length = -1;
	if (text && is_ours(fd, S_IFREG, S_IWOTH | S_IWGRP))
		length = read(fd, text, SIZE_MAX_READ);
	close(fd);
	if (length < 0) {
		free(text);
		return NULL;
	}
	text[length] = '\0';
	if (strncmp(text, HEAD, strlen(HEAD)) == 0)
		return text;
	free(text);
	return NULL;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* The parts of a line, in place. false: not as many as there are to be. */
static bool split(char *line, char *parts[PARTS])
{
	size_t count = 0;
	for (char *part; (part = strsep(&line, "\t"));) {
		if (count == PARTS)
			return false;
		parts[count++] = part;
	}
	return count == PARTS;
}

static bool same_key(char *const parts[PARTS], const struct cache_key *key)
{
	return strcmp(parts[0], key->version) == 0 && strcmp(parts[1], key->kernel) == 0 &&
	       strcmp(parts[2], key->driver) == 0 && strcmp(parts[3], key->place) == 0;
}

static int find_memory(const char *name)
{
	for (int i = LEND_MEMORY_UNKNOWN + 1; i <= LEND_MEMORY_DMABUF; i++)
		if (strcmp(lend_memory_name((enum lend_memory)i), name) == 0)
			return i;
	return -1;
}

static int find_depth(const char *name)
{
	for (int i = LEND_DEPTH_CREATE; i <= LEND_DEPTH_SEEN; i++)
		if (strcmp(lend_depth_name((enum lend_depth)i), name) == 0)
			return i;
	return -1;
}

static int find_caching(const char *name)
{
	for (int i = LEND_CACHING_UNKNOWN; i <= LEND_CACHING_WRITE_COMBINED; i++)
		if (strcmp(lend_caching_name((enum lend_caching)i), name) == 0)
			return i;
	return -1;
}

static int find_error(const char *name)
{
	if (strcmp(name, "-") == 0)
		return 0;
	for (int error = 1; error < ERRORS; error++) {
		const char *known = strerrorname_np(error);
		if (known && strcmp(known, name) == 0)
			return error;
	}
	return -1;
}

static bool parse_rate(const char *text, uint32_t *rate)
{
	char end;
	return strspn(text, "0123456789") == strlen(text) &&
	       sscanf(text, "%9" SCNu32 "%c", rate, &end) == 1;
}

static bool parse(char *const parts[PARTS], struct finding *finding)
{
	const int depth = find_depth(parts[5]), error = find_error(parts[6]);
	const int caching = find_caching(parts[8]);
	*finding = (struct finding){.rates = {.size = sizeof(finding->rates)}};
	if (depth < 0 || error < 0 || caching < 0 || strlen(parts[7]) >= sizeof(finding->call) ||
	    !parse_rate(parts[9], &finding->rates.read) ||
	    !parse_rate(parts[10], &finding->rates.write))
		return false;
	finding->depth = (enum lend_depth)depth;
	finding->error = error;
	finding->caching = (enum lend_caching)caching;
	snprintf(finding->call, sizeof(finding->call), "%s", parts[7]);
	return true;
}

static void read_line(char *line, const struct cache_key *key, struct finding *findings)
{
	char *parts[PARTS];
	struct finding finding;
	if (!split(line, parts) || !same_key(parts, key))
		return;
	const int memory = find_memory(parts[4]);
	if (memory >= 0 && findings[memory].depth == LEND_DEPTH_NONE && parse(parts, &finding))
		findings[memory] = finding;
}

void cache_read(const struct cache_key *key, struct finding findings[LEND_MEMORY_DMABUF + 1])
{
	int folder = open_cache(false);
	if (folder < 0)
		return;
	char *text = read_file(folder), *rest = text, *line;
	while ((line = strsep(&rest, "\n")))
		read_line(line, key, findings);
	free(text);
	close(folder);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void write_finding(FILE *file, const struct cache_key *key, enum lend_memory memory,
			  const struct finding *finding)
{
	fprintf(file, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%" PRIu32 "\t%" PRIu32 "\n",
		key->version, key->kernel, key->driver, key->place, lend_memory_name(memory),
		lend_depth_name(finding->depth),
		finding->error ? strerrorname_np(finding->error) : "-", finding->call,
		lend_caching_name(finding->caching), finding->rates.read, finding->rates.write);
}

/* What other devices of this machine left; other kernels and versions are over. */
static void keep_others(FILE *file, char *text, const struct cache_key *key)
{
	char copy[LINE_LENGTH], *parts[PARTS], *line;
	while ((line = strsep(&text, "\n"))) {
		if (snprintf(copy, sizeof(copy), "%s", line) >= (int)sizeof(copy))
			continue;
		if (split(copy, parts) && strcmp(parts[0], key->version) == 0 &&
		    strcmp(parts[1], key->kernel) == 0 && !same_key(parts, key))
			fprintf(file, "%s\n", line);
	}
}

static bool write_all(int fd, char *old, const struct cache_key *key,
		      const struct finding *findings)
{
	FILE *file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		return false;
	}
	fputs(HEAD, file);
	keep_others(file, old, key);
	for (int i = LEND_MEMORY_UNKNOWN + 1; i <= LEND_MEMORY_DMABUF; i++)
		if (finding_lasts(&findings[i]))
			write_finding(file, key, (enum lend_memory)i, &findings[i]);
	bool failed = ferror(file);
	return fclose(file) == 0 && !failed;
}

static void replace(int folder, const struct cache_key *key, const struct finding *findings)
{
	char name[64];
	snprintf(name, sizeof(name), "." FILE_NAME ".%ld.%" PRIx32, (long)getpid(), trial_nonce());
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	char *old = read_file(folder);
	if (!write_all(fd, old, key, findings) || renameat(folder, name, folder, FILE_NAME) < 0)
		unlinkat(folder, name, 0);
	free(old);
}

/* A tab or a newline in a name would make other lines of it. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			return false;
	return true;
}

void cache_write(const struct cache_key *key, const struct finding findings[LEND_MEMORY_DMABUF + 1])
{
	if (!is_plain(key->kernel) || !is_plain(key->driver) || !is_plain(key->place))
		return;
	int folder = open_cache(true);
	if (folder < 0)
		return;
	replace(folder, key, findings);
	close(folder);
}
