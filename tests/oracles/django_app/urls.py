"""The table of URLs: nested, by module and by list, with converters and regular expressions."""

from django.urls import include, path, re_path

from . import views
from .pages import help_patterns, legal, made

shop = [
    path("cart/", views.Cart.as_view()),
    re_path(r"^products/(?P<slug>[-\w]+)/$", views.Product.as_view()),
]

archive = [path("archive/", views.index)]
more = [re_path(r"^news/", include(help_patterns + archive))]
more.append(path("careers/", views.index))
more.extend([made("^imprint/$", views.contact), *legal])

urlpatterns = [
    path("", views.index),
    path("contact/", views.contact),
    path("about/", views.About.as_view()),
    path("shop/", include((shop, "shop"), namespace="shop")),
    path("api/v1/", include("tests.oracles.django_app.api")),
]
urlpatterns = urlpatterns + more
