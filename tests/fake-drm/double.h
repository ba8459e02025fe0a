/* SPDX-License-Identifier: MIT */
/* Between the parts of the double: the transcript, the device's objects, the calls. */
#ifndef FAKE_DOUBLE_H
#define FAKE_DOUBLE_H

#include "fake-drm.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a transcript answers. */
struct answer {
	int error;	     /* positive; 0: it succeeds */
	const char *text;    /* the answer's first word: a number, a name, "ok" */
	unsigned long pitch; /* pitch=N: rows are multiples of N bytes */
	unsigned long limit; /* limit=N: the most MiB */
	bool dirty;	     /* the memory holds what was there before */
	bool apart;	     /* every map shows memory of its own: a driver that lies */
};

/* ---- transcript.c ---- */

bool playing(void);

/* What the transcript answers to the call with these words. false: it has no line for it. */
bool consult(const char *call, const char *words, struct answer *answer);

/* Likewise; no line ends the process. Sets errno. true: the call succeeds. */
bool expect(const char *call, const char *words, struct answer *answer);

__attribute__((format(printf, 1, 2), noreturn)) void complain(const char *format, ...);

/* ---- objects.c ---- */

/* Is the fd (or a duplicate, here or in another process) the double's file of that name? */
bool is_file(int fd, const char *name);
int make_file(const char *name, uint64_t size);
int reopen(int fd, int flags);

#define FILE_DEVICE  "fake-drm"
#define FILE_BUFFER  "fake-dmabuf"
#define FILE_UDMABUF "fake-udmabuf"
#define FILE_HEAP    "fake-heap"

/* A GEM object: what a handle stands for. */
struct object {
	uint32_t handle; /* 0: no longer open, but known by its file */
	int fd;		 /* the double's own, while the handle is open */
	dev_t device;
	ino_t inode;
	uint64_t size;
	int exported; /* O_RDWR or O_RDONLY once exported, for life; -1 before */
	bool mapped;  /* MAP_DUMB was called */
	bool foreign; /* imported, of another device */
	struct answer answer;
	int accesses; /* begun and not ended */
};

/* Takes fd; gives it a handle. */
struct object *object_create(int fd, uint64_t size);
struct object *object_by_handle(uint32_t handle);
/* NULL: not one of ours, as far as this process knows. */
struct object *object_by_fd(int fd);
/* Known by its file alone, as a udmabuf is: it has no handle. */
struct object *object_note(int fd, uint64_t size);
void object_open(struct object *object, int fd);
void object_close(struct object *object);
void objects_reset(void);

/* A dma-buf made by this double, in whatever process. */
bool is_dmabuf(int fd);

#endif
