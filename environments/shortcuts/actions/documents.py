"""Documents: names, types, archives, PDFs, rich text, and how things look."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from environments.shortcuts.actions.files import as_file, named
from environments.shortcuts.coercion import file_of, item_text, rich_text_of, text_of
from environments.shortcuts.html_text import html_of_markdown, markdown_of_html
from environments.shortcuts.properties import property_of
from environments.shortcuts.records import File, Photo
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import Item, RichText, Value, checked, checked_text, kind_of

_ITEMS = Parameter("WFInput", ParameterType.ANY, "The items.", is_input=True)


@action(
    "setitemname",
    "Documents",
    "Gives items a name, as files that flow on; what is stored keeps its own.",
    _ITEMS,
    Parameter("WFName", ParameterType.TEXT, "The name; the extension stays where it's left out."),
    Parameter("WFDontIncludeFileExtension", ParameterType.BOOLEAN, "Whether it needn't have an extension.", False),
    output="Renamed Item",
)
def set_name(run: Run, given: Arguments) -> Value:
    """The items under that name."""
    name = given.text("WFName").strip().replace("/", "-")
    bare = given.boolean("WFDontIncludeFileExtension")
    items = [file_of(item, run.clock) for item in given.value("WFInput")]
    if not name:
        return tuple(items)
    return tuple(_named(item, name, bare) for item in items)


def _named(item: File | Photo, name: str, bare: bool) -> File | Photo:
    if isinstance(item, File):
        return replace(named(item, name, bare=bare), id="")
    keeps = item.extension and not bare and "." not in name
    return replace(item, id="", name=f"{name}.{item.extension}" if keeps else name)


@action(
    "getitemname",
    "Documents",
    "Gives the name of each item: of a file, an event, a contact, a page.",
    _ITEMS,
    Parameter("GetWebPageTitle", ParameterType.BOOLEAN, "Of an address, the title of its page.", True),
    output="Name",
)
def get_name(run: Run, given: Arguments) -> Value:
    """The names."""
    names = (property_of(item, "Name") or (item,) for item in given.value("WFInput"))
    return tuple(item_text(part, run.clock) for name in names for part in name)


@action("getitemtype", "Documents", "Tells what kind of thing each item is.", _ITEMS, output="Type")
def get_type(run: Run, given: Arguments) -> Value:
    """The kinds, in the words that shortcuts use."""
    return tuple(kind_of(item).value for item in given.value("WFInput"))


_EXTENSIONS = {
    "public.plain-text": "txt", "public.text": "txt", "public.utf8-plain-text": "txt", "public.html": "html",
    "public.rtf": "rtf", "public.json": "json", "public.xml": "xml", "com.adobe.pdf": "pdf", "public.png": "png",
    "public.jpeg": "jpg", "public.comma-separated-values-text": "csv", "net.daringfireball.markdown": "md",
    "public.zip-archive": "zip", "com.apple.property-list": "plist", "com.apple.mobileconfig": "mobileconfig",
}  # fmt: skip


@action(
    "gettypeaction",
    "Documents",
    "Turns items into files of a type.",
    Parameter("WFFileType", ParameterType.TEXT, "A uniform type identifier such as public.html.", "public.rtf"),
    _ITEMS,
    output="File of Type",
)
def get_as_type(run: Run, given: Arguments) -> Value:
    """The files."""
    wanted = given.text("WFFileType").strip()
    extension = _EXTENSIONS.get(wanted, wanted.rpartition(".")[2] or "data")
    files = (as_file(file_of(item, run.clock)) for item in given.value("WFInput"))
    return tuple(replace(file, id="", name=f"{file.stem}.{extension}") for file in files)


@action(
    "previewdocument",
    "Documents",
    "Shows items to the user (Quick Look).",
    _ITEMS,
    Parameter("WFQuickLookActionFullScreen", ParameterType.BOOLEAN, "On the whole screen.", False),
)
def preview(run: Run, given: Arguments) -> None:
    """The user sees them."""
    run.show(given.text("WFInput"))


@action(
    "makezip",
    "Documents",
    "Packs items into an archive.",
    Parameter("WFZIPName", ParameterType.TEXT, "The archive's name.", "Archive"),
    Parameter("WFArchiveFormat", ParameterType.TEXT, "Its extension.", ".zip"),
    _ITEMS,
    output="Archive",
)
def make_archive(run: Run, given: Arguments) -> Value:
    """The archive."""
    items = given.value("WFInput")
    if not items:
        return ()
    parts = tuple(replace(as_file(file_of(item, run.clock)), id="", folder="") for item in items)
    name = given.text("WFZIPName").strip() or "Archive"
    extension = given.text("WFArchiveFormat").strip().lstrip(".") or "zip"
    return (File("", name if name.endswith(f".{extension}") else f"{name}.{extension}", parts=parts),)


@action(
    "unzip",
    "Documents",
    "Unpacks archives.",
    Parameter("WFArchive", ParameterType.ANY, "The archives.", is_input=True, aliases=("WFInput",)),
    output="Files",
)
def unpack(run: Run, given: Arguments) -> Value:
    """The files that were in them."""
    return checked(tuple(part for item in given.value("WFArchive") if isinstance(item, File) for part in item.parts))


@action(
    "makepdf",
    "Documents",
    "Makes a PDF of items, a page for each.",
    _ITEMS,
    Parameter("WFPDFIncludeMargin", ParameterType.BOOLEAN, "Whether pages have a margin.", False),
    Parameter(
        "WFPDFIncludedPages",
        ParameterType.ENUM,
        "Which pages are kept.",
        "All Pages",
        ("All Pages", "Single Page", "Page Range"),
    ),
    Parameter("WFPDFSinglePage", ParameterType.NUMBER, "The page, for Single Page.", 1),
    Parameter("WFPDFPageRangeStart", ParameterType.NUMBER, "The first page of a range.", 1),
    Parameter("WFPDFPageRangeEnd", ParameterType.NUMBER, "The last page of a range.", 10_000),
    output="PDF",
)
def make_pdf(run: Run, given: Arguments) -> Value:
    """The PDF, whose parts are its pages."""
    pages: list[File] = []
    items = given.value("WFInput")
    for item in items:
        file = as_file(file_of(item, run.clock))
        pages += file.parts or (File("", file.name, text=item_text(item, run.clock)),)
    match given.choice("WFPDFIncludedPages"):
        case "Single Page":
            page = given.integer("WFPDFSinglePage", least=1, most=100_000)
            pages = pages[page - 1 : page]
        case "Page Range":
            start = given.integer("WFPDFPageRangeStart", least=1, most=100_000)
            pages = pages[start - 1 : given.integer("WFPDFPageRangeEnd", least=0, most=100_000)]
    if not pages:
        return ()
    name = as_file(file_of(items[0], run.clock)).stem
    return (File("", f"{name}.pdf", parts=tuple(pages)),)


@action("splitpdf", "Documents", "Splits PDFs into their pages.", _ITEMS, output="PDF Pages")
def split_pdf(run: Run, given: Arguments) -> Value:
    """A PDF for each page."""
    files = [item for item in given.value("WFInput") if isinstance(item, File)]
    return tuple(File("", f"{page.stem}.pdf", parts=(page,)) for file in files for page in file.parts or (file,))


@action("gettextfrompdf", "Documents", "Gives the text of PDFs.", _ITEMS, output="Text from PDF")
def pdf_text(run: Run, given: Arguments) -> Value:
    """The texts."""
    files = [item for item in given.value("WFInput") if isinstance(item, File)]
    texts = ("\n".join(part.text for part in file.parts) or file.text for file in files)
    return tuple(checked_text(text) for text in texts)


@action(
    "getrichtextfromhtml",
    "Documents",
    "Makes rich text of HTML.",
    Parameter("WFHTML", ParameterType.ANY, "The HTML.", is_input=True, aliases=("WFInput",)),
    output="Rich Text from HTML",
)
def rich_from_html(run: Run, given: Arguments) -> Value:
    """The rich text."""
    return tuple(_rich(item, run) for item in given.value("WFHTML"))


def _rich(item: Item, run: Run) -> RichText:
    return item if isinstance(item, RichText) else RichText(item_text(item, run.clock))


@action(
    "gethtmlfromrichtext",
    "Documents",
    "Makes HTML of rich text.",
    Parameter("WFMakeFullDocument", ParameterType.BOOLEAN, "Whether a whole document is written.", False),
    _ITEMS,
    output="HTML from Rich Text",
)
def html_from_rich(run: Run, given: Arguments) -> Value:
    """The HTML."""
    rich = rich_text_of(given.value("WFInput"), run.clock)
    whole = f"<!DOCTYPE html><html><body>{rich.html}</body></html>"
    return (checked_text(whole if given.boolean("WFMakeFullDocument") else rich.html),)


@action(
    "getrichtextfrommarkdown", "Documents", "Makes rich text of Markdown.", _ITEMS, output="Rich Text from Markdown"
)
def rich_from_markdown(run: Run, given: Arguments) -> Value:
    """The rich text."""
    return (RichText(checked_text(html_of_markdown(text_of(given.value("WFInput"), run.clock)))),)


@action(
    "getmarkdownfromrichtext", "Documents", "Makes Markdown of rich text.", _ITEMS, output="Markdown from Rich Text"
)
def markdown_from_rich(run: Run, given: Arguments) -> Value:
    """The Markdown."""
    return (checked_text(markdown_of_html(rich_text_of(given.value("WFInput"), run.clock).html)),)


_UNITS = ("Bytes", "KB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB or Higher")


@action(
    "format.filesize",
    "Documents",
    "Writes a file size as text.",
    Parameter("WFFileSize", ParameterType.ANY, "Bytes, or a file.", is_input=True),
    Parameter("WFFileSizeFormat", ParameterType.ENUM, "The unit.", "Automatic", ("Automatic", *_UNITS)),
    Parameter("WFFileSizeIncludeUnits", ParameterType.BOOLEAN, "Whether the unit is written.", True),
    output="Formatted File Size",
)
def format_size(run: Run, given: Arguments) -> Value:
    """The size, in steps of a thousand."""
    sized = [item for item in given.value("WFFileSize") if isinstance(item, File | Photo)]
    amount = Decimal(sum(item.size for item in sized)) if sized else given.number("WFFileSize")
    unit = given.choice("WFFileSizeFormat")
    if unit == "Automatic":
        power = 0
        while abs(amount) >= 1000 ** (power + 1) and power < len(_UNITS) - 1:
            power += 1
        unit = _UNITS[power]
    scaled = amount / 1000 ** _UNITS.index(unit)
    text = f"{scaled:.1f}".removesuffix(".0") if unit != "Bytes" else f"{scaled:.0f}"
    label = unit.split()[0]
    return (
        f"{text} {label[:-1] if label == 'Bytes' and text == '1' else label}"
        if given.boolean("WFFileSizeIncludeUnits")
        else text,
    )
