/* SPDX-License-Identifier: MIT */
/* What a terminal hears of keys. */
#include "fbdev/keyboard.h"

#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* cmocka wants those above */
#include <cmocka.h>

static void check(uint32_t code, const char *text, const char *expected)
{
	struct lend_input input = {
		.size = sizeof(input), .kind = LEND_INPUT_KEYBOARD_KEY, .code = code, .pressed = 1};
	char heard[64] = "";
	int pipes[2];
	strcpy(input.text, text);
	assert_int_equal(pipe2(pipes, O_NONBLOCK | O_CLOEXEC), 0);
	keyboard_send(pipes[1], &input);
	input.pressed = 0;
	keyboard_send(pipes[1], &input);
	input.pressed = 1;
	input.kind = LEND_INPUT_POINTER_BUTTON;
	keyboard_send(pipes[1], &input);
	close(pipes[1]);
	assert_true(read(pipes[0], heard, sizeof(heard) - 1) >= 0);
	assert_string_equal(heard, expected);
	close(pipes[0]);
}

static void keys_send_what_a_console_would(void **state)
{
	check(KEY_A, "a", "a");
	check(KEY_A, "\xc3\xa4", "\xc3\xa4");
	check(KEY_C, "\003", "\003");
	check(KEY_ENTER, "\r", "\r");
	check(KEY_UP, "", "\033[A");
	check(KEY_F1, "", "\033[[A");
	check(KEY_BACKSPACE, "\b", "\177");
	check(KEY_LEFTSHIFT, "", "");
}

/* Nothing waits, and nothing comes of it. */
static void a_full_terminal_loses_keys(void **state)
{
	struct lend_input input = {.kind = LEND_INPUT_KEYBOARD_KEY, .pressed = 1, .text = "x"};
	int pipes[2];
	assert_int_equal(pipe2(pipes, O_NONBLOCK | O_CLOEXEC), 0);
	for (int i = 0; i < 100000; i++)
		keyboard_send(pipes[1], &input);
	keyboard_send(-1, &input);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_send_what_a_console_would),
		cmocka_unit_test(a_full_terminal_loses_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
