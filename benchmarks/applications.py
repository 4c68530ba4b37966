"""The applications whose own route tables are compared with ours: pinned releases, and how each is loaded."""

from __future__ import annotations

import msgspec


class Application(msgspec.Struct, frozen=True):
    """A release of a real backend and where its table is asked for.

    ``table`` is the program in ``benchmarks/tables`` for its framework, ``source`` what that program loads.
    ``environment`` are variables it needs; ``{folder}`` in them is an empty folder of its own. ``prepare`` are programs
    of its environment that run first. ``dynamic`` are the registrations that no reader of the source can know, with the
    reason: the start of the handler's dotted name, and why.
    """

    name: str
    version: str
    framework: str
    package: str
    table: str
    source: str
    extras: str = ""
    also: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    prepare: tuple[tuple[str, ...], ...] = ()
    dynamic: dict[str, str] = {}

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.name}{self.extras}=={self.version}"


APPLICATIONS = (
    Application(
        name="apache-airflow-core",
        version="3.3.2",
        framework="FastAPI",
        package="airflow",
        table="fastapi",
        source="airflow.api_fastapi.app:create_app()",
        environment={"AIRFLOW_HOME": "{folder}", "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
    ),
    Application(
        name="zenml",
        version="0.98.0",
        framework="FastAPI",
        package="zenml",
        table="fastapi",
        source="zenml.zen_server.zen_server_api:app",
        extras="[server]",
        environment={"ZENML_CONFIG_PATH": "{folder}", "ZENML_ANALYTICS_OPT_IN": "false", "HOME": "{folder}"},
    ),
    Application(
        name="jupyter-server",
        version="2.21.1",
        framework="Tornado",
        package="jupyter_server",
        table="tornado",
        source="jupyter_server.serverapp:(lambda app: (app.initialize([]), app.web_app)[1])(ServerApp.instance())",
        dynamic={
            "jupyter_server.auth.": "an option of a class that is an option",
            "jupyter_server.base.handlers.AuthenticatedFileHandler": "an option of a class that is an option",
            "jupyter_server.base.handlers.FileFindHandler": "a setting of the framework for its static files",
            "jupyter_server.base.handlers.RedirectWithParams": "depends on the configured start page",
        },
        environment={"JUPYTER_CONFIG_DIR": "{folder}", "JUPYTER_DATA_DIR": "{folder}", "HOME": "{folder}"},
    ),
    Application(
        name="apache-superset",
        version="6.1.0",
        framework="Flask",
        package="superset",
        table="flask",
        source="superset.app:create_app()",
        also=("flask-caching==2.3.1",),
        dynamic={
            "superset.extensions.api.": "registered only where a feature flag of the configuration says so",
            "superset.tasks.api.": "registered only where a feature flag of the configuration says so",
        },
        environment={"SUPERSET_HOME": "{folder}", "SUPERSET_SECRET_KEY": "only-for-this-table"},
    ),
    Application(
        name="pretix",
        version="2026.8.0",
        framework="Django",
        package="pretix",
        table="django",
        source="pretix.settings:pretix.multidomain.event_domain_urlconf+pretix.multidomain.organizer_domain_urlconf"
        "+pretix.multidomain.organizer_alternative_domain_urlconf",
        environment={"DATA_DIR": "{folder}"},
    ),
)
