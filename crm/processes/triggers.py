"""Database triggers that keep the time in each stage, whoever moves a record.

A record holds the stage in which it stands and since when; what it left behind is a
row of `StageStay`. The end of a stay is the beginning of the next one, so that the
stays and the present stage add up to the age of the record in its processes, also
for bulk updates, imports and raw SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pgtrigger

from core.journal.triggers import SwitchlessTrigger


@dataclass(frozen=True)
class StageColumns:
    """Which columns of a table say where a record stands."""

    entity: str
    process: str = "process"
    stage: str = "stage"
    since: str = "stage_since"


def stages_kept(columns: StageColumns) -> list[pgtrigger.Trigger]:
    """The triggers of a model whose records stand in stages of processes."""
    return [StageMoves(columns), StageLeft(columns)]


class _OnStage(SwitchlessTrigger):
    level = pgtrigger.Row
    operation = pgtrigger.Update

    def __init__(self, columns: StageColumns) -> None:
        self.columns = columns
        super().__init__()

    def get_condition(self, model: Any) -> pgtrigger.Condition:
        names = (self.columns.process, self.columns.stage)
        changed = (f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in names)
        return pgtrigger.Condition(f"({' OR '.join(changed)})")


class StageMoves(_OnStage):
    """Whoever enters a stage stands in it from now on, never from before the last."""

    name = "stage_moves"
    when = pgtrigger.Before

    def get_func(self, model: Any) -> str:
        since = f'"{self.columns.since}"'
        return f"""
            IF NEW.{since} IS NULL OR NEW.{since} IS NOT DISTINCT FROM OLD.{since} THEN
                NEW.{since} := clock_timestamp();
            END IF;
            NEW.{since} := GREATEST(NEW.{since}, OLD.{since}, OLD.created_at);
            RETURN NEW;
        """


class StageLeft(_OnStage):
    """The stay in the stage that was left, with who ended it."""

    name = "stage_left"
    when = pgtrigger.After

    def get_func(self, model: Any) -> str:
        at = self.columns
        return f"""
            INSERT INTO crm_stagestay (entity, record_id, process, stage, to_process,
                to_stage, entered_at, left_at, actor_id)
            VALUES ('{at.entity}', OLD.id, OLD."{at.process}", OLD."{at.stage}",
                NEW."{at.process}", NEW."{at.stage}",
                COALESCE(OLD."{at.since}", OLD.created_at), NEW."{at.since}",
                journal_actor());
            RETURN NULL;
        """  # noqa: S608 - names of our own columns
