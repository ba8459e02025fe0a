/* SPDX-License-Identifier: MIT */
/* The console as a program finds it that was started without a terminal: run by inside.sh. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* cmocka wants those above */
#include <cmocka.h>

#define assert_fails(call, error)                                                                  \
	do {                                                                                       \
		errno = 0;                                                                         \
		assert_int_equal((long)(call), -1);                                                \
		assert_int_equal(errno, error);                                                    \
	} while (0)

static void consoles_open_as_terminals(void **state)
{
	static const char *const names[] = {"/dev/tty0", "/dev/tty1",	 "/dev/tty63",
					    "/dev/vc/2", "/dev/console", "/dev/tty"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct stat status;
		int fd = open(names[i], O_RDWR);
		assert_true(fd >= 0);
		assert_true(isatty(fd));
		assert_int_equal(fstat(fd, &status), 0);
		assert_true(S_ISCHR(status.st_mode));
		assert_int_equal(access(names[i], W_OK), 0);
		close(fd);
	}
	assert_fails(open("/dev/ttyframelend", O_RDWR), ENOENT);
	assert_fails(open("/dev/tty1000", O_RDWR), ENOENT);
}

/* Standard input was /dev/null. */
static void standard_input_is_the_console(void **state)
{
	struct termios attributes;
	assert_int_equal(tcgetattr(STDIN_FILENO, &attributes), 0);
	cfmakeraw(&attributes);
	assert_int_equal(tcsetattr(STDIN_FILENO, TCSANOW, &attributes), 0);
}

static void graphics_and_keyboard_modes_are_kept(void **state)
{
	int mode = -1, fd = open("/dev/tty0", O_RDWR);
	char byte = 0;
	assert_int_equal(ioctl(fd, KDGETMODE, &mode), 0);
	assert_int_equal(mode, KD_TEXT);
	assert_int_equal(ioctl(fd, KDSETMODE, KD_GRAPHICS), 0);
	assert_int_equal(ioctl(fd, KDGETMODE, &mode), 0);
	assert_int_equal(mode, KD_GRAPHICS);
	assert_fails(ioctl(fd, KDSETMODE, 9), EINVAL);
	assert_fails(ioctl(fd, KDGETMODE, NULL), EFAULT);
	assert_int_equal(ioctl(STDIN_FILENO, KDSETMODE, KD_TEXT), 0);
	assert_int_equal(ioctl(fd, KDGKBMODE, &mode), 0);
	assert_int_equal(mode, K_UNICODE);
	assert_int_equal(ioctl(fd, KDSKBMODE, K_MEDIUMRAW), 0);
	assert_int_equal(ioctl(fd, KDGKBMODE, &mode), 0);
	assert_int_equal(mode, K_MEDIUMRAW);
	assert_fails(ioctl(fd, KDSKBMODE, 77), EINVAL);
	assert_int_equal(ioctl(fd, KDGKBTYPE, &byte), 0);
	assert_int_equal(byte, KB_101);
	assert_int_equal(ioctl(fd, KDSKBMODE, K_UNICODE), 0);
	close(fd);
}

static void consoles_can_be_switched(void **state)
{
	struct vt_stat now;
	struct vt_mode mode;
	int free, fd = open("/dev/tty0", O_RDWR);
	assert_int_equal(ioctl(fd, VT_GETSTATE, &now), 0);
	assert_int_equal(now.v_active, 1);
	assert_true(now.v_state & 1 << 1);
	assert_int_equal(ioctl(fd, VT_OPENQRY, &free), 0);
	assert_int_equal(free, 2);
	assert_int_equal(ioctl(fd, VT_ACTIVATE, free), 0);
	assert_int_equal(ioctl(fd, VT_WAITACTIVE, free), 0);
	assert_int_equal(ioctl(fd, VT_GETSTATE, &now), 0);
	assert_int_equal(now.v_active, free);
	assert_int_equal(ioctl(fd, VT_GETMODE, &mode), 0);
	assert_int_equal(mode.mode, VT_AUTO);
	assert_fails(ioctl(fd, VT_RELDISP, 1), EINVAL);
	mode = (struct vt_mode){.mode = VT_PROCESS, .relsig = 10, .acqsig = 12};
	assert_int_equal(ioctl(fd, VT_SETMODE, &mode), 0);
	assert_int_equal(ioctl(fd, VT_RELDISP, VT_ACKACQ), 0);
	assert_int_equal(ioctl(fd, VT_GETMODE, &mode), 0);
	assert_int_equal(mode.mode, VT_PROCESS);
	mode.mode = 9;
	assert_fails(ioctl(fd, VT_SETMODE, &mode), EINVAL);
	assert_fails(ioctl(fd, VT_ACTIVATE, 0), ENXIO);
	assert_fails(ioctl(fd, VT_WAITACTIVE, 64), ENXIO);
	assert_fails(ioctl(fd, VT_GETSTATE, NULL), EFAULT);
	assert_int_equal(ioctl(fd, VT_DISALLOCATE, 2), 0);
	close(fd);
}

static void only_terminals_are_consoles(void **state)
{
	struct vt_stat now;
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	assert_fails(ioctl(pipes[0], VT_GETSTATE, &now), ENOTTY);
	assert_fails(ioctl(-1, KDSETMODE, KD_GRAPHICS), EBADF);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(consoles_open_as_terminals),
		cmocka_unit_test(standard_input_is_the_console),
		cmocka_unit_test(graphics_and_keyboard_modes_are_kept),
		cmocka_unit_test(consoles_can_be_switched),
		cmocka_unit_test(only_terminals_are_consoles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
