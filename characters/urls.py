from django.urls import path

from characters import views

urlpatterns = [path("characters/<uuid:pk>/", views.character, name="character")]
