"""The photo library: finding, taking, picking, saving and deleting photos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.asking import pick
from environments.shortcuts.coercion import images_of
from environments.shortcuts.records import Photo
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import Value

IMAGES = Parameter("WFInput", ParameterType.ANY, "The images.", is_input=True, aliases=("WFImage",))
"""What most actions on images take."""

finder(
    "filter.photos",
    "Photos",
    "Finds photos of the library; properties: Album, Date Taken, Width, Height, Is a Screenshot, Is Favorite, Name.",
    "Photos",
    lambda device: device.table(Photo),
)
finder(
    "filter.images",
    "Photos",
    "Filters images; properties as of photos.",
    "Images",
    lambda device: device.table(Photo),
)


@action(
    "selectphoto",
    "Photos",
    "Lets the user pick photos.",
    Parameter("WFSelectMultiplePhotos", ParameterType.BOOLEAN, "Whether several may be picked.", False),
    Parameter("WFPhotoPickerTypes", ParameterType.ANY, "What can be picked."),
    output="Photos",
    personal=True,
)
async def select(run: Run, given: Arguments) -> Value:
    """What the user picks."""
    several = given.boolean("WFSelectMultiplePhotos")
    pool = list(run.world.device.table(Photo))
    return await pick(
        run, "Pick photos." if several else "Pick a photo.", pool, [p.name for p in pool], several=several
    )


@action(
    "takephoto",
    "Photos",
    "Lets the user take photos, which aren't kept.",
    Parameter("WFPhotoCount", ParameterType.NUMBER, "How many.", 1),
    Parameter("WFCameraCaptureShowPreview", ParameterType.BOOLEAN, "Whether the user sees what is taken.", True),
    Parameter("WFCameraCaptureDevice", ParameterType.ENUM, "Which camera.", "Back", ("Front", "Back")),
    output="Photo",
)
async def take(run: Run, given: Arguments) -> Value:
    """Photos of what the user says there is to be seen."""
    count = given.integer("WFPhotoCount", least=1, most=10)
    seen = await run.ask("Take a photo. What is on it?" if count == 1 else f"Take {count} photos. What is on them?")
    now = run.clock.now
    return tuple(Photo("", f"Photo {number}.jpg", taken=now, text=seen) for number in range(1, count + 1))


@action(
    "getlastphoto",
    "Photos",
    "Gives the newest photos of the library.",
    Parameter("WFGetLatestPhotoCount", ParameterType.NUMBER, "How many.", 1),
    Parameter("WFGetLatestPhotosActionIncludeScreenshots", ParameterType.BOOLEAN, "Screenshots, too.", True),
    output="Latest Photos",
    personal=True,
)
def latest(run: Run, given: Arguments) -> Value:
    """The photos, the newest first."""
    screenshots = given.boolean("WFGetLatestPhotosActionIncludeScreenshots")
    return _latest(run, given, lambda photo: photo.media == "Image" and (screenshots or photo.kind != "Screenshot"))


@action(
    "getlastscreenshot",
    "Photos",
    "Gives the newest screenshots.",
    Parameter("WFGetLatestPhotoCount", ParameterType.NUMBER, "How many.", 1),
    output="Latest Screenshots",
    personal=True,
)
def latest_screenshots(run: Run, given: Arguments) -> Value:
    """The screenshots, the newest first."""
    return _latest(run, given, lambda photo: photo.kind == "Screenshot")


@action(
    "getlastvideo",
    "Photos",
    "Gives the newest videos.",
    Parameter("WFGetLatestPhotoCount", ParameterType.NUMBER, "How many.", 1),
    output="Latest Videos",
    personal=True,
)
def latest_videos(run: Run, given: Arguments) -> Value:
    """The videos, the newest first."""
    return _latest(run, given, lambda photo: photo.media == "Video")


def _latest(run: Run, given: Arguments, wanted: Callable[[Photo], bool]) -> Value:
    found = [photo for photo in run.world.device.table(Photo) if wanted(photo)]
    found.sort(key=lambda photo: (photo.taken is not None, photo.taken or run.clock.now), reverse=True)
    return tuple(found[: given.integer("WFGetLatestPhotoCount", least=0, most=1_000)])


@action(
    "savetocameraroll",
    "Photos",
    "Saves images to the photo library.",
    IMAGES,
    Parameter("WFCameraRollSelectedGroup", ParameterType.TEXT, "The album."),
    output="Saved Photo Media",
    writes=True,
    personal=True,
)
def save(run: Run, given: Arguments) -> Value:
    """The photos as they are stored."""
    album = given.text("WFCameraRollSelectedGroup")
    album = "" if album in ("Recents", "All Photos", "Camera Roll") else album
    now = run.clock.now
    photos = images_in(run, given, "WFInput")
    return tuple(run.world.add(replace(photo, album=album, taken=photo.taken or now)) for photo in photos)


@action(
    "deletephotos",
    "Photos",
    "Deletes photos of the library; the user is asked.",
    Parameter("WFInputPhotos", ParameterType.ANY, "The photos.", is_input=True, aliases=("WFInput", "photos")),
    writes=True,
    personal=True,
)
async def delete(run: Run, given: Arguments) -> None:
    """They are gone, if the user agrees."""
    photos = [photo for item in given.value("WFInputPhotos") if isinstance(item, Photo) for photo in _stored(run, item)]
    if not photos:
        raise ActionError(RunErrorKind.NOT_FOUND, "WFInputPhotos must hold photos of this device's library")
    answer = await run.ask(f"Delete {', '.join(photo.name for photo in photos[:5])}? Yes or no?")
    if not answer.casefold().startswith(("y", "ok", "sure", "delete")):
        raise ActionError(RunErrorKind.REFUSED, "the user doesn't want them to be deleted")
    for photo in photos:
        run.world.drop(photo)


@action(
    "removefromalbum",
    "Photos",
    "Takes photos out of an album.",
    IMAGES,
    Parameter("WFRemoveAlbumSelectedGroup", ParameterType.TEXT, "The album."),
    writes=True,
    personal=True,
)
def remove_from_album(run: Run, given: Arguments) -> None:
    """They are in no album now."""
    album = given.text("WFRemoveAlbumSelectedGroup").casefold()
    for item in given.value("WFInput"):
        for photo in _stored(run, item) if isinstance(item, Photo) else ():
            if not album or photo.album.casefold() == album:
                run.world.change(replace(photo, album=""))


@action(
    "photos.createalbum",
    "Photos",
    "Makes an album of photos.",
    Parameter("AlbumName", ParameterType.TEXT, "Its name."),
    Parameter("WFInput", ParameterType.ANY, "The photos.", is_input=True),
    output="New Album",
    writes=True,
    personal=True,
)
def create_album(run: Run, given: Arguments) -> Value:
    """The photos, which are in it now."""
    name = given.text("AlbumName").strip()
    if not name:
        raise given.problem("AlbumName", "must name the album")
    found = [photo for item in given.value("WFInput") if isinstance(item, Photo) for photo in _stored(run, item)]
    return tuple(run.world.change(replace(photo, album=name)) for photo in found)


def _stored(run: Run, photo: Photo) -> tuple[Photo, ...]:
    found = run.world.device.current(photo) if photo.id else None
    return () if found is None else (found,)


def images_in(run: Run, given: Arguments, name: str) -> tuple[Photo, ...]:
    """The images in a parameter; ActionError where there are none."""
    found = images_of(given.value(name), run.clock)
    if not found:
        raise given.problem(name, "must hold an image")
    return found
