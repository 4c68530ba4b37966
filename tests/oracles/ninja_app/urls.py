"""The table of the site."""

from django.urls import include, path

from .main import api, jobs

inside = [path("jobs/", jobs.urls)]

urlpatterns = [
    path("api/<slug:tenant>/", api.urls),
    path("internal/", include(inside)),
]
