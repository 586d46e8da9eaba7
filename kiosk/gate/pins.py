"""Which pins: the Pi's own through lgpio, or gpiozero's mock pins. Any other factory is refused."""

from __future__ import annotations

from typing import Any, Literal

from gpiozero import Factory
from gpiozero.pins.mock import MockFactory, MockPWMPin


class PinFault(OSError):
    """The pins can't be had; the message says what to do."""


def open_factory(pins: Literal["lgpio", "mock"]) -> Factory:
    """The factory every output is made with. Raises PinFault."""
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
        """A pin that is claimed at its level in one step.

        gpiozero claims an output at 0 and then sets it, which pulses every active-low output at each start
        (gpiozero pull request 1177, not merged).
        """

        def output_with_state(self, state: Any) -> None:
            """Claim the line as an output that is at ``state`` from the first moment."""
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(bool(state)))

        def close(self) -> None:
            """Leave an output as it is driven (off, by then) instead of floating; the chip's close lets go of it.

            gpiozero turns a closed output into an input without a pull (gpiozero issue 1146), which half switches
            some relay boards.
            """
            if self.factory._handle is not None and self.function != "output":
                super().close()

    factory = LGPIOFactory()
    factory.pin_class = SteadyPin
    return factory
