"""Which pins: the Pi's own through lgpio, or gpiozero's mock pins. Any other factory is refused."""

from __future__ import annotations

from typing import Any, Literal

from gpiozero import Factory
from gpiozero.pins.mock import MockFactory, MockPWMPin


class PinFault(OSError):
    """The pins can't be had; the message says what to do."""


def open_factory(pins: Literal["lgpio", "mock"]) -> Factory:
    """The factory that a process makes all its lines with. Raises PinFault.

    One a process: gpiozero keeps the lines of the Pi's own pins in the class, so that two factories share them.
    """
    if pins == "mock":
        return MockFactory(pin_class=MockPWMPin)
    try:
        return _lgpio_factory()
    except ImportError as error:
        raise PinFault(
            f"lgpio is missing ({error}): no relay can be moved. sudo apt install python3-lgpio, and make the "
            "virtual environment with --system-site-packages"
        ) from error
    except Exception as error:  # lgpio raises its own bare Exception class for a chip it can't open
        raise PinFault(
            f"the GPIO chip can't be opened ({error}): no relay can be moved. Is this a Raspberry Pi, and is the user "
            "in the group gpio?"
        ) from error


def _lgpio_factory() -> Factory:
    import lgpio  # noqa: PLC0415  (only a Pi has it)
    from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin  # noqa: PLC0415

    class SteadyPin(LGPIOPin):  # type: ignore[misc]
        """A line that is claimed once, as what it is to be, and stays so until the chip lets go of it."""

        def __init__(self, factory: Any, info: Any) -> None:
            """Claim nothing yet: gpiozero makes every line an input without a pull first, and a relay's would float."""
            super(LGPIOPin, self).__init__(factory, info)
            self._pwm = self._bounce = self._callback = None
            self._edges = lgpio.BOTH_EDGES

        def output_with_state(self, state: Any) -> None:
            """Claim the line as an output that is at ``state`` from the first moment.

            gpiozero claims an output at 0 and then sets it, which pulses every active-low output at each start
            (gpiozero pull request 1177, not merged).
            """
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(bool(state)))

        def close(self) -> None:
            """Leave an output as it is driven (off, by then) instead of floating.

            gpiozero turns what it closes into an input without a pull (gpiozero issue 1146), which half switches some
            relay boards; and it would claim a line that another process holds.
            """

    factory = LGPIOFactory()
    factory.pin_class = SteadyPin
    return factory
