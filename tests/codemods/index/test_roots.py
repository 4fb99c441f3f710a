"""The roots of chains, looked for in a whole chain and then in what it stands on."""

import ast

import pytest

from codemods.index.roots import find_root

CHAINS = [
    "db.query(Post).filter(x).all()[0].author.name",
    "Post.query(x).filter(y).all()",
    "Post.query.filter_by(a=1).first().author",
    "Post.objects.filter(a=1)[0].author",
    "Post.live.filter(a=1)",
    "Post.live",
    "self.queryset.filter(x)",
    "super().get_queryset().filter(x)",
    "model_query(context, Post).filter_by(a=1).first()",
    "build(x).filter(y).all()",
    "event.sessions.filter(x).all().more",
    "q.options(joinedload(Post.author)).all()",
    "q.all().options(joinedload(Post.author))",
    "q.options(joinedload(author)).all()",
    "select(Post).where(x).limit(3)",
    "sa.select(Post).where(x)",
    "session.get(Post, 1).author.name",
    "config.get('a', 1).b.c()",
    "a.b(c).d[e].f(g.h(i)).j",
    "cls.query.all()",
    "f(db.query(Post).all()).x.y",
    "Post.find(x).filter(y)",
    "entity.query().all()",
]


@pytest.mark.parametrize("owner", [None, "Post"])
@pytest.mark.parametrize("chain", CHAINS)
def test_what_is_known_of_a_longer_chain_changes_no_answer(chain: str, owner: str | None) -> None:
    rootless: set[int] = set()
    for node in ast.walk(ast.parse(chain, mode="eval")):  # as they are read: from the outside in
        if isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
            alone, after = find_root(node, owner, set()), find_root(node, owner, rootless)
            assert [root and (root.style, root.node, root.entities, root.hops) for root in (alone, after)] == [
                alone and (alone.style, alone.node, alone.entities, alone.hops)
            ] * 2
