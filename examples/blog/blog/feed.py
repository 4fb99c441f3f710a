from sqlalchemy import select
from sqlalchemy.orm import Session

from blog.models import Post
from blog.serializers import to_dict


def entries(session: Session) -> list[dict]:
    """What feed readers poll, oldest post first."""
    posts = session.scalars(select(Post).order_by(Post.id).limit(50)).all()
    return [to_dict(post) for post in posts]


def latest(session: Session) -> list[dict]:
    """What the mobile app shows on its start screen."""
    posts = session.scalars(select(Post).limit(50)).all()
    return [to_dict(post) for post in posts]
