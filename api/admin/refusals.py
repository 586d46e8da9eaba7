"""What other rooms say can't be done, in French. They speak English, in sentences with places; these have no others."""

from __future__ import annotations

from api.scan.words import Language
from api.tickets.sentences import SentenceError

FRENCH = {
    "an admin needs a name of 1 to 200 characters": "il faut un nom, de 1 à 200 caractères",
    "there is no admin « {name} » who can sign in: `portillon-api admin list` shows them": (
        "personne du nom de « {name} » ne peut se connecter : l’équipe est sur cette page"
    ),
    "{name} is the last admin: invite another before": (
        "{name} est la dernière personne de l’équipe : invitez-en une autre d’abord"
    ),
    "1 to {most} devices can be added at once: nothing was added": (
        "on ajoute de 1 à {most} portillons à la fois : rien n’a été ajouté"
    ),
    "there is no device {uuid}: `portillon-api device list` shows those that are": (
        "il n’y a pas de portillon {uuid} : la page des portillons montre ceux qui existent"
    ),
    "there is no device {uuid} that could be paired: archived ones stay shut out": (
        "aucun portillon {uuid} ne peut être appairé : ceux qui sont archivés restent dehors"
    ),
    "a device needs a name: screens show it (« used 14:02 at Gate 2 »)": (
        "il faut un nom au portillon : les écrans le montrent (« Utilisé à 14:02, Portillon 2 »)"
    ),
    "there is no event {value}: `portillon-api event add` makes one; nothing was changed": (
        "il n’y a pas d’événement {value} : rien n’a été changé"
    ),
    "there is no product {value}: it is made with its first ticket, or at the event; nothing was changed": (
        "il n’y a pas de produit {value} : il naît avec son premier billet, ou sur la page de l’événement ; rien n’a "
        "été changé"
    ),
    "there is no event {uuid}: `portillon-api event list` shows those that are": (
        "il n’y a pas d’événement {uuid} : la page des événements montre ceux qui existent"
    ),
    "no gate waits to be paired: `portillon-api device add` makes one": (
        "aucun portillon n’attend d’être appairé : ajoutez-en un d’abord"
    ),
    "this event is still to come: its guests' names are needed; nothing was forgotten": (
        "cet événement est à venir : les noms de ses invités serviront ; rien n’a été oublié"
    ),
    "the doors of this event are open: nothing was forgotten; wait until they have closed, or give it the time they "
    "did": (
        "les portes de cet événement sont ouvertes : rien n’a été oublié ; attendez qu’elles ferment, ou donnez-lui "
        "l’heure à laquelle elles ont fermé"
    ),
    "this event has no time to close, and somebody came in within the last 6 hours: nothing was forgotten; wait, or "
    "give it the time its doors closed": (
        "cet événement n’a pas d’heure de fin, et quelqu’un est entré il y a moins de 6 heures : rien n’a été oublié ; "
        "attendez, ou donnez-lui l’heure à laquelle ses portes ont fermé"
    ),
    "the names are gone from the database, but its files may hold them still, since somebody reads it, as a backup "
    "does: forget once more when that is over": (
        "les noms ont quitté la base, mais ses fichiers les contiennent peut-être encore, car quelqu’un la lit, comme "
        "le fait une sauvegarde : oubliez une fois de plus quand ce sera fini"
    ),
    "an event needs a name: it is shown on screens and tickets": (
        "il faut un nom à l’événement : les écrans et les billets le montrent"
    ),
    "there is no event {uuid}: `portillon-api event add` makes one": "il n’y a pas d’événement {uuid}",
    "there is an event {uuid} already: nothing was changed": ("il y a déjà un événement {uuid} : rien n’a été changé"),
    "there is no import {uuid}": "il n’y a pas d’import {uuid}",
    "import {uuid} is {state}: it can't be taken in; import its file again": (
        "cet import n’attend pas d’être confirmé : importez à nouveau son fichier"
    ),
    "import {uuid} is {state}: it can't be taken in": "cet import n’attend pas d’être confirmé",
    "import {uuid} was undone already": "cet import a déjà été annulé",
    "the number of tickets must be at least 1, and exactly 1 with a uuid of your own": (
        "il faut au moins 1 billet, et exactement 1 quand on donne son uuid"
    ),
    "a price belongs to a product: give both": "un tarif appartient à un produit : donnez les deux",
    "say why in at most {most} characters: nothing was changed": (
        "dites pourquoi en {most} caractères au plus : rien n’a été changé"
    ),
    "there is no ticket {uuid}: `portillon-api ticket list` shows those that are": (
        "il n’y a pas de billet {uuid} : la page des billets montre ceux qui existent"
    ),
    "ticket {uuid} was scanned: its holder is inside, and it can't be used again": (
        "le billet {uuid} a été scanné : son porteur est entré, et il ne peut plus servir"
    ),
    "there is a ticket {uuid} already: nothing was changed": "il y a déjà un billet {uuid} : rien n’a été changé",
    "another set is being printed: try again in a moment": (
        "une autre impression est en cours : réessayez dans un instant"
    ),
    "it could not be printed: `{command}` on the server tells why": (
        "l’impression a échoué : sur le serveur, « {command} » dit pourquoi"
    ),
    "it could not be printed ({why}): print fewer at once": (
        "l’impression a échoué ({why}) : imprimez-en moins à la fois"
    ),
    "ticket {uuid} is cancelled, or this event has none of that uuid: nothing was printed": (
        "le billet {uuid} est annulé, ou cet événement n’en a pas de tel : rien n’a été imprimé"
    ),
    "the event « {name} » was imported with a public key only: its tickets can't be printed here, since the server "
    "that sells them makes their codes; print them there": (
        "l’événement « {name} » a été importé avec sa clé publique seule : ses billets ne s’impriment pas ici, car "
        "leurs codes sont faits par le serveur qui les vend ; imprimez-les là-bas"
    ),
    "the event « {name} » has no ticket to print: add or import some first": (
        "l’événement « {name} » n’a aucun billet à imprimer : ajoutez-en ou importez-en d’abord"
    ),
    "an event needs a name of 1 to 200 characters: it is shown on screens and tickets": (
        "il faut un nom à l’événement, de 1 à 200 caractères : les écrans et les billets le montrent"
    ),
    "the event ends before it begins: nothing was changed": (
        "l’événement finit avant de commencer : rien n’a été changé"
    ),
    "the doors close before they open: nothing was changed": (
        "les portes ferment avant d’ouvrir : rien n’a été changé"
    ),
    "a product needs a name of 1 to 200 characters": "il faut un nom au produit, de 1 à 200 caractères",
    "say why, in 1 to {most} characters: it stays in the audit log": (
        "dites pourquoi, en 1 à {most} caractères : cela reste dans le journal"
    ),
    "ticket {uuid} is not used: nothing was changed": "le billet {uuid} n’a pas servi : rien n’a été changé",
    "ticket {uuid} was used anew at this very moment: nothing was changed": (
        "le billet {uuid} vient de servir à nouveau, à l’instant : rien n’a été changé"
    ),
    'this is no public key: wanted is a PEM text that begins with "-----BEGIN PUBLIC KEY-----"': (
        "ce n’est pas une clé publique : il faut un texte PEM qui commence par « -----BEGIN PUBLIC KEY----- »"
    ),
    "this RSA key of {size} bits is too short to be trusted: 2048 are wanted": (
        "cette clé RSA de {size} bits est trop courte pour s’y fier : il en faut 2048"
    ),
    "this kind of key signs no tickets: wanted is RSA (TiBillet's) or Ed25519": (
        "ce genre de clé ne signe pas de billets : il faut RSA (celle de TiBillet) ou Ed25519"
    ),
    "tickets are signed with Ed25519 keys only": "les billets sont signés avec des clés Ed25519 seulement",
}


def told(error: SentenceError, language: Language) -> str:
    """The error in this language, as a sentence; in English where it has no French."""
    french = FRENCH.get(error.sentence) if language == "fr" else None
    text = french.format(**error.values) if french is not None else str(error)
    return text[:1].upper() + text[1:]
