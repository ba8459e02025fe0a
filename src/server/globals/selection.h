/* SPDX-License-Identifier: MIT */
/* What goes from one client to another: copied and pasted (selection.c), or dragged (data_device.c,
 * seat/drag.c). There are two protocols for the former, which differ in names only. */
#ifndef SERVER_GLOBALS_SELECTION_H
#define SERVER_GLOBALS_SELECTION_H

#include "server/seat/seat.h"

#define TYPES_MAX  128
#define LENGTH_MAX 256

struct offer;

/* One protocol. */
struct selection_kind {
	const struct wl_interface *source, *offer;
	const void *source_requests, *offer_requests;
	void (*send_offer)(struct wl_resource *device, struct wl_resource *offer);
	void (*send_type)(struct wl_resource *offer, const char *type);
	void (*send_selection)(struct wl_resource *device, struct wl_resource *offer);
	void (*send_send)(struct wl_resource *source, const char *type, int32_t fd);
	void (*send_cancelled)(struct wl_resource *source);
	/* It is going away. NULL: nobody else has to know. */
	void (*source_gone)(struct source *source);
	void (*offer_gone)(struct offer *offer);
};

/* Data that a client has to give. */
struct source {
	const struct selection_kind *kind;
	struct wl_resource *resource;
	struct selection *selection; /* where it can be selected */
	struct wl_list offers;	     /* offer.link */
	char *types[TYPES_MAX];
	size_t n_types;
	bool selected; /* it was, at any time */
	/* of a wl_data_source only */
	bool dragged; /* it was, at any time */
	bool actions_set;
	uint32_t actions;     /* enum wl_data_device_manager_dnd_action */
	struct offer *answer; /* of those dragged, the one whose client said most recently what it
				 would do; NULL: none, or it would not take it */
	uint32_t action;      /* told last */
};

/* What a client sees of it. */
struct offer {
	struct wl_resource *resource;
	struct source *source; /* NULL: it is gone, or the drag has left */
	struct wl_list link;
	enum { OFFER_SELECTION, OFFER_DRAGGED, OFFER_DROPPED, OFFER_FINISHED } state;
	bool accepted;
	uint32_t actions, preferred; /* that the client would take */
	uint32_t action;	     /* told last */
};

/* ---- selection.c ---------------------------------------------------------------------------- */

struct source *source_create(struct wl_resource *manager, uint32_t id, struct selection *selection);
/* The request of a source: bounded. */
void source_add_type(struct wl_client *client, struct wl_resource *resource, const char *type);
/* NULL, after telling the client, if there is no memory. */
struct offer *offer_create(struct source *source, struct wl_resource *device);
/* There is no more to be had from it. */
void offer_retire(struct offer *offer);
/* The request of an offer. */
void offer_receive(struct wl_client *client, struct wl_resource *resource, const char *type,
		   int32_t fd);
/* The request of a device; source may be NULL. */
void selection_set(struct selection *selection, struct wl_client *client, struct source *source,
		   uint32_t serial);
void selection_add_device(struct selection *selection, struct wl_resource *manager, uint32_t id,
			  const struct wl_interface *interface, const void *requests);
void selection_destroy_request(struct wl_client *client, struct wl_resource *resource);

extern const struct selection_kind clipboard_kind, primary_kind;

/* ---- data_device.c -------------------------------------------------------------------------- */

/* Tells both sides what will happen at the drop. */
void offer_update_action(struct offer *offer);
/* The drag has left: the offers are void. */
void source_withdraw(struct source *source);

#endif
