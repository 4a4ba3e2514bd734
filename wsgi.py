"""The WSGI entry: ``gunicorn wsgi:app``, ``granian --interface wsgi wsgi:app``, ``waitress-serve wsgi:app``.

It serves pages only; publishing needs ``commsched worker`` beside it (``commsched up`` is both in one process).
"""

from commsched.bootstrap import open_office
from commsched.web.app import create_app

app = create_app(open_office())
