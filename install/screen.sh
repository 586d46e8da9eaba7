# The guest screen's browser: a user of its own, and the port of the page. Its unit comes and goes with the others.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
SCREEN_PORT=8021  # as in portillon-screen.service; kiosk/first_boot/taking.py knows settings that have it by this number
SCREEN_DROP_IN=$SYSTEM/portillon-screen.service.d/00-port.conf  # by its name before override.conf, that of systemctl edit

screen_packages() { printf '%s\n' cage seatd chromium fonts-dejavu-core; }

step_screen() {
    put_file "$HERE/systemd/portillon-screen.sysusers" /etc/sysusers.d/portillon-screen.conf
    screen_account
    screen_port
}

screen_account() {
    local group missing=()
    for group in video render; do getent group "$group" >/dev/null || missing+=("$group"); done
    if [ ${#missing[@]} -eq 0 ] && getent passwd portillon-screen >/dev/null; then return; fi
    change account "portillon-screen ${missing[*]}" || return 0
    for group in "${missing[@]}"; do made group "$group"; done
    quietly systemd-sysusers /etc/sysusers.d/portillon-screen.conf
}

screen_port() {  # settings that were here before belong to the people here: the screen follows them
    local port=$SCREEN_PORT
    if [ -e "$ETC/kiosk.toml" ]; then port=$(setting screen guest_port); fi
    if [ -z "$port" ]; then
        note no_guest_port "$ETC/kiosk.toml" "$SCREEN_PORT"
    elif [ "$port" != "$SCREEN_PORT" ]; then
        put_text "$SCREEN_DROP_IN" <<<"[Service]"$'\n'"Environment=GUEST_PORT=$port"
        return
    fi
    remove "$SCREEN_DROP_IN"
}

with_screen() {  # FILE: the settings in it, with the page's port
    sed "s/^# guest_port = $SCREEN_PORT\$/guest_port = $SCREEN_PORT/" "$1"
}

take_back_screen() {  # its user owns nothing
    if ! getent passwd portillon-screen >/dev/null; then return; fi
    act no_account portillon-screen userdel portillon-screen
}
