"""The WSGI entry: ``gunicorn wsgi:app``, ``granian --interface wsgi wsgi:app``, ``waitress-serve wsgi:app``.

It serves pages only; publishing needs ``commsched worker`` beside it (``commsched up`` is both in one process).
"""

import gc

gc.disable()  # what is made while starting lives as long as the process: to look for cycles in it is in vain

from commsched.bootstrap import open_office  # noqa: E402
from commsched.images.confinement import undumpable  # noqa: E402
from commsched.web.app import create_app  # noqa: E402

undumpable()  # another program of the same user cannot look into this process
app = create_app(open_office())
gc.freeze()
gc.enable()
