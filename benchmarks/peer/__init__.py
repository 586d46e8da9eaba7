"""The main peer's stack, Django REST framework, doing a scan's work on the very same database file. For benches only.

Everything that is not the framework is alike, or in the peer's favour: our listener (so that no HTTP server is
compared), our schema, the same grammar and Ed25519 verification of a code, one durable transaction with the conditional
update and the audit line, `synchronous=FULL` and WAL, transactions that begin IMMEDIATE (else SQLite refuses half).

**As the peer writes it** (`written.py`; from the settings and permission class of TiBillet/Lespass): the middleware of
its settings that needs no other service, REST framework's default authentication and renderers, a connection for each
request (it sets no CONN_MAX_AGE), models and serializers, the event's key parsed at each scan, and the key looked up
twice by the permission class (its own ``has_permission``, then the library's). Left out, to its favour: the tenant's
look-up and the saved session of every request. The key is checked by one plain hash, as its library does since version
3; before, with PBKDF2, each of the two checks took 0.2 s.

**Tuned** (`tuned.py`): what somebody who knows Django does for speed. No middleware but one line that tells the length,
no authentication but the key, JSON only, a kept connection a thread, prebuilt SQL through a cursor, the parsed key
kept, and a lock before the write so that no thread polls SQLite's. What is left is the framework.
"""
