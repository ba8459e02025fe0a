/* SPDX-License-Identifier: MIT */
/*
 * The display devices of a seat, and their coming and going. Where no udevd runs (containers,
 * minimal virtual machines) sysfs and the kernel's own events say enough; every device is then
 * seat0's.
 */
#ifndef SESSION_UDEV_H
#define SESSION_UDEV_H

#include <framelend/buffer.h>
#include <stdbool.h>

/* A primary node. */
struct card {
	char path[64];	  /* "/dev/dri/card0" */
	char sysname[32]; /* "card0" */
	char driver[32];  /* of its bus, not always DRM's name for it: "virtio-pci"; or "" */
	bool boot;	  /* the firmware's display */
};

enum card_change {
	CARD_ADDED,
	CARD_REMOVED,
	CARD_CHANGED, /* a connector was plugged or unplugged, or a writeback came */
};

struct cards;

/* Called from cards_dispatch() only. */
typedef void (*card_handler)(void *data, enum card_change change, const struct card *card);

/* Watches the seat's cards. handler may be NULL: only cards_list() is wanted. */
int cards_create(const char *seat, card_handler handler, void *data, struct cards **cards);
void cards_destroy(struct cards *cards);

/* What there is now: the firmware's display first, then by number. The list is the caller's to
 * free(). Returns how many, which may be 0. */
int cards_list(const struct cards *cards, struct card **list);

/* Readable: call cards_dispatch(), which never waits. */
int cards_fd(const struct cards *cards);
int cards_dispatch(struct cards *cards);

/* Whether a udevd runs. Without one libinput finds no devices. */
bool udevd_runs(void);

#endif
