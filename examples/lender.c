/* SPDX-License-Identifier: MIT */
/* A server with a protocol of its own: it makes a framebuffer, lends it to one client, and keeps
 * what the client drew there as a picture. No pixel is copied between the two.
 *
 *   ./lender /tmp/lend.socket picture.ppm [/dev/dri/card0] &
 *   ./borrower /tmp/lend.socket
 */
#include <errno.h>
#include <framelend/alloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "lender: %s: %s\n", what, why);
	return -1;
}

/* The device that is to show the buffer; without one it is plain memory. */
static int open_device(const char *path, struct lend_device **device)
{
	const char *wanted = path != NULL ? path : "/dev/dri/card0";
	if (lend_device_open(wanted, device) == 0)
		return 0;
	if (path != NULL)
		return complain(path, lend_alloc_error());
	printf("no display device: %s\n", lend_alloc_error());
	return 0;
}

/* What was tried to make the buffer, and why it went as it did. */
static void print_verdicts(const struct lend_verdicts *verdicts)
{
	char line[512];
	for (size_t i = 0; i < lend_verdicts_count(verdicts); i++) {
		lend_verdict_format(lend_verdicts_get(verdicts, i), line, sizeof(line));
		printf("%s\n", line);
	}
}

static int allocate(const char *path, struct lend_buffer **buffer)
{
	struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = 320,
		.height = 200,
		.format = LEND_FORMAT_XRGB8888,
	};
	struct lend_device *device = NULL;
	struct lend_verdicts *verdicts = NULL;
	if (open_device(path, &device) < 0)
		return -1;
	if (device != NULL)
		options.use = LEND_USE_SCANOUT;
	int result = lend_buffer_allocate(device, &options, buffer, &verdicts);
	print_verdicts(verdicts);
	lend_verdicts_destroy(verdicts);
	lend_device_destroy(device); /* the buffer stays */
	return result < 0 ? complain("no buffer", lend_alloc_error()) : 0;
}

/* Waits for the one client. */
static int meet(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path))
		return complain(path, "too long for a socket's path");
	memcpy(address.sun_path, path, strlen(path) + 1);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), peer = -1;
	if (listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0) {
		if (listen(listener, 1) == 0)
			peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		int error = errno;
		unlink(path);
		errno = error;
	}
	if (peer < 0)
		complain(path, strerror(errno));
	if (listener >= 0)
		close(listener);
	return peer;
}

/* The whole protocol: the buffer goes out, a byte comes back when it was drawn in. */
static int lend(int peer, const struct lend_buffer *buffer)
{
	char drawn;
	if (lend_buffer_send(peer, buffer) < 0)
		return complain("sending the buffer", lend_buffer_error());
	if (recv(peer, &drawn, 1, 0) != 1)
		return complain("the client", "left without drawing");
	return 0;
}

static int save(struct lend_buffer *buffer, const char *path)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels;
	lend_buffer_describe(buffer, &info);
	if (lend_buffer_begin(buffer, LEND_READ, &pixels) < 0)
		return complain("reading the buffer", lend_buffer_error());
	FILE *file = fopen(path, "we");
	if (file == NULL) {
		lend_buffer_end(buffer);
		return complain(path, strerror(errno));
	}
	fprintf(file, "P6 %u %u 255\n", info.width, info.height);
	for (uint32_t y = 0; y < info.height; y++) {
		const unsigned char *pixel =
			(unsigned char *)pixels + (size_t)y * info.planes[0].stride;
		for (uint32_t x = 0; x < info.width; x++, pixel += 4) /* B, G, R, unused */
			fprintf(file, "%c%c%c", pixel[2], pixel[1], pixel[0]);
	}
	lend_buffer_end(buffer);
	int failed = ferror(file);
	if (fclose(file) != 0 || failed)
		return complain(path, "cannot be written");
	printf("%ux%u pixels in %s memory, saved as %s\n", info.width, info.height,
	       lend_memory_name(info.memory), path);
	return 0;
}

int main(int argc, char **argv)
{
	struct lend_buffer *buffer;
	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: lender SOCKET PICTURE.ppm [DEVICE]\n");
		return 2;
	}
	if (allocate(argc > 3 ? argv[3] : NULL, &buffer) < 0)
		return 1;
	fflush(stdout);
	int peer = meet(argv[1]);
	int result = peer < 0 ? -1 : lend(peer, buffer);
	if (result == 0)
		result = save(buffer, argv[2]);
	if (peer >= 0)
		close(peer);
	lend_buffer_destroy(buffer);
	return result < 0 ? 1 : 0;
}
