"""The guest page in Debian's Chromium, fed by a real guest screen; the test fails when the page complains."""

import itertools
import threading
import time

import pytest
from playwright.sync_api import sync_playwright

from kiosk import settings
from kiosk.guest import GuestScreen

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += [
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--force-color-profile=srgb",
    "--enable-precise-memory-info",
]
PATIENCE_MS = 60_000  # how long a loaded machine may take; nothing is measured by it
# What the browser itself says of a gate that is not there; a page can't keep it from doing so.
_OF_A_GATE_THAT_IS_GONE = (
    "net::ERR_CONNECTION_REFUSED",
    "net::ERR_INCOMPLETE_CHUNKED_ENCODING",
    "net::ERR_CONNECTION_RESET",
)


class Tab:
    """The page at one gate, and every kind of screen it has shown since, in order."""

    def __init__(self, context, url):
        self.complaints = []
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda asked: asked.url.startswith((url, "data:")) or self.complaints.append(asked.url))
        self.page.add_init_script(
            "window.shown = []; window.said = {};"
            "addEventListener('DOMContentLoaded', () => new MutationObserver(() => {"
            "const kind = document.documentElement.dataset.kind; if (shown.at(-1) !== kind) shown.push(kind);"
            "said[kind] = document.documentElement.outerHTML;"
            "}).observe(document.documentElement, { attributes: true, attributeFilter: ['data-kind'] }));"
        )
        self.page.goto(url)

    def _said(self, said):
        if said.type in ("error", "warning") and not any(each in said.text for each in _OF_A_GATE_THAT_IS_GONE):
            self.complaints.append(said.text)

    def wait_for(self, kind):
        """Until this is shown."""
        self.page.wait_for_function("kind => document.documentElement.dataset.kind === kind", arg=kind)

    def saw(self, kind):
        """The page as it showed this last; waits until it has, also where a busy machine looks when it is over."""
        return self.page.wait_for_function("kind => said[kind]", arg=kind).json_value()

    def kinds(self):
        """Everything it has shown, in order."""
        return self.page.evaluate("window.shown")

    def text(self):
        return self.page.locator("body").inner_text()


@pytest.fixture(scope="module")  # and no longer: playwright runs once at a time in a process, and others use it too
def chromium():
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """``open_page(url, …)``: a tab, with a context's options."""
    opened = []

    def make(url, **options):
        context = chromium.new_context(
            **{"viewport": {"width": 800, "height": 480}, "reduced_motion": "reduce", **options}
        )
        opened.append((context, Tab(context, url)))
        return opened[-1][1]

    yield make
    for context, tab in opened:
        context.close()
        assert tab.complaints == []


class Loop:
    """A guest screen, and a main loop that turns it until it is told to hang."""

    def __init__(self, chosen, port):
        self._held = None
        self.screen = GuestScreen(chosen, port)
        self.url = self.screen.url
        self._hangs = threading.Event()
        self._thread = threading.Thread(target=self._turn, daemon=True)
        self._thread.start()

    def show(self, *what):
        self.screen.show(*what)

    def hold(self, *what):
        """This, said again before it ends, for as long as a busy machine takes to look at it."""
        self._held = what
        self.screen.show(*what)

    def hang(self):
        self._hangs.set()
        self._thread.join()

    def close(self):
        self.hang()
        self.screen.close()

    def _turn(self):
        for turn in itertools.count(1):
            self.screen.turned(time.monotonic())
            if self._held is not None and turn % 100 == 0:
                self.screen.show(*self._held)
            if self._hangs.wait(0.01):
                return


@pytest.fixture
def make_screen():
    """``make_screen(theme="dark", …)``: a guest screen by these settings; ``port``: 0 for any free one."""
    made = []

    def make(port=0, **chosen):
        made.append(Loop(settings.Screen(**chosen), port))
        return made[-1]

    yield make
    for each in made:
        each.close()
