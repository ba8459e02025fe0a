/* SPDX-License-Identifier: MIT */
/* The answers to what programs ask. */
#include "keeper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct request {
	struct link_request head;
	unsigned char payload[LINK_PAYLOAD_MAX];
	size_t length; /* of the payload */
	int fd;	       /* that came with it, or -1 */
};

/* ---- messages ------------------------------------------------------------------------------- */

/* Takes the message's descriptor, if there is one. */
static int take_fd(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	if (!control || control->cmsg_type != SCM_RIGHTS)
		return -1;
	int fd;
	memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

static int receive(int socket, struct request *request)
{
	struct iovec parts[] = {
		{&request->head, sizeof(request->head)},
		{request->payload, sizeof(request->payload)},
	};
	/* There is room for one: more are closed by the kernel. */
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct msghdr message = {.msg_iov = parts,
				 .msg_iovlen = 2,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t length = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (length < 0)
		return -errno;
	request->fd = take_fd(&message);
	if ((size_t)length < sizeof(request->head) || message.msg_flags & MSG_TRUNC) {
		if (request->fd >= 0)
			close(request->fd);
		return -EBADMSG;
	}
	request->length = (size_t)length - sizeof(request->head);
	return 0;
}

/* Answers the call and ends it. fd (borrowed) goes along if it is not -1. */
static void answer(struct call *call, int error, const void *payload, size_t length, int fd)
{
	struct link_answer head = {.error = error, .length = (uint32_t)length};
	struct iovec parts[] = {{&head, sizeof(head)}, {(void *)(uintptr_t)payload, length}};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		*CMSG_FIRSTHDR(&message) =
			(struct cmsghdr){CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	}
	/* A program that has gone meanwhile needs no answer. */
	(void)sendmsg(call->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(call->fd);
	call->fd = -1;
}

void request_finish(struct call *call, int result)
{
	answer(call, result, NULL, 0, -1);
}

/* ---- ioctls --------------------------------------------------------------------------------- */

static int put_mode(struct keeper *keeper, struct fb_var_screeninfo *wanted)
{
	struct fb_var_screeninfo mode = *wanted;
	int result = mode_check(&mode, keeper->length);
	if (result < 0)
		return result;
	bool test = (mode.activate & FB_ACTIVATE_MASK) == FB_ACTIVATE_TEST;
	mode.activate = FB_ACTIVATE_NOW;
	*wanted = mode;
	if (test)
		return 0;
	bool resized = mode.xres != keeper->mode.xres || mode.yres != keeper->mode.yres;
	keeper->mode = mode;
	return keeper_use_mode(keeper, resized);
}

static int pan(struct keeper *keeper, const struct fb_var_screeninfo *wanted)
{
	int result = mode_pan(&keeper->mode, wanted);
	if (result < 0)
		return result;
	keeper->picture.mode = keeper->mode;
	pages_mark_all(&keeper->pages);
	keeper->hurry = true;
	return 0;
}

static int set_blank(struct keeper *keeper, uint64_t level)
{
	if (level > FB_BLANK_POWERDOWN)
		return -EINVAL;
	bool blank = level != FB_BLANK_UNBLANK;
	if (blank != keeper->blank)
		pages_mark_all(&keeper->pages);
	keeper->blank = blank;
	keeper->hurry = true;
	return 0;
}

/* There is one framebuffer, and every console is on it. */
static int map_console(struct fb_con2fbmap *map, bool set)
{
	if (map->console < 1 || map->console > 63)
		return -EINVAL;
	if (set)
		return map->framebuffer == 0 ? 0 : -ENODEV;
	map->framebuffer = 0;
	return 0;
}

/* As the kernel's do_fb_ioctl(). The payload is changed in place. */
static int run_ioctl(struct keeper *keeper, uint32_t code, uint64_t argument, void *payload)
{
	switch (code) {
	case FBIOGET_VSCREENINFO: memcpy(payload, &keeper->mode, sizeof(keeper->mode)); return 0;
	case FBIOPUT_VSCREENINFO: return put_mode(keeper, payload);
	case FBIOGET_FSCREENINFO: mode_describe(&keeper->mode, keeper->length, payload); return 0;
	case FBIOPAN_DISPLAY: return pan(keeper, payload);
	case FBIOGET_CON2FBMAP: return map_console(payload, false);
	case FBIOPUT_CON2FBMAP: return map_console(payload, true);
	case FBIOBLANK: return set_blank(keeper, argument);
	case FBIO_CURSOR: return -EINVAL; /* as the kernel answers since 2.6 */
	default: return -ENOTTY;
	}
}

static void wait_for_vsync(struct keeper *keeper, struct call *call)
{
	struct timespec now = {0};
	clock_gettime(CLOCK_MONOTONIC, &now);
	call->since = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	call->waiting = true;
	keeper->hurry = true; /* what was drawn so far is complete */
}

static void handle_ioctl(struct keeper *keeper, struct call *call, struct request *request)
{
	const struct link_payload *payload = link_payload(request->head.code);
	if (!payload || request->length != payload->in) {
		request_finish(call, payload ? -EFAULT : -ENOTTY);
	} else if (request->head.code == FBIO_WAITFORVSYNC) {
		wait_for_vsync(keeper, call);
	} else {
		int result = run_ioctl(keeper, request->head.code, request->head.argument,
				       request->payload);
		answer(call, result, request->payload, result < 0 ? 0 : payload->out, -1);
	}
}

/* ---- the rest ------------------------------------------------------------------------------- */

static int add_watch(struct keeper *keeper, const struct call *call, struct request *request)
{
	const struct link_request *head = &request->head;
	size_t n = 0;
	for (const struct watch *watch = keeper->watches; watch; watch = watch->next)
		n++;
	int result = -(int)head->argument;
	if (n == KEEPER_WATCHES)
		result = -EMFILE;
	else if (request->fd >= 0) {
		result = watch_add(&keeper->watches, call->pid, request->fd, head->address,
				   head->length, head->offset);
		request->fd = -1;
	}
	char reason[128];
	snprintf(reason, sizeof(reason), "process %d cannot be watched: %s", (int)call->pid,
		 strerror(-result));
	if (result < 0)
		keeper_compare(keeper, reason);
	return 0; /* the program need not know */
}

static void handle(struct keeper *keeper, struct call *call, struct request *request)
{
	switch (request->head.kind) {
	case LINK_OPEN: answer(call, 0, NULL, 0, keeper->memory); break;
	case LINK_CONSOLE:
		answer(call, keeper->console < 0 ? -ENXIO : 0, NULL, 0, keeper->console);
		break;
	case LINK_IOCTL: handle_ioctl(keeper, call, request); break;
	case LINK_WATCH: request_finish(call, add_watch(keeper, call, request)); break;
	default: request_finish(call, -EBADMSG);
	}
}

void request_handle(struct keeper *keeper, struct call *call)
{
	struct request request;
	int result = receive(call->fd, &request);
	if (result < 0) {
		request_finish(call, result);
		return;
	}
	handle(keeper, call, &request);
	if (request.fd >= 0)
		close(request.fd);
}
