"""Routers below one another, without slashes, filled in a loop; patterns comprehended, appended, in a variable."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path
from django.views.generic import RedirectView, TemplateView
from rest_framework.routers import SimpleRouter
from rest_framework_nested.routers import NestedSimpleRouter

from . import views

gardens = SimpleRouter()
gardens.register("gardens", views.Gardens, basename="garden")
beds = NestedSimpleRouter(gardens, "gardens", lookup="garden")
beds.register("beds", views.Beds, basename="bed")
seeds = NestedSimpleRouter(beds, r"beds", lookup="bed")
seeds.register(r"seeds", views.Seeds, basename="seed")

bare = SimpleRouter(trailing_slash=False)
for name, view in (("pots", views.Pots), ("seeds", views.Seeds)):
    bare.register(name, view, basename=f"bare-{name}")

extra = ([path("map/", views.map_of_it), path("closed/", views.closed)], "extra")
SEASONS = ("spring", "summer")

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include(gardens.urls)),
    path("", include(beds.urls)),
    path("", include(seeds.urls)),
    path("bare/", include((bare.urls, "bare"))),
    path("extra/", include(extra)),
    path("more/", include([path(f"{season}/", views.closed) for season in SEASONS])),
    path("tools/<int:pk>/", views.Tools.as_view()),
    path("by-hand/<slug:slug>/", views.Gardens.as_view({"get": "retrieve", "post": "water"})),
    path("about/", TemplateView.as_view(template_name="about.html")),
    path("inside/", login_required(TemplateView.as_view(template_name="inside.html"))),
    path("old/", RedirectView.as_view(url="/")),
    path("plants/", views.Plants.as_view()),
    path("plants/new/", views.NewPlant.as_view()),
    re_path(r"^(?P<language>en|fr)/map/$", views.map_of_it),
]
urlpatterns += [path(f"seasons/{season}/", views.Season.as_view()) for season in SEASONS]
for page in ["left", "right"]:
    urlpatterns.append(path("pages/" + page + "/", views.closed))
