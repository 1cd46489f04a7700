"""What BIRD-INTERACT's mini-interact files hold, field by field; a key that isn't named here is an error."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, JsonValue, RootModel, StringConstraints

from harness.core.parsing import Model
from harness.core.task import TaskId

DatabaseName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
"""Also the name of the database's folder, so it holds nothing that leads out of it."""


class Ambiguity(Model):
    """A point that the request leaves open, with the piece of the reference SQL that settles it."""

    term: str
    sql_snippet: str
    is_mask: bool
    type: str


class KnowledgeAmbiguity(Ambiguity):
    """A point that is open because an entry is missing from the knowledge base."""

    deleted_knowledge: int


class Ambiguities(Model):
    """Those of the request itself; only critical ones count for upstream's budgets."""

    critical_ambiguity: tuple[Ambiguity, ...]
    non_critical_ambiguity: tuple[Ambiguity, ...]


class BirdTask(Model):
    """A line of `mini_interact.jsonl`."""

    instance_id: TaskId
    selected_database: DatabaseName
    amb_user_query: str
    preprocess_sql: tuple[str, ...]
    clean_up_sqls: tuple[str, ...]
    sol_sql: tuple[str, ...]
    external_knowledge: tuple[int, ...]
    test_cases: tuple[str, ...]
    high_level: bool
    category: Literal["Query", "Management"]
    user_query_ambiguity: Ambiguities
    knowledge_ambiguity: tuple[KnowledgeAmbiguity, ...]

    @property
    def has_ground_truth(self) -> bool:
        """Whether the file was merged with what the publisher mails on request."""
        return bool(self.sol_sql or self.test_cases or self.external_knowledge)


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
