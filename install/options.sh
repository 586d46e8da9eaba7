# What was asked for on the command line, and what an earlier run was asked for.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
COMMAND=install
PROFILE='' SERVER='' ONLY_SERVER=''  # "" is not said now: as the last time
PAIRING_URL='' OFFLINE='' COUNTRY=''
YES=no PURGE=no READ_ONLY='' SCREEN=''

read_options() {
    while [ $# -gt 0 ]; do
        case $1 in
            upgrade | uninstall) COMMAND=$1 ;;
            --profile) PROFILE=$(value_of "$@") || exit 2; shift ;;
            --with-server) SERVER=yes ;;
            --server-only) ONLY_SERVER=yes ;;
            --pairing-url) PAIRING_URL=$(value_of "$@") || exit 2; shift ;;
            --offline) OFFLINE=$(value_of "$@") || exit 2; shift ;;
            --wifi-country) COUNTRY=$(value_of "$@") || exit 2; shift ;;
            --screen) SCREEN=yes ;;
            --read-only) READ_ONLY=yes ;;
            --purge) PURGE=yes ;;
            --dry-run) DRY=1 ;;
            --yes) YES=yes ;;
            --help | -h) say help; exit 0 ;;
            *) wrong unknown_option "$1" ;;
        esac
        shift
    done
    check_options
}

value_of() {  # OPTION VALUE
    if [ $# -lt 2 ] || [[ $2 == --* ]]; then wrong no_value "$1"; fi
    printf '%s' "$2"
}

wrong() {  # KEY ARGUMENTS…: asked wrongly; nothing has been looked at yet
    complain "$(said "$@")" "$(said wrong_means)" "$(said wrong_do)"
    exit 2
}

check_options() {
    case $PROFILE in '' | turnstile | light) ;; *) wrong unknown_profile "$PROFILE" ;; esac
    if [ -n "$ONLY_SERVER" ] && [ -n "$PROFILE$SERVER$PAIRING_URL$SCREEN" ]; then wrong only_server_alone; fi
    if [ "$PURGE" = yes ] && [ "$COMMAND" != uninstall ]; then wrong purge_alone; fi
    if [ -n "$COUNTRY" ] && [[ ! $COUNTRY =~ ^[A-Z]{2}$ ]]; then wrong unknown_country "$COUNTRY"; fi
    # What goes into a file that the gate reads: one line, a web address, nothing else.
    if [ -n "$PAIRING_URL" ] && [[ ! $PAIRING_URL =~ ^https?://[!-~]+/pair(#[!-~]+)?$ ]]; then wrong no_pairing_url; fi
    if [ -n "$OFFLINE" ]; then
        [ -d "$OFFLINE/wheels" ] || wrong no_bundle "$OFFLINE"
        OFFLINE=$(cd "$OFFLINE" && pwd)
    fi
}

recalled() {  # KEY: what an earlier run wrote down, or nothing; read as words, never run
    [ -r "$ETC/installed" ] && sed -n "s/^$1=\([a-z_]*\)\$/\1/p" "$ETC/installed"
    return 0
}

recall_options() {
    if [ "$COMMAND" = uninstall ]; then return; fi
    if [ -n "$ONLY_SERVER" ]; then
        PROFILE=none SERVER=yes
    fi
    if [ "$COMMAND" = upgrade ] && [ ! -e "$OPT/current" ]; then fail not_installed; fi
    PROFILE=${PROFILE:-$(recalled profile)}
    SERVER=${SERVER:-$(recalled server)}
    READ_ONLY=${READ_ONLY:-$(recalled read_only)}
    SCREEN=${SCREEN:-$(recalled screen)}
    SERVER=${SERVER:-no} READ_ONLY=${READ_ONLY:-no} SCREEN=${SCREEN:-no}
    if [ -z "$PROFILE" ]; then fail no_profile; fi
    if [ "$SCREEN" = yes ] && ! has_gate; then wrong only_server_alone; fi
    # A gate that became a server would leave its turnstile unwatched: that is taken away by hand first.
    if [ "$PROFILE" = none ] && is_gate "$(recalled profile)"; then fail gate_is_here; fi
}

is_gate() { [ "$1" = turnstile ] || [ "$1" = light ]; }
has_gate() { is_gate "$PROFILE"; }
has_server() { [ "$SERVER" = yes ]; }

write_options() {
    put_text "$ETC/installed" 644 <<END
# What install.sh was asked for; it reads this when it runs again. It changes nothing by itself.
profile=$PROFILE
server=$SERVER
read_only=$READ_ONLY
screen=$SCREEN
END
}
