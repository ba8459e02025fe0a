/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "guest.h"

#define PORT "/dev/vm-ask"
#define LOCK "/run/vm-ask.lock"

static int exchange(FILE *port, const char *request, char *answer, size_t length)
{
	char line[4096];

	if (fprintf(port, "%s\n", request) < 0 || fflush(port) < 0)
		return -EIO;
	if (!fgets(line, sizeof(line), port))
		return -EPIPE;
	line[strcspn(line, "\n")] = '\0';
	const char *rest = strchr(line, ' ');

	snprintf(answer, length, "%s", rest ? rest + 1 : "");
	return strncmp(line, "ok", 2) == 0 ? 0 : -EREMOTEIO;
}

int vm_ask(const char *request, char *answer, size_t length)
{
	int lock = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	/* The port can be open only once. */
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return -errno;
	FILE *port = fopen(PORT, "r+e");
	int result = port ? exchange(port, request, answer, length) : -errno;

	if (port)
		fclose(port);
	close(lock);
	return result;
}

static int read_pixels(FILE *file, struct vm_picture *picture)
{
	unsigned width, height, maximum;

	if (fscanf(file, "P6 %u %u %u", &width, &height, &maximum) != 3 || maximum != 255 ||
	    fgetc(file) == EOF || width == 0 || height == 0 || width > 16384 || height > 16384)
		return -EBADMSG;
	size_t count = (size_t)width * height;
	uint8_t *bytes = malloc(3 * count);
	uint32_t *pixels = malloc(4 * count);
	bool whole = bytes && pixels && fread(bytes, 3, count, file) == count;

	for (size_t i = 0; whole && i < count; i++)
		pixels[i] = 0xff000000 | (uint32_t)bytes[3 * i] << 16 |
			    (uint32_t)bytes[3 * i + 1] << 8 | bytes[3 * i + 2];
	free(bytes);
	if (!whole) {
		free(pixels);
		return -EBADMSG;
	}
	*picture = (struct vm_picture){.width = width, .height = height, .pixels = pixels};
	return 0;
}

int vm_screendump(const char *device, const char *name, struct vm_picture *picture)
{
	char line[512], answer[512];
	int result;

	snprintf(line, sizeof(line), "screendump %s %s.ppm", device, name);
	result = vm_ask(line, answer, sizeof(answer));
	if (result < 0)
		return result;
	snprintf(line, sizeof(line), VM_SHARE "/%s.ppm", name);
	FILE *file = fopen(line, "re");

	if (!file)
		return -errno;
	result = read_pixels(file, picture);
	fclose(file);
	return result;
}

void vm_picture_finish(struct vm_picture *picture)
{
	free(picture->pixels);
	picture->pixels = NULL;
}
