"""The uploaded picture of a country, checked in a confined process that contains decompression bombs."""

from typing import Any, BinaryIO, cast

from django import forms

from foundation import confined


class PictureField(forms.ImageField):
    """A picture in a format that browsers show. Django's field would decode it in the site's own process."""

    def to_python(self, data: Any) -> Any:
        file = super(forms.ImageField, self).to_python(data)
        if file is None:
            return None
        try:
            confined.call("countries.picture_check", "check", cast(BinaryIO, file), bounds=confined.SMALL)
        except (confined.Failed, confined.Unavailable) as error:
            raise forms.ValidationError(self.error_messages["invalid_image"], code="invalid_image") from error
        return file
