"""Triggers by which a term that another replaced is no tag any more, whatever writes the tag or the term.

`sql/replaced_terms.sql` says which term stands for one that was replaced. A circle of terms replaces nothing.
"""

import pgtrigger

_MOVED = """
    insert into {tags} (measure_id, {column})
    select measure_id, current_{term}({column}) from {tags} where {column} = any(replaced)
    on conflict do nothing;
    update measures_measure m set {primary}record_version = record_version + 1, updated_at = now()
    where id in (select measure_id from {tags} where {column} = any(replaced));
    delete from {tags} where {column} = any(replaced);
"""
_PRIMARY = (
    "primary_topic_id = case when primary_topic_id = any(replaced)"
    " then current_topic(primary_topic_id) else primary_topic_id end, "
)


def _moved(term: str) -> str:
    """SQL that gives the entries with the terms `replaced` those that stand for them."""
    return _MOVED.format(
        tags="measures_measure_topics" if term == "topic" else "measures_measure_target_groups",
        column="topic_id" if term == "topic" else "targetgroup_id",
        term=term,
        primary=_PRIMARY if term == "topic" else "",
    )


def _table(term: str) -> str:
    return "measures_topic" if term == "topic" else "measures_targetgroup"


def gives_way(term: str) -> pgtrigger.Trigger:
    """For the table of terms: the entries of a term that is being replaced get the other."""
    table = _table(term)
    return pgtrigger.Trigger(
        name="gives_way",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("replaced_by_id"),
        condition=pgtrigger.Condition("new.replaced_by_id is not null"),
        declare=[("replaced", "bigint[]")],
        func=f"""
            replaced := array(
                select t.id from {table} t join {table} c on c.id = current_{term}(t.id)
                where t.replaced_by_id is not null and c.replaced_by_id is null
            );
            {_moved(term)}
            return null;
        """,  # noqa: S608  (names in our own code)
    )


def takes_current(term: str) -> pgtrigger.Trigger:
    """For the table of tags: a replaced term that is written as a tag becomes the other."""
    table = _table(term)
    column = "topic_id" if term == "topic" else "targetgroup_id"
    return pgtrigger.Trigger(
        name="takes_current",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_tags"),
        declare=[("replaced", "bigint[]")],
        func=f"""
            replaced := array(
                select distinct t.id from new_tags n join {table} t on t.id = n.{column}
                join {table} c on c.id = current_{term}(t.id)
                where t.replaced_by_id is not null and c.replaced_by_id is null
            );
            if cardinality(replaced) > 0 then
                {_moved(term)}
            end if;
            return null;
        """,  # noqa: S608  (names in our own code)
    )
