/* SPDX-License-Identifier: MIT */
/* One file to send: what was found, and what of the machine it may depend on. No serial numbers, no
 * names of users or of the machine. */
#include "cli.h"
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static void heading(FILE *file, const char *words)
{
	fprintf(file, "\n==== %s ====\n", words);
}

static void print_system(FILE *file)
{
	struct utsname system;
	char line[256];
	fprintf(file, "framelend: %s\n", VERSION);
	if (uname(&system) == 0)
		fprintf(file, "kernel: %s %s, %s, %s\n", system.sysname, system.release,
			system.machine, system.version);
	FILE *release = fopen("/etc/os-release", "re");
	while (release && fgets(line, sizeof(line), release))
		if (strncmp(line, "PRETTY_NAME=", 12) == 0)
			fprintf(file, "system: %s", line + 12);
	if (release)
		fclose(release);
}

/* ---- device nodes --------------------------------------------------------------------------- */

static void print_node(FILE *file, const char *path)
{
	struct stat status;
	if (stat(path, &status) < 0)
		fprintf(file, "%s: %s\n", path, strerror(errno));
	else
		fprintf(file, "%s: mode %04o, group %u, %s\n", path, status.st_mode & 07777,
			(unsigned)status.st_gid,
			access(path, R_OK | W_OK) == 0 ? "may be opened" : "may not be opened");
}

static void print_nodes(FILE *file, const char *folder)
{
	struct dirent **entries;
	const int n = scandir(folder, &entries, NULL, versionsort);
	if (n < 0)
		fprintf(file, "%s: %s\n", folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[300];
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			print_node(file, path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* ---- modules -------------------------------------------------------------------------------- */

static void print_modules(FILE *file)
{
	char line[1024];
	FILE *modules = fopen("/proc/modules", "re");
	if (!modules) {
		fprintf(file, "/proc/modules: %s\n", strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), modules))
		fprintf(file, "%.*s\n", (int)strcspn(line, " "), line);
	fclose(modules);
}

/* ---- the file ------------------------------------------------------------------------------- */

static void print_report(FILE *file, struct json_object *devices)
{
	const size_t n = json_object_array_length(devices);
	print_system(file);
	heading(file, "devices, in words");
	for (size_t i = 0; i < n; i++) {
		probe_print_text(file, json_object_array_get_idx(devices, i));
		fputc('\n', file);
	}
	heading(file, "devices");
	fprintf(file, "%s\n",
		json_object_to_json_string_ext(devices, JSON_C_TO_STRING_PRETTY |
								JSON_C_TO_STRING_NOSLASHESCAPE));
	heading(file, "device nodes");
	print_nodes(file, "/dev/dri");
	print_nodes(file, "/dev/dma_heap");
	print_node(file, "/dev/udmabuf");
	heading(file, "modules");
	print_modules(file);
}

static FILE *create(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

int probe_report(struct json_object *devices)
{
	char name[64];
	const time_t now = time(NULL);
	struct tm local;
	localtime_r(&now, &local);
	strftime(name, sizeof(name), "framelend-report-%Y%m%d-%H%M%S.txt", &local);
	FILE *file = create(name);
	if (!file)
		return complain("cannot create %s here: %s: change to a folder that can be written "
				"to, or wait a second if it exists",
				name, strerror(errno));
	print_report(file, devices);
	const int failed = ferror(file);
	if (fclose(file) != 0 || failed) {
		unlink(name);
		return complain("cannot write %s: %s", name, strerror(errno));
	}
	printf("The report is in %s. Read it, then attach it to an issue in framelend's issue "
	       "tracker.\n",
	       name);
	return STATUS_OK;
}
