/* SPDX-License-Identifier: MIT */
/* Keys and buttons. */
#include "x11/x11.h"

#include <linux/input-event-codes.h>
#include <xkbcommon/xkbcommon-x11.h>

__attribute__((format(printf, 3, 0))) static void ignore_log(struct xkb_context *context,
							     enum xkb_log_level level,
							     const char *format, va_list args)
{
}

static char *read_text(xcb_connection_t *xcb, struct xkb_context *context)
{
	int32_t device = xkb_x11_get_core_keyboard_device_id(xcb);
	if (device < 0)
		return NULL;
	struct xkb_keymap *keymap =
		xkb_x11_keymap_new_from_device(context, xcb, device, XKB_KEYMAP_COMPILE_NO_FLAGS);
	if (keymap == NULL)
		return NULL;
	char *text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	xkb_keymap_unref(keymap);
	return text;
}

char *x11_keymap_text(const struct x11 *x11)
{
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES);
	if (context == NULL)
		return NULL;
	xkb_context_set_log_fn(context, ignore_log);
	char *text = read_text(x11->xcb, context);
	xkb_context_unref(context);
	return text;
}

bool x11_keyboard_begin(const struct x11 *x11, uint8_t *event)
{
	const uint16_t events = XCB_XKB_EVENT_TYPE_NEW_KEYBOARD_NOTIFY |
				XCB_XKB_EVENT_TYPE_MAP_NOTIFY | XCB_XKB_EVENT_TYPE_STATE_NOTIFY |
				XCB_XKB_EVENT_TYPE_CONTROLS_NOTIFY;
	const uint16_t parts = 0xff;
	const uint32_t flag = XCB_XKB_PER_CLIENT_FLAG_DETECTABLE_AUTO_REPEAT;
	if (!xkb_x11_setup_xkb_extension(
		    x11->xcb, XKB_X11_MIN_MAJOR_XKB_VERSION, XKB_X11_MIN_MINOR_XKB_VERSION,
		    XKB_X11_SETUP_XKB_EXTENSION_NO_FLAGS, NULL, NULL, event, NULL))
		return false;
	xcb_xkb_select_events(x11->xcb, XCB_XKB_ID_USE_CORE_KBD, events, 0, events, parts, parts,
			      NULL);
	xcb_discard_reply(x11->xcb, xcb_xkb_per_client_flags(x11->xcb, XCB_XKB_ID_USE_CORE_KBD,
							     flag, flag, 0, 0, 0)
					    .sequence);
	return true;
}

uint32_t x11_button_code(uint8_t button)
{
	static const uint16_t first[] = {BTN_LEFT, BTN_MIDDLE, BTN_RIGHT};
	return button <= 3 ? first[button - 1] : BTN_SIDE + button - 8U;
}
