"""The watchdog under WSGI servers other than our own, which may fork at any time: each process starts its own at its
first request."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from commsched.services.kernel.context import Installation
from commsched.services.ops.watchdog import WatchdogThread

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WatchdogMiddleware:
    """A WSGI app around ``app``. Several processes may watch at the same time, and each trouble is still reported once.
    A process that has had no request yet has no heartbeat, so its absence is not reported."""

    def __init__(self, app: WSGIApplication, installation: Installation) -> None:
        self.app, self.installation = app, installation
        self._process = 0
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._process != os.getpid():
            with self._lock:
                if self._process != os.getpid():
                    self._process = os.getpid()
                    WatchdogThread(self.installation).start()
        return self.app(environ, start_response)
