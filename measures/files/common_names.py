"""What other people call the columns of our files, and some values, in three languages; a new name goes into its line.

Case, accents and punctuation are no matter, and a name that is much like one of these is taken for it.
"""

OF_MEASURES: dict[str, tuple[str, ...]] = {
    "country": (
        *("country name", "iso", "iso3", "iso code", "country code", "nation", "jurisdiction", "state"),
        *("país", "código del país", "jurisdicción", "código do país", "jurisdição"),
    ),
    "kind": (
        *("type of act", "act type", "instrument", "type of instrument", "legal form", "form", "type of measure"),
        *("tipo", "tipo de norma", "tipo de acto", "instrumento", "tipo de ato", "tipo de medida", "rango"),
    ),
    "issuing_body": (
        *("authority", "issuer", "institution", "ministry", "agency", "issued by", "enacting authority"),
        *("autoridad", "entidad", "institución", "emisor", "ministerio", "órgano", "organismo"),
        *("autoridade", "instituição", "emissor", "ministério", "órgão"),
    ),
    "reference": (
        *("number", "no", "law number", "act number", "legal reference", "citation", "document number"),
        *("número", "número de norma", "número de ley", "número da lei", "norma", "referencia", "referência"),
    ),
    "official_title": ("official name", "full title", "título oficial", "nombre oficial", "nome oficial"),
    "title_en": ("title", "name", "policy name", "measure", "headline", "name of measure", "short description"),
    "title_es": ("título", "nombre", "medida", "denominación", "nombre de la medida", "titular"),
    "title_pt": ("nome", "denominação", "nome da medida", "ementa"),
    "summary_en": (
        *("summary", "description", "what happened", "details", "notes", "text", "abstract", "content", "comment"),
        *("policy description", "measure description"),
    ),
    "summary_es": ("resumen", "descripción", "detalle", "contenido", "sumilla", "qué pasó"),
    "summary_pt": ("resumo", "descrição", "detalhe", "conteúdo", "o que aconteceu"),
    "topics": (
        *("topic", "theme", "subject", "category", "policy type", "type of policy", "area", "policy area", "sector"),
        *("tema", "temas", "categoría", "materia", "área", "tipo de política", "tópico", "categoria", "assunto"),
    ),
    "target_groups": (
        *("target", "target group", "who", "population", "affected population", "affected people", "people", "group"),
        *("target who", "beneficiaries"),
        *("grupo", "población", "beneficiarios", "destinatarios", "población objetivo", "a quién"),
        *("população", "beneficiários", "destinatários", "público", "público alvo", "a quem"),
    ),
    "origin_countries": (
        *("origin", "nationality", "nationalities", "origin country", "country of origin"),
        *("nacionalidad", "país de origen", "nacionalidade", "país de origem"),
    ),
    "valid_from": (
        *("start", "start date", "date start", "from", "begin", "effective date", "entry into force", "date"),
        *("date implemented", "inicio", "fecha", "fecha de inicio", "desde", "vigencia desde", "entrada en vigor"),
        *("início", "data", "data de início", "entrada em vigor", "vigência desde"),
    ),
    "valid_until": (
        *("end", "end date", "date end", "until", "to", "expiry", "expiration date"),
        *("fin", "fecha de fin", "hasta", "vigencia hasta", "vencimiento", "término"),
        *("fim", "data de fim", "até", "vigência até", "vencimento"),
    ),
    "status_history:announced": (
        *("announced", "date announced", "announcement date", "fecha de anuncio", "anunciada", "data do anúncio"),
    ),
    "status_history:enacted": (
        *("enacted", "date of adoption", "adopted", "signed", "date signed", "fecha de promulgación"),
        *("fecha de aprobación", "data de promulgação", "data de aprovação"),
    ),
    "status_history:published": (
        *("published", "publication date", "date published", "fecha de publicación", "data de publicação"),
    ),
    "status_history:repealed": ("repealed", "date repealed", "fecha de derogación", "data de revogação"),
    "status_history:status": ("status", "state", "estado", "estatus", "situación", "situação", "current status"),
    "status_history:date": ("status date", "fecha del estado", "data da situação"),
    "sources": (
        *("source", "url", "link", "links", "web", "website", "source url", "source link", "reference url"),
        *("fuente", "enlace", "fuentes", "enlaces", "fonte", "fontes", "ligação"),
    ),
    "external_ids": ("id", "policy id", "record id", "identifier", "identificador", "código"),
}

OF_SOURCES: dict[str, tuple[str, ...]] = {
    "url": ("link", "address", "web", "website", "enlace", "dirección", "endereço"),
    "title": ("name", "headline", "nombre", "título", "nome", "titular"),
    "publisher": ("outlet", "newspaper", "author", "medio", "editor", "editorial", "veículo", "editora"),
    "published": ("date", "publication date", "fecha", "fecha de publicación", "data", "data de publicação"),
    "accessed_on": ("accessed", "consulted", "consultado", "acessado"),
    "language": ("idioma", "lengua", "língua"),
}

LEVELS: dict[str, tuple[str, ...]] = {
    "supranational": ("international", "supranational body", "internacional", "comunidad andina", "mercosur"),
    "national": ("federal", "central", "country", "whole country", "todo el país", "todo o país"),
    "subnational": (
        *("municipal", "municipality", "city", "local", "provincial", "province", "state", "regional", "region"),
        *("district", "departmental", "department", "county", "prefecture"),
        *("municipio", "ciudad", "provincia", "estadal", "estatal", "distrito", "distrital", "departamento"),
        *("departamental", "cidade", "província", "estadual", "estado", "região", "región"),
    ),
}
"""The levels of an act; `Municipal / Puerto Plata` is taken for one as well."""
