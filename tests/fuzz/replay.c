/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target once on each file of a folder: what was found before stays found, without
 * clang. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 65536

static int replay(const char *folder, const char *name)
{
	static uint8_t bytes[INPUT_MAX];
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "re");
	if (!file) {
		perror(path);
		return -1;
	}
	size_t size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	/* Exactly as long as the input, so that a sanitizer sees a read past its end. */
	uint8_t *input = malloc(size > 0 ? size : 1);
	if (!input)
		return -1;
	for (size_t i = 0; i < size; i++)
		input[i] = bytes[i];
	printf("%s\n", name);
	fflush(stdout);
	LLVMFuzzerTestOneInput(input, size);
	free(input);
	return 0;
}

int main(int argc, char **argv)
{
	int count = 0, failed = 0;
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	if (!folder) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	for (struct dirent *entry; (entry = readdir(folder));)
		if (entry->d_name[0] != '.') {
			failed |= replay(argv[1], entry->d_name);
			count++;
		}
	closedir(folder);
	printf("%d inputs\n", count);
	return failed || count == 0;
}
