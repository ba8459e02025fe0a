/* SPDX-License-Identifier: MIT */
/* Whatever terminal the program has is a virtual console as far as it can tell: it may switch to
 * graphics and to other consoles, and nothing comes of it. The keyboard stays the terminal's. */
#include "preload.h"

#include <errno.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define CONSOLES 63

static struct {
	atomic_int mode, keyboard, active;
	atomic_bool by_process; /* VT_SETMODE */
} console = {.mode = KD_TEXT, .keyboard = K_UNICODE, .active = 1};

static int set_among(atomic_int *state, uintptr_t value, uintptr_t most)
{
	if (value > most)
		return -EINVAL;
	*state = (int)value;
	return 0;
}

static int tell(void *argument, const void *value, size_t length)
{
	if (!argument)
		return -EFAULT;
	memcpy(argument, value, length);
	return 0;
}

static int tell_number(void *argument, int number)
{
	return tell(argument, &number, sizeof(number));
}

static int tell_state(void *argument)
{
	const struct vt_stat state = {
		.v_active = (unsigned short)console.active,
		.v_state = (unsigned short)(1 | (console.active < 16 ? 1 << console.active : 0)),
	};
	return tell(argument, &state, sizeof(state));
}

static int tell_mode(void *argument)
{
	const struct vt_mode mode = {.mode = console.by_process ? VT_PROCESS : VT_AUTO};
	return tell(argument, &mode, sizeof(mode));
}

/* Its signals would come when the user switches consoles, which never happens. */
static int set_mode(const struct vt_mode *mode)
{
	if (!mode)
		return -EFAULT;
	if (mode->mode != VT_AUTO && mode->mode != VT_PROCESS)
		return -EINVAL;
	console.by_process = mode->mode == VT_PROCESS;
	return 0;
}

static int activate(uintptr_t number)
{
	if (number < 1 || number > CONSOLES)
		return -ENXIO;
	console.active = (int)number;
	return 0;
}

int console_ioctl(unsigned long code, void *argument)
{
	uintptr_t value = (uintptr_t)argument;
	switch (code) {
	case KDSETMODE: return set_among(&console.mode, value, KD_TEXT1);
	case KDGETMODE: return tell_number(argument, console.mode);
	case KDSKBMODE: return set_among(&console.keyboard, value, K_OFF);
	case KDGKBMODE: return tell_number(argument, console.keyboard);
	case KDGKBTYPE: return tell(argument, &(char){KB_101}, 1);
	case KDGETLED:
	case KDGKBLED: return tell(argument, &(char){0}, 1);
	case KDSETLED:
	case KDSKBLED:
	case KIOCSOUND:
	case KDMKTONE: return 0;
	case VT_OPENQRY:
		return tell_number(argument, console.active < CONSOLES ? console.active + 1 : 1);
	case VT_GETSTATE: return tell_state(argument);
	case VT_GETMODE: return tell_mode(argument);
	case VT_SETMODE: return set_mode(argument);
	case VT_ACTIVATE: return activate(value);
	case VT_WAITACTIVE: return value >= 1 && value <= CONSOLES ? 0 : -ENXIO;
	case VT_RELDISP: return console.by_process ? 0 : -EINVAL;
	case VT_DISALLOCATE:
	case VT_LOCKSWITCH:
	case VT_UNLOCKSWITCH: return 0;
	default: return -ENOTTY;
	}
}
