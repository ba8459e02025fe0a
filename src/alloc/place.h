/* SPDX-License-Identifier: MIT */
/* Where a device sits in the machine, as sysfs has it. */
#ifndef ALLOC_PLACE_H
#define ALLOC_PLACE_H

#include <sys/types.h>

struct place {
	char path[256]; /* "/devices/pci0000:00/0000:00:02.0"; "" if it is not to be found */
	char bus[16];	/* "pci", "platform", "virtio"; "" */
	char id[16];	/* "1234:1111" where the bus has such numbers; "" */
};

/* Of a character device. What is not found stays empty. */
void place_find(dev_t device, struct place *place);

#endif
