"""The WSGI entry of a checkout: ``gunicorn wsgi:app``. Where the package is installed, it is ``commsched.wsgi:app``."""

from commsched.wsgi import app

__all__ = ["app"]
