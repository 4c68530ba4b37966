"""The sites and the pages of their models."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.urls import path, re_path
from django.views import View

from .models import Crate, Lorry, Route, Toll


class Depot(admin.AdminSite):
    def has_permission(self, request):
        return request.user.is_superuser

    def get_urls(self):
        return [path("numbers/", self.admin_view(self.numbers)), *super().get_urls()]

    def numbers(self, request): ...

    def index(self, request, extra_context=None): ...


class Weigh(View):
    def get(self, request, pk): ...


depot = Depot(name="depot")
plain = admin.AdminSite(name="plain")


@admin.register(Crate, Lorry, site=depot)
class Boxes(admin.ModelAdmin):
    def get_urls(self):
        def guarded(view):
            def inner(*args, **kwargs):
                return self.admin_site.admin_view(view)(*args, **kwargs)

            return inner

        own = [
            path("<int:pk>/print/", guarded(self.printed)),
            path("<int:pk>/open/", self.opened),
            re_path(r"^(?P<pk>\d+)/weigh/$", self.admin_site.admin_view(Weigh.as_view())),
        ]
        return own + super().get_urls()

    def printed(self, request, pk): ...

    def opened(self, request, pk): ...

    def changelist_view(self, request, extra_context=None): ...


class Roads(admin.ModelAdmin):
    """Pages as the library has them."""


plain.register(Route, Roads)
for model in (Crate, Toll):
    plain.register(model)
plain.register([User], UserAdmin)
