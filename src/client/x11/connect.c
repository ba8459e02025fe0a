/* SPDX-License-Identifier: MIT */
/* Connecting to an X server, and why it failed. */
#include "client/x11/x11.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xcb/randr.h>

/* Rows are packed in pieces of at most this, however large a request may be. */
#define LARGEST UINT64_C(262144)

/* ---- connection ----------------------------------------------------------------------------- */

/* Whether somebody listens on a local server's socket: 0, or why not. */
static int try_socket(int number)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/.X11-unix/X%d", number);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int result =
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	close(fd);
	return result;
}

/* xcb does not say why. */
static int connection_failed(struct lend_client *client, const char *name, int failure)
{
	char *host;
	int number, screen;
	if (failure == XCB_CONN_CLOSED_PARSE_ERR ||
	    xcb_parse_display(name, &host, &number, &screen) == 0)
		return client_lose(client, -EINVAL,
				   "'%s' names no X display: it should look like :0 or host:0.0",
				   name);
	bool local = host[0] == '\0' || strcmp(host, "unix") == 0;
	free(host);
	if (failure == XCB_CONN_CLOSED_INVALID_SCREEN)
		return client_lose(client, -ENOENT, "the X server '%s' has no screen %d", name,
				   screen);
	if (!local)
		return client_lose(client, -ECONNREFUSED,
				   "cannot connect to the X server '%s': check its name, that it "
				   "listens for TCP, and the authorisation (XAUTHORITY)",
				   name);
	switch (try_socket(number)) {
	case 0:
		return client_lose(client, -EACCES,
				   "the X server '%s' refuses this user: set XAUTHORITY to its "
				   "owner's file, or let the owner run xhost +si:localuser:NAME",
				   name);
	case -ENOENT:
		return client_lose(
			client, -ENOENT,
			"there is no X server '%s' (no /tmp/.X11-unix/X%d): start it, or "
			"name another one in DISPLAY",
			name, number);
	case -EMFILE:
	case -ENFILE:
		return client_lose(client, -EMFILE,
				   "out of file descriptors: raise the limit (ulimit -n)");
	default:
		return client_lose(client, -ECONNREFUSED,
				   "nobody listens at the X server '%s': it has ended, start it "
				   "again",
				   name);
	}
}

static const xcb_screen_t *screen_at(const xcb_setup_t *setup, int number)
{
	xcb_screen_iterator_t iterator = xcb_setup_roots_iterator(setup);
	while (number-- > 0 && iterator.rem > 1)
		xcb_screen_next(&iterator);
	return iterator.data;
}

static int intern_atoms(struct display *display)
{
	static const char *const names[N_ATOMS] = {
		[ATOM_WM_PROTOCOLS] = "WM_PROTOCOLS",
		[ATOM_WM_DELETE_WINDOW] = "WM_DELETE_WINDOW",
		[ATOM_NET_WM_NAME] = "_NET_WM_NAME",
		[ATOM_UTF8_STRING] = "UTF8_STRING",
		[ATOM_NET_WM_STATE] = "_NET_WM_STATE",
		[ATOM_NET_WM_STATE_FULLSCREEN] = "_NET_WM_STATE_FULLSCREEN",
		[ATOM_FRAMELEND_DONE] = "_FRAMELEND_DONE",
	};
	xcb_intern_atom_cookie_t cookies[N_ATOMS];
	bool complete = true;
	for (size_t i = 0; i < N_ATOMS; i++)
		cookies[i] = xcb_intern_atom(display->xcb, 0, (uint16_t)strlen(names[i]), names[i]);
	for (size_t i = 0; i < N_ATOMS; i++) {
		xcb_intern_atom_reply_t *reply =
			xcb_intern_atom_reply(display->xcb, cookies[i], NULL);
		complete = complete && reply != NULL;
		display->atoms[i] = reply != NULL ? reply->atom : 0;
		free(reply);
	}
	return complete ? 0 : display_lose(display->client);
}

/* Descriptors go over Unix sockets alone; xcb gives the connection up if it must send one
 * elsewhere. */
static bool takes_descriptors(xcb_connection_t *xcb)
{
	int domain = AF_UNSPEC;
	socklen_t length = sizeof(domain);
	(void)getsockopt(xcb_get_file_descriptor(xcb), SOL_SOCKET, SO_DOMAIN, &domain, &length);
	return domain == AF_UNIX;
}

static void find_shm(struct display *display)
{
	const xcb_query_extension_reply_t *extension =
		xcb_get_extension_data(display->xcb, &xcb_shm_id);
	if (extension == NULL || !extension->present || !takes_descriptors(display->xcb))
		return;
	xcb_shm_query_version_reply_t *version = xcb_shm_query_version_reply(
		display->xcb, xcb_shm_query_version(display->xcb), NULL);
	/* Segments of descriptors came with 1.2. */
	if (version != NULL && (version->major_version > 1 || version->minor_version >= 2)) {
		display->shm = true;
		display->shm_opcode = extension->major_opcode;
		display->shm_event = extension->first_event;
	}
	free(version);
}

static void find_extensions(struct display *display)
{
	xcb_connection_t *xcb = display->xcb;
	xcb_prefetch_extension_data(xcb, &xcb_shm_id);
	xcb_prefetch_extension_data(xcb, &xcb_present_id);
	xcb_prefetch_extension_data(xcb, &xcb_randr_id);
	xcb_prefetch_maximum_request_length(xcb);
	find_shm(display);
	const xcb_query_extension_reply_t *present = xcb_get_extension_data(xcb, &xcb_present_id);
	if (present != NULL && present->present)
		display->present_opcode = present->major_opcode;
	const xcb_query_extension_reply_t *randr = xcb_get_extension_data(xcb, &xcb_randr_id);
	display->randr = randr != NULL && randr->present;
	uint64_t bytes = xcb_get_maximum_request_length(xcb) * UINT64_C(4);
	const uint64_t header = sizeof(xcb_put_image_request_t) + sizeof(uint32_t);
	display->largest = bytes > LARGEST + header ? LARGEST : (uint32_t)(bytes - header);
}

static int check_byte_order(const struct display *display, const char *name)
{
	const union {
		uint32_t word;
		uint8_t first;
	} order = {.word = 1};
	uint8_t own = order.first == 1 ? XCB_IMAGE_ORDER_LSB_FIRST : XCB_IMAGE_ORDER_MSB_FIRST;
	if (xcb_get_setup(display->xcb)->image_byte_order == own)
		return 0;
	return client_lose(display->client, -ENOTSUP,
			   "the X server '%s' has pixels of the other byte order: use one on a "
			   "machine like this one",
			   name);
}

static int introduce(struct display *display, const char *name, int screen)
{
	struct lend_client *client = display->client;
	int failure = xcb_connection_has_error(display->xcb);
	if (failure != 0)
		return connection_failed(client, name, failure);
	int result = check_byte_order(display, name);
	if (result < 0)
		return result;
	display->screen = screen_at(xcb_get_setup(display->xcb), screen);
	result = intern_atoms(display);
	if (result < 0)
		return result;
	find_extensions(display);
	display->scratch = malloc(display->largest);
	if (display->scratch == NULL)
		return client_lose(client, -ENOMEM, "out of memory");
	if (xcb_connection_has_error(display->xcb) != 0)
		return display_lose(client);
	snprintf(client->target, sizeof(client->target), "%s", name);
	link_ready(client);
	return 0;
}

static int open_wake(struct display *display)
{
	struct epoll_event event = {.events = EPOLLIN};
	display->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (display->wake >= 0 &&
	    epoll_ctl(display->client->epoll, EPOLL_CTL_ADD, display->wake, &event) == 0)
		return 0;
	return client_lose(display->client, -errno,
			   "out of file descriptors or memory: raise the limit (ulimit -n)");
}

int connect_display(struct lend_client *client)
{
	const char *wanted = client->target[0] != '\0' ? client->target : getenv("DISPLAY");
	char name[sizeof(client->target)];
	struct hush hush;
	int screen = 0;
	if (wanted == NULL || wanted[0] == '\0')
		return client_lose(client, -ENOENT,
				   "DISPLAY is not set: set it to the X server's name, such as :0");
	if (strlen(wanted) >= sizeof(name))
		return client_lose(client, -ENAMETOOLONG, "DISPLAY is too long: name it as :0");
	snprintf(name, sizeof(name), "%s", wanted);
	struct display *display = calloc(1, sizeof(*display));
	if (display == NULL)
		return client_lose(client, -ENOMEM, "out of memory");
	display->client = client;
	client->display = display;
	int result = open_wake(display);
	if (result < 0)
		return result;
	hush_begin(&hush);
	display->xcb = xcb_connect(name, &screen);
	result = introduce(display, name, screen);
	hush_end(&hush, display->xcb);
	return result;
}
