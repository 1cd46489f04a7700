"""The stores of apps, music, films, podcasts and books."""

from __future__ import annotations

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.records import Article, OpenedUrl, StoreItem
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import Value

_MEDIA = {"app": "App", "software": "App", "music": "Song", "song": "Song", "movie": "Movie", "podcast": "Podcast",
          "ebook": "Book", "book": "Book", "audiobook": "Audiobook"}  # fmt: skip

finder(
    "filter.apps",
    "Store",
    "Filters apps; properties: Name, Category, Price, Rating.",
    "Apps",
    lambda device: (item for item in device.table(StoreItem) if item.kind == "App"),
)
finder(
    "filter.articles",
    "Web",
    "Filters articles; properties: Title, Author, Published Date, URL, Number of Words.",
    "Articles",
    lambda device: (),
)


def _search(identifier: str, text: str, output: str, kind: str) -> None:
    """Declare an action that searches a store."""

    @action(
        identifier,
        "Store",
        text,
        Parameter("WFSearchTerm", ParameterType.TEXT, "Words to look for.", is_input=True),
        *((Parameter("WFMediaType", ParameterType.TEXT, "What kind of thing."),) if not kind else ()),
        Parameter("WFEntity", ParameterType.TEXT, "What kind, more exactly."),
        Parameter("WFAttribute", ParameterType.TEXT, "Where the words must be, such as Artist."),
        Parameter("WFCountry", ParameterType.TEXT, "In which country's store; all are alike here."),
        Parameter("WFItemLimit", ParameterType.NUMBER, "How many at most.", 25),
        output=output,
    )
    def search(run: Run, given: Arguments) -> Value:
        words = given.text("WFSearchTerm").casefold().split()
        wanted = kind or _MEDIA.get(given.text("WFMediaType").casefold().replace(" ", "").rstrip("s"), "")
        found = tuple(
            item
            for item in run.world.device.table(StoreItem)
            if words
            and (not wanted or item.kind == wanted)
            and all(word in f"{item.name} {item.artist} {item.category}".casefold() for word in words)
        )
        return found[: given.integer("WFItemLimit", least=0, most=1_000)]


_search("searchappstore", "Searches the App Store.", "App Store Apps", "App")
_search("searchitunes", "Searches the iTunes Store.", "iTunes Products", "")
_search("searchpodcasts", "Searches podcasts.", "Podcasts", "Podcast")


@action(
    "showinstore",
    "Store",
    "Shows things in their store.",
    Parameter("WFProduct", ParameterType.ANY, "The things.", is_input=True, aliases=("WFInput",)),
    writes=True,
)
def show(run: Run, given: Arguments) -> None:
    """The store is opened there."""
    for item in given.value("WFProduct"):
        if isinstance(item, StoreItem | Article):
            run.world.add(
                OpenedUrl("", item.url or f"store:{item.name if isinstance(item, StoreItem) else item.title}")
            )
