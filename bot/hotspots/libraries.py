"""Top-level names of widely used packages.

Only for profilers that shorten paths (py-spy without `--full-filenames`), where `site-packages` no longer shows. A name
missing here costs a location outside the repository, which planning then does not find; it never edits anything.
"""

_NAMES = """
    OpenSSL PIL _pytest aiobotocore aiohttp aiokafka aiomysql aiopg aioredis aiosqlite alembic allauth amqp anyio
    apispec arrow asgiref async_timeout asyncmy asyncpg attr attrs automat babel bcrypt billiard blinker boto boto3
    botocore bottle bs4 cachetools cattr cattrs celery certifi cffi charset_normalizer cherrypy click colander connexion
    corsheaders coverage cryptography cx_Oracle dask databases dateutil ddtrace debug_toolbar django django_filters
    django_redis dns dogpile dramatiq drf_spectacular drf_yasg elastic_transport elasticapm elasticsearch
    email_validator environ eventlet factory faker falcon fastapi flask flask_admin flask_appbuilder flask_caching
    flask_cors flask_jwt_extended flask_login flask_marshmallow flask_migrate flask_restful flask_restx flask_security
    flask_smorest flask_sqlalchemy flask_wtf fastapi_users gevent gino google graphene graphene_django
    graphene_sqlalchemy graphql greenlet grpc gunicorn h11 h2 hpack httpcore httplib2 httptools httpx huey hypercorn
    hypothesis idna importlib_metadata itsdangerous jinja2 jose jsonschema jwt kafka kombu langchain ldap3 litestar lxml
    mako markdown markupsafe marshmallow marshmallow_sqlalchemy matplotlib memray mezzanine mongoengine motor msgpack
    msgspec multidict mypy_extensions MySQLdb mysql ndg newrelic ninja nltk numpy oauthlib odmantic openai opentelemetry
    oracledb orjson packaging pandas paramiko passlib peewee pendulum phonenumbers pika pip pkg_resources playhouse
    pluggy polars polymorphic pony prometheus_client psutil psycopg psycopg2 psycopg_pool py pyarrow pyasn1 pycparser
    pydantic pydantic_core pydantic_settings pygments pyinstrument pymemcache pymongo pymssql pymysql pynamodb pyodbc
    pyparsing pyramid pyramid_tm pytest python_multipart pytz quart ratelimit redis referencing regex reportlab requests
    requests_oauthlib rest_framework rich rpds rq ruamel sanic scipy scrapy selenium sentry_sdk setuptools simplejson
    six skimage sklearn slack_sdk sniffio social_core social_django soupsieve sqlalchemy sqlalchemy_utils sqlmodel
    sqlparse starlette storages strawberry strawberry_django stripe structlog tablib tastypie taggit tenacity tensorflow
    thrift torch tornado tqdm transaction transformers treebeard trio twisted typer typing_extensions typing_inspection
    tzdata tzlocal ujson umongo urllib3 uvicorn uvloop venusian vine waitress watchfiles webargs webob websocket
    websockets webtest werkzeug whitenoise whoosh wrapt wtforms xlrd xlsxwriter yaml yarl zeep zmq zope zstandard
"""
LIBRARIES = frozenset(_NAMES.split())
