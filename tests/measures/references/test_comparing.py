"""Whether a text names an act: a table of pairs, and what a caller knows besides."""

from pathlib import Path

import pytest

from measures.references.acts import Act, Answer, Typed, Verdict
from measures.references.comparing import judge
from tests.reference_cases import ORGANIZATIONS, Case, cases

CASES = list(cases(Path(__file__).parent / "cases.csv"))
ACTS = list({(case.country, case.kind, case.reference): case for case in CASES}.values())


def _verdict(case: Case) -> Verdict:
    country = "" if case.country in ORGANIZATIONS else case.country
    return judge(Act(country, case.kind, case.reference), Typed(case.query))


def test_table_has_every_answer_and_every_kind_of_doubt() -> None:
    assert {case.expect for case in CASES} == set(Answer)
    assert {f"C{number}" for number in range(1, 9)} <= {case.why[:2] for case in CASES}
    assert {"D1", "D2", "D3", "D4", "D6", "D7"} <= {case.why[:2] for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.country}: {case.reference} – {case.query}")
def test_pair_is_answered_as_the_table_says(case: Case) -> None:
    assert _verdict(case).answer == case.expect


@pytest.mark.parametrize(
    "case", {(c.country, c.kind, c.reference): c for c in CASES}.values(), ids=lambda c: c.reference
)
def test_no_act_differs_from_its_own_number(case: Case) -> None:
    country = "" if case.country in ORGANIZATIONS else case.country
    assert judge(Act(country, case.kind, case.reference), Typed(case.reference)).answer != Answer.DIFFERENT


@pytest.mark.parametrize(
    ("act", "text", "verdict"),
    [
        (Act("PER", "executive_decree", "068-2020-PCM"), "Decreto Supremo 068-2020-PCM de Bolivia", "different D7"),
        (Act("COL", "executive_decree", "Decreto 216 de 2021"), "Ecuador: Decreto 216 de 2021", "different D7"),
        (Act("COL", "executive_decree", "Decreto 1288 de 2018"), "Decreto 1288 de 2018 sobre Venezuela", "same S1"),
        (Act("CHL", "law", "Ley 21.325"), "ley argentina 21325", "different D7"),
        (Act("CHL", "law", "Ley 21.325"), "Chile: Ley 21325", "same S1"),
        (Act("PER", "law", "Ley 27444"), "TUO de la Ley 27444, aprobado por D.S. 004-2019-JUS", "candidate C5"),
        (Act("PER", "law", "Ley 27444"), "Decreto 27444", "different D4"),
        (Act("PER", "executive_decree", "068-2020-PCM"), "068-PCM-2020", "candidate C7"),
        (Act("PER", "executive_decree", "068-2020-PCM"), "DU 068-2020", "different D4"),
        (Act("PER", "legislative_decree", "1466"), "Decreto Ley 1466", "different D4"),
        (Act("PER", "executive_decree", "068-2020-PCM"), "Resolución Suprema 068-2020-PCM", "candidate C4"),
        (Act("PER", "ministerial_resolution", "309-2020-IN"), "RM 309-2020-MINSA", "different D3"),
        (Act("PER", "ministerial_resolution", "309-2020-IN"), "RVM 309-2020-IN", "different D4"),
        (Act("PER", "court_decision", "02744-2015-PA/TC"), "EXP. N.° 2744-2015-PA/TC", "same S2"),
        (Act("PER", "court_decision", "02744-2015-PA/TC"), "2744-2015-HC/TC", "different D3"),
        (Act("COL", "court_decision", "T-025/04"), "T-025", "candidate C2"),
        (Act("COL", "bill", "Proyecto de Ley 062 de 2020 Cámara"), "PL 062/20C", "same S1"),
        (Act("COL", "bill", "Proyecto de Ley 062 de 2020 Cámara"), "062 de 2020 Senado", "different D3"),
        (Act("COL", "ministerial_resolution", "Resolución 507-A de 2020"), "Res. 507A/2020", "same S1"),
        (Act("COL", "ministerial_resolution", "Resolución 507-A de 2020"), "Res. 507/2020", "different D5"),
        (Act("CRI", "executive_decree", "42227-MP-S"), "Decreto Ejecutivo 42227-S", "same S2"),
        (Act("HND", "executive_decree", "PCM-021-2020"), "Decreto PCM 21-2020", "same S2"),
        (Act("URY", "executive_decree", "Decreto 104/020"), "Decreto 104/2020", "same S1"),
        (Act("ARG", "executive_decree", "Decreto 70/2017"), "DECTO-2017-70-APN-PTE", "same S6"),
        (Act("GTM", "law", "Decreto 44-2016"), "Decreto Gubernativo 44-2016", "different D4"),
        (Act("VEN", "law", "Ley (G.O. 37.944, 24/05/2004)"), "Gaceta Oficial N° 37.944", "candidate C6"),
        (Act("VEN", "law", "Ley (G.O. 37.944, 24/05/2004)"), "G.O. 37.945", "different D6"),
        (Act("", "soft_law", "A/RES/73/195"), "General Assembly resolution 73/195", "same S1"),
        (Act("", "soft_law", "A/RES/73/195"), "A/73/195", "different D3"),
        (Act("", "soft_law", "AG/RES. 2910 (XLVII-O/17)"), "CP/RES. 2910", "different D3"),
        (Act("", "treaty", "Reglamento (UE) n.º 604/2013"), "CELEX 32013R0604", "same S6"),
        (Act("", "treaty", "Reglamento (UE) n.º 604/2013"), "604/2013/UE", "candidate C3"),
    ],
)
def test_rule_decides(act: Act, text: str, verdict: str) -> None:
    found = judge(act, Typed(text))
    assert f"{found.answer} {found.rule}" == verdict


DECREE = Act("PER", "executive_decree", "068-2020-PCM")


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("", "candidate"),
        ("executive_decree", "same"),
        ("emergency_declaration", "same"),  # a supreme decree as well
        ("ministerial_resolution", "different"),
    ],
)
def test_kind_of_a_form_decides_where_the_text_names_none(kind: str, answer: str) -> None:
    assert judge(DECREE, Typed("68-2020-pcm", kind)).answer == answer


@pytest.mark.parametrize(("is_same_body", "answer"), [(None, "candidate"), (True, "same"), (False, "different")])
@pytest.mark.parametrize(
    ("act", "text"),
    [
        (DECREE, "DS 68-2020"),  # the body is missing
        (Act("PER", "ministerial_resolution", "309-2020-IN"), "RM 309-2020-MININTER"),  # another acronym of it
    ],
)
def test_body_of_a_form_decides_where_the_text_does_not(
    act: Act, text: str, is_same_body: bool | None, answer: str
) -> None:
    assert judge(act, Typed(text, is_same_body=is_same_body)).answer == answer


def test_acronym_that_the_record_s_body_has_is_another_name_of_it() -> None:
    act = Act("PRY", "ministerial_resolution", "Resolución 12-2020-XYZ")
    assert judge(act, Typed("Resolución 12-2020-ABC")).rule == "D3"
    known = Act(act.country, act.kind, act.reference, bodies=("XYZ", "ABC", "Ministry of Examples"))
    assert judge(known, Typed("Resolución 12-2020-ABC")) == Verdict(Answer.CANDIDATE, "C8")


def test_country_of_an_act_without_one_follows_from_its_code_or_its_body() -> None:
    assert Act("", "treaty", "Directiva 2008/115/CE").context == "EU"
    assert Act("", "soft_law", "Resolución 73/195 de la Asamblea General").context == "UN"
    assert Act("", "soft_law", "Resolución 4/20", bodies=("CIDH",)).context == "OAS"
    assert Act("", "soft_law", "Declaración 7").context == ""
