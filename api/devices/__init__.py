"""Devices, as the server calls paired gates: pairing tokens, API keys, and who fails too often."""
