"""Routes in includes, prefixes in prefixes, loops and helpers."""

USERS = "/users"


def add(config, name, path):
    config.add_route(name, path)


def users(config):
    config.add_route("users", "", inherit_slash=True)
    config.add_route("user", r"/{user:\d{1,4}}")
    with config.route_prefix_context("deep"):
        config.add_route("deep", "/:old")
    add(config, "helped", "helped/*rest")


def includeme(config):
    config.include(users, route_prefix=USERS)
    for name in ("live", "ready"):
        config.add_route(f"health_{name}", f"/health/{name}")
    config.add_route("limited", "limited", request_method=("GET", "POST"))
    config.add_route("elsewhere", "https://example.com/{id}")
