"""Pictures through the API: the shape that a channel shows them in, and what is done to them for it."""

from __future__ import annotations

from typing import Any

from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Cast


def test_a_program_chooses_a_crop_and_is_told_of_it(
    program: Any, installation: Installation, cast: Cast, wall: int
) -> None:
    writer = program()
    number = writing.picture(installation, cast)
    given = {"text": "Fler turer.", "channels": [wall], "media": [number], "variants": {str(wall): {"crop": "1:1"}}}
    [checked] = writer.post("/check", given).json
    assert checked["notes"] == ["Picture 1 is cropped to 1:1."]
    content = writer.create(**given)["revision"]["content"]
    assert content["channels"][0]["crop"] == "1:1"
    assert [one["width"] for one in content["channels"][0]["pictures"]] == [600]


def test_a_shape_that_does_not_exist_is_a_problem_with_its_field(program: Any, wall: int) -> None:
    answer = program().post("/items", {"text": "x", "channels": [wall], "variants": {str(wall): {"crop": "7:3"}}})
    assert answer.status_code == 422
    assert "crop" in answer.json["field"]


def test_a_change_of_the_text_alone_keeps_the_crop(
    program: Any, installation: Installation, cast: Cast, wall: int
) -> None:
    writer = program()
    number = writing.picture(installation, cast)
    item = writer.create(channels=[wall], media=[number], variants={str(wall): {"crop": "16:9"}})
    answer = writer.put(f"/items/{item['id']}", {"text": "Nytt."}, item["revision"]["hash"])
    assert answer.json["revision"]["content"]["channels"][0]["crop"] == "16:9"
