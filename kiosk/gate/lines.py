"""One output line: energised or not, whatever its polarity, and every edge of it in the trace."""

from __future__ import annotations

from gpiozero import DigitalOutputDevice, Factory

from kiosk.trace import Trace


class Line:
    """An output called ``name`` on a BCM number. It starts off, and says so in the trace."""

    def __init__(self, name: str, pin: int, active_high: bool, factory: Factory, trace: Trace) -> None:
        self.name = name
        self._trace = trace
        self._output = DigitalOutputDevice(pin, active_high=active_high, initial_value=False, pin_factory=factory)
        self._told = 0
        trace("pin", pin=name, value=0)

    def set(self, on: bool, hertz: int = 0) -> None:  # noqa: ARG002  (what sounds by itself has its own pitch)
        """Energise or release, and tell the trace."""
        self.switch(on)
        self.tell()

    def switch(self, on: bool) -> None:
        """Energise or release, and nothing else: a trace can block, a pin can't."""
        if on:
            self._output.on()
        else:
            self._output.off()

    def tell(self) -> None:
        """Tell the trace what the pin says of itself, when that has changed."""
        value = int(self._output.value)
        if value != self._told:
            self._told = value
            self._trace("pin", pin=self.name, value=value)

    def is_on(self) -> bool:
        """What the pin itself says."""
        return bool(self._output.value)

    def close(self) -> None:
        """Release, then let go."""
        self.set(False)
        self._output.close()
