"""Cases of sqlalchemy-bulk-update."""

from typing import Any

from codemods.api import Case, Repeat, Tier

_UPDATE = Repeat("update", ("users",), ("users.id",), 50, "write", "UPDATE users SET active = ? WHERE users.id = ?")
_READS = Repeat("reads", ("users",), ("users.id",), 50, statement="SELECT * FROM users WHERE id = ?")
_MODELS = """\
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, validates

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    active = Column(Boolean)


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    active = Column(Boolean)
"""
_HEAD = "from models import Team, User\n\n\n"


def _case(name: str, before: str, after: str | None, code: str | None = None, tier: Tier = "B", **more: Any) -> Case:
    """A case with the models, `own` in the class User and `more` below, and other files by their module."""
    models = _MODELS.replace("\n\n\nclass Team", f"\n{more.pop('own', '')}\n\nclass Team") + more.pop("more", "")
    repeat = more.pop("repeat", _UPDATE)
    files = {"models.py": models, **{f"{module}.py": text for module, text in more.items()}}
    return Case(name, _HEAD + before, None if after is None else _HEAD + after, (repeat,), code, tier, files)


_PLAIN = """\
def view(session, name):
    for user in session.query(User).filter(User.name == name):
        user.active = False
"""
_ONE = """\
def view(session, name):
    session.query(User).filter(User.name == name).update(
        {"active": False}, synchronize_session="fetch"
    )
"""
_NAMED = """\
def view(session, name):
    users = session.query(User).filter_by(name=name).all()
    for user in users:
        user.active = True
        session.add(user)
    return name
"""


def _rows(rows: str, lines: str = "user.active = False") -> str:
    body = "".join(f"        {line}\n" for line in lines.split("\n"))
    return f"def view(session, name):\n    for user in {rows}:\n{body}"


_ALL = "session.query(User)"

CASES = (
    _case("a query in the loop", _PLAIN, _ONE),
    _case(
        "a query in a name, and rows that are added to the session they are in",
        _NAMED,
        """\
def view(session, name):
    users = session.query(User).filter_by(name=name)
    users.update({"active": True}, synchronize_session="fetch")
    return name
""",
    ),
    _case(
        "the query of a model, all its rows, several columns, single quotes",
        "def view(name):\n    for user in User.query.filter(User.id > 1).all():\n        user.name = name['a']\n"
        "        user.active = name['b']\n",
        "def view(name):\n    User.query.filter(User.id > 1).update(\n"
        "        {'name': name['a'], 'active': name['b']}, synchronize_session='fetch'\n    )\n",
    ),
    _case(
        "what listens to changes",
        _PLAIN,
        _ONE,
        tier="C",
        own="    __versioned__ = {}\n    __mapper_args__ = {'version_id_col': id}\n\n    @validates('active')\n"
        "    def check(self, key, value):\n        return value\n",
        listeners="""\
from sqlalchemy import event
from sqlalchemy.orm import Session

from models import Team, User


@event.listens_for(User, "before_update")
def one(mapper, connection, target):
    pass


@event.listens_for(Team, "before_update")
def other(mapper, connection, target):
    pass


event.listen(Session, "before_flush", one)
event.listen(User, "load", one)
event.listen()
event.contains(User, "set")
""",
        teams="from models import Base, Column, validates\n\n\nclass User:\n    @validates('active')\n    def f(self):\n"
        "        pass\n",
    ),
    _case(
        "listeners and validators of other attributes",
        _PLAIN,
        _ONE,
        own="    __mapper_args__ = {'eager_defaults': True}\n    size: int = 1\n\n    @validates('name')\n"
        "    @property\n    def check(self, key, value):\n        return value\n",
    ),
    _case(
        "a column with a new value at each UPDATE, in a base",
        _PLAIN,
        _ONE,
        tier="C",
        own="    size: int = Column(Integer, onupdate=1)\n",
        stamps="",
    ),
    # ---- untouched ----
    _case("one statement already", _ONE, None, "R-BATCHED"),
    _case("a statement that reads", _PLAIN, None, "R-UNRESOLVED", repeat=_READS),
    _case("rows of another class", _PLAIN.replace("User", "Team"), None, "R-UNRESOLVED"),
    _case("no query", _rows("name"), None, "R-UNRESOLVED"),
    _case("a query behind a name of a name", "def view(a):\n    b = a\n" + _rows("b")[24:], None, "R-UNRESOLVED"),
    _case("a function", _rows("load(User)"), None, "R-UNRESOLVED"),
    _case("columns", _rows("session.query(User.id, User.name).filter()"), None, "R-UNRESOLVED"),
    _case("a loop that sets nothing", _rows(_ALL, "print(user)"), None, "R-UNRESOLVED"),
    _case("two loops", _PLAIN + _PLAIN.partition("\n")[2], None, "R-AMBIGUOUS"),
    _case("a value of each row", _rows(_ALL, "user.active = user.id > 1"), None, "R-CARRY"),
    _case("a value of each round", _rows(_ALL, "user.active = name()"), None, "R-CARRY"),
    _case("more than setting a value", _rows(_ALL, "user.active = True\nprint(user)"), None, "R-CARRY"),
    _case("a comment would be lost", _rows(_ALL, "# all\nuser.active = True"), None, "R-CARRY"),
    _case("a flush in each round", _rows(_ALL, "user.active = True\nsession.flush()"), None, "R-CARRY"),
    _case("the loop has an else", _PLAIN + "    else:\n        print(1)\n", None, "R-CARRY"),
    _case("no column", _rows(_ALL, "user.size = 1"), None, "R-UNRESOLVED"),
    _case("the key", _rows(_ALL, "user.id = 1"), None, "R-UNRESOLVED"),
    _case("the rows are used elsewhere", _NAMED.replace("return name", "return users"), None, "R-RESULT"),
    _case("a step that update() does not follow", _rows(_ALL + ".limit(5)"), None, "R-SHAPE"),
    _case("an order", _rows(_ALL + ".order_by(User.id).all()"), None, "R-SHAPE"),
    _case(
        "a class over two tables",
        "from models import Boss\n\n\n" + _rows("session.query(Boss)"),
        None,
        "R-SAVE",
        repeat=Repeat("boss", ("bosses",), ("bosses.id",), 9, "write", "UPDATE bosses SET a = ? WHERE id = ?"),
        more="\n\nclass Boss(User):\n    __tablename__ = 'bosses'\n    id = Column(ForeignKey('users.id'), primary_key=True)\n",
    ),
)
