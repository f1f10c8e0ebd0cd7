"""As little as Django and Channels need to talk over WebSockets."""

SECRET_KEY = 'only for tests'
ALLOWED_HOSTS = ['127.0.0.1']
ROOT_URLCONF = 'channels_site.urls'
CHANNEL_LAYERS = {'default': {'BACKEND': 'channels.layers.InMemoryChannelLayer'}}
