SUMMARY_LENGTH = 40


def to_dict(post):
    return {
        "id": post.id,
        "title": post.title,
        "summary": post.body[:SUMMARY_LENGTH],
        "published_at": post.published_at.isoformat(),
        "author": {"name": post.author.name, "bio": post.author.bio},
    }
