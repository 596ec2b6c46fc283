"""The groups of accounts and their permissions by model.

Analysts enter, tag and prepare; editors also decide what is public, and maintain the vocabulary; coordinators do the
same for every country, invite people and give them countries; auditors read everything and change nothing. A migration
creates the groups from this table, and a test compares the two: if you change the table, also write a migration that
grants or revokes the difference. Beyond these permissions, an analyst cannot change anything public
(`foundation/records/second_reader.py`), and analysts and editors work on the records of their own countries
(`foundation/records/teams.py`).
"""

ANALYST = {
    "measures": {
        "measure": "add change view import",
        "statusevent": "add change delete view",
        "relation": "add change delete view",
        "referencealias": "add change delete view",
        "furtherbody": "add change delete view",
        "citation": "add change delete view",
        "source": "add change view",
        "capture": "add view",
        "issuingbody": "add change view",
        "dataset": "view",
        "release": "view",
        "errorreport": "view",
        "doublecoding": "view",
        "coverage": "add change delete view",
        "seennumber": "add change delete view",
        "externalid": "add change delete view",
        "topic": "view",
        "targetgroup": "view",
    },
    "countries": {
        "country": "change view",
        "countryarea": "view",
        "mobilityrole": "add change view",
        "observation": "add change view",
        "unit": "view",
        "indicator": "view",
        "role": "view",
        "site": "view",
        "indicatorfeed": "add change view",
        "feedrun": "view start",
    },
    "foundation": {"revision": "add view", "comment": "add view"},
    "observatory": {"backgroundjob": "view"},
}
ONLY_EDITOR = {
    "measures": {
        "measure": "publish delete",
        "source": "delete",
        "errorreport": "change",
        "doublecoding": "change",
        "issuingbody": "delete",
        "dataset": "add change delete",
        "topic": "add change delete",
        "targetgroup": "add change delete",
    },
    "countries": {
        "country": "add",
        "countryarea": "add change delete",
        "mobilityrole": "delete",
        "observation": "delete",
        "unit": "add change delete",
        "indicator": "add change delete",
        "role": "add change delete",
        "site": "add change",
        "indicatorfeed": "delete",
        "feedrun": "decide",
    },
    "observatory": {"backgroundjob": "manage"},
}

ONLY_COORDINATOR = {"auth": {"user": "view"}, "observatory": {"countries": "all", "teams": "give"}}
AUDITOR = {
    **{label: dict.fromkeys({**ANALYST[label], **ONLY_EDITOR.get(label, {})}, "view") for label in ANALYST},
    "foundation": {"revision": "view", "comment": "view", "auditentry": "view"},
    "observatory": {"backgroundjob": "view", "countries": "all"},
    "auth": {"user": "view", "group": "view"},
    "axes": {"accessattempt": "view", "accesslog": "view", "accessfailurelog": "view"},
}


def _codenames(*tables: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Django's permission codenames, by app."""
    names: dict[str, list[str]] = {}
    for table in tables:
        for label, models in table.items():
            named = [f"{action}_{model}" for model, actions in models.items() for action in actions.split()]
            names.setdefault(label, []).extend(named)
    return names


RIGHTS = {
    "analyst": _codenames(ANALYST),
    "editor": _codenames(ANALYST, ONLY_EDITOR),
    "coordinator": _codenames(ANALYST, ONLY_EDITOR, ONLY_COORDINATOR),
    "auditor": _codenames(AUDITOR),
}
"""The permission codenames by group and app."""
