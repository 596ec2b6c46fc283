"""Search of sources by title, URL and text, whoever writes them; and the best passage."""

import pytest
from django.core.management import call_command
from django.db import connection

from foundation.texts import Text
from measures.archive.listing.search import best_sources, found_sources, passages
from measures.models import Source, SourceText
from tests import factories as make

pytestmark = pytest.mark.django_db


def found(words: str) -> set[str]:
    """The titles of the sources that answer."""
    return set(Source.objects.filter(pk__in=found_sources(words).tolist()).values_list("title", flat=True))


@pytest.mark.parametrize(
    "words",
    ["gaceta", "Gacetas", "Perú", "peru", "editora", "gazette.example", "ley-30500", "deportacion", "deportaciones"],
)
def test_source_is_found_by_title_publisher_address_and_text(words: str) -> None:
    source = make.source(
        title="Gaceta del Perú", publisher="Editora Nacional", url="https://gazette.example/ley-30500.pdf"
    )
    make.document_text(capture=make.capture(source=source), text="Se ordena la deportación de extranjeros.")
    make.source(title="Another", url="https://other.test/1")
    assert found(words) == {"Gaceta del Perú"}


def test_words_of_title_and_text_find_a_source_together() -> None:
    source = make.source(title="Gaceta")
    make.document_text(capture=make.capture(source=source), text="Cuarentena obligatoria")
    assert found("gaceta cuarentena") == {"Gaceta"}
    assert found("gaceta -cuarentena") == set()


def test_words_of_an_earlier_copy_still_find_the_source() -> None:
    source = make.source(title="Page")
    make.document_text(capture=make.capture(source=source, captured_at=1), text="Decreto de emergencia")
    make.document_text(capture=make.capture(source=source, captured_at=2), text="Página no encontrada")
    assert found("emergencia") == found("encontrada") == {"Page"}
    assert found('"no encontrada"') == {"Page"}


def test_source_of_no_known_language_is_read_in_all_three() -> None:
    make.source(title="Deportaciones", language="")
    make.source(title="Journaux officiels", language="fr")
    assert found("deportación") == {"Deportaciones"}
    assert found("journaux") == {"Journaux officiels"}


def test_search_follows_every_change() -> None:
    source = make.source(title="Earlier", language="en")
    Source.objects.filter(pk=source.pk).update(title="Later")
    assert (found("earlier"), found("later")) == (set(), {"Later"})
    text = make.document_text(capture=make.capture(source=source), text="Zanahoria")
    assert found("zanahoria") == {"Later"}
    text.text = "Lechuga"
    text.save()
    assert (found("zanahoria"), found("lechuga")) == (set(), {"Later"})
    text.delete()
    assert found("lechuga") == set()
    make.source(title="Alone").delete()
    assert SourceText.objects.count() == Source.objects.count()


def test_texts_that_fit_no_vector_leave_the_search_as_it_is() -> None:
    """PostgreSQL limits a vector to a megabyte."""
    source = make.source(title="Long", language="en")
    for number in range(3):
        words = " ".join(f"{number}x{word:07d}abcdefghij" for word in range(25_000))
        make.document_text(capture=make.capture(source=source, captured_at=number), text=words, language="en")
    assert found("long") == {"Long"}
    assert found("2x0000001abcdefghij") == {"Long"}


def test_vectors_can_be_made_anew() -> None:
    make.source(title="Gaceta")
    SourceText.objects.all().delete()
    assert found("gaceta") == set()
    call_command("rebuild_search")
    assert found("gaceta") == {"Gaceta"}


def test_title_ranks_above_text() -> None:
    inside, title = make.source(title="Gazette"), make.source(title="Quarantine", language="en")
    make.document_text(capture=make.capture(source=inside), text="Quarantine", language="en")
    ids = best_sources("quarantine", [inside.pk, title.pk]).tolist()
    assert ids == [title.pk, inside.pk]


def test_index_answers_every_search() -> None:
    make.source()
    with connection.cursor() as cursor:
        cursor.execute(
            "select proconfig from pg_proc where proname = 'measures_sources_found'",
        )
        assert "enable_seqscan=off" in cursor.fetchone()[0]


# The best passage


def passage(text: str, words: str) -> str:
    return passages([Text(text, "es", is_fallback=False)], words)[0].text


def test_passage_is_that_with_most_of_the_words() -> None:
    filler = "nada que ver aquí " * 200
    text = f"deportación {filler} la frontera y las deportaciones masivas {filler} frontera"
    assert "la frontera y las deportaciones masivas" in passage(text, "deportación frontera")
    assert len(passage(text, "deportación frontera")) <= 600


def test_passage_is_found_without_accents_and_far_inside() -> None:
    text = "palabra " * 10_000 + "CONSTITUCIÓN POLÍTICA"
    assert passage(text, "constitucion").endswith("CONSTITUCIÓN POLÍTICA")


def test_passage_without_a_match_is_the_beginning() -> None:
    assert passage("Primera línea\n\nsegunda", "zeppelin") == "Primera línea segunda"
    assert passage("", "zeppelin") == ""
    assert passage("Algo", "-") == "Algo"
