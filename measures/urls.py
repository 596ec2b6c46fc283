"""Addresses of measures and of what is known about each country."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
