"""The site in real Chromium: from files, with and without scripts, narrow and wide, by keyboard, and by axe's rules."""

from __future__ import annotations

import filecmp
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium
from playing import ROOT, play

from harness.core.errors import InputError
from leaderboard.build import build_site

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


@pytest.fixture(scope="module")
def submissions(run_folder: Path, honest: Path) -> Path:
    """Two systems on one board, one on another."""
    folder = run_folder / "submissions"
    shutil.copytree(honest, folder / "moody")
    assert play(run_folder, "leaderboard", "pack", "oracle", "--out", "submissions/oracle").returncode == 0
    other = play(run_folder, "run", "--agent", "noop", "--suite", "telecom-desk:lite", "--out", "elsewhere")
    assert other.returncode == 0, other.stderr
    assert play(run_folder, "leaderboard", "pack", "elsewhere", "--out", "submissions/noop").returncode == 0
    return folder


@pytest.fixture(scope="module")
def site(submissions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("board") / "site"
    built = build_site([submissions], out)
    assert (built.entries, built.refused) == (3, ())
    return out


@pytest.fixture(scope="module")
def board(site: Path) -> Path:
    """The folder of the board with two systems."""
    return next(path for path in site.glob("board/*") if path.name.startswith("board-"))


class Links(HTMLParser):
    """What a page refers to, and the places in it that can be referred to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.ids: list[str] = []
        self.policies: list[str] = []
        self.inline: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.hrefs += [found[name] for name in ("href", "src") if name in found]
        self.ids += [found["id"]] if "id" in found else []
        self.inline += [name for name in found if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in found and found.get("type") != "application/json"):
            self.inline.append(tag)
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(found["content"])


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def longest_episode(site: Path) -> Path:
    return max(site.glob("run/*/e/*.html"), key=lambda page: page.stat().st_size)


def test_every_link_leads_somewhere_and_no_page_asks_anybody_else(site: Path) -> None:
    found = {page: Links(page) for page in pages(site)}
    for page, links in found.items():
        assert links.policies == [POLICY]
        assert links.inline == []
        assert len(links.ids) == len(set(links.ids))
        for href in links.hrefs:
            path, place = urldefrag(href)
            assert not urlparse(href).scheme, (page, href)
            target = (page.parent / unquote(path)).resolve() if path else page
            assert target.is_file(), (page, href)
            if place:
                assert place in found[target].ids, (page, href)


def test_the_same_submissions_give_the_same_bytes_in_whatever_order(
    submissions: Path, site: Path, tmp_path: Path
) -> None:
    folders = sorted(submissions.iterdir(), reverse=True)
    build_site(folders, tmp_path / "again")
    mine = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    theirs = {path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*") if path.is_file()}
    assert mine == theirs
    _, differing, broken = filecmp.cmpfiles(site, tmp_path / "again", [str(path) for path in mine], shallow=False)
    assert (differing, broken) == ([], [])


def test_what_does_not_compare_is_never_in_one_table(site: Path) -> None:
    boards = sorted(site.glob("board/*"))
    assert len(boards) == 2
    systems = [json.loads((site / "data" / f"{one.name}.json").read_text())["systems"] for one in boards]
    assert sorted(len(one) for one in systems) == [1, 2]


def test_numbers_of_the_board_are_those_of_the_run(site: Path, board: Path, run_folder: Path) -> None:
    shown = json.loads(play(run_folder, "show", "moody", "--json").stdout)
    rows = json.loads((site / "data" / f"{board.name}.json").read_text())["systems"]
    moody = next(row for row in rows if row["system"] == "moody:Agent")
    assert moody["solved"] == shown["solved"]
    assert moody["score"] == pytest.approx(shown["mean_reward"])
    assert moody["pass_1"] == pytest.approx(shown["pass_k"]["at"]["1"]["value"])
    oracle = next(row for row in rows if row["system"] == "oracle")
    assert (oracle["rank"], moody["rank"], oracle["pass_all"]) == (1, 2, 1.0)


def test_axe_finds_nothing_in_light_and_dark(site: Path, board: Path) -> None:
    run = next(site.glob("run/*"))
    chosen = [
        *site.glob("*.html"),
        *board.glob("*.html"),
        board / "t" / "0.html",
        run / "index.html",
        run / "e" / "0.html",
        site / "data" / "index.html",
    ]
    for scheme in ("light", "dark"):
        # The page's own policy would keep axe from reading the style sheet.
        with chromium(color_scheme=scheme, bypass_csp=True) as seen:
            for page in chosen:
                seen.page.goto(page.as_uri())
                found = Axe().run(seen.page)
                assert found.violations_count == 0, f"{page}: {found.generate_report()}"


def test_sorting_filtering_and_comparing_work_from_files(board: Path) -> None:
    with chromium() as seen:
        page = seen.page
        page.goto((board / "index.html").as_uri())
        names = page.locator("#systems tbody th")
        assert names.all_inner_texts()[0].startswith("oracle")
        page.get_by_role("button", name="score").click()
        assert page.locator("#systems thead th", has_text="score").get_attribute("aria-sort") == "descending"
        page.get_by_role("button", name="score").click()
        assert names.all_inner_texts()[0].startswith("moody")
        page.get_by_label("Filter").fill("oracle")
        assert page.locator("#systems tbody tr:visible").count() == 1
        assert page.locator("[data-count=systems]").inner_text() == "1 of 2"
        page.get_by_label("Filter").fill("")
        compare = page.get_by_role("button", name="Compare the two ticked")
        assert compare.is_disabled()
        page.get_by_label("compare oracle").check()
        page.get_by_label("compare moody:Agent").check()
        compare.click()
        page.wait_for_url("**/compare.html#*")
        said = page.locator("#pair p").inner_text()
        static = page.locator("table td.number").first.inner_text()
        assert static.lstrip("+-−") in said
        assert "low-stock" in page.locator("#pair").inner_text() or "low-stock" in page.locator("#pair").text_content()
        assert (seen.errors, seen.foreign()) == ([], [])


def test_a_trajectory_is_walked_by_keys(site: Path) -> None:
    with chromium() as seen:
        seen.page.goto(longest_episode(site).as_uri())
        for key, wanted in (("j", "n1"), ("j", "n2"), ("j", "n3"), ("k", "n2")):
            seen.page.keyboard.press(key)
            assert seen.page.evaluate("document.activeElement.id") == wanted


def test_the_viewer_reads_a_runs_own_file(site: Path, run_folder: Path) -> None:
    segment = sorted((run_folder / "moody" / "attempts").glob("*.jsonl"))[0]
    with chromium() as seen:
        seen.page.goto((site / "view.html").as_uri())
        seen.page.set_input_files("#file", segment)
        seen.page.wait_for_function("document.querySelectorAll('#steps > li').length > 2")
        assert re.match(r"\d+ episodes$", seen.page.locator("#said").inner_text())
        assert (seen.errors, seen.foreign()) == ([], [])


def test_without_scripts_every_page_is_whole(site: Path, board: Path) -> None:
    with chromium(java_script_enabled=False) as seen:
        seen.page.goto((board / "index.html").as_uri())
        assert seen.page.locator("#systems tbody tr").count() == 2
        assert not seen.page.get_by_label("Filter").is_visible()
        seen.page.goto((board / "compare.html").as_uri())
        assert seen.page.locator("main table tbody tr").count() == 1
        seen.page.goto(longest_episode(site).as_uri())
        assert seen.page.locator(".steps > li").count() > 2


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_is_wider_than_its_window(width: int, site: Path, board: Path) -> None:
    with chromium(viewport={"width": width, "height": 800}) as seen:
        for page in [
            *site.glob("*.html"),
            *board.glob("*.html"),
            *site.glob("run/*/index.html"),
            *site.glob("run/*/e/1.html"),
        ]:
            seen.page.goto(page.as_uri())
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, page


def test_checksums_feed_and_downloads_are_sound(site: Path) -> None:
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=site / "data", check=False)
    assert done.returncode == 0
    feed = ElementTree.parse(site / "feed.xml").getroot()
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 3
    import duckdb

    for parquet in (site / "data").glob("*.parquet"):
        rows = json.loads(parquet.with_suffix(".json").read_text())["systems"]
        wanted = [(row["system"], row["solved"]) for row in sorted(rows, key=lambda row: (row["rank"], row["system"]))]
        found = duckdb.sql(f"SELECT system, solved FROM '{parquet}' ORDER BY rank, system").fetchall()
        assert found == wanted


def test_a_folder_of_somebody_elses_is_never_replaced(submissions: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="was not made by this command"):
        build_site([submissions], tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "years of work"


def test_a_site_is_built_again_in_its_place(submissions: Path, tmp_path: Path) -> None:
    build_site([submissions / "moody"], tmp_path / "site")
    build_site([submissions / "oracle"], tmp_path / "site")
    assert "moody" not in (tmp_path / "site" / "index.html").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.fixture
def server(site: Path) -> Iterator[str]:
    """The address of `bench leaderboard serve`."""
    command = [sys.executable, "-m", "harness", "leaderboard", "serve", str(site), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_the_served_site_is_the_site(server: str, site: Path) -> None:
    import urllib.request

    with urllib.request.urlopen(f"{server}index.html", timeout=10) as answer:
        assert answer.read() == (site / "index.html").read_bytes()
