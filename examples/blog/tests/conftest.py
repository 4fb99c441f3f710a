import pytest

from blog import create_app
from blog.seed import create_sample_blog


@pytest.fixture
def client():
    app = create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://", "TESTING": True})
    with app.app_context():
        create_sample_blog()
    return app.test_client()
