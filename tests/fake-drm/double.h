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
	bool once;	     /* the line counts for one call */
};

/* ---- transcript.c ---- */

bool playing(void);

/* What the transcript answers to the call with these words. false: it has no line for it. */
bool consult(const char *call, const char *words, struct answer *answer);

/* Likewise; no line ends the process. Sets errno. true: the call succeeds. */
bool expect(const char *call, const char *words, struct answer *answer);

/* May the call go on? For calls that the model answers unless a line makes them fail. Sets errno.
 */
bool allowed(const char *call, const char *words);

__attribute__((format(printf, 1, 2), noreturn)) void complain(const char *format, ...);

/* ---- files.c ---- */

/* An event that waits to be read. */
struct event {
	uint32_t type; /* DRM_EVENT_... */
	uint32_t crtc; /* its id */
	uint64_t user_data;
	uint64_t sequence;
	uint64_t time; /* ns, monotonic */
};

enum { EVENTS_MAX = 128 }; /* the kernel's 4096 bytes for each file */

/* An open device: what all duplicates of a descriptor share. The descriptor is a timer, so that it
 * can be polled, and its interval, which nothing ever waits for, says which file it is. */
struct file {
	uint32_t serial; /* 0: this slot is free */
	int fd;		 /* the double's own duplicate */
	uint64_t armed;	 /* when + 1, as file_arm() last heard */
	bool render, master, was_master, revoked;
	bool universal, atomic, writeback, hotspot; /* client capabilities */
	struct event events[EVENTS_MAX];
	size_t n_events;
};

int file_open(const char *path, int flags);
/* NULL: not the device. */
struct file *file_of(int fd);
/* NULL after the last. */
struct file *file_next(struct file *file);
/* fd was closed just now: is that the file's end? */
void file_closed(struct file *file);
void files_reset(void);
/* The time at which the file's descriptor gets readable; 0: never. */
void file_arm(struct file *file, uint64_t when);
uint64_t now(void);

/* ---- objects.c ---- */

/* Is the fd (or a duplicate, here or in another process) the double's file of that name? */
bool is_file(int fd, const char *name);
int make_file(const char *name, uint64_t size);
int reopen(int fd, int flags);

#define FILE_DEVICE  "fake-drm"
#define FILE_BUFFER  "fake-dmabuf"
#define FILE_UDMABUF "fake-udmabuf"
#define FILE_HEAP    "fake-heap"

/* Memory, known by its file: what handles, framebuffers and dma-bufs stand for. */
struct object {
	int fd;	   /* the double's own, while there are users; else -1 */
	int users; /* handles and framebuffers */
	dev_t device;
	ino_t inode;
	uint64_t size;
	int exported; /* O_RDWR or O_RDONLY once exported, for life; -1 before */
	bool mapped;  /* MAP_DUMB was called */
	bool foreign; /* imported, of another device */
	struct answer answer;
	int accesses;	 /* begun and not ended */
	uint8_t *upload; /* the device's own copy, where it has one (flush=buffer) */
};

/* Takes fd. Has one user. */
struct object *object_create(int fd, uint64_t size);
/* NULL: not one of ours, as far as this process knows. */
struct object *object_by_fd(int fd);
/* Known by its file alone, as a udmabuf is: it has no user. */
struct object *object_note(int fd, uint64_t size);
void object_use(struct object *object);
void object_leave(struct object *object);

/* A GEM handle: a number in one open file. Unlike the kernel's, numbers are never used again, so
 * that a handle used after its end is an error and not another buffer. */
uint32_t handle_create(const struct file *file, struct object *object);
struct object *object_by_handle(const struct file *file, uint32_t handle);
/* 0: the file has none of the object. */
uint32_t handle_of(const struct file *file, const struct object *object);
void handle_close(const struct file *file, uint32_t handle);
void handles_close(const struct file *file);
void objects_reset(void);

/* A dma-buf made by this double, in whatever process. */
bool is_dmabuf(int fd);

#endif
