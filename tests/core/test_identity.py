"""Hashes and seeds: equal things are equal, different things differ."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from harness.core.identity import digest, digest_folder, role_random, trial_seed


def test_a_trials_seed_is_the_same_on_every_machine_and_in_every_release() -> None:
    assert trial_seed(0, "sql-shop", "revenue", 0) == 3784539464459898886
    assert 0 <= trial_seed(300, "p", "t", 1) < 2**63


@given(st.tuples(st.integers(), st.text(), st.text(), st.integers(0)), st.integers(0, 3))
def test_a_trials_seed_depends_on_each_of_its_parts(parts: tuple[int, str, str, int], which: int) -> None:
    other = list(parts)
    other[which] = other[which] + (1 if which in (0, 3) else "x")  # type: ignore[operator]
    assert trial_seed(*parts) != trial_seed(*other)  # type: ignore[arg-type]


def test_one_roles_draws_do_not_shift_anothers() -> None:
    agent = role_random(7, "agent")
    expected = role_random(7, "user").random()
    agent.random()
    assert role_random(7, "user").random() == expected
    assert role_random(7, "agent").random() != expected


def test_the_order_of_keys_does_not_change_a_hash() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})


def test_a_folders_hash_sees_names_and_bytes_but_no_caches(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1")
    first = digest_folder(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("cache")
    (tmp_path / ".hidden").write_text("editor")
    assert digest_folder(tmp_path) == first
    (tmp_path / "a.txt").write_text("2")
    second = digest_folder(tmp_path)
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    assert len({first, second, digest_folder(tmp_path)}) == 3
