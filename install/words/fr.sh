# Ce que dit install.sh, en français. Chaque phrase est un format de printf ; les clés sont celles de en.sh.
# shellcheck shell=bash disable=SC2034
WORDS=(
    [help]="D’un Raspberry Pi OS ou Debian nu à un portillon qui marche, ou à un serveur de billets.

  sudo ./install.sh --profile turnstile|light [--with-server] [OPTIONS]
  sudo ./install.sh --server-only [OPTIONS]
  sudo ./install.sh upgrade [OPTIONS]      la version de ce dossier, à côté de l’ancienne ; retour à celle-ci si elle ne tourne pas
  sudo ./install.sh uninstall [--purge]    réglages, clés, journal et billets restent, sauf avec --purge

  --profile turnstile|light   une impulsion de relais par personne ; ou une lampe qui fait entrer
  --with-server               aussi le serveur de billets, pour les portillons de cette machine
  --server-only               le serveur de billets sans portillon : pour tous les réseaux, chiffré
  --pairing-url URL           appairer avec ce serveur, comme si son QR avait été montré
  --wifi-country CC           le pays dont la radio du Pi suit les règles, par exemple FR
  --offline DIR               paquets d’un dossier fait par \`make bundle\`, et de nulle part ailleurs
  --screen                    l’écran des visiteurs dans cage et Chromium, sur un écran de cette machine
  --read-only                 une racine qu’aucune coupure n’abîme ; il faut une partition nommée portillon-data
  --dry-run                   afficher chaque changement, n’en faire aucun
  --yes                       ne rien demander
  --help                      ceci

Relancé, il ne change rien. Ce qui a été demandé la dernière fois est retenu."
    [step_packages]="Paquets"
    [step_packages_do]="Vérifiez le réseau et l’heure (apt-get update en dit plus), puis relancez. Sans réseau : --offline DIR."
    [step_account]="Utilisateur et groupes"
    [step_account_do]="Lisez ci-dessus ce que dit systemd-sysusers, puis relancez."
    [step_settings]="Réglages"
    [step_settings_do]="Vérifiez que le disque a de la place et s’écrit (df -h, dmesg), puis relancez."
    [step_program]="Programme"
    [step_program_do]="Vérifiez le réseau et la place sur le disque (df -h), puis relancez. Sans réseau : --offline DIR."
    [step_board]="La machine"
    [step_board_do]="Vérifiez que le disque et la partition de démarrage s’écrivent (mount, dmesg), puis relancez."
    [step_read_only]="Racine en lecture seule"
    [step_read_only_do]="Vérifiez la partition de données (fsck) et qu’overlayroot est installé, puis relancez."
    [step_screen]="Écran des visiteurs"
    [step_screen_do]="Lisez ci-dessus ce que dit systemd-sysusers, puis relancez."
    [step_pairing]="Appairage"
    [step_pairing_do]="Vérifiez que le disque a de la place et s’écrit (df -h, dmesg), puis relancez."
    [step_services]="Services"
    [step_services_do]="Lisez journalctl -b -u portillon-kiosk -u portillon-api, puis relancez."
    [step_stop]="Arrêt"
    [step_stop_do]="Lisez systemctl status 'portillon-*', puis relancez."
    [step_remove]="Retrait du programme"
    [step_remove_do]="Vérifiez que le disque s’écrit, puis relancez."
    [step_purge]="Retrait des réglages et des données"
    [step_purge_do]="Vérifiez que plus rien ne tourne sous portillon (ps -u portillon), puis relancez."
    [put]="écrire %s"
    [edit]="modifier %s, entre ses marques"
    [folder]="dossier %s"
    [link]="lien %s vers %s"
    [remove]="retirer %s"
    [packages]="installer les paquets %s"
    [packages_back]="marquer comme plus demandés : %s"
    [account]="créer l’utilisateur et les groupes : %s"
    [no_group]="retirer le groupe %s"
    [no_account]="retirer l’utilisateur %s"
    [python_packages]="installer les paquets Python dans %s"
    [version]="installer la version %s"
    [udev]="appliquer les règles des périphériques%s"
    [restart]="redémarrer %s"
    [reload]="recharger %s"
    [start]="démarrer %s"
    [stop]="arrêter %s"
    [enable]="activer %s"
    [disable]="désactiver %s"
    [daemon_reload]="annoncer les nouvelles unités à systemd%s"
    [country]="mettre le pays du Wi-Fi à %s"
    [data_moved]="déplacer ce qui doit durer dans %s, et l’y utiliser"
    [unmount]="démonter %s"
    [data_kept]="La partition %s reste telle quelle, avec sa copie des réglages et des données : effacez-la vous-même s’il le faut."
    [initramfs]="refaire l’initramfs%s"
    [paired_already]="Ce portillon est déjà appairé ; il le reste. Pour un autre serveur : portillon-kiosk unpair, puis relancez."
    [other_clock]="Un autre programme met l’heure ici : laissé tel quel."
    [no_guest_port]="Les réglages de %s ne montrent aucune page : mettez guest_port = %s dans leur [screen]. L’écran l’attend."
    [no_end_mark]="%s a une ligne « # portillon: begin » sans sa fin : ce qui la suit est laissé tel quel. Retirez à la main ce qui était de nous."
    [no_udev]="Pas d’udev ici : les règles des périphériques agissent au prochain démarrage."
    [no_pi_watchdog]="Pas de Raspberry Pi : son chien de garde matériel n’est pas concerné."
    [no_pi_pins]="Pas de Raspberry Pi : config.txt n’est pas concerné."
    [no_networkmanager]="Pas de NetworkManager : l’économie d’énergie du Wi-Fi reste telle quelle."
    [no_raspi_config]="Pas de raspi-config : mettez le pays du Wi-Fi à %s à la main (iw reg set)."
    [no_systemd]="Pas de systemd en marche ici : tout démarre au prochain démarrage de la machine."
    [autoremove]="apt-get -o APT::AutoRemove::SuggestsImportant=false autoremove --purge retire ceux dont rien d’autre n’a besoin."
    [ask]="Faire ces changements ? [o/N]"
    [not_agreed]="Rien n’a été changé."
    [nothing_to_change]="Rien à changer."
    [dry_run_done]="Essai à blanc : rien n’a été changé. Ce serait %s changements."
    [done_with]="Terminé : %s changements."
    [reboot_wanted]="Une partie agit au prochain démarrage : sudo reboot"
    [step_failed]="L’étape « %s » a échoué : %s (%s)"
    [interrupted]="Interrompu."
    [undone]="Ce que cette étape avait commencé a été défait ; les étapes d’avant sont faites et restent. Réglages, clés, journal et billets sont comme avant."
    [undone_but]="Ce que cette étape avait commencé a été défait, sauf ce qui est dit plus haut ; les étapes d’avant sont faites et restent."
    [again_do]="Relancez : il reprend où il s’est arrêté."
    [undo_failed]="Ceci n’a pas pu être défait : %s"
    [undo_failed_means]="Le reste est défait quand même."
    [undo_failed_do]="Relancez install.sh : il remet en ordre ce qu’il trouve."
    [wrong_means]="Rien n’a été regardé ni changé."
    [wrong_do]="./install.sh --help dit ce qu’on peut demander."
    [unknown_option]="L’option %s n’existe pas."
    [no_value]="%s demande une valeur."
    [unknown_profile]="Pas de profil « %s » : turnstile, ou light."
    [only_server_alone]="--server-only est une machine sans portillon : ni --profile, ni --with-server, ni --pairing-url, ni --screen avec."
    [purge_alone]="--purge ne va qu’avec uninstall."
    [unknown_country]="« %s » n’est pas un pays : deux majuscules, par exemple FR."
    [no_pairing_url]="Ce n’est pas une URL d’appairage. Elle ressemble à https://HÔTE/api/scan/JETON/pair : copiez-la entière depuis l’admin."
    [no_bundle]="%s n’est pas un lot : il n’y a pas de dossier wheels dedans."
    [not_installed]="Rien n’est installé ici, il n’y a donc rien à mettre à jour."
    [not_installed_do]="Installez d’abord : sudo ./install.sh --profile turnstile, ou light, ou --server-only."
    [no_profile]="Que doit être cette machine ? Rien ne le dit, et rien n’était installé."
    [no_profile_do]="sudo ./install.sh --profile turnstile, ou --profile light, ou --server-only."
    [gate_is_here]="Cette machine est un portillon ; --server-only le laisserait sans son programme."
    [gate_is_here_do]="Utilisez --with-server, ou retirez d’abord le portillon : sudo ./install.sh uninstall."
    [not_root]="Il faut être root, même pour regarder."
    [not_root_do]="Mettez sudo devant."
    [no_apt]="Pas d’apt-get ici : ce n’est ni Raspberry Pi OS ni Debian."
    [no_apt_do]="Prenez Raspberry Pi OS Lite 64 bits (bookworm ou trixie), ou Debian 12 ou 13."
    [old_python]="Il manque Python 3.11 ou plus récent : ce système est trop vieux, ou n’a pas python3."
    [old_python_do]="Prenez Raspberry Pi OS Lite 64 bits (bookworm ou trixie), ou Debian 12 ou 13 avec python3."
    [not_64_bit]="Ce système est en 32 bits ; les lecteurs de codes QR n’existent qu’en 64 bits."
    [not_64_bit_do]="Gravez Raspberry Pi OS Lite 64 bits ; un Pi 3, 4, 5 ou Zero 2 le fait tourner."
    [not_whole]="%s n’est pas entier : il manque%s."
    [not_whole_do]="Copiez tout le dossier de Portillon, et lancez l’install.sh qui s’y trouve."
    [overlaid]="La racine est en lecture seule sous un calque : ce qu’on change maintenant revient au prochain démarrage."
    [overlaid_do]="Ajoutez overlayroot=disabled à /boot/firmware/cmdline.txt, redémarrez, relancez, retirez ces mots, redémarrez."
    [no_room]="Il reste moins de 700 Mo pour %s."
    [no_room_do]="Faites de la place (apt-get clean, journalctl --vacuum-size=50M), ou prenez une carte plus grande."
    [no_debs]="Le lot %s ne contient pas de paquets Debian, et il manque ici : %s."
    [no_debs_do]="Faites le lot sur une machine dont apt connaît ce système, ou installez-les par apt là où il y a du réseau."
    [no_data_partition]="Il n’y a pas de partition nommée %s, et une racine en service ne peut pas être rétrécie."
    [no_data_partition_do]="Préparez la carte sur un autre ordinateur : rétrécissez la racine, faites derrière une partition ext4 de ce nom. docs/operations.md montre comment."
    [bad_settings]="La version à installer n’accepte pas les réglages de %s ; les fautes sont ci-dessus. Rien n’a basculé."
    [bad_settings_do]="Corrigez-les, puis relancez."
    [no_backup]="Aucune sauvegarde des billets n’a pu être faite dans %s ; rien n’a donc basculé."
    [no_backup_do]="Vérifiez la place sur le disque (df -h), puis relancez."
    [bad_database]="La version à installer ne peut pas reprendre les billets : l’essai sur une copie, %s, a échoué. Rien n’a basculé."
    [bad_database_do]="Gardez l’ancienne version, et envoyez les mots ci-dessus aux mainteneurs."
    [does_not_start]="%s ne démarre pas. Ses dernières lignes :
%s"
    [does_not_start_do]="Lisez journalctl -b -u %s, puis relancez."
    [does_not_stay]="%s a démarré et n’a pas tenu. Ses dernières lignes :
%s"
    [does_not_stay_do]="Lisez journalctl -b -u %s, puis relancez."
    [not_again]="%s ne tourne plus. Ses dernières lignes :
%s"
    [not_again_means]="La version d’avant a repris sa place, mais cette partie-là est arrêtée."
    [not_again_do]="Lisez journalctl -b -u %s."
    [way_back]="S’il dit que sa base est plus récente : les billets d’avant sont dans %s. Pour y revenir, sans ce qui a été scanné depuis :
  sudo systemctl stop portillon-kiosk.service portillon-api.service
  sudo mkdir /var/lib/portillon/aside
  sudo find /var/lib/portillon -maxdepth 1 -type f -name 'tickets.sqlite3*' -exec mv -t /var/lib/portillon/aside {} +
  sudo -u portillon portillon-api restore %s --config /etc/portillon/api.toml
  sudo systemctl start portillon-api.service portillon-kiosk.service"
)
