"""What actions of files, photos, music, maps, weather, health and the web give on a furnished phone."""

from __future__ import annotations

import pytest
from shortcut_building import Action, act, output_of

TIMER = "com.apple.mobiletimer-framework.MobileTimerIntents."


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([act("documentpicker.open", WFGetFilePath="todo.txt")], "mend the gate\ncall Tom"),
        ([act("documentpicker.open", WFGetFilePath="lease.pdf", WFFile="Papers")], "Lease of 12 Elm Street"),
        ([act("documentpicker.open", WFGetFilePath="none.txt", WFFileErrorIfNotFound=False)], ""),
        (
            [
                act("documentpicker.open", UUID="f", WFGetFilePath="config.json"),
                act("getvalueforkey", WFInput="${f}", WFDictionaryKey="units.distance"),
            ],
            "km",
        ),
        (
            [
                act("filter.files", UUID="f", WFContentItemSortProperty="Name"),
                act("properties.files", WFInput="${f}", WFContentItemPropertyName="File Extension"),
            ],
            "json\npdf\ntxt",
        ),
        (
            [
                act("documentpicker.open", UUID="f", WFGetFilePath="todo.txt"),
                act("properties.files", WFInput="${f}", WFContentItemPropertyName="File Size"),
            ],
            "22",
        ),
        ([act("documentpicker.open", UUID="f", WFGetFilePath="todo.txt"), act("getitemtype", WFInput="${f}")], "File"),
        (
            [act("documentpicker.open", UUID="f", WFGetFilePath="todo.txt"), act("file.getlink", WFFile="${f}")],
            "https://www.icloud.com/iclouddrive/Shortcuts/todo.txt",
        ),
        ([act("file.getfoldercontents", WFFolder="Papers", UUID="f"), act("getitemname", WFInput="${f}")], "lease"),
        ([act("setitemname", WFInput="x", WFName="letter", UUID="f"), act("getitemname", WFInput="${f}")], "letter"),
        ([act("makezip", WFInput=["a", "b"], WFZIPName="both", UUID="z"), act("unzip", WFArchive="${z}")], "a\nb"),
        ([act("makepdf", WFInput=["one", "two"], UUID="p"), act("gettextfrompdf", WFInput="${p}")], "one\ntwo"),
        (
            [
                act("makepdf", WFInput=["one", "two"], UUID="p", WFPDFIncludedPages="Single Page", WFPDFSinglePage=2),
                act("gettextfrompdf", WFInput="${p}"),
            ],
            "two",
        ),
        (
            [
                act("gettypeaction", WFInput="x", WFFileType="public.html", UUID="f"),
                act("properties.files", WFInput="${f}", WFContentItemPropertyName="File Extension"),
            ],
            "html",
        ),
        ([act("format.filesize", WFFileSize=2_400_000)], "2.4 MB"),
        ([act("format.filesize", WFFileSize=2048, WFFileSizeFormat="KB", WFFileSizeIncludeUnits=False)], "2"),
        ([act("base64encode", WFInput="Grüße")], "R3LDvMOfZQ=="),
        ([act("base64encode", WFInput="R3LDvMOfZQ", WFEncodeMode="Decode")], "Grüße"),
        ([act("urlencode", WFInput="a b/ü")], "a%20b%2F%C3%BC"),
        ([act("urlencode", WFInput="a%20b", WFEncodeMode="Decode")], "a b"),
        ([act("hash", WFInput="abc", WFHashType="SHA1")], "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            [
                act("getrichtextfrommarkdown", WFInput="# Hi\n- *a* [b](https://c.example)", UUID="r"),
                act("gethtmlfromrichtext", WFInput="${r}"),
            ],
            '<h1>Hi</h1><ul><li><i>a</i> <a href="https://c.example">b</a></li></ul>',
        ),
        (
            [
                act("getrichtextfromhtml", WFHTML="<h2>Hi</h2><p>a <b>b</b></p><script>x</script>", UUID="r"),
                act("getmarkdownfromrichtext", WFInput="${r}"),
            ],
            "## Hi\na **b**",
        ),
        (
            [
                act("getlastphoto", WFGetLatestPhotoCount=2, WFGetLatestPhotosActionIncludeScreenshots=False, UUID="p"),
                act("properties.images", WFInput="${p}", WFContentItemPropertyName="Name"),
            ],
            "IMG_0413\nIMG_0412",
        ),
        ([act("getlastscreenshot", UUID="p"), act("extracttextfromimage", WFImage="${p}")], "Gate B12"),
        (
            [
                act("getlastphoto", UUID="p"),
                act("image.resize", WFImage="${p}", WFImageResizeWidth=300, UUID="r"),
                act("properties.images", WFInput="${r}", WFContentItemPropertyName="Height"),
            ],
            "650",
        ),
        (
            [
                act("getlastphoto", UUID="p"),
                act("image.rotate", WFImage="${p}", UUID="r"),
                act("properties.images", WFInput="${r}", WFContentItemPropertyName="Width"),
            ],
            "2556",
        ),
        (
            [
                act("getlastphoto", UUID="p", WFGetLatestPhotoCount=3),
                act("image.combine", WFInput="${p}", WFImageCombineMode="Vertically", UUID="c"),
                act("properties.images", WFInput="${c}", WFContentItemPropertyName="Width"),
            ],
            "3024",
        ),
        (
            [
                act("getlastphoto", UUID="p"),
                act("image.convert", WFInput="${p}", WFImageFormat="JPEG", UUID="c"),
                act("properties.images", WFInput="${c}", WFContentItemPropertyName="File Extension"),
            ],
            "jpg",
        ),
        ([act("generatebarcode", WFText="hello", UUID="q"), act("extracttextfromimage", WFImage="${q}")], "hello"),
        (
            [
                act("getwebpagecontents", WFInput="https://example.org/reading/tides", UUID="w"),
                act("detect.images", WFInput="${w}", UUID="i"),
                act("getitemname", WFInput="${i}"),
            ],
            "tide",
        ),
        (
            [
                act(
                    "filter.music",
                    WFContentItemSortProperty="Play Count",
                    WFContentItemSortOrder="Biggest First",
                    UUID="s",
                ),
                act("properties.music", WFInput="${s}", WFContentItemPropertyName="Title"),
            ],
            "Run the Ridge\nSlow Tide",
        ),
        (
            [
                act("getcurrentsong", UUID="s"),
                act("properties.music", WFInput="${s}", WFContentItemPropertyName="Artist"),
            ],
            "The Lamplighters",
        ),
        ([act("get.playlist", WFPlaylistName="workout")], "Run the Ridge"),
        (
            [
                act("getcurrentlocation", UUID="p"),
                act("properties.locations", WFInput="${p}", WFContentItemPropertyName="Street"),
            ],
            "12 Elm Street",
        ),
        ([act("getdistance", WFGetDistanceDestination="4 Mill Lane")], "1.5"),
        ([act("gettraveltime", WFDestination="4 Mill Lane", WFGetDirectionsActionMode="Walking")], "23 min"),
        (
            [
                act("detect.address", WFInput="we meet at 4 Mill Lane at noon", UUID="a"),
                act("properties.locations", WFInput="${a}", WFContentItemPropertyName="Name"),
            ],
            "Dr. Kim, Dentist",
        ),
        ([act("address", WFAddressLine1="1 Way", WFCity="Bath", WFPostalCode="BA1")], "1 Way\nBA1 Bath"),
        (
            [act("searchlocalbusinesses", WFInput="garage", UUID="g"), act("getitemname", WFInput="${g}")],
            "Harbour Garage",
        ),
        (
            [
                act("weather.currentconditions", UUID="w"),
                act("properties.weather.conditions", WFInput="${w}", WFContentItemPropertyName="Temperature"),
            ],
            "14 °C",
        ),
        (
            [
                act("weather.forecast", UUID="w"),
                act("properties.weather.conditions", WFInput="${w}", WFContentItemPropertyName="Condition"),
            ],
            "Rain\nSunny",
        ),
        (
            [
                act("filter.health.quantity", UUID="h"),
                act("properties.health.quantity", WFInput="${h}", WFContentItemPropertyName="Value"),
            ],
            "68.4\n8120",
        ),
        (
            [
                act("downloadurl", WFURL="https://elsewhere.example/x", UUID="d"),
                act("getvalueforkey", WFInput="${d}", WFDictionaryKey="method"),
            ],
            "GET",
        ),
        (
            [act("getwebpagecontents", WFInput="https://example.org/reading/tides")],
            "How tides work\nThe moon pulls at the sea.",
        ),
        (
            [
                act("rss", WFRSSFeedURL="https://www.apple.com/newsroom/rss-feed.rss", UUID="r"),
                act("properties.articles", WFInput="${r}", WFContentItemPropertyName="Title"),
            ],
            "First story\nSecond story",
        ),
        (
            [
                act("rss", WFRSSFeedURL="https://www.apple.com/newsroom/rss-feed.rss", WFRSSItemQuantity=1, UUID="r"),
                act("detect.link", WFInput="${r}"),
            ],
            "https://example.org/first",
        ),
        ([act("geturlcomponent", WFURL="https://a.example:81/b?c=d#e", WFURLComponent="Query")], "c=d"),
        ([act("geturlcomponent", WFURL="https://a.example:81/b?c=d#e", WFURLComponent="Port")], "81"),
        ([act("getipaddress", WFIPAddressSourceOption="Local")], "192.168.1.23"),
        ([act("getwifi")], "Home"),
        (
            [
                act("searchappstore", WFSearchTerm="chat", UUID="a"),
                act("properties.appstore", WFInput="${a}", WFContentItemPropertyName="Category"),
            ],
            "Social Networking",
        ),
        ([act("text.translate", WFInputText="good morning", WFSelectedLanguage="German")], "Guten Morgen"),
        ([act("detectlanguage", WFInput="Das ist nicht mein Haus")], "German"),
        ([act("getnameofemoji", WFInput="🎉")], "party popper"),
        (
            [
                act("text.match", text="a1 b22", WFMatchTextPattern="([a-z])([0-9]+)", UUID="m"),
                act("text.match.getgroup", matches="${m}", WFGroupIndex=2),
            ],
            "1\n22",
        ),
        (
            [
                act("text.match", text="a1", WFMatchTextPattern="([a-z])([0-9]+)", UUID="m"),
                act("text.match.getgroup", matches="${m}", WFGetGroupType="All Groups"),
            ],
            "a\n1",
        ),
        ([act("format.number", WFNumber="1234567.891", WFNumberFormatDecimalPlaces=1)], "1,234,567.9"),
        ([act("statistics", Input=[3, 1, 2, 2], WFStatisticsOperation="Median")], "2"),
        ([act("statistics", Input=["4 kg", "6 kg"], WFStatisticsOperation="Sum")], "10"),
        ([act("calculateexpression", Input="(2 + 3) × sqrt(16)^2")], "80"),
        (
            [act("measurement.convert", WFInput={"Magnitude": 10, "Unit": "km"}, WFMeasurementUnit="mi")],
            "6.213711922 mi",
        ),
        (
            [act("measurement.convert", WFInput={"Magnitude": 71, "Unit": "°F"}, WFMeasurementUnit="°C")],
            "21.66666667 °C",
        ),
        (
            [act("detect.emailaddress", WFInput="write to maya@example.org, or tom@example.org.")],
            "maya@example.org\ntom@example.org",
        ),
        ([act("detect.phonenumber", WFInput="call +1 555 0100 or 555 0144")], "+1 555 0100\n555 0144"),
        ([act("detect.contacts", WFInput="dinner with Maya Lindqvist")], "Maya Lindqvist"),
        (
            [
                act("filter.eventattendees", UUID="p"),
                act("properties.eventattendees", WFInput="${p}", WFContentItemPropertyName="Email Address"),
            ],
            "maya@example.org",
        ),
        ([act("runworkflow", WFWorkflowName="hello", WFInput="Ida")], "Hello Ida"),
        ([act("runworkflow", WFWorkflow={"workflowName": "Hello", "isSelf": False}, WFInput="Ida")], "Hello Ida"),
        (
            [
                act("getmyworkflows", UUID="m"),
                act("properties.workflow", WFInput="${m}", WFContentItemPropertyName="Name"),
            ],
            "Hello",
        ),
        ([act("dnd.getfocus")], ""),
        ([act(TIMER + "MTGetAlarmsIntent")], "Get up"),
        ([act("filter.reminders", WFContentItemSortProperty="Random", UUID="r"), act("count", Input="${r}")], "3"),
    ],
)
def test_actions_give_what_apples_give(actions: list[Action], expected: str) -> None:
    assert output_of(*actions) == expected
