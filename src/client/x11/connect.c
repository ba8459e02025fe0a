/* SPDX-License-Identifier: MIT */
/* Connecting to an X server. */
#include "client/x11/x11.h"
#include "common/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int introduce(struct display *display, const char *name)
{
	struct lend_client *client = display->client;
	int result = x11_connect(&display->x11, name);
	if (result < 0)
		return client_lose(client, result, "%s", fail_text());
	/* By that name it is found again. */
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
	const char *wanted = x11_display_name(client->target);
	char name[sizeof(client->target)] = "";
	struct hush hush;
	if (wanted != NULL && strlen(wanted) >= sizeof(name))
		return client_lose(client, -ENAMETOOLONG, "DISPLAY is too long: name it as :0");
	if (wanted != NULL)
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
	result = introduce(display, name);
	hush_end(&hush, display->x11.xcb);
	return result;
}
