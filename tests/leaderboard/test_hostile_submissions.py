"""Submissions by people who mean harm: each is refused by name, or shown as text that does nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import chromium
from tampering import Change, Tampered

from leaderboard.build import build_site
from leaderboard.findings import Kind
from leaderboard.submission import ATTEMPTS, MANIFEST, TRAJECTORIES
from leaderboard.verifying import verify

SCRIPT = "<script>window.pwned=1;alert(1)</script>"
BREAKING_OUT = '"\'><img src=x onerror="window.pwned=1"></script></title></style><svg onload=alert(1)>'
TURNED = "safe\u202etxt.exe"


def edit(change: Callable[[dict], object], file: str = MANIFEST, line: int = 0) -> Callable[[Path], None]:  # type: ignore[type-arg]
    """Change one JSON object of a file, hashes unmended."""

    def apply(folder: Path) -> None:
        path = folder / file
        lines = [path.read_text()] if file == MANIFEST else path.read_text().splitlines()
        data = json.loads(lines[line])
        change(data)
        lines[line] = json.dumps(data)
        path.write_text("\n".join(lines) + "\n")

    return apply


def replace(old: str, new: str, file: str = MANIFEST) -> Callable[[Path], None]:
    """Change the text of a file once."""

    def apply(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))

    return apply


def write(file: str, data: bytes) -> Callable[[Path], None]:
    """Put other bytes into a file."""
    return lambda folder: (folder / file).write_bytes(data) and None


def symbolic_link(folder: Path) -> None:
    (folder / TRAJECTORIES).unlink()
    (folder / TRAJECTORIES).symlink_to("/etc/passwd")


def endless_device(folder: Path) -> None:
    (folder / ATTEMPTS).unlink()
    (folder / ATTEMPTS).symlink_to("/dev/zero")


def hard_link(folder: Path) -> None:
    os.link(folder / MANIFEST, folder.parent / "another")


def pipe_that_nobody_writes_to(folder: Path) -> None:
    (folder / ATTEMPTS).unlink()
    os.mkfifo(folder / ATTEMPTS)


def folder_in_place_of_a_file(folder: Path) -> None:
    (folder / ATTEMPTS).unlink()
    (folder / ATTEMPTS).mkdir()


def program_beside_it(folder: Path) -> None:
    (folder / "index.html").write_text(SCRIPT)


def hidden_file(folder: Path) -> None:
    (folder / ".htaccess").write_text("Options +ExecCGI")


def compressed_bomb(folder: Path) -> None:
    shutil.make_archive(str(folder / "trajectories"), "gztar", folder)


def large_manifest(folder: Path) -> None:
    with (folder / MANIFEST).open("ab") as file:
        file.write(b" " * (17 << 20))


def long_line(folder: Path) -> None:
    with (folder / ATTEMPTS).open("ab") as file:
        file.write(b"[" + b"1," * (9 << 20) + b"1]\n")


DEEP = b"[" * 100_000 + b"]" * 100_000

REFUSED: list[tuple[str, Callable[[Path], None], Kind]] = [
    ("a symbolic link to another file", symbolic_link, Kind.FILES),
    ("a link to an endless device", endless_device, Kind.FILES),
    ("a hard link", hard_link, Kind.FILES),
    ("a pipe", pipe_that_nobody_writes_to, Kind.FILES),
    ("a folder named as a file", folder_in_place_of_a_file, Kind.FILES),
    ("a page of its own", program_beside_it, Kind.FILES),
    ("a hidden file", hidden_file, Kind.FILES),
    ("an archive", compressed_bomb, Kind.FILES),
    ("a manifest without end", large_manifest, Kind.FILES),
    ("a line without end", long_line, Kind.SCHEMA),
    ("no rows", write(ATTEMPTS, b""), Kind.CHAIN),
    ("an empty manifest", write(MANIFEST, b""), Kind.SCHEMA),
    ("bytes that are no text", write(MANIFEST, b"\xff\xfe\x00{"), Kind.SCHEMA),
    ("a manifest nested without end", write(MANIFEST, DEEP), Kind.SCHEMA),
    ("rows nested without end", write(ATTEMPTS, DEEP), Kind.SCHEMA),
    ("a record nested without end", write(TRAJECTORIES, DEEP), Kind.SCHEMA),
    ("an object nested without end", write(MANIFEST, b'{"a":' * 5000 + b"1" + b"}" * 5000), Kind.SCHEMA),
    ("a reward that is no number", replace('"reward":1.0', '"reward":NaN', ATTEMPTS), Kind.SCHEMA),
    ("an infinite reward", replace('"reward":1.0', '"reward":Infinity', ATTEMPTS), Kind.SCHEMA),
    ("a reward that overflows", replace('"reward":1.0', '"reward":1e999', ATTEMPTS), Kind.SCHEMA),
    ("a reward of two", replace('"reward":1.0', '"reward":2.0', ATTEMPTS), Kind.SCHEMA),
    ("a negative reward", replace('"reward":1.0', '"reward":-1.0', ATTEMPTS), Kind.SCHEMA),
    ("a negative time", edit(lambda row: row.update(wall_s=-5), ATTEMPTS), Kind.SCHEMA),
    ("a number of a million digits", replace('"seed":', '"seed":' + "9" * 1_000_000, ATTEMPTS), Kind.SCHEMA),
    ("a key twice", replace('"reward":1.0', '"reward":0.0,"reward":1.0', ATTEMPTS), Kind.SCHEMA),
    ("a key twice in the manifest", replace('"license"', '"license":"MIT","license"'), Kind.SCHEMA),
    ("a key twice in a record", replace('"turns"', '"turns":1,"turns"', TRAJECTORIES), Kind.SCHEMA),
    ("half a character", replace('"contact": ""', '"contact": "\\ud800"'), Kind.SCHEMA),
    ("a name that turns", edit(lambda it: it["agent"].update(name=TURNED)), Kind.SCHEMA),
    ("a name that doesn't show", edit(lambda it: it["agent"].update(name="Agent\u200b")), Kind.SCHEMA),
    ("a name of two lines", edit(lambda it: it["agent"].update(name="Agent\nwinner")), Kind.SCHEMA),
    ("a name without end", edit(lambda it: it["agent"].update(name="A" * 10_000)), Kind.SCHEMA),
    ("a title that turns", edit(lambda it: it["suite"]["definition"].update(title=TURNED)), Kind.SCHEMA),
    ("an address that is a script", edit(lambda it: it["agent"].update(url="javascript:alert(1)")), Kind.SCHEMA),
    ("an address that is data", edit(lambda it: it["agent"].update(url="data:text/html,<script>")), Kind.SCHEMA),
    ("an address with a break", edit(lambda it: it["agent"].update(url='https://a.b/"onclick=x')), Kind.SCHEMA),
    ("a pack that climbs", edit(lambda it: it["suite"]["packs"][0].update(id="../../etc")), Kind.SCHEMA),
    ("a task that climbs", edit(lambda it: it["suite"]["tasks"][0].__setitem__(1, "../../x")), Kind.SCHEMA),
    ("a hash that is a path", edit(lambda it: it.update(id="../../../tmp/x")), Kind.SCHEMA),
    ("a forged id", edit(lambda it: it.update(id="sha256:" + "a" * 64)), Kind.ID),
    ("a schema of the future", edit(lambda it: it.update(schema_version=99)), Kind.SCHEMA),
    ("a key in the notes", edit(lambda it: it["declarations"].update(notes="sk-" + "a1B2" * 9)), Kind.SECRET),
]


@pytest.mark.parametrize(("change", "kind"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_it_is_refused_by_name(change: Callable[[Path], None], kind: Kind, submission: Path) -> None:
    change(submission)
    _, found = verify(submission)
    assert kind in {finding.kind for finding in found.findings}
    assert found.badges == ()


def in_manifest(*path: str, text: str) -> Change:
    """Put a text into a field of the manifest."""

    def change(it: Tampered) -> None:
        place = it.manifest
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = text

    return change


def in_events(text: str) -> Change:
    """Put a text into everything that parties and tools said in the first records, and into their verdicts."""

    def change(it: Tampered) -> None:
        for record in it.records[:4]:
            for event in record["events"]:
                if event["type"] == "message":
                    event["message"]["text"] += text
                    event["message"]["marks"] = [text] if event["party"] == "user" else []
                    for call in event["message"]["tool_calls"]:
                        call["arguments"][text] = text
                if event["type"] == "tool":
                    event["result"]["content"] += text
                    event["name"] = text
            for phase in record["reward"]["phases"]:
                for check in phase["checks"]:
                    check["label"] = check["reason"] = text
            record["fingerprints"] = {text: text}
            record["reward"]["reason"] = text

    return change


def in_tasks(it: Tampered) -> None:
    """A task whose name is a script, in everything that names it."""
    from harness.core.identity import trial_seed
    from harness.packs.suites import hash_of_suite
    from leaderboard.submission import Manifest

    name = '</script><img src=x onerror=alert(1)>"'.replace("/", "\u2044")
    old = it.manifest["suite"]["tasks"][0][1]
    it.manifest["suite"]["tasks"][0][1] = name
    for row, record in zip(it.rows, it.records, strict=True):
        if row["task"] == old:
            seed = trial_seed(it.manifest["protocol"]["seed"], row["pack"], name, row["trial"])
            row["task"] = record["task"] = name
            row["seed"] = record["seed"] = seed
    manifest = Manifest.model_validate_json(json.dumps(it.manifest))
    hashes = {pack.id: pack.hash for pack in manifest.suite.packs}
    it.manifest["suite"]["hash"] = hash_of_suite(manifest.suite.definition, hashes, manifest.suite.tasks)


INERT: list[tuple[str, Change]] = [
    *((f"{name} {kind}", in_manifest(*path, text=text[:110]))
      for kind, text in (("script", SCRIPT), ("breaking out", BREAKING_OUT))
      for name, path in (
          ("agent", ("agent", "name")),
          ("version", ("agent", "version")),
          ("organisation", ("agent", "organisation")),
          ("commit", ("agent", "commit")),
          ("notes", ("declarations", "notes")),
          ("license", ("license",)),
          ("harness", ("harness", "version")),
          ("harness commit", ("harness", "commit")),
      )),
    ("script in all events", in_events(SCRIPT)),
    ("breaking out in all events", in_events(BREAKING_OUT)),
    ("turned text in all events", in_events("\u202e\u2066gnp.txt\u200b")),
    ("template in all events", in_events("{{ 7 * 7 }}{% include '/etc/passwd' %}${7*7}")),
    ("half a megabyte in all events", in_events("🙂 verylong" * 5_000)),
    ("script as a task's name", in_tasks),
]  # fmt: skip


@pytest.fixture(scope="module")
def shown(honest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of all submissions whose texts are hostile and whose hashes fit."""
    folder = tmp_path_factory.mktemp("inert")
    for number, (_, change) in enumerate(INERT):
        it = Tampered(shutil.copytree(honest, folder / "submissions" / str(number)))
        change(it)
        it.write()
    built = build_site([folder / "submissions"], folder / "site")
    assert built.refused == ()
    assert built.entries == len(INERT)
    return folder / "site"


def test_hostile_text_is_shown_and_does_nothing(shown: Path) -> None:
    pages = [
        *shown.glob("*.html"),
        *shown.glob("board/*/*.html"),
        *shown.glob("board/*/t/0.html"),
        *shown.glob("run/*/index.html"),
        *(page for run in shown.glob("run/*") for page in sorted(run.glob("e/*.html"))[:3]),
    ]
    assert len(pages) > 80
    with chromium() as seen:
        for page in pages:
            seen.page.goto(page.as_uri())
            assert seen.page.evaluate("window.pwned") is None
            assert (
                seen.page.evaluate(
                    "document.querySelectorAll('main img, main svg [onload], main script:not([type])').length"
                )
                == 0
            )
    assert (seen.dialogs, seen.errors, seen.foreign()) == ([], [], [])
    text = "".join(page.read_text() for page in pages)
    assert "&lt;script&gt;" in text
    assert "[U+202E]" in text
    assert not any(character in text for character in "\u202e\u2066\u200b")
    assert "{{ 7 * 7 }}" in text


def test_no_trajectory_is_larger_than_its_budget_whatever_is_in_it(shown: Path) -> None:
    import gzip

    sizes = [len(gzip.compress(page.read_bytes())) for page in shown.glob("run/*/e/*.html")]
    assert max(sizes) <= 100_000


def test_a_formula_stays_text_in_the_spreadsheet(submission: Path, tmp_path: Path) -> None:
    it = Tampered(submission)
    it.manifest["agent"]["name"] = '=HYPERLINK("http://evil")'
    it.write()
    build_site([submission], tmp_path / "site")
    (csv,) = (tmp_path / "site" / "data").glob("*.csv")
    assert "'=HYPERLINK" in csv.read_text()


def test_one_bad_submission_does_not_keep_the_others_from_the_site(honest: Path, tmp_path: Path) -> None:
    shutil.copytree(honest, tmp_path / "in" / "good")
    bad = shutil.copytree(honest, tmp_path / "in" / "bad")
    (bad / ATTEMPTS).write_text("{}\n")
    built = build_site([tmp_path / "in"], tmp_path / "site")
    assert built.entries == 1
    assert [folder.name for folder, _ in built.refused] == ["bad"]
