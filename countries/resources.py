"""The columns of each file, by name: what the admin, the command line and the public download all read and write."""

from django.db import models
from import_export.resources import ModelResource

from countries.columns import Column, ReadOnlyColumn, column_for, moment
from countries.models import Country, Indicator, IndicatorFeed, MobilityRole, Observation


class FileResource(ModelResource):
    """A kind of file. `Meta.fields` names its columns in their order; a field's type decides how a cell reads."""

    keys: tuple[tuple[str, ...], ...]
    """The columns by which a row finds its record; where there are several ways, a file has those of one at least."""
    joined: tuple[str, ...] = ()
    """The columns whose joins `matching` needs, where they are not those of the first key."""
    names: tuple[str, ...] = ()
    """The columns by which people know a row, beside its key."""
    needs: dict[str, str] = {}
    """Columns whose cells can only be read beside another column's."""
    local: tuple[str, ...] = ()
    """Read-only columns that say what this installation did with a record, so that two installations differ in them."""
    is_public = "true"
    """SQL: whether the public may see the record `r`."""

    @classmethod
    def field_from_django_field(cls, field_name: str, django_field: models.Field, readonly: bool) -> Column:
        """Our columns instead of the library's widgets, which change or drop values."""
        return column_for(django_field, readonly=readonly)

    @classmethod
    def file(cls) -> str:
        """The name of the file without `.csv`, such as `measures`."""
        return str(cls._meta.name)

    @classmethod
    def model(cls) -> type[models.Model]:
        """What a row is."""
        model: type[models.Model] = cls._meta.model
        return model

    @classmethod
    def table(cls) -> str:
        """The table of the records."""
        return str(cls.model()._meta.db_table)

    @classmethod
    def pk(cls) -> str:
        """The column of the table by which records are joined."""
        return str(cls.model()._meta.pk.column)

    @classmethod
    def stored_fields(cls) -> dict[str, models.Field]:
        """The columns of the table that can be written, with their fields."""
        fields = cls.model()._meta.concrete_fields
        return {str(field.column): field for field in fields if not isinstance(field, models.GeneratedField)}

    @classmethod
    def columns(cls) -> list[Column]:
        """All columns in the order of the file."""
        return [cls.fields[name] for name in cls._meta.fields]

    @classmethod
    def imported(cls) -> list[Column]:
        """The columns that an import reads."""
        return [column for column in cls.columns() if not column.readonly]

    @classmethod
    def matching(cls) -> list[str]:
        """SQL conditions between the record `r` and the staged row `s`, each for one of `keys`."""
        return [" and ".join(cls.fields[name].matches() for name in names) for names in cls.keys]

    @classmethod
    def order(cls) -> str:
        """The order of an export, the same wherever it is made."""
        return ", ".join(f'{cls.fields[name].written()} collate "C"' for name in cls.keys[0])


class CountryResource(FileResource):
    """countries.csv"""

    updated_at = ReadOnlyColumn("updated_at", moment("r.updated_at"))
    keys = (("iso3",),)
    names = ("name_en",)
    local = ("updated_at",)

    class Meta:
        model = Country
        name = "countries"
        fields = (
            "iso3",
            "iso2",
            "m49",
            "slug",
            "name_en",
            "name_es",
            "name_pt",
            "region",
            "subregion",
            "is_covered",
            "summary_en",
            "summary_es",
            "summary_pt",
            "picture_credit",
            "picture_alt",
            "updated_at",
        )


class IndicatorResource(FileResource):
    """indicators.csv"""

    keys = (("key",),)
    names = ("name_en",)

    class Meta:
        model = Indicator
        name = "indicators"
        fields = (
            "key",
            "name_en",
            "name_es",
            "name_pt",
            "definition_en",
            "definition_es",
            "definition_pt",
            "unit",
            "decimals",
            "base",
            "is_daily",
            "map_breaks",
        )


class MobilityRoleResource(FileResource):
    """mobility_roles.csv"""

    keys = (("country", "role", "as_of"),)

    class Meta:
        model = MobilityRole
        name = "mobility_roles"
        fields = (
            "country",
            "role",
            "narrative_en",
            "narrative_es",
            "narrative_pt",
            "as_of",
            "source_name",
            "source_url",
        )


class ObservationResource(FileResource):
    """observations.csv"""

    keys = (("indicator", "country", "counterpart", "period"),)

    class Meta:
        model = Observation
        name = "observations"
        fields = (
            "indicator",
            "country",
            "counterpart",
            "period",
            "value",
            "qualifier",
            "status",
            "note",
            "source_name",
            "source_url",
        )


class IndicatorFeedResource(FileResource):
    """indicator_feeds.csv"""

    keys = (("key",),)

    class Meta:
        model = IndicatorFeed
        name = "indicator_feeds"
        fields = (
            "key",
            "indicator",
            "url",
            "format",
            "encoding",
            "skip_rows",
            "records_path",
            "pages_path",
            "country_column",
            "country_code",
            "aliases",
            "leaves_out_unknown",
            "day_column",
            "day_order",
            "value_column",
            "decimal_mark",
            "multiplier",
            "filter_column",
            "filter_value",
            "source_name",
            "source_url",
            "every",
            "lowest",
            "highest",
            "jump",
            "is_on",
            "note",
        )
