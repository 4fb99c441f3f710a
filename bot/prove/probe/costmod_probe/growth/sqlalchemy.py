"""SQLAlchemy: rows are cloned on the connection, and in the transaction, that the application reads with."""

# No error of the probe may reach the target.

from __future__ import annotations

from typing import Any

from .factories import made_by_sqlalchemy
from .spec import MAX_DESCRIBED, MAX_ROWS, CannotGrowError, Digest, Growth, clones, key


def instrument(module: Any, growth: Growth) -> None:
    """Listen on the class of sessions; `module` is sqlalchemy.orm."""
    rows = _Rows(module, growth)
    module_event = __import__("sqlalchemy.event", fromlist=["listen"])
    module_event.listen(module.Session, "do_orm_execute", rows.before_query)
    engine = __import__("sqlalchemy.engine", fromlist=["Engine"]).Engine
    module_event.listen(engine, "commit", rows.before_commit)


class _Rows:
    def __init__(self, orm: Any, growth: Growth) -> None:
        self._orm, self._growth = orm, growth
        self._made: list[tuple[Any, Any]] = []  # table and condition of every clone
        self._number = 0
        self._edges: set[tuple[str, str]] = set()
        self._connection: Any = None

    def before_query(self, state: Any) -> None:
        """Measure, grow, measure again; then the application's query runs on what there is now."""
        growth = self._growth
        try:
            if not state.is_select or state.is_relationship_load or state.is_column_load or growth.counter.muted:
                return
            mapper = state.bind_mapper
            if mapper is None or mapper.class_.__name__ != growth.root or not growth.due():
                return
        except Exception:
            return
        growth.attempt(lambda: self._grow(state, mapper))

    def _grow(self, state: Any, mapper: Any) -> None:
        self._made, self._number = [], 0
        mappers = {one.class_.__name__: one for one in mapper.registry.mappers}
        self._edges = self._growth.edges(lambda owner, name: mappers[owner].relationships[name].mapper.class_.__name__)
        connection = self._connection = state.session.connection(bind_arguments=state.bind_arguments)
        _shuffle(connection, mapper)
        digest, first, ordered = self._described(state, connection)
        self._growth.tell("size", "1", first)
        rows = connection.execute(mapper.local_table.select().limit(MAX_ROWS)).fetchall()
        try:
            for _ in range(clones(len(rows))):
                self._clone(connection, mapper, rows, {})
        except CannotGrowError:
            made = made_by_sqlalchemy(self._orm, connection, mapper.class_, len(rows) * clones(len(rows)))
            if not made:
                raise
            self._made += made
        digest, second, ordered = self._described(state, connection)
        self._growth.tell("size", "2", second)
        strict, loose = digest.values(ordered=ordered)
        self._growth.tell("digest", strict)
        self._growth.tell("loose", loose)

    def before_commit(self, connection: Any) -> None:
        """Clones never outlive the transaction that they were made in."""
        if not self._made or connection is not self._connection:
            return
        self._growth.counter.muted = True
        try:
            made, self._made = self._made, []
            for table, condition in reversed(made):
                connection.execute(table.delete().where(condition))
        except Exception:
            return
        finally:
            self._growth.counter.muted = False

    def _described(self, state: Any, connection: Any) -> tuple[Digest, int, bool]:
        session = self._orm.Session(bind=connection, autoflush=False, future=True)
        digest, number = Digest(), 0
        try:
            result = session.execute(state.statement, state.parameters or {})
            for row in result.unique() if hasattr(result, "unique") else result:
                number += 1
                if number <= MAX_DESCRIBED:
                    digest.add([self._description(value, set()) for value in row])
        finally:
            session.expunge_all()
            session.close()
        return digest, number, bool(getattr(state.statement, "_order_by_clauses", ()))

    def _description(self, value: Any, seen: set[int]) -> Any:
        state = __import__("sqlalchemy").inspect(value, raiseerr=False)
        mapper = getattr(state, "mapper", None)
        if mapper is None or id(value) in seen:
            return value if mapper is None else "again"
        columns = [(one.key, state.dict[one.key]) for one in mapper.column_attrs if one.key in state.dict]
        relations = []
        for name in sorted(attribute for owner, attribute in self._edges if owner == mapper.class_.__name__):
            related = getattr(value, name)
            many = mapper.relationships[name].uselist
            each = [self._description(one, seen | {id(value)}) for one in (related if many else [related])]
            relations.append((name, each if mapper.relationships[name].order_by else sorted(each, key=repr)))
        return [mapper.class_.__name__, columns, relations]

    def _clone(self, connection: Any, mapper: Any, rows: Any, given: dict[str, dict[Any, Any]]) -> dict[Any, Any]:
        """New rows like these; `given` maps values of a column to others. Old primary keys to new ones."""
        table = mapper.local_table
        if mapper.inherits is not None or any(one.local_table is not table for one in mapper.self_and_descendants):
            raise CannotGrowError(f"{mapper.class_.__name__} is kept in several tables")
        wanted = [one for one in mapper.relationships if (mapper.class_.__name__, one.key) in self._edges]
        given = dict(given)
        for relation in wanted:
            if relation.direction.name == "MANYTOONE":
                local, remote = _one_pair(relation)
                if local.name not in given:
                    given[local.name] = self._targets(
                        connection, relation, remote, {row._mapping[local] for row in rows}
                    )
        new = {}
        for row in rows:
            made = self._inserted(connection, table, row, given)
            for column in table.primary_key.columns:
                new[row._mapping[column]] = made[column.name] if len(table.primary_key.columns) == 1 else None
            self._made.append((table, _condition(table, made)))
        for relation in wanted:
            if relation.direction.name == "ONETOMANY":
                _, remote = _one_pair(relation)
                children = connection.execute(remote.table.select().where(remote.in_(list(new)))).fetchall()
                self._clone(connection, relation.mapper, children[:MAX_ROWS], {remote.name: new})
            elif relation.direction.name == "MANYTOMANY":
                self._links(connection, relation, new)
        return new

    def _targets(self, connection: Any, relation: Any, remote: Any, old: set[Any]) -> dict[Any, Any]:
        if not remote.primary_key:
            raise CannotGrowError(f"{relation} leads to a column that is no primary key")
        values = sorted((value for value in old if value is not None), key=repr)
        found = connection.execute(remote.table.select().where(remote.in_(values))).fetchall()
        return self._clone(connection, relation.mapper, found, {})

    def _links(self, connection: Any, relation: Any, new: dict[Any, Any]) -> None:
        table = relation.secondary
        column = relation.synchronize_pairs[0][1]
        for row in connection.execute(table.select().where(column.in_(list(new)))).fetchall()[:MAX_ROWS]:
            values = {one.name: row._mapping[one] for one in table.columns if not _is_generated(one)}
            values[column.name] = new[row._mapping[column]]
            connection.execute(table.insert().values(values))
            condition = __import__("sqlalchemy").and_(*(table.c[name] == value for name, value in values.items()))
            self._made.append((table, condition))

    def _inserted(self, connection: Any, table: Any, row: Any, given: dict[str, dict[Any, Any]]) -> dict[str, Any]:
        self._number += 1
        values = {}
        for column in table.columns:
            value = row._mapping[column]
            if _is_generated(column):
                continue
            if column.name in given:
                values[column.name] = given[column.name].get(value, value)
            else:
                values[column.name] = key(value, self._number) if column.primary_key else value
        for columns in _unique(table):
            if not any(name in given or name not in values or values[name] is None for name in columns):
                name = next((name for name in columns if isinstance(values[name], str)), columns[0])
                values[name] = _fitting(key(values[name], self._number), table.c[name])
        result = connection.execute(table.insert().values(values))
        names = [one.name for one in table.primary_key.columns]
        return dict(zip(names, result.inserted_primary_key))  # noqa: B905 - strict: Python 3.10


def _one_pair(relation: Any) -> tuple[Any, Any]:
    if len(relation.local_remote_pairs) != 1:
        raise CannotGrowError(f"{relation} joins on several columns")
    local, remote = relation.local_remote_pairs[0]
    return local, remote


def _condition(table: Any, made: dict[str, Any]) -> Any:
    return __import__("sqlalchemy").and_(*(table.c[name] == value for name, value in made.items()))


def _is_generated(column: Any) -> bool:
    return column is column.table._autoincrement_column or column.computed is not None


def _unique(table: Any) -> list[list[str]]:
    """The columns of each constraint, the primary key aside."""
    found = [[column.name] for column in table.columns if column.unique]
    found += [[c.name for c in one.columns] for one in table.constraints if type(one).__name__ == "UniqueConstraint"]
    found += [[c.name for c in index.columns] for index in table.indexes if index.unique]
    return [list(names) for names in dict.fromkeys(map(tuple, found)) if names]


def _fitting(value: Any, column: Any) -> Any:
    length = getattr(column.type, "length", None)
    return value[:length] if isinstance(value, str) and length else value


def _shuffle(connection: Any, mapper: Any) -> None:
    """Rows that no ORDER BY puts in order come in another one than they were written in."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA reverse_unordered_selects = 1")
    elif connection.dialect.name == "postgresql":
        table = mapper.local_table
        column = next(iter(table.primary_key.columns))
        half = table.select().limit(MAX_ROWS // 2)
        for row in connection.execute(half).fetchall():
            where = column == row._mapping[column]
            connection.execute(table.update().where(where).values({column.name: row._mapping[column]}))
