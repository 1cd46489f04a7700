"""Editing images, by what is known about them: sizes, names, the text in them. There are no pixels."""

from __future__ import annotations

from dataclasses import replace

from environments.shortcuts.actions.photos import IMAGES, images_in
from environments.shortcuts.coercion import images_of
from environments.shortcuts.records import Photo
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import NOTHING, Value, checked_text

_MOST = 20_000
"""Pixels along one side."""
_KIND = Parameter("WFImage", ParameterType.ANY, "The images.", is_input=True, aliases=("WFInput",))
_POSITIONS = ("Center", "Top Left", "Top Right", "Bottom Left", "Bottom Right", "Custom")


def _edited(photo: Photo, how: str, **changes: object) -> Photo:
    """A picture that flows on, with a note of what was done to it."""
    return replace(photo, id="", edits=(*photo.edits, how), **changes)  # type: ignore[arg-type]


@action(
    "detect.images",
    "Photos",
    "Finds the images in its input.",
    Parameter("WFInput", ParameterType.ANY, "What to look into.", is_input=True),
    output="Images",
)
def detect(run: Run, given: Arguments) -> Value:
    """The images."""
    return images_of(given.value("WFInput"), run.clock)


@action(
    "image.resize",
    "Photos",
    "Scales images. A side that isn't given follows from the other.",
    _KIND,
    Parameter("WFImageResizeKey", ParameterType.ENUM, "By what.", "Size", ("Size", "Percentage", "Longest Edge")),
    Parameter("WFImageResizeWidth", ParameterType.NUMBER, "The width, for Size; 640 if neither is given."),
    Parameter("WFImageResizeHeight", ParameterType.NUMBER, "The height, for Size."),
    Parameter("WFImageResizePercentage", ParameterType.NUMBER, "For Percentage.", 100),
    Parameter("WFImageResizeLength", ParameterType.NUMBER, "For Longest Edge.", 640),
    output="Resized Image",
)
def resize(run: Run, given: Arguments) -> Value:
    """The scaled images."""
    return tuple(_resized(photo, given) for photo in images_in(run, given, "WFImage"))


def _resized(photo: Photo, given: Arguments) -> Photo:
    width, height = max(photo.width, 1), max(photo.height, 1)
    match given.choice("WFImageResizeKey"):
        case "Percentage":
            percent = given.integer("WFImageResizePercentage", least=1, most=1_000)
            width, height = width * percent // 100, height * percent // 100
        case "Longest Edge":
            longest = given.integer("WFImageResizeLength", least=1, most=_MOST)
            width, height = width * longest // max(width, height), height * longest // max(width, height)
        case _:
            wide = _side(given, "WFImageResizeWidth")
            high = _side(given, "WFImageResizeHeight")
            if not wide and not high:
                wide = 640
            width, height = wide or width * high // height, high or height * wide // width
    width, height = min(max(width, 1), _MOST), min(max(height, 1), _MOST)
    return _edited(photo, f"resize {width}x{height}", width=width, height=height)


def _side(given: Arguments, name: str) -> int:
    """A number of pixels; 0 where it isn't given."""
    return given.integer(name, least=0, most=_MOST) if given.given(name) and given.text(name).strip() else 0


@action(
    "image.crop",
    "Photos",
    "Cuts a rectangle out of images.",
    IMAGES,
    Parameter("WFImageCropPosition", ParameterType.ENUM, "From where.", "Center", _POSITIONS),
    Parameter("WFImageCropWidth", ParameterType.NUMBER, "Its width.", 100),
    Parameter("WFImageCropHeight", ParameterType.NUMBER, "Its height.", 100),
    Parameter("WFImageCropX", ParameterType.NUMBER, "For Custom, the left edge.", 0),
    Parameter("WFImageCropY", ParameterType.NUMBER, "For Custom, the upper edge.", 0),
    output="Cropped Image",
)
def crop(run: Run, given: Arguments) -> Value:
    """The cut images."""
    width = given.integer("WFImageCropWidth", least=1, most=_MOST)
    height = given.integer("WFImageCropHeight", least=1, most=_MOST)
    where = given.choice("WFImageCropPosition")
    if where == "Custom":
        left, top = (given.integer(f"WFImageCrop{axis}", least=-_MOST, most=_MOST) for axis in "XY")
        where = f"{left},{top}"
    return tuple(
        _edited(photo, f"crop {where}", width=min(width, photo.width), height=min(height, photo.height))
        for photo in images_in(run, given, "WFInput")
    )


@action(
    "image.rotate",
    "Photos",
    "Turns images.",
    _KIND,
    Parameter("WFImageRotateAmount", ParameterType.NUMBER, "By how many degrees.", 90),
    output="Rotated Image/Video",
)
def rotate(run: Run, given: Arguments) -> Value:
    """The turned images."""
    degrees = given.integer("WFImageRotateAmount", least=-3600, most=3600) % 360
    swap = degrees in (90, 270)
    return tuple(
        _edited(
            photo,
            f"rotate {degrees}",
            width=photo.height if swap else photo.width,
            height=photo.width if swap else photo.height,
        )
        for photo in images_in(run, given, "WFImage")
    )


@action(
    "image.flip",
    "Photos",
    "Mirrors images.",
    IMAGES,
    Parameter("WFImageFlipDirection", ParameterType.ENUM, "How.", "Horizontal", ("Horizontal", "Vertical")),
    output="Flipped Image",
)
def flip(run: Run, given: Arguments) -> Value:
    """The mirrored images."""
    how = given.choice("WFImageFlipDirection").lower()
    return tuple(_edited(photo, f"flip {how}") for photo in images_in(run, given, "WFInput"))


@action(
    "image.mask",
    "Photos",
    "Cuts images to a shape.",
    IMAGES,
    Parameter(
        "WFMaskType",
        ParameterType.ENUM,
        "Which.",
        "Rounded Rectangle",
        ("Rounded Rectangle", "Ellipse", "Icon", "Custom Image"),
    ),
    Parameter("WFMaskCornerRadius", ParameterType.NUMBER, "Of the rectangle.", 10),
    Parameter("WFCustomMaskImage", ParameterType.ANY, "For Custom Image."),
    output="Masked Image",
)
def mask(run: Run, given: Arguments) -> Value:
    """The cut images."""
    how = given.choice("WFMaskType").lower()
    return tuple(_edited(photo, f"mask {how}") for photo in images_in(run, given, "WFInput"))


@action(
    "image.removebackground", "Photos", "Removes what is behind the subject.", IMAGES, output="Image without Background"
)
def remove_background(run: Run, given: Arguments) -> Value:
    """The subjects."""
    return tuple(_edited(photo, "remove background") for photo in images_in(run, given, "WFInput"))


_FORMATS = {"JPEG": "jpg", "PNG": "png", "TIFF": "tiff", "GIF": "gif", "BMP": "bmp", "PDF": "pdf", "HEIF": "heic"}


@action(
    "image.convert",
    "Photos",
    "Turns images into another format.",
    IMAGES,
    Parameter("WFImageFormat", ParameterType.TEXT, f"One of {', '.join(_FORMATS)}, Match Input.", "JPEG"),
    Parameter("WFImageCompressionQuality", ParameterType.NUMBER, "From 0 to 1.", 0.75),
    Parameter("WFImagePreserveMetadata", ParameterType.BOOLEAN, "Whether date and place stay in it.", True),
    output="Converted Image",
)
def convert(run: Run, given: Arguments) -> Value:
    """The images in that format."""
    wanted = given.text("WFImageFormat").upper()
    found = []
    for photo in images_in(run, given, "WFInput"):
        extension = _FORMATS.get(wanted, photo.extension or "jpg")
        kept = photo if given.boolean("WFImagePreserveMetadata") else replace(photo, taken=None, place="")
        found.append(_edited(kept, f"convert {extension}", name=f"{photo.stem}.{extension}"))
    return tuple(found)


@action(
    "image.combine",
    "Photos",
    "Puts images together into one.",
    IMAGES,
    Parameter(
        "WFImageCombineMode", ParameterType.ENUM, "How.", "Horizontally", ("Horizontally", "Vertically", "In a Grid")
    ),
    Parameter("WFImageCombineSpacing", ParameterType.NUMBER, "Pixels between them.", 0),
    output="Combined Image",
)
def combine(run: Run, given: Arguments) -> Value:
    """One image."""
    photos = images_in(run, given, "WFInput")
    space = given.integer("WFImageCombineSpacing", least=0, most=1_000)
    how = given.choice("WFImageCombineMode")
    columns = {"Horizontally": len(photos), "Vertically": 1}.get(how, _columns(len(photos)))
    rows = -(-len(photos) // columns)
    width = columns * max(photo.width for photo in photos) + (columns - 1) * space
    height = rows * max(photo.height for photo in photos) + (rows - 1) * space
    text = checked_text("\n".join(photo.text for photo in photos if photo.text))
    edits = (f"combine {len(photos)} {how.lower()}",)
    return (Photo("", "Combined.png", min(width, _MOST), min(height, _MOST), text=text, edits=edits),)


def _columns(count: int) -> int:
    columns = 1
    while columns * columns < count:
        columns += 1
    return columns


@action(
    "overlayimageonimage",
    "Photos",
    "Lays an image over others.",
    Parameter("WFInput", ParameterType.ANY, "The images below.", is_input=True),
    Parameter("WFImage", ParameterType.ANY, "The image on top."),
    Parameter("WFShouldShowImageEditor", ParameterType.BOOLEAN, "Whether the user places it.", True),
    Parameter("WFImagePosition", ParameterType.ENUM, "Where.", "Center", _POSITIONS),
    Parameter("WFImageWidth", ParameterType.NUMBER, "Its width."),
    Parameter("WFImageHeight", ParameterType.NUMBER, "Its height."),
    Parameter("WFImageX", ParameterType.NUMBER, "For Custom, from the left."),
    Parameter("WFImageY", ParameterType.NUMBER, "For Custom, from above."),
    Parameter("WFRotation", ParameterType.NUMBER, "By how many degrees it's turned.", 0),
    Parameter("WFOverlayImageOpacity", ParameterType.NUMBER, "In percent.", 100),
    output="Overlaid Image",
)
def overlay(run: Run, given: Arguments) -> Value:
    """The images with the other on top."""
    top = images_in(run, given, "WFImage")[0]
    where = given.choice("WFImagePosition").lower()
    return tuple(
        _edited(photo, f"overlay {top.name} {where}", text="\n".join(part for part in (photo.text, top.text) if part))
        for photo in images_in(run, given, "WFInput")
    )


@action(
    "overlaytext",
    "Photos",
    "Writes a text on images.",
    _KIND,
    Parameter("WFText", ParameterType.TEXT, "The text."),
    Parameter("WFTextPosition", ParameterType.TEXT, "Where, such as Bottom Center.", "Center"),
    output="Image with Text",
)
def overlay_text(run: Run, given: Arguments) -> Value:
    """The images with the text."""
    text = given.text("WFText")
    return tuple(
        _edited(
            photo, f"text {given.text('WFTextPosition').lower()}", text="\n".join(t for t in (photo.text, text) if t)
        )
        for photo in images_in(run, given, "WFImage")
    )


@action(
    "makegif",
    "Photos",
    "Makes an animated GIF of images.",
    IMAGES,
    Parameter("WFMakeGIFActionDelayTime", ParameterType.NUMBER, "Seconds for each.", 0.2),
    Parameter("WFMakeGIFActionLoopEnabled", ParameterType.BOOLEAN, "Whether it never ends.", True),
    Parameter("WFMakeGIFActionLoopCount", ParameterType.NUMBER, "How often, if it ends.", 1),
    Parameter("WFMakeGIFActionAutoSize", ParameterType.BOOLEAN, "Whether the size follows from the images.", True),
    Parameter("WFMakeGIFActionManualSizeWidth", ParameterType.NUMBER, "Else the width.", 500),
    Parameter("WFMakeGIFActionManualSizeHeight", ParameterType.NUMBER, "Else the height.", 500),
    output="GIF",
)
def make_gif(run: Run, given: Arguments) -> Value:
    """The GIF."""
    photos = images_in(run, given, "WFInput")
    width, height = photos[0].width, photos[0].height
    if not given.boolean("WFMakeGIFActionAutoSize"):
        width = given.integer("WFMakeGIFActionManualSizeWidth", least=1, most=_MOST)
        height = given.integer("WFMakeGIFActionManualSizeHeight", least=1, most=_MOST)
    seconds = float(given.number("WFMakeGIFActionDelayTime")) * len(photos)
    return (Photo("", "Animation.gif", width, height, kind="GIF", seconds=seconds, edits=(f"gif of {len(photos)}",)),)


@action(
    "getframesfromimage", "Photos", "Gives the single images of an animated one.", _KIND, output="Frames from Image"
)
def frames(run: Run, given: Arguments) -> Value:
    """The image as it is: frames aren't kept."""
    return tuple(_edited(photo, "frame", kind="Photo") for photo in images_in(run, given, "WFImage"))


@action(
    "generatebarcode",
    "Photos",
    "Makes a QR code.",
    Parameter("WFText", ParameterType.TEXT, "What it says.", is_input=True),
    Parameter(
        "WFQRErrorCorrectionLevel",
        ParameterType.ENUM,
        "How much of it may be lost.",
        "Medium",
        ("Low", "Medium", "Quartile", "High"),
    ),
    output="QR Code",
)
def barcode(run: Run, given: Arguments) -> Value:
    """The code as an image."""
    text = given.text("WFText")
    if not text:
        raise given.problem("WFText", "must hold a text")
    return (Photo("", "QR Code.png", 512, 512, kind="Barcode", text=text),)


@action(
    "scanbarcode",
    "Photos",
    "Lets the user scan a code.",
    output="QR/Barcode",
)
async def scan(run: Run, given: Arguments) -> Value:
    """What the code says, as the user's camera sees it."""
    answer = await run.ask("Point the camera at the code. What does it say?")
    return (answer,) if answer else NOTHING


@action("extracttextfromimage", "Photos", "Reads the text in images.", _KIND, output="Text from Image")
def read_text(run: Run, given: Arguments) -> Value:
    """The texts."""
    return tuple(photo.text for photo in images_in(run, given, "WFImage") if photo.text)
