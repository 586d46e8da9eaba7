"""The description of the scan API is true: every route and code; and no request brings the server down."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from api.app import make_app
from api.scan.errors import error_body
from api.scan.openapi import description
from api.store.scan import Code

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
# A string that the description allows may still be no ticket's code, no scan's id, no event's uuid: refused rightly.
NOT_OURS = "positive_data_acceptance"


def test_the_description_is_served_without_a_key_under_both_prefixes(house):
    for prefix in ("/api/scan", "/scan"):
        answer = requests.get(f"{house.base}{prefix}/openapi.json", timeout=60)
        assert answer.json() == description()


def test_every_route_of_the_application_is_described_and_no_other(store):
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", route.rule), route.method.lower())
        for route in make_app(store).routes
        if route.method in ("GET", "POST") and not route.rule.startswith("/admin") and route.rule != "/"
    }
    described = {(path.rstrip("/"), method) for path, methods in description()["paths"].items() for method in methods}
    operated = {("/healthz", "get"), ("/metrics", "get")}
    assert {(rule.rstrip("/"), method) for rule, method in routes} - operated == described


def test_every_code_that_is_answered_is_described():
    codes = set(description()["components"]["schemas"]["Error"]["properties"]["code"]["enum"])
    assert set(map(str, Code)) <= codes
    assert error_body("server_error", "")["code"] in codes


@pytest.mark.parametrize("has_key", [True, False], ids=["with a key", "without"])
def test_whatever_is_sent_the_answer_is_as_described_and_never_a_500(house, gate, tmp_path, has_key):
    house.ticket()
    words = ["run", f"{house.base}/api/scan/openapi.json", "--checks", "all", "--exclude-checks", NOT_OURS]
    words += [
        "--max-examples",
        "30",
        "--seed",
        "7",
        "--generation-deterministic",
        "--no-color",
        "--request-timeout",
        "60",
    ]
    words += ["--header", f"Authorization: Api-Key {gate.key}"] if has_key else []
    done = subprocess.run([SCHEMATHESIS, *words], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
