"""Carries requests out with boto3, which finds profile, role and region itself; one attempt each, so that all count."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from bot.errors import UserError
from bot.hotspots.live.exchange import Reply, Request
from bot.hotspots.live.transport import UnreachableError

THROTTLED = ("Throttl", "TooManyRequests", "LimitExceeded", "RequestLimit")
DENIED = (
    "AccessDenied",
    "UnrecognizedClient",
    "InvalidClientTokenId",
    "ExpiredToken",
    "InvalidSignature",
    "SignatureDoes",
)
SILENCE_S = 30


class Aws:
    """A transport whose method is `client.operation`, and whose body holds the parameters."""

    def __init__(self) -> None:
        try:
            import boto3
            from botocore import exceptions
            from botocore.config import Config
            from botocore.parsers import ResponseParserError
        except ImportError:
            raise UserError("AWS X-Ray needs boto3; install it with `pip install costmod[aws]`.") from None
        self._errors = exceptions
        self._unreachable = exceptions.EndpointConnectionError, exceptions.HTTPClientError, ResponseParserError
        self._config = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=SILENCE_S,
            read_timeout=SILENCE_S,
            user_agent_extra="costmod",
        )
        self._session = boto3.Session
        self._clients: dict[str, Any] = {}

    def send(self, request: Request, url: str, secrets: Mapping[str, str]) -> Reply:  # noqa: ARG002 - see `Transport`
        """See `Transport`."""
        client, _, operation = request.method.partition(".")
        try:
            if client not in self._clients:
                self._clients[client] = self._session().client(client, config=self._config)
            found = getattr(self._clients[client], operation)(**msgspec.json.decode(request.body or b"{}"))
        except self._errors.ClientError as error:
            return _reply(error.response)
        except self._unreachable as error:
            reason = type(error).__name__
        except self._errors.BotoCoreError as error:  # no credentials, no profile, no region
            kind = type(error).__name__
            raise UserError(f"AWS is not set up ({kind}); check AWS_PROFILE, AWS_REGION and the credentials.") from None
        else:
            found.pop("ResponseMetadata", None)
            return Reply(200, {}, json.dumps(found, default=str).encode())
        raise UnreachableError(reason)


def _reply(response: Mapping[str, Any]) -> Reply:
    """An error of AWS as a status."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 400)
    if any(word in code for word in THROTTLED):
        status = 429
    elif any(word in code for word in DENIED):
        status = 403
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return Reply(status, headers, json.dumps({"code": code}).encode())
