# The user, the folders, the settings. Settings that are there already belong to the people here and are never touched.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts

step_account() {
    put_file "$HERE/systemd/portillon.sysusers" /etc/sysusers.d/portillon.conf
    local group missing=()
    for group in gpio video; do getent group "$group" >/dev/null || missing+=("$group"); done
    if [ ${#missing[@]} -eq 0 ] && getent passwd portillon >/dev/null; then return; fi
    change account "portillon ${missing[*]}" || return 0
    for group in "${missing[@]}"; do made group "$group"; done
    quietly systemd-sysusers /etc/sysusers.d/portillon.conf
}

step_settings() {
    make_folder "$ETC" 750 root:portillon
    if has_gate; then
        gate_settings
    fi
    if has_server; then step_server_settings; fi
    write_options
    put_file "$HERE/systemd/portillon.tmpfiles" /etc/tmpfiles.d/portillon.conf
    make_folder "$STATE" 700 portillon:portillon
}

gate_settings() {
    local from
    from=$HERE/config/$(template)
    if [ "$SCREEN" = yes ]; then
        scratch
        with_screen "$from" >"$SCRATCH/kiosk.toml"
        from=$SCRATCH/kiosk.toml
    fi
    put_once "$from" "$ETC/kiosk.toml" 640 root:portillon
}

template() { if [ "$PROFILE" = light ]; then printf kiosk-light.toml; else printf kiosk.toml; fi; }

step_server_settings() {
    if has_gate; then
        put_once "$HERE/config/api.toml" "$ETC/api.toml" 640 root:portillon
        return
    fi
    # A server by itself is for others: every network, and encrypted, since gates pin its key at pairing.
    scratch
    sed -e 's/^host = "127.0.0.1"$/host = "0.0.0.0"/' -e 's/^self_made = false$/self_made = true/' \
        "$HERE/config/api.toml" >"$SCRATCH/api.toml"
    put_once "$SCRATCH/api.toml" "$ETC/api.toml" 640 root:portillon
}

step_pairing() {  # the gate takes it at its start and asks until the server answers
    if [ -e "$STATE/credentials.json" ]; then
        note paired_already
        return
    fi
    local file=$STATE/pairing-url
    if [ "$(as_portillon cat "$file" 2>/dev/null || true)" = "$PAIRING_URL" ]; then return; fi
    change put "$file" || return 0
    undo_by as_portillon rm -f "$file.new"
    # shellcheck disable=SC2016  # for that shell
    as_portillon sh -euc 'umask 077; cat >"$1.new"; sync "$1.new"; mv --force "$1.new" "$1"; sync "${1%/*}"' - "$file" <<<"$PAIRING_URL"
}

as_portillon() { runuser --user "$ACCOUNT" -- "$@"; }  # in its folder nothing is done as root: links may lie in it
