"""Which package, image or address stands for which part of a stack. Facts about libraries, from their documentation."""

from __future__ import annotations

FRAMEWORKS = {
    "fastapi": "FastAPI", "flask": "Flask", "django": "Django", "litestar": "Litestar", "aiohttp": "aiohttp",
    "sanic": "Sanic", "tornado": "Tornado", "falcon": "Falcon", "bottle": "Bottle", "pyramid": "Pyramid",
    "quart": "Quart", "starlette": "Starlette", "http": "http.server",
}  # fmt: skip
"""Import name → framework. aiohttp counts as one only where ``aiohttp.web`` is used, http where its servers are."""
EXTENSIONS = {
    "rest_framework": "Django REST framework", "ninja": "Django Ninja", "connexion": "connexion",
    "flask_restful": "Flask-RESTful", "flask_restx": "Flask-RESTX", "flask_smorest": "flask-smorest",
    "apiflask": "APIFlask", "flask_appbuilder": "Flask-AppBuilder", "graphene": "Graphene",
    "strawberry": "Strawberry", "ariadne": "Ariadne", "grpc": "gRPC", "channels": "Channels",
}  # fmt: skip
GRAPHQL = {"graphene", "strawberry", "ariadne", "graphql", "graphene_django", "flask_graphql", "tartiflette"}
RPC = {"grpc", "grpclib", "spyne", "jsonrpcserver", "fastapi_jsonrpc"}
"""Libraries that serve; gRPC's also call, so that alone they need a servicer (see ``profile_access``)."""

DRIVERS = {
    "asyncpg": "PostgreSQL", "psycopg2": "PostgreSQL", "psycopg": "PostgreSQL", "aiopg": "PostgreSQL",
    "pg8000": "PostgreSQL", "psycopg2-binary": "PostgreSQL", "pymysql": "MySQL", "mysqldb": "MySQL",
    "mysqlclient": "MySQL", "aiomysql": "MySQL", "asyncmy": "MySQL", "mysql-connector-python": "MySQL",
    "mysql": "MySQL", "sqlite3": "SQLite", "aiosqlite": "SQLite", "pymongo": "MongoDB", "motor": "MongoDB",
    "mongoengine": "MongoDB", "beanie": "MongoDB", "djongo": "MongoDB", "oracledb": "Oracle", "cx-oracle": "Oracle",
    "pyodbc": "SQL Server", "pymssql": "SQL Server", "aioodbc": "SQL Server", "cassandra": "Cassandra",
    "neo4j": "Neo4j", "duckdb": "DuckDB",
}  # fmt: skip
"""Import or distribution name → the database it talks to."""
SAME_DRIVER = {"psycopg2-binary": "psycopg2", "mysqldb": "mysqlclient", "sqlite3": "sqlite3"}
ADDRESSES = {
    "postgres": "PostgreSQL", "postgresql": "PostgreSQL", "postgresql_psycopg2": "PostgreSQL", "postgis": "PostgreSQL",
    "mysql": "MySQL", "mariadb": "MySQL", "sqlite": "SQLite", "sqlite3": "SQLite", "mongodb": "MongoDB",
    "mongodb+srv": "MongoDB", "oracle": "Oracle", "mssql": "SQL Server", "cockroachdb": "CockroachDB",
}  # fmt: skip
"""Scheme of a database's address, or last part of a Django engine → database."""
IMAGES = {
    "postgres": "PostgreSQL", "postgis": "PostgreSQL", "mysql": "MySQL", "mariadb": "MySQL", "mongo": "MongoDB",
}  # fmt: skip
MAPPERS = {
    "sqlmodel": "SQLModel", "sqlalchemy": "SQLAlchemy", "tortoise": "Tortoise ORM", "peewee": "Peewee",
    "pony": "Pony ORM", "mongoengine": "MongoEngine", "beanie": "Beanie", "piccolo": "Piccolo", "edgy": "Edgy",
    "databases": "databases",
}  # fmt: skip

SERVERS = ("uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "waitress", "uwsgi", "mod_wsgi")
SERVERLESS = {"mangum": "Mangum", "zappa": "Zappa", "chalice": "Chalice", "serverless-wsgi": "serverless-wsgi"}

TOKENS = {
    "jwt", "jose", "flask_jwt_extended", "flask_jwt", "rest_framework_simplejwt", "rest_framework_jwt",
    "fastapi_jwt_auth", "joserfc", "authlib.jose", "litestar.security.jwt", "sanic_jwt", "jwcrypto", "ninja_jwt",
}  # fmt: skip
SESSIONS = {
    "flask_login", "aiohttp_session", "flask_session", "starlette.middleware.sessions", "starsessions",
    "litestar.security.session_auth", "litestar.middleware.session", "flask_security", "pyramid.session", "beaker",
}  # fmt: skip
OAUTH = {
    "authlib.integrations", "httpx_oauth", "social_django", "social_core", "allauth", "oauthlib", "requests_oauthlib",
    "flask_dance", "oauth2_provider", "authlib.oauth2", "authlib.oauth1", "fastapi_sso", "msal", "mozilla_django_oidc",
}  # fmt: skip
"""Modules, by their beginning, that are imported for a way to authenticate."""
NAMES = {
    "django.contrib.auth.login": "session", "django.contrib.auth.decorators.login_required": "session",
    "django.contrib.auth.mixins.LoginRequiredMixin": "session", "django.contrib.auth.views.LoginView": "session",
    "django.contrib.auth.logout": "session", "rest_framework.authentication.SessionAuthentication": "session",
    "django.contrib.auth.models.Group": "roles", "django.contrib.auth.decorators.permission_required": "roles",
    "django.contrib.auth.mixins.PermissionRequiredMixin": "roles", "flask_principal.RoleNeed": "roles",
    "flask.session": "session", "quart.session": "session",
    "fastapi.security.APIKeyHeader": "API key", "fastapi.security.APIKeyQuery": "API key",
    "fastapi.security.APIKeyCookie": "API key", "rest_framework.authentication.TokenAuthentication": "API key",
    "rest_framework.authtoken": "API key", "rest_framework_api_key.permissions.HasAPIKey": "API key",
    "fastapi.security.HTTPBasic": "HTTP Basic", "flask_httpauth.HTTPBasicAuth": "HTTP Basic",
    "rest_framework.authentication.BasicAuthentication": "HTTP Basic",
    "fastapi.security.api_key.APIKeyHeader": "API key",
}  # fmt: skip
"""Imported names that stand for a way to authenticate."""
TEMPLATES = {
    "render_template", "render_template_string", "render_to_response", "TemplateResponse", "render_to_string",
    "template_response", "render_string",
}  # fmt: skip
"""Last names of what answers with HTML."""
