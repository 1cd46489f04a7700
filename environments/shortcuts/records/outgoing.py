"""What left the device, and what it put before its owner's eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message that was sent from the device."""

    id: str
    recipients: tuple[str, ...]
    """Names of contacts, or the numbers and addresses that were given."""
    text: str
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail that was sent, or kept as a draft."""

    id: str
    to: tuple[str, ...]
    subject: str
    body: str
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    """Names of files."""
    draft: bool = False
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """A call that was begun."""

    id: str
    to: str
    service: Literal["Phone", "FaceTime"] = "Phone"
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request to a server that may change something there: any method but GET."""

    id: str
    method: str
    url: str
    body: str = ""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification that stays in the notification centre."""

    id: str
    title: str
    body: str
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class OpenedUrl:
    """An address, an app or a place in an app that was opened."""

    id: str
    url: str
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Something that was given to another app, person or machine."""

    id: str
    way: str
    """Such as `Share`, `AirDrop`, `Print`, `Open In`."""
    what: str
    app: str = ""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class StubCall:
    """A call of an action that is known by its definition only: nobody can say what it would have done."""

    id: str
    identifier: str
    parameters: str
    """As JSON."""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
