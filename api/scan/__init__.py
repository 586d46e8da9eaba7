"""The scan API: what a gate calls, in TiBillet's documented words and with today's servers' extra calls."""
