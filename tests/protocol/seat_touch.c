/* SPDX-License-Identifier: MIT */
/* wl_touch: fingers, each of the surface it came down on. */
#include "hands.h"

#include <string.h>

/* Two tiles side by side on an output of 320x240: at 8,8 and at 164,8, of 148x224 each. */
struct fixture {
	struct test *test;
	struct lend_server *server;
	struct client *client, *other;
	struct hands hands, others;
	struct pane a, b;
};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	f->server = f->test->server;
	drive_devices(f->server, TOUCH);
	f->client = client_create(f->test);
	f->other = client_create(f->test);
	hands_create(f->client, TOUCH, &f->hands);
	hands_create(f->other, TOUCH, &f->others);
	pane_create(f->client, "a", 148, 224, &f->a);
	pane_create(f->other, "b", 148, 224, &f->b);
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->hands);
	hands_destroy(&f->others);
	test_destroy(f->test);
}

static void down(struct fixture *f, int32_t id, double x, double y)
{
	drive_touch_down(f->server, id, f->test->outputs[0], x / 320, y / 240);
}

static void drag(struct fixture *f, int32_t id, double x, double y)
{
	drive_touch_motion(f->server, id, NULL, x / 320, y / 240);
}

static void a_finger_belongs_to_a_surface(void)
{
	struct fixture f;

	setup(&f);
	down(&f, 0, 28, 68);
	drive_touch_frame(f.server);
	drag(&f, 0, 200, 8);
	drive_touch_frame(f.server);
	drive_touch_frame(f.server);
	drive_touch_up(f.server, 0);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "down(0,a,20,60) frame drag(0,192,0) frame up(0) frame");
	/* Two of them, of two clients; each client has its frame once. */
	down(&f, 1, 18, 18);
	down(&f, 2, 38, 18);
	down(&f, 7, 174, 18);
	drive_touch_frame(f.server);
	drag(&f, 2, 48, 18);
	drag(&f, 7, 164, 18);
	drive_touch_frame(f.server);
	drive_touch_up(f.server, 1);
	drive_touch_up(f.server, 2);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "down(1,a,10,10) down(2,a,30,10) frame drag(2,40,10) frame "
			       "up(1) up(2) frame");
	hands_expect(&f.others, "down(7,b,10,10) frame drag(7,0,10) frame");
	/* Beside all surfaces: nobody's, wherever it goes. */
	down(&f, 3, 1, 1);
	drag(&f, 3, 28, 68);
	drive_touch_frame(f.server);
	drive_touch_up(f.server, 3);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "");
	finish(&f);
}

static void cancelled_fingers_are_none(void)
{
	struct fixture f;

	setup(&f);
	down(&f, 1, 18, 18);
	down(&f, 2, 38, 18);
	down(&f, 3, 174, 18);
	drive_touch_frame(f.server);
	drive_touch_cancel(f.server);
	drag(&f, 1, 20, 20);
	drive_touch_up(f.server, 2);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "down(1,a,10,10) down(2,a,30,10) frame cancel");
	hands_expect(&f.others, "down(3,b,10,10) frame cancel");
	drive_touch_cancel(f.server);
	hands_expect(&f.hands, "");
	finish(&f);
}

static void what_makes_no_sense_is_ignored(void)
{
	struct fixture f;

	setup(&f);
	drive_touch_up(f.server, 5);
	drag(&f, 5, 18, 18);
	drive_touch_frame(f.server);
	down(&f, -1, 18, 18);
	down(&f, -1, 38, 18);
	down(&f, 8, __builtin_nan(""), 18);
	drag(&f, -1, __builtin_inf(), 18);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "down(-1,a,10,10) frame");
	/* Out of range is at the edge. */
	drag(&f, -1, -100, 1000);
	hands_expect(&f.hands, "drag(-1,-8,231.996)");
	/* More fingers than anybody has, none lifted; then again the same ones without frames. */
	for (int32_t id = 0; id < 100; id++)
		down(&f, id, 18, 18);
	for (int32_t id = 0; id < 100; id++)
		drive_touch_up(f.server, id);
	for (int32_t id = 0; id < 100; id++)
		down(&f, id, 18, 18);
	drive_touch_frame(f.server);
	drive_touch_cancel(f.server);
	hands_forget(&f.hands);
	down(&f, 1, 18, 18);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "down(1,a,10,10) frame");
	finish(&f);
}

static void a_touched_surface_goes(void)
{
	struct fixture f;

	setup(&f);
	down(&f, 1, 18, 18);
	down(&f, 2, 174, 18);
	drive_touch_frame(f.server);
	hands_forget(&f.hands);
	down(&f, 3, 19, 19);
	drive_touch_up(f.server, 3);
	down(&f, 4, 19, 19);
	hands_expect(&f.hands, "down(3,a,11,11) up(3) down(4,a,11,11)");
	pane_destroy(&f.a);
	settle(f.client);
	/* It is told so, since nothing else will come. */
	hands_expect(&f.hands, "up(1) up(4) frame");
	drag(&f, 1, 28, 18);
	drive_touch_up(f.server, 1);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "");
	/* And a whole client. */
	hands_destroy(&f.others);
	client_destroy(f.other);
	pump(f.test);
	drag(&f, 2, 180, 18);
	drive_touch_frame(f.server);
	drive_touch_cancel(f.server);
	drive_touch_frame(f.server);
	hands_expect(&f.hands, "");
	hands_destroy(&f.hands);
	test_destroy(f.test);
}

static void a_touch_chooses_the_view(void)
{
	struct fixture f;

	setup(&f);
	drive_devices(f.server, TOUCH | KEYBOARD);
	settle(f.client);
	hands_take(&f.hands, KEYBOARD);
	hands_expect(&f.hands, "");
	down(&f, 1, 18, 18);
	hands_expect(&f.hands, "focus(a) mods(0,0,0,0) down(1,a,10,10)");
	finish(&f);
}

static const struct harness_test tests[] = {
	{"a_finger_belongs_to_a_surface", a_finger_belongs_to_a_surface},
	{"cancelled_fingers_are_none", cancelled_fingers_are_none},
	{"what_makes_no_sense_is_ignored", what_makes_no_sense_is_ignored},
	{"a_touched_surface_goes", a_touched_surface_goes},
	{"a_touch_chooses_the_view", a_touch_chooses_the_view},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
