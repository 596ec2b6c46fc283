import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from measures.models import Measure
from measures.search.matching import RANKED, best, found_ids, matching
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
        ("& -school", set()),
        ("-school", set()),
        ("deadlines educa", set()),
        ("schools educacion", {"School access"}),
        ("prov", {"Travel between provinces"}),
        ("prov ", set()),
        ("pr", set()),
        ("'prov'", {"Travel between provinces"}),
        ('"prov"', set()),
        ("-trav prov", {"Travel between provinces"}),
        ("-travel prov", set()),
        ("the travel of the", {"Travel between provinces"}),
        ('"acceso a la educacion"', {"School access"}),
        ('"acesso à educação"', {"School access"}),
        ("2020-migraciones", {"Deadlines suspended"}),
        ("104-2020 -permits", set()),
        ("travel OR school -access", {"Travel between provinces"}),
        ("nul\\'l \\\\", set()),
    ],
)
@pytest.mark.usefixtures("entries")
def test_search_finds_words_in_three_languages_and_references(text: str, titles: set[str]) -> None:
    assert found(text) == titles


@pytest.mark.parametrize("text", ["asylum", "solicitantes", "refugees", "ecuador", "gazette", "queda", "PCM", "peru"])
def test_search_finds_what_tags_names_and_sources_say(text: str) -> None:
    ecuador, venezuela = factories.country(iso3="ECU"), factories.country(iso3="VEN")
    factories.topic(key="asylum", label_es="Solicitantes")
    source = factories.source(title="Official gazette", language="en")
    made = factories.measure(
        topics=("asylum",),
        groups=("refugees",),
        origins=(ecuador,),
        issuing_body=factories.issuing_body(key="pcm"),
        sources=(source,),
    )
    made.citations.update(quote="Queda prohibido")
    factories.measure(country=venezuela, topics=(), sources=(), title_en="Other")
    assert set(Measure.objects.filter(matching(text))) == {made}


def test_best_puts_title_above_summary_above_source() -> None:
    source = factories.source(title="Border gazette")
    cited, summed, titled = (
        factories.measure(sources=(source,)).pk,
        factories.measure(summary_en="The border is closed. " * 20).pk,
        factories.measure(title_en="The border").pk,
    )
    other = factories.measure(title_en="Nothing").pk
    assert best("border", [other, cited, summed, titled]).tolist() == [titled, summed, cited, other]


def test_best_puts_the_bearer_of_the_number_first() -> None:
    bears = factories.measure(reference="N° 104-2020-IN").pk
    names = factories.measure(title_en="Amends 104/2020 twice: 104/2020").pk
    assert best("104/2020", [names, bears]).tolist() == [bears, names]


def test_best_keeps_the_order_of_equals() -> None:
    ids = [factories.measure(title_en="Border").pk for _ in range(5)]
    assert best("border", ids[::-1]).tolist() == ids[::-1]
    assert best("border", []).tolist() == []


def test_best_refuses_more_candidates_than_it_ranks() -> None:
    with pytest.raises(ValueError, match="give the newest 2000"):
        best("border", range(RANKED + 1))


TYPED = st.lists(
    st.sampled_from(
        [
            "school",
            "educación",
            "acc",
            "or",
            "-travel",
            '"school access"',
            "104",
            "104/2020",
            "the",
            "&",
            "\\",
            "'",
            '"',
        ]
    )
    | st.text(max_size=4),
    max_size=5,
).map(" ".join)


@pytest.mark.usefixtures("entries")
@given(text=TYPED)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_found_ids_are_those_of_the_matching_entries(text: str) -> None:
    text = text.replace("\x00", "")
    expected = Measure.objects.filter(matching(text)).order_by("pk").values_list("pk", flat=True)
    assert sorted(set(found_ids(text).tolist())) == list(expected)
