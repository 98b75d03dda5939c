// SPDX-License-Identifier: GPL-3.0-or-later
/* Billed GPUs change only when replicas do, so accounts are brought up to date then and when asked.
 */
#include "cluster/billing.h"

#include "engine/memory.h"

#include <stdlib.h>

void billing_init(Billing *billing, int64_t reserved_gpus) {
    *billing = (Billing){.reserved_gpus = reserved_gpus, .end = SIM_TIME_NEVER};
}

void billing_clear(Billing *billing) {
    free(billing->accounts);
    billing->accounts = NULL;
}

void billing_add(Billing *billing, BillingAccount *account) {
    billing->accounts =
        memory_grow(billing->accounts, billing->count, &billing->room, sizeof *billing->accounts);
    billing->accounts[billing->count++] = account;
}

void billing_advance(Billing *billing, sim_time now) {
    const sim_time until = now < billing->end ? now : billing->end;
    if (until <= billing->until) {
        return;
    }
    const sim_time elapsed = until - billing->until;
    billing->until = until;
    if (billing->gpus == 0) {
        return;
    }
    const int64_t covered =
        billing->gpus < billing->reserved_gpus ? billing->gpus : billing->reserved_gpus;
    const double covered_share = (double)covered / (double)billing->gpus;
    billing->covered_gpu_ns += (double)covered * (double)elapsed;
    for (size_t i = 0; i < billing->count; i++) {
        BillingAccount *account = billing->accounts[i];
        const BillingSum used = (BillingSum)account->gpus * elapsed;
        account->billed += used;
        account->covered_gpu_ns += (double)used * covered_share;
        account->on_demand_gpu_ns += (double)used - (double)used * covered_share;
    }
}

void billing_change(Billing *billing, BillingAccount *account, sim_time now, int64_t change) {
    billing_advance(billing, now);
    billing->gpus += change;
    account->gpus += change;
}

double billing_reservation_share(const Billing *billing, const BillingAccount *account) {
    if (billing->covered_gpu_ns > 0) {
        return account->covered_gpu_ns / billing->covered_gpu_ns;
    }
    return 1.0 / (double)billing->count;
}
