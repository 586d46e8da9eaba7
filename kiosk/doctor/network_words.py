"""Doctor's words for network and server: link, Wi-Fi, name, latency, certificate, what the server offers. Pure."""

from __future__ import annotations

from kiosk.doctor.text import Text, fail, ok, warn

# The part before the point is the name of the check.
TEXTS: dict[str, Text] = {
    "network.up": ok("{links}", "{links}"),
    "network.down": fail(
        ("Ni câble ni Wi-Fi", "Branchez le câble, ou montrez la carte Wi-Fi ; nmcli device"),
        ("Neither cable nor Wi-Fi", "Plug the cable in, or show the Wi-Fi card; nmcli device"),
    ),
    "network.alone": warn(
        ("Ni câble ni Wi-Fi ; le serveur est sur cette machine", "Rien, si c'est voulu ; sinon nmcli device"),
        ("Neither cable nor Wi-Fi; the server is on this machine", "Nothing, if so meant; else nmcli device"),
    ),
    "network.no_route": warn(
        ("Pas de route par défaut : seul le réseau local est joignable", "Le routeur donne-t-il une adresse ? nmcli"),
        ("No default route: only the local network can be reached", "Does the router give an address? nmcli"),
    ),
    "wifi.good": ok("{link} : environ {signal} dBm", "{link}: about {signal} dBm"),
    "wifi.weak": warn(
        (
            "{link} : signal faible, environ {signal} dBm",
            "Rapprochez la borne, sortez l'antenne du boîtier métallique, ou tirez un câble.",
        ),
        (
            "{link}: a weak signal, about {signal} dBm",
            "Bring the access point nearer, take the antenna out of the metal housing, or lay a cable.",
        ),
    ),
    "wifi.saves": warn(
        (
            "{link} : économie d'énergie active, jusqu'à 1 s par billet",
            "sudo iw dev {link} set power_save off ; pour de bon : wifi.powersave=2, ce que fait install.sh",
        ),
        (
            "{link}: power saving is on, up to 1 s a ticket",
            "sudo iw dev {link} set power_save off; for good: wifi.powersave=2, which install.sh sets",
        ),
    ),
    "wifi.card": warn(
        ("Dernière carte Wi-Fi : {why}", "Montrez une nouvelle carte Wi-Fi, portillon déverrouillé."),
        ("The last Wi-Fi card: {why}", "Show another Wi-Fi card, with the gate unlocked."),
    ),
    "name.good": ok("{host} → {addresses}", "{host} → {addresses}"),
    "name.unknown": fail(
        (
            "{host} : nom introuvable ({why})",
            "Le DNS du réseau : resolvectl status. Un nom en .local demande mDNS ; sinon une adresse fixe.",
        ),
        (
            "{host}: the name can't be found ({why})",
            "The network's DNS: resolvectl status. A .local name needs mDNS; else a fixed address.",
        ),
    ),
    "latency.good": ok("Le serveur est proche", "The server is near"),
    "latency.slow": warn(
        (
            "{ms} ms et plus pour joindre le serveur : chaque billet attend d'autant",
            "Câble plutôt que Wi-Fi, serveur sur place, réseau moins chargé.",
        ),
        (
            "{ms} ms and more to reach the server: each ticket waits for as long",
            "A cable instead of Wi-Fi, a server on site, a network with less traffic.",
        ),
    ),
    "latency.refused": fail(
        ("{host}:{port} : pas de connexion ({why})", "Le serveur tourne-t-il ? Pare-feu ? nc -vz {host} {port}"),
        ("{host}:{port}: no connection ({why})", "Does the server run? A firewall? nc -vz {host} {port}"),
    ),
    "tls.good": ok(
        "{version}, certificat valable jusqu'au {until}", "{version}, the certificate is good until {until}"
    ),
    "tls.pinned": ok(
        "{version}, certificat connu depuis l'appairage", "{version}, the certificate known since pairing"
    ),
    "tls.ends": warn(
        ("Le certificat expire le {until}", "Renouvelez-le sur le serveur ; après, plus aucun billet n'est vérifié."),
        ("The certificate ends on {until}", "Renew it on the server; after that no ticket is checked."),
    ),
    "tls.none": ok("Sans TLS, sur un réseau privé", "Without TLS, on a private network"),
    "tls.broken": fail(
        ("Pas de TLS : {why}", "openssl s_client -connect {host}:{port} ; l'heure ; un portail captif ?"),
        ("No TLS: {why}", "openssl s_client -connect {host}:{port}; the clock; a captive portal?"),
    ),
    "server.moved": warn(
        (
            "Plus à {server} : retrouvé par sa clé à {found_at}",
            "Réservez-lui une adresse (DHCP), ou appairez de nouveau avec la nouvelle.",
        ),
        (
            "No longer at {server}: found by its key at {found_at}",
            "Reserve an address for it (DHCP), or pair again with the new one.",
        ),
    ),
    "server.offers": ok("Offre : {extensions} ; événement : {event}", "Offers: {extensions}; event: {event}"),
}
