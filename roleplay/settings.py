"""One settings file. Nothing set gives SQLite, the memory event log and the demo engine."""

from datetime import timedelta
from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from roleplay import environment as env

django_stubs_ext.monkeypatch()  # lets classes of Django be written with their types: ModelAdmin[User]

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.directory("DATA_DIR", BASE_DIR / "var")

SITE_NAME = env.text("SITE_NAME", "")  # empty: 灯下 or Lamplight, by language
HOST = env.text("HOST", "127.0.0.1")
PORT = env.whole("PORT", 8000, least=0, most=65535)
LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"]

DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY") or env.secret(DATA_DIR / "secret-key")
# Keys of model services are encrypted with this one, which never enters the database.
# Several, separated by commas, rotate it: the first encrypts, all of them decrypt.
FIELD_KEYS = env.words("FIELD_KEYS") or [env.secret(DATA_DIR / "field-key")]
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or LOCAL_NAMES
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# HTTPS=1 behind a proxy with TLS: cookies are then sent over TLS only.
HTTPS = env.flag("HTTPS", False)

# Behind a proxy the server listens on this machine as well: only where nothing else was said about
# names and TLS is it one person's own.
IS_LOCAL = (
    HOST in {"localhost", "127.0.0.1", "::1"}
    and set(ALLOWED_HOSTS) <= set(LOCAL_NAMES)
    and not (CSRF_TRUSTED_ORIGINS or HTTPS)
)

# Who may come in. A guest chats at once, without a name or a password, and may keep the chats later.
GUESTS = env.flag("GUESTS", IS_LOCAL)
SIGN_UP = env.text("SIGN_UP", "open" if IS_LOCAL else "closed", choices=("open", "closed"))

INSTALLED_APPS = [
    "roleplay",
    "roleplay.accounts",
    "characters",
    "roleplay.connections",
    "roleplay.conversations",
    "roleplay.searching",
    "roleplay.panel.apps.PanelConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "roleplay.http.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "roleplay.accounts.middleware.PreferencesMiddleware",
]

ROOT_URLCONF = "roleplay.urls"
ASGI_APPLICATION = "roleplay.asgi.application"
WSGI_APPLICATION = "roleplay.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "roleplay.front.context.site",
            ],
        },
    },
]

# SQLite: WAL lets readers go on while one writes; FULL keeps an acknowledged message through a power
# cut; IMMEDIATE takes the write lock at once, so two writers wait instead of failing half-way.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "lamplight.sqlite3",
        # A file in tests too: replies are kept by a thread with a connection of its own.
        "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
        "CONN_MAX_AGE": None,  # the threads that answer pages last, and so do their connections
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "roleplay.accounts.passwords.LengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "roleplay.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = True
# A guest signs in without leaving first: the chats come along.
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False

SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "roleplay.front.errors.csrf_failure"

# htmx and our own files are all the script there is; nothing is inline, nothing comes from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.text("TIME_ZONE", "Asia/Shanghai")
USE_I18N = USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.directory("STATIC_ROOT", DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
MESSAGE_MAX_CHARS = env.whole("MESSAGE_MAX_CHARS", 20_000, least=1)

PAGE_THREADS = env.whole("PAGE_THREADS", 4, least=1, most=64)

# The engine of a reply; docs/architecture.md says what each means.
REPLIES_AT_ONCE = env.whole("REPLIES_AT_ONCE", 1000, least=1)
REPLIES_AT_ONCE_PER_PERSON = env.whole("REPLIES_AT_ONCE_PER_PERSON", 5, least=1)
REPLIES_PER_DAY = env.whole("REPLIES_PER_DAY", 0)  # for each person; 0: no limit
CHARACTERS_PER_PERSON = env.whole("CHARACTERS_PER_PERSON", 500)  # 0: people write none
API_KEYS_PER_PERSON = env.whole("API_KEYS_PER_PERSON", 20)  # that work at a time; 0: none
REPLY_MAX_CHARS = env.whole("REPLY_MAX_CHARS", 200_000, least=1)
REPLY_MAX_SECONDS = env.number("REPLY_MAX_SECONDS", 900, least=1)
REPLY_SILENCE_SECONDS = env.number("REPLY_SILENCE_SECONDS", 60, least=0.1)
CHECKPOINT_SECONDS = env.number("CHECKPOINT_SECONDS", 0.4, least=0.05, most=5)
# Renewed every quarter of it; longer than a write may wait for the database.
LEASE_SECONDS = env.number("LEASE_SECONDS", 30, least=25)
DRAIN_SECONDS = env.number("DRAIN_SECONDS", 25, least=0)
DEMO_PACE = env.number("DEMO_PACE", 14, least=0)  # pieces a second; 0: as fast as it goes

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
}
