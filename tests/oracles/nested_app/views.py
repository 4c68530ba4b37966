"""View sets with actions of their own, inherited ones, and some methods shut; pages, and views of functions."""

from http import HTTPMethod

from django.http import HttpResponse
from django.views import View
from django.views.generic import CreateView, ListView
from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response


class NameSerializer(serializers.Serializer):
    name = serializers.CharField()


class Base(viewsets.ModelViewSet):
    queryset = ()
    serializer_class = NameSerializer

    @action(detail=False, methods=["get", "post"])
    def drafts(self, request):
        return Response([])

    def get_queryset(self):
        return ()


class Gardens(Base):
    lookup_field = "slug"

    def perform_create(self, serializer): ...

    @action(detail=True, methods=["post"], url_path="water-it")
    def water(self, request, slug=None):
        return Response({})

    @water.mapping.delete
    def dry(self, request, slug=None):
        return Response({})

    @action(methods=[HTTPMethod.PUT, HTTPMethod.PATCH], detail=True, url_path=r"rows/(?P<row>[0-9]+)")
    def plant(self, request, slug=None, row=None):
        return Response({})


class Beds(Base):
    http_method_names = ("get", "post", "head")

    @action(detail=True, methods=["delete"])
    def empty(self, request, **kwargs):
        return Response({})


class Seeds(viewsets.ReadOnlyModelViewSet):
    queryset = ()
    serializer_class = NameSerializer
    lookup_url_kwarg = "seed"


class Pots(mixins.CreateModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet):
    queryset = ()
    serializer_class = NameSerializer

    def destroy(self, request, *args, **kwargs):
        return Response(status=204)


class Tools(generics.RetrieveUpdateAPIView):
    queryset = ()
    serializer_class = NameSerializer
    http_method_names = ("get", "put")

    def update(self, request, *args, **kwargs):
        return Response({})


class Season(View):
    http_method_names = ("get",)

    def get(self, request):
        return HttpResponse("season")

    def put(self, request):
        return HttpResponse("never")


class Plants(ListView):
    queryset = ()

    def get_context_data(self, **kwargs):
        return {}


class NewPlant(CreateView):
    fields = ()

    def form_valid(self, form):
        return HttpResponse("made")


def map_of_it(request):
    return HttpResponse("map")


def closed(request):
    return HttpResponse("closed")
