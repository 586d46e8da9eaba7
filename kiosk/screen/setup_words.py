"""The words for the tech who sets a gate up: cards, Wi-Fi, pairing, and what keeps each from working. Pure."""

from __future__ import annotations

from typing import Literal

from kiosk.edges import State

# Title and hint.
STATES: dict[State, dict[Literal["fr", "en"], tuple[str, str]]] = {
    State.JOINING: {
        "fr": (
            "Wi-Fi…",
            "Le portillon rejoint le réseau, une minute au plus. Le QR code d'appairage peut déjà être montré.",
        ),
        "en": (
            "Wi-Fi…",
            "The gate is joining the network, a minute at most. The pairing QR code may be shown already.",
        ),
    },
    State.TEST_RED: {
        "fr": ("Essai 1/3 : rouge", "Lampe rouge et deux sons longs ? Sinon : câblage de red et buzzer."),
        "en": ("Test 1/3: red", "Red lamp and two long tones? If not: the wiring of red and buzzer."),
    },
    State.TEST_AMBER: {
        "fr": (
            "Essai 2/3 : orange",
            "Lampe orange et trois sons brefs ? Sinon : câblage de amber. Ensuite le portillon s'ouvre.",
        ),
        "en": (
            "Test 2/3: amber",
            "Amber lamp and three short tones? If not: the wiring of amber. The gate opens next.",
        ),
    },
    State.TEST_OPEN: {
        "fr": ("Essai 3/3 : passez →", "Lampe verte, relais fermé : passez maintenant."),
        "en": ("Test 3/3: go through →", "Green lamp, relay on: go through now."),
    },
    State.TEST_PASSED: {
        "fr": ("Essai réussi ✓", "Le capteur vous a vu passer. Le portillon est prêt à être appairé ou à servir."),
        "en": ("Test passed ✓", "The sensor saw you go through. The gate is ready to be paired, or to serve."),
    },
    State.TEST_NOT_PASSED: {
        "fr": (
            "Passage non vu",
            "Vous êtes passé ? Vérifiez le capteur et normally_closed. Bloqué ? Le relais et son câblage.",
        ),
        "en": (
            "No passage seen",
            "Did you go through? Check the sensor and normally_closed. Shut? The relay and its wiring.",
        ),
    },
    State.TEST_DONE: {
        "fr": ("Essai terminé", "Sans capteur de passage : le portillon s'est-il ouvert ? Sinon, vérifiez le relais."),
        "en": ("Test done", "There is no passage sensor: did the gate open? If not, check the relay."),
    },
    State.TEST_FAILED: {
        "fr": (
            "Essai impossible",
            "Rien n'a été ouvert : relais ou journal indisponible. Voyez portillon-kiosk doctor.",
        ),
        "en": (
            "Test not possible",
            "Nothing was opened: the relay or the journal is not available. See portillon-kiosk doctor.",
        ),
    },
}

TROUBLES: dict[str, dict[Literal["fr", "en"], str]] = {
    "already_paired": {
        "fr": "Déjà appairé : le code n'a pas été utilisé. Désappairez d'abord.",
        "en": "Paired already: the code was not used. Unpair first.",
    },
    "code_refused": {
        "fr": "Code refusé par le serveur : déjà utilisé, expiré ou d'un autre serveur. Créez-en un nouveau.",
        "en": "The server refused this code: used, expired, or another server's. Make a new one.",
    },
    "code_expired": {
        "fr": "Code expiré. Créez-en un nouveau et montrez-le.",
        "en": "This code has expired. Make a new one and show it.",
    },
    "key_refused": {
        "fr": "Clé donnée puis refusée : appareil archivé ? Créez un nouveau code.",
        "en": "A key was given and then refused: is the device archived? Make a new code.",
    },
    "untested": {
        "fr": "Clé reçue, pas encore vérifiée. Nouvel essai automatique ; vérifiez le réseau.",
        "en": "Key received, not tested yet. It is tried again by itself; check the network.",
    },
    "no_answer": {
        "fr": "Pas de réponse utilisable. Vérifiez le réseau et montrez le code de nouveau.",
        "en": "No usable answer. Check the network and show the code again.",
    },
    "certificate_refused": {
        "fr": "Certificat du serveur refusé : rien n'est envoyé. Vérifiez ses dates et l'heure du portillon.",
        "en": "The server's certificate is refused: nothing is sent. Check its dates and the gate's clock.",
    },
    "another_key": {
        "fr": "Ce serveur n'a pas la clé que ce code annonce : rien n'est envoyé. Créez un nouveau code.",
        "en": "This server does not have the key that this code names: nothing is sent. Make a new code.",
    },
    "disk": {
        "fr": "Dossier d'état non inscriptible. Disque plein ou en lecture seule ?",
        "en": "The state folder can't be written. Is the disk full or read-only?",
    },
    "plain_http": {
        "fr": "Ce code passe par http sans chiffrement vers Internet : refusé. Utilisez https.",
        "en": "This code uses plain http to the internet: not used. Use https.",
    },
    "no_network_yet": {
        "fr": "Pas encore de réseau : nouvel essai automatique. Vérifiez le câble, ou montrez une carte Wi-Fi.",
        "en": "No network yet: it is tried again by itself. Check the cable, or show a Wi-Fi card.",
    },
    "bad_wifi": {
        "fr": "Carte Wi-Fi illisible : rien n'est changé. Imprimez-la de nouveau, mot de passe de 8 à 63 caractères.",
        "en": "This Wi-Fi card makes no sense: nothing changes. Print it anew, with a password of 8 to 63 characters.",
    },
    "wifi_unsupported": {
        "fr": "Réseau WEP ou à comptes : le portillon ne sait pas le rejoindre. Il faut un réseau WPA à mot de passe.",
        "en": "A WEP network, or one of accounts: the gate can't join it. It needs a WPA network with a password.",
    },
    "wifi_joined": {
        "fr": "Wi-Fi rejoint, adresse reçue. Montrez maintenant le QR code de l'appareil.",
        "en": "Wi-Fi joined, address received. Now show the device's QR code.",
    },
    "wifi_wrong_password": {
        "fr": "Wi-Fi refusé : mot de passe faux ? Rien n'est gardé. Vérifiez-le et imprimez une nouvelle carte.",
        "en": "Wi-Fi refused: a wrong password? Nothing of it is kept. Check it and print a new card.",
    },
    "wifi_not_found": {
        "fr": "Ce réseau Wi-Fi n'est pas capté ici. Allumez ou rapprochez le point d'accès, remontrez la carte.",
        "en": "This Wi-Fi network is not heard here. Switch the access point on or move it, and show the card again.",
    },
    "wifi_no_address": {
        "fr": "Wi-Fi rejoint, mais aucune adresse reçue. Vérifiez le DHCP du réseau, puis remontrez la carte.",
        "en": "Wi-Fi joined, but no address received. Check the network's DHCP, and show the card again.",
    },
    "wifi_no_device": {
        "fr": "Pas de Wi-Fi sur cette machine, ou bloqué : réglez le pays (raspi-config), ou branchez un câble.",
        "en": "No Wi-Fi in this machine, or blocked: set the country (raspi-config), or use a cable.",
    },
    "wifi_no_manager": {
        "fr": "NetworkManager ou son aide ne répond pas : Wi-Fi inchangé. Relancez install.sh, ou branchez un câble.",
        "en": "NetworkManager or its helper is not there: Wi-Fi unchanged. Run install.sh again, or use a cable.",
    },
    "wifi_refused": {
        "fr": "Carte refusée par l'aide de NetworkManager : Wi-Fi inchangé. Relancez install.sh.",
        "en": "NetworkManager's helper refused this card: Wi-Fi unchanged. Run install.sh again.",
    },
    "wifi_disk": {
        "fr": "Réseau non enregistré : disque plein ou en lecture seule ? Wi-Fi inchangé.",
        "en": "The network can't be saved: is the disk full or read-only? Wi-Fi unchanged.",
    },
    "wifi_failed": {
        "fr": "Wi-Fi non rejoint, rien n'en est gardé. Rapprochez le point d'accès et remontrez la carte.",
        "en": "Wi-Fi not joined, nothing of it is kept. Move the access point closer and show the card again.",
    },
    "test_not_now": {
        "fr": "Essai refusé : ce portillon a déjà servi, ou sert. Déverrouillez-le (unlock), puis remontrez la carte.",
        "en": "No test: this gate has let guests in, or is busy. Unlock it (unlock input), then show the card again.",
    },
    "tech_page": {
        "fr": "La page technique n'a pas pu s'ouvrir : son port est-il pris ? Changez [tech] port, voir le journal.",
        "en": "The tech page can't be opened: is its port taken? Change [tech] port; the log says more.",
    },
}
