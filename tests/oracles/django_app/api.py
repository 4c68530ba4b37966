"""The part of the table that routers make."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from . import views

router = SimpleRouter()
router.register("orders", views.Orders, basename="order")
router.register(r"invoices", views.Invoices, basename="invoice")

urlpatterns = [
    path("", include(router.urls)),
    path("health/", views.Health.as_view()),
    path("names/", views.Names.as_view()),
    path("names/<int:pk>/", views.Name.as_view()),
    path("status/", views.status),
]
