// SPDX-License-Identifier: GPL-3.0-or-later
/* Billed GPUs change only when replicas do, so accounts are brought up to date then and when asked.
 */
#include "cluster/billing.h"

#include "base/assertion.h"
#include "base/memory.h"

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
    const int64_t reserved = billing->reserved_gpus;
    const int64_t covered = billing->gpus < reserved ? billing->gpus : reserved;
    asim_assert(elapsed > 0 && billing->count > 0);
    asim_assert(covered >= 0);
    const double covered_share = billing->gpus ? (double)covered / (double)billing->gpus : 0;
    const double unused = (double)(reserved - covered) * (double)elapsed / (double)billing->count;
    billing->until = until;
    for (size_t i = 0; i < billing->count; i++) {
        BillingAccount *account = billing->accounts[i];
        const BillingSum used = (BillingSum)account->gpus * elapsed;
        const double of_reservation = (double)used * covered_share;
        account->billed += used;
        account->covered_gpu_ns += of_reservation;
        account->reserved_gpu_ns += of_reservation + unused;
        account->on_demand_gpu_ns += (double)used - of_reservation;
    }
}

void billing_change(Billing *billing, BillingAccount *account, sim_time now, int64_t change) {
    billing_advance(billing, now);
    billing->gpus += change;
    account->gpus += change;
    asim_assert(account->gpus >= 0 && account->gpus <= billing->gpus);
    asim_assert(billing->gpus >= 0);
}
