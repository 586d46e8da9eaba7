"""TiBillet's published page: its own snippets, unmodified but for host, token, key and code, against a real server."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs

PAGE = (Path(__file__).parent / "scan-api-source.fr.md").read_text("utf-8")
# Heading of the page → one value of its documented answer.
CALLS = {
    "Appairer un Appareil": "Device successfully paired",
    "Tester la Connexion API": "API key is valid",
    "Vérifier le Statut d'un Billet": "Ticket information retrieved",
    "Scanner un Billet": "Ticket successfully scanned",
}
RUN = {"bash": ["bash", "-c"], "python": [sys.executable, "-c"], "javascript": ["node", "-e"]}


def _section(part: str, heading: str) -> str:
    return part.split(f"### {heading}\n", 1)[1].split("\n### ", 1)[0]


def _snippet(heading: str, language: str) -> str:
    examples = PAGE.split("## Exemples de Code", 1)[1]
    return re.search(rf"```{language}\n(.*?)```", _section(examples, heading), re.S)[1]


def _documented(heading: str) -> dict:
    answers = _section(PAGE, heading).split("#### Réponse", 1)[1]
    return json.loads(re.search(r"```json\n(.*?)```", answers, re.S)[1])


def _shape(value: object) -> object:
    return {key: _shape(item) for key, item in value.items()} if isinstance(value, dict) else type(value)


def _is_within(documented: object, given: object) -> bool:
    if isinstance(documented, dict):
        return isinstance(given, dict) and all(k in given and _is_within(v, given[k]) for k, v in documented.items())
    return documented is given


@pytest.fixture
def run_snippets(shell, event, serving):
    """Runs the page's four snippets of one language in their order; gives heading → what it printed."""
    server = serving()
    device = shell.json("device", "add", "Scanner Entrée", "--base-url", server.base)
    guest = ("--first-name", "Jean", "--last-name", "Dupont", "--product", "Billet de Concert", "--price", "Générale")
    ticket = shell.json("ticket", "add", "--event", event["uuid"], *guest)[0]

    def run(language: str) -> dict[str, str]:
        printed: dict[str, str] = {}
        for heading in CALLS:
            text = _snippet(heading, language).replace("https://exemple.tibillet.org", server.base)
            text = text.replace("votre_token_ici", device["token"])
            key = re.search(r"api_key['\"]?: ?['\"]([^'\"]+)", printed["Appairer un Appareil"])[1] if printed else ""
            text = text.replace("votre_cle_api_ici", key)
            text = text.replace("donnees_encodees_base64:signature", ticket["qrcode_data"])
            command = [*RUN[language], text]
            done = subprocess.run(
                command, env=shell.environment(), capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, done.stderr
            printed[heading] = done.stdout
        return printed

    return run


@pytest.mark.parametrize(("language", "read"), [("bash", json.loads), ("python", ast.literal_eval)])
def test_the_snippets_of_the_page_get_every_documented_key_with_its_type(run_snippets, language, read):
    for heading, printed in run_snippets(language).items():
        answer = read(printed)
        assert answer["success"] is True
        assert answer["message"] == CALLS[heading] == _documented(heading)["message"]
        assert _is_within(_shape(_documented(heading)), _shape(answer)), answer


def test_the_javascript_snippets_of_the_page_log_the_documented_answers(run_snippets):
    needs.program("node", "nodejs")
    for heading, printed in run_snippets("javascript").items():
        assert "success: true" in printed
        assert f"message: '{CALLS[heading]}'" in printed
        for key in _documented(heading):
            assert re.search(rf"\b{key}: ", printed), printed
