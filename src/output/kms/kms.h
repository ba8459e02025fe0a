/* SPDX-License-Identifier: MIT */
/*
 * What the files of the KMS output share: screens.c (the seat: session, devices coming and going),
 * card.c (one display device and what is to be lit on it), screen.c (one output), mode.c, memory.c
 * (framebuffers of buffers), cursor.c, input.c (devices' events to the seat).
 */
#ifndef OUTPUT_KMS_KMS_H
#define OUTPUT_KMS_KMS_H

#include "input/input.h"
#include "output/alarm.h"
#include "server/server.h"
#include "session/session.h"
#include "session/udev.h"

#include <framelend/kms.h>

#define CONNECTORS_MAX 4 /* that show the same */

/* ---- screens.c ------------------------------------------------------------------------------ */

/* A server's displays. Made with the first one, gone with the server. */
struct screens {
	struct lend_server *server;
	struct session *session;
	struct cards *cards;
	struct input *input; /* or NULL */
	struct seat_source seat_source;
	struct wl_event_source *session_source, *cards_source, *input_source;
	struct wl_list displays; /* display.link */
	struct wl_listener server_destroyed;
};

/* ---- card.c: a display device --------------------------------------------------------------- */

/* What somebody asked to be lit on a display device. */
struct wish {
	struct wl_list link;
	char *connector; /* NULL: each one that no other wish names */
	uint32_t width, height, refresh;
	enum lend_layout layout;
	bool mirror;
	bool told; /* that nothing comes of it, once */
};

struct display {
	struct screens *screens;
	struct wl_list link;
	struct card card;
	int fd; /* the session's */
	struct lend_kms *kms;
	struct lend_device_info info;
	struct wl_event_source *source;
	bool active, gone;
	struct wl_list wishes, outputs; /* wish.link, screen.link */
	struct wl_list memory;		/* framebuffer.link */
};

/* Opens the device. -errno with fail_text(). */
int display_open(struct screens *screens, const struct card *card, struct display **out);
void display_close(struct display *display);
/* Is anything connected that could be lit? */
bool display_is_connected(const struct display *display);
/* Takes over a wish, and lights what it asks for. How many outputs it made, or -errno with
 * fail_text(): then the wish is dropped. */
int display_wish(struct display *display, const struct lend_kms_output_options *options);
/* Something was plugged in or out. */
void display_update(struct display *display);
/* The device is gone; its outputs too. */
void display_lost(struct display *display);
void display_set_active(struct display *display, bool active);
/* What is awaited will not come: everything is set anew. */
void display_restart(struct display *display);
/* The device is there again: what was wished for is lit. */
void display_return(struct display *display);

/* ---- memory.c ------------------------------------------------------------------------------- */

/* A buffer as the display device knows it. */
struct framebuffer {
	struct wl_list link;
	const struct lend_buffer *memory;
	struct lend_framebuffer *kms; /* NULL: refused */
	struct lend_buffer *gpu;      /* what memory is, if it is a GPU's and goes with this */
	bool own;		      /* the device's, allocated for an output */
	bool tried;		      /* it has been on display */
	char refusal[96];	      /* why it is not shown */
};

/* The buffer's framebuffer, made at the first call; NULL: out of memory. */
struct framebuffer *framebuffer_get(struct display *display, const struct lend_buffer *memory);
int framebuffer_allocate(struct display *display, uint32_t width, uint32_t height, uint32_t format,
			 struct lend_buffer **memory);
/* Memory of the GPU's that belongs to the display device. */
int framebuffer_allocate_gpu(struct display *display, uint32_t width, uint32_t height,
			     uint32_t format, struct lend_buffer **memory);
/* The display did not show it: it will not be tried again. */
void framebuffer_refuse(struct framebuffer *framebuffer, const char *call, int error);
void framebuffer_forget(struct display *display, const struct lend_buffer *memory);
void framebuffers_finish(struct display *display);

/* ---- cursor.c ------------------------------------------------------------------------------- */

/* Two pictures in turn: the one that is shown is not drawn in. */
struct plane_cursor {
	struct lend_framebuffer *pictures[2];
	int shown;	 /* which of them is to be shown, or -1: none */
	int displayed;	 /* which of them is on display, or -1 */
	uint64_t serial; /* of the picture in it */
	bool broken;	 /* the display takes no cursor */
};

struct screen;

/* Takes the output's cursor over. False: it has to be drawn. */
bool cursor_take(struct screen *screen);
void cursor_fill_state(const struct screen *screen, struct lend_pipe_state *state);
void cursor_finish_planes(struct plane_cursor *cursor);

/* ---- screen.c: an output -------------------------------------------------------------------- */

struct screen {
	struct display *display;
	struct wl_list link;
	struct wish *wish; /* NULL once that is gone */
	struct lend_output *output;
	struct lend_pipe *pipe; /* NULL: it is off */
	struct lend_pipe_info info;
	uint32_t connectors[CONNECTORS_MAX];
	size_t n_connectors;
	struct alarm alarm;    /* the next repaint, or that a frame is overdue */
	bool lit;	       /* something has been shown */
	bool pending;	       /* a frame is on its way */
	bool wanted;	       /* a repaint is due once that or the session allows it */
	uint64_t period, last; /* ns: of a refresh, and when the last one was */
	uint64_t aimed;	       /* the refresh that the last repaint was for */
	uint64_t cost;	       /* ns that drawing took lately at most */
	uint64_t frames;
	struct plane_cursor cursor;
};

/* Lights the connectors. make, model and the size in mm are the first one's. */
int screen_create(struct display *display, struct wish *wish,
		  const struct lend_connector_info *connectors, size_t n);
bool screen_has(const struct screen *screen, uint32_t connector);
/* The session may use its device again, or not. */
void screen_set_active(struct screen *screen, bool active);
/* mode.c: as lend_pipe_options has them. */
int screen_make_pipe(struct screen *screen, uint32_t width, uint32_t height, uint32_t refresh);
bool screen_mode(const struct lend_output *output, size_t index, struct lend_output_mode *mode);
int screen_set_mode(struct lend_output *output, const struct lend_output_mode *mode);
int screen_set_power(struct lend_output *output, bool on);
/* A commit is on its way: screen_presented() will be called, or it is overdue. */
void screen_await(struct screen *screen);
/* lend_kms_events.presented */
void screen_presented(void *data, const struct timespec *when, uint64_t sequence);

/* ---- input.c -------------------------------------------------------------------------------- */

/* Forwards the devices' events to the server's seat. A server without input goes on; the log says
 * why. */
void screens_start_input(struct screens *screens);
void screens_stop_input(struct screens *screens);

#endif
