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
        "R-KEYEQ",
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
        "a helper that looks up by two columns of the round",
        "R-KEYEQ",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(session, order.rank, order.email))
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
    _changed(
        "a helper that is given a unique column and another",
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
        BOTH,
        files={
            "dao.py": """\
from models import User


def get_user(session, rank, email):
    return session.query(User).filter_by(rank=rank, email=email).one_or_none()
"""
        },
        others={
            "dao.py": """\
from models import User


def get_user(session, rank, email):
    return session.query(User).filter_by(rank=rank, email=email).one_or_none()


def get_users(session, ranks, email):
    \"\"\"Users by rank; those that are missing are left out.\"\"\"
    return {
        user.rank: user
        for start in range(0, len(ranks), 500)
        for user in session.query(User).filter_by(email=email).filter(
            User.rank.in_(ranks[start : start + 500])
        )
    }
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
    _changed(
        "a helper that writes first",
        """\
from dao import get_user


def view(session, orders: list):
    for order in orders:
        print(get_user(session, order.user_id))
""",
        """\
from dao import get_user
from models import User


def view(session, orders: list):
    user_ids = [order.user_id for order in orders]
    users_by_id = {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
    for order in orders:
        print(get_user(session, order.user_id, user=users_by_id.get(order.user_id)))
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
        others={
            "dao.py": """\
from models import User


def get_user(session, user_id, user=None):
    session.flush()
    return user or session.get(User, user_id)
"""
        },
        tier="C",
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
    _changed(
        "a helper of a module that the caller imports",
        """\
import dao


def view(session, orders: list):
    for order in orders:
        print(dao.describe(session, order))
""",
        """\
import dao
from models import User


def view(session, orders: list):
    user_ids = [order.user_id for order in orders]
    users_by_id = {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
    for order in orders:
        print(dao.describe(session, order, user=users_by_id.get(order.user_id)))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    user = session.get(User, order.user_id)
    if user is None:
        return "nobody"
    return f"{order.id}: {user.name}"
"""
        },
        others={
            "dao.py": """\
from models import User


def describe(session, order, user=None):
    if user is None:
        user = session.get(User, order.user_id)
    if user is None:
        return "nobody"
    return f"{order.id}: {user.name}"
"""
        },
        tier="C",
    ),
    _changed(
        "a helper that is lent a row by a name",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session=session, order=order))
""",
        """\
from dao import describe
from models import User


def view(session, orders: list):
    user_ids = [order.user_id for order in orders]
    users_by_id = {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
    for order in orders:
        print(describe(session=session, order=order, user=users_by_id.get(order.user_id)))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    return "x" + session.get(User, order.user_id).name
"""
        },
        others={
            "dao.py": """\
from models import User


def describe(session, order, user=None):
    return "x" + (user or session.get(User, order.user_id)).name
"""
        },
        tier="C",
    ),
    _changed(
        "a helper beside its model",
        """\
from models_too import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        """\
from models_too import Account, describe


def view(session, orders: list):
    account_ids = [order.user_id for order in orders]
    accounts_by_id = {
        account.id: account
        for start in range(0, len(account_ids), 500)
        for account in session.query(Account).filter(
            Account.id.in_(account_ids[start : start + 500])
        )
    }
    for order in orders:
        print(describe(session, order, account=accounts_by_id.get(order.user_id)))
""",
        USER,
        files={
            "models_too.py": """\
from database import Base
from sqlalchemy import Column, Integer


class Account(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)


def describe(session, order):
    account = session.get(Account, order.user_id)
    return account.name
"""
        },
        others={
            "models_too.py": """\
from database import Base
from sqlalchemy import Column, Integer


class Account(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)


def describe(session, order, account=None):
    if account is None:
        account = session.get(Account, order.user_id)
    return account.name
"""
        },
        tier="C",
    ),
    _left(
        "a helper that needs what its caller lacks",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(order))
""",
        USER,
        files={
            "dao.py": """\
from database import session
from models import User


def describe(order):
    user = session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _left(
        "a helper with a session of its own file",
        "R-SHAPE",
        """\
from dao import describe
from models import User


def view(session, orders: list):
    for order in orders:
        print(describe(order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


session = make()


def describe(order):
    user = session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _left(
        "a helper whose row is found after another",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    text = ""; user = session.get(User, order.user_id)
    return text + user.name
"""
        },
    ),
    _left(
        "a helper that waits while its caller does not",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


async def describe(session, order):
    user = await session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _left(
        "a helper that changes what it is given",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    order = order.first
    user = session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _left(
        "a helper that is lent a row in half of its calls",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order, user=None):
    if user is None:
        user = session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _left(
        "a helper that is lent its row by its caller",
        "R-BATCHED",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order, user=order.user))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order, user=None):
    if user is None:
        user = session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _changed(
        "a helper that does more with its row",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        """\
from dao import describe
from models import User


def view(session, orders: list):
    user_ids = [order.user_id for order in orders]
    users_by_id = {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
    for order in orders:
        print(describe(session, order, user=users_by_id.get(order.user_id)))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    user = session.get(User, order.user_id)
    if user is None:
        return "nobody"
    return f"{order.id}: {user.name}"
"""
        },
        others={
            "dao.py": """\
from models import User


def describe(session, order, user=None):
    if user is None:
        user = session.get(User, order.user_id)
    if user is None:
        return "nobody"
    return f"{order.id}: {user.name}"
"""
        },
        tier="C",
    ),
    _changed(
        "a helper of the same file",
        """\
from models import User


def describe(session, order, *, short=False):
    \"\"\"The order.\"\"\"
    if short:
        return ""
    return session.query(User).filter_by(id=order.user_id).one().name


def view(session, orders: list):
    return [describe(session, order) for order in orders]
""",
        """\
from models import User


def describe(session, order, *, short=False, user=None):
    \"\"\"The order.\"\"\"
    if short:
        return ""
    return (user or session.query(User).filter_by(id=order.user_id).one()).name


def view(session, orders: list):
    user_ids = [order.user_id for order in orders]
    users_by_id = {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
    return [describe(session, order, user=users_by_id.get(order.user_id)) for order in orders]
""",
        USER,
        tier="C",
    ),
    _changed(
        "a method of the row of a round",
        """\
from dao import Order


def view(session, orders: list[Order]):
    for order in orders:
        print(order.describe(session))
""",
        """\
from dao import Order
from models import User


def view(session, orders: list[Order]):
    user_ids = [order.user_id for order in orders]
    users_by_id = {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
    for order in orders:
        print(order.describe(session, found=users_by_id.get(order.user_id)))
""",
        USER,
        files={
            "dao.py": """\
from models import User


class Order:
    def describe(self, session):
        found = session.query(User).filter(User.id == self.user_id).one_or_none()
        return found and found.name
"""
        },
        others={
            "dao.py": """\
from models import User


class Order:
    def describe(self, session, found=None):
        if found is None:
            found = session.query(User).filter(User.id == self.user_id).one_or_none()
        return found and found.name
"""
        },
        tier="C",
    ),
    _left(
        "a method without arguments",
        "R-SHAPE",
        """\


def view(session, orders: list):
    for order in orders:
        print(order.describe_user())
""",
        USER,
        files={
            "dao.py": """\
from database import session
from models import User


class Order:
    def describe_user(self):
        user = session.get(User, self.user_id)
        return user.name
"""
        },
    ),
    _changed(
        "a helper whose arguments stand on lines",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        """\
from dao import describe
from models import User


def view(session, orders: list):
    user_ids = [order.user_id for order in orders]
    users_by_id = {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
    for order in orders:
        print(describe(session, order, user=users_by_id.get(order.user_id)))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(
    session,
    order,
):
    user = session.get(User, order.user_id)
    if user is None:
        return "nobody"
    return f"{order.id}: {user.name}"
"""
        },
        others={
            "dao.py": """\
from models import User


def describe(
    session,
    order,
    user=None,
):
    if user is None:
        user = session.get(User, order.user_id)
    if user is None:
        return "nobody"
    return f"{order.id}: {user.name}"
"""
        },
        tier="C",
    ),
    _changed(
        "a helper in a service",
        """\
from dao import Service


def view(service: Service, orders: list):
    for order in orders:
        print(service.describe(order, "x"))
""",
        """\
from dao import Service
from models import User


def view(service: Service, orders: list):
    user_ids = [order.user_id for order in orders]
    users_by_id = {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in service.session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
    for order in orders:
        print(service.describe(order, "x", user=users_by_id.get(order.user_id)))
""",
        USER,
        files={
            "dao.py": """\
from models import User


class Service:
    def describe(self, order, prefix=""):
        user = self.session.get(User, order.user_id)
        return prefix + user.name
"""
        },
        others={
            "dao.py": """\
from models import User


class Service:
    def describe(self, order, prefix="", user=None):
        if user is None:
            user = self.session.get(User, order.user_id)
        return prefix + user.name
"""
        },
        tier="C",
    ),
    _left(
        "an asynchronous helper that does more",
        "R-SHAPE",
        """\
from dao import describe


async def view(session, orders: list):
    for order in orders:
        print(await describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


async def describe(session, order):
    user = await session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _left(
        "a helper that writes such rows",
        "R-GET-OR-CREATE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    user = session.get(User, order.user_id)
    if user is None:
        session.add(User(name="x"))
    return user
"""
        },
    ),
    _changed(
        "a helper that changes its row",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        """\
from dao import describe
from models import User


def view(session, orders: list):
    user_ids = [order.user_id for order in orders]
    users_by_id = {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in session.query(User).filter(
            User.id.in_(user_ids[start : start + 500])
        )
    }
    for order in orders:
        print(describe(session, order, user=users_by_id.get(order.user_id)))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    user = session.get(User, order.user_id)
    user.name = "x"
    return user.name
"""
        },
        others={
            "dao.py": """\
from models import User


def describe(session, order, user=None):
    if user is None:
        user = session.get(User, order.user_id)
    user.name = "x"
    return user.name
"""
        },
        tier="C",
    ),
    _left(
        "a helper that sets the key",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    order.user_id += 1
    user = session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _left(
        "a helper that ends a transaction",
        "R-COMMIT",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    user = session.get(User, order.user_id)
    session.commit()
    return user.name
"""
        },
    ),
    _left(
        "a helper that does more and takes all there is",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order, **more):
    user = session.get(User, order.user_id)
    if user is None:
        return "nobody"
    return f"{order.id}: {user.name}"
"""
        },
    ),
    _left(
        "a helper that looks up by what it computes",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    key = order.user_id
    user = session.get(User, key)
    return user.name
"""
        },
    ),
    _left(
        "a helper whose session is its own",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(order):
    session = make()
    user = session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _left(
        "a helper that names its row twice",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    user = session.get(User, order.user_id)
    if user is None:
        user = order.guest
    return user.name
"""
        },
    ),
    _left(
        "a helper that is given what a call gives",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order()))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    user = session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _left(
        "a helper of a model that its caller names otherwise",
        "R-SHAPE",
        """\
from dao import describe
from other import User


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
from models import User


def describe(session, order):
    user = session.get(User, order.user_id)
    return user.name
"""
        },
    ),
    _changed(
        "an asynchronous helper of a caller that has its model",
        """\
from dao import describe
from models import User


async def view(session, orders: list):
    for order in orders:
        print(await describe(session, order))
""",
        """\
from sqlalchemy import select

from dao import describe
from models import User


async def view(session, orders: list):
    user_ids = [order.user_id for order in orders]
    users_by_id = {
        user.id: user
        for start in range(0, len(user_ids), 500)
        for user in await session.scalars(
            select(User).where(User.id.in_(user_ids[start : start + 500]))
        )
    }
    for order in orders:
        print(await describe(session, order, user=users_by_id.get(order.user_id)))
""",
        USER,
        files={
            "dao.py": """\
from models import User


async def describe(session, order):
    user = await session.get(User, order.user_id)
    return user.name
"""
        },
        others={
            "dao.py": """\
from models import User


async def describe(session, order, user=None):
    if user is None:
        user = await session.get(User, order.user_id)
    return user.name
"""
        },
        tier="C",
    ),
    _left(
        "a helper with a text that is put together",
        "R-SHAPE",
        """\
from dao import describe


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
        files={
            "dao.py": """\
PREFIX = "x"
from models import User


def describe(session, order):
    user = session.query(User).filter(User.name != f"{PREFIX}y").filter_by(id=order.user_id).one()
    return user.name
"""
        },
    ),
    _left(
        "a helper of the same file with a text that is put together",
        "R-SHAPE",
        """\
from models import User


PREFIX = "x"


def describe(session, order):
    user = session.query(User).filter(User.name != f"{PREFIX}y").filter_by(id=order.user_id).one()
    return user.name


def view(session, orders: list):
    for order in orders:
        print(describe(session, order))
""",
        USER,
    ),
)
