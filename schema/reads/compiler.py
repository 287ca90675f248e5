"""The compiler: what a query selects → SQL statements and the Python that builds the response of their rows.

A to-one relation is a join of the statement around it, a list mostly a statement of its own (schema/reads/lists.py): a
query takes as many statements as it has lists, whatever the number of rows. The builder is generated source with one
dict display an object; no field is looked up by name while it runs. docs/reads.md follows one query; `make explain`
shows any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crm.tables import TABLES
from schema.reads import mapping as m
from schema.reads.builder import display, each
from schema.reads.lists import ListDraft
from schema.reads.plan import Build, Plan, Step
from schema.reads.rows import Lend, LoadedRow, Row
from schema.reads.selection import TYPENAME, Branch, Pick, Uncompilable
from schema.reads.statements import Value


class Compiler(ListDraft):
    """Compiles one selection under one scope (schema/reads/draft.py)."""

    def compile(self, root: str, picks: Sequence[Pick]) -> Plan:
        """The plan for fields of the query root.

        Raises: Uncompilable when a field is left to its resolver.
        """
        plan = self._plan(display([(pick.key, self._root(root, pick)) for pick in picks]))
        if self._reads_along and any(statement.inner and statement.computes for statement in self._single):
            # What is computed would be computed anew for each row of the list that is read along.
            return Compiler(self._types, self._scope, self._shapes, reads_along=False).compile(root, picks)
        return plan

    def compile_objects(self, type_name: str, picks: tuple[Pick, ...]) -> Plan:
        """The plan for objects whose ids are the only value of the last slot; its response has them by their ids."""
        return self._plan(self._found(type_name, picks, Value(len(self._shapes) - 1, 0)))

    def compile_loaded(self, type_name: str, picks: tuple[Pick, ...]) -> Build:
        """The builder of an object out of its row as the ORM has loaded it: ``build(row, (), context)``.

        Raises: Uncompilable when anything beside the row is wanted.
        """
        self._source.define("row = read")
        return self._source.compiled(self._source.text(self._object(type_name, picks, LoadedRow(TABLES[type_name]))))

    # Fields of the root

    def _root(self, root: str, pick: Pick) -> str:
        if pick.field == TYPENAME:
            return repr(root)
        match self._types.read(root, pick.field):
            case m.Many() as read:
                return self._list(read, pick, None)
            case m.Only(kind):
                return self._only(kind, pick.of(kind))
            case m.ById() if self._shape(pick) is None:
                return "None"
            case m.ById():
                kind = self._shape(pick)
                return self._first(kind, pick.of(kind), self._slot(pick))
            case m.ByIds():
                return self._in_places(pick)
        raise Uncompilable(f"{root}.{pick.field} is answered by its resolver")

    def _first(self, kind: str, picks: tuple[Pick, ...], slot: int) -> str:
        """The object of a kind whose id is the slot's value; None without one."""
        row, number = self._begin(kind)
        row.statement.takes_inner = True
        self._single.append(row.statement)
        shown = self._object(kind, picks, row)
        target, rows = self._with_inner(row, f"read[{number}][0]")
        self._end_found(row, number, "= {}", Value(slot, 0), "uuid")
        return f"next(({shown} for {target} in {rows}), None)"

    def _only(self, kind: str, picks: tuple[Pick, ...]) -> str:
        """The one row of a kind that the workspace has."""
        row, number = self._begin(kind)
        shown = self._object(kind, picks, row)
        where = self._scoped(row.statement, row.alias, row.known)
        source = f"{row.known.sql} AS {row.alias}"
        sql = row.statement.select(source, where)
        self._steps[number] = Step(
            sql, tuple(row.statement.parameters), sealed=self._sealed(row.statement, source, where)
        )
        return f"next({shown} for {self._source.row(row.statement)} in read[{number}][0])"

    def _in_places(self, pick: Pick) -> str:
        """The objects whose ids the slot's last value names with their kinds, each in its place."""
        slot = self._slot(pick)
        kinds = []
        for index, kind in enumerate(self._shape(pick)):
            kinds.append((kind, self._found(kind, pick.of(kind), Value(slot, index))))
        found = self._source.name("found")
        self._source.define(f"{found} = {display(kinds)}")
        return f"[place and {found}[place[0]].get(place[1]) for place in values[{slot}][-1]]"

    def _found(self, kind: str, picks: tuple[Pick, ...], ids: Value) -> str:
        """The objects of a kind with these ids, by their ids."""
        row, number = self._begin(kind)
        shown, id = self._object(kind, picks, row), row.value("id")
        self._end_found(row, number, "= ANY({})", ids, "uuid[]")
        return f"{{{id}: {shown} for {self._source.row(row.statement)} in read[{number}][0]}}"

    def _end_found(self, row: Row, number: int, condition: str, value: Value, type: str) -> None:
        wanted = condition.format(row.statement.parameter(value, type))
        where = f"{self._scoped(row.statement, row.alias, row.known)} AND {row.alias}.id {wanted}"
        source = f"{row.known.sql} AS {row.alias}"
        sql = row.statement.select(source, where)
        self._steps[number] = Step(
            sql, tuple(row.statement.parameters), sealed=self._sealed(row.statement, source, where)
        )

    # Objects

    def _object(self, type_name: str, picks: tuple[Pick, ...], row: Row) -> str:
        # Lists last: whether one is read along with its object depends on what else is read of that. What comes later
        # still, in an object around this one, is looked at when all is known (``compile``).
        last = [isinstance(self._types.read(type_name, pick.field), m.Many) for pick in picks]
        shown = {
            pick.key: self._field(type_name, pick, row)
            for is_list in (False, True)
            for pick, comes_last in zip(picks, last, strict=True)
            if comes_last is is_list
        }
        return display((pick.key, shown[pick.key]) for pick in picks)

    def _field(self, type_name: str, pick: Pick, row: Row) -> str:
        if pick.field == TYPENAME:
            return repr(type_name)
        match self._types.read(type_name, pick.field):
            case m.Column(name):
                return row.value(name)
            case m.GlobalId():
                return f"{type_name + '_'!r} + {row.value('id')}.hex"
            case m.Computed() as read:
                return self._computed(read, row)
            case m.One() as read:
                return self._one(read, pick.only, row)
            case m.AnyOne() as read:
                return self._any_one(read, pick, row)
            case m.Beside() as read:
                return self._beside(read, pick.only, row)
            case m.Same():
                return self._object(*pick.only, row)
            case m.Inline() as read:
                return self._inline(read, pick.only, row)
            case m.Gathered() as read:
                return self._gathered(read, pick.only, row)
            case m.Items() as read:
                return self._items(read, pick.only, row)
            case m.Made() as read:
                return self._made(read, pick.only, row)
            case m.Many() as read:
                return self._list(read, pick, row)
        raise Uncompilable(f"{type_name}.{pick.field} is answered by its resolver")

    def _computed(self, read: m.Computed, row: Row) -> str:
        beside = {word: self._referred(column, kind, row).alias for word, column, kind in read.beside}
        inputs = [self._input(name, row, beside) for name in read.inputs]
        if read.build is None:
            return inputs[0]
        called = (["context"] if read.in_context else []) + inputs
        return f"{self._source.function(read.build)}({', '.join(called)})"

    def _input(self, name: str | m.Of | m.From | m.Computed, row: Row, beside: Mapping[str, str] | None = None) -> str:
        if isinstance(name, m.Computed):
            return self._computed(name, row)
        if isinstance(name, m.Of):
            return self._referred(name.column, name.kind, row).value(name.name)
        if isinstance(name, m.From):
            return self._lateral(name.sql, row).value(name.name)
        return row.statement.column(row.sql(name, **beside or {})) if "{" in name or "(" in name else row.value(name)

    def _one(self, read: m.One, below: Branch, row: Row) -> str:
        type_name, picks = below
        reference = row.value(read.column)
        is_filtered = self._scope.row_filter(read.kind) is not None
        if not is_filtered and all(self._is_id(type_name, pick) for pick in picks):
            # The reference says it all; a foreign key holds that there is such a row.
            shown, present = (
                self._object(type_name, picks, Row(row.statement, "", lent={"id": lambda: reference})),
                reference,
            )
        else:
            joined = self._referred(read.column, read.kind, row)
            shown = self._object(type_name, picks, joined)
            present = joined.value("id") if is_filtered else reference
        if not is_filtered and row.table is not None and not row.table.columns[read.column].nullable and not row.absent:
            return shown
        return f"(None if {present} is None else {shown})"

    def _is_id(self, type_name: str, pick: Pick) -> bool:
        return pick.field == TYPENAME or isinstance(self._types.read(type_name, pick.field), m.GlobalId)

    def _any_one(self, read: m.AnyOne, pick: Pick, row: Row) -> str:
        shown = "None"
        for choice in reversed(read.choices):
            of_choice = self._one(choice, (choice.kind, pick.of(choice.kind)), row)
            shown = f"({of_choice} if {row.value(choice.column)} is not None else {shown})"
        return shown

    def _beside(self, read: m.Beside, below: Branch, row: Row) -> str:
        joined = self._joined.get((row.alias, read.on))
        if joined is None:
            joined = self._join(read.kind, row, lambda to: read.on.format(row=to, parent=f"{row.alias}.id"))
            joined.absent = read.absent
            self._joined[row.alias, read.on] = joined
        return self._object(*below, joined)

    def _inline(self, read: m.Inline, below: Branch, row: Row) -> str:
        def lend(source: str | m.Computed) -> Lend:
            return lambda: self._input(source, row)

        lent = {name: lend(source) for name, source in read.sources.items()}
        shown = self._object(*below, Row(row.statement, row.alias, lent=lent))
        return shown if read.null_when is None else f"(None if {row.value(read.null_when)} is None else {shown})"

    def _gathered(self, read: m.Gathered, below: Branch, row: Row) -> str:
        seen = self._scope.row_filter(read.of)
        if seen is None:
            gathered = self._lateral(read.sql, row)
        else:
            # Whoever may not see all of them must not learn their number from a roll-up.
            gathered = self._lateral(read.counted, row, visible=self._visible(seen, row.statement, "counted"))
        return self._object(*below, gathered)

    def _items(self, read: m.Items, below: Branch, row: Row) -> str:
        names = {name: self._source.name(name) for name in read.sources}
        arrays = [self._input(source, row) for source in read.sources.values()]

        def lend(variable: str) -> Lend:
            return lambda: variable

        shown = self._object(*below, Row(row.statement, row.alias, lent={k: lend(v) for k, v in names.items()}))
        return each(shown, ", ".join(names.values()), f"zip({', '.join(arrays)})")

    def _made(self, read: m.Made, below: Branch, row: Row) -> str:
        names = {name: self._source.name(name) for name in read.names}

        def lend(variable: str) -> Lend:
            return lambda: variable

        shown = self._object(*below, Row(row.statement, row.alias, lent={k: lend(v) for k, v in names.items()}))
        return each(shown, ", ".join(names.values()), self._computed(read.values, row))
