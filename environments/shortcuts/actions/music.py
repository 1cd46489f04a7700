"""Music: the library, and what is playing."""

from __future__ import annotations

from dataclasses import replace

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.asking import pick
from environments.shortcuts.coercion import item_text
from environments.shortcuts.records import Song
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import NOTHING, Item, Value

_ROUTE = Parameter("WFMediaRoute", ParameterType.TEXT, "On which device; only this one plays here.", "Local")

finder(
    "filter.music",
    "Music",
    "Finds songs; properties: Title, Artist, Album, Genre, Duration, Play Count, Rating, Date Added.",
    "Music",
    lambda device: device.table(Song),
)


@action(
    "playmusic",
    "Music",
    "Plays songs.",
    Parameter("WFMediaItems", ParameterType.ANY, "Songs, or their title, artist, album or playlist.", is_input=True),
    Parameter("WFPlayMusicActionShuffle", ParameterType.ENUM, "Whether in any order.", "Off", ("Off", "Songs")),
    Parameter("WFPlayMusicActionRepeat", ParameterType.ENUM, "Whether again.", "None", ("None", "One", "All")),
    writes=True,
)
def play(run: Run, given: Arguments) -> None:
    """The first of them plays."""
    songs = _songs(run, given.value("WFMediaItems"))
    if not songs:
        raise given.problem("WFMediaItems", "must name music of this device")
    shuffle = given.choice("WFPlayMusicActionShuffle") == "Songs"
    first = run.world.chance().choice(songs) if shuffle else songs[0]
    repeat = given.choice("WFPlayMusicActionRepeat")
    run.world.set(now_playing=first.title, playing=True, shuffle=shuffle, repeat=repeat)


def _songs(run: Run, value: Value) -> list[Song]:
    return [song for item in value for song in ((item,) if isinstance(item, Song) else _named(run, item))]


def _named(run: Run, item: Item) -> list[Song]:
    wanted = item_text(item, run.clock).strip().casefold()
    library = list(run.world.device.table(Song))
    by_title = [song for song in library if song.title.casefold() == wanted]
    return by_title or [
        song
        for song in library
        if wanted and wanted in {song.artist.casefold(), song.album.casefold(), *map(str.casefold, song.playlists)}
    ]


@action(
    "pausemusic",
    "Music",
    "Pauses the music, or goes on with it.",
    Parameter("WFPlayPauseBehavior", ParameterType.ENUM, "Which.", "Play/Pause", ("Play/Pause", "Play", "Pause")),
    _ROUTE,
    writes=True,
)
def pause(run: Run, given: Arguments) -> None:
    """It plays, or it doesn't."""
    which = given.choice("WFPlayPauseBehavior")
    now = run.world.device.settings.playing
    run.world.set(playing=not now if which == "Play/Pause" else which == "Play")


@action("skipforward", "Music", "Goes on to the next song.", _ROUTE, writes=True)
def skip(run: Run, given: Arguments) -> None:
    """The next song of the library plays."""
    _step(run, 1)


@action(
    "skipback",
    "Music",
    "Goes back to the beginning, or to the song before.",
    Parameter("WFSkipBackBehavior", ParameterType.ENUM, "Which.", "Beginning", ("Beginning", "Previous Song")),
    _ROUTE,
    writes=True,
)
def skip_back(run: Run, given: Arguments) -> None:
    """The song begins again, or the one before it plays."""
    if given.choice("WFSkipBackBehavior") == "Previous Song":
        _step(run, -1)


def _step(run: Run, by: int) -> None:
    titles = [song.title for song in run.world.device.table(Song)]
    now = run.world.device.settings.now_playing
    if now not in titles:
        raise ActionError(RunErrorKind.NOT_FOUND, "nothing is playing")
    run.world.set(now_playing=titles[(titles.index(now) + by) % len(titles)])


@action(
    "getcurrentsong",
    "Music",
    "Gives the song that is playing.",
    Parameter("Subject", ParameterType.ENUM, "What.", "Current Song", ("Current Song", "Current Playback Time")),
    output="Current Song",
)
def current(run: Run, given: Arguments) -> Value:
    """The song; nothing where none plays. Time isn't kept."""
    title = run.world.device.settings.now_playing
    return tuple(song for song in run.world.device.table(Song) if song.title == title)[:1]


@action(
    "get.playlist",
    "Music",
    "Gives the songs of a playlist.",
    Parameter("WFPlaylistName", ParameterType.TEXT, "Its name."),
    output="Playlist",
    personal=True,
)
def playlist(run: Run, given: Arguments) -> Value:
    """The songs."""
    wanted = given.text("WFPlaylistName").strip().casefold()
    found = tuple(
        song for song in run.world.device.table(Song) if wanted in {name.casefold() for name in song.playlists}
    )
    if not found:
        raise ActionError(RunErrorKind.NOT_FOUND, f"there is no playlist called {wanted[:80]!r}")
    return found


@action(
    "addtoplaylist",
    "Music",
    "Adds songs to a playlist.",
    Parameter("WFPlaylistName", ParameterType.TEXT, "Its name."),
    Parameter("WFInput", ParameterType.ANY, "The songs.", is_input=True),
    output="Updated Playlist",
    writes=True,
    personal=True,
)
def add_to_playlist(run: Run, given: Arguments) -> Value:
    """The songs that were added."""
    return _added(run, given.value("WFInput"), given.text("WFPlaylistName").strip())


@action(
    "createplaylist",
    "Music",
    "Makes a playlist.",
    Parameter("WFPlaylistName", ParameterType.TEXT, "Its name."),
    Parameter("WFPlaylistAuthor", ParameterType.TEXT, "Who made it."),
    Parameter("WFPlaylistDescription", ParameterType.TEXT, "What it is."),
    Parameter("WFPlaylistItems", ParameterType.ANY, "The songs.", is_input=True),
    output="New Playlist",
    writes=True,
    personal=True,
)
def create_playlist(run: Run, given: Arguments) -> Value:
    """Its songs."""
    return _added(run, given.value("WFPlaylistItems"), given.text("WFPlaylistName").strip())


def _added(run: Run, value: Value, name: str) -> Value:
    songs = _songs(run, value)
    if not name or not songs:
        raise ActionError(RunErrorKind.BAD_PARAMETER, "a playlist needs a name and songs of this device")
    added = []
    for song in songs:
        now = run.world.device.current(song) or song
        playlists = tuple(dict.fromkeys((*now.playlists, name)))
        added.append(run.world.change(replace(now, playlists=playlists)))
    return tuple(added)


@action(
    "setplaybackdestination",
    "Music",
    "Chooses where sound is played.",
    Parameter("WFMediaRouteOperation", ParameterType.ENUM, "How.", "Set", ("Set", "Add", "Remove")),
    Parameter("WFMediaRoute", ParameterType.TEXT, "Where.", "Local"),
    writes=True,
)
def destination(run: Run, given: Arguments) -> None:
    """Sound is played there."""
    where = given.text("WFMediaRoute")
    local = where == "Local" or given.choice("WFMediaRouteOperation") == "Remove"
    run.world.set(speaker=run.world.device.settings.device_name if local else where)


@action(
    "playsound",
    "Music",
    "Plays a sound.",
    Parameter("WFInput", ParameterType.ANY, "The sound; a bell if it's nothing.", is_input=True),
)
def play_sound(run: Run, given: Arguments) -> None:
    """It is heard."""


@action(
    "exportsong",
    "Music",
    "Lets the user pick songs.",
    Parameter("WFExportSongActionSelectMultiple", ParameterType.BOOLEAN, "Whether several.", False),
    output="Music",
    personal=True,
)
async def select(run: Run, given: Arguments) -> Value:
    """The songs that the user picks."""
    pool = list(run.world.device.table(Song))
    several = given.boolean("WFExportSongActionSelectMultiple")
    return await pick(run, "Pick music.", pool, [song.title for song in pool], several=several) if pool else NOTHING
