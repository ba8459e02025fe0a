/* SPDX-License-Identifier: MIT */
/* Finding a display device and a connector by what somebody called them, and the words if there is
 * no such one. Failures are fail()'s. */
#ifndef SESSION_FIND_H
#define SESSION_FIND_H

#include "session/udev.h"

#include <framelend/kms.h>

/* By its path, "card0", or its driver's name. */
bool card_is_named(const struct card *card, const char *name);
/* A device by its path needs nobody to know of it: there may be no sysfs, or it is a link. */
int card_at_path(const char *path, struct card *card);
/* -ENODEV: none of the list is named so (NULL: there is none at all). */
int card_fail_none(const struct card *list, int n, const char *name);

/* False: past the last. */
bool connector_get(const struct lend_kms *kms, size_t index, struct lend_connector_info *info);
/* Of those that cannot tell, all count unless another is sure. */
bool connector_is_connected(const struct lend_kms *kms, const struct lend_connector_info *info);
/* -ENOTCONN or -ENOENT: nothing is connected to it (NULL: to any of them), or there is no such one.
 * card: its name. */
int connector_fail_none(struct lend_kms *kms, const char *card, const char *connector);

#endif
