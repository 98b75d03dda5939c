# SPDX-License-Identifier: GPL-3.0-or-later
# Completes the command lines of autoscale-sim @@version@@ in fish.
# Made by `autoscale-sim help --completion fish` from its tables of options.

# Is the line one of this command: nothing, "run", or "trace fit"?
function __autoscale_sim_is
    set -l words (commandline -opc)[2..]
    set -l count (count $argv)
    if test $count -eq 0
        test (count $words) -eq 0
    else
        test (count $words) -ge $count; and test "$words[1..$count]" = "$argv"
    end
end

complete -c autoscale-sim -f
complete -c autoscale-sim -l help -d 'explain the command'
complete -c autoscale-sim -n '__autoscale_sim_is' -s V -l version -d 'print the version'
@@tables@@
