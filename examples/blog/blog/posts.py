from blog.models import Post, db


def front_page():
    """The newest posts with their bylines."""
    posts = (
        db.session.query(Post)
        .order_by(Post.published_at.desc(), Post.id)
        .limit(50)
        .all()
    )
    entries = []
    for post in posts:
        entries.append(
            {
                "id": post.id,
                "title": post.title,
                "published_at": post.published_at.isoformat(),
                "author": post.author.name,
            }
        )
    return entries


def archive():
    """Titles for the archive page, which groups them by year in the browser."""
    posts = db.session.query(Post).limit(50).all()
    return [
        {
            "title": post.title,
            "year": post.published_at.year,
            "author": post.author.name,
        }
        for post in posts
    ]


def single_post(post_id):
    """One post with its comments; 404 when there is none."""
    post = db.get_or_404(Post, post_id)
    return {
        "id": post.id,
        "title": post.title,
        "body": post.body,
        "author": post.author.name,
        "comments": [
            {"name": comment.name, "text": comment.text} for comment in post.comments
        ],
    }
