"""What the device finds in the world: places, weather, web pages, a store, translations. All of it is fixture data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

from pydantic import ConfigDict

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the map."""

    id: str
    name: str
    street: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    phone: str = ""
    url: str = ""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    @property
    def address(self) -> str:
        """As on an envelope, without the name."""
        town = " ".join(part for part in (self.postcode, self.city) if part)
        return "\n".join(part for part in (self.street, town, self.state, self.country) if part)


@dataclass(frozen=True, slots=True)
class Weather:
    """What the weather is, or will be, at a place and a time."""

    id: str
    place: str
    time: datetime
    condition: str
    temperature: float
    """In °C, as all of them."""
    low: float | None = None
    high: float | None = None
    feels_like: float | None = None
    humidity: float = 0.5
    """From 0 to 1, as the chance."""
    precipitation_chance: float = 0.0
    wind_speed: float = 0.0
    """In km/h."""
    uv_index: int = 0
    hourly: bool = False
    """Whether it's for an hour, not for a day."""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Page:
    """What a web address answers."""

    id: str
    url: str
    body: str = ""
    title: str = ""
    method: str = "GET"
    status: int = 200
    type: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    redirect: str = ""
    """Where it sends those who ask for it."""
    script_result: str = ""
    """What a script that is run on the page gives."""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class StoreItem:
    """An app, song, film, podcast or book in a store."""

    id: str
    name: str
    kind: str = "App"
    artist: str = ""
    price: float = 0.0
    currency: str = "USD"
    category: str = ""
    rating: float = 0.0
    url: str = ""
    description: str = ""
    version: str = ""
    released: datetime | None = None
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text in another language, or in none: `language` is what it's translated to."""

    id: str
    text: str
    language: str
    translation: str
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True)
class Article:
    """An item of a feed, or the article of a web page."""

    title: str
    url: str = ""
    author: str = ""
    published: datetime | None = None
    body: str = ""
