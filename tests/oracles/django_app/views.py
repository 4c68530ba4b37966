"""Function and class views, generic ones, REST framework's generics and view sets."""

from django.http import HttpResponse
from django.views import View
from django.views.decorators.http import require_http_methods
from django.views.generic import DeleteView, DetailView, TemplateView
from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.decorators import action, api_view
from rest_framework.response import Response
from rest_framework.views import APIView


class NameSerializer(serializers.Serializer):
    name = serializers.CharField()


def index(request):
    return HttpResponse("index")


@require_http_methods(["GET", "POST"])
def contact(request):
    return HttpResponse("contact")


@api_view(["GET", "PUT"])
def status(request):
    return Response({})


class Cart(View):
    def get(self, request):
        return HttpResponse("cart")

    def delete(self, request):
        return HttpResponse(status=204)


class About(TemplateView):
    template_name = "about.html"


class Help(View):
    def dispatch(self, request):
        return HttpResponse(self.title())

    def title(self):
        return "help"


class Delete(DeleteView):
    queryset = ()

    def get_success_url(self):
        return "/"


class Changed(View):
    def post(self, request):
        return HttpResponse("changed")

    put = patch = post


class Product(DetailView):
    queryset = ()

    def get_queryset(self):
        return ()


class Health(APIView):
    def get(self, request):
        return Response({})


class Names(generics.ListCreateAPIView):
    queryset = ()
    serializer_class = NameSerializer

    def create(self, request, *args, **kwargs):
        return Response(status=201)


class Name(generics.RetrieveUpdateDestroyAPIView):
    queryset = ()
    serializer_class = NameSerializer

    def retrieve(self, request, *args, **kwargs):
        return Response({})


class Orders(viewsets.ModelViewSet):
    queryset = ()
    serializer_class = NameSerializer

    def list(self, request):
        return Response([])

    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        return Response({})

    @action(detail=False, url_path="by-day")
    def by_day(self, request):
        return Response([])


class Invoices(mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet):
    queryset = ()
    serializer_class = NameSerializer
    lookup_field = "number"

    def retrieve(self, request, number=None):
        return Response({})
