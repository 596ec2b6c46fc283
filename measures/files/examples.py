"""The cells of the example row in the template of each file, where the types of the columns give no good ones.

A column of keys takes the first key that there is, so that the row fits the vocabulary of the installation.
"""

OF_MEASURES = {
    "public_id": "",
    "kind": "executive_decree",
    "issuing_body": "",
    "reference": "No. 44-2020",
    "provision": "",
    "official_title": "Decreto Supremo que declara el estado de emergencia",
    "original_language": "es",
    "title_en": "State of emergency declared",
    "title_es": "Se declara el estado de emergencia",
    "title_pt": "Declarado o estado de emergência",
    "short_title_en": "State of emergency",
    "short_title_es": "Estado de emergencia",
    "short_title_pt": "Estado de emergência",
    "summary_en": "The borders are closed for fifteen days.",
    "summary_es": "Las fronteras se cierran por quince días.",
    "summary_pt": "As fronteiras são fechadas por quinze dias.",
    "direction": "more_restrictive",
    "origin_countries": "",
    "valid_from": "2020-03-16",
    "valid_until": "2020-03-30",
    "end_kind": "fixed_date",
    "duration": "",
    "duration_basis": "",
    "checked_on": "",
    "status_history": "enacted@2020-03-15|in_force@2020-03-16",
    "relations": "",
    "evidence": "primary",
    "sources": "https://gazette.example/2020/44",
    "external_ids": "",
    "level": "national",
    "areas": "",
    "binds": "",
}
OF_SOURCES = {
    "key": "gazette-44-2020",
    "url": "https://gazette.example/2020/44",
    "title": "Decreto Supremo No. 44-2020",
    "publisher": "El Peruano",
    "language": "es",
    "published": "2020-03-15",
}
OF_TERMS = {
    "key": "border",
    "parent": "",
    "position": "10",
    "label_en": "Border and entry",
    "label_es": "Frontera e ingreso",
    "label_pt": "Fronteira e ingresso",
    "definition_en": "Who may cross the border, and what for.",
    "deprecated_on": "",
    "replaced_by": "",
}
OF_GROUPS = OF_TERMS | {
    "key": "asylum_seekers",
    "label_en": "Asylum seekers",
    "label_es": "Solicitantes de asilo",
    "label_pt": "Solicitantes de refúgio",
    "definition_en": "People whose application is not decided yet.",
}
OF_BODIES = {
    "key": "mininter",
    "name_en": "Ministry of the Interior",
    "name_es": "Ministerio del Interior",
    "name_pt": "Ministério do Interior",
    "native_name": "Ministerio del Interior",
    "acronym": "MININTER",
    "active": "1852/",
}
