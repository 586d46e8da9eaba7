# What install.sh says, in English. Each is a format of printf; fr.sh has the same keys.
# shellcheck shell=bash disable=SC2034
WORDS=(
    [help]="From a blank Raspberry Pi OS or Debian to a working gate, or to a ticket server.

  sudo ./install.sh --profile turnstile|light [--with-server] [OPTIONS]
  sudo ./install.sh --server-only [OPTIONS]
  sudo ./install.sh upgrade [OPTIONS]      the version in this folder, beside the old one; back to it if it does not run
  sudo ./install.sh uninstall [--purge]    settings, credentials, journal and tickets stay unless --purge

  --profile turnstile|light   one relay pulse a person; or a lamp that admits
  --with-server               the ticket server too, for gates on this machine
  --server-only               the ticket server and no gate: for every network, encrypted
  --pairing-url URL           pair with this server, as if its QR had been shown
  --wifi-country CC           the country whose rules the Pi's radio keeps, such as FR
  --offline DIR               packages from a folder that \`make bundle\` made, and from nowhere else
  --screen                    the guest screen in cage and Chromium, on a display of this machine
  --read-only                 a root that no power cut can harm; needs a partition labelled portillon-data
  --dry-run                   print every change, make none
  --yes                       don't ask
  --help                      this

Run again it changes nothing. What was asked for the last time is remembered."
    [step_packages]="Packages"
    [step_packages_do]="See that the network and the clock are right (apt-get update tells more), then run this again. Without a network: --offline DIR."
    [step_account]="User and groups"
    [step_account_do]="See what systemd-sysusers says above, then run this again."
    [step_settings]="Settings"
    [step_settings_do]="See that the disk has room and is writable (df -h, dmesg), then run this again."
    [step_program]="Program"
    [step_program_do]="See that the network is there and the disk has room (df -h), then run this again. Without a network: --offline DIR."
    [step_board]="The machine"
    [step_board_do]="See that the disk and the boot partition are writable (mount, dmesg), then run this again."
    [step_read_only]="Read-only root"
    [step_read_only_do]="See that the data partition is whole (fsck) and overlayroot is installed, then run this again."
    [step_screen]="Guest screen"
    [step_screen_do]="See what systemd-sysusers says above, then run this again."
    [step_pairing]="Pairing"
    [step_pairing_do]="See that the disk has room and is writable (df -h, dmesg), then run this again."
    [step_services]="Services"
    [step_services_do]="See journalctl -b -u portillon-kiosk -u portillon-api, then run this again."
    [step_stop]="Stopping"
    [step_stop_do]="See systemctl status 'portillon-*', then run this again."
    [step_remove]="Removing the program"
    [step_remove_do]="See that the disk is writable, then run this again."
    [step_purge]="Removing settings and data"
    [step_purge_do]="See that nothing runs as portillon any more (ps -u portillon), then run this again."
    [put]="write %s"
    [edit]="edit %s, between its markers"
    [folder]="folder %s"
    [link]="link %s to %s"
    [remove]="remove %s"
    [packages]="install the packages %s"
    [packages_back]="mark as no longer wanted: %s"
    [account]="make the user and the groups: %s"
    [no_group]="remove the group %s"
    [no_account]="remove the user %s"
    [python_packages]="install the Python packages into %s"
    [version]="install version %s"
    [udev]="apply the rules for devices%s"
    [restart]="restart %s"
    [reload]="reload %s"
    [start]="start %s"
    [stop]="stop %s"
    [enable]="enable %s"
    [disable]="disable %s"
    [daemon_reload]="tell systemd of the new units%s"
    [country]="set the country of the Wi-Fi to %s"
    [data_moved]="move what is to last to %s, and use it there"
    [unmount]="unmount %s"
    [data_kept]="The partition %s is left as it is, with its copy of settings and data: erase it yourself, if it is to be gone."
    [initramfs]="make the initramfs anew%s"
    [paired_already]="This gate is paired already; its pairing stays. For another server: portillon-kiosk unpair, then this again."
    [other_clock]="Another program sets the clock here: left alone."
    [no_guest_port]="The settings in %s show no page: set guest_port = %s in their [screen]. The screen waits for it."
    [no_end_mark]="%s has a line '# portillon: begin' without its end: what follows it is left as it is. Take out by hand what was ours."
    [no_udev]="No udev runs here: the rules for devices act from the next boot on."
    [no_pi_watchdog]="No Raspberry Pi: its hardware watchdog does not apply."
    [no_pi_pins]="No Raspberry Pi: config.txt does not apply."
    [no_networkmanager]="No NetworkManager: Wi-Fi power saving is left as it is."
    [no_raspi_config]="No raspi-config: set the Wi-Fi's country to %s by hand (iw reg set)."
    [no_systemd]="No systemd runs here: all starts at the next boot."
    [autoremove]="apt-get -o APT::AutoRemove::SuggestsImportant=false autoremove --purge takes away those that nothing else needs."
    [ask]="Make these changes? [y/N]"
    [not_agreed]="Nothing was changed."
    [nothing_to_change]="Nothing to change."
    [dry_run_done]="A dry run: nothing was changed. It would be %s changes."
    [done_with]="Done: %s changes."
    [reboot_wanted]="Some of it acts from the next boot on: sudo reboot"
    [step_failed]="The step '%s' failed: %s (%s)"
    [interrupted]="This was interrupted."
    [undone]="What this step had begun was undone; the steps before it are done and stay. Settings, credentials, journal and tickets are as they were."
    [undone_but]="What this step had begun was undone, but for what is told above; the steps before it are done and stay."
    [again_do]="Run this again: it goes on where it stopped."
    [undo_failed]="This could not be undone: %s"
    [undo_failed_means]="The rest is undone all the same."
    [undo_failed_do]="Run install.sh again: it puts right what it finds."
    [wrong_means]="Nothing was looked at and nothing was changed."
    [wrong_do]="./install.sh --help tells what can be said."
    [unknown_option]="There is no option %s."
    [no_value]="%s needs a value."
    [unknown_profile]="There is no profile '%s': turnstile, or light."
    [only_server_alone]="--server-only is a machine without a gate: no --profile, --with-server, --pairing-url or --screen goes with it."
    [purge_alone]="--purge goes with uninstall only."
    [unknown_country]="'%s' is no country: two capital letters, such as FR."
    [no_pairing_url]="This is no pairing URL. It looks like https://HOST/api/scan/TOKEN/pair: copy it whole from the admin."
    [no_bundle]="%s is no bundle: there is no folder wheels in it."
    [not_installed]="Nothing is installed here, so there is nothing to upgrade."
    [not_installed_do]="Install first: sudo ./install.sh --profile turnstile, or light, or --server-only."
    [no_profile]="What is this machine to be? Nothing says it, and nothing was installed before."
    [no_profile_do]="sudo ./install.sh --profile turnstile, or --profile light, or --server-only."
    [gate_is_here]="This machine is a gate; --server-only would leave the gate without its program."
    [gate_is_here_do]="Use --with-server, or take the gate away first: sudo ./install.sh uninstall."
    [not_root]="This needs root, also to look."
    [not_root_do]="Put sudo in front."
    [no_apt]="There is no apt-get here: this is neither Raspberry Pi OS nor Debian."
    [no_apt_do]="Use 64-bit Raspberry Pi OS Lite (bookworm or trixie), or Debian 12 or 13."
    [old_python]="Python 3.11 or newer is missing: this system is too old, or has no python3."
    [old_python_do]="Use 64-bit Raspberry Pi OS Lite (bookworm or trixie), or Debian 12 or 13 with python3."
    [not_64_bit]="This is a 32-bit system; the readers of QR codes exist for 64 bits only."
    [not_64_bit_do]="Flash 64-bit Raspberry Pi OS Lite; a Pi 3, 4, 5 or Zero 2 runs it."
    [not_whole]="%s is not whole: missing are%s."
    [not_whole_do]="Copy the whole folder of Portillon, and run the install.sh in it."
    [overlaid]="The root is read-only under an overlay: whatever is changed now is back at the next boot."
    [overlaid_do]="Add overlayroot=disabled to /boot/firmware/cmdline.txt, reboot, run this again, take the words out, reboot."
    [no_room]="Less than 700 MB are free for %s."
    [no_room_do]="Make room (apt-get clean, journalctl --vacuum-size=50M), or use a larger card."
    [no_debs]="The bundle %s holds no Debian packages, and these are missing here: %s."
    [no_debs_do]="Make the bundle on a machine whose apt knows this system, or install them with apt where there is a network."
    [no_data_partition]="There is no partition labelled %s, and a root that is in use can't be made smaller."
    [no_data_partition_do]="Prepare the card on another computer: shrink the root, make an ext4 partition behind it with that label. docs/operations.md shows how."
    [bad_settings]="The version to be installed does not take the settings in %s; the mistakes are above. Nothing was switched."
    [bad_settings_do]="Put them right, then run this again."
    [no_backup]="No backup of the tickets could be made as %s, so nothing was switched."
    [no_backup_do]="See that the disk has room (df -h), then run this again."
    [bad_database]="The version to be installed can't take over the tickets: a copy of them, %s, failed. Nothing was switched."
    [bad_database_do]="Keep the old version, and send the words above to the maintainers."
    [does_not_start]="%s does not start. Its last lines:
%s"
    [does_not_start_do]="See journalctl -b -u %s, then run this again."
    [does_not_stay]="%s started and did not stay. Its last lines:
%s"
    [does_not_stay_do]="See journalctl -b -u %s, then run this again."
    [not_again]="%s does not run again. Its last lines:
%s"
    [not_again_means]="The version before is back in its place, but this part of it is down."
    [not_again_do]="See journalctl -b -u %s."
    [way_back]="Where it says that its database is newer: the tickets of before are in %s. Back to them, without what was scanned since:
  sudo systemctl stop portillon-kiosk.service portillon-api.service
  sudo mkdir /var/lib/portillon/aside
  sudo find /var/lib/portillon -maxdepth 1 -type f -name 'tickets.sqlite3*' -exec mv -t /var/lib/portillon/aside {} +
  sudo -u portillon portillon-api restore %s --config /etc/portillon/api.toml
  sudo systemctl start portillon-api.service portillon-kiosk.service"
)
