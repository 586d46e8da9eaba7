"""The scan client: what the kiosk says to a ticket server, and what it hears. Enter through ``ScanClient``."""

from kiosk.scan_client.annulling import AnnulOutcome, AnnulRefusal
from kiosk.scan_client.client import ScanClient

__all__ = ["AnnulOutcome", "AnnulRefusal", "ScanClient"]
