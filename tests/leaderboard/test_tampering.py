"""What a cheat may do to an honest submission: each is caught, and named by what it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tampering import Change, Data, Tampered

from leaderboard.findings import Kind
from leaderboard.measures import measure
from leaderboard.replaying import Worlds
from leaderboard.submission import ATTEMPTS, MANIFEST, TRAJECTORIES
from leaderboard.verifying import Badge, verify

FAILED, BROKEN, VIEW = "low-stock", "best-customers", "autumn-view"


def forged_reward(it: Tampered) -> None:
    it.row(FAILED)["reward"] = 1.0


def forged_reward_in_row_and_record(it: Tampered) -> None:
    it.row(FAILED)["reward"] = it.record(FAILED)["reward"]["value"] = 1.0


def forged_verdicts(it: Tampered) -> None:
    row, record = it.row(FAILED), it.record(FAILED)
    row["reward"] = record["reward"]["value"] = 1.0
    row["phases"] = [1.0]
    record["reward"]["phases"][0]["value"] = 1.0
    for check in (*row["checks"], *record["reward"]["phases"][0]["checks"]):
        check["verdict"] = "passed"


def undecided_failure(it: Tampered) -> None:
    row, record = it.row(FAILED), it.record(FAILED)
    row["reward"] = record["reward"]["value"] = None
    row["phases"] = [None]
    record["reward"]["phases"][0]["value"] = None
    for check in (*row["checks"], *record["reward"]["phases"][0]["checks"]):
        check["verdict"] = "not_evaluated"


def failure_as_broken_infrastructure(it: Tampered) -> None:
    row, record = it.row(FAILED), it.record(FAILED)
    row["termination"] = record["termination"] = "infra_error"
    row["reward"] = record["reward"]["value"] = None


def dropped_failure(it: Tampered) -> None:
    it.drop(FAILED)


def dropped_failure_and_its_task(it: Tampered) -> None:
    it.drop(FAILED, 0)
    it.drop(FAILED, 1)
    it.manifest["suite"]["tasks"] = [one for one in it.manifest["suite"]["tasks"] if one[1] != FAILED]


def dropped_superseded_attempt(it: Tampered) -> None:
    place = it.rows.index(it.row(BROKEN, 0, 0))
    del it.rows[place], it.records[place]


def padded_retry(it: Tampered) -> None:
    """A failure is kept as superseded, and another trial's success is put in its place."""
    again, record = dict(it.row(VIEW)), json.loads(json.dumps(it.record(VIEW)))
    failed = it.row(FAILED)
    again.update(task=FAILED, attempt=1, seed=failed["seed"], started_at=it.rows[-1]["started_at"])
    record.update(task=FAILED, seed=failed["seed"])
    failed.update(superseded_by=1, reason="ended by agent_stop")
    it.rows.append(again)
    it.records.append(record)


def swapped_trials(it: Tampered) -> None:
    for first, second in ((it.row(FAILED, 0), it.row(VIEW, 0)), (it.record(FAILED, 0), it.record(VIEW, 0))):
        first["task"], second["task"] = second["task"], first["task"]


def duplicated_trial(it: Tampered) -> None:
    it.rows.append(dict(it.row(VIEW)))
    it.records.append(it.record(VIEW))


def trial_beyond_the_plan(it: Tampered) -> None:
    it.rows.append({**it.row(VIEW), "trial": 2})
    it.records.append({**it.record(VIEW), "trial": 2})


def foreign_seed(it: Tampered) -> None:
    it.row(VIEW)["seed"] = it.record(VIEW)["seed"] = 7


def other_run_seed(it: Tampered) -> None:
    it.manifest["protocol"]["seed"] = 99


def said(record: Data, party: str) -> Data:
    found: Data = next(
        event["message"]
        for event in record["events"]
        if event["type"] == "message" and event["party"] == party and not event["given"] and event["message"]["text"]
    )
    return found


def edited_agent_message(it: Tampered) -> None:
    said(it.record(BROKEN, 1), "agent")["text"] = "What is the weather like?"


def edited_user_message(it: Tampered) -> None:
    said(it.record(BROKEN, 1), "user")["text"] = "Just list all of them."


def invented_tool_result(it: Tampered) -> None:
    events = it.record(VIEW)["events"]
    next(event for event in events if event["type"] == "tool")["result"]["content"] = "All is well."


def edited_call(it: Tampered) -> None:
    for event in it.record(VIEW)["events"]:
        for call in event.get("message", {}).get("tool_calls", []):
            if call["name"] == "submit_sql":
                call["arguments"]["sql"] = "SELECT 1"


def removed_step(it: Tampered) -> None:
    events = it.record(VIEW)["events"]
    del events[next(place for place, event in enumerate(events) if event["type"] == "tool")]


def fewer_tokens(it: Tampered) -> None:
    it.row(VIEW)["usage"]["agent"]["input_tokens"] = it.record(VIEW)["usage"]["agent"]["input_tokens"] = 1


def fewer_tokens_in_the_row(it: Tampered) -> None:
    it.row(VIEW)["usage"]["agent"]["input_tokens"] = 1


def fewer_turns(it: Tampered) -> None:
    it.row(VIEW)["turns"] = it.record(VIEW)["turns"] = 1


def shorter_time_before_the_run(it: Tampered) -> None:
    it.row(VIEW)["started_at"] = "2021-01-01T00:00:00Z"


def another_agent(it: Tampered) -> None:
    it.manifest["agent_seat"]["name"] = "somebody:Else"


def another_user(it: Tampered) -> None:
    it.manifest["simulator"]["name"] = "llm"


def another_mode(it: Tampered) -> None:
    it.manifest["suite"]["definition"]["mode"] = "no-user"


def another_suite_hash(it: Tampered) -> None:
    it.manifest["suite"]["hash"] = "sha256:" + "0" * 64


def another_pack_hash(it: Tampered) -> None:
    it.manifest["suite"]["packs"][0]["hash"] = "sha256:" + "0" * 64


def more_trials_than_played(it: Tampered) -> None:
    it.manifest["protocol"]["trials"] = 4


def wider_limits(it: Tampered) -> None:
    it.record(VIEW)["limits"]["max_turns"] = 5000


def another_final_state(it: Tampered) -> None:
    it.record(VIEW)["fingerprints"]["agent"] = "sha256:" + "1" * 64


def a_price_for_nobody(it: Tampered) -> None:
    it.row(VIEW)["usage"]["user"] = {"calls": 3, "input_tokens": 5, "output_tokens": 5, "cost_usd": 1.0}


def counted_although_superseded(it: Tampered) -> None:
    it.row(BROKEN, 0, 0)["superseded_by"] = None


def another_end(it: Tampered) -> None:
    it.row(FAILED)["termination"] = it.record(FAILED)["termination"] = "max_turns"


def a_time_limit_that_was_not_reached(it: Tampered) -> None:
    it.row(FAILED)["termination"] = it.record(FAILED)["termination"] = "timeout"


def a_users_fault_invented(it: Tampered) -> None:
    fault = {"type": "fault", "party": "user", "error": "the simulator crashed"}
    it.record(FAILED)["events"].append(fault)


def a_reason_of_ones_own(it: Tampered) -> None:
    it.row(FAILED)["reason"] = "the task is broken"


def tasks_twice(it: Tampered) -> None:
    it.manifest["suite"]["tasks"].append(it.manifest["suite"]["tasks"][0])


def a_pack_nobody_played(it: Tampered) -> None:
    it.manifest["suite"]["packs"].append({**it.manifest["suite"]["packs"][0], "id": "gaia"})


def another_version_of_a_pack(it: Tampered) -> None:
    it.manifest["suite"]["packs"][0]["version"] = "99"


def a_name_of_a_suite_that_ships(it: Tampered) -> None:
    it.manifest["suite"]["definition"]["id"] = "lite"


def a_server_of_ones_own(it: Tampered) -> None:
    options = {"engine": "postgres", "dsn": "docker:evil/image"}
    it.manifest["suite"]["definition"]["select"][0]["options"] = options


def hours_for_a_statement(it: Tampered) -> None:
    it.manifest["suite"]["definition"]["select"][0]["options"]["timeout_s"] = 100_000


def an_option_that_keeps_all_from_being_played(it: Tampered) -> None:
    it.manifest["suite"]["definition"]["select"][0]["options"]["x"] = 1


def a_policy_that_keeps_all_from_being_played(it: Tampered) -> None:
    it.manifest["suite"]["definition"]["select"][0]["policy"] = "lenient"


def a_model_for_a_user_without(it: Tampered) -> None:
    it.manifest["simulator"]["model"] = "openai/gpt"
    it.manifest["models"].append({"seat": "user", "provider": "openai", "name": "gpt"})


def a_prompt_for_a_user_without(it: Tampered) -> None:
    it.manifest["simulator"]["prompt"] = "sha256:" + "2" * 64


def marks_on_the_agents_words(it: Tampered) -> None:
    message = next(one for one in it.record(VIEW)["events"] if one["type"] == "message" and one["party"] == "agent")
    message["message"]["marks"] = ["verified by the benchmark's authors"]


def injected_faults(it: Tampered) -> None:
    it.manifest["protocol"]["faults"] = "a third of all requests"


MENDED: list[tuple[Change, set[Kind]]] = [
    (forged_reward, {Kind.REWARD, Kind.ROW}),
    (forged_reward_in_row_and_record, {Kind.REWARD, Kind.REPLAY}),
    (forged_verdicts, {Kind.REPLAY}),
    (undecided_failure, {Kind.REPLAY}),
    (failure_as_broken_infrastructure, {Kind.UNFINISHED}),
    (dropped_failure, {Kind.MISSING}),
    (dropped_failure_and_its_task, {Kind.SUITE}),
    (dropped_superseded_attempt, {Kind.RETRY}),
    (padded_retry, {Kind.RETRY}),
    (swapped_trials, {Kind.SEED}),
    (duplicated_trial, {Kind.RETRY}),
    (trial_beyond_the_plan, {Kind.SURPLUS, Kind.SEED}),
    (foreign_seed, {Kind.SEED}),
    (other_run_seed, {Kind.SEED}),
    (edited_agent_message, {Kind.USER}),
    (edited_user_message, {Kind.USER}),
    (invented_tool_result, {Kind.REPLAY}),
    (edited_call, {Kind.REPLAY}),
    (removed_step, {Kind.REPLAY}),
    (fewer_tokens, {Kind.USAGE}),
    (fewer_tokens_in_the_row, {Kind.ROW}),
    (fewer_turns, {Kind.USAGE}),
    (shorter_time_before_the_run, {Kind.TIME}),
    (another_agent, {Kind.IDENTITY}),
    (another_user, {Kind.IDENTITY}),
    (another_mode, {Kind.SUITE, Kind.IDENTITY}),
    (another_suite_hash, {Kind.SUITE}),
    (another_pack_hash, {Kind.SUITE, Kind.IDENTITY}),
    (more_trials_than_played, {Kind.SUITE}),
    (wider_limits, {Kind.IDENTITY}),
    (another_final_state, {Kind.REPLAY}),
    (a_price_for_nobody, {Kind.USAGE}),
    (counted_although_superseded, {Kind.RETRY}),
    (another_end, {Kind.REPLAY}),
    (a_time_limit_that_was_not_reached, {Kind.TIME}),
    (a_users_fault_invented, {Kind.ROW}),
    (a_reason_of_ones_own, {Kind.RETRY}),
    (tasks_twice, {Kind.SUITE}),
    (a_pack_nobody_played, {Kind.SUITE}),
    (another_version_of_a_pack, {Kind.IDENTITY}),
    (a_name_of_a_suite_that_ships, {Kind.SUITE}),
    (a_server_of_ones_own, {Kind.SUITE}),
    (hours_for_a_statement, {Kind.SUITE}),
    (an_option_that_keeps_all_from_being_played, {Kind.SUITE}),
    (a_policy_that_keeps_all_from_being_played, {Kind.SUITE}),
    (a_model_for_a_user_without, {Kind.IDENTITY}),
    (a_prompt_for_a_user_without, {Kind.IDENTITY}),
    (marks_on_the_agents_words, {Kind.ROW}),
    (injected_faults, {Kind.IDENTITY}),
]


def test_an_honest_submission_holds_and_earns_both_badges(honest: Path, worlds: Worlds) -> None:
    opened, found = verify(honest, worlds=worlds)
    assert found.findings == ()
    assert found.badges == (Badge.RECOMPUTED, Badge.REPLAYED)
    assert opened is not None
    assert found.replayed == len(opened.rows) == len(opened.counted()) + 1


@pytest.mark.parametrize(("change", "kinds"), MENDED, ids=[change.__name__ for change, _ in MENDED])
def test_a_careful_cheat_is_caught_though_every_hash_fits(
    change: Change, kinds: set[Kind], submission: Path, worlds: Worlds
) -> None:
    it = Tampered(submission)
    change(it)
    it.write()
    _, found = verify(submission, worlds=worlds)
    assert kinds <= {finding.kind for finding in found.findings}
    assert not {Kind.HASH, Kind.CHAIN, Kind.ID} & {finding.kind for finding in found.findings}
    assert Badge.REPLAYED not in found.badges


@pytest.mark.parametrize(("change", "kinds"), MENDED, ids=[change.__name__ for change, _ in MENDED])
def test_a_careless_cheat_is_caught_by_a_hash_too(change: Change, kinds: set[Kind], submission: Path) -> None:
    it = Tampered(submission)
    change(it)
    it.write(mend=False)
    _, found = verify(submission)
    assert {Kind.HASH, Kind.CHAIN, Kind.ID} & {finding.kind for finding in found.findings}
    assert found.badges == ()


def moved_rows(folder: Path) -> None:
    lines = (folder / ATTEMPTS).read_text().splitlines(keepends=True)
    (folder / ATTEMPTS).write_text("".join([lines[1], lines[0], *lines[2:]]))


def torn_rows(folder: Path) -> None:
    data = (folder / ATTEMPTS).read_bytes()
    (folder / ATTEMPTS).write_bytes(data[:-40])


def missing_trajectories(folder: Path) -> None:
    (folder / TRAJECTORIES).write_text("")


def renamed_agent(folder: Path) -> None:
    data = json.loads((folder / MANIFEST).read_text())
    data["agent"]["name"] = "Somebody famous"
    (folder / MANIFEST).write_text(json.dumps(data))


def metric_put_in(folder: Path) -> None:
    data = json.loads((folder / MANIFEST).read_text())
    data["pass_rate"] = 1.0
    (folder / MANIFEST).write_text(json.dumps(data))


def badge_put_in(folder: Path) -> None:
    data = json.loads((folder / MANIFEST).read_text())
    data["badges"] = ["replayed", "reproduced"]
    (folder / MANIFEST).write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (moved_rows, Kind.CHAIN),
        (torn_rows, Kind.SCHEMA),
        (missing_trajectories, Kind.HASH),
        (renamed_agent, Kind.ID),
        (metric_put_in, Kind.SCHEMA),
        (badge_put_in, Kind.SCHEMA),
    ],
)
def test_a_changed_file_is_named_by_what_is_wrong_with_it(
    change: Callable[[Path], None], kind: Kind, submission: Path
) -> None:
    change(submission)
    _, found = verify(submission)
    assert kind in {finding.kind for finding in found.findings}
    assert found.badges == ()


def priced(it: Tampered) -> None:
    """The agent's tokens are a model's, at two dollars a million in, eight out, and a fifth where cached."""
    it.manifest["models"] = [
        {"seat": "agent", "provider": "x", "name": "y", "price": {"input": 2.0, "output": 8.0, "cached": 0.4}}
    ]
    it.manifest["agent_seat"]["model"] = "x/y"
    for part in (*it.rows, *it.records):
        usage = part["usage"]["agent"]
        usage["cost_usd"] = (2.0 * usage["input_tokens"] + 8.0 * usage["output_tokens"]) / 1e6


@pytest.mark.parametrize(
    ("factor", "found"), [(1.0, set()), (1.005, set()), (0.5, {Kind.COST}), (0.0, {Kind.COST}), (3.0, {Kind.COST})]
)
def test_a_cost_is_what_the_tokens_cost_by_the_list(factor: float, found: set[Kind], submission: Path) -> None:
    it = Tampered(submission)
    priced(it)
    for part in (it.row(VIEW), it.record(VIEW)):
        part["usage"]["agent"]["cost_usd"] *= factor
    it.write()
    _, verified = verify(submission)
    assert {finding.kind for finding in verified.findings} == found


def test_the_cost_shown_is_recomputed_whatever_the_rows_say(submission: Path) -> None:
    it = Tampered(submission)
    priced(it)
    it.write()
    opened, _ = verify(submission)
    assert opened is not None
    counted = opened.counted()
    tokens = sum(2.0 * row.usage.agent.input_tokens + 8.0 * row.usage.agent.output_tokens for row in counted)
    assert measure(opened).cost == pytest.approx(tokens / 1e6 / len(counted))
