"""Under a server of somebody else's, which may fork at any time: each process looks after the engine from its first
request on."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from commsched.services.kernel.context import Installation
from commsched.services.ops.watchman import Lookout

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class LookedAfter:
    """A WSGI app around ``app``. Several processes look side by side: nobody is told anything twice. Nobody misses them
    either: one that has had no visitor since it was started has not begun to beat."""

    def __init__(self, app: WSGIApplication, installation: Installation) -> None:
        self.app, self.installation = app, installation
        self._process = 0
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._process != os.getpid():
            with self._lock:
                if self._process != os.getpid():
                    self._process = os.getpid()
                    Lookout(self.installation).start()
        return self.app(environ, start_response)
