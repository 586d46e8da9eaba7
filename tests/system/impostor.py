"""A stranger on the network: announces itself as the server, shows a key of its own, keeps every byte that it is told.

``impostor.py ADDRESS PIN HEARD [ASKED]``: HEARD gets what comes after TLS, and what comes by plain HTTP; ASKED the
address of each who asks for servers by mDNS.
"""

import contextlib
import socket
import ssl
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from zeroconf import ServiceInfo, Zeroconf

SERVICE = "_portillon._tcp.local."


def context():
    """TLS with a key that nobody knows."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trust me")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
    with tempfile.NamedTemporaryFile() as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.write(built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
        file.flush()
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(file.name)
    return made


def keep_all(listening, heard, tls):
    """Whoever comes may say what they like; it is kept and not answered."""
    while True:
        bare, _ = listening.accept()
        with contextlib.suppress(OSError):
            client = tls.wrap_socket(bare, server_side=True) if tls else bare
            with client:
                while part := client.recv(4096):
                    with heard.open("ab") as out:
                        out.write(part)


def note_askers(address, asked):
    """Each who asks on the network for the service, on a line."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        ear.bind(("", 5353))
        member = socket.inet_aton("224.0.0.251") + socket.inet_aton(address)
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        while True:
            packet, (source, _) = ear.recvfrom(9000)
            if b"_portillon" in packet:
                with asked.open("a") as out:
                    out.write(f"{source}\n")


def main(address, pin, heard, asked=None):
    """Until it is ended."""
    doors = [(socket.create_server((address, port)), tls) for port, tls in ((8443, context()), (8000, None))]
    for listening, tls in doors:
        threading.Thread(target=keep_all, args=(listening, Path(heard), tls), daemon=True).start()
    if asked is not None:
        threading.Thread(target=note_askers, args=(address, Path(asked)), daemon=True).start()
    responder = Zeroconf(interfaces=[address])
    for port, tls in ((8443, "1"), (8000, "0")):
        about = {"pin": pin, "path": "/api/scan", "tls": tls}
        at = [socket.inet_aton(address)]
        responder.register_service(ServiceInfo(SERVICE, f"them-{port}.{SERVICE}", port, addresses=at, properties=about))
    Path(heard).touch()
    threading.Event().wait()


main(*sys.argv[1:])
