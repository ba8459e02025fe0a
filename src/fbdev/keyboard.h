/* SPDX-License-Identifier: MIT */
/* What is typed in the window, as a terminal sends it. */
#ifndef FBDEV_KEYBOARD_H
#define FBDEV_KEYBOARD_H

#include <framelend/client.h>

/* Writes what the key sends to the terminal's other side (not blocking: what has no room is lost).
 */
void keyboard_send(int terminal, const struct lend_input *input);

#endif
