"""Both sites."""

from django.urls import path

from .pages import depot, plain

urlpatterns = [path("depot/", depot.urls), path("plain/", plain.urls)]
