"""An item's own page, its review by an approver, and the page behind the link in an approval mail.

That last one needs no account, but is not public: what the public sees is in :mod:`commsched.web.public`.
"""
