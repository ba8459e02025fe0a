/* SPDX-License-Identifier: MIT */
/* Events of an X server, and what is sent to it. */
#include "client/x11/x11.h"
#include "common/error.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct window *window_find(const struct display *display, xcb_window_t id)
{
	struct window *window = display->windows;
	while (window != NULL && window->x11.id != id)
		window = window->next;
	return window;
}

/* ---- events --------------------------------------------------------------------------------- */

int display_lose(struct lend_client *client)
{
	int error = x11_lost(&client->display->x11);
	return client_lose(client, error, "%s", fail_text());
}

static void handle_error(struct display *display, const xcb_generic_error_t *error)
{
	/* Of windows and pixmaps that others destroyed we hear elsewhere. */
	bool stale = error->error_code == XCB_WINDOW || error->error_code == XCB_DRAWABLE;
	if (display->x11.shm_opcode != 0 && error->major_code == display->x11.shm_opcode && !stale)
		image_refused(display, error);
	else
		client_log(display->client, LEND_LOG_DEBUG,
			   "the X server refused request %u.%u: error %u, resource 0x%x",
			   error->major_code, error->minor_code, error->error_code,
			   error->resource_id);
}

static void handle_message(struct display *display, const xcb_client_message_event_t *message)
{
	struct window *window = window_find(display, message->window);
	if (window == NULL || message->format != 32)
		return;
	const uint32_t *data = message->data.data32;
	if (message->type == display->x11.atoms[ATOM_FRAMELEND_DONE])
		image_done(display, data[0], data[1]);
	else if (x11_is_closing(&display->x11, message))
		surface_close(window->surface);
}

static void handle_event(struct display *display, const xcb_generic_event_t *event)
{
	uint8_t type = event->response_type & 0x7f;
	if (type == 0) {
		handle_error(display, (const xcb_generic_error_t *)event);
	} else if (display->x11.shm_opcode != 0 &&
		   type == display->x11.shm_event + XCB_SHM_COMPLETION) {
		const xcb_shm_completion_event_t *done = (const void *)event;
		image_done(display, done->shmseg, done->offset);
	} else if (type == XCB_GE_GENERIC) {
		pace_complete(display, event);
	} else if (type == XCB_CLIENT_MESSAGE) {
		handle_message(display, (const xcb_client_message_event_t *)event);
	} else if (!window_event(display, event)) {
		(void)input_event(display, event);
	}
}

static int handle_all(struct display *display, xcb_generic_event_t *event)
{
	int count = 0;
	if (event != NULL)
		display->unanswered = 0;
	while (event != NULL) {
		handle_event(display, event);
		free(event);
		count++;
		event = xcb_poll_for_queued_event(display->x11.xcb);
	}
	for (struct window *window = display->windows; window != NULL; window = window->next)
		window_settle(window);
	return count;
}

static xcb_generic_event_t *take_early(struct display *display)
{
	xcb_generic_event_t *event = display->early;
	display->early = NULL;
	return event != NULL ? event : xcb_poll_for_queued_event(display->x11.xcb);
}

/* Alarms would do, but setting a timer for each frame costs more than the frame. */
void display_wake(struct display *display)
{
	if (!display->woken && write(display->wake, &(uint64_t){1}, sizeof(uint64_t)) > 0)
		display->woken = true;
}

/* The number of events that this is. */
static int take_wake(struct display *display)
{
	uint64_t count;
	if (!display->woken)
		return 0;
	display->woken = false;
	return read(display->wake, &count, sizeof(count)) > 0;
}

void display_notice(struct display *display)
{
	if (display->early == NULL)
		display->early = xcb_poll_for_queued_event(display->x11.xcb);
	if (display->early != NULL)
		display_wake(display);
}

/* A server that answers reads, and one that does not has room for this many times what is queued.
 */
#define UNANSWERED 8

/* Sends what is queued if there is room for it in the socket: xcb would wait for some. */
static int send_queued(struct display *display)
{
	struct pollfd poll_fd = {.fd = xcb_get_file_descriptor(display->x11.xcb),
				 .events = POLLOUT};
	struct hush hush;
	if (!display->queued)
		return 0;
	if (display->unanswered > UNANSWERED && poll(&poll_fd, 1, 0) == 0)
		return -EAGAIN;
	display->queued = false;
	display->unanswered++;
	hush_begin(&hush);
	xcb_flush(display->x11.xcb);
	hush_end(&hush, display->x11.xcb);
	return 0;
}

static int dispatch(struct lend_client *client, int timeout_ms)
{
	struct display *display = client->display;
	int count = take_wake(display) + handle_all(display, take_early(display));
	short events = send_queued(display) < 0 ? POLLIN | POLLOUT : POLLIN;
	int found = client_wait(client, events, count > 0 ? 0 : timeout_ms);
	if (found < 0)
		return count > 0 ? count : found;
	if (found & ~POLLOUT)
		count += handle_all(display, xcb_poll_for_event(display->x11.xcb));
	(void)send_queued(display);
	return xcb_connection_has_error(display->x11.xcb) != 0 ? display_lose(client) : count;
}

static int flush(struct lend_client *client)
{
	struct display *display = client->display;
	int result = send_queued(display);
	if (xcb_connection_has_error(display->x11.xcb) != 0)
		return display_lose(client);
	display_notice(display);
	return result < 0 ? client_fail(client, result, "the X server does not read: dispatch") : 0;
}

/* ---- all ------------------------------------------------------------------------------------ */

static void destroy(struct display *display)
{
	input_close(display);
	if (display->x11.xcb != NULL)
		(void)send_queued(display);
	x11_disconnect(&display->x11);
	if (display->wake >= 0)
		close(display->wake);
	free(display->early);
	free(display);
}

static int get_fd(const struct display *display)
{
	return xcb_get_file_descriptor(display->x11.xcb);
}

const struct display_backend module_backend = {
	.version = DISPLAY_VERSION,
	.name = "x11",
	.connect = connect_display,
	.destroy = destroy,
	.fd = get_fd,
	.dispatch = dispatch,
	.flush = flush,
	.window_create = window_create,
	.window_destroy = window_destroy,
	.window_set_title = window_set_title,
	.window_commit = window_commit,
	.window_forget = image_forget,
};
