"""Files, pictures and music. An id is empty where the item only flows between actions and isn't stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import ConfigDict

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class File:
    """A file or a folder in iCloud Drive."""

    id: str
    name: str
    """With its extension."""
    folder: str = ""
    """The path of the folder that it is in, without slashes at its ends; empty: the top."""
    text: str = ""
    """What is in it, as far as it's text."""
    is_folder: bool = False
    created: datetime | None = None
    modified: datetime | None = None
    parts: tuple[File, ...] = ()
    """Of an archive: the files in it; of a PDF made of several things: these."""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    @property
    def path(self) -> str:
        """Folder and name."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    @property
    def extension(self) -> str:
        """What follows the name's last dot, in small letters."""
        _, dot, extension = self.name.rpartition(".")
        return extension.lower() if dot and not self.is_folder else ""

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return self.name[: -len(self.extension) - 1] if self.extension else self.name

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.text.encode()) + sum(part.size for part in self.parts)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture or video, by what is known about it; its pixels are nowhere."""

    id: str
    name: str
    """With its extension."""
    width: int = 3024
    height: int = 4032
    taken: datetime | None = None
    album: str = ""
    media: Literal["Image", "Video"] = "Image"
    kind: Literal["Photo", "Screenshot", "Live Photo", "GIF", "Barcode"] = "Photo"
    text: str = ""
    """What can be read in it; of a barcode, what it says."""
    place: str = ""
    favorite: bool = False
    seconds: float = 0.0
    """Of a video."""
    size: int = 0
    """In bytes."""
    edits: tuple[str, ...] = ()
    """What was done to it, in order."""
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    @property
    def extension(self) -> str:
        """What follows the name's last dot, in small letters."""
        _, dot, extension = self.name.rpartition(".")
        return extension.lower() if dot else ""

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return self.name[: -len(self.extension) - 1] if self.extension else self.name


@dataclass(frozen=True, slots=True)
class Song:
    """A piece of music in the library."""

    id: str
    title: str
    artist: str = ""
    album: str = ""
    genre: str = ""
    seconds: int = 180
    plays: int = 0
    rating: int = 0
    playlists: tuple[str, ...] = ()
    added: datetime | None = None
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
