"""The ticket server: events, tickets, devices, and the scan API that gates call."""
