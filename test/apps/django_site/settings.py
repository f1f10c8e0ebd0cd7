"""As little of Django's settings as a site without a database needs."""

SECRET_KEY = 'only for tests'
ALLOWED_HOSTS = ['*']
ROOT_URLCONF = 'django_site.urls'
MIDDLEWARE = ['django.middleware.common.CommonMiddleware']
LOGGING = {
    'version': 1,
    'handlers': {'console': {'class': 'logging.StreamHandler'}},
    'loggers': {'django.request': {'handlers': ['console'], 'level': 'ERROR'}},
}
