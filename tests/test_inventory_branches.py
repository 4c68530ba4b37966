"""Inputs of a handler that answers several methods or paths: those of the branch that runs."""

from __future__ import annotations

from analyzer.inventory.routes import inventory
from tests.pictures import picture_of


def inputs(source: str) -> dict[str, set[str]]:
    """Kind and name of every input, by method and path."""
    found: dict[str, set[str]] = {}
    for row in inventory(picture_of({"main.py": source})).rows:
        found[f"{row.method} {row.path}"] = {f"{one.kind} {one.name}".rstrip() for one in row.inputs}
    return found


def test_branches_over_the_method() -> None:
    assert inputs(
        """
        from flask import Flask, request
        app = Flask(__name__)
        @app.route("/login", methods=["GET", "POST"])
        def login():
            if request.method == "POST":
                return request.form["name"]
            return request.args.get("next")
        @app.route("/several", methods=["GET", "POST", "DELETE"])
        def several():
            token = request.headers.get("X-Token")
            if request.method == "GET":
                return request.args["q"]
            elif request.method in ("DELETE", "PUT"):
                return request.args["id"]
            else:
                return request.json["name"]
        @app.route("/not", methods=["GET", "POST"])
        def denied():
            if request.method != "POST" or not request.form["known"]:
                return "form"
            return request.form["name"]
        @app.route("/case", methods=["GET", "POST"])
        def case():
            match request.method:
                case "POST":
                    return request.form["name"]
                case _:
                    return request.args["q"]
        @app.route("/form", methods=["GET", "POST"])
        def form():
            entry = Form()
            if entry.validate_on_submit():
                return request.form["name"]
            with lock:
                return request.args["q"]
        @app.route("/unknown", methods=["GET", "POST"])
        def unknown():
            if allowed() and request.method == "POST":
                return request.form["name"]
            return request.args["q"]
        """
    ) == {
        "GET /login": {"query next"},
        "POST /login": {"form name"},
        "GET /several": {"query q", "header X-Token"},
        "POST /several": {"body name", "header X-Token"},
        "DELETE /several": {"query id", "header X-Token"},
        "GET /not": set(),
        "POST /not": {"form known", "form name"},
        "GET /case": {"query q"},
        "POST /case": {"form name"},
        "GET /form": {"query q"},
        "POST /form": {"form name", "query q"},
        "GET /unknown": {"query q"},
        "POST /unknown": {"form name", "query q"},
    }


def test_handlers_of_the_standard_library_are_the_request() -> None:
    assert inputs(
        """
        import json
        from http.server import BaseHTTPRequestHandler
        from urllib.parse import parse_qs, urlparse
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                address = urlparse(self.path)
                query = parse_qs(address.query)
                if address.path == "/items":
                    return query.get("page", ["1"])[0]
                elif address.path == "/other":
                    return parse_qs(address.query)["x"]
                if self.path.startswith("/files/"):
                    return self.headers["X-Token"]
            def do_POST(self):
                length = int(self.headers.get("Content-Length"))
                if self.path == "/items":
                    data = json.loads(self.rfile.read(length))
                    return data["name"]
                if self.path == "/form":
                    fields = parse_qs(self.rfile.read(length).decode())
                    return fields["user"][0]
                if self.path == "/helped":
                    return self.body()["title"] + self.kept["x"]
                if self.path == "/kept":
                    data = self.body()
                    return data.get("title")
            def body(self):
                return json.loads(self.rfile.read())
        """
    ) == {
        "GET /items": {"query page"},
        "GET /other": {"query x"},
        "GET /files/{path}": {"path path", "header X-Token"},
        "POST /items": {"body name", "header Content-Length"},
        "POST /form": {"form user", "header Content-Length"},
        "POST /helped": {"header Content-Length"},
        "POST /kept": {"body title", "header Content-Length"},
    }
