from flask import Blueprint, jsonify

from blog import feed, posts
from blog.models import db

bp = Blueprint("blog", __name__)


@bp.get("/posts")
def list_posts():
    return jsonify(posts.front_page())


@bp.get("/posts/<int:post_id>")
def show_post(post_id):
    return jsonify(posts.single_post(post_id))


@bp.get("/archive")
def show_archive():
    return jsonify(posts.archive())


@bp.get("/feed")
def show_feed():
    return jsonify(feed.entries(db.session()))


@bp.get("/api/latest")
def api_latest():
    return jsonify(feed.latest(db.session()))


@bp.get("/healthz")
def healthz():
    return jsonify(status="ok")
