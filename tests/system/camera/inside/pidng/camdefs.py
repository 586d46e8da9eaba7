"""Stands in for the writer of raw pictures, which has no wheel: nobody saves one."""

Picamera2Camera = None
