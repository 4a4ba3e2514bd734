"""What a person does to connect LinkedIn, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commsched.core.platform.settings import Way
from commsched.core.text.messages import N_

GUIDE: Final[Mapping[Way, tuple[str, ...]]] = {
    "oauth": (
        N_("You must be an administrator of the page on LinkedIn."),
        N_("Press the button, sign in there, and say yes."),
        N_("You come back here, and choose which of your pages the office posts on."),
    ),
    "keys": (
        N_("In LinkedIn's developer portal: the app → Auth → OAuth 2.0 tools → Create token."),
        N_("Copy the token here. It holds for 60 days."),
        N_("The page's number stands in the address when you administer it."),
    ),
}
APP_GUIDE: Final = (
    N_("Open LinkedIn's developer portal, and create an app that belongs to the page of the party or the office."),
    N_("Under Products: ask for Community Management API. LinkedIn examines who asks, which takes weeks."),
    N_("Under Auth: paste the address to come back to that is shown here, letter by letter."),
    N_("Copy the Client ID and the Client Secret here."),
)
