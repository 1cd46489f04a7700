"""The web: addresses, pages, requests. Answers are the device's fixtures; nothing leaves the machine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, quote, urlsplit

from environments.shortcuts.coercion import coerced, file_of, item_text, plain, urls_of
from environments.shortcuts.html_text import title_of_html
from environments.shortcuts.records import File, OpenedUrl, OutgoingRequest, Page, Photo
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import (
    NOTHING,
    Item,
    ItemKind,
    RichText,
    Url,
    Value,
    checked,
    checked_text,
    dictionary,
    item_of_text,
    spread,
)

_REDIRECTS = 5
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ADDRESSES = Parameter("WFInput", ParameterType.ANY, "The addresses.", is_input=True, aliases=("WFURL",))


def page_at(run: Run, url: str, method: str = "GET") -> Page:
    """What an address answers; one that only redirects is followed.

    Raises:
        ActionError: the device is offline, or nothing answers there.
    """
    if not run.world.device.settings.online:
        raise ActionError(RunErrorKind.REFUSED, "the device is offline: Wi-Fi and cellular data are both unavailable")
    pages = {(page.method.upper(), _plain(page.url)): page for page in run.world.device.table(Page)}
    wanted = url
    for _ in range(_REDIRECTS):
        page = pages.get((method, _plain(wanted)))
        if page is None or not page.redirect:
            break
        wanted = page.redirect
    if page is None and run.world.device.echoes:
        return Page("", url, json.dumps({"url": url, "method": method}), type="application/json")
    if page is None:
        raise ActionError(RunErrorKind.NOT_FOUND, f"nothing answers at {url[:200]}")
    return page


def _plain(url: str) -> str:
    """An address as it is compared: without a fragment and a last slash, host in small letters."""
    parts = _split(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}{query}"


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def addresses(given: Arguments, name: str) -> tuple[Url, ...]:
    """The addresses in a parameter; text without a scheme is taken for one, as the browser does.

    Raises:
        ActionError: there is none.
    """
    found = urls_of(given.value(name))
    if not found:
        texts = (text.strip() for text in given.texts(name))
        found = tuple(
            Url(f"https://{text}") for text in texts if re.fullmatch(r"[\w.-]+\.[a-z]{2,}(/\S*)?", text, re.I)
        )
    if not found:
        raise given.problem(name, "must hold an address such as https://example.org")
    return found


@action(
    "url", "Web", "Makes a web address.", Parameter("WFURLActionURL", ParameterType.ANY, "The address."), output="URL"
)
def url(run: Run, given: Arguments) -> Value:
    """The addresses that the text holds."""
    return coerced(given.value("WFURLActionURL"), ItemKind.URL, run.clock)


@action(
    "detect.link",
    "Web",
    "Finds the addresses in its input.",
    Parameter("WFInput", ParameterType.ANY, "What to look into.", is_input=True),
    output="URLs",
)
def detect_links(run: Run, given: Arguments) -> Value:
    """The addresses."""
    return urls_of(given.value("WFInput"))


@action(
    "openurl",
    "Web",
    "Opens web addresses.",
    Parameter("WFInput", ParameterType.ANY, "The addresses.", is_input=True),
    output="Open URLs",
    writes=True,
    personal=True,
)
def open_url(run: Run, given: Arguments) -> Value:
    """The addresses, which were opened."""
    return _opened(run, addresses(given, "WFInput"))


def _opened(run: Run, found: tuple[Url, ...]) -> Value:
    for one in found:
        run.world.add(OpenedUrl("", one.text))
    return found


@action(
    "openxcallbackurl",
    "Web",
    "Opens an address of another app, which may answer.",
    Parameter("WFXCallbackURL", ParameterType.ANY, "The address.", is_input=True),
    Parameter("WFXCallbackCustomSuccessURLEnabled", ParameterType.BOOLEAN, "Whether the app gets another one.", False),
    Parameter("WFXCallbackCustomSuccessURL", ParameterType.TEXT, "That one.", "shortcuts://callback"),
    Parameter("WFXCallbackCustomCallbackEnabled", ParameterType.BOOLEAN, "Whether keys have other names.", False),
    Parameter("WFXCallbackCustomSuccessKey", ParameterType.TEXT, "That of success.", "x-success"),
    Parameter("WFXCallbackCustomCancelKey", ParameterType.TEXT, "That of cancelling.", "x-cancel"),
    Parameter("WFXCallbackCustomErrorKey", ParameterType.TEXT, "That of errors.", "x-error"),
    output="X-Callback Result",
    writes=True,
    personal=True,
)
def open_callback(run: Run, given: Arguments) -> Value:
    """What the app answers: the fixture page of that address, where there is one."""
    found = addresses(given, "WFXCallbackURL")
    _opened(run, found)
    pages = {_plain(page.url): page for page in run.world.device.table(Page)}
    return tuple(page.body for one in found if (page := pages.get(_plain(one.text))) is not None)


@action(
    "showwebpage",
    "Web",
    "Shows web pages to the user.",
    Parameter("WFURL", ParameterType.ANY, "The addresses.", is_input=True, aliases=("WFInput",)),
    Parameter("WFEnterSafariReader", ParameterType.BOOLEAN, "Whether in the reader.", False),
    writes=True,
    personal=True,
)
def show_page(run: Run, given: Arguments) -> None:
    """They are opened."""
    items = given.value("WFURL")
    if urls_of(items):
        _opened(run, urls_of(items))
    elif any(isinstance(item, RichText | File) for item in items):
        run.show(given.text("WFURL"))
    else:
        _opened(run, addresses(given, "WFURL"))


@action(
    "searchweb",
    "Web",
    "Searches the web.",
    Parameter("WFInputText", ParameterType.TEXT, "For what.", is_input=True),
    Parameter(
        "WFSearchWebDestination",
        ParameterType.ENUM,
        "Where.",
        "Google",
        ("Amazon", "Bing", "DuckDuckGo", "eBay", "Google", "Reddit", "Twitter", "Yahoo!", "YouTube"),
    ),
    writes=True,
    personal=True,
)
def search_web(run: Run, given: Arguments) -> None:
    """The search is opened."""
    site = given.choice("WFSearchWebDestination").lower().rstrip("!")
    run.world.add(OpenedUrl("", f"https://www.{site}.com/search?q={quote(given.text('WFInputText'), safe='')}"))


@action(
    "getwebpagecontents",
    "Web",
    "Gives what web pages say.",
    _ADDRESSES,
    output="Contents of Web Page",
)
def page_contents(run: Run, given: Arguments) -> Value:
    """The pages as rich text."""
    pages = [page_at(run, one.text) for one in addresses(given, "WFInput")]
    return tuple(RichText(page.body, page.title or title_of_html(page.body)) for page in pages)


@action(
    "downloadurl",
    "Web",
    "Gets what an address answers, or sends something there.",
    Parameter("WFURL", ParameterType.ANY, "The address.", is_input=True, aliases=("WFInput",)),
    Parameter("WFHTTPMethod", ParameterType.ENUM, "The method.", "GET", _METHODS),
    Parameter("WFHTTPHeaders", ParameterType.DICTIONARY, "Headers."),
    Parameter("ShowHeaders", ParameterType.BOOLEAN, "Whether the headers are shown in the editor.", False),
    Parameter("WFHTTPBodyType", ParameterType.ENUM, "What the body is.", "JSON", ("JSON", "Form", "File")),
    Parameter("WFJSONValues", ParameterType.DICTIONARY, "The body, for JSON."),
    Parameter("WFFormValues", ParameterType.DICTIONARY, "The body, for Form."),
    Parameter("WFRequestVariable", ParameterType.ANY, "The body, for File."),
    output="Contents of URL",
    writes=True,
)
def download(run: Run, given: Arguments) -> Value:
    """Dictionaries of JSON, rich text of HTML, else text, pictures or files."""
    method = given.choice("WFHTTPMethod")
    answers: list[Item] = []
    for one in addresses(given, "WFURL"):
        page = page_at(run, one.text, method)
        if method != "GET":
            run.world.add(OutgoingRequest("", method, one.text, checked_text(_body(run, given))))
        answers += _content(page)
    return checked(tuple(answers))


def _body(run: Run, given: Arguments) -> str:
    match given.choice("WFHTTPBodyType"):
        case "File":
            files = (file_of(item, run.clock) for item in given.value("WFRequestVariable"))
            return "\n".join(file.text if isinstance(file, File) else file.name for file in files)
        case "Form":
            fields = given.dictionary("WFFormValues").entries if given.given("WFFormValues") else {}
            pairs = ((key, "" if item is None else item_text(item, run.clock)) for key, item in fields.items())
            return "&".join(f"{quote(key, safe='')}={quote(text, safe='')}" for key, text in pairs)
        case _:
            found = given.dictionary("WFJSONValues") if given.given("WFJSONValues") else dictionary({})
            return json.dumps(plain(found, run.clock), ensure_ascii=False)


def _content(page: Page) -> Value:
    kind = page.type.partition(";")[0].strip()
    if kind.endswith("json"):
        found = item_of_text(page.body)
        return (page.body,) if found is None else spread(found)
    name = _split(page.url).path.rpartition("/")[2] or "page"
    if kind.startswith(("image/", "video/")):
        return (Photo("", name, text=page.body, media="Video" if kind.startswith("video/") else "Image"),)
    if kind == "text/html":
        return (RichText(page.body, page.title or title_of_html(page.body)),)
    if kind.startswith("text/") or kind.endswith("xml"):
        return (page.body,)
    return (File("", name, text=page.body),)


@action("url.getheaders", "Web", "Gives the headers of what an address answers.", _ADDRESSES, output="Headers of URL")
def headers(run: Run, given: Arguments) -> Value:
    """A dictionary for each address."""
    pages = [page_at(run, one.text) for one in addresses(given, "WFInput")]
    return tuple(dictionary({"Content-Type": page.type, **page.headers}) for page in pages)


@action(
    "url.expand",
    "Web",
    "Follows a short address to where it leads.",
    Parameter("URL", ParameterType.ANY, "The addresses.", is_input=True, aliases=("WFInput",)),
    output="Expanded URL",
)
def expand(run: Run, given: Arguments) -> Value:
    """The addresses at the end."""
    found = []
    known: Mapping[str, Page] = {_plain(page.url): page for page in run.world.device.table(Page)}
    for one in addresses(given, "URL"):
        text = one.text
        for _ in range(_REDIRECTS):
            page = known.get(_plain(text))
            if page is None or not page.redirect:
                break
            text = page.redirect
        found.append(Url(text))
    return tuple(found)


_PARTS = ("Scheme", "User", "Password", "Host", "Port", "Path", "Query", "Fragment")


@action(
    "geturlcomponent",
    "Web",
    "Gives a part of an address.",
    Parameter("WFURLComponent", ParameterType.ENUM, "Which.", "Scheme", _PARTS),
    Parameter("WFURL", ParameterType.ANY, "The address.", is_input=True, aliases=("WFInput",)),
    output="Component of URL",
)
def component(run: Run, given: Arguments) -> Value:
    """The part; nothing where the address hasn't got it."""
    which = given.choice("WFURLComponent")
    return tuple(part for one in urls_of(given.value("WFURL")) if (part := _part(_split(one.text), which)))


def _part(parts: SplitResult, which: str) -> str:
    try:
        port = parts.port
    except ValueError:
        port = None
    found = {
        "Scheme": parts.scheme,
        "User": parts.username,
        "Password": parts.password,
        "Host": parts.hostname,
        "Port": None if port is None else str(port),
        "Path": parts.path,
        "Query": parts.query,
        "Fragment": parts.fragment,
    }
    return found[which] or ""


@action(
    "runjavascriptonwebpage",
    "Web",
    "Runs a script on a web page. On this device the page's data says what comes of it.",
    Parameter("WFJavaScript", ParameterType.TEXT, "The script."),
    _ADDRESSES,
    output="JavaScript Result",
)
def run_javascript(run: Run, given: Arguments) -> Value:
    """What the fixture of the page has for scripts; JSON is read."""
    found = urls_of(given.value("WFInput"))
    results = [page_at(run, one.text).script_result for one in found]
    if not any(results):
        run.remarks.append("a script was run on a page that has no result for scripts")
        return NOTHING
    items = (item_of_text(result) or result for result in results if result)
    return tuple(part for item in items for part in spread(item))


_IP = ("External", "Local")


@action(
    "getipaddress",
    "Web",
    "Tells the device's address in the network.",
    Parameter("WFIPAddressSourceOption", ParameterType.ENUM, "Which.", "External", _IP),
    Parameter("WFIPAddressTypeOption", ParameterType.ENUM, "Of which kind.", "IPv4", ("IPv4", "IPv6")),
    output="Current IP Address",
)
def ip_address(run: Run, given: Arguments) -> Value:
    """The address; nothing where there is no network."""
    settings = run.world.device.settings
    if not settings.online:
        return NOTHING
    local = given.choice("WFIPAddressSourceOption") == "Local"
    address = settings.local_ip if local else settings.external_ip
    return (address if given.choice("WFIPAddressTypeOption") == "IPv4" else f"::ffff:{address}",)
