// SPDX-License-Identifier: GPL-3.0-or-later
/* Who pays for which GPUs (SPEC 9). At each instant min(reserved, billed) of a pool's GPUs are
 * covered by its reservation and the rest is on-demand; each deployment bears on-demand and covered
 * GPUs in proportion to those it has billed. The reservation's fee runs for the whole span, used or
 * not. */
#ifndef CLUSTER_BILLING_H
#define CLUSTER_BILLING_H

#include "autoscale_sim/types.h"

__extension__ typedef __int128 BillingSum; /* GPU-nanoseconds, exact */

/* One deployment's account. */
typedef struct BillingAccount {
    int64_t gpus;           /* billed now */
    BillingSum billed;      /* GPU-nanoseconds so far */
    double covered_gpu_ns;  /* of these, by the reservation */
    double reserved_gpu_ns; /* of the reservation, used or not: this account pays for them */
    double on_demand_gpu_ns;
} BillingAccount;

/* The bill of one pool. */
typedef struct Billing {
    BillingAccount **accounts; /* of the deployments on it; lent */
    size_t count, room;
    int64_t reserved_gpus;
    int64_t gpus;   /* billed now, over all accounts */
    sim_time until; /* accounted for up to here */
    sim_time end;   /* nothing is accounted for after it */
} Billing;

void billing_init(Billing *billing, int64_t reserved_gpus);
void billing_clear(Billing *billing);
void billing_add(Billing *billing, BillingAccount *account);

/* Accounts for the time up to now (never beyond end). */
void billing_advance(Billing *billing, sim_time now);
/* From now on the account has `change` billed GPUs more. */
void billing_change(Billing *billing, BillingAccount *account, sim_time now, int64_t change);

#endif
