#compdef autoscale-sim
# SPDX-License-Identifier: GPL-3.0-or-later
# Completes the command lines of autoscale-sim @@version@@ in zsh.
# Made by `autoscale-sim help --completion zsh` from its tables of options.

@@tables@@

_autoscale_sim_words() { # WORD...
    local word
    for word; do
        case $word in
        *[=.]) compadd -S '' -- "$word" ;;
        *) compadd -- "$word" ;;
        esac
    done
}

# PATH[=CHOICE|...]...: part by part; where a path has a star, any name may stand.
_autoscale_sim_paths() {
    local entry name parent word i
    local -a typed parts
    local -aU offered
    if [[ $PREFIX == *=* ]]; then
        name=${PREFIX%%=*}
        for entry; do
            if [[ $entry == *=* && $name == ${~${entry%%=*}} ]]; then
                _autoscale_sim_words "$name="${^${(s:|:)entry#*=}}
                return
            fi
        done
        return
    fi
    parent=${PREFIX%"${PREFIX##*.}"}
    typed=("${(@s:.:)parent}")
    typed=("${(@)typed[1,-2]}")
    for entry; do
        parts=("${(@s:.:)${entry%%=*}}")
        (($#parts > $#typed)) || continue
        for ((i = 1; i <= $#typed; i++)); do
            [[ $parts[i] == "$typed[i]" || $parts[i] == '*' ]] || continue 2
        done
        word=$parent$parts[i]
        ((i < $#parts)) && word+=. || word+='='
        offered+=("$word")
    done
    _autoscale_sim_words "${offered[@]}"
}

_autoscale_sim_value() { # KIND
    local part
    for part in ${(s:|:)1}; do
        case $part in
        @file) _files ;;
        @directory) _files -/ ;;
        @scenario) _files -g '*.json' ;;
        @path) _autoscale_sim_paths "${_autoscale_sim_all_paths[@]}" ;;
        @key) _autoscale_sim_paths "${_autoscale_sim_all_keys[@]}" ;;
        *) _autoscale_sim_words "$part" ;;
        esac
    done
}

# Does OPTION take a value? `kind` is then what.
_autoscale_sim_takes_value() {
    local entry
    for entry in "${known[@]}"; do
        if [[ $entry == "$1="* ]]; then
            kind=${entry#*=}
            return 0
        fi
    done
    return 1
}

_autoscale_sim() {
    local word option= kind= ended=
    local -a positional operands known
    if ((CURRENT == 2)); then
        _autoscale_sim_words "${_autoscale_sim_commands[@]}" --help --version
        return
    fi
    _autoscale_sim_tables "$words[2]"
    for word in "${(@Q)words[3,CURRENT-1]}"; do
        if [[ -n $option ]]; then
            option=
        elif [[ -n $ended || $word != -?* ]]; then
            positional+=("$word")
        elif [[ $word == -- ]]; then
            ended=1
        elif _autoscale_sim_takes_value "$word"; then
            option=$word
        fi
    done
    _autoscale_sim_tables "$words[2] $positional[1]"
    if [[ -z $option && -z $ended && $PREFIX == --*=* ]]; then
        option=${PREFIX%%=*}
        compset -P 1 '*='
    fi
    if [[ -n $option ]]; then
        _autoscale_sim_takes_value "$option" && _autoscale_sim_value "$kind"
    elif [[ -z $ended && $PREFIX == -* ]]; then
        _autoscale_sim_words "${(@)known%%=*}" --help
    elif (($#positional < $#operands)); then
        _autoscale_sim_value "${operands[$#positional+1]%...}"
    elif (($#positional > 0)) && [[ $operands[-1] == *... ]]; then
        _autoscale_sim_value "${operands[-1]%...}"
    elif [[ -z $ended && -z $PREFIX ]]; then
        _autoscale_sim_words "${(@)known%%=*}" --help
    fi
}

# Loaded as a function of its own by compinit, or sourced.
if [[ $funcstack[1] == _autoscale-sim ]]; then
    _autoscale_sim "$@"
else
    compdef _autoscale_sim autoscale-sim
fi
