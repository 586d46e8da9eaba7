# What people read, in the language of the machine: LANG or LC_ALL that begin with fr is French, everything else English.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
declare -A WORDS=()

load_words() {  # FOLDER: English first, so that a word that French should lack is still a word
    local spoken=${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}
    # shellcheck source=install/words/en.sh
    . "$1/en.sh"
    if [[ $spoken != fr* ]]; then return; fi
    # shellcheck source=install/words/fr.sh
    . "$1/fr.sh"
}

said() {  # KEY ARGUMENTS…: the sentence, without an end of line
    # shellcheck disable=SC2059  # the sentences are formats
    printf -- "${WORDS[$1]}" "${@:2}"
}

say() { said "$@"; printf '\n'; }

note() { printf '  '; say "$@"; }  # what is so, or does not apply; changes nothing

complain() {  # WHAT MEANS DO: three sentences, made already; an error is never one line of code
    printf '\n%s\n  %s\n  %s\n' "$1" "$2" "$3" >&2
}
