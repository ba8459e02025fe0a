/* SPDX-License-Identifier: MIT */
/* A module of another version than the library. */
#include "client/display.h"

LEND_EXPORT module_open framelend_client_display;

const struct display_backend *framelend_client_display(const struct client_calls *calls)
{
	static const struct display_backend backend = {.version = DISPLAY_VERSION + 1};
	return calls->version == DISPLAY_VERSION ? &backend : NULL;
}
