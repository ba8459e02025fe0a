/* SPDX-License-Identifier: MIT */
/* Which pages of the framebuffer did programs write?
 *
 * A program's map is registered with a userfaultfd of its own, in the asynchronous write-protect
 * mode: the kernel itself lets the first write to a page through and remembers it, nobody is woken
 * and nothing the program does can fail. PAGEMAP_SCAN on its /proc/PID/pagemap then tells the pages
 * and protects them again, from this process. (Linux 6.7) */
#ifndef FBDEV_WATCH_H
#define FBDEV_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What dirt is counted in; the machine's pages may be larger. */
#define WATCH_PAGE 4096

/* One flag for each page of the framebuffer. */
struct pages {
	size_t n;
	uint8_t *dirty;
	bool any;
};

void pages_mark(struct pages *pages, uint64_t offset, uint64_t length);
void pages_mark_all(struct pages *pages);
/* Every other stripe: the even ones, or the odd ones. */
void pages_mark_half(struct pages *pages, bool odd);
void pages_clear(struct pages *pages);

struct watch {
	struct watch *next;
	pid_t pid;
	int userfault, pagemap;
	uint64_t address, length, offset;
};

/* Up to whole pages of the machine. */
uint64_t watch_round(uint64_t length);

/* Registers the map with a new userfaultfd, in this process. Returns it or -errno. */
int watch_arm(void *address, size_t length);

/* Tries it all on a map of the framebuffer's memory in this process. 0, or -errno with the reason.
 */
int watch_trial(int memory, const char **reason);

/* Watches another process's map from here on. Takes userfault. */
int watch_add(struct watch **list, pid_t pid, int userfault, uint64_t address, uint64_t length,
	      uint64_t offset);

/* Marks what was written since the last scan. Returns how many watches went, their map being gone:
 * of what was drawn through those last, nothing is known. */
unsigned watch_scan(struct watch **list, struct pages *pages);

void watch_clear(struct watch **list);

#endif
