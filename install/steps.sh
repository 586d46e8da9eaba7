# A step and its end: what fails is undone, and people are told what happened, what it means and what to do.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
STEP=''
UNDONE=yes  # or no: something that was begun could not be
BROKEN=''  # the program that failed, where the shell only knows that one did

step() {  # KEY: the function step_KEY
    STEP=$1
    UNDO=() BROKEN=''
    [ "$DRY" -eq 1 ] || scratch
    printf '%s\n' "$(said "step_$1")"
    "step_$1"
    UNDO=()
}

fail() {  # KEY ARGUMENTS…: KEY is what happened, KEY_do what to do about it; it may name the first argument
    trap - ERR
    broke_off "$(said "$@")" "$(said "$1_do" "${2:-}")"
}

failed() {  # by the trap: COMMAND LINE
    [ "$BASHPID" = "$$" ] || exit 1  # of a subshell: the shell above tells it
    trap - ERR
    broke_off "$(said step_failed "$(said "step_$STEP")" "${BROKEN:-$1}" "$2")" "$(said "step_${STEP}_do")"
}

interrupted() {
    trap - ERR
    broke_off "$(said interrupted)" "$(said again_do)"
}

broke_off() {  # WHAT DO
    trap '' INT TERM HUP
    undo_all
    complain "$1" "$(if [ "$UNDONE" = yes ]; then said undone; else said undone_but; fi)" "$2"
    clean_up
    exit 1
}

clean_up() {
    [ -z "$SCRATCH" ] || rm -rf "$SCRATCH"
    SCRATCH=
}

guard() {  # from here on nothing is left half done
    set -eEuo pipefail
    shopt -s inherit_errexit
    # shellcheck disable=SC2154  # BASH_COMMAND is bash's own
    trap 'failed "$BASH_COMMAND" "${BASH_SOURCE[0]##*/}:$LINENO"' ERR
    trap interrupted INT TERM HUP
    trap clean_up EXIT
}
