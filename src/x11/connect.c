/* SPDX-License-Identifier: MIT */
/* Connecting to an X server, and why it failed. */
#include "common/error.h"
#include "x11/x11.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <xcb/randr.h>

/* Rows are packed in pieces of at most this, however large a request may be. */
#define LARGEST UINT64_C(262144)

/* ---- signals -------------------------------------------------------------------------------- */

void hush_begin(struct hush *hush)
{
	sigset_t pipe;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &hush->before);
}

void hush_end(const struct hush *hush, xcb_connection_t *xcb)
{
	const int kept = errno;
	sigset_t pipe;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	/* A program that blocks it by itself may have one of its own. */
	if (xcb != NULL && xcb_connection_has_error(xcb) != 0 &&
	    !sigismember(&hush->before, SIGPIPE))
		while (sigtimedwait(&pipe, NULL, &(struct timespec){0}) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &hush->before, NULL);
	errno = kept;
}

/* ---- failures ------------------------------------------------------------------------------- */

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

static int local_failed(const char *name, int number)
{
	switch (try_socket(number)) {
	case 0:
		return fail(-EACCES,
			    "the X server '%s' refuses this user: set XAUTHORITY to its owner's "
			    "file, or let the owner run xhost +si:localuser:NAME",
			    name);
	case -ENOENT:
		return fail(-ENOENT,
			    "there is no X server '%s' (no /tmp/.X11-unix/X%d): start it, or name "
			    "another one in DISPLAY",
			    name, number);
	case -EMFILE:
	case -ENFILE: return fail(-EMFILE, "out of file descriptors: raise the limit (ulimit -n)");
	default:
		return fail(-ECONNREFUSED,
			    "nobody listens at the X server '%s': it has ended, start it again",
			    name);
	}
}

/* xcb does not say why. */
static int connection_failed(const char *name, int failure)
{
	char *host;
	int number, screen;
	if (failure == XCB_CONN_CLOSED_PARSE_ERR ||
	    xcb_parse_display(name, &host, &number, &screen) == 0)
		return fail(-EINVAL, "'%s' names no X display: it should look like :0 or host:0.0",
			    name);
	bool local = host[0] == '\0' || strcmp(host, "unix") == 0;
	free(host);
	if (failure == XCB_CONN_CLOSED_INVALID_SCREEN)
		return fail(-ENOENT, "the X server '%s' has no screen %d", name, screen);
	if (!local)
		return fail(-ECONNREFUSED,
			    "cannot connect to the X server '%s': check its name, that it listens "
			    "for TCP, and the authorisation (XAUTHORITY)",
			    name);
	return local_failed(name, number);
}

int x11_lost(const struct x11 *x11)
{
	switch (xcb_connection_has_error(x11->xcb)) {
	case XCB_CONN_CLOSED_MEM_INSUFFICIENT: return fail(-ENOMEM, "out of memory");
	case XCB_CONN_CLOSED_REQ_LEN_EXCEED:
	case XCB_CONN_CLOSED_FDPASSING_FAILED:
		return fail(-EPROTO, "the connection to the X server ended: it took no request of "
				     "that length or no file descriptor");
	default:
		return fail(-EPIPE, "the X server closed the connection: it ended or threw this "
				    "client out");
	}
}

/* ---- what there is -------------------------------------------------------------------------- */

static const xcb_screen_t *screen_at(const xcb_setup_t *setup, int number)
{
	xcb_screen_iterator_t iterator = xcb_setup_roots_iterator(setup);
	while (number-- > 0 && iterator.rem > 1)
		xcb_screen_next(&iterator);
	return iterator.data;
}

static int intern_atoms(struct x11 *x11)
{
	static const char *const names[N_ATOMS] = {
		[ATOM_WM_PROTOCOLS] = "WM_PROTOCOLS",
		[ATOM_WM_DELETE_WINDOW] = "WM_DELETE_WINDOW",
		[ATOM_NET_WM_NAME] = "_NET_WM_NAME",
		[ATOM_NET_WM_PID] = "_NET_WM_PID",
		[ATOM_UTF8_STRING] = "UTF8_STRING",
		[ATOM_NET_WM_STATE] = "_NET_WM_STATE",
		[ATOM_NET_WM_STATE_FULLSCREEN] = "_NET_WM_STATE_FULLSCREEN",
		[ATOM_FRAMELEND_DONE] = "_FRAMELEND_DONE",
	};
	xcb_intern_atom_cookie_t cookies[N_ATOMS];
	bool complete = true;
	for (size_t i = 0; i < N_ATOMS; i++)
		cookies[i] = xcb_intern_atom(x11->xcb, 0, (uint16_t)strlen(names[i]), names[i]);
	for (size_t i = 0; i < N_ATOMS; i++) {
		xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(x11->xcb, cookies[i], NULL);
		complete = complete && reply != NULL;
		x11->atoms[i] = reply != NULL ? reply->atom : 0;
		free(reply);
	}
	return complete ? 0 : x11_lost(x11);
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

static void find_shm(struct x11 *x11)
{
	const xcb_query_extension_reply_t *extension =
		xcb_get_extension_data(x11->xcb, &xcb_shm_id);
	if (extension == NULL || !extension->present || !takes_descriptors(x11->xcb))
		return;
	xcb_shm_query_version_reply_t *version =
		xcb_shm_query_version_reply(x11->xcb, xcb_shm_query_version(x11->xcb), NULL);
	/* Segments of descriptors came with 1.2. */
	if (version != NULL && (version->major_version > 1 || version->minor_version >= 2)) {
		x11->shm = true;
		x11->shm_opcode = extension->major_opcode;
		x11->shm_event = extension->first_event;
	}
	free(version);
}

static void find_extensions(struct x11 *x11)
{
	xcb_connection_t *xcb = x11->xcb;
	xcb_prefetch_extension_data(xcb, &xcb_shm_id);
	xcb_prefetch_extension_data(xcb, &xcb_present_id);
	xcb_prefetch_extension_data(xcb, &xcb_randr_id);
	xcb_prefetch_maximum_request_length(xcb);
	find_shm(x11);
	const xcb_query_extension_reply_t *present = xcb_get_extension_data(xcb, &xcb_present_id);
	if (present != NULL && present->present)
		x11->present_opcode = present->major_opcode;
	const xcb_query_extension_reply_t *randr = xcb_get_extension_data(xcb, &xcb_randr_id);
	x11->randr = randr != NULL && randr->present;
	if (x11->randr)
		x11->randr_event = randr->first_event;
	uint64_t bytes = xcb_get_maximum_request_length(xcb) * UINT64_C(4);
	const uint64_t header = sizeof(xcb_put_image_request_t) + sizeof(uint32_t);
	x11->largest = bytes > LARGEST + header ? LARGEST : (uint32_t)(bytes - header);
}

static int check_byte_order(const struct x11 *x11, const char *name)
{
	const union {
		uint32_t word;
		uint8_t first;
	} order = {.word = 1};
	uint8_t own = order.first == 1 ? XCB_IMAGE_ORDER_LSB_FIRST : XCB_IMAGE_ORDER_MSB_FIRST;
	if (xcb_get_setup(x11->xcb)->image_byte_order == own)
		return 0;
	return fail(-ENOTSUP,
		    "the X server '%s' has pixels of the other byte order: use one on a machine "
		    "like this one",
		    name);
}

/* ---- all ------------------------------------------------------------------------------------ */

const char *x11_display_name(const char *name)
{
	const char *wanted = name != NULL && name[0] != '\0' ? name : getenv("DISPLAY");
	return wanted != NULL && wanted[0] != '\0' ? wanted : NULL;
}

int x11_connect(struct x11 *x11, const char *wanted)
{
	const char *name = x11_display_name(wanted);
	int screen = 0;
	if (name == NULL)
		return fail(-ENOENT,
			    "DISPLAY is not set: set it to the X server's name, such as :0");
	x11->xcb = xcb_connect(name, &screen);
	int failure = xcb_connection_has_error(x11->xcb);
	if (failure != 0)
		return connection_failed(name, failure);
	int result = check_byte_order(x11, name);
	if (result < 0)
		return result;
	x11->screen = screen_at(xcb_get_setup(x11->xcb), screen);
	result = intern_atoms(x11);
	if (result < 0)
		return result;
	find_extensions(x11);
	x11->scratch = malloc(x11->largest);
	if (x11->scratch == NULL)
		return fail(-ENOMEM, "out of memory");
	return xcb_connection_has_error(x11->xcb) != 0 ? x11_lost(x11) : 0;
}

void x11_disconnect(struct x11 *x11)
{
	if (x11->xcb != NULL)
		xcb_disconnect(x11->xcb);
	free(x11->scratch);
	*x11 = (struct x11){0};
}
