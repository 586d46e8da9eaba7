"""Stands in for the display library, which Debian does not have: there is nothing to draw on."""


class _AnyFormat:
    def __getattr__(self, name: str) -> str:
        return name


PixelFormat = _AnyFormat()
