"""Two interfaces of Django Ninja among the patterns of a Django site."""
