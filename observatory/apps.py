from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from observatory import checks

assert checks  # imported to register them


class ObservatoryConfig(AppConfig):
    name = "observatory"
    verbose_name = _("Observatory")
