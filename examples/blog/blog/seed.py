from datetime import datetime, timedelta

from blog.models import Author, Comment, Post, db

FIRST_DAY = datetime(2024, 12, 20, 8, 30)
POSTS = 50


def create_sample_blog():
    """Create the tables and fifty posts, each by another author, two a day."""
    db.create_all()
    db.session.add_all(
        Author(id=n, name=f"Author {n}", bio=f"Writes column {n}.")
        for n in range(1, POSTS + 1)
    )
    db.session.add_all(
        Post(
            id=n,
            title=f"Post {n}",
            body=f"This is the text of post {n}. " * 10,
            published_at=FIRST_DAY + timedelta(days=(n - 1) // 2),
            author_id=POSTS + 1 - n,
        )
        for n in range(1, POSTS + 1)
    )
    db.session.add_all(
        Comment(id=n, name=f"Reader {n}", text="Well said.", post_id=1)
        for n in range(1, 4)
    )
    db.session.commit()
