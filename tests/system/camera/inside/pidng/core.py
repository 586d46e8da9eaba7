"""Stands in for the writer of raw pictures, which has no wheel: nobody saves one."""

PICAM2DNG = None
