"""The description is valid, whole, and true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import Client, add_channel
from tests.conftest import Cast


def described(app: Flask) -> dict[str, Any]:
    answer: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").json
    return answer


def test_the_description_is_valid_openapi(app: Flask) -> None:
    said = described(app)
    assert said["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(said).validate()


def test_every_route_is_described_with_its_answers(app: Flask) -> None:
    said = described(app)
    routes = {
        (rule.rule.removeprefix("/api/v1").replace("<int(max=9223372036854775807):id>", "{id}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(path, method) for path, methods in said["paths"].items() for method in methods}
    for path, methods in said["paths"].items():
        for method, one in methods.items():
            assert one["summary"], (method, path)
            assert any(status.startswith("2") for status in one["responses"])
            assert len({answer["operationId"] for answer in methods.values()}) == len(methods)


def test_the_draft_is_the_model_that_the_composer_uses(app: Flask) -> None:
    body = described(app)["paths"]["/items"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/DraftIn"}


@pytest.mark.filterwarnings("ignore")
def test_whatever_is_sent_the_answers_are_as_described(
    app: Flask, program: Callable[..., Client], installation: Any, cast: Cast
) -> None:
    """Schemathesis makes up requests from the description; a fault of ours would be raised or answered by a 5xx."""
    wall = add_channel(installation, cast.place.id)
    client = program("administrator")
    client.create(channels=[wall], publish_at="2026-11-27T07:30")
    schema = schemathesis.openapi.from_dict(described(app))
    schema.config.update(base_url="http://localhost/api/v1")
    checks = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
    asked = 0

    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        case.call_and_validate(
            app=app, headers={"Authorization": f"Bearer {client.token}", "Accept-Encoding": "identity"}, checks=checks
        )

    bounded = settings(
        max_examples=12,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for result in schema.get_all_operations():
        operation = result.ok()
        bounded(_given(operation, ask))()
    assert asked > 100


def _given(operation: Any, ask: Callable[[Any], None]) -> Callable[[], None]:
    from hypothesis import given

    def test(case: Any) -> None:
        ask(case)

    return given(case=operation.as_strategy())(test)
