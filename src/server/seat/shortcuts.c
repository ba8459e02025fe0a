/* SPDX-License-Identifier: MIT */
/* The server's own keys: Alt+Tab, with Shift backwards, and Alt+F4. Clients do not see them. */
#include "seat.h"

#include <xkbcommon/xkbcommon-keysyms.h>

static bool is_down(struct xkb_state *state, const char *modifier)
{
	return xkb_state_mod_name_is_active(state, modifier, XKB_STATE_MODS_EFFECTIVE) > 0;
}

static void cycle(struct seat *seat, bool backwards)
{
	grab_dismiss_all(seat);
	view_cycle(seat->server, backwards);
}

static void close_active(struct seat *seat)
{
	struct lend_view *view = view_active(seat->server);

	if (view)
		view_send_close(view);
}

bool shortcuts_press(struct seat *seat, const struct keys *keys, uint32_t key)
{
	struct xkb_state *state = keys->state;

	if (!seat->server->shortcuts || !state || !is_down(state, XKB_MOD_NAME_ALT) ||
	    is_down(state, XKB_MOD_NAME_CTRL) || is_down(state, XKB_MOD_NAME_LOGO))
		return false;
	xkb_keysym_t symbol = xkb_state_key_get_one_sym(state, key + XKB_OFFSET);
	if (symbol == XKB_KEY_Tab || symbol == XKB_KEY_ISO_Left_Tab)
		cycle(seat, is_down(state, XKB_MOD_NAME_SHIFT));
	else if (symbol == XKB_KEY_F4 && !is_down(state, XKB_MOD_NAME_SHIFT))
		close_active(seat);
	else
		return false;
	return true;
}

void shortcuts_update(struct seat *seat)
{
	const struct keys *keys = seat->keyboard.speaker;

	if (seat->server->candidate &&
	    (!keys || !keys->state || !is_down(keys->state, XKB_MOD_NAME_ALT)))
		view_cycle_end(seat->server);
}
