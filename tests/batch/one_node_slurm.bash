# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A Slurm of one node for one test: its own munge, configuration, state and ports, all below $scratch,
# so that it minds no other Slurm on the machine. It needs no database and no root: it runs as whoever
# runs the test. slurmd will not start without cgroups, though nothing here uses them. The keeper's input is descriptor ${keeper[1]}.

# Prints N different ports that nobody listens on.
free_ports() {
    local count=$1 port
    while [ "$count" -gt 0 ]; do
        port=$((20000 + RANDOM % 12000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
        echo "$port"
        count=$((count - 1))
    done
}

write_slurm_conf() {
    local node=$1 control_port=$2 daemon_port=$3 user
    user=$(id -un)
    cat >"$slurm/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$control_port
SlurmdPort=$daemon_port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$slurm/munge/socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
MailProg=/bin/true
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd.pid
SlurmctldLogFile=$slurm/slurmctld.log
SlurmdLogFile=$slurm/slurmd.log
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
}

slurmd_gave_up() { grep -q 'slurmd initialization failed' "$scratch/daemons.log"; }
node_is_idle() { [ "$(timeout 10 sinfo --noheader --format=%T 2>/dev/null)" = idle ]; }

node_is_idle_or_never() { node_is_idle || slurmd_gave_up; }

# try_slurm ATTEMPT : in a folder of its own, for the daemons of the one before may still be at their end.
# Sets SLURM_CONF. False where it does not come up.
try_slurm() {
    local ports
    slurm=$scratch/slurm-$1
    mkdir -p "$slurm/munge" "$slurm/state" "$slurm/spool"
    head -c 128 /dev/urandom >"$slurm/munge/key"
    chmod 400 "$slurm/munge/key"
    mapfile -t ports < <(free_ports 2)
    # slurmd finds itself by this name.
    write_slurm_conf "$(uname -n | cut -d . -f 1)" "${ports[@]}"
    export SLURM_CONF=$slurm/slurm.conf
    # --force: the scratch directory is closed to others, which munged takes for a mistake.
    keeper_order start munged --foreground --force --key-file="$slurm/munge/key" --socket="$slurm/munge/socket" \
        --pid-file="$slurm/munge/pid" --log-file="$slurm/munge/log" --seed-file="$slurm/munge/seed"
    wait_until 10 test -S "$slurm/munge/socket" || return
    keeper_order start slurmctld -D -i -f "$SLURM_CONF"
    keeper_order start slurmd -D -f "$SLURM_CONF"
    # Jobs would live on without their daemon.
    keeper_order at-end "export SLURM_CONF=$SLURM_CONF; scancel --full --signal=KILL --user=$(id -un);" \
        "for i in {1..50}; do [ -z \"\$(squeue --noheader)\" ] && break; sleep 0.1; done"
    wait_until 15 node_is_idle_or_never && node_is_idle
}

start_slurm() {
    local attempt reason
    unset "${!SLURM_@}" "${!SBATCH_@}" # of a job that the test itself may be in
    for attempt in 1 2 3; do
        try_slurm "$attempt" && return
        reason=$(sed -n 's/^slurmd: error: \(.*cgroup.*\)/\1/p' "$scratch/daemons.log" | head -n 1)
        if slurmd_gave_up && [ -n "$reason" ]; then skip "slurmd does not start here: $reason"; fi
        tail -n 20 "$slurm"/*.log "$slurm/munge/log" >"$scratch/attempt-$attempt.log" 2>&1 || true
        keeper_order stop # somebody else may have taken a port
    done
    fail "Slurm does not come up: $(cat "$scratch"/attempt-*.log)"
}

no_jobs() { [ -z "$(squeue --noheader)" ]; }
# wait_for_jobs SECONDS : until all have ended.
wait_for_jobs() {
    wait_until "$1" no_jobs || fail "jobs do not end: $(squeue; tail -n 20 "$slurm"/*.log)"
}
