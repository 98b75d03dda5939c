# SPDX-License-Identifier: GPL-3.0-or-later
# Completes the command lines of autoscale-sim @@version@@ in bash (4.3 or later).
# Made by `autoscale-sim help --completion bash` from its tables of options.

@@tables@@

# Those that begin with an underscore and offer something add to COMPREPLY; CURRENT is what
# has been typed of the value.

_autoscale_sim_words() { # CURRENT WORD...
    local current=$1 word
    shift
    for word; do
        [[ $word == "$current"* ]] || continue
        [[ $word == *[=.] ]] && compopt -o nospace 2>/dev/null
        COMPREPLY+=("$word")
    done
}

_autoscale_sim_files() { # an action of compgen, with its operands
    local file
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do
        COMPREPLY+=("$file")
    done < <(compgen "$@")
}

# CURRENT PATH[=CHOICE|...]...: part by part; where a path has a star, any name may stand.
_autoscale_sim_paths() {
    local current=$1 entry name parent word offered=' ' i
    local -a typed parts choices
    shift
    if [[ $current == *=* ]]; then
        name=${current%%=*}
        for entry; do
            if [[ $entry == *=* && $name == ${entry%%=*} ]]; then
                IFS='|' read -ra choices <<< "${entry#*=}"
                _autoscale_sim_words "$current" "${choices[@]/#/$name=}"
                return
            fi
        done
        return
    fi
    parent=${current%"${current##*.}"}
    IFS=. read -ra typed <<< "$parent"
    for entry; do
        IFS=. read -ra parts <<< "${entry%%=*}"
        ((${#parts[@]} > ${#typed[@]})) || continue
        for ((i = 0; i < ${#typed[@]}; i++)); do
            [[ ${parts[i]} == "${typed[i]}" || ${parts[i]} == '*' ]] || continue 2
        done
        word=$parent${parts[i]}
        ((i + 1 < ${#parts[@]})) && word+=. || word+='='
        if [[ $offered != *" $word "* ]]; then
            offered+="$word "
            _autoscale_sim_words "$current" "$word"
        fi
    done
}

_autoscale_sim_value() { # KIND CURRENT
    local part
    local -a parts
    IFS='|' read -ra parts <<< "$1"
    for part in "${parts[@]}"; do
        case $part in
        '') ;;
        @file) _autoscale_sim_files -f -- "$2" ;;
        @directory) _autoscale_sim_files -d -- "$2" ;;
        @scenario)
            _autoscale_sim_files -f -X '!*.json' -- "$2"
            _autoscale_sim_files -d -- "$2"
            ;;
        @path) _autoscale_sim_paths "$2" "${_autoscale_sim_all_paths[@]}" ;;
        @key) _autoscale_sim_paths "$2" "${_autoscale_sim_all_keys[@]}" ;;
        *) _autoscale_sim_words "$2" "$part" ;;
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
    local current=${COMP_WORDS[COMP_CWORD]} whole head prefix= word option= kind= ended= glue= i
    local -a words=() positional=() operands=() known=()
    COMPREPLY=()
    # Bash splits words at = and :, which are parts of ours.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word =~ ^[=:]+$ ]] && ((${#words[@]})); then
            words[-1]+=$word glue=1
        elif [[ $glue && $word ]]; then
            words[-1]+=$word glue=
        else
            words+=("$word") glue=
        fi
    done
    [[ $current =~ ^[=:]+$ ]] && current=
    current=${current#[\'\"]}
    whole=${words[-1]#[\'\"]}
    unset 'words[-1]'
    head=${whole%"$current"} # what bash keeps of it
    if ((${#words[@]} == 0)); then
        _autoscale_sim_words "$whole" "${_autoscale_sim_commands[@]}" --help --version
        return
    fi
    _autoscale_sim_tables "${words[0]}"
    for word in "${words[@]:1}"; do
        if [[ $option ]]; then
            option=
        elif [[ $ended || $word != -?* ]]; then
            positional+=("$word")
        elif [[ $word == -- ]]; then
            ended=1
        elif _autoscale_sim_takes_value "$word"; then
            option=$word
        fi
    done
    _autoscale_sim_tables "${words[0]} ${positional[0]-}"
    if [[ ! $option && ! $ended && $whole == --*=* ]]; then
        option=${whole%%=*}
        prefix=$option=
        whole=${whole#*=}
    fi
    i=${#positional[@]}
    if [[ $option ]]; then
        _autoscale_sim_takes_value "$option" && _autoscale_sim_value "$kind" "$whole"
    elif [[ ! $ended && $whole == -* ]]; then
        _autoscale_sim_words "$whole" "${known[@]%%=*}" --help
    elif ((i < ${#operands[@]})); then
        _autoscale_sim_value "${operands[i]%...}" "$whole"
    elif ((i > 0)) && [[ ${operands[-1]-} == *... ]]; then
        _autoscale_sim_value "${operands[-1]%...}" "$whole"
    elif [[ ! $ended && ! $whole ]]; then
        _autoscale_sim_words '' "${known[@]%%=*}" --help
    fi
    for i in "${!COMPREPLY[@]}"; do
        word=$prefix${COMPREPLY[i]}
        COMPREPLY[i]=${word#"$head"}
    done
}
complete -F _autoscale_sim autoscale-sim
