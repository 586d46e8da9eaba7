"""Watching the doors: how full, how fast, what was refused, which gate is silent."""
