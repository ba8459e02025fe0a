/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* linux/fs.h has these since 6.7. */
struct region {
	uint64_t start, end, categories;
};

struct scan {
	uint64_t size, flags;
	uint64_t start, end, walk_end;
	uint64_t vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN_IOCTL	 _IOWR('f', 16, struct scan)
#define SCAN_PROTECT	 (1 << 0)
#define CATEGORY_WATCHED (1 << 0)
#define CATEGORY_WRITTEN (1 << 1)

#define REGIONS		 64
#define STRIPE		 256 /* pages: many rows, since rows are compared in bands */

void pages_mark(struct pages *pages, uint64_t offset, uint64_t length)
{
	uint64_t first = offset / WATCH_PAGE,
		 last = (offset + length + WATCH_PAGE - 1) / WATCH_PAGE;
	if (last > pages->n)
		last = pages->n;
	if (first >= last)
		return;
	memset(pages->dirty + first, 1, last - first);
	pages->any = true;
}

void pages_mark_all(struct pages *pages)
{
	memset(pages->dirty, 1, pages->n);
	pages->any = true;
}

void pages_mark_half(struct pages *pages, bool odd)
{
	for (uint64_t page = odd ? STRIPE : 0; page < pages->n; page += UINT64_C(2) * STRIPE)
		pages_mark(pages, page * WATCH_PAGE, (uint64_t)STRIPE * WATCH_PAGE);
}

void pages_clear(struct pages *pages)
{
	if (pages->any)
		memset(pages->dirty, 0, pages->n);
	pages->any = false;
}

/* Marks the written pages of one map; 0, or -errno. */
static int scan_map(const struct watch *watch, struct pages *pages)
{
	struct region regions[REGIONS];
	uint64_t end = watch->address + watch->length;
	for (uint64_t start = watch->address; start < end;) {
		struct scan scan = {
			.size = sizeof(scan),
			.flags = SCAN_PROTECT,
			.start = start,
			.end = end,
			.vec = (uintptr_t)regions,
			.vec_len = REGIONS,
			.category_mask = CATEGORY_WRITTEN,
			.return_mask = CATEGORY_WRITTEN,
		};
		int n = ioctl(watch->pagemap, SCAN_IOCTL, &scan);
		if (n < 0)
			return -errno;
		for (int i = 0; i < n; i++)
			pages_mark(pages, regions[i].start - watch->address + watch->offset,
				   regions[i].end - regions[i].start);
		start = scan.walk_end > start ? scan.walk_end : end;
	}
	return 0;
}

/* A map that was undone, moved or left behind by exec has nothing that could be watched any more.
 */
static bool is_gone(const struct watch *watch)
{
	struct region region;
	struct scan scan = {
		.size = sizeof(scan),
		.start = watch->address,
		.end = watch->address + watch->length,
		.vec = (uintptr_t)&region,
		.vec_len = 1,
		.max_pages = 1,
		.category_mask = CATEGORY_WATCHED,
		.return_mask = CATEGORY_WATCHED,
	};
	return ioctl(watch->pagemap, SCAN_IOCTL, &scan) <= 0;
}

static void destroy(struct watch *watch)
{
	close(watch->pagemap);
	close(watch->userfault);
	free(watch);
}

static int open_pagemap(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Programs map and unmap: where a new map is, an older one is no more. */
static void drop_overlapping(struct watch **list, pid_t pid, uint64_t address, uint64_t length)
{
	while (*list != NULL) {
		struct watch *watch = *list;
		if (watch->pid != pid || watch->address >= address + length ||
		    address >= watch->address + watch->length) {
			list = &watch->next;
			continue;
		}
		*list = watch->next;
		destroy(watch);
	}
}

int watch_add(struct watch **list, pid_t pid, int userfault, uint64_t address, uint64_t length,
	      uint64_t offset)
{
	int pagemap = open_pagemap(pid);
	struct watch *watch = calloc(1, sizeof(*watch));
	if (pagemap < 0 || watch == NULL) {
		close(userfault);
		if (pagemap >= 0)
			close(pagemap);
		free(watch);
		return pagemap < 0 ? pagemap : -ENOMEM;
	}
	length = watch_round(length);
	drop_overlapping(list, pid, address, length);
	*watch = (struct watch){*list, pid, userfault, pagemap, address, length, offset};
	*list = watch;
	return 0;
}

unsigned watch_scan(struct watch **list, struct pages *pages)
{
	unsigned lost = 0;
	while (*list != NULL) {
		struct watch *watch = *list;
		if (scan_map(watch, pages) == 0 && !is_gone(watch)) {
			list = &watch->next;
			continue;
		}
		*list = watch->next;
		destroy(watch);
		lost++;
	}
	return lost;
}

void watch_clear(struct watch **list)
{
	while (*list != NULL) {
		struct watch *watch = *list;
		*list = watch->next;
		destroy(watch);
	}
}

/* ---- trial ---------------------------------------------------------------------------------- */

#define TRIAL_PAGES 4

/* Exactly the page that is written must be told, and only once. */
static int try_writing(struct watch **list, volatile uint8_t *map, const char **reason)
{
	uint8_t flags[TRIAL_PAGES];
	struct pages pages = {TRIAL_PAGES, flags, true};
	watch_scan(list, &pages);
	pages_clear(&pages);
	volatile uint8_t *written = map + (size_t)2 * WATCH_PAGE;
	*written = *written;
	unsigned lost = watch_scan(list, &pages);
	bool right = flags[2] && !flags[0] && !flags[1] && !flags[3];
	pages_clear(&pages);
	lost += watch_scan(list, &pages);
	*reason = lost > 0 ? "PAGEMAP_SCAN fails: it came with Linux 6.7"
			   : "PAGEMAP_SCAN tells other pages than were written";
	return right && lost == 0 && !pages.any ? 0 : -ENOTSUP;
}

int watch_trial(int memory, const char **reason)
{
	struct watch *list = NULL;
	size_t length = TRIAL_PAGES * (size_t)WATCH_PAGE;
	void *map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	*reason = "out of memory";
	if (map == MAP_FAILED)
		return -errno;
	int result = watch_arm(map, length);
	*reason = "no userfaultfd with asynchronous write protection (it came with Linux 6.7)";
	if (result >= 0) {
		*reason = "/proc/PID/pagemap cannot be opened";
		result = watch_add(&list, getpid(), result, (uintptr_t)map, length, 0);
	}
	if (result == 0)
		result = try_writing(&list, map, reason);
	if (result == 0)
		*reason = "userfaultfd and PAGEMAP_SCAN work";
	watch_clear(&list);
	munmap(map, length);
	return result;
}
