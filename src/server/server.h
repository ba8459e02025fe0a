/* SPDX-License-Identifier: MIT */
/*
 * What the server's files share. A frame goes one way through them:
 *
 *   globals/ (requests) -> surface.c (commit) -> scene.c (what is seen where, and the path)
 *   -> output.c (repaint, latch) -> presented -> buffer.c (release)
 *
 * and each step knows only the next. Each of them has a header; this one is all of them.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "server/buffer.h"
#include "server/client.h"
#include "server/core.h"
#include "server/input.h"
#include "server/lending.h"
#include "server/output.h"
#include "server/surface.h"
#include "server/view.h"

#include "render/render.h"

#endif
