"""All settings, from the environment (and `.env`). What a deployment can set is explained in .env.example.

Production is the default. `make run` sets DEBUG and, with no PINTEREST_APP_ID, SIMULATOR.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from accounts.fetch import allow_list

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# What .env.example shows: good for a first look, refused in production.
EXAMPLE_SECRET_KEY = "change-me-to-at-least-fifty-random-characters-please"  # noqa: S105
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1", "testserver"}

DEBUG = env.bool("DEBUG", default=False)
PORT = env.int("PORT", default=8000)
BASE_URL = env.str("BASE_URL", default=f"http://localhost:{PORT}").rstrip("/")
_base = urlsplit(BASE_URL)
IS_HTTPS = _base.scheme == "https"

# The development keys below never leave a machine: DEBUG is refused with a public BASE_URL.
SECRET_KEY = env.str("SECRET_KEY", default="")
TOKEN_ENCRYPTION_KEYS = env.list("TOKEN_ENCRYPTION_KEYS", default=[])

if DEBUG:
    if _base.hostname not in LOOPBACK_HOSTS:
        raise ImproperlyConfigured(
            f"DEBUG is on, but BASE_URL is {BASE_URL}. Turn DEBUG off outside this machine."
        )
    SECRET_KEY = SECRET_KEY or "development-only-key-that-is-never-used-in-production"
    TOKEN_ENCRYPTION_KEYS = TOKEN_ENCRYPTION_KEYS or ["cGluc2NoZWQtZGV2ZWxvcG1lbnQta2V5LTMyYnl0ZXM="]
else:
    if len(SECRET_KEY) < 50 or SECRET_KEY == EXAMPLE_SECRET_KEY:
        raise ImproperlyConfigured(
            "Set SECRET_KEY to at least 50 random characters of your own (see .env.example)."
        )
    if not TOKEN_ENCRYPTION_KEYS:
        raise ImproperlyConfigured("Set TOKEN_ENCRYPTION_KEYS to at least one Fernet key (see .env.example).")

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or sorted(
    {_base.hostname or "localhost"}
    | (LOOPBACK_HOSTS - {"testserver"} if _base.hostname in LOOPBACK_HOSTS else set())
)

# Pinterest -----------------------------------------------------------------------------------------------
PINTEREST_APP_ID = env.str("PINTEREST_APP_ID", default="")
PINTEREST_APP_SECRET = env.str("PINTEREST_APP_SECRET", default="")
PINTEREST_API_URL = env.str("PINTEREST_API_URL", default="https://api.pinterest.com/v5").rstrip("/")
PINTEREST_OAUTH_URL = env.str("PINTEREST_OAUTH_URL", default="https://www.pinterest.com/oauth/")
# Set by `make run` when it starts pinsched.simulator: shows the banner and the page of unsent mails.
SIMULATOR = env.bool("SIMULATOR", default=False)
_oauth = urlsplit(PINTEREST_OAUTH_URL)
_api = urlsplit(PINTEREST_API_URL)
OAUTH_ORIGIN = f"{_oauth.scheme}://{_oauth.netloc}"
# Where the pictures of live Pins come from: Pinterest's image host, or the simulator itself.
LIVE_IMAGE_ORIGIN = f"{_api.scheme}://{_api.netloc}" if SIMULATOR else "https://i.pinimg.com"

# Applications --------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "pinsched.apps.PinschedConfig",
    "pins.apps.PinsConfig",
    "accounts.apps.AccountsConfig",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_filters",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "pinsched.logs.RequestIdMiddleware",
    "pinsched.websafety.HeadersMiddleware",
    "pinsched.websafety.SlowClientMiddleware",
    "pinsched.readiness.HealthMiddleware",
    "pinsched.prometheus.MetricsMiddleware",
    "pinsched.api.EnvelopeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pinsched.websafety.SizeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.WorkspaceMiddleware",
]

ROOT_URLCONF = "pinsched.urls"
WSGI_APPLICATION = "pinsched.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.access.workspace_context",
            ],
        },
    },
]

# Data ----------------------------------------------------------------------------------------------------
VAR_DIR = BASE_DIR / "var"
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'pinsched.sqlite3'}")}
_database = DATABASES["default"]
# A Unix socket written as a host: postgres://%2Fvar%2Frun%2Fpostgresql/pinsched
_database["HOST"] = unquote(_database.get("HOST") or "")
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database.setdefault("OPTIONS", {}).update(
        {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    )
    # Tests of races need a file: a database in memory is seen by one connection only.
    _database["TEST"] = {"NAME": f"{_database['NAME']}.test"}
else:
    _database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    _database["CONN_HEALTH_CHECKS"] = True
    # A process that freezes, or whose machine vanishes, in the middle of a transaction stops nobody for long.
    _database.setdefault("OPTIONS", {}).setdefault(
        "options",
        "-c idle_in_transaction_session_timeout=20s -c lock_timeout=5s "
        "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # What another key has signed is not found, rather than refused.
        "KEY_PREFIX": f"pinsched:{sha256(SECRET_KEY.encode()).hexdigest()[:8]}",
        "OPTIONS": {"serializer": "pinsched.cache.Signed"},
    }
}

# Media: a folder here, or a bucket.
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(VAR_DIR / "media"))()
MEDIA_URL = "/media/"
UPLOAD_LIMIT_BYTES = 20 * 1024 * 1024
# What one workspace may keep of uploads and what is prepared from them; 0 is any number.
WORKSPACE_STORAGE_MB = env.int("WORKSPACE_STORAGE_MB", default=20_480)
# The form parser's own guard: one picture of the limit and its fields; bigger files go to disk, not memory.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "pinsched.folder.FolderMedia"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
S3_BUCKET = env.str("S3_BUCKET", default="")
if S3_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "pinsched.s3.S3Media",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
            # Without keys, those that the machine itself has been given.
            "access_key": env.str("S3_ACCESS_KEY_ID", default="") or None,
            "secret_key": env.str("S3_SECRET_ACCESS_KEY", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
        },
    }

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [("dist", BASE_DIR / "static" / "dist"), BASE_DIR / "static" / "public"]

# People --------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.NotOurWordsValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.signup.AccountAdapter"
ACCOUNT_FORMS = {"signup": "accounts.signup.SignupForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_PREVENT_ENUMERATION = True
# What differs from allauth's own limits, which hold for sign-up, new passwords and the rest. "key" is a
# person at an address on the network, or a person's second factor; accounts/signin.py has the why.
ACCOUNT_RATE_LIMITS = {
    # Each of these may send a mail to whatever address is typed. accounts/mail_limits.py counts by mailbox.
    "signup": "10/m/ip,30/h/ip,100/d/ip",
    "reset_password": "20/m/ip,60/h/ip,5/m/key",
    "manage_email": "10/m/user,40/d/user",
    "login_failed": "10/m/ip,5/5m/key,20/h/key",
    "login_failed_anywhere": "100/h/key",
}
PASSWORD_RESET_TIMEOUT = 60 * 60  # seconds that the link in the mail works
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _base.scheme
SOCIALACCOUNT_STORE_TOKENS = False
# Who changes the address, as well as the password or a second factor, shows that it is still them.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of each such change, so that a change by somebody else is noticed
MFA_ADAPTER = "accounts.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "PinSched"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
# Nobody signs in before an address is confirmed; this lets people with a second factor add another one.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Passkeys need https, except on this very machine.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS and _base.hostname in LOOPBACK_HOSTS
# Seconds without use; however much it is used, accounts/middleware.py ends a session after 90 days.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30

# Who may sign up without an invitation: "open" is everybody, "invited" the first user only.
SIGNUP = env.str("SIGNUP", default="open" if SIMULATOR else "invited")
if SIGNUP not in ("open", "invited"):
    raise ImproperlyConfigured(f"SIGNUP is {SIGNUP!r}. Write open or invited.")

# Workspaces that one person may own; 0 is any number.
WORKSPACES_PER_PERSON = env.int("WORKSPACES_PER_PERSON", default=20)

# E-mail --------------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="PinSched <pinsched@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 10  # seconds for each step of a talk with the mail server
if SIMULATOR:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mails"
    if "EMAIL_FILE_PATH" in env.ENVIRON:
        EMAIL_FILE_PATH = Path(env.str("EMAIL_FILE_PATH"))
else:
    globals().update(env.email("EMAIL_URL", default="consolemail://"))

# Time and language ---------------------------------------------------------------------------------------
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LANGUAGE_CODE = "en"

# Addresses of pictures that people give are fetched from public places only, and from these.
try:
    FETCH_ALLOW = allow_list(env.str("FETCH_ALLOW", default=""))
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from error

# Watching over publishing ----------------------------------------------------------------------------------
# Pins of one account that may wait in the queue; more are refused with words.
WAITING_PINS_PER_ACCOUNT = env.int("WAITING_PINS_PER_ACCOUNT", default=50_000)
LATE_ALERT_MINUTES = env.int("LATE_ALERT_MINUTES", default=10)

# Web safety ----------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SESSION_COOKIE_SECURE = IS_HTTPS
# Browsers take this prefix over https only, from this host only, and for no other path.
SESSION_COOKIE_NAME = "__Host-sessionid" if IS_HTTPS else "sessionid"
CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# Behind a proxy that sets (and overwrites) X-Forwarded-Proto and X-Forwarded-For.
TRUSTED_PROXY = env.bool("TRUSTED_PROXY", default=False)
if TRUSTED_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if TRUSTED_PROXY else 0

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", LIVE_IMAGE_ORIGIN],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        # Chromium applies form-action to the redirect that follows the form: "Connect" ends at Pinterest.
        "form-action": ["'self'", OAUTH_ORIGIN],
        "frame-ancestors": ["'none'"],
    }
}

# API -----------------------------------------------------------------------------------------------------
API_RATE = env.str("API_RATE", default="6000/min")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Logs ----------------------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="json")  # or "plain", for people's eyes
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"ids": {"()": "pinsched.logs.IdFilter"}},
    "formatters": {
        "json": {"()": "pinsched.logs.JsonFormatter"},
        "plain": {"()": "pinsched.logs.PlainFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain" if LOG_FORMAT == "plain" else "json",
            "filters": ["ids"],
        },
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},
        "urllib3": {"level": "WARNING"},
        "PIL": {"level": "WARNING"},
        # A line for each tick, every three seconds, tells nobody anything.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
SENTRY_DSN = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    from pinsched import sentry

    sentry.start(SENTRY_DSN, known=PINTEREST_API_URL)
# SQLite ignores the columns that an index merely includes; PostgreSQL uses them.
SILENCED_SYSTEM_CHECKS = ["models.W040"]
