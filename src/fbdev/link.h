/* SPDX-License-Identifier: MIT */
/* What the library in a program and the keeper (`framelend run`) say to each other.
 *
 * Every request has a connection of its own, so that a program may fork, start others, use threads
 * and close whatever descriptors it finds: there is nothing to share and nothing to lose. */
#ifndef FBDEV_LINK_H
#define FBDEV_LINK_H

#include <stdint.h>

/* The environment variable: abstract socket's name, device and inode of the framebuffer's memory.
 */
#define LINK_VARIABLE "FRAMELEND_FBDEV"
#define LINK_FORMAT   "%15s %x:%x %lu"
#define LINK_NAME_MAX 16

/* The memfd's name, as /proc/PID/maps shows it. */
#define LINK_MEMORY "framelend-fbdev"

enum link_kind {
	LINK_OPEN = 1,	  /* answered with a descriptor of the framebuffer */
	LINK_CONSOLE = 2, /* with one of the console's terminal */
	LINK_IOCTL = 3,	  /* `code`, `argument`; what it points to follows, in the answer too */
	/* The program has mapped the framebuffer: `address`, `length`, `offset`. With the
	 * userfaultfd that watches the map, or `argument`: the errno of why there is none. */
	LINK_WATCH = 4,
};

struct link_request {
	uint32_t kind;
	uint32_t code;
	uint64_t argument;
	uint64_t address, length, offset;
};

struct link_answer {
	int32_t error;	 /* 0 or -errno */
	uint32_t length; /* of what follows */
};

/* Nothing that follows is longer (a struct fb_var_screeninfo has 160 bytes). */
#define LINK_PAYLOAD_MAX 256

/* What an ioctl's argument points to: bytes read from it and written to it. */
struct link_payload {
	uint32_t code;
	uint16_t in, out;
};

/* NULL: there is no such ioctl. */
const struct link_payload *link_payload(uint32_t code);

#endif
