"""Why people may be written to, as a form asks for it: on an import, a pasted list, a contact."""

from __future__ import annotations

from commsched.services.contacts.consent import MOST_HOW, MOST_WHY, WHY, Grounds
from commsched.web.http.forms import Form
from commsched.web.http.i18n import translated


def read(form: Form) -> Grounds:
    """The answer that was typed; what is wrong with it, whoever keeps it says by field."""
    basis = form.text("basis", 20)
    if basis != "consent":
        return Grounds(basis, form.text("why", MOST_WHY))
    return Grounds(
        basis,
        form.text("words", MOST_WHY),
        form.text("how", MOST_HOW),
        form.text("given_on", 40),
        form.text("proof", MOST_HOW),
    )


def usual_why() -> str:
    """The reason that the form proposes."""
    return translated(WHY)
