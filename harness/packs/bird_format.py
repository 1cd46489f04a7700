"""What BIRD-INTERACT's files hold, field by field; a key that isn't named here is an error.

One record for its three sets: mini-interact lacks the clear request, the follow-up and the conditions.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, ConfigDict, Field, JsonValue, RootModel, StringConstraints

from harness.core.parsing import Model
from harness.core.task import TaskId

DatabaseName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
"""Also the name of the database's folder, so it holds nothing that leads out of it."""
Category = Literal["Query", "Management"]


class BirdAmbiguity(Model):
    """A point that the request leaves open, with the piece of the reference SQL that settles it."""

    term: str
    sql_snippet: str
    is_mask: bool
    type: str


class KnowledgeAmbiguity(BirdAmbiguity):
    """A point that is open because an entry is missing from the knowledge base."""

    deleted_knowledge: int


class Ambiguities(Model):
    """Those of the request itself; only critical ones count for upstream's budgets."""

    critical_ambiguity: tuple[BirdAmbiguity, ...]
    non_critical_ambiguity: tuple[BirdAmbiguity, ...]


class Conditions(Model):
    """How results are to be compared; upstream looks at `order` alone."""

    decimal: int = -1
    """Digits after the point; -1: none given."""
    distinct: bool = False
    order: bool = False


class Solution(Model):
    """What the publisher keeps back, of one request."""

    sol_sql: tuple[str, ...] = ()
    external_knowledge: tuple[int, ...] = ()
    test_cases: tuple[str, ...] = ()


class FollowUp(Solution):
    """The second request of a task."""

    query: str
    category: Category
    conditions: Conditions = Conditions()


class BirdTask(Solution):
    """A line of `mini_interact.jsonl` or `bird_interact_data.jsonl`."""

    instance_id: TaskId
    selected_database: DatabaseName
    query: str | None = None
    """The request without its ambiguities."""
    amb_user_query: str
    preprocess_sql: tuple[str, ...]
    # Upstream's own pages call it clean_up_sql.
    clean_up_sqls: tuple[str, ...] = Field(validation_alias=AliasChoices("clean_up_sqls", "clean_up_sql"))
    follow_up: FollowUp | None = None
    conditions: Conditions = Conditions()
    high_level: bool
    category: Category
    user_query_ambiguity: Ambiguities
    knowledge_ambiguity: tuple[KnowledgeAmbiguity, ...]

    @property
    def has_ground_truth(self) -> bool:
        """Whether the public file was merged with what the publisher mails on request."""
        solutions = (self, *([self.follow_up] if self.follow_up else []))
        return any(one.sol_sql or one.test_cases or one.external_knowledge for one in solutions)


class FollowUpTruth(Solution):
    """The follow-up's part of a line of the ground truth; what the public record says too is not read."""

    model_config = ConfigDict(extra="ignore")


class GroundTruth(Solution):
    """A line of the file that the publisher mails on request."""

    model_config = ConfigDict(extra="ignore")

    instance_id: TaskId
    follow_up: FollowUpTruth | None = None


class BirdKnowledge(Model):
    """A line of `<db>_kb.jsonl`."""

    id: int
    knowledge: str
    description: str
    definition: str
    type: Literal["domain_knowledge", "calculation_knowledge", "value_illustration"]
    children_knowledge: tuple[int, ...] | Literal[-1]

    @property
    def children(self) -> tuple[int, ...]:
        """Ids of the entries that this one builds on; upstream writes -1 for none."""
        return () if self.children_knowledge == -1 else self.children_knowledge


class BirdJsonColumn(Model):
    """The meaning of a column that holds JSON."""

    column_meaning: str
    fields_meaning: dict[str, JsonValue]


class BirdColumns(RootModel[dict[str, str | BirdJsonColumn]]):
    """The file `<db>_column_meaning_base.json`: `db|table|column` to its meaning."""

    model_config = ConfigDict(frozen=True)
