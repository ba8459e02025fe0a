/* SPDX-License-Identifier: MIT */
/* The outputs that framelend serve is asked for: --output KIND[:...][,OPTION]... */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include <framelend/server.h>
#include <stdbool.h>

enum output_kind {
	OUTPUT_AUTO,
	OUTPUT_HEADLESS,
	OUTPUT_KMS,
	OUTPUT_WAYLAND,
	OUTPUT_X11,
};

struct output_wish {
	enum output_kind kind;
	bool has_layout, has_transform, has_position;
	enum lend_layout layout;
	enum lend_transform transform;
	int32_t x, y;
	uint32_t scale;			 /* in 120ths; 0: not said */
	bool mirror;			 /* kms */
	bool fullscreen;		 /* windows */
	uint32_t width, height, refresh; /* 0: not said */
	char device[64], connector[32];	 /* kms; empty: any */
	char display[108];		 /* windows; empty: what the environment says */
};

/* "full" or "tile". -EINVAL: neither. */
int parse_layout(const char *name, enum lend_layout *layout);

/* "normal", "90", "180", "270", "flipped", "flipped-90"... -EINVAL: none of them. */
int parse_transform(const char *name, enum lend_transform *transform);
const char *transform_name(enum lend_transform transform);

/* "1280,0". -EINVAL: it is not two whole numbers. */
int parse_position(const char *text, int32_t *x, int32_t *y);

/* "1.5" as 180: 0.5 to 10. -EINVAL: it is not. */
int parse_scale(const char *text, uint32_t *scale);

/* Reads what was asked for; returns an exit status, after a complaint. */
int output_parse(const char *text, struct output_wish *wish);

/* Makes it, of any kind but auto; layout: if the wish has none. -errno with lend_server_error(). */
int output_make(struct lend_server *server, const struct output_wish *wish,
		enum lend_layout layout);

/* Sets what is not said when it is made: scale, transform and position; of an output that was not
 * made for this wish also mode and layout. -errno with lend_server_error(). */
int output_adjust(const struct output_wish *wish, struct lend_output *output, bool made);

/* Whether the text begins with a kind of outputs. */
bool output_is_kind(const char *text);

bool output_is_window(const struct output_wish *wish);

/* auto_output.c: makes the kind that suits where this program was started, and writes it in the
 * wish. Says on stderr which one and why, and through log why not the others. */
int output_make_auto(struct lend_server *server, struct output_wish *wish, enum lend_layout layout,
		     lend_log_handler log, void *data);

#endif
