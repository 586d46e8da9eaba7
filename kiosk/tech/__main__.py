"""The tech page's own process: started by the gate, ended with its socket, or when the page's time is over."""

from __future__ import annotations

import contextlib
import os
import queue
import resource
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from ipaddress import ip_address

import ifaddr

from kiosk.aim.page import picture
from kiosk.aim.watching import figures, watch
from kiosk.camera import CameraFault, Frame
from kiosk.tech.certificate import self_made
from kiosk.tech.channel import URLS_MAX, Channel, Closed, Done, Entered, Failed, Gate, Picture, Ready, Start, Wanted
from kiosk.tech.desk import Desk
from kiosk.tech.door import Door, Over
from kiosk.tech.stand import Stand, own_names

_PICTURE_EVERY_S = 0.4  # a picture is worth less than the processor that the gate reads tickets with
_LOOK_EVERY_S = 0.2
_PORT_WITHIN_S = 3.0
_LAST_WORDS_S = 0.5  # for streams to say why it is over


class _GateCamera:
    """Implements ``camera.Camera`` with frames of the gate's own camera, and only while somebody looks."""

    def __init__(self, channel: Channel, desk: Desk) -> None:
        self._channel = channel
        self._desk = desk
        self.frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()

    def next_frame(self, timeout: float) -> Frame:  # noqa: ARG002  (an empty gate has no frames for as long as it likes)
        """The gate's next one."""
        while True:
            time.sleep(_PICTURE_EVERY_S)
            if self._desk.streams and self._channel.send(Wanted()):
                with contextlib.suppress(queue.Empty):
                    return self.frames.get(timeout=5.0)

    def close(self) -> None:
        """Nothing to let go of."""


def main(end: socket.socket, memory: int) -> None:
    """Serve until it is over."""
    for number in (signal.SIGINT, signal.SIGTERM):  # of the whole service: the gate says when
        signal.signal(number, lambda *_: None)  # not SIG_IGN: doctor would be deaf too, and hold a restart up
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    channel = Channel(end, memory)
    start = channel.receive()
    if not isinstance(start, Start):
        return
    door = Door(start.code, time.monotonic(), start.lasts_s)
    desk = Desk(start, channel, door)
    context, fingerprint = self_made(own_names())
    try:
        stand = _stand(start.port, context, desk, lambda: channel.send(Entered()))
    except OSError as error:
        channel.send(Failed(why=f"port {start.port} can't be had ({error.strerror})"))
        return
    camera = _GateCamera(channel, desk)
    for work in (lambda: _listen(channel, camera, desk), lambda: _look(camera, desk, start.lens_distance_m)):
        threading.Thread(target=work, daemon=True).start()
    stand.start()
    urls = [f"https://{address}:{stand.server_port}/" for address in _addresses()[:URLS_MAX]]
    channel.send(Ready(urls=urls, fingerprint=fingerprint))
    while (over := door.over(time.monotonic())) is None:
        time.sleep(_LOOK_EVERY_S)
    desk.end()
    stand.stop_listening()
    channel.send(Closed(why=over))
    time.sleep(_LAST_WORDS_S)


def _stand(port: int, context: ssl.SSLContext, desk: Desk, entered: Callable[[], object]) -> Stand:
    """Waits for the page of before, where this one was opened in its place. Raises OSError."""
    end = time.monotonic() + _PORT_WITHIN_S
    while True:
        try:
            return Stand(port, context, desk, entered)
        except OSError:
            if time.monotonic() >= end:
                raise
        time.sleep(_LOOK_EVERY_S)


def _listen(channel: Channel, camera: _GateCamera, desk: Desk) -> None:
    while (message := channel.receive()) is not None:
        if isinstance(message, Gate):
            desk.told(message)
        elif isinstance(message, Done):
            desk.done(message.number, message.result)
        elif isinstance(message, Closed):
            desk.door.close(message.why)
        elif isinstance(message, Picture):
            desk.found = message.found
            camera.frames.put(Frame(channel.frame(message), time.monotonic()))
    desk.door.close(Over.GATE)


def _look(camera: _GateCamera, desk: Desk, distance_m: float) -> None:
    with contextlib.suppress(CameraFault):
        for look in watch(camera, distance_m):
            told = {language: look.advice.in_words(language) for language in desk.start.languages}
            shown = {"picture": picture(look), "advice": told, "is_good": look.advice.key == "good"}
            desk.show({**shown, "found": desk.found, "figures": dict(figures(look))})


def _addresses() -> list[str]:
    """IPv4 addresses by which the local network reaches this machine."""
    found = [str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
    return [each for each in found if not ip_address(each).is_loopback] or ["127.0.0.1"]


if __name__ == "__main__":
    main(socket.socket(fileno=sys.stdin.fileno()), int(sys.argv[1]))
    os._exit(0)  # streams have threads of their own, and nothing here has to be put away
