/* SPDX-License-Identifier: MIT */
/* For programs that run in the guest: requests to the host (asked.py says which) and what it shows.
 */
#ifndef VM_GUEST_H
#define VM_GUEST_H

#include <stddef.h>
#include <stdint.h>

#define VM_SHARE "/run/vm"

/* Sends one line and waits for the answer, without its "ok ". -EREMOTEIO: the host said "error",
 * and answer says why. */
int vm_ask(const char *request, char *answer, size_t length);

/* A picture, 0xffRRGGBB, rows without gaps. */
struct vm_picture {
	uint32_t width, height;
	uint32_t *pixels;
};

/* What a display device of QEMU (by its id) shows now; kept as VM_SHARE/name.ppm, too. */
int vm_screendump(const char *device, const char *name, struct vm_picture *picture);
void vm_picture_finish(struct vm_picture *picture);

#endif
