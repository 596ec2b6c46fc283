"""Which views answer everybody alike, and which parameters of the address their answers follow from.

Their answers may be shared; see `observatory/middleware/questions.py` and `observatory/middleware/caching.py`.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar, overload

View = TypeVar("View", bound=Callable[..., Any])

TRACKING = re.compile(
    r"utm_\w+|mtm_\w+|pk_\w+|piwik_\w+|matomo_\w+|hsa_\w+|_hs\w+|__hs\w+|guce_\w+|trk\w*|mc_[ce]id|mkt_tok"  # campaigns
    r"|gclid|gclsrc|dclid|gbraid|wbraid|gad_\w+|_gl|_ga|srsltid|ved|usg|usqp|sca_esv|sca_upv"  # Google
    r"|fbclid|fb_action_\w+|fb_source|fb_ref|mibextid|igshid|igsh|__cft__(\[0\])?|__tn__"  # Facebook and Instagram
    r"|msclkid|twclid|ttclid|li_fat_id|rdt_cid|sccid|yclid|ysclid|_openstat|epik|s_cid|s_kwcid|ef_id|wickedid"
    r"|si|ref|ref_src|ref_url|cmpid|ncid|icid|xtor|wprov|_kx|vero_id|oly_(enc|anon)_id|ml_subscriber(_hash)?|dm_i",
    re.IGNORECASE,
)
"""Parameters that mail programs, search engines and social media hang on any address; no page of ours reads one."""


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What the answer of a view follows from, beside the public data; None: from every parameter.

    A view that looks at all of them names with 400 what it does not know; any other never sees what it does not read.
    A file is made to be downloaded, and limited as such.
    """

    reads: frozenset[str] | None
    is_file: bool

    def follows_from(self, name: str) -> bool:
        """Whether a parameter can change the answer."""
        return self.reads is None or name in self.reads


_pages: dict[Callable[..., Any], PublicPage] = {}


EVERY_PARAMETER = None
"""As `reads`: the view looks at all of them and names with 400 what it does not know."""


@overload
def public_page(view: View) -> View: ...
@overload
def public_page(*, reads: Collection[str] | None = (), is_file: bool = False) -> Callable[[View], View]: ...
def public_page(view: Any = None, *, reads: Collection[str] | None = (), is_file: bool = False) -> Any:
    """Declare that the answers of `view` follow from the path, the parameters that it `reads` and the public data.

    Above other decorators; without arguments the view reads no parameter.
    """

    def declare(view: View) -> View:
        _pages[view] = PublicPage(None if reads is EVERY_PARAMETER else frozenset(reads), is_file)
        return view

    return declare if view is None else declare(view)


def public_page_of(view: Callable[..., Any]) -> PublicPage | None:
    """What was declared of `view`, if it is a public page."""
    return _pages.get(view)
