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


def test_paths_are_matched_looked_up_and_kept_in_variables() -> None:
    source = """
        from http.server import BaseHTTPRequestHandler
        from urllib.parse import parse_qs, urlparse
        PAGES = {"/c": "c", "/d": "d"}
        class Handler(BaseHTTPRequestHandler):
            posts = {"/f": "f"}
            def do_GET(self):
                wanted = urlparse(self.path).path
                if wanted == "/a":
                    return
                if wanted.startswith("/b/") or "/b" == wanted:
                    return
                query = parse_qs(self.headers["x"])
                if query == "/never" or {"/no": 1}.get(query):
                    return
            def do_PUT(self):
                name = PAGES.get(self.path)
                getattr(self, name)()
            def do_POST(self):
                routes = {"/e": self.e}
                if self.path in self.posts:
                    return
                routes[self.path]()
            def do_PATCH(self):
                match self.path:
                    case "/g" | "/h":
                        return
                    case "/i" as found:
                        return found
                    case _:
                        return None
            def e(self): ...
    """
    found = recognise(project_of({"main.py": source}))
    assert sorted(route.label for route in found.routes) == [
        "GET /a",
        "GET /b",
        "GET /b/{path}",
        "PATCH /g",
        "PATCH /h",
        "PATCH /i",
        "POST /e",
        "POST /f",
        "PUT /c",
        "PUT /d",
    ]
