/* SPDX-License-Identifier: MIT */
/*
 * A server against what a client can ask of it. The basic globals are bound (ids 3 to 11, in the
 * order below), and if the input begins with the byte ALL_GLOBALS the others too (from 12 on). From
 * there it is a row of requests, each: the object, the opcode with two flags, the number of
 * arguments, and a byte for each argument. Afterwards the server must still answer another client,
 * and have closed every descriptor.
 */
#include <framelend/server.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ALL_GLOBALS 0xff /* else an object that there never is */

/* By name, so that corpora stay what they are when the server has more. */
static const char *const globals[] = {
	"wl_compositor",
	"wl_subcompositor",
	"wl_shm",
	"wl_seat",
	"xdg_wm_base",
	"wp_viewporter",
	"wp_presentation",
	"framelend_manager_v1",
	"wl_output",
	/* only with ALL_GLOBALS */
	"wl_data_device_manager",
	"zwp_virtual_keyboard_manager_v1",
	"zwlr_virtual_pointer_manager_v1",
};

#define N_GLOBALS (sizeof(globals) / sizeof(*globals))
#define N_BASIC	  9

#define WITH_FD	  0x80 /* a descriptor comes with the request */
#define THEN_WAIT 0x40 /* the server answers before the next one is sent */
#define ARGS_MAX  12
#define LITERALS  0xe0 /* bytes below stand for themselves */

/* What the others stand for. */
static const uint32_t special[256 - LITERALS] = {
	0xffffffff,
	0x80000000,
	0x7fffffff,
	0xfffffffe,
	LEND_FORMAT_XRGB8888,
	LEND_FORMAT_ARGB8888,
	LEND_FORMAT_RGB565,
	LEND_FORMAT_NV12,
	4096,
	65536,
	1280,
	320,
	240,
	256,
	1024,
	16384,
	16385,
	0xff000000,
	0xff000001,
	0x10000 * 3,
	0x100 * 64, /* 64.0 in 24.8 */
	0x100,
	0x7fffff00,
};

static char directory[64], path[80];

static void remove_directory(void)
{
	rmdir(directory);
}

static void make_directory(void)
{
	snprintf(directory, sizeof(directory), "/tmp/framelend-fuzz-XXXXXX");
	if (!mkdtemp(directory))
		abort();
	snprintf(path, sizeof(path), "%s/s", directory);
	atexit(remove_directory);
}

static struct lend_server *create_server(void)
{
	const struct lend_quota quota = {.size = sizeof(quota), .bytes = 16 << 20, .surfaces = 64};
	const struct lend_server_options options = {
		.size = sizeof(options), .socket = path, .quota = &quota};
	struct lend_output_options output = {
		.size = sizeof(output), .width = 320, .height = 240, .layout = LEND_LAYOUT_TILE};
	struct lend_output *outputs[2];
	struct lend_server *server;

	if (lend_server_create(&options, &server) < 0 ||
	    lend_output_create_headless(server, &output, &outputs[0]) < 0)
		abort();
	output.layout = LEND_LAYOUT_FULL;
	if (lend_output_create_headless(server, &output, &outputs[1]) < 0)
		abort();
	return server;
}

static int connect_client(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, path, sizeof(path));
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		abort();
	return fd;
}

static void dispatch(struct lend_server *server)
{
	for (int i = 0; i < 3; i++)
		if (lend_server_dispatch(server, 0) < 0)
			abort();
}

static void discard(int fd)
{
	char bytes[4096];

	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		; /* descriptors are closed by the kernel */
}

static int descriptor(uint32_t which)
{
	if (which % 4 == 0)
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd = memfd_create("fuzz", MFD_CLOEXEC | (which % 4 == 1 ? 0 : MFD_ALLOW_SEALING));
	if (fd < 0 || ftruncate(fd, which % 4 == 2 ? 100 : 65536) < 0)
		abort();
	return fd;
}

static void send_request(int socket, const uint32_t *words, size_t n, bool with_fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {(void *)(uintptr_t)words, n * sizeof(*words)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	int fd = -1;

	if (with_fd) {
		fd = descriptor(words[n - 1]);
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.align = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS,
						 .cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
	}
	sendmsg(socket, &message, MSG_NOSIGNAL);
	if (fd >= 0)
		close(fd);
}

/* The event that announces it, of those that came, or NULL. */
static const uint32_t *find_global(const uint32_t *events, size_t n, const char *name)
{
	for (size_t at = 0; at + 5 < n && events[at + 1] >> 18 > 0; at += events[at + 1] >> 18)
		if (events[at] == 2 && strcmp((const char *)(events + at + 4), name) == 0)
			return events + at;
	return NULL;
}

/* Reads the registry's globals and binds each of the first ones to the next id. */
static void bind_globals(struct lend_server *server, int fd, size_t count)
{
	static const uint32_t get_registry[3] = {1, 12 << 16 | 1, 2};
	uint32_t events[1024];

	send_request(fd, get_registry, 3, false);
	dispatch(server);
	ssize_t got = recv(fd, events, sizeof(events), 0);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t *event =
			find_global(events, got > 0 ? (size_t)got / 4 : 0, globals[i]);
		if (!event)
			abort();
		uint32_t words[32] = {2, 0, event[2]};
		size_t text = (event[3] + 3) / 4;
		/* the name of the interface with its length, the version, the new id */
		memcpy(words + 3, event + 3, (text + 2) * 4);
		words[5 + text] = 3 + i;
		words[1] = (uint32_t)(6 + text) * 4 << 16;
		send_request(fd, words, 6 + text, false);
	}
	dispatch(server);
	discard(fd);
}

static void send_requests(struct lend_server *server, int fd, const uint8_t *data, size_t size)
{
	while (size >= 3) {
		size_t n = data[2] % (ARGS_MAX + 1);
		uint32_t words[2 + ARGS_MAX] = {data[0],
						(uint32_t)(8 + 4 * n) << 16 | (data[1] & 0x3f)};
		uint8_t flags = data[1];
		data += 3;
		size -= 3;
		if (n > size)
			return;
		for (size_t i = 0; i < n; i++)
			words[2 + i] = data[i] < LITERALS ? data[i] : special[data[i] - LITERALS];
		data += n;
		size -= n;
		send_request(fd, words, 2 + n, flags & WITH_FD);
		if (flags & THEN_WAIT) {
			dispatch(server);
			discard(fd);
		}
	}
	dispatch(server);
}

/* Another client's wl_display.sync is answered. */
static void check(struct lend_server *server)
{
	const uint32_t sync[3] = {1, 12 << 16 | 0, 2};
	uint32_t answer[6];
	int fd = connect_client();

	dispatch(server);
	send_request(fd, sync, 3, false);
	dispatch(server);
	if (recv(fd, answer, sizeof(answer), 0) != sizeof(answer) || answer[0] != 2)
		abort();
	close(fd);
	dispatch(server);
}

static int lowest_free_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!directory[0])
		make_directory();
	int before = lowest_free_fd();
	struct lend_server *server = create_server();
	int fd = connect_client();
	dispatch(server);
	bool all = size > 0 && data[0] == ALL_GLOBALS;
	bind_globals(server, fd, all ? N_GLOBALS : N_BASIC);
	send_requests(server, fd, data + all, size - all);
	check(server);
	close(fd);
	dispatch(server);
	check(server);
	lend_server_destroy(server);
	if (lowest_free_fd() != before)
		abort();
	return 0;
}
