# The switch to the version that was made, its units, and the test that it runs; all of it one step, undone as one.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
OLD=  # the version that ran until now
declare -A BEGUN=()  # units that this run has started: their first process
RESTARTED=()  # those that ran before, too

units() {
    if has_server; then printf '%s\n' portillon-api.service portillon-backup.service portillon-backup.timer; fi
    if has_gate; then
        printf '%s\n' portillon-kiosk.service portillon-first-boot.service portillon-wifi.socket portillon-wifi@.service
    fi
    if [ "$READ_ONLY" = yes ]; then printf '%s\n' portillon-read-only.service; fi
    if [ "$SCREEN" = yes ]; then printf '%s\n' portillon-screen.service; fi
}

wanted_units() {  # those that are started by themselves, in this order; the server last: see start_all
    if has_gate; then printf '%s\n' portillon-first-boot.service portillon-wifi.socket portillon-kiosk.service; fi
    if [ "$READ_ONLY" = yes ]; then printf '%s\n' portillon-read-only.service; fi
    if [ "$SCREEN" = yes ]; then printf '%s\n' portillon-screen.service; fi
    if has_server; then printf '%s\n' portillon-api.service portillon-backup.timer; fi
}

step_services() {
    OLD=$(readlink "$OPT/current" 2>/dev/null || true)
    if [ "$DRY" -eq 0 ]; then try_before; fi
    undo_by run_again
    make_folder "$OPT/root" 755 root:root  # the server's root, filled by its unit
    link "$VERSION" "$OPT/current"
    link current/bin "$OPT/bin"
    link current/source/config "$OPT/share"
    if has_gate; then link "$OPT/bin/portillon-kiosk" "$COMMANDS/portillon-kiosk"; fi
    if has_server; then link "$OPT/bin/portillon-api" "$COMMANDS/portillon-api"; fi
    put_units
    local unit
    while read -r unit; do enable "$unit"; done < <(wanted_units)
    if ! runs_systemd; then
        note no_systemd
        return
    fi
    start_all
    if [ "$OLD" != "$VERSION" ]; then tidy_versions "$OLD" "$VERSION"; fi
}

put_units() {
    local unit new=
    if has_changed "$SCREEN_DROP_IN"; then new=yes; fi
    while read -r unit; do
        put_file "$HERE/systemd/$unit" "$SYSTEM/$unit"
        if has_changed "$SYSTEM/$unit"; then new=yes; fi
    done < <(units)
    if [ -n "$new" ] && runs_systemd; then act daemon_reload '' systemctl daemon-reload; fi
}

enable() {  # UNIT
    if systemctl --quiet is-enabled "$1" 2>/dev/null; then return; fi
    change enable "$1" || return 0
    quietly systemctl enable "$1"
    undo_by quietly systemctl disable "$1"
}

start() {  # UNIT: started, or restarted when its version or its file is another
    if ! runs_systemd; then return; fi
    if ! systemctl --quiet is-active "$1"; then
        change start "$1" || return 0
        undo_by systemctl stop "$1"
        begin start "$1"
    elif [[ $1 == portillon-*.service ]] && is_another "$1"; then
        change restart "$1" || return 0
        RESTARTED+=("$1")
        begin restart "$1"
    fi
}

is_another() {  # UNIT: it runs what is no longer there
    has_changed "$OPT/current" || has_changed "$SYSTEM/$1" ||
        { [ "$1" = portillon-screen.service ] && has_changed "$SCREEN_DROP_IN"; }
}

begin() {  # start|restart UNIT: when systemd says no, its last lines are what people need to see
    quietly systemctl "$1" "$2" || fail does_not_start "$2" "$(journalctl --unit "$2" --lines 8 --output cat 2>/dev/null)"
    if [ "$2" = portillon-screen.service ]; then return; fi  # a gate without its screen, or without a display yet, is a gate
    BEGUN[$2]=$(systemctl show --property MainPID --value "$2")
}

start_all() {
    local unit
    while read -r unit; do
        # Only at a boot: the one when there is a file for it, the other when memory lies over the root.
        if [ "$unit" = portillon-first-boot.service ] || [ "$unit" = portillon-read-only.service ]; then continue; fi
        # A newer server lays out the tickets anew, and the one before can't read them then: all else is known to run first.
        if [ "$unit" = portillon-api.service ] && [ -n "$OLD" ]; then try_after; fi
        start "$unit"
    done < <(wanted_units)
    try_after
}

way_back() { printf '%s' "$STATE/backups/before-$VERSION.sqlite3"; }  # the tickets as they were

try_before() {  # what the new version does to the database is tried on a copy, which stays as the way back
    local bin=$OPT/$VERSION/bin
    if ! has_server; then return; fi
    if [ -z "$OLD" ] || [ "$OLD" = "$VERSION" ]; then return; fi
    as_the_unit
    if ! database_is_file; then return; fi
    local copy
    copy=$(way_back)
    # The folder is portillon's, who may have laid links there: nothing in it is done as root.
    as_portillon mkdir --parents --mode 700 "$STATE/backups"
    undo_by as_portillon rm -f "$copy.new" "$copy.trial"
    copy_tickets "$copy"
    as_portillon "$bin/portillon-api" event list --database "sqlite:///$copy.trial" >/dev/null || fail bad_database "$copy"
    as_portillon rm -f "$copy.trial"
}

# COPY: the way back; what is to be tried lies as COPY.trial then. Where the old version can't read the tickets, the new one has
# laid them out anew in an earlier try, and a copy of before that stays; or its Python went with an upgrade of Debian.
copy_tickets() {
    as_portillon rm -f "$1.new" "$1.trial"
    if copied_by_old "$1.new"; then
        as_portillon cp "$1.new" "$1.trial"
    else
        as_portillon "$OPT/$VERSION/bin/portillon-api" backup "$1.trial" --config "$ETC/api.toml" >/dev/null || fail no_backup "$1"
        if [ -e "$1" ]; then return; fi
        copied_from_before "$1.new" || as_portillon cp "$1.trial" "$1.new"
    fi
    as_portillon sync "$1.new"
    as_portillon mv --force --no-target-directory "$1.new" "$1"
    as_portillon sync "${1%/*}"
}

copied_by_old() { as_portillon "$OPT/$OLD/bin/portillon-api" backup "$@" --config "$ETC/api.toml" >/dev/null 2>&1; }  # TO OPTIONS…

copied_from_before() {  # TO: from the newest copy made before any version that the old one can read
    local from copies
    mapfile -t copies < <(find "$STATE/backups" -maxdepth 1 -type f -name 'before-*.sqlite3' -printf '%T@ %p\n' | sort -rn)
    for from in "${copies[@]}"; do
        if copied_by_old "$1" --database "sqlite:///${from#* }"; then return; fi
    done
    return 1
}

as_the_unit() {  # what `systemctl edit` puts over api.toml (Environment=) is the server's, so it holds here, too
    if ! runs_systemd; then return; fi
    local setting
    while IFS= read -r -d '' setting; do
        export "${setting?}"
    done < <(systemctl show --property Environment --value portillon-api.service | unit_settings)
}

unit_settings() {  # those among what `systemctl show` tells, each with a zero byte at its end
    python3 -c '
import re, sys
for quoted, bare in re.findall(r"\"((?:[^\"\\]|\\.)*)\"|(\S+)", sys.stdin.read()):
    setting = re.sub(r"\\(.)", r"\1", quoted) or bare
    if re.match("PORTILLON_API__[A-Z_]+=", setting):
        print(end=setting + "\0")'
}

database_is_file() {  # and it is there; a PostgreSQL has its own way back, which docs/operations.md tells
    python3 - "$ETC/api.toml" "$STATE/tickets.sqlite3" <<'END'
import os, pathlib, sys, tomllib
place = tomllib.load(open(sys.argv[1], "rb")).get("database", sys.argv[2])  # left out, it is the server's own
place = os.environ.get("PORTILLON_API__DATABASE", place)
scheme, separator, path = place.partition(":///")
file = path if separator else place
sys.exit(not (scheme in ("sqlite", place) and pathlib.Path(file).is_file()))
END
}

try_after() {  # what was started goes on running
    local unit
    if [ ${#BEGUN[@]} -eq 0 ]; then return; fi
    sleep 4  # longer than the start of reader and guardian takes; a unit that dies in it has another process after
    for unit in "${!BEGUN[@]}"; do
        if ! systemctl --quiet is-active "$unit" || [ "$(systemctl show --property MainPID --value "$unit")" != "${BEGUN[$unit]}" ]; then
            fail does_not_stay "$unit" "$(journalctl --unit "$unit" --lines 8 --output cat 2>/dev/null)"
        fi
    done
}

run_again() {  # the last of what an undone switch needs: files are back, and the version before takes over
    if ! runs_systemd; then return; fi
    systemctl daemon-reload
    local unit way
    for unit in "${RESTARTED[@]}"; do
        if quietly systemctl restart "$unit" 2>/dev/null; then continue; fi
        UNDONE=no
        way=$(said not_again_do "$unit")
        if [ "$unit" = portillon-api.service ] && [ -e "$(way_back)" ]; then way=$(said way_back "$(way_back)" "$(way_back)"); fi
        complain "$(said not_again "$unit" "$(journalctl --unit "$unit" --lines 8 --output cat)")" "$(said not_again_means)" "$way"
    done
}
