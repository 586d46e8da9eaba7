"""Who may read /metrics: nobody, everybody, or those near by. A proxy's address says nothing of who is behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Literal

import ifaddr

from api.access import FORWARDED, Network, is_within
from api.settings import Settings

Mode = Literal["near", "everybody", "off"]
_BEHIND = ("HTTP_VIA", "HTTP_X_REAL_IP")  # what proxies add beside the headers that api/access.py takes away


@dataclass(frozen=True, slots=True)
class Readers:
    """Who may read. "near": this machine, and private addresses on its own links.

    Nobody is near who comes through a proxy that says so and is not trusted, and no trusted proxy itself: it may have
    failed to say whom it speaks for. ``is_hidden``: a proxy is in front (``public_url`` is https, and the server speaks
    no TLS), and nothing is known of it, so that every address may be its own; then nobody is near. A proxy that no
    setting names and that adds no header can't be told from a neighbour.
    """

    mode: Mode = "near"
    proxies: tuple[Network, ...] = ()
    is_hidden: bool = False

    @classmethod
    def of_settings(cls, settings: Settings) -> Readers:
        """As the organiser set it."""
        server = settings.server
        is_fronted = server.public_url.startswith("https:") and not settings.tls.is_on
        return cls(server.metrics, server.trusted_proxies, is_fronted and not server.trusted_proxies)

    def admit(self, environ: Mapping[str, Any]) -> bool:
        """True when whoever sent this request may read."""
        if self.mode != "near":
            return self.mode == "everybody"
        if self.is_hidden or environ.get(FORWARDED) or any(name in environ for name in _BEHIND):
            return False
        try:
            address = ip_address(str(environ.get("REMOTE_ADDR", "")))
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        address = mapped or address
        if is_within(str(address), self.proxies):
            return False
        return address.is_loopback or (address.is_private and _is_on_a_link(address))


def _is_on_a_link(address: IPv4Address | IPv6Address) -> bool:
    """True for an address in the network of one of this machine's own: no router lies between."""
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            own = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            if address in ip_network(f"{own}/{ip.network_prefix}", strict=False):
                return True
    return False
