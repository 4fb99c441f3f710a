"""The cases of `sqlalchemy-batch-get` whose lookup is behind helpers."""

from codemods.api import Case, Repeat, Tier

_MODELS = """\
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    email = Column(String, unique=True)
    rank = Column(Integer, unique=True)
"""
_FILES = {"models.py": _MODELS}


def _repeat(*columns: str) -> Repeat:
    named = tuple(f"users.{column}" for column in columns)
    where = " AND ".join(f"{name} = ?" for name in named)
    return Repeat(named[0], ("users",), named, 50, statement=f"SELECT * FROM users WHERE {where}")


USER, NAMED = _repeat("id"), _repeat("rank", "name")
BOTH = _repeat("rank", "email")


def _changed(  # noqa: PLR0913
    name: str, before: str, after: str, repeat: Repeat, *, files: dict[str, str] | None = None,
    others: dict[str, str] | None = None, tier: Tier = "B",
) -> Case:  # fmt: skip
    return Case(name, before, after, (repeat,), tier=tier, files={**_FILES, **(files or {})}, others=others or {})


def _left(name: str, code: str, text: str, repeat: Repeat, *, files: dict[str, str] | None = None) -> Case:
    return Case(name, text, None, (repeat,), code, files={**_FILES, **(files or {})})


HELPERS: tuple[Case, ...] = (
    _changed(
        "a helper that falls back on a session",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(order.user_id))
""",
        """\
from dao import get_user, get_users


def view(session, orders: list):
    users_by_id = get_users([order.user_id for order in orders])
    for order in orders:
        print(users_by_id.get(order.user_id) or get_user(order.user_id))
""",
        USER,
        files={
            "dao.py": """\
from database import default
from models import User


def get_user(user_id, session=None):
    session = session or default
    return session.query(User).filter_by(id=user_id).one()
"""
        },
        others={
            "dao.py": """\
from database import default
from models import User


def get_user(user_id, session=None):
    session = session or default
    return session.query(User).filter_by(id=user_id).one()


def get_users(user_ids, session=None):
    \"\"\"Users by id; those that are missing are left out.\"\"\"
    session = session or default
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
    _changed(
        "a helper that makes its session",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(order.user_id))
""",
        """\
from dao import get_user, get_users


def view(session, orders: list):
    users_by_id = get_users([order.user_id for order in orders])
    for order in orders:
        print(users_by_id.get(order.user_id) or get_user(order.user_id))
""",
        USER,
        files={
            "dao.py": """\
from database import make_session
from models import User


def get_user(user_id, session=None):
    session = session or make_session()
    return session.get(User, user_id)
"""
        },
        others={
            "dao.py": """\
from database import make_session
from models import User


def get_user(user_id, session=None):
    session = session or make_session()
    return session.get(User, user_id)


def get_users(user_ids, session=None):
    \"\"\"Users by id; those that are missing are left out.\"\"\"
    session = session or make_session()
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
    _changed(
        "a helper that looks among the rows of one name",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(session, order.rank, "x"))
""",
        """\
from dao import get_user, get_users


def view(session, orders: list):
    users_by_rank = get_users(session, [order.rank for order in orders], "x")
    for order in orders:
        print(users_by_rank.get(order.rank) or get_user(session, order.rank, "x"))
""",
        NAMED,
        files={
            "dao.py": """\
from models import User


def get_user(session, rank, name):
    return session.query(User).filter_by(rank=rank, name=name).one_or_none()
"""
        },
        others={
            "dao.py": """\
from models import User


def get_user(session, rank, name):
    return session.query(User).filter_by(rank=rank, name=name).one_or_none()


def get_users(session, ranks, name):
    \"\"\"Users by rank; those that are missing are left out.\"\"\"
    return {
        user.rank: user
        for start in range(0, len(ranks), 500)
        for user in session.query(User).filter_by(name=name).filter(
            User.rank.in_(ranks[start : start + 500])
        )
    }
"""
        },
    ),
    _changed(
        "a method that keeps its session behind one that only names it",
        """\
from dao import Users


def view(users: Users, orders: list):
    for order in orders:
        print(users.of(order.user_id))
""",
        """\
from dao import Users


def view(users: Users, orders: list):
    users_by_id = users.of_many([order.user_id for order in orders])
    for order in orders:
        print(users_by_id.get(order.user_id) or users.of(order.user_id))
""",
        USER,
        files={
            "dao.py": """\
from models import User


class Users:
    def __init__(self, session):
        self.session = session

    def get(self, user_id):
        return self.session.query(User).filter(User.id == user_id).first()

    def of(self, user_id):
        return self.get(user_id)
"""
        },
        others={
            "dao.py": """\
from models import User


class Users:
    def __init__(self, session):
        self.session = session

    def get(self, user_id):
        return self.session.query(User).filter(User.id == user_id).first()

    def get_many(self, user_ids):
        \"\"\"Users by id; those that are missing are left out.\"\"\"
        return {
            user.id: user
            for start in range(0, len(user_ids), 500)
            for user in self.session.query(User).filter(
                User.id.in_(user_ids[start : start + 500])
            )
        }

    def of(self, user_id):
        return self.get(user_id)

    def of_many(self, user_ids):
        \"\"\"Users by id; those that are missing are left out.\"\"\"
        return self.get_many(user_ids)
"""
        },
    ),
    _changed(
        "helpers behind helpers that need select",
        """\
from services import find_user


async def view(session, orders: list):
    for order in orders:
        print(await find_user(order.user_id))
""",
        """\
from services import find_user, find_users


async def view(session, orders: list):
    users_by_id = await find_users([order.user_id for order in orders])
    for order in orders:
        print(users_by_id.get(order.user_id) or await find_user(order.user_id))
""",
        USER,
        files={
            "dao.py": """\
from database import session
from models import User


async def get_user(user_id):
    return await session.get(User, user_id)
""",
            "services.py": """\
from dao import get_user


async def find_user(user_id):
    return await get_user(user_id)
""",
        },
        others={
            "dao.py": """\
from database import session
from sqlalchemy import select
from models import User


async def get_user(user_id):
    return await session.get(User, user_id)


async def get_users(user_ids):
    \"\"\"Users by id; those that are missing are left out.\"\"\"
    return {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in await session.scalars(
            select(User).where(User.id.in_(user_ids[start : start + 500]))
        )
    }
""",
            "services.py": """\
from dao import get_user, get_users


async def find_user(user_id):
    return await get_user(user_id)


async def find_users(user_ids):
    \"\"\"Users by id; those that are missing are left out.\"\"\"
    return await get_users(user_ids)
""",
        },
    ),
    _changed(
        "a helper of an object without a type",
        """\


def view(users, orders: list):
    for order in orders:
        print(users.fetch_user(order.user_id))
""",
        """\


def view(users, orders: list):
    users_by_id = users.fetch_users([order.user_id for order in orders])
    for order in orders:
        print(users_by_id.get(order.user_id) or users.fetch_user(order.user_id))
""",
        USER,
        files={
            "dao.py": """\
from models import User


class Users:
    def fetch_user(self, user_id):
        return self.session.get(User, user_id)
"""
        },
        others={
            "dao.py": """\
from models import User


class Users:
    def fetch_user(self, user_id):
        return self.session.get(User, user_id)

    def fetch_users(self, user_ids):
        \"\"\"Users by id; those that are missing are left out.\"\"\"
        return {
            user.id: user
            for start in range(0, len(user_ids), 500)
            for user in self.session.query(User).filter(
                User.id.in_(user_ids[start : start + 500])
            )
        }
"""
        },
        tier="C",
    ),
    _changed(
        "a helper behind one that is given the session",
        """\
from services import find_user


def view(session, orders: list):
    for order in orders:
        print(find_user(session, order.user_id))
""",
        """\
from services import find_user, find_users


def view(session, orders: list):
    users_by_id = find_users(session, [order.user_id for order in orders])
    for order in orders:
        print(users_by_id.get(order.user_id) or find_user(session, order.user_id))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def get_user(session, user_id):
    return session.get(User, user_id)
""",
            "services.py": """\
from dao import get_user


def find_user(session, user_id):
    return get_user(session, user_id)
""",
        },
        others={
            "dao.py": """\
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
""",
            "services.py": """\
from dao import get_user, get_users


def find_user(session, user_id):
    return get_user(session, user_id)


def find_users(session, user_ids):
    \"\"\"Users by id; those that are missing are left out.\"\"\"
    return get_users(session, user_ids)
""",
        },
    ),
    _left(
        "a helper that looks among rows of a name of the round",
        "R-CARRY",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(session, order.rank, order.name))
""",
        NAMED,
        files={
            "dao.py": """\
from models import User


def get_user(session, rank, name):
    return session.query(User).filter_by(rank=rank, name=name).one_or_none()
"""
        },
    ),
    _left(
        "a helper that looks up by two unique columns",
        "R-KEYEQ",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(session, order.rank, "x"))
""",
        BOTH,
        files={
            "dao.py": """\
from models import User


def get_user(session, rank, email):
    return session.query(User).filter_by(rank=rank, email=email).one_or_none()
"""
        },
    ),
    _left(
        "a helper with a condition of another kind",
        "R-KEYEQ",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(session, order.rank, "x"))
""",
        NAMED,
        files={
            "dao.py": """\
from models import User


def get_user(session, name, rank):
    return session.query(User).filter(User.name == name, User.name.in_(rank)).one_or_none()
"""
        },
    ),
    _left(
        "a helper that writes first",
        "R-SHAPE",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(session, order.user_id))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def get_user(session, user_id):
    session.flush()
    return session.get(User, user_id)
"""
        },
    ),
    _left(
        "a helper that takes all there is",
        "R-SHAPE",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(session, order.user_id))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def get_user(session, user_id, *others):
    return session.get(User, user_id)
"""
        },
    ),
    _left(
        "helpers behind helpers that catch errors of keys",
        "R-EXC",
        """\
from services import find_user


def view(session, orders: list):
    for order in orders:
        print(find_user(session, order.user_id))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def get_user(session, user_id):
    return session.get(User, user_id)
""",
            "services.py": """\
from dao import get_user


def find_user(session, user_id):
    try:
        return get_user(session, user_id)
    except ValueError:
        return None
""",
        },
    ),
    _left(
        "helpers behind a helper that is cached",
        "R-SHAPE",
        """\
from services import find_user


def view(session, orders: list):
    for order in orders:
        print(find_user(session, order.user_id))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def get_user(session, user_id):
    return session.get(User, user_id)
""",
            "services.py": """\
from functools import cache

from dao import get_user


@cache
def find_user(session, user_id):
    return get_user(session, user_id)
""",
        },
    ),
    _left(
        "a helper that calls itself",
        "R-UNRESOLVED",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(session, order.user_id))
""",
        USER,
        files={
            "dao.py": """\
def get_user(session, user_id):
    return get_user(session, user_id)
"""
        },
    ),
)
