"""A vocabulary of some 36,000 words: real stems of three languages with their real prefixes and endings.

Stemming has work to do (`document`, `documents`, `documentation` are one stem), and so has the folding of accents
(`autorización`, `autorizaciones`). Words are drawn by Zipf's law; grammar is none of our business.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

LANGUAGES = ("en", "es", "pt")
WORDS = 12_000
"""Words per language, excluding stop words."""
JOINING_SHARE = 0.4
"""Share of stop words, which a search ignores: two words in five."""
FLATNESS = 12
"""Mandelbrot's constant, which makes the most frequent words less dominant than in Zipf's law."""

STEMS = {
    "en": (
        "accept account act adapt address adjust admit advis affect agree allow announc appeal appoint apprais approv"
        " arrang arrest assess assign assist attest audit bind board bound broad cancel certif charg circul claim class"
        " clear collect command commit compens complain complet conduct confirm connect consent consult contract"
        " correct count cover defend deliver deport detain determin direct discuss educ elect employ enforc enter"
        " establish examin exempt expel extend fil financ form found grant guard guid hous identif implement inform"
    ),
    "es": (
        "acredit actu adapt admit afili agreg alberg aliment alter amonest amparo anul apel aplic aprob archiv asegur"
        " asist asoci audit autoriz ayud calific cancel capacit captur certific cit circul coloc compens complet"
        " comunic conced conect confirm consider constat consult contrat control coordin declar deleg denunci deport"
        " deriv design destin determin document educ ejecut elimin emple encarg entreg evalu examin exoner expuls fij"
        " financ fiscaliz form gestion habilit identific implement inform integr investig limit notific"
    ),
    "pt": (
        "acolh acredit adapt adequ adot afast afili ajud aliment alter ampar analis anul apel aplic aprov arquiv"
        " assegur assin associ auxili avali autoriz bloque cadastr cancel capacit captur certific cit coloc compens"
        " complet comprov comunic conced confirm consider constat consult contrat control coorden declar deleg denunci"
        " deport design destin determin document educ elimin empreg encaminh entreg estabelec examin expuls fix financ"
        " fiscaliz form garant habilit identific implement inform integr investig limit notific observ organiz orient"
    ),
}
PREFIXES = {
    "en": ("", "re", "de", "pre", "co", "inter", "sub", "non"),
    "es": ("", "re", "des", "pre", "co", "inter", "sub", "auto"),
    "pt": ("", "re", "des", "pre", "co", "inter", "sub", "auto"),
}
ENDINGS = {
    "en": "ation ations ated ates ate ating ator ators able ative ing ings ed s er ers ment ments ational ability",
    "es": "ación aciones ado ada ados adas ar ará arán aron ador adora adores ante antes able ables ando ó ística",
    "pt": "ação ações ado ada ados adas ar ará arão aram ador adora adores ante antes ável áveis ando ou ística",
}
JOINING = {
    "en": ("the", "of", "and", "to", "in", "for", "by", "with", "from", "on", "that", "which"),
    "es": ("de", "la", "el", "los", "y", "en", "para", "por", "con", "las", "que", "del"),
    "pt": ("de", "a", "o", "os", "e", "em", "para", "por", "com", "as", "que", "do"),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language, most frequent first, with their frequencies."""

    words: npt.NDArray[np.object_]
    lengths: npt.NDArray[np.int64]
    cumulative: npt.NDArray[np.float64]

    def drawn(self, random: np.random.Generator, number: int) -> npt.NDArray[np.int64]:
        """The indexes of `number` words, drawn independently."""
        return np.searchsorted(self.cumulative, random.random(number), side="right")


@cache
def vocabulary(language: str) -> Vocabulary:
    """The reproducible vocabulary of `en`, `es` or `pt`."""
    made = sorted(
        {
            p + stem + e
            for stem in STEMS[language].split()
            for p in PREFIXES[language]
            for e in ENDINGS[language].split()
        }
    )
    order = np.random.default_rng(LANGUAGES.index(language)).permutation(len(made))[:WORDS]
    content = [made[i] for i in order]
    joining = JOINING[language]
    by_rank = 1 / (np.arange(len(content)) + FLATNESS)
    weights = np.concatenate(
        [np.full(len(joining), JOINING_SHARE / len(joining)), by_rank * (1 - JOINING_SHARE) / by_rank.sum()]
    )
    cumulative = weights.cumsum()
    cumulative[-1] = 1.0
    words = np.array([*joining, *content], dtype=object)
    return Vocabulary(words, np.array([len(word) for word in words]), cumulative)
