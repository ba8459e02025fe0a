/* SPDX-License-Identifier: MIT */
/* Display devices that come and go, played by umockdev: libudev itself is the real one. */
#include "session/udev.h"
#include "helpers.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <umockdev.h>

struct place {
	UMockdevTestbed *testbed;
	struct cards *cards;
	int calls;
	enum card_change change;
	struct card card;
};

static void on_card(void *data, enum card_change change, const struct card *card)
{
	struct place *place = data;
	place->calls++;
	place->change = change;
	place->card = *card;
}

static int setup(void **state)
{
	static struct place place;
	memset(&place, 0, sizeof(place));
	place.testbed = umockdev_testbed_new();
	assert_int_equal(cards_create("seat0", on_card, &place, &place.cards), 0);
	*state = &place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	cards_destroy(place->cards);
	g_object_unref(place->testbed);
	return 0;
}

static void dispatch(struct place *place, int timeout)
{
	struct pollfd fd = {.fd = cards_fd(place->cards), .events = POLLIN};
	if (poll(&fd, 1, timeout) == 1)
		assert_int_equal(cards_dispatch(place->cards), 0);
}

/* As udev knows a graphics card and its nodes. Lines of attributes (A:) and properties (E:) can be
 * added to the PCI device's, the card's or both. */
static void add_card(struct place *place, int number, const char *pci, const char *card)
{
	char text[2048];
	snprintf(
		text, sizeof(text),
		"P: /devices/pci0000:00/0000:00:%02d.0\n"
		"E: SUBSYSTEM=pci\nE: DRIVER=driver-%d\n"
		"L: driver=../../../bus/pci/drivers/driver-%d\n%s\n"
		"P: /devices/pci0000:00/0000:00:%02d.0/drm/card%d\n"
		"N: dri/card%d\nE: SUBSYSTEM=drm\nE: DEVTYPE=drm_minor\nE: DEVNAME=/dev/dri/card%d\n%s\n"
		"P: /devices/pci0000:00/0000:00:%02d.0/drm/card%d/card%d-HDMI-A-1\n"
		"E: SUBSYSTEM=drm\nE: DEVTYPE=drm_connector\n\n"
		"P: /devices/pci0000:00/0000:00:%02d.0/drm/renderD%d\n"
		"N: dri/renderD%d\nE: SUBSYSTEM=drm\nE: DEVNAME=/dev/dri/renderD%d\n",
		number + 1, number, number, pci, number + 1, number, number, number, card,
		number + 1, number, number, number + 1, number + 128, number + 128, number + 128);
	GError *error = NULL;
	if (!umockdev_testbed_add_from_string(place->testbed, text, &error))
		fail_msg("%s", error->message);
	dispatch(place, 0); /* the queue of events is short */
}

static void test_none(void **state)
{
	struct place *place = *state;
	struct card *list = NULL;
	assert_int_equal(cards_list(place->cards, &list), 0);
	free(list);
	cards_destroy(NULL);
}

static void test_the_firmwares_display_is_first(void **state)
{
	struct place *place = *state;
	struct card *list;
	add_card(place, 0, "A: boot_vga=0\n", "");
	add_card(place, 2, "A: boot_vga=1\n", "");
	add_card(place, 10, "", "");
	add_card(place, 9, "", "E: ID_SEAT=seat0\n");
	assert_int_equal(cards_list(place->cards, &list), 4);
	assert_string_equal(list[0].path, "/dev/dri/card2");
	assert_string_equal(list[0].sysname, "card2");
	assert_string_equal(list[0].driver, "driver-2");
	assert_true(list[0].boot);
	assert_string_equal(list[1].sysname, "card0");
	assert_false(list[1].boot);
	assert_string_equal(list[2].sysname, "card9");
	assert_string_equal(list[3].sysname, "card10");
	free(list);
}

static void test_other_seats(void **state)
{
	struct place *place = *state;
	struct cards *left;
	struct card *list;
	add_card(place, 0, "", "E: ID_SEAT=seat-left\n");
	add_card(place, 1, "", "");
	assert_int_equal(cards_list(place->cards, &list), 1);
	assert_string_equal(list[0].sysname, "card1");
	free(list);
	assert_int_equal(cards_create("seat-left", NULL, NULL, &left), 0);
	assert_int_equal(cards_fd(left), -1);
	assert_int_equal(cards_dispatch(left), 0);
	assert_int_equal(cards_list(left, &list), 1);
	assert_string_equal(list[0].sysname, "card0");
	free(list);
	cards_destroy(left);
}

static void await(struct place *place, int calls)
{
	for (int i = 0; i < 100 && place->calls < calls; i++)
		dispatch(place, 100);
	assert_int_equal(place->calls, calls);
}

#define CARD0 "/sys/devices/pci0000:00/0000:00:01.0/drm/card0"

static void test_hotplug(void **state)
{
	struct place *place = *state;
	add_card(place, 0, "", ""); /* which sends an "add" for each device */
	await(place, 1);
	assert_int_equal(place->change, CARD_ADDED);
	assert_string_equal(place->card.path, "/dev/dri/card0");

	/* A change without HOTPLUG=1 is none of a connector. */
	umockdev_testbed_uevent(place->testbed, CARD0, "change");
	umockdev_testbed_set_property(place->testbed, CARD0, "HOTPLUG", "1");
	umockdev_testbed_uevent(place->testbed, CARD0, "bind");
	umockdev_testbed_uevent(place->testbed, CARD0, "change");
	await(place, 2);
	assert_int_equal(place->change, CARD_CHANGED);

	umockdev_testbed_uevent(place->testbed, CARD0, "remove");
	await(place, 3);
	assert_int_equal(place->change, CARD_REMOVED);
	assert_string_equal(place->card.sysname, "card0");
}

static void test_changes_on_other_seats(void **state)
{
	struct place *place = *state;
	add_card(place, 1, "", "E: ID_SEAT=seat-left\n");
	add_card(place, 0, "", "");
	await(place, 1);
	assert_string_equal(place->card.sysname, "card0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(none),    TEST(the_firmwares_display_is_first), TEST(other_seats),
		TEST(hotplug), TEST(changes_on_other_seats),
	};
	return cmocka_run_group_tests_name("udev", tests, NULL, NULL);
}
