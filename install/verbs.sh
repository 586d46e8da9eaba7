# The verbs by which anything is changed. Each looks first: what is so already is left alone, without a word. Otherwise it
# prints its line and then does it; a dry run prints the same line and stops there, so both say the same by construction.
# Each leaves behind how it is undone, until its step has ended well; so none may be the end of a pipe, which is a shell of
# its own and forgets.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
DRY=${DRY:-0}
CHANGES=0
CHANGED=' '  # the paths that changed in this run, between blanks
UNDO=()
SCRATCH=''

change() {  # KEY ARGUMENTS…: tells one change; true when it is also to be made
    CHANGES=$((CHANGES + 1))
    printf '+ '
    say "$@"
    [ "$DRY" -eq 0 ]
}

has_changed() { [[ $CHANGED == *" $1 "* ]]; }

undo_by() {  # COMMAND ARGUMENTS…
    local quoted
    printf -v quoted '%q ' "$@"
    UNDO+=("$quoted")
}

undo_all() {  # the last thing first; one that can't be undone keeps no other from it
    local index
    for ((index = ${#UNDO[@]} - 1; index >= 0; index--)); do
        if eval "${UNDO[index]}"; then continue; fi
        UNDONE=no
        complain "$(said undo_failed "${UNDO[index]}")" "$(said undo_failed_means)" "$(said undo_failed_do)"
    done
    UNDO=()
}

scratch() {  # a folder for this run, of root only
    [ -n "$SCRATCH" ] || SCRATCH=$(mktemp --directory)
}

remember() {  # PATH: what is there now comes back when the step is undone
    scratch
    local kept
    if [ -e "$1" ] || [ -L "$1" ]; then
        kept=$(mktemp --dry-run "$SCRATCH/kept.XXXXXX")
        cp --archive "$1" "$kept"
        undo_by restore "$kept" "$1"
    else
        undo_by rm -f "$1"
    fi
}

restore() {  # KEPT PATH: links as links, by one rename
    cp --archive --no-target-directory "$1" "$2.before"
    mv --force --no-target-directory "$2.before" "$2"
}

is_like() { cmp -s "$1" "$2" && [ "$(stat -c '%a %U:%G' "$2")" = "$3 $4" ]; }

put_file() {  # SOURCE PATH [MODE [OWNER]]: whole or not at all, also when the power fails
    local from=$1 path=$2 mode=${3:-644} owner=${4:-root:root} new
    if is_like "$from" "$path" "$mode" "$owner"; then return; fi
    CHANGED+="$path "
    change put "$path" || return 0
    remember "$path"
    mkdir -p "${path%/*}"
    new=$(mktemp "$path.XXXXXX")
    undo_by rm -f "$new"
    cat "$from" >"$new"
    chmod "$mode" "$new"
    chown "$owner" "$new"
    into_place "$new" "$path"
}

into_place() {  # NEW PATH
    sync "$1"
    mv --force --no-target-directory "$1" "$2"
    sync "${2%/*}"
}

put_text() {  # PATH [MODE [OWNER]], the text on standard input
    scratch
    cat >"$SCRATCH/text"
    put_file "$SCRATCH/text" "$@"
}

put_once() {  # SOURCE PATH MODE OWNER: a file that belongs to the people here from then on
    [ -e "$2" ] || put_file "$@"
}

put_block() {  # PATH, the lines on standard input: between markers, the rest of the file as it is; no lines: no block
    local path=$1 block
    scratch
    block=$(cat)
    [ -e "$path" ] || [ -n "$block" ] || return 0
    { without_block "$path" 2>/dev/null || true; } >"$SCRATCH/block"
    if grep -q $'^# portillon: begin\r*$' "$SCRATCH/block"; then note no_end_mark "$path"; fi
    [ -z "$block" ] || printf '%s\n%s\n%s\n' '# portillon: begin' "$block" '# portillon: end' >>"$SCRATCH/block"
    if cmp -s "$SCRATCH/block" "$path"; then return; fi
    CHANGED+="$path "
    change edit "$path" || return 0
    remember "$path"
    cat "$SCRATCH/block" >"$path.portillon"
    undo_by rm -f "$path.portillon"
    # The boot partition is FAT, which knows no owners.
    chmod --reference="$path" "$path.portillon" 2>/dev/null || true
    chown --reference="$path" "$path.portillon" 2>/dev/null || true
    into_place "$path.portillon" "$path"
}

without_block() {  # PATH, whose line ends an editor may have changed; without its end a block is none: what follows may be others'
    awk '{ bare = $0; sub(/\r$/, "", bare) }
        bare == "# portillon: begin" { printf "%s", held; held = ""; is_inside = 1 }
        !is_inside { print; next }
        { held = held $0 "\n" }
        bare == "# portillon: end" { held = ""; is_inside = 0 }
        END { printf "%s", held }' "$1"
}

make_folder() {  # PATH MODE OWNER
    if [ -d "$1" ] && [ "$(stat -c '%a %U:%G' "$1")" = "$2 $3" ]; then return; fi
    change folder "$1" || return 0
    if [ ! -d "$1" ]; then
        mkdir -p "$1"
        undo_by rmdir "$1"
    fi
    chmod "$2" "$1"
    chown "$3" "$1"
}

link() {  # TARGET PATH: switched by one rename
    if [ "$(readlink "$2" 2>/dev/null)" = "$1" ]; then return; fi
    CHANGED+="$2 "
    change link "$2" "$1" || return 0
    remember "$2"
    ln --symbolic --force --no-dereference "$1" "$2.new"
    mv --force --no-target-directory "$2.new" "$2"
    sync "${2%/*}"
}

remove() {  # PATH…: files, links and folders with all that is in them
    local path
    for path in "$@"; do
        if [ ! -e "$path" ] && [ ! -L "$path" ]; then continue; fi
        CHANGED+="$path "
        change remove "$path" || continue
        rm -rf "$path"
    done
}

act() {  # KEY ARGUMENT COMMAND…: anything else; the caller has looked whether it is needed
    change "$1" "$2" || return 0
    "${@:3}"
}
