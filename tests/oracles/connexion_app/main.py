"""connexion: two descriptions, one with its functions named, one whose resolver finds them."""

from pathlib import Path

import connexion
from connexion.resolver import RestyResolver


def create() -> connexion.FlaskApp:
    app = connexion.FlaskApp(__name__, specification_dir=Path(__file__).parent / "specs")
    app.add_api("cinema.yaml")
    app.add_api("halls.yaml", base_path="/halls", resolver=RestyResolver("tests.oracles.connexion_app"))
    return app
