from __future__ import annotations

from tests.platforms.adapters import SECRET, SERVER, Adapter

ADAPTER = Adapter(
    key="webhook",
    settings={"base_url": f"{SERVER}/hooks/commsched?office=1"},
    secrets={"secret": f"{SECRET}-of-twenty-four-letters"},
    account="server.example/hooks/commsched",
    answers=[(r"POST", {"id": "17", "url": f"{SERVER}/17", "name": "Skylten"})],
    refusal={"error": "no", "ok": False},
    publishes=r"POST /hooks/commsched$",
    uploads=False,
    accepts_anything=True,
)
