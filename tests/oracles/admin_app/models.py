"""Models of two applications."""

from django.db import models


class Crate(models.Model):
    name = models.CharField(max_length=9)

    class Meta:
        app_label = "depot"


class Lorry(models.Model):
    class Meta:
        app_label = "depot"


class Route(models.Model):
    class Meta:
        app_label = "roads"


class Toll(models.Model):
    class Meta:
        app_label = "roads"
