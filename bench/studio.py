"""The studio as a person has it: from one more letter to all five previews, through the real page.

``python -m bench.studio [--changes 40]``
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from commsched.bootstrap import open_installation
from commsched.images.tools.sheet import portrait
from commsched.services.accounts import people
from commsched.services.kernel.context import Actor, Installation
from commsched.services.media import library
from commsched.web.app import create_app

PASSWORD = "ett långt lösenord 2026"
TYPED = "Vi säger ja till fler turer på landsbygden och lägre priser för unga och gamla"


def live(changes: int = 40) -> dict[str, float]:
    """Median and worst milliseconds for a change to a headline with a photo: request, drawing, answer."""
    home = Path(tempfile.mkdtemp(prefix="commsched-studio-"))
    installation = open_installation(home)
    try:
        return _typed(installation, changes)
    finally:
        installation.store.close()
        shutil.rmtree(home, ignore_errors=True)


def _typed(installation: Installation, changes: int) -> dict[str, float]:
    place, person = people.create_workspace(installation, "Bench", "bench@example.org", PASSWORD, person_name="Eva Ek")
    actor = Actor(person.id, person.name, place.id, "administrator")
    photo = library.add(installation, actor, portrait((1536, 1818)).data, "portrait.jpg").media.id
    client, token = signed_in(create_app(installation))
    wall, cpu = [], []
    for number in range(changes):
        words = {"text-headline": TYPED[: 12 + number], "text-kicker": "Trafik", "picture-photo": str(photo)}
        used, start = time.process_time(), time.perf_counter()
        answer = client.post(f"/w/{place.slug}/studio/headline/look", data={"form_token": token, **words})
        wall.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - used) * 1000)
        assert len(answer.get_json()["cards"]) == 5
    wall, cpu = wall[3:], cpu[3:]  # the first changes draw the photo and fill the caches
    return {"wall": statistics.median(wall), "cpu": statistics.median(cpu), "worst": max(wall)}


def signed_in(app: Flask) -> tuple[FlaskClient, str]:
    """A browser that has signed in, and the token of its forms."""
    client = app.test_client()
    form = {"form_token": _token(client.get("/sign-in").text), "email": "bench@example.org", "password": PASSWORD}
    client.post("/sign-in", data=form)
    return client, _token(client.get("/?all=1").text)


def _token(page: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert found, page[:500]
    return found[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=40)
    found = live(parser.parse_args().changes)
    print("a letter more to five previews: {wall:.0f} ms, {cpu:.0f} of CPU; the slowest {worst:.0f} ms".format(**found))


if __name__ == "__main__":
    main()
