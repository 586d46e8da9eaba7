#!/usr/bin/env bash
# From a blank Raspberry Pi OS or Debian to a working gate, or to a ticket server. `./install.sh --help` tells how.
# Sourced, it defines its functions and does nothing.
# shellcheck disable=SC2030,SC2031  # the plan is made in a subshell on purpose

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# What the tests move elsewhere.
OPT=/opt/portillon
ETC=/etc/portillon
STATE=/var/lib/portillon
ACCOUNT=portillon  # whose STATE is
BOOT=/boot/firmware
SYSTEM=/etc/systemd/system
COMMANDS=/usr/local/bin  # where people find them

# shellcheck source=install/words.sh
. "$HERE/install/words.sh"
# shellcheck source=install/verbs.sh
. "$HERE/install/verbs.sh"
# shellcheck source=install/steps.sh
. "$HERE/install/steps.sh"
# shellcheck source=install/options.sh
. "$HERE/install/options.sh"
# shellcheck source=install/machine.sh
. "$HERE/install/machine.sh"
# shellcheck source=install/packages.sh
. "$HERE/install/packages.sh"
# shellcheck source=install/settings.sh
. "$HERE/install/settings.sh"
# shellcheck source=install/program.sh
. "$HERE/install/program.sh"
# shellcheck source=install/board.sh
. "$HERE/install/board.sh"
# shellcheck source=install/read_only.sh
. "$HERE/install/read_only.sh"
# shellcheck source=install/screen.sh
. "$HERE/install/screen.sh"
# shellcheck source=install/services.sh
. "$HERE/install/services.sh"
# shellcheck source=install/uninstall.sh
. "$HERE/install/uninstall.sh"

install_all() {
    step packages
    step account
    step settings
    step program
    step board
    if [ "$READ_ONLY" = yes ]; then step read_only; fi
    if [ -n "$PAIRING_URL" ]; then step pairing; fi
    if [ "$SCREEN" = yes ]; then step screen; fi
    step services
}

uninstall_all() {
    step stop
    step remove
    if [ "$PURGE" = yes ]; then step purge; fi
}

run_all() {
    if [ "$COMMAND" = uninstall ]; then uninstall_all; else install_all; fi
}

agreed() {  # a person at a terminal sees the plan first; where nobody can answer, who started this has said yes
    if [ "$DRY" -eq 1 ] || [ "$YES" = yes ] || [ ! -t 0 ]; then return 0; fi
    scratch  # here, since the shell of the plan would leave its own behind
    (DRY=1; run_all) || return 1  # what it would count stays in there
    say ask
    local answer
    read -r answer
    [[ $answer == [yYoO]* ]]
}

summary() {
    if [ "$CHANGES" -eq 0 ]; then
        say nothing_to_change
    elif [ "$DRY" -eq 1 ]; then
        say dry_run_done "$CHANGES"
    else
        say done_with "$CHANGES"
    fi
    if [ "$REBOOT" = yes ] || [ -e "$REBOOT_WANTED" ]; then say reboot_wanted; fi
}

main() {
    load_words "$HERE/install/words"
    read_options "$@"
    guard
    look_at_machine
    recall_options
    if ! agreed; then
        say not_agreed
        return 1
    fi
    run_all
    summary
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
