"""The daemon on the Pi: camera, reader, decision, gate. Speaks to a ticket server over the scan API only."""
