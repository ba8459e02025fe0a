/* SPDX-License-Identifier: MIT */
/* What the parts of framelend probe share. The facts are put together once, as a JSON value; the
 * text and the report are made of it. */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include <framelend/probe.h>
#include <json-c/json.h>
#include <stdio.h>

/* probe_json.c: all that is known of a device, as an object to be put. */
struct json_object *probe_to_json(const struct lend_probe *probe);

/* probe_text.c: the device as its owner would want to read it. */
void probe_print_text(FILE *file, struct json_object *device);

/* probe_report.c: writes a file of everything to the current folder, and says where it is. Returns
 * a status. */
int probe_report(struct json_object *devices);

#endif
