import os

from flask import Flask

from blog import seed, views
from blog.models import db


def create_app(config=None):
    """The blog as a WSGI application; `config` overrides the defaults."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get(
        "DATABASE_URL", "sqlite:///blog.db"
    )
    app.config.from_mapping(config)

    db.init_app(app)
    app.register_blueprint(views.bp)
    app.cli.command("seed")(seed.create_sample_blog)
    return app
