"""Links in the header of a page for programs, as signposting.org describes them."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from measures.citing import FORMS
from measures.metadata import LICENCE, SCHEMA, link_header

URL = "url"
"""The parameter that names a page to cite."""


def with_signposts(request: HttpRequest, page: HttpResponse, address: str, kind: str) -> HttpResponse:
    """The page with links to what to cite, how, under which licence; `kind` is its type at schema.org.

    The page itself has all of them too, since the header has room for a few.
    """
    if page.status_code != 200:
        return page
    links = [(LICENCE, 'rel="license"'), (f"{SCHEMA}/{kind}", 'rel="type"'), (address, 'rel="cite-as"')]
    for name in ("bibtex", "csl"):
        query = urlencode({URL: request.get_full_path()})
        url = request.build_absolute_uri(f"{reverse('cite', args=[name])}?{query}")
        links.append((url, f'rel="describedby"; type="{FORMS[name].media_type.partition(";")[0]}"'))
    page["Link"] = link_header(links)
    return page
