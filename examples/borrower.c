/* SPDX-License-Identifier: MIT */
/* The client of lender.c: it receives a framebuffer, draws in it, and says so. It needs
 * libframelend alone, no device, no permission. */
#include <errno.h>
#include <framelend/buffer.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "borrower: %s: %s\n", what, why);
	return -1;
}

static int meet(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path))
		return complain(path, "too long for a socket's path");
	memcpy(address.sun_path, path, strlen(path) + 1);
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server >= 0 && connect(server, (struct sockaddr *)&address, sizeof(address)) == 0)
		return server;
	complain(path, strerror(errno));
	if (server >= 0)
		close(server);
	return -1;
}

/* Red grows to the right, green downwards; a blue frame, one pixel wide, shows that nothing is cut
 * off. */
static int draw(struct lend_buffer *buffer)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	void *pixels;
	lend_buffer_describe(buffer, &info);
	if (info.format != LEND_FORMAT_XRGB8888)
		return complain("the buffer", "not XRGB8888, which is all this program draws");
	if (lend_buffer_begin(buffer, LEND_WRITE, &pixels) < 0)
		return complain("drawing", lend_buffer_error());
	for (uint32_t y = 0; y < info.height; y++) {
		uint32_t *row = (uint32_t *)((char *)pixels + (size_t)y * info.planes[0].stride);
		for (uint32_t x = 0; x < info.width; x++) {
			int edge = x == 0 || y == 0 || x == info.width - 1 || y == info.height - 1;
			row[x] = edge ? 0x0000ff
				      : x * 255 / info.width << 16 | y * 255 / info.height << 8;
		}
	}
	if (lend_buffer_end(buffer) < 0)
		return complain("drawing", lend_buffer_error());
	return 0;
}

int main(int argc, char **argv)
{
	struct lend_buffer *buffer;
	if (argc != 2) {
		fprintf(stderr, "usage: borrower SOCKET\n");
		return 2;
	}
	int server = meet(argv[1]);
	if (server < 0)
		return 1;
	int result = lend_buffer_receive(server, &buffer);
	if (result < 0) {
		complain("receiving a buffer", lend_buffer_error());
	} else {
		result = draw(buffer);
		if (result == 0 && send(server, "!", 1, MSG_NOSIGNAL) != 1)
			result = complain("the server", strerror(errno));
		lend_buffer_destroy(buffer);
	}
	close(server);
	return result < 0 ? 1 : 0;
}
