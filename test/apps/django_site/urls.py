from django.urls import path

from . import views

urlpatterns = [
    path('json', views.json_view),
    path('items/<str:name>', views.item),
    path('form', views.form),
    path('upload', views.upload),
    path('gated/<str:key>', views.gated),
    path('release/<str:key>', views.release),
    path('pieces/<str:key>', views.pieces),
    path('seen/<str:key>', views.seen_so_far),
    path('redirect', views.redirect),
    path('cookies', views.cookies),
    path('fail', views.fail),
]
