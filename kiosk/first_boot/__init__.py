"""From a blank card to a working gate: Wi-Fi by a card, the test card, and ``portillon.toml`` on the boot partition."""
