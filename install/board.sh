# What of the machine is set so that a gate is quick, and stays alive when nobody comes: pins, watchdog, Wi-Fi, journal, clock.
# Each says so where it does not apply.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts

step_board() {
    journal_limits
    clock
    if ! has_gate; then return; fi
    device_rules
    watchdog
    wireless
    boot_settings
}

journal_limits() {
    local kind=server
    if has_gate; then kind=gate; fi  # in memory there: a card wears out, and is cut off in mid-write
    put_file "$HERE/systemd/journald-$kind.conf" /etc/systemd/journald.conf.d/portillon.conf
    if has_changed /etc/systemd/journald.conf.d/portillon.conf && runs_systemd; then
        act restart systemd-journald.service systemctl restart systemd-journald.service
    fi
}

clock() {  # set by time servers where there are some; nothing of ours waits for them
    if [ -e /usr/sbin/chronyd ] || [ -e /usr/sbin/ntpd ]; then
        note other_clock
        return
    fi
    enable systemd-timesyncd.service  # its package has started it
}

device_rules() {
    put_file "$HERE/systemd/portillon.rules" /etc/udev/rules.d/60-portillon.rules
    if ! udevadm control --ping --timeout=2 2>/dev/null; then
        note no_udev
        return
    fi
    if has_changed /etc/udev/rules.d/60-portillon.rules; then act udev '' reload_udev; fi
}

reload_udev() { udevadm control --reload && udevadm trigger --subsystem-match=gpio --subsystem-match=dma_heap; }

watchdog() {
    if ! is_pi; then
        note no_pi_watchdog
        return
    fi
    put_file "$HERE/systemd/watchdog.conf" /etc/systemd/system.conf.d/portillon.conf
    if has_changed /etc/systemd/system.conf.d/portillon.conf; then want_reboot; fi
}

wireless() {
    if ! has_networkmanager; then
        note no_networkmanager
        return
    fi
    put_file "$HERE/systemd/networkmanager.conf" /etc/NetworkManager/conf.d/portillon.conf
    if has_changed /etc/NetworkManager/conf.d/portillon.conf && systemctl --quiet is-active NetworkManager.service; then
        act reload NetworkManager.service systemctl reload NetworkManager.service
    fi
    wireless_country
}

wireless_country() {  # a Pi keeps its radio off until it knows the country
    if [ -z "$COUNTRY" ]; then return; fi
    if ! command -v raspi-config >/dev/null; then
        note no_raspi_config "$COUNTRY"
    elif [ "$(raspi-config nonint get_wifi_country 2>/dev/null)" != "$COUNTRY" ]; then
        act country "$COUNTRY" quietly raspi-config nonint do_wifi_country "$COUNTRY"
    fi
}

boot_settings() {
    if ! is_pi; then
        note no_pi_pins
        return
    fi
    local lines
    lines=$(firmware_lines)
    put_block "$BOOT/config.txt" <<<"$lines"
    if has_changed "$BOOT/config.txt"; then want_reboot; fi
}

firmware_lines() {
    local off=dl pin pins high
    high=$(gate_setting active_high)
    if [ "$high" = false ]; then off=dh; fi
    pins=$(output_pins)
    # [all] ends whatever section of the file came before.
    printf '%s\n' '[all]' '# The kernel lets go of an output when its process dies.' 'dtparam=strict_gpiod'
    for pin in $pins; do printf 'gpio=%s=op,%s\n' "$pin" "$off"; done
}

output_pins() {  # BCM numbers of what the settings drive, smallest first; off from the firmware on
    local name pin
    for name in relay exit_relay green red amber buzzer ready; do
        pin=$(gate_setting "$name")
        if [[ $pin =~ ^[0-9]+$ ]]; then printf '%s\n' "$pin"; fi
    done | sort -n
}

gate_setting() { setting gate "$1"; }

setting() {  # SECTION KEY, from the settings that are or will be here; false or true, a number, or nothing
    local file=$ETC/kiosk.toml
    [ -e "$file" ] || file=$HERE/config/$(template)
    python3 - "$file" "$@" <<'END'
import sys, tomllib
value = tomllib.load(open(sys.argv[1], "rb")).get(sys.argv[2], {}).get(sys.argv[3], "")
print(str(value).lower())
END
}
