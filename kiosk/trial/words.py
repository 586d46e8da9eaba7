"""What the gate test says, in French and English: every key has both. Pure."""

from __future__ import annotations

from kiosk.screen.words import Language

WORDS: dict[str, dict[Language, str]] = {
    # Before anything moves.
    "intro": {
        "fr": "Essai du portillon, avec les réglages de {origin}.\n"
        "Répondez o (oui), n (non), e (encore) ou p (passer). Ctrl-C arrête tout, à tout moment.\n"
        "In English: PORTILLON_KIOSK__SCREEN__LANGUAGES=en portillon-kiosk gate test",
        "en": "Gate test, with the settings of {origin}.\n"
        "Answer y (yes), n (no), a (again) or s (skip). Ctrl-C stops everything, at any moment.\n"
        "En français : PORTILLON_KIOSK__SCREEN__LANGUAGES=fr portillon-kiosk gate test",
    },
    "keys": {
        "fr": "o : oui, n : non, e : encore une fois, p : passer à la suite.",
        "en": "y: yes, n: no, a: once more, s: skip this.",
    },
    "mock": {
        "fr": 'Broches fictives (pins = "mock") : rien ne bouge pour de vrai.',
        "en": 'Mock pins (pins = "mock"): nothing real moves.',
    },
    "clear": {
        "fr": "Des lampes vont s'allumer et le tourniquet va s'ouvrir. La voie est-elle libre ?",
        "en": "Lamps will light and the turnstile will open. Is the way clear?",
    },
    "not_begun": {"fr": "Rien n'a été ouvert.", "en": "Nothing was opened."},
    "no_terminal": {
        "fr": "L'entrée n'est pas un terminal : personne ne peut regarder et répondre. Rien n'a été ouvert. Lancez "
        "l'essai sur la console ou par ssh -t ; avec --yes, tout est essayé une fois sans question.",
        "en": "The input is no terminal: nobody can look and answer. Nothing was opened. Run the test on the console "
        "or by ssh -t; with --yes everything is tried once without a question.",
    },
    "running": {
        "fr": "Le portillon tourne (processus {pid}) et tient ses broches. Rien n'a été ouvert. Arrêtez-le d'abord :\n"
        "  sudo systemctl stop portillon-kiosk\n"
        "et relancez-le après l'essai :\n"
        "  sudo systemctl start portillon-kiosk",
        "en": "The gate is running (process {pid}) and holds its pins. Nothing was opened. Stop it first:\n"
        "  sudo systemctl stop portillon-kiosk\n"
        "and start it again after the test:\n"
        "  sudo systemctl start portillon-kiosk",
    },
    "not_owner": {
        "fr": "Le dossier d'état {folder} appartient à {owner} : un journal écrit par root ne serait plus le sien. "
        "Rien n'a été ouvert. Lancez : sudo -u {owner} portillon-kiosk gate test",
        "en": "The state folder {folder} belongs to {owner}: a journal written by root would not be theirs any more. "
        "Nothing was opened. Run: sudo -u {owner} portillon-kiosk gate test",
    },
    # How it can end.
    "broke_off": {
        "fr": "{why}\nL'essai s'arrête là, tout est éteint. Si le portillon tourne, arrêtez-le : "
        "sudo systemctl stop portillon-kiosk",
        "en": "{why}\nThe test ends here, everything is off. If the gate is running, stop it: "
        "sudo systemctl stop portillon-kiosk",
    },
    "gone": {
        "fr": "Plus personne au terminal : l'essai s'arrête là, tout est éteint.",
        "en": "Nobody is at the terminal any more: the test ends here, everything is off.",
    },
    "stopped": {"fr": "Arrêté. Tout est éteint.", "en": "Stopped. Everything is off."},
    # At rest.
    "step": {"fr": "\n— {title} (BCM {bcm}, broche {pin})", "en": "\n— {title} (BCM {bcm}, pin {pin})"},
    "rest": {"fr": "\n— Au repos : toutes les sorties sont éteintes.", "en": "\n— At rest: every output is off now."},
    "is_at_rest": {
        "fr": "Relais au repos (tourniquet verrouillé), aucune lampe, aucun son ?",
        "en": "Relay released (turnstile locked), no lamp, no sound?",
    },
    "turning": {
        "fr": "Alors les drivers marchent peut-être à l'envers. Nouvel essai avec active_high = {value}.",
        "en": "Then the drivers may work the other way round. Tried again with active_high = {value}.",
    },
    "rest_neither": {
        "fr": "une sortie reste en marche dans les deux polarités : driver, alimentation ou câblage",
        "en": "an output stays on with either polarity: driver, supply or wiring",
    },
    # Relays.
    "pulsed": {"fr": "Une impulsion de {pulse_ms} ms.", "en": "One pulse of {pulse_ms} ms."},
    "held": {
        "fr": "Ouvert jusqu'à votre réponse, {passage_within_s:g} s au plus.",
        "en": "Open until you answer, {passage_within_s:g} s at most.",
    },
    "unlocked": {"fr": "Le tourniquet s'est-il déverrouillé une fois ?", "en": "Did the turnstile unlock once?"},
    "not_given": {
        "fr": "L'ouverture n'a pas été donnée : le gardien ne l'a pas confirmée.",
        "en": "The opening was not given: the guardian did not confirm it.",
    },
    "clicked": {
        "fr": "Le relais a-t-il cliqué (ou sa diode clignoté) ?",
        "en": "Did the relay click (or its LED blink)?",
    },
    "other_lengths": {
        "fr": "Alors la durée ne convient peut-être pas. D'autres durées, de la plus courte à la plus longue :",
        "en": "Then it may want another length. Others, from the shortest to the longest:",
    },
    "no_click": {
        "fr": "le relais ne bouge pas : alimentation du driver, masse commune, broche, polarité",
        "en": "the relay does not move: the driver's supply, common ground, pin, polarity",
    },
    "no_unlock": {
        "fr": "le relais bouge, pas le tourniquet : contact COM–NO sur son entrée « ouvrir », contact sec, bon sens",
        "en": "the relay moves and the turnstile does not: COM–NO on its “open” input, volt-free, the right direction",
    },
    "left_out": {
        "fr": "laissé de côté : sur un portillon à lampes, un billet ne bouge pas de relais",
        "en": "left out: on a gate of lamps, a ticket moves no relay",
    },
    # The other outputs.
    "ready": {"fr": "Le contact « prêt » est fermé.", "en": "The ready contact is closed."},
    "is_ready": {"fr": "L'autre côté le voit-il ?", "en": "Does the other side see it?"},
    "green": {"fr": "Vert pendant 5 secondes.", "en": "Green for 5 seconds."},
    "is_green": {
        "fr": "La lampe verte s'est-elle allumée, et aucune autre ?",
        "en": "Did green light, and no other lamp?",
    },
    "red": {"fr": "Rouge, comme pour un refus.", "en": "Red, as for a refusal."},
    "is_red": {"fr": "La lampe rouge est-elle allumée, et aucune autre ?", "en": "Is red lit, and no other lamp?"},
    "amber": {"fr": "Orange, comme pendant une question.", "en": "Amber, as while a question is asked."},
    "is_amber": {"fr": "La lampe orange est-elle allumée, et aucune autre ?", "en": "Is amber lit, and no other lamp?"},
    "buzzer": {"fr": "Trois sons très courts.", "en": "Three very short tones."},
    "is_buzzer": {"fr": "Les avez-vous entendus ?", "en": "Did you hear them?"},
    "output_failed": {
        "fr": "rien, ou autre chose : broche, driver, fils échangés",
        "en": "nothing, or something else: pin, driver, wires swapped",
    },
    # Inputs.
    "touch_nothing": {"fr": "Ne touchez à rien une seconde…", "en": "Touch nothing for a second…"},
    "active_at_rest": {
        "fr": "Actif, alors que personne n'y touche. Est-il bien au repos (relâché, boîtier fermé, pas d'alarme) ?",
        "en": "Active, though nobody touches it. Is it at rest (let go, housing closed, no alarm)?",
    },
    "not_at_rest": {
        "fr": "actif sans qu'on y touche : contact, fil coupé ou court-circuit",
        "en": "active though nobody touches it: contact, cut wire or short circuit",
    },
    "taken_as_rest": {
        "fr": "Alors c'est son repos : essayé avec normally_closed = {value}.",
        "en": "Then this is its rest: tried with normally_closed = {value}.",
    },
    "exit_request": {"fr": "Appuyez, puis relâchez.", "en": "Press it, then let go."},
    "emergency": {
        "fr": "Demandez une alarme d'essai à la centrale (ou ouvrez la boucle), puis la fin.",
        "en": "Have the fire panel give a test alarm (or open the loop), then end it.",
    },
    "unlock": {"fr": "Tournez la clé ou appuyez, puis relâchez.", "en": "Turn the key or press, then let go."},
    "tamper": {"fr": "Ouvrez le boîtier, puis refermez-le.", "en": "Open the housing, then close it."},
    "walk": {
        "fr": "Passez maintenant : une personne, au pas ordinaire.",
        "en": "Walk through now: one person, at an ordinary pace.",
    },
    "waiting": {"fr": "({within_s:.0f} secondes)", "en": "({within_s:.0f} seconds)"},
    "edge_active": {"fr": "  {after_s:6.2f} s  actif", "en": "  {after_s:6.2f} s  active"},
    "edge_rest": {"fr": "  {after_s:6.2f} s  au repos", "en": "  {after_s:6.2f} s  at rest"},
    "nothing_seen": {"fr": "Rien vu. Encore une fois ?", "en": "Nothing seen. Once more?"},
    "still_active": {"fr": "Resté actif. Encore une fois ?", "en": "It stayed active. Once more?"},
    "input_silent": {
        "fr": "rien vu : contact entre la broche et la masse, bonne broche ?",
        "en": "nothing seen: a contact between pin and ground, the right pin?",
    },
    "input_stuck": {
        "fr": "resté actif : contact collé, fil coupé, ou repos mal réglé (normally_closed)",
        "en": "it stayed active: a stuck contact, a cut wire, or the wrong rest (normally_closed)",
    },
    "walked": {
        "fr": "Passage vu {after_s:.1f} s après l'ouverture, contact de {contact_ms} ms.",
        "en": "Passage seen {after_s:.1f} s after the opening, a contact of {contact_ms} ms.",
    },
    "bounced": {
        "fr": "{times} contacts pour une personne, rebond le plus long {bounce_ms} ms.",
        "en": "{times} contacts for one person, the longest bounce {bounce_ms} ms.",
    },
    "not_countable": {
        "fr": "contact trop court ou trop agité : aucun anti-rebond n'en fait une personne ; capteur ou câblage",
        "en": "a contact too short or too restless: no debouncing makes one person of it; sensor or wiring",
    },
    # The end.
    "summary": {"fr": "\nRésumé", "en": "\nSummary"},
    "rest_part": {"fr": "Au repos", "en": "At rest"},
    "worked": {"fr": "bon", "en": "worked"},
    "unseen": {"fr": "donné, non vu", "en": "moved, unseen"},
    "proposed": {"fr": "bon si réglé", "en": "works once set"},
    "failed": {"fr": "MAUVAIS", "en": "FAILED"},
    "skipped": {"fr": "passé", "en": "skipped"},
    "nothing_wired": {"fr": "Rien n'est câblé : rien à essayer.", "en": "Nothing is wired: nothing to try."},
    "propose": {
        "fr": "\nÀ mettre dans {origin} (l'essai n'y écrit rien), puis refaites l'essai :",
        "en": "\nTo be put into {origin} (the test writes nothing there); then test again:",
    },
    "good": {
        "fr": "\nTout ce qui a été essayé fonctionne avec ces réglages.",
        "en": "\nAll that was tried works with these settings.",
    },
    "not_good": {
        "fr": "\nCe portillon n'est pas prêt : voyez ci-dessus.",
        "en": "\nThis gate is not ready: see above.",
    },
}


def told(key: str, language: Language, **values: object) -> str:
    """The words of this key with its values filled in."""
    return WORDS[key][language].format(**values)
