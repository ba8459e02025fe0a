/* SPDX-License-Identifier: MIT */
/* What a test finds out of a display through the file of the server that it is in: a duplicate of
 * it is master, too. */
#ifndef VM_SCREEN_KMS_H
#define VM_SCREEN_KMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The node of the driver's first card. */
bool screen_find_card(const char *driver, char *path, size_t size);
/* The names of the first connectors of that kind; how many there are. */
unsigned screen_list_connectors(const char *path, const char *kind, char names[][32],
				unsigned size);
/* A display of another driver than the program's. */
struct display;
void display_open_other(struct display *display, const char *driver);
/* Says that something is, or is not, connected. */
void display_plug(struct display *display, unsigned index, bool connected);
/* Takes the card's driver away; gives it back. */
void display_unbind(struct display *display);
void display_bind(void);
/* Is a file that this process has open? */
bool screen_is_master(const char *path);
/* A file of the card that is master: the server's, or if there is none a new one. -1: there is
 * somebody else. */
int screen_borrow_master(const char *path);
/* What the device writes back of what the connector shows; NULL: it is off. To be freed. */
uint32_t *screen_write_back(int fd, const char *connector, uint32_t *width, uint32_t *height);
/* Adds what is on the cursor plane above the connector's picture. */
void screen_add_cursor(int fd, const char *connector, uint32_t *pixels, uint32_t width,
		       uint32_t height);

#endif
