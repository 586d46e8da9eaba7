"""A Django site of one URL, configured in code: `make_peer` once in a process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_MIDDLEWARE = [  # of the peer's settings, without what needs its tenants or packages that are not Django's
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages"]
_BUSY_S = 60  # as long as a client of the bench waits


def make_peer(file: Path, *, tuned: bool) -> WSGIApplication:
    """The peer on this database of ours, as it is written or tuned."""
    options: dict[str, Any] = {"transaction_mode": "IMMEDIATE", "timeout": _BUSY_S}
    database: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file), "OPTIONS": options}
    if tuned:
        options["init_command"] = "PRAGMA synchronous=FULL"
        database["CONN_MAX_AGE"] = None
    settings.configure(
        SECRET_KEY="of a bench",
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": database},
        MIDDLEWARE=["benchmarks.peer.tuned.with_length"] if tuned else _MIDDLEWARE,
        INSTALLED_APPS=["rest_framework"] if tuned else [*_APPS, "rest_framework"],
        ROOT_URLCONF="benchmarks.peer.tuned" if tuned else "benchmarks.peer.written",
        REST_FRAMEWORK={"UNAUTHENTICATED_USER": None} if tuned else {},
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )
    django.setup()
    return cast("WSGIApplication", get_wsgi_application())
