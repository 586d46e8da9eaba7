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
        put_once "$HERE/config/$(template)" "$ETC/kiosk.toml" 640 root:portillon
    fi
    if has_server; then step_server_settings; fi
    write_options
    put_file "$HERE/systemd/portillon.tmpfiles" /etc/tmpfiles.d/portillon.conf
    make_folder "$STATE" 700 portillon:portillon
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
    put_text "$STATE/pairing-url" 600 portillon:portillon <<<"$PAIRING_URL"
}
