"""The WSGI entry: ``gunicorn commsched.wsgi:app``, ``granian --interface wsgi commsched.wsgi:app``,
``waitress-serve commsched.wsgi:app``.

It serves pages only; publishing needs ``commsched worker`` beside it (``commsched up`` is both in one process).
"""

import gc
import os

os.umask(0o077)  # what an office writes is its owner's only
gc.disable()  # what is made while starting lives as long as the process: to look for cycles in it is in vain

from commsched.bootstrap import open_office  # noqa: E402
from commsched.core.language import say  # noqa: E402
from commsched.core.settings import BadSettings  # noqa: E402
from commsched.images.confinement import undumpable  # noqa: E402
from commsched.web.app import create_app  # noqa: E402

undumpable()  # another program of the same user cannot look into this process
try:
    app = create_app(open_office())
except BadSettings as error:
    raise SystemExit("\n".join(say(words, "en") for words in error.problems)) from error
gc.freeze()
gc.enable()
