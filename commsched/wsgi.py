"""The WSGI entry: ``gunicorn commsched.wsgi:app``, ``granian --interface wsgi commsched.wsgi:app``,
``waitress-serve commsched.wsgi:app``.

It serves pages only; publishing needs ``commsched worker`` beside it (``commsched up`` is both).
"""

import gc
import os
import sys

from commsched.core.installation.systems import refusal

if no := refusal(sys.platform):
    raise SystemExit(str(no))
os.umask(0o077)  # what an office writes is its owner's only
gc.disable()  # objects made at start live as long as the process, so the collector would search them for nothing

from commsched.bootstrap import home_directory, open_installation  # noqa: E402
from commsched.core.installation.settings import BadSettings  # noqa: E402
from commsched.core.text.catalogues import translate  # noqa: E402
from commsched.core.text.messages import Conflict  # noqa: E402
from commsched.images.intake.confinement import undumpable  # noqa: E402
from commsched.services.ops.in_use import enter  # noqa: E402
from commsched.web.app import create_app  # noqa: E402
from commsched.web.watchdog import WatchdogMiddleware  # noqa: E402

undumpable()  # another program of the same user cannot look into this process
home = home_directory()
home.mkdir(mode=0o700, parents=True, exist_ok=True)
try:
    lock = enter(home)  # none is restored over an office whose pages are served
    installation = open_installation()
    app = create_app(installation)
except BadSettings as error:
    raise SystemExit("\n".join(translate(words, "en") for words in error.problems)) from error
except Conflict as error:
    raise SystemExit(translate(error.words, "en")) from error
app.wsgi_app = WatchdogMiddleware(app.wsgi_app, installation)  # type: ignore[method-assign]
gc.freeze()
gc.enable()
