"""The cases of `sqlalchemy-batch-get`: what it changes, and what it leaves alone with which code."""

from codemods._sqlalchemy_batch_get_helper_cases import HELPERS
from codemods.api import Case, Repeat, Tier

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    email = Column(String, unique=True)
    rank = Column(Integer, unique=True)

    @classmethod
    def named(cls, session, emails):
        for email in emails:
            print(session.query(cls).filter(cls.email == email).one())


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    members = relationship("Member", lazy="joined")


class Member(Base):
    __tablename__ = "members"
    team_id = Column(ForeignKey("teams.id"), primary_key=True)
    number = Column(Integer, primary_key=True)
"""

FILES = {"models.py": MODELS}
HEADER = "from models import Order, User\n"
PARAMETER = "session, request"


def _repeat(table: str, *columns: str) -> Repeat:
    named = tuple(f"{table}.{column}" for column in columns)
    return Repeat(
        named[0],
        (table,),
        named,
        50,
        statement=f"SELECT * FROM {table} WHERE {' AND '.join(f'{n} = ?' for n in named)}",
    )


USER = _repeat("users", "id")
EMAIL = _repeat("users", "email")
RANK = _repeat("users", "rank")
NAME = _repeat("users", "name")
BOTH = _repeat("users", "name", "rank")
TEAM = _repeat("teams", "id")
MEMBER = _repeat("members", "team_id", "number")
ACCOUNT = """\
from sqlalchemy import Column, Integer, String

from models import Base


class Account(Base):
    __tablename__ = "accounts"
    id = Column(Integer, primary_key=True)
    email = Column(String, unique=True)
    city = Column(String)

    @classmethod
    def show(cls, session):
{}

def view(session):
    Account.show(session)
"""


def _app(body: str, imports: str = "") -> str:
    text = "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    word = "async def" if "await " in body or "async for " in body else "def"
    return f"{HEADER}{imports}\n\n{word} view({PARAMETER}):\n{text}"


def _changed(  # noqa: PLR0913
    name: str, before: str, after: str, repeat: Repeat, *, imports: str = "", after_imports: str | None = None,
    files: dict[str, str] | None = None, others: dict[str, str] | None = None, tier: Tier = "B",
) -> Case:  # fmt: skip
    given = imports if after_imports is None else after_imports
    return _changed_whole(
        name, _app(before, imports), _app(after, given), repeat, files=files, others=others, tier=tier
    )  # fmt: skip


def _changed_whole(  # noqa: PLR0913
    name: str, before: str, after: str, repeat: Repeat, *, files: dict[str, str] | None = None,
    others: dict[str, str] | None = None, tier: Tier = "B",
) -> Case:  # fmt: skip
    return Case(name, before, after, (repeat,), tier=tier, files={**FILES, **(files or {})}, others=others or {})


def _left(
    name: str, code: str, body: str, repeat: Repeat, *, imports: str = "", files: dict[str, str] | None = None
) -> Case:
    return _left_whole(name, code, _app(body, imports), repeat, files=files)


def _left_whole(name: str, code: str, text: str, repeat: Repeat, *, files: dict[str, str] | None = None) -> Case:
    return Case(name, text, None, (repeat,), code, files={**FILES, **(files or {})})


CASES: tuple[Case, ...] = (
    _changed(
        "the identity map is filled before the loop",
        """\
for order in session.query(Order).all():
    user = session.get(User, order.user_id)
    print(user)
""",
        """\
orders = session.query(Order).all()
user_ids = [order.user_id for order in orders]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in session.query(User).filter(
        User.id.in_(user_ids[start : start + 500])
    )
]
for order in orders:
    user = session.get(User, order.user_id)
    print(user)
""",
        USER,
    ),
    _changed(
        "in the style of the file",
        """\
orders = session.scalars(select(Order)).all()
for order in orders:
    if order.user_id is not None:
        print(session.get(User, order.user_id))
""",
        """\
orders = session.scalars(select(Order)).all()
user_ids = [order.user_id for order in orders if order.user_id is not None]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in session.scalars(
        select(User).where(User.id.in_(user_ids[start : start + 500]))
    )
]
for order in orders:
    if order.user_id is not None:
        print(session.get(User, order.user_id))
""",
        USER,
        imports="from sqlalchemy import select\n",
    ),
    _changed(
        "options go along",
        """\
for order in request.orders:
    print(session.get(User, order.user_id, options=[selectinload(User.posts), joinedload(User.team)]))
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in session.scalars(
        select(User).options(selectinload(User.posts), joinedload(User.team)).where(User.id.in_(user_ids[start : start + 500]))
    ).unique()
]
for order in orders:
    print(session.get(User, order.user_id, options=[selectinload(User.posts), joinedload(User.team)]))
""",
        USER,
        imports="from sqlalchemy import select\nfrom sqlalchemy.orm import joinedload, selectinload\n",
    ),
    _changed(
        "options go along with a legacy query",
        """\
for order in request.orders:
    print(session.get(User, order.user_id, options=(joinedload(User.team),)))
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in session.query(User).options(joinedload(User.team)).filter(
        User.id.in_(user_ids[start : start + 500])
    )
]
for order in orders:
    print(session.get(User, order.user_id, options=(joinedload(User.team),)))
""",
        USER,
        imports="from sqlalchemy.orm import joinedload\n",
    ),
    _changed(
        "rows that come with joins",
        """\
ids = [1, 2]
for id in ids:
    print(session.get(Team, id))
""",
        """\
ids = [1, 2]
# Kept: the lookups below find these rows without a query.
teams = [
    team
    for start in range(0, len(ids), 500)
    for team in session.scalars(
        select(Team).where(Team.id.in_(ids[start : start + 500]))
    ).unique()
]
for id in ids:
    print(session.get(Team, id))
""",
        TEAM,
        imports="from models import Team\nfrom sqlalchemy import select\n",
    ),
    _changed(
        "an asynchronous session where select is at hand",
        """\
for order in request.orders:
    user = await session.get(User, order.user_id)
    print(user)
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in await session.scalars(
        select(User).where(User.id.in_(user_ids[start : start + 500]))
    )
]
for order in orders:
    user = await session.get(User, order.user_id)
    print(user)
""",
        USER,
        imports="from sqlalchemy import select\n",
    ),
    _changed_whole(
        "an asynchronous session",
        """\
from models import User


async def view(session, request):
    return [await session.get(User, id) for id in request.ids]
""",
        """\
from sqlalchemy import select

from models import User


async def view(session, request):
    ids = list(request.ids)
    # Kept: the lookups below find these rows without a query.
    users = [
        user
        for start in range(0, len(ids), 500)
        for user in await session.scalars(
            select(User).where(User.id.in_(ids[start : start + 500]))
        )
    ]
    return [await session.get(User, id) for id in ids]
""",
        USER,
    ),
    _changed(
        "a legacy get",
        """\
for order in request.orders:
    print(session.query(User).get(order.user_id))
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in session.query(User).filter(
        User.id.in_(user_ids[start : start + 500])
    )
]
for order in orders:
    print(session.query(User).get(order.user_id))
""",
        USER,
    ),
    _changed(
        "a legacy get with options",
        """\
for order in request.orders:
    print(User.query.options(joinedload(User.team)).get_or_404(order.user_id))
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in User.query.options(joinedload(User.team)).filter(
        User.id.in_(user_ids[start : start + 500])
    )
]
for order in orders:
    print(User.query.options(joinedload(User.team)).get_or_404(order.user_id))
""",
        USER,
        imports="from sqlalchemy.orm import joinedload\n",
    ),
    _changed(
        "the extension's get",
        """\
for order in request.orders:
    print(db.get_or_404(User, order.user_id))
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in db.session.query(User).filter(
        User.id.in_(user_ids[start : start + 500])
    )
]
for order in orders:
    print(db.get_or_404(User, order.user_id))
""",
        USER,
        imports="from extensions import db\n",
    ),
    _changed(
        "a lookup that asks the database every time",
        """\
for order in request.orders:
    user = session.query(User).filter_by(id=order.user_id).first()
    print(user)
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
users_by_id = {
    user.id: user
    for start in range(0, len(user_ids), 500)
    for user in session.query(User).filter(
        User.id.in_(user_ids[start : start + 500])
    )
}
for order in orders:
    user = users_by_id.get(order.user_id)
    if user is None:
        user = session.query(User).filter_by(id=order.user_id).first()
    print(user)
""",
        USER,
    ),
    _changed(
        "a lookup by condition",
        """\
for order in request.orders:
    user = session.query(User).options(joinedload(User.team)).filter(User.id == order.user_id, User.name != "x").one()
    print(user)
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
users_by_id = {
    user.id: user
    for start in range(0, len(user_ids), 500)
    for user in session.query(User).options(joinedload(User.team)).filter(
        User.name != "x", User.id.in_(user_ids[start : start + 500])
    )
}
for order in orders:
    user = users_by_id.get(order.user_id)
    if user is None:
        user = session.query(User).options(joinedload(User.team)).filter(User.id == order.user_id, User.name != "x").one()
    print(user)
""",
        USER,
        imports="from sqlalchemy.orm import joinedload\n",
    ),
    _changed(
        "conditions before and after",
        """\
for email in set(request.emails):
    user = User.query.filter(User.name > "a").filter(User.email == email).filter_by(rank=3, **request.more).first_or_404()
    print(user)
""",
        """\
emails = list(set(request.emails))
users_by_email = {
    user.email: user
    for start in range(0, len(emails), 500)
    for user in User.query.filter(User.name > "a").filter(
        User.email.in_(emails[start : start + 500])
    ).filter_by(rank=3, **request.more)
}
for email in emails:
    user = users_by_email.get(email)
    if user is None:
        user = User.query.filter(User.name > "a").filter(User.email == email).filter_by(rank=3, **request.more).first_or_404()
    print(user)
""",
        EMAIL,
    ),
    _changed(
        "conditions by name",
        """\
emails = ["a"]
for email in emails:
    user = session.query(User).filter_by(email=email, name="x").order_by(User.id).options(request.option).one_or_none()
    print(user)
""",
        """\
emails = ["a"]
users_by_email = {
    user.email: user
    for start in range(0, len(emails), 500)
    for user in session.query(User).filter_by(name="x").filter(User.email.in_(emails[start : start + 500])).options(
        request.option
    )
}
for email in emails:
    user = users_by_email.get(email)
    if user is None:
        user = session.query(User).filter_by(email=email, name="x").order_by(User.id).options(request.option).one_or_none()
    print(user)
""",
        EMAIL,
    ),
    _changed(
        "a scalar",
        """\
for order in request.orders:
    user = session.scalar(select(User).where(User.id == order.user_id))
    print(user)
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
users_by_id = {
    user.id: user
    for start in range(0, len(user_ids), 500)
    for user in session.scalars(
        select(User).where(User.id.in_(user_ids[start : start + 500]))
    )
}
for order in orders:
    user = users_by_id.get(order.user_id)
    if user is None:
        user = session.scalar(select(User).where(User.id == order.user_id))
    print(user)
""",
        USER,
        imports="from sqlalchemy import select\n",
    ),
    _changed(
        "an awaited scalar",
        """\
for order in request.orders:
    user = await session.scalar(select(User).where(User.id == order.user_id).limit(1))
    print(user)
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
users_by_id = {
    user.id: user
    for start in range(0, len(user_ids), 500)
    for user in await session.scalars(
        select(User).where(User.id.in_(user_ids[start : start + 500]))
    )
}
for order in orders:
    user = users_by_id.get(order.user_id)
    if user is None:
        user = await session.scalar(select(User).where(User.id == order.user_id).limit(1))
    print(user)
""",
        USER,
        imports="from sqlalchemy import select\n",
    ),
    _changed(
        "a result's scalar",
        """\
for email in request.emails:
    user = session.execute(select(User).filter_by(email=email)).scalar_one_or_none()
    print(user)
""",
        """\
emails = list(request.emails)
users_by_email = {
    user.email: user
    for start in range(0, len(emails), 500)
    for user in session.scalars(
        select(User).where(User.email.in_(emails[start : start + 500]))
    )
}
for email in emails:
    user = users_by_email.get(email)
    if user is None:
        user = session.execute(select(User).filter_by(email=email)).scalar_one_or_none()
    print(user)
""",
        EMAIL,
        imports="from sqlalchemy import select\n",
    ),
    _changed(
        "an awaited result's scalars",
        """\
for email in request.emails:
    user = (await session.execute(select(User).where(User.email == email))).unique().scalars().first()
    print(user)
""",
        """\
emails = list(request.emails)
users_by_email = {
    user.email: user
    for start in range(0, len(emails), 500)
    for user in await session.scalars(select(User).where(User.email.in_(emails[start : start + 500])))
}
for email in emails:
    user = users_by_email.get(email)
    if user is None:
        user = (await session.execute(select(User).where(User.email == email))).unique().scalars().first()
    print(user)
""",
        EMAIL,
        imports="from sqlalchemy import select\n",
    ),
    _changed(
        "scalars of a table that comes with joins",
        """\
for id in request.ids:
    print(db.session.scalars(db.select(Team).where(Team.id == id)).unique().one())
""",
        """\
ids = list(request.ids)
teams_by_id = {
    team.id: team
    for start in range(0, len(ids), 500)
    for team in db.session.scalars(
        db.select(Team).where(Team.id.in_(ids[start : start + 500]))
    ).unique()
}
for id in ids:
    print(teams_by_id.get(id) or db.session.scalars(db.select(Team).where(Team.id == id)).unique().one())
""",
        TEAM,
        imports="from extensions import db\nfrom models import Team\n",
    ),
    _changed(
        "a query that a variable's name would hide",
        """\
user = request.user
for rank in request.ranks:
    print(session.query(User).filter(User.name == user.name, User.rank == rank).one())
""",
        """\
user = request.user
ranks = list(request.ranks)
users_by_rank = {
    row.rank: row
    for start in range(0, len(ranks), 500)
    for row in session.query(User).filter(
        User.name == user.name, User.rank.in_(ranks[start : start + 500])
    )
}
for rank in ranks:
    print(users_by_rank.get(rank) or session.query(User).filter(User.name == user.name, User.rank == rank).one())
""",
        RANK,
    ),
    _changed(
        "the loop adds",
        """\
for order in request.orders:
    session.add(order)
    print(session.get(User, order.user_id))
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in session.query(User).filter(
        User.id.in_(user_ids[start : start + 500])
    )
]
for order in orders:
    session.add(order)
    print(session.get(User, order.user_id))
""",
        USER,
        tier="C",
    ),
    _changed(
        "the loop changes its rows, which are one object anyhow",
        """\
seen = set()
for order in request.orders:
    user = session.query(User).filter_by(id=order.user_id).one()
    user.rank = 1
    user.tags["x"] = 2
    seen.add(user)
""",
        """\
seen = set()
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
users_by_id = {
    user.id: user
    for start in range(0, len(user_ids), 500)
    for user in session.query(User).filter(
        User.id.in_(user_ids[start : start + 500])
    )
}
for order in orders:
    user = users_by_id.get(order.user_id)
    if user is None:
        user = session.query(User).filter_by(id=order.user_id).one()
    user.rank = 1
    user.tags["x"] = 2
    seen.add(user)
""",
        USER,
        tier="C",
    ),
    _changed(
        "a set of keys",
        """\
ids = {1, 2}
for id in ids:
    print(session.get(User, id))
""",
        """\
ids = {1, 2}
user_ids = list(ids)
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in session.query(User).filter(
        User.id.in_(user_ids[start : start + 500])
    )
]
for id in ids:
    print(session.get(User, id))
""",
        USER,
    ),
    _changed(
        "a helper that is given the session",
        """\
for order in request.orders:
    print(get_user(session, order.user_id))
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in session.query(User).filter(
        User.id.in_(user_ids[start : start + 500])
    )
]
for order in orders:
    print(get_user(session, order.user_id))
""",
        USER,
        imports="from services import get_user\n",
        files={
            "services.py": """\
from models import User


def get_user(db, user_id):
    return db.query(User).get(user_id)
"""
        },
    ),
    _changed(
        "a helper that asks the session of all",
        """\
for order in request.orders:
    print(get_user(order.user_id))
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
# Kept: the lookups below find these rows without a query.
users = [
    user
    for start in range(0, len(user_ids), 500)
    for user in db.session.query(User).filter(
        User.id.in_(user_ids[start : start + 500])
    )
]
for order in orders:
    print(get_user(order.user_id))
""",
        USER,
        imports="from extensions import db\nfrom services import get_user\n",
        files={
            "extensions.py": """\
db = make()
""",
            "services.py": """\
from extensions import db
from models import User


def get_user(user_id):
    return db.session.get(User, user_id)
""",
        },
    ),
    _changed_whole(
        "a helper whose session and model are not at hand",
        """\
from services import get_user


def view(request):
    for order in request.orders:
        user = get_user(user_id=order.user_id)
        print(user)
""",
        """\
from services import get_user, get_users


def view(request):
    orders = list(request.orders)
    users_by_id = get_users(user_ids=[order.user_id for order in orders])
    for order in orders:
        user = users_by_id.get(order.user_id)
        if user is None:
            user = get_user(user_id=order.user_id)
        print(user)
""",
        USER,
        files={
            "services.py": """\
from __future__ import annotations

from database import session
from models import User


def get_user(user_id: int) -> User | None:
    \"\"\"One user.\"\"\"
    user = session.get(User, user_id)
    if user is None:
        raise LookupError
    return user
"""
        },
        others={
            "services.py": """\
from __future__ import annotations

from database import session
from models import User


def get_user(user_id: int) -> User | None:
    \"\"\"One user.\"\"\"
    user = session.get(User, user_id)
    if user is None:
        raise LookupError
    return user


def get_users(user_ids: list[int]) -> dict[int, User]:
    \"\"\"Users by id; those that are missing are left out.\"\"\"
    return {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
"""
        },
    ),
    _changed_whole(
        "a method of the same object",
        """\
from models import Order, User


class Orders:
    def __init__(self, session):
        self.session = session

    def user(self, user_id):
        return self.session.get(User, user_id)

    def all(self):
        for order in self.session.query(Order).all():
            print(self.user(order.user_id))


def view(session):
    Orders(session).all()
""",
        """\
from models import Order, User


class Orders:
    def __init__(self, session):
        self.session = session

    def user(self, user_id):
        return self.session.get(User, user_id)

    def all(self):
        orders = self.session.query(Order).all()
        user_ids = [order.user_id for order in orders]
        # Kept: the lookups below find these rows without a query.
        users = [
            user
            for start in range(0, len(user_ids), 500)
            for user in self.session.query(User).filter(
                User.id.in_(user_ids[start : start + 500])
            )
        ]
        for order in orders:
            print(self.user(order.user_id))


def view(session):
    Orders(session).all()
""",
        USER,
    ),
    _changed_whole(
        "a method of another object",
        """\
from models import User


class Users:
    def __init__(self, session):
        self.session = session

    def get_by_id(self, id):
        return self.session.query(User).filter(User.id == id).first()


class Service:
    def __init__(self, session):
        self.users = Users(session)

    def all(self, orders):
        for order in orders:
            user = self.users.get_by_id(order.user_id)
            print(user)


def view(session, orders):
    Service(session).all(orders)
""",
        """\
from models import User


class Users:
    def __init__(self, session):
        self.session = session

    def get_by_id(self, id):
        return self.session.query(User).filter(User.id == id).first()

    def get_by_ids(self, ids):
        \"\"\"Users by id; those that are missing are left out.\"\"\"
        return {
            user.id: user
            for start in range(0, len(ids), 500)
            for user in self.session.query(User).filter(
                User.id.in_(ids[start : start + 500])
            )
        }


class Service:
    def __init__(self, session):
        self.users = Users(session)

    def all(self, orders):
        all_orders = list(orders)
        users_by_id = self.users.get_by_ids([order.user_id for order in all_orders])
        for order in all_orders:
            user = users_by_id.get(order.user_id)
            if user is None:
                user = self.users.get_by_id(order.user_id)
            print(user)


def view(session, orders):
    Service(session).all(orders)
""",
        USER,
        tier="C",
    ),
    _changed(
        "a changed row may answer no longer",
        """\
for order in request.orders:
    user = session.query(User).filter(User.id == order.user_id, User.name == "x").one()
    user.name = "y"
""",
        """\
orders = list(request.orders)
user_ids = [order.user_id for order in orders]
users_by_id = {
    user.id: user
    for start in range(0, len(user_ids), 500)
    for user in session.query(User).filter(
        User.name == "x", User.id.in_(user_ids[start : start + 500])
    )
}
for order in orders:
    user = users_by_id.get(order.user_id)
    if user is None:
        user = session.query(User).filter(User.id == order.user_id, User.name == "x").one()
    user.name = "y"
""",
        USER,
        tier="C",
    ),
    _changed(
        "a changed row may have another key",
        """\
for email in request.emails:
    user = session.query(User).filter_by(email=email).first()
    user.email = None
""",
        """\
emails = list(request.emails)
users_by_email = {
    user.email: user
    for start in range(0, len(emails), 500)
    for user in session.query(User).filter(
        User.email.in_(emails[start : start + 500])
    )
}
for email in emails:
    user = users_by_email.get(email)
    if user is None:
        user = session.query(User).filter_by(email=email).first()
    user.email = None
""",
        EMAIL,
        tier="C",
    ),
    _changed_whole(
        "a helper whose session is another one than its caller's",
        """\
from models import User
from services import get_user


def view(session, orders):
    for order in orders:
        print(get_user(order.user_id))
""",
        """\
from models import User
from services import get_user, get_users


def view(session, orders):
    all_orders = list(orders)
    users_by_id = get_users([order.user_id for order in all_orders])
    for order in all_orders:
        print(users_by_id.get(order.user_id) or get_user(order.user_id))
""",
        USER,
        files={
            "services.py": """\
from database import session
from models import User


def get_user(user_id):
    return session.get(User, user_id)
"""
        },
        others={
            "services.py": """\
from database import session
from models import User


def get_user(user_id):
    return session.get(User, user_id)


def get_users(user_ids):
    \"\"\"Users by id; those that are missing are left out.\"\"\"
    return {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
"""
        },
        tier="C",
    ),
    _changed_whole(
        "a helper that asks a model",
        """\
from services import get_user


def view(orders):
    for order in orders:
        print(get_user(order.user_id))
""",
        """\
from services import get_user, get_users


def view(orders):
    all_orders = list(orders)
    users_by_id = get_users([order.user_id for order in all_orders])
    for order in all_orders:
        print(users_by_id.get(order.user_id) or get_user(order.user_id))
""",
        USER,
        files={
            "services.py": """\
from models import User


def get_user(user_id):
    return User.query.get(user_id)
"""
        },
        others={
            "services.py": """\
from models import User


def get_user(user_id):
    return User.query.get(user_id)


def get_users(user_ids):
    \"\"\"Users by id; those that are missing are left out.\"\"\"
    return {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in User.query.filter(User.id.in_(user_ids[start : start + 500]))
    }
"""
        },
        tier="C",
    ),
    _changed_whole(
        "a helper that an asynchronous function calls",
        """\
from models import User
from services import get_user


async def view(session, orders):
    for order in orders:
        print(get_user(session, order.user_id))
""",
        """\
from models import User
from services import get_user, get_users


async def view(session, orders):
    all_orders = list(orders)
    users_by_id = get_users(session, [order.user_id for order in all_orders])
    for order in all_orders:
        print(users_by_id.get(order.user_id) or get_user(session, order.user_id))
""",
        USER,
        files={
            "services.py": """\
from models import User


def get_user(session, user_id):
    return session.get(User, user_id)
"""
        },
        others={
            "services.py": """\
from models import User


def get_user(session, user_id):
    return session.get(User, user_id)


def get_users(session, user_ids):
    \"\"\"Users by id; those that are missing are left out.\"\"\"
    return {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
"""
        },
        tier="C",
    ),
    _changed_whole(
        "a class method of a model",
        ACCOUNT.format(
            """\
        for email in ['a']:
            print(session.query(cls).filter(cls.email == email).one())
"""
        ),
        ACCOUNT.format(
            """\
        account_emails = ['a']
        accounts_by_email = {
            account.email: account
            for start in range(0, len(account_emails), 500)
            for account in session.query(cls).filter(
                cls.email.in_(account_emails[start : start + 500])
            )
        }
        for email in ['a']:
            print(accounts_by_email.get(email) or session.query(cls).filter(cls.email == email).one())
"""
        ),
        _repeat("accounts", "email"),
    ),
    _left(
        "no loop",
        "R-UNRESOLVED",
        """\
print(session.get(User, 1), dict().get(User, 1), other())
""",
        USER,
    ),
    _left(
        "another model",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(session.get(Order, id), session.query(Order).get(id), session.get(Nothing, id), request.get(id), session.get(Order, id, with_for_update=True))
""",
        USER,
    ),
    _left(
        "rows that are locked",
        "R-SHAPE",
        """\
for id in [1]:
    print(session.get(User, id, with_for_update=True))
""",
        USER,
    ),
    _left(
        "options of a variable",
        "R-SHAPE",
        """\
for id in [1]:
    print(session.get(User, id, options=request.options))
""",
        USER,
    ),
    _left(
        "several columns",
        "R-KEYEQ",
        """\
for key in [(1, 2)]:
    print(session.get(Member, key))
""",
        MEMBER,
        imports="from models import Member\n",
    ),
    _left(
        "several conditions",
        "R-KEYEQ",
        """\
for name, rank in [('a', 1)]:
    print(session.query(User).filter_by(name=name, rank=rank).first())
""",
        BOTH,
    ),
    _left(
        "a column that is not unique",
        "R-KEYEQ",
        """\
for name in ['a']:
    print(session.query(User).filter_by(name=name).first())
""",
        NAME,
    ),
    _left(
        "a column that is not unique, all its rows",
        "R-UNRESOLVED",
        """\
for name in ['a']:
    for user in session.scalars(select(User).where(User.name == name)).all():
        print(user)
""",
        NAME,
        imports="from sqlalchemy import select\n",
    ),
    _left(
        "all rows of a unique column",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(session.query(User).filter(User.id == id).all())
""",
        USER,
    ),
    _left(
        "rows that are no entities",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(session.execute(select(User).where(User.id == id)).first())
""",
        USER,
        imports="from sqlalchemy import select\n",
    ),
    _left(
        "a select that nothing runs",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(select(User).where(User.id == id).first())
""",
        USER,
        imports="from sqlalchemy import select\n",
    ),
    _left(
        "a connection is no session",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(request.connection.execute(select(User).where(User.id == id)).scalar_one())
""",
        USER,
        imports="from sqlalchemy import select\n",
    ),
    _left(
        "a filter on another model",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(session.query(User).filter(Order.id == id).first())
""",
        USER,
    ),
    _left(
        "a filter that is no comparison",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(session.query(User).filter(User.id > id).first())
""",
        USER,
    ),
    _left(
        "two keys of the round",
        "R-KEYEQ",
        """\
for id in [1]:
    print(session.query(User).filter(User.id == id, User.rank > id).first())
""",
        USER,
    ),
    _left(
        "rows of a join",
        "R-SHAPE",
        """\
for id in [1]:
    print(session.query(User).join(Order).filter(User.id == id).first())
""",
        USER,
    ),
    _left(
        "the query is fixed",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(session.query(User).filter(User.id == request.id).first())
""",
        USER,
    ),
    _left(
        "rows are made when missing",
        "R-GET-OR-CREATE",
        """\
for email in ['a']:
    user = session.query(User).filter_by(email=email).first()
    if user is None:
        user = User(email=email)
        session.add(user)
""",
        EMAIL,
    ),
    _left(
        "rows are deleted",
        "R-WRITE",
        """\
for id in [1]:
    user = session.get(User, id)
    session.delete(user)
""",
        USER,
    ),
    _left(
        "rows are deleted by a query",
        "R-WRITE",
        """\
for id in [1]:
    user = session.get(User, id)
    session.query(User).filter_by(rank=user.rank).delete()
""",
        USER,
    ),
    _left(
        "the loop commits",
        "R-COMMIT",
        """\
for id in [1]:
    user = session.get(User, id)
    session.commit()
""",
        USER,
    ),
    _left(
        "a session of the round",
        "R-CARRY",
        """\
for id in [1]:
    with request.session() as session:
        print(session.get(User, id))
""",
        USER,
    ),
    _left(
        "an asynchronous session that is not awaited",
        "R-SHAPE",
        """\
await gather(*[session.get(User, id) for id in [1]])
""",
        USER,
    ),
    _left(
        "another model of an asynchronous session",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(session.get(Order, id), await request)
""",
        USER,
    ),
    _left(
        "select means something else",
        "R-SHAPE",
        """\
for id in [1]:
    print(await session.get(User, id))
""",
        USER,
        imports="from forms import select\n",
    ),
    _left(
        "a query with more steps than options",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(session.query(User).populate_existing().get(id))
""",
        USER,
    ),
    _left(
        "keys that are text",
        "R-KEYEQ",
        """\
for id in request.ids.split(','):
    print(session.get(User, id))
""",
        USER,
    ),
    _left(
        "rows that are fetched before",
        "R-BATCHED",
        """\
ids = [1]
users = session.query(User).filter(User.id.in_(ids)).all()
for id in ids:
    print(session.get(User, id))
""",
        USER,
    ),
    _left(
        "a helper that is given its session by name",
        "R-SHAPE",
        """\
for id in [1]:
    print(get_user(id, session=session))
""",
        USER,
        imports="from services import get_user\n",
        files={
            "services.py": """\
from models import User


def get_user(user_id, **more):
    return more['session'].get(User, user_id)
"""
        },
    ),
    _left_whole(
        "a helper that is not awaited",
        "R-SHAPE",
        """\
from services import get_user


async def view(request):
    return [get_user(id) for id in [1]]
""",
        USER,
        files={
            "services.py": """\
from database import session
from models import User
from sqlalchemy import select


async def get_user(user_id):
    return await session.get(User, user_id)
"""
        },
    ),
    _left(
        "a helper with a column that is not unique",
        "R-KEYEQ",
        """\
for name in ['a']:
    print(by_name(session, name))
""",
        NAME,
        imports="from services import by_name\n",
        files={
            "services.py": """\
from models import User


def by_name(session, name):
    return session.query(User).filter(User.name == name).first()
"""
        },
    ),
    _left(
        "a statement by another column",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(session.get(User, id))
""",
        EMAIL,
    ),
    _left(
        "a helper that asks by a column of its own",
        "R-UNRESOLVED",
        """\
for id in [1]:
    print(get_user(session, id))
""",
        EMAIL,
        imports="from services import get_user\n",
        files={
            "services.py": """\
from models import User


def get_user(session, user_id):
    return session.get(User, user_id)
"""
        },
    ),
    _left_whole(
        "a class method of a model, by a column that is not unique",
        "R-KEYEQ",
        ACCOUNT.format(
            """\
        for city in ['a']:
            print(session.query(cls).filter(cls.city == city).first())
"""
        ),
        _repeat("accounts", "city"),
    ),
    *HELPERS,
)
