"""The handlers of ``http.server`` answer by method name; their paths are what they compare with."""

from __future__ import annotations

from analyzer.frameworks import recognise
from tests.projects import project_of


def test_methods_answer_the_paths_they_compare_with() -> None:
    backend = recognise(
        project_of(
            {
                "main.py": """
                    from http.server import BaseHTTPRequestHandler
                    LOGIN = "/login"
                    class Base(BaseHTTPRequestHandler):
                        def do_GET(self):
                            if self.path in ("/", "/index"):
                                return
                            if self.path.startswith("/files/"):
                                return
                    class Handler(Base):
                        def do_POST(self):
                            if self.path == LOGIN:
                                return
                        def do_DELETE(self):
                            self.send_response(204)
                        def do_work(self): ...
                    class Unrelated:
                        def do_GET(self): ...
                """
            }
        )
    )
    assert {(route.label, backend.project.qualified(route.handler)) for route in backend.routes} == {
        ("GET /", "main.Base.do_GET"),
        ("GET /index", "main.Base.do_GET"),
        ("GET /files/{path}", "main.Base.do_GET"),
        ("POST /login", "main.Handler.do_POST"),
        ("DELETE /{path}", "main.Handler.do_DELETE"),
    }
