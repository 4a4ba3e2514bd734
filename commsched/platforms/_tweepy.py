"""tweepy's client with what version 4.17 lacks: a base URL, a timeout, our session, and v2 media with alt text."""

from __future__ import annotations

import io
from typing import Any

import requests
import tweepy
from tweepy.auth import OAuth1UserHandler
from tweepy.errors import (
    BadRequest,
    Forbidden,
    HTTPException,
    NotFound,
    TooManyRequests,
    TwitterServerError,
    Unauthorized,
)

_BY_STATUS = {400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound, 429: TooManyRequests}


class Client(tweepy.Client):  # type: ignore[misc]
    """``tweepy.Client`` over a given session. It answers with plain dictionaries and never waits."""

    def __init__(self, *, base_url: str, session: requests.Session, timeout: float, **keys: str) -> None:
        super().__init__(**keys, return_type=dict, wait_on_rate_limit=False)
        self.base_url, self.session, self.timeout = base_url, session, timeout
        self.signs = "consumer_key" in keys
        self.access_level = ""
        """What the keys may do (``read``, ``read-write`` …), where the last answer said so."""

    def request(
        self,
        method: str,
        route: str,
        params: Any = None,
        json: Any = None,
        user_auth: bool = False,
        files: Any = None,
        data: Any = None,
    ) -> requests.Response:
        headers, auth = {"User-Agent": "commsched"}, None
        if self.signs:
            auth = OAuth1UserHandler(
                self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret
            ).apply_auth()
        else:
            headers["Authorization"] = f"Bearer {self.bearer_token}"
        response = self.session.request(
            method,
            self.base_url + route,
            params=params,
            json=json,
            data=data,
            files=files,
            headers=headers,
            auth=auth,
            timeout=self.timeout,
        )
        self.access_level = response.headers.get("x-access-level", "")
        if not 200 <= response.status_code < 300:
            raise _error(response)
        return response

    def upload_picture(self, data: bytes, mime: str) -> str:
        """Upload one picture (v2) and return its media id."""
        category = "tweet_gif" if mime == "image/gif" else "tweet_image"
        answer = self.request(
            "POST",
            "/2/media/upload",
            data={"media_category": category, "media_type": mime},
            files={"media": ("picture", io.BytesIO(data), mime)},
        ).json()
        return str(answer["data"]["id"])

    def describe_picture(self, media: str, alt: str) -> None:
        """Set the alt text of an uploaded picture."""
        body = {"id": media, "metadata": {"alt_text": {"text": alt}}}
        self.request("POST", "/2/media/metadata", json=body)


def _error(response: requests.Response) -> HTTPException:
    """tweepy's exception for ``response``, also where the body is not what tweepy expects of it."""
    kind = _BY_STATUS.get(response.status_code, HTTPException)
    if response.status_code >= 500:
        kind = TwitterServerError
    try:
        return kind(response)
    except (AttributeError, TypeError, ValueError):
        return kind(response, response_json={})
