"""Articles of the web: feeds, single pages, and the reading list."""

from __future__ import annotations

import re

from environments.shortcuts.actions.web import addresses, page_at
from environments.shortcuts.dates import read_date
from environments.shortcuts.html_text import text_of_html, title_of_html
from environments.shortcuts.records import Article, OpenedUrl
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import Url, Value, checked

_ATOM_LINK = re.compile(r"<link\b[^>]{0,500}?href=[\"']([^\"']{1,2000})", re.I)


@action(
    "rss",
    "Web",
    "Gives the newest items of a feed.",
    Parameter("WFRSSFeedURL", ParameterType.ANY, "The feed's address.", is_input=True),
    Parameter("WFRSSItemQuantity", ParameterType.NUMBER, "How many.", 10),
    output="RSS Items",
)
def feed(run: Run, given: Arguments) -> Value:
    """The items as articles."""
    most = given.integer("WFRSSItemQuantity", least=0, most=1_000)
    found: list[Article] = []
    for one in addresses(given, "WFRSSFeedURL"):
        body = page_at(run, one.text).body
        entries = _elements(body, "item") or _elements(body, "entry")
        found += [_article(run, entry) for entry in entries[:most]]
    return checked(tuple(found[:most]))


def _article(run: Run, body: str) -> Article:
    link = _tagged(body, "link") or next(iter(_ATOM_LINK.findall(body)), "")
    day = _tagged(body, "pubDate") or _tagged(body, "published") or _tagged(body, "updated")
    return Article(
        title=_tagged(body, "title"),
        url=link,
        author=_tagged(body, "author") or _tagged(body, "dc:creator"),
        published=read_date(day, run.clock) if day else None,
        body=_tagged(body, "description") or _tagged(body, "content") or _tagged(body, "summary"),
    )


def _elements(body: str, name: str) -> list[str]:
    """What stands inside each element of a name, in time linear in the body."""
    lowered, found, start = body.lower(), [], 0
    opening, closing = re.compile(rf"<{re.escape(name)}\b[^<>]{{0,500}}>", re.I), f"</{name.lower()}>"
    while opened := opening.search(body, start):
        end = lowered.find(closing, opened.end())
        if end < 0:
            break
        found.append(body[opened.end() : end])
        start = end
    return found


def _tagged(body: str, name: str) -> str:
    text = next(iter(_elements(body, name)), "").strip()
    return text_of_html(text.removeprefix("<![CDATA[").removesuffix("]]>"))


@action(
    "rss.extract",
    "Web",
    "Finds the feeds of web pages.",
    Parameter("WFURLs", ParameterType.ANY, "The pages' addresses.", is_input=True, aliases=("WFInput",)),
    output="RSS Feeds",
)
def feeds(run: Run, given: Arguments) -> Value:
    """Their addresses."""
    pages = [page_at(run, one.text) for one in addresses(given, "WFURLs")]
    pattern = re.compile(r"<link\b[^<>]{0,500}?type=[\"']application/(?:rss|atom)\+xml[\"'][^<>]{0,500}?>", re.I)
    tags = (tag for page in pages for tag in pattern.findall(page.body))
    return tuple(Url(found[1]) for tag in tags if (found := re.search(r"href=[\"']([^\"']+)", tag)))


@action(
    "getarticle",
    "Web",
    "Gives the article of a web page.",
    Parameter("WFWebPage", ParameterType.ANY, "The page's address.", is_input=True),
    output="Article",
)
def article(run: Run, given: Arguments) -> Value:
    """The article."""
    found = addresses(given, "WFWebPage")
    pages = [page_at(run, one.text) for one in found]
    return tuple(
        Article(page.title or title_of_html(page.body), one.text, body=page.body)
        for page, one in zip(pages, found, strict=True)
    )


@action(
    "readinglist",
    "Web",
    "Adds addresses to the reading list.",
    Parameter("WFURL", ParameterType.ANY, "The addresses.", is_input=True),
    writes=True,
    personal=True,
)
def reading_list(run: Run, given: Arguments) -> None:
    """They are kept to be read."""
    for one in addresses(given, "WFURL"):
        run.world.add(OpenedUrl("", f"readinglist:{one.text}"))
