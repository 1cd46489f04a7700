"""Places, ways and the weather there."""

from __future__ import annotations

import math
from decimal import Decimal

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.coercion import item_text
from environments.shortcuts.records import OpenedUrl, Place, Weather
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import NOTHING, Item, Quantity, Url, Value

_CUSTOM = Parameter("WFGetDirectionsCustomLocation", ParameterType.ANY, "From where, if not from here.")
_SPEEDS = {"Driving": 50, "Walking": 5, "Transit": 25, "Biking": 15}
"""In km/h, along 1.3 times the distance as the crow flies."""
_DETOUR = 1.3
_EARTH = 6371.0

finder(
    "filter.locations",
    "Maps",
    "Filters places; properties: Name, City, State, Street, ZIP Code, Latitude, Longitude.",
    "Locations",
    lambda device: device.table(Place),
)


def here(run: Run) -> Place:
    """Where the device is.

    Raises:
        ActionError: nobody knows.
    """
    name = run.world.device.settings.location
    if not name:
        raise ActionError(RunErrorKind.NOT_FOUND, "the device doesn't know where it is")
    return _named(run, name) or Place("", name)


def _named(run: Run, name: str) -> Place | None:
    wanted = " ".join(name.casefold().split())
    places = list(run.world.device.table(Place))
    exact = (place for place in places if wanted in (place.name.casefold(), place.street.casefold()))
    whole = (place for place in places if place.street and wanted.startswith(place.street.casefold()))
    city = (place for place in places if wanted == place.city.casefold())
    return next((place for found in (exact, whole, city) for place in found), None)


def place_of(run: Run, item: Item) -> Place:
    """The place that an item is, or names.

    Raises:
        ActionError: the map knows none of that name.
    """
    if isinstance(item, Place):
        return item
    text = item_text(item, run.clock).strip()
    if text.casefold() in ("current location", "here"):
        return here(run)
    found = _named(run, text)
    if found is None:
        raise ActionError(RunErrorKind.NOT_FOUND, f"the map knows no place called {text[:80]!r}")
    return found


def _one(run: Run, given: Arguments, name: str) -> Place:
    items = given.value(name)
    if not items:
        raise given.problem(name, "must be a place")
    return place_of(run, items[0])


@action(
    "getcurrentlocation",
    "Maps",
    "Gives the place where the device is.",
    Parameter("Accuracy", ParameterType.TEXT, "How exactly; here it's always the same."),
    output="Current Location",
    personal=True,
)
def current(run: Run, given: Arguments) -> Value:
    """The place."""
    return (here(run),)


@action(
    "location",
    "Maps",
    "Gives a certain place.",
    Parameter("WFLocation", ParameterType.ANY, "The place, or its name."),
    output="Location",
)
def location(run: Run, given: Arguments) -> Value:
    """The place; one that the map doesn't know has nothing but its name."""
    return tuple(
        item
        if isinstance(item, Place)
        else _named(run, item_text(item, run.clock)) or Place("", item_text(item, run.clock))
        for item in given.value("WFLocation")
    ) or (here(run),)


@action(
    "address",
    "Maps",
    "Makes an address.",
    Parameter("WFAddressLine1", ParameterType.TEXT, "Street and number."),
    Parameter("WFAddressLine2", ParameterType.TEXT, "More of it."),
    Parameter("WFCity", ParameterType.TEXT, "City."),
    Parameter("WFState", ParameterType.TEXT, "State."),
    Parameter("WFPostalCode", ParameterType.TEXT, "Postcode."),
    Parameter("WFCountry", ParameterType.TEXT, "Country."),
    output="Street Address",
)
def address(run: Run, given: Arguments) -> Value:
    """The address as a place."""
    street = " ".join(part for part in (given.text("WFAddressLine1"), given.text("WFAddressLine2")) if part)
    known = _named(run, street)
    return (
        Place(
            known.id if known else "",
            known.name if known else "",
            street,
            given.text("WFCity"),
            given.text("WFState"),
            given.text("WFPostalCode"),
            given.text("WFCountry"),
            known.latitude if known else 0.0,
            known.longitude if known else 0.0,
        ),
    )


@action(
    "detect.address",
    "Maps",
    "Finds the places that its input names.",
    Parameter("WFInput", ParameterType.ANY, "What to look into.", is_input=True),
    output="Addresses",
)
def detect(run: Run, given: Arguments) -> Value:
    """The places of the map whose name or street is in it."""
    found: dict[str, Place] = {}
    for item in given.value("WFInput"):
        if isinstance(item, Place):
            found[item.id or item.address] = item
            continue
        text = item_text(item, run.clock).casefold()
        for place in run.world.device.table(Place):
            if any(name and name.casefold() in text for name in (place.street, place.name)):
                found[place.id] = place
    return tuple(found.values())


@action(
    "searchmaps",
    "Maps",
    "Shows places on the map.",
    Parameter("WFInput", ParameterType.ANY, "The places.", is_input=True),
    Parameter("WFSearchMapsActionApp", ParameterType.TEXT, "In which app.", "Maps"),
    writes=True,
    personal=True,
)
def search(run: Run, given: Arguments) -> None:
    """The map is opened there."""
    for text in given.texts("WFInput"):
        run.world.add(OpenedUrl("", f"maps://?q={text.splitlines()[0] if text else ''}"))


@action(
    "searchlocalbusinesses",
    "Maps",
    "Finds places by their name.",
    Parameter("WFInput", ParameterType.TEXT, "Words of the name.", is_input=True, aliases=("WFSearchQuery",)),
    Parameter("WFSearchRadius", ParameterType.NUMBER, "Within how many km of here.", 10_000),
    output="Local Businesses",
)
def businesses(run: Run, given: Arguments) -> Value:
    """The places."""
    wanted = given.text("WFInput").casefold().split()
    return tuple(
        place for place in run.world.device.table(Place) if wanted and all(w in place.name.casefold() for w in wanted)
    )


@action(
    "getmapslink",
    "Maps",
    "Gives a link to places on the map.",
    Parameter("WFInput", ParameterType.ANY, "The places.", is_input=True),
    output="Maps URL",
)
def link(run: Run, given: Arguments) -> Value:
    """The addresses."""
    places = [place_of(run, item) for item in given.value("WFInput")]
    return tuple(Url(f"https://maps.apple.com/?ll={place.latitude},{place.longitude}") for place in places)


@action(
    "getdirections",
    "Maps",
    "Shows the way to a place.",
    Parameter("WFDestination", ParameterType.ANY, "Where to.", is_input=True),
    Parameter("WFLocation", ParameterType.ANY, "From where, if not from here."),
    Parameter("WFGetDirectionsActionApp", ParameterType.TEXT, "In which app.", "Maps"),
    Parameter("WFGetDirectionsActionMode", ParameterType.TEXT, "How.", "Driving"),
    writes=True,
    personal=True,
)
def directions(run: Run, given: Arguments) -> None:
    """The map is opened with the way."""
    to = _one(run, given, "WFDestination")
    mode = given.text("WFGetDirectionsActionMode").lower()
    run.world.add(OpenedUrl("", f"maps://?daddr={to.name or to.street}&dirflg={mode}"))


def _distance(run: Run, given: Arguments, destination: str) -> float:
    """As the crow flies, in km."""
    start = _one(run, given, _CUSTOM.name) if given.given(_CUSTOM.name) else here(run)
    end = _one(run, given, destination)
    first, second = math.radians(start.latitude), math.radians(end.latitude)
    turn = math.radians(end.longitude - start.longitude)
    part = math.sin((second - first) / 2) ** 2 + math.cos(first) * math.cos(second) * math.sin(turn / 2) ** 2
    # Rounded to metres, which all platforms' C libraries agree on.
    return round(2 * _EARTH * math.asin(min(1.0, math.sqrt(part))), 3)


@action(
    "gettraveltime",
    "Maps",
    "Tells how long the way to a place takes.",
    Parameter("WFDestination", ParameterType.ANY, "Where to.", is_input=True),
    _CUSTOM,
    Parameter("WFGetDirectionsActionMode", ParameterType.ENUM, "How.", "Driving", tuple(_SPEEDS)),
    output="Travel Time",
    personal=True,
)
def travel_time(run: Run, given: Arguments) -> Value:
    """Whole minutes."""
    speed = _SPEEDS[given.choice("WFGetDirectionsActionMode")]
    minutes = math.ceil(round(_distance(run, given, "WFDestination") * _DETOUR / speed * 60, 3))
    return (Quantity(Decimal(minutes), "min"),)


@action(
    "getdistance",
    "Maps",
    "Tells how far a place is.",
    Parameter("WFGetDistanceDestination", ParameterType.ANY, "Where to.", is_input=True),
    _CUSTOM,
    Parameter(
        "WFGetDirectionsActionMode", ParameterType.ENUM, "How.", "Direct", ("Direct", "Driving", "Walking", "Biking")
    ),
    Parameter("WFDistanceUnit", ParameterType.ENUM, "In which unit.", "Kilometers", ("Miles", "Kilometers")),
    output="Distance",
    personal=True,
)
def distance(run: Run, given: Arguments) -> Value:
    """The number, to a tenth."""
    far = _distance(run, given, "WFGetDistanceDestination")
    if given.choice("WFGetDirectionsActionMode") != "Direct":
        far *= _DETOUR
    if given.choice("WFDistanceUnit") == "Miles":
        far /= 1.609344
    return (Decimal(f"{far:.1f}"),)


@action(
    "gethalfwaypoint",
    "Maps",
    "Gives the point half way between two places.",
    Parameter("WFGetHalfwayPointFirstLocation", ParameterType.ANY, "The one.", is_input=True),
    Parameter("WFGetHalfwayPointSecondLocation", ParameterType.ANY, "The other."),
    output="Halfway Point",
)
def halfway(run: Run, given: Arguments) -> Value:
    """The point, which has no name."""
    one = _one(run, given, "WFGetHalfwayPointFirstLocation")
    other = _one(run, given, "WFGetHalfwayPointSecondLocation")
    middle = ((one.latitude + other.latitude) / 2, (one.longitude + other.longitude) / 2)
    return (Place("", "Halfway Point", latitude=round(middle[0], 6), longitude=round(middle[1], 6)),)


@action(
    "setparkedcar",
    "Maps",
    "Remembers where the car is.",
    Parameter("WFLocation", ParameterType.ANY, "Where, if not here."),
    Parameter("WFSetParkedCarNotes", ParameterType.TEXT, "Notes."),
    output="Parked Car",
    writes=True,
    personal=True,
)
def park(run: Run, given: Arguments) -> Value:
    """The place."""
    place = _one(run, given, "WFLocation") if given.given("WFLocation") else here(run)
    run.world.set(parked_car=place.name or place.street)
    return (place,)


@action(
    "getparkedcarlocation", "Maps", "Gives the place where the car is.", output="Parked Car Location", personal=True
)
def parked(run: Run, given: Arguments) -> Value:
    """The place; nothing where nobody remembers."""
    name = run.world.device.settings.parked_car
    return (_named(run, name) or Place("", name),) if name else NOTHING


_WHERE = Parameter("WFWeatherCustomLocation", ParameterType.ANY, "Where, if not here.")


@action(
    "weather.currentconditions",
    "Weather",
    "Tells the weather now.",
    _WHERE,
    output="Weather Conditions",
)
def weather_now(run: Run, given: Arguments) -> Value:
    """The newest that is known, or else the next."""
    known = sorted(_weather(run, given), key=lambda weather: (weather.time, not weather.hourly))
    past = [weather for weather in known if weather.time <= run.clock.now]
    return tuple(past[-1:] or known[:1])


@action(
    "weather.forecast",
    "Weather",
    "Tells the weather of the next hours or days.",
    _WHERE,
    Parameter("WFWeatherForecastType", ParameterType.ENUM, "Which.", "Daily", ("Hourly", "Daily")),
    output="Weather Conditions",
)
def forecast(run: Run, given: Arguments) -> Value:
    """In order of time, from now or from today on."""
    hourly = given.choice("WFWeatherForecastType") == "Hourly"
    start = run.clock.now if hourly else run.clock.now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = [weather for weather in _weather(run, given) if weather.hourly == hourly and weather.time >= start]
    return tuple(sorted(found, key=lambda weather: weather.time))


def _weather(run: Run, given: Arguments) -> list[Weather]:
    """What is known of the weather at a place, by its name or its city."""
    place = _one(run, given, "WFWeatherCustomLocation") if given.given("WFWeatherCustomLocation") else here(run)
    names = {name.casefold() for name in (place.name, place.city) if name}
    found = [weather for weather in run.world.device.table(Weather) if weather.place.casefold() in names]
    if not found:
        raise ActionError(RunErrorKind.NOT_FOUND, f"there is no weather for {place.name or place.city}"[:200])
    return found
