import pytest

from measures.models import Measure
from measures.search import matching, rank
from tests import factories

pytestmark = pytest.mark.django_db


def found(text: str) -> set[str]:
    return {str(measure.title) for measure in Measure.objects.filter(matching(text))}


@pytest.fixture
def entries() -> None:
    factories.measure(title_en="School access", title_es="Acceso a la educación", title_pt="Acesso à educação")
    factories.measure(
        title_en="Deadlines suspended",
        reference="N° 000104-2020-MIGRACIONES",
        summary_en="Working permits also stop.",
    )
    factories.measure(title_en="Travel between provinces")


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("educaciones", {"School access"}),
        ("educacion", {"School access"}),
        ("educação", {"School access"}),
        ("schools", {"School access"}),
        ("province", {"Travel between provinces"}),
        ("104-2020-MIGRACIONES", {"Deadlines suspended"}),
        ("104/2020", {"Deadlines suspended"}),
        ("Nº 000104 - 2020", {"Deadlines suspended"}),
        ("suspended or travel", {"Deadlines suspended", "Travel between provinces"}),
        ("travel -provinces", set()),
        ("' & | ! ( :*", set()),
    ],
)
@pytest.mark.usefixtures("entries")
def test_search_finds_words_in_three_languages_and_references(text: str, titles: set[str]) -> None:
    assert found(text) == titles


@pytest.mark.usefixtures("entries")
def test_search_ranks_titles_above_summaries() -> None:
    factories.measure(title_en="Permits of stay")
    ranked = Measure.objects.filter(matching("permit")).order_by(-rank("permit"))
    assert [str(measure.title) for measure in ranked] == ["Permits of stay", "Deadlines suspended"]
